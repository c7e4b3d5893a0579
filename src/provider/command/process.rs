//! One running program: questions go in, answers come out by id, whatever it prints as error is kept for messages.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::line::Answer;
use crate::program::{CommandSpec, LastWords};
use crate::provider::{ErrorKind, ProviderError};
use crate::secret::Redactor;

/// How long a program that closed its output may take to end, and its last words to arrive.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What became of a question.
pub(super) type Outcome = Result<Answer, ProviderError>;

/// A program that runs; dropping it kills it.
pub(super) struct Process {
    shared: Arc<Shared>,
    lines: mpsc::UnboundedSender<Vec<u8>>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    shown: String,
    redactor: Redactor,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Outcome>>>,
    words: LastWords,
    dead: AtomicBool,
    has_answered: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    /// Starts the program.
    ///
    /// # Errors
    /// It cannot be started; that is the same for every question.
    pub(super) fn start(
        spec: &CommandSpec,
        redactor: &Redactor,
        max_line: usize,
    ) -> Result<Self, ProviderError> {
        let failed = |why: String| {
            let message = format!("`{}` cannot be started: {why}; check `command` and `cwd`", spec.shown());
            ProviderError::new(ErrorKind::UnknownModel, message)
        };
        let command = spec.launch().ok_or_else(|| failed("it has no name".into()))?;
        let mut child =
            Command::from(command).kill_on_drop(true).spawn().map_err(|e| failed(e.to_string()))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(failed("it has no pipes".into()));
        };
        let shared = Arc::new(Shared {
            shown: spec.shown(),
            redactor: redactor.clone(),
            waiting: Mutex::default(),
            words: LastWords::new(redactor.clone()),
            dead: AtomicBool::new(false),
            has_answered: AtomicBool::new(false),
        });
        let (lines, to_write) = mpsc::unbounded_channel();
        let last_words = tokio::spawn(keep_stderr(shared.clone(), stderr));
        let tasks = vec![
            tokio::spawn(write(stdin, to_write)),
            tokio::spawn(listen(shared.clone(), child, BufReader::new(stdout), last_words, max_line)),
        ];
        Ok(Self { shared, lines, tasks })
    }

    /// Whether it can still be asked.
    pub(super) fn is_alive(&self) -> bool {
        !self.shared.dead.load(Ordering::Acquire)
    }

    /// Whether it ever answered.
    pub(super) fn has_answered(&self) -> bool {
        self.shared.has_answered.load(Ordering::Acquire)
    }

    /// How many questions it works on.
    pub(super) fn load(&self) -> usize {
        lock(&self.shared.waiting).len()
    }

    /// Sends one question; its answer comes through the channel.
    pub(super) fn ask(&self, id: u64, line: Vec<u8>) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.shared.waiting).insert(id, sender);
        // A program that died in between has failed this question already, or its channel is closed.
        if !self.is_alive() || self.lines.send(line).is_err() {
            self.shared.fail_all(&self.shared.ended("ended before it replied"));
        }
        receiver
    }

    /// Ends it; other questions that it works on fail, and may be asked again.
    pub(super) fn kill(&self, why: &str) {
        self.shared.dead.store(true, Ordering::Release);
        for task in &self.tasks {
            task.abort();
        }
        self.shared.fail_all(&self.shared.ended(why));
    }

    /// What it printed as error so far, for a message; empty when there is nothing.
    pub(super) fn last_words(&self) -> String {
        self.shared.words.told()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Shared {
    fn fail_all(&self, error: &ProviderError) {
        for (_, sender) in lock(&self.waiting).drain() {
            // Nobody waits any more when this fails.
            let _ = sender.send(Err(error.clone()));
        }
    }

    fn ended(&self, how: &str) -> ProviderError {
        let message = format!("`{}` {how}{}", self.shown, self.words.told());
        ProviderError::new(ErrorKind::Network, message)
    }

    /// Hands an answer to its question; the error says what is wrong with the line.
    fn hear(&self, line: &[u8]) -> Result<(), String> {
        let text = self.redactor.scrub(String::from_utf8_lossy(line).into_owned());
        let answer: Answer = serde_json::from_str(&text).map_err(|error| {
            let start: String = text.chars().take(200).collect();
            format!("printed a line that is no reply ({error}): {start}; notes belong to standard error")
        })?;
        self.has_answered.store(true, Ordering::Release);
        let mut waiting = lock(&self.waiting);
        let only = waiting.keys().next().copied().filter(|_| waiting.len() == 1);
        let sender = answer.id().or(only).and_then(|id| waiting.remove(&id));
        drop(waiting);
        if let Some(sender) = sender {
            // Nobody waits any more when this fails.
            let _ = sender.send(Ok(answer));
        }
        Ok(())
    }
}

async fn write(mut stdin: ChildStdin, mut lines: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(line) = lines.recv().await {
        // A program that reads no more has ended, which the listener reports.
        if stdin.write_all(&line).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

async fn keep_stderr(shared: Arc<Shared>, mut stderr: impl AsyncRead + Unpin) {
    let mut chunk = [0; 1024];
    while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
        shared.words.keep(&chunk[..length]);
    }
}

/// Reads replies until the program ends.
async fn listen(
    shared: Arc<Shared>,
    mut child: Child,
    mut stdout: BufReader<impl AsyncRead + Unpin>,
    last_words: JoinHandle<()>,
    max_line: usize,
) {
    let mut line = Vec::new();
    let problem = loop {
        line.clear();
        match (&mut stdout).take(max_line as u64 + 1).read_until(b'\n', &mut line).await {
            Ok(0) => break None,
            Ok(length) if length > max_line => {
                let what = format!("printed a line of more than {} MiB (`max_body_mb`)", max_line >> 20);
                break Some((ErrorKind::BadRequest, what));
            }
            Ok(_) if line.trim_ascii().is_empty() => {}
            Ok(_) => {
                if let Err(what) = shared.hear(&line) {
                    break Some((ErrorKind::BadResponse, what));
                }
            }
            Err(error) => break Some((ErrorKind::Network, format!("cannot be read: {error}"))),
        }
    };
    shared.dead.store(true, Ordering::Release);
    let error = if let Some((kind, what)) = problem {
        // With several questions nobody knows whose line it was, so all are asked again.
        let kind = if lock(&shared.waiting).len() > 1 { ErrorKind::Network } else { kind };
        ProviderError::new(kind, format!("`{}` {what}{}", shared.shown, shared.words.told()))
    } else {
        let status = tokio::time::timeout(LAST_WORDS, child.wait()).await;
        _ = tokio::time::timeout(LAST_WORDS, last_words).await;
        let how = match status {
            Ok(Ok(status)) => format!("ended ({status}) before it replied"),
            _ => "closed its output before it replied".to_owned(),
        };
        shared.ended(&how)
    };
    shared.fail_all(&error);
}
