//! Which of several columns is better: the best against every other one, each against a control, or all pairs.
//!
//! **Several comparisons.** Of many comparisons some look real by chance, so p-values are adjusted for their number (Holm),
//! and what is no longer real is not called so. The best column is chosen by its results, so that it counts as if all pairs
//! had been compared. A column is compared with those that differ from it in one thing, the prompt or the model; only the
//! best is held against all.

use std::fmt::Write as _;

use serde::Serialize;

use crate::diff::{self, CaseGroup, Change, Clusters, Outline};
use crate::outcome::VariantKey;
use crate::report::bare::{StillBeats, bare_pairs};
use crate::report::numbers::plural;
use crate::report::versus::{Versus, VersusFold};
use crate::stats::holm_among;

/// Which columns are held against each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CompareBy {
    /// The one with the best pass rate against every other one.
    #[default]
    Best,
    /// Each against the control, a prompt or a model by name.
    Control(String),
    /// Every pair that differs in one thing.
    AllPairs,
}

impl CompareBy {
    /// Whether these columns have the control; always so without one.
    pub fn is_in(&self, columns: &[VariantKey]) -> bool {
        match self {
            Self::Control(name) => columns.iter().any(|c| c.prompt == *name || c.model == *name),
            Self::Best | Self::AllPairs => true,
        }
    }

    /// Whether a candidate is held against a base.
    pub(super) fn pairs(&self, base: &VariantKey, cand: &VariantKey) -> bool {
        match self {
            Self::Best => true,
            Self::AllPairs => one_thing(base, cand),
            Self::Control(name) => {
                let is =
                    |v: &VariantKey, prompt: bool| if prompt { v.prompt == *name } else { v.model == *name };
                one_thing(base, cand)
                    && [true, false].iter().any(|prompt| is(base, *prompt) && !is(cand, *prompt))
            }
        }
    }
}

/// Whether two columns differ in the prompt or the model alone.
fn one_thing(a: &VariantKey, b: &VariantKey) -> bool {
    (a.prompt == b.prompt) != (a.model == b.model)
}

/// How the columns were compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Compared {
    /// `best`, `control` or `all-pairs`.
    pub by: &'static str,
    /// The control's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// Comparisons that could be tested.
    pub comparisons: u64,
    /// Comparisons that p-values are adjusted for (Holm).
    pub adjusted_for: u64,
    /// One sentence for a reader.
    pub sentence: String,
}

/// What the columns of a run say of each other.
#[derive(Default)]
pub(super) struct Better {
    pub(super) compared: Option<Compared>,
    pub(super) found: Vec<Versus>,
    pub(super) bare: Vec<StillBeats>,
}

/// Two columns held against each other, and what for.
struct Planned {
    base: usize,
    cand: usize,
    fold: VersusFold,
    shown: bool,
    bare: bool,
}

/// The columns of a run that are held against each other, base first.
pub(super) fn held_against(outline: &Outline<'_>, by: &CompareBy) -> Vec<(usize, usize)> {
    planned(outline, by).into_iter().map(|planned| (planned.base, planned.cand)).collect()
}

fn planned(outline: &Outline<'_>, by: &CompareBy) -> Vec<Planned> {
    // A run without the control is compared as if none was named, and says so.
    let usable = if by.is_in(&outline.columns) { by.clone() } else { CompareBy::Best };
    let columns = &outline.columns;
    let mut best = 0;
    let rate = |column: usize| outline.rates[column].unwrap_or(-1.0);
    for column in 1..columns.len() {
        if rate(column) > rate(best) {
            best = column;
        }
    }
    let shown = |base: usize, cand: usize| match usable {
        CompareBy::Best => cand == best && base != best,
        CompareBy::AllPairs => base < cand && usable.pairs(&columns[base], &columns[cand]),
        CompareBy::Control(_) => usable.pairs(&columns[base], &columns[cand]),
    };
    let bare = bare_pairs(outline);
    let mut planned = Vec::new();
    for base in 0..columns.len() {
        for cand in 0..columns.len() {
            let (shown, bare) = (shown(base, cand), bare.contains(&(base, cand)));
            if shown || bare {
                planned.push(Planned { base, cand, fold: VersusFold::default(), shown, bare });
            }
        }
    }
    planned
}

/// The comparisons while the run is read.
pub(super) struct BetterFold {
    by: CompareBy,
    planned: Vec<Planned>,
    /// Columns with a pass rate.
    judged: u64,
    clusters: Clusters,
}

impl BetterFold {
    pub(super) fn new(outline: &Outline<'_>, by: &CompareBy) -> Self {
        let planned = planned(outline, by);
        let judged = outline.rates.iter().flatten().count() as u64;
        Self { by: by.clone(), planned, judged, clusters: Clusters::default() }
    }

    pub(super) fn add(&mut self, group: &CaseGroup) {
        if self.planned.is_empty() || group.run.is_empty() {
            return;
        }
        let unit = self.clusters.of(group);
        for Planned { base, cand, fold, .. } in &mut self.planned {
            for pair in diff::pairs(group.run.in_column(*base), group.run.in_column(*cand)) {
                fold.add(group, &pair, Change::of(&pair).kind, unit);
            }
        }
    }

    /// Empty for fewer than two columns.
    pub(super) fn finish(self, columns: &[VariantKey], labels: &[String], seed: u64) -> Better {
        let (mut better, mut bare) = (Vec::new(), Vec::new());
        for Planned { base, cand, fold, shown, bare: is_bare } in self.planned {
            let names = (labels[base].as_str(), labels[cand].as_str());
            let versus = fold.finish((&columns[base], names.0), (&columns[cand], names.1), false, seed);
            if is_bare {
                bare.push((versus.clone(), names.0, names.1));
            }
            if shown {
                better.push((versus, names.0, names.1));
            }
        }
        let missing = !self.by.is_in(columns);
        let by = if missing { &CompareBy::Best } else { &self.by };
        let comparisons = better.iter().filter(|(v, ..)| v.is_tested()).count() as u64;
        let all_pairs = self.judged * self.judged.saturating_sub(1) / 2;
        let family = if *by == CompareBy::Best { all_pairs.max(comparisons) } else { comparisons };
        let each = |found: &mut Vec<(Versus, &str, &str)>, family| {
            let mut found: Vec<_> = found.iter_mut().map(|(v, base, cand)| (v, *base, *cand)).collect();
            adjust(&mut found, family);
        };
        each(&mut better, family);
        let tested = bare.iter().filter(|(v, ..)| v.is_tested()).count() as u64;
        each(&mut bare, tested);
        Better {
            compared: (comparisons > 0).then(|| Compared::of(by, (comparisons, family), &self.by)),
            found: better.into_iter().map(|(versus, ..)| versus).collect(),
            bare: bare.into_iter().map(|(versus, ..)| StillBeats::of(&versus)).collect(),
        }
    }
}

/// Adjusts p-values for so many comparisons, of which some may not be among these.
pub(super) fn adjust(found: &mut [(&mut Versus, &str, &str)], family: u64) {
    if family < 2 {
        return;
    }
    let mut adjust_by = |of: fn(&Versus) -> Option<f64>, put: fn(&mut Versus, f64, &str, &str)| {
        let tested: Vec<usize> = (0..found.len()).filter(|at| of(found[*at].0).is_some()).collect();
        let p: Vec<f64> = tested.iter().filter_map(|at| of(found[*at].0)).collect();
        for (at, p) in tested.into_iter().zip(holm_among(&p, family)) {
            let (versus, base, cand) = &mut found[at];
            put(versus, p, base, cand);
        }
    };
    adjust_by(|v| v.is_tested().then_some(v.p_value), Versus::adjust);
    adjust_by(
        |v| v.weighted.as_ref()?.p_value,
        |versus, p, base, cand| {
            if let Some(weighted) = &mut versus.weighted {
                weighted.adjust(p, base, cand);
            }
        },
    );
}

impl Compared {
    /// `asked` is what was wished for, `by` what was possible.
    pub(super) fn of(by: &CompareBy, (comparisons, family): (u64, u64), asked: &CompareBy) -> Self {
        let count = plural(comparisons, "comparison");
        let mut sentence = match (by, asked) {
            (CompareBy::Control(name), _) => format!("{count} with the control {name}"),
            (CompareBy::AllPairs, _) => format!("{count}: all pairs that differ in one thing"),
            (CompareBy::Best, CompareBy::Control(name)) => {
                format!("the control {name} is not in this run; {count} of the best with the others")
            }
            (CompareBy::Best, _) => format!("{count} of the best with the others"),
        };
        if family > 1 {
            let all = if *by == CompareBy::Best && family > comparisons {
                format!("all {family} pairs, because the best was chosen by its results")
            } else {
                format!("{family} comparisons")
            };
            let _ = write!(sentence, "; p-values are adjusted by Holm for {all}");
        }
        let control = match by {
            CompareBy::Control(name) => Some(name.clone()),
            CompareBy::Best | CompareBy::AllPairs => None,
        };
        let by = match by {
            CompareBy::Best => "best",
            CompareBy::Control(_) => "control",
            CompareBy::AllPairs => "all-pairs",
        };
        Self { by, control, comparisons, adjusted_for: family, sentence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Finding;
    use crate::report::sample::{RunBuilder, TrialBuilder, report, trial};
    use crate::report::{Decider, Depth, Report};

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
        assert!(versus[0].sentence.ends_with(" cases would"), "{}", versus[0].sentence);
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

    /// Three prompts of sixty cases; the second fixes eight, the third twenty.
    fn three(by: &CompareBy) -> Report {
        let passes = |from: usize| {
            move |one: TrialBuilder, i: usize| {
                if i >= from { one.passed() } else { one.failed("number", "differs") }
            }
        };
        let columns = [("bare", passes(25)), ("middle", passes(18)), ("long", passes(5))];
        let trials = (0..60).flat_map(|i| {
            columns.iter().map(move |(prompt, pass)| pass(trial(&format!("c{i:02}"), prompt), i))
        });
        let run = RunBuilder::new("r").variant("bare").variant("middle").variant("long").trials(trials);
        Report::build_by(&run.build(), None, None, Depth::ALL, by).unwrap()
    }

    fn names(report: &Report) -> Vec<(&str, &str)> {
        report.better.iter().map(|v| (v.base.prompt.as_str(), v.cand.prompt.as_str())).collect()
    }

    #[test]
    fn the_best_counts_as_if_all_pairs_had_been_compared() {
        let report = three(&CompareBy::Best);
        assert_eq!(names(&report), [("bare", "long"), ("middle", "long")]);
        let compared = report.compared.as_ref().unwrap();
        assert_eq!((compared.comparisons, compared.adjusted_for), (2, 3));
        let (raw, adjusted) = (report.better[1].p_value, report.better[1].adjusted_p.unwrap());
        assert!((adjusted - 2.0 * raw).abs() < 1e-12, "the second of three: {raw} {adjusted}");
        assert!(compared.sentence.ends_with("for all 3 pairs, because the best was chosen by its results"));
    }

    #[test]
    fn each_is_held_against_the_control() {
        let report = three(&CompareBy::Control("bare".into()));
        assert_eq!(names(&report), [("bare", "middle"), ("bare", "long")]);
        let compared = report.compared.as_ref().unwrap();
        assert_eq!((compared.by, compared.comparisons, compared.adjusted_for), ("control", 2, 2));
        assert_eq!(
            compared.sentence,
            "2 comparisons with the control bare; p-values are adjusted by Holm for 2 comparisons"
        );
        assert!((report.better[1].adjusted_p.unwrap() - 2.0 * report.better[1].p_value).abs() < 1e-12);
        let missing = three(&CompareBy::Control("nobody".into()));
        assert!(missing.compared.unwrap().sentence.starts_with("the control nobody is not in this run; "));
    }

    #[test]
    fn all_pairs_are_compared_and_what_is_chance_among_them_is_no_longer_real() {
        let report = three(&CompareBy::AllPairs);
        assert_eq!(names(&report), [("bare", "middle"), ("bare", "long"), ("middle", "long")]);
        let of = |prompts: (&str, &str)| {
            report
                .better
                .iter()
                .find(|v| (v.base.prompt.as_str(), v.cand.prompt.as_str()) == prompts)
                .unwrap()
        };
        assert_eq!(report.compared.as_ref().unwrap().adjusted_for, 3);
        let second = of(("middle", "long"));
        assert!((second.adjusted_p.unwrap() - 2.0 * second.p_value).abs() < 1e-12);
        assert!(second.sentence.contains(" by Holm"), "{}", second.sentence);
    }

    #[test]
    fn columns_that_differ_in_both_are_no_pair() {
        let key = |prompt: &str, model: &str| VariantKey { prompt: prompt.into(), model: model.into() };
        let control = CompareBy::Control("bare".into());
        assert!(control.pairs(&key("bare", "m"), &key("long", "m")));
        assert!(!control.pairs(&key("bare", "m"), &key("long", "n")));
        assert!(
            !control.pairs(&key("bare", "m"), &key("bare", "n")),
            "no other thing than the control itself"
        );
        assert!(CompareBy::Control("m".into()).pairs(&key("bare", "m"), &key("bare", "n")));
        assert!(CompareBy::AllPairs.pairs(&key("bare", "m"), &key("bare", "n")));
        assert!(!CompareBy::AllPairs.pairs(&key("bare", "m"), &key("long", "n")));
    }
}
