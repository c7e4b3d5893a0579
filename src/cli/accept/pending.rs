//! `regauge accept --pending`: pending cases, looked at one by one; what is accepted joins its suite with a golden.

use std::path::PathBuf;

use anyhow::Context as _;
use console::Key;
use serde::Serialize;

use crate::case::{CaseName, SourceRef, Speaker};
use crate::cli::{CommandResult, ExitStatus, Findings, Session, file};
use crate::clock;
use crate::diagnostic::did_you_mean;
use crate::golden::{Golden, Pending, PendingCase, bound_to, load_pending};
use crate::project::{self, Project};
use crate::report::terminal::{Paint, Span, Tone, labelled, paragraph};
use crate::report::{inert, inert_line, plural, stripped};

use super::desk::{Desk, TerminalDesk};
use super::keep::{Shelf, joined};
use super::{Args, author};

/// What the keys do.
const KEYS: &str = "a accept · e edit · s skip · q quit";

/// Accepts pending cases.
pub(super) fn run(session: &Session, args: &Args) -> CommandResult {
    let project = session.load()?;
    let (all, findings) = load_pending(&session.root, &project.config.golden);
    session.printer.findings(&findings);
    let pending = wanted(all, args)?;
    let printer = &session.printer;
    if pending.is_empty() {
        printer.talk("nothing is pending; `regauge promote` makes pending cases");
        return Ok(ExitStatus::Success);
    }
    let desk = Joining { session, project: &project, author: &author(session, args)? };
    match (&args.case, &args.reason) {
        (Some(_), Some(reason)) => {
            let [one] = pending.as_slice() else {
                anyhow::bail!("more than one suite has a pending case of this id; choose one with --suite");
            };
            let answer = args.answer.as_deref().unwrap_or(&one.pending.answer);
            for path in desk.join(one, answer, reason)? {
                printer.out(&format!("wrote {}", path.display()))?;
            }
            Ok(ExitStatus::Success)
        }
        _ if printer.interactive() => {
            let editor = (session.env)("VISUAL").or_else(|| (session.env)("EDITOR"));
            let paint = Paint::new(printer.color_err(), printer.width());
            review(&desk, &pending, args.reason.as_deref(), paint, &mut TerminalDesk::new(printer, editor))
        }
        _ => {
            for one in &pending {
                let line =
                    format!("{}/{}  {}  ({})", one.suite, one.case, one.pending.question, one.pending.origin);
                printer.out(&inert_line(&line))?;
            }
            anyhow::bail!(
                "nobody can be asked here; name the case: regauge accept --pending --case CASE --reason \"why the answer is right\""
            )
        }
    }
}

fn wanted(all: Vec<PendingCase>, args: &Args) -> anyhow::Result<Vec<PendingCase>> {
    let ids: Vec<String> = all.iter().map(|one| one.case.clone()).collect();
    let is = |one: &PendingCase| {
        args.case.as_ref().is_none_or(|name| CaseName::parse(name).is(&one.suite, &one.case))
            && args.suite.as_ref().is_none_or(|suite| *suite == one.suite)
    };
    let found: Vec<PendingCase> = all.into_iter().filter(is).collect();
    if let Some(case) = args.case.as_ref().filter(|_| found.is_empty()) {
        match did_you_mean(case, ids.iter().map(String::as_str)) {
            Some(near) => anyhow::bail!("no pending case is named `{case}`; did you mean `{near}`?"),
            None => anyhow::bail!("no pending case is named `{case}`"),
        }
    }
    Ok(found)
}

/// How pending cases join their suites.
struct Joining<'a> {
    session: &'a Session,
    project: &'a Project,
    author: &'a str,
}

impl Joining<'_> {
    /// Writes the case into its suite and its golden beside the others, then takes the pending file away; the files
    /// that were written. A suite that would no longer load is left as it was.
    fn join(&self, one: &PendingCase, answer: &str, reason: &str) -> anyhow::Result<Vec<PathBuf>> {
        let (answer, reason) = (stripped(answer), reason.trim());
        let answer = answer.trim();
        anyhow::ensure!(
            !answer.is_empty(),
            "nobody gave an answer yet: say --answer, or write it into {}",
            shown(one)
        );
        anyhow::ensure!(!reason.is_empty(), "say why the answer is right");
        let suite = self.project.suites.iter().find(|suite| suite.id == one.suite);
        let suite = suite.with_context(|| format!("there is no suite `{}` for {}", one.suite, shown(one)))?;
        let config = &self.project.config;
        let goldens = Shelf::new(&self.session.root, &config.golden);
        let there = goldens.of_case(&one.suite, &one.case)?;
        anyhow::ensure!(there.text.is_none(), "case `{}` has a golden already", one.case);
        for scored in suite.cases.each() {
            anyhow::ensure!(
                scored?.case.id != one.case,
                "suite `{}` has a case `{}` already",
                one.suite,
                one.case
            );
        }
        let path = self.session.root.join(&suite.file.path);
        let before =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let after = format!("{}\n\n{}", before.trim_end(), block(&one.case, &one.pending)?);
        file::replace(&path, after.as_bytes())?;
        let (loaded, findings) = project::load(&self.session.root, &self.session.env);
        if loaded.is_none() {
            file::replace(&path, before.as_bytes())?;
            return Err(anyhow::Error::from(Findings(findings))
                .context("the case cannot join its suite; nothing was changed"));
        }
        let sources: Vec<SourceRef> = one.pending.sources.iter().map(|s| SourceRef::parse(s)).collect();
        let golden = Golden {
            author: one
                .pending
                .agent
                .as_ref()
                .map_or_else(|| self.author.to_owned(), |agent| joined(agent, self.author, ", ")),
            reason: format!("{reason}; from {}", one.pending.origin),
            date: Some(clock::now().to_zoned(jiff::tz::TimeZone::UTC).date()),
            passages: bound_to(&suite.knowledge, &sources),
            answers: vec![answer.to_owned()],
        };
        let golden = match goldens.replace((&one.suite, &one.case), &golden, None) {
            Ok(path) => path,
            Err(error) => {
                file::replace(&path, before.as_bytes())?;
                return Err(error.context("nothing was changed"));
            }
        };
        // All that it said is in the case and in its golden now.
        let own = self.session.root.join(&one.file.path);
        std::fs::remove_file(&own).with_context(|| format!("failed to remove {}", own.display()))?;
        Ok(vec![suite.file.path.clone(), golden])
    }
}

fn shown(one: &PendingCase) -> String {
    one.file.path.display().to_string()
}

#[derive(Serialize)]
struct Suite<'a> {
    case: [Case<'a>; 1],
}

/// A case as a suite has it.
#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    sources: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    expect: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    turns: Vec<Turn<'a>>,
    score: [Score; 1],
}

#[derive(Serialize)]
struct Turn<'a> {
    role: Speaker,
    text: &'a str,
}

#[derive(Serialize)]
struct Score {
    kind: &'static str,
}

/// The `[[case]]` of a pending case: what was asked, and that its golden judges it.
fn block(id: &str, pending: &Pending) -> anyhow::Result<String> {
    let said = |(role, text)| Turn { role, text };
    let mut turns: Vec<Turn<'_>> = pending.turns.iter().map(|t| said((t.role, t.text.as_str()))).collect();
    if !turns.is_empty() {
        turns.push(said((Speaker::Customer, &pending.question)));
    }
    let case = Case {
        id,
        input: turns.is_empty().then_some(pending.question.as_str()),
        lang: pending.lang.as_deref(),
        sources: &pending.sources,
        expect: pending.expect.map(crate::case::Action::name),
        turns,
        score: [Score { kind: "golden" }],
    };
    Ok(toml::to_string(&Suite { case: [case] })?)
}

fn review(
    joining: &Joining<'_>,
    pending: &[PendingCase],
    reason: Option<&str>,
    paint: Paint,
    desk: &mut dyn Desk,
) -> CommandResult {
    let (mut accepted, mut interrupted) = (0_u64, false);
    'cases: for (at, one) in pending.iter().enumerate() {
        let mut answer = one.pending.answer.clone();
        loop {
            let place = format!("{} of {}", at + 1, plural(pending.len() as u64, "pending case"));
            desk.show(&card(paint, one, &answer, &place));
            match desk.key()? {
                None => {
                    interrupted = true;
                    break 'cases;
                }
                Some(Key::Char('q' | 'Q') | Key::Escape) => break 'cases,
                Some(Key::Char('e' | 'E')) => match desk.edit(&answer) {
                    Ok(edited) => edited.trim().clone_into(&mut answer),
                    Err(error) => desk.show(&format!("{error:#}")),
                },
                Some(Key::Char('a' | 'A')) => {
                    let why = match reason {
                        Some(reason) => reason.to_owned(),
                        None => desk.line("Why is it right?")?,
                    };
                    match joining.join(one, &answer, &why) {
                        Ok(paths) => {
                            for path in paths {
                                desk.show(&format!("wrote {}", path.display()));
                            }
                            accepted += 1;
                            break;
                        }
                        Err(error) => desk.show(&format!("{error:#}")),
                    }
                }
                Some(Key::Char('s' | 'S')) => break,
                Some(_) => desk.show(KEYS),
            }
        }
    }
    let left = pending.len() as u64 - accepted;
    desk.show(&format!("{accepted} accepted, {left} still pending"));
    Ok(if interrupted { ExitStatus::Interrupted } else { ExitStatus::Success })
}

/// Everything a person needs to decide on one case.
fn card(paint: Paint, one: &PendingCase, answer: &str, place: &str) -> String {
    let said = &one.pending;
    let head = [
        Span::new(Tone::Dim, format!("{place}  ")),
        Span::new(Tone::Strong, inert_line(&one.case)),
        Span::new(Tone::Dim, inert_line(&format!("  {}  {}", one.suite, said.origin))),
    ];
    let mut text = format!("\n{}", paragraph(paint, 0, &head));
    let mut line = |label: &'static str, words: &str, tone: Tone| {
        text.push_str(&labelled(paint, label, &[Span::new(tone, inert(words))], 0));
    };
    for turn in &said.turns {
        let who = if turn.role == Speaker::Customer { "customer" } else { "agent" };
        line(who, &turn.text, Tone::Dim);
    }
    line("question", &said.question, Tone::Plain);
    for source in &said.sources {
        line("source", source, Tone::Strong);
    }
    for (label, words, tone) in [("wrong", &said.wrong, Tone::Bad), ("why", &said.reason, Tone::Dim)] {
        if let Some(words) = words {
            line(label, words, tone);
        }
    }
    let none = "nobody gave an answer yet; e writes one";
    line("answer", if answer.trim().is_empty() { none } else { answer }, Tone::Plain);
    format!("{text}  {}", paint.tone(Tone::Dim, KEYS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Action, Turn as Said};

    #[test]
    fn a_case_is_written_as_a_suite_has_it() {
        let pending = Pending {
            question: "How \"long\"?\n[[case]]".into(),
            sources: vec!["returns#window".into()],
            expect: Some(Action::Answer),
            ..Pending::default()
        };
        assert_eq!(
            block("how-long", &pending).unwrap(),
            "[[case]]\nid = \"how-long\"\ninput = \"\"\"\nHow \"long\"?\n[[case]]\"\"\"\nsources = [\"returns#window\"]\nexpect = \"answer\"\n\n\
             [[case.score]]\nkind = \"golden\"\n"
        );
        let talk = Pending { turns: vec![Said { role: Speaker::Agent, text: "Hi".into() }], ..pending };
        let text = block("talk", &talk).unwrap();
        assert!(text.contains("[[case.turns]]\nrole = \"agent\"") && !text.contains("input ="), "{text}");
    }
}
