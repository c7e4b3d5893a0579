//! What a model is asked.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fingerprint::Fingerprint;
use crate::prompt::Message;
use crate::provider::ModelSpec;

/// Parameters of a model, as they are sent; absent means that nothing is sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Params {
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Most tokens of an answer.
    pub max_tokens: Option<u32>,
    /// Sampling seed.
    pub seed: Option<u64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// Copied into the request body.
    pub extra: Map<String, Value>,
}

/// One question to one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The rendered messages.
    pub messages: Vec<Message>,
    /// Parameters; the seed is already the trial's own.
    pub params: Params,
    /// Content key of the request, see [`request_key`].
    pub key: Fingerprint,
    /// Set where passages are wanted and no answer: the messages are then what customer and agent said.
    pub lookup: Option<Lookup>,
}

/// What a retriever of the user's own is told besides the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lookup {
    /// Most passages.
    pub k: usize,
    /// Language of the customer, as a BCP 47 tag.
    pub lang: String,
    /// Id of the case.
    pub case: String,
}

impl Request {
    /// Asks a retriever for passages. Whoever asks the same in another run, or for another repeat, asks it once.
    pub fn for_passages(spec: &ModelSpec, messages: Vec<Message>, lookup: Lookup) -> Self {
        let spec = spec.answering();
        let params = spec.params.clone();
        let key = request_key(spec.provider, &spec.model, &params, &messages, 1);
        let key = Fingerprint::of(&("lookup", &lookup, key));
        Self { messages, params, key, lookup: Some(lookup) }
    }
}

/// Key under which an answer is stored and replayed: model, parameters, messages and the trial's
/// index, without secrets and without anything of the machine.
pub fn request_key(
    provider: &str,
    model: &str,
    params: &Params,
    messages: &[Message],
    trial_index: u32,
) -> Fingerprint {
    Fingerprint::of(&serde_json::json!({
        "v": 1,
        "provider": provider,
        "model": model,
        "params": params,
        "messages": messages,
        "trial": trial_index,
    }))
}
