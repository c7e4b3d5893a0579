//! Rules that hold a run against an earlier one: no worse within a margin, and cases that must hold.
//!
//! **Cases that must hold.** A case is held when all its trials passed in the earlier run, in every wording. It broke
//! when some wording of it fails in every trial now, and a case that went the other way round was fixed. Without a change,
//! breaking and being fixed are equally likely, whatever the noise of the model, when as many repeats count on either side:
//! so a loss is proven when the one-sided
//! mid-p McNemar test of broke against fixed says so, or when the repeats of one case alone prove it (Fisher's exact test,
//! held against the number of held cases). Together they raise a false alarm in at most 5 runs of a hundred: where there are
//! repeats each has half of that. A loss that is not proven is no pass either, and neither is a held case that is gone.
//!
//! **Asking again.** Cases that broke are asked again ([`violation`](super::violation)). Chosen by their failure they would bias
//! the tests, so these see the planned trials alone; follow-ups only take away: a proven loss fails the gate when more of the
//! cases that broke are lost still than were fixed, and is inconclusive when too many of them pass now and then. A gate that
//! asks again fails at most as often as one that does not, so the bound on false alarms holds.

use std::collections::BTreeMap;

use crate::case::Tier;
use crate::config::{GateRules, MustHold, Slice};
use crate::diff::{
    CaseGroup, Change, ChangeKind, Finding, MetricsFold, Outline, Pair, Side, Unit, independent, pairs, seed,
};
use crate::fingerprint::Fingerprint;
use crate::gate::names::Names;
use crate::gate::slice::gated;
use crate::gate::violation::{Again, Violation, Violations};
use crate::gate::{RuleResult, Verdict};
use crate::outcome::{Fingerprints, RunHeader, TrialDigest, VariantKey};
use crate::sentence::{By, CaseFilter, EARLIER, Sentence, compared};
use crate::stats::{NonInferiority, fisher, mcnemar_mid_p, non_inferiority};

/// Largest chance of a false alarm of a rule.
const ALPHA: f64 = 0.05;

/// The relative rules while two runs are read.
pub(super) struct RelativeFold {
    /// By column of the run; `None` where the earlier run has no such column.
    columns: Vec<Option<Twin>>,
    /// The earlier run's hashes; absent without such a run.
    earlier: Option<Fingerprints>,
}

/// What the rules need of one column and its twin.
#[derive(Default)]
struct Twin {
    base: usize,
    metrics: MetricsFold,
    /// Cases that all passed before and have a verdict now.
    held: Names,
    broke: Violations,
    /// Cases that were lost before and hold now.
    fixed: Names,
    /// Cases that broke and were fixed when as many repeats count on either side.
    evenly: [Names; 2],
    /// The least likely loss of one case alone: of those that asking again did not clear, and of those that it did.
    worst: [Option<(f64, Violation)>; 2],
    /// Cases that passed before and have no verdict now.
    unjudged: Names,
    /// Cases of which the input, the expectations or the scorers moved.
    moved: u64,
    /// Cases that passed before and are not in the run, by suite.
    gone: BTreeMap<String, Names>,
    /// Whether some case has more than one trial on a side.
    repeated: bool,
}

/// What decides of the cases that must hold.
enum Why<'t> {
    /// More of them broke than were fixed, by more than noise does.
    Together,
    /// The repeats of one case alone prove a loss, with this p.
    Alone(f64, &'t Violation),
    /// More of them broke than were fixed, as noise may do.
    Noise,
    /// What the counts say.
    Counts,
}

impl RelativeFold {
    pub(super) fn new(columns: &[VariantKey], earlier: Option<&Outline<'_>>) -> Self {
        let twin = |variant: &VariantKey| {
            let base = earlier?.columns.iter().position(|v| v == variant)?;
            Some(Twin { base, metrics: MetricsFold::of_pass_rate(), ..Twin::default() })
        };
        Self {
            columns: columns.iter().map(twin).collect(),
            earlier: earlier.map(|e| e.run.info().header.fingerprints),
        }
    }

    pub(super) fn add(&mut self, must_hold: MustHold, group: &CaseGroup, unit: Unit) {
        if self.earlier.is_none() {
            return;
        }
        for (place, held) in self.columns.iter_mut().enumerate() {
            if let Some(held) = held {
                held.add(must_hold, group, place, unit);
            }
        }
    }

    /// The cases of a column that violate `must_hold`.
    pub(super) fn violations(&self, place: usize) -> impl Iterator<Item = &Violation> {
        self.columns.get(place).into_iter().flatten().flat_map(Twin::violations)
    }

    /// What the relative rules say of a column.
    pub(super) fn finish(self, rules: &GateRules, header: &RunHeader) -> Vec<(usize, RuleResult)> {
        let seed = seed(header.fingerprints, self.earlier);
        let mut results = Vec::new();
        for (place, held) in self.columns.into_iter().enumerate() {
            let Some(variant) = header.variants.get(place) else { continue };
            let absent = if self.earlier.is_some() {
                "the earlier run has no such column"
            } else {
                "there is no baseline to compare with: name a run by `baseline` in [gate] or by --baseline"
            };
            let result = |rule: String, (verdict, detail)| {
                (place, RuleResult { rule: rule.into(), variant: Some(variant.clone()), detail, verdict })
            };
            let none = || (Verdict::CannotTell, absent.into());
            let cases = gated(variant, &Slice::default());
            if rules.must_hold != MustHold::Off {
                let rule = format!("must_hold = \"{}\"", rules.must_hold.name());
                results.push(result(
                    rule,
                    held.as_ref().map_or_else(none, |held| held.must_hold(header, rules.confirm, &cases)),
                ));
            }
            if let Some(margin) = rules.no_worse {
                let rule = format!("no_worse = {margin}");
                results.push(result(
                    rule,
                    held.map_or_else(none, |held| held.no_worse(margin, seed, header, &cases)),
                ));
            }
        }
        results
    }
}

impl Twin {
    fn add(&mut self, must_hold: MustHold, group: &CaseGroup, place: usize, unit: Unit) {
        let tier_in = |mut trials: Box<dyn Iterator<Item = &TrialDigest> + '_>| trials.next().map(|t| t.tier);
        let now = tier_in(Box::new(group.run.in_column(place).flat_map(|r| r.trials)));
        let before = tier_in(Box::new(group.earlier.in_column(self.base).flat_map(|r| r.trials)));
        let Some(tier) = now.or(before).filter(|tier| tier.gates()) else { return };
        if now.is_none() {
            let wanted = must_hold != MustHold::Critical || tier == Tier::Critical;
            let passed = group.earlier.in_column(self.base).all(|r| r.side.verdict() == Some(true));
            if wanted && passed {
                self.gone.entry(group.suite.clone()).or_default().push(&group.suite, &group.case);
            }
            return;
        }
        let found: Vec<(Pair<'_>, ChangeKind)> =
            pairs(group.earlier.in_column(self.base), group.run.in_column(place))
                .map(|pair| (pair, Change::of(&pair).kind))
                .collect();
        for (pair, kind) in &found {
            self.metrics.add(*kind, pair, unit);
        }
        if found.iter().any(|(_, kind)| *kind == ChangeKind::NotComparable) {
            self.moved += 1;
            return;
        }
        if must_hold == MustHold::Critical && tier != Tier::Critical {
            return;
        }
        let sides: Vec<Wording<'_>> = found
            .iter()
            .filter_map(|(pair, _)| {
                let (base, cand) = pair.sides();
                base.zip(cand).map(|(base, cand)| Wording { phrasing: pair.phrasing(), base, cand })
            })
            .collect();
        self.weigh(&sides, group, place);
        let even: Vec<(Side, Side)> = found.iter().filter_map(|(pair, _)| even(pair)).collect();
        let all =
            |side: fn(&(Side, Side)) -> Side| even.iter().all(|pair| side(pair).verdict() == Some(true));
        let lost = |side: fn(&(Side, Side)) -> Side| even.iter().map(side).any(lost);
        let [broke, fixed] = &mut self.evenly;
        if all(|pair| pair.0) && lost(|pair| pair.1) {
            broke.push(&group.suite, &group.case);
        }
        if all(|pair| pair.1) && lost(|pair| pair.0) {
            fixed.push(&group.suite, &group.case);
        }
    }

    /// Takes in the wordings of one case.
    fn weigh(&mut self, sides: &[Wording<'_>], group: &CaseGroup, place: usize) {
        let all = |side: fn(&Wording<'_>) -> Side| {
            !sides.is_empty()
                && sides.iter().all(|both| side(both).judged > 0 && side(both).verdict() == Some(true))
        };
        self.repeated |= sides.iter().any(|both| both.base.judged > 1 || both.cand.judged > 1);
        if all(|both| both.base) {
            if sides.iter().all(|both| both.cand.judged == 0) {
                self.unjudged.push(&group.suite, &group.case);
                return;
            }
            self.held.push(&group.suite, &group.case);
            let broke: Vec<String> =
                sides.iter().filter(|both| lost(both.cand)).map(|both| both.phrasing.to_owned()).collect();
            if !broke.is_empty() {
                self.broke.push(Violation::new(group, place, broke));
            }
            for both in sides.iter().filter(|both| both.cand.passed < both.cand.judged) {
                let of = |n: u32| u64::from(n);
                let (base, cand) = (both.base, both.cand);
                let p = fisher(of(base.passed), of(base.judged), of(cand.passed), of(cand.judged));
                let violation = Violation::new(group, place, vec![both.phrasing.to_owned()]);
                let worst = &mut self.worst[usize::from(violation.again.is_cleared())];
                if worst.as_ref().is_none_or(|(least, _)| p < *least) {
                    *worst = Some((p, violation));
                }
            }
        } else if all(|both| both.cand) && sides.iter().any(|both| lost(both.base)) {
            self.fixed.push(&group.suite, &group.case);
        }
    }

    /// Largest chance of a false alarm of each of the two ways to prove a loss.
    fn alpha(&self) -> f64 {
        if self.repeated { ALPHA / 2.0 } else { ALPHA }
    }

    /// The case whose repeats alone prove a loss, if there is one: that asking again did not clear, or that it did.
    fn alone(&self, cleared: bool) -> Option<&(f64, Violation)> {
        let worst = self.worst[usize::from(cleared)].as_ref();
        worst.filter(|(p, _)| p * self.held.len() as f64 <= self.alpha())
    }

    /// What is worth asking again: nothing when as many cases were fixed.
    fn violations(&self) -> impl Iterator<Item = &Violation> {
        let broke = self.broke.iter().filter(|_| self.broke.len() > self.fixed.len());
        broke.chain(self.alone(false).map(|(_, violation)| violation))
    }

    /// Cases that are gone although their suite was to be run as a whole, and those that were not selected. A suite that is
    /// no longer there is gone with all its cases.
    fn gone(&self, header: &RunHeader) -> (Names, Names) {
        let selection = &header.selection;
        let wanted = |suite: &String| selection.suites.is_empty() || selection.suites.contains(suite);
        let whole = |suite: &String| wanted(suite) && !selection.narrows_suites();
        let (gone, left_out): (Vec<_>, Vec<_>) = self.gone.iter().partition(|(suite, _)| whole(suite));
        let all = |list: Vec<(&String, &Names)>| {
            let mut all = Names::default();
            for (_, names) in list {
                all.extend(names);
            }
            all
        };
        (all(gone), all(left_out))
    }

    fn must_hold(&self, header: &RunHeader, confirm: u32, cases: &CaseFilter) -> (Verdict, Sentence) {
        let (gone, left_out) = self.gone(header);
        let [broke, fixed] = self.evenly.each_ref().map(Names::len);
        let p = if broke > fixed { mcnemar_mid_p(broke, fixed) / 2.0 } else { 1.0 };
        let (verdict, why) = self.verdict(p, !gone.is_empty());
        let mut detail = self.counts((&gone, &left_out), cases);
        self.say_why(&why, verdict, p, &mut detail, cases);
        // What was not worth asking again is not said to be unconfirmed.
        let all_stand = self.broke.count(Again::is_lost) == self.broke.len();
        let asks = if verdict == Verdict::Pass && all_stand { 0 } else { confirm };
        self.broke.say_asked_again(asks, &mut detail, cases);
        (verdict, detail)
    }

    /// What the cases that must hold come to, by the one-sided p of broke against fixed and whether held cases are gone.
    fn verdict(&self, p: f64, gone: bool) -> (Verdict, Why<'_>) {
        let (broke, fixed) = (self.broke.len(), self.fixed.len());
        let proven = broke > fixed && p <= self.alpha();
        let stands = self.broke.count(Again::is_lost) > fixed;
        if proven && stands {
            (Verdict::Fail, Why::Together)
        } else if let Some((p, violation)) = self.alone(false) {
            (Verdict::Fail, Why::Alone(*p, violation))
        } else if self.held.is_empty() {
            (if self.moved > 0 { Verdict::NotComparable } else { Verdict::CannotTell }, Why::Counts)
        } else if gone {
            (Verdict::CannotTell, Why::Counts)
        } else if proven {
            (Verdict::Inconclusive, Why::Together)
        } else if let Some((p, violation)) = self.alone(true) {
            (Verdict::Inconclusive, Why::Alone(*p, violation))
        } else if stands {
            (Verdict::Inconclusive, Why::Noise)
        } else if !self.unjudged.is_empty() {
            (Verdict::CannotTell, Why::Counts)
        } else {
            (Verdict::Pass, Why::Counts)
        }
    }

    /// How many broke, were fixed, and could not be told; `gone` are cases that are gone, and those not selected.
    fn counts(&self, (gone, left_out): (&Names, &Names), cases: &CaseFilter) -> Sentence {
        let (broke, fixed) = (self.broke.len(), self.fixed.len());
        let mut detail = Sentence::default();
        detail.about(broke, &self.broke.names().within(cases));
        detail.say(" of ");
        detail.about(self.held.len(), &self.held.within(cases));
        detail.say(" cases that passed before broke, ");
        detail.about(fixed, &self.fixed.within(cases));
        detail.say(" were fixed");
        for (n, what, which) in [
            (self.unjudged.len(), "that passed before have no verdict now", self.unjudged.within(cases)),
            (self.moved, "moved and are not compared", moved(cases)),
            (gone.len(), "that passed before are not in the run", gone.within(cases)),
        ] {
            if n > 0 {
                detail.say("; ");
                detail.about(n, &which);
                detail.say(format_args!(" {what}"));
            }
        }
        if !left_out.is_empty() {
            let left_out = left_out.len();
            detail.say(format_args!("; {left_out} that passed before were not selected"));
        }
        let [even_broke, even_fixed] = self.evenly.each_ref().map(Names::len);
        if (even_broke, even_fixed) != (broke, fixed) {
            detail.say("; with as many repeats on either side ");
            detail.about(even_broke, &self.evenly[0].within(cases));
            detail.say(" broke, ");
            detail.about(even_fixed, &self.evenly[1].within(cases));
            detail.say(" were fixed");
        }
        detail
    }

    /// The words for what decided, where it is more than the counts.
    fn say_why(&self, why: &Why<'_>, verdict: Verdict, p: f64, detail: &mut Sentence, cases: &CaseFilter) {
        let unconfirmed = if verdict == Verdict::Fail { "" } else { ", which asking again does not confirm" };
        let names = self.broke.names();
        match why {
            Why::Together => {
                detail.say(" (");
                detail.about(format_args!("one-sided p {}", chance(p)), &names.within(cases));
                detail.say(format_args!("){unconfirmed}: "));
                names.say(detail, cases);
            }
            Why::Alone(p, violation) => {
                detail.say("; the repeats of ");
                violation.say(detail, cases);
                detail.say(" alone prove a loss (");
                detail.about(format_args!("p {}", chance(*p)), &violation.cases(cases));
                detail.say(format_args!("){unconfirmed}"));
            }
            Why::Noise => {
                detail.say(": not more than noise may do (");
                detail.about(format_args!("one-sided p {p:.2}"), &names.within(cases));
                detail.say("); repeats would tell: ");
                names.say(detail, cases);
            }
            Why::Counts => {}
        }
    }

    fn no_worse(
        mut self,
        margin: f64,
        seed: u64,
        header: &RunHeader,
        cases: &CaseFilter,
    ) -> (Verdict, Sentence) {
        let (gone, _) = self.gone(header);
        let (verdict, mut detail) = self.pass_rate_no_worse(margin, seed, cases);
        if gone.is_empty() {
            return (verdict, detail);
        }
        detail.say("; ");
        detail.about(gone.len(), &gone.within(cases));
        detail.say(" that passed before are not in the run");
        (if verdict == Verdict::Pass { Verdict::CannotTell } else { verdict }, detail)
    }

    fn pass_rate_no_worse(&mut self, margin: f64, seed: u64, cases: &CaseFilter) -> (Verdict, Sentence) {
        let metrics = std::mem::take(&mut self.metrics).finish(margin, seed);
        let found = metrics.first().and_then(|m| Some((m, m.difference?, m.base?, m.cand?)));
        let Some((metric, difference, base, cand)) = found else {
            let verdict = if self.moved > 0 { Verdict::NotComparable } else { Verdict::CannotTell };
            let moved = self.moved;
            return (verdict, format!("no case has a verdict in both runs; {moved} moved").into());
        };
        let held = cases.clone().with(By::Compared, compared("compared", EARLIER));
        let mut detail = Sentence::default();
        if metric.finding == Finding::Identical {
            detail.about(format_args!("pass rate {:.1} % as before", cand * 100.0), &held);
            detail.say(" over ");
            detail.about(metric.n, &held);
            detail.say(" cases: every answer is the earlier one, out of the store");
            return (Verdict::Pass, detail);
        }
        let points = |x: f64| format!("{:+.1}", x * 100.0);
        detail
            .about(format_args!("pass rate {:.1} % before, {:.1} % now", base * 100.0, cand * 100.0), &held);
        detail.say(" over ");
        detail.about(metric.n, &held);
        detail.say(if metric.n == 1 { " case" } else { " cases" });
        let clusters = metric.too_few_clusters.map_or_else(|| clusters(metric.clusters), independent);
        let (before, after) = if metric.too_few_clusters.is_some() { (" (", "): ") } else { (" in ", ": ") };
        detail.say(before);
        detail.about(clusters, &held);
        detail.say(after);
        detail.about(format_args!("{} points", points(difference)), &held);
        let verdict = match metric.interval {
            None => Verdict::CannotTell,
            Some(interval) => {
                let (low, high) = (points(interval.low), points(interval.high));
                detail.say(", ");
                detail.about(format_args!("95 % interval {low} to {high}"), &held);
                match non_inferiority(interval, margin) {
                    NonInferiority::NoWorse => Verdict::Pass,
                    NonInferiority::Regression => Verdict::Fail,
                    NonInferiority::CannotTell => Verdict::Inconclusive,
                }
            }
        };
        if let (Verdict::Inconclusive, Some(needed)) = (verdict, metric.cases_needed) {
            detail.say(format_args!("; some {needed} cases would tell"));
        }
        if self.moved > 0 {
            detail.say("; ");
            detail.about(self.moved, &moved(cases));
            detail.say(" moved and are not compared");
        }
        (verdict, detail)
    }
}

/// One wording of a case on both sides.
struct Wording<'a> {
    phrasing: &'a str,
    base: Side,
    cand: Side,
}

/// Those of which something moved.
fn moved(cases: &CaseFilter) -> CaseFilter {
    cases.clone().with(By::Change, "not comparable")
}

fn clusters(n: u64) -> String {
    format!("{n} cluster{}", if n == 1 { "" } else { "s" })
}

/// A chance that may be next to nothing.
fn chance(p: f64) -> String {
    if p < 5e-5 { "< 0.0001".to_owned() } else { format!("{p:.4}") }
}

fn lost(side: Side) -> bool {
    side.judged > 0 && side.passed == 0
}

/// Both sides with as many repeats: with more on one side it is drawn which ones count, by an order that knows nothing of their
/// verdicts. Three repeats are likelier to hold one that passed, or one that failed, than a single one is.
fn even(pair: &Pair<'_>) -> Option<(Side, Side)> {
    let (base, cand) = (pair.base?, pair.cand?);
    let both = base.trials.len().min(cand.trials.len());
    let some = |trials: &[TrialDigest]| {
        if trials.len() == both {
            return Side::of(trials);
        }
        let mut drawn = trials.to_vec();
        drawn.sort_by_key(|trial| Fingerprint::of(&trial.key));
        drawn.truncate(both);
        Side::of(&drawn)
    };
    some(base.trials).zip(some(cand.trials))
}

#[cfg(test)]
mod tests;
