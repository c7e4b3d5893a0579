//! `regauge explain`: everything about one case of a run, or the manual of a scorer.

mod scorer;

use std::collections::BTreeSet;

use super::{CommandResult, ExitStatus, Session};
use crate::case::CaseName;
use crate::diagnostic::did_you_mean;
use crate::outcome::{ReadError, Recorded, TrialKey, TrialResult};
use crate::report::CaseReport;
use crate::report::terminal::{Paint, render_case};

/// Flags of `regauge explain`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    other: Option<Other>,
    /// The case: its id or `suite/case`, with `[WORDING]` behind it for one wording.
    #[arg(value_name = "CASE", required = true)]
    case: Option<String>,
    /// The run: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(long, value_name = "RUN", default_value = "latest")]
    run: String,
    /// Only this suite.
    #[arg(long, value_name = "SUITE")]
    suite: Option<String>,
    /// Only this prompt.
    #[arg(long, value_name = "PROMPT")]
    prompt: Option<String>,
    /// Only this model.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Most trials of other runs shown.
    #[arg(long, value_name = "N", default_value_t = 20)]
    history: u32,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Other {
    /// Print what a scorer checks, its keys, an example and what it cannot see. A case of this name is `SUITE/scorer`.
    Scorer {
        /// The scorer; default: one line of each.
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Args {
    /// Whether it works without a project.
    pub(super) fn is_general(&self) -> bool {
        self.other.is_some()
    }
}

/// Prints everything about a case, or the manual of a scorer.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    if let Some(Other::Scorer { name, json }) = &args.other {
        return scorer::run(session, name.as_deref(), *json);
    }
    let store = session.store()?;
    let run = store.run(&store.resolve(&args.run)?)?;
    let keys = chosen(&run, args)?;
    let trials = keys.iter().map(|key| run.trial(key)).collect::<Result<Vec<TrialResult>, ReadError>>()?;
    let cases: BTreeSet<(&str, &str)> = keys.iter().map(|k| (&*k.suite, &*k.case)).collect();
    let mut history = Vec::new();
    for (suite, case) in cases {
        // The run itself is part of the history and left out of it when shown.
        let limit = args.history.saturating_add(u32::try_from(trials.len()).unwrap_or(u32::MAX));
        history.extend(store.history(suite, case, limit)?);
    }
    let mut report = CaseReport::build(&run.info().header, trials, &history);
    report.history.truncate(args.history as usize);
    let printer = &session.printer;
    if args.json {
        printer.json(&report)?;
    } else {
        printer.out(&render_case(Paint::new(printer.color_out(), printer.width()), &report))?;
    }
    Ok(ExitStatus::Success)
}

/// The trials asked for; an unknown name is an error with a near one.
fn chosen(run: &dyn Recorded, args: &Args) -> anyhow::Result<Vec<TrialKey>> {
    let case = args.case.as_deref().unwrap_or_default();
    let name = CaseName::parse(case);
    let mut named = Vec::new();
    for id in name.ids() {
        named.extend(run.keys_of(id)?);
    }
    named.retain(|k| name.is_wording(&k.suite, &k.case, &k.phrasing));
    let id = &run.info().header.id;
    if named.is_empty() {
        match near(run, case)? {
            Some(near) => anyhow::bail!("run {id} has no case `{case}`; did you mean `{near}`?"),
            None => anyhow::bail!("run {id} has no case `{case}`"),
        }
    }
    let wanted = |filter: &Option<String>, name: &str| filter.as_deref().is_none_or(|f| f == name);
    let is_wanted = |k: &&TrialKey| {
        wanted(&args.suite, &k.suite) && wanted(&args.prompt, &k.prompt) && wanted(&args.model, &k.model)
    };
    let kept: Vec<TrialKey> = named.iter().filter(is_wanted).cloned().collect();
    if kept.is_empty() {
        let ran: BTreeSet<String> = named.iter().map(|k| format!("{}: {}", k.suite, k.variant())).collect();
        let ran: Vec<String> = ran.into_iter().collect();
        anyhow::bail!("case `{case}` has no such trial in run {id}; it ran on {}", ran.join(", "));
    }
    Ok(kept)
}

/// The known case that is written most like this one.
fn near(run: &dyn Recorded, case: &str) -> Result<Option<String>, ReadError> {
    let (mut best, mut seen) = (None::<String>, String::new());
    for digest in run.digests()? {
        let other = digest?.key.case;
        if other != seen {
            let known = best.as_deref().into_iter().chain([other.as_str()]);
            best = did_you_mean(case, known).map(str::to_owned);
            seen = other;
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, trial};

    fn args(case: &str, prompt: Option<&str>) -> Args {
        Args {
            other: None,
            case: Some(case.into()),
            run: "latest".into(),
            suite: None,
            prompt: prompt.map(str::to_owned),
            model: None,
            history: 20,
            json: false,
        }
    }

    #[test]
    fn cases_are_found_by_id_or_with_their_suite() {
        let run = RunBuilder::new("r")
            .trial(trial("window", "bare").passed())
            .trial(trial("window", "grounded").passed())
            .trial(trial("window", "bare").suite("other").passed())
            .build();
        assert_eq!(chosen(&run, &args("window", None)).unwrap().len(), 3);
        assert_eq!(chosen(&run, &args("other/window", None)).unwrap().len(), 1);
        assert_eq!(chosen(&run, &args("window", Some("grounded"))).unwrap().len(), 1);
        let error = chosen(&run, &args("widnow", None)).unwrap_err().to_string();
        assert_eq!(error, "run r has no case `widnow`; did you mean `window`?");
        let error = chosen(&run, &args("other/window", Some("grounded"))).unwrap_err().to_string();
        assert!(error.ends_with("it ran on other: bare × small"), "{error}");
    }
}
