//! Paired tests.

/// Two-sided mid-p McNemar test on `broke` (A pass, B fail) and `fixed` (A fail, B pass) pairs; 1.0 when none is discordant.
/// Fagerland et al. 2013, doi 10.1186/1471-2288-13-91.
pub fn mcnemar_mid_p(broke: u64, fixed: u64) -> f64 {
    let _ = (broke, fixed);
    todo!()
}
