//! Differences of two pass rates, independent and paired, and the intervals that could be used instead.

use regauge::stats::{Interval, Random, newcombe, tango, wilson};

use crate::chance::{binomial, holds};
use crate::table::{CLAIMED, Point, Table};

pub(crate) fn independent(table: &mut Table) {
    if !table
        .begins("independent", "Two independent pass rates, each of 5 to 95 % in steps of five (enumerated).")
    {
        return;
    }
    for n in [20_u64, 50, 100, 200, 500] {
        let intervals: Vec<Vec<Interval>> =
            (0..=n).map(|a| (0..=n).map(|b| newcombe(a, n, b, n).unwrap()).collect()).collect();
        let rates: Vec<(f64, Vec<f64>)> =
            (1..20).map(|i| f64::from(i) / 20.0).map(|p| (p, binomial(n, p))).collect();
        let mut points = Vec::new();
        for (p_a, of_a) in &rates {
            for (p_b, of_b) in &rates {
                let mut share = 0.0;
                for (of_a, row) in of_a.iter().zip(&intervals).filter(|(weight, _)| **weight > 1e-12) {
                    let held = row.iter().zip(of_b).filter(|(interval, _)| holds(**interval, p_b - p_a));
                    share += of_a * held.map(|(_, of_b)| of_b).sum::<f64>();
                }
                points.push(Point { at: format!("{p_a:.2} and {p_b:.2}"), share });
            }
        }
        table.over("Newcombe", &format!("n {n}"), &points, CLAIMED);
    }
}

/// Both passed, only A, only B, neither.
type Bounds = fn([u64; 4]) -> Interval;

/// Newcombe's square and add: method 10, or method 8 without the correction of φ for continuity.
fn square_and_add([both, a, b, neither]: [u64; 4], corrected: bool) -> Interval {
    let n = (both + a + b + neither) as f64;
    let (p_a, p_b) = ((both + a) as f64 / n, (both + b) as f64 / n);
    let (of_a, of_b) = (wilson(both + a, n as u64).unwrap(), wilson(both + b, n as u64).unwrap());
    let margins = ((both + a) * (b + neither) * (both + b) * (a + neither)) as f64;
    let raw = both as f64 * neither as f64 - a as f64 * b as f64;
    let above = if corrected && raw > 0.0 { (raw - n / 2.0).max(0.0) } else { raw };
    let phi = if margins > 0.0 { above / margins.sqrt() } else { 0.0 };
    let reach = |x: f64, y: f64| (x * x - 2.0 * phi * x * y + y * y).max(0.0).sqrt();
    Interval {
        low: p_b - p_a - reach(p_b - of_b.low, of_a.high - p_a),
        high: p_b - p_a + reach(of_b.high - p_b, p_a - of_a.low),
    }
}

/// The normal approximation with so many changed pairs more of either kind, and two pairs more in all.
fn adjusted([both, a, b, neither]: [u64; 4], more: f64) -> Interval {
    let n = (both + a + b + neither) as f64 + 2.0;
    let (broke, fixed) = ((a as f64 + more) / n, (b as f64 + more) / n);
    let change = fixed - broke;
    let half = 1.959_963_984_540_054 * ((broke + fixed - change * change) / n).sqrt();
    Interval { low: change - half, high: change + half }
}

/// A pair of arms: shares that broke and were fixed, and the pass rate of the others.
struct Arms {
    broke: f64,
    fixed: f64,
    passed: f64,
}

/// So many pairs of arms in which this many pairs are expected to change.
fn arms(n: u64, count: u32, (least, most): (f64, f64)) -> Vec<Arms> {
    let mut random = Random::new(n);
    let draw = |_| {
        let moved = least * (most / least).powf(random.fraction()) / n as f64;
        let broken = 0.1 + 0.8 * random.fraction();
        Arms { broke: moved * broken, fixed: moved * (1.0 - broken), passed: 0.5 + 0.45 * random.fraction() }
    };
    (0..count).map(draw).collect()
}

/// Outcomes less likely than this are left out: all of them together are no ten-thousandth.
const NEVER: f64 = 1e-11;

/// How often each method holds the truth, all outcomes gone through.
fn held(n: u64, arms: &Arms, methods: &[Bounds]) -> Vec<f64> {
    let Arms { broke, fixed, passed } = arms;
    let mut shares = vec![0.0; methods.len()];
    for (moved, of_moved) in (0..).zip(binomial(n, broke + fixed)).filter(|(_, chance)| *chance > NEVER) {
        let still = binomial(n - moved, *passed);
        for (b, of_b) in (0..).zip(binomial(moved, broke / (broke + fixed))) {
            for (both, of_both) in (0..).zip(&still) {
                let chance = of_moved * of_b * of_both;
                if chance < NEVER {
                    continue;
                }
                for (share, of) in shares.iter_mut().zip(methods) {
                    let interval = of([both, b, moved - b, n - moved - both]);
                    *share += chance * f64::from(u8::from(holds(interval, fixed - broke)));
                }
            }
        }
    }
    shares
}

pub(crate) fn paired(table: &mut Table) {
    let about = "Paired pass rates (enumerated at seeded places): 10 to 90 % of the changed pairs broke, 50 to 95 % of the others \
                 pass, and from 3 to half of all pairs are expected to change, evenly on a logarithmic scale. With fewer changes an \
                 interval is wider than it says: among pairs of which none changed it cannot tell none from one.";
    if !table.begins("pairs", about) {
        return;
    }
    let methods: [(&str, Bounds, bool); 5] = [
        ("Tango", |[a, b, c, d]| tango(a, b, c, d).unwrap(), true),
        ("Newcombe, method 10", |counts| square_and_add(counts, true), false),
        ("Newcombe, method 8", |counts| square_and_add(counts, false), false),
        ("Bonett-Price", |counts| adjusted(counts, 1.0), false),
        ("Agresti-Min", |counts| adjusted(counts, 0.5), false),
    ];
    for (n, places) in [(20_u64, 300), (50, 200), (100, 60), (200, 24), (500, 12), (1000, 8)] {
        let half = n as f64 / 2.0;
        for (range, claimed) in [((3.0, half), CLAIMED), ((3.0, 5.0), None), ((1.0, 3.0), None)] {
            if claimed.is_none() && n > 100 {
                continue;
            }
            // The alternatives are measured where that takes no hours.
            let taken = if n > 200 { &methods[..1] } else { &methods[..] };
            let bounds: Vec<Bounds> = taken.iter().map(|(_, of, _)| *of).collect();
            let mut points: Vec<Vec<Point>> = taken.iter().map(|_| Vec::new()).collect();
            for arms in arms(n, places, range) {
                let at = format!("{:.3} broke, {:.3} fixed, {:.2}", arms.broke, arms.fixed, arms.passed);
                for (points, share) in points.iter_mut().zip(held(n, &arms, &bounds)) {
                    points.push(Point { at: at.clone(), share });
                }
            }
            for ((name, _, used), points) in taken.iter().zip(&points) {
                let setting = format!("n {n}, {} to {} changes expected", range.0, range.1);
                table.over(name, &setting, points, claimed.filter(|_| *used));
            }
        }
    }
}
