//! Means of graded values.

use regauge::stats::{Random, bca, clustered_mean};

use crate::chance::holds;
use crate::table::{CLAIMED, Table};

/// Rounds of a simulation whose rounds are cheap: the standard error of a coverage of .95 is .0015.
const MANY: u32 = 20_000;
/// Rounds where each resamples.
const SOME: u32 = 2_000;

/// Values of `clusters` clusters of `size`, half of each shared in its cluster.
pub(crate) fn values(
    random: &mut Random,
    clusters: u32,
    size: u32,
    of: fn(f64) -> f64,
) -> (Vec<f64>, Vec<u32>) {
    let (mut values, mut ids) = (Vec::new(), Vec::new());
    for cluster in 0..clusters {
        let shared = of(random.fraction());
        for _ in 0..size {
            values.push(f64::midpoint(shared, of(random.fraction())));
            ids.push(cluster);
        }
    }
    (values, ids)
}

/// A name, what becomes of an even draw, and the mean of that.
type Shape = (&'static str, fn(f64) -> f64, f64);

pub(crate) fn graded(table: &mut Table) {
    if !table.begins("means", "Means of graded values: Student's t over clusters, and BCa (simulated).") {
        return;
    }
    // The second has a skewness of about 1.
    let shapes: [Shape; 2] = [("even", |u| u, 0.5), ("skewed", |u| u.powi(4), 0.2)];
    for (clusters, size) in [(20, 1), (20, 5), (50, 1), (100, 1), (100, 5), (200, 5), (1000, 1)] {
        for (name, of, truth) in shapes {
            let mut random = Random::new(u64::from(clusters * size));
            let (mut level, mut boot) = (0, 0);
            let rounds = if clusters >= 1000 { 600 } else { SOME };
            for round in 0..MANY {
                let (values, ids) = values(&mut random, clusters, size, of);
                level += u32::from(holds(clustered_mean(&values, &ids).unwrap().interval, truth));
                if round < rounds {
                    boot += u32::from(holds(bca(&values, &ids, u64::from(round)).unwrap(), truth));
                }
            }
            let setting = format!("{clusters} clusters of {size}, {name}");
            table.one("t", &setting, f64::from(level) / f64::from(MANY), CLAIMED);
            table.one("BCa", &setting, f64::from(boot) / f64::from(rounds), CLAIMED);
        }
    }
}
