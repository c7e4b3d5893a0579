//! Dates and times of day: `2026-03-12`, `12.03.2026`, `12 March 2026`, `March 12`, `12 martie`, `4:30 p.m.`

use std::ops::Range;

use crate::score::pattern::Pattern;
use crate::score::words::Claims;

/// Reads the three groups of a date pattern; several readings when the order is in doubt.
type Read<'a> = &'a dyn Fn([Option<&str>; 3]) -> Vec<Option<Day>>;

/// A calendar date, possibly without its year or its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::score) struct Day {
    pub(in crate::score) year: Option<u16>,
    pub(in crate::score) month: u8,
    pub(in crate::score) of_month: Option<u8>,
}

impl Day {
    fn new(year: Option<u16>, month: u8, day: Option<u8>) -> Option<Self> {
        let sound = (1..=12).contains(&month) && day.is_none_or(|d| (1..=31).contains(&d));
        sound.then_some(Self { year, month, of_month: day })
    }

    /// Whether a source that says `self` supports an answer that says `claim`: a claim may say less, not more.
    pub(in crate::score) fn supports(self, claim: Self) -> bool {
        self.month == claim.month
            && (claim.year.is_none() || claim.year == self.year)
            && (claim.of_month.is_none() || claim.of_month == self.of_month)
    }
}

static ISO: Pattern = Pattern::new(r"\b(\d{4})-(\d{2})-(\d{2})\b");
static DOTTED: Pattern = Pattern::new(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b");
static SLASHED: Pattern = Pattern::new(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b");
static DAY_FIRST: Pattern =
    Pattern::new(r"\b(\d{1,2})(?:st|nd|rd|th)?\.?(?: of)? ([a-z]{3,10})\b\.?(?: ?,? (\d{4})\b)?");
static MONTH_FIRST: Pattern =
    Pattern::new(r"\b([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?\b(?: ?,? (\d{4})\b)?");
static MONTH_YEAR: Pattern = Pattern::new(r"\b([a-z]{3,10})\.?,? (\d{4})\b");
static CLOCK: Pattern =
    Pattern::new(r"\b(\d{1,2})[:.](\d{2}) ?(a\.?m\b\.?|p\.?m\b\.?)|\b(\d{1,2}):(\d{2})(?::\d{2})?\b");
static HOUR: Pattern = Pattern::new(r"\b(\d{1,2}) ?(a\.?m\b\.?|p\.?m\b\.?)");

const ENGLISH: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const ROMANIAN: [&str; 12] = [
    "ianuarie",
    "februarie",
    "martie",
    "aprilie",
    "mai",
    "iunie",
    "iulie",
    "august",
    "septembrie",
    "octombrie",
    "noiembrie",
    "decembrie",
];

fn english(word: &str) -> Option<u8> {
    let at = ENGLISH.iter().position(|m| *m == word || (word.len() == 3 && m.starts_with(word)));
    let at = at.or_else(|| (word == "sept").then_some(8))?;
    Some(at as u8 + 1)
}

fn month(word: &str) -> Option<u8> {
    english(word).or_else(|| ROMANIAN.iter().position(|m| *m == word).map(|at| at as u8 + 1))
}

/// Dates of a folded text, each with what it may mean (`03/04/2026` has two readings).
pub(super) fn dates(text: &str) -> Vec<(Range<usize>, Vec<Day>)> {
    let mut found: Vec<(Range<usize>, Vec<Day>)> = Vec::new();
    let mut claims = Claims::over(text);
    let mut add = |pattern: &Pattern, read: Read<'_>| {
        for groups in pattern.captures(text) {
            let part = |i: usize| groups.get(i).map(|m| m.as_str());
            let days: Vec<Day> = read([part(1), part(2), part(3)]).into_iter().flatten().collect();
            let Some(whole) = groups.get(0).map(|m| m.range()) else { continue };
            let span = whole.start..whole.start + text[whole].trim_end_matches('.').len();
            if !days.is_empty() && claims.take(&span) {
                found.push((span, days));
            }
        }
    };
    add(&ISO, &|[y, m, d]| vec![numeric(y, m, d)]);
    add(&DOTTED, &|[d, m, y]| vec![numeric(y, m, d)]);
    add(&SLASHED, &|[a, b, y]| {
        let (day_first, month_first) = (numeric(y, b, a), numeric(y, a, b));
        if day_first == month_first { vec![day_first] } else { vec![day_first, month_first] }
    });
    add(&DAY_FIRST, &|[d, m, y]| {
        vec![m.and_then(month).and_then(|m| Day::new(number(y), m, Some(number(d)?.try_into().ok()?)))]
    });
    add(&MONTH_FIRST, &|[m, d, y]| {
        // `may` and `mai` (more) are words; in this order only English writes dates.
        vec![m.and_then(english).and_then(|m| Day::new(number(y), m, Some(number(d)?.try_into().ok()?)))]
    });
    add(&MONTH_YEAR, &|[m, y, _]| vec![m.and_then(month).and_then(|m| Day::new(number(y), m, None))]);
    found.sort_by_key(|(span, _)| span.start);
    found
}

fn number(digits: Option<&str>) -> Option<u16> {
    digits?.parse().ok()
}

fn numeric(year: Option<&str>, month: Option<&str>, day: Option<&str>) -> Option<Day> {
    let year = number(year).map(|y| if y < 100 { 2000 + y } else { y });
    Day::new(year, number(month)?.try_into().ok()?, Some(number(day)?.try_into().ok()?))
}

/// Times of day of a folded text, in minutes after midnight.
pub(super) fn clocks(text: &str) -> Vec<(Range<usize>, u16)> {
    let mut found: Vec<(Range<usize>, u16)> = Vec::new();
    let mut claims = Claims::over(text);
    for groups in CLOCK.captures(text).into_iter().chain(HOUR.captures(text)) {
        let Some(whole) = groups.get(0).map(|m| m.range()) else { continue };
        let part = |i: usize| groups.get(i).map(|m| m.as_str());
        let hour_only = groups.len() == 3;
        let hour = number(part(1).or_else(|| part(4)));
        let minute = if hour_only { Some(0) } else { number(part(2).or_else(|| part(5))) };
        let half = if hour_only { part(2) } else { part(3) };
        let (Some(hour), Some(minute)) = (hour, minute) else { continue };
        let hour = match half {
            Some(h) if !(1..=12).contains(&hour) || h.is_empty() => continue,
            Some(h) if h.starts_with('p') => hour % 12 + 12,
            Some(_) => hour % 12,
            None => hour,
        };
        if hour <= 24 && minute < 60 && claims.take(&whole) {
            found.push((whole, hour * 60 + minute));
        }
    }
    found.sort_by_key(|(span, _)| span.start);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: u16, month: u8, day: u8) -> Day {
        Day { year: Some(year), month, of_month: Some(day) }
    }

    fn only(text: &str) -> Vec<Day> {
        let found = dates(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found[0].1.clone()
    }

    #[test]
    fn the_same_day_in_many_spellings() {
        for text in [
            "2026-03-12",
            "12.03.2026",
            "12 march 2026",
            "12th of march 2026",
            "march 12, 2026",
            "march 12 , 2026",
            "mar. 12 2026",
            "12 martie 2026",
            "13/12/2026",
        ] {
            let expected = if text.starts_with("13/") { day(2026, 12, 13) } else { day(2026, 3, 12) };
            assert_eq!(only(text), [expected], "{text}");
        }
    }

    #[test]
    fn slashes_may_mean_two_days() {
        assert_eq!(only("03/04/2026"), [day(2026, 4, 3), day(2026, 3, 4)]);
        assert_eq!(only("04/04/26"), [day(2026, 4, 4)]);
    }

    #[test]
    fn no_dates() {
        for text in ["99.99.2026", "2026-13-01", "may 45", "mai 5 zile", "1.2.3", "12 bikes", "model 2026"] {
            assert!(dates(text).is_empty(), "{text}: {:?}", dates(text));
        }
    }

    #[test]
    fn a_claim_may_say_less_but_not_more() {
        let full = day(2026, 3, 12);
        let without_year = Day { year: None, ..full };
        let without_day = Day { of_month: None, ..full };
        assert!(full.supports(without_year) && full.supports(without_day));
        assert!(!without_year.supports(full) && !without_day.supports(full));
        assert_eq!(only("march 2026"), [without_day]);
        assert_eq!(only("12 march"), [without_year]);
    }

    #[test]
    fn times_of_day() {
        for (text, minutes) in [
            ("17:30", 1050),
            ("5:30 pm", 1050),
            ("5.30 p.m.", 1050),
            ("9am", 540),
            ("12 am", 0),
            ("12 p.m.", 720),
        ] {
            assert_eq!(clocks(text).iter().map(|c| c.1).collect::<Vec<_>>(), [minutes], "{text}");
        }
        assert!(clocks("25:00 10:75 13 pm 5 amps").is_empty());
    }

    #[test]
    fn patterns_compile() {
        for p in [&ISO, &DOTTED, &SLASHED, &DAY_FIRST, &MONTH_FIRST, &MONTH_YEAR, &CLOCK, &HOUR] {
            assert!(p.compiles());
        }
    }
}
