//! Two columns held against each other, case by case: what it shows, whether that is real, and what decides it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::case::wording_name;
use crate::diff::{
    ALPHA, CaseGroup, ChangeKind, Finding, MARGIN, Method, Metric, MetricsFold, Pair, Repeats, Tally, Unit,
    WeightedFold, independent, passes,
};
use crate::outcome::VariantKey;
use crate::report::kept::First;
use crate::report::numbers::{p_value, plural, points};
use crate::report::weighted::Weighted;
use crate::sentence::{By, CaseFilter, EARLIER, Sentence, compared};
use crate::stats::Interval;

/// Two columns held against each other, case by case.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Versus {
    /// Base column.
    pub base: VariantKey,
    /// Candidate column.
    pub cand: VariantKey,
    /// One sentence for a reader.
    pub sentence: Sentence,
    /// What it may be said to show.
    pub finding: Finding,
    /// Cases with a verdict on both sides; wordings of cases where some case has several.
    pub pairs: u64,
    /// Whether wordings are counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub wordings: bool,
    /// Base failed, candidate passed.
    pub fixed: u64,
    /// Base passed, candidate failed.
    pub broke: u64,
    /// Difference of the pass rates, candidate − base: the repeats of a case averaged, then the cases.
    pub difference: Option<f64>,
    /// Its 95 % interval; the first of `metrics` says by which method.
    pub interval: Option<Interval>,
    /// Its two-sided p-value; 1 when nothing was tested.
    pub p_value: f64,
    /// The p-value held against its being one of several comparisons (Holm); only where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjusted_p: Option<f64>,
    /// The same weighted by the traffic of the cases; absent when all weigh the same.
    pub weighted: Option<Weighted>,
    /// Every metric compared: the pass rate, the mean score, then the scorers by name.
    pub metrics: Vec<Metric>,
    /// The scorers that account for it, the weightiest first.
    pub decided_by: Vec<Decider>,
    /// The fixed cases as `suite/case` or `suite/case [wording]`; the first of them when there are many.
    pub fixed_cases: Vec<String>,
    /// The broken cases, likewise.
    pub broke_cases: Vec<String>,
    /// What the cases of the candidate are compared with: the name of the base, or that it is the earlier run.
    #[serde(skip)]
    pub with: String,
}

/// A scorer that accounts for part of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Decider {
    /// Its label; `no answer` for refused and empty ones.
    pub scorer: String,
    /// Fixed cases that it failed on the base.
    pub fixed: u64,
    /// Broken cases that it fails on the candidate.
    pub broke: u64,
}

impl Versus {
    /// So many of what is counted: cases, or their wordings.
    pub(super) fn counted(&self, n: u64) -> String {
        plural(n, if self.wordings { "wording" } else { "case" })
    }

    /// Whether the pass rate could be tested.
    pub(super) fn is_tested(&self) -> bool {
        self.metrics.first().is_some_and(|m| m.p_value.is_some())
    }

    /// The cases that it compares (`compared`), or what became of them (`fixed`, `broke`).
    pub fn cases(&self, what: &str) -> CaseFilter {
        CaseFilter::of(&self.cand).with(By::Compared, compared(what, &self.with))
    }

    /// Takes back what does not hold when it is one of several comparisons.
    pub(super) fn adjust(&mut self, p: f64, base: &str, cand: &str) {
        if !self.is_tested() {
            return;
        }
        self.adjusted_p = Some(p);
        self.finding = self.finding.adjusted(p, ALPHA, self.interval, MARGIN);
        self.sentence = sentence(self, base, cand);
    }
}

/// One comparison while the runs are read.
#[derive(Default)]
pub(super) struct VersusFold {
    tally: Tally,
    metrics: MetricsFold,
    weighted: WeightedFold,
    /// Pairs that are not comparable.
    moved: u64,
    /// Whether a case has several wordings.
    wordings: bool,
    /// Fixed and broken cases by the scorer that decided them.
    deciders: BTreeMap<Arc<str>, (u64, u64)>,
    fixed: First<String>,
    broke: First<String>,
}

/// The label of a decider where no scorer had anything to judge.
const NO_ANSWER: &str = "no answer";

impl VersusFold {
    pub(super) fn add(&mut self, group: &CaseGroup, pair: &Pair<'_>, kind: ChangeKind, unit: Unit) {
        self.metrics.add(kind, pair, unit);
        if let Some((base, cand)) = passes(kind, pair) {
            self.weighted.add(base, cand, pair.weight(), unit);
        }
        self.moved += u64::from(kind == ChangeKind::NotComparable);
        self.wordings |= group.run.has_phrasings() || group.earlier.has_phrasings();
        let Some(fixed) = self.tally.add(kind, pair) else { return };
        let name = || wording_name(&group.suite, &group.case, pair.phrasing());
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

    /// What the comparison says, with the names to call its columns by; the base is of this run or of the earlier one.
    pub(super) fn finish(
        self,
        (base, base_label): (&VariantKey, &str),
        (cand, cand_label): (&VariantKey, &str),
        earlier: bool,
        seed: u64,
    ) -> Versus {
        let metrics = self.metrics.finish(MARGIN, seed);
        let rate = metrics.first();
        let finding = match rate.map_or(Finding::NothingToCompare, |m| m.finding) {
            Finding::NothingToCompare if self.moved > 0 => Finding::NotComparable,
            other => other,
        };
        let weighted = if finding == Finding::Identical { None } else { self.weighted.finish(MARGIN, seed) };
        let mut decided_by: Vec<Decider> = self
            .deciders
            .into_iter()
            .map(|(scorer, (fixed, broke))| Decider { scorer: scorer.to_string(), fixed, broke })
            .collect();
        decided_by.sort_by_key(|d| std::cmp::Reverse(d.fixed + d.broke));
        let mut versus = Versus {
            sentence: Sentence::default(),
            base: base.clone(),
            cand: cand.clone(),
            finding,
            pairs: self.tally.pairs(),
            wordings: self.wordings,
            fixed: self.tally.fixed,
            broke: self.tally.broke,
            difference: rate.and_then(|m| m.difference),
            interval: rate.and_then(|m| m.interval),
            p_value: rate.and_then(|m| m.p_value).unwrap_or(1.0),
            adjusted_p: None,
            weighted: None,
            metrics,
            decided_by,
            fixed_cases: self.fixed.into_kept(),
            broke_cases: self.broke.into_kept(),
            with: if earlier { EARLIER } else { base_label }.to_owned(),
        };
        versus.weighted =
            weighted.map(|w| Weighted::of(w, (base_label, cand_label), &versus.cases("compared")));
        versus.sentence = sentence(&versus, base_label, cand_label);
        versus
    }
}

/// What is said of two columns with these names.
fn sentence(versus: &Versus, base: &str, cand: &str) -> Sentence {
    if versus.finding == Finding::Identical {
        let mut text = Sentence::default();
        text.about(cand, &CaseFilter::of(&versus.cand));
        text.say(format_args!(" has the same answers as {base}, over "));
        text.about(versus.counted(versus.pairs), &versus.cases("compared"));
        text.say(": all came out of the store, so nothing is new");
        return text;
    }
    let Some(rate) = versus.metrics.first().filter(|m| m.interval.is_some()) else {
        return if versus.finding == Finding::NotComparable {
            format!(
                "{cand} and {base} share no case whose expectations and scorers are the same: not comparable"
            )
        } else {
            format!("{cand} and {base} share no case with a verdict on both sides: nothing to compare")
        }
        .into();
    };
    let all = versus.cases("compared");
    let mut text = Sentence::default();
    text.about(cand, &CaseFilter::of(&versus.cand));
    says_how_often(&mut text, versus, rate, (&all, base));
    text.say(" (fixed ");
    text.about(versus.fixed, &versus.cases("fixed"));
    text.say(", broke ");
    text.about(versus.broke, &versus.cases("broke"));
    if let Some(interval) = rate.interval {
        text.say("; ");
        text.about(format_args!("95 % interval {}", points(interval)), &all);
    }
    if let Some(p) = rate.p_value {
        let name = if rate.method == Method::Mcnemar { "mid-p" } else { "p" };
        text.say("; ");
        text.about(format_args!("{name} {}", p_value(p)), &all);
    }
    if let Some(p) = versus.adjusted_p {
        text.say(", ");
        text.about(format_args!("{} by Holm", p_value(p)), &all);
    }
    if let Some(few) = rate.too_few_clusters {
        text.say("; ");
        text.about(independent(few), &all);
    } else if rate.clusters < rate.n {
        text.say("; ");
        text.about(plural(rate.clusters, "cluster"), &all);
    }
    let margin = format!("{:.0} points", rate.margin * 100.0);
    let end = match versus.finding {
        Finding::Better | Finding::Worse => "a real difference".to_owned(),
        Finding::NoWorse if rate.equivalent => format!("the same within {margin}"),
        Finding::NoWorse => format!("no worse within {margin}"),
        Finding::CannotTell | Finding::Identical | Finding::NothingToCompare | Finding::NotComparable => {
            let needed = rate.cases_needed.map(|n| format!("; about {} would", versus.counted(n)));
            format!("cannot tell them apart{}", needed.unwrap_or_default())
        }
    };
    text.say(format_args!("): {end}"));
    text
}

/// How often the candidate passes, beside a base of this name over these cases.
fn says_how_often(text: &mut Sentence, versus: &Versus, rate: &Metric, (all, base): (&CaseFilter, &str)) {
    let (fixed, broke) = (versus.fixed, versus.broke);
    let cases = versus.counted(versus.pairs);
    let moved = rate.difference.unwrap_or_default();
    let (how, of) = if rate.method == Method::Mcnemar {
        match fixed.cmp(&broke) {
            std::cmp::Ordering::Greater => (format!("{} more", fixed - broke), "of"),
            std::cmp::Ordering::Less => (format!("{} fewer", broke - fixed), "of"),
            std::cmp::Ordering::Equal => ("as many".to_owned(), "of"),
        }
    } else if moved.abs() < 0.0005 {
        ("as often".to_owned(), "over")
    } else {
        let word = if moved > 0.0 { "more" } else { "less" };
        (format!("{:.1} points {word} often", moved.abs() * 100.0), "over")
    };
    let than = if how.starts_with("as ") { "as" } else { "than" };
    text.say(" passes ");
    text.about(how, all);
    text.say(format_args!(" {of} "));
    text.about(cases, all);
    text.say(format_args!(" {than} "));
    // What was before is in no list of this run.
    if versus.with == EARLIER {
        text.say(base);
    } else {
        text.about(base, &CaseFilter::of(&versus.base));
    }
}
