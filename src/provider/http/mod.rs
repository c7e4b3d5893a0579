//! The HTTP core of all dialects: one shared client, body limits, streams, error kinds, allowances, redaction.
//!
//! A dialect builds a body, hands it to [`Endpoint::post`] or [`Endpoint::stream`] and reads typed JSON back. A
//! failure is a [`Failed`], which turns into a [`ProviderError`] with `?` and still holds the endpoint's own JSON
//! for the few errors that are answers (a content filter).

mod body;
mod client;
mod quota;
mod rejection;
mod stream;
mod transport;

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::body::{Capped, ReadError};
use self::stream::StreamError;
pub(super) use self::stream::{Event, Framing, Heard, Streamed, Unheard};
use crate::provider::{Auth, ErrorKind, ModelSpec, ProviderError, Quota};
use crate::secret::{Redactor, Secret};

/// Most that is read of an error's body.
const MAX_ERROR_BODY: usize = 256 * 1024;

/// A reply with a success status, read as what the dialect promises.
#[derive(Debug)]
pub(super) struct Reply<T> {
    /// The body.
    pub(super) json: T,
    /// Allowances that are left.
    pub(super) quota: Quota,
    /// Wall time from sending to the last byte, in milliseconds.
    pub(super) latency_ms: f64,
}

/// A request that failed.
#[derive(Debug)]
pub(super) struct Failed {
    /// What happened.
    pub(super) error: ProviderError,
    /// The endpoint's own error, null where it sent none.
    pub(super) json: Value,
    /// Wall time until it failed, in milliseconds.
    pub(super) latency_ms: f64,
}

impl From<Failed> for ProviderError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

/// An endpoint of one model: where and how it is asked.
pub(super) struct Endpoint {
    client: Arc<Client>,
    headers: HeaderMap,
    query: Option<(String, Secret)>,
    redactor: Redactor,
    timeout: Duration,
    max_body: usize,
}

impl Endpoint {
    /// The endpoint of a model, with its key and headers.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`]: a variable that should hold a key is not set, or its value cannot be sent.
    pub(super) fn new(spec: &ModelSpec) -> Result<Self, ProviderError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut secrets = Vec::new();
        let mut query = None;
        if spec.access.auth != Auth::None
            && let Some(key) = key_of(spec)?
        {
            secrets.push(key.clone());
            match &spec.access.auth {
                Auth::Bearer => {
                    let bearer = Secret::new(format!("Bearer {}", key.expose()));
                    insert(&mut headers, "authorization", &bearer, &spec.called())?;
                }
                Auth::Header(name) => insert(&mut headers, name, &key, &spec.called())?,
                Auth::Query(name) => query = Some((name.clone(), key)),
                Auth::None => {}
            }
        }
        for header in &spec.access.headers {
            let value = header.value.as_ref().ok_or_else(|| {
                let variable = header.env.as_deref().unwrap_or_default();
                not_set(&spec.called(), variable, &format!(" (header `{}`)", header.name))
            })?;
            if header.env.is_some() {
                secrets.push(value.clone());
            }
            insert(&mut headers, &header.name, value, &spec.called())?;
        }
        Ok(Self {
            client: client::shared(spec.access.ca_bundle.as_deref())?,
            headers,
            query,
            redactor: Redactor::new(&secrets),
            timeout: Duration::from_secs(spec.timeout_s),
            max_body: spec.access.max_body,
        })
    }

    /// Posts a JSON body and reads a JSON reply. `headers` are added to the endpoint's own.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &impl Serialize,
    ) -> Result<Reply<T>, Failed> {
        let body = to_bytes(url, body)?;
        self.send(Method::POST, url, headers, body).await
    }

    /// Sends bytes (a body that was signed, or another method) and reads a JSON reply.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Reply<T>, Failed> {
        let sent = Instant::now();
        let response = self.accepted(method, url, headers, body, sent).await?;
        let quota = quota::quota(response.headers());
        let body = Capped::new(response, self.max_body).read().await;
        let body = body.map_err(|e| Failed::at(sent, self.unread(url, e)))?;
        let latency_ms = millis(sent);
        let text = match String::from_utf8(body) {
            Ok(text) => self.redactor.scrub(text),
            Err(_) => return Err(Failed::at(sent, bad(url, "the reply is not UTF-8 text"))),
        };
        match serde_json::from_str(&text) {
            Ok(json) => Ok(Reply { json, quota, latency_ms }),
            Err(error) => {
                let what = if error.is_data() { "is not what this provider answers" } else { "is not JSON" };
                let message = format!("the reply {what} ({error}): {}", rejection::excerpt(&text));
                Err(Failed::at(sent, bad(url, &message)))
            }
        }
    }

    /// Posts a JSON body and hands each piece of a streamed reply to `on_event`.
    pub(super) async fn stream(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &impl Serialize,
        framing: Framing,
        on_event: &mut (dyn FnMut(Event<'_>) -> Result<Heard, Unheard> + Send),
    ) -> Result<Streamed, Failed> {
        let body = to_bytes(url, body)?;
        let sent = Instant::now();
        let response = self.accepted(Method::POST, url, headers, body, sent).await?;
        let (status, quota) = (response.status().as_u16(), quota::quota(response.headers()));
        if framing == Framing::Events && is_json(&response) {
            let message = format!("{url}: the endpoint does not stream; remove `stream = true`");
            return Err(Failed::at(sent, ProviderError::new(ErrorKind::BadRequest, message)));
        }
        let body = Capped::new(response, self.max_body);
        let mut clean =
            |event: Event<'_>| on_event(Event { name: event.name, data: &self.redactor.redact(event.data) });
        let read = stream::read(body, framing, sent, &mut clean).await;
        let times = read.map_err(|error| match error {
            StreamError::Body(error) => Failed::at(sent, self.unread(url, error)),
            StreamError::Cut => {
                let message = format!("{url}: the stream ended before the answer was complete");
                Failed::at(sent, ProviderError::new(ErrorKind::Network, message))
            }
            StreamError::Unheard(Unheard::Malformed(what)) => {
                let what = self.redactor.redact(&what).into_owned();
                Failed::at(sent, bad(url, &format!("a piece of the stream cannot be read: {what}")))
            }
            StreamError::Unheard(Unheard::Error(json)) => {
                let text = self.redactor.scrub(json.to_string());
                self.rejected(url, status, &HeaderMap::new(), &text, sent)
            }
        })?;
        Ok(Streamed { quota, latency_ms: times.end, first_token_ms: times.first_text })
    }

    /// `text` without secrets; for what was put together from the pieces of a stream.
    pub(super) fn scrub(&self, text: String) -> String {
        self.redactor.scrub(text)
    }

    /// A failure that the endpoint reports inside of a reply with a success status.
    pub(super) fn sent_error(&self, url: &str, json: &Value) -> ProviderError {
        let text = self.redactor.scrub(json.to_string());
        self.rejected(url, 200, &HeaderMap::new(), &text, Instant::now()).error
    }

    /// A failure of a reply that is not what the dialect promises.
    pub(super) fn bad_response(&self, url: &str, what: &str) -> ProviderError {
        bad(url, &self.redactor.redact(what))
    }

    /// Sends a request; anything but a success status is a failure.
    async fn accepted(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        sent: Instant,
    ) -> Result<reqwest::Response, Failed> {
        let mut address = Url::parse(url).map_err(|e| {
            let message = format!("{url}: not an address ({e}); check `base_url`");
            Failed::at(sent, ProviderError::new(ErrorKind::BadRequest, message))
        })?;
        if let Some((name, key)) = &self.query {
            address.query_pairs_mut().append_pair(name, key.expose());
        }
        let mut request = reqwest::Request::new(method, address);
        *request.headers_mut() = self.headers.clone();
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                request.headers_mut().insert(name, value);
            }
        }
        *request.timeout_mut() = Some(self.timeout);
        *request.body_mut() = Some(body.into());
        let response = self.client.execute(request).await;
        let response = response.map_err(|e| Failed::at(sent, self.transport(url, &e)))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = Capped::new(response, MAX_ERROR_BODY.min(self.max_body)).start().await;
        let text = self.redactor.scrub(String::from_utf8_lossy(&body).into_owned());
        Err(self.rejected(url, status, &headers, &text, sent))
    }

    fn rejected(&self, url: &str, status: u16, headers: &HeaderMap, text: &str, sent: Instant) -> Failed {
        let json: Value = serde_json::from_str(text).unwrap_or(Value::Null);
        let rejection = rejection::read(status, text, &json);
        let moved = headers.get("location").and_then(|l| l.to_str().ok());
        let moved = moved.map(|l| format!(" to {}", self.redactor.redact(l))).unwrap_or_default();
        let message = match status {
            200..300 => format!("{url} sent an error instead of an answer: {}", rejection.said),
            _ => format!("{url} answered {status}{moved}: {}", rejection.said),
        };
        let error = ProviderError {
            kind: rejection.kind,
            // Once more: what was escaped inside of JSON is readable now.
            message: self.redactor.scrub(message),
            // An error inside a stream or beside a success status is known by its code, not by the status.
            status: (status >= 300).then_some(status),
            retry_after: quota::retry_after(headers).or(rejection.retry_after),
            quota: quota::quota(headers),
        };
        Failed { error, json, latency_ms: millis(sent) }
    }

    fn unread(&self, url: &str, error: ReadError) -> ProviderError {
        match error {
            ReadError::Transport(error) => self.transport(url, &error),
            ReadError::TooLarge => {
                let mib = self.max_body >> 20;
                let message = format!("{url}: the reply is larger than {mib} MiB (`max_body_mb`)");
                ProviderError::new(ErrorKind::BadRequest, message)
            }
        }
    }

    fn transport(&self, url: &str, error: &reqwest::Error) -> ProviderError {
        let (kind, message) = transport::explain(url, error, self.timeout.as_secs());
        ProviderError::new(kind, self.redactor.scrub(message))
    }
}

impl Failed {
    /// A failure of a reply that was read.
    pub(super) fn of(error: ProviderError, json: Value, latency_ms: f64) -> Self {
        Self { error, json, latency_ms }
    }

    fn at(sent: Instant, error: ProviderError) -> Self {
        Self { error, json: Value::Null, latency_ms: millis(sent) }
    }
}

/// The model's key; `None` where it needs none.
fn key_of(spec: &ModelSpec) -> Result<Option<Secret>, ProviderError> {
    match (&spec.api_key_env, &spec.api_key) {
        (Some(variable), None) => Err(not_set(&spec.called(), variable, "")),
        (_, key) => Ok(key.clone()),
    }
}

fn not_set(called: &str, variable: &str, what_for: &str) -> ProviderError {
    let message = format!("{called}: the environment variable {variable} is not set{what_for}");
    ProviderError::new(ErrorKind::Auth, message)
}

fn insert(headers: &mut HeaderMap, name: &str, value: &Secret, called: &str) -> Result<(), ProviderError> {
    let unfit = |what: &str| {
        let message = format!("{called}: {what} of the header `{name}` holds characters that cannot be sent");
        ProviderError::new(ErrorKind::Auth, message)
    };
    let header: HeaderName = name.parse().map_err(|_| unfit("the name"))?;
    let mut value: HeaderValue = value.expose().parse().map_err(|_| unfit("the value"))?;
    value.set_sensitive(true);
    headers.insert(header, value);
    Ok(())
}

fn to_bytes(url: &str, body: &impl Serialize) -> Result<Vec<u8>, Failed> {
    serde_json::to_vec(body).map_err(|e| {
        let message = format!("{url}: the request cannot be written as JSON: {e}");
        Failed::at(Instant::now(), ProviderError::new(ErrorKind::Internal, message))
    })
}

fn is_json(response: &reqwest::Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/json"))
}

fn bad(url: &str, what: &str) -> ProviderError {
    ProviderError::new(ErrorKind::BadResponse, format!("{url}: {what}"))
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests;
