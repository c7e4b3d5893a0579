//! # What it checks
//! The answer is JSON, alone or in a code fence, and valid against a JSON Schema. Every violation is shown at its
//! place.
//!
//! # Keys
//! - `schema`: the schema as an inline table, or
//! - `file`: a JSON file with the schema, relative to the project.
//! - `formats` = true: whether `format` is checked: `date`, `date-time`, `email`, `uri`, `uuid` and the others of
//!   the specification.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "json-schema"
//! schema = { type = "object", required = ["route"], properties = { route = { enum = ["returns", "repairs"] } } }
//! ```
//!
//! # Caveats
//! An answer that is not JSON is unparsed, never valid and never invalid; `json` scores that. References to other
//! documents are not followed. The first 100 violations are shown.

use jsonschema::Validator;
use serde_json::Value;

use crate::score::structure::document::{Part, SHOWN, read};
use crate::score::structure::json_tree::Tree;
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerError, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "json-schema",
    summary: "the answer is JSON, valid against a schema",
    docs: docs!("json_schema.rs"),
    keys: &["schema", "file", "formats"],
    build,
};

struct Schema {
    validator: Validator,
    /// The schema, when it came from a file.
    from_file: Option<Value>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let inline = args.get::<Value>("schema", &mut errors);
    let file = args.get::<String>("file", &mut errors);
    let formats = args.get::<bool>("formats", &mut errors).unwrap_or(true);
    let (key, schema, from_file) = match (inline, file) {
        (Some(_), Some(_)) => {
            errors.push(
                args.error_at("file", "both `schema` and `file` are given").with_help("keep one of them"),
            );
            return Err(errors);
        }
        (Some(schema), None) => ("schema", schema, None),
        (None, Some(path)) => match read_schema(args, &path) {
            Ok(schema) => ("file", schema.clone(), Some(schema)),
            Err(error) => {
                errors.push(error);
                return Err(errors);
            }
        },
        (None, None) => {
            if errors.is_empty() {
                errors
                    .push(args.error("neither `schema` nor `file` is given").with_help(
                        "add `schema = { type = \"object\" }` or `file = \"schemas/route.json\"`",
                    ));
            }
            return Err(errors);
        }
    };
    match jsonschema::options().should_validate_formats(formats).build(&schema) {
        Ok(validator) if errors.is_empty() => Ok(Box::new(Schema { validator, from_file })),
        Ok(_) => Err(errors),
        Err(error) => {
            errors.push(args.error_at(key, format!("`{key}` is no valid JSON Schema: {error}")));
            Err(errors)
        }
    }
}

fn read_schema(args: &Args<'_>, path: &str) -> Result<Value, ScorerError> {
    let text = std::fs::read_to_string(args.root.join(path))
        .map_err(|e| args.error_at("file", format!("failed to read {path}: {e}")))?;
    serde_json::from_str(&text).map_err(|e| args.error_at("file", format!("{path} is not JSON: {e}")))
}

/// The JSON of an answer: the whole of it, or the first fenced block that is JSON.
///
/// # Errors
/// There is none, as a finding.
pub(super) fn json_of(answer: &str) -> Result<(Value, Part<'_>), Finding> {
    let parsed = read(answer, true, serde_json::from_str::<Value>);
    parsed.map_err(|(error, _)| Finding::unparsed(format!("the answer is not JSON: {error}")))
}

impl Check for Schema {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let (json, part) = match json_of(answer) {
            Ok(found) => found,
            Err(unparsed) => return unparsed,
        };
        let mut violations = self.validator.iter_errors(&json).peekable();
        if violations.peek().is_none() {
            let evidence = part.evidence(answer, "matched", 0..part.text.len());
            return Finding::scored(1.0, true, "valid JSON for the schema").with(vec![evidence]);
        }
        let tree = Tree::of(part.text);
        let mut evidence: Vec<Evidence> = Vec::new();
        for error in violations.by_ref().take(SHOWN) {
            let path = error.instance_path().to_string();
            let found = match tree.as_ref().and_then(|tree| tree.find(&path)) {
                Some(bytes) => part.evidence(answer, "invalid", bytes),
                None => Evidence::new("invalid", ""),
            };
            let place = if path.is_empty() { "/" } else { path.as_str() };
            evidence
                .push(Evidence { note: Some(format!("at {place}: {}", told(&error.to_string()))), ..found });
        }
        let first = evidence.first().and_then(|e| e.note.as_deref()).unwrap_or_default();
        let reason = match evidence.len() - 1 + violations.count() {
            0 => format!("not valid {first}"),
            more => format!("not valid {first}; and {more} more"),
        };
        Finding::scored(0.0, false, reason).with(evidence)
    }

    fn read_from_files(&self) -> Option<&Value> {
        self.from_file.as_ref()
    }
}

/// A message without the whole of a long value in it.
fn told(message: &str) -> String {
    const LONGEST: usize = 300;
    if message.char_indices().nth(LONGEST).is_none() {
        return message.to_owned();
    }
    let chars: Vec<char> = message.chars().collect();
    let (head, tail) = (&chars[..LONGEST / 2], &chars[chars.len() - LONGEST / 2..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    const ROUTE: &str = "schema = { type = 'object', required = ['route'], properties = { route = { enum = ['returns', 'repairs'] }, n = { type = 'integer' } } }";

    #[test]
    fn valid_alone_and_in_a_fence() {
        for answer in [
            r#"{"route": "returns"}"#,
            "```json\n{\"route\": \"repairs\"}\n```",
            "Here you are:\n```\n{\"route\": \"repairs\"}\n```\nDone.",
        ] {
            assert_eq!(Setup::of("json-schema", ROUTE).score(answer).pass(), Some(true), "{answer}");
        }
    }

    #[test]
    fn errors_name_their_place() {
        let score = Setup::of("json-schema", ROUTE).score(r#"{"route": "sales", "n": 1.5}"#);
        let notes: Vec<_> = score.evidence.iter().filter_map(|e| e.note.clone()).collect();
        assert_eq!(score.state, ScoreState::Scored { value: 0.0, pass: false });
        assert!(
            notes.iter().any(|n| n.starts_with("at /route:"))
                && notes.iter().any(|n| n.starts_with("at /n:")),
            "{notes:?}"
        );
        assert_eq!(
            Setup::of("json-schema", ROUTE).score("[]").evidence[0].note.as_deref(),
            Some(r#"at /: [] is not of type "object""#)
        );
    }

    #[test]
    fn all_violations_are_shown_at_their_places() {
        let answer = "Iată:\n```json\n{\"route\": \"vânzări\", \"n\": [1.5]}\n```";
        let score = Setup::of("json-schema", ROUTE).score(answer);
        let shown: Vec<_> =
            score.evidence.iter().map(|e| (e.span.clone().unwrap(), e.quote.as_str())).collect();
        assert_eq!(shown, [(24..33, "\"vânzări\""), (40..45, "[1.5]")]);
        assert!(score.reason.ends_with("; and 1 more"), "{}", score.reason);
    }

    #[test]
    fn many_and_long_values_are_cut() {
        let numbers = "schema = { items = { type = 'string' } }";
        let score = Setup::of("json-schema", numbers).score(&format!("[{}1]", "1,".repeat(999)));
        assert_eq!(score.evidence.len(), 100);
        assert!(score.reason.ends_with("; and 999 more"), "{}", score.reason);
        let long = Setup::of("json-schema", ROUTE).score(&format!("{{\"route\": \"{}\"}}", "ț".repeat(5000)));
        let evidence = &long.evidence[0];
        assert_eq!(evidence.span, Some(10..210));
        assert!(evidence.note.as_ref().unwrap().chars().count() < 400);
    }

    #[test]
    fn formats_are_checked_unless_told_otherwise() {
        let mail = "schema = { properties = { m = { format = 'email' }, d = { format = 'date' } } }";
        let answer = r#"{"m": "nobody", "d": "2026-13-01"}"#;
        assert_eq!(Setup::of("json-schema", mail).score(answer).evidence.len(), 2);
        let lax = format!("{mail}\nformats = false");
        assert_eq!(Setup::of("json-schema", &lax).score(answer).pass(), Some(true));
    }

    #[test]
    fn prose_is_unparsed() {
        for answer in ["I think returns.", "```json\n{oops\n```", "{\"route\": \"returns\"} ok?", "```"] {
            assert_eq!(Setup::of("json-schema", ROUTE).score(answer).state, ScoreState::Unparsed, "{answer}");
        }
    }

    #[test]
    fn a_schema_file_is_part_of_the_rule() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("s.json"), r#"{"type": "array"}"#).unwrap();
        let setup = Setup::in_folder("json-schema", "file = 's.json'", folder.path());
        assert_eq!(setup.score("[1]").pass(), Some(true));
        assert_eq!(setup.scorer.check.read_from_files(), Some(&serde_json::json!({"type": "array"})));
        assert!(Setup::of("json-schema", ROUTE).scorer.check.read_from_files().is_none());
    }

    #[test]
    fn mistakes_are_reported() {
        for toml in [
            "",
            "file = 'nowhere.json'",
            "schema = { type = 'nonsense' }",
            "schema = {}\nfile = 'x'",
            "file = 1",
        ] {
            assert_eq!(mistakes("json-schema", toml).len(), 1, "{toml}");
        }
    }
}
