//! A conversation of a stored run that failed: what was asked where it went wrong, and what was said before.

use super::{Args, Candidate};
use crate::case::{Action, CaseName, Speaker, Turn};
use crate::cli::Session;
use crate::golden::Pending;
use crate::outcome::{Run, TrialResult};

/// The first trial of the case that failed, as a candidate.
pub(super) fn candidate(session: &Session, args: &Args, case: &str) -> anyhow::Result<Candidate> {
    let store = session.store()?;
    let run = store.run(&store.resolve(&args.run)?)?;
    let trial = failed(&run, args, case)?;
    let origin =
        format!("run {}, {}/{}, {}", run.header.id, trial.key.suite, trial.key.case, trial.key.variant());
    let one = |actions: &[Action]| match actions {
        [action] => Some(*action),
        _ => None,
    };
    let mut pending = Pending {
        question: trial.case.input.clone(),
        turns: trial.case.history.clone(),
        sources: trial.case.sources.clone(),
        expect: one(&trial.case.expect),
        lang: Some(trial.case.lang.clone()),
        origin,
        wrong: trial.answer().map(str::to_owned),
        ..Pending::default()
    };
    // Of a conversation the turn that failed is asked, with what was really said before it.
    let at = trial.failing_turn().unwrap_or(trial.turns.len());
    if let Some((turn, earlier)) = trial.turns.get(..at).and_then(<[_]>::split_last) {
        for turn in earlier {
            let said = turn.completion().map(|completion| completion.text).unwrap_or_default();
            pending.turns.push(Turn { role: Speaker::Customer, text: turn.say.clone() });
            pending.turns.push(Turn { role: Speaker::Agent, text: said });
        }
        pending.question.clone_from(&turn.say);
        pending.expect = one(&turn.expect).or(pending.expect.filter(|_| at == trial.turns.len()));
        pending.wrong = turn.completion().map(|completion| completion.text);
    }
    Ok(Candidate { suite: args.suite.clone().or_else(|| Some(trial.key.suite.clone())), pending })
}

fn failed<'r>(run: &'r Run, args: &Args, case: &str) -> anyhow::Result<&'r TrialResult> {
    let wanted = |named: &Option<String>, name: &str| named.as_ref().is_none_or(|n| n == name);
    let name = CaseName::parse(case);
    let of_case =
        || run.trials.iter().filter(|t| name.is_wording(&t.key.suite, &t.key.case, &t.key.phrasing));
    let mut trials =
        of_case().filter(|t| wanted(&args.prompt, &t.key.prompt) && wanted(&args.model, &t.key.model));
    if let Some(trial) = trials.find(|trial| trial.outcome.verdict() == Some(false)) {
        return Ok(trial);
    }
    let known = run.trials.iter().map(|trial| trial.key.case.as_str());
    match (of_case().next(), crate::diagnostic::did_you_mean(case, known)) {
        (Some(_), _) => {
            anyhow::bail!("case `{case}` did not fail in run {} on that prompt and model", run.header.id)
        }
        (None, Some(near)) => {
            anyhow::bail!("run {} has no case `{case}`; did you mean `{near}`?", run.header.id)
        }
        (None, None) => anyhow::bail!("run {} has no case `{case}`", run.header.id),
    }
}
