//! Two runs read side by side, one case at a time, in memory bounded by one case.

use std::cmp::Ordering;
use std::ops::Range;

use crate::diff::{Outline, Side};
use crate::outcome::{CaseLabels, Digests, ReadError, TrialDigest, TrialKey, VariantKey};

/// The repeats of one wording of a case in one column.
#[derive(Debug, Clone, Copy)]
pub struct Repeats<'a> {
    /// Place of the column among those of its run.
    pub column: usize,
    /// The trials in repeat order; never empty.
    pub trials: &'a [TrialDigest],
    /// What they come to.
    pub side: Side,
}

impl<'a> Repeats<'a> {
    /// Phrasing key; empty for the case's own wording.
    pub fn phrasing(&self) -> &'a str {
        self.trials.first().map_or("", |t| &t.key.phrasing)
    }

    /// The trial whose answer a reader should see.
    pub fn shown(&self) -> Option<&'a TrialDigest> {
        self.trials.iter().find(|t| t.key.index == self.side.shown)
    }
}

/// The trials of one case in one run.
#[derive(Debug, Default)]
pub struct CaseTrials {
    trials: Vec<TrialDigest>,
    repeats: Vec<(usize, Range<usize>, Side)>,
}

impl CaseTrials {
    /// All of them with their columns, in key order.
    pub fn trials(&self) -> impl Iterator<Item = (usize, &TrialDigest)> {
        self.repeats().flat_map(|r| r.trials.iter().map(move |t| (r.column, t)))
    }

    /// What the case is sorted by; absent when the run does not have it.
    pub fn labels(&self) -> Option<&CaseLabels> {
        self.trials.first().map(|t| &*t.labels)
    }

    /// Whether the run does not have the case.
    pub fn is_empty(&self) -> bool {
        self.trials.is_empty()
    }

    /// Whether the case was asked in more than one wording.
    pub fn has_phrasings(&self) -> bool {
        self.trials.first().map(|t| &t.key.phrasing) != self.trials.last().map(|t| &t.key.phrasing)
    }

    /// Its wordings in all columns, in key order.
    pub fn repeats(&self) -> impl Iterator<Item = Repeats<'_>> {
        self.repeats.iter().map(|(column, range, side)| Repeats {
            column: *column,
            trials: &self.trials[range.clone()],
            side: *side,
        })
    }

    /// One of its wordings in one column.
    pub fn wording(&self, column: usize, phrasing: &str) -> Option<Repeats<'_>> {
        self.in_column(column).find(|repeats| repeats.phrasing() == phrasing)
    }

    /// Its wordings in one column, in key order.
    pub fn in_column(&self, column: usize) -> impl Iterator<Item = Repeats<'_>> {
        self.repeats().filter(move |r| r.column == column)
    }
}

/// One case in both runs.
#[derive(Debug, Default)]
pub struct CaseGroup {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Its trials in the run.
    pub run: CaseTrials,
    /// Its follow-ups in the run: what is asked beside the planned trials is in no count of them.
    pub again: CaseTrials,
    /// Its trials in the earlier run; empty without one.
    pub earlier: CaseTrials,
}

/// Two runs, case by case in key order.
pub struct Groups<'a> {
    run: Stream<'a>,
    again: Stream<'a>,
    earlier: Option<Stream<'a>>,
    group: CaseGroup,
}

impl<'a> Groups<'a> {
    /// Begins to read a run, and an earlier one beside it.
    ///
    /// # Errors
    /// A run cannot be read.
    pub fn open(run: &'a Outline<'a>, earlier: Option<&'a Outline<'a>>) -> Result<Self, ReadError> {
        Ok(Self {
            run: Stream::open(run, run.run.digests()?)?,
            again: Stream::open(run, run.run.follow_ups()?)?,
            earlier: earlier.map(|e| Stream::open(e, e.run.digests()?)).transpose()?,
            group: CaseGroup::default(),
        })
    }

    /// The same without what was asked beside the planned trials.
    ///
    /// # Errors
    /// A run cannot be read.
    pub fn open_planned(run: &'a Outline<'a>, earlier: Option<&'a Outline<'a>>) -> Result<Self, ReadError> {
        let again = Stream::open(run, Box::new(std::iter::empty()))?;
        Ok(Self { again, ..Self::open(run, earlier)? })
    }

    /// The next case; `None` after the last one.
    ///
    /// # Errors
    /// A run cannot be read, or its trials are not in key order.
    pub fn next_case(&mut self) -> Result<Option<&CaseGroup>, ReadError> {
        let ours = self.run.next.as_ref().map(|t| &t.key);
        let theirs = self.earlier.as_ref().and_then(|e| e.next.as_ref()).map(|t| &t.key);
        let first = match (ours, theirs) {
            (None, None) => return Ok(None),
            (Some(key), None) | (None, Some(key)) => key,
            (Some(ours), Some(theirs)) => match case_order(ours, theirs) {
                Ordering::Greater => theirs,
                Ordering::Less | Ordering::Equal => ours,
            },
        };
        let group = &mut self.group;
        let begun = !group.run.is_empty() || !group.earlier.is_empty();
        if begun && (&first.suite, &first.case) <= (&group.suite, &group.case) {
            return Err(ReadError(format!("case {}/{} is out of order", first.suite, first.case)));
        }
        group.suite.clone_from(&first.suite);
        group.case.clone_from(&first.case);
        self.run.read(&group.suite, &group.case, &mut group.run)?;
        self.again.read(&group.suite, &group.case, &mut group.again)?;
        if let Some(earlier) = &mut self.earlier {
            earlier.read(&group.suite, &group.case, &mut group.earlier)?;
        }
        Ok(Some(group))
    }
}

fn case_order(a: &TrialKey, b: &TrialKey) -> Ordering {
    (&a.suite, &a.case).cmp(&(&b.suite, &b.case))
}

/// One run being read.
struct Stream<'a> {
    digests: Digests<'a>,
    next: Option<TrialDigest>,
    columns: Finder<'a>,
}

impl<'a> Stream<'a> {
    fn open(outline: &'a Outline<'a>, mut digests: Digests<'a>) -> Result<Self, ReadError> {
        let next = digests.next().transpose()?;
        Ok(Self { digests, next, columns: Finder::new(&outline.columns) })
    }

    /// Reads the trials of one case, which are the next ones or not there.
    fn read(&mut self, suite: &str, case: &str, into: &mut CaseTrials) -> Result<(), ReadError> {
        into.trials.clear();
        into.repeats.clear();
        while let Some(digest) = self.next.take_if(|t| t.key.case == case && t.key.suite == suite) {
            into.trials.push(digest);
            self.next = self.digests.next().transpose()?;
        }
        let mut from = 0;
        for trials in into.trials.chunk_by(|a, b| same_repeats(&a.key, &b.key)) {
            let range = from..from + trials.len();
            from = range.end;
            let Some((key, side)) = trials.first().map(|t| &t.key).zip(Side::of(trials)) else { continue };
            into.repeats.push((self.columns.find(key)?, range, side));
        }
        Ok(())
    }
}

fn same_repeats(a: &TrialKey, b: &TrialKey) -> bool {
    a.phrasing == b.phrasing && a.prompt == b.prompt && a.model == b.model
}

/// Finds the column of a trial; in key order it is nearly always the one after the last found.
struct Finder<'a> {
    sorted: Vec<(&'a VariantKey, usize)>,
    last: usize,
}

impl<'a> Finder<'a> {
    fn new(columns: &'a [VariantKey]) -> Self {
        let mut sorted: Vec<(&VariantKey, usize)> = columns.iter().zip(0..).collect();
        sorted.sort();
        Self { sorted, last: 0 }
    }

    fn find(&mut self, key: &TrialKey) -> Result<usize, ReadError> {
        let order = |(v, _): &(&VariantKey, usize)| (&v.prompt, &v.model).cmp(&(&key.prompt, &key.model));
        let next = if self.last + 1 < self.sorted.len() { self.last + 1 } else { 0 };
        self.last = if self.sorted.get(next).is_some_and(|c| order(c).is_eq()) {
            next
        } else {
            self.sorted.binary_search_by(order).map_err(|_| {
                ReadError(format!("a trial of {} came while the run was read; try again", key.variant()))
            })?
        };
        Ok(self.sorted[self.last].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::{P, run, trials, variant};
    use crate::outcome::Outcome::Failed;
    use crate::outcome::{Outcome, Recorded, Run, RunInfo, TrialResult};

    fn cases(run: &Run, earlier: Option<&Run>) -> Vec<(String, usize, usize)> {
        let outline = Outline::of(run).unwrap();
        let earlier = earlier.map(|e| Outline::of(e).unwrap());
        let mut groups = Groups::open(&outline, earlier.as_ref()).unwrap();
        let mut cases = Vec::new();
        while let Some(group) = groups.next_case().unwrap() {
            cases.push((group.case.clone(), group.run.trials().count(), group.earlier.trials().count()));
        }
        cases
    }

    #[test]
    fn every_case_of_both_runs_comes_once_and_in_order() {
        let new =
            run("b", &[("q", [trials("b", &[P]), trials("a", &[P, P])].concat()), ("p", trials("a", &[P]))]);
        let old = run("a", &[("q", [trials("c", &[P]), trials("b", &[P, P])].concat())]);
        let named = |list: &[(&str, usize, usize)]| -> Vec<(String, usize, usize)> {
            list.iter().map(|(case, run, earlier)| ((*case).to_owned(), *run, *earlier)).collect()
        };
        assert_eq!(cases(&new, Some(&old)), named(&[("a", 3, 0), ("b", 1, 2), ("c", 0, 1)]));
        assert_eq!(cases(&new, None), named(&[("a", 3, 0), ("b", 1, 0)]));
        assert_eq!(cases(&run("c", &[]), None), []);
    }

    #[test]
    fn repeats_know_their_column_in_plan_order() {
        let run = run("a", &[("z", trials("x", &[P, Failed])), ("b", trials("x", &[P])), ("m", vec![])]);
        let outline = Outline::of(&run).unwrap();
        let mut groups = Groups::open(&outline, None).unwrap();
        let group = groups.next_case().unwrap().unwrap();
        let found: Vec<_> = group.run.repeats().map(|r| (r.column, r.trials.len(), r.side.shown)).collect();
        assert_eq!(found, [(1, 1, 1), (0, 2, 2)]);
        assert_eq!(group.run.in_column(2).count(), 0);
        assert!(!group.run.has_phrasings());
    }

    /// A run that says one thing and does another.
    struct Wrong(Run);

    impl Recorded for Wrong {
        fn info(&self) -> &RunInfo {
            &self.0.info
        }

        fn tally(&self) -> Result<Vec<(VariantKey, Outcome, u64)>, ReadError> {
            Ok(vec![(variant("p"), P, 2)])
        }

        fn digests(&self) -> Result<Digests<'_>, ReadError> {
            self.0.digests()
        }

        fn trial(&self, key: &TrialKey) -> Result<TrialResult, ReadError> {
            self.0.trial(key)
        }
    }

    fn error(run: &Wrong) -> String {
        let outline = Outline::of(run).unwrap();
        let mut groups = Groups::open(&outline, None).unwrap();
        loop {
            match groups.next_case() {
                Ok(Some(_)) => {}
                Ok(None) => return String::new(),
                Err(error) => return error.to_string(),
            }
        }
    }

    #[test]
    fn a_run_that_is_out_of_order_or_grows_is_an_error() {
        let mut unsorted = run("a", &[("p", [trials("a", &[P]), trials("b", &[P])].concat())]);
        unsorted.trials.reverse();
        assert_eq!(error(&Wrong(unsorted)), "case faq/a is out of order");
        let mut grown = run("a", &[("p", trials("a", &[P])), ("q", trials("b", &[P]))]);
        grown.header.variants.pop();
        assert!(error(&Wrong(grown)).starts_with("a trial of q × gpt came while the run was read"));
    }
}
