//! Goldens whose passages are no longer what they were when the answer was accepted.

use std::collections::BTreeMap;
use std::fmt;

use crate::case::SourceRef;
use crate::golden::Golden;
use crate::knowledge::{Knowledge, Passage};

/// How a hash begins; the digits are those of [`crate::fingerprint::Fingerprint`].
const KIND: &str = "b3:";
/// Hex digits of a passage hash in a golden file.
const DIGITS: usize = 16;

/// What became of a passage since an answer was accepted that rests on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drift {
    /// The passage.
    pub passage: String,
    /// Whether it is no longer there at all.
    pub gone: bool,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.passage, if self.gone { "is gone" } else { "was edited" })
    }
}

/// The hash of a passage as a golden file has it.
pub fn passage_hash(passage: &Passage) -> String {
    format!("{KIND}{}", passage.hash.hex(DIGITS))
}

impl Golden {
    /// The passages that were edited or removed since the answers were accepted. With any, the golden is suspect: it may
    /// be as out of date as the article was.
    pub fn drifted(&self, knowledge: &Knowledge) -> Vec<Drift> {
        let drift = |(id, hash): (&String, &String)| {
            let now = passage(knowledge, id);
            let same = now.is_some_and(|passage| {
                let digits = hash.strip_prefix(KIND).unwrap_or_default();
                digits.len() >= DIGITS && passage.hash.hex(digits.len()) == digits
            });
            (!same).then(|| Drift { passage: id.clone(), gone: now.is_none() })
        };
        self.passages.iter().filter_map(drift).collect()
    }

    /// The passages with their hashes of today; those that are gone are left out.
    pub fn rebound(&self, knowledge: &Knowledge) -> BTreeMap<String, String> {
        let now = |id: &String| passage(knowledge, id).map(|found| (id.clone(), passage_hash(found)));
        self.passages.keys().filter_map(now).collect()
    }
}

/// The passage with this id.
pub fn passage<'k>(knowledge: &'k Knowledge, id: &str) -> Option<&'k Passage> {
    // An article's id may hold a `#` itself, so each cut is tried.
    id.rmatch_indices('#').find_map(|(at, _)| {
        let article = knowledge.article(&id[..at])?;
        article.passages.iter().find(|passage| passage.id == id).map(AsRef::as_ref)
    })
}

/// The passages of sources that were declared, with their hashes of today.
pub fn bound_to(knowledge: &Knowledge, sources: &[SourceRef]) -> BTreeMap<String, String> {
    knowledge.resolve_all(sources).iter().map(|p| (p.id.clone(), passage_hash(p))).collect()
}
