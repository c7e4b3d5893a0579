//! How far two raters agree beyond chance, and how well one finds what the other found.

use serde::{Deserialize, Serialize};

use super::{Interval, wilson};

/// A judge against a person on the same answers: counts by who was content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Both say pass.
    pub both_pass: u64,
    /// The judge says pass, the person fail.
    pub judge_only: u64,
    /// The judge says fail, the person pass.
    pub person_only: u64,
    /// Both say fail.
    pub both_fail: u64,
}

/// A share with its 95 % Wilson interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// Counted.
    pub hits: u64,
    /// Of so many.
    pub of: u64,
    /// `hits / of`; absent for `of` = 0.
    pub share: Option<f64>,
    /// 95 % Wilson interval; absent for `of` = 0.
    pub interval: Option<Interval>,
}

impl Share {
    /// The share of `hits` in `of`.
    pub fn of(hits: u64, of: u64) -> Self {
        Self { hits, of, share: (of > 0).then(|| hits as f64 / of as f64), interval: wilson(hits, of) }
    }
}

impl Confusion {
    /// Takes in one answer.
    pub fn add(&mut self, judge: bool, person: bool) {
        let count = match (judge, person) {
            (true, true) => &mut self.both_pass,
            (true, false) => &mut self.judge_only,
            (false, true) => &mut self.person_only,
            (false, false) => &mut self.both_fail,
        };
        *count += 1;
    }

    /// Answers.
    pub fn n(&self) -> u64 {
        self.both_pass + self.judge_only + self.person_only + self.both_fail
    }

    /// Answers on which both say the same.
    pub fn agreement(&self) -> Share {
        Share::of(self.both_pass + self.both_fail, self.n())
    }

    /// Of the answers that the person passed, those that the judge passed too (sensitivity).
    pub fn recall_pass(&self) -> Share {
        Share::of(self.both_pass, self.both_pass + self.person_only)
    }

    /// Of the answers that the person failed, those that the judge failed too (specificity).
    pub fn recall_fail(&self) -> Share {
        Share::of(self.both_fail, self.both_fail + self.judge_only)
    }

    /// Cohen's κ = (p_o − p_e) / (1 − p_e), with p_e from the raters' own margins; `None` without answers and where
    /// both always say the same one thing. It falls towards 0 when nearly all answers pass, however well they agree.
    ///
    /// Cohen 1960, Educational and Psychological Measurement 20, 37–46.
    pub fn kappa(&self) -> Option<f64> {
        let (judge, person) = self.margins()?;
        self.beyond(judge * person + (1.0 - judge) * (1.0 - person))
    }

    /// Gwet's AC1, with p_e = 2π(1 − π) and π the mean of both margins; `None` without answers. It stays high where
    /// nearly all answers pass and the raters agree.
    ///
    /// Gwet 2008, British Journal of Mathematical and Statistical Psychology 61, 29–48.
    pub fn ac1(&self) -> Option<f64> {
        let (judge, person) = self.margins()?;
        let share = f64::midpoint(judge, person);
        self.beyond(2.0 * share * (1.0 - share))
    }

    /// Shares that pass, by the judge and by the person.
    fn margins(&self) -> Option<(f64, f64)> {
        let n = self.n();
        let share = |count: u64| count as f64 / n as f64;
        (n > 0).then(|| (share(self.both_pass + self.judge_only), share(self.both_pass + self.person_only)))
    }

    fn beyond(&self, chance: f64) -> Option<f64> {
        let observed = self.agreement().share?;
        (chance < 1.0).then(|| (observed - chance) / (1.0 - chance))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(both_pass: u64, judge_only: u64, person_only: u64, both_fail: u64) -> Confusion {
        Confusion { both_pass, judge_only, person_only, both_fail }
    }

    fn close(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 5e-5, "{found:?} {expected}");
    }

    #[test]
    fn published_tables() {
        // The usual example of κ: 20, 5, 10, 15.
        close(table(20, 5, 10, 15).kappa(), 0.4);
        close(table(20, 5, 10, 15).ac1(), 0.405_94);
        // The paradox of Gwet 2008: 118, 5, 2, 0 of 125.
        close(table(118, 5, 2, 0).kappa(), -0.0234);
        close(table(118, 5, 2, 0).ac1(), 0.9408);
    }

    #[test]
    fn the_ends() {
        assert_eq!((table(0, 0, 0, 0).kappa(), table(0, 0, 0, 0).ac1()), (None, None));
        assert_eq!((table(9, 0, 0, 0).kappa(), table(9, 0, 0, 0).ac1()), (None, Some(1.0)));
        assert_eq!((table(5, 0, 0, 4).kappa(), table(5, 0, 0, 4).ac1()), (Some(1.0), Some(1.0)));
        assert_eq!(table(0, 3, 4, 0).agreement().share, Some(0.0));
        assert_eq!(table(3, 0, 1, 0).recall_fail().share, None);
        assert_eq!(table(3, 0, 1, 0).recall_pass().share, Some(0.75));
    }

    proptest! {
        #[test]
        fn swapping_raters_or_classes_changes_nothing(a in 0_u64..60, b in 0_u64..60, c in 0_u64..60, d in 0_u64..60) {
            let (one, swapped, turned) = (table(a, b, c, d), table(a, c, b, d), table(d, c, b, a));
            for (x, y) in [(one.kappa(), swapped.kappa()), (one.kappa(), turned.kappa()),
                           (one.ac1(), swapped.ac1()), (one.ac1(), turned.ac1())] {
                prop_assert_eq!(x.is_some(), y.is_some());
                prop_assert!((x.unwrap_or(0.0) - y.unwrap_or(0.0)).abs() < 1e-9);
            }
            for value in [one.kappa(), one.ac1()].into_iter().flatten() {
                prop_assert!((-1.0..=1.0).contains(&value), "{value}");
            }
            let mut counted = Confusion::default();
            for (n, judge, person) in [(a, true, true), (b, true, false), (c, false, true), (d, false, false)] {
                (0..n).for_each(|_| counted.add(judge, person));
            }
            prop_assert_eq!(counted, one);
        }
    }
}
