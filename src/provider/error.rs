//! How a request can fail, and what follows from it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::provider::Quota;

/// What kind of failure it was; decides about retries and about stopping the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// Wrong or missing key.
    Auth,
    /// The endpoint does not know the model, or its weights cannot be had.
    UnknownModel,
    /// 429.
    RateLimited,
    /// 5xx.
    Server,
    /// Connection refused, reset, or cut off.
    Network,
    /// No answer in time.
    Timeout,
    /// A reply that is not what the dialect promises.
    BadResponse,
    /// The endpoint rejected this request (other 4xx).
    BadRequest,
    /// The prompt does not fit the model's context.
    TooLong,
    /// The passages for the prompt could not be looked up; nothing was sent.
    Retrieval,
    /// Replay only: no recorded answer.
    Missing,
    /// A fault in this program.
    Internal,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [ErrorKind; 12] = [
        Self::Auth,
        Self::UnknownModel,
        Self::RateLimited,
        Self::Server,
        Self::Network,
        Self::Timeout,
        Self::BadResponse,
        Self::BadRequest,
        Self::TooLong,
        Self::Retrieval,
        Self::Missing,
        Self::Internal,
    ];

    /// Whether asking again may help.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited | Self::Server | Self::Network | Self::Timeout | Self::BadResponse)
    }

    /// Whether every other request would fail the same way, so that the run stops at once.
    pub fn is_fatal(self) -> bool {
        matches!(self, Self::Auth | Self::UnknownModel)
    }

    /// The name used in stores and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::UnknownModel => "unknown-model",
            Self::RateLimited => "rate-limited",
            Self::Server => "server",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::BadResponse => "bad-response",
            Self::BadRequest => "bad-request",
            Self::TooLong => "too-long",
            Self::Retrieval => "retrieval",
            Self::Missing => "missing",
            Self::Internal => "internal",
        }
    }
}

/// One failed request. The message never holds a secret.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    /// What kind of failure it was.
    pub kind: ErrorKind,
    /// What happened, and what to do about it.
    pub message: String,
    /// HTTP status, when there was one.
    pub status: Option<u16>,
    /// How long the endpoint asked us to wait.
    pub retry_after: Option<Duration>,
    /// The allowances that are left, as the reply's headers say it.
    pub quota: Quota,
}

impl ProviderError {
    /// A failure without HTTP details.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), status: None, retry_after: None, quota: Quota::default() }
    }
}
