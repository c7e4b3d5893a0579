//! English words without their endings.
//!
//! The algorithm of Porter, "An algorithm for suffix stripping" (Program 14.3, 1980), with the changes
//! that NLTK makes by default, because that is the stemmer of the `rouge-score` package and of NLTK's
//! METEOR: irregular forms, no stemming of words of one or two letters, `ies` and `ied` of short
//! words, `y` after a consonant, `alli`, `bli`, `fulli` and `logi`.

/// Words that the rules would get wrong, with their stems.
const IRREGULAR: [(&str, &str); 16] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// What replaces an ending, if the part before it meets the condition.
type Rule = (&'static str, &'static str, fn(&[char]) -> bool);

const STEP_2: [Rule; 21] = [
    ("ational", "ate", positive),
    ("tional", "tion", positive),
    ("enci", "ence", positive),
    ("anci", "ance", positive),
    ("izer", "ize", positive),
    ("bli", "ble", positive),
    ("alli", "al", positive),
    ("entli", "ent", positive),
    ("eli", "e", positive),
    ("ousli", "ous", positive),
    ("ization", "ize", positive),
    ("ation", "ate", positive),
    ("ator", "ate", positive),
    ("alism", "al", positive),
    ("iveness", "ive", positive),
    ("fulness", "ful", positive),
    ("ousness", "ous", positive),
    ("aliti", "al", positive),
    ("iviti", "ive", positive),
    ("biliti", "ble", positive),
    ("fulli", "ful", positive),
];

const STEP_3: [Rule; 7] = [
    ("icate", "ic", positive),
    ("ative", "", positive),
    ("alize", "al", positive),
    ("iciti", "ic", positive),
    ("ical", "ic", positive),
    ("ful", "", positive),
    ("ness", "", positive),
];

const STEP_4: [Rule; 19] = [
    ("al", "", above_one),
    ("ance", "", above_one),
    ("ence", "", above_one),
    ("er", "", above_one),
    ("ic", "", above_one),
    ("able", "", above_one),
    ("ible", "", above_one),
    ("ant", "", above_one),
    ("ement", "", above_one),
    ("ment", "", above_one),
    ("ent", "", above_one),
    ("ion", "", |stem| above_one(stem) && matches!(stem.last(), Some('s' | 't'))),
    ("ou", "", above_one),
    ("ism", "", above_one),
    ("ate", "", above_one),
    ("iti", "", above_one),
    ("ous", "", above_one),
    ("ive", "", above_one),
    ("ize", "", above_one),
];

/// The stem of a word in lower case.
pub(super) fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(irregular, _)| *irregular == word) {
        return (*stem).to_owned();
    }
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() <= 2 {
        return word.to_owned();
    }
    plurals(&mut letters);
    participles(&mut letters);
    if let [before @ .., 'y'] = letters.as_slice()
        && before.len() > 1
        && consonants(before).last() == Some(&true)
    {
        replace(&mut letters, 1, "i");
    }
    step_2(&mut letters);
    first_of(&mut letters, &STEP_3);
    first_of(&mut letters, &STEP_4);
    if let [before @ .., 'e'] = letters.as_slice() {
        let measure = measure(before);
        if measure > 1 || (measure == 1 && !ends_short(before)) {
            letters.pop();
        }
    }
    if let [before @ .., 'l'] = letters.as_slice()
        && before.ends_with(&['l'])
        && measure(before) > 1
    {
        letters.pop();
    }
    letters.into_iter().collect()
}

/// Step 1a.
fn plurals(word: &mut Vec<char>) {
    if ends(word, "ies") {
        let left = if word.len() == 4 { "ie" } else { "i" };
        replace(word, 3, left);
    } else if ends(word, "sses") {
        replace(word, 2, "");
    } else if ends(word, "s") && !ends(word, "ss") {
        word.pop();
    }
}

/// Step 1b.
fn participles(word: &mut Vec<char>) {
    if ends(word, "ied") {
        let left = if word.len() == 4 { "ie" } else { "i" };
        return replace(word, 3, left);
    }
    if ends(word, "eed") {
        if positive(&word[..word.len() - 3]) {
            word.pop();
        }
        return;
    }
    let has_vowel = |stem: &[char]| consonants(stem).contains(&false);
    let Some(ending) = [("ed", 2), ("ing", 3)]
        .iter()
        .find(|(ending, length)| ends(word, ending) && has_vowel(&word[..word.len() - length]))
    else {
        return;
    };
    word.truncate(word.len() - ending.1);
    if ["at", "bl", "iz"].iter().any(|ending| ends(word, ending)) {
        word.push('e');
    } else if let [.., before, last] = word.as_slice()
        && before == last
        && consonants(word).last() == Some(&true)
    {
        if !matches!(last, 'l' | 's' | 'z') {
            word.pop();
        }
    } else if measure(word) == 1 && ends_short(word) {
        word.push('e');
    }
}

fn step_2(word: &mut Vec<char>) {
    if ends(word, "alli") && positive(&word[..word.len() - 4]) {
        replace(word, 4, "al");
    }
    if STEP_2.iter().any(|(ending, _, _)| ends(word, ending)) {
        first_of(word, &STEP_2);
    } else if ends(word, "logi") && positive(&word[..word.len() - 3]) {
        word.pop();
    }
}

/// Applies the first rule whose ending the word has, if its condition holds.
fn first_of(word: &mut Vec<char>, rules: &[Rule]) {
    if let Some((ending, left, condition)) = rules.iter().find(|(ending, _, _)| ends(word, ending))
        && condition(&word[..word.len() - ending.len()])
    {
        replace(word, ending.len(), left);
    }
}

fn ends(word: &[char], ending: &str) -> bool {
    word.len() >= ending.len() && word.iter().rev().copied().zip(ending.chars().rev()).all(|(a, b)| a == b)
}

fn replace(word: &mut Vec<char>, drop: usize, with: &str) {
    word.truncate(word.len() - drop);
    word.extend(with.chars());
}

/// For each letter whether it is a consonant; `y` is one at the start and after a vowel.
fn consonants(word: &[char]) -> Vec<bool> {
    let mut before = false;
    word.iter()
        .map(|c| {
            before = match c {
                'a' | 'e' | 'i' | 'o' | 'u' => false,
                'y' => !before,
                _ => true,
            };
            before
        })
        .collect()
}

/// How often a vowel is followed by a consonant.
fn measure(word: &[char]) -> usize {
    consonants(word).windows(2).filter(|pair| !pair[0] && pair[1]).count()
}

fn positive(stem: &[char]) -> bool {
    measure(stem) > 0
}

fn above_one(stem: &[char]) -> bool {
    measure(stem) > 1
}

/// Whether it ends in consonant, vowel, consonant (not `w`, `x`, `y`), or is a vowel and a consonant.
fn ends_short(word: &[char]) -> bool {
    match consonants(word).as_slice() {
        [false, true] => true,
        [.., true, false, true] => !matches!(word.last(), Some('w' | 'x' | 'y')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn the_examples_of_the_paper() {
        let pairs = [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("ties", "tie"),
            ("cats", "cat"),
            ("feed", "feed"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("motoring", "motor"),
            ("sing", "sing"),
            ("conflated", "conflat"),
            ("troubled", "troubl"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("filing", "file"),
            ("happy", "happi"),
            ("relational", "relat"),
            ("radically", "radic"),
            ("vietnamization", "vietnam"),
            ("hopefully", "hope"),
            ("geologies", "geolog"),
            ("electrical", "electr"),
            ("adoption", "adopt"),
            ("rate", "rate"),
            ("controll", "control"),
            ("roll", "roll"),
        ];
        for (word, expected) in pairs {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn what_nltk_does_otherwise() {
        let pairs = [
            ("enjoy", "enjoy"),
            ("died", "die"),
            ("spied", "spi"),
            ("flies", "fli"),
            ("lying", "lie"),
            ("proceed", "proceed"),
            ("is", "is"),
            ("theology", "theolog"),
        ];
        for (word, expected) in pairs {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn odd_words_are_stemmed_without_harm() {
        for word in ["", "s", "ied", "ing", "ed", "ion", "e", "șș", "ășed", "漢字s", &"y".repeat(50_000)]
        {
            stem(word);
        }
        assert_eq!(stem("ășed"), "ășed");
    }
}
