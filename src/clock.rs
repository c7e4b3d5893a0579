//! The one clock: every time stamp in a store, event or report comes from here.

use jiff::Timestamp;

/// The time now, to the millisecond, in UTC.
#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
