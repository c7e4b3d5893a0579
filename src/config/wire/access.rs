//! How a key and further headers are sent, as written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use toml::Spanned;
use toml::de::DeValue;

use crate::config::reader::{At, Decode, Mistakes, Table, TableReader, suggest_or_list};

/// `"bearer"`, `"none"`, `{ header = "…" }` or `{ query = "…" }`.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthWay {
    /// As a bearer token.
    Bearer,
    /// Not at all.
    None,
    /// Alone in a header.
    Header(At<String>),
    /// In a query parameter.
    Query(At<String>),
}

/// The value of a header: a text, or `{ env = "…" }`.
#[derive(Debug, Clone, PartialEq)]
pub enum HeaderText {
    /// It stands in the file.
    Text(String),
    /// It stands in an environment variable and is a secret.
    Env(At<String>),
}

/// The tables that both may be.
#[derive(Default)]
struct Place {
    header: Option<At<String>>,
    query: Option<At<String>>,
}

struct Variable {
    env: Option<At<String>>,
}

impl<'a> Table<'a> for Place {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self { header: reader.get("header"), query: reader.get("query") }
    }
}

impl<'a> Table<'a> for Variable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self { env: reader.require("env") }
    }
}

impl<'a> Decode<'a> for AuthWay {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        match value.get_ref() {
            DeValue::String(text) => match text.as_ref() {
                "bearer" => Some(Self::Bearer),
                "none" => Some(Self::None),
                other => {
                    let finding =
                        mistakes.error(&value.span(), format!("unknown way `{other}` to send a key"));
                    let finding = suggest_or_list(finding, other, &["bearer", "none"], "known");
                    mistakes.push(finding.help("or `{ header = \"api-key\" }`, or `{ query = \"key\" }`"));
                    None
                }
            },
            DeValue::Table(_) => {
                let place: Place = Decode::decode(value, key, mistakes)?;
                match (place.header, place.query) {
                    (Some(header), None) => Some(Self::Header(header)),
                    (None, Some(query)) => Some(Self::Query(query)),
                    _ => {
                        let finding =
                            mistakes.error(&value.span(), "`auth` needs either `header` or `query`");
                        mistakes.push(finding.help("for example `auth = { header = \"api-key\" }`"));
                        None
                    }
                }
            }
            _ => {
                mistakes.wrong_type(value, key, "a text or a table");
                None
            }
        }
    }
}

impl<'a> Decode<'a> for HeaderText {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        match value.get_ref() {
            DeValue::String(text) => Some(Self::Text(text.to_string())),
            DeValue::Table(_) => {
                let variable: Variable = Decode::decode(value, key, mistakes)?;
                variable.env.map(Self::Env)
            }
            _ => {
                mistakes.wrong_type(value, key, "a text or `{ env = \"NAME\" }`");
                None
            }
        }
    }
}

impl JsonSchema for AuthWay {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AuthWay".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "anyOf": [
            { "type": "string", "enum": ["bearer", "none"] },
            { "type": "object", "properties": { "header": { "type": "string" } },
              "required": ["header"], "additionalProperties": false },
            { "type": "object", "properties": { "query": { "type": "string" } },
              "required": ["query"], "additionalProperties": false },
        ] })
    }
}

impl JsonSchema for HeaderText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "HeaderText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "anyOf": [
            { "type": "string" },
            { "type": "object", "properties": { "env": { "type": "string", "pattern": "^[A-Z_][A-Z0-9_]*$" } },
              "required": ["env"], "additionalProperties": false },
        ] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::parse;
    use crate::diagnostic::SourceFile;

    fn one<T: for<'a> Decode<'a>>(text: &str) -> Result<T, String> {
        let text = format!("x = {text}\n");
        let mut mistakes = Mistakes::new(SourceFile::new("a.toml", text.as_str()));
        let tree = parse(&text, &mut mistakes).unwrap();
        let decoded = T::decode(tree.get_ref().get("x").unwrap(), "x", &mut mistakes);
        let found = mistakes.finish();
        decoded.ok_or_else(|| found.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn ways_to_send_a_key() {
        assert_eq!(one("'bearer'"), Ok(AuthWay::Bearer));
        assert_eq!(one("'none'"), Ok(AuthWay::None));
        assert!(
            matches!(one("{ header = 'api-key' }"), Ok(AuthWay::Header(name)) if name.value == "api-key")
        );
        assert!(matches!(one("{ query = 'key' }"), Ok(AuthWay::Query(name)) if name.value == "key"));
        assert_eq!(one::<AuthWay>("'baerer'").unwrap_err(), "unknown way `baerer` to send a key");
        assert_eq!(one::<AuthWay>("{}").unwrap_err(), "`auth` needs either `header` or `query`");
        assert!(one::<AuthWay>("{ heder = 'x' }").unwrap_err().contains("unknown key `heder`"));
        assert!(one::<AuthWay>("1").unwrap_err().contains("expected a text or a table"));
    }

    #[test]
    fn header_values() {
        assert_eq!(one("'x'"), Ok(HeaderText::Text("x".into())));
        assert!(matches!(one("{ env = 'X' }"), Ok(HeaderText::Env(name)) if name.value == "X"));
        assert_eq!(one::<HeaderText>("{}").unwrap_err(), "`env` is missing");
        assert!(one::<HeaderText>("1").unwrap_err().contains("expected a text or"));
    }
}
