//! The queue between the engine and its workers.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Jobs in order of arrival, until the queue is closed.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
}

#[derive(Debug)]
struct State<T> {
    jobs: VecDeque<T>,
    waiting: usize,
    closed: bool,
}

impl<T> Queue<T> {
    /// An empty, open queue.
    pub(super) fn new() -> Self {
        let state = State { jobs: VecDeque::new(), waiting: 0, closed: false };
        Self { state: Mutex::new(state), arrived: Condvar::new() }
    }

    /// Adds a job.
    pub(super) fn push(&self, job: T) {
        self.state().jobs.push_back(job);
        self.arrived.notify_one();
    }

    /// Wakes everyone who waits; jobs not yet taken are dropped.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.jobs.clear();
        drop(state);
        self.arrived.notify_all();
    }

    /// The next job, as soon as there is one; `None` once the queue is closed.
    pub(super) fn wait(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            state.waiting += 1;
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
    }

    /// The next job, if there is one that no idle worker is about to take.
    pub(super) fn poll(&self) -> Option<T> {
        let mut state = self.state();
        if state.jobs.len() > state.waiting { state.jobs.pop_front() } else { None }
    }

    /// A poisoned lock guards a queue that still works: nothing in here panics halfway.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn jobs_come_in_order_until_it_is_closed() {
        let queue = Queue::new();
        queue.push(1);
        queue.push(2);
        queue.push(3);
        assert_eq!(queue.wait(), Some(1));
        assert_eq!(queue.poll(), Some(2));
        queue.close();
        assert_eq!(queue.poll(), None);
        assert_eq!(queue.wait(), None);
    }

    #[test]
    fn closing_wakes_those_who_wait() {
        let queue = Arc::new(Queue::<u8>::new());
        let other = Arc::clone(&queue);
        let thread = std::thread::spawn(move || other.wait());
        queue.close();
        assert_eq!(thread.join().unwrap(), None);
    }
}
