//! Worker threads: each takes one request at a time from a common queue.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::error::EmbeddedError;
use super::model::Model;
use super::request::{GenerateRequest, Generation};
use super::session::Session;
use super::tokenizer::Vocabulary;

/// A request on its way to a worker.
pub(super) struct Job {
    /// The tokens of the conversation.
    pub(super) prompt: Vec<u32>,
    /// The request they were made from.
    pub(super) request: GenerateRequest,
    /// Where the answer goes. If nobody waits there any more, the work is dropped.
    pub(super) reply: oneshot::Sender<Result<Generation, EmbeddedError>>,
}

/// The way to the workers. They end when it is dropped.
#[derive(Debug)]
pub(super) struct Workers {
    jobs: Sender<Job>,
}

impl Workers {
    /// Starts `count` threads.
    pub(super) fn start(
        count: usize,
        model: &Arc<Model>,
        vocabulary: &Arc<Vocabulary>,
    ) -> Result<Self, std::io::Error> {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for i in 0..count.max(1) {
            let (queue, model, vocabulary) =
                (Arc::clone(&queue), Arc::clone(model), Arc::clone(vocabulary));
            std::thread::Builder::new()
                .name(format!("embedded-{i}"))
                .spawn(move || work(&queue, &model, &vocabulary))?;
        }
        Ok(Self { jobs })
    }

    /// Queues a job.
    pub(super) fn send(&self, job: Job) -> Result<(), EmbeddedError> {
        self.jobs.send(job).map_err(|_| EmbeddedError::Worker {
            reason: "all workers have ended".to_owned(),
        })
    }
}

fn work(queue: &Mutex<Receiver<Job>>, model: &Model, vocabulary: &Vocabulary) {
    let mut session = Session::default();
    loop {
        // Only waiting happens under the lock; a poisoned lock still guards a working queue.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { prompt, request, reply }) = job else { return };
        if reply.is_closed() {
            continue;
        }
        let result = catch_unwind(AssertUnwindSafe(|| {
            session.answer(model, vocabulary, &prompt, &request, || reply.is_closed())
        }));
        let result = result.unwrap_or_else(|panic| {
            // What the session holds may be half written.
            session = Session::default();
            Err(EmbeddedError::Worker { reason: message(panic.as_ref()) })
        });
        // Nobody waiting is fine: the request was dropped.
        let _ = reply.send(result);
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
