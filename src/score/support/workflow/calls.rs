//! Expected calls, and which of the calls that were made they are.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::score::support::workflow::CallSeen;
use crate::score::support::workflow::assign::assign;
use crate::score::support::workflow::wants::{Rules, Strings, Want};
use crate::score::{Args, ScorerError};

/// Most calls that one entry may stand for.
const MOST: usize = 100;

/// How far arguments must agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Match {
    #[default]
    Exact,
    Subset,
    Any,
}

/// One call as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallTable {
    tool: String,
    args: Option<Map<String, Value>>,
    #[serde(rename = "match")]
    how: Option<Match>,
    schema: Option<Value>,
    count: Option<Value>,
    strings: Option<Strings>,
}

/// A call that is expected, or must not be made.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) tool: String,
    /// Absent: arguments do not matter.
    args: Option<Want>,
    schema: Option<jsonschema::Validator>,
    rules: Rules,
    min: usize,
    /// Absent: as many as are made.
    max: Option<usize>,
}

/// Reads a list of tool names and call tables.
pub(super) fn read_all(
    args: &Args<'_>,
    key: &str,
    strings: Strings,
    errors: &mut Vec<ScorerError>,
) -> Option<Vec<Expected>> {
    let list = args.get::<Vec<Value>>(key, errors)?;
    let mut mistakes = Vec::new();
    let read = list.into_iter().filter_map(|entry| read(entry, strings, &mut mistakes)).collect();
    errors.extend(mistakes.into_iter().map(|m| args.error_at(key, format!("`{key}`: {m}"))));
    Some(read)
}

fn read(entry: Value, strings: Strings, mistakes: &mut Vec<String>) -> Option<Expected> {
    let table = match entry {
        Value::String(tool) => {
            CallTable { tool, args: None, how: None, schema: None, count: None, strings: None }
        }
        entry => match CallTable::deserialize(entry) {
            Ok(table) => table,
            Err(error) => {
                mistakes.push(error.to_string());
                return None;
            }
        },
    };
    if table.tool.trim().is_empty() {
        mistakes.push("`tool` is empty".to_owned());
    }
    let schema = table.schema.as_ref().and_then(|schema| match jsonschema::validator_for(schema) {
        Ok(validator) => Some(validator),
        Err(error) => {
            mistakes.push(format!("`schema` is no valid JSON Schema: {error}"));
            None
        }
    });
    let how = table.how.unwrap_or(Match::Exact);
    let args = table.args.filter(|_| how != Match::Any).map(|map| Want::fields(&map, mistakes));
    let (min, max) = count(table.count.as_ref()).unwrap_or_else(|| {
        mistakes.push(format!("`count` must be a number up to {MOST}, or `{{ min = 1, max = 3 }}`"));
        (1, Some(1))
    });
    let rules = Rules { strings: table.strings.unwrap_or(strings), subset: how == Match::Subset };
    Some(Expected { tool: table.tool, args, schema, rules, min, max })
}

fn count(written: Option<&Value>) -> Option<(usize, Option<usize>)> {
    let number = |v: &Value| v.as_u64().map(|n| n as usize).filter(|n| *n <= MOST);
    match written {
        None => Some((1, Some(1))),
        Some(Value::Object(map)) if map.keys().all(|k| k == "min" || k == "max") => {
            let min = map.get("min").map_or(Some(0), number)?;
            let max = map.get("max").map(number);
            match max {
                None => Some((min, None)),
                Some(max) => max.filter(|max| *max >= min).map(|max| (min, Some(max))),
            }
        }
        Some(value) => number(value).map(|n| (n, Some(n))),
    }
}

/// Whether a name is meant; `*` stands for any characters.
pub(super) fn named(pattern: &str, name: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(head) else { return false };
    while let Some((part, more)) = rest.split_once('*') {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
        rest = more;
    }
    left.ends_with(rest)
}

impl Expected {
    /// Whether a call is this one.
    pub(super) fn fits(&self, call: &CallSeen<'_>) -> bool {
        named(&self.tool, call.name)
            && self.args.as_ref().is_none_or(|want| want.fits(call.arguments, self.rules))
            && self.schema.as_ref().is_none_or(|schema| schema.is_valid(call.arguments))
    }

    /// Why it was not found among the calls: the label and the words.
    pub(super) fn why(&self, seen: &[&CallSeen<'_>], used: &[bool]) -> (&'static str, String) {
        let tool = &self.tool;
        let mut same_tool =
            seen.iter().zip(used).filter(|(c, used)| !**used && named(tool, c.name)).map(|(c, _)| c);
        let Some(near) = same_tool.next() else {
            return ("missing-call", format!("`{tool}` is not called"));
        };
        if self.fits(near) {
            return ("wrong-order", format!("`{tool}` is called in another place"));
        }
        let words = self.args.as_ref().and_then(|want| want.difference(near.arguments, self.rules));
        let words = words.unwrap_or_else(|| "arguments are not valid against the schema".to_owned());
        ("wrong-argument", format!("`{tool}`: {words}"))
    }
}

/// Which calls are the expected ones.
pub(super) struct Plan<'e> {
    /// Calls that must be made.
    pub(super) required: usize,
    /// Those of them that are not made.
    pub(super) missing: Vec<&'e Expected>,
    /// For each call that was made whether it was expected.
    pub(super) used: Vec<bool>,
}

pub(super) fn plan<'e>(expected: &'e [Expected], seen: &[&CallSeen<'_>], strict: bool) -> Plan<'e> {
    let slots = |e: &'e Expected, from: usize, to: usize| (from..to).map(move |_| e);
    let most = |e: &Expected| e.max.unwrap_or(seen.len()).min(seen.len()).max(e.min);
    let required: usize = expected.iter().map(|e| e.min).sum();
    let mut used = vec![false; seen.len()];
    let mut missing = Vec::new();
    if strict {
        let mut at = 0;
        for e in expected {
            for n in 0..most(e) {
                let next = (at..seen.len()).find(|i| e.fits(seen[*i]));
                // What may be there must come at once, or it would skip what must be there.
                match next.filter(|i| n < e.min || *i == at) {
                    Some(i) => (used[i], at) = (true, i + 1),
                    None if n < e.min => missing.push(e),
                    None => break,
                }
            }
        }
        return Plan { required, missing, used };
    }
    let needed = expected.iter().flat_map(|e| slots(e, 0, e.min));
    let may = expected.iter().flat_map(|e| slots(e, e.min, most(e)));
    let all: Vec<&Expected> = needed.chain(may).collect();
    for (i, partner) in assign(all.len(), seen.len(), |e, s| all[e].fits(seen[s])).into_iter().enumerate() {
        match partner {
            Some(s) => used[s] = true,
            None if i < required => missing.push(all[i]),
            None => {}
        }
    }
    Plan { required, missing, used }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(
            named("a*", "a") && named("*", "") && named("*_order", "cancel_order") && named("a*c*e", "abcde")
        );
        assert!(!named("a*", "b") && !named("a", "ab") && !named("a*b", "a") && !named("*ab*ab", "ab"));
    }

    #[test]
    fn counts() {
        let of = |json: &str| count(Some(&serde_json::from_str(json).unwrap()));
        assert_eq!(of("2"), Some((2, Some(2))));
        assert_eq!(of(r#"{"min": 1}"#), Some((1, None)));
        assert_eq!(of(r#"{"max": 3}"#), Some((0, Some(3))));
        assert!(of("-1").is_none() && of("101").is_none() && of(r#"{"min": 3, "max": 1}"#).is_none());
        assert!(of(r#"{"least": 3}"#).is_none() && of("1.5").is_none());
    }
}
