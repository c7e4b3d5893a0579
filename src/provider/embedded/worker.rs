//! Worker threads: each makes a few answers at a time.
//!
//! To choose one token, all weights have to come from memory, which takes longer than computing with them.
//! So a worker takes one step of all its answers together. Rows do not influence each other, so
//! an answer is the same whoever shares its steps.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::answer::Answer;
use super::error::EmbeddedError;
use super::kv::Kv;
use super::model::{Model, Scratch};
use super::prefix::Prefixes;
use super::queue::Queue;
use super::request::{GenerateRequest, Generation};
use super::tokenizer::Vocabulary;

/// Answers one worker makes at the same time.
pub(super) const BATCH: usize = 8;

/// Tokens of prompts from which on a worker begins no further answer. Long ones follow each other: eight at once would take
/// gigabytes, and none could begin where another one, with the same articles in front, has been read already.
const LONG: usize = 8192;

type Reply = oneshot::Sender<Result<Generation, EmbeddedError>>;

/// A request on its way to a worker.
#[derive(Debug)]
pub(super) struct Job {
    /// The tokens of the conversation.
    pub(super) prompt: Vec<u32>,
    /// The request they were made from.
    pub(super) request: GenerateRequest,
    /// Where the answer goes. If nobody waits there any more, the work is dropped.
    pub(super) reply: Reply,
}

/// The way to the workers. They end when it is dropped.
#[derive(Debug)]
pub(super) struct Workers {
    queue: Arc<Queue<Job>>,
    count: usize,
}

impl Workers {
    /// Starts `count` threads, at least one.
    pub(super) fn start(
        count: usize,
        model: &Arc<Model>,
        vocabulary: &Arc<Vocabulary>,
    ) -> Result<Self, std::io::Error> {
        let workers = Self { queue: Arc::new(Queue::new()), count: count.max(1) };
        for i in 0..workers.count {
            let worker = Worker {
                model: Arc::clone(model),
                vocabulary: Arc::clone(vocabulary),
                queue: Arc::clone(&workers.queue),
                running: vec![],
                prefixes: Prefixes::default(),
                scratch: Scratch::default(),
            };
            std::thread::Builder::new().name(format!("embedded-{i}")).spawn(move || worker.run())?;
        }
        Ok(workers)
    }

    /// Queues a job.
    pub(super) fn send(&self, job: Job) {
        self.queue.push(job);
    }

    /// How many threads there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.close();
    }
}

struct Worker {
    model: Arc<Model>,
    vocabulary: Arc<Vocabulary>,
    queue: Arc<Queue<Job>>,
    running: Vec<(Answer, Reply)>,
    prefixes: Prefixes,
    scratch: Scratch,
}

impl Worker {
    fn run(mut self) {
        loop {
            let job = if self.running.is_empty() {
                let Some(job) = self.queue.wait() else { return };
                Some(job)
            } else if self.has_room() {
                self.queue.poll()
            } else {
                None
            };
            let step = catch_unwind(AssertUnwindSafe(|| {
                if let Some(job) = job {
                    self.begin(job);
                }
                self.step();
            }));
            if let Err(panic) = step {
                self.fail(&message(panic.as_ref()));
            }
        }
    }

    fn has_room(&self) -> bool {
        let tokens: usize = self.running.iter().map(|(answer, _)| answer.prompt_tokens()).sum();
        self.running.len() < BATCH && tokens < LONG
    }

    fn begin(&mut self, job: Job) {
        let shape = &self.model.weights.shape;
        let remembered = self.prefixes.take(&job.prompt);
        let kv = remembered.unwrap_or_else(|| Kv::new(shape));
        let answer = Answer::new(job.prompt, job.request, kv, shape.context);
        self.running.push((answer, job.reply));
    }

    /// Reads a piece of one prompt if there is one to read, else chooses one token for each answer.
    fn step(&mut self) {
        self.running.retain(|(_, reply)| !reply.is_closed());
        let reading = self.running.iter().position(|(answer, _)| answer.reads());
        let range = reading.map_or(0..self.running.len(), |i| i..i + 1);
        if range.is_empty() {
            return;
        }
        let stepped = &mut self.running[range.clone()];
        let mut steps: Vec<_> = stepped.iter_mut().map(|(answer, _)| answer.step()).collect();
        let logits = self.model.forward(&mut steps, &mut self.scratch);
        if logits.is_empty() {
            return;
        }
        let vocabulary = self.model.weights.head.matrix.outputs();
        let mut done = vec![];
        for (i, logits) in range.clone().zip(logits.chunks_exact(vocabulary)) {
            let answer = &mut self.running[i].0;
            if reading.is_some() {
                let (ids, kv) = answer.prompt();
                self.prefixes.put(ids, kv);
            }
            if let Some(result) = answer.choose(logits, &self.vocabulary).transpose() {
                done.push((i, result));
            }
        }
        for (i, result) in done.into_iter().rev() {
            let (_, reply) = self.running.remove(i);
            // Nobody waiting is fine: the request was dropped.
            let _ = reply.send(result);
        }
    }

    /// After a panic: whatever was being computed is lost, and may be half written.
    fn fail(&mut self, reason: &str) {
        for (_, reply) in self.running.drain(..) {
            let _ = reply.send(Err(EmbeddedError::Worker { reason: reason.to_owned() }));
        }
        self.prefixes = Prefixes::default();
        self.scratch = Scratch::default();
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|&s| s.to_owned()))
        .unwrap_or_else(|| "it panicked".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_messages_are_kept() {
        let panic = catch_unwind(|| panic!("row {} is cut", 3)).unwrap_err();
        assert_eq!(message(panic.as_ref()), "row 3 is cut");
        let panic = catch_unwind(|| panic!("plain")).unwrap_err();
        assert_eq!(message(panic.as_ref()), "plain");
    }
}
