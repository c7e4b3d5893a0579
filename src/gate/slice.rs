//! The slices that rules are about: which trials are inside, and how they are named.

use crate::config::Slice;
use crate::outcome::{TrialDigest, VariantKey};
use crate::sentence::{By, CaseFilter, GATING, Sentence};

/// The words of a rule, with the slice that it is about.
pub(super) fn named(rule: &str, variant: &VariantKey, slice: &Slice) -> Sentence {
    let mut words = Sentence::from(rule);
    if *slice != Slice::default() {
        words.say(" (");
        words.about(slice, &gated(variant, slice));
        words.say(")");
    }
    words
}

/// The cases of a column that a rule about this slice looks at.
pub(super) fn gated(variant: &VariantKey, slice: &Slice) -> CaseFilter {
    CaseFilter::of(variant)
        .maybe(By::Suite, slice.suite.as_deref())
        .maybe(By::Area, slice.area.as_deref())
        .maybe(By::Tag, slice.tag.as_deref())
        .maybe(By::Language, slice.lang.as_deref())
        .maybe(By::Owner, slice.owner.as_deref())
        .with(By::Tier, slice.tier.map_or(GATING, crate::case::Tier::name))
}

/// Whether a trial is of a case that is in this slice.
pub(super) fn inside(slice: &Slice, trial: &TrialDigest) -> bool {
    let labels = &trial.labels;
    let is = |wanted: &Option<String>, found: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
    };
    is(&slice.suite, Some(&trial.key.suite))
        && is(&slice.area, labels.area.as_deref())
        && is(&slice.lang, Some(&labels.lang))
        && is(&slice.owner, labels.owner.as_deref())
        && slice.tag.as_ref().is_none_or(|tag| labels.tags.contains(tag))
        && slice.tier.is_none_or(|tier| tier == trial.tier)
}
