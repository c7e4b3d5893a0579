//! Which cases are alike: cases about one article rise and fall together, and count as one where chance is judged.
//!
//! **The rule.** The cluster of a case is its first declared article; without one, its area; without that,
//! the case itself. Wordings, repeats and the turns of a conversation belong to their case. An article is the
//! same in every suite.

use std::collections::HashMap;

use crate::diff::CaseGroup;
use crate::outcome::CaseLabels;

/// The clusters met so far; a cluster is a number.
#[derive(Debug, Default)]
pub struct Clusters {
    named: HashMap<Box<str>, u32>,
    next: u32,
}

impl Clusters {
    /// The cluster of a case. Cases come one by one: a case without article and area is a new one each time.
    pub fn of(&mut self, group: &CaseGroup) -> u32 {
        self.of_labels(group.run.labels().or_else(|| group.earlier.labels()))
    }

    /// The cluster of a case with these labels.
    pub fn of_labels(&mut self, labels: Option<&CaseLabels>) -> u32 {
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
        found
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
        assert_eq!(found, [0, 0, 1, 2, 1, 3, 4]);
    }
}
