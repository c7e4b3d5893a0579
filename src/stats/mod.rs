//! Statistics: pure functions on slices; each names its source.

mod agreement;
mod corrected;
mod interval;
mod paired;
mod summary;

pub use agreement::{Confusion, Share};
pub use corrected::{Corrected, Stratum, ppi_plus_plus, rogan_gladen};
pub use interval::{Interval, newcombe_paired, wilson};
pub use paired::mcnemar_mid_p;
pub use summary::{mean, quantile};
