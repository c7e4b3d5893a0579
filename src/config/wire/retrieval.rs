//! `[retrieval.NAME]` as written.

use schemars::JsonSchema;

use crate::config::decode::{Entries, Json};
use crate::config::reader::{At, Table, TableReader};
use crate::config::wire::{AuthWay, HeaderText, ModelTable};

/// One way to choose passages: a kind with settings of its own.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RetrievalTable {
    /// How passages are chosen.
    #[schemars(required, schema_with = "crate::config::schema::retriever")]
    pub kind: Option<At<String>>,
    /// Most passages. Default: the suite's `max_passages`, or 6.
    #[schemars(range(min = 1))]
    pub k: Option<At<u32>>,
    /// `bm25`, `hybrid`: how soon more of the same word counts no more, 0 to 10. Default: 1.2.
    #[schemars(range(min = 0, max = 10))]
    pub k1: Option<At<f64>>,
    /// `bm25`, `hybrid`: how much longer passages count less, 0 to 1. Default: 0.75.
    #[schemars(range(min = 0, max = 1))]
    pub b: Option<At<f64>>,
    /// `external`: the program and its arguments. It reads `{"id", "question", "k", "lang", "case", "history"}` line by
    /// line and prints `{"id", "passages": [{"id"} or {"article", "section"} or {"text", "id", "title"}]}`.
    pub command: Option<At<Vec<At<String>>>>,
    /// `external`, a program: folder it runs in, relative to the project. Default: the project.
    pub cwd: Option<At<String>>,
    /// `external`, a program: names of environment variables that it is given besides PATH, HOME and the like.
    pub env: Option<At<Vec<At<String>>>>,
    /// `external`, a program: processes at once, 1 to 256. Default: 1.
    #[schemars(range(min = 1, max = 256))]
    pub workers: Option<At<u32>>,
    /// `external`: address of the endpoint.
    pub url: Option<At<String>>,
    /// `external`, an endpoint: POST, PUT or PATCH. Default: POST.
    pub method: Option<At<String>>,
    /// `external`, an endpoint: template of the request's JSON. It sees input, history, k, lang, case, vars; values are
    /// written as JSON. Default: `{ "question": {{ input }}, "k": {{ k }}, "lang": {{ lang }} }`.
    pub body: Option<At<String>>,
    /// `external`, an endpoint: further values for the template, as `vars`.
    pub vars: Option<At<Entries<Json>>>,
    /// `external`, an endpoint: JSONPath to the passages, or to a list of them. Default: `$.passages`.
    pub passages: Option<At<String>>,
    /// `external`, an endpoint: JSONPath inside of a passage to its id. Default: its `id`, or `article` and `section`.
    pub id: Option<At<String>>,
    /// `external`, an endpoint: JSONPath inside of a passage to its text. Default: its `text`, where it has one.
    pub text: Option<At<String>>,
    /// `external`, an endpoint: JSONPath inside of a passage to its title. Default: its `title`, where it has one.
    pub title: Option<At<String>>,
    /// `external`, an endpoint: name of the environment variable that holds the key; never the key itself.
    #[schemars(regex(pattern = "^[A-Z_][A-Z0-9_]*$"))]
    pub api_key_env: Option<At<String>>,
    /// `external`, an endpoint: how the key is sent. Default: `bearer`.
    pub auth: Option<At<AuthWay>>,
    /// `external`, an endpoint: further headers, by name.
    pub headers: Option<At<Entries<HeaderText>>>,
    /// `external`: most requests in flight, 1 to 4096. Default: the run's own limit; of a program its `workers`.
    #[schemars(range(min = 1, max = 4096))]
    pub concurrency: Option<At<u32>>,
    /// `external`, an endpoint: requests per minute that it allows. Default: what its replies say.
    #[schemars(range(min = 1))]
    pub rpm: Option<At<u32>>,
    /// `external`, an endpoint: a PEM file of certificates to trust besides the system's own, relative to the project.
    pub ca_bundle: Option<At<String>>,
    /// `external`: largest reply in MiB, 1 to 1024. Default: 16.
    #[schemars(range(min = 1, max = 1024))]
    pub max_body_mb: Option<At<u32>>,
    /// `external`: limit for one attempt in seconds, 1 to 3600. Default: 30.
    #[schemars(range(min = 1, max = 3600))]
    pub timeout_s: Option<At<u64>>,
    /// `external`: limit for a look-up with its retries and waits in seconds, 1 to 86400. Default: 600.
    #[schemars(range(min = 1, max = 86_400))]
    pub trial_timeout_s: Option<At<u64>>,
    /// All keys as written, to tell which belong to another kind.
    #[schemars(skip)]
    pub keys: Vec<At<String>>,
}

impl<'a> Table<'a> for RetrievalTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            kind: reader.require("kind"),
            k: reader.get("k"),
            k1: reader.get("k1"),
            b: reader.get("b"),
            command: reader.get("command"),
            cwd: reader.get("cwd"),
            env: reader.get("env"),
            workers: reader.get("workers"),
            url: reader.get("url"),
            method: reader.get("method"),
            body: reader.get("body"),
            vars: reader.get("vars"),
            passages: reader.get("passages"),
            id: reader.get("id"),
            text: reader.get("text"),
            title: reader.get("title"),
            api_key_env: reader.get("api_key_env"),
            auth: reader.get("auth"),
            headers: reader.get("headers"),
            concurrency: reader.get("concurrency"),
            rpm: reader.get("rpm"),
            ca_bundle: reader.get("ca_bundle"),
            max_body_mb: reader.get("max_body_mb"),
            timeout_s: reader.get("timeout_s"),
            trial_timeout_s: reader.get("trial_timeout_s"),
            keys: reader.keys(),
        }
    }
}

impl RetrievalTable {
    /// What says how a retriever is reached, as a model says it.
    pub(in crate::config) fn as_model(&self) -> ModelTable {
        ModelTable {
            command: self.command.clone(),
            cwd: self.cwd.clone(),
            env: self.env.clone(),
            workers: self.workers.clone(),
            url: self.url.clone(),
            method: self.method.clone(),
            body: self.body.clone(),
            vars: self.vars.clone(),
            api_key_env: self.api_key_env.clone(),
            auth: self.auth.clone(),
            headers: self.headers.clone(),
            concurrency: self.concurrency.clone(),
            rpm: self.rpm.clone(),
            ca_bundle: self.ca_bundle.clone(),
            max_body_mb: self.max_body_mb.clone(),
            timeout_s: self.timeout_s.clone(),
            trial_timeout_s: self.trial_timeout_s.clone(),
            ..ModelTable::default()
        }
    }
}
