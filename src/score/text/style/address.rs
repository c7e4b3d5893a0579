//! Words that show whether a customer is addressed formally or not.

/// The marks of one language, in lower case and Romanian without diacritics.
pub(super) struct Marks {
    pub(super) lang: &'static str,
    informal: &'static [&'static str],
    formal: &'static [&'static str],
    /// Words that are formal only as written here, inside a sentence.
    formal_as_written: &'static [&'static str],
}

const MARKS: [Marks; 5] = [
    Marks {
        lang: "ro",
        informal: &[
            "tu", "tine", "tie", "iti", "te", "ti", "tau", "ta", "tai", "tale", "esti", "poti", "vrei",
            "stii", "doresti",
        ],
        formal: &["dumneavoastra", "dvs", "dv", "puteti", "aveti", "sunteti", "doriti", "vreti", "veti"],
        formal_as_written: &["vă", "Vă"],
    },
    Marks {
        lang: "de",
        informal: &[
            "du", "dich", "dir", "dein", "deine", "deinen", "deinem", "deiner", "deines", "euch", "euer",
            "eure", "eurem", "euren", "eurer",
        ],
        formal: &[],
        formal_as_written: &["Sie", "Ihnen", "Ihr", "Ihre", "Ihren", "Ihrem", "Ihrer", "Ihres"],
    },
    Marks {
        lang: "fr",
        informal: &["tu", "te", "toi", "ton", "ta", "tes", "t'"],
        formal: &["vous", "votre", "vos"],
        formal_as_written: &[],
    },
    Marks {
        lang: "es",
        informal: &[
            "tú", "te", "ti", "tu", "tus", "contigo", "vosotros", "vosotras", "vuestro", "vuestra", "os",
        ],
        formal: &["usted", "ustedes", "ud", "uds"],
        formal_as_written: &[],
    },
    Marks {
        lang: "nl",
        informal: &["je", "jij", "jou", "jouw", "jullie"],
        formal: &["u", "uw"],
        formal_as_written: &[],
    },
];

/// How a customer is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    Formal,
    Informal,
}

impl Marks {
    /// The marks of a language that has them.
    pub(super) fn of(lang: &str) -> Option<&'static Self> {
        MARKS.iter().find(|marks| marks.lang == lang)
    }

    /// How a word addresses the customer, if it does.
    pub(super) fn address(&self, folded: &str, written: &str, starts_sentence: bool) -> Option<Address> {
        let elided = folded.find('\'').map_or(folded, |at| &folded[..=at]);
        if self.informal.contains(&folded) || self.informal.contains(&elided) {
            return Some(Address::Informal);
        }
        // A capital at the start of a sentence says nothing.
        let as_written = self.formal_as_written.contains(&written)
            && !(starts_sentence
                && self.formal_as_written.iter().all(|word| word.starts_with(char::is_uppercase)));
        (self.formal.contains(&folded) || as_written).then_some(Address::Formal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_show_the_address() {
        let cases = [
            ("ro", "iti", "îți", false, Some(Address::Informal)),
            ("ro", "va", "vă", true, Some(Address::Formal)),
            ("ro", "va", "va", false, None),
            ("ro", "puteti", "puteţi", false, Some(Address::Formal)),
            ("de", "sie", "Sie", false, Some(Address::Formal)),
            ("de", "sie", "Sie", true, None),
            ("de", "sie", "sie", false, None),
            ("de", "dir", "Dir", true, Some(Address::Informal)),
            ("fr", "t'aider", "t'aider", false, Some(Address::Informal)),
            ("es", "tú", "Tú", true, Some(Address::Informal)),
            ("nl", "uw", "Uw", true, Some(Address::Formal)),
        ];
        for (lang, folded, written, starts, expected) in cases {
            assert_eq!(
                Marks::of(lang).unwrap().address(folded, written, starts),
                expected,
                "{lang} {written}"
            );
        }
        assert!(Marks::of("en").is_none());
    }
}
