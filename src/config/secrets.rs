//! Finds literal API keys in a settings file and masks them before anything else reads it.
//!
//! The text that later checks, findings and reports see is the masked one, so a key that was
//! written by mistake can never be echoed, not even by a finding about another key of its line.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::SourceFile;
use crate::secret::{LITERAL, is_variable_name, looks_literal};

/// A settings file that may be shown, and the places where a literal key stood.
#[derive(Debug)]
pub(super) struct Masked {
    /// The file with every key replaced by asterisks of the same length.
    pub(super) file: SourceFile,
    /// Value spans of the keys, in order.
    pub(super) keys: Vec<Range<usize>>,
}

/// `name = value` of a text that is not valid TOML, where the name says that the value is secret.
static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:key|key_env|token|secret|password|authorization)["']?[ \t]*[=:][ \t]*([^\r\n,}]+)"#)
        .ok()
});

/// Masks every literal key of a text.
pub(super) fn mask(file: &SourceFile) -> Masked {
    let (tree, errors) = DeTable::parse_recoverable(&file.text);
    let mut keys = Vec::new();
    if errors.is_empty() {
        search(tree.get_ref(), &mut keys);
    }
    let mut hidden = keys.clone();
    if !errors.is_empty() {
        let assigned = ASSIGNED.iter().flat_map(|r| r.captures_iter(&file.text));
        hidden.extend(assigned.filter_map(|c| c.get(1)).map(|m| m.range()));
    }
    // Comments are no values, but a finding may show their line.
    hidden.extend(LITERAL.iter().flat_map(|r| r.find_iter(&file.text)).map(|m| m.range()));
    let mut bytes = file.text.as_bytes().to_vec();
    for span in hidden {
        let inner = inside_quotes(&file.text, span);
        for byte in bytes.get_mut(inner).into_iter().flatten() {
            if *byte != b'\n' && *byte != b'\r' {
                *byte = b'*';
            }
        }
    }
    // Spans are whole characters, so only ASCII was put in place of whole characters.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    keys.sort_by_key(|k| k.start);
    Masked { file: SourceFile::new(file.path.clone(), text), keys }
}

fn search(table: &DeTable<'_>, keys: &mut Vec<Range<usize>>) {
    for (name, value) in table {
        let name = name.get_ref().to_lowercase().replace('-', "_");
        let text = value.get_ref().as_str();
        let literal = match name.as_str() {
            "api_key" | "apikey" | "key" | "token" | "secret" | "password" | "authorization" => {
                text.is_some_and(|t| !t.is_empty())
            }
            "api_key_env" => text.is_some_and(|t| !is_variable_name(t)),
            _ => false,
        };
        if literal {
            keys.push(value.span());
        } else if let ("headers", DeValue::Table(headers)) = (name.as_str(), value.get_ref()) {
            search_headers(headers, keys);
        } else {
            search_value(value, keys);
        }
    }
}

/// Headers whose name says that they carry a key must take it from the environment.
fn search_headers(headers: &DeTable<'_>, keys: &mut Vec<Range<usize>>) {
    for (name, value) in headers {
        let name = name.get_ref().to_lowercase();
        let secret =
            ["key", "token", "secret", "auth", "cookie", "password"].iter().any(|w| name.contains(w));
        if secret && value.get_ref().as_str().is_some_and(|text| !text.is_empty()) {
            keys.push(value.span());
        } else if let Some(variable) = value.get_ref().as_table().and_then(|t| t.get("env")) {
            let text = variable.get_ref().as_str();
            keys.extend(text.filter(|t| !is_variable_name(t)).map(|_| variable.span()));
        } else {
            search_value(value, keys);
        }
    }
}

fn search_value(value: &Spanned<DeValue<'_>>, keys: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        DeValue::String(text) if looks_literal(text) => keys.push(value.span()),
        DeValue::Array(items) => items.iter().for_each(|item| search_value(item, keys)),
        DeValue::Table(table) => search(table, keys),
        _ => {}
    }
}

/// The part of a TOML string between its quotes; the span itself when it is no string.
fn inside_quotes(text: &str, span: Range<usize>) -> Range<usize> {
    let whole = text.get(span.clone()).unwrap_or_default();
    for quotes in ["\"\"\"", "'''", "\"", "'"] {
        let both = whole.len() >= 2 * quotes.len() && whole.starts_with(quotes) && whole.ends_with(quotes);
        if both {
            return span.start + quotes.len()..span.end - quotes.len();
        }
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> (String, usize) {
        let masked = mask(&SourceFile::new("regauge.toml", text));
        assert_eq!(masked.file.text.len(), text.len());
        (masked.file.text.to_string(), masked.keys.len())
    }

    #[test]
    fn literal_keys_are_masked_and_the_text_stays_valid() {
        for (line, keys) in [
            (r#"api_key = "canary-0123456789""#, 1),
            (r#"api_key_env = "sk-canary-0123456789""#, 1),
            (r#"api_key_env = "canary""#, 1),
            (r#"extra = { headers = ["Bearer canary0123456789"] }"#, 1),
            (r#"base_url = "https://me:canary@host/v1""#, 1),
            ("api_key = '''\ncan\\ary\né'''", 1),
            (r#"api_key = "a\"canary""#, 1),
            ("x = 1 # was sk-canary-0123456789", 0),
        ] {
            let (text, found) = masked(line);
            assert_eq!(found, keys, "{line}");
            assert!(!text.contains("canary") && !text.contains("ary"), "{text}");
            assert!(DeTable::parse(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn broken_toml_shows_no_key_either() {
        for line in
            ["api_key = canary", "m = { api_key = 'canary, x", "token: canary\"", "= sk-canary-012345678"]
        {
            let (text, _) = masked(line);
            assert!(!text.contains("canary"), "{text}");
        }
    }

    #[test]
    fn plain_settings_stay_as_they_are() {
        let text =
            "[models.a]\nprovider = 'openai'\nbase_url = 'http://localhost:8080/v1'\nmodel = 'task-12'\n";
        assert_eq!(masked(text), (text.to_owned(), 0));
    }
}
