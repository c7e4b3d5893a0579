//! Quantised matrices: the weights of a GGUF file, packed for vector instructions.
//!
//! [`Matrix`] holds exactly the numbers of the file. [`Acts`] are activations rounded to 8 bits, as
//! llama.cpp does it. Results are the same on every [`Level`], so a run can be repeated elsewhere.

#![expect(clippy::needless_range_loop, reason = "an index runs over several arrays at once")]
#![expect(clippy::inline_always, reason = "code that is not inlined into a level's entry is not vectorised")]

mod acts;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod format;
mod kernel;
mod lanes;
mod level;
mod matrix;

pub(super) use acts::Acts;
pub(super) use format::{Format, dequantise};
pub(super) use lanes::Lanes;
pub(super) use level::{Level, Task};
pub(super) use matrix::Matrix;
