//! Statistics: pure functions on slices; each names its source.

mod interval;
mod paired;
mod summary;

pub use interval::{Interval, newcombe_paired, wilson};
pub use paired::mcnemar_mid_p;
pub use summary::{mean, quantile};
