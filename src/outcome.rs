//! What came of a trial and of a run: plain values, as recorded and reported.
//!
//! A [`TrialResult`] is a trial whole, with its texts; a [`TrialDigest`] is what totals need of it. Whoever
//! computes over a run reads it through [`Recorded`], so that no run has to fit into memory.

mod dialogue;
mod digest;
mod follow_up;
mod judged;
mod judgement;
mod recorded;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case::{Action, Tier};
use crate::fingerprint::Fingerprint;
use crate::prompt::Message;
use crate::provider::{Completion, ErrorKind, StopReason};
use crate::score::Score;
use crate::selection::Selection;

pub use dialogue::{CustomerReply, ResultSource, Round, ToolResult, TurnResult, cost, whole};
pub use digest::{AnswerDigest, CaseLabels, ScoreDigest, TrialDigest};
pub use follow_up::{CellKey, FollowUp};
pub use judged::Judged;
pub use judgement::{JudgeUse, Judgement};
pub use recorded::{Digests, ReadError, Recorded};

/// What came of one trial.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every required scorer that applied was content.
    Passed,
    /// The model's fault: a required scorer was not content, or the answer was empty.
    Failed,
    /// The harness's or the provider's fault; never a score.
    Errored,
    /// The endpoint refused or filtered the answer.
    Refused,
    /// Nothing could be judged: no required scorer applied.
    Skipped,
}

impl Outcome {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Errored => "errored",
            Outcome::Refused => "refused",
            Outcome::Skipped => "skipped",
        }
    }

    /// Whether it counts in a pass rate, and as what: errors and skipped trials are left out.
    pub fn verdict(self) -> Option<bool> {
        match self {
            Outcome::Passed => Some(true),
            Outcome::Failed | Outcome::Refused => Some(false),
            Outcome::Errored | Outcome::Skipped => None,
        }
    }
}

/// What identifies a trial inside a run; the order is the order of the plan's reports.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrialKey {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Phrasing key; empty for the case's own wording.
    pub phrasing: String,
    /// Prompt name.
    pub prompt: String,
    /// Model name in `regauge.toml`.
    pub model: String,
    /// Repeat, 1..=n.
    pub index: u32,
}

impl TrialKey {
    /// `prompt × model`, the column it belongs to.
    pub fn variant(&self) -> VariantKey {
        VariantKey { prompt: self.prompt.clone(), model: self.model.clone() }
    }
}

/// A column of the matrix.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct VariantKey {
    /// Prompt name.
    pub prompt: String,
    /// Model name.
    pub model: String,
}

impl std::fmt::Display for VariantKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} × {}", self.prompt, self.model)
    }
}

/// The five content hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Fingerprints {
    /// Input and expectations.
    pub case: Fingerprint,
    /// Rendered messages (for a run: of all trials).
    pub prompt: Fingerprint,
    /// The passages given.
    pub knowledge: Fingerprint,
    /// Rules.
    pub scorers: Fingerprint,
    /// Provider, name, parameters, engine.
    pub model: Fingerprint,
}

/// One request inside a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was sent.
    pub started: Timestamp,
    /// Wall time in milliseconds.
    pub latency_ms: f64,
    /// Milliseconds that it was held back before it was sent: by the limit, or by the wait after a failure.
    #[serde(default)]
    pub waited_ms: f64,
    /// What went wrong; absent for the one that succeeded.
    pub error: Option<TrialError>,
}

/// Why a trial has no completion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// What happened; holds no secret.
    pub message: String,
    /// HTTP status, when there was one.
    pub status: Option<u16>,
}

/// What the report needs to know of the case, kept with the run so that it can be read back alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// The customer's turn in this wording.
    pub input: String,
    /// Earlier turns, as `(role, text)`.
    pub history: Vec<crate::case::Turn>,
    /// Accepted answers at that time.
    pub goldens: Vec<String>,
    /// Declared sources, as written.
    pub sources: Vec<String>,
    /// Accepted actions.
    pub expect: Vec<Action>,
    /// Labels.
    pub tags: Vec<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Topic.
    pub area: Option<String>,
    /// How much it matters.
    pub tier: Tier,
    /// Traffic weight.
    pub weight: f64,
    /// Language.
    pub lang: String,
    /// Why its golden is suspect: the passages that were edited or removed since it was accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspect: Vec<String>,
}

/// A passage as a trial was given it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenPassage {
    /// Passage id.
    pub id: String,
    /// Article title and section heading.
    pub heading: String,
    /// Its text.
    pub text: String,
    /// Content hash.
    pub hash: Fingerprint,
    /// Its place among what was found, from 1; absent where the passages were not ranked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
}

/// One finished trial, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialResult {
    /// Which trial.
    pub key: TrialKey,
    /// Why it was asked beside the planned ones; absent for a planned trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<FollowUp>,
    /// The case at that time.
    pub case: CaseFacts,
    /// The five content hashes.
    pub fingerprints: Fingerprints,
    /// Key of the request, for replay.
    pub request: Fingerprint,
    /// What was sent.
    pub messages: Vec<Message>,
    /// The passages it was given (empty when the prompt names none).
    pub passages: Vec<GivenPassage>,
    /// Whether the answer was there already and nothing was sent.
    #[serde(default)]
    pub cached: bool,
    /// What came back; absent when it errored.
    pub completion: Option<Completion>,
    /// USD that the answer cost when it was asked for; absent = unknown.
    pub cost: Option<f64>,
    /// Requests sent, in order.
    pub attempts: Vec<Attempt>,
    /// Why there is no completion.
    pub error: Option<TrialError>,
    /// What the scorers said.
    pub scores: Vec<Score>,
    /// The turns of a scripted conversation; empty where one answer was asked for. Of one that broke off, the last
    /// is the one without an answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<TurnResult>,
    /// What judges were asked for these scores.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judgements: Vec<Judgement>,
    /// The action the answer took.
    pub action: Option<Action>,
    /// What came of it.
    pub outcome: Outcome,
    /// When it finished.
    pub finished: Timestamp,
}

impl TrialResult {
    /// Mean of the values of its scored scorers; `None` when nothing was scored.
    pub fn score(&self) -> Option<f64> {
        let values: Vec<f64> = self.scores.iter().filter_map(Score::value).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    /// The answer's text, when there is one.
    pub fn answer(&self) -> Option<&str> {
        self.completion.as_ref().map(|c| c.text.as_str())
    }
}

/// Decides a trial's outcome from its completion and scores.
pub fn decide(completion: &Completion, scores: &[Score]) -> Outcome {
    if matches!(completion.stop, StopReason::ContentFilter | StopReason::Refusal) {
        return Outcome::Refused;
    }
    if completion.text.trim().is_empty() && completion.tool_calls.is_empty() {
        return Outcome::Failed;
    }
    let required = || scores.iter().filter(|s| s.required);
    if required().any(Score::fails) {
        Outcome::Failed
    } else if required().any(Score::broke) {
        Outcome::Errored
    } else if required().any(|s| s.pass() == Some(true)) {
        Outcome::Passed
    } else {
        Outcome::Skipped
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Still going, or killed before it could say.
    Running,
    /// Every planned trial has a result.
    Finished,
    /// Stopped by the user or a limit; some trials are missing.
    Stopped,
}

impl RunStatus {
    /// The name used in the store and in reports.
    pub fn name(self) -> &'static str {
        match self {
            RunStatus::Running => "running",
            RunStatus::Finished => "finished",
            RunStatus::Stopped => "stopped",
        }
    }
}

/// The state of the user's repository when a run was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GitState {
    /// Commit.
    pub revision: String,
    /// Branch, when on one.
    pub branch: Option<String>,
    /// Whether tracked files differed from the commit.
    pub dirty: bool,
}

/// A model as it was when a run used it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Name in `regauge.toml`; unique in a run.
    pub name: String,
    /// Provider that answers; for a replayed model that of the model stood for.
    pub provider: String,
    /// The provider's own name of the model; for a replayed model that of the model stood for.
    pub model: String,
    /// Engine identity; null when there is none.
    pub identity: serde_json::Value,
}

/// How passages were looked up for one suite and variant; of prompts that take none there is nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RetrievalFacts {
    /// Suite id.
    pub suite: String,
    /// Prompt and model.
    pub variant: VariantKey,
    /// The name that the project gives it: a suite's, a model's or a run's choice.
    pub name: String,
    /// Its kind.
    pub kind: String,
}

impl RetrievalFacts {
    /// The name, and the kind where that is another word.
    pub fn words(&self) -> String {
        if self.name == self.kind { self.name.clone() } else { format!("{} ({})", self.name, self.kind) }
    }
}

/// What is known of a run before its first trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunHeader {
    /// Time-ordered id (UUID v7).
    pub id: String,
    /// When it began.
    pub started: Timestamp,
    /// Version of this program.
    pub version: String,
    /// The user's repository, when there is one.
    pub git: Option<GitState>,
    /// Suites run.
    pub suites: Vec<String>,
    /// Variants, in plan order.
    pub variants: Vec<VariantKey>,
    /// The models of those variants, each once.
    pub models: Vec<ModelFacts>,
    /// How passages were looked up; unknown of runs that were kept before this was recorded.
    #[serde(default)]
    pub retrievals: Vec<RetrievalFacts>,
    /// Hash of each of the five parts over the whole plan.
    pub fingerprints: Fingerprints,
    /// Trials planned.
    pub planned: u64,
    /// Seed.
    pub seed: u64,
    /// What was selected, so that the run can be finished later.
    pub selection: Selection,
}

/// Why a limit was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitReason {
    /// Where it began.
    Start,
    /// Answers came back well.
    Grown,
    /// The endpoint said 429.
    RateLimited,
    /// The endpoint was failing.
    Failing,
}

impl LimitReason {
    /// All of them.
    pub const ALL: [LimitReason; 4] = [Self::Start, Self::Grown, Self::RateLimited, Self::Failing];

    /// The name used in stores and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Grown => "grown",
            Self::RateLimited => "rate-limited",
            Self::Failing => "failing",
        }
    }
}

/// One step in the history of a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LimitChange {
    /// When.
    pub at: Timestamp,
    /// The endpoint, without any key.
    pub endpoint: String,
    /// Requests allowed in flight from now on.
    pub concurrency: u32,
    /// Milliseconds for which nothing at all is sent.
    pub pause_ms: u64,
    /// Why.
    pub reason: LimitReason,
}

/// A run without its trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// What was known before.
    pub header: RunHeader,
    /// How it ended.
    pub status: RunStatus,
    /// Why it stopped early.
    pub stop_reason: Option<String>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

impl RunInfo {
    /// What a reader knows it by: suites, models, day and tags.
    pub fn called(&self) -> String {
        let header = &self.header;
        let models: Vec<&str> = header.models.iter().map(|model| model.name.as_str()).collect();
        let parts = [
            header.suites.join(", "),
            models.join(", "),
            header.started.strftime("%Y-%m-%d").to_string(),
            self.tags.join(", "),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}

/// A run with all its trials, which are in [`TrialKey`] order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The run.
    pub info: RunInfo,
    /// Results of the planned trials.
    pub trials: Vec<TrialResult>,
    /// Results of the trials that were asked beside them, in [`TrialKey`] order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<TrialResult>,
}

impl Run {
    /// A run of these trials, of which some may be follow-ups.
    pub fn new(info: RunInfo, trials: Vec<TrialResult>) -> Self {
        let (follow_ups, trials) = trials.into_iter().partition(|trial| trial.follow_up.is_some());
        Self { info, trials, follow_ups }
    }

    /// The planned trials, then the follow-ups.
    pub fn all(&self) -> impl Iterator<Item = &TrialResult> {
        self.trials.iter().chain(&self.follow_ups)
    }
}

impl std::ops::Deref for Run {
    type Target = RunInfo;

    fn deref(&self) -> &RunInfo {
        &self.info
    }
}

impl std::ops::DerefMut for Run {
    fn deref_mut(&mut self) -> &mut RunInfo {
        &mut self.info
    }
}
