//! Personal data in a text, by what can be told from its shape: e-mail addresses, phone numbers, and the numbers of
//! orders, cards and accounts. Names and street addresses have no shape and are not seen.

use std::ops::Range;

use crate::knowledge::Knowledge;
use crate::score::facts::{Fact, FactKind, Value, extract};

/// Digits of a number that may be one of an order, a card or an account.
const LONG: usize = 6;

/// What stands in the place of what is masked.
pub const PLACEHOLDERS: [&str; 3] = ["[e-mail]", "[phone]", "[number]"];

/// Something that may say who the customer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personal {
    /// Characters of the text.
    pub span: Range<usize>,
    /// `e-mail`, `phone` or `number`.
    pub kind: &'static str,
}

/// What the articles say themselves: a shop's own phone number is nobody's secret.
#[derive(Debug, Default)]
pub struct Published(Vec<Value>);

impl Published {
    /// The addresses and numbers of all articles.
    pub fn of<'k>(knowledge: impl IntoIterator<Item = &'k Knowledge>) -> Self {
        let mut values = Vec::new();
        for article in knowledge.into_iter().flat_map(Knowledge::articles) {
            for passage in &article.passages {
                let facts = extract(&passage.text);
                let personal = facts.into_iter().filter(|fact| kind(fact).is_some());
                values.extend(personal.map(|fact| fact.value));
            }
        }
        Self(values)
    }

    /// What a text says of a customer and no article says, in order.
    pub fn personal(&self, text: &str) -> Vec<Personal> {
        let facts = extract(text);
        let known = |fact: &Fact| self.0.iter().any(|value| value.supports(&fact.value));
        let of = |fact: &Fact| Some(Personal { span: fact.span.clone(), kind: kind(fact)? });
        facts.iter().filter(|fact| !known(fact)).filter_map(of).collect()
    }

    /// The text with `[e-mail]`, `[phone]` and `[number]` in the place of what it says of a customer, and how many.
    pub fn masked(&self, text: &str) -> (String, usize) {
        let found = self.personal(text);
        let (mut masked, mut at) = (String::with_capacity(text.len()), 0);
        let letters: Vec<char> = text.chars().collect();
        for personal in &found {
            masked.extend(letters.get(at..personal.span.start).into_iter().flatten());
            masked.extend(["[", personal.kind, "]"]);
            at = personal.span.end;
        }
        masked.extend(letters.get(at..).into_iter().flatten());
        (masked, found.len())
    }
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
    use super::*;

    #[test]
    fn what_tells_who_the_customer_is_is_masked_and_facts_stay() {
        let none = Published::default();
        let text = "I am Ana (ana.pop@mail.example, +40 721 555 010), order VC-123456 of 12.10.2026, card 4111111111111111: \
                    where are my 2 parcels for 49.90 EUR?";
        let (masked, n) = none.masked(text);
        assert_eq!(
            masked,
            "I am Ana ([e-mail], [phone]), order [number] of 12.10.2026, card [number]: where are my 2 parcels for 49.90 EUR?"
        );
        assert_eq!(n, 4);
        assert!(PLACEHOLDERS.iter().all(|mark| masked.contains(mark)));
        let plain = "Within 30 days, by 2027-01-31, at https://help.example/returns#a1, model K7.";
        assert_eq!(none.masked(plain), (plain.to_owned(), 0));
    }
}
