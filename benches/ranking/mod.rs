//! How well articles are ranked, and how long that takes: shared by the benches of retrieval.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A question and the articles that hold its answer.
pub struct Question {
    pub text: String,
    pub right: BTreeSet<String>,
}

/// Asks all questions; `look` finds articles, the best first. Prints recall@5, nDCG@10 and MRR@10.
pub fn quality(name: &str, asked: &[Question], mut look: impl FnMut(&str) -> Vec<String>) {
    let (mut recall, mut gain, mut first) = (0.0, 0.0, 0.0);
    for question in asked {
        let found = look(&question.text);
        let right = |id: &String| question.right.contains(id);
        let hits = found.iter().take(5).filter(|id| right(id)).count();
        recall += hits as f64 / question.right.len() as f64;
        let discounted = |places: &mut dyn Iterator<Item = usize>| -> f64 {
            places.map(|at| 1.0 / ((at + 2) as f64).log2()).sum()
        };
        let places = &mut found.iter().take(10).enumerate().filter(|(_, id)| right(id)).map(|(at, _)| at);
        gain += discounted(places) / discounted(&mut (0..question.right.len().min(10)));
        first += found.iter().take(10).position(right).map_or(0.0, |at| 1.0 / (at + 1) as f64);
    }
    let n = asked.len() as f64;
    println!("  {name:<12} recall@5 {:.3}  nDCG@10 {:.3}  MRR@10 {:.3}", recall / n, gain / n, first / n);
}

/// Asks all questions; `look` says how much it found. Prints the times.
pub fn speed(name: &str, indexed: Duration, asked: &[&String], mut look: impl FnMut(&str) -> usize) {
    let mut times: Vec<f64> = asked
        .iter()
        .map(|question| {
            let started = Instant::now();
            assert!(look(question) > 0, "nothing for {question}");
            started.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
    println!(
        "  {name:<12} indexed in {:.2} s; a question takes {:.2} ms (median), {:.2} ms (p95)",
        indexed.as_secs_f64(),
        at(0.5),
        at(0.95)
    );
}

/// Each id once, in the order of its first place.
pub fn once(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    ids.filter(|id| seen.insert(id.clone())).collect()
}
