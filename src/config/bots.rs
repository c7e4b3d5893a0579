//! A team's own bots: `[models.NAME]` of the providers `http` and `command`.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::config::decode::Entry;
use crate::config::models::ModelCheck;
use crate::config::paths::{self, Wanted};
use crate::config::range::in_range;
use crate::config::reader::{At, Mistakes, suggest_or_list};
use crate::config::wire::{ModelTable, UsageTable};
use crate::program::{ChildEnv, CommandSpec, base_env};
use crate::provider::{Auth, BOT_KEY, Body, BodyError, BotSpec, ModelSpec, PassagePaths, Paths, Place};
use crate::secret::is_variable_name;

/// Methods that carry a body.
const METHODS: &[(&str, reqwest::Method)] =
    &[("POST", reqwest::Method::POST), ("PUT", reqwest::Method::PUT), ("PATCH", reqwest::Method::PATCH)];

impl ModelCheck<'_> {
    /// A JSON endpoint: address, body template, JSONPaths.
    pub(super) fn bot(&self, entry: &Entry<ModelTable>, spec: &mut ModelSpec, mistakes: &mut Mistakes) {
        let table = &entry.value.value;
        self.access(table, &Auth::Bearer, None, spec, mistakes);
        set_vars(spec, table);
        let mut needed = |value: &Option<At<String>>, key: &str, example: &str| {
            if value.is_none() {
                let message = format!("model `{}` needs `{key}`", entry.key.value);
                mistakes
                    .push(mistakes.error(&entry.key.span, message).help(format!("for example `{example}`")));
            }
        };
        needed(&table.url, "url", "url = \"https://bot.example/reply\"");
        needed(&table.body, "body", "body = '{ \"question\": {{ input }} }'");
        needed(&table.answer, "answer", "answer = \"$.reply.text\"");
        let method = method(table.method.as_ref(), mistakes);
        if let Some(url) = &table.url {
            self.address(url, "url", "https://bot.example/reply", mistakes);
        }
        let body = table.body.as_ref().and_then(|written| {
            let body =
                Body::new(&written.value).and_then(|body| body.try_out(&spec.params, None).map(|()| body));
            body.map_err(|error| mistakes.push(body_finding(written, error, mistakes))).ok()
        });
        let paths = paths_of(table, mistakes);
        let (Some(url), Some(body), Some(paths)) = (&table.url, body, paths) else { return };
        spec.base_url = Some(url.value.clone());
        if spec.model.is_empty() {
            spec.model.clone_from(&url.value);
        }
        set_bot(spec, BotSpec::new(&url.value, method, body, paths));
    }

    /// A program that answers on its standard input and output.
    pub(super) fn command(
        &self,
        (what, key): (&str, &At<String>),
        table: &ModelTable,
        spec: &mut ModelSpec,
        mistakes: &mut Mistakes,
    ) {
        let words: Vec<String> =
            table.command.iter().flat_map(|c| &c.value).map(|word| word.value.clone()).collect();
        if words.first().is_none_or(|program| program.trim().is_empty()) {
            let span = table.command.as_ref().map_or(&key.span, |c| &c.span);
            let finding = mistakes.error(span, format!("{what} `{}` needs `command`", spec.name));
            mistakes
                .push(finding.help("the program and its arguments: `command = [\"python3\", \"bot.py\"]`"));
            return;
        }
        let folder = match &table.cwd {
            Some(cwd) => {
                paths::check(mistakes, self.root, &cwd.value, &cwd.span, Wanted::Folder, "");
                self.root.join(&cwd.value)
            }
            None => self.root.to_owned(),
        };
        let mut env: Vec<ChildEnv> = Vec::new();
        for name in table.env.iter().flat_map(|e| &e.value) {
            if is_variable_name(&name.value) {
                env.push(ChildEnv { name: name.value.clone(), value: self.secret(&name.value) });
            } else {
                let finding = mistakes.error(&name.span, "this is not the name of an environment variable");
                mistakes.push(finding.help("`env` lists names; their values are taken from the environment"));
            }
        }
        let base = base_env(self.env);
        let workers = in_range(table.workers.as_ref(), 1, 256, "workers", mistakes).unwrap_or(1);
        if let Some(mb) = in_range(table.max_body_mb.as_ref(), 1, 1024, "max_body_mb", mistakes) {
            spec.access.max_body = (mb as usize) << 20;
        }
        if spec.model.is_empty() {
            spec.model = words.join(" ");
        }
        let command = CommandSpec { words, folder, base, env, workers: workers as usize };
        let fingerprint = command.fingerprint().to_string();
        spec.params.extra.insert(BOT_KEY.to_owned(), Value::String(fingerprint));
        spec.command = Some(Arc::new(command));
    }
}

/// Gives a model the values that the template of its requests sees as `vars`.
pub(super) fn set_vars(spec: &mut ModelSpec, table: &ModelTable) {
    let vars = table.vars.iter().flat_map(|v| &v.value.0);
    let vars: Map<String, Value> = vars.map(|v| (v.key.value.clone(), v.value.value.0.clone())).collect();
    if !vars.is_empty() {
        spec.params.extra.insert("vars".to_owned(), Value::Object(vars));
    }
}

/// Makes a model one that asks this endpoint.
pub(super) fn set_bot(spec: &mut ModelSpec, bot: BotSpec) {
    let fingerprint = bot.fingerprint(&spec.access.headers).to_string();
    spec.params.extra.insert(BOT_KEY.to_owned(), Value::String(fingerprint));
    spec.bot = Some(Arc::new(bot));
}

pub(super) fn method(written: Option<&At<String>>, mistakes: &mut Mistakes) -> reqwest::Method {
    let Some(written) = written else { return reqwest::Method::POST };
    let upper = written.value.to_uppercase();
    if let Some((_, method)) = METHODS.iter().find(|(name, _)| *name == upper) {
        return method.clone();
    }
    let names: Vec<&str> = METHODS.iter().map(|(name, _)| *name).collect();
    let finding = mistakes.error(&written.span, format!("unknown method `{}`", written.value));
    mistakes.push(suggest_or_list(finding, &upper, &names, "methods"));
    reqwest::Method::POST
}

pub(super) fn body_finding(
    written: &At<String>,
    error: BodyError,
    mistakes: &Mistakes,
) -> crate::diagnostic::Diagnostic {
    let span = error.range.map_or_else(|| written.span.clone(), |range| inside(mistakes, written, &range));
    let finding = mistakes.error(&span, format!("the template of `body` fails: {}", error.message));
    match error.help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// Bytes of a text as written in the file; the whole text where it was written with escapes.
fn inside(mistakes: &Mistakes, written: &At<String>, range: &Range<usize>) -> Range<usize> {
    let raw = mistakes.file().text.get(written.span.clone()).unwrap_or_default();
    match raw.find(&written.value) {
        Some(at) => written.span.start + at + range.start..written.span.start + at + range.end,
        None => written.span.clone(),
    }
}

fn paths_of(table: &ModelTable, mistakes: &mut Mistakes) -> Option<Paths> {
    let none = UsageTable::default();
    let usage = table.usage.as_ref().map_or(&none, |u| &u.value);
    let mut right = true;
    let mut path = |written: &Option<At<String>>, key: &str| {
        let written = written.as_ref()?;
        let place = place(written, key, mistakes);
        right &= place.is_some();
        place
    };
    let answer = path(&table.answer, "answer");
    let paths = Paths {
        tool_calls: path(&table.tool_calls, "tool_calls"),
        citations: path(&table.citations, "citations"),
        input: path(&usage.input, "input"),
        output: path(&usage.output, "output"),
        cached_input: path(&usage.cached_input, "cached_input"),
        stop: path(&table.stop_reason, "stop_reason"),
        model: path(&table.reported_model, "reported_model"),
        session: path(&table.session, "session"),
        passages: path(&table.passages, "passages").map(PassagePaths::new),
        answer: Some(answer?),
    };
    right.then_some(paths)
}

/// A JSONPath.
pub(super) fn place(written: &At<String>, key: &str, mistakes: &mut Mistakes) -> Option<Place> {
    let parsed = written.value.parse().map_err(|error| {
        let finding = mistakes.error(&written.span, format!("`{key}` is not a JSONPath: {error}"));
        mistakes.push(finding.help("a path starts at `$`: `$.reply.text`, `$.choices[0].text`"));
    });
    parsed.ok()
}

#[cfg(test)]
mod tests {
    use crate::config::{FILE_NAME, load};
    use crate::provider::{BOT_KEY, ModelSpec};

    fn model(keys: &str) -> (Option<ModelSpec>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["prompts", "suites", "golden/answers"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        std::fs::write(dir.path().join("bot.py"), "print()").unwrap();
        std::fs::write(dir.path().join(FILE_NAME), format!("[models.a]\n{keys}\n")).unwrap();
        let env = |name: &str| (name == "TOKEN").then(|| "canary-123".to_owned());
        let (config, findings) = load(dir.path(), &env);
        let shown = findings.iter().map(|d| {
            let row = d.to_row();
            format!("{}:{} {}", row.line.unwrap_or(0), row.column.unwrap_or(0), row.message)
        });
        (config.and_then(|c| c.models.get("a").cloned()), shown.collect())
    }

    const BOT: &str = "provider = 'http'\nurl = 'https://bot.example/reply'\nanswer = '$.text'\n";

    #[test]
    fn a_bot_is_read() {
        let (spec, found) = model(&format!(
            "{BOT}body = '{{ \"q\": {{{{ input }}}}, \"t\": {{{{ vars.tenant }}}} }}'\nvars = {{ tenant = 'a' }}\n\
             method = 'put'\nheaders = {{ X-Token = {{ env = 'TOKEN' }}, X-Team = 'support' }}\nsession = '$.id'"
        ));
        assert_eq!(found, [""; 0]);
        let spec = spec.unwrap();
        let bot = spec.bot.unwrap();
        assert_eq!((bot.method.as_str(), spec.model.as_str()), ("PUT", "https://bot.example/reply"));
        assert!(bot.paths.session.is_some());
        assert_eq!(spec.access.headers.len(), 2);
        assert!(spec.params.extra.contains_key(BOT_KEY));
    }

    #[test]
    fn mistakes_of_a_bot_have_their_place() {
        let found = |keys: &str| model(&format!("{BOT}{keys}")).1;
        assert_eq!(found(""), ["1:9 model `a` needs `body`"]);
        let quoted = found("body = '{ \"q\": \"{{ input }}\" }'");
        assert!(
            quoted[0].starts_with("5:8 the template of `body` fails: it does not give JSON"),
            "{quoted:?}"
        );
        let unknown = found("body = '''\n{\n \"q\": {{ inptu }}\n}'''");
        assert!(unknown[0].starts_with("7:10 the template of `body` fails: undefined value"), "{unknown:?}");
        let syntax = found("body = '''\n{\n \"q\": {{ input }\n}'''");
        assert!(syntax[0].contains("syntax error"), "{syntax:?}");
        let path = found("body = '{}'\nsession = 'id'\nusage = { input = '$.' }");
        assert!(path[0].starts_with("6:11 `session` is not a JSONPath"), "{path:?}");
        assert!(path[1].starts_with("7:19 `input` is not a JSONPath"), "{path:?}");
        assert_eq!(found("body = '{}'\nmethod = 'PSOT'"), ["6:10 unknown method `PSOT`"]);
        let foreign = found("body = '{}'\nextra = {}").concat();
        assert!(foreign.starts_with("6:1 `extra` is a key of provider `openai`, "), "{foreign}");
        assert!(foreign.ends_with(", not of `http`"), "{foreign}");
    }

    #[test]
    fn a_secret_header_must_come_from_the_environment() {
        let (_, found) = model(&format!("{BOT}body = '{{}}'\nheaders = {{ X-Api-Key = 'canary' }}"));
        assert_eq!(found, ["6:25 an API key has no place in a file"]);
    }

    #[test]
    fn a_command_is_read() {
        let (spec, found) = model(
            "provider = 'command'\ncommand = ['python3', 'bot.py']\nenv = ['TOKEN', 'GONE']\nworkers = 2",
        );
        assert_eq!(found, [""; 0]);
        let spec = spec.unwrap();
        let command = spec.command.unwrap();
        assert_eq!((spec.model.as_str(), command.workers), ("python3 bot.py", 2));
        assert!(command.env[0].value.is_some() && command.env[1].value.is_none());
        assert_eq!(model("provider = 'command'").1, ["1:9 model `a` needs `command`"]);
        assert_eq!(model("provider = 'command'\ncommand = []").1, ["3:11 model `a` needs `command`"]);
        let wrong =
            model("provider = 'command'\ncommand = ['x']\nworkers = 0\nenv = ['a b']\ncwd = 'none'").1;
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }
}
