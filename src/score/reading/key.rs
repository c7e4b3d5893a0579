//! The stem of a word: what is left when spelling, number and the common endings do not matter.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::score::facts::small_number;

/// Appends the stem of a folded word.
///
/// Marks go (`lomé`), and with them apostrophes and the stops of abbreviations (`u.s`); digits get
/// one spelling (`1,250`, `4,50`, `3rd`), number words up to a hundred become digits, and the English
/// plural and possessive go. Other endings are left to [`Vocabulary`](super::Vocabulary), which
/// knows no language.
pub(super) fn stem(word: &str, out: &mut String) {
    let start = out.len();
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        number(word, out);
        return;
    }
    if let Some(value) = small_number(word) {
        out.push_str(&value.to_string());
        return;
    }
    let word = word.strip_suffix("'s").unwrap_or(word);
    if word.is_ascii() {
        out.extend(word.chars().filter(char::is_ascii_alphanumeric));
    } else {
        out.extend(word.nfkd().filter(|c| !is_combining_mark(*c) && !matches!(c, '\'' | '.')).map(plain));
    }
    if out.len() == start {
        out.push_str(word);
    }
    singular(start, out);
}

fn plain(c: char) -> char {
    match c {
        'ø' => 'o',
        'ł' => 'l',
        'đ' => 'd',
        'ı' => 'i',
        other => other,
    }
}

/// Takes the plural off a word that starts at `start`.
fn singular(start: usize, out: &mut String) {
    let word = &out[start..];
    let ends = |ending: &str| word.ends_with(ending);
    let cut = match word.len() {
        5.. if ends("ies") => 3,
        5.. if ends("sses") || ends("xes") || ends("zes") || ends("ches") || ends("shes") => 2,
        4.. if ends("s") && !ends("ss") && !ends("us") && !ends("is") => 1,
        _ => 0,
    };
    out.truncate(out.len() - cut);
    if cut == 3 {
        out.push('y');
    }
}

/// Digits in one spelling: no marks between thousands, a point before decimals, no ordinal ending.
fn number(word: &str, out: &mut String) {
    let end =
        word.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '\'')).unwrap_or(word.len());
    let (digits, rest) = word.split_at(end);
    let groups: Vec<&str> = digits.split(['.', ',', '\'']).collect();
    let [head, tail @ ..] = groups.as_slice() else { return out.push_str(word) };
    if tail.is_empty() {
        out.push_str(trimmed(head));
    } else if head.len() <= 3 && !head.starts_with('0') && tail.iter().all(|g| g.len() == 3) {
        out.push_str(head);
        out.extend(tail.iter().copied());
    } else if let [fraction] = tail {
        out.push_str(trimmed(head));
        let fraction = fraction.trim_end_matches('0');
        if !fraction.is_empty() {
            out.push('.');
            out.push_str(fraction);
        }
    } else {
        out.push_str(digits);
    }
    if !matches!(rest, "st" | "nd" | "rd" | "th" | "s") {
        out.push_str(rest);
    }
}

fn trimmed(digits: &str) -> &str {
    let bare = digits.trim_start_matches('0');
    if bare.is_empty() { "0" } else { bare }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(word: &str) -> String {
        let mut out = String::new();
        stem(word, &mut out);
        out
    }

    #[test]
    fn spellings_of_one_word_have_one_stem() {
        for (a, b) in [
            ("lomé", "lome"),
            ("refunds", "refund"),
            ("policies", "policy"),
            ("boxes", "box"),
            ("volta's", "volta"),
            ("u.s", "us"),
            ("don't", "dont"),
            ("1,250", "1250"),
            ("1.250", "1250"),
            ("4,50", "4.5"),
            ("007", "7"),
            ("3rd", "3"),
            ("1970s", "1970"),
            ("three", "3"),
            ("doua", "2"),
            ("thirty", "30"),
        ] {
            assert_eq!(of(a), of(b), "{a} {b}");
        }
    }

    #[test]
    fn different_words_keep_different_stems() {
        for (a, b) in
            [("class", "clas"), ("bus", "bu"), ("1.25", "125"), ("30", "3"), ("10", "1.0"), ("this", "thi")]
        {
            assert_ne!(of(a), of(b), "{a} {b}");
        }
        assert_eq!(of("30km"), "30km");
        assert_eq!(of("1.2.3"), "1.2.3");
    }

    proptest! {
        #[test]
        fn no_word_is_without_a_stem(word in "\\w[\\w'.,]{0,12}") {
            prop_assert!(!of(&word.to_lowercase()).is_empty(), "{word:?}");
        }
    }
}
