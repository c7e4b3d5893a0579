//! `[defaults]`: values for every case, checked once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::case::{Action, Tier};
use crate::config::decode::{Entries, Json};
use crate::config::reader::{At, Mistakes};
use crate::diagnostic::did_you_mean;
use crate::suite::perturb::{self, Options, PERTURBERS};
use crate::suite::wire::{DefaultsTable, PerturbationTable};

/// Language of a case of which no file says one.
pub(super) const LANG: &str = "en";

fn inside<S: Serializer>(options: &Arc<Options>, serializer: S) -> Result<S::Ok, S::Error> {
    options.serialize(serializer)
}

/// Checked defaults; absent = not given.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Defaults {
    pub(super) lang: Option<String>,
    pub(super) tier: Option<Tier>,
    pub(super) owner: Option<String>,
    pub(super) area: Option<String>,
    pub(super) tags: Option<BTreeSet<String>>,
    pub(super) weight: Option<f64>,
    pub(super) expect: Option<Vec<Action>>,
    pub(super) vars: BTreeMap<String, Value>,
    /// Names of perturbers.
    pub(super) perturb: Option<Vec<&'static str>>,
    /// What these go by; the suite's.
    #[serde(serialize_with = "inside")]
    pub(super) perturbation: Arc<Options>,
}

impl Defaults {
    /// Checks a table; what is wrong is reported and left out.
    pub(super) fn check(table: &DefaultsTable, mistakes: &mut Mistakes) -> Self {
        Self {
            lang: lang(table.lang.as_ref(), mistakes),
            tier: table.tier.as_ref().map(|t| t.value),
            owner: table.owner.as_ref().map(|o| o.value.clone()),
            area: table.area.as_ref().map(|a| a.value.clone()),
            tags: tags(table.tags.as_ref(), mistakes),
            weight: weight(table.weight.as_ref(), mistakes),
            expect: table.expect.as_ref().map(|e| actions(&e.value.0)),
            vars: vars(table.vars.as_ref()),
            perturb: perturbers(table.perturb.as_ref(), mistakes),
            perturbation: Arc::default(),
        }
    }

    /// These values, and those of `base` where these say nothing.
    pub(super) fn over(self, base: &Self) -> Self {
        let mut vars = base.vars.clone();
        vars.extend(self.vars);
        Self {
            lang: self.lang.or_else(|| base.lang.clone()),
            tier: self.tier.or(base.tier),
            owner: self.owner.or_else(|| base.owner.clone()),
            area: self.area.or_else(|| base.area.clone()),
            tags: self.tags.or_else(|| base.tags.clone()),
            weight: self.weight.or(base.weight),
            expect: self.expect.or_else(|| base.expect.clone()),
            vars,
            perturb: self.perturb.or_else(|| base.perturb.clone()),
            perturbation: base.perturbation.clone(),
        }
    }
}

/// A plausible BCP 47 tag: a language of two or three letters, then subtags.
pub(super) fn lang(written: Option<&At<String>>, mistakes: &mut Mistakes) -> Option<String> {
    let written = written?;
    let mut parts = written.value.split('-');
    let language = parts.next().unwrap_or_default();
    let good = (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    if good {
        return Some(written.value.clone());
    }
    let finding = mistakes.error(&written.span, format!("`{}` is not a language tag", written.value));
    mistakes.push(finding.help("write a BCP 47 tag such as `en`, `ro` or `pt-BR`"));
    None
}

/// A finite weight above 0.
pub(super) fn weight(written: Option<&At<f64>>, mistakes: &mut Mistakes) -> Option<f64> {
    let written = written?;
    if written.value.is_finite() && written.value > 0.0 {
        return Some(written.value);
    }
    let finding = mistakes.error(&written.span, format!("`weight` must be above 0, not {}", written.value));
    mistakes.push(finding.help("to leave a case out of the thresholds, use `tier = \"exploratory\"`"));
    None
}

/// Labels without empty ones.
pub(super) fn tags(
    written: Option<&At<Vec<At<String>>>>,
    mistakes: &mut Mistakes,
) -> Option<BTreeSet<String>> {
    let written = written?;
    for tag in written.value.iter().filter(|t| t.value.trim().is_empty()) {
        mistakes.push(mistakes.error(&tag.span, "`tags` must not hold an empty text"));
    }
    Some(written.value.iter().map(|t| t.value.clone()).collect())
}

/// Accepted actions, each once, in the order written.
pub(super) fn actions(written: &[At<Action>]) -> Vec<Action> {
    let mut actions = Vec::new();
    for action in written {
        if !actions.contains(&action.value) {
            actions.push(action.value);
        }
    }
    actions
}

/// Names of perturbers, each once; an unknown one is reported and left out.
pub(super) fn perturbers(
    written: Option<&At<Vec<At<String>>>>,
    mistakes: &mut Mistakes,
) -> Option<Vec<&'static str>> {
    let mut names = Vec::new();
    for name in &written?.value {
        match perturb::find(&name.value) {
            Some(perturber) if !names.contains(&perturber.name) => names.push(perturber.name),
            Some(_) => {}
            None => {
                let finding = mistakes.error(&name.span, format!("unknown perturber `{}`", name.value));
                mistakes.push(match did_you_mean(&name.value, PERTURBERS.iter().map(|p| p.name)) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => PERTURBERS
                        .iter()
                        .fold(finding, |finding, p| finding.help(format!("`{}`: {}", p.name, p.summary))),
                });
            }
        }
    }
    Some(names)
}

/// Warns of perturbers that have no words in a language.
pub(super) fn warn_speechless(written: &At<Vec<At<String>>>, lang: &str, mistakes: &mut Mistakes) {
    for name in &written.value {
        if perturb::find(&name.value).is_some_and(|p| !p.speaks(lang)) {
            let message = format!("`{}` has no words in `{lang}`, so that it makes no wording", name.value);
            mistakes.push(mistakes.warning(&name.span, message).help("it speaks `en` and `ro`"));
        }
    }
}

/// What perturbers go by.
pub(super) fn perturbation(table: Option<&PerturbationTable>, mistakes: &mut Mistakes) -> Options {
    let mut options = Options::default();
    let Some(table) = table else { return options };
    options.seed = table.seed.as_ref().map_or(options.seed, |s| s.value);
    for term in table.terms.iter().flat_map(|t| &t.value.0) {
        if term.key.value.trim().is_empty() || term.value.value.trim().is_empty() {
            mistakes.push(mistakes.error(&term.value.span, "a term must not be empty"));
        } else {
            options.terms.push((term.key.value.clone(), term.value.value.clone()));
        }
    }
    let kept = table.keep.iter().flat_map(|k| &k.value);
    options.keep = kept.map(|k| k.value.clone()).collect();
    options
}

/// Values for the prompt's `vars`.
pub(super) fn vars(written: Option<&At<Entries<Json>>>) -> BTreeMap<String, Value> {
    let entries = written.into_iter().flat_map(|w| &w.value.0);
    entries.map(|e| (e.key.value.clone(), e.value.value.0.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;

    #[test]
    fn language_tags() {
        for (tag, good) in [
            ("en", true),
            ("pt-BR", true),
            ("zh-Hans-CN", true),
            ("fil", true),
            ("EN", true),
            ("english", false),
            ("e", false),
            ("", false),
            ("en_GB", false),
            ("en-", false),
            ("12", false),
        ] {
            let mut mistakes = Mistakes::new(SourceFile::new("a", "x"));
            let read = lang(Some(&At::new(tag.to_owned(), 0..1)), &mut mistakes);
            assert_eq!(read.is_some(), good, "{tag}");
            assert_eq!(mistakes.has_errors(), !good, "{tag}");
        }
    }

    #[test]
    fn weights_are_above_zero() {
        for (value, good) in
            [(0.5, true), (0.0, false), (-1.0, false), (f64::INFINITY, false), (f64::NAN, false)]
        {
            let mut mistakes = Mistakes::new(SourceFile::new("a", "x"));
            assert_eq!(weight(Some(&At::new(value, 0..1)), &mut mistakes).is_some(), good, "{value}");
        }
    }

    #[test]
    fn the_nearer_value_wins_and_vars_are_overlaid() {
        let vars =
            |pairs: &[(&str, i64)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect();
        let base = Defaults {
            lang: Some("ro".into()),
            owner: Some("a".into()),
            vars: vars(&[("x", 1), ("y", 1)]),
            ..Defaults::default()
        };
        let near = Defaults { owner: Some("b".into()), vars: vars(&[("y", 2)]), ..Defaults::default() };
        let both = near.over(&base);
        assert_eq!((both.lang.as_deref(), both.owner.as_deref()), (Some("ro"), Some("b")));
        assert_eq!(both.vars, vars(&[("x", 1), ("y", 2)]));
    }
}
