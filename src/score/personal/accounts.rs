//! Numbers of accounts and payment cards, by their check digits.

use std::ops::Range;

use crate::score::pattern::Pattern;

/// Digits of a payment card (ISO/IEC 7812).
const CARD: Range<usize> = 13..20;
/// Characters of an account number (ISO 13616).
const IBAN: Range<usize> = 15..35;

/// Bytes of the IBANs in a text.
pub(super) fn ibans(text: &str) -> Vec<Range<usize>> {
    static START: Pattern = Pattern::new(r"\b[A-Za-z]{2}\d{2}");
    // What follows the number in the same text may look like more of it, so its groups are taken off one by one.
    let whole = |start: usize| {
        let of_number = |(_, c): &(usize, char)| c.is_ascii_alphanumeric() || [' ', '-'].contains(c);
        let last = text[start..].char_indices().take(IBAN.end + 10).take_while(of_number).last()?;
        let mut end = start + last.0 + 1;
        loop {
            let ends = text[end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
            if ends && is_iban(&text[start..end]) {
                return Some(start..end);
            }
            end = start + text[start..end].rfind([' ', '-'])?;
        }
    };
    START.spans(text).into_iter().filter_map(|start| whole(start.start)).collect()
}

/// ISO 7064 MOD 97-10: with its first four characters behind the rest, and letters as 10 to 35, it is 1 modulo 97.
fn is_iban(text: &str) -> bool {
    let all: Vec<u32> = text.chars().filter_map(|c| c.to_digit(36)).collect();
    let (head, tail) = all.split_at(all.len().min(4));
    let rest = tail
        .iter()
        .chain(head)
        .fold(0, |rest, digit| (if *digit < 10 { rest * 10 + digit } else { rest * 100 + digit }) % 97);
    IBAN.contains(&all.len()) && rest == 1
}

/// Bytes of the numbers of payment cards in a text.
pub(super) fn cards(text: &str) -> Vec<Range<usize>> {
    static SHAPE: Pattern = Pattern::new(r"\b\d(?:[ -]?\d){12,18}\b");
    SHAPE.spans(text).into_iter().filter(|range| is_card(&text[range.clone()])).collect()
}

/// The check digit of Luhn (ISO/IEC 7812-1, annex B).
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(at, d)| if at % 2 == 0 { *d } else { doubled(*d) }).sum();
    CARD.contains(&digits.len()) && sum > 0 && sum.is_multiple_of(10)
}

/// Bytes of four groups of four digits: a card that was mistyped.
pub(super) fn groups(text: &str) -> Vec<Range<usize>> {
    static SHAPE: Pattern = Pattern::new(r"\b\d{4}(?:[ -]\d{4}){3}\b");
    SHAPE.spans(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(found: fn(&str) -> Vec<Range<usize>>, text: &str) -> Vec<&str> {
        found(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn check_digits_decide() {
        // The examples of the registers of IBANs and of card schemes.
        let text =
            "RO49 AAAA 1B31 0075 9384 0000 is mine, GB82WEST12345698765432 and AT611904300234573201 too";
        assert_eq!(
            of(ibans, text),
            ["RO49 AAAA 1B31 0075 9384 0000", "GB82WEST12345698765432", "AT611904300234573201"]
        );
        assert!(of(ibans, "RO49 AAAA 1B31 0075 9384 0001").is_empty());
        assert_eq!(
            of(cards, "4111 1111 1111 1111, 378282246310005"),
            ["4111 1111 1111 1111", "378282246310005"]
        );
        assert!(of(cards, "4111 1111 1111 1112, 0000 0000 0000 0000, 1234567890123").is_empty());
        assert_eq!(of(groups, "card 4111-1111-1111-1112 or 1111 2222"), ["4111-1111-1111-1112"]);
    }
}
