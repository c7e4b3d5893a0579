//! The report as JSON: the whole value, for programs.

use crate::report::inert::is_active;
use crate::report::{Depth, RendererKind, Report, ReportOptions};

/// Row of the renderer table.
pub const KIND: RendererKind = RendererKind {
    name: "json",
    summary: "the whole report as JSON, for programs",
    endings: &["json"],
    depth: |_| Depth::ALL,
    render,
};

fn render(report: &Report, _: &ReportOptions) -> String {
    // A report is a tree of structs with text keys, which JSON can always hold.
    let mut text =
        serde_json::to_string_pretty(report).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    if text.chars().any(acts) {
        text = escape(&text);
    }
    text.push('\n');
    text
}

/// JSON text in which every character that a terminal would act on is written as `\uXXXX`: the same values,
/// safe to look at.
pub fn escape(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if acts(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                safe.extend(format!("\\u{unit:04x}").chars());
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

fn acts(c: char) -> bool {
    c != '\n' && is_active(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn escaping_keeps_the_value(text in any::<String>()) {
            let json = escape(&serde_json::to_string_pretty(&[&text]).unwrap());
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
            prop_assert!(!json.chars().any(|c| c != '\n' && is_active(c)));
        }
    }
}
