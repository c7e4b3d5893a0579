//! The lines that go to a scoring program and come back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::knowledge::Passage;
use crate::provider::ToolCall;
use crate::score::structure::document::evidence_at;
use crate::score::{Evidence, Finding, ScoreInput};
use crate::secret::Redactor;
use crate::shorten::clip;

/// Most characters of a reason or a note.
const LONGEST: usize = 1000;
/// Most characters of a label.
const LONGEST_LABEL: usize = 40;
/// Most pieces of evidence.
const MOST: usize = 50;

/// What a program is asked; scripts may rely on the order of the fields.
#[derive(Debug, Serialize)]
pub(super) struct Asked<'a> {
    question: &'a str,
    pub(super) answer: &'a str,
    goldens: &'a [String],
    passages: Vec<&'a Passage>,
    sources: Vec<&'a Passage>,
    lang: &'a str,
    vars: &'a BTreeMap<String, Value>,
    tool_calls: &'a [ToolCall],
    settings: &'a Value,
}

impl<'a> Asked<'a> {
    pub(super) fn of(input: &ScoreInput<'a>, settings: &'a Value) -> Self {
        Self {
            question: input.question,
            answer: &input.completion.text,
            goldens: &input.case.goldens,
            passages: input.given.iter().map(AsRef::as_ref).collect(),
            sources: input.sources.iter().map(AsRef::as_ref).collect(),
            lang: &input.case.lang,
            vars: &input.case.vars,
            tool_calls: &input.completion.tool_calls,
            settings,
        }
    }

    /// The line with its end; the id comes first.
    pub(super) fn line(&self, id: u64) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = format!("{{\"id\":{id},").into_bytes();
        let rest = serde_json::to_vec(self)?;
        line.extend(rest.into_iter().skip(1));
        line.push(b'\n');
        Ok(line)
    }
}

/// What a program says.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    #[serde(default)]
    id: Value,
    value: Option<f64>,
    pass: Option<bool>,
    reason: Option<String>,
    evidence: Option<Vec<Piece>>,
    not_applicable: Option<bool>,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Piece {
    label: Option<String>,
    span: Option<(usize, usize)>,
    quote: Option<String>,
    passage: Option<String>,
    note: Option<String>,
}

/// What is wrong with a reply: the program said something that is no judgement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoJudgement(pub(super) String);

impl Reply {
    /// Reads a line.
    ///
    /// # Errors
    /// It is no reply, or one to another question; the end of a sentence about the program.
    pub(super) fn read(line: &[u8], id: u64, redactor: &Redactor) -> Result<Self, String> {
        let text = redactor.scrub(String::from_utf8_lossy(line).into_owned());
        let reply: Self = serde_json::from_str(&text).map_err(|error| {
            let start = clean(&text, 200);
            format!("printed a line that is no reply ({error}): {start}; notes belong to standard error")
        })?;
        let same = match &reply.id {
            Value::Number(number) => number.as_u64() == Some(id),
            Value::String(number) => *number == id.to_string(),
            _ => false,
        };
        if same {
            Ok(reply)
        } else {
            Err(format!("replied with id {}, not {id}", clean(&reply.id.to_string(), 40)))
        }
    }

    /// The judgement in it.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn finding(self, answer: &str, min: f64, redactor: &Redactor) -> Result<Finding, NoJudgement> {
        let plain = |text: String, most: usize| clean(&redactor.scrub(text), most);
        let reason = self.reason.map(|reason| plain(reason, LONGEST)).filter(|reason| !reason.is_empty());
        if let Some(error) = self.error {
            return Err(NoJudgement(format!("reports an error: {}", plain(error, LONGEST))));
        }
        if self.not_applicable == Some(true) {
            return Ok(Finding::not_applicable(reason.unwrap_or_else(|| "not applicable".to_owned())));
        }
        let value = match (self.value, self.pass) {
            (Some(value), _) if !(0.0..=1.0).contains(&value) => {
                return Err(NoJudgement(format!("gave the value {value}, which is not from 0 to 1")));
            }
            (Some(value), _) => value,
            (None, Some(pass)) => f64::from(u8::from(pass)),
            (None, None) => return Err(NoJudgement("gave neither `value` nor `pass`".to_owned())),
        };
        let pass = self.pass.unwrap_or(value >= min);
        let mut evidence = Vec::new();
        for piece in self.evidence.into_iter().flatten().take(MOST) {
            let label =
                piece.label.map(|label| plain(label, LONGEST_LABEL)).filter(|label| !label.is_empty());
            let label = label.unwrap_or_else(|| "noted".to_owned());
            let found = match piece.span {
                Some(span) => at(answer, &label, span)?,
                None => Evidence::new(label, plain(piece.quote.unwrap_or_default(), LONGEST)),
            };
            let words =
                |text: Option<String>| text.map(|text| plain(text, LONGEST)).filter(|text| !text.is_empty());
            evidence.push(Evidence { passage: words(piece.passage), note: words(piece.note), ..found });
        }
        let reason = reason.unwrap_or_else(|| format!("value {value}"));
        Ok(Finding::scored(value, pass, reason).with(evidence))
    }
}

/// Evidence at characters of the answer, which says what stands there.
fn at(answer: &str, label: &str, (start, end): (usize, usize)) -> Result<Evidence, NoJudgement> {
    let mut ends = answer.char_indices().map(|(at, _)| at).chain([answer.len()]);
    let first = ends.nth(start);
    let last = match end.checked_sub(start) {
        Some(0) => first,
        Some(more) => ends.nth(more - 1),
        None => None,
    };
    match (first, last) {
        (Some(first), Some(last)) => Ok(evidence_at(answer, label, first..last)),
        _ => Err(NoJudgement(format!("gave evidence at {start} to {end}, which is not in the answer"))),
    }
}

/// One line without control characters, not too long.
pub(super) fn clean(text: &str, most: usize) -> String {
    let text: String = text
        .trim()
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control())
        .collect();
    clip(&text, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::ScoreState;

    fn told(line: &str, answer: &str) -> Result<Finding, String> {
        let redactor = Redactor::default();
        let reply = Reply::read(line.as_bytes(), 7, &redactor)?;
        reply.finding(answer, 0.5, &redactor).map_err(|NoJudgement(why)| why)
    }

    #[test]
    fn judgements_are_read() {
        for (line, value, pass) in [
            (r#"{"id": 7, "value": 0.5}"#, 0.5, true),
            (r#"{"id": "7", "value": 0.49}"#, 0.49, false),
            (r#"{"id": 7, "pass": true, "extra": []}"#, 1.0, true),
            (r#"{"id": 7, "value": 0.9, "pass": false, "reason": null, "evidence": null}"#, 0.9, false),
        ] {
            assert_eq!(told(line, "x").unwrap().state, ScoreState::Scored { value, pass }, "{line}");
        }
        let none = told(r#"{"id": 7, "not_applicable": true, "reason": "no\nlink"}"#, "x").unwrap();
        assert_eq!((none.state, none.reason.as_str()), (ScoreState::NotApplicable, "no link"));
    }

    #[test]
    fn what_is_no_judgement_is_an_error() {
        for (line, why) in [
            ("{}", "replied with id null"),
            (r#"{"id": 6, "value": 1}"#, "replied with id 6, not 7"),
            (r#"{"id": 7}"#, "neither `value` nor `pass`"),
            (r#"{"id": 7, "value": 1.01}"#, "not from 0 to 1"),
            (r#"{"id": 7, "value": -0.1, "pass": true}"#, "not from 0 to 1"),
            (r#"{"id": 7, "value": "1"}"#, "no reply"),
            (r#"{"id": 7, "value": 1e999}"#, "no reply"),
            (r#"{"id": 7, "value": NaN}"#, "no reply"),
            (r#"{"id": 7, "error": "no\u001b[31m model"}"#, "reports an error: no[31m model"),
            (r#"{"id": 7, "pass": true, "evidence": [{"span": [0, 4]}]}"#, "not in the answer"),
            (r#"{"id": 7, "pass": true, "evidence": [{"span": [2, 1]}]}"#, "not in the answer"),
            ("loading…", "notes belong to standard error"),
        ] {
            let error = told(line, "abc").unwrap_err();
            assert!(error.contains(why), "{line}: {error}");
        }
    }

    #[test]
    fn evidence_says_what_stands_in_the_answer() {
        let line = r#"{"id": 7, "pass": true, "evidence": [{"label": "matched", "span": [1, 3], "quote": "lies"},
            {"quote": "x\u0007y", "note": "n"}, {"span": [4, 4]}]}"#;
        let found = told(&line.replace('\n', ""), "ațșb").unwrap().evidence;
        assert_eq!((found[0].span.clone(), found[0].quote.as_str()), (Some(1..3), "țș"));
        assert_eq!((found[1].label.as_str(), found[1].quote.as_str()), ("noted", "xy"));
        assert_eq!(found[2].span, Some(4..4));
    }

    #[test]
    fn much_is_cut() {
        let piece = format!(r#"{{"label": "{}", "note": "{}"}}"#, "l".repeat(99), "n".repeat(5000));
        let line = format!(r#"{{"id": 7, "pass": true, "evidence": [{}]}}"#, vec![piece; 99].join(","));
        let found = told(&line, "x").unwrap().evidence;
        assert_eq!((found.len(), found[0].label.chars().count()), (MOST, LONGEST_LABEL + 1));
        assert_eq!(found[0].note.as_ref().unwrap().chars().count(), LONGEST + 1);
    }
}
