//! Wire → checked suites.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::case::Action;
use crate::config::range::in_range;
use crate::config::reader::{At, Decode, Mistakes, parse, read_table, suggest_or_list};
use crate::config::wire::SuiteGateTable;
use crate::config::{self, Config, SuiteGate};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::fingerprint::Fingerprint;
use crate::golden::Golden;
use crate::retrieve::Limits;
use crate::score::Markers;
use crate::suite::cases::CaseFile;
use crate::suite::defaults::{self, Defaults};
use crate::suite::draft::{Common, Draft};
use crate::suite::scorers::{self, Built};
use crate::suite::script::TurnRules;
use crate::suite::sources::Sources;
use crate::suite::stream::{self, Around, Cases, Judged, ScoredFile};
use crate::suite::sweep::{Repeats, Sweep};
use crate::suite::wire::{ActionsTable, BudgetTable, CaseTable, CasesTable, DefaultsTable, SuiteFile};
use crate::suite::{Context, ScoredCase, Suite, customer, goldens, retrieval, script, shown};

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
    findings.extend(goldens::suspects(context, &suites));
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

/// See [`crate::suite::gates`].
pub(super) fn gates(config: &Config) -> (Vec<SuiteGate>, Vec<String>) {
    let (mut gates, mut unread) = (Vec::new(), Vec::new());
    for path in files(&config.root.join(&config.suites)) {
        let relative = shown(&config.root, &path);
        let Ok(text) = std::fs::read_to_string(&path) else {
            unread.push(relative.display().to_string());
            continue;
        };
        let mut mistakes = Mistakes::new(SourceFile::new(relative.clone(), text.clone()));
        if let Some(tree) = parse(&text, &mut mistakes)
            && let Some(gate) = tree.get_ref().get("gate")
            && let Some(table) = <SuiteGateTable as Decode>::decode(gate, "gate", &mut mistakes)
        {
            gates.push(config::check_suite(&id_of(&path), &table, &mut mistakes));
        }
        if mistakes.finish().has_errors() {
            unread.push(relative.display().to_string());
        }
    }
    (gates, unread)
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
        let built = scorers::build_all(&wire.score, self.context, &mut files[0]);
        let built = scorers::label(built, &mut files[0]);
        let gate = wire.gate.as_ref().map(|gate| config::check_suite(&self.id, &gate.value, &mut files[0]));
        let any_written = !wire.score.is_empty();
        let markers = markers(wire.actions.as_ref().map(|a| &a.value), &mut files[0]);
        let limits = limits(wire.retrieval_budget.as_ref().map(|b| &b.value), &mut files[0]);
        let repeats = in_range(wire.repeats.as_ref(), 1, 1000, "repeats", &mut files[0]);
        let title = wire.title.as_ref().map_or(self.id.clone(), |t| t.value.clone());
        let description = wire.description.as_ref().map(|d| d.value.clone());
        let retrieval = retrieval::choose(wire.retrieval.as_ref(), self.context, &mut files[0]);
        retrieval::warn_cut(wire.retrieval.as_ref(), &retrieval, limits, &sources.knowledge, &mut files[0]);

        let needs = prompts
            .iter()
            .filter(|name| self.context.prompts.get(name).is_some())
            .map(|name| (name.clone(), self.context.prompts.vars_of(name)))
            .collect();
        let mut sweep = Sweep::new(&self.id, self.context.goldens, needs);
        let knowledge = sources.knowledge.clone();
        let around = Around { markers: markers.fingerprint(), knowledge: knowledge.fingerprint() };
        let shared = Judged::new(built.iter().map(|b| b.scorer.clone()).collect(), around);
        let judge = Judge { shared, around, built: &built, any_written };
        let cases = self.cases(wire, sources, &judge, &mut sweep, files);
        let with_file = sweep.with_file;
        Suite {
            id: self.id,
            title,
            description,
            file: self.file,
            prompts,
            models: models.into_iter().map(|m| m.value).collect(),
            knowledge,
            retrieval,
            limits,
            repeats: repeats.unwrap_or(config.repeats),
            markers,
            scorers: rules(&judge.shared, &cases),
            cases,
            with_file,
            gate,
            quarantined: BTreeSet::new(),
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

    /// Checks all cases; those of files pass by and are not kept.
    fn cases(
        &self,
        wire: SuiteFile<'_>,
        sources: Sources,
        judge: &Judge<'_>,
        sweep: &mut Sweep<'_>,
        files: &mut Vec<Mistakes>,
    ) -> Cases {
        let table = wire.defaults.map(|d| d.value).unwrap_or_default();
        let mut defaults = Defaults::check(&table, &mut files[0]);
        let perturbation = wire.perturbation.as_ref().map(|p| &p.value);
        defaults.perturbation = Arc::new(defaults::perturbation(perturbation, &mut files[0]));
        let ground = Ground { sources: Arc::new(sources), defaults, judge, goldens: self.goldens() };
        if wire.case.len() + wire.cases.len() == 0 {
            let start = self.file.start().span;
            let finding = files[0].error(&start, "the suite has no cases, so it would check nothing");
            files[0].push(finding.help("add a `[[case]]`, or `[[cases]]` with a file"));
        }
        let scored_files = self.of_files(&wire.cases, &ground, sweep, files);
        let (written, places) = self.written(wire.case, &ground, sweep, &mut files[0]);
        let repeated = sweep.repeated();
        if !repeated.is_empty() {
            report_repeats(Repeats::new(repeated), &scored_files, written.iter().zip(&places), files);
        }
        sweep.report_lacking(files);
        if sweep.count > 0 {
            goldens::warn_idle(judge.built, sweep.any_golden, sweep.any_expect, &mut files[0]);
        }
        sweep.report_bare(files);
        Cases {
            files: scored_files.into(),
            written: written.into(),
            count: sweep.count,
            wordings: sweep.wordings,
            fingerprint: sweep.fingerprint(),
        }
    }

    /// The files of cases, each with findings of its own at the end of `files`.
    fn of_files(
        &self,
        tables: &[At<CasesTable>],
        ground: &Ground<'_>,
        sweep: &mut Sweep<'_>,
        files: &mut Vec<Mistakes>,
    ) -> Vec<ScoredFile> {
        let (config, judge) = (self.context.config, ground.judge);
        let mut scored_files = Vec::new();
        for table in tables {
            let table = &table.value;
            let none = DefaultsTable::default();
            let near = Defaults::check(table.defaults.as_ref().map_or(&none, |d| &d.value), &mut files[0]);
            let shared = (self.id.as_str(), ground.sources.clone(), near.over(&ground.defaults));
            let opened = CaseFile::open(table, (&config.root, &config.suites), shared, &mut files[0]);
            let Some(file) = opened else { continue };
            sweep.add(file.settings());
            let (mut own, before) = (file.mistakes(), sweep.count);
            let mut turn_rules = TurnRules::default();
            file.check(table, files.len(), &mut files[0], &mut own, &mut |draft, row, mistakes| {
                let turns = script::scored(&draft.case, &draft.turns, self.context, mistakes);
                // What is wrong in the row may be why; that is said already.
                let judged = judge.judges()
                    || script::judges(&draft.turns, &turns)
                    || mistakes.has_errors_in(&(0..mistakes.file().text.len()));
                turn_rules.keep(&draft.turns, &turns);
                sweep.see(&draft, judged, row.as_bytes());
            });
            files.push(own);
            let count = sweep.count - before;
            scored_files.push(ScoredFile {
                file,
                judged: judge.shared.clone(),
                goldens: ground.goldens.clone(),
                turns: turn_rules,
                around: judge.around,
                count,
            });
        }
        scored_files
    }

    /// The cases that are written in the suite itself, and where.
    fn written(
        &self,
        tables: Vec<At<CaseTable<'_>>>,
        ground: &Ground<'_>,
        sweep: &mut Sweep<'_>,
        mistakes: &mut Mistakes,
    ) -> (Vec<ScoredCase>, Vec<Location>) {
        let Ground { sources, defaults, judge, goldens } = ground;
        let common = Common { suite: &self.id, sources, defaults, file: 0, plain_ids: true };
        let (mut written, mut places) = (Vec::new(), Vec::new());
        let starts = tables.iter().skip(1).map(|table| table.span.start);
        let ends: Vec<usize> = starts.chain([self.file.text.len()]).collect();
        for (table, end) in tables.into_iter().zip(ends) {
            let whole = table.span.start..end;
            let draft = match common.draft(table.value, &table.span, mistakes) {
                Ok(draft) => draft,
                Err(unfit) => {
                    scorers::build_all(&unfit.scores, self.context, mistakes);
                    script::build_all(&unfit.turns, self.context, mistakes);
                    continue;
                }
            };
            let content: String =
                draft.case.wordings().iter().map(|w| draft.case.fingerprint(w).to_string()).collect();
            let any_golden = goldens.contains_key(&draft.case.id) || !draft.case.goldens.is_empty();
            let scorers = judge.scorers(&draft, any_golden, self.context, mistakes);
            customer::report_model(&draft, &self.context.config.models, mistakes);
            let turns = script::scored(&draft.case, &draft.turns, self.context, mistakes);
            let in_turns = script::judges(&draft.turns, &turns);
            let judged =
                judge.judges() || in_turns || !draft.scores.is_empty() || mistakes.has_errors_in(&whole);
            sweep.see(&draft, judged, format!("{} {content}", draft.case.id).as_bytes());
            places.push(draft.place);
            written.push(stream::scored(draft.case, &scorers, goldens, (turns, judge.around)));
        }
        (written, places)
    }

    /// The golden files of this suite by case id.
    fn goldens(&self) -> Arc<BTreeMap<String, Golden>> {
        let own = self.context.goldens.iter().filter(|((suite, _), _)| *suite == self.id);
        Arc::new(own.map(|((_, case), golden)| (case.clone(), golden.clone())).collect())
    }
}

/// What all cases of the suite rest on.
struct Ground<'a> {
    sources: Arc<Sources>,
    defaults: Defaults,
    judge: &'a Judge<'a>,
    /// The golden files by case id.
    goldens: Arc<BTreeMap<String, Golden>>,
}

/// The suite's own scorers.
struct Judge<'a> {
    shared: Judged,
    around: Around,
    built: &'a [Built],
    /// Whether the suite has `[[score]]` tables, be they right or wrong.
    any_written: bool,
}

impl Judge<'_> {
    /// Whether a case without scorers of its own is judged. Tables that could not be built have findings of their own.
    fn judges(&self) -> bool {
        self.any_written || !self.shared.scorers.is_empty()
    }

    /// The scorers of a case, the suite's and its own; `any_golden` says whether it has an accepted answer.
    fn scorers(
        &self,
        draft: &Draft<'_>,
        any_golden: bool,
        context: &Context<'_>,
        mistakes: &mut Mistakes,
    ) -> Judged {
        if draft.scores.is_empty() {
            return self.shared.clone();
        }
        let own = scorers::build_all(&draft.scores, context, mistakes);
        goldens::warn_idle(&own, any_golden, !draft.case.expect.is_empty(), mistakes);
        Judged::new(scorers::combine(self.built, own, mistakes).into(), self.around)
    }
}

/// Hash of what the suite's scorers and those of its cases go by.
fn rules(shared: &Judged, cases: &Cases) -> Fingerprint {
    let own: Vec<_> = cases.written.iter().map(|c| (&c.case.id, c.rules)).collect();
    Fingerprint::of(&(shared.rules, own))
}

/// Reports the cases whose id another one had before them; the files are read once more for it.
fn report_repeats<'c>(
    mut repeats: Repeats,
    scored_files: &[ScoredFile],
    written: impl Iterator<Item = (&'c ScoredCase, &'c Location)>,
    files: &mut [Mistakes],
) {
    for (index, file) in scored_files.iter().enumerate() {
        file.file.revisit(index + 1, &mut |draft| {
            repeats.see(&draft.case, &draft.place, draft.derived, &mut files[index + 1]);
        });
    }
    for (scored, place) in written {
        repeats.see(&scored.case, place, false, &mut files[0]);
    }
}

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

fn limits(table: Option<&BudgetTable>, mistakes: &mut Mistakes) -> Limits {
    let Some(table) = table else { return Limits::default() };
    let passages = in_range(table.max_passages.as_ref(), 1, u32::MAX, "max_passages", mistakes);
    let chars = in_range(table.max_chars.as_ref(), 1, u32::MAX, "max_chars", mistakes);
    Limits { max_passages: passages.map(|n| n as usize), max_chars: chars.map(|n| n as usize) }
}
