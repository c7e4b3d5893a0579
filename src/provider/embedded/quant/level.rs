//! Which vector instructions the processor offers, decided once at run time.

use super::lanes::{Lanes, Portable};

/// A set of vector instructions. All give the same results, bit for bit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    /// No particular instructions.
    Portable,
    /// AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    /// AVX-512 F, BW, DQ and VL.
    #[cfg(target_arch = "x86_64")]
    Avx512(pulp::x86::V4),
}

/// Work that can be compiled for each level.
pub(crate) trait Task {
    /// What it returns.
    type Output;
    /// Does the work; mark it `#[inline(always)]`, or it is not vectorised.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

impl Level {
    /// The best level of this processor.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(v4) = pulp::x86::V4::try_new() {
                return Self::Avx512(v4);
            }
            if let Some(v3) = pulp::x86::V3::try_new() {
                return Self::Avx2(v3);
            }
        }
        Self::Portable
    }

    /// Every level this processor can run.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(pulp::x86::V3::try_new().map(Self::Avx2));
            all.extend(pulp::x86::V4::try_new().map(Self::Avx512));
        }
        all
    }

    /// The name shown to users.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }

    /// Runs a task compiled for this level.
    #[inline]
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        match self {
            Self::Portable => task.run(Portable),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(v3) => v3.vectorize(Call(task, v3)),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(v4) => v4.vectorize(Call(task, v4)),
        }
    }
}

#[cfg(target_arch = "x86_64")]
struct Call<T, L>(T, L);

#[cfg(target_arch = "x86_64")]
impl<T: Task, L: Lanes> pulp::NullaryFnOnce for Call<T, L> {
    type Output = T::Output;

    #[inline(always)]
    fn call(self) -> T::Output {
        self.0.run(self.1)
    }
}
