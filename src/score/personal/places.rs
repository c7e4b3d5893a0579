//! Where people live, in the ways of English and Romanian: a street with its number, and a postcode.

use std::ops::Range;
use std::sync::LazyLock;

use crate::score::pattern::Pattern;

/// Words of a street's name: capital ones, with small ones, dates and initials between them.
const WORDS: &str = r"(?:(?:\p{Lu}[\p{L}'’.-]*|\d{1,2}|de|din|la|cel|al|lui)[ \t]+){0,4}\p{Lu}[\p{L}'’-]*(?:[ \t]+1[89]\d\d\b)?";
/// `nr. 4`, `numărul 4 bis`, `4B`.
const NUMBER: &str =
    r"(?:,?[ \t]*(?i:nr|no|num[ăa]rul|num[ăa]r)\.?[ \t]*|,?[ \t]+)\d{1,4}(?:[ \t]?[A-Za-z]\b|[ \t]bis\b)?";
/// Block, entrance, floor and flat.
const FLAT: &str = r"(?:,?[ \t]*(?i:bloc(?:ul)?|bl|scara|sc|etaj(?:ul)?|et|apartament(?:ul)?|ap|interfon|camera|cam|flat|apt|apartment|unit)\b\.?[ \t]*[\p{L}\d]{1,4}\b)*";

static STREETS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let sure = r"(?:[Ss]trada|STRADA|[Ss]tr\.|[Bb]ulevardul|[Bb]d\.|[Bb]-dul|[Bb]lvd\.|[Bb]vd\.|[Aa]leea|[Șș]oseaua|[ȘșSs]os\.|[Ss]plaiul|[Ff]undătura)";
    let with_number = r"(?:[Cc]alea|[Pp]iața|[Pp]iata|[Ii]ntrarea|[Dd]rumul|[Ss]oseaua)";
    let english = r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Square|Sq|Place|Terrace|Way|Close|Crescent|Gardens|Grove|Row|Hill|Mews)";
    let before = r"(?:(?i:flat|apt\.?|apartment|unit)[ \t]*\w{1,4},?[ \t]+)?";
    [
        format!(r"\b{sure}[ \t]*{WORDS}(?:{NUMBER})?{FLAT}"),
        format!(r"\b{with_number}[ \t]+{WORDS}{NUMBER}{FLAT}"),
        format!(
            r"\b{before}\d{{1,5}}[A-Za-z]?,?[ \t]+(?:\p{{Lu}}[\p{{L}}'’.-]*[ \t]+){{1,4}}{english}\b\.?{FLAT}"
        ),
    ]
    .map(Pattern::of)
    .into()
});

static POSTCODES: LazyLock<[Pattern; 3]> = LazyLock::new(|| {
    [
        // Of the United Kingdom.
        Pattern::new(r"\b(?P<code>[A-Z]{1,2}\d[A-Z\d]?[ \t]\d[A-Z]{2})\b"),
        // Of the United States, by the state before it or the four digits behind it.
        Pattern::new(r"(?:,[ \t]+[A-Z]{2}[ \t]+(?P<code>\d{5})|\b(?P<long>\d{5}-\d{4}))\b"),
        // Any, by its name.
        Pattern::new(
            r"(?i:post(?:al)?[ \t]?code|zip(?:[ \t]?code)?|cod(?:ul)?[ \t]+po[șs]tal)[ \t]*(?:is|este|e|:)?[ \t]*(?P<code>[A-Za-z]{0,2}\d[A-Za-z\d]{2,6})\b",
        ),
    ]
});

/// Bytes of the streets in a text, with number, block and flat.
pub(super) fn streets(text: &str) -> Vec<Range<usize>> {
    STREETS.iter().flat_map(|pattern| pattern.spans(text)).collect()
}

/// Bytes of the postcodes in a text.
pub(super) fn postcodes(text: &str) -> Vec<Range<usize>> {
    let all = POSTCODES.iter().flat_map(|pattern| pattern.captures(text));
    all.filter_map(|c| Some(c.name("code").or_else(|| c.name("long"))?.range())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(found: fn(&str) -> Vec<Range<usize>>, text: &str) -> Vec<&str> {
        found(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn streets_end_where_the_address_does() {
        for (text, wanted) in [
            (
                "Stau pe Strada Mihai Eminescu nr. 14, bl. B2, sc. A, ap. 7 în Cluj.",
                "Strada Mihai Eminescu nr. 14, bl. B2, sc. A, ap. 7",
            ),
            ("Livrați la str. 1 Decembrie 1918, nr 5?", "str. 1 Decembrie 1918, nr 5"),
            ("Bd. Unirii 22A, lângă parc", "Bd. Unirii 22A"),
            ("Calea Victoriei nr. 100", "Calea Victoriei nr. 100"),
            ("I live at 12 High Street, Graz", "12 High Street"),
            ("Send it to Flat 3, 221B Old Baker St. today", "Flat 3, 221B Old Baker St."),
            ("at 5 St. John's Road, apt 4 please", "5 St. John's Road, apt 4"),
        ] {
            assert_eq!(of(streets, text), [wanted], "{text}");
        }
        for text in [
            "Piața Unirii e departe",
            "calea Cluj",
            "I ride 12 City bikes",
            "the strada",
            "30 days for a Plus",
        ] {
            assert!(of(streets, text).is_empty(), "{text}: {:?}", of(streets, text));
        }
    }

    #[test]
    fn postcodes_by_shape_or_name() {
        let text = "SW1A 1AA; Austin, TX 78701; 78701-1234; codul poștal 400001, postcode: 8010, zip 1010";
        assert_eq!(of(postcodes, text), ["SW1A 1AA", "78701", "78701-1234", "400001", "8010", "1010"]);
        assert!(of(postcodes, "in 10000 km, K7 batteries, E1 error").is_empty());
    }
}
