//! Pass rates corrected by people's labels.

use regauge::stats::{Confusion, Random, Stratum, ppi_plus_plus, rogan_gladen};

use crate::chance::{Counts, hits, holds};
use crate::table::{CLAIMED, Point, Table};

const RATES: [f64; 7] = [0.1, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9];
/// Shares of the good answers that a judge passes, and of the bad ones that it fails.
const JUDGES: [(f64, f64); 5] = [(0.7, 0.7), (0.9, 0.8), (0.95, 0.9), (0.95, 0.95), (0.97, 0.5)];

pub(crate) fn corrected(table: &mut Table) {
    let about = "Rates corrected by labels (simulated), over true rates of 10, 30, 50, 70, 80, 85 and 90 % and judges that pass and \
                 fail rightly .7/.7, .9/.8, .95/.9, .95/.95 and .97/.5: labels drawn by verdict, half of each as far as there are so \
                 many, as `regauge label` does; and drawn from all.";
    if !table.begins("labels", about) {
        return;
    }
    for (n, rounds) in [(200_u64, 2_000_u32), (1_000, 2_000), (10_000, 2_000)] {
        for labelled in [30_u64, 60, 150, 500].into_iter().filter(|labelled| 2 * labelled <= n) {
            let mut held: [Vec<Point>; 3] = Default::default();
            for rate in RATES {
                for (good, bad) in JUDGES {
                    let seed = n * 7 + labelled + (rate * 100.0) as u64;
                    let shares = coverage(&mut Random::new(seed), rounds, (n, labelled), rate, (good, bad));
                    for (points, share) in held.iter_mut().zip(shares) {
                        let at = format!("{rate}, judge {good}/{bad}");
                        points.extend(share.map(|share| Point { at, share }));
                    }
                }
            }
            let setting = format!("{labelled} labels of {n} answers");
            let names = ["PPI++, by verdict", "PPI++, drawn from all", "Rogan-Gladen"];
            for (at, (name, points)) in names.into_iter().zip(&held).enumerate() {
                table.over(name, &setting, points, CLAIMED.filter(|_| at < 2));
            }
        }
    }
}

/// Answers by verdict, of which some are good.
fn stratum(labelled: u64, good: u64, all: u64, verdict: bool) -> Stratum {
    let label = |i: u64| (i < good, verdict);
    Stratum {
        labelled: (0..labelled).map(label).collect(),
        unlabelled: vec![verdict; (all - labelled) as usize],
    }
}

fn coverage(
    random: &mut Random,
    rounds: u32,
    (n, labelled): (u64, u64),
    rate: f64,
    (good, bad): (f64, f64),
) -> [Option<f64>; 3] {
    let pass_rate = rate * good + (1.0 - rate) * (1.0 - bad);
    // Of what the judge passes and of what it fails, the share that is good.
    let (of_passed, of_failed) = (rate * good / pass_rate, rate * (1.0 - good) / (1.0 - pass_rate));
    let [of_all, of_labels, of_rest] = [n, labelled, n - labelled].map(|n| Counts::new(n, pass_rate));
    let (mut held, mut known) = ([0_u32; 3], [0_u32; 3]);
    for _ in 0..rounds {
        let passed = of_all.draw(random);
        let failed = n - passed;
        let mut from_failed = failed.min(labelled / 2);
        let from_passed = passed.min(labelled - from_failed);
        from_failed = failed.min(labelled - from_passed);
        let strata = [
            stratum(from_passed, hits(random, from_passed, of_passed), passed, true),
            stratum(from_failed, hits(random, from_failed, of_failed), failed, false),
        ];
        let first = of_labels.draw(random);
        let (a, b) = (hits(random, first, of_passed), hits(random, labelled - first, of_failed));
        let rest = of_rest.draw(random);
        let [mut all, other] =
            [stratum(first, a, first + rest, true), stratum(labelled - first, b, n - first - rest, false)];
        all.labelled.extend(other.labelled);
        all.unlabelled.extend(other.unlabelled);
        let mut confusion = Confusion::default();
        all.labelled.iter().for_each(|(person, judge)| confusion.add(*judge, *person));
        let found =
            [ppi_plus_plus(&strata), ppi_plus_plus(&[all]), rogan_gladen(first + rest, n, &confusion)];
        for ((held, known), found) in held.iter_mut().zip(&mut known).zip(found) {
            *known += u32::from(found.is_some());
            *held += u32::from(found.is_some_and(|found| holds(found.interval, rate)));
        }
    }
    // Where it hardly ever says anything, what it says is no draw of what it would.
    std::array::from_fn(|at| (known[at] > rounds / 2).then(|| f64::from(held[at]) / f64::from(known[at])))
}
