//! Values that are one of a fixed list of names.

use std::ops::Range;

use crate::case::{Action, Speaker, Tier};
use crate::config::reader::{Mistakes, suggest_or_list};
use crate::diagnostic::Diagnostic;

/// A name out of a fixed list, from a text of any file; the error suggests a near name.
pub fn choose<T: Copy>(
    text: &str,
    span: &Range<usize>,
    what: &str,
    all: &[(&'static str, T)],
    mistakes: &Mistakes,
) -> Result<T, Box<Diagnostic>> {
    if let Some((_, value)) = all.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let finding = mistakes.error(span, format!("unknown {what} `{text}`"));
    Err(Box::new(suggest_or_list(finding, text, &names, "known")))
}

/// A value that is one of a fixed list of names.
macro_rules! decode_choice {
    ($($choice:ty, $what:literal, $all:expr;)*) => {$(
        impl<'a> $crate::config::reader::Decode<'a> for $choice {
            fn decode(
                value: &'a toml::Spanned<toml::de::DeValue<'a>>,
                key: &str,
                mistakes: &mut $crate::config::reader::Mistakes,
            ) -> Option<Self> {
                let text = <String as $crate::config::reader::Decode>::decode(value, key, mistakes)?;
                $crate::config::choice::choose(&text, &value.span(), $what, $all, mistakes)
                    .map_err(|finding| mistakes.push(*finding))
                    .ok()
            }
        }
    )*};
}
pub(crate) use decode_choice;

/// Actions by name.
pub const ACTIONS: &[(&str, Action)] = &[
    ("answer", Action::Answer),
    ("clarify", Action::Clarify),
    ("abstain", Action::Abstain),
    ("escalate", Action::Escalate),
    ("act", Action::Act),
    ("refuse-scope", Action::RefuseScope),
];
/// Tiers by name.
pub const TIERS: &[(&str, Tier)] =
    &[("critical", Tier::Critical), ("standard", Tier::Standard), ("exploratory", Tier::Exploratory)];
/// Speakers by name.
pub const SPEAKERS: &[(&str, Speaker)] = &[("customer", Speaker::Customer), ("agent", Speaker::Agent)];

decode_choice! {
    Action, "action", ACTIONS;
    Tier, "tier", TIERS;
    Speaker, "role", SPEAKERS;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;

    #[test]
    fn every_name_is_its_own() {
        let mistakes = Mistakes::new(SourceFile::new("a", "x"));
        for action in Action::ALL {
            assert_eq!(choose(action.name(), &(0..1), "action", ACTIONS, &mistakes), Ok(action));
        }
        for (name, tier) in TIERS {
            assert_eq!(tier.name(), *name);
        }
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_listed() {
        let mistakes = Mistakes::new(SourceFile::new("a", "x"));
        let help = |text| choose(text, &(0..1), "tier", TIERS, &mistakes).unwrap_err().help.join(" | ");
        assert_eq!(help("critcal"), "did you mean `critical`?");
        assert_eq!(help("zzz"), "known: critical, standard, exploratory");
    }
}
