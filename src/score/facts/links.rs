//! Facts that are strings: web addresses, e-mail addresses, phone numbers, codes, article ids, quotations.

use std::ops::Range;

use crate::knowledge::address_key;
use crate::score::facts::{FactKind, Value};
use crate::score::pattern::Pattern;
use crate::score::words::Claims;

static EMAIL: Pattern = Pattern::new(r"\b[a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)+\b");
static URL: Pattern = Pattern::new(
    r#"\b(?:https?://|www\.)[^\s<>()\[\]"'`„“”]+|\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|eu|ro|de|md|uk|gov|edu|app|dev|info|help|shop|example)\b(?:/[^\s<>()\[\]"'`„“”]*)?"#,
);
static ARTICLE: Pattern =
    Pattern::new(r"\b[a-z0-9][a-z0-9./_-]*#[a-z0-9_-]+|\[([a-z0-9]+(?:[-/][a-z0-9]+)+)\]");
static PHONE: Pattern = Pattern::new(r"(?:\+|\b00|\(|\b)\d[\d ().-]{5,18}\d\b");
static PHONE_SHAPE: Pattern =
    Pattern::new(r"^(?:\+|0|\()|^\d{3}[ .-]\d{3}[ .-]\d{4}$|^\d{3}-\d{4}$|^1-\d{3}-");
static CALL: Pattern =
    Pattern::new(r"\b(?:call|dial|phone|tel|telefon|telefonul|sunati|suna|sms|whatsapp|fax)\b[^\d]{0,20}$");
static CODE: Pattern = Pattern::new(
    r"\b(?:[a-z]+[a-z0-9]*[-_]?\d[a-z0-9]+(?:[-_][a-z0-9]+)*|\d+[a-z]+\d[a-z0-9]*|[a-z]+-\d{2,}[a-z0-9]*|\d+(?:\.\d+){2,})\b",
);
static QUOTED: Pattern = Pattern::new(r#"“([^“”"„\n]+)”|„([^“”"„\n]+)[”“]|"([^"\n]+)"|«([^»\n]+)»"#);

/// String facts of a folded text that number-like readings must not touch, in order of claim.
pub(in crate::score) fn links(text: &str) -> Vec<(Range<usize>, FactKind, Value)> {
    let mut found: Vec<(Range<usize>, FactKind, Value)> = Vec::new();
    let mut claims = Claims::over(text);
    let mut add = |span: Range<usize>, kind, value| {
        if claims.take(&span) {
            found.push((span, kind, value));
        }
    };
    for span in EMAIL.spans(text) {
        let value = Value::Text(text[span.clone()].to_owned());
        add(span, FactKind::Email, value);
    }
    for span in URL.spans(text) {
        let address = text[span.clone()].trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
        let value = Value::Text(address_key(address));
        add(span.start..span.start + address.len(), FactKind::Url, value);
    }
    for groups in ARTICLE.captures(text) {
        if let Some(id) = groups.get(1).or_else(|| groups.get(0)) {
            add(id.range(), FactKind::Article, Value::Text(id.as_str().to_owned()));
        }
    }
    found
}

/// Phone numbers of a folded text: a plus, a leading zero, a bracket, grouped digits or a word like `call` marks them.
pub(super) fn phones(text: &str) -> Vec<(Range<usize>, Value)> {
    let mut found = Vec::new();
    for span in PHONE.spans(text) {
        let written = &text[span.clone()];
        let digits: String = written.chars().filter(char::is_ascii_digit).collect();
        let called =
            CALL.is_match(&text[text.floor_char_boundary(span.start.saturating_sub(60))..span.start]);
        if (7..=15).contains(&digits.len())
            && !written.contains("--")
            && (called || PHONE_SHAPE.is_match(written))
        {
            found.push((span, Value::Phone(digits.trim_start_matches('0').to_owned())));
        }
    }
    found
}

/// Codes of letters and digits (orders, forms, models) and versions.
pub(super) fn codes(text: &str) -> Vec<(Range<usize>, Value)> {
    let code = |span: Range<usize>| {
        let digits = text[span.clone()].chars().filter(char::is_ascii_digit).count();
        let key: String = text[span.clone()].chars().filter(|c| !matches!(c, '-' | '_')).collect();
        (digits >= 2).then_some((span, Value::Text(key)))
    };
    CODE.spans(text).into_iter().filter_map(code).collect()
}

/// Quotations of two words or more, by the bytes inside the quotation marks.
pub(super) fn quotations(text: &str) -> Vec<Range<usize>> {
    QUOTED
        .captures(text)
        .iter()
        .filter_map(|groups| groups.iter().skip(1).flatten().next().map(|m| m.range()))
        .filter(|span| text[span.clone()].split_whitespace().count() >= 2)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(FactKind, &str)> {
        links(text).into_iter().map(|(span, kind, _)| (kind, &text[span])).collect()
    }

    #[test]
    fn addresses_lose_the_punctuation_around_them() {
        assert_eq!(
            kinds("see https://help.volta.example/returns#window, or mail help@volta.example."),
            [
                (FactKind::Email, "help@volta.example"),
                (FactKind::Url, "https://help.volta.example/returns#window")
            ]
        );
        assert_eq!(kinds("[returns](https://x.example/a)"), [(FactKind::Url, "https://x.example/a")]);
    }

    #[test]
    fn article_ids_are_cited() {
        assert_eq!(kinds("as in returns#return-window"), [(FactKind::Article, "returns#return-window")]);
        assert_eq!(kinds("as said [refund-policy]."), [(FactKind::Article, "refund-policy")]);
        assert!(kinds("c# and #1 [name] [your name]").is_empty());
    }

    #[test]
    fn phones_are_marked_by_their_shape_or_the_word_before() {
        for text in ["+40 21 555 01 00", "0215550100", "(021) 555-0100", "800-799-4889", "call us: 5550 1000"]
        {
            assert_eq!(phones(text).len(), 1, "{text}");
        }
        for text in ["1 234 567", "123", "12345678", "30-60", "(1203 -- 1333"] {
            assert!(phones(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn codes_mix_letters_and_digits() {
        let found = |text: &str| codes(text).into_iter().map(|(s, _)| text[s].to_owned()).collect::<Vec<_>>();
        assert_eq!(
            found("form fw-001, dd214, tls 1.2.1, order vc12345-b"),
            ["fw-001", "dd214", "1.2.1", "vc12345-b"]
        );
        assert!(found("b2b x3 30-day 500wh two-30 mp3 1.5").iter().all(|c| c == "two-30"));
    }

    #[test]
    fn quotations_have_two_words() {
        let text = r#"press "Send it now" or „Trimite acum”, “go on”, "Send""#;
        let found: Vec<_> = quotations(text).into_iter().map(|s| &text[s]).collect();
        assert_eq!(found, ["Send it now", "Trimite acum", "go on"]);
    }

    #[test]
    fn patterns_compile() {
        for p in [&EMAIL, &URL, &ARTICLE, &PHONE, &PHONE_SHAPE, &CALL, &CODE, &QUOTED] {
            assert!(p.compiles());
        }
    }
}
