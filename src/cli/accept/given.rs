//! `regauge accept --case CASE --answer TEXT`: an answer that a person gives, for a case that is there.

use crate::case::{Action, CaseName};
use crate::cli::{CommandResult, Session};
use crate::golden::bound_to;
use crate::lint::doubts_of;
use crate::project::Project;
use crate::provider::Completion;
use crate::report::{inert_line, stripped};
use crate::score::detect_action;
use crate::suite::{ScoredCase, Suite};

use super::keep::{Acceptance, Shelf};
use super::{Args, author, no_case, say};

/// Accepts a person's answer, bound to the sources of its case; what speaks against it is said.
pub(super) fn run(session: &Session, args: &Args, case: &str, answer: &str, reason: &str) -> CommandResult {
    let project = session.load()?;
    let (suite, scored) = find(&project, args.suite.as_deref(), case)?;
    let answer = stripped(answer);
    for note in notes(suite, &scored, answer.trim()) {
        session.printer.talk(&inert_line(&format!("note: {note}")));
    }
    let author = author(session, args)?;
    let acceptance = Acceptance { author: &author, reason, also: args.also, replace: args.replace };
    let shelf = Shelf::new(&session.root, &project.config.golden);
    let place = (suite.id.as_str(), scored.case.id.as_str());
    let found = shelf.of_case(place.0, place.1)?;
    let passages = bound_to(&suite.knowledge, &scored.case.sources);
    let kept = shelf.put(place, passages, &answer, &acceptance, &found)?;
    say(session, &answer, kept)
}

/// The one case of this id.
fn find<'p>(project: &'p Project, wanted: Option<&str>, id: &str) -> anyhow::Result<(&'p Suite, ScoredCase)> {
    let name = CaseName::parse(id);
    let (mut found, mut ids) = (None, Vec::new());
    for suite in project.suites.iter().filter(|suite| wanted.is_none_or(|name| name == suite.id)) {
        for scored in suite.cases.each() {
            let scored = scored?;
            if !name.is(&suite.id, &scored.case.id) {
                ids.push(scored.case.id.clone());
                continue;
            }
            anyhow::ensure!(
                found.is_none(),
                "case `{id}` is in more than one suite; choose one with --suite"
            );
            found = Some((suite, scored));
        }
    }
    found.ok_or_else(|| no_case(id, &ids))
}

/// What the case and its sources say against an answer.
fn notes(suite: &Suite, scored: &ScoredCase, answer: &str) -> Vec<String> {
    let case = &scored.case;
    let mut notes = Vec::new();
    let does = detect_action(&Completion::of_text(answer), &suite.markers)
        .map_or(Action::Answer, |(action, _)| action);
    if !case.expect.is_empty() && !case.expect.contains(&does) {
        let expects: Vec<&str> = case.expect.iter().map(|action| action.name()).collect();
        notes.push(format!(
            "the case expects `{}` and the answer is `{}`: change `expect` in {}, else such an answer fails `action`",
            expects.join("` or `"),
            does.name(),
            suite.file.path.display()
        ));
    }
    let sources = suite.knowledge.resolve_all(&case.sources);
    let doubts = doubts_of(answer, suite, scored, &sources);
    notes.extend(doubts.into_iter().map(|doubt| format!("\"{}\": {}", doubt.quote, doubt.why)));
    notes
}
