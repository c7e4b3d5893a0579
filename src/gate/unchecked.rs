//! What a gate did not check, in words: a verdict says what it does not rest on.

use super::names::Names;
use super::{GateFold, Outcome, Standing};
use crate::case::Tier;
use crate::outcome::VariantKey;
use crate::sentence::{By, CaseFilter, Sentence};

/// Columns that the gate is not about.
pub(super) fn columns(why: &str, variants: &[&VariantKey]) -> Sentence {
    let mut words = Sentence::from(why);
    for (at, variant) in variants.iter().enumerate() {
        words.say(if at > 0 { ", " } else { ": " });
        words.about(variant, &CaseFilter::of(variant));
    }
    words
}

impl GateFold<'_> {
    pub(super) fn not_checked(&self, left_out: &[&VariantKey]) -> Vec<Sentence> {
        let mut list: Vec<Sentence> = Vec::new();
        if !left_out.is_empty() {
            list.push(columns("columns outside `prompts`", left_out));
        }
        for (scorer, standing) in &self.uncertified {
            let why = match standing {
                Standing::Expired => "the certificate of its judge is out of date",
                _ => "its judge has no certificate",
            };
            let words =
                format!("scorer `{scorer}`: {why}, so it decides nothing (regauge label, regauge calibrate)");
            list.push(words.into());
        }
        if self.rules.min_pass_rate.is_none() {
            list.push("the pass rate: no `min_pass_rate` is set".into());
        }
        if !self.rules.critical_all {
            list.push("critical cases: `critical` is off".into());
        }
        if !self.rules.is_relative() {
            list.push("the earlier run: neither `must_hold` nor `no_worse` is set".into());
        }
        if self.rules.inconclusive_passes {
            list.push("inconclusive rules: `on_inconclusive` lets them pass".into());
        }
        if self.exploratory > 0 {
            list.push(counted(self.exploratory, Tier::Exploratory, "exploratory trials are reported only"));
        }
        if !self.suspect.is_empty() {
            let why = "whose goldens rest on passages that were edited since";
            let mut words = named(&self.suspect, Tier::Suspect, "suspect ", why);
            words.say(" (regauge accept --confirm)");
            list.push(words);
        }
        if !self.quarantined.is_empty() {
            list.push(named(&self.quarantined, Tier::Quarantined, "", "in quarantine"));
        }
        if self.simulated > 0 {
            let mut words = Sentence::from(
                "trials with a simulated customer, which are for exploration and decide nothing: ",
            );
            words.about(self.simulated, &CaseFilter::default().with(By::Tier, Tier::Simulated.name()));
            list.push(words);
        }
        if self.skipped > 0 {
            let mut words = Sentence::default();
            let skipped = CaseFilter::default().with(By::Outcome, Outcome::Skipped.name());
            words.about(self.skipped, &skipped);
            words.say(" trials on which no scorer applied");
            list.push(words);
        }
        list
    }
}

/// So many trials of a tier.
fn counted(n: u64, tier: Tier, what: &str) -> Sentence {
    let mut words = Sentence::default();
    words.about(n, &CaseFilter::default().with(By::Tier, tier.name()));
    words.say(format_args!(" {what}"));
    words
}

/// So many cases of a tier, by name.
fn named(names: &Names, tier: Tier, before: &str, after: &str) -> Sentence {
    let case = if names.len() == 1 { "case" } else { "cases" };
    let comma = if before.is_empty() { "" } else { "," };
    let mut words = counted(names.len(), tier, &format!("{before}{case}{comma} {after}"));
    words.say(": ");
    names.say(&mut words, &CaseFilter::default());
    words
}
