//! Which answers of a run may be accepted, and which are worth a look.

use std::collections::BTreeSet;

use crate::case::CaseName;
use crate::diagnostic::did_you_mean;
use crate::outcome::{Outcome, Run, TrialResult};

/// Which part of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Filter<'a> {
    pub(super) suite: Option<&'a str>,
    pub(super) case: Option<&'a str>,
    pub(super) prompt: Option<&'a str>,
    pub(super) model: Option<&'a str>,
}

impl Filter<'_> {
    fn admits(&self, trial: &TrialResult) -> bool {
        let wanted = |filter: Option<&str>, name: &str| filter.is_none_or(|f| f == name);
        let key = &trial.key;
        wanted(self.suite, &key.suite)
            && self
                .case
                .is_none_or(|name| CaseName::parse(name).is_wording(&key.suite, &key.case, &key.phrasing))
            && wanted(self.prompt, &key.prompt)
            && wanted(self.model, &key.model)
    }
}

/// Why an answer can never become a golden; `None` when it can.
fn refusal(trial: &TrialResult) -> Option<&'static str> {
    match (trial.outcome, trial.answer()) {
        (Outcome::Errored, _) | (_, None) => Some("it errored, so there is no answer"),
        (Outcome::Refused, _) => Some("the endpoint refused or filtered it"),
        (_, Some(text)) if text.trim().is_empty() => Some("its answer is empty"),
        _ => None,
    }
}

/// The one answer that the filters name; of equal answers the first, the case's own wording before others.
pub(super) fn one<'a>(run: &'a Run, filter: &Filter<'_>, case: &str) -> anyhow::Result<&'a TrialResult> {
    let trials: Vec<&TrialResult> = run.trials.iter().filter(|t| filter.admits(t)).collect();
    if trials.is_empty() {
        return Err(unknown(run, case));
    }
    let usable: Vec<&TrialResult> = trials.iter().filter(|t| refusal(t).is_none()).copied().collect();
    let Some(&first) = usable.first() else {
        let why = trials.first().and_then(|t| refusal(t)).unwrap_or_default();
        anyhow::bail!("case `{case}` of run {} cannot be accepted: {why}", run.header.id);
    };
    let answers: BTreeSet<&str> = usable.iter().filter_map(|t| t.answer()).map(str::trim).collect();
    let lines: BTreeSet<(&str, String)> =
        usable.iter().map(|t| (&*t.key.suite, t.key.variant().to_string())).collect();
    if answers.len() > 1 && lines.len() > 1 {
        let names: Vec<String> =
            lines.into_iter().map(|(suite, variant)| format!("{suite}: {variant}")).collect();
        anyhow::bail!(
            "case `{case}` has {} different answers; choose one with --suite, --prompt or --model ({})",
            answers.len(),
            names.join(", ")
        );
    }
    if lines.iter().map(|(suite, _)| suite).collect::<BTreeSet<_>>().len() > 1 {
        anyhow::bail!("case `{case}` is in more than one suite; choose one with --suite");
    }
    Ok(first)
}

fn unknown(run: &Run, case: &str) -> anyhow::Error {
    let id = &run.header.id;
    let known: BTreeSet<&str> = run.trials.iter().map(|t| t.key.case.as_str()).collect();
    let name = CaseName::parse(case);
    if run.trials.iter().any(|t| name.is(&t.key.suite, &t.key.case)) {
        return anyhow::anyhow!("case `{case}` of run {id} has no trial on that suite, prompt and model");
    }
    match did_you_mean(case, known.iter().copied()) {
        Some(near) => anyhow::anyhow!("run {id} has no case `{case}`; did you mean `{near}`?"),
        None => anyhow::anyhow!("run {id} has no case `{case}`"),
    }
}

/// Answers worth a look: they failed, changed since the earlier run, or their case has no golden. Equal
/// answers to one case are shown once.
pub(super) fn for_review<'a>(
    run: &'a Run,
    previous: Option<&Run>,
    filter: &Filter<'_>,
) -> anyhow::Result<Vec<&'a TrialResult>> {
    if let Some(case) = filter.case
        && !run.trials.iter().any(|t| filter.admits(t))
    {
        return Err(unknown(run, case));
    }
    let changed = |trial: &TrialResult| {
        let before = previous.and_then(|p| p.trials.iter().find(|t| t.key == trial.key));
        before.is_some_and(|b| b.answer().is_some() && b.answer() != trial.answer())
    };
    let accepted = |trial: &TrialResult| {
        let answer = trial.answer().unwrap_or_default().trim();
        trial.case.goldens.iter().any(|g| g.trim() == answer)
    };
    let mut seen = BTreeSet::new();
    Ok(run
        .trials
        .iter()
        .filter(|t| filter.admits(t) && refusal(t).is_none() && !accepted(t))
        .filter(|t| t.outcome == Outcome::Failed || t.case.goldens.is_empty() || changed(t))
        .filter(|t| seen.insert((&t.key.suite, &t.key.case, t.answer().map(str::trim))))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, trial};

    fn error(run: &Run, filter: Filter<'_>) -> String {
        one(run, &filter, filter.case.unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn an_error_or_an_empty_answer_is_never_accepted() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").errored(ErrorKind::Server, "502"))
            .trial(trial("b", "bare").answer(" \n").with(|t| t.outcome = Outcome::Failed))
            .trial(trial("c", "bare").refused())
            .build();
        let of = |case| error(&run, Filter { case: Some(case), ..Filter::default() });
        assert!(of("a").ends_with("it errored, so there is no answer"));
        assert!(of("b").ends_with("its answer is empty"));
        assert!(of("c").ends_with("the endpoint refused or filtered it"));
        assert!(for_review(&run, None, &Filter::default()).unwrap().is_empty());
    }

    #[test]
    fn an_ambiguous_answer_is_not_guessed() {
        let run = RunBuilder::new("r")
            .trial(trial("window", "bare").failed("number", "differs"))
            .trial(trial("window", "grounded").passed())
            .build();
        let filter = Filter { case: Some("window"), ..Filter::default() };
        assert!(error(&run, filter).contains("2 different answers; choose one"), "{}", error(&run, filter));
        let chosen = Filter { prompt: Some("grounded"), ..filter };
        assert_eq!(one(&run, &chosen, "window").unwrap().key.prompt, "grounded");
        assert!(error(&run, Filter { prompt: Some("x"), ..filter }).contains("has no trial on that"));
        let slip = Filter { case: Some("widnow"), ..Filter::default() };
        assert!(error(&run, slip).ends_with("did you mean `window`?"));
    }

    #[test]
    fn review_shows_failed_changed_and_new_answers_once() {
        let previous =
            RunBuilder::new("old").trial(trial("changed", "bare").answer("Before.").passed()).build();
        let run = RunBuilder::new("new")
            .trial(trial("changed", "bare").answer("After.").passed())
            .trial(trial("failed", "bare").failed("number", "differs"))
            .trial(trial("failed", "grounded").failed("number", "differs"))
            .trial(trial("new", "bare").passed().with(|t| t.case.goldens.clear()))
            .trial(trial("fine", "bare").passed())
            .build();
        let trials = for_review(&run, Some(&previous), &Filter::default()).unwrap();
        let names: Vec<_> = trials.iter().map(|t| t.key.case.as_str()).collect();
        assert_eq!(names, ["changed", "failed", "new"]);
        assert!(for_review(&run, None, &Filter { case: Some("nwe"), ..Filter::default() }).is_err());
    }
}
