//! # What it checks
//! The answer's markdown: what it must have, what it must not have, and how deep its headings go. The value is the
//! share of conditions that hold.
//!
//! # Keys
//! - `headings`: a list of headings that must be there, letter case aside.
//! - `max_heading_level`: the deepest level allowed, 1 to 6: 3 allows `###`.
//! - `has`: a list of what must be there: `heading`, `list`, `bullets`, `steps` (a numbered list), `table`, `code` (a
//!   block of it), `quote`, `link`, `image`, `bold`, `italic`, `html`.
//! - `lacks`: a list of what must not be there: the same, and `broken-table`, a table whose rows or dividing line do
//!   not fit its head, which is shown as a heap of bars.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "markdown"
//! has = ["steps"]
//! lacks = ["html", "broken-table"]
//! max_heading_level = 3
//! ```
//!
//! # Caveats
//! Read as CommonMark with tables, as most chat windows do. Steps that are written in sentences ("First, …") are no
//! list.

mod outline;

use self::outline::{Element, outline};
use crate::diagnostic::did_you_mean;
use crate::score::structure::document::{SHOWN, evidence_at};
use crate::score::words::{Folding, fold};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerError, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "markdown",
    summary: "the answer's markdown has the structure asked for",
    docs: docs!("markdown.rs"),
    keys: &["headings", "max_heading_level", "has", "lacks"],
    build,
};

/// Places shown of one condition.
const SHOWN_EACH: usize = 10;

struct Markdown {
    /// As written and folded.
    headings: Vec<(String, String)>,
    deepest: Option<u8>,
    has: Vec<Element>,
    lacks: Vec<Element>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let headings = args.strings("headings", &mut errors).unwrap_or_default();
    let headings =
        headings.into_iter().map(|h| (fold(h.trim(), Folding::Case), h)).map(|(f, h)| (h, f)).collect();
    let deepest = args.get::<u8>("max_heading_level", &mut errors);
    if deepest.is_some_and(|level| !(1..=6).contains(&level)) {
        let help = "to allow no headings at all write `lacks = [\"heading\"]`";
        errors.push(args.error_at("max_heading_level", "`max_heading_level` must be 1 to 6").with_help(help));
    }
    let has = elements(args, "has", &mut errors);
    let lacks = elements(args, "lacks", &mut errors);
    if has.contains(&Element::BrokenTable) {
        errors.push(
            args.error_at("has", "`broken-table` is nothing to ask for").with_help("move it to `lacks`"),
        );
    }
    for both in has.iter().filter(|element| lacks.contains(element)) {
        errors.push(args.error_at("lacks", format!("`{}` is in `has` as well", both.name())));
    }
    if KIND.keys.iter().all(|key| args.value(key).is_none()) {
        let help = format!("add one of {}", KIND.keys.join(", "));
        errors.push(args.error("no condition is given").with_help(help));
    }
    if errors.is_empty() { Ok(Box::new(Markdown { headings, deepest, has, lacks })) } else { Err(errors) }
}

fn elements(args: &Args<'_>, key: &str, errors: &mut Vec<ScorerError>) -> Vec<Element> {
    let mut found = Vec::new();
    for word in args.strings(key, errors).unwrap_or_default() {
        if let Some(element) = Element::ALL.into_iter().find(|element| element.name() == word) {
            found.push(element);
            continue;
        }
        let names = Element::ALL.map(Element::name);
        let help = match did_you_mean(&word, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", names.join(", ")),
        };
        errors.push(args.error_at(key, format!("`{key}`: `{word}` is no part of markdown")).with_help(help));
    }
    found
}

impl Check for Markdown {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let outline = outline(answer, self.lacks.contains(&Element::BrokenTable));
        let mut evidence = Vec::new();
        let mut wrong = Vec::new();
        let asked =
            self.headings.len() + usize::from(self.deepest.is_some()) + self.has.len() + self.lacks.len();
        for (written, folded) in &self.headings {
            let found = outline.headings.iter().find(|h| fold(h.text.trim(), Folding::Case) == *folded);
            if let Some(heading) = found {
                evidence.push(evidence_at(answer, "matched", heading.bytes.clone()));
            } else {
                wrong.push(format!("there is no heading `{written}`"));
                evidence.push(Evidence::new("missing", written.as_str()));
            }
        }
        if let Some(deepest) = self.deepest {
            let deeper = || outline.headings.iter().filter(|h| h.level > deepest);
            if let Some(level) = deeper().map(|h| h.level).max() {
                wrong.push(format!("a heading has level {level}, not at most {deepest}"));
            }
            let places = deeper().take(SHOWN_EACH);
            evidence.extend(places.map(|h| evidence_at(answer, "differs", h.bytes.clone())));
        }
        for (elements, wanted, label) in [(&self.has, true, "matched"), (&self.lacks, false, "differs")] {
            for element in elements {
                let places = || outline.parts.iter().filter(|(part, _)| part.is(*element));
                if places().next().is_some() != wanted {
                    wrong.push(format!("there is {} {}", if wanted { "no" } else { "a" }, element.name()));
                }
                if wanted && places().next().is_none() {
                    evidence.push(Evidence::new("missing", element.name()));
                }
                let shown = places().take(SHOWN_EACH);
                evidence.extend(shown.map(|(_, bytes)| evidence_at(answer, label, bytes.clone())));
            }
        }
        evidence.truncate(SHOWN);
        let value = (asked - wrong.len()) as f64 / asked as f64;
        let reason = if wrong.is_empty() { "the markdown is as asked".to_owned() } else { wrong.join("; ") };
        Finding::scored(value, wrong.is_empty(), reason).with(evidence)
    }
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    const ANSWER: &str = "# Înapoierea\n\n1. Print the *label*.\n2. **Pack** it.\n\n### Mai mult\n\n- [here](https://x.example/a)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> note\n\n```sh\nls\n```\n";

    #[test]
    fn parts_are_found() {
        for part in
            ["heading", "list", "bullets", "steps", "table", "code", "quote", "link", "bold", "italic"]
        {
            assert_eq!(
                Setup::of("markdown", &format!("has = '{part}'")).score(ANSWER).pass(),
                Some(true),
                "{part}"
            );
            assert_eq!(
                Setup::of("markdown", &format!("lacks = '{part}'")).score(ANSWER).pass(),
                Some(false),
                "{part}"
            );
        }
        for part in ["image", "html", "broken-table"] {
            assert_eq!(
                Setup::of("markdown", &format!("lacks = '{part}'")).score(ANSWER).pass(),
                Some(true),
                "{part}"
            );
        }
        let plain = "First, print the label. 1 2 3 - 4 > 3 | x";
        let score =
            Setup::of("markdown", "has = ['steps', 'list']\nlacks = ['table', 'broken-table']").score(plain);
        assert_eq!(score.state, ScoreState::Scored { value: 0.5, pass: false });
        assert_eq!(score.reason, "there is no steps; there is no list");
    }

    #[test]
    fn headings_are_compared_without_case_and_by_level() {
        let named =
            |name: &str| Setup::of("markdown", &format!("headings = ['{name}']")).score(ANSWER).pass();
        assert_eq!(
            [named("înapoierea"), named("MAI MULT"), named("Mai")],
            [Some(true), Some(true), Some(false)]
        );
        let score = Setup::of("markdown", "max_heading_level = 2").score(ANSWER);
        assert_eq!(score.reason, "a heading has level 3, not at most 2");
        assert_eq!(score.evidence[0].quote, "### Mai mult\n");
        assert_eq!(Setup::of("markdown", "max_heading_level = 3").score(ANSWER).pass(), Some(true));
        assert_eq!(Setup::of("markdown", "max_heading_level = 1").score("####### seven").pass(), Some(true));
    }

    #[test]
    fn raw_html_is_seen_and_code_is_not() {
        let lacks = Setup::of("markdown", "lacks = ['html']");
        for text in ["a<br>b", "<div>\nx\n</div>", "see <b>this</b>", "<!-- note -->"] {
            assert_eq!(lacks.score(text).pass(), Some(false), "{text}");
        }
        for text in ["a < b > c", "`<br>`", "```\n<br>\n```", "<https://x.example>", "a &lt;br&gt;"] {
            assert_eq!(lacks.score(text).pass(), Some(true), "{text}");
        }
    }

    #[test]
    fn long_texts_are_no_danger() {
        let setup = Setup::of("markdown", "has = ['list', 'table']\nlacks = ['broken-table', 'html']");
        for text in ["| a | b\n", "> ", "* a\n", "[", "<a ", "`", "**a ", "|-|\n| "] {
            let score = setup.score(&text.repeat(20_000));
            assert!(score.pass().is_some() && score.evidence.len() <= 100);
        }
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("markdown", "").len(), 1);
        let found = mistakes(
            "markdown",
            "max_heading_level = 7\nhas = ['tabel', 'list', 'broken-table']\nlacks = 'list'",
        );
        let words: Vec<_> = found.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(found.len(), 4, "{words:?}");
    }
}
