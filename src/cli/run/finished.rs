//! A run that ended: its report and its exit code.

use super::Args;
use crate::cli::{CommandResult, ExitStatus, Session};
use crate::gate::{GateResult, Verdict};
use crate::outcome::{Run, RunStatus};
use crate::report::{Report, ReportOptions};
use crate::run::Ending;

/// A run with what it is judged by.
pub(in crate::cli) struct Finished {
    pub(in crate::cli) run: Run,
    pub(in crate::cli) previous: Option<Run>,
    pub(in crate::cli) gate: GateResult,
    pub(in crate::cli) ending: Ending,
}

impl Finished {
    pub(in crate::cli) fn print(&self, session: &Session, args: &Args) -> CommandResult {
        let report = Report::build(&self.run, self.previous.as_ref(), Some(&self.gate));
        let format = if args.json { "json" } else { "terminal" };
        session.printer.out(&crate::report::render(
            format,
            &report,
            &ReportOptions {
                color: session.printer.color_out(),
                width: session.printer.width(),
                limit: args.limit,
            },
        )?)?;
        if let Some(reason) = &self.ending.reason {
            let id = &self.run.header.id;
            session.printer.talk(&format!(
                "stopped: {reason}\nthe same command finishes it, or: regauge run --resume {id}"
            ));
        }
        Ok(self.status())
    }

    fn status(&self) -> ExitStatus {
        if self.ending.interrupted {
            return ExitStatus::Interrupted;
        }
        if self.run.status != RunStatus::Finished {
            return ExitStatus::Incomplete;
        }
        match self.gate.verdict {
            Verdict::Pass => ExitStatus::Success,
            Verdict::Fail => ExitStatus::GateFailed,
            Verdict::CannotTell => ExitStatus::CannotTell,
            Verdict::Incomplete => ExitStatus::Incomplete,
        }
    }
}
