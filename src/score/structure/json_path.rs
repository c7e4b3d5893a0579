//! # What it checks
//! Values inside of JSON. Each assertion finds values by a JSONPath (RFC 9535) and says what must hold of them; the
//! score's value is the share of assertions that hold.
//!
//! # Keys
//! - `assert`: the assertions, a list of tables. Each has
//!   - `path`: for example `$.items[*].price` or `$..id`;
//!   - `equals`: the value, of any type; 30 and 30.0 are equal;
//!   - `contains`: a text that is part of the text found, or an element of the list found;
//!   - `matches`: a regular expression that matches in the text found;
//!   - `min`, `max`: the least and the greatest number;
//!   - `count`: how many values are found;
//!   - `exists` = true: whether any is found;
//!   - `any` = false: whether it is enough when one of several values is as asked, instead of all.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "json-path"
//!
//! [[score.assert]]
//! path = "$.refund.amount"
//! min = 0
//! max = 500
//!
//! [[score.assert]]
//! path = "$.refund.currency"
//! equals = "EUR"
//!
//! [[score.assert]]
//! path = "$.internal_note"
//! exists = false
//! ```
//!
//! # Caveats
//! An answer that is not JSON, alone or in a code fence, is unparsed. A number in quotation marks is a text, so `min`
//! and `max` fail on it.

mod assertion;

use serde_json_path::LocatedNode;

use self::assertion::Assertion;
use crate::score::structure::document::{Part, SHOWN};
use crate::score::structure::json_schema::json_of;
use crate::score::structure::json_tree::Tree;
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "json-path",
    summary: "values inside of JSON are as asserted",
    docs: docs!("json_path.rs"),
    keys: &["assert"],
    build,
};

/// Values shown of one assertion.
const SHOWN_EACH: usize = 10;

struct Assertions(Vec<Assertion>);

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let example = "write `[[score.assert]]` with `path` and, for example, `equals`";
    let tables = args.tables("assert", &mut errors);
    if args.value("assert").is_none() {
        errors.push(args.missing("assert", example));
    } else if tables.is_empty() && errors.is_empty() {
        errors.push(args.error_at("assert", "`assert` is an empty list").with_help(example));
    }
    let mut assertions = Vec::new();
    for table in &tables {
        assertions.extend(Assertion::read(&Args { table, ..*args }, &mut errors));
    }
    if errors.is_empty() { Ok(Box::new(Assertions(assertions))) } else { Err(errors) }
}

/// The answer, and the places of the values in it.
struct Places<'a> {
    answer: &'a str,
    part: Part<'a>,
    tree: Option<Tree>,
}

impl Places<'_> {
    fn evidence(&self, label: &str, node: &LocatedNode<'_>, told: String) -> Evidence {
        let bytes = self.tree.as_ref().and_then(|tree| tree.find(&node.location().to_json_pointer()));
        let found = match bytes {
            Some(bytes) => self.part.evidence(self.answer, label, bytes),
            None => Evidence::new(label, ""),
        };
        Evidence { note: Some(told), ..found }
    }
}

impl Check for Assertions {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let (json, part) = match json_of(answer) {
            Ok(found) => found,
            Err(unparsed) => return unparsed,
        };
        let places = Places { answer, part, tree: Tree::of(part.text) };
        let mut evidence = Vec::new();
        let mut wrong = Vec::new();
        for assertion in &self.0 {
            let nodes = assertion.path.query_located(&json).all();
            let verdict = assertion.judge(&nodes);
            let label = if verdict.is_none() { "matched" } else { "differs" };
            // Where only their number is wrong, all are shown.
            let all = verdict.is_none() || nodes.iter().all(|node| assertion.holds_for(node.node()));
            let told = nodes.iter().filter(|node| all || !assertion.holds_for(node.node()));
            for node in told.take(SHOWN_EACH).take(SHOWN.saturating_sub(evidence.len())) {
                evidence.push(places.evidence(label, node, format!("at {}", node.location())));
            }
            if let Some(why) = verdict {
                if nodes.is_empty() {
                    evidence.push(Evidence {
                        note: Some(why.clone()),
                        ..Evidence::new("missing", &*assertion.written)
                    });
                }
                wrong.push(why);
            }
        }
        let (asked, held) = (self.0.len(), self.0.len() - wrong.len());
        let reason =
            if wrong.is_empty() { "all values are as asserted".to_owned() } else { wrong.join("; ") };
        Finding::scored(held as f64 / asked as f64, wrong.is_empty(), reason).with(evidence)
    }
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    const ORDER: &str = r#"{"id": "VC-7", "lines": [{"sku": "bell", "price": 12.5}, {"sku": "șa", "price": 30}], "tags": ["x", "y"], "none": null}"#;

    fn score(asserts: &[&str]) -> crate::score::Score {
        let tables: Vec<String> = asserts.iter().map(|a| format!("\n[[score.assert]]\n{a}\n")).collect();
        Setup::of("json-path", &tables.concat()).score(ORDER)
    }

    #[test]
    fn each_test_holds_or_fails() {
        for (assert, holds) in [
            ("path = '$.id'\nequals = 'VC-7'", true),
            ("path = '$.id'\nequals = 'vc-7'", false),
            ("path = '$.lines[1].price'\nequals = 30.0", true),
            ("path = '$.lines[*].price'\nmin = 12.5\nmax = 30", true),
            ("path = '$.lines[*].price'\nmin = 13", false),
            ("path = '$.lines[*].price'\nmin = 13\nany = true", true),
            ("path = '$.id'\nmin = 1", false),
            ("path = '$.id'\nmatches = '^VC-\\d+$'", true),
            ("path = '$.id'\ncontains = 'C-'", true),
            ("path = '$.tags'\ncontains = 'y'", true),
            ("path = '$.tags'\ncontains = 'z'", false),
            ("path = '$.tags'\nequals = ['x', 'y']", true),
            ("path = '$.lines[0]'\nequals = { price = 12.5, sku = 'bell' }", true),
            ("path = '$..sku'\ncount = 2", true),
            ("path = '$..sku'\ncount = 1", false),
            ("path = '$.nope'\ncount = 0", true),
            ("path = '$.nope'\nexists = false", true),
            ("path = '$.none'\nexists = false", false),
            ("path = '$.none'", true),
            ("path = '$.nope'", false),
            ("path = '$.nope'\nequals = 1", false),
            ("path = '$.lines[?@.price > 20].sku'\nequals = 'șa'", true),
        ] {
            assert_eq!(score(&[assert]).pass(), Some(holds), "{assert}");
        }
    }

    #[test]
    fn several_assertions_share_the_value() {
        let found = score(&["path = '$.id'", "path = '$..price'\nmax = 20", "path = '$.nope'"]);
        assert_eq!(found.state, ScoreState::Scored { value: 1.0 / 3.0, pass: false });
        let shown: Vec<_> = found.evidence.iter().map(|e| (e.label.as_str(), e.quote.as_str())).collect();
        assert_eq!(shown, [("matched", "\"VC-7\""), ("differs", "30"), ("missing", "$.nope")]);
        assert_eq!(found.evidence[1].note.as_deref(), Some("at $['lines'][1]['price']"));
        assert_eq!(found.reason, "`$..price` is 30, not at most 20; `$.nope` is not there");
    }

    #[test]
    fn prose_is_unparsed_and_a_fence_is_fine() {
        let setup = Setup::of("json-path", "assert = { path = '$.a', equals = 1 }");
        assert_eq!(setup.score("a is 1").state, ScoreState::Unparsed);
        assert_eq!(setup.score("So:\n```json\n{\"a\": 1}\n```").pass(), Some(true));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("json-path", "").len(), 1);
        assert_eq!(mistakes("json-path", "assert = []").len(), 1);
        assert_eq!(mistakes("json-path", "assert = 3").len(), 1);
        let found = mistakes(
            "json-path",
            "[[score.assert]]\npath = '$['\n[[score.assert]]\nequals = 1\n[[score.assert]]\npath = '$.a'\neqals = 1\n\
             matches = '('\nmin = 2\nmax = 1\n[[score.assert]]\npath = '$.b'\nexists = false\ncount = 2\n\
             [[score.assert]]\npath = '$.c'\nequals = 2026-01-01",
        );
        let words: Vec<_> = found.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(found.len(), 7, "{words:#?}");
        assert!(found.iter().any(|e| e.help.as_deref() == Some("did you mean `equals`?")), "{found:?}");
    }
}
