//! # What it checks
//! Whatever a program of yours checks, in any language. The program is started once for a run, reads one JSON object
//! per line from its standard input, and prints one per line:
//!
//! - in, with its fields in this order: `id`, `question`, `answer`, `goldens` (accepted answers), `passages` (given to
//!   the model: `id`, `article`, `title`, `heading`, `text`, `url`, `visibility`, `updated`), `sources` (passages of
//!   the case's sources), `lang`, `vars`, `tool_calls` (`id`, `name`, `arguments`), `settings`;
//! - out: `id` as it came, and `value` from 0 to 1, or `pass`, or both; or `"not_applicable": true`; or
//!   `"error": "…"`. Besides, `reason` (one line) and `evidence`: a list of `label` (`matched` and `supported` speak for
//!   the answer, other words against it), `span` (`[start, end]` in characters of the answer), `quote`, `passage`,
//!   `note`.
//!
//! # Keys
//! - `command`: the program and its arguments, as a list.
//! - `cwd`: the folder it runs in, relative to the project. Default: the project's.
//! - `env`: names of environment variables that it is given; besides PATH, HOME and the like it is given no others.
//! - `timeout_s` = 10: the most seconds for one reply, its start included.
//! - `workers` = 1: how many of it run at once.
//! - `min` = 0.5: the least `value` that passes, where the program does not say `pass`.
//! - `settings`: a table that is handed to it as it is.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "command"
//! name = "names-the-brand"
//! command = ["python3", "scorers/names.py"]
//! settings = { word = "volta" }
//!
//! [[score]]
//! kind = "command"
//! name = "calm"
//! command = ["sh", "scorers/calm.sh"]
//! ```
//!
//! `scorers/names.py`:
//! ```python
//! import json, sys
//!
//! for line in sys.stdin:
//!     asked = json.loads(line)
//!     word = asked["settings"]["word"]
//!     at = asked["answer"].lower().find(word)
//!     found = [] if at < 0 else [{"label": "matched", "span": [at, at + len(word)]}]
//!     reply = {"id": asked["id"], "pass": at >= 0, "reason": f"looked for {word}", "evidence": found}
//!     print(json.dumps(reply), flush=True)
//! ```
//!
//! `scorers/calm.sh`:
//! ```sh
//! # Half a point less for each exclamation mark.
//! while IFS= read -r line; do
//!     id=${line#*:}
//!     id=${id%%,*}
//!     answer=${line#*'"answer":"'}
//!     answer=${answer%%'","goldens":'*}
//!     marks=$(printf %s "$answer" | tr -cd '!' | wc -c)
//!     case $((marks)) in
//!     0) value=1 ;;
//!     1) value=0.5 ;;
//!     *) value=0 ;;
//!     esac
//!     printf '{"id":%s,"value":%s,"reason":"%d exclamation marks"}\n' "$id" "$value" "$((marks))"
//! done
//! ```
//!
//! # Caveats
//! A program that ends, hangs, prints anything else or a value outside 0 to 1 has judged nothing: the score is a judge
//! error with the last words it printed to standard error, never a number. It is started again, up to 3 times in a row
//! and 20 times in all. Flush each line; notes belong to standard error. Equal commands share one program. Scripts
//! named in `command` count as a part of the rule, so that an edit shows as a change of scorers; files that they read
//! do not. A suite that you did not write may run any program this way.

mod line;
mod process;
mod program;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use self::line::Asked;
use self::program::{Program, shared};
use crate::program::{ChildEnv, CommandSpec, base_env};
use crate::score::{Args, Built, Check, Finding, ScoreInput, ScorerError, ScorerKind};
use crate::secret::{Secret, is_variable_name};

/// Row of the scorer table.
pub(super) const KIND: ScorerKind = ScorerKind {
    name: "command",
    summary: "what a program of yours checks: JSON lines on its standard input and output",
    docs: docs!("mod.rs"),
    keys: &["command", "cwd", "env", "timeout_s", "workers", "min", "settings"],
    build,
};

struct Command {
    program: Arc<Program>,
    min: f64,
    settings: Value,
    scripts: Value,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let words = words(args, &mut errors);
    let folder = match args.get::<String>("cwd", &mut errors) {
        Some(cwd) if !args.root.join(&cwd).is_dir() => {
            errors.push(args.error_at("cwd", format!("folder `{cwd}` does not exist")));
            args.root.to_owned()
        }
        Some(cwd) => args.root.join(cwd),
        None => args.root.to_owned(),
    };
    let mut env = Vec::new();
    for name in args.get::<Vec<String>>("env", &mut errors).unwrap_or_default() {
        if is_variable_name(&name) {
            let value = (args.env)(&name).map(Secret::new);
            env.push(ChildEnv { name, value });
        } else {
            let error = args.error_at("env", "`env`: this is not the name of an environment variable");
            errors.push(error.with_help("`env` lists names; their values are taken from the environment"));
        }
    }
    let timeout = limit(args, "timeout_s", (0.01, 3600.0), 10.0, &mut errors);
    let min = limit(args, "min", (0.0, 1.0), 0.5, &mut errors);
    let workers = args.get::<usize>("workers", &mut errors).unwrap_or(1);
    if !(1..=256).contains(&workers) {
        errors.push(args.error_at("workers", "`workers` must be 1 to 256"));
    }
    let settings = args.get::<Value>("settings", &mut errors).unwrap_or_else(|| json!({}));
    if !settings.is_object() {
        errors.push(args.error_at("settings", "`settings` must be a table"));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let spec = CommandSpec { words, folder, base: base_env(args.env), env, workers };
    let scripts = json!({ "command": spec.fingerprint() });
    Ok(Box::new(Command { program: shared(spec, Duration::from_secs_f64(timeout)), min, settings, scripts }))
}

fn words(args: &Args<'_>, errors: &mut Vec<ScorerError>) -> Vec<String> {
    let example = "the program and its arguments: `command = [\"python3\", \"check.py\"]`";
    if args.value("command").is_none() {
        errors.push(args.missing("command", example));
    }
    let words = args.get::<Vec<String>>("command", errors).unwrap_or_default();
    if args.value("command").is_some_and(|v| v.get_ref().as_array().is_some())
        && words.first().is_none_or(|program| program.trim().is_empty())
        && errors.is_empty()
    {
        errors.push(args.error_at("command", "`command` names no program").with_help(example));
    }
    words
}

fn limit(args: &Args<'_>, key: &str, range: (f64, f64), default: f64, errors: &mut Vec<ScorerError>) -> f64 {
    let Some(number) = args.number(key, errors) else { return default };
    if !(range.0..=range.1).contains(&number) {
        errors.push(args.error_at(key, format!("`{key}` must be {} to {}", range.0, range.1)));
        return default;
    }
    number
}

impl Check for Command {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let question = Asked::of(input, &self.settings);
        self.program.judge(&question, self.min)
    }

    fn check_without_text(&self, input: &ScoreInput<'_>) -> Finding {
        self.check(input)
    }

    fn read_from_files(&self) -> Option<&Value> {
        Some(&self.scripts)
    }
}

#[cfg(test)]
mod tests;
