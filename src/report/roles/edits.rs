//! How prompts were edited between two runs: the messages of one case that both rendered, compared word by word.

use crate::diff::{self, Change, Columns, Groups, Outline};
use crate::outcome::{ReadError, Recorded, TrialKey, TrialResult, VariantKey};
use crate::report::since::{Piece, pieces};

/// What the edits of one prompt look like in one case.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptEdit {
    /// The column.
    pub variant: VariantKey,
    /// The case, as `suite/case`.
    pub case: String,
    /// Whether it was given other passages as well, so that not every difference is the prompt's.
    pub other_passages: bool,
    /// The messages that differ, by role.
    pub messages: Vec<(String, Vec<Piece>)>,
}

/// A case that shows an edit.
struct Shown {
    variant: VariantKey,
    base: TrialKey,
    cand: TrialKey,
    other_passages: bool,
}

/// The edits of every prompt that both runs have: of each the first case whose messages moved and whose passages did
/// not, else the first whose messages moved.
///
/// # Errors
/// A run cannot be read.
pub fn edits(previous: &dyn Recorded, run: &dyn Recorded) -> Result<Vec<PromptEdit>, ReadError> {
    let (base, cand) = (Outline::of(previous)?, Outline::of(run)?);
    let columns = Columns::of(&base.columns, &cand.columns);
    let mut found: Vec<Option<Shown>> = columns.shared.iter().map(|_| None).collect();
    let mut groups = Groups::open(&cand, Some(&base))?;
    while let Some(group) = groups.next_case()? {
        for (column, found) in columns.shared.iter().zip(&mut found) {
            if found.as_ref().is_some_and(|shown| !shown.other_passages) {
                continue;
            }
            for pair in diff::pairs(group.earlier.in_column(column.base), group.run.in_column(column.cand)) {
                let moved = Change::of(&pair).moved;
                let trials =
                    pair.base.and_then(|b| b.trials.first()).zip(pair.cand.and_then(|c| c.trials.first()));
                let Some((base, cand)) = trials.filter(|_| moved.prompt && !moved.case) else { continue };
                if found.is_none() || !moved.knowledge {
                    *found = Some(Shown {
                        variant: column.variant.clone(),
                        base: base.key.clone(),
                        cand: cand.key.clone(),
                        other_passages: moved.knowledge,
                    });
                }
            }
        }
    }
    drop(groups);
    let edit = |shown: Shown| {
        let (old, new) = (previous.trial(&shown.base)?, run.trial(&shown.cand)?);
        Ok(PromptEdit {
            messages: messages(&old, &new),
            case: format!("{}/{}", shown.cand.suite, shown.cand.case),
            variant: shown.variant,
            other_passages: shown.other_passages,
        })
    };
    found.into_iter().flatten().map(edit).collect()
}

fn messages(old: &TrialResult, new: &TrialResult) -> Vec<(String, Vec<Piece>)> {
    let most = old.messages.len().max(new.messages.len());
    let both = (0..most).map(|place| (old.messages.get(place), new.messages.get(place)));
    both.filter_map(|(old, new)| {
        let role = new.or(old)?.role.name().to_owned();
        let words = |message: Option<&crate::prompt::Message>| message.map_or("", |m| &*m.content).to_owned();
        let (old, new) = (words(old), words(new));
        (old != new).then(|| (role, pieces(&old, &new)))
    })
    .collect()
}
