//! Units of quantities: the spellings by which an answer names them, English, Romanian and German.

use std::ops::Range;
use std::sync::LazyLock;

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::score) enum Dimension {
    Money,
    Time,
    Share,
    Measure,
}

/// One unit with its spellings.
#[derive(Debug, PartialEq)]
pub(in crate::score) struct Unit {
    /// Name in reasons and comparisons.
    pub(in crate::score) name: &'static str,
    pub(in crate::score) dimension: Dimension,
    /// Size in the unit that equal quantities are compared in; working days and days stay apart.
    pub(in crate::score) size: f64,
    /// Unit that `size` counts.
    pub(in crate::score) base: &'static str,
    spellings: &'static [&'static str],
}

const fn money(name: &'static str, spellings: &'static [&'static str]) -> Unit {
    Unit { name, dimension: Dimension::Money, size: 1.0, base: name, spellings }
}

const fn time(name: &'static str, size: f64, base: &'static str, spellings: &'static [&'static str]) -> Unit {
    Unit { name, dimension: Dimension::Time, size, base, spellings }
}

const fn measure(name: &'static str, spellings: &'static [&'static str]) -> Unit {
    Unit { name, dimension: Dimension::Measure, size: 1.0, base: name, spellings }
}

/// All units; spellings are folded (lower case, no Romanian diacritics).
const UNITS: &[Unit] = &[
    money("EUR", &["€", "eur", "euro", "euros"]),
    money("USD", &["us$", "$", "usd", "dollar", "dollars", "dolar", "dolari"]),
    money("GBP", &["£", "gbp", "pound sterling", "pounds sterling", "lire sterline"]),
    money("RON", &["lei", "leu", "ron"]),
    money("MDL", &["mdl"]),
    money("CHF", &["chf", "franken", "franci elvetieni"]),
    money("PLN", &["zł", "pln"]),
    money("HUF", &["huf", "ft"]),
    money("JPY", &["¥", "jpy", "yen"]),
    time(
        "second",
        1.0,
        "second",
        &["second", "seconds", "sec", "secs", "secunda", "secunde", "sekunde", "sekunden"],
    ),
    time("minute", 60.0, "second", &["minute", "minutes", "min", "mins", "minut", "minuten"]),
    time("hour", 3600.0, "second", &["hour", "hours", "hr", "hrs", "h", "ora", "ore", "stunde", "stunden"]),
    time(
        "day",
        86_400.0,
        "second",
        &[
            "day",
            "days",
            "calendar day",
            "calendar days",
            "zi",
            "zile",
            "zile calendaristice",
            "tag",
            "tage",
            "tagen",
        ],
    ),
    time(
        "working day",
        1.0,
        "working day",
        &[
            "working day",
            "working days",
            "business day",
            "business days",
            "workday",
            "workdays",
            "zi lucratoare",
            "zile lucratoare",
            "werktag",
            "werktage",
            "werktagen",
            "arbeitstage",
            "arbeitstagen",
        ],
    ),
    time(
        "week",
        604_800.0,
        "second",
        &["week", "weeks", "wk", "wks", "saptamana", "saptamani", "woche", "wochen"],
    ),
    time("month", 1.0, "month", &["month", "months", "luna", "luni", "monat", "monate", "monaten"]),
    time("year", 12.0, "month", &["year", "years", "yr", "yrs", "an", "ani", "jahr", "jahre", "jahren"]),
    Unit {
        name: "%",
        dimension: Dimension::Share,
        size: 1.0,
        base: "%",
        spellings: &["%", "percent", "per cent", "la suta", "procent", "procente", "prozent"],
    },
    measure("kg", &["kg", "kgs", "kilogram", "kilograms", "kilograme", "kilo", "kilos"]),
    measure("g", &["g", "gram", "grams", "grame"]),
    measure("km", &["km", "kilometer", "kilometers", "kilometre", "kilometres", "kilometri"]),
    measure("km/h", &["km/h", "kmh", "kph"]),
    measure("m", &["m", "meter", "meters", "metre", "metres", "metri"]),
    measure("cm", &["cm", "centimeter", "centimeters", "centimetre", "centimetres", "centimetri"]),
    measure("mm", &["mm", "millimeter", "millimeters", "millimetre", "millimetres", "milimetri"]),
    measure("l", &["l", "liter", "liters", "litre", "litres", "litri"]),
    measure("ml", &["ml"]),
    measure("W", &["w", "watt", "watts"]),
    measure("kW", &["kw"]),
    measure("Wh", &["wh", "watt-hour", "watt-hours", "watt hours"]),
    measure("kWh", &["kwh"]),
    measure("V", &["v", "volt", "volts", "volti"]),
    measure("Ah", &["ah"]),
    measure("Nm", &["nm", "newton metres", "newton meters"]),
    measure("bar", &["bar", "bari"]),
    measure("psi", &["psi"]),
    measure("KB", &["kb"]),
    measure("MB", &["mb"]),
    measure("GB", &["gb"]),
    measure("TB", &["tb"]),
    measure("°C", &["°c", "degrees celsius", "grade celsius"]),
    measure("mile", &["mile", "miles", "mi"]),
    measure("lb", &["lb", "lbs", "pound", "pounds"]),
    measure("inch", &["inch", "inches"]),
];

/// Spelling and unit, longest spelling first.
static SPELLINGS: LazyLock<Vec<(&'static str, &'static Unit)>> = LazyLock::new(|| {
    let mut all: Vec<_> = UNITS.iter().flat_map(|u| u.spellings.iter().map(move |s| (*s, u))).collect();
    all.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.0.cmp(b.0)));
    all
});

/// The unit that is spelt like this (folded).
pub(in crate::score) fn named(spelling: &str) -> Option<&'static Unit> {
    SPELLINGS.iter().find(|(s, _)| *s == spelling).map(|(_, unit)| *unit)
}

/// Where the unit word may begin after a number that ends at `end`: past one bracket, blanks or a
/// hyphen, the Romanian `de`, and adjectives that change nothing.
pub(in crate::score) fn gap(text: &str, end: usize) -> usize {
    let mut rest = text[end..].trim_start_matches(['*', '_']);
    rest = rest.strip_prefix([')', ']']).unwrap_or(rest);
    let blank = rest.trim_start_matches([' ', '\t']);
    rest = match rest.strip_prefix('-') {
        Some(after) if after.starts_with(char::is_alphabetic) => after,
        _ if rest.len() - blank.len() <= 2 => blank,
        _ => rest,
    };
    for filler in ["de ", "full ", "whole ", "consecutive "] {
        rest = rest.strip_prefix(filler).unwrap_or(rest);
    }
    text.len() - rest.len()
}

/// The unit right after a number that ends at `end`, and where it ends.
pub(in crate::score) fn after(text: &str, end: usize) -> Option<(&'static Unit, usize)> {
    let at = gap(text, end);
    let rest = &text[at..];
    // A single letter counts only when it touches the number: `5 m` may go on as anything.
    let touches = at - end <= 1;
    SPELLINGS
        .iter()
        .find(|(s, _)| rest.starts_with(s) && ends_word(rest, s.len()) && (touches || s.len() > 1))
        .map(|(s, unit)| (*unit, at + s.len()))
}

/// The currency right before a number that starts at `start`, and where it starts.
pub(in crate::score) fn before(text: &str, start: usize) -> Option<(&'static Unit, usize)> {
    let head = text[..start].trim_end_matches(['*', '_']);
    let start = head.len();
    let head = head.trim_end_matches(' ');
    if start - head.len() > 1 {
        return None;
    }
    SPELLINGS
        .iter()
        .filter(|(_, unit)| unit.dimension == Dimension::Money)
        .find(|(s, _)| head.ends_with(s) && starts_word(head, head.len() - s.len()))
        .map(|(s, unit)| (*unit, head.len() - s.len()))
}

/// Whether a word may end at byte `at`.
pub(in crate::score) fn ends_word(text: &str, at: usize) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let last = text[..at].chars().next_back();
    !last.is_some_and(char::is_alphabetic) || !text[at..].chars().next().is_some_and(inside)
}

/// Whether a word may start at byte `at`.
pub(in crate::score) fn starts_word(text: &str, at: usize) -> bool {
    let first = text[at..].chars().next();
    !first.is_some_and(char::is_alphabetic)
        || !text[..at].chars().next_back().is_some_and(char::is_alphanumeric)
}

/// Bytes of the unit word after a number, whatever it is; for the unit of a list of spellings.
pub(in crate::score) fn spelt_after(text: &str, end: usize, spelling: &str) -> Option<Range<usize>> {
    let at = gap(text, end);
    let rest = &text[at..];
    ["", "s", "es"].iter().find_map(|plural| {
        let found = rest.strip_prefix(spelling)?.strip_prefix(plural)?;
        let length = rest.len() - found.len();
        ends_word(rest, length).then_some(at..at + length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit_after(text: &str) -> Option<&'static str> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        after(text, end).map(|(u, _)| u.name)
    }

    #[test]
    fn units_follow_their_number() {
        for (text, unit) in [
            ("30 days", "day"),
            ("30-day window", "day"),
            ("30) days", "day"),
            ("30 de zile", "day"),
            ("5 business days", "working day"),
            ("5 zile lucratoare", "working day"),
            ("29€", "EUR"),
            ("29 lei", "RON"),
            ("15 %", "%"),
            ("15 la suta", "%"),
            ("500wh", "Wh"),
            ("45 km/h", "km/h"),
        ] {
            assert_eq!(unit_after(text), Some(unit), "{text}");
        }
    }

    #[test]
    fn other_words_are_no_units() {
        for text in ["30", "30 daylight", "30 bikes", "30 - days", "30   days", "5 -day", "30\ndays"] {
            assert_eq!(unit_after(text), None, "{text:?}");
        }
    }

    #[test]
    fn currencies_may_stand_before() {
        assert_eq!(before("pay €", 7).map(|(u, at)| (u.name, at)), Some(("EUR", 4)));
        assert_eq!(before("pay eur ", 8).map(|(u, _)| u.name), Some("EUR"));
        assert_eq!(before("chauffeur ", 10), None);
        assert_eq!(before("days ", 5), None);
        assert_eq!(before("", 0), None);
    }

    #[test]
    fn own_spellings_forgive_a_plural() {
        assert!(spelt_after("3 bikes", 1, "bike").is_some());
        assert!(spelt_after("3 boxes", 1, "box").is_some());
        assert!(spelt_after("3 bikers", 1, "bike").is_none());
    }

    #[test]
    fn spellings_name_one_unit_each() {
        let mut seen = std::collections::BTreeMap::new();
        for (spelling, unit) in SPELLINGS.iter() {
            assert_eq!(seen.insert(*spelling, unit.name), None, "{spelling}");
            assert_eq!(crate::score::words::fold(spelling, crate::score::words::Folding::Marks), *spelling);
        }
        assert_eq!(named("zile").map(|u| u.name), Some("day"));
        assert_eq!(named("bike"), None);
    }
}
