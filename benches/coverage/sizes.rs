//! How often tests err where nothing changed, and how often they see what did.

use regauge::stats::{Random, e_value, fisher, holm, mcnemar_exact, mcnemar_mid_p, mcnemar_power, sign_flip};

use crate::chance::binomial;
use crate::means::values;
use crate::table::{Point, Table};

const SIZES: [u64; 6] = [20, 50, 100, 200, 500, 1000];

pub(crate) fn of_counts(table: &mut Table) {
    let about = "Tests of counts where nothing changed, over shares of changed pairs of 1 to 50 %, or rates of 2 to 98 % \
                 (enumerated); the claim is about the most.";
    if !table.begins("sizes", about) {
        return;
    }
    let shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];
    let mut most = |what: &str, setting: &str, places: &[f64], of: &dyn Fn(f64) -> f64, claimed: f64| {
        let points = places.iter().map(|at| Point { at: at.to_string(), share: of(*at) });
        let worst = points.max_by(|a, b| a.share.total_cmp(&b.share)).into_iter().collect::<Vec<Point>>();
        table.over(what, setting, &worst, Some((0.0, claimed)));
    };
    for n in SIZES {
        let setting = format!("n {n}");
        most("McNemar, mid-p", &setting, &shares, &|q| mcnemar_power(n, q / 2.0, q / 2.0, 0.05), 0.055);
        most(
            "the same, one-sided",
            &setting,
            &shares,
            &|q| mcnemar_power(n, q / 2.0, q / 2.0, 0.1) / 2.0,
            0.055,
        );
    }
    for n in [20, 100] {
        let errs = |moved: u64| -> f64 {
            let all = binomial(moved, 0.5).into_iter().zip(0..);
            all.filter(|(_, b)| mcnemar_exact(*b, moved - b) <= 0.05).map(|(chance, _)| chance).sum()
        };
        let of =
            |q: f64| binomial(n, q).iter().zip(0..).skip(1).map(|(chance, moved)| chance * errs(moved)).sum();
        most("McNemar, exact", &format!("n {n}"), &shares, &of, 0.05);
        let rejects: Vec<Vec<bool>> =
            (0..=n).map(|a| (0..=n).map(|b| fisher(a, n, b, n) <= 0.05).collect()).collect();
        let of = |p: f64| {
            let chances = binomial(n, p);
            let row = |row: &Vec<bool>| {
                row.iter().zip(&chances).filter(|(is, _)| **is).map(|(_, c)| c).sum::<f64>()
            };
            rejects.iter().zip(&chances).map(|(found, chance)| chance * row(found)).sum()
        };
        let rates: Vec<f64> = (1..50).map(|i| f64::from(i) * 0.02).collect();
        most("Fisher", &format!("{n} against {n}"), &rates, &of, 0.05);
    }
}

pub(crate) fn of_flips(table: &mut Table) {
    if !table.begins("flips", "Sign flips where nothing changed, and Holm over ten of them (simulated).") {
        return;
    }
    for (clusters, size, rounds) in
        [(20, 1, 20_000), (20, 5, 20_000), (100, 1, 10_000), (100, 5, 5_000), (1000, 1, 1_000)]
    {
        let mut random = Random::new(u64::from(clusters + size));
        let mut found = Vec::new();
        for round in 0..rounds {
            let (mut values, ids) = values(&mut random, clusters, size, |u| u);
            for value in &mut values {
                *value -= 0.5;
            }
            found.push(sign_flip(&values, &ids, round).unwrap());
        }
        let wrong = found.iter().filter(|p| **p <= 0.05).count() as f64 / rounds as f64;
        let setting = format!("{clusters} clusters of {size}, {rounds} rounds");
        table.one("sign flip", &setting, wrong, Some((0.0, 0.055)));
        let tens = found.chunks_exact(10);
        // Two standard errors of the simulation more than what is claimed.
        let (families, error) = (tens.len() as f64, 2.0 * (0.05 * 0.95 / tens.len() as f64).sqrt());
        let any = tens.filter(|ps| holm(ps).iter().any(|p| *p <= 0.05)).count() as f64 / families;
        table.one("Holm over ten", &setting, any, Some((0.0, ((0.05 + error) * 1e4).round() / 1e4)));
    }
}

pub(crate) fn power(table: &mut Table) {
    let about = "The power of McNemar's mid-p test as `plan` computes it, against all outcomes gone through: the difference.";
    if !table.begins("power", about) {
        return;
    }
    for n in [20_u64, 50, 100, 200] {
        for (broke, fixed) in [(0.05, 0.05), (0.1, 0.02), (0.15, 0.05), (0.3, 0.1)] {
            let mut power = 0.0;
            for (moved, of_moved) in (0..).zip(binomial(n, broke + fixed)) {
                for (b, of_b) in (0..).zip(binomial(moved, broke / (broke + fixed))) {
                    power += of_moved * of_b * f64::from(u8::from(mcnemar_mid_p(b, moved - b) <= 0.05));
                }
            }
            let setting = format!("n {n}, {broke} broke, {fixed} fixed: {power:.4}");
            let differs = (mcnemar_power(n, broke, fixed, 0.05) - power).abs();
            table.one("difference", &setting, differs, Some((0.0, 1e-9)));
        }
    }
}

/// The chance that the e-value ever reaches 1/α, by going through all that can happen, case after case.
pub(crate) fn false_stops(table: &mut Table) {
    if !table
        .begins("stops", "The e-value where nothing changed: the chance to stop at any time (enumerated).")
    {
        return;
    }
    for alpha in [0.05, 0.01] {
        for most in [50_usize, 200, 1000] {
            // Chance to be at so many broken cases, not stopped.
            let (mut at, mut stopped) = (vec![1.0], 0.0);
            for moved in 1..=most {
                let mut next = vec![0.0; moved + 1];
                for (broke, chance) in at.iter().enumerate() {
                    next[broke] += chance / 2.0;
                    next[broke + 1] += chance / 2.0;
                }
                for (broke, chance) in next.iter_mut().enumerate() {
                    if e_value(broke as u64, (moved - broke) as u64) >= 1.0 / alpha {
                        stopped += *chance;
                        *chance = 0.0;
                    }
                }
                at = next;
            }
            table.one("e-value", &format!("alpha {alpha}, {most} moved cases"), stopped, Some((0.0, alpha)));
        }
    }
}
