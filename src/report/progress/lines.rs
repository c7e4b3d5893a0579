//! Progress as plain lines: about one per tenth of a variant, or when ten seconds went by.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

use crate::event::Event;
use crate::outcome::{RunStatus, VariantKey};
use crate::provider::FetchProgress;
use crate::report::inert::inert_line;
use crate::report::numbers::{count, duration, plural};
use crate::report::progress::tally::Tallies;

/// Longest silence while trials finish.
const SILENCE: Duration = Duration::from_secs(10);

/// The lines.
pub(super) struct Lines {
    out: Box<dyn Write + Send>,
    elapsed: Box<dyn Fn() -> Duration + Send>,
    tallies: Tallies,
    /// Per variant: tenths reported, and when.
    said: Vec<(u64, Duration)>,
    began: Duration,
    fetch: Option<(String, u64)>,
    troubles: BTreeSet<(String, &'static str)>,
}

impl Lines {
    /// Lines into `out`; `elapsed` is the time since any fixed moment.
    pub(super) fn new(out: Box<dyn Write + Send>, elapsed: Box<dyn Fn() -> Duration + Send>) -> Self {
        Self {
            out,
            elapsed,
            tallies: Tallies::default(),
            said: Vec::new(),
            began: Duration::ZERO,
            fetch: None,
            troubles: BTreeSet::new(),
        }
    }

    pub(super) fn on_event(&mut self, event: &Event) {
        match event {
            Event::ModelFetched(fetch) => self.fetched(fetch),
            Event::RunStarted { header, planned } => {
                self.begin(planned);
                self.say(&format!(
                    "run {}: {}, {}",
                    header.id,
                    plural(header.planned, "trial"),
                    plural(planned.len() as u64, "variant")
                ));
            }
            Event::FollowUpsStarted { planned } => {
                self.begin(planned);
                let trials = planned.iter().map(|(_, n)| n).sum();
                self.say(&format!("asking again: {}", plural(trials, "follow-up")));
            }
            Event::AttemptFailed { key, error, wait_ms } => {
                let Some((_, tally)) = self.tallies.row(&key.variant()) else { return };
                tally.retries += 1;
                let label = tally.label.clone();
                // Once per variant and kind: the counts say how often.
                if self.troubles.insert((label.clone(), error.kind.name())) {
                    let wait = duration(*wait_ms as f64);
                    self.say(&format!(
                        "{label}: {}: {}; asking again in {wait}",
                        error.kind.name(),
                        inert_line(&error.message)
                    ));
                }
            }
            Event::LimitChanged(change) => {
                if let Some(words) = super::limit_words(change) {
                    self.say(&words);
                }
            }
            Event::TrialFinished(trial) => {
                let Some((i, tally)) = self.tallies.row(&trial.key.variant()) else { return };
                tally.add(trial);
                self.report(i);
            }
            Event::StopRequested => self.say("stopping: what is in flight is being finished"),
            Event::RunEnded { status, reason } => {
                let reason = reason.as_ref().map(|r| format!(": {}", inert_line(r))).unwrap_or_default();
                match status {
                    RunStatus::Finished => self.say("finished"),
                    RunStatus::Stopped | RunStatus::Running => self.say(&format!("stopped{reason}")),
                }
            }
        }
    }

    fn begin(&mut self, planned: &[(VariantKey, u64)]) {
        self.began = (self.elapsed)();
        self.tallies = Tallies::new(planned);
        self.said = vec![(0, self.began); planned.len()];
    }

    fn report(&mut self, i: usize) {
        let now = (self.elapsed)();
        let (Some(tally), Some(said)) = (self.tallies.rows.get(i), self.said.get_mut(i)) else { return };
        let tenth = (tally.done * 10).checked_div(tally.planned).unwrap_or(10);
        if tenth <= said.0 && now.saturating_sub(said.1) < SILENCE {
            return;
        }
        *said = (tenth, now);
        let left = tally.planned.saturating_sub(tally.done);
        let spent = now.saturating_sub(self.began).as_secs_f64() * 1000.0;
        let rest = match left {
            0 => String::new(),
            _ => format!(", about {} left", duration(spent / tally.done.max(1) as f64 * left as f64)),
        };
        let line = format!(
            "{}: {}/{} done, {}{rest}",
            tally.label,
            count(tally.done),
            count(tally.planned),
            tally.words()
        );
        self.say(&line);
    }

    fn fetched(&mut self, fetch: &FetchProgress) {
        let tenth = (fetch.done * 10).checked_div(fetch.total).unwrap_or(0);
        let name = format!("{}: {}", inert_line(&fetch.model), inert_line(&fetch.step));
        let state = (name, tenth);
        if self.fetch.as_ref() == Some(&state) {
            return;
        }
        let share = if fetch.total > 0 { format!(" {} %", tenth * 10) } else { String::new() };
        self.say(&format!("{}{share}", state.0));
        self.fetch = Some(state);
    }

    /// A log that cannot be written does not stop a run.
    fn say(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
        let _ = self.out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{TrialError, VariantKey};
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, trial};
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);
    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn start(planned: u64) -> Event {
        let key = VariantKey { prompt: "bare".into(), model: "small".into() };
        let header = Arc::new(RunBuilder::new("r").variant("bare").planned(planned).build().info.header);
        Event::RunStarted { header, planned: vec![(key, planned)] }
    }

    fn text(events: &[Event], seconds: &[u64]) -> String {
        let (out, clock) = (Shared::default(), Arc::new(AtomicU64::new(0)));
        let read = clock.clone();
        let elapsed = Box::new(move || Duration::from_secs(read.load(Ordering::Relaxed)));
        let mut lines = Lines::new(Box::new(out.clone()), elapsed);
        for (event, at) in events.iter().zip(seconds) {
            clock.store(*at, Ordering::Relaxed);
            lines.on_event(event);
        }
        String::from_utf8(out.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_per_tenth_and_no_more() {
        let mut events = vec![start(100)];
        events.extend(
            (0..100).map(|i| Event::TrialFinished(Arc::new(trial(&format!("c{i}"), "bare").passed().0))),
        );
        events.push(Event::RunEnded { status: RunStatus::Finished, reason: None });
        let text = text(&events, &[0; 102]);
        assert_eq!(text.lines().count(), 12, "{text}");
        assert!(text.contains("bare × small: 100/100 done, 0 failed"), "{text}");
        assert!(text.ends_with("finished\n"));
    }

    #[test]
    fn silence_is_broken_after_ten_seconds() {
        let done = |c: &str| Event::TrialFinished(Arc::new(trial(c, "bare").passed().0));
        let text = text(&[start(1000), done("a"), done("b")], &[0, 3, 11]);
        assert!(text.contains("2/1,000 done") && !text.contains("1/1,000 done"), "{text}");
        assert!(text.contains("about 1 h 31 min left"), "{text}");
    }

    #[test]
    fn a_trouble_is_told_once_and_is_inert() {
        let error =
            TrialError { kind: ErrorKind::RateLimited, message: "slow\u{1b}[2J".into(), status: Some(429) };
        let key = trial("a", "bare").0.key;
        let failed = Event::AttemptFailed { key, error, wait_ms: 2000 };
        let fetch = Event::ModelFetched(FetchProgress {
            model: "m".into(),
            step: "verifying".into(),
            done: 1,
            total: 2,
        });
        let stop = Event::RunEnded { status: RunStatus::Stopped, reason: Some("interrupted".into()) };
        let text = text(
            &[fetch.clone(), fetch, start(1), failed.clone(), failed, Event::StopRequested, stop],
            &[0; 7],
        );
        insta::assert_snapshot!(text, @r"
        m: verifying 50 %
        run r: 1 trial, 1 variant
        bare × small: rate-limited: slow␛[2J; asking again in 2.0 s
        stopping: what is in flight is being finished
        stopped: interrupted
        ");
    }

    #[test]
    fn a_trial_of_an_unplanned_variant_is_ignored() {
        let other = Event::TrialFinished(Arc::new(trial("a", "other").passed().0));
        assert_eq!(text(&[other, start(0)], &[0; 2]).lines().count(), 1);
    }
}
