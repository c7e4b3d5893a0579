//! Replay: recorded answers only; a miss is an error, never a call.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fingerprint::Fingerprint;
use crate::provider::{
    Answered, Completion, ErrorKind, OpenArgs, Opening, Provider, ProviderError, ProviderKind, Request,
};

/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "replay",
    summary: "recorded answers only: a cassette file, or the stored runs; a miss is an error, never a call",
    keys: &[&["of", "cassette"]],
    open,
};

/// Where recorded answers come from.
pub trait AnswerSource: Send + Sync {
    /// The answer recorded under a request key.
    ///
    /// # Errors
    /// The source cannot be read.
    fn answer(&self, key: Fingerprint) -> Result<Option<RecordedAnswer>, String>;

    /// The engine identity recorded with a provider's model, when there is one.
    fn identity(&self, provider: &str, model: &str) -> Option<Value>;

    /// Its name for messages.
    fn name(&self) -> String;
}

/// One answer as recorded: one line of a cassette.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedAnswer {
    /// Key of the request.
    pub request: Fingerprint,
    /// Provider that answered.
    pub provider: String,
    /// Its model.
    pub model: String,
    /// Engine identity, null when there is none.
    pub identity: Value,
    /// USD; absent = unknown.
    pub cost: Option<f64>,
    /// The answer.
    pub completion: Completion,
}

impl RecordedAnswer {
    /// Writes it as one line of a cassette.
    ///
    /// # Errors
    /// The stream cannot take it.
    pub fn write_line(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// A cassette that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// The file system said no.
    #[error("failed to read cassette {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is not an answer.
    #[error("{}:{line}: not a recorded answer: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// One-based.
        line: usize,
        /// Why.
        message: String,
    },
}

/// A JSONL file of recorded answers, one per line, sorted by request key.
#[derive(Debug, Clone)]
pub struct Cassette {
    path: PathBuf,
    answers: BTreeMap<Fingerprint, RecordedAnswer>,
}

impl Cassette {
    /// Reads a cassette.
    ///
    /// # Errors
    /// See [`CassetteError`].
    pub fn read(path: &Path) -> Result<Self, CassetteError> {
        let answers = CassetteLines::open(path)?.map(|answer| answer.map(|a| (a.request, a)));
        Ok(Self { path: path.to_owned(), answers: answers.collect::<Result<_, _>>()? })
    }
}

/// The answers of a cassette, read line by line.
#[derive(Debug)]
pub struct CassetteLines {
    path: PathBuf,
    file: BufReader<File>,
    line: usize,
    text: Vec<u8>,
}

impl CassetteLines {
    /// Opens a cassette.
    ///
    /// # Errors
    /// See [`CassetteError`].
    pub fn open(path: &Path) -> Result<Self, CassetteError> {
        let fail = |source| CassetteError::Io { path: path.to_owned(), source };
        let file = BufReader::new(File::open(path).map_err(fail)?);
        Ok(Self { path: path.to_owned(), file, line: 0, text: Vec::new() })
    }
}

impl Iterator for CassetteLines {
    type Item = Result<RecordedAnswer, CassetteError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.text.clear();
            match self.file.read_until(b'\n', &mut self.text) {
                Ok(0) => return None,
                Ok(_) => self.line += 1,
                Err(source) => return Some(Err(CassetteError::Io { path: self.path.clone(), source })),
            }
            let text = self.text.trim_ascii();
            if !text.is_empty() {
                let answer = serde_json::from_slice(text).map_err(|e| CassetteError::Line {
                    path: self.path.clone(),
                    line: self.line,
                    message: e.to_string(),
                });
                return Some(answer);
            }
        }
    }
}

impl AnswerSource for Cassette {
    fn answer(&self, key: Fingerprint) -> Result<Option<RecordedAnswer>, String> {
        Ok(self.answers.get(&key).cloned())
    }

    fn identity(&self, provider: &str, model: &str) -> Option<Value> {
        self.answers.values().find(|a| a.provider == provider && a.model == model).map(|a| a.identity.clone())
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

struct Replay {
    answers: Arc<dyn AnswerSource>,
    identity: Value,
}

impl Provider for Replay {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(async move {
            match self.answers.answer(request.key) {
                Ok(Some(answer)) => Ok(answer.completion.into()),
                Ok(None) => Err(ProviderError::new(
                    ErrorKind::Missing,
                    format!(
                        "no recorded answer in {} for request {}: the prompt, the passages, the model or its \
                         parameters are not what was recorded; record it by running without replay",
                        self.answers.name(),
                        request.key.hex(12)
                    ),
                )),
                Err(message) => Err(ProviderError::new(ErrorKind::Internal, message)),
            }
        })
    }

    fn identity(&self) -> Value {
        self.identity.clone()
    }
}

fn open(args: OpenArgs<'_>) -> Opening<'_> {
    Box::pin(async move {
        let answers: Arc<dyn AnswerSource> = match (&args.spec.cassette, args.answers) {
            (Some(path), _) => {
                let cassette = Cassette::read(path)
                    .map_err(|e| ProviderError::new(ErrorKind::UnknownModel, e.to_string()))?;
                Arc::new(cassette)
            }
            (None, Some(answers)) => answers,
            (None, None) => {
                return Err(ProviderError::new(
                    ErrorKind::UnknownModel,
                    "there are no stored runs to replay",
                ));
            }
        };
        let of = args.spec.answering();
        let identity = answers.identity(of.provider, &of.model).unwrap_or(Value::Null);
        Ok(Arc::new(Replay { answers, identity }) as Arc<dyn Provider>)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> RecordedAnswer {
        RecordedAnswer {
            request: Fingerprint::of(text),
            provider: "openai".into(),
            model: "m".into(),
            identity: Value::Null,
            cost: None,
            completion: Completion { latency_ms: 1.5, ..Completion::of_text(text) },
        }
    }

    #[test]
    fn a_cassette_reads_back() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for text in ["b", "a", "b"] {
            answer(text).write_line(&mut file).unwrap();
        }
        let cassette = Cassette::read(file.path()).unwrap();
        assert_eq!(cassette.answer(Fingerprint::of("a")).unwrap(), Some(answer("a")));
        assert_eq!(cassette.answer(Fingerprint::of("c")).unwrap(), None);
    }

    #[test]
    fn a_broken_line_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "\n{\"x\":1}\n").unwrap();
        let error = Cassette::read(file.path()).unwrap_err().to_string();
        assert!(error.contains(":2: not a recorded answer"), "{error}");
        std::fs::write(file.path(), b"\xff\n").unwrap();
        let error = Cassette::read(file.path()).unwrap_err().to_string();
        assert!(error.contains(":1: not a recorded answer"), "{error}");
        assert!(matches!(Cassette::read(Path::new("/none")), Err(CassetteError::Io { .. })));
    }
}
