//! One customer situation and what a good answer to it does.
//!
//! A [`Case`] is already checked: ids are unique, sources exist, the last turn is the customer's.

mod name;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fingerprint::Fingerprint;

pub use name::{CaseName, wording_name};

/// Who spoke a turn of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The customer.
    Customer,
    /// The bot or person who answers.
    Agent,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Who spoke.
    pub role: Speaker,
    /// What was said.
    pub text: String,
}

/// A tool and what it returns when the model calls it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScriptedTool {
    /// Tool name.
    pub name: String,
    /// What it returns: a text as it is, anything else as JSON.
    pub result: Value,
}

impl ScriptedTool {
    /// The result as a model is told it.
    pub fn text(&self) -> String {
        self.result.as_str().map_or_else(|| self.result.to_string(), str::to_owned)
    }
}

/// One turn of a scripted conversation: what the customer says once the turn before was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScriptTurn {
    /// The customer's words.
    pub say: String,
    /// Tools that return something in this turn.
    pub tools: Vec<ScriptedTool>,
    /// Accepted actions of the answer to this turn; empty when the script does not say.
    pub expect: Vec<Action>,
}

/// A customer played by a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Who it is, and how it writes.
    pub persona: String,
    /// What it wants.
    pub goal: String,
    /// Name of its model in `regauge.toml`.
    pub model: String,
    /// Most turns of a conversation, the first one included.
    pub max_turns: u32,
    /// What it writes when it is done.
    pub stop: String,
    /// Decides which customer of this kind it is.
    pub seed: u64,
}

/// What an answer does for the customer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Answers the question.
    Answer,
    /// Asks back before answering.
    Clarify,
    /// Says that it does not know.
    Abstain,
    /// Hands over to a person.
    Escalate,
    /// Starts a workflow (a tool call).
    Act,
    /// Says that the topic is not its business.
    RefuseScope,
}

impl Action {
    /// All actions in their fixed order.
    pub const ALL: [Action; 6] = [
        Action::Answer,
        Action::Clarify,
        Action::Abstain,
        Action::Escalate,
        Action::Act,
        Action::RefuseScope,
    ];

    /// The name used in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Action::Answer => "answer",
            Action::Clarify => "clarify",
            Action::Abstain => "abstain",
            Action::Escalate => "escalate",
            Action::Act => "act",
            Action::RefuseScope => "refuse-scope",
        }
    }

    /// The action with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name() == name)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much a case matters to a gate.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Must pass.
    Critical,
    /// Counts towards the thresholds.
    #[default]
    Standard,
    /// Its golden rests on a passage that was edited since: reported only, until a person confirms it. No file can say
    /// it of a case.
    Suspect,
    /// It flips for a known reason: reported only, until the day that its quarantine ends. No suite can say it of a case.
    Quarantined,
    /// Reported only.
    Exploratory,
    /// A conversation with a simulated customer: reported only, and told apart. No file can say it of a case.
    Simulated,
}

/// How much a case matters to a gate.
// Stands for [`Tier`] in the schemas of files: what a file can say.
#[derive(schemars::JsonSchema)]
#[schemars(rename = "Tier", rename_all = "lowercase")]
pub enum WrittenTier {
    /// Must pass.
    Critical,
    /// Counts towards the thresholds.
    Standard,
    /// Reported only.
    Exploratory,
}

impl Tier {
    /// The name used in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Critical => "critical",
            Tier::Standard => "standard",
            Tier::Suspect => "suspect",
            Tier::Quarantined => "quarantined",
            Tier::Exploratory => "exploratory",
            Tier::Simulated => "simulated",
        }
    }

    /// Whether it counts for a gate.
    pub fn gates(self) -> bool {
        matches!(self, Tier::Critical | Tier::Standard)
    }

    /// All tiers.
    pub const ALL: [Self; 6] = [
        Self::Critical,
        Self::Standard,
        Self::Suspect,
        Self::Quarantined,
        Self::Exploratory,
        Self::Simulated,
    ];

    /// The tier with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }
}

/// One more wording of a case's input. The group passes only if all its members do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phrasing {
    /// Stable key: the empty text for the case's own wording, else 8 hex digits of the wording; of one that was made
    /// by rule, the rule's name before them: `typos-1a2b3c4d`.
    pub key: String,
    /// The wording.
    pub text: String,
    /// What the customer says in the further turns of a script; empty where these are as the script has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<String>,
}

impl Phrasing {
    /// Where a wording comes from that no rule made.
    pub const WRITTEN: &str = "written";

    /// A further wording, keyed by its content.
    pub fn further(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { key: Fingerprint::of_bytes(text.as_bytes()).hex(8), text, then: Vec::new() }
    }

    /// A further wording that was made by a rule, keyed by its name and the wording's content.
    pub fn made(rule: &str, text: impl Into<String>) -> Self {
        let written = Self::further(text);
        Self { key: format!("{rule}-{}", written.key), ..written }
    }

    /// A further wording of all turns of a script that was made by a rule, keyed like one of a single turn.
    pub fn made_of_script(rule: &str, text: String, then: Vec<String>) -> Self {
        let whole = Fingerprint::of(&(&text, &then)).hex(8);
        Self { key: format!("{rule}-{whole}"), text, then }
    }

    /// Where the wording of a key comes from: `written`, or the rule that made it; `None` for the case's own.
    pub fn origin_of(key: &str) -> Option<&str> {
        match key.rsplit_once('-') {
            _ if key.is_empty() => None,
            Some((rule, _)) => Some(rule),
            None => Some(Self::WRITTEN),
        }
    }
}

/// A passage or a whole article that a case rests on, as written: `article` or `article#section`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceRef {
    /// Article id.
    pub article: String,
    /// Section slug; absent for the whole article.
    pub section: Option<String>,
}

impl SourceRef {
    /// Reads `article` or `article#section`.
    pub fn parse(text: &str) -> Self {
        match text.split_once('#') {
            Some((article, section)) => {
                Self { article: article.to_owned(), section: Some(section.to_owned()) }
            }
            None => Self { article: text.to_owned(), section: None },
        }
    }
}

impl fmt::Display for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.section {
            Some(section) => write!(f, "{}#{section}", self.article),
            None => f.write_str(&self.article),
        }
    }
}

/// Where a case was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file, relative to the project.
    pub path: PathBuf,
    /// One-based line.
    pub line: usize,
}

/// One customer situation, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The suite it belongs to.
    pub suite: String,
    /// Unique in its suite, never positional.
    pub id: String,
    /// The conversation; never empty, and the last turn is the customer's. Of a script it ends with the first
    /// turn of the script.
    pub turns: Vec<Turn>,
    /// The turns that are asked one after the other; empty when only one answer is asked for.
    pub script: Vec<ScriptTurn>,
    /// Who goes on after the first answer, where that is a model and no script.
    pub customer: Option<Customer>,
    /// Further wordings of the last turn (the case's own wording is not among them).
    pub phrasings: Vec<Phrasing>,
    /// Values for the prompt's `vars`: the suite's, overlaid by the case's own.
    pub vars: BTreeMap<String, Value>,
    /// Passages and articles that hold the answer.
    pub sources: Vec<SourceRef>,
    /// Accepted actions; empty when the case does not say.
    pub expect: Vec<Action>,
    /// Free labels.
    pub tags: BTreeSet<String>,
    /// Who looks after the case.
    pub owner: Option<String>,
    /// Topic of the help centre.
    pub area: Option<String>,
    /// How much it matters to a gate.
    pub tier: Tier,
    /// Traffic weight, finite and > 0.
    pub weight: f64,
    /// Language of the customer, as a BCP 47 tag.
    pub lang: String,
    /// Answers a person accepted; empty when there is no golden.
    pub goldens: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

impl Case {
    /// The customer's last turn in the case's own wording.
    pub fn input(&self) -> &str {
        self.turns.last().map_or("", |t| t.text.as_str())
    }

    /// How many turns are asked at most.
    pub fn most_turns(&self) -> usize {
        match &self.customer {
            Some(customer) => customer.max_turns as usize,
            None => self.script.len().max(1),
        }
    }

    /// Whether it is a conversation: more than one answer may be asked for.
    pub fn is_talk(&self) -> bool {
        !self.script.is_empty() || self.customer.is_some()
    }

    /// The turns before the last one.
    pub fn history(&self) -> &[Turn] {
        self.turns.split_last().map_or(&[], |(_, earlier)| earlier)
    }

    /// The case's own wording first, then its phrasings.
    pub fn wordings(&self) -> Vec<Phrasing> {
        let own = Phrasing { key: String::new(), text: self.input().to_owned(), then: Vec::new() };
        std::iter::once(own).chain(self.phrasings.iter().cloned()).collect()
    }

    /// What the customer says in a turn of the script, counted from 0, in one wording of the case.
    pub fn says<'a>(&'a self, wording: &'a Phrasing, turn: usize) -> &'a str {
        if turn == 0 {
            return &wording.text;
        }
        let own = || self.script.get(turn).map_or("", |turn| turn.say.as_str());
        wording.then.get(turn - 1).map_or_else(own, String::as_str)
    }

    /// Content hash of the input in one wording, and of the expectations.
    pub fn fingerprint(&self, wording: &Phrasing) -> Fingerprint {
        let mut content = serde_json::json!({
            "history": self.history(),
            "input": wording.text,
            "vars": self.vars,
            "sources": self.sources,
            "expect": self.expect,
            "lang": self.lang,
            "goldens": self.goldens,
        });
        if !self.script.is_empty() {
            content["script"] = serde_json::json!(self.script);
        }
        if !wording.then.is_empty() {
            content["then"] = serde_json::json!(wording.then);
        }
        if let Some(customer) = &self.customer {
            content["customer"] = serde_json::json!(customer);
        }
        Fingerprint::of(&content)
    }
}
