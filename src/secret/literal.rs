//! What keys look like where they are written out, and names that stand for them.

use std::sync::LazyLock;

use regex::Regex;

/// Shapes of keys that providers and hosts hand out, and headers that carry one.
pub static LITERAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
        \b(?:sk|pk|rk)-[A-Za-z0-9_-]{8,}        # OpenAI, Anthropic and many that copy them
        | \b(?:hf|r8|gsk)_[A-Za-z0-9]{16,} | \b(?:xai|glpat|pplx|nvapi)-[A-Za-z0-9_-]{16,}
        | \bgh[pousr]_[A-Za-z0-9]{16,} | \bgithub_pat_[A-Za-z0-9_]{16,}
        | \bAIza[A-Za-z0-9_-]{20,} | \bAKIA[A-Z0-9]{12,} | \bxox[abprs]-[A-Za-z0-9-]{8,}
        | \beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]+
        | (?i:\bbearer[\ \t]+[A-Za-z0-9][A-Za-z0-9+/_.=-]{7,})
        | ://[^/\s@"']+@                        # user and password in an address
        "#,
    )
    .ok()
});

/// Whether a text is the name of an environment variable, and not a key.
pub fn is_variable_name(text: &str) -> bool {
    let mut chars = text.chars();
    let head = chars.next().is_some_and(|c| c.is_ascii_uppercase() || c == '_');
    let tail = chars.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let long_and_whole = text.len() >= 32 && !text.contains('_');
    head && tail && !long_and_whole && !looks_literal(text)
}

/// Whether a key stands in a text.
pub fn looks_literal(text: &str) -> bool {
    LITERAL.as_ref().is_some_and(|r| r.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables() {
        for name in ["OPENAI_API_KEY", "_X", "K2", "MY_VERY_LONG_VARIABLE_NAME_WITH_UNDERSCORES"] {
            assert!(is_variable_name(name), "{name}");
        }
        for key in ["", "openai_key", "OPENAI-KEY", "sk-abc", "2X", "AKIAIOSFODNN7EXAMPLE", &"A1".repeat(20)]
        {
            assert!(!is_variable_name(key), "{key}");
        }
    }
}
