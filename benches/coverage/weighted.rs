//! The difference of two pass rates weighted by traffic.

use regauge::stats::{Random, RatePair, rate_difference, sign_flip};

use crate::chance::{holds, normal, repeated};
use crate::table::{CLAIMED, Point, Table};

/// Rounds of an interval; the test's signs are flipped ten thousand times in each, so it gets fewer where there are many cases.
const ROUNDS: u32 = 1_000;

fn rounds_of_test(cases: u32) -> u32 {
    if cases > 200 { 500 } else { ROUNDS }
}

/// The most of all traffic that one case has, up to which something is claimed.
const HEAVIEST: f64 = 0.1;
/// Cases of equal weight that would be as telling and are expected to change, from which on something is claimed.
const LEAST_CHANGES: f64 = 3.0;

/// Weights of so many cases, and what they are called.
fn weights(n: u32) -> [(&'static str, Vec<f64>); 6] {
    let of = |weight: fn(u32) -> f64| (0..n).map(weight).collect::<Vec<f64>>();
    let mut random = Random::new(99);
    [
        ("1 to 5", of(|i| f64::from(1 + i % 5))),
        ("one in five weighs ten", of(|i| if i % 5 == 0 { 10.0 } else { 1.0 })),
        ("lognormal", (0..n).map(|_| normal(&mut random).exp()).collect()),
        ("by the root of the rank", of(|i| 1.0 / f64::from(i + 1).sqrt())),
        ("by rank", of(|i| 1.0 / f64::from(i + 1))),
        ("one weighs forty", of(|i| if i == 0 { 40.0 } else { 1.0 })),
    ]
}

/// Which cases may change.
#[derive(Clone, Copy, PartialEq)]
enum Among {
    All,
    /// Those of the median weight and above.
    Heavy,
}

/// Shares of the cases that may change: broke, were fixed, are flaky under both.
#[derive(Clone, Copy)]
struct World {
    broke: f64,
    fixed: f64,
    flaky: f64,
    among: Among,
}

const fn world(broke: f64, fixed: f64, flaky: f64, among: Among) -> World {
    World { broke, fixed, flaky, among }
}

const WORLDS: [World; 6] = [
    world(0.05, 0.05, 0.0, Among::All),
    world(0.1, 0.02, 0.0, Among::All),
    world(0.15, 0.05, 0.0, Among::All),
    world(0.2, 0.2, 0.0, Among::All),
    world(0.05, 0.0, 0.15, Among::All),
    world(0.15, 0.05, 0.1, Among::Heavy),
];

impl World {
    fn named(self) -> String {
        let Self { broke, fixed, flaky, among } = self;
        let of = if among == Among::Heavy { " of the heavy" } else { "" };
        let flaky = if flaky > 0.0 { format!(", {flaky} flaky") } else { String::new() };
        format!("{broke} broke, {fixed} fixed{flaky}{of}")
    }

    /// Pass rates of a case under base and candidate.
    fn case(self, random: &mut Random, may_change: bool) -> (f64, f64) {
        let (draw, rate) = (random.fraction(), 0.2 + 0.6 * random.fraction());
        let same = f64::from(u8::from(random.fraction() < 0.8));
        match draw {
            _ if !may_change => (same, same),
            x if x < self.broke => (1.0, 0.0),
            x if x < self.broke + self.fixed => (0.0, 1.0),
            x if x < self.broke + self.fixed + self.flaky => (rate, rate),
            _ => (same, same),
        }
    }
}

pub(crate) fn by_traffic(table: &mut Table) {
    let about = "The difference weighted by traffic (simulated): shares broken and fixed of 5 and 5, 10 and 2, 15 and 5, 20 and \
                 20 %, 5 % broken beside 15 % that are flaky, and 15, 5 and 10 % of the heavier half alone; 80 % of the others pass. \
                 Claimed where no case has more than a tenth of the traffic, and at least three cases of equal weight would be as \
                 telling as those that change; elsewhere one case decides, and no interval can hold what one case does 95 times in a \
                 hundred.";
    if !table.begins("weighted", about) {
        return;
    }
    for (n, size, repeats) in [
        (20_u32, 1_u32, 1_u32),
        (50, 1, 1),
        (100, 1, 1),
        (200, 1, 1),
        (500, 1, 1),
        (1000, 1, 1),
        (50, 1, 3),
        (100, 1, 3),
        (200, 1, 3),
        (1000, 1, 3),
        (200, 4, 1),
        (200, 4, 3),
    ] {
        let (mut realistic, mut other, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
        for (name, weights) in weights(n) {
            let suite = Suite::of(&weights, size, repeats);
            for world in WORLDS {
                let at = format!("{name}, {}", world.named());
                let found = suite.rates(world);
                wrong.push(Point { at: at.clone(), share: found.wrong });
                let claimed = suite.heaviest <= HEAVIEST && found.changes >= LEAST_CHANGES;
                if claimed { &mut realistic } else { &mut other }.push(Point { at, share: found.held });
            }
        }
        let clusters = if size > 1 { format!(" in clusters of {size}") } else { String::new() };
        let setting = format!("{n} cases{clusters}, {repeats} repeats");
        if !realistic.is_empty() {
            // Of twenty cases few change whatever is drawn, where no more is claimed of an interval (see `pairs`).
            table.over("interval", &setting, &realistic, CLAIMED.filter(|_| n > 20));
        }
        if !other.is_empty() {
            table.over("the same, one case decides", &setting, &other, None);
        }
        table.over("its test", &setting, &wrong, Some((0.0, 0.055)));
    }
}

/// Weighted cases in clusters of one size, asked so often each.
struct Suite<'w> {
    weights: &'w [f64],
    size: u32,
    repeats: u32,
    whole: f64,
    median: f64,
    heaviest: f64,
}

/// How often the interval held and the test erred, and how many cases of equal weight changed.
struct Found {
    held: f64,
    wrong: f64,
    changes: f64,
}

impl<'w> Suite<'w> {
    fn of(weights: &'w [f64], size: u32, repeats: u32) -> Self {
        let whole: f64 = weights.iter().sum();
        let mut sorted = weights.to_vec();
        sorted.sort_by(f64::total_cmp);
        let heaviest = sorted.last().unwrap() / whole;
        Self { weights, size, repeats, whole, median: sorted[sorted.len() / 2], heaviest }
    }

    fn rates(&self, world: World) -> Found {
        let n = self.weights.len() as u32;
        let mut random = Random::new(u64::from(n) + (world.broke * 1000.0) as u64);
        let may_change = |weight: f64| world.among == Among::All || weight >= self.median;
        let of_those = self.weights.iter().filter(|w| may_change(**w)).sum::<f64>() / self.whole;
        let truth = (world.fixed - world.broke) * of_those;
        let (mut held, mut wrong, mut changes) = (0, 0, 0.0);
        for round in 0..ROUNDS {
            let (mut pairs, mut still, mut clusters) = (Vec::new(), Vec::new(), Vec::new());
            let (mut moved, mut squares) = (0.0, 0.0);
            for (case, weight) in (0..).zip(self.weights) {
                let (before, after) = world.case(&mut random, may_change(*weight));
                let base = repeated(&mut random, self.repeats, before).mean;
                let cand = repeated(&mut random, self.repeats, after).mean;
                let cluster = case / self.size;
                pairs.push(RatePair { base, cand, trials: self.repeats, weight: *weight, cluster });
                moved += weight * (cand - base).abs() / self.whole;
                squares += (weight / self.whole).powi(2);
                // Nothing changed: which of them is the candidate is a coin's choice.
                let turned = if random.fraction() < 0.5 { -1.0 } else { 1.0 };
                still.push(turned * weight * (cand - base));
                clusters.push(cluster);
            }
            changes += moved / squares / f64::from(ROUNDS);
            let found = rate_difference(&pairs).unwrap().interval;
            held += u32::from(found.is_none_or(|i| holds(i, truth)));
            if round < rounds_of_test(n) {
                wrong += u32::from(sign_flip(&still, &clusters, u64::from(round)).unwrap() <= 0.05);
            }
        }
        let share = |of: u32, rounds: u32| f64::from(of) / f64::from(rounds);
        Found { held: share(held, ROUNDS), wrong: share(wrong, rounds_of_test(n)), changes }
    }
}
