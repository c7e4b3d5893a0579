//! What each provider asks of its `[models.NAME]`.

use std::collections::BTreeMap;

use crate::config::decode::Entry;
use crate::config::endpoint::HttpDefaults;
use crate::config::models::{ModelCheck, text};
use crate::config::paths::{self, Wanted};
use crate::config::reader::{Mistakes, suggest_or_list};
use crate::config::wire::{ApiName, ModelTable};
use crate::provider::{Api, Auth, COMMON_KEYS, ModelSpec, OPENAI_URL};

impl ModelCheck<'_> {
    /// Weights of an in-process model.
    pub(super) fn embedded(&self, entry: &Entry<ModelTable>, spec: &mut ModelSpec, mistakes: &mut Mistakes) {
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

    /// An OpenAI-compatible endpoint.
    pub(super) fn openai(&self, entry: &Entry<ModelTable>, spec: &mut ModelSpec, mistakes: &mut Mistakes) {
        let defaults =
            HttpDefaults { base_url: OPENAI_URL, api_key_env: Some("OPENAI_API_KEY"), auth: Auth::Bearer };
        self.endpoint(entry, &defaults, spec, mistakes);
        let table = &entry.value.value;
        spec.api_version = text(table.api_version.as_ref());
        if table.api.as_ref().is_some_and(|api| api.value == ApiName::Responses) {
            spec.api = Api::Responses;
            let seed = table.seed.as_ref().map(|s| (&s.span, "seed"));
            for (span, key) in seed.into_iter().chain(table.stop.as_ref().map(|s| (&s.span, "stop"))) {
                let message = format!("`{key}` has no effect here: the API `responses` does not know it");
                mistakes.push(mistakes.warning(span, message));
            }
        }
    }

    /// Keys that a replay model does not need, and its file of answers.
    pub(super) fn replay(&self, table: &ModelTable, mistakes: &mut Mistakes) {
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

/// The model that a replay model stands for, when it is one that can be.
pub(super) fn replayed<'m>(
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
        Some(model) if !model.is_replay() => return Some(model),
        Some(_) => {
            let finding = mistakes.error(&of.span, format!("`{name}` is itself a replay model"));
            mistakes.push(finding.help("name the model that gave the answers"));
        }
        None => {
            let originals = models.values().filter(|m| !m.is_replay());
            let known: Vec<&str> = originals.map(|m| m.name.as_str()).collect();
            let finding = mistakes.error(&of.span, format!("no model is named `{name}`"));
            mistakes.push(suggest_or_list(finding, name, &known, "models"));
        }
    }
    None
}
