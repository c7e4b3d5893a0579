//! The twins of domain values: what a row or a JSON column holds, and the only place where the two
//! become each other.
//!
//! A stored name or JSON shape belongs to the store's format: a change of either is a new format with
//! a migration. What no reader can understand is [`Fault::Damaged`], never a guess.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::case::{Action, Speaker, Tier, Turn};
use crate::fingerprint::Fingerprint;
use crate::outcome::{CaseFacts, GivenPassage, Outcome, RunStatus, TrialError};
use crate::prompt::{ChatRole, Message};
use crate::provider::{ErrorKind, StopReason, ToolCall};
use crate::score::{Evidence, ScoreState};

use super::error::Fault;

/// The facts of a case, as JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct FactsRow {
    input: String,
    history: Vec<TurnRow>,
    goldens: Vec<String>,
    sources: Vec<String>,
    expect: Vec<String>,
    tags: Vec<String>,
    owner: Option<String>,
    area: Option<String>,
    tier: String,
    weight: f64,
    lang: String,
}

#[derive(Serialize, Deserialize)]
struct TurnRow {
    role: String,
    text: String,
}

/// A message, as JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct MessageRow {
    role: String,
    content: String,
}

/// A given passage, as JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct PassageRow {
    id: String,
    heading: String,
    text: String,
    hash: String,
}

/// A tool call, as JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct ToolCallRow {
    id: String,
    name: String,
    arguments: Value,
}

/// Evidence of a score, as JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct EvidenceRow {
    label: String,
    span: Option<(usize, usize)>,
    quote: String,
    passage: Option<String>,
    note: Option<String>,
}

/// The columns of a score's state.
pub(super) struct StateRow {
    pub(super) state: String,
    pub(super) value: Option<f64>,
    pub(super) pass: Option<bool>,
}

/// The columns of an error.
pub(super) struct ErrorRow {
    pub(super) kind: Option<String>,
    pub(super) message: Option<String>,
    pub(super) status: Option<u16>,
}

impl From<&CaseFacts> for FactsRow {
    fn from(facts: &CaseFacts) -> Self {
        let turn = |t: &Turn| TurnRow { role: speaker_name(t.role).to_owned(), text: t.text.clone() };
        Self {
            input: facts.input.clone(),
            history: facts.history.iter().map(turn).collect(),
            goldens: facts.goldens.clone(),
            sources: facts.sources.clone(),
            expect: facts.expect.iter().map(|a| a.name().to_owned()).collect(),
            tags: facts.tags.clone(),
            owner: facts.owner.clone(),
            area: facts.area.clone(),
            tier: facts.tier.name().to_owned(),
            weight: facts.weight,
            lang: facts.lang.clone(),
        }
    }
}

impl TryFrom<FactsRow> for CaseFacts {
    type Error = Fault;

    fn try_from(row: FactsRow) -> Result<Self, Fault> {
        let turn = |t: TurnRow| Ok(Turn { role: speaker(&t.role)?, text: t.text });
        Ok(Self {
            input: row.input,
            history: row.history.into_iter().map(turn).collect::<Result<_, Fault>>()?,
            goldens: row.goldens,
            sources: row.sources,
            expect: row.expect.iter().map(|name| action(name)).collect::<Result<_, _>>()?,
            tags: row.tags,
            owner: row.owner,
            area: row.area,
            tier: Tier::parse(&row.tier).ok_or_else(|| unknown("tier", &row.tier))?,
            weight: row.weight,
            lang: row.lang,
        })
    }
}

impl From<&Message> for MessageRow {
    fn from(message: &Message) -> Self {
        Self { role: message.role.name().to_owned(), content: message.content.clone() }
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = Fault;

    fn try_from(row: MessageRow) -> Result<Self, Fault> {
        const ALL: [ChatRole; 3] = [ChatRole::System, ChatRole::User, ChatRole::Assistant];
        Ok(Self { role: named(&ALL, ChatRole::name, "role", &row.role)?, content: row.content })
    }
}

impl From<&GivenPassage> for PassageRow {
    fn from(passage: &GivenPassage) -> Self {
        Self {
            id: passage.id.clone(),
            heading: passage.heading.clone(),
            text: passage.text.clone(),
            hash: passage.hash.to_string(),
        }
    }
}

impl TryFrom<PassageRow> for GivenPassage {
    type Error = Fault;

    fn try_from(row: PassageRow) -> Result<Self, Fault> {
        Ok(Self { id: row.id, heading: row.heading, text: row.text, hash: fingerprint(&row.hash)? })
    }
}

impl From<&ToolCall> for ToolCallRow {
    fn from(call: &ToolCall) -> Self {
        Self { id: call.id.clone(), name: call.name.clone(), arguments: call.arguments.clone() }
    }
}

impl TryFrom<ToolCallRow> for ToolCall {
    type Error = Fault;

    fn try_from(row: ToolCallRow) -> Result<Self, Fault> {
        Ok(Self { id: row.id, name: row.name, arguments: row.arguments })
    }
}

impl From<&Evidence> for EvidenceRow {
    fn from(evidence: &Evidence) -> Self {
        Self {
            label: evidence.label.clone(),
            span: evidence.span.as_ref().map(|s| (s.start, s.end)),
            quote: evidence.quote.clone(),
            passage: evidence.passage.clone(),
            note: evidence.note.clone(),
        }
    }
}

impl TryFrom<EvidenceRow> for Evidence {
    type Error = Fault;

    fn try_from(row: EvidenceRow) -> Result<Self, Fault> {
        Ok(Self {
            label: row.label,
            span: row.span.map(|(start, end)| start..end),
            quote: row.quote,
            passage: row.passage,
            note: row.note,
        })
    }
}

impl From<ScoreState> for StateRow {
    fn from(state: ScoreState) -> Self {
        let plain = |name: &str| Self { state: name.to_owned(), value: None, pass: None };
        match state {
            ScoreState::Scored { value, pass } => {
                Self { state: "scored".to_owned(), value: Some(value), pass: Some(pass) }
            }
            ScoreState::NotApplicable => plain("not-applicable"),
            ScoreState::Unparsed => plain("unparsed"),
            ScoreState::JudgeError => plain("judge-error"),
        }
    }
}

impl TryFrom<StateRow> for ScoreState {
    type Error = Fault;

    fn try_from(row: StateRow) -> Result<Self, Fault> {
        match (row.state.as_str(), row.value, row.pass) {
            ("scored", Some(value), Some(pass)) => Ok(Self::Scored { value, pass }),
            ("not-applicable", None, None) => Ok(Self::NotApplicable),
            ("unparsed", None, None) => Ok(Self::Unparsed),
            ("judge-error", None, None) => Ok(Self::JudgeError),
            _ => Err(unknown("state of a score", &row.state)),
        }
    }
}

impl From<Option<&TrialError>> for ErrorRow {
    fn from(error: Option<&TrialError>) -> Self {
        Self {
            kind: error.map(|e| e.kind.name().to_owned()),
            message: error.map(|e| e.message.clone()),
            status: error.and_then(|e| e.status),
        }
    }
}

impl TryFrom<ErrorRow> for Option<TrialError> {
    type Error = Fault;

    fn try_from(row: ErrorRow) -> Result<Self, Fault> {
        match (row.kind, row.message) {
            (Some(kind), Some(message)) => {
                Ok(Some(TrialError { kind: error_kind(&kind)?, message, status: row.status }))
            }
            (None, None) => Ok(None),
            _ => Err(Fault::Damaged("an error without a kind or a message".to_owned())),
        }
    }
}

/// The JSON of a list of domain values.
pub(super) fn list_json<'a, T: 'a, R: From<&'a T> + Serialize>(items: &'a [T]) -> Result<String, Fault> {
    json(&items.iter().map(R::from).collect::<Vec<R>>())
}

/// A list of domain values from JSON.
pub(super) fn list<T, R>(what: &str, text: &str) -> Result<Vec<T>, Fault>
where
    R: DeserializeOwned,
    T: TryFrom<R, Error = Fault>,
{
    from_json::<Vec<R>>(what, text)?.into_iter().map(T::try_from).collect()
}

/// JSON of a twin.
pub(super) fn json<R: Serialize>(row: &R) -> Result<String, Fault> {
    serde_json::to_string(row).map_err(|e| Fault::Damaged(format!("a value that JSON cannot hold: {e}")))
}

/// A twin from JSON.
pub(super) fn from_json<R: DeserializeOwned>(what: &str, text: &str) -> Result<R, Fault> {
    serde_json::from_str(text).map_err(|e| Fault::Damaged(format!("{what} that cannot be read: {e}")))
}

/// A time that sorts as text.
pub(super) fn time_text(time: Timestamp) -> String {
    format!("{time:.9}")
}

/// A time from its text.
pub(super) fn time(text: &str) -> Result<Timestamp, Fault> {
    Timestamp::from_str(text).map_err(|_| unknown("time", text))
}

/// A hash from its text.
pub(super) fn fingerprint(text: &str) -> Result<Fingerprint, Fault> {
    text.parse().map_err(|_| unknown("hash", text))
}

/// An action from its name.
pub(super) fn action(name: &str) -> Result<Action, Fault> {
    Action::parse(name).ok_or_else(|| unknown("action", name))
}

/// An outcome from its name.
pub(super) fn outcome(name: &str) -> Result<Outcome, Fault> {
    use Outcome::{Errored, Failed, Passed, Refused, Skipped};
    named(&[Passed, Failed, Errored, Refused, Skipped], Outcome::name, "outcome", name)
}

/// A run's status from its name.
pub(super) fn status(name: &str) -> Result<RunStatus, Fault> {
    use RunStatus::{Finished, Running, Stopped};
    named(&[Running, Finished, Stopped], RunStatus::name, "status", name)
}

/// The text of a stop reason; an endpoint's own word is marked, so that it is never mistaken for ours.
pub(super) fn stop_text(stop: &StopReason) -> String {
    match stop {
        StopReason::Other(word) => format!("{OTHER_STOP}{word}"),
        known => known.name().to_owned(),
    }
}

/// A stop reason from its text.
pub(super) fn stop(text: &str) -> Result<StopReason, Fault> {
    use StopReason::{ContentFilter, End, Length, Refusal, ToolCalls};
    if let Some(word) = text.strip_prefix(OTHER_STOP) {
        return Ok(StopReason::Other(word.to_owned()));
    }
    [End, Length, ToolCalls, ContentFilter, Refusal]
        .into_iter()
        .find(|s| s.name() == text)
        .ok_or_else(|| unknown("stop reason", text))
}

const OTHER_STOP: &str = "other:";

fn error_kind(name: &str) -> Result<ErrorKind, Fault> {
    use ErrorKind::{
        Auth, BadRequest, BadResponse, Internal, Missing, Network, RateLimited, Server, Timeout, TooLong,
        UnknownModel,
    };
    const ALL: [ErrorKind; 11] = [
        Auth,
        UnknownModel,
        RateLimited,
        Server,
        Network,
        Timeout,
        BadResponse,
        BadRequest,
        TooLong,
        Missing,
        Internal,
    ];
    named(&ALL, ErrorKind::name, "kind of error", name)
}

fn speaker_name(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Customer => "customer",
        Speaker::Agent => "agent",
    }
}

fn speaker(name: &str) -> Result<Speaker, Fault> {
    named(&[Speaker::Customer, Speaker::Agent], speaker_name, "speaker", name)
}

fn named<T: Copy>(all: &[T], name_of: fn(T) -> &'static str, what: &str, name: &str) -> Result<T, Fault> {
    all.iter().copied().find(|v| name_of(*v) == name).ok_or_else(|| unknown(what, name))
}

fn unknown(what: &str, text: &str) -> Fault {
    Fault::Damaged(format!("unknown {what} `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused<T: std::fmt::Debug>(result: Result<T, Fault>, expected: &str) {
        match result {
            Err(Fault::Damaged(detail)) => assert_eq!(detail, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn unknown_names_are_damage() {
        refused(action("dance"), "unknown action `dance`");
        refused(outcome("Passed"), "unknown outcome `Passed`");
        refused(status(""), "unknown status ``");
        refused(stop("eos"), "unknown stop reason `eos`");
        refused(time("yesterday"), "unknown time `yesterday`");
        refused(fingerprint("b3:1"), "unknown hash `b3:1`");
    }

    #[test]
    fn an_endpoints_word_is_not_mistaken_for_ours() {
        let word = StopReason::Other("end".into());
        assert_eq!(stop_text(&word), "other:end");
        assert_eq!(stop(&stop_text(&word)).unwrap(), word);
    }

    #[test]
    fn only_a_scored_row_has_a_value() {
        let row = |state: &str, value, pass| StateRow { state: state.into(), value, pass };
        assert!(ScoreState::try_from(row("scored", None, Some(true))).is_err());
        assert!(ScoreState::try_from(row("unparsed", Some(0.0), None)).is_err());
    }

    #[test]
    fn every_error_kind_has_a_name_that_reads_back() {
        for name in ["auth", "unknown-model", "rate-limited", "server", "network", "timeout", "bad-response"]
        {
            assert_eq!(error_kind(name).unwrap().name(), name);
        }
        for name in ["bad-request", "too-long", "missing", "internal"] {
            assert_eq!(error_kind(name).unwrap().name(), name);
        }
    }

    proptest! {
        #[test]
        fn times_read_back_and_sort_as_text(a in 0i64..253_402_300_800_000_000, b in 0i64..253_402_300_800_000_000) {
            let (a, b) = (Timestamp::from_microsecond(a)?, Timestamp::from_microsecond(b)?);
            prop_assert_eq!(time(&time_text(a)).ok(), Some(a));
            prop_assert_eq!(time_text(a).cmp(&time_text(b)), a.cmp(&b));
        }
    }
}
