//! What changed between two runs, paired by case, never by position, in one pass over both.
//!
//! [`Groups`] reads the runs side by side, one case at a time (`group.rs`); inside a case, the repeats of
//! one wording in one column are one [`Side`] (`side.rs`); two of them make a [`Pair`] (`pair.rs`), a pair
//! one [`Change`] (`change.rs`), and the changes of a column are counted in a [`Tally`] (`compare.rs`) and measured in
//! [`Metric`]s (`metric.rs`). Nothing here keeps a trial; whoever wants to show one fetches it. [`word_diff`] shows two answers side by side.

mod change;
mod cluster;
mod columns;
mod compare;
mod finding;
mod group;
mod ledger;
mod metric;
mod metrics;
mod pair;
#[cfg(test)]
mod samples;
mod side;
mod spread;
mod weighted;
mod words;

pub use change::{Change, ChangeKind, Moved};
pub use cluster::{Clusters, Counted, LEAST_CLUSTERS, Unit, counted, independent};
pub use columns::{Columns, Outline, SharedColumn, seed};
pub use compare::{Tally, Went};
pub use finding::{ALPHA, Finding, MARGIN};
pub use group::{CaseGroup, CaseTrials, Groups, Repeats};
pub use ledger::{Flake, Ledger};
pub use metric::{Level, Method, Metric, MetricFold};
pub use metrics::{MetricsFold, PASS_RATE, SCORE, passes};
pub use pair::{Pair, pairs};
pub use side::Side;
pub use spread::{Spread, spreads};
pub use weighted::{WeightedDifference, WeightedFold};
pub use words::{DiffPiece, word_diff};
