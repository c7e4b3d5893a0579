//! Where reports go: one format to the terminal, and any number of formats to files.
//!
//! `--format F --output FILE` is a pair and may be repeated: every `--output` takes the `--format` before it, else the
//! one that the file's ending means. A format without a file goes to the standard output.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};

use super::against::Against;
use super::runs::trend;
use super::{Session, experiment, file, places};
use crate::config::GateRules;
use crate::outcome::Recorded;
use crate::report::{self, CompareBy, Depth, RENDERERS, Report, ReportOptions};
use crate::store::Store;

/// What a terminal is shown.
const TERMINAL: &str = "terminal";

/// The flags `--format`, `--output` and `--json`, in the order in which they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outputs {
    /// The format on the standard output, when one was named.
    shown: Option<String>,
    /// Formats and their files.
    files: Vec<(String, PathBuf)>,
}

/// A run, what it is compared with, and what it is held against.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) store: &'a Store,
    pub(super) run: &'a dyn Recorded,
    pub(super) previous: Option<&'a dyn Recorded>,
    pub(super) rules: &'a GateRules,
    pub(super) against: &'a Against,
    pub(super) by: &'a CompareBy,
}

impl Outputs {
    /// The same; where no format was named for the standard output, it gets the terminal's.
    #[must_use]
    pub(super) fn shown_always(&self) -> Self {
        let shown = self.shown.clone().or_else(|| Some(TERMINAL.to_owned()));
        Self { shown, files: self.files.clone() }
    }

    /// Finds out before the work whether the files can be written after it.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (_, path) in &self.files {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
            if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
                anyhow::bail!("--output {}: there is no folder {}", path.display(), folder.display());
            }
            if path.is_dir() {
                anyhow::bail!("--output {}: this is a folder; name a file in it", path.display());
            }
        }
        Ok(())
    }

    /// The formats asked for, that of the standard output included.
    pub(super) fn formats(&self) -> impl Iterator<Item = &str> {
        self.all().map(|(format, _)| format)
    }

    /// The formats with their files; without one what goes to the standard output.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, Option<&Path>)> {
        let files = self.files.iter().map(|(format, path)| (format.as_str(), Some(path.as_path())));
        let shown = self.shown.as_deref().or_else(|| self.files.is_empty().then_some(TERMINAL));
        files.chain(shown.map(|format| (format, None)))
    }

    /// Writes the files, then shows what is to be shown; gives back the report that was built last.
    pub(super) fn write(
        &self,
        session: &Session,
        subject: Subject<'_>,
        limit: usize,
    ) -> anyhow::Result<Report> {
        let printer = &session.printer;
        let plain = ReportOptions { color: false, width: printer.width(), limit };
        let mut built: Option<(Depth, Report)> = None;
        for (format, path) in &self.files {
            let report = reuse(&mut built, session, subject, report::depth(format, &plain)?)?;
            file::replace(path, report::render(format, report, &plain)?.as_bytes())?;
        }
        if let Some((format, _)) = self.all().find(|(_, path)| path.is_none()) {
            let options = ReportOptions { color: printer.color_out(), ..plain };
            let report = reuse(&mut built, session, subject, report::depth(format, &options)?)?;
            printer.out(&report::render(format, report, &options)?)?;
        }
        match built {
            Some((_, report)) => Ok(report),
            None => build(session, subject, Depth::first(limit)),
        }
    }
}

/// The report in this depth: a format gives the same bytes alone and beside others, so a report is only used
/// again for formats that show as much of it.
fn reuse<'a>(
    built: &'a mut Option<(Depth, Report)>,
    session: &Session,
    subject: Subject<'_>,
    depth: Depth,
) -> anyhow::Result<&'a Report> {
    let report = match built.take() {
        Some((have, report)) if have == depth => report,
        _ => build(session, subject, depth)?,
    };
    Ok(&built.insert((depth, report)).1)
}

/// The report of the subject, as deep as asked.
pub(super) fn build(session: &Session, subject: Subject<'_>, depth: Depth) -> anyhow::Result<Report> {
    let Subject { store, run, previous, rules, against, by } = subject;
    let mut report = against.report(run, previous, rules, depth, by)?;
    if depth.trend() {
        report.trend = Some(trend::until(store, run.info(), None)?);
    }
    if depth.places() {
        report.places = places::of(session, &report.run.suites);
    }
    if depth.experiments() {
        report.experiments = experiment::of_run(session, &report.run)?;
    }
    Ok(report)
}

impl clap::Args for Outputs {
    fn augment_args(command: Command) -> Command {
        let formats = RENDERERS.iter().map(|kind| PossibleValue::new(kind.name).help(kind.summary));
        command
            .arg(
                Arg::new("format")
                    .long("format")
                    .value_name("FORMAT")
                    .action(ArgAction::Append)
                    .value_parser(PossibleValuesParser::new(formats))
                    .help("Format of the report [default: terminal]"),
            )
            .arg(
                Arg::new("output")
                    .long("output")
                    .short('o')
                    .value_name("FILE")
                    .action(ArgAction::Append)
                    .value_parser(clap::value_parser!(PathBuf))
                    .help(
                        "Write the format before it, else that of the file's ending, to this file, whole or not \
                         at all; a file that is there is replaced. The pair can be repeated",
                    ),
            )
            .arg(
                Arg::new("json")
                    .long("json")
                    .action(ArgAction::SetTrue)
                    .help("Print the report as JSON; short for `--format json`"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Outputs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let refuse = |words: String| Err(clap::Error::raw(ErrorKind::ArgumentConflict, words + "\n"));
        let mut formats = placed::<String>(matches, "format");
        let mut files: Vec<(String, PathBuf)> = Vec::new();
        let mut from = 0;
        for (at, path) in placed::<PathBuf>(matches, "output") {
            let own = formats.iter().rposition(|(place, _)| (from..at).contains(place));
            let format = match own {
                Some(own) => formats.remove(own).1,
                None => report::format_of(&path).unwrap_or(TERMINAL).to_owned(),
            };
            if files.iter().any(|(_, other)| *other == path) {
                return refuse(format!("two reports would be written to {}", path.display()));
            }
            files.push((format, path));
            from = at;
        }
        let mut shown: Vec<String> = formats.into_iter().map(|(_, format)| format).collect();
        if matches.get_flag("json") {
            shown.push("json".to_owned());
        }
        shown.dedup();
        if let [one, other, ..] = &*shown {
            return refuse(format!(
                "`{one}` and `{other}` cannot both go to the standard output; write `--output FILE` after \
                 one of them"
            ));
        }
        Ok(Self { shown: shown.pop(), files })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The values of a flag with their places on the command line.
fn placed<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, id: &str) -> Vec<(usize, T)> {
    let values = matches.get_many::<T>(id).into_iter().flatten().cloned();
    matches.indices_of(id).into_iter().flatten().zip(values).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Args as _;

    fn parse(line: &str) -> Result<Outputs, String> {
        let command = Outputs::augment_args(Command::new("x").no_binary_name(true));
        let matches = command.try_get_matches_from(line.split_whitespace()).unwrap();
        Outputs::from_arg_matches(&matches).map_err(|e| e.to_string())
    }

    fn outputs(shown: Option<&str>, files: &[(&str, &str)]) -> Outputs {
        let files = files.iter().map(|(format, path)| ((*format).to_owned(), PathBuf::from(path)));
        Outputs { shown: shown.map(str::to_owned), files: files.collect() }
    }

    #[test]
    fn a_file_takes_the_format_before_it() {
        let parsed = |line| parse(line).unwrap();
        assert_eq!(parsed(""), outputs(None, &[]));
        assert_eq!(parsed("--format html"), outputs(Some("html"), &[]));
        assert_eq!(parsed("--json --output a"), outputs(Some("json"), &[("terminal", "a")]));
        assert_eq!(parsed("--format junit -o a.xml"), outputs(None, &[("junit", "a.xml")]));
        let by_ending = [("html", "a.HTML"), ("junit", "b.xml"), ("markdown", "c.md"), ("json", "d.json")];
        assert_eq!(parsed("-o a.HTML -o b.xml -o c.md -o d.json"), outputs(None, &by_ending));
        assert_eq!(parsed("--format junit -o a.html"), outputs(None, &[("junit", "a.html")]));
        assert_eq!(
            parsed("--format github --format junit --output a --output b --format html -o c"),
            outputs(Some("github"), &[("junit", "a"), ("terminal", "b"), ("html", "c")])
        );
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        let twice = parse("--format junit --output a --format json --output a").unwrap_err();
        assert!(twice.contains("two reports would be written to a"), "{twice}");
        let both = parse("--format html --json").unwrap_err();
        assert!(both.contains("`html` and `json` cannot both go to the standard output"), "{both}");
    }
}
