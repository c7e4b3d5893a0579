//! `regauge accept --confirm`: goldens whose passages were edited since, looked at one by one.

use console::Key;

use crate::case::CaseName;
use crate::cli::{CommandResult, ExitStatus, Session};
use crate::clock;
use crate::golden::{self, Drift, Golden, bound_to};
use crate::project::Project;
use crate::report::terminal::{Paint, Span, Tone, labelled, paragraph};
use crate::report::{inert, inert_line, plural};
use crate::score::accepted::{Doubt, doubts};
use crate::suite::{ScoredCase, Suite};

use super::desk::{Desk, TerminalDesk};
use super::keep::{Shelf, joined};
use super::{Args, author, no_case};

/// What the keys do.
const KEYS: &str = "a still right, confirm · s skip · q quit";

/// A golden to look at.
struct Suspect<'p> {
    suite: &'p Suite,
    scored: ScoredCase,
    golden: Golden,
    drifted: Vec<Drift>,
}

impl Suspect<'_> {
    fn name(&self) -> String {
        format!("{}/{}", self.suite.id, self.scored.case.id)
    }

    /// What the passages of today do not say of the accepted answers.
    fn doubts(&self) -> Vec<Doubt> {
        let (case, suite) = (&self.scored.case, self.suite);
        let mut sources = suite.knowledge.resolve_all(&case.sources);
        if sources.is_empty() {
            let rests_on = self.golden.passages.keys();
            let all = suite.knowledge.articles().flat_map(|article| article.passages.iter());
            sources = all.filter(|p| rests_on.clone().any(|id| *id == p.id)).cloned().collect();
        }
        let answers = self.golden.answers.iter();
        let each = answers.flat_map(|answer| doubts(answer, case, &sources, &suite.markers, (&[], false)));
        let mut found: Vec<Doubt> = Vec::new();
        for doubt in each {
            // Several answers may say the same.
            if !found.iter().any(|one| (&one.quote, &one.why) == (&doubt.quote, &doubt.why)) {
                found.push(doubt);
            }
        }
        found
    }
}

/// Confirms suspect goldens.
pub(super) fn run(session: &Session, args: &Args) -> CommandResult {
    let project = session.load()?;
    let suspects = find(&project, args)?;
    let printer = &session.printer;
    if suspects.is_empty() {
        printer.talk("nothing to confirm: no golden rests on a passage that was edited since");
        return Ok(ExitStatus::Success);
    }
    let shelf = Shelf::new(&session.root, &project.config.golden);
    match (&args.case, &args.reason) {
        (Some(case), Some(reason)) => {
            let [suspect] = suspects.as_slice() else {
                anyhow::bail!("case `{case}` is in more than one suite; choose one with --suite");
            };
            let author = author(session, args)?;
            for doubt in suspect.doubts() {
                printer.talk(&inert_line(&format!("note: \"{}\": {}", doubt.quote, doubt.why)));
            }
            let path = confirm(&shelf, suspect, &author, reason)?;
            printer.out(&format!("wrote {}", path.display()))?;
            Ok(ExitStatus::Success)
        }
        _ if printer.interactive() => {
            let author = author(session, args)?;
            let editor = (session.env)("VISUAL").or_else(|| (session.env)("EDITOR"));
            let paint = Paint::new(printer.color_err(), printer.width());
            let mut desk = TerminalDesk::new(printer, editor);
            review(&suspects, &shelf, paint, (&author, args.reason.as_deref()), &mut desk)
        }
        _ => {
            for suspect in &suspects {
                let why: Vec<String> = suspect.drifted.iter().map(ToString::to_string).collect();
                printer.out(&inert_line(&format!("{}  {}", suspect.name(), why.join(", "))))?;
            }
            anyhow::bail!(
                "nobody can be asked here; name the case: regauge accept --confirm --case CASE --reason \"why it is still right\""
            )
        }
    }
}

fn find<'p>(project: &'p Project, args: &Args) -> anyhow::Result<Vec<Suspect<'p>>> {
    let mut suspects = Vec::new();
    let (mut ids, mut known) = (Vec::new(), false);
    let name = args.case.as_deref().map(CaseName::parse);
    let wanted = |suite: &&Suite| args.suite.as_ref().is_none_or(|name| *name == suite.id);
    for suite in project.suites.iter().filter(wanted) {
        for scored in suite.cases.each() {
            let scored = scored?;
            ids.push(scored.case.id.clone());
            if name.is_some_and(|name| !name.is(&suite.id, &scored.case.id)) {
                continue;
            }
            known = true;
            let Some(golden) = scored.golden.clone() else { continue };
            let drifted = golden.drifted(&suite.knowledge);
            if !drifted.is_empty() {
                suspects.push(Suspect { suite, scored, golden, drifted });
            }
        }
    }
    if let Some(case) = args.case.as_ref().filter(|_| !known) {
        return Err(no_case(case, &ids));
    }
    Ok(suspects)
}

/// Binds a golden to the passages of today.
fn confirm(
    shelf: &Shelf,
    suspect: &Suspect<'_>,
    author: &str,
    reason: &str,
) -> anyhow::Result<std::path::PathBuf> {
    anyhow::ensure!(!reason.trim().is_empty(), "say why the answer is still right");
    let (suite, case) = (suspect.suite, &suspect.scored.case);
    // Read again: what is confirmed is what is there now.
    let found = shelf.of_case(&suite.id, &case.id)?;
    anyhow::ensure!(
        found.golden.as_ref() == Some(&suspect.golden),
        "the golden of `{}` changed meanwhile; look again",
        case.id
    );
    let mut passages = suspect.golden.rebound(&suite.knowledge);
    if passages.is_empty() {
        passages = bound_to(&suite.knowledge, &case.sources);
    }
    let golden = Golden {
        author: joined(&suspect.golden.author, author, ", "),
        reason: joined(&suspect.golden.reason, reason.trim(), "; "),
        date: Some(clock::now().to_zoned(jiff::tz::TimeZone::UTC).date()),
        passages,
        answers: suspect.golden.answers.clone(),
    };
    shelf.replace((&suite.id, &case.id), &golden, found.text.as_deref())
}

fn review(
    suspects: &[Suspect<'_>],
    shelf: &Shelf,
    paint: Paint,
    (author, reason): (&str, Option<&str>),
    desk: &mut dyn Desk,
) -> CommandResult {
    let (mut confirmed, mut skipped) = (0_u64, 0_u64);
    let mut interrupted = false;
    for (at, suspect) in suspects.iter().enumerate() {
        let place = format!("{} of {}", at + 1, plural(suspects.len() as u64, "golden"));
        desk.show(&card(paint, suspect, &place));
        match desk.key()? {
            None => {
                interrupted = true;
                break;
            }
            Some(Key::Char('q' | 'Q') | Key::Escape) => break,
            Some(Key::Char('a' | 'A')) => {
                let why = match reason {
                    Some(reason) => reason.to_owned(),
                    None => desk.line("Why is it still right?")?,
                };
                match confirm(shelf, suspect, author, &why) {
                    Ok(path) => {
                        desk.show(&format!("wrote {}", path.display()));
                        confirmed += 1;
                    }
                    Err(error) => {
                        desk.show(&format!("{error:#}"));
                        skipped += 1;
                    }
                }
            }
            Some(_) => skipped += 1,
        }
    }
    let left = suspects.len() as u64 - confirmed;
    desk.show(&format!("{confirmed} confirmed, {skipped} skipped; {left} still suspect"));
    Ok(if interrupted { ExitStatus::Interrupted } else { ExitStatus::Success })
}

/// Everything a person needs to decide on one golden.
fn card(paint: Paint, suspect: &Suspect<'_>, place: &str) -> String {
    let case = &suspect.scored.case;
    let head = [
        Span::new(Tone::Dim, format!("{place}  ")),
        Span::new(Tone::Strong, &*case.id),
        Span::new(Tone::Dim, format!("  {}", suspect.suite.id)),
    ];
    let mut text = format!("\n{}", paragraph(paint, 0, &head));
    text.push_str(&labelled(paint, "question", &[inert(case.input()).into()], 0));
    for drift in &suspect.drifted {
        let now = golden::passage(&suspect.suite.knowledge, &drift.passage);
        let id = Span::new(Tone::Strong, format!("{} ", inert_line(&drift.to_string())));
        let body = now.map(|passage| inert(&passage.text)).unwrap_or_default();
        text.push_str(&labelled(paint, "article", &[id, body.into()], 0));
    }
    for answer in &suspect.golden.answers {
        text.push_str(&labelled(paint, "accepted", &[inert(answer).into()], 0));
    }
    for doubt in suspect.doubts() {
        let why = inert_line(&format!("\"{}\": {}", doubt.quote, doubt.why));
        text.push_str(&labelled(paint, "doubt", &[Span::new(Tone::Bad, why)], 0));
    }
    format!("{text}  {}", paint.tone(Tone::Dim, KEYS))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    #[derive(Default)]
    struct Script {
        keys: VecDeque<char>,
        shown: String,
    }

    impl Desk for Script {
        fn show(&mut self, text: &str) {
            self.shown.push_str(text);
            self.shown.push('\n');
        }
        fn key(&mut self) -> anyhow::Result<Option<Key>> {
            Ok(self.keys.pop_front().map(Key::Char))
        }
        fn line(&mut self, _: &str) -> anyhow::Result<String> {
            Ok("the new length is meant".to_owned())
        }
        fn edit(&mut self, text: &str) -> anyhow::Result<String> {
            Ok(text.to_owned())
        }
    }

    #[test]
    fn each_golden_is_shown_with_what_its_article_says_now() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "regauge.toml",
            "[models.m]\nprovider = 'openai'\nmodel = 'x'\nbase_url = 'http://127.0.0.1:9'\n[knowledge.k]\npath = 'kb'\n",
        );
        write("prompts/p.j2", "{{ input }}");
        write("kb/r.md", "+++\nid = 'r'\ntitle = 'Returns'\n+++\nYou have 20 days from delivery.\u{1b}[2J\n");
        let case = |id: &str| {
            format!(
                "[[case]]\nid = '{id}'\ninput = 'How long?'\nsources = ['r']\n[[case.score]]\nkind = 'length'\nmin_words = 1\n"
            )
        };
        let suite = format!(
            "title = 't'\nprompts = ['p']\nmodels = ['m']\nknowledge = ['k']\n{}{}",
            case("a"),
            case("b")
        );
        write("suites/s.toml", &suite);
        for id in ["a", "b"] {
            write(
                &format!("golden/answers/s/{id}.md"),
                "+++\nauthor = 'Ana'\nreason = 'r'\n[passages]\n\"r#top\" = 'b3:0000000000000000'\n+++\nYou have 30 days.\n",
            );
        }
        let (project, findings) = crate::project::load(dir.path(), &|_| None);
        assert_eq!(findings.warnings(), 1, "one passage was edited: {findings:?}");
        let project = project.unwrap();
        let args = Args {
            run: String::new(),
            case: None,
            suite: None,
            prompt: None,
            model: None,
            reason: None,
            author: None,
            also: false,
            replace: false,
            confirm: true,
            pending: false,
            answer: None,
            failed: false,
        };
        let suspects = find(&project, &args).unwrap();
        let shelf = Shelf::new(dir.path(), &project.config.golden);
        let mut desk = Script { keys: ['a', 's'].into(), ..Script::default() };
        let status = review(&suspects, &shelf, Paint::new(false, 100), ("Ion", None), &mut desk).unwrap();
        assert_eq!(status, ExitStatus::Success);
        for words in [
            "r#top was edited",
            "accepted  You have 30 days.",
            "the passage `r#top` says 20 days",
            "1 confirmed, 1 skipped; 1 still suspect",
        ] {
            assert!(desk.shown.contains(words), "{words}\n{}", desk.shown);
        }
        assert!(!desk.shown.contains('\u{1b}'), "{}", desk.shown);
        let text = std::fs::read_to_string(dir.path().join("golden/answers/s/a.md")).unwrap();
        assert!(text.contains("the new length is meant") && !text.contains("b3:0000"), "{text}");
        assert_eq!(find(&crate::project::load(dir.path(), &|_| None).0.unwrap(), &args).unwrap().len(), 1);
    }
}
