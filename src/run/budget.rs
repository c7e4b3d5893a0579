//! What a run may spend, counted the moment an answer is there.

use std::sync::{Mutex, PoisonError};

use super::halt::Halt;

/// USD spent and the most that may be.
#[derive(Debug)]
pub(super) struct Budget {
    limit: Option<f64>,
    spent: Mutex<f64>,
}

impl Budget {
    /// Nothing spent yet but what was spent `before` and counts towards the limit.
    pub(super) fn new(limit: Option<f64>, before: f64) -> Self {
        Self { limit, spent: Mutex::new(before) }
    }

    /// USD spent, as far as costs are known.
    pub(super) fn spent(&self) -> f64 {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one answer and halts the run when the limit is reached, or can no longer be held because nobody
    /// knows what the answer cost (a limit with an unknown price is refused before a run begins, but a reply may
    /// name no tokens, and a price may hold for shorter prompts only).
    pub(super) fn spend(&self, cost: Option<f64>, halt: &Halt) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        *spent += cost.unwrap_or(0.0);
        let Some(limit) = self.limit else { return };
        if cost.is_none() {
            halt.stop(format!(
                "the cost of an answer is unknown, so the cost limit of {limit} USD cannot be held"
            ));
            return;
        }
        if *spent >= limit {
            halt.stop(format!("the cost limit of {limit} USD is reached ({:.4} USD spent)", *spent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_halts_when_the_limit_is_reached() {
        let (budget, halt) = (Budget::new(Some(1.0), 0.0), Halt::new(None));
        budget.spend(Some(0.75), &halt);
        assert!(!halt.is_set());
        budget.spend(Some(0.25), &halt);
        assert_eq!(halt.reason().as_deref(), Some("the cost limit of 1 USD is reached (1.0000 USD spent)"));
        let late = Halt::new(None);
        Budget::new(Some(1.0), 0.75).spend(Some(0.25), &late);
        assert!(late.is_set());
        let free = Halt::new(None);
        Budget::new(None, 0.0).spend(Some(9.0), &free);
        Budget::new(None, 0.0).spend(None, &free);
        assert!(!free.is_set());
    }

    #[test]
    fn an_unknown_cost_halts_a_limited_run() {
        let halt = Halt::new(None);
        Budget::new(Some(1.0), 0.0).spend(None, &halt);
        assert!(halt.reason().is_some_and(|why| why.contains("unknown")));
    }
}
