//! Amazon Bedrock's Converse API: one dialect for all models of Bedrock.
//!
//! A request carries a Bedrock API key as a bearer token, or is signed (Signature Version 4) where the
//! feature `bedrock-sigv4` is built in and the environment holds AWS credentials instead.

mod read;
#[cfg(feature = "bedrock-sigv4")]
mod sign;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Map, Value, json};

use self::read::Answer;
use crate::provider::dialect::{
    Home, Part, Turns, add_extra, argument_object, filled, put, returned_object, segment,
};
use crate::provider::http::{Endpoint, Failed};
use crate::provider::{
    Answered, ErrorKind, HTTP_KEYS, ModelSpec, OpenArgs, Opening, Provider, ProviderError, ProviderKind,
    Request, Signing,
};

/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "bedrock",
    summary: "any model of Amazon Bedrock, by the Converse API",
    keys: &[HTTP_KEYS, &["region"]],
    open,
};

/// Bedrock's own endpoints; the region is put in between.
pub const HOME: Home = Home {
    base_url: "https://bedrock-runtime.",
    key_env: Some("AWS_BEARER_TOKEN_BEDROCK"),
    key_header: None,
    unknown_params: &["seed"],
    own_fields: &["system"],
};

/// The endpoint of a region.
pub fn regional(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("{}{region}.amazonaws.com{suffix}", HOME.base_url)
}

struct Bedrock {
    endpoint: Endpoint,
    url: String,
    signing: Option<Signing>,
}

#[expect(clippy::needless_pass_by_value, reason = "the table's signature")]
fn open(args: OpenArgs<'_>) -> Opening<'_> {
    Box::pin(async move { Ok(Arc::new(Bedrock::new(args.spec)?) as Arc<dyn Provider>) })
}

impl Bedrock {
    fn new(spec: &ModelSpec) -> Result<Self, ProviderError> {
        let base = spec.base_url.as_deref().unwrap_or_default().trim_end_matches('/');
        if spec.signing.is_some() && !cfg!(feature = "bedrock-sigv4") {
            let message = format!(
                "model `{}`: this regauge cannot sign requests to AWS; set AWS_BEARER_TOKEN_BEDROCK to a Bedrock \
                 API key, or build it with the feature `bedrock-sigv4`",
                spec.name
            );
            return Err(ProviderError::new(ErrorKind::Auth, message));
        }
        Ok(Self {
            endpoint: Endpoint::new(spec)?,
            url: format!("{base}/model/{}/converse", segment(&spec.model)),
            signing: spec.signing.clone(),
        })
    }

    async fn ask(&self, request: &Request) -> Result<Answered, ProviderError> {
        let body = body(request);
        let reply = match &self.signing {
            None => self.endpoint.post::<Answer>(&self.url, &[], &body).await,
            Some(signing) => {
                let bytes = serde_json::to_vec(&body).map_err(|e| unsigned(&e.to_string()))?;
                let headers = signed(signing, &self.url, &bytes)?;
                let headers: Vec<(&str, &str)> =
                    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                self.endpoint.send::<Answer>(Method::POST, &self.url, &headers, bytes).await
            }
        };
        let reply = reply.map_err(explain)?;
        Ok(Answered { completion: reply.json.into_completion(reply.latency_ms), quota: reply.quota })
    }
}

impl Provider for Bedrock {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(self.ask(request))
    }
}

#[cfg(feature = "bedrock-sigv4")]
fn signed(signing: &Signing, url: &str, body: &[u8]) -> Result<Vec<(String, String)>, ProviderError> {
    sign::headers(signing, url, body, crate::clock::now().into()).map_err(|what| unsigned(&what))
}

#[cfg(not(feature = "bedrock-sigv4"))]
fn signed(_: &Signing, _: &str, _: &[u8]) -> Result<Vec<(String, String)>, ProviderError> {
    Err(unsigned("the feature `bedrock-sigv4` is not built in"))
}

fn unsigned(what: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Internal, format!("failed to sign the request: {what}"))
}

/// Bedrock answers 400 to a model it does not know or does not serve this way, and 424 to a fault of the model.
fn explain(failed: Failed) -> ProviderError {
    const UNKNOWN: [&str; 3] =
        ["model identifier is invalid", "on-demand throughput isn", "model is not supported"];
    let mut error = ProviderError::from(failed);
    if error.kind == ErrorKind::BadRequest && error.status == Some(424) {
        error.kind = ErrorKind::Server;
    }
    if error.kind == ErrorKind::BadRequest && UNKNOWN.iter().any(|words| error.message.contains(words)) {
        error.kind = ErrorKind::UnknownModel;
        error
            .message
            .push_str("; check `model` and `region`: many models want an inference profile such as `us.…`");
    }
    error
}

fn body(request: &Request) -> Value {
    let params = &request.params;
    let sorted = Turns::of(&request.messages);
    let messages: Vec<Value> = sorted
        .turns
        .iter()
        .map(|turn| {
            let role = if turn.by_model { "assistant" } else { "user" };
            json!({"role": role, "content": blocks(&turn.parts)})
        })
        .collect();
    let mut config = Map::new();
    put(&mut config, "maxTokens", params.max_tokens);
    put(&mut config, "temperature", params.temperature);
    put(&mut config, "topP", params.top_p);
    put(&mut config, "stopSequences", (!params.stop.is_empty()).then(|| params.stop.clone()));
    let mut body = Map::new();
    put(&mut body, "system", (!sorted.system.is_empty()).then(|| texts(&sorted.system)));
    put(&mut body, "messages", Some(messages));
    put(&mut body, "inferenceConfig", filled(config));
    add_extra(&mut body, &params.extra);
    Value::Object(body)
}

fn texts(texts: &[&str]) -> Value {
    texts.iter().map(|text| json!({"text": text})).collect()
}

fn blocks(parts: &[Part<'_>]) -> Value {
    let block = |part: &Part<'_>| match part {
        Part::Text(text) => json!({"text": text}),
        Part::Call(call) => {
            let input = argument_object(call);
            json!({"toolUse": {"toolUseId": call.id, "name": call.name, "input": input}})
        }
        Part::Returned(called, text) => {
            let content = json!([{"json": returned_object(text)}]);
            json!({"toolResult": {"toolUseId": called.id, "content": content}})
        }
    };
    parts.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::prompt::{ChatRole, Message};
    use crate::provider::Params;
    use crate::secret::Secret;

    #[test]
    fn the_body_is_converse() {
        let params = Params {
            temperature: Some(0.5),
            max_tokens: Some(7),
            seed: Some(1),
            stop: vec!["END".into()],
            extra: json!({"guardrailConfig": {"guardrailIdentifier": "g"}, "inferenceConfig": {"x": 1}})
                .as_object()
                .unwrap()
                .clone(),
            ..Params::default()
        };
        let messages = [(ChatRole::System, "Be kind."), (ChatRole::User, "Hi"), (ChatRole::User, "there")];
        let messages = messages.map(|(role, text)| Message::new(role, text)).to_vec();
        assert_eq!(
            body(&Request { messages, params, key: Fingerprint::of(&0), lookup: None }),
            json!({"system": [{"text": "Be kind."}],
                "messages": [{"role": "user", "content": [{"text": "Hi"}, {"text": "there"}]}],
                "inferenceConfig": {"maxTokens": 7, "temperature": 0.5, "stopSequences": ["END"], "x": 1},
                "guardrailConfig": {"guardrailIdentifier": "g"}})
        );
    }

    #[test]
    fn the_model_is_one_segment_of_the_address() {
        let mut spec =
            ModelSpec::new("m", "bedrock", "arn:aws:bedrock:us-east-1:1:inference-profile/us.nova");
        spec.base_url = Some(regional("us-east-1"));
        assert_eq!(
            Bedrock::new(&spec).unwrap().url,
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/\
             arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.nova/converse"
        );
        assert_eq!(regional("cn-north-1"), "https://bedrock-runtime.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn credentials_need_the_feature() {
        let mut spec = ModelSpec::new("m", "bedrock", "nova");
        spec.base_url = Some(regional("us-east-1"));
        spec.signing = Some(Signing {
            region: "us-east-1".into(),
            access_key_id: Secret::new("AKIDEXAMPLE"),
            secret_access_key: Secret::new("canary"),
            session_token: None,
        });
        let opened = Bedrock::new(&spec).map(|_| ());
        assert_eq!(opened.is_ok(), cfg!(feature = "bedrock-sigv4"));
        if let Err(error) = opened {
            assert!(error.message.contains("bedrock-sigv4") && !error.message.contains("canary"));
        }
    }

    fn failed(status: u16, message: &str) -> Failed {
        let kind = ErrorKind::BadRequest;
        let error = ProviderError { status: Some(status), ..ProviderError::new(kind, message) };
        Failed { error, json: Value::Null, latency_ms: 1.0 }
    }

    #[test]
    fn bad_requests_that_are_something_else() {
        let unknown = explain(failed(400, "answered 400: The provided model identifier is invalid."));
        assert_eq!(unknown.kind, ErrorKind::UnknownModel);
        assert!(unknown.message.contains("`region`"));
        assert_eq!(explain(failed(424, "the model failed")).kind, ErrorKind::Server);
        assert_eq!(explain(failed(400, "topP out of range")).kind, ErrorKind::BadRequest);
    }
}
