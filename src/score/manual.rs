//! What a scorer's file says about it, cut out of its source when the program is built.
//!
//! The `//!` lines at the head of a scorer's file are its manual: [`SECTIONS`] in this order, as rustdoc
//! shows them and as `regauge explain scorer NAME` prints them.

/// The sections of every manual, in order.
pub const SECTIONS: [&str; 4] = ["What it checks", "Keys", "Example", "Caveats"];

/// The manual at the head of a source file that stands beside the one this is written in.
macro_rules! docs {
    ($file:literal) => {{
        const SOURCE: &str = include_str!($file);
        const HEAD: [u8; $crate::score::manual::length(SOURCE)] = $crate::score::manual::head(SOURCE);
        $crate::score::manual::text(&HEAD)
    }};
}

/// Bytes of a file's manual.
pub(super) const fn length(source: &str) -> usize {
    cut(source.as_bytes(), &mut [])
}

/// A file's manual.
pub(super) const fn head<const N: usize>(source: &str) -> [u8; N] {
    let mut head = [0; N];
    cut(source.as_bytes(), &mut head);
    head
}

/// The bytes of a manual as text; they are whole lines of a source file.
pub(super) const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// Copies what follows the `//!` of the leading lines, as far as there is room; the length of it all.
const fn cut(source: &[u8], into: &mut [u8]) -> usize {
    let (mut at, mut length) = (0, 0);
    while at + 2 < source.len() && source[at] == b'/' && source[at + 1] == b'/' && source[at + 2] == b'!' {
        at += 3;
        if at < source.len() && source[at] == b' ' {
            at += 1;
        }
        let mut ended = false;
        while at < source.len() && !ended {
            // A checkout's line ends are no part of it.
            if source[at] != b'\r' {
                if length < into.len() {
                    into[length] = source[at];
                }
                length += 1;
            }
            ended = source[at] == b'\n';
            at += 1;
        }
    }
    length
}

/// The sections of a manual: title and markdown, in order. What stands before the first title is left out.
pub fn sections(manual: &str) -> Vec<(&str, &str)> {
    let mut titles = Vec::new();
    let (mut at, mut fenced) = (0, false);
    for line in manual.split_inclusive('\n') {
        // A `#` in an example is a comment.
        fenced ^= line.starts_with("```");
        if let Some(title) = line.strip_prefix("# ").filter(|_| !fenced) {
            titles.push((title.trim(), at..at + line.len()));
        }
        at += line.len();
    }
    let ends = titles.iter().skip(1).map(|(_, line)| line.start).chain([manual.len()]).collect::<Vec<_>>();
    titles.into_iter().zip(ends).map(|((title, line), end)| (title, manual[line.end..end].trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::SCORERS;
    use crate::score::testing::from_example;

    #[test]
    fn every_scorer_has_all_sections_and_tells_all_keys() {
        for kind in SCORERS {
            let found = sections(kind.docs);
            let titles: Vec<&str> = found.iter().map(|(title, _)| *title).collect();
            assert_eq!(titles, SECTIONS, "{}", kind.name);
            assert!(found.iter().all(|(_, body)| !body.is_empty()), "{}", kind.name);
            for key in kind.keys {
                assert!(found[1].1.contains(&format!("`{key}`")), "{}: `{key}` is not told", kind.name);
            }
        }
    }

    #[test]
    fn every_example_builds() {
        // Without its parser no SQL scorer builds.
        for kind in SCORERS.iter().filter(|kind| kind.name != "sql" || cfg!(feature = "sql")) {
            let (_, example) = sections(kind.docs)[2];
            let toml = example.split("```toml\n").nth(1).and_then(|rest| rest.split("\n```").next());
            let built = from_example(toml.unwrap_or_else(|| panic!("{}: no TOML", kind.name)));
            assert!(built.contains(&kind.name), "{}: the example has {built:?}", kind.name);
        }
    }

    #[test]
    fn only_the_leading_lines_count() {
        const SOURCE: &str = "//! # A\r\n//! ă\n//!\n//!b\nuse x;\n//! no\n";
        const HEAD: [u8; length(SOURCE)] = head(SOURCE);
        assert_eq!(text(&HEAD), "# A\nă\n\nb\n");
        assert_eq!(length("use x;"), 0);
        assert_eq!(length("//!"), 0);
    }

    #[test]
    fn sections_are_split_at_titles() {
        let text = "# A\none\n\n# B\n## b\n```sh\n# no title\n```\n";
        assert_eq!(sections(text), [("A", "one"), ("B", "## b\n```sh\n# no title\n```")]);
        assert_eq!(sections("words\n# B\nx"), [("B", "x")]);
        assert!(sections("").is_empty());
    }
}
