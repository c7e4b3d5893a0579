//! Statistics: pure functions on slices; each names its source.
//!
//! Intervals are of 95 %. What is drawn at random is drawn from a seed, the same on every machine.

mod adjust;
mod agreement;
mod bootstrap;
mod cluster;
mod corrected;
mod design;
mod fisher;
mod interval;
mod level;
mod margin;
mod order;
mod paired;
mod passes;
mod points;
mod power;
mod random;
mod rates;
mod resolution;
mod sequential;
mod sign_flip;
mod summary;
mod tango;

pub use adjust::{benjamini_hochberg, holm, holm_among};
pub use agreement::{Confusion, Share};
pub use bootstrap::bca;
pub use corrected::{Corrected, Stratum, ppi_plus_plus, rogan_gladen};
pub use design::wilson_clustered;
pub use fisher::fisher;
pub use interval::{Interval, jeffreys, newcombe, wilson};
pub use level::{Level, clustered_mean};
pub use margin::{NonInferiority, equivalent, non_inferiority};
pub use order::quantile_interval;
pub use paired::{mcnemar_exact, mcnemar_mid_p};
pub use passes::{is_flaky, mixed_chance, pass_at_k, pass_hat_k};
pub use power::{least_share, mcnemar_power};
pub use random::Random;
pub use rates::{RateDifference, RatePair, rate_difference};
pub use resolution::{
    Effort, VarianceSplit, cases_needed, cheapest, least_cases, smallest_change, variance, within,
};
pub use sequential::e_value;
pub use sign_flip::sign_flip;
pub use summary::{mean, quantile};
pub use tango::{tango, tango_at};
