//! `regauge completions SHELL`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, CommandResult, ExitStatus, Session};

/// Flags of `regauge completions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell.
    shell: Shell,
}

/// Prints a shell's completion script.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "regauge", &mut script);
    session.printer.out(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Success)
}
