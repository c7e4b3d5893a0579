//! Answers that come in pieces: server-sent events, or one JSON value per line.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde_json::Value;
use sse_stream::SseByteStream;

use super::body::{Capped, ReadError};
use crate::provider::Quota;

/// How long the end of a body is waited for after its last event, so that the connection can be used again.
const LINGER: Duration = Duration::from_millis(50);

/// How the pieces of a stream are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::provider) enum Framing {
    /// Server-sent events.
    Events,
    /// One JSON value per line.
    Lines,
}

/// One piece of a stream.
#[derive(Debug, Clone, Copy)]
pub(in crate::provider) struct Event<'e> {
    /// Its `event:` field; empty where there is none.
    pub(in crate::provider) name: &'e str,
    /// Its data.
    pub(in crate::provider) data: &'e str,
}

/// What a dialect heard in a piece.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::provider) struct Heard {
    /// It holds text of the answer.
    pub(in crate::provider) text: bool,
    /// The answer is whole; a stream that ends without this was cut off.
    pub(in crate::provider) complete: bool,
    /// Nothing follows.
    pub(in crate::provider) last: bool,
}

/// A piece that a dialect cannot go on from.
#[derive(Debug)]
pub(in crate::provider) enum Unheard {
    /// It is not what the dialect promises.
    Malformed(String),
    /// It is the endpoint's own error, in the dialect's JSON.
    Error(Value),
}

impl From<serde_json::Error> for Unheard {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// A stream that was read to its end.
#[derive(Debug)]
pub(in crate::provider) struct Streamed {
    /// Allowances that are left.
    pub(in crate::provider) quota: Quota,
    /// Wall time from sending to the last event, in milliseconds.
    pub(in crate::provider) latency_ms: f64,
    /// Milliseconds from sending to the first text.
    pub(in crate::provider) first_token_ms: Option<f64>,
}

/// When things happened, in milliseconds since the request was sent.
#[derive(Debug, Default)]
pub(super) struct Times {
    pub(super) first_text: Option<f64>,
    pub(super) end: f64,
}

/// Why a stream could not be read.
#[derive(Debug)]
pub(super) enum StreamError {
    Body(ReadError),
    Unheard(Unheard),
    /// It ended before the answer was whole.
    Cut,
}

/// Reads a whole stream and hands each piece to the dialect.
pub(super) async fn read(
    body: Capped,
    framing: Framing,
    sent: Instant,
    on_event: &mut (dyn FnMut(Event<'_>) -> Result<Heard, Unheard> + Send),
) -> Result<Times, StreamError> {
    let mut listener = Listener { sent, on_event, times: Times::default(), complete: false };
    match framing {
        Framing::Events => events(body, &mut listener).await?,
        Framing::Lines => lines(body, &mut listener).await?,
    }
    if listener.complete { Ok(listener.times) } else { Err(StreamError::Cut) }
}

struct Listener<'f> {
    sent: Instant,
    on_event: &'f mut (dyn FnMut(Event<'_>) -> Result<Heard, Unheard> + Send),
    times: Times,
    complete: bool,
}

impl Listener<'_> {
    /// Hands one piece over; `true` when nothing follows.
    fn hear(&mut self, name: &str, data: &str) -> Result<bool, StreamError> {
        let heard = (self.on_event)(Event { name, data }).map_err(StreamError::Unheard)?;
        let now = self.sent.elapsed().as_secs_f64() * 1000.0;
        if heard.text {
            self.times.first_text.get_or_insert(now);
        }
        self.times.end = now;
        self.complete |= heard.complete || heard.last;
        Ok(heard.last)
    }
}

async fn events(body: Capped, listener: &mut Listener<'_>) -> Result<(), StreamError> {
    let body = std::pin::pin!(body.into_stream());
    let mut events = SseByteStream::new(body);
    while let Some(event) = events.next().await {
        let event = event.map_err(|error| match error {
            sse_stream::Error::Body(source) => match source.downcast::<ReadError>() {
                Ok(error) => StreamError::Body(*error),
                Err(other) => StreamError::Unheard(Unheard::Malformed(other.to_string())),
            },
            other => StreamError::Unheard(Unheard::Malformed(other.to_string())),
        })?;
        let Some(data) = event.data.as_deref().filter(|data| !data.is_empty()) else { continue };
        if listener.hear(event.event.as_deref().unwrap_or_default(), data)? {
            _ = tokio::time::timeout(LINGER, async { while events.next().await.is_some() {} }).await;
            break;
        }
    }
    Ok(())
}

async fn lines(mut body: Capped, listener: &mut Listener<'_>) -> Result<(), StreamError> {
    let mut held: Vec<u8> = Vec::new();
    loop {
        let chunk = body.next().await.map_err(StreamError::Body)?;
        let ended = chunk.is_none();
        held.extend_from_slice(chunk.as_deref().unwrap_or(b"\n"));
        let whole = held.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in held[..whole].split(|byte| *byte == b'\n') {
            let line = std::str::from_utf8(line)
                .map_err(|e| StreamError::Unheard(Unheard::Malformed(e.to_string())))?;
            if !line.trim().is_empty() && listener.hear("", line.trim())? {
                _ = tokio::time::timeout(LINGER, async { while let Ok(Some(_)) = body.next().await {} })
                    .await;
                return Ok(());
            }
        }
        held.drain(..whole);
        if ended {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(framing: Framing, chunks: &[&str]) -> (Vec<String>, Result<Times, StreamError>) {
        let body = Capped::of_chunks(chunks.iter().map(|c| c.as_bytes().to_vec()).collect(), 64);
        let mut heard = Vec::new();
        let mut on_event = |event: Event<'_>| {
            heard.push(format!("{}={}", event.name, event.data));
            match event.data {
                "bad" => Err(Unheard::Malformed("bad".into())),
                "[DONE]" => Ok(Heard { last: true, ..Heard::default() }),
                "whole" => Ok(Heard { complete: true, ..Heard::default() }),
                data => Ok(Heard { text: data.starts_with('t'), ..Heard::default() }),
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let times = runtime.block_on(read(body, framing, Instant::now(), &mut on_event));
        (heard, times)
    }

    #[test]
    fn events_split_over_chunks_are_put_together() {
        let (heard, times) =
            run(Framing::Events, &["event: a\ndata: ", "text\n\n: ping\n\nda", "ta: [DONE]\n\ndata: x\n\n"]);
        assert_eq!(heard, ["a=text", "=[DONE]"]);
        assert!(times.unwrap().first_text.is_some());
    }

    #[test]
    fn lines_split_over_chunks_are_put_together() {
        let (heard, times) = run(Framing::Lines, &["te", "xt\n\nmore\nwho", "le"]);
        assert_eq!(heard, ["=text", "=more", "=whole"]);
        assert!(times.is_ok());
    }

    #[test]
    fn a_stream_that_ends_too_soon_was_cut_off() {
        for framing in [Framing::Events, Framing::Lines] {
            let (_, times) = run(framing, &["data: text\n\n"]);
            assert!(matches!(times, Err(StreamError::Cut)), "{times:?}");
            let (_, times) = run(framing, &[]);
            assert!(matches!(times, Err(StreamError::Cut)), "{times:?}");
        }
    }

    #[test]
    fn an_endless_stream_meets_the_limit() {
        for framing in [Framing::Events, Framing::Lines] {
            let chunks = vec!["data: text\n\n"; 50];
            let (_, times) = run(framing, &chunks);
            assert!(matches!(times, Err(StreamError::Body(ReadError::TooLarge))), "{times:?}");
            let (_, times) = run(framing, &vec!["never a line break"; 50]);
            assert!(matches!(times, Err(StreamError::Body(ReadError::TooLarge))), "{times:?}");
        }
    }

    #[test]
    fn a_piece_that_cannot_be_read_ends_it() {
        let (_, times) = run(Framing::Events, &["data: bad\n\n"]);
        assert!(matches!(times, Err(StreamError::Unheard(Unheard::Malformed(_)))), "{times:?}");
    }
}
