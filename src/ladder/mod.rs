//! The knowledge ladder: every case under no passages, its own sources, all passages and what is retrieved, and what is
//! at fault where it fails: the content, the retrieval, or the prompt and the model.
//!
//! The rungs are four runs of the same cases. `verdict.rs` holds the rule, `cases.rs` reads the runs, `lift.rs` says how
//! much content and retrieval are worth.

mod cases;
mod lift;
mod verdict;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::outcome::{ReadError, Recorded, VariantKey};
use crate::project::Project;

pub use lift::{Difference, Lift};
pub use verdict::{Known, Rung, Verdict, verdict};

/// How a case fared on one rung.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Fared {
    /// Trials that passed.
    pub passed: u64,
    /// Trials with a verdict.
    pub judged: u64,
    /// Trials without one: errored, or nothing could be judged.
    pub open: u64,
}

/// One case of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseRow {
    /// Suite.
    pub suite: String,
    /// Case.
    pub case: String,
    /// Topic.
    pub area: Option<String>,
    /// Articles of its sources.
    pub articles: Vec<String>,
    /// Traffic weight.
    pub weight: f64,
    /// What is at fault.
    pub verdict: Verdict,
    /// What is to be looked at: content, retrieval or prompt.
    pub goes_to: Option<&'static str>,
    /// Who looks after that: the article's owner where content is missing, else the case's.
    pub owner: Option<String>,
    /// Why, in words.
    pub evidence: Vec<String>,
    /// How it fared, by rung.
    pub rungs: BTreeMap<Rung, Fared>,
    /// Whether it passed on each rung, in the order of [`Rung::ALL`].
    #[serde(skip)]
    pub(crate) passed: [Option<bool>; 4],
}

/// How many cases have a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The verdict.
    pub verdict: Verdict,
    /// Cases.
    pub cases: u64,
}

/// One prompt and model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// Which.
    pub variant: VariantKey,
    /// Cases by verdict, all verdicts in their order.
    pub counts: Vec<Count>,
    /// What content and retrieval are worth over all cases.
    pub all: Lift,
    /// The same by area; cases without one have none.
    pub areas: Vec<Lift>,
    /// The same by article; a case with several sources counts for each.
    pub articles: Vec<Lift>,
    /// Cases, the most pressing first.
    pub cases: Vec<CaseRow>,
}

/// What the four runs say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ladder {
    /// Its name.
    pub ladder: String,
    /// The run of each rung.
    pub runs: BTreeMap<Rung, String>,
    /// The way to retrieve that is tested; absent where it is the suites' own.
    pub retrieval: Option<String>,
    /// Columns, in the order of the runs.
    pub columns: Vec<Column>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

impl Ladder {
    /// What four runs, in the order of [`Rung::ALL`], say about the columns that `counts` admits.
    ///
    /// # Errors
    /// A run cannot be read, or the runs are not of one state of the project.
    pub fn of(
        name: &str,
        project: &Project,
        runs: [&dyn Recorded; 4],
        counts: &dyn Fn(&VariantKey) -> bool,
    ) -> Result<Self, ReadError> {
        one_state(&runs)?;
        let header = &runs[3].info().header;
        let mut notes = Vec::new();
        let mut columns = Vec::new();
        for variant in header.variants.iter().filter(|v| counts(v)) {
            // Where nothing is given, the rungs are four times the same.
            if !project.prompts.get(&variant.prompt).is_some_and(|prompt| prompt.uses_passages) {
                notes.push(format!("{variant}: the prompt takes no passages, so the rungs do not differ"));
                continue;
            }
            let (mut cases, left_out) = cases::read(project, &runs, variant)?;
            if left_out > 0 {
                notes.push(format!(
                    "{variant}: {left_out} cases were edited since or are no longer there; run the ladder again"
                ));
            }
            columns.push(column(variant.clone(), &mut cases));
        }
        Ok(Self {
            ladder: name.to_owned(),
            runs: Rung::ALL.into_iter().zip(runs.iter().map(|run| run.info().header.id.clone())).collect(),
            retrieval: header.selection.retrieval.clone(),
            columns,
            notes,
        })
    }
}

fn column(variant: VariantKey, cases: &mut Vec<CaseRow>) -> Column {
    cases.sort_by(|a, b| {
        let weight = b.weight.total_cmp(&a.weight);
        a.verdict.cmp(&b.verdict).then(weight).then_with(|| (&a.suite, &a.case).cmp(&(&b.suite, &b.case)))
    });
    let count = |verdict| Count {
        verdict,
        cases: cases.iter().filter(|case| case.verdict == verdict).count() as u64,
    };
    Column {
        variant,
        counts: Verdict::ALL.into_iter().map(count).collect(),
        all: Lift::of("all cases", cases.iter()),
        areas: lift::by(cases, |case| case.area.iter().cloned().collect()),
        articles: lift::by(cases, |case| case.articles.clone()),
        cases: std::mem::take(cases),
    }
}

/// Rungs of different rules, cases or models say nothing about what was given.
fn one_state(runs: &[&dyn Recorded; 4]) -> Result<(), ReadError> {
    let of = |at: usize| &runs[at].info().header;
    for at in 0..3 {
        let (a, b) = (&of(at).fingerprints, &of(3).fingerprints);
        let moved = [
            ("cases", a.case != b.case),
            ("scorers", a.scorers != b.scorers),
            ("models", a.model != b.model),
        ];
        let moved: Vec<&str> = moved.into_iter().filter(|(_, moved)| *moved).map(|(what, _)| what).collect();
        if !moved.is_empty() || of(at).variants != of(3).variants {
            let what = if moved.is_empty() { "columns".to_owned() } else { moved.join(" and ") };
            return Err(ReadError(format!(
                "the rungs cannot be compared: the {what} of the runs {} and {} differ; `regauge run --ladder` makes new ones",
                of(at).id,
                of(3).id
            )));
        }
    }
    Ok(())
}
