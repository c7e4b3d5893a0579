//! Last stage: keep results, and count and tell them only then.

use std::sync::Arc;
use std::time::Duration;

use async_channel::Receiver;

use super::Job;
use super::halt::Halt;
use super::send::Place;
use crate::event::{Event, RecordError, Recorder, Sink};
use crate::outcome::{LimitChange, Outcome, TrialError, TrialKey, TrialResult};
use crate::provider::RecordedAnswer;
use crate::score::Score;

/// Trials recorded in one transaction at most. Durability costs the same for one as for many, so whatever
/// arrives while a transaction is being made durable goes into the next one.
const BATCH: usize = 512;

/// How long results are gathered when only a few are there.
const GATHER: Duration = Duration::from_millis(3);

/// So many are worth a transaction at once.
const WORTH_IT: usize = 16;

/// What the other stages tell the keeper.
pub(super) enum Message {
    /// A request failed and will be sent again.
    AttemptFailed { key: TrialKey, error: TrialError, wait_ms: u64 },
    /// A limit was moved.
    LimitChanged(LimitChange),
    /// An answer inside of a trial that goes on.
    Heard(Box<RecordedAnswer>),
    /// What a retriever answered, just now or in an earlier run.
    LookedUp(Box<RecordedAnswer>),
    /// A trial has its result.
    Finished(Arc<TrialResult>, Option<Place>),
}

/// What a keeper leaves.
pub(super) struct Kept {
    /// Whether all was kept.
    pub(super) result: Result<(), RecordError>,
    pub(super) sinks: Vec<Box<dyn Sink>>,
    /// Trials that errored so far.
    pub(super) errors: u64,
}

/// Owns the recorder and the sinks while a run goes on.
pub(super) struct Keeper {
    job: Arc<Job>,
    halt: Arc<Halt>,
    recorder: Arc<dyn Recorder>,
    sinks: Vec<Box<dyn Sink>>,
    errors: u64,
    told_stop: bool,
}

impl Keeper {
    /// A keeper of one run, of which so many trials errored before.
    pub(super) fn new(
        job: Arc<Job>,
        halt: Arc<Halt>,
        recorder: Arc<dyn Recorder>,
        sinks: Vec<Box<dyn Sink>>,
        errors: u64,
    ) -> Self {
        Self { job, halt, recorder, sinks, errors, told_stop: false }
    }

    /// Keeps what arrives until nobody sends any more.
    pub(super) fn run(mut self, messages: &Receiver<Message>) -> Kept {
        while let Ok(first) = messages.recv_blocking() {
            // A few more cost no more to keep than one.
            if messages.len() < WORTH_IT {
                std::thread::sleep(GATHER);
            }
            if let Err(error) = self.take(first, messages) {
                self.halt.stop(error.to_string());
                return Kept { result: Err(error), sinks: self.sinks, errors: self.errors };
            }
        }
        Kept { result: Ok(()), sinks: self.sinks, errors: self.errors }
    }

    /// Takes one message and whatever else has arrived.
    fn take(&mut self, first: Message, messages: &Receiver<Message>) -> Result<(), RecordError> {
        let (mut finished, mut limits, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let (mut heard, mut looked_up) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::AttemptFailed { key, error, wait_ms } => {
                    self.tell(&Event::AttemptFailed { key, error, wait_ms });
                }
                Message::LimitChanged(change) => limits.push(change),
                Message::Heard(answer) => heard.push(*answer),
                Message::LookedUp(answer) => looked_up.push(*answer),
                Message::Finished(result, place) => {
                    finished.push(result);
                    places.push(place);
                }
            }
            next = if finished.len() < BATCH { messages.try_recv().ok() } else { None };
        }
        let run = &self.job.header.id;
        if !limits.is_empty() {
            self.recorder.limits(run, &limits)?;
        }
        if !heard.is_empty() {
            self.recorder.heard(&heard)?;
        }
        if !looked_up.is_empty() {
            self.recorder.looked_up(run, &looked_up)?;
        }
        if !finished.is_empty() {
            self.recorder.record(run, &finished)?;
        }
        places.into_iter().flatten().for_each(Place::kept);
        for change in limits {
            self.tell(&Event::LimitChanged(change));
        }
        for result in finished {
            self.count(&result);
            self.tell(&Event::TrialFinished(result));
        }
        if let Some(reason) = self.sinks.iter().find_map(|sink| sink.stops()) {
            self.halt.stop(reason);
        }
        if self.halt.is_set() && !self.told_stop {
            self.told_stop = true;
            self.tell(&Event::StopRequested);
        }
        Ok(())
    }

    fn tell(&mut self, event: &Event) {
        self.sinks.iter_mut().for_each(|sink| sink.on_event(event));
    }

    fn count(&mut self, result: &TrialResult) {
        let broke = result.scores.iter().any(Score::broke);
        self.errors += u64::from(result.outcome == Outcome::Errored || broke);
        if self.job.limits.max_errors.is_some_and(|limit| self.errors > limit) {
            self.halt.stop(format!("{} trials errored, more than `--max-errors` allows", self.errors));
        }
    }
}
