//! The twins of whole domain values: what a JSON column holds, and the only place where the two become each other.
//!
//! A stored JSON shape belongs to the store's format: a change of it is a new format with a migration.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::case::{Action, Speaker, Tier, Turn};
use crate::golden::Standing;
use crate::outcome::{CaseFacts, CaseLabels, GivenPassage};
use crate::prompt::{ChatRole, Message};
use crate::provider::ToolCall;
use crate::score::{Evidence, JudgeMark, Score, against};

use super::error::Fault;
use super::rows;

/// The facts of a case; its tier and weight are columns. What is empty is left out.
#[derive(Serialize, Deserialize)]
pub(super) struct FactsRow<'a> {
    input: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    history: Vec<TurnRow<'a>>,
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    goldens: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    sources: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    expect: Vec<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    tags: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    area: Option<Cow<'a, str>>,
    lang: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    suspect: Cow<'a, [String]>,
}

#[derive(Serialize, Deserialize)]
struct TurnRow<'a> {
    role: Cow<'a, str>,
    text: Cow<'a, str>,
}

/// A message: its role, and the row of its text.
#[derive(Serialize, Deserialize)]
pub(super) struct MessageRow<'a>(#[serde(borrow)] pub(super) Cow<'a, str>, pub(super) i64);

/// A given passage.
#[derive(Serialize, Deserialize)]
pub(super) struct PassageRow<'a> {
    id: Cow<'a, str>,
    heading: Cow<'a, str>,
    text: Cow<'a, str>,
    hash: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rank: Option<u32>,
}

/// A tool call.
#[derive(Serialize, Deserialize)]
pub(super) struct ToolCallRow<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    arguments: Cow<'a, Value>,
}

/// A piece of evidence: label, span, quote, passage, note.
#[derive(Serialize, Deserialize)]
pub(super) struct EvidenceRow<'a>(
    Cow<'a, str>,
    Option<(usize, usize)>,
    Cow<'a, str>,
    Option<Cow<'a, str>>,
    Option<Cow<'a, str>>,
);

/// What totals need of a score: name, kind, required, state, value, pass, label; yes is 1. Of a judge also its
/// fingerprint and standing.
#[derive(Serialize, Deserialize)]
pub(super) struct ScoreRow<'a>(
    #[serde(borrow)] pub(super) Cow<'a, str>,
    #[serde(borrow)] pub(super) Cow<'a, str>,
    pub(super) u8,
    #[serde(borrow)] pub(super) Cow<'a, str>,
    pub(super) Option<f64>,
    pub(super) Option<u8>,
    #[serde(borrow)] pub(super) Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")] pub(super) Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")] pub(super) Option<Cow<'a, str>>,
);

/// The rest of a score: its reason and the evidence.
#[derive(Serialize, Deserialize)]
pub(super) struct FindingRow<'a>(Cow<'a, str>, Vec<EvidenceRow<'a>>);

impl<'a> From<&'a CaseFacts> for FactsRow<'a> {
    fn from(facts: &'a CaseFacts) -> Self {
        let turn = |t: &'a Turn| TurnRow { role: speaker_name(t.role).into(), text: t.text.as_str().into() };
        Self {
            input: facts.input.as_str().into(),
            history: facts.history.iter().map(turn).collect(),
            goldens: facts.goldens.as_slice().into(),
            sources: facts.sources.as_slice().into(),
            expect: facts.expect.iter().map(|a| a.name().into()).collect(),
            tags: facts.tags.as_slice().into(),
            owner: facts.owner.as_deref().map(Cow::from),
            area: facts.area.as_deref().map(Cow::from),
            lang: facts.lang.as_str().into(),
            suspect: facts.suspect.as_slice().into(),
        }
    }
}

impl FactsRow<'_> {
    /// The facts, with what is in columns.
    pub(super) fn facts(self, tier: Tier, weight: f64) -> Result<CaseFacts, Fault> {
        let row = self;
        let turn = |t: TurnRow<'_>| Ok(Turn { role: speaker(&t.role)?, text: t.text.into_owned() });
        Ok(CaseFacts {
            input: row.input.into_owned(),
            history: row.history.into_iter().map(turn).collect::<Result<_, Fault>>()?,
            goldens: row.goldens.into_owned(),
            sources: row.sources.into_owned(),
            expect: row.expect.iter().map(|name| rows::action(name)).collect::<Result<_, _>>()?,
            tags: row.tags.into_owned(),
            owner: row.owner.map(Cow::into_owned),
            area: row.area.map(Cow::into_owned),
            tier,
            weight,
            lang: row.lang.into_owned(),
            suspect: row.suspect.into_owned(),
        })
    }
}

/// What a digest needs of the facts.
#[derive(Deserialize)]
struct DigestRow<'a> {
    #[serde(default, borrow)]
    expect: Vec<Cow<'a, str>>,
    #[serde(default, borrow)]
    sources: Vec<Cow<'a, str>>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    area: Option<String>,
    lang: String,
}

/// The facts of a case as its digests share them.
#[derive(Debug, Clone)]
pub(super) struct DigestFacts {
    /// The accepted actions.
    pub(super) expect: Arc<[Action]>,
    /// Whether sources are named.
    pub(super) sources: bool,
    /// What the case is sorted by.
    pub(super) labels: Arc<CaseLabels>,
}

/// What digests need of a case's facts.
pub(super) fn digested(facts: &str) -> Result<DigestFacts, Fault> {
    let row: DigestRow<'_> = of_text("facts", facts)?;
    let expect: Vec<Action> = row.expect.iter().map(|name| rows::action(name)).collect::<Result<_, _>>()?;
    Ok(DigestFacts {
        expect: expect.into(),
        sources: !row.sources.is_empty(),
        labels: Arc::new(CaseLabels::new(row.area, row.owner, row.lang, row.tags, &row.sources)),
    })
}

impl MessageRow<'_> {
    /// The message, with its text.
    pub(super) fn message(self, content: String) -> Result<Message, Fault> {
        const ALL: [ChatRole; 4] = [ChatRole::System, ChatRole::User, ChatRole::Assistant, ChatRole::Tool];
        Ok(Message::new(rows::named(&ALL, ChatRole::name, "role", &self.0)?, content))
    }
}

impl<'a> From<&'a GivenPassage> for PassageRow<'a> {
    fn from(passage: &'a GivenPassage) -> Self {
        Self {
            id: passage.id.as_str().into(),
            heading: passage.heading.as_str().into(),
            text: passage.text.as_str().into(),
            hash: passage.hash.to_string().into(),
            rank: passage.rank,
        }
    }
}

impl TryFrom<PassageRow<'_>> for GivenPassage {
    type Error = Fault;

    fn try_from(row: PassageRow<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: row.id.into_owned(),
            heading: row.heading.into_owned(),
            text: row.text.into_owned(),
            hash: row.hash.parse().map_err(|_| rows::unknown("hash", &row.hash))?,
            rank: row.rank,
        })
    }
}

impl<'a> From<&'a ToolCall> for ToolCallRow<'a> {
    fn from(call: &'a ToolCall) -> Self {
        Self {
            id: call.id.as_str().into(),
            name: call.name.as_str().into(),
            arguments: Cow::Borrowed(&call.arguments),
        }
    }
}

impl TryFrom<ToolCallRow<'_>> for ToolCall {
    type Error = Fault;

    fn try_from(row: ToolCallRow<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: row.id.into_owned(),
            name: row.name.into_owned(),
            arguments: row.arguments.into_owned(),
        })
    }
}

impl<'a> From<&'a Evidence> for EvidenceRow<'a> {
    fn from(evidence: &'a Evidence) -> Self {
        Self(
            evidence.label.as_str().into(),
            evidence.span.as_ref().map(|s| (s.start, s.end)),
            evidence.quote.as_str().into(),
            evidence.passage.as_deref().map(Cow::from),
            evidence.note.as_deref().map(Cow::from),
        )
    }
}

impl From<EvidenceRow<'_>> for Evidence {
    fn from(EvidenceRow(label, span, quote, passage, note): EvidenceRow<'_>) -> Self {
        Self {
            label: label.into_owned(),
            span: span.map(|(start, end)| start..end),
            quote: quote.into_owned(),
            passage: passage.map(Cow::into_owned),
            note: note.map(Cow::into_owned),
        }
    }
}

impl<'a> From<&'a Score> for ScoreRow<'a> {
    fn from(score: &'a Score) -> Self {
        let (state, value, pass) = rows::state_parts(score.state);
        let label = against(&score.evidence).first().map_or("", |e| e.label.as_str());
        Self(
            score.name.as_str().into(),
            score.kind.as_str().into(),
            score.required.into(),
            state.into(),
            value,
            pass.map(u8::from),
            label.into(),
            score.judge.map(|judge| judge.fingerprint.hex(32).into()),
            score.judge.map(|judge| judge.standing.name().into()),
        )
    }
}

impl<'a> From<&'a Score> for FindingRow<'a> {
    fn from(score: &'a Score) -> Self {
        Self(score.reason.as_str().into(), score.evidence.iter().map(EvidenceRow::from).collect())
    }
}

impl ScoreRow<'_> {
    /// The judge, when a model judged.
    pub(super) fn judge(&self) -> Result<Option<JudgeMark>, Fault> {
        let (Some(hex), Some(standing)) = (&self.7, &self.8) else { return Ok(None) };
        let fingerprint = format!("b3:{hex}").parse().map_err(|_| rows::unknown("hash", hex))?;
        let standing = rows::named(&Standing::ALL, Standing::name, "standing", standing)?;
        Ok(Some(JudgeMark { fingerprint, standing }))
    }
}

/// The scores of a trial from its two columns.
pub(super) fn scores(scores: &str, findings: &str) -> Result<Vec<Score>, Fault> {
    let scores: Vec<ScoreRow<'_>> = of_text("scores", scores)?;
    let findings: Vec<FindingRow<'_>> = of_text("findings", findings)?;
    if scores.len() != findings.len() {
        return Err(Fault::Damaged("scores without their findings".to_owned()));
    }
    let both = scores.into_iter().zip(findings);
    both.map(|(row, FindingRow(reason, evidence))| {
        let judge = row.judge()?;
        let ScoreRow(name, kind, required, state, value, pass, ..) = row;
        Ok(Score {
            name: name.into_owned(),
            kind: kind.into_owned(),
            required: required != 0,
            state: rows::state((&state, value, pass.map(|pass| pass != 0)))?,
            reason: reason.into_owned(),
            evidence: evidence.into_iter().map(Evidence::from).collect(),
            judge,
        })
    })
    .collect()
}

/// Bytes of JSON as the text that they are.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|_| Fault::Damaged("JSON that is not UTF-8".to_owned()))
}

/// The JSON of a list of domain values, in the place of what `out` held.
pub(super) fn put_list<'a, T, R>(out: &mut Vec<u8>, items: &'a [T]) -> Result<(), Fault>
where
    R: From<&'a T> + Serialize,
{
    put(out, &items.iter().map(R::from).collect::<Vec<R>>())
}

/// The JSON of a twin, in the place of what `out` held.
pub(super) fn put<R: Serialize>(out: &mut Vec<u8>, row: &R) -> Result<(), Fault> {
    out.clear();
    serde_json::to_writer(out, row).map_err(|e| Fault::Damaged(format!("a value that JSON cannot hold: {e}")))
}

/// A list of domain values from JSON.
pub(super) fn list<T, R>(what: &str, text: &str) -> Result<Vec<T>, Fault>
where
    R: DeserializeOwned,
    T: TryFrom<R, Error = Fault>,
{
    of_text::<Vec<R>>(what, text)?.into_iter().map(T::try_from).collect()
}

/// The JSON of a value.
pub(super) fn text_of<R: Serialize>(row: &R) -> Result<String, Fault> {
    serde_json::to_string(row).map_err(|e| Fault::Damaged(format!("a value that JSON cannot hold: {e}")))
}

/// A value from JSON.
pub(super) fn of_text<'t, R: Deserialize<'t>>(what: &str, text: &'t str) -> Result<R, Fault> {
    serde_json::from_str(text).map_err(|e| Fault::Damaged(format!("{what} that cannot be read: {e}")))
}

fn speaker_name(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Customer => "customer",
        Speaker::Agent => "agent",
    }
}

fn speaker(name: &str) -> Result<Speaker, Fault> {
    rows::named(&[Speaker::Customer, Speaker::Agent], speaker_name, "speaker", name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Outcome, ScoreDigest};
    use crate::store::samples::trial;

    #[test]
    fn a_score_is_its_two_columns() {
        let mut score = trial("c", Outcome::Failed).scores.remove(0);
        score.evidence.push(Evidence::new("missing", "é\0\""));
        let (mut first, mut second) = (Vec::new(), Vec::new());
        put_list::<_, ScoreRow<'_>>(&mut first, std::slice::from_ref(&score)).unwrap();
        put_list::<_, FindingRow<'_>>(&mut second, std::slice::from_ref(&score)).unwrap();
        let (first, second) = (String::from_utf8(first).unwrap(), String::from_utf8(second).unwrap());
        assert_eq!(first, r#"[["golden","golden",1,"scored",1.0,0,"missing"]]"#);
        assert_eq!(ScoreDigest::from(&score).label.as_ref(), "missing");
        assert_eq!(scores(&first, &second).unwrap(), [score]);
        assert!(scores(&first, "[]").is_err());
    }
}
