//! What a template may name: the variables it sees, their attributes, and the engine's filters and tests.

use minijinja::{Environment, Value};

use crate::prompt::files::RUBRICS;

/// The variables of every prompt.
pub(super) const CONTEXT: [&str; 6] = ["input", "history", "passages", "lang", "case", "vars"];

/// The variables of every rubric of a judge; each is a text.
pub(super) const RUBRIC: [&str; 9] =
    ["question", "history", "answer", "passages", "goldens", "questions", "lang", "first", "second"];

/// The variables that a template sees, and what they are.
pub(super) fn seen_by(template: &str) -> Vec<(&'static str, Kind)> {
    if template.starts_with(RUBRICS) {
        RUBRIC.into_iter().map(|name| (name, Kind::Text)).collect()
    } else {
        CONTEXT.into_iter().map(|name| (name, Kind::of(name))).collect()
    }
}

/// What is known about a value before anything is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything.
    Any,
    /// `input` or `lang`.
    Text,
    /// `case`.
    Case,
    /// `vars`.
    Vars,
    /// `passages`.
    Passages,
    /// One of them.
    Passage,
    /// `history`.
    History,
    /// One of its turns.
    Turn,
}

impl Kind {
    /// The kind of a variable of [`CONTEXT`].
    pub(super) fn of(variable: &str) -> Self {
        match variable {
            "input" | "lang" => Kind::Text,
            "history" => Kind::History,
            "passages" => Kind::Passages,
            "case" => Kind::Case,
            "vars" => Kind::Vars,
            _ => Kind::Any,
        }
    }

    /// The kind of one item of a list.
    pub(super) fn item(self) -> Self {
        match self {
            Kind::Passages => Kind::Passage,
            Kind::History => Kind::Turn,
            _ => Kind::Any,
        }
    }

    /// The kind that a filter makes of this one.
    pub(super) fn filtered(self, filter: &str) -> Self {
        match filter {
            "sort" | "reverse" | "unique" | "list" | "select" | "reject" | "selectattr" | "rejectattr"
            | "default" | "d" => self,
            "first" | "last" | "min" | "max" => self.item(),
            _ => Kind::Any,
        }
    }

    /// The attributes it has; `None` when they are not known.
    pub(super) fn attributes(self) -> Option<&'static [&'static str]> {
        match self {
            Kind::Any | Kind::Vars => None,
            Kind::Text | Kind::Passages | Kind::History => Some(&[]),
            Kind::Case => Some(&["id", "area", "tags", "tier"]),
            Kind::Passage => {
                Some(&["id", "article", "title", "heading", "text", "url", "visibility", "updated"])
            }
            Kind::Turn => Some(&["role", "text"]),
        }
    }

    /// The kind in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Kind::Any => "the value",
            Kind::Text => "a text",
            Kind::Case => "`case`",
            Kind::Vars => "`vars`",
            Kind::Passages => "the list of passages",
            Kind::Passage => "a passage",
            Kind::History => "the list of turns",
            Kind::Turn => "a turn",
        }
    }
}

/// The engine's filters, for near-miss suggestions; whether one exists is asked of the engine.
pub(super) const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "zip",
];

/// The engine's tests, for near-miss suggestions.
pub(super) const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// Asks the engine what it knows.
pub(super) struct Engine(Environment<'static>);

impl Engine {
    pub(super) fn new() -> Self {
        Self(Environment::new())
    }

    /// Whether the engine has this filter.
    pub(super) fn has_filter(&self, name: &str) -> bool {
        self.has("filter", name)
    }

    /// Whether the engine has this test.
    pub(super) fn has_test(&self, name: &str) -> bool {
        self.has("test", name)
    }

    /// Names of the engine's own functions.
    pub(super) fn functions(&self) -> Vec<&str> {
        self.0.globals().map(|(name, _)| name).collect()
    }

    fn has(&self, what: &str, name: &str) -> bool {
        let mut state = self.0.empty_state();
        state.perform_test(what, &[Value::from(name)]).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggested_names_exist() {
        let engine = Engine::new();
        for filter in FILTERS {
            assert!(engine.has_filter(filter), "{filter}");
        }
        for test in TESTS {
            assert!(engine.has_test(test), "{test}");
        }
        assert!(!engine.has_filter("uper") && !engine.has_test("defned"));
        assert!(engine.functions().contains(&"range"));
    }

    #[test]
    fn no_filter_or_function_reaches_files() {
        let engine = Engine::new();
        for name in ["open", "read", "load", "include", "fetch", "env", "getenv"] {
            assert!(!engine.has_filter(name) && !engine.functions().contains(&name), "{name}");
        }
    }
}
