//! # What it checks
//! The answer is JSON, alone or in a code fence, and valid against a JSON Schema.
//!
//! # Keys
//! - `schema`: the schema as an inline table, or
//! - `file`: a JSON file with the schema, relative to the project.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "json-schema"
//! schema = { type = "object", required = ["route"] }
//! ```
//!
//! # Caveats
//! An answer that is not JSON is unparsed, never valid and never invalid. References to other
//! documents are not followed.

use jsonschema::Validator;
use serde_json::Value;

use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerError, ScorerKind};

/// Row of the scorer table.
pub(super) const KIND: ScorerKind = ScorerKind {
    name: "json-schema",
    summary: "the answer is JSON, valid against a schema",
    docs: docs!("json_schema.rs"),
    keys: &["schema", "file"],
    build,
};

/// Errors shown; one bad array may hold thousands.
const SHOWN: usize = 20;

struct Schema {
    validator: Validator,
    /// The schema, when it came from a file.
    from_file: Option<Value>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let inline = args.get::<Value>("schema", &mut errors);
    let file = args.get::<String>("file", &mut errors);
    let (key, schema, from_file) = match (inline, file) {
        (Some(_), Some(_)) => {
            errors.push(
                args.error_at("file", "both `schema` and `file` are given").with_help("keep one of them"),
            );
            return Err(errors);
        }
        (Some(schema), None) => ("schema", schema, None),
        (None, Some(path)) => match read(args, &path) {
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
    match jsonschema::validator_for(&schema) {
        Ok(validator) if errors.is_empty() => Ok(Box::new(Schema { validator, from_file })),
        Ok(_) => Err(errors),
        Err(error) => {
            errors.push(args.error_at(key, format!("`{key}` is no valid JSON Schema: {error}")));
            Err(errors)
        }
    }
}

fn read(args: &Args<'_>, path: &str) -> Result<Value, ScorerError> {
    let text = std::fs::read_to_string(args.root.join(path))
        .map_err(|e| args.error_at("file", format!("failed to read {path}: {e}")))?;
    serde_json::from_str(&text).map_err(|e| args.error_at("file", format!("{path} is not JSON: {e}")))
}

/// The JSON of an answer: the whole of it, or the first fenced block that is JSON.
fn json_of(answer: &str) -> Result<Value, serde_json::Error> {
    let whole = serde_json::from_str(answer.trim());
    if whole.is_ok() {
        return whole;
    }
    let mut blocks = answer.split("```").skip(1).step_by(2);
    blocks.find_map(|block| serde_json::from_str(body(block)).ok()).map_or(whole, Ok)
}

/// A fenced block without its language word.
fn body(block: &str) -> &str {
    let (info, rest) = block.split_once('\n').unwrap_or(("", block));
    if info.trim().chars().all(char::is_alphanumeric) { rest } else { block }
}

impl Check for Schema {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let json = match json_of(&input.completion.text) {
            Ok(json) => json,
            Err(error) => return Finding::unparsed(format!("the answer is not JSON: {error}")),
        };
        let evidence: Vec<Evidence> = self
            .validator
            .iter_errors(&json)
            .take(SHOWN)
            .map(|error| {
                let path = error.instance_path().to_string();
                let place = if path.is_empty() { "/".to_owned() } else { path };
                Evidence {
                    note: Some(format!("at {place}: {error}")),
                    ..Evidence::new("invalid", error.instance().to_string())
                }
            })
            .collect();
        match evidence.first().and_then(|e| e.note.clone()) {
            None => Finding::scored(1.0, true, "valid JSON for the schema"),
            Some(first) => Finding::scored(0.0, false, format!("not valid {first}")).with(evidence),
        }
    }

    fn read_from_files(&self) -> Option<&Value> {
        self.from_file.as_ref()
    }
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
