//! The vectors of the passages of some articles.
//!
//! An embedding model reads only so many words, so a long passage is embedded in pieces and is as near as the nearest
//! of them. A piece is computed once on a machine and kept by the hash of its text.

use std::path::PathBuf;
use std::sync::Arc;

use crate::embed::{Embedder, Embedding, embed_kept};
use crate::fingerprint::Fingerprint;
use crate::knowledge::{Knowledge, Passage};
use crate::retrieve::Tools;
use crate::retrieve::index::top;
use crate::retrieve::shared::Shared;

/// Words of a piece: with its headings it stays within the 256 word pieces that the model reads.
const PIECE: usize = 150;

/// What turns texts into vectors.
pub(super) struct Seeker {
    embedder: Arc<dyn Embedder>,
    folder: Option<PathBuf>,
}

impl Seeker {
    /// By the embedding model of this process.
    pub(super) fn new(tools: &Tools) -> Self {
        Self { embedder: tools.embedder.clone(), folder: tools.vectors.clone() }
    }
}

/// Passages with the vectors of their pieces.
#[derive(Debug)]
pub(super) struct Vectors {
    passages: Vec<Arc<Passage>>,
    /// The place of the passage that a piece is of, and its vector.
    pieces: Vec<(usize, Embedding)>,
}

/// The vectors of this process by what they are of.
static SHARED: Shared<Result<Arc<Vectors>, String>> = Shared::new();

impl Vectors {
    /// The vectors of all articles; those there are where they are the same. `tell` hears how many pieces of those to be
    /// computed are done.
    ///
    /// # Errors
    /// The embedding model cannot be had, or failed.
    pub(super) fn over(
        knowledge: &Knowledge,
        seeker: &Seeker,
        tell: &dyn Fn(usize, usize),
    ) -> Result<Arc<Self>, String> {
        let wanted = Fingerprint::of(&(knowledge.identity(), seeker.embedder.identity()));
        let slot = SHARED.slot(wanted);
        let made = slot.get_or_init(|| Self::new(knowledge, seeker, tell).map(Arc::new)).clone();
        if made.is_err() {
            // What is not there may be fetched meanwhile.
            SHARED.forget(wanted);
        }
        made
    }

    fn new(knowledge: &Knowledge, seeker: &Seeker, tell: &dyn Fn(usize, usize)) -> Result<Self, String> {
        let passages: Vec<Arc<Passage>> =
            knowledge.articles().flat_map(|article| article.passages.iter().cloned()).collect();
        let (mut places, mut texts) = (Vec::new(), Vec::new());
        for (place, passage) in passages.iter().enumerate() {
            for piece in pieces(passage) {
                places.push(place);
                texts.push(piece);
            }
        }
        let vectors = embed_kept(&*seeker.embedder, seeker.folder.as_deref(), &texts, tell);
        let vectors = vectors.map_err(|error| error.to_string())?;
        Ok(Self { passages, pieces: places.into_iter().zip(vectors).collect() })
    }

    /// All passages by their places.
    pub(super) fn passages(&self) -> &[Arc<Passage>] {
        &self.passages
    }

    /// The places of the passages nearest to the question, at most `most`, the best first.
    ///
    /// # Errors
    /// The embedding model failed.
    pub(super) fn best(&self, seeker: &Seeker, question: &str, most: usize) -> Result<Vec<usize>, String> {
        let asked = seeker.embedder.embed(&[question]).map_err(|error| error.to_string())?;
        let Some(asked) = asked.first() else { return Err("the question has no vector".to_owned()) };
        // From 0 up, as `top` wants them: a cosine of -1 is the farthest.
        let mut scores = vec![0.0_f64; self.passages.len()];
        for (place, vector) in &self.pieces {
            let near = 1.0 + vector.cosine(asked);
            scores[*place] = scores[*place].max(near);
        }
        Ok(top(&scores, most))
    }
}

/// The texts that a passage is embedded by: its headings with as much of its text as the model reads.
fn pieces(passage: &Passage) -> Vec<String> {
    let head = [passage.title.as_str(), passage.heading.as_str()];
    let head: Vec<&str> = head.into_iter().filter(|part| !part.is_empty()).collect();
    let words: Vec<&str> = passage.text.split_whitespace().collect();
    let chunks = words.len().div_ceil(PIECE).max(1);
    // Pieces of about the same length: a last one of three words would mean little.
    let size = words.len().div_ceil(chunks).max(1);
    let mut texts: Vec<String> =
        words.chunks(size).map(|chunk| format!("{}\n{}", head.join(" - "), chunk.join(" "))).collect();
    if texts.is_empty() {
        texts.push(head.join(" - "));
    }
    texts
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::embed::EmbedError;
    use crate::knowledge::Visibility;

    /// Knows three topics by a word each.
    struct Topics(Value);

    impl Embedder for Topics {
        fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
            let vector = |text: &&str| {
                let says = |word: &str| f32::from(u8::from(text.contains(word)));
                Embedding::new(vec![says("parcel"), says("bike"), says("money"), 0.1])
            };
            Ok(texts.iter().map(vector).collect())
        }

        fn dimension(&self) -> usize {
            4
        }

        fn identity(&self) -> &Value {
            &self.0
        }

        fn reads(&self, _: &str) -> bool {
            true
        }

        fn ready(&self) -> Result<(), EmbedError> {
            if self.0 == "absent" { Err(EmbedError::NoFolder) } else { Ok(()) }
        }
    }

    fn seeker(name: &str) -> Seeker {
        Seeker { embedder: Arc::new(Topics(name.into())), folder: None }
    }

    fn passage(text: &str) -> Passage {
        Passage {
            id: "a#b".into(),
            article: "a".into(),
            title: "Title".into(),
            heading: String::new(),
            text: text.into(),
            url: None,
            visibility: Visibility::Public,
            updated: None,
            hash: Passage::hash_of("", text),
        }
    }

    fn knowledge() -> Knowledge {
        let dir = tempfile::tempdir().unwrap();
        let texts = [("a", "The parcel."), ("b", "The bike."), ("c", "The money for a parcel.")];
        for (id, text) in texts {
            std::fs::write(dir.path().join(format!("{id}.md")), text).unwrap();
        }
        let spec = crate::knowledge::SourceSpec {
            kind: None,
            name: "help".into(),
            path: ".".into(),
            fields: std::collections::BTreeMap::new(),
            values: std::collections::BTreeMap::new(),
            file: crate::diagnostic::SourceFile::new("regauge.toml", ""),
            span: 0..0,
        };
        Knowledge::new(crate::knowledge::load(dir.path(), &spec).0)
    }

    #[test]
    fn the_nearest_come_first() {
        let (knowledge, seeker) = (knowledge(), seeker("topics"));
        let vectors = Vectors::over(&knowledge, &seeker, &|_, _| ()).unwrap();
        let found = vectors.best(&seeker, "where is my parcel", 2).unwrap();
        let ids: Vec<&str> = found.iter().map(|at| vectors.passages()[*at].article.as_str()).collect();
        assert_eq!(ids, ["a", "c"]);
        assert!(Arc::ptr_eq(&vectors, &Vectors::over(&knowledge, &seeker, &|_, _| ()).unwrap()), "made once");
    }

    #[test]
    fn a_model_that_is_not_there_is_an_error() {
        let error = Vectors::over(&knowledge(), &seeker("absent"), &|_, _| ()).unwrap_err();
        assert!(error.contains("no home folder"), "{error}");
    }

    #[test]
    fn long_passages_are_cut_into_pieces_of_the_same_length() {
        let long = "word ".repeat(PIECE + 10);
        let texts = pieces(&passage(&long));
        let lengths: Vec<usize> = texts.iter().map(|text| text.split_whitespace().count()).collect();
        assert_eq!(lengths, [81, 81], "each with the title");
        assert_eq!(pieces(&passage("")), ["Title"]);
        assert_eq!(pieces(&passage("a b")), ["Title\na b"]);
    }
}
