//! One JSON request over HTTP: limits, error kinds and redaction shared by all HTTP dialects.

use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::provider::{ErrorKind, ModelSpec, ProviderError, Quota};
use crate::secret::Secret;

/// Largest reply body that is read; an answer is text, so more than this is a broken endpoint.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// Longest excerpt of an error body in a message.
const MAX_EXCERPT: usize = 400;
/// Longest wait an endpoint may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(10);

/// A reply that was JSON with a success status.
#[derive(Debug)]
pub(super) struct Reply {
    /// The body.
    pub(super) json: Value,
    /// Wall time from sending to the last byte, in milliseconds.
    pub(super) latency_ms: f64,
}

/// An endpoint of one model.
pub(super) struct Endpoint {
    client: reqwest::Client,
    key: Option<Secret>,
}

impl Endpoint {
    /// A client for a model's endpoint.
    pub(super) fn new(spec: &ModelSpec) -> Result<Self, ProviderError> {
        // Fails only when a provider is installed already, which is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("regauge/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(spec.timeout_s))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| ProviderError::new(ErrorKind::Internal, format!("failed to set up HTTP: {e}")))?;
        Ok(Self { client, key: spec.api_key.clone() })
    }

    /// Posts a JSON body with the key as a bearer token.
    pub(super) async fn post(&self, url: &str, body: &Value) -> Result<Reply, ProviderError> {
        let started = Instant::now();
        let mut request = self.client.post(url).json(body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose());
        }
        let response = request.send().await.map_err(|e| self.transport(url, &e))?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let body = self.read(url, response).await?;
        if !(200..300).contains(&status) {
            return Err(self.rejected(url, status, retry_after, &body));
        }
        let latency_ms = started.elapsed().as_secs_f64() * 1000.0;
        let json = serde_json::from_slice(&body).map_err(|e| {
            let excerpt = self.excerpt(&body);
            ProviderError::new(
                ErrorKind::BadResponse,
                format!("{url}: the reply is not JSON ({e}): {excerpt}"),
            )
        })?;
        Ok(Reply { json, latency_ms })
    }

    async fn read(&self, url: &str, mut response: reqwest::Response) -> Result<Vec<u8>, ProviderError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.transport(url, &e))? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                let message = format!("{url}: the reply is larger than {} MiB", MAX_BODY >> 20);
                return Err(ProviderError::new(ErrorKind::BadRequest, message));
            }
        }
        Ok(body)
    }

    fn transport(&self, url: &str, error: &reqwest::Error) -> ProviderError {
        let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Network };
        let mut message =
            format!("{url}: {}", if error.is_timeout() { "no answer in time" } else { "connection failed" });
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        ProviderError::new(kind, self.redact(&message))
    }

    fn rejected(&self, url: &str, status: u16, retry_after: Option<Duration>, body: &[u8]) -> ProviderError {
        let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let error = json.get("error").unwrap_or(&Value::Null);
        let code =
            error.get("code").or_else(|| error.get("type")).and_then(Value::as_str).unwrap_or_default();
        let said = error.get("message").and_then(Value::as_str).map(|m| self.redact(m));
        let said = said.unwrap_or_else(|| self.excerpt(body));
        let kind = match (status, code) {
            (401 | 403, _) | (_, "insufficient_quota" | "invalid_api_key") => ErrorKind::Auth,
            (_, "context_length_exceeded") => ErrorKind::TooLong,
            (404, _) | (_, "model_not_found") => ErrorKind::UnknownModel,
            (408, _) => ErrorKind::Timeout,
            (429, _) => ErrorKind::RateLimited,
            (500.., _) => ErrorKind::Server,
            _ => ErrorKind::BadRequest,
        };
        let hint = match kind {
            ErrorKind::Auth => "; check the key and its rights",
            ErrorKind::UnknownModel => "; check `base_url` and `model`",
            _ => "",
        };
        let message = format!("{url} answered {status}: {said}{hint}");
        ProviderError { kind, message, status: Some(status), retry_after, quota: Quota::default() }
    }

    fn excerpt(&self, body: &[u8]) -> String {
        let text = self.redact(&String::from_utf8_lossy(body));
        let text = text.trim();
        if text.is_empty() {
            return "(empty body)".to_owned();
        }
        let short: String = text.chars().take(MAX_EXCERPT).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    }

    fn redact(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.redact(text))
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => {
            Duration::from_secs_f64(seconds.min(86_400.0))
        }
        _ => {
            let when = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
            Duration::try_from(when.duration_since(crate::clock::now())).unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_reads_seconds_and_dates() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(read("2"), Some(Duration::from_secs(2)));
        assert_eq!(read("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(read("1e300"), Some(MAX_RETRY_AFTER));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
        assert_eq!(read("-1"), None);
    }
}
