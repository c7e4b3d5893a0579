//! Answers that are there already: which of them count, and what a miss means.

use std::sync::Arc;

use crate::fingerprint::Fingerprint;
use crate::provider::{AnswerSource, ErrorKind, Provider, ProviderError, RecordedAnswer};

/// How stored answers are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMode {
    /// An answer that is there is not asked for again.
    Use,
    /// Everything is asked for again; new answers replace old ones.
    Refresh,
    /// Nothing is sent: a miss is an error.
    Offline,
}

/// What a lookup found.
#[derive(Debug)]
pub enum Found {
    /// An answer to the same request.
    Hit(Box<RecordedAnswer>),
    /// None.
    Miss,
}

/// Stored answers and how they are used.
#[derive(Clone)]
pub struct Cache {
    /// How they are used.
    pub mode: CacheMode,
    /// Where they are.
    pub source: Option<Arc<dyn AnswerSource>>,
}

impl Cache {
    /// The answer to a request, when there is one that the provider would accept as its own.
    ///
    /// # Errors
    /// Nothing may be sent and there is no answer, or the source cannot be read.
    pub fn find(&self, key: Fingerprint, provider: &dyn Provider) -> Result<Found, ProviderError> {
        if self.mode == CacheMode::Refresh {
            return Ok(Found::Miss);
        }
        let Some(source) = &self.source else { return Ok(Found::Miss) };
        let found = source.answer(key).map_err(|message| ProviderError::new(ErrorKind::Internal, message))?;
        Ok(match found.filter(|answer| provider.accepts(&answer.identity)) {
            Some(answer) => Found::Hit(Box::new(answer)),
            None => Found::Miss,
        })
    }
}
