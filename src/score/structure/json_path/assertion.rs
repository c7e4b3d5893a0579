//! One assertion about the values at a path.

use regex::Regex;
use serde_json::Value;
use serde_json_path::{JsonPath, LocatedNode};
use toml::de::DeValue;

use crate::diagnostic::did_you_mean;
use crate::score::{Args, ScorerError};
use crate::shorten::clip;

const KEYS: [&str; 9] = ["path", "equals", "contains", "matches", "min", "max", "count", "exists", "any"];

/// What must hold of one value.
enum Test {
    Equals(Value),
    Contains(Value),
    Matches(Regex),
    Min(f64),
    Max(f64),
}

/// A path and what must hold of the values that it finds.
pub(super) struct Assertion {
    /// The path as written.
    pub(super) written: String,
    /// The path.
    pub(super) path: JsonPath,
    tests: Vec<Test>,
    exists: bool,
    count: Option<usize>,
    any: bool,
}

impl Assertion {
    /// Decodes one table; `None` after mistakes.
    pub(super) fn read(args: &Args<'_>, errors: &mut Vec<ScorerError>) -> Option<Self> {
        let before = errors.len();
        for key in args.table.get_ref().keys().filter(|key| !KEYS.contains(&key.get_ref().as_ref())) {
            let help = match did_you_mean(key.get_ref(), KEYS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known keys: {}", KEYS.join(", ")),
            };
            let message = format!("an assertion has no key `{}`", key.get_ref());
            errors.push(ScorerError { span: key.span(), message, help: Some(help) });
        }
        let written: Option<String> = args.require("path", errors);
        let path = written.as_deref().and_then(|text| match JsonPath::parse(text) {
            Ok(path) => Some(path),
            Err(error) => {
                let message = format!("`path` is no JSONPath: {}", error.message());
                errors.push(args.error_at("path", message).with_help("for example `$.items[*].price`"));
                None
            }
        });
        let mut tests = Vec::new();
        tests.extend(value(args, "equals", errors).map(Test::Equals));
        tests.extend(value(args, "contains", errors).map(Test::Contains));
        if let Some(pattern) = args.get::<String>("matches", errors) {
            match Regex::new(&pattern) {
                Ok(regex) => tests.push(Test::Matches(regex)),
                Err(_) => errors.push(args.error_at("matches", "`matches` is no regular expression")),
            }
        }
        let (min, max) = (args.number("min", errors), args.number("max", errors));
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            errors.push(args.error_at("min", format!("`min` = {min} is more than `max` = {max}")));
        }
        tests.extend(min.map(Test::Min).into_iter().chain(max.map(Test::Max)));
        let count = args.get::<usize>("count", errors);
        let exists = args.get::<bool>("exists", errors).unwrap_or(count != Some(0));
        if !exists && (!tests.is_empty() || count.is_some_and(|n| n > 0)) {
            let message = "an assertion about values that must not be there can never hold";
            errors.push(
                args.error(message).with_help("drop `exists = false`, or what is said about the values"),
            );
        }
        let any = args.get::<bool>("any", errors).unwrap_or(false);
        match (written, path) {
            (Some(written), Some(path)) if errors.len() == before => {
                Some(Self { written, path, tests, exists, count, any })
            }
            _ => None,
        }
    }

    /// Why it does not hold; `None` when it does.
    pub(super) fn judge(&self, nodes: &[LocatedNode<'_>]) -> Option<String> {
        let path = &self.written;
        match (nodes.len(), self.exists, self.count) {
            (found, _, Some(count)) if found != count => {
                return Some(format!("`{path}` is there {found} times, not {count}"));
            }
            (0, true, _) => return Some(format!("`{path}` is not there")),
            (1.., false, _) => return Some(format!("`{path}` is there")),
            _ => {}
        }
        let mut wrong = nodes.iter().filter_map(|node| self.fault(node.node()));
        match wrong.next() {
            Some(why) if !self.any => Some(format!("`{path}` is {why}")),
            // All of them are wrong when one more is wrong for each that is there.
            Some(why) if wrong.count() + 1 == nodes.len() => Some(format!("`{path}` is {why}")),
            _ => None,
        }
    }

    /// Whether a value is as asked.
    pub(super) fn holds_for(&self, value: &Value) -> bool {
        self.exists && self.fault(value).is_none()
    }

    fn fault(&self, value: &Value) -> Option<String> {
        let test = self.tests.iter().find(|test| !test.holds(value))?;
        Some(format!("{}, not {}", short(value), test.told()))
    }
}

/// Any value; a date has no counterpart in JSON.
fn value(args: &Args<'_>, key: &str, errors: &mut Vec<ScorerError>) -> Option<Value> {
    if matches!(args.value(key)?.get_ref(), DeValue::Datetime(_)) {
        errors
            .push(args.error_at(key, format!("`{key}`: JSON has no dates")).with_help("write it as a text"));
        return None;
    }
    args.get(key, errors)
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Test::Equals(wanted) => same(wanted, value),
            Test::Contains(wanted) => match (value, wanted) {
                (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
                (Value::Array(items), wanted) => items.iter().any(|item| same(wanted, item)),
                _ => false,
            },
            Test::Matches(regex) => value.as_str().is_some_and(|text| regex.is_match(text)),
            Test::Min(min) => value.as_f64().is_some_and(|number| number >= *min),
            Test::Max(max) => value.as_f64().is_some_and(|number| number <= *max),
        }
    }

    fn told(&self) -> String {
        match self {
            Test::Equals(wanted) => short(wanted),
            Test::Contains(wanted) => format!("with {} in it", short(wanted)),
            Test::Matches(regex) => format!("matched by `{regex}`"),
            Test::Min(min) => format!("at least {min}"),
            Test::Max(max) => format!("at most {max}"),
        }
    }
}

/// Equal, where 30 and 30.0 are one number.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => one == other,
    }
}

/// A value for a message.
fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => format!("{:?}", text.chars().take(LONGEST + 1).collect::<String>()),
        other => other.to_string(),
    };
    clip(&text, LONGEST)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_equal_by_value() {
        assert!(same(&json!([1, {"a": 2.0}]), &json!([1.0, {"a": 2}])));
        assert!(!same(&json!(u64::MAX), &json!(u64::MAX - 1)) && !same(&json!(1), &json!("1")));
        assert!(!same(&json!({"a": 1}), &json!({"b": 1})) && !same(&json!([1]), &json!([1, 1])));
    }

    #[test]
    fn messages_stay_short() {
        assert_eq!(short(&json!("ș\n")), "\"ș\\n\"");
        assert!(short(&json!("ț".repeat(500))).chars().count() <= 61);
        assert_eq!([short(&json!([1])), short(&json!(null))], ["a list", "null"]);
    }
}
