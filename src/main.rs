//! Parses the command line, calls `cli`, maps the result to an exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    regauge::cli::main()
}
