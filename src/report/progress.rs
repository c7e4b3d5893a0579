//! A run while it goes on: bars on a terminal, plain lines elsewhere. Writes to the error stream only.

mod bars;
mod lines;
mod tally;

use std::io::Write;
use std::time::Instant;

use indicatif::ProgressDrawTarget;

use crate::event::{Event, Sink};

use bars::Bars;
use lines::Lines;

/// The sink that shows a run in progress.
pub struct Progress(Shape);

enum Shape {
    Bars(Box<Bars>),
    Lines(Box<Lines>),
}

impl Progress {
    /// One bar per variant on the terminal behind the error stream.
    pub fn bars(color: bool) -> Self {
        Self::bars_on(ProgressDrawTarget::stderr(), color)
    }

    /// One bar per variant on any target.
    pub fn bars_on(target: ProgressDrawTarget, color: bool) -> Self {
        Self(Shape::Bars(Box::new(Bars::new(target, color))))
    }

    /// A line per variant now and then, for a log.
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
