//! Violations of a rule about single cases, and what asking the case again says of them.
//!
//! A case that violates such a rule is asked again ([`FollowUp::Confirm`](crate::outcome::FollowUp)) before the gate fails.
//! `critical` wants every trial to pass: one more failure confirms the violation, and only a case that passes every time is
//! cleared. `must_hold` is about cases that are lost, which fail every time: one that passes now and then is flaky and not lost.
//! What is cleared is named and does not fail the build by itself. Where nothing was asked (offline, or `confirm = 0`), or an
//! answer has no verdict, nothing is confirmed and nothing cleared: the violation stands as it was found.

use super::NAMES;
use super::names::Names;
use crate::diff::{CaseGroup, Repeats};
use crate::outcome::{CellKey, VariantKey};
use crate::sentence::{By, CaseFilter, Sentence};

/// What asking again says of a violation, the worst of its wordings first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Again {
    /// It failed every time.
    Failed,
    /// Nothing: it was not asked, or has no verdict.
    Open,
    /// It passed now and then.
    Mixed,
    /// It passed every time.
    Passed,
}

impl Again {
    fn of(repeats: Option<Repeats<'_>>) -> Self {
        let Some(side) = repeats.map(|repeats| repeats.side) else { return Self::Open };
        match (side.passed, side.judged - side.passed) {
            (0, 1..) => Self::Failed,
            (1.., 1..) => Self::Mixed,
            (1.., 0) if side.unjudged == 0 => Self::Passed,
            _ => Self::Open,
        }
    }

    /// Whether a failure that was seen is none of one time only.
    pub(super) fn is_cleared(self) -> bool {
        self == Self::Passed
    }

    /// Whether the case is lost: nothing says that it still passes now and then.
    pub(super) fn is_lost(self) -> bool {
        self <= Self::Open
    }
}

/// A case that violates a rule, in some of its wordings.
#[derive(Debug, Clone)]
pub(super) struct Violation {
    suite: String,
    case: String,
    phrasings: Vec<String>,
    pub(super) again: Again,
}

impl Violation {
    /// A violation by these wordings of a case in a column.
    pub(super) fn new(group: &CaseGroup, column: usize, phrasings: Vec<String>) -> Self {
        let of = |phrasing: &String| Again::of(group.again.wording(column, phrasing));
        let again = phrasings.iter().map(of).min().unwrap_or(Again::Open);
        Self { suite: group.suite.clone(), case: group.case.clone(), phrasings, again }
    }

    /// Its name, about the case among these.
    pub(super) fn say(&self, sentence: &mut Sentence, cases: &CaseFilter) {
        sentence.about(format_args!("{}/{}", self.suite, self.case), &self.cases(cases));
    }

    /// The case among these.
    pub(super) fn cases(&self, cases: &CaseFilter) -> CaseFilter {
        cases.clone().with(By::Suite, &self.suite).with(By::Case, &self.case)
    }

    /// What is to be asked again.
    pub(super) fn cells(&self, variant: &VariantKey) -> impl Iterator<Item = CellKey> {
        self.phrasings.iter().map(|phrasing| CellKey {
            suite: self.suite.clone(),
            case: self.case.clone(),
            phrasing: phrasing.clone(),
            variant: variant.clone(),
        })
    }
}

/// The violations of one rule in one column.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<Violation>);

impl Violations {
    pub(super) fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Violation> {
        self.0.iter()
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// How many of them are this.
    pub(super) fn count(&self, is: fn(Again) -> bool) -> u64 {
        self.0.iter().filter(|violation| is(violation.again)).count() as u64
    }

    /// The names of the cases.
    pub(super) fn names(&self) -> Names {
        self.named(|_| true)
    }

    fn named(&self, is: impl Fn(Again) -> bool) -> Names {
        let mut names = Names::first(NAMES);
        self.0
            .iter()
            .filter(|v| is(v.again))
            .for_each(|violation| names.push(&violation.suite, &violation.case));
        names
    }

    /// Adds what asking again says of them, where the gate asks again.
    pub(super) fn say_asked_again(&self, confirm: u32, sentence: &mut Sentence, cases: &CaseFilter) {
        for (which, found) in [
            (Again::Failed, "failed every time when asked again"),
            (Again::Mixed, "flaky, passed now and then when asked again"),
            (Again::Passed, "flaky, passed every time when asked again"),
        ] {
            let names = self.named(|again| again == which);
            if !names.is_empty() {
                sentence.say(format_args!("; {found}: "));
                names.say(sentence, cases);
            }
        }
        let open = self.named(|again| again == Again::Open);
        if confirm > 0 && !open.is_empty() {
            sentence.say("; not confirmed, not asked again or without a verdict");
            if open.len() < self.len() {
                sentence.say(": ");
                open.say(sentence, cases);
            }
        }
    }
}
