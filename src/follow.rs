//! What is asked again once every planned trial of a run has its result.
//!
//! Three reasons ask for [follow-ups](FollowUp). *Confirm*: a wording that violates a rule of the gate about single cases is
//! asked again in its column before the gate fails. *History* and *disagreement* bring the cases that need it up to a number of
//! trials ("adaptive repeats"): those that passed now and then in earlier runs in which nothing moved, and those on which the
//! variants, the repeats or the run before disagree. They are asked in every variant that ran them, as often in each: more
//! tries for one arm alone would give it more chances to look unsteady.
//!
//! The choice reads planned trials only, so it is the same when a run that was stopped in the middle of its follow-ups
//! goes on. Cases that decide nothing (quarantined, suspect, exploratory, simulated) are not asked again.

use std::collections::BTreeSet;

use crate::config::GateRules;
use crate::diff::{CaseGroup, Change, ChangeKind, Columns, Flake, Groups, Outline, Pair, Repeats, Side};
use crate::gate::violations;
use crate::outcome::{CellKey, FollowUp, ReadError, Recorded};
use crate::plan::FollowUps;

/// What decides which cases are asked again.
pub struct Asks<'a> {
    /// The rules of the gate.
    pub rules: &'a GateRules,
    /// The run that the gate is held against.
    pub held: Option<&'a dyn Recorded>,
    /// Trials that a wording has in the end where history or disagreement ask for more; what is planned is never less.
    pub adaptive: u32,
    /// The run before, with which this one may disagree.
    pub earlier: Option<&'a dyn Recorded>,
    /// The cases that passed now and then in earlier runs.
    pub flakes: &'a [Flake],
}

/// The follow-ups of a run.
///
/// # Errors
/// A run cannot be read.
pub fn wanted(run: &dyn Recorded, asks: &Asks<'_>) -> Result<FollowUps, ReadError> {
    let mut wanted = FollowUps::default();
    if asks.rules.confirm > 0 {
        for cell in violations(asks.rules, run, asks.held)? {
            wanted.want(cell, asks.rules.confirm, FollowUp::Confirm);
        }
    }
    if asks.adaptive > 1 {
        adapt(run, asks, &mut wanted)?;
    }
    Ok(wanted)
}

/// Brings cases on which something disagrees, and those that flipped before, up to the wished number of trials.
fn adapt(run: &dyn Recorded, asks: &Asks<'_>, wanted: &mut FollowUps) -> Result<(), ReadError> {
    let flipped: BTreeSet<(&str, &str, &str)> =
        asks.flakes.iter().map(|flake| (&*flake.suite, &*flake.case, &*flake.phrasing)).collect();
    let outline = Outline::of(run)?;
    let earlier = asks.earlier.map(Outline::of).transpose()?;
    let shared =
        earlier.as_ref().map(|e| Columns::of(&e.columns, &outline.columns).shared).unwrap_or_default();
    let base_of = |column: usize| shared.iter().find(|s| s.cand == column).map(|s| s.base);
    let mut groups = Groups::open_planned(&outline, earlier.as_ref())?;
    while let Some(group) = groups.next_case()? {
        let gates = |repeats: &Repeats<'_>| repeats.trials.iter().all(|trial| trial.tier.gates());
        let all: Vec<Repeats<'_>> = group.run.repeats().filter(gates).collect();
        let phrasings: BTreeSet<&str> = all.iter().map(Repeats::phrasing).collect();
        for phrasing in phrasings {
            let of_all: Vec<Repeats<'_>> = all.iter().copied().filter(|r| r.phrasing() == phrasing).collect();
            let why = if disagree(group, &of_all, &base_of) {
                FollowUp::Disagreement
            } else if flipped.contains(&(&*group.suite, &*group.case, phrasing)) {
                FollowUp::History
            } else {
                continue;
            };
            for repeats in of_all {
                let more = asks.adaptive.saturating_sub(repeats.trials.len() as u32);
                if let Some(first) = repeats.trials.first() {
                    wanted.want(CellKey::from(&first.key), more, why);
                }
            }
        }
    }
    Ok(())
}

/// Whether the repeats of a wording, its columns, or a column and the one before it say different things.
fn disagree(group: &CaseGroup, columns: &[Repeats<'_>], base_of: &dyn Fn(usize) -> Option<usize>) -> bool {
    let mixed = |side: Side| side.passed > 0 && side.passed < side.judged;
    let verdicts: BTreeSet<bool> = columns.iter().filter_map(|repeats| repeats.side.verdict()).collect();
    let turned = |repeats: &Repeats<'_>| {
        let before = base_of(repeats.column).and_then(|base| group.earlier.wording(base, repeats.phrasing()));
        let Some(before) = before else { return false };
        let kind = Change::of(&Pair { base: Some(before), cand: Some(*repeats) }).kind;
        let both = before.side.verdict().zip(repeats.side.verdict());
        kind != ChangeKind::NotComparable && both.is_some_and(|(before, now)| before != now)
    };
    verdicts.len() > 1 || columns.iter().any(|repeats| mixed(repeats.side) || turned(repeats))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Tier;
    use crate::config::MustHold;
    use crate::diff::Ledger;
    use crate::outcome::Run;
    use crate::plan::Wish;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, TrialBuilder, trial};

    fn said(wanted: &FollowUps) -> Vec<(&str, &str, u32, &'static str)> {
        let name = |(cell, wish): (_, Wish)| -> (&str, &str, u32, &'static str) {
            let cell: &CellKey = cell;
            (&cell.case, &cell.variant.prompt, wish.trials, wish.why.name())
        };
        wanted.iter().map(name).collect()
    }

    fn failed(case: &str, prompt: &str) -> TrialBuilder {
        trial(case, prompt).failed("number", "differs")
    }

    fn passed(case: &str) -> [TrialBuilder; 2] {
        ["bare", "grounded"].map(|prompt| trial(case, prompt).passed())
    }

    fn asks<'a>(
        rules: &'a GateRules,
        earlier: Option<&'a Run>,
        adaptive: u32,
        flakes: &'a [Flake],
    ) -> Asks<'a> {
        let earlier = earlier.map(|run| run as &dyn Recorded);
        Asks { rules, held: earlier, adaptive, earlier, flakes }
    }

    #[test]
    fn violations_are_asked_again_in_their_column() {
        let rules =
            GateRules { critical_all: true, must_hold: MustHold::Passed, confirm: 2, ..GateRules::default() };
        let base = RunBuilder::new("old").trials(passed("lost")).trials(passed("kept")).build();
        let run = RunBuilder::new("new")
            .trial(failed("lost", "bare"))
            .trial(trial("lost", "grounded").passed())
            .trial(failed("vital", "grounded").with(|t| t.case.tier = Tier::Critical))
            .trial(failed("rest", "bare").with(|t| t.case.tier = Tier::Quarantined))
            .trials(passed("kept"))
            .build();
        let found = wanted(&run, &asks(&rules, Some(&base), 1, &[])).unwrap();
        assert_eq!(said(&found), [("lost", "bare", 2, "confirm"), ("vital", "grounded", 2, "confirm")]);
        let off = GateRules { confirm: 0, ..rules };
        assert!(wanted(&run, &asks(&off, Some(&base), 1, &[])).unwrap().is_empty());
    }

    #[test]
    fn what_disagrees_or_flipped_is_asked_as_often_in_every_column() {
        let older = RunBuilder::new("older").trial(failed("flipped", "bare")).build();
        let old = RunBuilder::new("old").trials(passed("flipped")).trials(passed("turned"));
        let old = old.trials(passed("same")).build();
        let exploratory = |trial: TrialBuilder| trial.with(|t| t.case.tier = Tier::Exploratory);
        let run = RunBuilder::new("new")
            .trials(passed("flipped"))
            .trials(passed("same"))
            .trials(["bare", "grounded"].map(|prompt| failed("turned", prompt)))
            .trial(trial("split", "bare").passed())
            .trial(failed("split", "grounded"))
            .trial(exploratory(failed("rest", "bare")))
            .trial(exploratory(trial("rest", "grounded").passed()))
            .trial(trial("broken", "bare").passed())
            .trial(trial("broken", "grounded").errored(ErrorKind::Server, "502"))
            .build();
        let mut ledger = Ledger::default();
        for run in [&old, &older] {
            ledger.add(run).unwrap();
        }
        let flakes = ledger.finish();
        let found = wanted(&run, &asks(&GateRules::default(), Some(&old), 4, &flakes)).unwrap();
        let expected = [("flipped", "history"), ("split", "disagreement"), ("turned", "disagreement")];
        let expected = expected.map(|(case, why)| ["bare", "grounded"].map(|prompt| (case, prompt, 3, why)));
        assert_eq!(said(&found), expected.concat());
    }

    #[test]
    fn what_was_asked_again_already_changes_nothing() {
        let rules = GateRules { critical_all: true, confirm: 2, ..GateRules::default() };
        let critical = |trial: TrialBuilder| trial.with(|t| t.case.tier = Tier::Critical);
        let begun = || {
            let run = RunBuilder::new("r").trial(critical(failed("vital", "bare")));
            run.trial(trial("other", "bare").passed())
        };
        let later = begun()
            .trial(critical(trial("vital", "bare").passed().again(2, FollowUp::Confirm)))
            .trial(failed("other", "bare").again(2, FollowUp::History));
        let of = |run: &Run| wanted(run, &asks(&rules, None, 3, &[])).unwrap();
        let (later, begun) = (of(&later.build()), of(&begun().build()));
        assert_eq!((&later, later.len()), (&begun, 2));
    }
}
