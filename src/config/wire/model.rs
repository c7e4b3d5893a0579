//! `[models.NAME]` as written.

use schemars::JsonSchema;

use crate::config::choice::decode_choice;
use crate::config::decode::{Entries, Json, OneOrMany};
use crate::config::reader::{At, Table, TableReader};
use crate::config::wire::{AuthWay, HeaderText};

/// One model: a provider, the provider's name of the model, and parameters.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ModelTable {
    /// How the model is reached.
    #[schemars(required, schema_with = "crate::config::schema::provider")]
    pub provider: Option<At<String>>,
    /// The provider's own name of the model.
    pub model: Option<At<String>>,
    /// Sampling temperature, 0 to 2. Absent: nothing is sent.
    #[schemars(range(min = 0, max = 2))]
    pub temperature: Option<At<f64>>,
    /// Nucleus sampling, above 0 and at most 1. Absent: nothing is sent.
    #[schemars(range(min = 0, max = 1))]
    pub top_p: Option<At<f64>>,
    /// Most tokens of an answer. Absent: nothing is sent; `anthropic` demands a number and is sent 4096.
    #[schemars(range(min = 1))]
    pub max_tokens: Option<At<u32>>,
    /// Sampling seed. Absent: nothing is sent.
    pub seed: Option<At<u64>>,
    /// Texts that end the answer.
    pub stop: Option<At<OneOrMany<String>>>,
    /// USD per million tokens. Absent: the shipped list price of the vendor's own endpoint; without one the
    /// cost is unknown and shown as unknown.
    pub price: Option<At<PriceTable>>,
    /// Limit for one attempt in seconds, 1 to 3600. Default: 120, for `embedded` 600.
    #[schemars(range(min = 1, max = 3600))]
    pub timeout_s: Option<At<u64>>,
    /// Limit for a whole trial with its retries and waits in seconds, 1 to 86400. Default: 600, for
    /// `embedded` 3600, but never less than `timeout_s`.
    #[schemars(range(min = 1, max = 86_400))]
    pub trial_timeout_s: Option<At<u64>>,
    /// How passages are chosen for this model, instead of the suites' own way.
    pub retrieval: Option<At<String>>,
    /// Behind HTTP: address of the endpoint. Default: the provider's own, e.g. `https://api.openai.com/v1`.
    pub base_url: Option<At<String>>,
    /// Behind HTTP: name of the environment variable that holds the API key; never the key itself.
    #[schemars(regex(pattern = "^[A-Z_][A-Z0-9_]*$"))]
    pub api_key_env: Option<At<String>>,
    /// Behind HTTP: how the key is sent. Default: the provider's own way.
    pub auth: Option<At<AuthWay>>,
    /// Behind HTTP: further headers, by name.
    pub headers: Option<At<Entries<HeaderText>>>,
    /// Behind HTTP: further fields, copied into the request body.
    pub extra: Option<At<Entries<Json>>>,
    /// Behind HTTP: whether answers are streamed, so that the time to the first text is known. Default: false.
    pub stream: Option<At<bool>>,
    /// Most requests in flight to the endpoint with this key, 1 to 4096. Default: the run's own limit.
    #[schemars(range(min = 1, max = 4096))]
    pub concurrency: Option<At<u32>>,
    /// Requests per minute that the endpoint allows. Default: what its replies say.
    #[schemars(range(min = 1))]
    pub rpm: Option<At<u32>>,
    /// Tokens per minute that the endpoint allows. Default: what its replies say.
    #[schemars(range(min = 1))]
    pub tpm: Option<At<u64>>,
    /// Behind HTTP: a PEM file of certificates to trust besides the system's own, relative to the project.
    pub ca_bundle: Option<At<String>>,
    /// Behind HTTP: largest reply in MiB, 1 to 1024. Default: 16.
    #[schemars(range(min = 1, max = 1024))]
    pub max_body_mb: Option<At<u32>>,
    /// `bedrock`: the AWS region. Default: AWS_REGION of the environment.
    #[schemars(regex(pattern = "^[a-z0-9-]+$"))]
    pub region: Option<At<String>>,
    /// `openai`: which API is asked. Default: `chat`.
    pub api: Option<At<ApiName>>,
    /// `openai`: version of the API, as Azure asks for it.
    pub api_version: Option<At<String>>,
    /// `http`: address of the endpoint.
    pub url: Option<At<String>>,
    /// `http`: POST, PUT or PATCH. Default: POST.
    pub method: Option<At<String>>,
    /// `http`: template of the request's JSON. It sees input, history, messages, session, model, params, vars;
    /// values are written as JSON.
    pub body: Option<At<String>>,
    /// `http`: further values for the template, as `vars`.
    pub vars: Option<At<Entries<Json>>>,
    /// `http`: JSONPath to the answer's text.
    pub answer: Option<At<String>>,
    /// `http`: JSONPath to tool calls.
    pub tool_calls: Option<At<String>>,
    /// `http`: JSONPath to the sources that the answer names: texts, or objects with an id or an address.
    pub citations: Option<At<String>>,
    /// `http`: JSONPath to the passages that the bot says it answered from, or to a list of them: ids, or objects with
    /// `id`, or `article` and `section`, and `text`. They are judged against instead of what the prompt was given.
    pub passages: Option<At<String>>,
    /// `http`: JSONPaths to the tokens used.
    pub usage: Option<At<UsageTable>>,
    /// `http`: JSONPath to the word that says why it stopped.
    pub stop_reason: Option<At<String>>,
    /// `http`: JSONPath to the model's name.
    pub reported_model: Option<At<String>>,
    /// `http`: JSONPath to the session id. With it a case of several turns is sent turn by turn.
    pub session: Option<At<String>>,
    /// `command`: the program and its arguments.
    pub command: Option<At<Vec<At<String>>>>,
    /// `command`: folder it runs in, relative to the project. Default: the project.
    pub cwd: Option<At<String>>,
    /// `command`: names of environment variables that it is given besides PATH, HOME and the like.
    pub env: Option<At<Vec<At<String>>>>,
    /// `command`: processes at once, 1 to 256. Default: 1.
    #[schemars(range(min = 1, max = 256))]
    pub workers: Option<At<u32>>,
    /// `embedded`: a GGUF file, relative to the project.
    pub file: Option<At<String>>,
    /// `embedded`: a repository of the model hub.
    pub repo: Option<At<String>>,
    /// `embedded`: the GGUF file in that repository.
    pub repo_file: Option<At<String>>,
    /// `replay`: the model whose answers are replayed.
    pub of: Option<At<String>>,
    /// `replay`: a file of recorded answers, relative to the project. Absent: the stored runs.
    pub cassette: Option<At<String>>,
    /// All keys as written, to tell which belong to another provider.
    #[schemars(skip)]
    pub keys: Vec<At<String>>,
}

/// USD per million tokens.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PriceTable {
    /// Prompt tokens.
    #[schemars(required, range(min = 0))]
    pub input: Option<At<f64>>,
    /// Answer tokens.
    #[schemars(required, range(min = 0))]
    pub output: Option<At<f64>>,
    /// Prompt tokens that the provider had cached. Default: the price of `input`.
    #[schemars(range(min = 0))]
    pub cached_input: Option<At<f64>>,
}

/// JSONPaths to the tokens used.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct UsageTable {
    /// To the prompt tokens.
    pub input: Option<At<String>>,
    /// To the answer tokens.
    pub output: Option<At<String>>,
    /// To the prompt tokens that were cached.
    pub cached_input: Option<At<String>>,
}

/// An API of OpenAI-compatible endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum ApiName {
    /// Chat completions.
    Chat,
    /// Responses.
    Responses,
}

decode_choice! {
    ApiName, "API", &[("chat", ApiName::Chat), ("responses", ApiName::Responses)];
}

impl<'a> Table<'a> for ModelTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        // Which keys are unknown depends on the provider.
        reader.leave_unknown();
        Self {
            provider: reader.require("provider"),
            model: reader.get("model"),
            temperature: reader.get("temperature"),
            top_p: reader.get("top_p"),
            max_tokens: reader.get("max_tokens"),
            seed: reader.get("seed"),
            stop: reader.get("stop"),
            price: reader.get("price"),
            timeout_s: reader.get("timeout_s"),
            trial_timeout_s: reader.get("trial_timeout_s"),
            retrieval: reader.get("retrieval"),
            base_url: reader.get("base_url"),
            api_key_env: reader.get("api_key_env"),
            auth: reader.get("auth"),
            headers: reader.get("headers"),
            extra: reader.get("extra"),
            stream: reader.get("stream"),
            concurrency: reader.get("concurrency"),
            rpm: reader.get("rpm"),
            tpm: reader.get("tpm"),
            ca_bundle: reader.get("ca_bundle"),
            max_body_mb: reader.get("max_body_mb"),
            region: reader.get("region"),
            api: reader.get("api"),
            api_version: reader.get("api_version"),
            url: reader.get("url"),
            method: reader.get("method"),
            body: reader.get("body"),
            vars: reader.get("vars"),
            answer: reader.get("answer"),
            tool_calls: reader.get("tool_calls"),
            citations: reader.get("citations"),
            passages: reader.get("passages"),
            usage: reader.get("usage"),
            stop_reason: reader.get("stop_reason"),
            reported_model: reader.get("reported_model"),
            session: reader.get("session"),
            command: reader.get("command"),
            cwd: reader.get("cwd"),
            env: reader.get("env"),
            workers: reader.get("workers"),
            file: reader.get("file"),
            repo: reader.get("repo"),
            repo_file: reader.get("repo_file"),
            of: reader.get("of"),
            cassette: reader.get("cassette"),
            keys: reader.keys(),
        }
    }
}

impl<'a> Table<'a> for UsageTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            input: reader.get("input"),
            output: reader.get("output"),
            cached_input: reader.get("cached_input"),
        }
    }
}

impl<'a> Table<'a> for PriceTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            input: reader.require("input"),
            output: reader.require("output"),
            cached_input: reader.get("cached_input"),
        }
    }
}
