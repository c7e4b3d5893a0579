//! A suite as written: one type per table. The doc comments become the JSON Schema's texts.

use std::ops::Range;

use schemars::JsonSchema;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::case::{Action, Speaker, Tier, WrittenTier};
use crate::config::decode::{Entries, Json, OneOrMany};
use crate::config::reader::{At, Decode, Mistakes, Table, TableReader};
use crate::config::wire::SuiteGateTable;

/// One suite: the prompts and models it runs on, what judges the answers, and the cases.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "regauge suite")]
pub struct SuiteFile<'a> {
    /// Title for readers. Default: the file's name.
    pub title: Option<At<String>>,
    /// More words about what the suite is for.
    pub description: Option<At<String>>,
    /// Prompts to run: names of templates in the prompts folder, without `.j2`.
    #[schemars(required, length(min = 1))]
    pub prompts: Option<At<Vec<At<String>>>>,
    /// Models to run: names in `regauge.toml`.
    #[schemars(required, length(min = 1))]
    pub models: Option<At<Vec<At<String>>>>,
    /// Knowledge sources that the cases rest on: names in `regauge.toml`.
    pub knowledge: Option<At<Vec<At<String>>>>,
    /// Which passages a trial is given: `gold`, `none`, `bm25`, `embedding`, `hybrid`, `full`, or a name under
    /// `[retrieval]` in `regauge.toml`. Default: `gold`, the case's own sources.
    pub retrieval: Option<At<String>>,
    /// Trials per case and variant, 1 to 1000. Default: that of `regauge.toml`.
    #[schemars(range(min = 1, max = 1000))]
    pub repeats: Option<At<u32>>,
    /// How much passage text a trial may be given.
    pub retrieval_budget: Option<At<BudgetTable>>,
    /// Values for every case; a case's own key wins.
    pub defaults: Option<At<DefaultsTable>>,
    /// What the perturbers that `perturb` names go by.
    pub perturbation: Option<At<PerturbationTable>>,
    /// Further marker phrases per action, by which the `action` scorer recognises it.
    pub actions: Option<At<ActionsTable>>,
    /// What the gate asks of this suite beside the rules in `regauge.toml`.
    pub gate: Option<At<SuiteGateTable>>,
    /// Scorers that judge every case.
    #[schemars(with = "Option<Vec<ScoreTable<'static>>>")]
    pub score: Vec<At<ScoreTable<'a>>>,
    /// Cases from files.
    #[schemars(with = "Option<Vec<CasesTable>>")]
    pub cases: Vec<At<CasesTable>>,
    /// Cases written here.
    #[schemars(with = "Option<Vec<CaseTable<'static>>>")]
    pub case: Vec<At<CaseTable<'a>>>,
}

/// How much passage text a trial may be given.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BudgetTable {
    /// Most passages. Default: 6.
    #[schemars(range(min = 1))]
    pub max_passages: Option<At<u32>>,
    /// Most characters of passage text. Default: 6000.
    #[schemars(range(min = 1))]
    pub max_chars: Option<At<u32>>,
}

/// Values for every case; a case's own key wins, and `vars` are laid over each other.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DefaultsTable {
    /// Language of the customer, as a BCP 47 tag. Default: `en`.
    pub lang: Option<At<String>>,
    /// How much a case matters to a gate. Default: `standard`.
    #[schemars(with = "Option<WrittenTier>")]
    pub tier: Option<At<Tier>>,
    /// Who looks after the case.
    pub owner: Option<At<String>>,
    /// Topic of the help centre.
    pub area: Option<At<String>>,
    /// Free labels.
    pub tags: Option<At<Vec<At<String>>>>,
    /// Traffic weight, above 0. Default: 1.
    #[schemars(range(min = 0))]
    pub weight: Option<At<f64>>,
    /// Accepted action, or a list of them.
    pub expect: Option<At<OneOrMany<Action>>>,
    /// Values for the prompt's `vars`.
    pub vars: Option<At<Entries<Json>>>,
    /// Further wordings made by rule: typos, case, no-diacritics, filler, politeness, anger, shortening, wrong-term.
    pub perturb: Option<At<Vec<At<String>>>>,
}

/// What perturbers go by.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PerturbationTable {
    /// Decides between equally good changes; the same seed gives the same wordings everywhere. Default: 1.
    pub seed: Option<At<u64>>,
    /// For `wrong-term`: right term → the wrong one that customers use.
    pub terms: Option<At<Entries<String>>>,
    /// Words that stay as they are, besides numbers, ids, addresses and quoted names.
    pub keep: Option<At<Vec<At<String>>>>,
}

/// Marker phrases per action: any of them in an answer (case does not matter) shows the action.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ActionsTable {
    /// Phrases of an answer.
    pub answer: Option<At<Vec<At<String>>>>,
    /// Phrases that ask back.
    pub clarify: Option<At<Vec<At<String>>>>,
    /// Phrases that say that the answer is not known.
    pub abstain: Option<At<Vec<At<String>>>>,
    /// Phrases that hand over to a person.
    pub escalate: Option<At<Vec<At<String>>>>,
    /// Phrases that start a workflow.
    pub act: Option<At<Vec<At<String>>>>,
    /// Phrases that say that the topic is not the bot's business.
    pub refuse_scope: Option<At<Vec<At<String>>>>,
}

/// One customer situation.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CaseTable<'a> {
    /// Unique in the suite; it names the case for good, so choose words, not numbers.
    #[schemars(required, regex(pattern = "^[a-z0-9][a-z0-9._/-]*$"))]
    pub id: Option<At<String>>,
    /// What the customer writes. Either this, or `turns`, or a `script`.
    pub input: Option<At<String>>,
    /// A conversation that is given as it is, of which the last turn is asked: it is the customer's. Before a `script`,
    /// what was said until then: the last turn is the agent's.
    pub turns: Option<At<Vec<At<TurnTable>>>>,
    /// A conversation that the bot really has: its turns are asked one after the other. Instead of `input`; `turns`
    /// is then what was said before.
    #[schemars(with = "Option<Vec<ScriptTable<'static>>>")]
    pub script: Vec<At<ScriptTable<'a>>>,
    /// A model that plays the customer after the first answer, for exploration: such a case never gates.
    pub customer: Option<At<CustomerTable>>,
    /// Passages (`article#section`) or whole articles that hold the answer.
    pub sources: Option<At<Vec<At<String>>>>,
    /// Accepted action, or a list of them.
    pub expect: Option<At<OneOrMany<Action>>>,
    /// Values for the prompt's `vars`.
    pub vars: Option<At<Entries<Json>>>,
    /// Free labels.
    pub tags: Option<At<Vec<At<String>>>>,
    /// Who looks after the case.
    pub owner: Option<At<String>>,
    /// Topic of the help centre.
    pub area: Option<At<String>>,
    /// How much the case matters to a gate.
    #[schemars(with = "Option<WrittenTier>")]
    pub tier: Option<At<Tier>>,
    /// Traffic weight, above 0.
    #[schemars(range(min = 0))]
    pub weight: Option<At<f64>>,
    /// Language of the customer, as a BCP 47 tag.
    pub lang: Option<At<String>>,
    /// Further wordings of the last turn, of a script of its first; the case passes only if all of them do.
    pub phrasings: Option<At<Vec<At<String>>>>,
    /// Further wordings made by rule, instead of those of `[defaults]`; an empty list makes none. Of a script, what
    /// the customer says is varied in every turn.
    pub perturb: Option<At<Vec<At<String>>>>,
    /// Accepted answer, or a list of them; usually a golden file instead.
    pub golden: Option<At<OneOrMany<String>>>,
    /// Scorers for this case, after the suite's; an equal `name` replaces the suite's one.
    #[schemars(with = "Option<Vec<ScoreTable<'static>>>")]
    pub score: Vec<At<ScoreTable<'a>>>,
    /// Whether `input`, `turns` or `script` was written, be it well or not.
    #[schemars(skip)]
    pub asked: bool,
}

/// One turn of a conversation.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TurnTable {
    /// Who spoke.
    #[schemars(required)]
    pub role: Option<At<Speaker>>,
    /// What was said.
    #[schemars(required)]
    pub text: Option<At<String>>,
}

/// One turn of a scripted conversation.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ScriptTable<'a> {
    /// What the customer says once the turn before was answered.
    #[schemars(required)]
    pub say: Option<At<String>>,
    /// Accepted action of the answer to this turn, or a list of them.
    pub expect: Option<At<OneOrMany<Action>>>,
    /// Tools that the model may call in this turn, and what they return.
    #[schemars(with = "Option<Vec<ScriptToolTable>>")]
    pub tools: Vec<At<ScriptToolTable>>,
    /// Scorers that judge the answer to this turn.
    #[schemars(with = "Option<Vec<ScoreTable<'static>>>")]
    pub score: Vec<At<ScoreTable<'a>>>,
    /// The same of a row in a foreign file.
    #[schemars(skip)]
    pub of_row: Option<serde_json::Value>,
}

/// A tool and what it returns when the model calls it.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ScriptToolTable {
    /// Name of the tool. Several entries of one name are the results of its first, second, … call.
    #[schemars(required)]
    pub name: Option<At<String>>,
    /// What it returns: a text, or any other value as JSON.
    #[schemars(required)]
    pub result: Option<At<Json>>,
}

/// A simulated customer.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CustomerTable {
    /// Who it is, and how it writes.
    #[schemars(required)]
    pub persona: Option<At<String>>,
    /// What it wants.
    #[schemars(required)]
    pub goal: Option<At<String>>,
    /// The model that plays it: a name in `regauge.toml`.
    #[schemars(required)]
    pub model: Option<At<String>>,
    /// Most turns of a conversation, the first one included, 2 to 50. Default: 6.
    #[schemars(range(min = 2, max = 50))]
    pub max_turns: Option<At<u32>>,
    /// What it writes when it is done. Default: `[DONE]`.
    pub stop: Option<At<String>>,
    /// Decides which customer of this kind it is. Default: 1.
    pub seed: Option<At<u64>>,
}

/// Cases from a file: one JSON object per line (`.jsonl`), or a table with a header (`.csv`).
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CasesTable {
    /// The file, relative to the project or to the suite.
    #[schemars(required)]
    pub file: Option<At<String>>,
    /// Our field → the file's field; a field that is not named here has our name. Our fields: id,
    /// input, history, turns, script, golden, sources, expect, tags, lang, area, owner, tier, weight, and
    /// `vars` with a table of its own.
    pub fields: Option<At<Entries<Json>>>,
    /// Our field → the file's value → ours.
    pub values: Option<At<Entries<Entries<Json>>>>,
    /// The file's field → value, or list of values: only rows that have it become cases.
    #[schemars(rename = "where")]
    pub filter: Option<At<Entries<Json>>>,
    /// Values for every case of this file; they win over the suite's.
    pub defaults: Option<At<DefaultsTable>>,
}

/// One scorer, left as written: each kind decodes its own keys.
#[derive(Debug, Clone)]
pub struct ScoreTable<'a> {
    /// The table with the places of its keys.
    pub table: Spanned<DeTable<'a>>,
}

impl ScoreTable<'_> {
    /// Place of the table.
    pub fn span(&self) -> Range<usize> {
        self.table.span()
    }
}

impl<'a> Decode<'a> for ScoreTable<'a> {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else {
            mistakes.wrong_type(value, key, "a table");
            return None;
        };
        Some(Self { table: Spanned::new(value.span(), table.clone()) })
    }
}

impl<'a> Table<'a> for SuiteFile<'a> {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            title: reader.get("title"),
            description: reader.get("description"),
            prompts: reader.require("prompts"),
            models: reader.require("models"),
            knowledge: reader.get("knowledge"),
            retrieval: reader.get("retrieval"),
            repeats: reader.get("repeats"),
            retrieval_budget: reader.get("retrieval_budget"),
            defaults: reader.get("defaults"),
            perturbation: reader.get("perturbation"),
            actions: reader.get("actions"),
            gate: reader.get("gate"),
            score: reader.list("score"),
            cases: reader.list("cases"),
            case: reader.list("case"),
        }
    }
}

impl<'a> Table<'a> for BudgetTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self { max_passages: reader.get("max_passages"), max_chars: reader.get("max_chars") }
    }
}

impl<'a> Table<'a> for DefaultsTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            lang: reader.get("lang"),
            tier: reader.get("tier"),
            owner: reader.get("owner"),
            area: reader.get("area"),
            tags: reader.get("tags"),
            weight: reader.get("weight"),
            expect: reader.get("expect"),
            vars: reader.get("vars"),
            perturb: reader.get("perturb"),
        }
    }
}

impl<'a> Table<'a> for PerturbationTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self { seed: reader.get("seed"), terms: reader.get("terms"), keep: reader.get("keep") }
    }
}

impl<'a> Table<'a> for ActionsTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            answer: reader.get("answer"),
            clarify: reader.get("clarify"),
            abstain: reader.get("abstain"),
            escalate: reader.get("escalate"),
            act: reader.get("act"),
            refuse_scope: reader.get("refuse-scope"),
        }
    }
}

impl<'a> Table<'a> for CaseTable<'a> {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            id: reader.require("id"),
            input: reader.get("input"),
            turns: reader.get("turns"),
            script: reader.list("script"),
            customer: reader.get("customer"),
            sources: reader.get("sources"),
            expect: reader.get("expect"),
            vars: reader.get("vars"),
            tags: reader.get("tags"),
            owner: reader.get("owner"),
            area: reader.get("area"),
            tier: reader.get("tier"),
            weight: reader.get("weight"),
            lang: reader.get("lang"),
            phrasings: reader.get("phrasings"),
            perturb: reader.get("perturb"),
            golden: reader.get("golden"),
            score: reader.list("score"),
            asked: ["input", "turns", "script"].iter().any(|key| reader.table().contains_key(*key)),
        }
    }
}

impl<'a> Table<'a> for TurnTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self { role: reader.require("role"), text: reader.require("text") }
    }
}

impl<'a> Table<'a> for ScriptTable<'a> {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            say: reader.require("say"),
            expect: reader.get("expect"),
            tools: reader.list("tools"),
            score: reader.list("score"),
            of_row: None,
        }
    }
}

impl<'a> Table<'a> for CustomerTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            persona: reader.require("persona"),
            goal: reader.require("goal"),
            model: reader.require("model"),
            max_turns: reader.get("max_turns"),
            stop: reader.get("stop"),
            seed: reader.get("seed"),
        }
    }
}

impl<'a> Table<'a> for ScriptToolTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self { name: reader.require("name"), result: reader.require("result") }
    }
}

impl<'a> Table<'a> for CasesTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            file: reader.require("file"),
            fields: reader.get("fields"),
            values: reader.get("values"),
            filter: reader.get("where"),
            defaults: reader.get("defaults"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::keys_of;
    use crate::config::schema::{assert_committed, properties};

    #[test]
    fn the_committed_schema_is_up_to_date() {
        assert_committed("suite.json", &crate::suite::schema_json());
    }

    #[test]
    fn schema_and_reader_know_the_same_keys() {
        assert_eq!(properties::<SuiteFile<'static>>(), keys_of::<SuiteFile<'static>>());
        assert_eq!(properties::<CaseTable<'static>>(), keys_of::<CaseTable<'static>>());
        assert_eq!(properties::<PerturbationTable>(), keys_of::<PerturbationTable>());
        assert_eq!(properties::<BudgetTable>(), keys_of::<BudgetTable>());
        assert_eq!(properties::<DefaultsTable>(), keys_of::<DefaultsTable>());
        assert_eq!(properties::<ActionsTable>(), keys_of::<ActionsTable>());
        assert_eq!(properties::<TurnTable>(), keys_of::<TurnTable>());
        assert_eq!(properties::<ScriptTable<'static>>(), keys_of::<ScriptTable<'static>>());
        assert_eq!(properties::<CustomerTable>(), keys_of::<CustomerTable>());
        assert_eq!(properties::<ScriptToolTable>(), keys_of::<ScriptToolTable>());
        assert_eq!(properties::<CasesTable>(), keys_of::<CasesTable>());
    }
}
