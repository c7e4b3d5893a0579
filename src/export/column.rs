//! Columns, and what their cells are taken from.

use super::{Cell, Kind};
use crate::outcome::{ScoreDigest, TrialDigest, TrialResult};
use crate::score::Score;

/// One column of a table.
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its cells are.
    pub kind: Kind,
    /// What they mean.
    pub about: &'static str,
    /// Whether it holds texts of customers, models and scorers, which are written only when they are asked for.
    pub text: bool,
    /// The cell of a row.
    pub cell: for<'a> fn(&Row<'a>) -> Cell<'a>,
}

/// What the cells of a row are taken from.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Id of the run.
    pub run: &'a str,
    /// The trial.
    pub trial: &'a TrialDigest,
    /// The trial with its texts, when they are wanted.
    pub whole: Option<&'a TrialResult>,
    /// Which of its scores, in the table of scores.
    pub score: Option<usize>,
}

impl<'a> Row<'a> {
    /// A cell of the score; missing in the table of trials.
    pub(super) fn of_score<T: Into<Cell<'a>>>(&self, cell: impl FnOnce(&'a ScoreDigest) -> T) -> Cell<'a> {
        self.score.and_then(|at| self.trial.scores.get(at)).map(cell).into()
    }

    /// A cell of the score's texts.
    pub(super) fn of_whole_score<T: Into<Cell<'a>>>(&self, cell: impl FnOnce(&'a Score) -> T) -> Cell<'a> {
        let whole = self.whole.and_then(|whole| whole.scores.get(self.score?));
        whole.map(cell).into()
    }
}

/// A column without texts of others.
pub(super) const fn plain(
    name: &'static str,
    kind: Kind,
    about: &'static str,
    cell: for<'a> fn(&Row<'a>) -> Cell<'a>,
) -> Column {
    Column { name, kind, about, text: false, cell }
}

/// A column of texts that are written only when they are asked for.
pub(super) const fn text(
    name: &'static str,
    about: &'static str,
    cell: for<'a> fn(&Row<'a>) -> Cell<'a>,
) -> Column {
    Column { name, kind: Kind::Text, about, text: true, cell }
}

/// What every row begins with: `run` and these name a trial.
pub(super) const KEY: &[Column] = &[
    plain("run", Kind::Text, "id of the run", |row| row.run.into()),
    plain("suite", Kind::Text, "id of the suite", |row| (&*row.trial.key.suite).into()),
    plain("case", Kind::Text, "id of the case", |row| (&*row.trial.key.case).into()),
    plain("phrasing", Kind::Text, "which further wording; missing for the case's own", |row| {
        let phrasing = &*row.trial.key.phrasing;
        (!phrasing.is_empty()).then_some(phrasing).into()
    }),
    plain("prompt", Kind::Text, "the prompt", |row| (&*row.trial.key.prompt).into()),
    plain("model", Kind::Text, "the model, as named in regauge.toml", |row| (&*row.trial.key.model).into()),
    plain("repeat", Kind::Int, "which repeat, from 1", |row| row.trial.key.index.into()),
    plain(
        "follow_up",
        Kind::Text,
        "why it was asked beside the planned trials, and is in no rate; missing for a planned one",
        |row| row.trial.follow_up.map(crate::outcome::FollowUp::name).into(),
    ),
    plain("outcome", Kind::Text, "passed, failed, refused, errored or skipped", |row| {
        row.trial.outcome.name().into()
    }),
];
