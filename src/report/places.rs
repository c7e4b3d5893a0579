//! Where the cases and prompts of a report are written, for readers that point at lines of files.
//!
//! A run does not record it, because files move on; it is looked up in the project of today.

use std::collections::BTreeMap;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the repository, with `/` between folders.
    pub file: String,
    /// One-based line.
    pub line: usize,
}

/// The places of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    cases: BTreeMap<String, BTreeMap<String, Place>>,
    prompts: BTreeMap<String, Place>,
}

impl Places {
    /// Adds the place of a case.
    pub fn add_case(&mut self, suite: &str, case: &str, place: Place) {
        self.cases.entry(suite.to_owned()).or_default().insert(case.to_owned(), place);
    }

    /// Adds the place of a prompt.
    pub fn add_prompt(&mut self, prompt: &str, place: Place) {
        self.prompts.insert(prompt.to_owned(), place);
    }

    /// Where a case is written; `None` when the project of today does not have it.
    pub fn case(&self, suite: &str, case: &str) -> Option<&Place> {
        self.cases.get(suite)?.get(case)
    }

    /// Where a prompt is written.
    pub fn prompt(&self, prompt: &str) -> Option<&Place> {
        self.prompts.get(prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_by_suite_and_case() {
        let mut places = Places::default();
        let place = Place { file: "suites/a.toml".into(), line: 7 };
        places.add_case("a", "one", place.clone());
        assert_eq!(places.case("a", "one"), Some(&place));
        assert_eq!(
            (places.case("a", "two"), places.case("b", "one"), places.prompt("a")),
            (None, None, None)
        );
    }
}
