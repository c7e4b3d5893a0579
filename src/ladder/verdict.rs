//! What the four rungs of a case say together.
//!
//! | retrieved | none | gold | full | and | verdict |
//! |---|---|---|---|---|---|
//! | ✓ | ✓ | | | an answer from the articles is wanted | answered from general knowledge |
//! | ✓ | | | | otherwise | works |
//! | ✗ | ✓ | | | nothing from the articles is wanted | distracted by the rest |
//! | ✗ | ✗ | | | nothing from the articles is wanted | prompt or model miss |
//! | ✗ | | ✓ | | its sources were retrieved | distracted by the rest |
//! | ✗ | | ✓ | | they were not | retrieval miss |
//! | ✗ | | ✗ | ✓ | | retrieval miss |
//! | ✗ | | ✗ | ✗ | no source, or the sources do not say what the golden says | content missing |
//! | ✗ | | ✗ | ✗ | otherwise | prompt or model miss |
//!
//! The first row that fits decides. A rung without a result, because trials errored, nothing was judged or it did not
//! run, may have been either: a verdict is given only where both would give the same one.

use serde::Serialize;

/// What is at fault with a case, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No article says what the answer needs.
    ContentMissing,
    /// An article says it, and it was not found.
    RetrievalMiss,
    /// What it needs was found, and something else led the model away.
    #[serde(rename = "distracted-by-the-rest")]
    Distracted,
    /// The model was given what it needs and made nothing of it.
    #[serde(rename = "prompt-or-model-miss")]
    Miss,
    /// It is right without any article; nobody knows whether it would follow an edit.
    #[serde(rename = "answered-from-general-knowledge")]
    GeneralKnowledge,
    /// It is right, and because of what was retrieved.
    Works,
    /// Rungs are missing that decide.
    CannotTell,
}

impl Verdict {
    /// All of them, the most pressing first.
    pub const ALL: [Verdict; 7] = [
        Self::ContentMissing,
        Self::RetrievalMiss,
        Self::Distracted,
        Self::Miss,
        Self::GeneralKnowledge,
        Self::Works,
        Self::CannotTell,
    ];

    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::ContentMissing => "content missing",
            Self::RetrievalMiss => "retrieval miss",
            Self::Distracted => "distracted by the rest",
            Self::Miss => "prompt or model miss",
            Self::GeneralKnowledge => "answered from general knowledge",
            Self::Works => "works",
            Self::CannotTell => "cannot tell",
        }
    }

    /// What is to be looked at.
    pub fn goes_to(self) -> Option<&'static str> {
        match self {
            Self::ContentMissing => Some("content"),
            Self::RetrievalMiss | Self::Distracted => Some("retrieval"),
            Self::Miss => Some("prompt"),
            Self::GeneralKnowledge | Self::Works | Self::CannotTell => None,
        }
    }
}

/// What is known of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Whether it passed on each rung, in the order of [`Rung::ALL`]; absent where that is open.
    pub rungs: [Option<bool>; 4],
    /// Whether an answer from the articles is wanted.
    pub content: bool,
    /// Whether it declares sources.
    pub sourced: bool,
    /// Whether the retrieved passages hold its sources; true where it declares none.
    pub found: bool,
    /// Whether its sources say what its golden says; absent where it has no golden.
    pub backed: Option<bool>,
}

/// What a case was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    /// No passages.
    None,
    /// The case's own sources.
    Gold,
    /// All passages.
    Full,
    /// What the retrieval of the suite or of the command line finds.
    Retrieved,
}

impl Rung {
    /// All of them, in the order of their runs: what customers are given comes last, so that the next run is compared
    /// with it.
    pub const ALL: [Rung; 4] = [Self::None, Self::Gold, Self::Full, Self::Retrieved];

    /// The name used in tags and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gold => "gold",
            Self::Full => "full",
            Self::Retrieved => "retrieved",
        }
    }
}

/// The verdict on a case.
pub fn verdict(known: Known) -> Verdict {
    let Some(open) = known.rungs.iter().position(Option::is_none) else {
        return closed(known.rungs.map(|passed| passed == Some(true)), known);
    };
    let with = |passed| {
        let mut rungs = known.rungs;
        rungs[open] = Some(passed);
        verdict(Known { rungs, ..known })
    };
    let (either, or) = (with(true), with(false));
    if either == or { either } else { Verdict::CannotTell }
}

/// The verdict where every rung has a result: the rows of the table above.
fn closed([none, gold, full, retrieved]: [bool; 4], known: Known) -> Verdict {
    match (retrieved, known.content) {
        (true, true) if none => Verdict::GeneralKnowledge,
        (true, _) => Verdict::Works,
        (false, false) if none => Verdict::Distracted,
        (false, true) if gold && known.found => Verdict::Distracted,
        (false, true) if gold || full => Verdict::RetrievalMiss,
        (false, true) if !known.sourced || known.backed == Some(false) => Verdict::ContentMissing,
        (false, _) => Verdict::Miss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Known =
        Known { rungs: [None; 4], content: true, sourced: true, found: false, backed: Some(true) };

    /// `+` passed, `-` failed, `?` open; in the order none, gold, full, retrieved.
    fn rungs(text: &str) -> [Option<bool>; 4] {
        let of = |c| match c {
            '+' => Some(true),
            '-' => Some(false),
            _ => None,
        };
        let all: Vec<Option<bool>> = text.chars().map(of).collect();
        all.try_into().unwrap()
    }

    fn of(text: &str, known: Known) -> Verdict {
        verdict(Known { rungs: rungs(text), ..known })
    }

    #[test]
    fn every_combination_of_four_results() {
        use Verdict::*;
        // Sources not retrieved; retrieved; without sources; sources that do not say it; nothing wanted from the articles.
        let knowns = [
            PLAIN,
            Known { found: true, ..PLAIN },
            Known { sourced: false, found: true, backed: None, ..PLAIN },
            Known { backed: Some(false), ..PLAIN },
            Known { content: false, sourced: false, found: true, backed: None, ..PLAIN },
        ];
        let rows = [
            ("----", [Miss, Miss, ContentMissing, ContentMissing, Miss]),
            ("---+", [Works; 5]),
            ("--+-", [RetrievalMiss, RetrievalMiss, RetrievalMiss, RetrievalMiss, Miss]),
            ("--++", [Works; 5]),
            ("-+--", [RetrievalMiss, Distracted, Distracted, RetrievalMiss, Miss]),
            ("-+-+", [Works; 5]),
            ("-++-", [RetrievalMiss, Distracted, Distracted, RetrievalMiss, Miss]),
            ("-+++", [Works; 5]),
            ("+---", [Miss, Miss, ContentMissing, ContentMissing, Distracted]),
            ("+--+", [GeneralKnowledge, GeneralKnowledge, GeneralKnowledge, GeneralKnowledge, Works]),
            ("+-+-", [RetrievalMiss, RetrievalMiss, RetrievalMiss, RetrievalMiss, Distracted]),
            ("+-++", [GeneralKnowledge, GeneralKnowledge, GeneralKnowledge, GeneralKnowledge, Works]),
            ("++--", [RetrievalMiss, Distracted, Distracted, RetrievalMiss, Distracted]),
            ("++-+", [GeneralKnowledge, GeneralKnowledge, GeneralKnowledge, GeneralKnowledge, Works]),
            ("+++-", [RetrievalMiss, Distracted, Distracted, RetrievalMiss, Distracted]),
            ("++++", [GeneralKnowledge, GeneralKnowledge, GeneralKnowledge, GeneralKnowledge, Works]),
        ];
        for (text, expected) in rows {
            let found = knowns.map(|known| of(text, known));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_open_decides_only_where_it_does_not_matter() {
        use Verdict::*;
        for (text, expected) in [
            ("????", CannotTell),
            ("-??+", Works),
            ("???+", CannotTell),
            ("+??+", GeneralKnowledge),
            ("?+?-", RetrievalMiss),
            ("-+??", CannotTell),
            ("?-+-", RetrievalMiss),
            ("?--?", CannotTell),
            ("?---", Miss),
            ("?-?-", CannotTell),
            ("??+-", RetrievalMiss),
        ] {
            assert_eq!(of(text, PLAIN), expected, "{text}");
        }
        assert_eq!(of("??+-", Known { found: true, ..PLAIN }), CannotTell);
    }

    #[test]
    fn an_open_rung_never_contradicts_a_result() {
        let all = [None, Some(false), Some(true)];
        for known in [PLAIN, Known { found: true, ..PLAIN }, Known { content: false, ..PLAIN }] {
            for at in 0..81_usize {
                let rungs = [at / 27, at / 9 % 3, at / 3 % 3, at % 3].map(|i| all[i]);
                let open = verdict(Known { rungs, ..known });
                for filled in 0..16_usize {
                    let mut whole = rungs;
                    for (place, rung) in whole.iter_mut().enumerate() {
                        *rung = rung.or(Some(filled >> place & 1 == 1));
                    }
                    let closed = verdict(Known { rungs: whole, ..known });
                    assert!(open == Verdict::CannotTell || open == closed, "{rungs:?}");
                }
            }
        }
    }

    #[test]
    fn without_a_golden_the_sources_are_believed() {
        assert_eq!(of("----", Known { backed: None, ..PLAIN }), Verdict::Miss);
    }
}
