//! `[models.NAME]` → [`ModelSpec`]: providers, their keys, parameters, API keys.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde_json::Map;

use crate::config::Env;
use crate::config::decode::{Entries, Entry};
use crate::config::providers::replayed;
use crate::config::range::in_range;
use crate::config::reader::{At, Mistakes, suggest_or_list};
use crate::config::wire::{ModelTable, PriceTable};
use crate::provider::{self, COMMON_KEYS, Limits, ModelSpec, PROVIDERS, Params, Price, ProviderKind};

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
    "stream_options",
    "input",
    "max_output_tokens",
];

/// What models are checked with.
pub(super) struct ModelCheck<'a> {
    /// Folder of the settings file.
    pub(super) root: &'a Path,
    /// The environment.
    pub(super) env: Env<'a>,
    /// Places of literal keys; each is reported as what it is and as nothing else.
    pub(super) literal_keys: &'a [Range<usize>],
    /// Prices by the provider's own name of the model.
    pub(super) prices: &'a Entries<PriceTable>,
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
            let kind = self.known_provider(entry, mistakes);
            models.insert(entry.key.value.clone(), self.one(entry, kind, mistakes));
        }
        self.set_prices(&mut models, mistakes);
        for entry in &wire.0 {
            let name = entry.key.value.as_str();
            if models.get(name).is_some_and(ModelSpec::is_replay)
                && let Some(original) = replayed(entry, &models, mistakes).cloned()
                && let Some(spec) = models.get_mut(name)
            {
                spec.model.clone_from(&original.model);
                spec.of = Some(Box::new(original));
            }
        }
        models
    }

    /// Gives every model without a price of its own the one of `[prices]`.
    fn set_prices(&self, models: &mut BTreeMap<String, ModelSpec>, mistakes: &mut Mistakes) {
        for Entry { key, value } in &self.prices.0 {
            let price = price(&value.value, mistakes);
            let mut named = models.values_mut().filter(|m| m.model == key.value).peekable();
            if named.peek().is_none() {
                let mut known: Vec<String> = models.values().map(|m| m.model.clone()).collect();
                known.retain(|name| !name.is_empty());
                known.sort();
                known.dedup();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let message = format!("no model has `model = \"{}\"`", key.value);
                let finding = mistakes.warning(&key.span, message);
                mistakes.push(suggest_or_list(finding, &key.value, &known, "names of models"));
                continue;
            }
            named.filter(|m| m.price.is_none()).for_each(|m| m.price = price);
        }
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
        let mut spec =
            ModelSpec::new(&entry.key.value, provider, text(table.model.as_ref()).unwrap_or_default());
        spec.params = Self::params(table, mistakes);
        spec.retrieval = text(table.retrieval.as_ref());
        spec.price = table.price.as_ref().and_then(|p| price(&p.value, mistakes));
        spec.file = text(table.file.as_ref()).map(|f| self.root.join(f));
        spec.repo = text(table.repo.as_ref()).zip(text(table.repo_file.as_ref()));
        spec.cassette = text(table.cassette.as_ref()).map(|c| self.root.join(c));
        Self::limits(table, &mut spec, mistakes);
        match provider {
            provider::EMBEDDED => self.embedded(entry, &mut spec, mistakes),
            "openai" => self.openai(entry, &mut spec, mistakes),
            "http" => self.bot(entry, &mut spec, mistakes),
            "command" => self.command(("model", &entry.key), table, &mut spec, mistakes),
            provider::REPLAY => self.replay(table, mistakes),
            vendor => {
                if let Some(home) = provider::home(vendor) {
                    self.vendor(entry, home, &mut spec, mistakes);
                }
            }
        }
        spec
    }

    /// Time limits, and what the user knows of the endpoint's own limits.
    pub(super) fn limits(table: &ModelTable, spec: &mut ModelSpec, mistakes: &mut Mistakes) {
        if spec.is_embedded() {
            (spec.timeout_s, spec.trial_timeout_s) = (600, 3600);
        }
        if let Some(timeout) = in_range(table.timeout_s.as_ref(), 1, 3600, "timeout_s", mistakes) {
            spec.timeout_s = timeout;
            spec.trial_timeout_s = spec.trial_timeout_s.max(timeout);
        }
        let whole = in_range(table.trial_timeout_s.as_ref(), 1, 86_400, "trial_timeout_s", mistakes);
        if let (Some(whole), Some(written)) = (whole, &table.trial_timeout_s) {
            if table.timeout_s.is_some() && whole < spec.timeout_s {
                let message =
                    format!("`trial_timeout_s` must be at least `timeout_s`, which is {}", spec.timeout_s);
                mistakes.push(mistakes.error(&written.span, message));
            }
            spec.timeout_s = spec.timeout_s.min(whole);
            spec.trial_timeout_s = whole;
        }
        spec.limits = Limits {
            concurrency: in_range(table.concurrency.as_ref(), 1, 4096, "concurrency", mistakes),
            rpm: in_range(table.rpm.as_ref(), 1, u32::MAX, "rpm", mistakes),
            tpm: in_range(table.tpm.as_ref(), 1, u64::MAX, "tpm", mistakes),
        };
    }

    fn known_provider(
        &self,
        entry: &Entry<ModelTable>,
        mistakes: &mut Mistakes,
    ) -> Option<&'static ProviderKind> {
        let written = entry.value.value.provider.as_ref()?;
        let found = provider::find(&written.value);
        if found.is_none() && !self.literal_keys.contains(&written.span) {
            let name = written.value.as_str();
            let finding = if name == provider::EMBEDDED {
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

    /// Keys that this provider does not understand.
    fn foreign_keys(&self, table: &ModelTable, kind: &ProviderKind, mistakes: &mut Mistakes) {
        let known: Vec<&str> = kind.all_keys().collect();
        for key in table.keys.iter().filter(|k| !known.contains(&k.value.as_str())) {
            if self.is_literal_key_of(&key.span, mistakes) {
                continue;
            }
            let name = key.value.as_str();
            let owners: Vec<String> =
                PROVIDERS.iter().filter(|p| p.has_key(name)).map(|p| format!("`{}`", p.name)).collect();
            let finding = if owners.is_empty() {
                let message = format!("unknown key `{name}` for provider `{}`", kind.name);
                suggest_or_list(mistakes.error(&key.span, message), name, &known, "known keys")
            } else {
                let owners = owners.join(", ");
                let message = format!("`{name}` is a key of provider {owners}, not of `{}`", kind.name);
                let finding = mistakes.error(&key.span, message);
                finding.help(format!("keys of `{}`: {}", kind.name, known.join(", ")))
            };
            mistakes.push(finding);
        }
    }

    /// Whether the value of this key was reported as a literal key.
    fn is_literal_key_of(&self, key: &Range<usize>, mistakes: &Mistakes) -> bool {
        let text = &mistakes.file().text;
        self.literal_keys.iter().any(|value| {
            let between = text.get(key.end..value.start);
            between.is_some_and(|b| b.chars().all(|c| matches!(c, '=' | '"' | '\'' | ' ' | '\t')))
        })
    }

    fn params(table: &ModelTable, mistakes: &mut Mistakes) -> Params {
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
}

fn price(table: &PriceTable, mistakes: &mut Mistakes) -> Option<Price> {
    let mut one = |value: &Option<At<f64>>, key| in_range(value.as_ref(), 0.0, f64::MAX, key, mistakes);
    let (input, output) = (one(&table.input, "input"), one(&table.output, "output"));
    let cached_input = one(&table.cached_input, "cached_input");
    Some(Price { input: input?, output: output?, cached_input })
}

pub(super) fn text(value: Option<&At<String>>) -> Option<String> {
    value.map(|v| v.value.clone())
}
