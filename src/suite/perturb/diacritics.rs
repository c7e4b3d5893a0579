//! Letters without their marks: `ș` typed as `s`, with a comma below or a cedilla, composed or not.

use unicode_normalization::UnicodeNormalization;

use super::pieces::is_mark;
use super::{Perturber, Question};
use crate::stats::Random;

/// Row of the table.
pub(super) const KIND: Perturber = Perturber {
    name: "no-diacritics",
    summary: "letters without their marks: ș, ț, ă, â, î typed as s, t, a, i",
    has_words: false,
    apply,
};

fn apply(question: &Question<'_>, _: &mut Random) -> Option<String> {
    let bare = question.pieces.map(|text| text.nfd().filter(|c| !is_mark(*c)).nfc().collect());
    (bare != question.pieces.text()).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::super::{Options, find};

    #[test]
    fn every_way_to_write_them_loses_its_marks() {
        let bare =
            |text: &str| find("no-diacritics").unwrap().wording((text, &[]), "ro", &Options::default());
        assert_eq!(bare("Câți ani? Şi țara, ţara, s\u{326}i").unwrap().text, "Cati ani? Si tara, tara, si");
        assert_eq!(bare("„Oraș” și").unwrap().text, "„Oraș” si");
        assert_eq!(bare("fara semne"), None);
    }
}
