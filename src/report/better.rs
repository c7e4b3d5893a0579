//! Which of two columns is better, whether that is real, and what decides it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::diff::{self, CaseGroup, Change, ChangeKind, Comparison, Outline, Pair, Repeats, Tally};
use crate::outcome::VariantKey;
use crate::report::kept::First;
use crate::report::numbers::{p_value, plural, points};
use crate::stats::Interval;

/// Largest p-value of a difference that is called real.
const ALPHA: f64 = 0.05;

/// What a paired comparison may be said to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The candidate passes more, and chance alone would hardly do that.
    Better,
    /// The candidate passes fewer, and chance alone would hardly do that.
    Worse,
    /// The cases do not suffice to tell.
    CannotTell,
    /// No case has a verdict on both sides.
    NothingToCompare,
}

/// Two columns held against each other, case by case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Versus {
    /// Base column.
    pub base: VariantKey,
    /// Candidate column.
    pub cand: VariantKey,
    /// One sentence for a reader.
    pub sentence: String,
    /// What it may be said to show.
    pub finding: Finding,
    /// Cases with a verdict on both sides.
    pub pairs: u64,
    /// Base failed, candidate passed.
    pub fixed: u64,
    /// Base passed, candidate failed.
    pub broke: u64,
    /// Difference of the pass rates over the pairs, candidate − base.
    pub difference: Option<f64>,
    /// Its 95 % interval (Newcombe, paired).
    pub interval: Option<Interval>,
    /// Two-sided mid-p McNemar.
    pub p_value: f64,
    /// The scorers that account for it, the weightiest first.
    pub decided_by: Vec<Decider>,
    /// The fixed cases as `suite/case`, wordings apart; the first of them when there are many.
    pub fixed_cases: Vec<String>,
    /// The broken cases, likewise.
    pub broke_cases: Vec<String>,
}

/// A scorer that accounts for part of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decider {
    /// Its label; `no answer` for refused and empty ones.
    pub scorer: String,
    /// Fixed cases that it failed on the base.
    pub fixed: u64,
    /// Broken cases that it fails on the candidate.
    pub broke: u64,
}

/// The best column against every other one while the run is read; the first of equals is the best.
pub(super) struct BetterFold {
    best: usize,
    /// By column; the best one's own stays empty.
    folds: Vec<VersusFold>,
}

impl BetterFold {
    pub(super) fn new(outline: &Outline<'_>) -> Self {
        let mut best = 0;
        let rate = |column: usize| outline.rates[column].unwrap_or(-1.0);
        for column in 1..outline.columns.len() {
            if rate(column) > rate(best) {
                best = column;
            }
        }
        Self { best, folds: outline.columns.iter().map(|_| VersusFold::default()).collect() }
    }

    pub(super) fn add(&mut self, group: &CaseGroup) {
        for (base, fold) in self.folds.iter_mut().enumerate().filter(|(base, _)| *base != self.best) {
            for pair in diff::pairs(group.run.in_column(base), group.run.in_column(self.best)) {
                fold.add(group, &pair, Change::of(&pair).kind);
            }
        }
    }

    /// Empty for fewer than two columns.
    pub(super) fn finish(self, columns: &[VariantKey], labels: &[String]) -> Vec<Versus> {
        let best = self.best;
        let others = self.folds.into_iter().enumerate().filter(|(base, _)| *base != best);
        others
            .map(|(base, fold)| fold.finish((&columns[base], &labels[base]), (&columns[best], &labels[best])))
            .collect()
    }
}

/// One comparison while the runs are read.
#[derive(Default)]
pub(super) struct VersusFold {
    tally: Tally,
    /// Fixed and broken cases by the scorer that decided them.
    deciders: BTreeMap<Arc<str>, (u64, u64)>,
    fixed: First<String>,
    broke: First<String>,
}

/// The label of a decider where no scorer had anything to judge.
const NO_ANSWER: &str = "no answer";

impl VersusFold {
    pub(super) fn add(&mut self, group: &CaseGroup, pair: &Pair<'_>, kind: ChangeKind) {
        let Some(fixed) = self.tally.add(kind, pair) else { return };
        let name = || format!("{}/{}", group.suite, group.case);
        if fixed {
            self.fixed.add(name);
        } else {
            self.broke.add(name);
        }
        let side = if fixed { &pair.base } else { &pair.cand };
        let shown = side.as_ref().and_then(Repeats::shown);
        let mut names: Vec<Arc<str>> =
            shown.iter().flat_map(|t| &t.scores).filter(|s| s.fails()).map(|s| s.name.clone()).collect();
        if names.is_empty() {
            names.push(NO_ANSWER.into());
        }
        names.sort_unstable();
        names.dedup();
        for name in names {
            let count = self.deciders.entry(name).or_default();
            *(if fixed { &mut count.0 } else { &mut count.1 }) += 1;
        }
    }

    /// What the comparison says, with the names to call its columns by.
    pub(super) fn finish(
        self,
        (base, base_label): (&VariantKey, &str),
        (cand, cand_label): (&VariantKey, &str),
    ) -> Versus {
        let compared = self.tally.comparison(base, cand);
        let finding = finding(&compared);
        let mut decided_by: Vec<Decider> = self
            .deciders
            .into_iter()
            .map(|(scorer, (fixed, broke))| Decider { scorer: scorer.to_string(), fixed, broke })
            .collect();
        decided_by.sort_by_key(|d| std::cmp::Reverse(d.fixed + d.broke));
        Versus {
            sentence: sentence(&compared, finding, base_label, cand_label),
            base: compared.base,
            cand: compared.cand,
            finding,
            pairs: compared.pairs,
            fixed: compared.fixed,
            broke: compared.broke,
            difference: compared.difference,
            interval: compared.interval,
            p_value: compared.p_value,
            decided_by,
            fixed_cases: self.fixed.into_kept(),
            broke_cases: self.broke.into_kept(),
        }
    }
}

/// What may be said: real needs a small p-value and an interval without 0.
pub fn finding(compared: &Comparison) -> Finding {
    let Some(interval) = compared.interval.filter(|_| compared.pairs > 0) else {
        return Finding::NothingToCompare;
    };
    match compared.p_value < ALPHA {
        true if interval.low > 0.0 => Finding::Better,
        true if interval.high < 0.0 => Finding::Worse,
        _ => Finding::CannotTell,
    }
}

fn sentence(compared: &Comparison, finding: Finding, base: &str, cand: &str) -> String {
    let Some(interval) = compared.interval.filter(|_| compared.pairs > 0) else {
        return format!("{cand} and {base} share no case with a verdict on both sides: nothing to compare");
    };
    let (fixed, broke) = (compared.fixed, compared.broke);
    let cases = plural(compared.pairs, "case");
    let count = match fixed.cmp(&broke) {
        std::cmp::Ordering::Greater => format!("passes {} more of {cases} than {base}", fixed - broke),
        std::cmp::Ordering::Less => format!("passes {} fewer of {cases} than {base}", broke - fixed),
        std::cmp::Ordering::Equal => format!("passes as many of {cases} as {base}"),
    };
    let p = p_value(compared.p_value);
    let end = match finding {
        Finding::Better | Finding::Worse => "a real difference",
        Finding::CannotTell | Finding::NothingToCompare => "cannot tell them apart",
    };
    let numbers = format!("95 % interval {}; mid-p {p}", points(interval));
    format!("{cand} {count} (fixed {fixed}, broke {broke}; {numbers}): {end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, report, trial};

    fn run(fixed: usize, broke: usize, both: usize) -> Vec<Versus> {
        let mut builder = RunBuilder::new("r").variant("bare").variant("grounded");
        for i in 0..fixed + broke + both {
            let (bare, grounded) =
                (trial(&format!("c{i:03}"), "bare"), trial(&format!("c{i:03}"), "grounded"));
            let (bare, grounded) = if i < fixed {
                (bare.failed("number", "differs"), grounded.passed())
            } else if i < fixed + broke {
                (bare.passed(), grounded.failed("golden", "differs"))
            } else {
                (bare.passed(), grounded.passed())
            };
            builder = builder.trial(bare).trial(grounded);
        }
        report(&builder.build()).better
    }

    #[test]
    fn a_real_difference_is_called_one() {
        let versus = run(15, 3, 37);
        assert_eq!(versus[0].finding, Finding::Better);
        assert!(
            versus[0].sentence.starts_with(
                "grounded passes 12 more of 55 cases than bare (fixed 15, broke 3; 95 % interval +"
            ),
            "{}",
            versus[0].sentence
        );
        assert!(versus[0].sentence.ends_with("): a real difference"), "{}", versus[0].sentence);
        let number = Decider { scorer: "number".into(), fixed: 15, broke: 0 };
        assert_eq!(versus[0].decided_by, [number, Decider { scorer: "golden".into(), fixed: 0, broke: 3 }]);
        assert_eq!((versus[0].fixed_cases.len(), versus[0].broke_cases.len()), (15, 3));
    }

    #[test]
    fn a_small_one_is_not() {
        let versus = run(2, 1, 7);
        assert_eq!(versus[0].finding, Finding::CannotTell);
        assert!(versus[0].sentence.ends_with("cannot tell them apart"), "{}", versus[0].sentence);
    }

    #[test]
    fn equal_columns_name_the_first_as_the_best() {
        let versus = run(0, 0, 4);
        assert_eq!((versus[0].cand.prompt.as_str(), versus[0].base.prompt.as_str()), ("bare", "grounded"));
        assert!(
            versus[0].sentence.contains("passes as many of 4 cases as grounded"),
            "{}",
            versus[0].sentence
        );
    }

    #[test]
    fn one_column_or_no_verdict_says_nothing() {
        let run = RunBuilder::new("r").trial(trial("a", "bare").passed()).build();
        assert!(report(&run).better.is_empty());
        let kind = crate::provider::ErrorKind::Server;
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").errored(kind, "502"))
            .trial(trial("a", "grounded").passed())
            .build();
        assert_eq!(report(&run).better[0].finding, Finding::NothingToCompare);
    }
}
