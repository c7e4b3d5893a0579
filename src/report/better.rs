//! Which of two columns is better, whether that is real, and what decides it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diff::{self, Change, ChangeKind, Comparison};
use crate::outcome::VariantKey;
use crate::report::columns::Column;
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
    /// The fixed cases as `suite/case`, wordings apart.
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

/// The best column against every other one; the first of equals is the best. Empty for fewer than two.
pub fn versus_all(columns: &[Column<'_>]) -> Vec<Versus> {
    let rate =
        |c: &Column<'_>| crate::report::columns::Rate::of(c.trials.iter().copied()).rate.unwrap_or(-1.0);
    let Some(mut best) = columns.first() else { return Vec::new() };
    for column in &columns[1..] {
        if rate(column) > rate(best) {
            best = column;
        }
    }
    columns
        .iter()
        .filter(|c| c.key != best.key)
        .map(|base| {
            let compared = diff::compare((&base.key, &base.trials), (&best.key, &best.trials));
            Versus::of(&compared, &base.label, &best.label)
        })
        .collect()
}

impl Versus {
    /// What a comparison says, with the names to call its columns by.
    pub fn of(compared: &Comparison, base: &str, cand: &str) -> Self {
        let pairs: Vec<(&Change, bool)> =
            compared.changes.iter().filter_map(|c| Some((c, discordant(c)?))).collect();
        let names = |fixed: bool| {
            pairs
                .iter()
                .filter(|(_, f)| *f == fixed)
                .map(|(c, _)| format!("{}/{}", c.suite, c.case))
                .collect()
        };
        let finding = finding(compared);
        Self {
            base: compared.base.clone(),
            cand: compared.cand.clone(),
            sentence: sentence(compared, finding, base, cand),
            finding,
            pairs: compared.pairs,
            fixed: compared.fixed,
            broke: compared.broke,
            difference: compared.difference,
            interval: compared.interval,
            p_value: compared.p_value,
            decided_by: deciders(&pairs),
            fixed_cases: names(true),
            broke_cases: names(false),
        }
    }
}

/// Whether a pair changed sides: fixed (`true`) or broke (`false`); `None` for all others.
fn discordant(change: &Change) -> Option<bool> {
    if matches!(change.kind, ChangeKind::NotComparable | ChangeKind::Inconclusive) {
        return None;
    }
    let (base, cand) = (change.base.as_ref()?, change.cand.as_ref()?);
    match (base.verdict()?, cand.verdict()?) {
        (false, true) => Some(true),
        (true, false) => Some(false),
        _ => None,
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

fn deciders(pairs: &[(&Change, bool)]) -> Vec<Decider> {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (change, fixed) in pairs {
        let side = if *fixed { &change.base } else { &change.cand };
        let failing = side.as_ref().map_or(&[][..], |s| &s.failing);
        let mut names: Vec<&str> =
            failing.iter().map(|f| f.split_once(": ").map_or(f.as_str(), |(n, _)| n)).collect();
        if names.is_empty() {
            names.push("no answer");
        }
        names.sort_unstable();
        names.dedup();
        for name in names {
            let count = counts.entry(name).or_default();
            *(if *fixed { &mut count.0 } else { &mut count.1 }) += 1;
        }
    }
    let mut deciders: Vec<Decider> = counts
        .into_iter()
        .map(|(scorer, (fixed, broke))| Decider { scorer: scorer.to_owned(), fixed, broke })
        .collect();
    deciders.sort_by_key(|d| std::cmp::Reverse(d.fixed + d.broke));
    deciders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::columns::columns;
    use crate::report::sample::{RunBuilder, trial};

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
        versus_all(&columns(&builder.build()))
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
        assert!(versus_all(&columns(&run)).is_empty());
        let kind = crate::provider::ErrorKind::Server;
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").errored(kind, "502"))
            .trial(trial("a", "grounded").passed())
            .build();
        assert_eq!(versus_all(&columns(&run))[0].finding, Finding::NothingToCompare);
    }
}
