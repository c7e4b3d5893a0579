//! Which answers of two runs are compared.

use std::collections::BTreeMap;

use crate::outcome::{Run, TrialKey, TrialResult};
use crate::score::judge::{Pair, listed};

/// An answer of each run to the same question.
pub(super) struct Met<'r> {
    pub(super) base: &'r TrialResult,
    pub(super) cand: &'r TrialResult,
    passages: String,
}

impl Met<'_> {
    /// Whether there is nothing to compare.
    pub(super) fn same(&self) -> bool {
        self.base.answer().map(str::trim) == self.cand.answer().map(str::trim)
    }

    /// The pair, for the judge. The passages are those of the later run.
    pub(super) fn pair(&self) -> Pair<'_> {
        let case = &self.cand.case;
        Pair {
            lang: &case.lang,
            question: &case.input,
            history: &case.history,
            goldens: &case.goldens,
            passages: &self.passages,
            base: self.base.answer().unwrap_or_default(),
            cand: self.cand.answer().unwrap_or_default(),
        }
    }
}

/// The answers of both runs, paired by case, wording, repeat and variant; by all but the variant when each run has
/// one. Empty answers and trials without one are left out.
pub(super) fn pairs<'r>(base: &'r Run, cand: &'r Run) -> anyhow::Result<Vec<Met<'r>>> {
    let one = base.header.variants.len() == 1 && cand.header.variants.len() == 1;
    let place = |key: &TrialKey| {
        let variant =
            if one { (String::new(), String::new()) } else { (key.prompt.clone(), key.model.clone()) };
        (key.suite.clone(), key.case.clone(), key.phrasing.clone(), variant, key.index)
    };
    let answered = |trial: &&TrialResult| trial.answer().is_some_and(|text| !text.trim().is_empty());
    let earlier: BTreeMap<_, &TrialResult> =
        base.trials.iter().filter(answered).map(|trial| (place(&trial.key), trial)).collect();
    let met = |cand: &'r TrialResult| {
        let base = *earlier.get(&place(&cand.key))?;
        let shown = if cand.passages.is_empty() { &base.passages } else { &cand.passages };
        let passages = listed(shown.iter().map(|p| (p.id.as_str(), p.heading.as_str(), p.text.as_str())));
        (base.case.input == cand.case.input).then_some(Met { base, cand, passages })
    };
    let met: Vec<Met<'_>> = cand.trials.iter().filter(answered).filter_map(met).collect();
    anyhow::ensure!(
        !met.is_empty(),
        "runs {} and {} have no answers to the same question on the same prompt and model",
        base.header.id,
        cand.header.id
    );
    Ok(met)
}
