//! # What it checks
//! The brand's voice, by named rules over the words, English and Romanian. The value is the share of the
//! rules that apply and are kept; each broken one is named in the evidence.
//!
//! # Keys
//! - `rules`: the rules to hold, of:
//!   `apology-once` (no second apology), `no-blame` (the customer is not at fault), `no-jargon`,
//!   `empathy` (who is upset hears so in the first two sentences), `no-shouting` (no capitals, no `!!`),
//!   `one-address` (Romanian: `tu` or `dumneavoastră`, not both), `no-bot-talk` (nothing about being a
//!   language model), `greeting`, `sign-off`. Default: all but the last two.
//! - `jargon`: further words that customers do not know.
//! - `formality`: "formal" or "informal": how the customer is addressed.
//! - `greetings`, `sign_offs`: texts that count besides the usual ones.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "tone"
//! rules = ["apology-once", "no-blame", "empathy", "greeting"]
//! formality = "formal"
//! jargon = ["SKU", "backend"]
//! ```
//!
//! # Caveats
//! It sees words, not how they sound: coldness, irony and too much warmth it can't see; a rubric judge
//! is the partner for that. Formality is read off forms of address and colloquial words; an answer that
//! has none of either is neither. Rules with nothing to look at (no apology, nobody upset) do not count.

mod rules;

use crate::score::words::{Folded, Folding, fold, sentences};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

use rules::{Reading, Rule};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "tone",
    summary: "rules of the brand's voice: one apology, no blame, no jargon, empathy, formality, …",
    keys: &["rules", "jargon", "formality", "greetings", "sign_offs"],
    docs: docs!("mod.rs"),
    build,
};

/// How the customer is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Formality {
    Formal,
    Informal,
}

/// What the suite adds to the rules.
#[derive(Debug, Default)]
pub(super) struct Own {
    jargon: Vec<String>,
    greetings: Vec<String>,
    sign_offs: Vec<String>,
    formality: Option<Formality>,
}

struct Tone {
    rules: Vec<Rule>,
    own: Own,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let mut rules = args.get::<Vec<Rule>>("rules", &mut errors).unwrap_or_else(|| Rule::USUAL.to_vec());
    if rules.is_empty() {
        errors.push(args.error_at("rules", "`rules` is an empty list"));
    }
    let mut texts = |key: &str| -> Vec<String> {
        let list = args.strings(key, &mut errors).unwrap_or_default();
        list.iter().map(|text| fold(text.trim(), Folding::Marks)).collect()
    };
    let (jargon, greetings, sign_offs) = (texts("jargon"), texts("greetings"), texts("sign_offs"));
    let formality = args.get::<Formality>("formality", &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    rules.extend(formality.map(|_| Rule::Formality));
    let needs = |list: &[String], rule: Rule| !list.is_empty() && !rules.contains(&rule);
    let more = [(&jargon, Rule::NoJargon), (&greetings, Rule::Greeting), (&sign_offs, Rule::SignOff)];
    let more: Vec<Rule> = more.into_iter().filter(|(l, r)| needs(l, *r)).map(|(_, r)| r).collect();
    rules.extend(more);
    rules.dedup();
    Ok(Box::new(Tone { rules, own: Own { jargon, greetings, sign_offs, formality } }))
}

impl Check for Tone {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let folded = Folded::new(answer, Folding::Marks);
        let sentences = sentences(answer).iter().map(|s| folded.bytes(s)).collect();
        let question = fold(input.question, Folding::Marks);
        let reading =
            Reading { answer, folded: &folded, sentences, question: &question, asked: input.question };
        let (mut kept, mut of) = (0_u32, 0_u32);
        let (mut evidence, mut broken) = (Vec::new(), Vec::new());
        for rule in &self.rules {
            let Some(breaches) = rule.breaches(&reading, &self.own) else { continue };
            of += 1;
            if breaches.is_empty() {
                kept += 1;
                continue;
            }
            broken.push(rule.name());
            for (place, note) in breaches {
                let span = place.map(|bytes| folded.chars(&bytes));
                let quote = span.as_ref().map_or("", |s| folded.quote(s));
                evidence.push(Evidence { span, note: Some(note), ..Evidence::new(rule.name(), quote) });
            }
        }
        if of == 0 {
            return Finding::not_applicable("no rule has anything to look at");
        }
        let reason = match broken.as_slice() {
            [] => "keeps the rules of the voice".to_owned(),
            broken => format!("breaks {}", broken.join(", ")),
        };
        Finding::scored(f64::from(kept) / f64::from(of), broken.is_empty(), reason).with(evidence)
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("there are no words, only tool calls")
    }
}

#[cfg(test)]
mod tests {
    use crate::score::Score;
    use crate::score::testing::{Setup, mistakes};

    fn broken(toml: &str, question: &str, answer: &str) -> Vec<String> {
        let score = Setup::of("tone", toml).customer(question).score(answer);
        assert_eq!(score.pass(), Some(score.evidence.is_empty()), "{score:?}");
        score.evidence.into_iter().map(|e| format!("{}: {}", e.label, e.quote)).collect()
    }

    fn usual(answer: &str) -> Vec<String> {
        broken("", "Where is my bike?", answer)
    }

    #[test]
    fn a_good_answer_breaks_nothing() {
        assert!(usual("I'm sorry about the delay. Your bike arrives on Monday.").is_empty());
        assert!(usual("Îmi pare rău. Bicicleta dumneavoastră ajunge luni.").is_empty());
    }

    #[test]
    fn each_rule_is_named_with_its_place() {
        for (answer, found) in [
            ("Sorry for that. We apologise again.", "apology-once: apologise"),
            ("You should have read the manual.", "no-blame: You should have"),
            ("Trebuia să citiți manualul, ați greșit.", "no-blame: Trebuia să citiți"),
            ("We escalated it to tier 2 per our SLA.", "no-jargon: tier 2"),
            ("Your bike is LATE TODAY again", "no-shouting: LATE TODAY"),
            ("It arrives on Monday!!", "no-shouting: !!"),
            ("Puteți veni luni. Adu și factura ta.", "one-address: "),
            ("As an AI language model, I say Monday.", "no-bot-talk: As an AI language model"),
        ] {
            let all = usual(answer);
            assert!(all.iter().any(|b| b.starts_with(found)), "{answer}: {all:?}");
        }
    }

    #[test]
    fn names_in_capitals_do_not_shout() {
        assert!(usual("Use the CLI, the API or SAP HANA with RBAC.").is_empty());
    }

    #[test]
    fn who_is_upset_hears_so_first() {
        let angry = "This is unacceptable!! Where is my bike?";
        assert_eq!(
            broken("rules = ['empathy']", angry, "It arrives on Monday."),
            ["empathy: It arrives on Monday."]
        );
        assert!(
            broken("rules = ['empathy']", angry, "I understand how annoying this is. It arrives on Monday.")
                .is_empty()
        );
        assert!(
            broken("rules = ['empathy']", "Sunt foarte supărată!", "Ne pare rău pentru întârziere.")
                .is_empty()
        );
        let calm = Setup::of("tone", "rules = ['empathy']").customer("Where is it?").score("On Monday.");
        assert_eq!(calm.pass(), None);
    }

    #[test]
    fn greetings_and_sign_offs_where_asked() {
        let rules = "rules = ['greeting', 'sign-off']";
        assert!(broken(rules, "?", "Hello Ana,\nit arrives on Monday.\nKind regards, Volta").is_empty());
        assert!(broken(rules, "?", "Bună ziua, ajunge luni. O zi frumoasă!").is_empty());
        assert_eq!(broken(rules, "?", "It arrives on Monday.").len(), 2);
        let own = "rules = ['no-blame']\ngreetings = ['Ahoi']\nsign_offs = ['Ride on']";
        assert!(broken(own, "?", "Ahoi! On Monday. Ride on!").is_empty());
        assert_eq!(broken(own, "?", "On Monday.").len(), 2);
    }

    #[test]
    fn formality() {
        assert_eq!(
            broken("formality = 'formal'", "?", "Hey, poți veni luni."),
            ["formality: Hey", "formality: poți"]
        );
        assert!(broken("formality = 'formal'", "?", "Puteți veni luni.").is_empty());
        assert_eq!(broken("formality = 'informal'", "?", "Vă rog să veniți luni."), ["formality: Vă rog"]);
        assert!(broken("formality = 'informal'", "?", "Poți veni luni.").is_empty());
    }

    #[test]
    fn the_value_is_the_share_of_rules_kept() {
        let toml = "rules = ['no-blame', 'no-shouting']";
        let score: Score = Setup::of("tone", toml).score("You should have WAITED LONGER.");
        assert_eq!(score.value(), Some(0.0));
        let half = Setup::of("tone", toml).score("You should have waited.");
        assert_eq!((half.value(), half.reason.as_str()), (Some(0.5), "breaks no-blame"));
    }

    #[test]
    fn own_jargon() {
        let toml = "rules = ['no-jargon']\njargon = ['cell batch']";
        assert_eq!(broken(toml, "?", "The Cell Batch is bad."), ["no-jargon: Cell Batch"]);
        assert!(broken(toml, "?", "The cell batches").is_empty());
    }

    #[test]
    fn keys_are_checked() {
        assert_eq!(mistakes("tone", "rules = []\njargon = []\nformality = 'x'").len(), 3);
        assert_eq!(mistakes("tone", "rules = ['no-balme']").len(), 1);
    }
}
