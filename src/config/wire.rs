//! `regauge.toml` as written: one type per table. The doc comments become the JSON Schema's texts.

mod access;
mod gate;
mod lint;
mod model;
mod retrieval;

use schemars::JsonSchema;

pub use self::access::{AuthWay, HeaderText};
pub use self::gate::{
    BasisRule, CriticalRule, GateTable, InconclusiveRule, MetricRuleTable, MustHoldRule, SuiteGateTable,
};
pub use self::lint::LintTable;
pub use self::model::{ApiName, ModelTable, PriceTable, UsageTable};
pub use self::retrieval::RetrievalTable;
use crate::config::decode::Entries;
use crate::config::reader::{At, Table, TableReader};

/// Settings of a regauge project: where its files are, the models to ask, the articles to rest on,
/// and the rules a run must keep.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "regauge.toml")]
pub struct SettingsFile {
    /// Where the project's files are, relative to this file.
    pub project: Option<At<ProjectTable>>,
    /// Settings of every run, where a suite or the command line does not say otherwise.
    pub defaults: Option<At<DefaultsTable>>,
    /// Models by the name that suites and `--model` use.
    pub models: Option<At<Entries<ModelTable>>>,
    /// Prices by the provider's own name of the model, for all models that have no `price` of their own.
    pub prices: Option<At<Entries<PriceTable>>>,
    /// Knowledge sources by the name that suites use.
    pub knowledge: Option<At<Entries<KnowledgeTable>>>,
    /// Ways to choose passages, by the name that suites, models and `--retrieval` use.
    pub retrieval: Option<At<Entries<RetrievalTable>>>,
    /// The model that judges.
    pub judge: Option<At<JudgeTable>>,
    /// Rules a run must keep; a broken rule fails the run.
    pub gate: Option<At<GateTable>>,
    /// What `regauge check --deep` looks for.
    pub lint: Option<At<LintTable>>,
}

/// Where the project's files are, relative to this file.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ProjectTable {
    /// Folder of prompt templates (`*.j2`). Default: `prompts`.
    pub prompts: Option<At<String>>,
    /// Folder of suites (`*.toml`). Default: `suites`.
    pub suites: Option<At<String>>,
    /// Folder of golden answers. Default: `golden/answers`.
    pub golden: Option<At<String>>,
    /// Folder where runs are stored. Default: `.regauge`.
    pub store: Option<At<String>>,
}

/// Settings of every run, where a suite or the command line does not say otherwise.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DefaultsTable {
    /// Trials in flight at once, 1 to 1024. Default: 8.
    #[schemars(range(min = 1, max = 1024))]
    pub concurrency: Option<At<u32>>,
    /// Trials per case and variant, 1 to 1000. Default: 1.
    #[schemars(range(min = 1, max = 1000))]
    pub repeats: Option<At<u32>>,
    /// Trials that a case has in the end in every variant, where variants, repeats or the run before disagree or where earlier
    /// runs were flaky, 1 to 100. Default: 1, no case is asked again for that.
    #[schemars(range(min = 1, max = 100))]
    pub adaptive: Option<At<u32>>,
    /// Seed of everything that is drawn. Default: 1.
    pub seed: Option<At<u64>>,
    /// Most USD that one run may cost. Default: no limit.
    #[schemars(range(min = 0))]
    pub max_cost: Option<At<f64>>,
    /// The prompt or the model that every variant is held against in reports; `--control` names another. Default: the best
    /// variant is held against the others.
    pub control: Option<At<String>>,
    /// Whether every run asks every model with the bare prompt too, as `--bare` does. Default: false.
    pub bare: Option<At<bool>>,
}

/// One knowledge source: help-centre articles in a folder of markdown files, or in one table.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct KnowledgeTable {
    /// How it is read. Default: a folder as `markdown`, a `*.jsonl` or `*.csv` file as `table`.
    #[schemars(default, schema_with = "crate::config::schema::reader")]
    pub kind: Option<At<String>>,
    /// A folder of `*.md` files, one `*.jsonl` or `*.csv` file, or the export that `kind` names, relative to the project.
    #[schemars(required)]
    pub path: Option<At<String>>,
    /// For a table: our field → its field. Our fields: id, title, text, url, updated,
    /// review_by, visibility, owner, views, lang, area, canaries.
    pub fields: Option<At<Entries<String>>>,
    /// For a table: our field → its value → ours, as in `values = { visibility = { draft = "internal" } }`.
    pub values: Option<At<Entries<Entries<String>>>>,
}

/// The model that judges.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct JudgeTable {
    /// Name of a model in `[models]`.
    #[schemars(required)]
    pub model: Option<At<String>>,
    /// How often a judge is asked about one answer, an odd number; more than half must agree. Default: 1.
    #[schemars(range(min = 1, max = 9))]
    pub repeats: Option<At<u32>>,
}

impl<'a> Table<'a> for SettingsFile {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            project: reader.get("project"),
            defaults: reader.get("defaults"),
            models: reader.get("models"),
            prices: reader.get("prices"),
            knowledge: reader.get("knowledge"),
            retrieval: reader.get("retrieval"),
            judge: reader.get("judge"),
            gate: reader.get("gate"),
            lint: reader.get("lint"),
        }
    }
}

impl<'a> Table<'a> for ProjectTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            prompts: reader.get("prompts"),
            suites: reader.get("suites"),
            golden: reader.get("golden"),
            store: reader.get("store"),
        }
    }
}

impl<'a> Table<'a> for DefaultsTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            concurrency: reader.get("concurrency"),
            repeats: reader.get("repeats"),
            adaptive: reader.get("adaptive"),
            seed: reader.get("seed"),
            max_cost: reader.get("max_cost"),
            control: reader.get("control"),
            bare: reader.get("bare"),
        }
    }
}

impl<'a> Table<'a> for KnowledgeTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            kind: reader.get("kind"),
            path: reader.require("path"),
            fields: reader.get("fields"),
            values: reader.get("values"),
        }
    }
}

impl<'a> Table<'a> for JudgeTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self { model: reader.require("model"), repeats: reader.get("repeats") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::keys_of;
    use crate::config::schema::properties;

    #[test]
    fn schema_and_reader_know_the_same_keys() {
        assert_eq!(properties::<SettingsFile>(), keys_of::<SettingsFile>());
        assert_eq!(properties::<ProjectTable>(), keys_of::<ProjectTable>());
        assert_eq!(properties::<DefaultsTable>(), keys_of::<DefaultsTable>());
        assert_eq!(properties::<ModelTable>(), keys_of::<ModelTable>());
        assert_eq!(properties::<PriceTable>(), keys_of::<PriceTable>());
        assert_eq!(properties::<UsageTable>(), keys_of::<UsageTable>());
        assert_eq!(properties::<KnowledgeTable>(), keys_of::<KnowledgeTable>());
        assert_eq!(properties::<JudgeTable>(), keys_of::<JudgeTable>());
        assert_eq!(properties::<RetrievalTable>(), keys_of::<RetrievalTable>());
        assert_eq!(properties::<GateTable>(), keys_of::<GateTable>());
        assert_eq!(properties::<MetricRuleTable>(), keys_of::<MetricRuleTable>());
        assert_eq!(properties::<SuiteGateTable>(), keys_of::<SuiteGateTable>());
        assert_eq!(properties::<LintTable>(), keys_of::<LintTable>());
    }
}
