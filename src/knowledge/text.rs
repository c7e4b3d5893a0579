//! The text of a file: UTF-8, UTF-16 where the file begins with its mark, and a page in the encoding that it names.

use std::path::Path;

use encoding_rs::{Encoding, UTF_8};

use crate::diagnostic::{Diagnostic, SourceFile};

/// Bytes of a page in which its encoding is looked for, as browsers do.
const PRESCAN: usize = 1024;

/// The text of a file, shown as `shown`.
///
/// # Errors
/// It cannot be read, or is not text in one of these encodings.
pub fn read_text(path: &Path, shown: &Path) -> Result<String, Diagnostic> {
    let unread = |error| Diagnostic::error(format!("failed to read the file: {error}")).in_path(shown);
    decode(std::fs::read(path).map_err(unread)?, shown)
}

fn decode(bytes: Vec<u8>, shown: &Path) -> Result<String, Diagnostic> {
    if let Some((encoding, _)) = Encoding::for_bom(&bytes).filter(|(encoding, _)| *encoding != UTF_8) {
        return Ok(encoding.decode(&bytes).0.into_owned());
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let at = error.utf8_error().valid_up_to();
    let bytes = error.into_bytes();
    let is_page =
        shown.extension().is_some_and(|e| e.to_ascii_lowercase().to_string_lossy().starts_with("htm"));
    if let Some(encoding) = named(&bytes).filter(|encoding| is_page && *encoding != UTF_8) {
        return Ok(encoding.decode(&bytes).0.into_owned());
    }
    let file = SourceFile::new(shown, String::from_utf8_lossy(&bytes).into_owned());
    let help = if is_page {
        "save it as UTF-8, or name its encoding: <meta charset=\"…\">"
    } else {
        "save it as UTF-8 (spreadsheets call it “CSV UTF-8”)"
    };
    let finding = Diagnostic::error(format!("the file is not UTF-8 text from byte {} on", at + 1));
    Err(finding.at(file.at(at..at + char::REPLACEMENT_CHARACTER.len_utf8())).help(help))
}

/// The encoding that a page names in `<meta>`.
fn named(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(PRESCAN)]).to_ascii_lowercase();
    let (_, rest) = head.split_once("charset=")?;
    let rest = rest.trim_start_matches(['"', '\'', ' ']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c)).unwrap_or(rest.len());
    Encoding::for_label(&rest.as_bytes()[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, bytes: &[u8]) -> Result<String, String> {
        decode(bytes.to_vec(), Path::new(name)).map_err(|finding| {
            let row = finding.to_row();
            format!("{}:{} {}", row.line.unwrap_or(0), row.column.unwrap_or(0), row.message)
        })
    }

    #[test]
    fn marks_and_names_are_honoured_and_anything_else_has_a_place() {
        assert_eq!(of("a.md", "preț".as_bytes()).unwrap(), "preț");
        assert_eq!(of("a.md", b"\xff\xfeh\0i\0").unwrap(), "hi");
        let page = b"<meta charset=\"windows-1250\"><p>\xba\xfe</p>";
        assert_eq!(of("a.html", page).unwrap(), "<meta charset=\"windows-1250\"><p>şţ</p>");
        assert_eq!(of("a.md", b"ok\ncaf\xe9").unwrap_err(), "2:4 the file is not UTF-8 text from byte 7 on");
        assert!(of("a.html", b"<p>\xe9").is_err());
    }
}
