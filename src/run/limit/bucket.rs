//! A token bucket: so much per minute, spread evenly.
//!
//! A bucket holds a second's worth. It is filled a little slower than the allowance says, so that no minute,
//! wherever it begins, gets more than the allowance (Tanenbaum & Wetherall, Computer Networks, 5.4.2).

use std::time::Duration;

use tokio::time::Instant;

/// What is left of an allowance per minute.
#[derive(Debug)]
pub(super) struct Bucket {
    per_minute: u64,
    capacity: f64,
    per_second: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(per_minute: u64, now: Instant) -> Self {
        let per_minute = per_minute.max(1);
        let capacity = (per_minute as f64 / 60.0).max(1.0);
        let per_second = (per_minute as f64 + 1.0 - capacity) / 60.0;
        Self { per_minute, capacity, per_second, level: capacity, at: now }
    }

    /// The allowance.
    pub(super) fn per_minute(&self) -> u64 {
        self.per_minute
    }

    /// When `amount` may be taken; `None` = now. What is more than a full bucket may be taken from one without
    /// debt, and leaves one.
    pub(super) fn ready_at(&mut self, amount: f64, now: Instant) -> Option<Instant> {
        self.fill(now);
        let needed = if amount > self.capacity { 0.0 } else { amount };
        let missing = needed - self.level;
        // A rounding error must not become a wait.
        (missing > 1e-6).then(|| now + Duration::from_secs_f64(missing / self.per_second))
    }

    /// Takes `amount`, which may leave a debt.
    pub(super) fn take(&mut self, amount: f64) {
        self.level -= amount;
    }

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&mut self, amount: f64) {
        self.level = (self.level + amount).min(self.capacity);
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(self.capacity);
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Times at which `count` requests of one unit may go when all want to go at once.
    fn times(per_minute: u64, count: usize) -> Vec<f64> {
        let start = Instant::now();
        let mut bucket = Bucket::new(per_minute, start);
        let mut now = start;
        (0..count)
            .map(|_| {
                while let Some(at) = bucket.ready_at(1.0, now) {
                    now = at;
                }
                bucket.take(1.0);
                (now - start).as_secs_f64()
            })
            .collect()
    }

    #[test]
    fn one_per_minute_is_one_per_minute() {
        let times = times(1, 3);
        assert!((times[1] - 60.0).abs() < 0.01 && (times[2] - 120.0).abs() < 0.01, "{times:?}");
    }

    #[test]
    fn a_request_larger_than_the_bucket_leaves_a_debt() {
        let start = Instant::now();
        let mut bucket = Bucket::new(600, start);
        bucket.take(5.0);
        assert_eq!(bucket.ready_at(300.0, start), None, "it need not be full");
        bucket.take(300.0);
        let next = bucket.ready_at(1.0, start).unwrap();
        assert!((next - start).as_secs_f64() > 25.0, "{:?}", next - start);
        bucket.give_back(299.0);
        assert_eq!(bucket.ready_at(1.0, start), None);
    }

    #[test]
    fn it_never_holds_more_than_a_second() {
        let start = Instant::now();
        let mut bucket = Bucket::new(600, start);
        bucket.give_back(1e9);
        let late = start + Duration::from_hours(1);
        assert_eq!(bucket.ready_at(10.0, late), None);
        bucket.take(10.0);
        assert!(bucket.ready_at(1.0, late).is_some());
    }

    proptest! {
        #[test]
        fn no_minute_gets_more_than_the_allowance(per_minute in 1u64..400) {
            let times = times(per_minute, per_minute as usize * 2 + 3);
            for (first, from) in times.iter().enumerate() {
                let inside = times[first..].iter().take_while(|t| **t < from + 60.0 - 1e-3).count();
                prop_assert!(inside as u64 <= per_minute, "{inside} from {from}");
            }
            // And it is not slower than it must be.
            prop_assert!(times[times.len() - 1] <= 60.0 * 2.2 + 120.0 / per_minute as f64 * 3.0);
        }
    }
}
