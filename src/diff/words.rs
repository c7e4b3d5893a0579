//! Two texts word by word, for renderers.

use serde::Serialize;
use similar::{ChangeTag, TextDiff};
use unicode_segmentation::UnicodeSegmentation;

/// Most words of both texts together that are compared one by one; comparing may take the square of it.
/// A longer pair (far beyond any support answer) is shown as replaced, so that no text can stall a report.
const MOST_WORDS: usize = 8_000;

/// Two texts that share less than this of their letters are different answers: the few words they have in
/// common would only make the rest unreadable.
const LEAST_SHARED: f64 = 0.35;

/// A stretch of text that is in both texts or only in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DiffPiece {
    /// In both.
    Equal(String),
    /// Only in the old text.
    Removed(String),
    /// Only in the new text.
    Added(String),
}

impl DiffPiece {
    /// The stretch itself.
    pub fn text(&self) -> &str {
        match self {
            Self::Equal(text) | Self::Removed(text) | Self::Added(text) => text,
        }
    }
}

/// The pieces that make `new` of `old`, in order, each as long as it can be; nothing is trimmed, so equal
/// and removed pieces together are the old text, equal and added ones the new.
pub fn word_diff(old: &str, new: &str) -> Vec<DiffPiece> {
    let mut pieces = Vec::new();
    if old == new {
        push(&mut pieces, ChangeTag::Equal, old);
    } else if old.split_word_bounds().chain(new.split_word_bounds()).nth(MOST_WORDS).is_some() {
        push(&mut pieces, ChangeTag::Delete, old);
        push(&mut pieces, ChangeTag::Insert, new);
    } else {
        for change in TextDiff::from_unicode_words(old, new).iter_all_changes() {
            push(&mut pieces, change.tag(), change.value());
        }
        if shared(&pieces) < LEAST_SHARED {
            return vec![DiffPiece::Removed(old.to_owned()), DiffPiece::Added(new.to_owned())]
                .into_iter()
                .filter(|piece| !piece.text().is_empty())
                .collect();
        }
    }
    pieces
}

/// Share of letters and digits of both texts that stand in equal pieces.
fn shared(pieces: &[DiffPiece]) -> f64 {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count() as f64;
    let (mut equal, mut all) = (0.0, 0.0);
    for piece in pieces {
        let (n, sides) =
            (letters(piece.text()), if matches!(piece, DiffPiece::Equal(_)) { 2.0 } else { 1.0 });
        all += n * sides;
        equal += if sides > 1.0 { n * sides } else { 0.0 };
    }
    if all > 0.0 { equal / all } else { 1.0 }
}

/// Appends to the last piece when it is of the same kind.
fn push(pieces: &mut Vec<DiffPiece>, tag: ChangeTag, text: &str) {
    match (pieces.last_mut(), tag) {
        _ if text.is_empty() => {}
        (Some(DiffPiece::Equal(last)), ChangeTag::Equal)
        | (Some(DiffPiece::Removed(last)), ChangeTag::Delete)
        | (Some(DiffPiece::Added(last)), ChangeTag::Insert) => last.push_str(text),
        (_, ChangeTag::Equal) => pieces.push(DiffPiece::Equal(text.to_owned())),
        (_, ChangeTag::Delete) => pieces.push(DiffPiece::Removed(text.to_owned())),
        (_, ChangeTag::Insert) => pieces.push(DiffPiece::Added(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(old: &str, new: &str) -> String {
        let mark = |piece: &DiffPiece| match piece {
            DiffPiece::Equal(text) => text.clone(),
            DiffPiece::Removed(text) => format!("[-{text}-]"),
            DiffPiece::Added(text) => format!("{{+{text}+}}"),
        };
        word_diff(old, new).iter().map(mark).collect()
    }

    fn side(pieces: &[DiffPiece], left_out: fn(&DiffPiece) -> bool) -> String {
        pieces.iter().filter(|p| !left_out(p)).map(DiffPiece::text).collect()
    }

    #[test]
    fn words_are_not_cut() {
        assert_eq!(drawn("You have 30 days.", "You have 14 days."), "You have [-30-]{+14+} days.");
        assert_eq!(drawn("Aveți la dispoziție 30", "Aveți dispoziție 30"), "Aveți [-la -]dispoziție 30");
    }

    #[test]
    fn empty_texts_have_no_pieces() {
        assert_eq!(word_diff("", ""), []);
        assert_eq!(word_diff("", "new"), [DiffPiece::Added("new".into())]);
        assert_eq!(word_diff("old", ""), [DiffPiece::Removed("old".into())]);
        assert_eq!(word_diff("a b", "a b"), [DiffPiece::Equal("a b".into())]);
    }

    #[test]
    fn a_monster_is_replaced_at_once() {
        let (old, new) = ("a ".repeat(20_000), "b ".repeat(20_000));
        assert_eq!(word_diff(&old, &new), [DiffPiece::Removed(old.clone()), DiffPiece::Added(new)]);
        assert_eq!(word_diff(&old, &old), [DiffPiece::Equal(old.clone())]);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_the_pieces(old in "[ab é.\n\u{202e}]{0,30}", new in "[ab é.\n\u{202e}]{0,30}") {
            let pieces = word_diff(&old, &new);
            prop_assert_eq!(side(&pieces, |p| matches!(p, DiffPiece::Added(_))), old);
            prop_assert_eq!(side(&pieces, |p| matches!(p, DiffPiece::Removed(_))), new);
        }
    }
}
