//! Google's Gemini API: `generateContent` and its stream.

mod read;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use self::read::{Answer, Assembly};
use crate::provider::dialect::{
    Home, Part, Turns, add_extra, argument_object, filled, put, returned_object, segment,
};
use crate::provider::http::{Endpoint, Framing};
use crate::provider::{
    Answered, HTTP_KEYS, ModelSpec, OpenArgs, Opening, Provider, ProviderError, ProviderKind, Request,
};

/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "gemini",
    summary: "Google's Gemini API (generateContent)",
    keys: &[HTTP_KEYS],
    open,
};

/// Google's own endpoint.
pub const HOME: Home = Home {
    base_url: "https://generativelanguage.googleapis.com/v1beta",
    key_env: Some("GEMINI_API_KEY"),
    key_header: Some("x-goog-api-key"),
    unknown_params: &[],
    own_fields: &["contents", "systemInstruction", "system_instruction"],
};

struct Gemini {
    endpoint: Endpoint,
    url: String,
    stream: bool,
}

#[expect(clippy::needless_pass_by_value, reason = "the table's signature")]
fn open(args: OpenArgs<'_>) -> Opening<'_> {
    Box::pin(async move { Ok(Arc::new(Gemini::new(args.spec)?) as Arc<dyn Provider>) })
}

impl Gemini {
    fn new(spec: &ModelSpec) -> Result<Self, ProviderError> {
        let base = spec.base_url.as_deref().unwrap_or(HOME.base_url).trim_end_matches('/');
        let stream = spec.access.stream;
        let method = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
        let url = format!("{base}/{}:{method}", resource(&spec.model));
        Ok(Self { endpoint: Endpoint::new(spec)?, url, stream })
    }

    async fn ask(&self, request: &Request) -> Result<Answered, ProviderError> {
        let body = body(request);
        let wrong = |what: String| self.endpoint.bad_response(&self.url, &what);
        if !self.stream {
            let reply = self.endpoint.post::<Answer>(&self.url, &[], &body).await?;
            let completion = reply.json.into_completion(reply.latency_ms, None).map_err(wrong)?;
            return Ok(Answered { completion, quota: reply.quota });
        }
        let mut assembly = Assembly::default();
        let streamed = self
            .endpoint
            .stream(&self.url, &[], &body, Framing::Events, &mut |event| assembly.hear(event))
            .await?;
        let answer = assembly.finish(&|text| self.endpoint.scrub(text));
        let completion =
            answer.into_completion(streamed.latency_ms, streamed.first_token_ms).map_err(wrong)?;
        Ok(Answered { completion, quota: streamed.quota })
    }
}

impl Provider for Gemini {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(self.ask(request))
    }
}

/// The path of a model: `models/NAME`, or as it is where it names a folder itself (`tunedModels/…`).
fn resource(model: &str) -> String {
    let path: Vec<String> = model.split('/').map(segment).collect();
    if path.len() > 1 { path.join("/") } else { format!("models/{}", path.concat()) }
}

fn body(request: &Request) -> Value {
    let params = &request.params;
    let sorted = Turns::of(&request.messages);
    let contents: Vec<Value> = sorted
        .turns
        .iter()
        .map(|turn| {
            let role = if turn.by_model { "model" } else { "user" };
            json!({"role": role, "parts": parts(&turn.parts)})
        })
        .collect();
    let mut config = Map::new();
    put(&mut config, "temperature", params.temperature);
    put(&mut config, "topP", params.top_p);
    put(&mut config, "maxOutputTokens", params.max_tokens);
    // The API's seed has 32 bits with a sign.
    put(&mut config, "seed", params.seed.map(|seed| seed & 0x7fff_ffff));
    put(&mut config, "stopSequences", (!params.stop.is_empty()).then(|| params.stop.clone()));
    let mut body = Map::new();
    let system = (!sorted.system.is_empty()).then(|| json!({"parts": texts(&sorted.system)}));
    put(&mut body, "systemInstruction", system);
    put(&mut body, "contents", Some(contents));
    put(&mut body, "generationConfig", filled(config));
    add_extra(&mut body, &params.extra);
    Value::Object(body)
}

fn texts(texts: &[&str]) -> Value {
    texts.iter().map(|text| json!({"text": text})).collect()
}

/// Calls have an id only where the endpoint gave them one.
fn parts(parts: &[Part<'_>]) -> Value {
    let with_id = |id: &str, mut fields: Map<String, Value>| {
        put(&mut fields, "id", (!id.is_empty()).then_some(id));
        Value::Object(fields)
    };
    let part = |part: &Part<'_>| match part {
        Part::Text(text) => json!({"text": text}),
        Part::Call(call) => {
            let mut fields = Map::new();
            put(&mut fields, "name", Some(call.name.as_str()));
            put(&mut fields, "args", Some(argument_object(call)));
            json!({"functionCall": with_id(&call.id, fields)})
        }
        Part::Returned(called, text) => {
            let mut fields = Map::new();
            put(&mut fields, "name", Some(called.name.as_str()));
            put(&mut fields, "response", Some(returned_object(text)));
            json!({"functionResponse": with_id(&called.id, fields)})
        }
    };
    parts.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::prompt::{ChatRole, Message};
    use crate::provider::Params;

    fn request(messages: &[(ChatRole, &str)], params: Params) -> Request {
        let messages = messages.iter().map(|(role, text)| Message::new(*role, *text));
        Request { messages: messages.collect(), params, key: Fingerprint::of(&0), lookup: None }
    }

    #[test]
    fn roles_and_parameters_have_names_of_their_own() {
        let params = Params {
            temperature: Some(0.5),
            top_p: Some(0.9),
            max_tokens: Some(7),
            seed: Some(u64::MAX),
            stop: vec!["END".into()],
            extra:
                json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}, "safetySettings": []})
                    .as_object()
                    .unwrap()
                    .clone(),
        };
        let messages =
            [(ChatRole::System, "Be kind."), (ChatRole::User, "Hi"), (ChatRole::Assistant, "Yes?")];
        assert_eq!(
            body(&request(&messages, params)),
            json!({"systemInstruction": {"parts": [{"text": "Be kind."}]},
                "contents": [{"role": "user", "parts": [{"text": "Hi"}]},
                    {"role": "model", "parts": [{"text": "Yes?"}]}],
                "generationConfig": {"temperature": 0.5, "topP": 0.9, "maxOutputTokens": 7,
                    "seed": 2_147_483_647, "stopSequences": ["END"], "thinkingConfig": {"thinkingBudget": 0}},
                "safetySettings": []})
        );
        let plain = body(&request(&[(ChatRole::User, "Hi")], Params::default()));
        assert_eq!(plain, json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}));
    }

    #[test]
    fn models_are_paths() {
        assert_eq!(resource("gemini-2.5-flash"), "models/gemini-2.5-flash");
        assert_eq!(resource("models/gemini-2.5-flash"), "models/gemini-2.5-flash");
        assert_eq!(resource("tunedModels/our bot"), "tunedModels/our%20bot");
    }
}
