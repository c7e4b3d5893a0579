//! Scorers: rules that judge one completion. One trait, one table, one file per member, in folders by what they
//! look at: `text`, `structure`, `reply`, `reference`, `knowledge`, `support`, `judge`, `retrieval` and a program of
//! the user's own (`command`). What members share of reading text stands beside those folders.
//!
//! A member file exposes `KIND`; `build` decodes its own keys and reports every mistake. A scorer
//! sees one value, [`ScoreInput`]; it opens no files, reads no environment and prints nothing. One that asks a
//! model says what to ask ([`Asking`]) and is told the replies. [`begin`] applies a case's scorers and holds the promise that an error, an empty answer or an
//! unparsable reply can never become a number.

#[macro_use]
mod manual;
mod args;
mod asking;
mod choice;
mod command;
mod facts;
pub mod judge;
mod kept;
mod knowledge;
mod pattern;
pub mod personal;
mod reading;
mod reference;
mod reply;
mod retrieval;
mod stems;
mod structure;
mod support;
#[cfg(test)]
mod testing;
mod text;
mod words;

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::case::{Action, Case};
use crate::knowledge::{Knowledge, Passage};
use crate::prompt::Message;
use crate::provider::{Completion, StopReason};

pub use args::{Args, ScorerError};
pub use asking::{Asking, JudgeMark, Pending, Reply, begin, finish};
pub use judge::Bench;
pub use knowledge::clashes::{Clash, clashes};
pub(crate) use knowledge::visibility::{CanaryFault, LEAST_CHARACTERS, canary_faults};
pub use manual::{SECTIONS, sections};
pub use reference::{accepted, similarity};
pub use support::detect::detect as detect_action;
pub use support::markers::Markers;
pub use support::workflow::{CallSeen, Workflow};
pub(crate) use text::language::told as language_of;

/// What a scorer judges.
#[derive(Debug, Clone, Copy)]
pub struct ScoreInput<'a> {
    /// The case, with its goldens and expectations.
    pub case: &'a Case,
    /// What the customer said last, in the wording that was asked.
    pub question: &'a str,
    /// Everything that was said in a scripted conversation up to this answer and with it: the customer's words, the
    /// model's with the tools that it called, and what the tools returned. Empty where one answer was asked for.
    pub dialogue: &'a [Message],
    /// What the model returned.
    pub completion: &'a Completion,
    /// What it cost in USD; absent = unknown.
    pub cost: Option<f64>,
    /// The passages that the trial was given.
    pub given: &'a [Arc<Passage>],
    /// Whether passages were looked up for it at all; none may have been found.
    pub looked_up: bool,
    /// The passages of the case's declared sources.
    pub sources: &'a [Arc<Passage>],
    /// All articles that the suite works with; a rule that looks at them says so in [`Check::sees_knowledge`].
    pub knowledge: &'a Knowledge,
    /// Marker phrases of the suite, for actions.
    pub markers: &'a Markers,
}

/// What a scorer found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum ScoreState {
    /// Judged: `value` in 0..=1. The only state that ever enters a mean.
    Scored {
        /// 0..=1, higher is better.
        value: f64,
        /// Whether it is good enough.
        pass: bool,
    },
    /// Nothing to judge on this case.
    NotApplicable,
    /// The answer could not be read (empty, not JSON where JSON was asked for).
    Unparsed,
    /// The judge itself failed.
    JudgeError,
}

/// A piece of evidence for a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// What it is: `matched`, `missing`, `unsupported`, `supported`, `differs`, …
    pub label: String,
    /// Characters of the answer it points at (not bytes).
    pub span: Option<Range<usize>>,
    /// The text itself.
    pub quote: String,
    /// Passage it was held against.
    pub passage: Option<String>,
    /// More words, e.g. the closest sentence of the passage.
    pub note: Option<String>,
}

impl Evidence {
    /// Evidence with a label and a quotation only.
    pub fn new(label: impl Into<String>, quote: impl Into<String>) -> Self {
        Self { label: label.into(), span: None, quote: quote.into(), passage: None, note: None }
    }
}

/// What one scorer said, before its common keys are applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it found.
    pub state: ScoreState,
    /// One line for a reader.
    pub reason: String,
    /// Why.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    /// A judgement without evidence.
    pub fn scored(value: f64, pass: bool, reason: impl Into<String>) -> Self {
        Self { state: ScoreState::Scored { value, pass }, reason: reason.into(), evidence: Vec::new() }
    }

    /// Nothing to judge.
    pub fn not_applicable(reason: impl Into<String>) -> Self {
        Self { state: ScoreState::NotApplicable, reason: reason.into(), evidence: Vec::new() }
    }

    /// The answer could not be read.
    pub fn unparsed(reason: impl Into<String>) -> Self {
        Self { state: ScoreState::Unparsed, reason: reason.into(), evidence: Vec::new() }
    }

    /// The rule itself failed, whatever the answer is worth.
    pub fn judge_error(reason: impl Into<String>) -> Self {
        Self { state: ScoreState::JudgeError, reason: reason.into(), evidence: Vec::new() }
    }

    /// The same finding with evidence.
    #[must_use]
    pub fn with(mut self, evidence: Vec<Evidence>) -> Self {
        self.evidence = evidence;
        self
    }
}

/// A rule that judges one completion.
pub trait Check: Send + Sync {
    /// Judges. The answer's text is never empty here, unless the rule needs no answer.
    fn check(&self, input: &ScoreInput<'_>) -> Finding;

    /// Judges a completion that has tool calls and no text: by default what asks for text finds none.
    fn check_without_text(&self, input: &ScoreInput<'_>) -> Finding {
        let _ = input;
        Finding::unparsed("the answer has no text, only tool calls")
    }

    /// What the rule rests on besides its keys (files that it read, an embedding model); part of the scorers
    /// fingerprint.
    fn read_from_files(&self) -> Option<&serde_json::Value> {
        None
    }

    /// Whether there must be an answer to judge; not so for facts that are known of every reply, such as its
    /// price, also where it is empty, refused or filtered.
    fn needs_answer(&self) -> bool {
        true
    }

    /// The rule as one that asks a model; absent for a rule that judges by itself.
    fn asking(&self) -> Option<&dyn Asking> {
        None
    }

    /// Whether the rule looks at all articles; they are then part of the scorers fingerprint.
    fn sees_knowledge(&self) -> bool {
        false
    }

    /// Whether the rule needs the embedding model; it is then fetched before a run.
    fn embeds(&self) -> bool {
        false
    }
}

/// A scorer built from its keys, or all mistakes in them.
pub type Built = Result<Box<dyn Check>, Vec<ScorerError>>;

/// One row of the scorer table.
pub struct ScorerKind {
    /// Name used as `kind = "…"`.
    pub name: &'static str,
    /// One line for help texts.
    pub summary: &'static str,
    /// The manual in markdown: the four [`SECTIONS`], from its file's own documentation.
    pub docs: &'static str,
    /// Its keys besides the common ones.
    pub keys: &'static [&'static str],
    /// Decodes the keys; reports all mistakes at once.
    pub build: fn(&Args<'_>) -> Built,
}

/// Keys that every scorer understands.
pub const COMMON_KEYS: &[&str] = &["kind", "name", "not", "required"];

/// All scorers, family by family as `docs/scorers.md` lists them.
pub const SCORERS: &[ScorerKind] = &[
    text::equals::KIND,
    text::contains::KIND,
    text::starts_with::KIND,
    text::ends_with::KIND,
    text::regex::KIND,
    text::number::KIND,
    text::length::KIND,
    text::readability::KIND,
    text::language::KIND,
    text::style::KIND,
    structure::json::KIND,
    structure::json_schema::KIND,
    structure::json_path::KIND,
    structure::xml::KIND,
    structure::sql::KIND,
    structure::markdown::KIND,
    structure::list::KIND,
    reply::cost::KIND,
    reply::latency::KIND,
    reply::tokens::KIND,
    reply::stop::KIND,
    reference::golden::KIND,
    reference::meaning::KIND,
    reference::similarity::KIND,
    reference::one_of::KIND,
    reference::answers::KIND,
    knowledge::grounded::KIND,
    knowledge::contradicts::KIND,
    knowledge::cites::KIND,
    knowledge::invents::KIND,
    knowledge::links::KIND,
    knowledge::visibility::KIND,
    support::action::KIND,
    support::workflow::KIND,
    support::handoff::KIND,
    support::alternative::KIND,
    support::glossary::KIND,
    support::tone::KIND,
    judge::KIND,
    retrieval::KIND,
    command::KIND,
];

/// The scorer with this name.
pub fn find(name: &str) -> Option<&'static ScorerKind> {
    SCORERS.iter().find(|k| k.name == name)
}

/// A scorer as a suite uses it: the rule with its common keys.
#[derive(Clone)]
pub struct Scorer {
    /// Label in reports; unique among a case's scorers.
    pub name: String,
    /// Row of the scorer table.
    pub kind: &'static str,
    /// Whether pass and fail change places.
    pub not: bool,
    /// Whether it decides the trial's outcome.
    pub required: bool,
    /// The keys as written, for the scorers fingerprint.
    pub settings: serde_json::Value,
    /// The rule.
    pub check: Arc<dyn Check>,
}

impl Scorer {
    /// What decides its judgements: the keys as written and the files they name.
    pub fn rules(&self) -> (&serde_json::Value, Option<&serde_json::Value>) {
        (&self.settings, self.check.read_from_files())
    }
}

impl std::fmt::Debug for Scorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scorer")
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// What a scorer said about one trial, as stored and shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Label.
    pub name: String,
    /// Row of the scorer table.
    pub kind: String,
    /// Whether it decides the trial's outcome.
    pub required: bool,
    /// What it found.
    pub state: ScoreState,
    /// One line for a reader.
    pub reason: String,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// The judge, when a model judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeMark>,
}

impl Score {
    /// Value, when it was scored.
    pub fn value(&self) -> Option<f64> {
        match self.state {
            ScoreState::Scored { value, .. } => Some(value),
            ScoreState::NotApplicable | ScoreState::Unparsed | ScoreState::JudgeError => None,
        }
    }

    /// Verdict, when it was scored.
    pub fn pass(&self) -> Option<bool> {
        match self.state {
            ScoreState::Scored { pass, .. } => Some(pass),
            ScoreState::NotApplicable | ScoreState::Unparsed | ScoreState::JudgeError => None,
        }
    }

    /// Whether it made the trial fail: required, and not content, or unreadable by the answer's own fault.
    pub fn fails(&self) -> bool {
        let unreadable = self.state == ScoreState::Unparsed && !self.broke();
        self.required && (self.pass() == Some(false) || unreadable)
    }

    /// Whether there is no judgement because the scorer itself failed: a judge without an outage may still give
    /// no verdict, and that is never the answer's fault.
    pub fn broke(&self) -> bool {
        self.state == ScoreState::JudgeError || (self.state == ScoreState::Unparsed && self.judge.is_some())
    }
}

/// Labels of evidence that speak for an answer.
const CONTENT: [&str; 5] = ["matched", "supported", "yes", "n/a", "self-agreement"];

/// The pieces of evidence that speak against an answer; all of them when none does (a scorer turned round by
/// `not` fails on what it matched).
pub fn against(evidence: &[Evidence]) -> Vec<&Evidence> {
    let speaks_against = |e: &&Evidence| !CONTENT.contains(&e.label.as_str());
    let found: Vec<&Evidence> = evidence.iter().filter(speaks_against).collect();
    if found.is_empty() { evidence.iter().collect() } else { found }
}

/// Applies scorers to one completion; those that would ask a model are `JudgeError`, see [`begin`].
pub fn judge(scorers: &[Scorer], input: &ScoreInput<'_>) -> Vec<Score> {
    begin(scorers, input).0
}

fn unreadable(completion: &Completion) -> Option<Finding> {
    match completion.stop {
        StopReason::ContentFilter => {
            Some(Finding::unparsed("a content filter of the endpoint stopped the answer"))
        }
        StopReason::Refusal => Some(Finding::unparsed("the endpoint says that the model refused")),
        _ if completion.text.trim().is_empty() && completion.tool_calls.is_empty() => {
            Some(Finding::unparsed("the answer is empty"))
        }
        _ => None,
    }
}

fn look(scorer: &Scorer, input: &ScoreInput<'_>) -> Finding {
    if !input.completion.text.trim().is_empty() {
        return scorer.check.check(input);
    }
    let finding = scorer.check.check_without_text(input);
    // What must not be in a text is not in a text that is not there.
    match finding.state {
        ScoreState::Unparsed if scorer.not => Finding::not_applicable(finding.reason),
        _ => finding,
    }
}

fn settle(state: ScoreState, not: bool) -> ScoreState {
    match state {
        ScoreState::Scored { value, .. } if !(0.0..=1.0).contains(&value) => ScoreState::JudgeError,
        ScoreState::Scored { value, pass } if not => ScoreState::Scored { value: 1.0 - value, pass: !pass },
        other => other,
    }
}

/// The action an answer took, as the suite's markers see it; `None` for an empty answer.
pub fn action_of(completion: &Completion, markers: &Markers) -> Option<Action> {
    detect_action(completion, markers).map(|(action, _)| action)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::testing::{MARKERS, Setup, completion};
    use super::*;

    /// A program that judges every answer alike, written for a shell.
    const JUDGE: &str = r#"command = ["sh", "-c", '''while read -r l; do l=${l#*:}; echo "{\"id\":${l%%,*},\"value\":0.25}"; done''']"#;

    /// A scorer of every kind, each with and without `not`.
    fn samples() -> Vec<Setup> {
        let tomls = [
            ("equals", "value = ['yes', 'da']"),
            ("equals", ""),
            ("contains", "any = ['a', '30']\nall = ['e']"),
            ("regex", "pattern = '[a-z]+\\d'"),
            ("number", "value = 30\nunit = ['days', 'zile']"),
            ("number", "value = 1\ntolerance = 2"),
            ("length", "min_words = 2\nmax_sentences = 2\nmax_chars = 20"),
            ("json-schema", "schema = { type = 'object', required = ['a'] }"),
            ("json", "fenced = true"),
            ("json-path", "assert = { path = '$.a', equals = 1 }"),
            ("golden", "min = 0.3"),
            ("meaning", "min = 0.3\nlevel = 'sentence'"),
            ("grounded", "ignore = ['24/7']"),
            ("contradicts", ""),
            ("cites", ""),
            ("answers", "min = 0.3"),
            ("invents", "ignore = ['24/7']"),
            ("action", ""),
            ("similarity", "metric = 'rouge-lsum'"),
            ("starts-with", "value = ['a', '30']"),
            ("ends-with", "value = ['.', '30']"),
            ("one-of", "value = ['30 days', 'a']\nwithin = true"),
            ("list", "items = ['30 days', 'a']\nordered = true"),
            ("readability", "min = 0\nmax = 40"),
            ("language", "lang = 'ro'"),
            ("style", "banned = ['days']\nmax_emoji = 0\naddress = 'formal'"),
            ("xml", "root = 'a'\nfenced = true"),
            ("sql", "statements = ['select']\nfenced = true"),
            ("markdown", "has = ['list']\nlacks = ['broken-table', 'link']\nmax_heading_level = 2"),
            ("links", "allow = ['x.example']"),
            ("cost", "max_usd = 0.01"),
            ("latency", "max_ms = 0.5"),
            ("tokens", "max_output = 10"),
            ("stop", ""),
            ("command", JUDGE),
            ("workflow", "calls = ['refund']"),
            ("glossary", "banned = ['days']\nterms = [{ say = 'cuvinte', not = 'locuri' }]"),
            ("visibility", "canaries = ['window']"),
            ("alternative", ""),
            ("handoff", ""),
            ("tone", "rules = ['no-blame', 'greeting', 'no-shouting', 'one-address']"),
            ("judge", "rubric = 'tone'"),
            ("retrieval", "metric = 'recall'\nk = 5"),
        ];
        let covered: std::collections::BTreeSet<_> = tomls.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(covered.len(), SCORERS.len(), "every scorer has a sample");
        tomls
            .iter()
            .filter(|(kind, _)| *kind != "sql" || cfg!(feature = "sql"))
            .flat_map(|(kind, toml)| [(*kind, (*toml).to_owned()), (*kind, format!("{toml}\nnot = true"))])
            .map(|(kind, toml)| {
                Setup::in_folder(kind, &toml, &std::env::temp_dir())
                    .goldens(&["You have 30 days.", "Ai 30 de zile."])
                    .expect(&[Action::Answer])
                    .given("returns#window", "30 days, 4,95 euro, 12 March 2026")
                    .source("other", "call 0721 000 111 \u{201e}pe loc\u{201d}")
            })
            .collect()
    }

    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<String>(),
            "[ \\n\\t]{0,3}",
            "[0-9.,' ]{1,9}",
            prop::sample::select(vec![
                "30 days",
                "\u{20ac}4.95",
                "4,95 euro",
                "treizeci de zile",
                "two hundred",
                "I don't know",
                "nu \u{219}tiu",
                "I'll connect you with a colleague",
                "?",
                "```json\n{\"a\": 1}\n```",
                "12.03.2026",
                "5:30 pm",
                "returns#window",
                "https://x.example/a",
                "\u{201e}dou\u{103} cuvinte\u{201d}",
                "s\u{326}",
                "1. ",
                "\u{1f6b2}",
                "-",
                "\u{2212}5",
                "%",
                "(",
                "1,234.56",
            ])
            .prop_map(ToOwned::to_owned),
        ];
        prop::collection::vec(piece, 0..8).prop_map(|parts| parts.concat())
    }

    #[test]
    fn names_and_keys_are_unique() {
        for kind in SCORERS {
            assert_eq!(SCORERS.iter().filter(|k| k.name == kind.name).count(), 1);
            assert_eq!(find(kind.name).expect("found").keys, kind.keys);
            assert!(!kind.summary.is_empty() && kind.keys.iter().all(|k| !COMMON_KEYS.contains(k)));
        }
        assert!(find("nope").is_none());
    }

    #[test]
    fn a_value_outside_its_range_is_a_judge_error() {
        for value in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
            for not in [false, true] {
                assert_eq!(settle(ScoreState::Scored { value, pass: true }, not), ScoreState::JudgeError);
            }
        }
        let turned = settle(ScoreState::Scored { value: 0.25, pass: false }, true);
        assert_eq!(turned, ScoreState::Scored { value: 0.75, pass: true });
    }

    #[test]
    fn refused_and_filtered_answers_are_never_scored() {
        for stop in [StopReason::Refusal, StopReason::ContentFilter] {
            for mut setup in samples().into_iter().filter(|s| s.scorer.check.needs_answer()) {
                setup.completion.stop = stop.clone();
                assert_eq!(setup.score("You have 30 days.").state, ScoreState::Unparsed);
            }
        }
    }

    #[test]
    fn text_is_not_judged_where_there_are_only_tool_calls() {
        for setup in samples().into_iter().filter(|s| s.scorer.check.needs_answer()) {
            let (kind, not) = (setup.scorer.kind, setup.scorer.not);
            let score = setup.tool("refund").score(" ");
            match (kind, not) {
                ("action" | "command" | "workflow", _) => assert!(score.pass().is_some()),
                (
                    "length" | "judge" | "readability" | "language" | "style" | "grounded" | "contradicts"
                    | "invents" | "links" | "glossary" | "visibility" | "alternative" | "handoff" | "tone"
                    | "retrieval",
                    _,
                )
                | (_, true) => {
                    assert_eq!(score.state, ScoreState::NotApplicable, "{kind}");
                }
                _ => assert_eq!(score.state, ScoreState::Unparsed, "{kind}"),
            }
        }
    }

    #[test]
    fn the_action_of_nothing_is_nothing() {
        assert_eq!(action_of(&completion(" "), &MARKERS), None);
        assert_eq!(action_of(&completion("Yes."), &MARKERS), Some(Action::Answer));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn no_answer_breaks_the_promises(answer in pieces()) {
            let characters = answer.chars().count();
            for pair in samples().chunks(2) {
                let plain = pair[0].score(&answer);
                let turned = pair[1].score(&answer);
                prop_assert_eq!(&plain, &pair[0].score(&answer));
                if let Some(value) = plain.value() {
                    prop_assert!((0.0..=1.0).contains(&value), "{:?}", plain);
                    prop_assert!(!answer.trim().is_empty() || !pair[0].scorer.check.needs_answer());
                    prop_assert_eq!(turned.pass(), plain.pass().map(|p| !p));
                } else {
                    prop_assert_eq!(turned.state, plain.state);
                }
                for evidence in plain.evidence {
                    if let Some(span) = evidence.span {
                        prop_assert!(span.start <= span.end && span.end <= characters);
                        prop_assert_eq!(words::quote(&answer, &span), evidence.quote);
                    }
                }
            }
        }

        #[test]
        fn blanks_are_never_scored(answer in "[ \\n\\t\\u{a0}\\u{2003}]{0,6}") {
            for setup in samples().into_iter().filter(|s| s.scorer.check.needs_answer()) {
                prop_assert_eq!(setup.score(&answer).state, ScoreState::Unparsed);
            }
        }
    }
}
