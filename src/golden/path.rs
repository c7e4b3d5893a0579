//! Case id ↔ file name: every id has its own path, and no id leads out of the folder.

use std::path::{Path, PathBuf};

use unicode_normalization::is_nfc;

const EXTENSION: &str = ".md";

/// Characters that some file system refuses or reads as something else.
const REFUSED: &[char] = &['%', '<', '>', ':', '"', '\\', '|', '?', '*', '/'];

/// A part of an id with nothing in it (`a//b`): `%` alone is no other part's name, since `%` itself is encoded.
const EMPTY: &str = "%";

/// `folder/<suite>/<case>.md`; a case id's `/` become folders; characters no file system takes are percent-encoded.
pub fn golden_path(folder: &Path, suite: &str, case: &str) -> PathBuf {
    let mut path = folder.join(encode(suite, false));
    let mut parts = case.split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let mut name = encode(part, !last);
        if last {
            name.push_str(EXTENSION);
        }
        path.push(name);
    }
    path
}

/// The suite and case of a path below the golden folder; `None` when no id leads there.
pub(super) fn ids_of(below: &Path) -> Option<(String, String)> {
    let names: Option<Vec<&str>> = below.iter().map(|name| name.to_str()).collect();
    let names = names?;
    let (suite, rest) = names.split_first()?;
    let (last, folders) = rest.split_last()?;
    let mut parts: Vec<String> = folders.iter().map(|name| decode(name)).collect::<Option<_>>()?;
    parts.push(decode(last.strip_suffix(EXTENSION)?)?);
    Some((decode(suite)?, parts.join("/")))
}

/// One part of an id as a file name. Beside [`REFUSED`] and control characters, what is encoded is: dots
/// and spaces at either end (`..`, hidden files, names that Windows cuts), the first letter of names
/// that Windows keeps for devices, the ending of a folder that looks like a golden file, and all of
/// a part that is not in NFC, which some file systems would change.
fn encode(part: &str, folder: bool) -> String {
    if part.is_empty() {
        return EMPTY.to_owned();
    }
    let plain = is_nfc(part);
    let ending = part.len().saturating_sub(EXTENSION.len());
    let like_file = folder && part.get(ending..).is_some_and(|end| end.eq_ignore_ascii_case(EXTENSION));
    let device = is_device(part);
    let mut out = String::with_capacity(part.len());
    for (at, c) in part.char_indices() {
        let edge = at == 0 || at + c.len_utf8() == part.len();
        let refused = REFUSED.contains(&c)
            || c.is_control()
            || (edge && matches!(c, '.' | ' '))
            || (at == 0 && device)
            || (at == ending && like_file)
            || (!plain && !c.is_ascii());
        if refused {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether Windows keeps the name for a device, with any extension.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let numbered =
        port.is_some_and(|n| matches!(n, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"));
    numbered || matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
}

fn decode(name: &str) -> Option<String> {
    if name == EMPTY {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let (hex, after) = after.split_at_checked(2)?;
            let hex = std::str::from_utf8(hex).ok().filter(|h| h.chars().all(|c| c.is_ascii_hexdigit()))?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = after;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::path::Component;

    use proptest::prelude::*;

    use super::*;

    fn shown(case: &str) -> String {
        let path = golden_path(Path::new("g"), "s", case);
        path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    #[test]
    fn plain_ids_read_as_they_are() {
        assert_eq!(shown("return-window"), "g/s/return-window.md");
        assert_eq!(shown("login/a/b#en::h0"), "g/s/login/a/b#en%3A%3Ah0.md");
        assert_eq!(shown("b3b3<::>8"), "g/s/b3b3%3C%3A%3A%3E8.md");
        assert_eq!(shown("reparații"), "g/s/reparații.md");
    }

    #[test]
    fn odd_ids_stay_inside_and_apart() {
        for (case, want) in [
            ("..", "g/s/%2E%2E.md"),
            ("../../etc/passwd", "g/s/%2E%2E/%2E%2E/etc/passwd.md"),
            ("/etc/passwd", "g/s/%/etc/passwd.md"),
            ("a//b", "g/s/a/%/b.md"),
            ("", "g/s/%.md"),
            ("%", "g/s/%25.md"),
            ("nul", "g/s/%6Eul.md"),
            ("Con.v2/x", "g/s/%43on.v2/x.md"),
            ("com1 /x", "g/s/%63om1%20/x.md"),
            ("console", "g/s/console.md"),
            ("a.", "g/s/a%2E.md"),
            (".hidden", "g/s/%2Ehidden.md"),
            ("a.md/b", "g/s/a%2Emd/b.md"),
            ("a\u{0}b\\c", "g/s/a%00b%5Cc.md"),
            ("e\u{301}", "g/s/e%CC%81.md"),
        ] {
            assert_eq!(shown(case), want);
        }
        assert_ne!(shown("Case"), shown("case"));
    }

    #[test]
    fn paths_that_no_id_leads_to_are_none() {
        for path in ["s/a.txt", "a.md", "s/a%2.md", "s/a%zz.md", "s/%FF.md"] {
            assert_eq!(ids_of(Path::new(path)), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn ids_come_back(suite in "[a-z0-9.#%/ :é-]{1,8}", case in any::<String>()) {
            let path = golden_path(Path::new(""), &suite, &case);
            prop_assert_eq!(ids_of(&path), Some((suite, case)));
            prop_assert!(path.components().all(|c| matches!(c, Component::Normal(_))));
        }

        #[test]
        fn ids_of_awkward_letters_come_back(case in "[./% :a-cnulNUL\\\\é\u{301}~-]{0,12}") {
            let path = golden_path(Path::new(""), "s", &case);
            prop_assert_eq!(ids_of(&path), Some(("s".to_owned(), case)));
            prop_assert!(path.components().all(|c| matches!(c, Component::Normal(_))));
        }
    }
}
