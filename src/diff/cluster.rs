//! Which cases are alike: cases about one article rise and fall together, and count as one where chance is judged.
//!
//! **The rule.** The cluster of a case is its first declared article; without one, its area; without that,
//! the case itself. Wordings, repeats and the turns of a conversation belong to their case. An article is the
//! same in every suite. Fewer than [`LEAST_CLUSTERS`] do not tell how clusters differ: there the cases count as
//! independent of each other ([`counted`]), and what rests on that says so ([`independent`]).

use std::collections::{HashMap, HashSet};

use crate::diff::CaseGroup;
use crate::outcome::CaseLabels;

/// Fewest clusters that tell how clusters differ.
pub const LEAST_CLUSTERS: u64 = 10;

/// Where a case belongs; cases and clusters are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Its cluster.
    pub cluster: u32,
    /// The case itself.
    pub case: u32,
}

impl Unit {
    /// A case that is a cluster of its own.
    pub fn alone(case: u32) -> Self {
        Self { cluster: case, case }
    }
}

/// By what values are counted where chance is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What every value belongs to.
    pub by: Vec<u32>,
    /// How many there are.
    pub n: u64,
    /// The clusters, where they are too few, so that cases count as independent although some belong together.
    pub too_few: Option<u64>,
}

/// The one rule by what values of these cases are counted: by cluster where there are enough of them, else by case.
pub fn counted(units: &[Unit]) -> Counted {
    let of = |part: fn(&Unit) -> u32| {
        let by: Vec<u32> = units.iter().map(part).collect();
        let n = by.iter().collect::<HashSet<_>>().len() as u64;
        (by, n)
    };
    let (by, clusters) = of(|unit| unit.cluster);
    if clusters >= LEAST_CLUSTERS {
        return Counted { by, n: clusters, too_few: None };
    }
    let (by, n) = of(|unit| unit.case);
    Counted { by, n, too_few: (clusters < n).then_some(clusters) }
}

/// What is said where cases count as independent because there are too few clusters.
pub fn independent(clusters: u64) -> String {
    let s = if clusters == 1 { "" } else { "s" };
    format!("only {clusters} cluster{s}, so cases count as independent and the interval may be too narrow")
}

/// The clusters met so far.
#[derive(Debug, Default)]
pub struct Clusters {
    named: HashMap<Box<str>, u32>,
    next: u32,
    cases: u32,
}

impl Clusters {
    /// Where a case belongs. Cases come one by one: each is a new one.
    pub fn of(&mut self, group: &CaseGroup) -> Unit {
        self.of_labels(group.run.labels().or_else(|| group.earlier.labels()))
    }

    /// Where the next case belongs, which has these labels.
    pub fn of_labels(&mut self, labels: Option<&CaseLabels>) -> Unit {
        let case = self.cases;
        self.cases = case.saturating_add(1);
        let name = labels.and_then(|l| match (l.articles.first(), &l.area) {
            (Some(article), _) => Some(format!("article {article}")),
            (None, Some(area)) => Some(format!("area {area}")),
            (None, None) => None,
        });
        let new = self.next;
        let found = match name {
            Some(name) => *self.named.entry(name.into()).or_insert(new),
            None => new,
        };
        if found == new {
            self.next = self.next.saturating_add(1);
        }
        Unit { cluster: found, case }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::{P, run, trials};
    use crate::diff::{Groups, Outline};

    #[test]
    fn articles_come_before_areas_and_areas_before_the_case() {
        let labelled = |case: &str, sources: &[&str], area: Option<&str>| {
            let mut trials = trials(case, &[P, P]);
            for trial in &mut trials {
                trial.case.sources = sources.iter().map(|s| (*s).to_owned()).collect();
                trial.case.area = area.map(str::to_owned);
            }
            trials
        };
        let trials = [
            labelled("a", &["returns#window", "fees"], Some("money")),
            labelled("b", &["returns"], None),
            labelled("c", &[], Some("money")),
            labelled("d", &[], None),
            labelled("e", &[], Some("money")),
            labelled("f", &[], None),
            labelled("g", &["money"], None),
        ];
        let run = run("a", &[("p", trials.concat())]);
        let outline = Outline::of(&run).unwrap();
        let mut groups = Groups::open(&outline, None).unwrap();
        let (mut clusters, mut found) = (Clusters::default(), vec![]);
        while let Some(group) = groups.next_case().unwrap() {
            found.push(clusters.of(group));
        }
        assert_eq!(found.iter().map(|unit| unit.cluster).collect::<Vec<_>>(), [0, 0, 1, 2, 1, 3, 4]);
        assert_eq!(found.iter().map(|unit| unit.case).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn too_few_clusters_leave_the_cases_to_themselves() {
        let of = |cases: u32, per_cluster: u32| -> Counted {
            // Two wordings a case.
            let units = (0..cases).flat_map(|case| [Unit { cluster: case / per_cluster, case }; 2]);
            counted(&units.collect::<Vec<_>>())
        };
        assert_eq!((of(40, 4).n, of(40, 4).too_few), (10, None));
        assert_eq!((of(40, 5).n, of(40, 5).too_few), (40, Some(8)));
        assert_eq!((of(6, 1).n, of(6, 1).too_few), (6, None), "each is its own: nothing belongs together");
        assert_eq!(of(6, 1).by, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
        assert_eq!(counted(&[]), Counted { by: vec![], n: 0, too_few: None });
        assert!(independent(1).starts_with("only 1 cluster, so cases count as independent"));
    }
}
