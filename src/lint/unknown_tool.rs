//! Tools that cases name and no bot has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnostic::did_you_mean;
use crate::lint::{Found, Lint, Rule, listed};
use crate::project::Project;
use crate::score::Scorer;
use crate::suite::{ScoredCase, Suite};

/// Row of the table of rules.
pub(super) const RULE: Rule = Rule {
    name: "unknown-tool",
    doc: "a case names a tool that none of its models has, or a name that looks like a slip of another",
    check,
};

fn check(lint: &Lint<'_>, found: &mut Found) {
    let mut uses: BTreeMap<String, BTreeSet<(&str, &str)>> = BTreeMap::new();
    let named: Vec<BTreeSet<String>> = lint.cases.iter().map(|(_, scored)| named(scored)).collect();
    for ((_, scored), names) in lint.cases.iter().zip(&named) {
        for name in names {
            uses.entry(name.clone()).or_default().insert((&scored.case.suite, &scored.case.id));
        }
    }
    for ((suite, scored), names) in lint.cases.iter().zip(&named) {
        let offered = offered(lint.project, suite);
        for name in names.iter().filter(|name| !name.contains('*')) {
            if offered.contains(name) {
                continue;
            }
            if !offered.is_empty() {
                let message =
                    format!("`{}` names the tool `{name}`, which no model of its suite has", scored.case.id);
                let known: Vec<&str> = offered.iter().map(String::as_str).collect();
                let finding = lint.at_case(scored, message).suggest(name, known.iter().copied());
                found.push(finding.help(format!("tools of the models: {}", listed(&known))));
            } else if uses.get(name).is_some_and(|cases| cases.len() == 1) {
                let others = uses.iter().filter(|(other, cases)| *other != name && cases.len() > 1);
                let near = did_you_mean(name, others.map(|(other, _)| other.as_str()))
                    .filter(|near| strsim::damerau_levenshtein(near, name) <= 2);
                if let Some(near) = near {
                    let message = format!("`{}` alone names the tool `{name}`", scored.case.id);
                    found.push(lint.at_case(scored, message).help(format!("did you mean `{near}`?")));
                }
            }
        }
    }
}

/// The tools that a case names, in its scorers and its script.
fn named(scored: &ScoredCase) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let turns = scored.turns.iter().flat_map(|turn| turn.scorers.iter());
    for scorer in scored.scorers.iter().chain(turns).filter(|scorer| scorer.kind == "workflow") {
        names.extend(of_workflow(scorer));
    }
    let scripted = scored.case.script.iter().flat_map(|turn| &turn.tools);
    names.extend(scripted.map(|tool| tool.name.clone()));
    names
}

fn of_workflow(scorer: &Scorer) -> Vec<String> {
    let lists = ["calls", "forbidden", "writes"].into_iter().filter_map(|key| scorer.settings.get(key));
    let items = lists.flat_map(|list| list.as_array().cloned().unwrap_or_else(|| vec![list.clone()]));
    let name = |item: Value| item.as_str().or_else(|| item.get("tool")?.as_str()).map(str::to_owned);
    items.filter_map(name).collect()
}

/// The tools that the suite's models are given in `extra`, in the forms of the known APIs.
fn offered(project: &Project, suite: &Suite) -> BTreeSet<String> {
    let models = suite.models.iter().filter_map(|name| project.config.models.get(name));
    let tools = models.filter_map(|model| model.answering().params.extra.get("tools")?.as_array());
    let mut names = BTreeSet::new();
    for tool in tools.flatten() {
        let declared =
            ["functionDeclarations", "function_declarations"].into_iter().find_map(|key| tool.get(key));
        let each =
            declared.and_then(Value::as_array).map_or_else(|| vec![tool], |list| list.iter().collect());
        for one in each {
            let name = [one.get("name"), one.pointer("/function/name"), one.pointer("/toolSpec/name")];
            names.extend(name.into_iter().flatten().filter_map(|n| n.as_str().map(str::to_owned)));
        }
    }
    names
}
