//! Passages of the user's own retrievers: asked like a model, through the limiter of the endpoint, with its retries and
//! time limits. What was answered is kept at once and found again by its request, so that nothing is looked up twice.

use std::sync::Arc;

use async_channel::Sender;
use futures_util::future::BoxFuture;

use super::Job;
use super::ask::ask;
use super::cache::Found;
use super::flights::Flights;
use super::halt::Halt;
use super::keep::Message;
use super::models::OpenedModel;
use super::stop::{Stop, StopLevel};
use crate::provider::{Completion, ErrorKind, ProviderError, Request};
use crate::retrieve::{Asker, Failure};

/// Asks the retrievers of a run.
pub(super) struct Lookups {
    job: Arc<Job>,
    halt: Arc<Halt>,
    stop: Stop,
    flights: Flights<Completion>,
    to_keep: Sender<Message>,
}

impl Lookups {
    /// Nothing is asked yet.
    pub(super) fn new(job: &Arc<Job>, halt: &Arc<Halt>, stop: &Stop, to_keep: &Sender<Message>) -> Self {
        Self {
            job: job.clone(),
            halt: halt.clone(),
            stop: stop.clone(),
            flights: Flights::default(),
            to_keep: to_keep.clone(),
        }
    }

    async fn look(&self, name: &str, request: &Request) -> Result<Completion, Failure> {
        let Some(model) = self.job.models.retriever(name) else {
            return Err("it was not opened; this is a bug in regauge".to_owned().into());
        };
        let flight = self.flights.of(request.key);
        let mut landed = flight.lock().await;
        if let Some(completion) = &*landed {
            return Ok(completion.clone());
        }
        let completion = match self.job.cache.look(model, request.key).map_err(|error| failure(&error))? {
            Found::Hit(answer) => answer.completion,
            Found::Miss => self.ask(name, model, request).await?,
        };
        *landed = Some(completion.clone());
        let answer = Box::new(model.recorded(request.key, None, completion.clone()));
        _ = self.to_keep.send(Message::LookedUp(answer)).await;
        Ok(completion)
    }

    async fn ask(&self, name: &str, model: &OpenedModel, request: &Request) -> Result<Completion, Failure> {
        let asked = tokio::select! {
            asked = ask(model, request, &self.halt.bounds, &|_, _| {}) => asked,
            _ = self.stop.reached(StopLevel::Now) => {
                let reason = "the run ended before it answered".to_owned();
                return Err(Failure { withdrawn: true, ..reason.into() });
            }
        };
        if let Some(reason) = asked.ends_run {
            self.halt.stop(reason);
        }
        match asked.result {
            Ok(completion) => Ok(completion),
            Err(error) => {
                if error.kind.is_fatal() {
                    let why = &error.message;
                    self.halt.stop(format!("every further look-up by `{name}` would fail: {why}"));
                }
                Err(Failure { withdrawn: asked.withdrawn, ..failure(&error) })
            }
        }
    }
}

/// What a retriever's error is to the trial: its own kind says what happened to the retriever.
fn failure(error: &ProviderError) -> Failure {
    let kind = if error.kind == ErrorKind::Missing { ErrorKind::Missing } else { ErrorKind::Retrieval };
    Failure { reason: error.message.clone(), kind, withdrawn: false }
}

impl Asker for Lookups {
    fn ask<'a>(&'a self, name: &'a str, request: &'a Request) -> BoxFuture<'a, Result<Completion, Failure>> {
        Box::pin(self.look(name, request))
    }
}
