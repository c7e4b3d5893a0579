//! How many syllables a word has, by rule of thumb; the formulas need no more.

/// Syllables of an English word in lower case: groups of vowels without a silent `e`.
pub(super) fn english(word: &str) -> usize {
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let word = word.split('\'').next().unwrap_or_default();
    let (mut groups, mut before) = (0_usize, false);
    for c in word.chars() {
        let vowel = is_vowel(c);
        groups += usize::from(vowel && !before);
        before = vowel;
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    let after_consonant = |ending: &str| {
        word.strip_suffix(ending).and_then(|stem| stem.chars().next_back()).is_some_and(|c| !is_vowel(c))
    };
    let silent = (after_consonant("e") && !after_consonant("le"))
        || (after_consonant("ed") && !ends(&["ted", "ded"]))
        || (after_consonant("es") && !ends(&["ses", "xes", "zes", "ches", "shes", "ces", "ges", "les"]));
    let open = ["ia", "io", "eo", "ua", "uou"].iter().filter(|pair| word.contains(**pair)).count();
    let closed = ["tio", "sio", "cia", "tia", "cio", "gio", "gua", "qua"]
        .iter()
        .filter(|run| word.contains(**run))
        .count();
    (groups + open.saturating_sub(closed) - usize::from(silent && groups > 1)).max(1)
}

/// Syllables of a German word in lower case: vowels, two of a diphthong or a long vowel as one.
pub(super) fn german(word: &str) -> usize {
    const ONE: [&str; 10] = ["au", "äu", "eu", "ei", "ai", "ie", "aa", "ee", "oo", "ey"];
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'ä' | 'ö' | 'ü' | 'y');
    let mut count = 0_usize;
    let mut held = None;
    for c in word.chars() {
        let joined = held.is_some_and(|before: char| {
            ONE.iter().any(|pair| pair.chars().eq([before, c])) || (before == 'q' && c == 'u')
        });
        count += usize::from(is_vowel(c) && !joined);
        held = if joined { None } else { Some(c).filter(|c| is_vowel(*c) || *c == 'q') };
    }
    count.max(1)
}

/// Syllables of a Spanish word in lower case: strong vowels, and runs of weak ones.
pub(super) fn spanish(word: &str) -> usize {
    let (mut count, mut strong, mut weak) = (0, 0, false);
    let mut letters = word.chars().peekable();
    let mut before = ' ';
    while let Some(c) = letters.next() {
        let last = letters.peek().is_none();
        match c {
            'a' | 'e' | 'o' | 'á' | 'é' | 'ó' | 'í' | 'ú' => strong += 1,
            // Silent in `que`, `gui`.
            'u' if matches!(before, 'q') || (before == 'g' && matches!(letters.peek(), Some('e' | 'i'))) => {}
            'i' | 'u' | 'ü' => weak = true,
            'y' if last => weak = true,
            _ => {
                count += if strong > 0 { strong } else { usize::from(weak) };
                (strong, weak) = (0, false);
            }
        }
        before = c;
    }
    (count + if strong > 0 { strong } else { usize::from(weak) }).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_words() {
        let words = [
            ("bike", 1),
            ("battery", 3),
            ("table", 2),
            ("wanted", 2),
            ("stopped", 1),
            ("boxes", 2),
            ("times", 1),
            ("you", 1),
            ("delivery", 4),
            ("subscription", 3),
            ("radio", 3),
            ("don't", 1),
            ("the", 1),
            ("we", 1),
            ("rhythm", 1),
            ("30", 1),
            ("cancellation", 4),
        ];
        for (word, count) in words {
            assert_eq!(english(word), count, "{word}");
        }
    }

    #[test]
    fn german_words() {
        let words = [
            ("haus", 1),
            ("bestellung", 3),
            ("nation", 3),
            ("fahrräder", 3),
            ("bequem", 2),
            ("sie", 1),
            ("neue", 2),
            ("30", 1),
        ];
        for (word, count) in words {
            assert_eq!(german(word), count, "{word}");
        }
    }

    #[test]
    fn spanish_words() {
        let words = [
            ("bicicleta", 4),
            ("que", 1),
            ("guitarra", 3),
            ("ciudad", 2),
            ("día", 2),
            ("muy", 1),
            ("aeropuerto", 5),
            ("x", 1),
        ];
        for (word, count) in words {
            assert_eq!(spanish(word), count, "{word}");
        }
    }
}
