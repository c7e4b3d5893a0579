//! What small words do in a sentence: carry nothing, deny, demand, allow, or start a new clause.
//!
//! One table for English and Romanian, folded; a word of another language is content. A form that
//! both languages use is listed once for the more common use.

use std::sync::LazyLock;

use crate::score::reading::{WordMap, hash};

/// What a word does besides naming something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::score) struct Sense(u8);

impl Sense {
    const LIGHT: Self = Self(1);
    const DENIES: Self = Self(2);
    const DEMANDS: Self = Self(4);
    const ALLOWS: Self = Self(8);
    const PARTS: Self = Self(16);
    const NUMBER: Self = Self(32);
    /// A denial before this word denies nothing: `not only`, `no later than`, `don't hesitate`.
    const SPARED: Self = Self(64);
    const THING: Self = Self(128);

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The sense of a folded word with this stem.
    pub(super) fn of(word: &str, stem: &str) -> Self {
        match TABLE.get(&hash(word.as_bytes())) {
            Some(sense) => *sense,
            None if stem.starts_with(|c: char| c.is_ascii_digit()) => Self::NUMBER,
            None if word.ends_with("n't") => Self::LIGHT.with(Self::DENIES),
            None => Self::default(),
        }
    }

    /// Whether the word carries no content: articles, pronouns, prepositions, auxiliaries, courtesies.
    pub(in crate::score) fn is_light(self) -> bool {
        self.has(Self::LIGHT)
    }

    /// Whether it denies what follows.
    pub(super) fn denies(self) -> bool {
        self.has(Self::DENIES)
    }

    /// Whether it denies a thing (`no receipt`, `fără bon`) more than what is done with it.
    pub(super) fn denies_a_thing(self) -> bool {
        self.has(Self::THING)
    }

    /// Whether it demands: `must`, `required`.
    pub(in crate::score) fn demands(self) -> bool {
        self.has(Self::DEMANDS)
    }

    /// Whether it leaves a choice: `may`, `optional`.
    pub(super) fn allows(self) -> bool {
        self.has(Self::ALLOWS)
    }

    /// Whether a new clause starts with it: `but`, `if`.
    pub(in crate::score) fn parts(self) -> bool {
        self.has(Self::PARTS)
    }

    /// Whether a denial right before it is none.
    pub(super) fn is_spared(self) -> bool {
        self.has(Self::SPARED)
    }

    /// Whether it is a number.
    pub(in crate::score) fn is_number(self) -> bool {
        self.has(Self::NUMBER)
    }
}

const ARTICLES_AND_PRONOUNS: &str = "a an the this that these those it its it's i me my you your yours we us our \
    ours he him his she her hers they them their theirs who whom whose which what one ones someone something \
    anything everything each every any some all both such own same other another \
    un o unei unui niste acest aceasta acesta aceste acestea acei acea acel ce cui cine \
    eu tu el ea noi voi ei ele mie imi iti isi ii le va ne te ma mi ti si-a lui lor meu mea mei mele tau ta tai \
    sau sa nostru noastra vostru voastra dumneavoastra dvs cel cea cei cele orice fiecare tot toti toate alt alta alti alte";

const PREPOSITIONS_AND_CONJUNCTIONS: &str = "of in on at by for to from with within into onto over under about after \
    before between during through up down out off as than and or so also then there here again further via per \
    de la in din pe cu prin pentru despre dupa intre spre catre pana sub peste langa si ori ca astfel aici acolo apoi";

const AUXILIARIES: &str = "is are am was were be been being do does did done have has had having will would shall \
    should i'm i've i'll i'd you're you've you'll you'd we're we've we'll we'd they're they've they'll he's she's \
    that's there's what's here's let's s t re ve ll m \
    este sunt e esti suntem sunteti era erau fi fost am ai are avem aveti au avea vor vom veti voi vei as ar ati \
    fie sa-l sa-i";

const MANNER: &str = "very too just really actually only even still already yet now when where how why while more most much many \
    mai foarte doar numai chiar deja inca acum cand unde cum cat cata cati cate asa";

const COURTESIES: &str = "yes yeah yep ok okay oh well sure unfortunately afraid please thanks thank sorry hello hi hey dear welcome glad \
    course absolutely definitely certainly \
    da bine desigur sigur pacate multumesc multumim rog scuze buna salut ziua draga bucuros";

const DENYING: &str = "not never cannot nu n niciodata nicidecum";

const DENYING_A_THING: &str =
    "no none nobody nothing neither nor without fara nici nimic nimeni niciun nicio";

const DEMANDING: &str = "must required requires require mandatory obligatory compulsory \
    trebuie obligatoriu obligatorie obligat obligata obligati necesar necesara";

const ALLOWING: &str = "can may might could optional optionally voluntary voluntarily \
    pot poti poate putem puteti optional optionala facultativ facultativa";

const PARTING: &str = "but if unless because although though however whereas except until since \
    dar insa daca fiindca deoarece desi totusi exceptand decat";

const SPARING: &str =
    "only later more less hesitate worry forget matter problem doar numai ezita ezitati uita uitati";

static TABLE: LazyLock<WordMap<Sense>> = LazyLock::new(|| {
    let light = Sense::LIGHT;
    let mut table = WordMap::default();
    for (words, sense) in [
        (ARTICLES_AND_PRONOUNS, light),
        (PREPOSITIONS_AND_CONJUNCTIONS, light),
        (AUXILIARIES, light),
        (MANNER, light),
        (COURTESIES, light),
        (DENYING, light.with(Sense::DENIES)),
        (DENYING_A_THING, light.with(Sense::DENIES).with(Sense::THING)),
        (DEMANDING, Sense::DEMANDS),
        (ALLOWING, light.with(Sense::ALLOWS)),
        (PARTING, light.with(Sense::PARTS)),
        (SPARING, Sense::SPARED),
    ] {
        for word in words.split_whitespace() {
            let entry: &mut Sense = table.entry(hash(word.as_bytes())).or_default();
            *entry = entry.with(sense);
        }
    }
    table
});

#[cfg(test)]
mod tests {
    use super::*;

    fn of(word: &str) -> Sense {
        Sense::of(word, word)
    }

    #[test]
    fn small_words_carry_nothing() {
        for word in ["the", "your", "pentru", "sunt", "please", "multumesc", "doesn't"] {
            assert!(of(word).is_light(), "{word}");
        }
        for word in ["bike", "30", "returnare", "required", "tag"] {
            assert!(!of(word).is_light(), "{word}");
        }
    }

    #[test]
    fn senses_are_told_apart() {
        assert!(of("nu").denies() && of("never").denies() && of("shouldn't").denies() && !of("now").denies());
        assert!(of("no").denies_a_thing() && of("no").denies() && !of("not").denies_a_thing());
        assert!(of("trebuie").demands() && !of("trebuie").allows());
        assert!(of("may").allows() && of("dar").parts() && of("only").is_spared());
        assert!(of("30").is_number() && !of("one").is_number());
    }

    #[test]
    fn the_table_is_folded() {
        use crate::score::words::{Folding, fold};
        for words in [
            DENYING,
            DENYING_A_THING,
            DEMANDING,
            ALLOWING,
            PARTING,
            COURTESIES,
            AUXILIARIES,
            ARTICLES_AND_PRONOUNS,
        ] {
            assert_eq!(fold(words, Folding::Marks), words);
        }
    }
}
