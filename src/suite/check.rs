//! Wire → checked suites.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::case::Action;
use crate::config::range::in_range;
use crate::config::reader::{At, Mistakes, parse, read_table, suggest_or_list};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::retrieve::Budget;
use crate::score::{Markers, Scorer};
use crate::suite::defaults::Defaults;
use crate::suite::draft::{Common, Draft};
use crate::suite::scorers::{self, Built};
use crate::suite::sources::Sources;
use crate::suite::wire::{ActionsTable, BudgetTable, SuiteFile};
use crate::suite::{Context, ScoredCase, Suite, cases, goldens, shown, vars};

/// See [`crate::suite::load_all`].
pub(super) fn load_all(context: &Context<'_>) -> (Vec<Suite>, Diagnostics) {
    let mut suites = Vec::new();
    let mut broken = BTreeSet::new();
    let mut findings = Diagnostics::new();
    for path in files(&context.config.root.join(&context.config.suites)) {
        let (suite, found) = load(context, &path);
        if found.has_errors() {
            broken.insert(id_of(&path));
        }
        findings.extend(found);
        suites.extend(suite);
    }
    findings.extend(goldens::orphans(context, &suites, &broken));
    (suites, findings)
}

/// The suite files of a folder in name order; a folder that cannot be read has none (the settings
/// check reports it).
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|p| p.is_file() && p.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    paths
}

fn id_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn load(context: &Context<'_>, path: &Path) -> (Option<Suite>, Diagnostics) {
    let relative = shown(&context.config.root, path);
    let text = match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return (None, Diagnostic::error("is not UTF-8 text").in_path(&relative).into()),
        Err(error) => {
            let finding = Diagnostic::error(format!("cannot be read: {error}"));
            return (None, finding.in_path(&relative).into());
        }
    };
    let file = SourceFile::new(relative, text);
    let mut files = vec![Mistakes::new(file.clone())];
    let suite = parse(&file.text, &mut files[0]).map(|tree| {
        let wire: SuiteFile<'_> = read_table(tree.get_ref(), &(0..0), &mut files[0]);
        Check { context, id: id_of(path), file: file.clone() }.suite(wire, &mut files)
    });
    let mut findings = Diagnostics::new();
    for mistakes in files {
        findings.extend(mistakes.finish());
    }
    (suite, findings)
}

/// The check of one suite.
struct Check<'a> {
    context: &'a Context<'a>,
    id: String,
    file: SourceFile,
}

impl Check<'_> {
    fn suite(self, wire: SuiteFile<'_>, files: &mut Vec<Mistakes>) -> Suite {
        let config = self.context.config;
        let prompts = self.prompts(wire.prompts.as_ref(), &mut files[0]);
        let models = names(wire.models.as_ref(), "model", &mut files[0]);
        let known: Vec<&str> = config.models.keys().map(String::as_str).collect();
        for model in models.iter().filter(|m| !known.contains(&m.value.as_str())) {
            let finding = files[0].error(&model.span, format!("no model is named `{}`", model.value));
            let finding = suggest_or_list(finding, &model.value, &known, "models");
            files[0].push(finding.help("models are set in regauge.toml, under `[models.NAME]`"));
        }
        let knowledge = wire.knowledge.as_ref().map_or(&[][..], |k| k.value.as_slice());
        let sources = Sources::gather(knowledge, self.context, &mut files[0]);
        let built = scorers::build_all(&wire.score, &config.root, &mut files[0]);
        let built = scorers::label(built, &mut files[0]);
        let any_written = !wire.score.is_empty();
        let markers = markers(wire.actions.as_ref().map(|a| &a.value), &mut files[0]);
        let budget = budget(wire.retrieval_budget.as_ref().map(|b| &b.value), &mut files[0]);
        let repeats = in_range(wire.repeats.as_ref(), 1, 1000, "repeats", &mut files[0]);
        let title = wire.title.as_ref().map_or(self.id.clone(), |t| t.value.clone());
        let description = wire.description.as_ref().map(|d| d.value.clone());
        let retrieval = wire.retrieval.as_ref().map(|r| r.value).unwrap_or_default();

        let drafts = self.drafts(wire, &sources, files);
        report_repeats(&drafts, files);
        let needs: Vec<(String, BTreeSet<String>)> = prompts
            .iter()
            .filter(|name| self.context.prompts.get(name).is_some())
            .map(|name| (name.clone(), self.context.prompts.vars_of(name)))
            .collect();
        vars::check(&needs, &drafts, files);
        let cases = self.score(drafts, &built, any_written, files);
        Suite {
            id: self.id,
            title,
            description,
            file: self.file,
            prompts,
            models: models.into_iter().map(|m| m.value).collect(),
            knowledge: sources.knowledge,
            retrieval,
            budget,
            repeats: repeats.unwrap_or(config.repeats),
            markers,
            cases,
        }
    }

    fn prompts(&self, written: Option<&At<Vec<At<String>>>>, mistakes: &mut Mistakes) -> Vec<String> {
        let prompts = names(written, "prompt", mistakes);
        let folder = self.context.config.root.join(&self.context.config.prompts);
        let known: Vec<&str> = self.context.prompts.names().collect();
        for prompt in &prompts {
            let name = prompt.value.as_str();
            let partial = name.rsplit('/').next().is_some_and(|n| n.starts_with('_'));
            // A template that is there but did not load has findings of its own.
            let reported = !folder.is_dir() || (!partial && folder.join(format!("{name}.j2")).is_file());
            if known.contains(&name) || reported {
                continue;
            }
            let finding = mistakes.error(&prompt.span, format!("no prompt is named `{name}`"));
            let finding = match name.strip_suffix(".j2") {
                Some(stem) => finding.help(format!("write the name without `.j2`: `{stem}`")),
                None if partial => finding.help("a file whose name starts with `_` is a part of prompts"),
                None => suggest_or_list(finding, name, &known, "prompts"),
            };
            mistakes.push(finding);
        }
        prompts.into_iter().map(|p| p.value).collect()
    }

    fn drafts<'a>(
        &self,
        wire: SuiteFile<'a>,
        sources: &Sources,
        files: &mut Vec<Mistakes>,
    ) -> Vec<Draft<'a>> {
        let table = wire.defaults.map(|d| d.value).unwrap_or_default();
        let defaults = Defaults::check(&table, &mut files[0]);
        let common = Common { suite: &self.id, sources, defaults: &defaults, file: 0, plain_ids: true };
        let mut drafts = Vec::new();
        let written = wire.case.len() + wire.cases.len();
        for table in &wire.cases {
            let config = self.context.config;
            let opened = cases::open(&table.value, &config.root, &config.suites, &mut files[0]);
            let Some((file, mut own)) = opened else { continue };
            let near = Defaults::check(
                table.value.defaults.as_ref().map_or(&Default::default(), |d| &d.value),
                &mut files[0],
            );
            let near = near.over(&defaults);
            let common = Common { defaults: &near, file: files.len(), plain_ids: false, ..common };
            drafts.extend(file.drafts(&table.value, &common, &mut files[0], &mut own));
            files.push(own);
        }
        for table in wire.case {
            drafts.extend(common.draft(table.value, &table.span, &mut files[0]));
        }
        if written == 0 {
            let start = self.file.start().span;
            let finding = files[0].error(&start, "the suite has no cases, so it would check nothing");
            files[0].push(finding.help("add a `[[case]]`, or `[[cases]]` with a file"));
        }
        drafts
    }

    /// Gives every case its scorers and goldens; `any_written` tells whether the suite has scorers of
    /// its own, be they good or not.
    fn score(
        &self,
        drafts: Vec<Draft<'_>>,
        suite: &[Built],
        any_written: bool,
        files: &mut [Mistakes],
    ) -> Vec<ScoredCase> {
        let shared: Arc<[Scorer]> = suite.iter().map(|b| b.scorer.clone()).collect();
        let mut bare: Vec<(usize, std::ops::Range<usize>, String)> = Vec::new();
        let mut scored = Vec::new();
        for mut draft in drafts {
            let golden = self.context.goldens.get(&(self.id.clone(), draft.case.id.clone())).cloned();
            if let Some(golden) = &golden {
                draft.case.goldens.splice(0..0, golden.answers.iter().cloned());
            }
            let scorers = if draft.scores.is_empty() {
                shared.clone()
            } else {
                let own =
                    scorers::build_all(&draft.scores, &self.context.config.root, &mut files[draft.file]);
                goldens::warn_idle(&own, std::slice::from_ref(&draft.case), &mut files[draft.file]);
                scorers::combine(suite, own, &mut files[draft.file]).into()
            };
            // Tables that could not be built have findings of their own.
            if scorers.is_empty() && draft.scores.is_empty() && !any_written {
                bare.push((draft.file, draft.span, draft.case.id.clone()));
            }
            scored.push(ScoredCase { case: Arc::new(draft.case), scorers, golden });
        }
        let all: Vec<_> = scored.iter().map(|s| s.case.clone()).collect();
        goldens::warn_idle(suite, &all, &mut files[0]);
        if let Some((file, span, id)) = bare.first() {
            let more = if bare.len() > 1 { format!(" and {} more", bare.len() - 1) } else { String::new() };
            let finding = files[*file].error(span, format!("no scorer judges case `{id}`{more}"));
            files[*file].push(
                finding
                    .help("whatever the model said, the case could not fail")
                    .help("add a `[[score]]` to the suite, or a `[[case.score]]` to the case"),
            );
        }
        scored
    }
}

/// A list of names that must be there, must not be empty, and holds each name once.
fn names(written: Option<&At<Vec<At<String>>>>, what: &str, mistakes: &mut Mistakes) -> Vec<At<String>> {
    let Some(written) = written else { return Vec::new() };
    if written.value.is_empty() {
        mistakes.push(mistakes.error(&written.span, format!("the suite needs at least one {what}")));
    }
    let mut names: Vec<At<String>> = Vec::new();
    for name in &written.value {
        if names.iter().any(|n| n.value == name.value) {
            mistakes.push(mistakes.error(&name.span, format!("`{}` is named twice", name.value)));
        } else {
            names.push(name.clone());
        }
    }
    names
}

fn markers(table: Option<&ActionsTable>, mistakes: &mut Mistakes) -> Arc<Markers> {
    let mut extra: BTreeMap<Action, Vec<String>> = BTreeMap::new();
    let lists = table.into_iter().flat_map(|t| {
        [
            (Action::Answer, &t.answer),
            (Action::Clarify, &t.clarify),
            (Action::Abstain, &t.abstain),
            (Action::Escalate, &t.escalate),
            (Action::Act, &t.act),
            (Action::RefuseScope, &t.refuse_scope),
        ]
    });
    for (action, phrases) in lists {
        for phrase in phrases.iter().flat_map(|p| &p.value) {
            if phrase.value.trim().is_empty() {
                let finding = mistakes.error(&phrase.span, "a marker phrase must not be empty");
                mistakes.push(finding.help("an empty phrase would be found in every answer"));
            } else {
                extra.entry(action).or_default().push(phrase.value.clone());
            }
        }
    }
    Arc::new(Markers::with(&extra))
}

fn budget(table: Option<&BudgetTable>, mistakes: &mut Mistakes) -> Budget {
    let default = Budget::default();
    let Some(table) = table else { return default };
    let passages = in_range(table.max_passages.as_ref(), 1, u32::MAX, "max_passages", mistakes);
    let chars = in_range(table.max_chars.as_ref(), 1, u32::MAX, "max_chars", mistakes);
    Budget {
        max_passages: passages.map_or(default.max_passages, |n| n as usize),
        max_chars: chars.map_or(default.max_chars, |n| n as usize),
    }
}

/// Reports ids that are used twice, at the second place, naming the first.
fn report_repeats(drafts: &[Draft<'_>], files: &mut [Mistakes]) {
    let mut first: HashMap<&str, &Draft<'_>> = HashMap::new();
    for draft in drafts {
        let id = draft.case.id.as_str();
        let Some(earlier) = first.get(id) else {
            first.insert(id, draft);
            continue;
        };
        let origin = &earlier.case.origin;
        let there = format!("{}:{}", origin.path.display(), files[earlier.file].line(earlier.span.start));
        let mistakes = &mut files[draft.file];
        let finding = if draft.derived && earlier.derived {
            mistakes
                .error(&draft.span, format!("the row asks the same as {there}"))
                .help("remove one of them, or give both an id and map it with `fields.id`")
        } else {
            mistakes
                .error(&draft.span, format!("case id `{id}` is used twice"))
                .help(format!("the first one is at {there}"))
        };
        mistakes.push(finding);
    }
}
