//! The user's own retriever: an endpoint or a program of `[retrieval.NAME]`, reached as a model's.

use crate::config::bots::{body_finding, method, place, set_bot, set_vars};
use crate::config::models::ModelCheck;
use crate::config::reader::{At, Mistakes};
use crate::config::wire::{ModelTable, RetrievalTable};
use crate::provider::{Auth, Body, BotSpec, Lookup, ModelSpec, PassagePaths, Paths};

/// Body of a request where the settings name none.
const BODY: &str = r#"{ "question": {{ input }}, "k": {{ k }}, "lang": {{ lang }} }"#;
/// Where the passages stand where the settings do not say.
const PASSAGES: &str = "$.passages";
/// Limit for one attempt in seconds where the settings name none: somebody waits for the answer behind it.
const TIMEOUT_S: u64 = 30;
/// Keys of an endpoint and keys of a program.
const ENDPOINT: &[&str] = &[
    "url",
    "method",
    "body",
    "vars",
    "passages",
    "id",
    "text",
    "title",
    "api_key_env",
    "auth",
    "headers",
    "rpm",
    "ca_bundle",
];
const PROGRAM: &[&str] = &["command", "cwd", "env", "workers"];

impl ModelCheck<'_> {
    /// How a retriever is reached; `None` where that cannot be told.
    pub(super) fn retriever(
        &self,
        key: &At<String>,
        table: &RetrievalTable,
        mistakes: &mut Mistakes,
    ) -> Option<ModelSpec> {
        let is_program = table.command.is_some();
        if !is_program && table.url.is_none() {
            let message = format!("retrieval `{}` needs `url` or `command`", key.value);
            let help = "an endpoint: `url = \"http://localhost:8000/search\"`; or a program: `command = [\"python3\", \"search.py\"]`";
            mistakes.push(mistakes.error(&key.span, message).help(help));
            return None;
        }
        let (own, other, what) = if is_program {
            (PROGRAM, ENDPOINT, "a program (`command`)")
        } else {
            (ENDPOINT, PROGRAM, "an endpoint (`url`)")
        };
        for key in table.keys.iter().filter(|key| other.contains(&key.value.as_str())) {
            let message = format!("`{}` has no meaning for {what}", key.value);
            let finding = mistakes.error(&key.span, message);
            mistakes.push(finding.help(format!("its keys: {}", own.join(", "))));
        }
        let wire = table.as_model();
        let mut spec = ModelSpec::new(&key.value, if is_program { "command" } else { "http" }, "");
        spec.is_retriever = true;
        Self::limits(&wire, &mut spec, mistakes);
        if wire.timeout_s.is_none() {
            spec.timeout_s = TIMEOUT_S.min(spec.trial_timeout_s);
        }
        if is_program {
            self.command(("retrieval", key), &wire, &mut spec, mistakes);
            return spec.command.is_some().then_some(spec);
        }
        self.endpoint_of(&wire, table, &mut spec, mistakes)?;
        Some(spec)
    }

    fn endpoint_of(
        &self,
        wire: &ModelTable,
        table: &RetrievalTable,
        spec: &mut ModelSpec,
        mistakes: &mut Mistakes,
    ) -> Option<()> {
        self.access(wire, &Auth::Bearer, None, spec, mistakes);
        set_vars(spec, wire);
        let url = table.url.as_ref()?;
        self.address(url, "url", "https://search.example/passages", mistakes);
        let method = method(table.method.as_ref(), mistakes);
        let sample = Lookup { k: 6, lang: "en".to_owned(), case: "case".to_owned() };
        let written = table.body.as_ref().map_or(BODY, |body| body.value.as_str());
        let body =
            Body::new(written).and_then(|body| body.try_out(&spec.params, Some(&sample)).map(|()| body));
        let body = match (body, &table.body) {
            (Err(error), Some(written)) => {
                mistakes.push(body_finding(written, error, mistakes));
                None
            }
            (body, _) => body.ok(),
        };
        let mut path = |written: &Option<At<String>>, key| match written {
            Some(written) => place(written, key, mistakes).map(Some),
            None => Some(None),
        };
        let (list, id) = (path(&table.passages, "passages"), path(&table.id, "id"));
        let (text, title) = (path(&table.text, "text"), path(&table.title, "title"));
        let list = match list? {
            Some(list) => list,
            None => PASSAGES.parse().ok()?,
        };
        let passages = PassagePaths { list, id: id?, text: text?, title: title? };
        spec.base_url = Some(url.value.clone());
        spec.model.clone_from(&url.value);
        let paths = Paths { passages: Some(passages), ..Paths::default() };
        set_bot(spec, BotSpec::new(&url.value, method, body?, paths));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{FILE_NAME, load};
    use crate::provider::ModelSpec;

    fn retriever(keys: &str) -> (Option<ModelSpec>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["prompts", "suites", "golden/answers"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        std::fs::write(dir.path().join(FILE_NAME), format!("[retrieval.mine]\nkind = 'external'\n{keys}\n"))
            .unwrap();
        let env = |name: &str| (name == "TOKEN").then(|| "canary-123".to_owned());
        let (config, findings) = load(dir.path(), &env);
        let shown = findings.iter().map(|d| {
            let row = d.to_row();
            format!("{}:{} {}", row.line.unwrap_or(0), row.column.unwrap_or(0), row.message)
        });
        let endpoint = config.and_then(|c| c.retrievals["mine"].endpoint.as_deref().cloned());
        (endpoint, shown.collect())
    }

    #[test]
    fn an_endpoint_needs_no_more_than_its_address() {
        let (spec, found) = retriever("url = 'http://127.0.0.1:9/search'");
        assert_eq!(found, [""; 0]);
        let spec = spec.unwrap();
        assert_eq!((spec.provider, spec.timeout_s), ("http", 30));
        let (spec, found) = retriever(
            "url = 'http://h/'\nbody = '{\"q\": {{ input }}, \"top\": {{ k }}, \"c\": {{ case }}, \"h\": {{ history }}}'\n\
             passages = '$.hits[*]'\nid = '$._id'\ntext = '$.body'\nheaders = { X-Key = { env = 'TOKEN' } }\nrpm = 60\ntimeout_s = 5",
        );
        assert_eq!(found, [""; 0]);
        let spec = spec.unwrap();
        assert_eq!((spec.timeout_s, spec.limits.rpm), (5, Some(60)));
        assert!(!format!("{spec:?}").contains("canary"));
    }

    #[test]
    fn a_program_is_read() {
        let (spec, found) = retriever("command = ['python3', 'search.py']\nenv = ['TOKEN']\nworkers = 2");
        assert_eq!(found, [""; 0]);
        let spec = spec.unwrap();
        assert_eq!((spec.provider, spec.command.unwrap().workers), ("command", 2));
    }

    #[test]
    fn mistakes_have_their_place() {
        let found = |keys: &str| retriever(keys).1;
        assert_eq!(found(""), ["1:12 retrieval `mine` needs `url` or `command`"]);
        assert_eq!(found("command = []"), ["3:11 retrieval `mine` needs `command`"]);
        let both = found("command = ['x']\nurl = 'http://h/'");
        assert_eq!(both, ["4:1 `url` has no meaning for a program (`command`)"]);
        assert_eq!(found("url = 'h'"), ["3:7 `url` must be an http:// or https:// address"]);
        let body = found("url = 'http://h/'\nbody = '{\"q\": {{ question }} }'");
        assert!(body[0].starts_with("4:18 the template of `body` fails: undefined value"), "{body:?}");
        let path = found("url = 'http://h/'\npassages = 'hits'\nid = 'x'");
        assert_eq!(path.len(), 2, "{path:?}");
        assert!(path[0].starts_with("4:12 `passages` is not a JSONPath"), "{path:?}");
        let foreign = found("url = 'http://h/'\nk1 = 1.0");
        assert_eq!(foreign, ["4:1 `k1` is a key of bm25, hybrid, not of `external`"]);
        assert_eq!(
            found("url = 'http://h/'\nheaders = { X-Api-Key = 'canary' }"),
            ["4:25 an API key has no place in a file"]
        );
    }
}
