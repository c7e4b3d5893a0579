//! Answers that were asked for in this run, so that equal requests are sent once although nothing is stored yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::fingerprint::Fingerprint;

/// Answers that are remembered; by then the older ones are stored.
const REMEMBERED: usize = 4096;

/// Answers by the keys of their requests.
pub(super) struct Flights<T>(Mutex<HashMap<Fingerprint, Flight<T>>>);

/// One request: whoever comes second waits for whoever came first.
pub(super) type Flight<T> = Arc<tokio::sync::Mutex<Option<T>>>;

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Flights<T> {
    /// The place of a request's answer.
    pub(super) fn of(&self, key: Fingerprint) -> Flight<T> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.len() >= REMEMBERED {
            flights.retain(|_, flight| Arc::strong_count(flight) > 1);
        }
        flights.entry(key).or_default().clone()
    }
}
