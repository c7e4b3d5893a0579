//! A run that ended: its report and its exit code.

use std::sync::Arc;

use super::Args;
use crate::cli::against::Against;
use crate::cli::outputs::Subject;
use crate::cli::{CommandResult, ExitStatus, Session};
use crate::config::GateRules;
use crate::gate::{Verdict, stopped_by_evidence};
use crate::outcome::{Recorded, RunStatus};
use crate::provider::ErrorKind;
use crate::report::CompareBy;
use crate::run::{Ending, missing as missing_answers};
use crate::store::Store;

/// A run that ended, read back from the store piece by piece.
pub(in crate::cli) struct Finished {
    pub(in crate::cli) store: Arc<Store>,
    /// The run.
    pub(in crate::cli) id: String,
    /// What it is compared with and held against.
    pub(in crate::cli) against: Against,
    pub(in crate::cli) rules: GateRules,
    pub(in crate::cli) ending: Ending,
    /// Which variants are held against each other.
    pub(in crate::cli) by: CompareBy,
}

impl Finished {
    /// Prints the report and says how the command ended.
    pub(in crate::cli) fn print(&self, session: &Session, args: &Args) -> CommandResult {
        let run = self.store.stored(&self.id)?;
        let previous = self.against.stored(&self.store)?;
        let previous = previous.as_ref().map(|p| p as &dyn Recorded);
        let subject = Subject {
            store: &self.store,
            run: &run,
            previous,
            rules: &self.rules,
            against: &self.against,
            by: &self.by,
        };
        let report = args.outputs.shown_always().write(session, subject, args.limit)?;
        let missing = report.errors.iter().filter(|group| group.kind == ErrorKind::Missing.name());
        let missing = missing_answers(missing.flat_map(|group| group.cases.iter().map(String::as_str)));
        if args.offline && !missing.is_empty() {
            session.printer.talk(&missing);
        }
        if let Some(reason) = &self.ending.reason {
            session.printer.talk(&format!(
                "stopped: {reason}\n{} finishes it, or: regauge run --resume {}",
                if self.proven() { "the same command without --fail-fast" } else { "the same command" },
                self.id
            ));
        }
        Ok(self.status(report.gate.map_or(Verdict::CannotTell, |g| g.verdict)))
    }

    /// Whether the run was stopped because a loss was proven.
    fn proven(&self) -> bool {
        stopped_by_evidence(self.ending.reason.as_deref()).is_some()
    }

    fn status(&self, verdict: Verdict) -> ExitStatus {
        if self.ending.interrupted {
            return ExitStatus::Interrupted;
        }
        if self.ending.status != RunStatus::Finished && !self.proven() {
            return ExitStatus::Incomplete;
        }
        ExitStatus::of(verdict)
    }
}
