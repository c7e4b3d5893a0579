//! # What it checks
//! The answer is JSON, and of the type asked for.
//!
//! # Keys
//! - `type` = "any": `object`, `array`, `string`, `number`, `boolean`, `null`, or `any` of them.
//! - `fenced` = false: whether a code fence around it is fine, with words before and after.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "json"
//! type = "object"
//! fenced = true
//! ```
//!
//! # Caveats
//! Only the form is looked at; `json-schema` and `json-path` look at what is in it.

use serde::de::IgnoredAny;

use crate::diagnostic::did_you_mean;
use crate::score::structure::document::{Part, evidence_at, read};
use crate::score::{Args, Built, Check, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "json",
    summary: "the answer is JSON, of a type",
    docs: docs!("json.rs"),
    keys: &["type", "fenced"],
    build,
};

/// The types of RFC 8259, and the one that stands for all.
const TYPES: [&str; 7] = ["any", "object", "array", "string", "number", "boolean", "null"];

struct Json {
    wanted: &'static str,
    fenced: bool,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let fenced = args.get::<bool>("fenced", &mut errors).unwrap_or(false);
    let written = args.get::<String>("type", &mut errors).unwrap_or_else(|| "any".to_owned());
    let wanted = TYPES.into_iter().find(|name| *name == written);
    if wanted.is_none() {
        let help = match did_you_mean(&written, TYPES) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("types: {}", TYPES.join(", ")),
        };
        errors.push(args.error_at("type", format!("`{written}` is no type of JSON")).with_help(help));
    }
    match wanted {
        Some(wanted) if errors.is_empty() => Ok(Box::new(Json { wanted, fenced })),
        _ => Err(errors),
    }
}

/// The type of a text that is JSON.
fn type_of(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

/// Where the reader stopped, as bytes of the part: it tells a line and a column in bytes.
pub(super) fn place(part: &Part<'_>, error: &serde_json::Error) -> std::ops::Range<usize> {
    let lines = part.text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let at = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    let at = part.text.floor_char_boundary(at.min(part.text.len()));
    at..part.text.ceil_char_boundary((at + 1).min(part.text.len()))
}

impl Check for Json {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let part = match read(answer, self.fenced, serde_json::from_str::<IgnoredAny>) {
            Ok((_, part)) => part,
            Err((error, part)) => {
                let evidence = part.evidence(answer, "invalid", place(&part, &error));
                return Finding::scored(0.0, false, format!("the answer is not JSON: {error}"))
                    .with(vec![evidence]);
            }
        };
        let found = type_of(part.text);
        let holds = self.wanted == "any" || self.wanted == found;
        let label = if holds { "matched" } else { "differs" };
        let evidence = evidence_at(answer, label, part.start..part.start + part.text.len());
        let reason = if holds {
            format!("the answer is JSON: {found}")
        } else {
            format!("the answer is JSON, but {found} and not {}", self.wanted)
        };
        Finding::scored(f64::from(u8::from(holds)), holds, reason).with(vec![evidence])
    }
}

#[cfg(test)]
mod tests {
    use crate::score::testing::{Setup, mistakes};

    fn pass(toml: &str, answer: &str) -> bool {
        Setup::of("json", toml).score(answer).pass().unwrap()
    }

    #[test]
    fn json_is_told_from_prose() {
        for answer in ["{}", " [1, 2]\n", "\"a\"", "1e999", "null", "{\"ș\": \"ț\"}"] {
            assert!(pass("", answer), "{answer}");
        }
        for answer in ["You have 30 days.", "{'a': 1}", "{} {}", "[1,]", "{\"a\": NaN}", "// x\n{}"] {
            assert!(!pass("", answer), "{answer}");
        }
    }

    #[test]
    fn fences_count_only_when_asked_for() {
        let answer = "Here it is:\n```json\n{\"route\": \"returns\"}\n```\nAnything else?";
        assert!(!pass("", answer) && pass("fenced = true", answer));
        let score = Setup::of("json", "fenced = true\ntype = 'object'").score(answer);
        assert_eq!((score.evidence[0].span.clone(), score.pass()), (Some(20..40), Some(true)));
    }

    #[test]
    fn types_are_told_apart() {
        let all =
            [("object", "{}"), ("array", "[]"), ("string", "\"\""), ("number", "-1"), ("boolean", "true")];
        for (name, text) in all {
            for (other, _) in all {
                assert_eq!(pass(&format!("type = '{other}'"), text), other == name, "{other} {text}");
            }
        }
        let score = Setup::of("json", "type = 'object'").score("[\"€\"]");
        assert_eq!(score.reason, "the answer is JSON, but array and not object");
    }

    #[test]
    fn the_place_of_a_mistake_is_shown_in_characters() {
        let score = Setup::of("json", "").score("{\"ș\": \"ț\",\n \"b\": x}");
        assert_eq!((score.evidence[0].span.clone(), score.evidence[0].quote.as_str()), (Some(17..18), "x"));
    }

    #[test]
    fn deep_nesting_is_read_and_long_texts_are_no_danger() {
        assert!(pass("", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))));
        assert!(!pass("fenced = true", &"```\n".repeat(50_000)));
    }

    #[test]
    fn all_mistakes_are_reported() {
        let found = mistakes("json", "type = 'objekt'\nfenced = 1");
        assert_eq!(found.len(), 2);
        assert!(found.iter().any(|e| e.help.as_deref() == Some("did you mean `object`?")), "{found:?}");
    }
}
