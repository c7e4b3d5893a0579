//! How far sentences are said by sources in other words: cosines of sentence embeddings.

use crate::embed::{EmbedError, Embedder};
use crate::score::knowledge::backing::Source;
use crate::score::words::{Folded, Folding, sentences};

/// Sentences of one source that are looked at.
const MOST_SENTENCES: usize = 64;

/// For each sentence the cosine with the closest sentence of any source, 0..=1; 0 without sources.
///
/// # Errors
/// The embedding model fails or is not here.
pub(in crate::score) fn closest(
    embedder: &dyn Embedder,
    said: &[&str],
    sources: &[Source<'_>],
) -> Result<Vec<f64>, EmbedError> {
    let of = |source: &Source<'_>| -> Vec<String> {
        let text = Folded::new(source.known.text(), Folding::Typing);
        let spans = sentences(source.known.text()).into_iter().take(MOST_SENTENCES);
        spans.map(|span| text.quote(&span).to_owned()).collect()
    };
    let known: Vec<String> = sources.iter().flat_map(of).collect();
    let parts: Vec<&str> = said.iter().copied().chain(known.iter().map(String::as_str)).collect();
    let vectors = embedder.embed(&parts)?;
    let (said, known) = vectors.split_at(said.len().min(vectors.len()));
    let best = |one: &crate::embed::Embedding| known.iter().map(|k| one.cosine(k)).fold(0.0, f64::max);
    Ok(said.iter().map(best).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::testing::Words;

    #[test]
    fn the_closest_sentence_of_any_source_counts() {
        let sources: Vec<Source<'_>> = ["A bike has a bell. Print the label.", "Rain is wet."]
            .iter()
            .filter_map(|text| Source::said("somebody", text))
            .collect();
        let found = closest(&Words, &["Print the label.", "zzz"], &sources).unwrap();
        assert!(found[0] > 0.99 && found[1] < 0.5, "{found:?}");
        assert_eq!(closest(&Words, &["a"], &[]).unwrap(), [0.0]);
        assert!(closest(&Words, &[], &sources).unwrap().is_empty());
    }
}
