//! Who asks the user's own retrievers.

use std::sync::Arc;

use futures_util::future::{BoxFuture, ready};

use crate::provider::{AnswerSource, Completion, ErrorKind, Request};
use crate::retrieve::Failure;

/// A way to the user's own retrievers.
pub trait Asker: Send + Sync {
    /// Asks the retriever of this name.
    ///
    /// # Errors
    /// There is no answer.
    fn ask<'a>(&'a self, name: &'a str, request: &'a Request) -> BoxFuture<'a, Result<Completion, Failure>>;
}

/// Asks nobody: what a retriever answered earlier is all there is.
#[derive(Clone, Default)]
pub struct Recorded(Option<Arc<dyn AnswerSource>>);

impl Recorded {
    /// The answers of a source.
    pub fn of(source: Option<Arc<dyn AnswerSource>>) -> Self {
        Self(source)
    }

    fn answer(&self, request: &Request) -> Result<Completion, Failure> {
        let answer = self.0.as_ref().map_or(Ok(None), |source| source.answer(request.key))?;
        let usable = answer.map(|answer| answer.completion).filter(Completion::is_usable);
        usable.ok_or_else(|| Failure {
            reason: "it was not asked this yet, and nothing is sent here; `regauge run` asks it".to_owned(),
            kind: ErrorKind::Missing,
            withdrawn: false,
        })
    }
}

impl Asker for Recorded {
    fn ask<'a>(&'a self, _: &'a str, request: &'a Request) -> BoxFuture<'a, Result<Completion, Failure>> {
        Box::pin(ready(self.answer(request)))
    }
}
