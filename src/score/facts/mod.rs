//! Checkable facts of a text: the one extractor behind `grounded` and `number`.
//!
//! [`extract`] finds every [`Fact`] with its place and a [`Value`] in which different spellings of
//! the same thing are equal: `€4.95` and `4,95 euro`, `30-day` and `thirty days`, `2 weeks` and
//! `14 days`. List markers, step numbers and footnotes are no facts.

mod dates;
mod links;
mod numerals;
mod units;
mod words;

use std::ops::Range;

pub(super) use crate::knowledge::address_key;
use crate::score::pattern::Pattern;
use crate::score::words::{Claims, Folded, Folding};

use dates::Day;
pub(super) use links::links;

use numerals::{Numeral, numerals};
pub(super) use units::{Dimension, Unit};
pub(super) use words::small_number;

/// What sort of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactKind {
    Number,
    Price,
    Percent,
    TimeLimit,
    Date,
    TimeOfDay,
    Url,
    Email,
    Phone,
    Code,
    Article,
    Quotation,
}

impl FactKind {
    /// The name used in notes.
    pub(super) fn name(self) -> &'static str {
        match self {
            FactKind::Number => "number",
            FactKind::Price => "price",
            FactKind::Percent => "percentage",
            FactKind::TimeLimit => "time limit",
            FactKind::Date => "date",
            FactKind::TimeOfDay => "time of day",
            FactKind::Url => "address",
            FactKind::Email => "e-mail address",
            FactKind::Phone => "phone number",
            FactKind::Code => "code",
            FactKind::Article => "article",
            FactKind::Quotation => "quotation",
        }
    }
}

/// What a fact says, comparable across spellings.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A number, in every reading, with its unit when it has one.
    Amount { readings: Vec<String>, unit: Option<&'static Unit> },
    /// A date, in every reading.
    Date(Vec<Day>),
    /// Minutes after midnight.
    TimeOfDay(u16),
    /// Digits without leading zeros.
    Phone(String),
    /// Anything compared as a string.
    Text(String),
}

impl Value {
    /// Whether a source that says `self` supports an answer that says `claim`.
    pub(super) fn supports(&self, claim: &Value) -> bool {
        match (self, claim) {
            (Value::Amount { readings: a, unit: u }, Value::Amount { readings: b, unit: v }) => {
                match (u, v) {
                    // A bare claim needs the number only; a claim with a unit needs the unit too.
                    (_, None) => a.iter().any(|x| b.contains(x)),
                    (None, Some(unit)) => {
                        unit.dimension == Dimension::Measure && a.iter().any(|x| b.contains(x))
                    }
                    (Some(u), Some(v)) => {
                        u.base == v.base && a.iter().any(|x| b.iter().any(|y| same_size(x, u, y, v)))
                    }
                }
            }
            (Value::Date(days), Value::Date(claims)) => {
                days.iter().any(|d| claims.iter().any(|c| d.supports(*c)))
            }
            (Value::Date(days), Value::Amount { readings, unit: None }) => {
                days.iter().any(|d| d.year.is_some_and(|y| readings.contains(&y.to_string())))
            }
            (Value::TimeOfDay(a), Value::TimeOfDay(b)) => a == b,
            (Value::Phone(a), Value::Phone(b)) => a.ends_with(b.as_str()) || b.ends_with(a.as_str()),
            (Value::Text(a), Value::Text(b)) => a == b,
            _ => false,
        }
    }

    /// The readings of an amount as numbers.
    pub(super) fn numbers(&self) -> Vec<f64> {
        match self {
            Value::Amount { readings, .. } => readings.iter().filter_map(|r| r.parse().ok()).collect(),
            _ => Vec::new(),
        }
    }
}

fn same_size(x: &str, u: &Unit, y: &str, v: &Unit) -> bool {
    if u.name == v.name {
        return x == y;
    }
    match (x.parse::<f64>(), y.parse::<f64>()) {
        (Ok(x), Ok(y)) => (x * u.size - y * v.size).abs() < 1e-6,
        _ => false,
    }
}

/// One checkable fact.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    pub(super) kind: FactKind,
    /// Characters of the text.
    pub(super) span: Range<usize>,
    /// The words themselves.
    pub(super) text: String,
    pub(super) value: Value,
}

/// All checkable facts of a text, in order. Number words count only with a unit (`two options` states none).
pub(super) fn extract(text: &str) -> Vec<Fact> {
    facts(text, false)
}

/// The same with number words that have no unit: what a source says with `two` may be claimed as `2`.
pub(super) fn extract_worded(text: &str) -> Vec<Fact> {
    facts(text, true)
}

fn facts(text: &str, bare_words: bool) -> Vec<Fact> {
    let folded = Folded::new(text, Folding::Marks);
    let mut facts = scan(&folded, bare_words);
    for bytes in links::quotations(&folded.text) {
        let span = folded.chars(&bytes);
        facts.push(Fact {
            kind: FactKind::Quotation,
            text: folded.quote(&span).to_owned(),
            span,
            value: Value::Text(folded.text[bytes].to_owned()),
        });
    }
    facts.sort_by_key(|f| (f.span.start, f.span.end));
    facts
}

/// Numbers with their units, number words included, dates and other codes left out.
pub(super) fn quantities(folded: &Folded<'_>) -> Vec<Fact> {
    scan(folded, true).into_iter().filter(|f| matches!(f.value, Value::Amount { .. })).collect()
}

fn scan(folded: &Folded<'_>, bare_words: bool) -> Vec<Fact> {
    let line = &folded.text;
    let mut claimed: Vec<(Range<usize>, FactKind, Value)> = Vec::new();
    let mut claims = Claims::over(line);
    let mut claim = |found: Vec<(Range<usize>, FactKind, Value)>| {
        claimed.extend(found.into_iter().filter(|(span, ..)| claims.take(span)));
    };
    claim(links::links(line));
    claim(dates::dates(line).into_iter().map(|(s, days)| (s, FactKind::Date, Value::Date(days))).collect());
    claim(
        dates::clocks(line)
            .into_iter()
            .map(|(s, at)| (s, FactKind::TimeOfDay, Value::TimeOfDay(at)))
            .collect(),
    );
    let amounts = amounts(line);
    // A number with a unit is no phone number, however long; one without gives way to a phone or a code.
    let (with_unit, bare): (Vec<_>, Vec<_>) =
        amounts.into_iter().partition(|(_, kind, _)| *kind != FactKind::Number);
    claim(with_unit);
    claim(links::phones(line).into_iter().map(|(s, v)| (s, FactKind::Phone, v)).collect());
    claim(links::codes(line).into_iter().map(|(s, v)| (s, FactKind::Code, v)).collect());
    claim(bare);
    claimed.sort_by_key(|(span, ..)| span.start);
    let states_nothing = |span: &Range<usize>, value: &Value| {
        let bare = matches!(value, Value::Amount { unit: None, .. });
        bare && (is_marker(line, span)
            || (!bare_words && !line[span.clone()].contains(|c: char| c.is_ascii_digit())))
    };
    claimed
        .into_iter()
        .filter(|(span, _, value)| !states_nothing(span, value))
        .map(|(bytes, kind, value)| {
            let span = folded.chars(&bytes);
            Fact { kind, text: folded.quote(&span).to_owned(), span, value }
        })
        .collect()
}

static RANGE: Pattern = Pattern::new(r"^ ?(?:-|–|—|to|and|or|la|si|sau|pana la|bis|und|oder) ?$");

/// Every number with the unit after it, the currency before it, or the unit of the range it opens or closes.
fn amounts(text: &str) -> Vec<(Range<usize>, FactKind, Value)> {
    let numbers = numerals(text);
    let mut units: Vec<Option<(&'static Unit, Range<usize>)>> =
        numbers.iter().map(|n| unit_of(text, n)).collect();
    let joined =
        |i: usize| RANGE.is_match(text.get(numbers[i].span.end..numbers[i + 1].span.start).unwrap_or("."));
    for i in (0..numbers.len().saturating_sub(1)).rev() {
        if units[i].is_none()
            && let Some((unit, _)) = units[i + 1]
            && joined(i)
        {
            units[i] = Some((unit, numbers[i].span.clone()));
        }
    }
    for i in 0..numbers.len().saturating_sub(1) {
        if units[i + 1].is_none()
            && let Some((unit, span)) = &units[i]
            && span.end == numbers[i].span.end
            && joined(i)
        {
            units[i + 1] = Some((unit, numbers[i + 1].span.clone()));
        }
    }
    numbers
        .into_iter()
        .zip(units)
        .filter_map(|(number, found)| {
            let (unit, span) = found.map_or((None, number.span.clone()), |(u, s)| (Some(u), s));
            // A number that runs into letters (`4th`, `802x`) is a word, unless the letters are a unit.
            let runs_on = text[span.end..].chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
            let kind = match unit.map(|u| u.dimension) {
                None | Some(Dimension::Measure) => FactKind::Number,
                Some(Dimension::Money) => FactKind::Price,
                Some(Dimension::Time) => FactKind::TimeLimit,
                Some(Dimension::Share) => FactKind::Percent,
            };
            (!runs_on).then_some((span, kind, Value::Amount { readings: number.values, unit }))
        })
        .collect()
}

fn unit_of(text: &str, number: &Numeral) -> Option<(&'static Unit, Range<usize>)> {
    if let Some((unit, end)) = units::after(text, number.span.end) {
        return Some((unit, number.span.start..end));
    }
    units::before(text, number.span.start).map(|(unit, start)| (unit, start..number.span.end))
}

/// Whether a spelling outside the table of units follows a quantity.
pub(super) fn followed_by(folded: &Folded<'_>, quantity: &Fact, spelling: &str) -> bool {
    let end = folded.bytes(&quantity.span).end;
    units::spelt_after(&folded.text, end, spelling).is_some()
}

/// The unit with this spelling.
pub(super) fn unit_named(spelling: &str) -> Option<&'static Unit> {
    units::named(spelling)
}

static OPENS_ITEM: Pattern = Pattern::new(r"(?:^|[\n.:;!?,]|\*\*|^[>#-])[ \t>*_#-]*$");
static AFTER_ITEM: Pattern = Pattern::new(r"^(?:[.)]\s+[^\s\d]|[.)]\s*\*\*|[.)]$|\)\s)");
static COUNTED: Pattern =
    Pattern::new(r"(?:\bstep|\bsteps|\bpasul|\bpasii|\boption|\boptiunea|#|\[\^?|\bquestion) ?$");

/// Whether a bare number only counts: a list marker, a step, a footnote.
fn is_marker(text: &str, span: &Range<usize>) -> bool {
    let (head, tail) = (&text[..span.start], &text[span.end..]);
    if span.len() > 3 {
        return false;
    }
    let head = &head[head.floor_char_boundary(head.len().saturating_sub(40))..];
    let opened = head.rfind('(').is_some_and(|open| !head[open..].contains(')'));
    (AFTER_ITEM.is_match(tail) && (OPENS_ITEM.is_match(head) || (tail.starts_with(')') && !opened)))
        || COUNTED.is_match(head)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> Fact {
        let found = extract(text);
        assert_eq!(found.len(), 1, "{text}: {found:#?}");
        found[0].clone()
    }

    fn marks(text: &str) -> Folded<'_> {
        Folded::new(text, Folding::Marks)
    }

    fn kinds(text: &str) -> Vec<(FactKind, String)> {
        extract(text).into_iter().map(|f| (f.kind, f.text)).collect()
    }

    #[test]
    fn spellings_of_one_fact_support_each_other() {
        for (a, b) in [
            ("€4.95", "4,95 euro"),
            ("EUR 4.95", "4.95€"),
            ("30 days", "a 30-day window"),
            ("thirty days", "30 de zile"),
            ("2 weeks", "14 days"),
            ("24 hours", "1 day"),
            ("o săptămână, mai exact 7 zile", "one week"),
            ("twenty minutes", "20 min"),
            ("15%", "15 la sută"),
            ("12 March 2026", "2026-03-12"),
            ("2 years", "24 months"),
            ("5 business days", "5 zile lucrătoare"),
            ("1.234,50 lei", "RON 1,234.50"),
            ("+40 21 555 0100", "021 555 0100"),
            ("5:30 pm", "17:30"),
            ("https://www.x.example/a/", "x.example/a"),
            ("$1.5 million", "1,500,000 USD"),
        ] {
            let (a, b) = (extract(a), extract(b));
            assert!(a[0].value.supports(&b[0].value), "{a:?} {b:?}");
            assert!(b[0].value.supports(&a[0].value), "{b:?} {a:?}");
        }
    }

    #[test]
    fn different_facts_do_not() {
        for (source, claim) in [
            ("30 days", "14 days"),
            ("5 days", "5 business days"),
            ("€30", "$30"),
            ("30 days", "€30"),
            ("30", "30 days"),
            ("30 days", "30%"),
            ("12 March", "12 March 2026"),
            ("1 month", "30 days"),
            ("500 kg", "500 Wh"),
            ("model AB123", "model AB124"),
        ] {
            let (source, claim) = (extract(source), extract(claim));
            assert!(!source[0].value.supports(&claim[0].value), "{source:?} {claim:?}");
        }
    }

    #[test]
    fn a_bare_number_is_supported_by_the_number_in_any_unit() {
        assert!(one("30 days").value.supports(&one("within 30").value));
        assert!(one("500").value.supports(&one("500 Wh").value));
        assert!(one("12 March 2026").value.supports(&one("since 2026").value));
    }

    #[test]
    fn ranges_share_their_unit() {
        assert_eq!(
            kinds("3-5 days"),
            [(FactKind::TimeLimit, "3".into()), (FactKind::TimeLimit, "5 days".into())]
        );
        assert_eq!(
            kinds("between €5 and 10"),
            [(FactKind::Price, "€5".into()), (FactKind::Price, "10".into())]
        );
        assert_eq!(kinds("3 până la 5 zile")[0].0, FactKind::TimeLimit);
        assert_eq!(kinds("3 days and 5 bikes")[1], (FactKind::Number, "5".into()));
    }

    #[test]
    fn list_markers_steps_and_footnotes_state_nothing() {
        for text in [
            "1. Open the app.\n2. Tap it.\n3) Done.",
            "such as: 1) domestic, 2) school, 3) work",
            "Do this: 1. Open it. 2. Close it.",
            "**1.** Open\n- **2. Close**",
            "Step 3: open. Pasul 4: închide.",
            "as said [1], the 2nd time",
            "one of our two colleagues",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
        assert_eq!(kinds("It costs 5. Please pay."), [(FactKind::Number, "5".into())]);
        assert_eq!(kinds("(see section 12) ok"), [(FactKind::Number, "12".into())]);
    }

    #[test]
    fn every_kind_is_found_in_its_place() {
        let text = "Mail help@x.example or call 0721 000 111 by 12 martie: 15%, „nu se returnează”, \
            order VC1234, see returns#window, 9:00, https://x.example.";
        let found: Vec<_> = kinds(text).into_iter().map(|(k, _)| k).collect();
        assert_eq!(
            found,
            [
                FactKind::Email,
                FactKind::Phone,
                FactKind::Date,
                FactKind::Percent,
                FactKind::Quotation,
                FactKind::Code,
                FactKind::Article,
                FactKind::TimeOfDay,
                FactKind::Url
            ]
        );
    }

    #[test]
    fn number_words_without_a_unit_are_quantities_only() {
        assert!(extract("there are three colours").is_empty());
        assert_eq!(extract_worded("there are three colours").len(), 1);
        assert_eq!(quantities(&marks("there are three colours"))[0].value.numbers(), [3.0]);
        assert!(quantities(&marks("on 12.03.2026 at 9:00")).is_empty());
    }

    #[test]
    fn patterns_compile() {
        for p in [&RANGE, &OPENS_ITEM, &AFTER_ITEM, &COUNTED] {
            assert!(p.compiles());
        }
    }

    proptest! {
        #[test]
        fn a_fact_is_where_it_says(text in any::<String>()) {
            for fact in extract(&text) {
                prop_assert_eq!(crate::score::words::quote(&text, &fact.span), fact.text);
            }
        }

        #[test]
        fn a_text_supports_its_own_facts(text in "([0-9]{1,4}|[0-9.,]{1,8}|euro|€|days|-|\\.|,|\n| |zile|March|#|@|x){0,14}") {
            for fact in extract(&text) {
                prop_assert!(fact.value.supports(&fact.value), "{:?}", fact);
            }
        }
    }
}
