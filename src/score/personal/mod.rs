//! Personal data in texts: what has a shape (e-mail addresses, phone numbers, numbers of orders, cards and accounts,
//! postcodes) in any language, and names and streets where English or Romanian words show them.
//!
//! Not seen are names without such words beside them ("Ask Ana."), names typed in small letters, streets that are named in
//! other languages or without their kind ("Lange Gasse 4"), and what only tells who somebody is together with other things
//! (a birthday, a workplace).

mod accounts;
mod names;
mod places;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::knowledge::Knowledge;
use crate::score::facts::{Fact, FactKind, Value, extract};

/// Digits of a number that may be one of an order, a card or an account.
const LONG: usize = 6;

/// What stands in the place of what is masked.
pub const PLACEHOLDERS: [&str; 8] =
    ["[e-mail]", "[phone]", "[number]", "[card]", "[IBAN]", "[name]", "[address]", "[postcode]"];

/// Something that may say who the customer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personal {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// `e-mail`, `phone`, `number`, `card`, `IBAN`, `name`, `address` or `postcode`.
    pub kind: &'static str,
}

/// What the articles say themselves: a shop's own phone number is nobody's secret.
#[derive(Debug, Default)]
pub struct Published {
    values: Vec<Value>,
    /// What the articles call by name, such as products and towns.
    called: BTreeSet<String>,
    /// Streets, as [`plain`] has them.
    streets: BTreeSet<String>,
}

impl Published {
    /// The addresses, numbers and names of all articles.
    pub fn of<'k>(knowledge: impl IntoIterator<Item = &'k Knowledge>) -> Self {
        let mut published = Self::default();
        for article in knowledge.into_iter().flat_map(Knowledge::articles) {
            for passage in &article.passages {
                let facts = extract(&passage.text);
                let personal = facts.into_iter().filter(|fact| kind(fact).is_some());
                published.values.extend(personal.map(|fact| fact.value));
                published.called.extend(names::called(&passage.text));
                let streets = places::streets(&passage.text).into_iter().map(|at| plain(&passage.text[at]));
                published.streets.extend(streets);
            }
        }
        published
    }

    /// What texts that belong together say of a customer and no article says: of each text its own, in order. A name that
    /// one of them gives is known in all.
    pub fn personal(&self, texts: &[&str]) -> Vec<Vec<Personal>> {
        let named: Vec<Vec<Range<usize>>> = texts
            .iter()
            .map(|text| names::names(text).into_iter().filter(|at| !self.calls(&text[at.clone()])).collect())
            .collect();
        let known: BTreeSet<String> = texts
            .iter()
            .zip(&named)
            .flat_map(|(text, named)| named.iter().flat_map(|at| names::parts(&text[at.clone()])))
            .filter(|part| !self.called.contains(*part))
            .map(str::to_owned)
            .collect();
        let found = |(text, named): (&&str, Vec<Range<usize>>)| {
            let mut all = self.shaped(text);
            let mut add = |kind, spans: Vec<Range<usize>>| {
                all.extend(spans.into_iter().map(|span| Personal { span, kind }));
            };
            let streets = places::streets(text).into_iter();
            add("address", streets.filter(|at| !self.streets.contains(&plain(&text[at.clone()]))).collect());
            add("name", named);
            add("name", names::again(text, &known));
            apart(all)
        };
        texts.iter().zip(named).map(found).collect()
    }

    /// The text with a placeholder such as `[e-mail]` in the place of what was found in it.
    pub fn masked(text: &str, found: &[Personal]) -> String {
        let mut masked = text.to_owned();
        for personal in found.iter().rev() {
            masked.replace_range(personal.span.clone(), &format!("[{}]", personal.kind));
        }
        masked
    }

    /// What has a shape.
    fn shaped(&self, text: &str) -> Vec<Personal> {
        let mut all = Vec::new();
        let mut add = |kind, spans: Vec<Range<usize>>| {
            all.extend(spans.into_iter().map(|span| Personal { span, kind }));
        };
        add("IBAN", accounts::ibans(text));
        add("card", accounts::cards(text));
        add("number", accounts::groups(text));
        add("postcode", places::postcodes(text));
        // Facts count in characters.
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for fact in extract(text) {
            let known = self.values.iter().any(|value| value.supports(&fact.value));
            if let Some(kind) = kind(&fact).filter(|_| !known) {
                let span = places[fact.span.start]..places[fact.span.end];
                add(kind, Vec::from([span]));
            }
        }
        all
    }

    /// Whether the articles call everything in a name by name.
    fn calls(&self, name: &str) -> bool {
        names::parts(name).count() > 0 && names::parts(name).all(|part| self.called.contains(part))
    }
}

/// In order, and of those that overlap what begins first, the longest of them.
fn apart(mut all: Vec<Personal>) -> Vec<Personal> {
    all.sort_by_key(|personal| (personal.span.start, std::cmp::Reverse(personal.span.end)));
    let mut end = 0;
    all.retain(|personal| {
        let apart = personal.span.start >= end && !personal.span.is_empty();
        if apart {
            end = personal.span.end;
        }
        apart
    });
    all
}

/// A street however it is written: its letters and digits.
fn plain(street: &str) -> String {
    street.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn kind(fact: &Fact) -> Option<&'static str> {
    let digits = fact.text.chars().filter(char::is_ascii_digit).count();
    match fact.kind {
        FactKind::Email => Some("e-mail"),
        FactKind::Phone => Some("phone"),
        FactKind::Code if digits >= LONG - 2 => Some("number"),
        FactKind::Number if digits >= LONG => Some("number"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(text: &str) -> String {
        let found = Published::default().personal(&[text]);
        Published::masked(text, &found[0])
    }

    #[test]
    fn what_tells_who_the_customer_is_is_masked_and_facts_stay() {
        let text = "I am Ana (ana.pop@mail.example, +40 721 555 010), order VC-123456 of 12.10.2026, card 4111111111111111, \
                    account RO49 AAAA 1B31 0075 9384 0000, at 12 High Street, SW1A 1AA: where are my 2 parcels for 49.90 EUR? \
                    Ana's neighbour has his.";
        let wanted = "I am [name] ([e-mail], [phone]), order [number] of 12.10.2026, card [card], account [IBAN], at \
                      [address], [postcode]: where are my 2 parcels for 49.90 EUR? [name] neighbour has his.";
        assert_eq!(masked(text), wanted);
        assert!(PLACEHOLDERS.iter().all(|mark| wanted.contains(mark)));
        let plain = "Within 30 days, by 2027-01-31, at https://help.example/returns#a1, model K7.";
        assert_eq!(masked(plain), plain);
    }

    #[test]
    fn a_name_that_one_text_gives_is_masked_in_all() {
        let texts = ["My name is Ana Popescu.", "Hello! Ask Popescu.", "Nothing"];
        let found = Published::default().personal(&texts);
        let masked: Vec<String> =
            texts.iter().zip(&found).map(|(text, found)| Published::masked(text, found)).collect();
        assert_eq!(masked, ["My name is [name].", "Hello! Ask [name].", "Nothing"]);
    }

    #[test]
    fn what_articles_say_is_no_secret() {
        let published = Published {
            called: names::called("Ask for the Plus at the shop of Vienna").collect(),
            streets: BTreeSet::from([plain("12 High Street")]),
            ..Published::default()
        };
        let text = "Hi Plus, I am Vienna. The shop in 12 High  street? No, 14 High Street";
        let found = published.personal(&[text]);
        assert_eq!(
            Published::masked(text, &found[0]),
            "Hi Plus, I am Vienna. The shop in 12 High  street? No, [address]"
        );
    }

    proptest! {
        #[test]
        fn masking_is_sound_on_any_text(text in r"(?s)(?:(?:[Hh]i |My name is |str\. |Regards,\n|RO49 |4111 )?[\p{L}\d @.,#\[\]\n'-]{0,12}){0,6}") {
            let found = &Published::default().personal(&[&text])[0];
            prop_assert!(found.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
            prop_assert!(found.iter().all(|personal| text.get(personal.span.clone()).is_some()));
            let masked = Published::masked(&text, found);
            if found.is_empty() {
                prop_assert_eq!(&masked, &text);
            }
        }

        #[test]
        fn nothing_of_a_planted_customer_is_left(
            name in r"[B-DF-HJ-NP-Z][aeiou][bcdfg][aeiou][lnr] [BCDF][aeiou][rstv][aeiou]scu",
            n in 1_u32..999,
            order in 100_000_u32..999_999,
            before in r"(Where is my parcel\? |Unde e coletul\? |)",
        ) {
            let text = format!(
                "{before}My name is {name}, Strada {} nr. {n}, order {order}. Write to x{order}@mail.example.\nRegards,\n{name}",
                name.split(' ').next_back().unwrap_or_default(),
            );
            let masked = masked(&text);
            for part in name.split(' ') {
                prop_assert!(!masked.contains(part), "{}", masked);
            }
            prop_assert!(!masked.contains(&order.to_string()), "{}", masked);
            prop_assert!(masked.starts_with(&before) && masked.contains("[address]"), "{}", masked);
            prop_assert_eq!(Published::default().personal(&[&masked])[0].len(), 0, "{}", masked);
        }
    }
}
