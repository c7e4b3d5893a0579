//! The one owner of what an endpoint allows: requests in flight, per minute, and the pauses it asks for.
//!
//! A [`Limiter`] is shared by all models with the same endpoint and key. A request takes a [`Ticket`] before
//! it is sent and settles it with what came back; nothing else in the program slows requests down or
//! decides how many there may be. Inside: [`concurrency`] (AIMD), [`pause`] (Retry-After), [`budget`] (requests
//! and tokens per minute), each a plain value that is told the time; [`limiter`] puts a queue around
//! them. [`first`] lets one request of a model go ahead, and [`deadline`] is how long a run may take.

mod bucket;
mod budget;
mod concurrency;
mod deadline;
mod first;
mod history;
mod limiter;
mod pause;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod simulation;

pub(super) use budget::estimate;
pub use deadline::Deadline;
pub(super) use deadline::in_words;
pub(super) use first::{Ahead, Entry, FirstReply};
pub use history::Tell;
pub use limiter::Limiter;
pub(super) use limiter::{Shut, Ticket, exhausted};

use std::time::Duration;

/// A longer pause than this is not waited for: the trial errors and says so.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_mins(2);
