//! Emoji of a text.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Characters of each emoji; a person with a skin tone, a flag or a family is one.
pub(super) fn emoji(text: &str) -> Vec<Range<usize>> {
    if text.is_ascii() {
        return Vec::new();
    }
    let (mut found, mut at) = (Vec::new(), 0);
    for cluster in text.graphemes(true) {
        let length = cluster.chars().count();
        if cluster.chars().any(is_emoji) {
            found.push(at..at + length);
        }
        at += length;
    }
    found
}

/// Characters shown as emoji by default (Unicode's Emoji_Presentation), and the sign that asks for it.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f7e0}'..='\u{1f7eb}'
        | '\u{1f90c}'..='\u{1f9ff}' | '\u{1fa70}'..='\u{1faff}' | '\u{1f004}' | '\u{1f0cf}' | '\u{1f18e}'
        | '\u{1f191}'..='\u{1f19a}' | '\u{1f201}'..='\u{1f251}' | '\u{fe0f}' | '\u{231a}' | '\u{231b}'
        | '\u{23e9}'..='\u{23ec}' | '\u{23f0}' | '\u{23f3}' | '\u{25fd}' | '\u{25fe}' | '\u{2614}' | '\u{2615}'
        | '\u{2648}'..='\u{2653}' | '\u{267f}' | '\u{2693}' | '\u{26a1}' | '\u{26aa}' | '\u{26ab}' | '\u{26bd}'
        | '\u{26be}' | '\u{26c4}' | '\u{26c5}' | '\u{26ce}' | '\u{26d4}' | '\u{26ea}' | '\u{26f2}' | '\u{26f3}'
        | '\u{26f5}' | '\u{26fa}' | '\u{26fd}' | '\u{2705}' | '\u{270a}' | '\u{270b}' | '\u{2728}' | '\u{274c}'
        | '\u{274e}' | '\u{2753}'..='\u{2755}' | '\u{2757}' | '\u{2795}'..='\u{2797}' | '\u{27b0}' | '\u{27bf}'
        | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}' | '\u{2b55}')
}

#[cfg(test)]
mod tests {
    use super::emoji;

    #[test]
    fn each_picture_is_one() {
        assert_eq!(
            emoji("Ok 🚲 ș 👍🏽 🇷🇴 👨\u{200d}👩\u{200d}👧 1\u{fe0f}\u{20e3}"),
            [3..4, 7..9, 10..12, 13..18, 19..22]
        );
        assert!(emoji("✓ → • € ™ © 漢 :)").is_empty());
    }
}
