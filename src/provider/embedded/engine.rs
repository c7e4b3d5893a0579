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
use super::worker::{BATCH, Job, Workers};

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
        self.workers.send(Job { prompt, request, reply });
        answer.await.unwrap_or_else(|_| {
            Err(EmbeddedError::Worker { reason: "its worker ended without an answer".to_owned() })
        })
    }

    /// How many tokens a conversation has for this model, template included.
    pub fn count_tokens(&self, messages: &[(super::ChatRole, String)]) -> Result<usize, EmbeddedError> {
        Ok(self.template.encode(&self.vocabulary, messages)?.len())
    }

    /// How many requests can be worked on at the same time. Several at once are answered much faster than
    /// one after another, because they share the reading of the weights.
    pub fn concurrency(&self) -> usize {
        self.workers.count() * BATCH
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use futures_util::future::join_all;

    use super::super::ChatRole;
    use super::super::request::GenerationStop;
    use super::super::testing::{CONTEXT, tiny_model};
    use super::*;

    fn files(path: &Path) -> ModelFiles {
        ModelFiles { name: "tiny".into(), path: path.to_owned(), sha256: String::new() }
    }

    fn engine(workers: usize) -> Engine {
        let dir = tempfile::tempdir().unwrap();
        Engine::load(&files(&tiny_model(dir.path(), "qwen2")), workers).unwrap()
    }

    fn request(text: &str) -> GenerateRequest {
        GenerateRequest {
            messages: vec![
                (ChatRole::System, "Be short, be kind.".to_owned()),
                (ChatRole::User, text.to_owned()),
            ],
            max_tokens: 20,
            temperature: 0.0,
            top_p: None,
            seed: 0,
            stop: vec![],
        }
    }

    fn questions() -> Vec<GenerateRequest> {
        let text = |i: usize| "Where is my parcel? ".repeat(1 + i % 3) + &i.to_string();
        (0..20)
            .map(|i| GenerateRequest {
                temperature: if i % 2 == 0 { 0.0 } else { 1.0 },
                seed: i as u64,
                ..request(&text(i))
            })
            .collect()
    }

    #[tokio::test]
    async fn answers_do_not_depend_on_workers_order_or_memory() {
        let mut expected = vec![];
        for question in questions() {
            // A new engine each time: nothing is remembered, nothing is shared.
            expected.push(engine(1).generate(question).await.unwrap().text);
        }
        for workers in [1, 3] {
            let engine = engine(workers);
            for _ in 0..2 {
                let mut answers = join_all(questions().into_iter().rev().map(|q| engine.generate(q))).await;
                answers.reverse();
                let texts: Vec<_> = answers.into_iter().map(|a| a.unwrap().text).collect();
                assert_eq!(texts, expected);
            }
        }
    }

    #[tokio::test]
    async fn a_common_beginning_is_remembered() {
        let engine = engine(1);
        let first = engine.generate(request("Hello")).await.unwrap();
        assert_eq!(first.cached_tokens, 0);
        let second = engine.generate(request("Hello")).await.unwrap();
        assert_eq!(second.cached_tokens, second.prompt_tokens - 1);
        assert_eq!(first.text, second.text);
    }

    #[tokio::test]
    async fn answers_end_at_limits_and_stop_texts() {
        let engine = engine(1);
        let whole = engine.generate(request("Hello")).await.unwrap();
        let limited = engine.generate(GenerateRequest { max_tokens: 3, ..request("Hello") }).await.unwrap();
        assert_eq!((limited.stop, limited.completion_tokens), (GenerationStop::MaxTokens, 3));
        assert!(
            engine.generate(GenerateRequest { max_tokens: 0, ..request("x") }).await.unwrap().text.is_empty()
        );
        let stop: String = whole.text.chars().skip(2).take(1).collect();
        let stopped = engine.generate(GenerateRequest { stop: vec![stop.clone()], ..request("Hello") });
        let stopped = stopped.await.unwrap();
        assert_eq!(stopped.stop, GenerationStop::StopString);
        assert_eq!(stopped.text, whole.text[..whole.text.find(&stop).unwrap()]);
    }

    #[tokio::test]
    async fn a_prompt_that_does_not_fit_is_an_error_with_both_numbers() {
        let error = engine(1).generate(request(&"long ".repeat(100))).await.unwrap_err();
        let EmbeddedError::PromptTooLong { prompt_tokens, context } = error else { panic!("{error}") };
        assert_eq!(context, CONTEXT);
        assert!(prompt_tokens > 500);
        assert!(error.to_string().contains(&prompt_tokens.to_string()));
    }

    #[tokio::test]
    async fn a_dropped_request_does_not_disturb_others() {
        let engine = engine(1);
        let expected = engine.generate(request("Hello")).await.unwrap().text;
        for _ in 0..5 {
            // Usually this is dropped halfway; on a fast machine it may just have ended.
            let dropped = engine.generate(request("Never mind"));
            let _ = tokio::time::timeout(std::time::Duration::ZERO, dropped).await;
            assert_eq!(engine.generate(request("Hello")).await.unwrap().text, expected);
        }
    }

    #[test]
    fn damaged_and_unknown_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let whole = fs::read(tiny_model(dir.path(), "llama")).unwrap();
        let path = dir.path().join("damaged.gguf");
        for length in [0, 3, 20, 500, 5000, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let error = Engine::load(&files(&path), 1).unwrap_err();
            assert!(matches!(error, EmbeddedError::BadFile { .. }), "{length}: {error}");
        }
        let error = Engine::load(&files(&tiny_model(dir.path(), "mamba")), 1).unwrap_err();
        assert!(error.to_string().contains("`mamba`"), "{error}");
        assert!(Engine::load(&files(Path::new("/no/such.gguf")), 1).is_err());
    }
}
