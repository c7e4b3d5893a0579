//! The engine: a loaded model and its workers.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::chat::ChatTemplate;
use super::error::EmbeddedError;
use super::fetch::ModelFiles;
use super::gguf::Gguf;
use super::model::Model;
use super::quant::Level;
use super::request::{GenerateRequest, Generation};
use super::tokenizer::Vocabulary;
use super::weights::Weights;
use super::worker::{Job, Workers};

/// Raised whenever the same weights and prompt may give other bytes than before.
const REVISION: u32 = 1;

/// What decides the bytes of an answer, besides the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineIdentity {
    /// The engine and its revision.
    pub engine: String,
    /// The vector instructions in use. Answers do not depend on them; speed does.
    pub cpu_features: String,
    /// The SHA-256 of the weights file.
    pub weights_sha256: String,
    /// How the weights are stored.
    pub quantisation: String,
}

/// A model that answers conversations on threads of its own.
///
/// With temperature 0, and with any fixed seed, an answer depends on the request and on
/// [`EngineIdentity`] only: not on the number of workers, the order of requests, or what was asked before.
#[derive(Debug)]
pub struct Engine {
    model: Arc<Model>,
    vocabulary: Arc<Vocabulary>,
    template: ChatTemplate,
    workers: Workers,
    identity: EngineIdentity,
}

impl Engine {
    /// Loads a model and starts `workers` threads, at least one. This blocks for a moment: 0.5 to
    /// 3 seconds for the models of the catalogue.
    pub fn load(files: &ModelFiles, workers: usize) -> Result<Self, EmbeddedError> {
        let mut gguf = Gguf::open(&files.path)?;
        let vocabulary = Arc::new(Vocabulary::load(&gguf)?);
        let template = ChatTemplate::load(&gguf, &vocabulary)?;
        let level = Level::detect();
        let model = Arc::new(Model { weights: Weights::load(&mut gguf)?, level });
        let identity = EngineIdentity {
            engine: format!("regauge-embedded {REVISION}"),
            cpu_features: level.name().to_owned(),
            weights_sha256: files.sha256.clone(),
            quantisation: quantisation(&gguf),
        };
        let workers = Workers::start(workers, &model, &vocabulary)
            .map_err(|e| EmbeddedError::Worker { reason: format!("no thread starts: {e}") })?;
        Ok(Self { model, vocabulary, template, workers, identity })
    }

    /// Answers a conversation. Dropping the future ends the work at the next token.
    pub async fn generate(&self, request: GenerateRequest) -> Result<Generation, EmbeddedError> {
        let prompt = self.template.encode(&self.vocabulary, &request.messages)?;
        let context = self.context_length();
        if prompt.is_empty() || prompt.len() >= context {
            return Err(EmbeddedError::PromptTooLong { prompt_tokens: prompt.len(), context });
        }
        let (reply, answer) = oneshot::channel();
        self.workers.send(Job { prompt, request, reply })?;
        answer.await.unwrap_or_else(|_| {
            Err(EmbeddedError::Worker { reason: "its worker ended without an answer".to_owned() })
        })
    }

    /// How many tokens a conversation has for this model, template included.
    pub fn count_tokens(
        &self,
        messages: &[(super::ChatRole, String)],
    ) -> Result<usize, EmbeddedError> {
        Ok(self.template.encode(&self.vocabulary, messages)?.len())
    }

    /// What decides the bytes of an answer.
    pub fn identity(&self) -> &EngineIdentity {
        &self.identity
    }

    /// Tokens of prompt and answer together.
    pub fn context_length(&self) -> usize {
        self.model.weights.shape.context
    }
}

/// The usual name of the mix of formats in a file.
fn quantisation(gguf: &Gguf) -> String {
    let name = match gguf.number("general.file_type") {
        Some(2) => "Q4_0",
        Some(3) => "Q4_1",
        Some(7) => "Q8_0",
        Some(8) => "Q5_0",
        Some(9) => "Q5_1",
        Some(14) => "Q4_K_S",
        Some(15) => "Q4_K_M",
        Some(16) => "Q5_K_S",
        Some(17) => "Q5_K_M",
        Some(18) => "Q6_K",
        _ => "mixed",
    };
    name.to_owned()
}
