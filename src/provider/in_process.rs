//! The embedded engine as a provider: fetches the weights, loads them once, answers on worker threads.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::prompt::ChatRole;
use crate::provider::embedded::{
    self, EmbeddedError, Engine, FetchOptions, GenerateRequest, Generation, GenerationStop, ModelSource,
    Steps,
};
use crate::provider::{
    Answered, Completion, ErrorKind, ModelSpec, OpenArgs, Opening, Provider, ProviderError, ProviderKind,
    Request, StopReason, Usage,
};

/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: super::EMBEDDED,
    summary: "a real instruct model in this process, pure Rust: no key, no server",
    keys: &[&["file", "repo", "repo_file"]],
    open,
};

/// Tokens of an answer where the model's settings do not say.
const DEFAULT_MAX_TOKENS: u32 = 256;

struct InProcess {
    engine: Engine,
    model: String,
}

fn open(args: OpenArgs<'_>) -> Opening<'_> {
    Box::pin(async move {
        let mut options = FetchOptions::new(args.cache_dir.to_owned());
        if let Some(hub) = args.hub {
            options.hf_endpoint = hub.trim_end_matches('/').to_owned();
        }
        // The engine's own client needs this too; it fails only when a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let progress = Steps::new(args.spec.model.clone(), args.on_fetch.clone());
        let files = embedded::fetch(&source(args.spec), &options, &|event| progress.tell(event))
            .await
            .map_err(|e| provider_error(ErrorKind::UnknownModel, &e))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = if args.workers == 0 { cores } else { args.workers };
        let loaded = tokio::task::spawn_blocking(move || Engine::load(&files, workers)).await;
        let engine = loaded
            .map_err(|e| ProviderError::new(ErrorKind::Internal, format!("failed to load the model: {e}")))?
            .map_err(|e| provider_error(ErrorKind::UnknownModel, &e))?;
        let provider = InProcess { engine, model: args.spec.model.clone() };
        Ok(Arc::new(provider) as Arc<dyn Provider>)
    })
}

fn source(spec: &ModelSpec) -> ModelSource {
    match (&spec.file, &spec.repo) {
        (Some(file), _) => ModelSource::File(file.clone()),
        (None, Some((repo, file))) => {
            ModelSource::Repo { repo: repo.clone(), file: file.clone(), sha256: None }
        }
        (None, None) => ModelSource::Catalog(spec.model.clone()),
    }
}

/// An error with its causes; they name files and ways tried, never a secret.
fn provider_error(kind: ErrorKind, error: &EmbeddedError) -> ProviderError {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    ProviderError::new(kind, message)
}

impl Provider for InProcess {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(async move {
            let started = Instant::now();
            let params = &request.params;
            let role = |role| match role {
                ChatRole::System => embedded::ChatRole::System,
                // The engine's answers call no tools, so that none ever returns anything.
                ChatRole::User | ChatRole::Tool => embedded::ChatRole::User,
                ChatRole::Assistant => embedded::ChatRole::Assistant,
            };
            let asked = GenerateRequest {
                messages: request.messages.iter().map(|m| (role(m.role), m.content.clone())).collect(),
                max_tokens: params.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS),
                temperature: params.temperature.unwrap_or(0.0) as f32,
                top_p: params.top_p.map(|p| p as f32),
                seed: params.seed.unwrap_or(0),
                stop: params.stop.clone(),
            };
            let answer = self.engine.generate(asked).await.map_err(|e| match e {
                EmbeddedError::PromptTooLong { .. } => provider_error(ErrorKind::TooLong, &e),
                _ => provider_error(ErrorKind::Internal, &e),
            })?;
            Ok(completion(&self.model, answer, started).into())
        })
    }

    fn identity(&self) -> Value {
        let identity = self.engine.identity();
        json!({
            "engine": identity.engine,
            "cpu": identity.cpu_features,
            "weights": identity.weights_sha256,
            "quantisation": identity.quantisation,
        })
    }

    /// The instruction set does not decide what is answered, only how fast: an answer of another machine is as good.
    fn accepts(&self, recorded: &Value) -> bool {
        without_cpu(recorded) == without_cpu(&self.identity())
    }

    fn max_parallel(&self) -> Option<usize> {
        Some(self.engine.concurrency())
    }
}

fn without_cpu(identity: &Value) -> Value {
    let mut identity = identity.clone();
    if let Some(parts) = identity.as_object_mut() {
        parts.remove("cpu");
    }
    identity
}

fn completion(model: &str, answer: Generation, started: Instant) -> Completion {
    Completion {
        text: answer.text,
        tool_calls: Vec::new(),
        stop: match answer.stop {
            GenerationStop::EndOfTurn | GenerationStop::StopString => StopReason::End,
            GenerationStop::MaxTokens => StopReason::Length,
        },
        usage: Usage {
            input: Some(u64::from(answer.prompt_tokens)),
            output: Some(u64::from(answer.completion_tokens)),
            // What a worker remembers depends on the order of requests, so it is no property of the answer.
            cached_input: None,
            reasoning: None,
        },
        latency_ms: started.elapsed().as_secs_f64() * 1000.0,
        first_token_ms: None,
        reported_model: Some(model.to_owned()),
        citations: Vec::new(),
        passages: None,
    }
}
