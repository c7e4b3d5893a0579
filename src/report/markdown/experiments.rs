//! The experiments that the run belongs to, folded.

use std::fmt::Write as _;

use super::LINE;
use super::escape::{cut, words};
use super::fit::Part;
use crate::report::{ExperimentView, Report};

/// One part per experiment.
pub(super) fn parts(report: &Report) -> Vec<Part> {
    report.experiments.iter().map(|one| Part::of(1, "experiment", experiment(one))).collect()
}

fn experiment(one: &ExperimentView) -> String {
    let mut text = format!(
        "<details><summary>Experiment {}: {}</summary>\n\n",
        words(&cut(&one.name, LINE)),
        words(&cut(&one.hypothesis, LINE))
    );
    for (what, said) in one.lines() {
        let _ = writeln!(text, "- {what}: {}", words(&cut(&said, LINE)));
    }
    text.push_str("\n</details>\n\n");
    text
}
