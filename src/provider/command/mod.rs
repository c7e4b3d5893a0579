//! `command`: a local program or script that answers one JSON line per JSON line.
//!
//! It reads `{"id", "model", "messages", "params"}` from its standard input and prints
//! `{"id", "text", "tool_calls", "citations", "passages", "stop", "usage", "model"}` or `{"id", "error": {"message", "retry"}}`. It is
//! kept alive and started again when it ends. It is given PATH, HOME and the like
//! ([`BASE_ENV`](crate::program::BASE_ENV)) and the variables that
//! the settings name, nothing else, so that no key reaches it by accident.

mod line;
mod process;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use self::line::{LookupQuestion, Question};
use self::process::Process;
use crate::program::CommandSpec;
use crate::provider::template::Said;
use crate::provider::{
    Answered, ErrorKind, OpenArgs, Opening, Provider, ProviderError, ProviderKind, Request,
};
use crate::secret::{Redactor, Secret};

/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "command",
    summary: "a local program or script: JSON lines on its standard input and output",
    keys: &[&["command", "cwd", "env", "workers", "concurrency", "max_body_mb"]],
    open,
};

/// Programs that end without ever answering, one after the other, before the run is stopped.
const MOST_BARREN: u32 = 3;

struct Program {
    spec: Arc<CommandSpec>,
    model: String,
    redactor: Redactor,
    timeout: Duration,
    max_line: usize,
    parallel: usize,
    processes: Mutex<Vec<Arc<Process>>>,
    next_id: AtomicU64,
    barren: AtomicU32,
}

#[expect(clippy::needless_pass_by_value, reason = "the table's signature")]
fn open(args: OpenArgs<'_>) -> Opening<'_> {
    Box::pin(async move {
        let spec = args.spec.command.clone().ok_or_else(|| {
            let message = format!("model `{}` has no `command`", args.spec.name);
            ProviderError::new(ErrorKind::BadRequest, message)
        })?;
        if let Some(name) = spec.unset() {
            let called = args.spec.called();
            let message = format!("{called}: the environment variable {name} is not set (`env`)");
            return Err(ProviderError::new(ErrorKind::Auth, message));
        }
        let secrets: Vec<&Secret> = spec.env.iter().filter_map(|e| e.value.as_ref()).collect();
        let program = Program {
            redactor: Redactor::new(secrets),
            model: args.spec.model.clone(),
            timeout: Duration::from_secs(args.spec.timeout_s),
            max_line: args.spec.access.max_body,
            parallel: args.spec.limits.concurrency.map_or(spec.workers, |n| n as usize),
            processes: Mutex::default(),
            next_id: AtomicU64::new(1),
            barren: AtomicU32::new(0),
            spec,
        };
        Ok(Arc::new(program) as Arc<dyn Provider>)
    })
}

impl Program {
    /// The process with the least to do; one more is started while there are fewer than wanted.
    fn process(&self) -> Result<Arc<Process>, ProviderError> {
        let mut all = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        for ended in all.extract_if(.., |process| !process.is_alive()) {
            if ended.has_answered() {
                self.barren.store(0, Ordering::Relaxed);
            } else if self.barren.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_BARREN {
                let message = format!(
                    "`{}` ended {MOST_BARREN} times without one reply{}",
                    self.spec.shown(),
                    ended.last_words()
                );
                return Err(ProviderError::new(ErrorKind::UnknownModel, message));
            }
        }
        let idlest = all.iter().min_by_key(|process| process.load());
        match idlest {
            Some(process) if process.load() == 0 || all.len() >= self.spec.workers => Ok(process.clone()),
            _ => {
                let process = Arc::new(Process::start(&self.spec, &self.redactor, self.max_line)?);
                all.push(process.clone());
                Ok(process)
            }
        }
    }

    async fn ask(&self, request: &Request) -> Result<Answered, ProviderError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let said;
        let line = if let Some(lookup) = &request.lookup {
            said = Said::of(&request.messages);
            let (question, history) = (said.input.as_str(), said.history.as_slice());
            serde_json::to_vec(&LookupQuestion { id, question, lookup, history })
        } else {
            let (messages, params) = (request.messages.as_slice(), (&request.params).into());
            serde_json::to_vec(&Question { id, model: &self.model, messages, params })
        };
        let mut line = line
            .map_err(|e| ProviderError::new(ErrorKind::Internal, format!("the request is no JSON: {e}")))?;
        line.push(b'\n');
        let process = self.process()?;
        let sent = Instant::now();
        let mut guard = KillUnlessDone { process: &process, done: false };
        let answer = tokio::time::timeout(self.timeout, process.ask(id, line)).await;
        let Ok(answer) = answer else {
            let seconds = self.timeout.as_secs();
            let what = format!("`{}` sent no reply within {seconds} s (`timeout_s`)", self.spec.shown());
            return Err(ProviderError::new(ErrorKind::Timeout, format!("{what}{}", process.last_words())));
        };
        guard.done = true;
        let answer = answer
            .unwrap_or_else(|_| Err(ProviderError::new(ErrorKind::Network, "the program was ended")))?;
        let latency_ms = sent.elapsed().as_secs_f64() * 1000.0;
        answer.completion(request.lookup.is_some(), latency_ms).map(Answered::from)
    }
}

/// Ends a program whose answer nobody waits for any more: it may hang.
struct KillUnlessDone<'p> {
    process: &'p Process,
    done: bool,
}

impl Drop for KillUnlessDone<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.process.kill("was ended because another request had no reply in time");
        }
    }
}

impl Provider for Program {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(self.ask(request))
    }

    fn identity(&self) -> Value {
        json!({ "command": self.spec.fingerprint() })
    }

    fn max_parallel(&self) -> Option<usize> {
        Some(self.parallel)
    }
}

#[cfg(test)]
mod tests;
