//! A question cut into what may be changed and what must stay: addresses, numbers, ids, quoted names.

use std::sync::LazyLock;

use regex::Regex;

/// Numbers, months and days in words, in English and Romanian, with and without marks.
const NUMBER_WORDS: &str = r"(?i:\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|dou[aă]|trei|patru|cinci|[sșş]ase|[sșş]apte|opt|nou[aă]|zece|unsprezece|doisprezece|treisprezece|paisprezece|cincisprezece|[sșş]aisprezece|[sșş]aptesprezece|optsprezece|nou[aă]sprezece|dou[aă]zeci|treizeci|patruzeci|cincizeci|[sșş]aizeci|[sșş]aptezeci|optzeci|nou[aă]zeci|sut[aăe]|mie|mii|ianuarie|februarie|martie|aprilie|iunie|iulie|august|septembrie|octombrie|noiembrie|decembrie|luni|mar[tțţ]i|miercuri|joi|vineri|s[aâ]mb[aă]t[aă]|duminic[aă])\b)|\b(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b";

/// What stays, longest kinds first: addresses, quotations, code-like words, every word with a digit or sign of an id
/// in it, and numbers in words.
static KEPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let kinds = [
        r"(?i:\b(?:https?://|www\.)\S+)",
        r"[^\s@]+@[^\s@]+",
        r#""[^"\n]{1,120}""#,
        "[“„][^“”„\n]{1,120}[”“]",
        "[«‹][^«»‹›\n]{1,120}[»›]",
        "‘[^‘’\n]{1,120}’",
        r"\B'[^'\n]{1,120}'\B",
        "`[^`\n]{1,120}`",
        r"\S*[\d_#€$£%/\\]\S*",
        r"\b[\w-]+(?:\.[\w-]{2,})+\b",
        r"\b\p{Lu}[\p{Lu}-]+\b",
        NUMBER_WORDS,
    ];
    Regex::new(&kinds.join("|")).ok()
});

/// One piece of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'q> {
    /// Its text.
    pub(super) text: &'q str,
    /// Whether it may be changed.
    pub(super) free: bool,
}

/// A question as its pieces; put together they are the question.
#[derive(Debug)]
pub(super) struct Pieces<'q>(Vec<Piece<'q>>);

impl<'q> Pieces<'q> {
    /// Cuts a question; `keep` are further words that stay, whatever their case.
    pub(super) fn of(question: &'q str, keep: &[String]) -> Self {
        let mut pieces = Vec::new();
        let mut add = |text: &'q str, free: bool| {
            if !text.is_empty() {
                pieces.push(Piece { text, free });
            }
        };
        let own = keep_words(keep);
        let mut from = 0;
        for found in KEPT.iter().flat_map(|kept| kept.find_iter(question)) {
            cut(&question[from..found.start()], own.as_ref(), &mut add);
            add(found.as_str(), false);
            from = found.end();
        }
        // Without the pattern nothing is known to be free.
        if KEPT.is_none() {
            add(question, false);
        } else {
            cut(&question[from..], own.as_ref(), &mut add);
        }
        Self(pieces)
    }

    /// All pieces in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Piece<'q>> + '_ {
        self.0.iter().copied()
    }

    /// The pieces that stay.
    #[cfg(test)]
    pub(super) fn kept(&self) -> impl Iterator<Item = &'q str> + '_ {
        self.iter().filter(|p| !p.free).map(|p| p.text)
    }

    /// The question as it was.
    pub(super) fn text(&self) -> String {
        self.iter().map(|p| p.text).collect()
    }

    /// The question with every free piece replaced.
    pub(super) fn map(&self, mut change: impl FnMut(&str) -> String) -> String {
        self.iter().map(|p| if p.free { change(p.text) } else { p.text.to_owned() }).collect()
    }
}

fn keep_words(keep: &[String]) -> Option<Regex> {
    let mut words: Vec<String> =
        keep.iter().map(|w| w.trim()).filter(|w| !w.is_empty()).map(regex::escape).collect();
    // A longer name that begins like a shorter one is the one that is meant.
    words.sort_by_key(|w| std::cmp::Reverse(w.len()));
    (!words.is_empty()).then(|| Regex::new(&format!("(?i:{})", words.join("|"))).ok()).flatten()
}

/// Hands out a free stretch, with the user's own words kept.
fn cut<'q>(text: &'q str, own: Option<&Regex>, add: &mut impl FnMut(&'q str, bool)) {
    let mut from = 0;
    for found in own.into_iter().flat_map(|own| own.find_iter(text)) {
        add(&text[from..found.start()], true);
        add(found.as_str(), false);
        from = found.end();
    }
    add(&text[from..], true);
}

/// The words of a text as (text, whether it is a word): letters and what joins them, and what is between.
pub(super) fn words(text: &str) -> Vec<(&str, bool)> {
    let mut all: Vec<(&str, bool)> = Vec::new();
    let mut from = 0;
    let mut before: Option<bool> = None;
    for (at, c) in text.char_indices() {
        let word = c.is_alphanumeric() || matches!(c, '\'' | '’' | '-') || is_mark(c);
        if before.is_some_and(|b| b != word) {
            all.push((&text[from..at], !word));
            from = at;
        }
        before = Some(word);
    }
    if let Some(word) = before {
        all.push((&text[from..], word));
    }
    all
}

/// Whether it is a mark that stands on the letter before it.
pub(super) fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Vec<&str> {
        let pieces = Pieces::of(text, &["Volta One".to_owned(), "volta".to_owned()]);
        assert_eq!(pieces.text(), text);
        pieces.kept().collect()
    }

    #[test]
    fn what_an_answer_hangs_on_is_kept() {
        assert_eq!(
            kept("Paid 1.299,00 lei on 12.03.2026 for RX-4471?"),
            ["1.299,00", "12.03.2026", "RX-4471?"]
        );
        assert_eq!(
            kept("See https://help.example/a-b, or ana@x.example."),
            ["https://help.example/a-b,", "ana@x.example."]
        );
        assert_eq!(
            kept("Is “City Bike” or „Oraș” or 'Mini X' there?"),
            ["“City Bike”", "„Oraș”", "'Mini X'"]
        );
        assert_eq!(kept("It's my volta one, isn't it"), ["volta one"]);
        assert_eq!(
            kept("GPS and SMS I use, file_name voltaciclo.example"),
            ["GPS", "SMS", "file_name", "voltaciclo.example"]
        );
        assert_eq!(
            kept("twenty days from Monday, treizeci de zile de vineri, șapte"),
            ["twenty", "Monday", "treizeci", "vineri", "șapte"]
        );
        assert_eq!(kept(""), [""; 0]);
    }

    #[test]
    fn words_are_letters_with_their_marks() {
        let found: Vec<_> =
            words("Nu-i s\u{327}i, don’t!").into_iter().filter(|w| w.1).map(|w| w.0).collect();
        assert_eq!(found, ["Nu-i", "s\u{327}i", "don’t"]);
        assert!(words("").is_empty());
    }
}
