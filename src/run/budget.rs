//! What a run may spend, counted the moment an answer is there.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::halt::Halt;
use crate::provider::ModelSpec;

/// A cost limit that could not be kept, because nobody knows what these models cost.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the cost limit of {limit} USD cannot be kept: the price of {models} is unknown; set `price = {{ input = …, output = … }}` in regauge.toml"
)]
pub struct UnknownPrice {
    /// USD.
    pub limit: f64,
    /// The models, as messages call them.
    pub models: String,
}

/// Refuses a cost limit over models without a price: an unknown price is not 0. What is replayed or runs in this
/// process costs nothing.
///
/// # Errors
/// All models whose price is unknown.
pub fn refuse_unpriced<'m>(
    limit: Option<f64>,
    models: impl IntoIterator<Item = &'m ModelSpec>,
) -> Result<(), UnknownPrice> {
    let Some(limit) = limit else { return Ok(()) };
    let unpriced =
        |spec: &&ModelSpec| !spec.is_replay() && !spec.is_embedded() && spec.known_price().is_none();
    let unpriced: BTreeSet<String> = models.into_iter().filter(unpriced).map(ModelSpec::called).collect();
    if unpriced.is_empty() {
        return Ok(());
    }
    let models = unpriced.into_iter().collect::<Vec<_>>().join(" and ");
    Err(UnknownPrice { limit, models })
}

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

    /// Counts one answer and halts the run when money was spent and the limit is reached, or can no longer be held
    /// because nobody knows what the answer cost ([`refuse_unpriced`] comes before, but a reply may name no tokens,
    /// and a price may hold for shorter prompts only).
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
        if *spent >= limit && *spent > 0.0 {
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
    fn what_costs_nothing_reaches_no_limit() {
        let (budget, halt) = (Budget::new(Some(0.0), 0.0), Halt::new(None));
        budget.spend(Some(0.0), &halt);
        assert!(!halt.is_set());
        budget.spend(Some(0.001), &halt);
        assert!(halt.is_set());
    }

    #[test]
    fn a_limit_over_unknown_prices_is_refused() {
        let spec = |name, provider| ModelSpec::new(name, provider, "m");
        let mut priced = spec("priced", "openai");
        priced.price = Some(crate::provider::Price { input: 1.0, output: 1.0, cached_input: None });
        let free = [priced, spec("here", "embedded"), spec("recorded", "replay")];
        assert_eq!(refuse_unpriced(Some(1.0), &free), Ok(()));
        let two = [spec("b", "openai"), spec("a", "http"), spec("b", "openai")];
        assert_eq!(refuse_unpriced(None, &two), Ok(()));
        let error = refuse_unpriced(Some(1.5), &two).unwrap_err();
        assert!(
            error.to_string().starts_with(
                "the cost limit of 1.5 USD cannot be kept: the price of model `a` and model `b` is unknown; set"
            ),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_cost_halts_a_limited_run() {
        let halt = Halt::new(None);
        Budget::new(Some(1.0), 0.0).spend(None, &halt);
        assert!(halt.reason().is_some_and(|why| why.contains("unknown")));
    }
}
