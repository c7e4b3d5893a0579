//! A sentence for a reader whose numbers and names know the cases that they are about.
//!
//! It is made once, where its numbers are. Written out it is plain text, in every format the same; a renderer that can
//! point at cases makes links of its parts ([`Sentence::parts`]).

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};
use std::ops::{Deref, Range};

use serde::{Serialize, Serializer};

use crate::outcome::VariantKey;

/// Text, some of it about cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentence {
    text: String,
    /// In order, without overlap.
    marks: Vec<(Range<usize>, CaseFilter)>,
}

impl Sentence {
    /// Adds words that are about no cases in particular.
    pub fn say(&mut self, words: impl Display) {
        // Writing to a string can't fail.
        let _ = write!(self.text, "{words}");
    }

    /// Adds words that are about these cases.
    pub fn about(&mut self, words: impl Display, cases: &CaseFilter) {
        let from = self.text.len();
        self.say(words);
        self.marks.push((from..self.text.len(), cases.clone()));
    }

    /// Adds another sentence with what it is about.
    pub fn append(&mut self, other: &Self) {
        let from = self.text.len();
        self.text.push_str(&other.text);
        let moved =
            |(at, cases): &(Range<usize>, CaseFilter)| (at.start + from..at.end + from, cases.clone());
        self.marks.extend(other.marks.iter().map(moved));
    }

    /// The text in pieces: those that are about cases, and what stands between them.
    pub fn parts(&self) -> Vec<(&str, Option<&CaseFilter>)> {
        let mut parts = Vec::new();
        let mut from = 0;
        for (at, cases) in &self.marks {
            parts.push((&self.text[from..at.start], None));
            parts.push((&self.text[at.clone()], Some(cases)));
            from = at.end;
        }
        parts.push((&self.text[from..], None));
        parts.retain(|(text, _)| !text.is_empty());
        parts
    }

    /// Takes back what is known only of the baseline, because the report has the cases of another run beside it.
    #[must_use]
    pub fn without_earlier(mut self) -> Self {
        for (_, cases) in &mut self.marks {
            cases.by.retain(|(by, _)| !matches!(by, By::Change | By::Compared));
        }
        self
    }
}

impl Deref for Sentence {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Write for Sentence {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        self.text.write_str(words)
    }
}

impl From<String> for Sentence {
    fn from(text: String) -> Self {
        Self { text, marks: Vec::new() }
    }
}

impl From<&str> for Sentence {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl PartialEq<str> for Sentence {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for Sentence {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl schemars::JsonSchema for Sentence {
    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

/// What cases are chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Suite id.
    Suite,
    /// Case id.
    Case,
    /// `prompt × model`.
    Variant,
    /// What came of trials: an outcome, or [`TRIED`], [`JUDGED`], [`FAILING`], [`UNJUDGED`].
    Outcome,
    /// What became of the case since the earlier run.
    Change,
    /// A scorer by its label.
    Scorer,
    /// What that scorer says ([`CONTENT`], [`NOT_CONTENT`], [`UNREADABLE`]).
    Said,
    /// Topic.
    Area,
    /// Language.
    Language,
    /// How much it matters: a tier, or [`GATING`].
    Tier,
    /// Label.
    Tag,
    /// Who looks after it.
    Owner,
    /// The comparison of two columns, see [`compared`].
    Compared,
}

impl By {
    /// Its name in the address of a page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Suite => "suite",
            Self::Case => "case",
            Self::Variant => "variant",
            Self::Outcome => "outcome",
            Self::Change => "change",
            Self::Scorer => "scorer",
            Self::Said => "said",
            Self::Area => "area",
            Self::Language => "language",
            Self::Tier => "tier",
            Self::Tag => "tag",
            Self::Owner => "owner",
            Self::Compared => "compared",
        }
    }
}

/// Trials of this run, whatever came of them; a case that only the earlier run has has none.
pub const TRIED: &str = "in this run";
/// Trials with a verdict.
pub const JUDGED: &str = "judged";
/// Trials with a verdict that did not pass.
pub const FAILING: &str = "not passed";
/// Trials without a verdict.
pub const UNJUDGED: &str = "no verdict";
/// Trials that a scorer was content with.
pub const CONTENT: &str = "content";
/// Trials that a scorer was not content with.
pub const NOT_CONTENT: &str = "not content";
/// Trials that a scorer gave no verdict on, because it could not.
pub const UNREADABLE: &str = "unreadable";
/// All tiers that count for a gate.
pub const GATING: &str = "in the gate";

/// How the earlier run is called among what a column is compared with.
pub const EARLIER: &str = "the earlier run";

/// The cases of a comparison, by what became of them: `compared`, `fixed` or `broke`, and with what they were compared.
pub fn compared(what: &str, with: &str) -> String {
    format!("{what} {}", beside(with))
}

/// With what a column is compared.
pub fn beside(with: &str) -> String {
    if with == EARLIER { format!("since {with}") } else { format!("against {with}") }
}

/// Some cases of a run: those that have all that is asked; all of them where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    by: Vec<(By, String)>,
    /// Suite and case.
    listed: Option<Vec<(String, String)>>,
}

impl CaseFilter {
    /// The cases of a column.
    pub fn of(variant: &VariantKey) -> Self {
        Self::default().with(By::Variant, variant.to_string())
    }

    /// One case.
    #[cfg(test)]
    pub(crate) fn case(suite: &str, case: &str) -> Self {
        Self::default().with(By::Suite, suite).with(By::Case, case)
    }

    /// Those of them that have this as well.
    #[must_use]
    pub fn with(mut self, by: By, value: impl Into<String>) -> Self {
        self.by.retain(|(other, _)| *other != by);
        self.by.push((by, value.into()));
        self
    }

    /// Those of them that have this as well, where it is asked for.
    #[must_use]
    pub fn maybe(self, by: By, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(by, value),
            None => self,
        }
    }

    /// Those of them that are listed.
    #[must_use]
    pub fn listed(mut self, cases: Vec<(String, String)>) -> Self {
        self.listed = Some(cases);
        self
    }

    /// What is asked.
    pub fn asked(&self) -> &[(By, String)] {
        &self.by
    }

    /// The cases that are listed, as suite and case; absent where any may be among them.
    pub fn list(&self) -> Option<&[(String, String)]> {
        self.listed.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_the_text() {
        let mut sentence = Sentence::from("it ");
        let (a, b) = (CaseFilter::case("faq", "a"), CaseFilter::default().with(By::Outcome, "failed"));
        sentence.about(3, &b);
        sentence.say(" of ");
        sentence.about("4", &a);
        let mut whole = Sentence::default();
        whole.append(&sentence);
        whole.append(&sentence);
        assert_eq!(whole, "it 3 of 4it 3 of 4");
        let parts = whole.parts();
        assert_eq!(parts[..4], [("it ", None), ("3", Some(&b)), (" of ", None), ("4", Some(&a))]);
        assert_eq!(parts.iter().map(|(text, _)| *text).collect::<String>(), whole.to_string());
        assert_eq!(serde_json::to_string(&whole).unwrap(), "\"it 3 of 4it 3 of 4\"");
    }

    #[test]
    fn the_last_word_of_a_kind_counts() {
        let filter = CaseFilter::default().with(By::Outcome, "failed").with(By::Outcome, JUDGED);
        assert_eq!(filter.asked(), [(By::Outcome, JUDGED.to_owned())]);
    }
}
