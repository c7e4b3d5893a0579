//! Articles against cases: what is tested, retrieved, cited, contradicted and never touched, what customers ask and no
//! article says, and what is to be done with each article.
//!
//! `Map` is folded over the trials of a run; [`Coverage`] is what a reader is shown. Articles and cases are those of the
//! project of today, what the bot did with them is what the run recorded.

mod articles;
pub mod clusters;
pub mod conflicts;
mod gaps;
mod map;
mod nearest;

use jiff::civil::Date;
use serde::Serialize;

use crate::embed::Embedder;
use crate::knowledge::Visibility;
use crate::outcome::{ReadError, Recorded, VariantKey};
use crate::project::Project;

pub use clusters::GapsBy;
pub use conflicts::Conflict;
pub use gaps::Gap;
pub use nearest::{SUPPORTED, Words};

use map::Map;

/// What is to be done with an article, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Todo {
    /// It is out of date, contradicts another, or answers contradict it.
    Update,
    /// It says mostly what another says.
    Merge,
    /// Nobody reads, tests, retrieves or cites it, and its review is overdue.
    Retire,
    /// Nothing speaks against it.
    Keep,
}

impl Todo {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Todo::Update => "update",
            Todo::Merge => "merge",
            Todo::Retire => "retire",
            Todo::Keep => "keep",
        }
    }
}

/// How often something was touched, in cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Touches {
    /// Cases that declare it as their source.
    pub declared: u64,
    /// Cases that were given it.
    pub retrieved: u64,
    /// Cases that were given it and declare other sources.
    pub beside: u64,
    /// Cases whose answers cite it.
    pub cited: u64,
    /// Cases whose answers contradict it.
    pub contradicted: u64,
    /// Cases that declare it and whose suites are not in the run.
    pub elsewhere: u64,
}

impl Touches {
    /// Whether nothing touched it.
    pub fn none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether no case tests it, of any suite.
    pub fn untested(&self) -> bool {
        self.declared + self.elsewhere == 0
    }
}

/// One article.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArticleRow {
    /// Id.
    pub article: String,
    /// Name of its knowledge source.
    pub source: String,
    /// Title.
    pub title: String,
    /// The file.
    pub file: String,
    /// Who may see it.
    pub visibility: Visibility,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Topic.
    pub area: Option<String>,
    /// Page views.
    pub views: Option<u64>,
    /// Sum of the weights of the cases that declare it.
    pub weight: f64,
    /// What touched it.
    pub touches: Touches,
    /// Trials with a verdict of the cases that declare it.
    pub judged: u64,
    /// Those that passed.
    pub passed: u64,
    /// Day of its review, where that has passed.
    pub overdue: Option<Date>,
    /// Cases whose goldens rest on another state of it.
    pub suspect: u64,
    /// Other articles that give a fact otherwise.
    pub conflicts: Vec<Conflict>,
    /// What is to be done.
    pub todo: Todo,
    /// Why, in words.
    pub evidence: Vec<String>,
}

/// One section of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionRow {
    /// Passage id.
    pub section: String,
    /// What touched it; citations name articles and are not counted here.
    pub touches: Touches,
}

/// The coverage of a project's knowledge by its cases and a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coverage {
    /// The run.
    pub run: String,
    /// What a reader knows it by.
    #[serde(skip)]
    pub called: String,
    /// The columns that count.
    pub columns: Vec<VariantKey>,
    /// Cases that were looked at.
    pub cases: u64,
    /// Trials of cases that are no longer in the project, left out.
    pub left_out: u64,
    /// Articles, the most pressing first.
    pub articles: Vec<ArticleRow>,
    /// Sections, in the order of their articles' files.
    pub sections: Vec<SectionRow>,
    /// What is asked and no article says, the most pressing first.
    pub gaps: Vec<Gap>,
    /// How gaps were put together.
    pub gaps_by: GapsBy,
    /// What was not compared, and why.
    pub notes: Vec<String>,
}

impl Coverage {
    /// The coverage by a run, counting the columns that `counts` admits; where the embedder is ready, gaps are put
    /// together by what they mean.
    ///
    /// # Errors
    /// The run cannot be read.
    pub fn of(
        project: &Project,
        run: &dyn Recorded,
        counts: &dyn Fn(&VariantKey) -> bool,
        embedder: &dyn Embedder,
    ) -> Result<Self, ReadError> {
        let map = Map::of(project, run, counts)?;
        let mut notes = Vec::new();
        let conflicts = conflicts::find(&map.articles, &mut notes);
        let articles = articles::rows(&map, &conflicts, project.bench.today);
        let sections = map.sections();
        let (gaps, gaps_by) = gaps::find(&map, embedder);
        let columns = run.info().header.variants.iter().filter(|v| counts(v)).cloned().collect();
        Ok(Self {
            run: run.info().header.id.clone(),
            called: run.info().called(),
            columns,
            cases: map.cases.len() as u64,
            left_out: map.left_out,
            articles,
            sections,
            gaps,
            gaps_by,
            notes,
        })
    }
}
