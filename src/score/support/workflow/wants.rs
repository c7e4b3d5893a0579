//! What a tool call's arguments should be: values, alternatives and predicates, read from TOML or JSON.

use std::collections::BTreeMap;

use jsonschema::Validator;
use regex::Regex;
use serde_json::{Map, Value};

use crate::score::support::workflow::assign::assign;
use crate::shorten::clip;

/// When two texts are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Strings {
    /// Character by character.
    #[default]
    Exact,
    /// Letter case and blanks aside.
    Loose,
    /// As [`Strings::Loose`], and without `,./-_*^`; `'` is `"`. The way of the Berkeley Function Calling
    /// Leaderboard (Patil et al. 2025), where `April 1, 2024` is `april 1 2024`.
    Bare,
}

impl Strings {
    fn same(self, a: &str, b: &str) -> bool {
        let blank = |c: &char| c.is_whitespace();
        let bare = |c: &char| !blank(c) && !matches!(c, ',' | '.' | '/' | '-' | '_' | '*' | '^');
        let quote = |c: char| if c == '\'' { '"' } else { c };
        let lower = |text: &str, keep: &dyn Fn(&char) -> bool| -> Vec<char> {
            text.chars().filter(|c| keep(c)).flat_map(char::to_lowercase).map(quote).collect()
        };
        match self {
            Strings::Exact => a == b,
            Strings::Loose => {
                let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
                a == b || words(a) == words(b)
            }
            Strings::Bare => a == b || lower(a, &bare) == lower(b, &bare),
        }
    }
}

/// How arguments are compared.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    pub(super) strings: Strings,
    /// Whether objects may have further keys.
    pub(super) subset: bool,
}

/// What a value should be.
#[derive(Debug)]
pub(super) enum Want {
    /// This text, number, yes/no or null.
    Is(Value),
    /// A list of such values, in this order.
    Items(Vec<Want>),
    /// An object with such values.
    Fields(BTreeMap<String, Want>),
    /// All conditions of a rule.
    Rule(Box<Rule>),
}

/// Conditions on a value; all that are given must hold.
#[derive(Debug, Default)]
pub(super) struct Rule {
    one_of: Option<Vec<Want>>,
    is: Option<Want>,
    not: Option<Want>,
    min: Option<f64>,
    max: Option<f64>,
    matches: Option<Regex>,
    contains: Option<String>,
    schema: Option<Validator>,
    any_order: Option<Vec<Want>>,
    fields: Option<Want>,
    /// May be missing or null.
    optional: bool,
}

const RULE_KEYS: [&str; 12] = [
    "one_of",
    "is",
    "not",
    "min",
    "max",
    "matches",
    "contains",
    "schema",
    "any_order",
    "fields",
    "optional",
    "any",
];

impl Want {
    /// Reads a wish; an object whose keys are all names of conditions is a rule.
    pub(super) fn read(value: &Value, mistakes: &mut Vec<String>) -> Self {
        match value {
            Value::Array(items) => Want::Items(items.iter().map(|v| Want::read(v, mistakes)).collect()),
            Value::Object(map) if !map.is_empty() && map.keys().all(|k| RULE_KEYS.contains(&k.as_str())) => {
                Want::Rule(Box::new(Rule::read(map, mistakes)))
            }
            Value::Object(map) => Want::fields(map, mistakes),
            scalar => Want::Is(scalar.clone()),
        }
    }

    /// An object with exactly these keys, whatever their names.
    pub(super) fn fields(map: &Map<String, Value>, mistakes: &mut Vec<String>) -> Self {
        Want::Fields(map.iter().map(|(k, v)| (k.clone(), Want::read(v, mistakes))).collect())
    }

    fn may_be_missing(&self) -> bool {
        matches!(self, Want::Rule(rule) if rule.optional)
    }

    /// Whether a value is as wished.
    pub(super) fn fits(&self, got: &Value, rules: Rules) -> bool {
        match self {
            Want::Is(value) => same(value, got, rules.strings),
            Want::Items(wants) => match got {
                Value::Array(items) => {
                    items.len() == wants.len() && wants.iter().zip(items).all(|(w, i)| w.fits(i, rules))
                }
                _ => false,
            },
            Want::Fields(wants) => {
                let Value::Object(map) = got else { return false };
                let there = wants.iter().all(|(k, w)| match map.get(k) {
                    Some(value) => w.fits(value, rules),
                    None => w.may_be_missing(),
                });
                there && (rules.subset || map.keys().all(|k| wants.contains_key(k)))
            }
            Want::Rule(rule) => rule.fits(got, rules),
        }
    }

    /// The first argument that is not as wished, in words.
    pub(super) fn difference(&self, got: &Value, rules: Rules) -> Option<String> {
        if self.fits(got, rules) {
            return None;
        }
        let (Want::Fields(wants), Value::Object(map)) = (self, got) else {
            return Some(format!("is {}", told(got)));
        };
        let wrong = wants.iter().find_map(|(k, w)| match map.get(k) {
            None if w.may_be_missing() => None,
            None => Some(format!("`{k}` is missing")),
            Some(value) => w.difference(value, rules).map(|d| match w {
                Want::Is(expected) => format!("`{k}` {d}, not {}", told(expected)),
                _ => format!("`{k}` {d}"),
            }),
        });
        wrong.or_else(|| {
            map.keys().find(|k| !wants.contains_key(*k)).map(|k| format!("`{k}` is not expected"))
        })
    }
}

/// A value, as far as a message shows it.
pub(super) fn told(value: &impl ToString) -> String {
    const MOST: usize = 80;
    clip(&value.to_string(), MOST)
}

/// Equal values; 5 is 5.0.
fn same(a: &Value, b: &Value, strings: Strings) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => strings.same(a, b),
        (Value::Number(a), Value::Number(b)) => a == b || (a.as_f64().is_some() && a.as_f64() == b.as_f64()),
        _ => a == b,
    }
}

impl Rule {
    fn read(map: &Map<String, Value>, mistakes: &mut Vec<String>) -> Self {
        let mut rule = Rule::default();
        for (key, value) in map {
            let mut wrong = |what: &str| mistakes.push(format!("`{key}` of an argument must be {what}"));
            match (key.as_str(), value) {
                ("one_of", Value::Array(list)) if !list.is_empty() || map.contains_key("optional") => {
                    rule.one_of = Some(list.iter().map(|v| Want::read(v, mistakes)).collect());
                }
                ("any_order", Value::Array(list)) => {
                    rule.any_order = Some(list.iter().map(|v| Want::read(v, mistakes)).collect());
                }
                ("one_of" | "any_order", _) => wrong("a list of values"),
                ("is", value) => rule.is = Some(literal(value)),
                ("not", value) => rule.not = Some(Want::read(value, mistakes)),
                ("fields", Value::Object(map)) => rule.fields = Some(Want::fields(map, mistakes)),
                ("fields", _) => wrong("a table"),
                ("min" | "max", value) => match (value.as_f64(), key.as_str()) {
                    (Some(n), "min") => rule.min = Some(n),
                    (Some(n), _) => rule.max = Some(n),
                    _ => wrong("a number"),
                },
                ("matches", Value::String(pattern)) => match Regex::new(&format!("^(?:{pattern})$")) {
                    Ok(regex) => rule.matches = Some(regex),
                    Err(error) => wrong(&format!("a regular expression: {error}")),
                },
                ("contains", Value::String(text)) => rule.contains = Some(text.to_lowercase()),
                ("matches" | "contains", _) => wrong("a text"),
                ("schema", schema) => match jsonschema::validator_for(schema) {
                    Ok(validator) => rule.schema = Some(validator),
                    Err(error) => wrong(&format!("a JSON Schema: {error}")),
                },
                ("optional", Value::Bool(yes)) => rule.optional = *yes,
                ("any", Value::Bool(true)) => {}
                _ => wrong("true or false"),
            }
        }
        rule
    }

    fn fits(&self, got: &Value, rules: Rules) -> bool {
        if self.optional && got.is_null() {
            return true;
        }
        let all = |wants: &Option<Want>| wants.as_ref().is_none_or(|w| w.fits(got, rules));
        let number = got.as_f64();
        let text = got.as_str();
        self.one_of.as_ref().is_none_or(|list| list.iter().any(|w| w.fits(got, rules)))
            && all(&self.is)
            && all(&self.fields)
            && self.not.as_ref().is_none_or(|w| !w.fits(got, rules))
            && self.min.is_none_or(|min| number.is_some_and(|n| n >= min))
            && self.max.is_none_or(|max| number.is_some_and(|n| n <= max))
            && self.matches.as_ref().is_none_or(|m| text.is_some_and(|t| m.is_match(t)))
            && self.contains.as_ref().is_none_or(|part| text.is_some_and(|t| t.to_lowercase().contains(part)))
            && self.schema.as_ref().is_none_or(|s| s.is_valid(got))
            && self.any_order.as_ref().is_none_or(|wants| any_order(wants, got, rules))
    }
}

/// A value taken as it stands, with no conditions in it.
fn literal(value: &Value) -> Want {
    match value {
        Value::Array(items) => Want::Items(items.iter().map(literal).collect()),
        Value::Object(map) => Want::Fields(map.iter().map(|(k, v)| (k.clone(), literal(v))).collect()),
        scalar => Want::Is(scalar.clone()),
    }
}

fn any_order(wants: &[Want], got: &Value, rules: Rules) -> bool {
    let Value::Array(items) = got else { return false };
    items.len() == wants.len()
        && assign(wants.len(), items.len(), |w, i| wants[w].fits(&items[i], rules))
            .iter()
            .all(Option::is_some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn want(value: &Value) -> Want {
        let mut mistakes = Vec::new();
        let want = Want::read(value, &mut mistakes);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        want
    }

    #[expect(clippy::needless_pass_by_value, reason = "values are written in place")]
    fn fits(wish: Value, got: Value) -> bool {
        want(&wish).fits(&got, Rules::default())
    }

    #[test]
    fn values_are_equal_as_numbers_and_lists() {
        assert!(fits(json!(5), json!(5.0)) && fits(json!([1, 2.0]), json!([1.0, 2])));
        assert!(
            !fits(json!(5), json!("5"))
                && !fits(json!(1), json!(true))
                && !fits(json!([1, 2]), json!([2, 1]))
        );
        assert!(fits(json!({ "a": { "b": 1 } }), json!({ "a": { "b": 1 } })));
        assert!(!fits(json!({ "a": 1 }), json!({ "a": 1, "b": 2 })));
        assert!(fits(json!({}), json!({})) && !fits(json!({}), json!({ "b": 2 })));
    }

    #[test]
    fn texts_are_compared_as_asked() {
        let same =
            |strings, a: &str, b: &str| Want::Is(json!(a)).fits(&json!(b), Rules { strings, subset: false });
        assert!(!same(Strings::Exact, "Cluj", "cluj"));
        assert!(same(Strings::Loose, "Cluj  Napoca", " CLUJ Napoca") && !same(Strings::Loose, "a-b", "ab"));
        assert!(same(Strings::Bare, "April 1, 2024", "april 1 2024") && same(Strings::Bare, "it's", "IT\"S"));
        assert!(!same(Strings::Bare, "a+b", "ab"));
    }

    #[test]
    fn conditions() {
        assert!(fits(json!({ "min": 1, "max": 2 }), json!(1.5)) && !fits(json!({ "min": 1 }), json!("2")));
        assert!(
            fits(json!({ "matches": "#W\\d+" }), json!("#W12"))
                && !fits(json!({ "matches": "W" }), json!("#W"))
        );
        assert!(fits(json!({ "contains": "Late" }), json!("it was LATE")));
        assert!(fits(json!({ "one_of": ["a", { "min": 3 }] }), json!(4)));
        assert!(fits(json!({ "not": "a" }), json!("b")) && !fits(json!({ "not": "a" }), json!("a")));
        assert!(fits(json!({ "is": { "min": 3 } }), json!({ "min": 3 })));
        assert!(fits(json!({ "fields": { "min": { "one_of": [3] } } }), json!({ "min": 3 })));
        assert!(
            fits(json!({ "any_order": [1, 2] }), json!([2, 1]))
                && !fits(json!({ "any_order": [1, 1] }), json!([2, 1]))
        );
        assert!(fits(json!({ "schema": { "type": "string" } }), json!("x")));
        assert!(fits(json!({ "any": true }), json!(null)));
        assert!(fits(json!({ "a": { "optional": true, "one_of": [1] } }), json!({})));
        assert!(fits(json!({ "a": { "optional": true, "one_of": [1] } }), json!({ "a": null })));
        assert!(!fits(json!({ "a": { "optional": true, "one_of": [1] } }), json!({ "a": 2 })));
        let absent = || json!({ "a": { "optional": true, "one_of": [] } });
        assert!(fits(absent(), json!({})) && fits(absent(), json!({ "a": null })));
        assert!(!fits(absent(), json!({ "a": 0 })));
    }

    #[test]
    fn differences_are_named() {
        let wish = want(&json!({ "id": "W1", "n": { "min": 3 } }));
        let rules = Rules::default();
        let difference = |got: Value| wish.difference(&got, rules).unwrap();
        assert_eq!(difference(json!({ "id": "W2", "n": 3 })), "`id` is \"W2\", not \"W1\"");
        assert_eq!(difference(json!({ "id": "W1", "n": 1 })), "`n` is 1");
        assert_eq!(difference(json!({ "id": "W1" })), "`n` is missing");
        assert_eq!(difference(json!({ "id": "W1", "n": 3, "x": 1 })), "`x` is not expected");
        assert_eq!(difference(json!("x")), "is \"x\"");
        assert_eq!(wish.difference(&json!({ "id": "W1", "n": 3 }), rules), None);
    }

    #[test]
    fn mistakes_in_conditions_are_reported() {
        let mut mistakes = Vec::new();
        let wrong = json!([
            { "min": "x" }, { "matches": "(" }, { "one_of": [] }, { "optional": 1 }, { "schema": { "type": 3 } },
            { "fields": 1 }, { "contains": 2 }
        ]);
        Want::read(&wrong, &mut mistakes);
        assert_eq!(mistakes.len(), 7, "{mistakes:?}");
    }
}
