//! A run while it goes on: bars on a terminal, plain lines elsewhere. Writes to the error stream only.

mod bars;
mod lines;
mod tally;

use std::io::Write;
use std::time::Instant;

use indicatif::ProgressDrawTarget;

use crate::event::{Event, Sink};
use crate::outcome::{LimitChange, LimitReason};
use crate::report::inert_line;
use crate::report::numbers;

use bars::Bars;
use lines::Lines;

/// The sink that shows a run in progress.
pub struct Progress(Shape);

enum Shape {
    Bars(Box<Bars>),
    Lines(Box<Lines>),
}

/// How a run in progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressStyle {
    /// Bars, on a terminal.
    Bars {
        /// Whether colours may be used.
        color: bool,
    },
    /// Plain lines, for a log.
    Lines,
}

impl Progress {
    /// Progress on the error stream.
    pub fn to_stderr(style: ProgressStyle) -> Self {
        match style {
            ProgressStyle::Bars { color } => Self::bars(ProgressDrawTarget::stderr(), color),
            ProgressStyle::Lines => Self::lines(Box::new(std::io::stderr())),
        }
    }

    /// One bar per variant on a target.
    pub fn bars(target: ProgressDrawTarget, color: bool) -> Self {
        Self(Shape::Bars(Box::new(Bars::new(target, color))))
    }

    /// A line per variant now and then.
    pub fn lines(out: Box<dyn Write + Send>) -> Self {
        let began = Instant::now();
        Self(Shape::Lines(Box::new(Lines::new(out, Box::new(move || began.elapsed())))))
    }
}

impl Sink for Progress {
    fn on_event(&mut self, event: &Event) {
        match &mut self.0 {
            Shape::Bars(bars) => bars.on_event(event),
            Shape::Lines(lines) => lines.on_event(event),
        }
    }
}

/// What a reader is told of a limit that was lowered; growth is not worth a line.
fn limit_words(change: &LimitChange) -> Option<String> {
    let why = match change.reason {
        LimitReason::Start | LimitReason::Grown => return None,
        LimitReason::RateLimited => "the endpoint limits requests",
        LimitReason::Failing => "the endpoint is failing",
    };
    let pause = numbers::duration(change.pause_ms as f64);
    let at_once = numbers::plural(u64::from(change.concurrency), "request");
    Some(format!("{}: {why}; {at_once} at once from now on, after {pause}", inert_line(&change.endpoint)))
}
