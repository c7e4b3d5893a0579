//! `[[score]]` tables → [`Scorer`]s with labels that are unique for a case.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::config::decode::to_json;
use crate::config::reader::{At, Mistakes, Table, TableReader, read_table, suggest_or_list};
use crate::diagnostic::Diagnostic;
use crate::fingerprint::Fingerprint;
use crate::golden::Standing;
use crate::score::{self, COMMON_KEYS, Check, SCORERS, Scorer, ScorerKind};
use crate::suite::Context;
use crate::suite::wire::ScoreTable;

/// A built scorer and what is needed to label it.
#[derive(Debug, Clone)]
pub(super) struct Built {
    /// The scorer; its name is settled by [`label`].
    pub(super) scorer: Scorer,
    /// Where its name was written, when it was.
    pub(super) named: Option<Range<usize>>,
    /// The whole table.
    pub(super) span: Range<usize>,
}

/// The keys that every scorer understands.
struct CommonTable {
    kind: Option<At<String>>,
    name: Option<At<String>>,
    not: Option<At<bool>>,
    required: Option<At<bool>>,
}

impl<'a> Table<'a> for CommonTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        // The other keys are the kind's.
        reader.leave_unknown();
        Self {
            kind: reader.require("kind"),
            name: reader.get("name"),
            not: reader.get("not"),
            required: reader.get("required"),
        }
    }
}

/// A scorer of this kind without any keys; `None` for a kind that needs some.
pub(super) fn plain(kind: &str, context: &Context<'_>) -> Option<Scorer> {
    let kind = score::find(kind)?;
    let table = toml::Spanned::new(0..0, toml::de::DeTable::default());
    let check = (kind.build)(&context.args(&table)).ok()?;
    let settings = json!({ "kind": kind.name });
    let name = kind.name.to_owned();
    Some(Scorer { name, kind: kind.name, not: false, required: true, settings, check: Arc::from(check) })
}

/// Builds scorers; what is wrong is reported and left out.
pub(super) fn build_all(
    tables: &[At<ScoreTable<'_>>],
    context: &Context<'_>,
    mistakes: &mut Mistakes,
) -> Vec<Built> {
    tables.iter().filter_map(|table| build(&table.value, context, mistakes)).collect()
}

fn build(written: &ScoreTable<'_>, context: &Context<'_>, mistakes: &mut Mistakes) -> Option<Built> {
    let root = &context.config.root;
    let span = written.span();
    let table = written.table.get_ref();
    let common: CommonTable = read_table(table, &span, mistakes);
    let written_kind = common.kind?;
    let Some(kind) = score::find(&written_kind.value) else {
        let names: Vec<&str> = SCORERS.iter().map(|k| k.name).collect();
        let message = format!("unknown scorer `{}`", written_kind.value);
        let finding = mistakes.error(&written_kind.span, message);
        mistakes.push(suggest_or_list(finding, &written_kind.value, &names, "scorers"));
        return None;
    };
    let known: Vec<&str> = COMMON_KEYS.iter().chain(kind.keys).copied().collect();
    for key in table.keys().filter(|k| !known.contains(&k.get_ref().as_ref())) {
        let key = At::new(key.get_ref().to_string(), key.span());
        mistakes.push(unknown_key(&key, kind, &known, mistakes));
    }
    if let Some(name) = common.name.as_ref().filter(|n| n.value.trim().is_empty()) {
        mistakes.push(mistakes.error(&name.span, "a scorer's name must not be empty"));
    }
    let settings = settings(written, root);
    if settings.is_none() {
        mistakes.push(mistakes.error(&span, "infinite numbers and NaN are not allowed"));
    }
    let check: Arc<dyn Check> = match (kind.build)(&context.args(&written.table)) {
        Ok(check) => Arc::from(check),
        Err(errors) => {
            for error in errors {
                let finding = mistakes.error(&error.span, error.message);
                mistakes.push(match error.help {
                    Some(help) => finding.help(help),
                    None => finding,
                });
            }
            return None;
        }
    };
    let required = common.required.is_none_or(|r| r.value);
    let standing = check.asking().map_or(Standing::Certified, |asking| asking.mark().standing);
    if required && standing != Standing::Certified {
        mistakes.push(undecided(standing, &span, mistakes));
    }
    let scorer = Scorer {
        name: common.name.as_ref().map_or(kind.name, |n| n.value.as_str()).to_owned(),
        kind: kind.name,
        not: common.not.is_some_and(|n| n.value),
        // A judge that nobody vouches for is reported and decides nothing.
        required: required && standing == Standing::Certified,
        settings: settings?,
        check,
    };
    Some(Built { scorer, named: common.name.map(|n| n.span), span })
}

fn undecided(standing: Standing, span: &Range<usize>, mistakes: &Mistakes) -> Diagnostic {
    let why = match standing {
        Standing::Expired => "the certificate of this judge is out of date",
        _ => "this judge has no certificate",
    };
    let finding = mistakes.warning(span, format!("{why}: its scores are reported and decide nothing"));
    finding
        .help("label some answers with `regauge label RUN`, then run `regauge calibrate`")
        .help("or write `required = false`, if it is only to be reported")
}

fn unknown_key(key: &At<String>, kind: &ScorerKind, known: &[&str], mistakes: &Mistakes) -> Diagnostic {
    let message = format!("scorer `{}` has no key `{}`", kind.name, key.value);
    let finding = mistakes.error(&key.span, message);
    match SCORERS.iter().find(|k| k.keys.contains(&key.value.as_str())) {
        Some(owner) => finding.help(format!("`{}` is a key of `{}`", key.value, owner.name)),
        None => suggest_or_list(finding, &key.value, known, "known keys"),
    }
}

/// The table as canonical JSON. A file that it names counts with its content, so that an edit of
/// the file is seen as a change of the rule.
fn settings(written: &ScoreTable<'_>, root: &Path) -> Option<Value> {
    let table = toml::de::DeValue::Table(written.table.get_ref().clone());
    let mut settings = to_json(&table)?;
    let file = settings.get("file").and_then(Value::as_str).map(|f| root.join(f));
    if let (Some(bytes), Some(map)) = (file.and_then(|f| std::fs::read(f).ok()), settings.as_object_mut()) {
        map.insert("file content".to_owned(), json!(Fingerprint::of_bytes(&bytes)));
    }
    Some(settings)
}

/// Gives the scorers of a suite their labels.
pub(super) fn label(mut built: Vec<Built>, mistakes: &mut Mistakes) -> Vec<Built> {
    report_repeats(&built, mistakes);
    let mut taken = BTreeSet::new();
    settle(&mut built, &mut taken);
    built
}

/// The scorers of one case: the suite's, those with an equal written name replaced, then its own.
pub(super) fn combine(suite: &[Built], mut own: Vec<Built>, mistakes: &mut Mistakes) -> Vec<Scorer> {
    report_repeats(&own, mistakes);
    let mut taken: BTreeSet<String> = suite.iter().map(|b| b.scorer.name.clone()).collect();
    settle(&mut own, &mut taken);
    let mut all: Vec<Scorer> = suite.iter().map(|b| b.scorer.clone()).collect();
    for built in own {
        match all.iter_mut().find(|s| s.name == built.scorer.name) {
            Some(replaced) => *replaced = built.scorer,
            None => all.push(built.scorer),
        }
    }
    all
}

/// Two equal names in one list are a mistake: nobody could tell the scores apart.
fn report_repeats(built: &[Built], mistakes: &mut Mistakes) {
    let mut seen = BTreeSet::new();
    for (name, span) in built.iter().filter_map(|b| Some((&b.scorer.name, b.named.as_ref()?))) {
        if !seen.insert(name) {
            let finding = mistakes.error(span, format!("another scorer is named `{name}` as well"));
            mistakes.push(finding.help("give one of them another name"));
        }
    }
}

/// Written names stand; the others get `-2`, `-3`, … when their kind's name is taken.
fn settle(built: &mut [Built], taken: &mut BTreeSet<String>) {
    taken.extend(built.iter().filter(|b| b.named.is_some()).map(|b| b.scorer.name.clone()));
    for scorer in built.iter_mut().filter(|b| b.named.is_none()).map(|b| &mut b.scorer) {
        let free = (2..).map(|n: u32| format!("{}-{n}", scorer.kind));
        let mut names = std::iter::once(scorer.kind.to_owned()).chain(free);
        if let Some(name) = names.find(|n| !taken.contains(n)) {
            taken.insert(name.clone());
            scorer.name = name;
        }
    }
}

impl JsonSchema for ScoreTable<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Score".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let kinds: Vec<Value> = SCORERS.iter().map(kind_schema).collect();
        let names: Vec<&str> = SCORERS.iter().map(|k| k.name).collect();
        schemars::json_schema!({
            "description": "One scorer: `kind` chooses the rule, the other keys are that rule's.",
            "type": "object",
            "required": ["kind"],
            "properties": { "kind": { "type": "string", "enum": names } },
            "oneOf": kinds,
        })
    }
}

fn kind_schema(kind: &ScorerKind) -> Value {
    let mut properties = Map::new();
    properties.insert("kind".to_owned(), json!({ "const": kind.name, "description": kind.summary }));
    let label = "Label in reports. Default: the kind.";
    properties.insert("name".to_owned(), json!({ "type": "string", "minLength": 1, "description": label }));
    let not = "Turns pass and fail round. Default: false.";
    properties.insert("not".to_owned(), json!({ "type": "boolean", "description": not }));
    let required = "Whether it decides the outcome of a trial. Default: true.";
    properties.insert("required".to_owned(), json!({ "type": "boolean", "description": required }));
    for key in kind.keys {
        properties.insert((*key).to_owned(), json!(true));
    }
    json!({
        "title": kind.name,
        "description": kind.summary,
        "type": "object",
        "required": ["kind"],
        "properties": properties,
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;
    use crate::score::{Check, Finding, ScoreInput};

    struct Never;

    impl Check for Never {
        fn check(&self, _: &ScoreInput<'_>) -> Finding {
            Finding::not_applicable("never")
        }
    }

    fn built(kind: &'static str, name: Option<&str>) -> Built {
        let scorer = Scorer {
            name: name.unwrap_or(kind).to_owned(),
            kind,
            not: false,
            required: true,
            settings: json!({ "kind": kind, "name": name }),
            check: Arc::new(Never),
        };
        Built { scorer, named: name.map(|_| 0..1), span: 0..1 }
    }

    fn mistakes() -> Mistakes {
        Mistakes::new(SourceFile::new("s.toml", "x"))
    }

    fn names(scorers: &[Scorer]) -> Vec<&str> {
        scorers.iter().map(|s| s.name.as_str()).collect()
    }

    #[test]
    fn labels_are_unique() {
        let mut found = mistakes();
        let list = vec![
            built("regex", None),
            built("regex", None),
            built("golden", Some("regex")),
            built("regex", None),
        ];
        let suite = label(list, &mut found);
        let labels: Vec<_> = suite.iter().map(|b| b.scorer.name.as_str()).collect();
        assert_eq!(labels, ["regex-2", "regex-3", "regex", "regex-4"]);
        assert!(!found.has_errors());
        label(vec![built("regex", Some("a")), built("golden", Some("a"))], &mut found);
        assert!(found.has_errors());
    }

    #[test]
    fn a_case_adds_and_replaces() {
        let mut found = mistakes();
        let suite = label(vec![built("action", None), built("length", Some("short"))], &mut found);
        let own = vec![built("action", None), built("regex", Some("short")), built("golden", None)];
        let all = combine(&suite, own, &mut found);
        assert_eq!(names(&all), ["action", "short", "action-2", "golden"]);
        assert_eq!(all[1].kind, "regex");
        assert!(!found.has_errors());
    }

    #[test]
    fn the_schema_knows_every_kind_and_its_keys() {
        let schema: Value = serde_json::from_str(&crate::suite::schema_json()).unwrap();
        let check = jsonschema::validator_for(&schema).unwrap();
        let suite = |score: Value| json!({ "prompts": ["a"], "models": ["m"], "score": [score] });
        for kind in SCORERS {
            let mut score = json!({ "kind": kind.name, "not": true });
            for key in kind.keys {
                score[*key] = json!(1);
            }
            assert!(check.is_valid(&suite(score.clone())), "{score}");
            score["nonsense"] = json!(1);
            assert!(!check.is_valid(&suite(score.clone())), "{score}");
        }
        assert!(!check.is_valid(&suite(json!({ "kind": "nonsense" }))));
        assert!(!check.is_valid(&suite(json!({ "name": "x" }))));
    }
}
