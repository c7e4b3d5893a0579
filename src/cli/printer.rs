//! The only place that writes to stdout and stderr. stdout is data, stderr is talk.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::diagnostic::Diagnostics;

/// Width of text that goes to a file or a pipe.
const PLAIN_WIDTH: usize = 100;
/// Narrower text cannot be read, and wider lines are hard to read.
const LEAST_WIDTH: usize = 40;
const MOST_WIDTH: usize = 120;

/// Where output goes and how it may look.
#[derive(Debug, Clone)]
pub struct Printer {
    color_out: bool,
    color_err: bool,
    width: usize,
    interactive: bool,
}

impl Printer {
    /// Looks at the streams once; `NO_COLOR`, `CLICOLOR_FORCE` and `TERM` are honoured by anstream's choice. Text is as wide as
    /// the user says (`COLUMNS`), else as the terminal; what goes elsewhere does not depend on the machine.
    pub fn new(columns: Option<&str>) -> Self {
        let choice =
            |stream_color: anstream::ColorChoice| !matches!(stream_color, anstream::ColorChoice::Never);
        let width = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
        let width = width.filter(|_| io::stdout().is_terminal());
        let width = columns.and_then(|columns| columns.parse().ok()).or(width);
        Self {
            color_out: choice(anstream::AutoStream::choice(&io::stdout())),
            color_err: choice(anstream::AutoStream::choice(&io::stderr())),
            width: width.map_or(PLAIN_WIDTH, |width| width.clamp(LEAST_WIDTH, MOST_WIDTH)),
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
        }
    }

    /// Writes data. A reader that went away is no failure: what is decided and recorded does not hang on it.
    ///
    /// # Errors
    /// The stream is full or cannot be written.
    pub fn out(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        let mut write = || {
            stdout.write_all(text.as_bytes())?;
            if !text.is_empty() && !text.ends_with('\n') {
                stdout.write_all(b"\n")?;
            }
            stdout.flush()
        };
        write().or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
    }

    /// Where data that comes piece by piece is written; whoever writes it stops at a reader that went away.
    pub fn stream(&self) -> impl Write + Send + use<> {
        io::BufWriter::new(io::stdout())
    }

    /// Writes a line of talk; a closed stderr is no reason to fail.
    pub fn talk(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = stderr.write_all(text.as_bytes());
        let _ = stderr.write_all(b"\n");
    }

    /// Writes a value as JSON data.
    ///
    /// # Errors
    /// See [`Printer::out`].
    pub fn json<T: Serialize>(&self, value: &T) -> io::Result<()> {
        self.out(&crate::report::escape_json(&serde_json::to_string_pretty(value)?))
    }

    /// Shows findings and their count as talk.
    pub fn findings(&self, findings: &Diagnostics) {
        for finding in findings.iter() {
            self.talk(&finding.render(self.color_err));
            self.talk("");
        }
        if !findings.is_empty() {
            let n = |n: usize, noun: &str| crate::report::plural(n as u64, noun);
            let (errors, warnings) = (n(findings.errors(), "error"), n(findings.warnings(), "warning"));
            self.talk(&if findings.has_errors() { format!("{errors}, {warnings}") } else { warnings });
        }
    }

    /// Whether data may be coloured.
    pub fn color_out(&self) -> bool {
        self.color_out
    }

    /// Whether talk may be coloured.
    pub fn color_err(&self) -> bool {
        self.color_err
    }

    /// Columns of data.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How progress is shown.
    pub fn progress_style(&self) -> crate::report::ProgressStyle {
        use crate::report::ProgressStyle;
        if io::stderr().is_terminal() {
            ProgressStyle::Bars { color: self.color_err }
        } else {
            ProgressStyle::Lines
        }
    }

    /// Whether a person can be asked.
    pub fn interactive(&self) -> bool {
        self.interactive
    }
}
