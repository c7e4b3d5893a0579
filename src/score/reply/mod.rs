//! Scorers of facts about the reply: what it cost, how long it took, why it ended.

pub(super) mod cost;
pub(super) mod latency;
pub(super) mod limits;
pub(super) mod stop;
pub(super) mod tokens;
