//! What all retrievals of a process look into together, made once for the same articles.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::fingerprint::Fingerprint;

/// Values kept; a process that watches edits makes one more with each of them.
const KEPT: usize = 4;

/// A value that is made by whoever wants it first; the others wait for it.
type Slot<T> = Arc<OnceLock<T>>;

/// Values by what they are made of, the oldest first.
pub(super) struct Shared<T>(Mutex<Vec<(Fingerprint, Slot<T>)>>);

impl<T> Shared<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The slot of a value; the oldest one makes place for a new one. Filled outside the lock: whoever wants another value
    /// need not wait.
    pub(super) fn slot(&self, of: Fingerprint) -> Slot<T> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, slot)) = slots.iter().find(|(known, _)| *known == of) {
            return slot.clone();
        }
        if slots.len() == KEPT {
            slots.remove(0);
        }
        let slot = Slot::default();
        slots.push((of, slot.clone()));
        slot
    }

    /// Lets a value go, so that it is made again.
    pub(super) fn forget(&self, of: Fingerprint) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| *known != of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_place() {
        let shared = Shared::<usize>::new();
        let of = |n: usize| Fingerprint::of(&n);
        let made = |n: usize, value: usize| *shared.slot(of(n)).get_or_init(|| value);
        assert_eq!((0..KEPT).map(|n| made(n, n)).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!((made(0, 9), made(KEPT, 4), made(0, 9)), (0, 4, 9));
        shared.forget(of(KEPT));
        assert_eq!((made(KEPT, 9), made(3, 9)), (9, 3));
    }
}
