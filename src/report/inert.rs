//! Making hostile text safe to look at: answers, articles and customer questions are written by others.
//!
//! Nothing is dropped silently: what a terminal would act on, or what would hide or reorder text, is
//! shown as a visible stand-in, so that a reader sees that it was there.

/// Whether a terminal would act on the character, or a reader could not see what it does.
pub(super) fn is_active(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Bidirectional marks, embeddings, overrides and isolates.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Invisible characters and tags, which can carry hidden text.
        | '\u{ad}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every active character replaced by a visible stand-in; line breaks stay, a tab becomes a space.
pub fn inert(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\u{2028}' | '\u{2029}' => safe.push('\n'),
            '\t' => safe.push(' '),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\u{0}'..='\u{1f}' => safe.extend(char::from_u32(0x2400 + c as u32)),
            '\u{7f}' => safe.push('␡'),
            c if is_active(c) => safe.extend(format!("<U+{:04X}>", c as u32).chars()),
            c => safe.push(c),
        }
    }
    safe
}

/// [`inert`] on one line: line breaks are shown as `⏎`.
pub fn inert_line(text: &str) -> String {
    inert(text.trim()).replace('\n', " ⏎ ")
}

/// The text without its escape sequences and active characters, for files that people keep; line breaks and tabs stay.
pub fn stripped(text: &str) -> String {
    console::strip_ansi_codes(text).chars().filter(|c| matches!(c, '\n' | '\t') || !is_active(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_are_shown_and_not_acted_on() {
        assert_eq!(inert("\u{1b}[31mred\u{1b}[0m"), "␛[31mred␛[0m");
        assert_eq!(inert("\u{1b}]0;title\u{7}rest"), "␛]0;title␇rest");
        assert_eq!(inert("a\u{9b}2Jb"), "a<U+009B>2Jb");
        assert_eq!(inert("back\u{8}space"), "back␈space");
    }

    #[test]
    fn bidi_overrides_and_hidden_text_are_shown() {
        assert_eq!(inert("a\u{202e}b\u{2066}c\u{200b}d"), "a<U+202E>b<U+2066>c<U+200B>d");
        assert_eq!(inert("x\u{e0041}"), "x<U+E0041>");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        let text = "Ai 30 de zile.\nRăspuns: «da» 👩\u{200d}💻 مرحبا";
        assert_eq!(inert(text), text);
        assert_eq!(inert("a\r\nb\tc\rd"), "a\nb c␍d");
        assert_eq!(inert_line("  a\n\nb \n"), "a ⏎  ⏎ b");
    }

    proptest! {
        #[test]
        fn nothing_active_is_left(text in any::<String>()) {
            prop_assert!(!inert(&text).chars().any(|c| c != '\n' && is_active(c)));
        }

        #[test]
        fn it_is_idempotent(text in any::<String>()) {
            prop_assert_eq!(inert(&inert(&text)), inert(&text));
        }
    }
}
