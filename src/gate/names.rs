//! Names of cases in the words of a rule.

use std::fmt;

use super::NAMES;
use crate::sentence::{By, CaseFilter, Sentence};

/// Some cases by suite and id, of which only the first are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    kept: Vec<(String, String)>,
    most: usize,
    all: u64,
}

/// As many as a sentence about violations names.
impl Default for Names {
    fn default() -> Self {
        Self::first(NAMES)
    }
}

impl Names {
    /// Keeps at most so many.
    pub(super) fn first(most: usize) -> Self {
        Self { kept: Vec::new(), most, all: 0 }
    }

    pub(super) fn push(&mut self, suite: &str, case: &str) {
        self.all += 1;
        if self.kept.len() < self.most {
            self.kept.push((suite.to_owned(), case.to_owned()));
        }
    }

    /// Adds all of others.
    pub(super) fn extend(&mut self, others: &Self) {
        others.kept.iter().for_each(|(suite, case)| self.push(suite, case));
        self.all += others.all - others.kept.len() as u64;
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.all
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all == 0
    }

    /// The cases themselves, where all of them are kept.
    pub(super) fn within(&self, cases: &CaseFilter) -> CaseFilter {
        if self.all > self.kept.len() as u64 {
            cases.clone()
        } else {
            cases.clone().listed(self.kept.clone())
        }
    }

    /// `faq/a, faq/b and 3 more`, each name about its case among these.
    pub(super) fn say(&self, sentence: &mut Sentence, cases: &CaseFilter) {
        for (at, (suite, case)) in self.kept.iter().enumerate() {
            sentence.say(if at > 0 { ", " } else { "" });
            let one = cases.clone().with(By::Suite, suite).with(By::Case, case);
            sentence.about(format_args!("{suite}/{case}"), &one);
        }
        match self.all - self.kept.len() as u64 {
            0 => {}
            more => sentence.say(format_args!(" and {more} more")),
        }
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Sentence::default();
        self.say(&mut words, &CaseFilter::default());
        f.write_str(&words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut names = Names::first(2);
        assert!(names.is_empty());
        let all = CaseFilter::default();
        for (n, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
            names.push("faq", name);
            assert_eq!(names.within(&all).list().map(<[_]>::len), (n < 2).then_some(n + 1));
        }
        let mut said = Sentence::default();
        names.say(&mut said, &all);
        assert_eq!((&*said, names.len()), ("faq/a, faq/b and 2 more", 4));
        assert_eq!(said.parts()[2], ("faq/b", Some(&CaseFilter::case("faq", "b"))));
    }
}
