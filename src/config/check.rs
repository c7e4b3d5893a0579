//! Wire → checked settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::decode::{Entries, Entry};
use crate::config::models::ModelCheck;
use crate::config::paths::{self, Wanted};
use crate::config::range::in_range;
use crate::config::reader::{At, Mistakes, parse, read_table, suggest_or_list};
use crate::config::wire::{KnowledgeTable, ModelTable, ProjectTable, SettingsFile};
use crate::config::{Config, Env, FILE_NAME, gate, lint, retrieval, secrets};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::knowledge::{self, Article, READERS, ReaderKind, SourceSpec};
use crate::prompt::BARE;

/// See [`crate::config::load`].
pub(super) fn load(root: &Path, env: Env<'_>) -> (Option<Config>, Diagnostics) {
    let path = root.join(FILE_NAME);
    let text = match std::fs::read(&path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return (None, unreadable("is not UTF-8 text").into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let finding = unreadable("does not exist").help("`regauge init` writes a working example");
            return (None, finding.into());
        }
        Err(error) => return (None, unreadable(&format!("cannot be read: {error}")).into()),
    };
    check(root, env, &SourceFile::new(FILE_NAME, text))
}

fn unreadable(problem: &str) -> Diagnostic {
    Diagnostic::error(problem).in_path(Path::new(FILE_NAME))
}

fn check(root: &Path, env: Env<'_>, written: &SourceFile) -> (Option<Config>, Diagnostics) {
    let masked = secrets::mask(written);
    let mut mistakes = Mistakes::new(masked.file.clone());
    for span in &masked.keys {
        let finding = mistakes.error(span, "an API key has no place in a file");
        mistakes.push(
            finding
                .label("not shown")
                .help("put it into an environment variable and name that: `api_key_env = \"OPENAI_API_KEY\"`")
                .help("the name of a variable is capital letters, digits and `_`")
                .help("if this file was ever shared or committed, revoke the key"),
        );
    }
    let Some(tree) = parse(&masked.file.text, &mut mistakes) else { return (None, mistakes.finish()) };
    let wire: SettingsFile = read_table(tree.get_ref(), &(0..0), &mut mistakes);

    let no_prices = Entries::default();
    let prices = wire.prices.as_ref().map_or(&no_prices, |p| &p.value);
    let models_of = ModelCheck { root, env, literal_keys: &masked.keys, prices };
    let no_models = Entries::default();
    let model_tables = wire.models.as_ref().map_or(&no_models, |m| &m.value);
    let models = models_of.check(model_tables, &mut mistakes);
    let judge_repeats = wire.judge.as_ref().and_then(|j| j.value.repeats.as_ref());
    let judge_repeats = in_range(judge_repeats, 1, 9, "repeats", &mut mistakes).unwrap_or(1);
    let judge = wire.judge.as_ref().and_then(|j| j.value.model.as_ref());
    check_judge(judge, model_tables, &mut mistakes);
    let defaults = wire.defaults.map(|d| d.value).unwrap_or_default();
    let concurrency = in_range(defaults.concurrency.as_ref(), 1, 1024, "concurrency", &mut mistakes);
    let retrieval_tables = wire.retrieval.as_ref().map(|r| &r.value);
    let retrievals = retrieval::check(retrieval_tables, model_tables, &models_of, &mut mistakes);
    let project = wire.project.map(|p| p.value).unwrap_or_default();
    let folders = Folders::check(root, &project, &mut mistakes);
    let prompts = root.join(&folders.prompts);
    let bare = defaults.bare.as_ref().is_some_and(|bare| bare.value);
    let control = defaults.control.as_ref();
    check_control(control, bare, &prompts, model_tables, &mut mistakes);
    let config = Config {
        root: root.to_owned(),
        prompts: folders.prompts,
        suites: folders.suites,
        golden: folders.golden,
        store: folders.store,
        concurrency: concurrency.unwrap_or(8) as usize,
        repeats: in_range(defaults.repeats.as_ref(), 1, 1000, "repeats", &mut mistakes).unwrap_or(1),
        adaptive: in_range(defaults.adaptive.as_ref(), 1, 100, "adaptive", &mut mistakes).unwrap_or(1),
        seed: defaults.seed.map_or(1, |s| s.value),
        max_cost: in_range(defaults.max_cost.as_ref(), 0.0, f64::MAX, "max_cost", &mut mistakes),
        control: control.map(|c| c.value.clone()),
        bare,
        models,
        knowledge: knowledge(root, wire.knowledge.as_ref().map(|k| &k.value), &mut mistakes),
        retrievals,
        judge: judge.map(|j| j.value.clone()),
        judge_repeats,
        forced_judge_repeats: None,
        overlay: None,
        gate: gate::check(wire.gate.map(|g| g.value).unwrap_or_default(), &prompts, &mut mistakes),
        lint_off: lint::check(&wire.lint.map(|l| l.value).unwrap_or_default(), &mut mistakes),
        file: masked.file,
    };
    (Some(config), mistakes.finish())
}

fn check_judge(judge: Option<&At<String>>, models: &Entries<ModelTable>, mistakes: &mut Mistakes) {
    let names: Vec<&str> = models.0.iter().map(|m| m.key.value.as_str()).collect();
    if let Some(judge) = judge.filter(|j| !names.contains(&j.value.as_str())) {
        let finding = mistakes.error(&judge.span, format!("no model is named `{}`", judge.value));
        mistakes.push(suggest_or_list(finding, &judge.value, &names, "models"));
    }
}

/// A control is a prompt of the project, a model, or the bare arm.
fn check_control(
    control: Option<&At<String>>,
    bare: bool,
    prompts: &Path,
    models: &Entries<ModelTable>,
    mistakes: &mut Mistakes,
) {
    let Some(control) = control.filter(|_| prompts.is_dir()) else { return };
    let name = control.value.as_str();
    let is_model = models.0.iter().any(|m| m.key.value == name);
    let is_prompt = (bare && name == BARE) || prompts.join(format!("{name}.j2")).is_file();
    if !is_model && !is_prompt {
        let finding = mistakes.error(&control.span, format!("no prompt and no model is named `{name}`"));
        let finding = match name {
            BARE => finding.help("`bare = true` in [defaults] runs the built-in one"),
            _ => paths::suggest_stem(finding, prompts, name),
        };
        mistakes.push(finding);
    }
}

/// The project's folders, relative to its root.
struct Folders {
    prompts: PathBuf,
    suites: PathBuf,
    golden: PathBuf,
    store: PathBuf,
}

impl Folders {
    fn check(root: &Path, table: &ProjectTable, mistakes: &mut Mistakes) -> Self {
        let mut folder = |written: &Option<At<String>>, default: &str, needed: bool, help: &str| {
            let path = written.as_ref().map_or(default, |w| w.value.as_str());
            let span = written.as_ref().map_or(0..0, |w| w.span.clone());
            if path.is_empty() {
                mistakes.push(mistakes.error(&span, "a folder's name must not be empty"));
                return PathBuf::from(default);
            }
            if needed || root.join(path).exists() {
                paths::check(mistakes, root, path, &span, Wanted::Folder, help);
            }
            PathBuf::from(path)
        };
        let golden = table.golden.is_some();
        Self {
            prompts: folder(
                &table.prompts,
                "prompts",
                true,
                "prompts are `*.j2` files; `regauge init` shows some",
            ),
            suites: folder(
                &table.suites,
                "suites",
                true,
                "suites are `*.toml` files; `regauge init` shows one",
            ),
            golden: folder(&table.golden, "golden/answers", golden, "create it, or leave `golden` out"),
            store: folder(&table.store, ".regauge", false, "regauge creates the folder of its store itself"),
        }
    }
}

fn reader_of(written: &At<String>, mistakes: &mut Mistakes) -> Option<&'static ReaderKind> {
    let found = knowledge::reader(&written.value);
    if found.is_none() {
        let names: Vec<&str> = READERS.iter().map(|kind| kind.name).collect();
        let finding = mistakes.error(&written.span, format!("unknown kind of knowledge `{}`", written.value));
        mistakes.push(suggest_or_list(finding, &written.value, &names, "kinds"));
    }
    found
}

fn knowledge(
    root: &Path,
    wire: Option<&Entries<KnowledgeTable>>,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, SourceSpec> {
    let mut sources = BTreeMap::new();
    for Entry { key, value } in wire.into_iter().flat_map(|w| &w.0) {
        let Some(path) = &value.value.path else { continue };
        let fields = value.value.fields.as_ref();
        let values = value.value.values.iter().flat_map(|v| &v.value.0);
        let names = fields.iter().flat_map(|f| &f.value.0).map(|field| &field.key);
        for key in names.chain(values.clone().map(|field| &field.key)) {
            let name = key.value.as_str();
            if !Article::FIELDS.contains(&name) {
                let finding = mistakes.error(&key.span, format!("articles have no field `{name}`"));
                mistakes.push(suggest_or_list(finding, name, &Article::FIELDS, "fields"));
            }
        }
        for field in fields.iter().flat_map(|f| &f.value.0) {
            let name = field.key.value.as_str();
            if field.value.value.is_empty() {
                mistakes
                    .push(mistakes.error(&field.value.span, format!("`{name}` names no field of the table")));
            }
        }
        // What is there but of no use is reported when it is loaded.
        paths::check(mistakes, root, &path.value, &path.span, Wanted::Any, "");
        let pairs = fields.into_iter().flat_map(|f| &f.value.0);
        let kind = value.value.kind.as_ref();
        let spec = SourceSpec {
            name: key.value.clone(),
            kind: kind.and_then(|kind| reader_of(kind, mistakes)),
            path: PathBuf::from(&path.value),
            fields: pairs.map(|f| (f.key.value.clone(), f.value.value.clone())).collect(),
            values: values
                .map(|field| {
                    let pairs = field.value.value.0.iter();
                    let pairs = pairs.map(|pair| (pair.key.value.clone(), pair.value.value.clone()));
                    (field.key.value.clone(), pairs.collect())
                })
                .collect(),
            file: mistakes.file().clone(),
            span: path.span.clone(),
        };
        sources.insert(key.value.clone(), spec);
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(text: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["prompts", "suites", "golden/knowledge"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        std::fs::write(dir.path().join("articles.jsonl"), "").unwrap();
        std::fs::write(dir.path().join(FILE_NAME), text).unwrap();
        dir
    }

    fn load_text(text: &str) -> (Option<Config>, Vec<String>) {
        let dir = project(text);
        let env = |name: &str| (name == "KEY").then(|| "sk-canary-123456 ".to_owned());
        let (config, findings) = load(dir.path(), &env);
        let shown = findings.iter().map(|d| {
            let row = d.to_row();
            format!("{}:{} {}", row.line.unwrap_or(0), row.column.unwrap_or(0), row.message)
        });
        (config, shown.collect())
    }

    #[test]
    fn an_empty_file_is_all_defaults() {
        let (config, found) = load_text("");
        let config = config.unwrap();
        assert_eq!(found, [""; 0]);
        assert_eq!(config.prompts, Path::new("prompts"));
        assert_eq!((config.concurrency, config.repeats, config.seed), (8, 1, 1));
        assert_eq!(config.max_cost, None);
        assert!(!config.gate.critical_all);
    }

    #[test]
    fn a_whole_file_is_read() {
        let text = r#"
[project]
store = "runs"
[models.gpt]
provider = "openai"
model = "gpt-5-mini"
base_url = "http://localhost:8080/v1/"
api_key_env = "KEY"
temperature = 0
stop = "END"
price = { input = 0.25, output = 2 }
extra = { reasoning_effort = "low" }
[models.unset]
provider = "openai"
model = "x"
api_key_env = "NOT_SET"
[models.recorded]
provider = "replay"
of = "gpt"
[knowledge.help]
path = "golden/knowledge"
[knowledge.table]
path = "articles.jsonl"
fields = { text = "body_md" }
[judge]
model = "gpt"
[gate]
critical = "off"
max_error_rate = 0.1
"#;
        let (config, found) = load_text(text);
        assert_eq!(found, [""; 0]);
        let config = config.unwrap();
        let gpt = &config.models["gpt"];
        assert_eq!(gpt.base_url.as_deref(), Some("http://localhost:8080/v1"));
        assert_eq!(gpt.api_key.as_ref().unwrap().expose(), "sk-canary-123456");
        assert_eq!(gpt.params.stop, ["END"]);
        assert!(gpt.price.unwrap().output > 1.9);
        assert!(config.models["unset"].api_key.is_none());
        assert_eq!(config.models["recorded"].answering().name, "gpt");
        assert_eq!(config.models["recorded"].model, "gpt-5-mini");
        assert_eq!(config.knowledge["table"].fields["text"], "body_md");
        assert_eq!(config.judge.as_deref(), Some("gpt"));
        assert!(!config.gate.critical_all);
    }

    #[test]
    fn every_mistake_at_once() {
        let text = r#"[project]
promts = "x"
golden = "golden/answer"
[defaults]
concurrency = 0
max_cost = -1
[models.a]
provider = "opnai"
[models.b]
provider = "openai"
model = "m"
api_key_env = "KEY"
temperature = 2.5
max_tokens = 0
of = "a"
base_url = "localhost:80"
[models.c]
provider = "replay"
of = "nobody"
[models.d]
provider = "replay"
of = "c"
[knowledge.k]
path = "golden/knowlege"
[knowledge.l]
path = "golden/knowledge"
fields = { txt = "body" }
[judge]
model = "aa"
[gate]
min_pass_rate = 80
prompts = ["grounded"]
"#;
        let (_, found) = load_text(text);
        assert_eq!(
            found,
            [
                "2:1 unknown key `promts`",
                "3:10 folder `golden/answer` does not exist",
                "5:15 `concurrency` must be between 1 and 1024, not 0",
                "6:12 `max_cost` must be 0 or more, not -1",
                "8:12 unknown provider `opnai`",
                "13:15 `temperature` must be between 0 and 2, not 2.5",
                "14:14 `max_tokens` must be 1 or more, not 0",
                "15:1 `of` is a key of provider `replay`, not of `openai`",
                "16:12 `base_url` must be an http:// or https:// address",
                "19:6 no model is named `nobody`",
                "22:6 `c` is itself a replay model",
                "24:8 `golden/knowlege` does not exist",
                "27:12 articles have no field `txt`",
                "29:9 no model is named `aa`",
                "31:17 `min_pass_rate` must be between 0 and 1, not 80",
                "32:12 no prompt is named `grounded`",
            ]
        );
    }

    #[test]
    fn a_literal_key_is_an_error_and_never_shown() {
        for text in [
            "[models.a]\nprovider = 'openai'\nmodel = 'm'\napi_key = 'sk-canary-0123456789'\n",
            "[models.a]\nprovider = 'openai'\nmodel = 'm'\napi_key_env = 'sk-canary-0123456789'\n",
            "[models]\na = { provider = 'opnai', modle = 'm', api_key_env = 'my-canary', temperature = 9 }\n",
            "[models.a]\nprovider = 'sk-canary-0123456789'\nmodel = 'm'\n",
            "[models.a]\nprovider = 'openai'\nmodel = 'm'\napi_key_env = canary\n",
        ] {
            let dir = project(text);
            let (config, findings) = load(dir.path(), &|_| None);
            let shown: Vec<_> = findings.iter().map(|d| d.render(false)).collect();
            assert!(findings.has_errors(), "{text}");
            assert!(!shown.join("\n").contains("canary"), "{shown:?}");
            assert!(!format!("{config:?}").contains("canary"), "{config:?}");
        }
    }

    #[test]
    fn a_missing_file_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let (config, findings) = load(dir.path(), &|_| None);
        assert!(config.is_none());
        insta::assert_snapshot!(findings.iter().next().unwrap().render(false), @r"
        error: regauge.toml: does not exist
         |
         = help: `regauge init` writes a working example
        ");
    }

    #[cfg(not(feature = "embedded"))]
    #[test]
    fn embedded_is_not_built_in() {
        let (_, found) = load_text("[models.a]\nprovider = 'embedded'\nmodel = 'm'\n");
        assert_eq!(found, ["2:12 provider `embedded` is not built into this regauge"]);
    }

    #[cfg(feature = "embedded")]
    #[test]
    fn embedded_says_which_weights() {
        let model = |keys: &str| load_text(&format!("[models.a]\nprovider = 'embedded'\n{keys}\n"));
        assert_eq!(model("").1, ["1:9 model `a` does not say which weights"]);
        assert_eq!(model("repo = 'Q/x'").1, ["3:8 `repo` needs `repo_file`"]);
        assert_eq!(model("file = 'none.gguf'").1, ["3:8 file `none.gguf` does not exist"]);
        let (config, found) = model("repo = 'Q/x'\nrepo_file = 'y.gguf'");
        assert_eq!(found, [""; 0]);
        assert_eq!(config.unwrap().models["a"].model, "Q/x/y.gguf");
    }
}
