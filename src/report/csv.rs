//! Tables for a spreadsheet: RFC 4180, and nothing that would be run as a formula.

use crate::report::inert_line;

/// A table with its heads.
pub(super) fn table(heads: &[impl AsRef<str>], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing into memory cannot fail, and a cell is text.
    let _ = writer.write_record(heads.iter().map(AsRef::as_ref));
    for row in rows {
        let _ = writer.write_record(row.iter().map(|text| cell(text)));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// A text as it may stand in a cell: inert, and what would be run as a formula is text. Numbers stay numbers.
fn cell(text: &str) -> String {
    let text = inert_line(text);
    let formula = text.trim_start().starts_with(['=', '+', '-', '@']) && text.parse::<f64>().is_err();
    if formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_and_quotes_are_text_and_numbers_are_numbers() {
        let of = |text: &str| table(&["a"], [vec![text.to_owned()]]).split_off(3);
        assert_eq!(of("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"\r\n");
        assert_eq!(of("a,b"), "\"a,b\"\r\n");
        assert_eq!(of("plain"), "plain\r\n");
        assert_eq!(of("-0.250"), "-0.250\r\n");
        assert_eq!(of("-1+cmd"), "'-1+cmd\r\n");
        assert!(!cell("a\u{1b}[2J\nb").contains(['\u{1b}', '\n']));
    }
}
