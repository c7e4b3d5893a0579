//! A text without what does not matter when texts are compared, with a way back to what was written.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// How much of a text's surface is ignored; each step includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::score) enum Folding {
    /// How it was typed: composed characters, curly apostrophes, cedillas for commas, odd blanks.
    Typing,
    /// Letter case.
    Case,
    /// Romanian diacritics, which customers and models leave out.
    Marks,
}

/// A folded text that knows which characters of the original each of its bytes came from.
#[derive(Debug, Clone)]
pub(in crate::score) struct Folded<'a> {
    /// The folded text.
    pub(in crate::score) text: String,
    original: &'a str,
    /// The way back; none where every byte of both texts is one character, each from the same place.
    map: Option<Map>,
}

#[derive(Debug, Clone, Default)]
struct Map {
    /// For each byte of the folded text the characters of the original.
    origin: Vec<Range<usize>>,
    /// Byte at which each character of the original starts.
    starts: Vec<usize>,
}

impl<'a> Folded<'a> {
    pub(in crate::score) fn new(original: &'a str, folding: Folding) -> Self {
        // Without carriage returns no two characters of ASCII belong together and none is dropped.
        if original.is_ascii() && !original.contains('\r') {
            let mut text = original.to_owned();
            if folding >= Folding::Case {
                text.make_ascii_lowercase();
            }
            return Self { text, original, map: None };
        }
        let mut text = String::with_capacity(original.len());
        let mut map = Map { origin: Vec::with_capacity(original.len()), ..Map::default() };
        let (mut rest, mut at) = (original, 0);
        while let Some((unit, characters)) = next_unit(rest) {
            if characters == 1 && unit.starts_with(stands_alone) {
                unit.chars().for_each(|c| fold_character(c, folding, &mut text));
            } else {
                unit.nfc().for_each(|c| fold_character(c, folding, &mut text));
            }
            map.origin.resize(text.len(), at..at + characters);
            at += characters;
            rest = &rest[unit.len()..];
        }
        map.starts.extend(original.char_indices().map(|(at, _)| at));
        Self { text, original, map: Some(map) }
    }

    /// Characters of the original that a byte range of the folded text came from.
    pub(in crate::score) fn chars(&self, bytes: &Range<usize>) -> Range<usize> {
        let Some(map) = &self.map else {
            return if bytes.is_empty() || bytes.end > self.text.len() { 0..0 } else { bytes.clone() };
        };
        let Some(touched) = map.origin.get(bytes.clone()) else { return 0..0 };
        match (touched.first(), touched.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// Characters of the original.
    pub(in crate::score) fn quote(&self, chars: &Range<usize>) -> &'a str {
        let byte = |at: usize| match &self.map {
            None => at.min(self.original.len()),
            Some(map) => map.starts.get(at).copied().unwrap_or(self.original.len()),
        };
        self.original.get(byte(chars.start)..byte(chars.end)).unwrap_or_default()
    }

    /// Bytes of the folded text that came from a character range of the original.
    pub(in crate::score) fn bytes(&self, chars: &Range<usize>) -> Range<usize> {
        let (start, end) = match &self.map {
            None => (chars.start.min(self.text.len()), chars.end.min(self.text.len())),
            Some(map) => (
                map.origin.partition_point(|o| o.end <= chars.start),
                map.origin.partition_point(|o| o.start < chars.end),
            ),
        };
        start..end.max(start)
    }

    /// Byte ranges of every occurrence of a folded needle; an empty needle occurs nowhere.
    pub(in crate::score) fn find_all(&self, needle: &str) -> Vec<Range<usize>> {
        if needle.is_empty() {
            return Vec::new();
        }
        self.text.match_indices(needle).map(|(at, found)| at..at + found.len()).collect()
    }
}

/// The first grapheme cluster of a text and its number of characters.
fn next_unit(text: &str) -> Option<(&str, usize)> {
    let mut characters = text.chars();
    let first = characters.next()?;
    if stands_alone(first) && characters.next().is_none_or(|next| next == '\r' || stands_alone(next)) {
        return Some((&text[..first.len_utf8()], 1));
    }
    let cluster = text.graphemes(true).next()?;
    Some((cluster, cluster.chars().count()))
}

/// Characters that form no cluster with each other and are their own composed form: Latin letters,
/// typographic punctuation, currencies. Those that combine lie elsewhere, but for the carriage return.
fn stands_alone(c: char) -> bool {
    matches!(c, '\0'..='\u{2ff}' | '\u{2010}'..='\u{2027}' | '\u{20a0}'..='\u{20bf}') && c != '\r'
}

fn fold_character(typed: char, folding: Folding, out: &mut String) {
    let Some(plain) = typing(typed) else { return };
    if folding < Folding::Case {
        out.push(plain);
    } else if plain.is_ascii() {
        out.push(plain.to_ascii_lowercase());
    } else {
        out.extend(plain.to_lowercase().map(|c| if folding < Folding::Marks { c } else { unmarked(c) }));
    }
}

fn typing(c: char) -> Option<char> {
    Some(match c {
        '\u{2019}' | '\u{2018}' | '\u{02bc}' | '\u{00b4}' => '\'',
        'ş' => 'ș',
        'Ş' => 'Ș',
        'ţ' => 'ț',
        'Ţ' => 'Ț',
        '\u{00a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' => ' ',
        '\u{2010}' | '\u{2011}' => '-',
        '\u{00ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\r' => return None,
        other => other,
    })
}

fn unmarked(c: char) -> char {
    match c {
        'ă' | 'â' => 'a',
        'î' => 'i',
        'ș' => 's',
        'ț' => 't',
        other => other,
    }
}

/// The folded text alone.
pub(in crate::score) fn fold(text: &str, folding: Folding) -> String {
    Folded::new(text, folding).text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::score::words::quote;

    impl Folded<'_> {
        fn origins(&self) -> Vec<Range<usize>> {
            match &self.map {
                None => (0..self.text.len()).map(|at| at..at + 1).collect(),
                Some(map) => map.origin.clone(),
            }
        }
    }

    /// Cluster by cluster, each composed: what every short cut has to equal.
    fn slowly(original: &str, folding: Folding) -> (String, Vec<Range<usize>>) {
        let (mut text, mut origin, mut at) = (String::new(), Vec::new(), 0);
        for cluster in original.graphemes(true) {
            let end = at + cluster.chars().count();
            for plain in cluster.nfc().filter_map(typing) {
                match folding {
                    Folding::Typing => text.push(plain),
                    Folding::Case => text.extend(plain.to_lowercase()),
                    Folding::Marks => text.extend(plain.to_lowercase().map(unmarked)),
                }
            }
            origin.resize(text.len(), at..end);
            at = end;
        }
        (text, origin)
    }

    fn same(text: &str) -> Result<(), TestCaseError> {
        for folding in [Folding::Typing, Folding::Case, Folding::Marks] {
            let folded = Folded::new(text, folding);
            let (slow, origin) = slowly(text, folding);
            prop_assert_eq!(&folded.text, &slow);
            prop_assert_eq!(folded.origins(), origin.clone());
            let map = Map { origin, starts: text.char_indices().map(|(at, _)| at).collect() };
            let mapped = Folded { text: slow, original: text, map: Some(map) };
            for start in 0..6 {
                for end in [start, start + 1, start + 3, 9, 500] {
                    let range = start..end;
                    prop_assert_eq!(folded.chars(&range), mapped.chars(&range));
                    prop_assert_eq!(folded.bytes(&range), mapped.bytes(&range));
                    prop_assert_eq!(folded.quote(&range), mapped.quote(&range));
                }
            }
        }
        Ok(())
    }

    #[test]
    fn romanian_letters_are_equal_in_every_spelling() {
        for spelling in ["Știți", "ştiţi", "stiti", "S\u{326}tit\u{326}i"] {
            assert_eq!(fold(spelling, Folding::Marks), "stiti", "{spelling}");
        }
        assert_eq!(fold("Şi", Folding::Typing), "Și");
        assert_eq!(fold("schön café", Folding::Marks), "schön café");
    }

    #[test]
    fn spans_lead_back_to_the_original_characters() {
        let text = "Nu s\u{326}tiu — I don’t";
        let folded = Folded::new(text, Folding::Marks);
        let found = folded.find_all("stiu");
        assert_eq!(quote(text, &folded.chars(&found[0])), "s\u{326}tiu");
        let found = folded.find_all("don't");
        assert_eq!(folded.quote(&folded.chars(&found[0])), "don’t");
        assert_eq!((folded.quote(&(3..99)), folded.quote(&(50..60))), (quote(text, &(3..99)).as_str(), ""));
        assert_eq!(&folded.text[folded.bytes(&folded.chars(&found[0]))], "don't");
        assert_eq!(folded.bytes(&(5..5)).len(), 0);
        assert_eq!(folded.chars(&(0..0)), 0..0);
        assert_eq!(folded.chars(&(0..10_000)), 0..0);
    }

    #[test]
    fn a_line_break_of_two_characters_is_one() {
        let folded = Folded::new("a\r\nB\r", Folding::Case);
        assert_eq!(folded.text, "a\nb");
        assert_eq!(folded.origins(), [0..1, 1..3, 3..4]);
    }

    #[test]
    fn what_stands_alone_is_its_own_cluster_and_composed() {
        let alone: Vec<char> = ('\0'..='\u{2fff}').filter(|c| stands_alone(*c)).collect();
        for c in &alone {
            assert!(c.nfc().eq([*c]), "{c:?}");
        }
        let beside = ['a', 'Z', '\n', '\u{a9}', '\u{2019}', '\u{20ac}', '\u{201e}', '\u{130}'];
        for (one, other) in alone.iter().flat_map(|c| beside.iter().map(move |b| (*c, *b))) {
            for pair in [[one, other], [other, one]] {
                let text = String::from_iter(pair);
                assert_eq!(text.graphemes(true).count(), 2, "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_byte_of_a_folded_text_has_an_origin(text in any::<String>()) {
            let folded = Folded::new(&text, Folding::Marks);
            let total = text.chars().count();
            let origin = folded.origins();
            prop_assert_eq!(origin.len(), folded.text.len());
            prop_assert!(origin.iter().all(|o| o.start < o.end && o.end <= total));
        }

        #[test]
        fn short_cuts_change_no_ascii(text in "[\\x00-\\x7f]{0,40}|[aA\\r\\n .]{0,12}") {
            same(&text)?;
        }

        #[test]
        fn short_cuts_change_no_text(
            text in any::<String>(),
            near in "[aZ \\r\\n\u{326}\u{301}\u{200d}\u{200b}\u{600}\u{a9}\u{1f468}\u{1f1e9}ăȘţ’“…€\u{ad}\u{130}\u{fe0f}가\u{11a8}]{0,14}",
        ) {
            same(&text)?;
            same(&near)?;
        }
    }
}
