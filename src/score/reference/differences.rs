//! What an answer lacks of a reference, and what it has besides.

use std::hash::Hash;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::score::Evidence;
use crate::score::words::Words;

/// Differences shown, and words compared for them.
const SHOWN: usize = 40;
const MOST_WORDS: usize = 2_000;

/// What the reference has and the answer lacks (`missing`), and the other way round (`extra`). Words are compared by
/// their keys: one per word, equal for words that count as the same.
pub(super) fn of<K: Copy + Hash + Ord>(
    (answer, answer_keys): (&Words<'_>, &[K]),
    (reference, reference_keys): (&Words<'_>, &[K]),
) -> Vec<Evidence> {
    let [answer_keys, reference_keys] =
        [answer_keys, reference_keys].map(|keys| keys.get(..MOST_WORDS).unwrap_or(keys));
    let mut found = Vec::new();
    let mut more = 0;
    for op in capture_diff_slices(Algorithm::Myers, reference_keys, answer_keys) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        if found.len() >= SHOWN {
            more += 1;
            continue;
        }
        if let Some(span) = reference.span(&op.old_range()) {
            found.push(Evidence::new("missing", reference.quote(&span)));
        }
        if let Some(span) = answer.span(&op.new_range()) {
            let quote = answer.quote(&span);
            found.push(Evidence { span: Some(span), ..Evidence::new("extra", quote) });
        }
    }
    if more > 0
        && let Some(last) = found.last_mut()
    {
        last.note = Some(format!("and {more} more differences"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(answer: &str, reference: &str) -> Vec<Evidence> {
        let [answer, reference] = [answer, reference].map(Words::new);
        let [said, wanted] = [&answer, &reference].map(|words| words.iter().collect::<Vec<_>>());
        of((&answer, &said), (&reference, &wanted))
    }

    #[test]
    fn both_sides_are_shown_with_characters_of_the_answer() {
        let found = words_of("€ — Ai 14 zile.", "ai 30 de zile");
        let shown: Vec<_> =
            found.iter().map(|e| (e.label.as_str(), e.quote.as_str(), e.span.clone())).collect();
        assert_eq!(shown, [("missing", "30 de", None), ("extra", "14", Some(7..9))]);
        assert!(words_of("a b", "A, b!").is_empty());
    }

    #[test]
    fn many_differences_are_counted() {
        let text = |word: &str| {
            (0..100).flat_map(|n| [word.to_owned(), n.to_string(), " same ".to_owned()]).collect::<String>()
        };
        let found = words_of(&text("a"), &text("b"));
        assert_eq!(found.len(), SHOWN);
        assert_eq!(found[SHOWN - 1].note.as_deref(), Some("and 80 more differences"));
    }
}
