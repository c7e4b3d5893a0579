//! The twins of single domain values: the name, number or bytes that a column holds, and the only place where
//! the two become each other. The twins of whole values, which are JSON columns, are in `json.rs`.
//!
//! A stored name belongs to the store's format: a change of it is a new format with a migration. What no
//! reader can understand is [`Fault::Damaged`], never a guess.

use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::Row;

use crate::case::{Action, Tier};
use crate::fingerprint::Fingerprint;
use crate::outcome::{Fingerprints, FollowUp, LimitReason, Outcome, RunStatus, TrialError};
use crate::provider::{ErrorKind, StopReason};
use crate::score::ScoreState;

use super::error::Fault;

/// The state of a score as its parts: name, value, verdict.
pub(super) type StateRow<'a> = (&'a str, Option<f64>, Option<bool>);

/// The parts of a score's state.
pub(super) fn state_parts(state: ScoreState) -> StateRow<'static> {
    match state {
        ScoreState::Scored { value, pass } => ("scored", Some(value), Some(pass)),
        ScoreState::NotApplicable => ("not-applicable", None, None),
        ScoreState::Unparsed => ("unparsed", None, None),
        ScoreState::JudgeError => ("judge-error", None, None),
    }
}

/// A score's state from its parts; only one that was scored has a value.
pub(super) fn state(parts: StateRow<'_>) -> Result<ScoreState, Fault> {
    match parts {
        ("scored", Some(value), Some(pass)) => Ok(ScoreState::Scored { value, pass }),
        ("not-applicable", None, None) => Ok(ScoreState::NotApplicable),
        ("unparsed", None, None) => Ok(ScoreState::Unparsed),
        ("judge-error", None, None) => Ok(ScoreState::JudgeError),
        (name, ..) => Err(unknown("state of a score", name)),
    }
}

/// The error in three columns that begin with `first`: kind, HTTP status, message.
pub(super) fn error(row: &Row<'_>, first: usize) -> Result<Option<TrialError>, Fault> {
    let kind: Option<String> = row.get(first)?;
    let message: Option<String> = row.get(first + 2)?;
    match (kind, message) {
        (Some(kind), Some(message)) => {
            Ok(Some(TrialError { kind: error_kind(&kind)?, message, status: row.get(first + 1)? }))
        }
        (None, None) => Ok(None),
        _ => Err(Fault::Damaged("an error without a kind or a message".to_owned())),
    }
}

/// The five hashes in columns that begin with `first`.
pub(super) fn fingerprints(row: &Row<'_>, first: usize) -> Result<Fingerprints, Fault> {
    Ok(Fingerprints {
        case: fingerprint(row, first)?,
        prompt: fingerprint(row, first + 1)?,
        knowledge: fingerprint(row, first + 2)?,
        scorers: fingerprint(row, first + 3)?,
        model: fingerprint(row, first + 4)?,
    })
}

/// The hash in a column.
pub(super) fn fingerprint(row: &Row<'_>, column: usize) -> Result<Fingerprint, Fault> {
    Ok(Fingerprint::from_bytes(row.get(column)?))
}

/// The text in a column, without a copy.
pub(super) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, Fault> {
    let value = row.get_ref(column)?;
    value.as_str().map_err(|e| Fault::Damaged(format!("a column without a text: {e}")))
}

/// The text in a column that may have none, without a copy.
pub(super) fn text_or_null<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>, Fault> {
    let value = row.get_ref(column)?;
    value.as_str_or_null().map_err(|e| Fault::Damaged(format!("a column without a text: {e}")))
}

/// A time of a run: a text that sorts.
pub(super) fn time_text(time: Timestamp) -> String {
    format!("{time:.9}")
}

/// A time of a run from its text.
pub(super) fn time(text: &str) -> Result<Timestamp, Fault> {
    Timestamp::from_str(text).map_err(|_| unknown("time", text))
}

/// A time of a trial: nanoseconds since 1970, which reach from 1677 to 2262.
pub(super) fn nanos(time: Timestamp) -> Result<i64, Fault> {
    i64::try_from(time.as_nanosecond()).map_err(|_| unknown("time", &time.to_string()))
}

/// A time of a trial from its nanoseconds.
pub(super) fn time_of(nanos: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_nanosecond(i128::from(nanos)).map_err(|_| unknown("time", &nanos.to_string()))
}

/// A tier from its name.
pub(super) fn tier(name: &str) -> Result<Tier, Fault> {
    Tier::parse(name).ok_or_else(|| unknown("tier", name))
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

/// Why a trial was asked beside the planned ones, from its name.
pub(super) fn follow_up(name: &str) -> Result<FollowUp, Fault> {
    named(&FollowUp::ALL, FollowUp::name, "reason of a follow-up", name)
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
    named(&ErrorKind::ALL, ErrorKind::name, "kind of error", name)
}

/// Why a limit was moved, from its name.
pub(super) fn limit_reason(name: &str) -> Result<LimitReason, Fault> {
    named(&LimitReason::ALL, LimitReason::name, "reason of a limit", name)
}

/// The value of a name.
pub(super) fn named<T: Copy>(
    all: &[T],
    name_of: fn(T) -> &'static str,
    what: &str,
    name: &str,
) -> Result<T, Fault> {
    all.iter().copied().find(|v| name_of(*v) == name).ok_or_else(|| unknown(what, name))
}

/// A name that no reader knows.
pub(super) fn unknown(what: &str, text: &str) -> Fault {
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
        refused(limit_reason("x"), "unknown reason of a limit `x`");
        refused(nanos(Timestamp::MAX), "unknown time `9999-12-30T22:00:00.999999999Z`");
    }

    #[test]
    fn an_endpoints_word_is_not_mistaken_for_ours() {
        let word = StopReason::Other("end".into());
        assert_eq!(stop_text(&word), "other:end");
        assert_eq!(stop(&stop_text(&word)).unwrap(), word);
    }

    #[test]
    fn only_a_scored_row_has_a_value() {
        assert!(state(("scored", None, Some(true))).is_err());
        assert!(state(("unparsed", Some(0.0), None)).is_err());
        assert!(state(("scored", Some(0.0), Some(false))).is_ok());
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

        #[test]
        fn times_read_back_from_nanoseconds(a in any::<i64>()) {
            let time = time_of(a).unwrap();
            prop_assert_eq!(nanos(time).unwrap(), a);
        }
    }
}
