//! `[models.NAME]` → [`ModelSpec`]: providers, their keys, parameters, API keys.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde_json::Map;

use crate::config::Env;
use crate::config::decode::{Entries, Entry};
use crate::config::paths::{self, Wanted};
use crate::config::range::in_range;
use crate::config::reader::{At, Mistakes, suggest_or_list};
use crate::config::wire::{ModelTable, PriceTable};
use crate::provider::{self, COMMON_KEYS, ModelSpec, PROVIDERS, Params, Price, ProviderKind};
use crate::secret::Secret;

const OPENAI_URL: &str = "https://api.openai.com/v1";
/// Fields of a request body that regauge writes itself.
const OWN_FIELDS: &[&str] = &[
    "model",
    "messages",
    "stream",
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "seed",
    "stop",
];

/// What models are checked with.
pub(super) struct ModelCheck<'a> {
    /// Folder of the settings file.
    pub(super) root: &'a Path,
    /// The environment.
    pub(super) env: Env<'a>,
    /// Places of literal keys; each is reported as what it is and as nothing else.
    pub(super) literal_keys: &'a [Range<usize>],
}

impl ModelCheck<'_> {
    /// Checks all models. One with a mistake is kept, so that a suite that names it is not reported
    /// as well; nothing runs while any finding is an error.
    pub(super) fn check(
        &self,
        wire: &Entries<ModelTable>,
        mistakes: &mut Mistakes,
    ) -> BTreeMap<String, ModelSpec> {
        let mut models = BTreeMap::new();
        for entry in &wire.0 {
            if entry.key.value.is_empty() || entry.key.value.contains(char::is_whitespace) {
                let finding = mistakes.error(&entry.key.span, "a model's name must be one word");
                mistakes
                    .push(finding.help("suites and `--model` use this name; try `small` or `gpt-5-mini`"));
            }
            let kind = known_provider(entry, mistakes);
            models.insert(entry.key.value.clone(), self.one(entry, kind, mistakes));
        }
        for entry in &wire.0 {
            let name = entry.key.value.as_str();
            if models.get(name).is_some_and(|m| m.provider == "replay")
                && let Some(original) = replayed(entry, &models, mistakes).cloned()
                && let Some(spec) = models.get_mut(name)
            {
                spec.model.clone_from(&original.model);
                spec.of = Some(Box::new(original));
            }
        }
        models
    }

    fn one(
        &self,
        entry: &Entry<ModelTable>,
        kind: Option<&'static ProviderKind>,
        mistakes: &mut Mistakes,
    ) -> ModelSpec {
        let table = &entry.value.value;
        if let Some(kind) = kind {
            self.foreign_keys(table, kind, mistakes);
        }
        let provider = kind.map_or("", |k| k.name);
        let mut spec = ModelSpec {
            name: entry.key.value.clone(),
            provider,
            model: text(table.model.as_ref()).unwrap_or_default(),
            params: self.params(table, mistakes),
            base_url: None,
            api_key_env: None,
            api_key: None,
            price: table.price.as_ref().and_then(|p| price(&p.value, mistakes)),
            timeout_s: if provider == "embedded" { 600 } else { 120 },
            file: text(table.file.as_ref()).map(|f| self.root.join(f)),
            repo: text(table.repo.as_ref()).zip(text(table.repo_file.as_ref())),
            of: None,
            cassette: text(table.cassette.as_ref()).map(|c| self.root.join(c)),
        };
        if let Some(timeout) = in_range(table.timeout_s.as_ref(), 1, 3600, "timeout_s", mistakes) {
            spec.timeout_s = timeout;
        }
        match provider {
            "embedded" => self.embedded(entry, &mut spec, mistakes),
            "openai" => self.openai(entry, &mut spec, mistakes),
            "replay" => self.replay(table, mistakes),
            _ => {}
        }
        spec
    }

    /// Keys that this provider does not understand.
    fn foreign_keys(&self, table: &ModelTable, kind: &ProviderKind, mistakes: &mut Mistakes) {
        let known: Vec<&str> = COMMON_KEYS.iter().chain(kind.keys).copied().collect();
        for key in table.keys.iter().filter(|k| !known.contains(&k.value.as_str())) {
            if self.is_literal_key_of(&key.span) {
                continue;
            }
            let name = key.value.as_str();
            let owner = PROVIDERS.iter().find(|p| p.keys.contains(&name)).map(|p| p.name);
            let finding = match owner {
                Some(owner) => mistakes
                    .error(
                        &key.span,
                        format!("`{name}` is a key of provider `{owner}`, not of `{}`", kind.name),
                    )
                    .help(format!("keys of `{}`: {}", kind.name, known.join(", "))),
                None => {
                    let message = format!("unknown key `{name}` for provider `{}`", kind.name);
                    suggest_or_list(mistakes.error(&key.span, message), name, &known, "known keys")
                }
            };
            mistakes.push(finding);
        }
    }

    /// Whether the value that follows this key was reported as a literal key.
    fn is_literal_key_of(&self, key: &Range<usize>) -> bool {
        // Between a key and its value stand at most quotes, blanks and `=`.
        self.literal_keys.iter().any(|v| v.start >= key.end && v.start - key.end <= 16)
    }

    fn params(&self, table: &ModelTable, mistakes: &mut Mistakes) -> Params {
        let mut extra = Map::new();
        for field in table.extra.iter().flat_map(|e| &e.value.0) {
            let name = field.key.value.as_str();
            if OWN_FIELDS.contains(&name) {
                let message = format!("`extra` must not set `{name}`: regauge writes it itself");
                let finding = mistakes.error(&field.key.span, message);
                let is_key = COMMON_KEYS.contains(&name);
                mistakes.push(if is_key {
                    finding.help(format!("set the model's `{name}`"))
                } else {
                    finding
                });
            }
            extra.insert(name.to_owned(), field.value.value.0.clone());
        }
        let stop = table.stop.iter().flat_map(|s| &s.value.0);
        for text in stop.clone().filter(|t| t.value.is_empty()) {
            mistakes.push(mistakes.error(&text.span, "`stop` must not hold an empty text"));
        }
        if let Some(top_p) = table.top_p.as_ref().filter(|p| !(p.value > 0.0 && p.value <= 1.0)) {
            mistakes.push(mistakes.error(&top_p.span, "`top_p` must be above 0 and at most 1"));
        }
        Params {
            temperature: in_range(table.temperature.as_ref(), 0.0, 2.0, "temperature", mistakes),
            top_p: table.top_p.as_ref().map(|p| p.value),
            max_tokens: in_range(table.max_tokens.as_ref(), 1, u32::MAX, "max_tokens", mistakes),
            seed: table.seed.as_ref().map(|s| s.value),
            stop: stop.map(|t| t.value.clone()).collect(),
            extra,
        }
    }

    fn embedded(&self, entry: &Entry<ModelTable>, spec: &mut ModelSpec, mistakes: &mut Mistakes) {
        let table = &entry.value.value;
        match (&table.repo, &table.repo_file) {
            (Some(repo), None) => mistakes.push(
                mistakes
                    .error(&repo.span, "`repo` needs `repo_file`")
                    .help("name the repository's file, e.g. `repo_file = \"model-q4_k_m.gguf\"`"),
            ),
            (None, Some(file)) => mistakes.push(
                mistakes.error(&file.span, "`repo_file` needs `repo`").help("for a file on disk use `file`"),
            ),
            _ => {}
        }
        if let (Some(file), Some(_)) = (&table.file, &table.repo) {
            mistakes.push(mistakes.error(&file.span, "`file` and `repo` exclude each other"));
        }
        if let Some(file) = &table.file {
            paths::check(mistakes, self.root, &file.value, &file.span, Wanted::File, "");
        }
        if spec.model.is_empty() {
            let from_file =
                spec.file.as_ref().and_then(|f| f.file_stem()).map(|f| f.to_string_lossy().into_owned());
            let from_repo = spec.repo.as_ref().map(|(repo, file)| format!("{repo}/{file}"));
            match from_file.or(from_repo) {
                Some(name) => spec.model = name,
                None if table.repo.is_some() || table.repo_file.is_some() => {}
                None => mistakes.push(
                    mistakes
                        .error(&entry.key.span, format!("model `{}` does not say which weights", spec.name))
                        .help("give `model`, or `file`, or `repo` with `repo_file`"),
                ),
            }
        }
    }

    fn openai(&self, entry: &Entry<ModelTable>, spec: &mut ModelSpec, mistakes: &mut Mistakes) {
        let table = &entry.value.value;
        if spec.model.trim().is_empty() {
            let span = table.model.as_ref().map_or(&entry.key.span, |m| &m.span);
            mistakes.push(mistakes.error(span, format!("model `{}` needs `model`", spec.name)));
        }
        let url = text(table.base_url.as_ref()).unwrap_or_else(|| OPENAI_URL.to_owned());
        if let Some(written) = &table.base_url
            && !self.literal_keys.contains(&written.span)
            && !is_http(&url)
        {
            let finding = mistakes.error(&written.span, "`base_url` must be an http:// or https:// address");
            mistakes.push(finding.help(format!("for example `{OPENAI_URL}` or `http://localhost:8080/v1`")));
        }
        if let Some(env) = &table.api_key_env
            && !self.literal_keys.contains(&env.span)
        {
            spec.api_key =
                (self.env)(&env.value).filter(|v| !v.trim().is_empty()).map(|v| Secret::new(v.trim()));
            spec.api_key_env = Some(env.value.clone());
        } else if table.api_key_env.is_none() && url == OPENAI_URL {
            let message =
                format!("model `{}` names no `api_key_env`, but {OPENAI_URL} asks for a key", spec.name);
            let finding = mistakes.warning(&entry.key.span, message);
            mistakes.push(finding.help("add `api_key_env = \"OPENAI_API_KEY\"`"));
        }
        spec.base_url = Some(url.trim_end_matches('/').to_owned());
    }

    fn replay(&self, table: &ModelTable, mistakes: &mut Mistakes) {
        for key in &table.keys {
            let name = key.value.as_str();
            if COMMON_KEYS.contains(&name) && name != "provider" && name != "price" {
                let message = format!("`{name}` has no effect here: the model in `of` decides it");
                mistakes.push(mistakes.warning(&key.span, message));
            }
        }
        if let Some(cassette) = &table.cassette
            && !self.root.join(&cassette.value).is_file()
        {
            let message = format!("file `{}` does not exist", cassette.value);
            let finding = mistakes.warning(&cassette.span, message);
            let finding = paths::suggest_near(finding, self.root, &cassette.value);
            mistakes.push(finding.help("this model has no answers until the file is there"));
        }
    }
}

fn known_provider(entry: &Entry<ModelTable>, mistakes: &mut Mistakes) -> Option<&'static ProviderKind> {
    let written = entry.value.value.provider.as_ref()?;
    let found = provider::find(&written.value);
    if found.is_none() {
        let name = written.value.as_str();
        let finding = if name == "embedded" {
            mistakes
                .error(&written.span, "provider `embedded` is not built into this regauge")
                .help("build it with the feature `embedded`: `cargo install regauge --features embedded`")
        } else {
            let names: Vec<&str> = PROVIDERS.iter().map(|p| p.name).collect();
            let finding = mistakes.error(&written.span, format!("unknown provider `{name}`"));
            suggest_or_list(finding, name, &names, "providers")
        };
        mistakes.push(finding);
    }
    found
}

/// The model that a replay model stands for, when it is one that can be.
fn replayed<'m>(
    entry: &Entry<ModelTable>,
    models: &'m BTreeMap<String, ModelSpec>,
    mistakes: &mut Mistakes,
) -> Option<&'m ModelSpec> {
    let Some(of) = &entry.value.value.of else {
        let message = format!("replay model `{}` does not say whose answers it replays", entry.key.value);
        let finding = mistakes.error(&entry.key.span, message);
        mistakes.push(finding.help("add `of = \"…\"` with another model's name"));
        return None;
    };
    let name = of.value.as_str();
    match models.get(name) {
        Some(model) if model.provider != "replay" => return Some(model),
        Some(_) => {
            let finding = mistakes.error(&of.span, format!("`{name}` is itself a replay model"));
            mistakes.push(finding.help("name the model that gave the answers"));
        }
        None => {
            let originals = models.values().filter(|m| m.provider != "replay");
            let known: Vec<&str> = originals.map(|m| m.name.as_str()).collect();
            let finding = mistakes.error(&of.span, format!("no model is named `{name}`"));
            mistakes.push(suggest_or_list(finding, name, &known, "models"));
        }
    }
    None
}

fn price(table: &PriceTable, mistakes: &mut Mistakes) -> Option<Price> {
    let mut one = |value: &Option<At<f64>>, key| in_range(value.as_ref(), 0.0, f64::MAX, key, mistakes);
    let (input, output) = (one(&table.input, "input"), one(&table.output, "output"));
    let cached_input = one(&table.cached_input, "cached_input");
    Some(Price { input: input?, output: output?, cached_input })
}

fn is_http(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}

fn text(value: Option<&At<String>>) -> Option<String> {
    value.map(|v| v.value.clone())
}
