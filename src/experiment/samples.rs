//! Experiments for this folder's tests.

use super::{Experiment, Found, Plan};
use crate::diff::Finding;
use crate::fingerprint::Fingerprint;
use crate::outcome::{Fingerprints, VariantKey};
use crate::stats::Interval;

fn arm(prompt: &str) -> VariantKey {
    VariantKey { prompt: prompt.into(), model: "gpt".into() }
}

/// An experiment on the suite `faq` with a result per p-value, each with an interval above 0.
pub(super) fn experiment(candidates: &[&str], p: &[Option<f64>]) -> Experiment {
    let f = Fingerprint::of("x");
    let at = "2026-11-28T09:00:00Z".parse().unwrap();
    let result = |(candidate, p): (&&str, &Option<f64>)| Found {
        run: "0195-run".into(),
        base_run: "0195-run".into(),
        recorded: at,
        n: 40,
        clusters: 40,
        too_few_clusters: None,
        base: Some(0.5),
        cand: Some(0.7),
        difference: Some(0.2),
        interval: Some(Interval { low: 0.05, high: 0.4 }),
        p_value: *p,
        tries: 1,
        unrecorded: 0,
        adjusted_p: p.unwrap_or(1.0),
        finding: Finding::Better,
        cases_needed: None,
        post_hoc: vec![],
        plan: f,
        candidate: arm(candidate),
        fingerprints: Fingerprints { case: f, prompt: f, knowledge: f, scorers: f, model: f },
    };
    Experiment {
        hypothesis: "shorter answers pass more".into(),
        stated: at,
        author: Some("Ana".into()),
        plan: Plan {
            suites: vec!["faq".into()],
            baseline: None,
            metric: "pass rate".into(),
            margin: 0.02,
            alpha: 0.05,
            cases: 40,
            repeats: 1,
            resolves: Some(0.14),
            basis: "assumed".into(),
            case: f,
            scorers: f,
            base: arm("base"),
            candidates: candidates.iter().map(|c| arm(c)).collect(),
        },
        results: candidates.iter().zip(p).map(result).collect(),
        decisions: vec![],
    }
}
