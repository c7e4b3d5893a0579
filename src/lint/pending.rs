//! Pending cases, checked with everything else: the suite and the sources are there, no case asks it already, and nothing
//! in it tells who the customer was.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::golden::{PendingCase, load_pending};
use crate::lint::alike::Asked;
use crate::project::Project;
use crate::score::personal::{PLACEHOLDERS, Published};
use crate::suite::Suite;

/// What was found about pending cases, and how many there are.
pub fn pending(project: &Project) -> (usize, Diagnostics) {
    let (found, mut findings) = load_pending(&project.config.root, &project.config.golden);
    if found.is_empty() {
        return (0, findings);
    }
    let published = Published::of(project.suites.iter().map(|suite| suite.knowledge.as_ref()));
    let asked = Questions::of(project);
    for pending in &found {
        check(project, pending, &published, &asked, &mut findings);
    }
    (found.len(), findings)
}

fn check(
    project: &Project,
    pending: &PendingCase,
    published: &Published,
    asked: &Questions,
    findings: &mut Diagnostics,
) {
    let warning = |message: String| Diagnostic::warning(message).at(pending.file.start());
    let PendingCase { suite, case, pending: said, .. } = pending;
    let Some(found) = project.suites.iter().find(|known| known.id == *suite) else {
        let names = project.suites.iter().map(|known| known.id.as_str());
        let finding =
            warning(format!("the pending case `{case}` waits for suite `{suite}`, which is not there"));
        findings.push(finding.suggest(suite, names).help("move the file into the folder of a suite"));
        return;
    };
    for source in said.sources.iter().filter(|source| !is_there(found, source)) {
        let finding =
            warning(format!("the pending case `{case}` names the source `{source}`, which is not there"));
        let ids = found.knowledge.articles().map(|article| article.id.as_str());
        findings.push(finding.suggest(source.split('#').next().unwrap_or_default(), ids));
    }
    if let Some(twin) = asked.twin(&said.question, said.turns.is_empty(), suite, case) {
        let finding = warning(format!("the pending case `{case}` asks what {twin} asks already"));
        findings.push(finding.help("delete the file, or accept its answer for that case"));
    }
    let texts: Vec<&str> = said.texts().collect();
    let kinds: Vec<&str> = published.personal(&texts).iter().flatten().map(|found| found.kind).collect();
    if !kinds.is_empty() {
        let finding =
            warning(format!("the pending case `{case}` may tell who the customer was: {}", kinds.join(", ")));
        let marks = PLACEHOLDERS.map(|mark| format!("`{mark}`")).join(", ");
        findings
            .push(finding.help(format!("before the file is committed, put what fits in its place: {marks}")));
    }
}

fn is_there(suite: &Suite, source: &str) -> bool {
    suite.knowledge.resolve(&crate::case::SourceRef::parse(source)).is_some()
}

/// The questions of all cases, to find the one that asks the same.
#[derive(Default)]
pub struct Questions(Vec<(String, String, Asked)>);

impl Questions {
    /// Those of a project.
    pub fn of(project: &Project) -> Self {
        let mut all = Self::default();
        let cases = project.suites.iter().flat_map(|suite| suite.cases.each()).flatten();
        for scored in cases.filter(|scored| scored.case.history().is_empty() && !scored.case.is_talk()) {
            for wording in scored.case.wordings() {
                all.add(&scored.case.suite, &scored.case.id, &wording.text);
            }
        }
        all
    }

    /// One more.
    pub fn add(&mut self, suite: &str, case: &str, question: &str) {
        self.0.push((suite.to_owned(), case.to_owned(), Asked::new(question)));
    }

    /// The case that asks nearly the same, as `suite/case`; what is asked amid a conversation is nobody's twin, and no
    /// case is its own.
    pub fn twin(&self, question: &str, alone: bool, suite: &str, case: &str) -> Option<String> {
        let asked = alone.then(|| Asked::new(question))?;
        let others = self.0.iter().filter(|(of, id, _)| (of.as_str(), id.as_str()) != (suite, case));
        let alike = others.filter_map(|(suite, case, other)| Some((asked.likeness(other)?, suite, case)));
        let nearest = alike.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| (b.1, b.2).cmp(&(a.1, a.2))));
        nearest.map(|(_, suite, case)| format!("{suite}/{case}"))
    }
}
