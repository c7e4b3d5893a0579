//! Names of people, told by the words that people are named with: an introduction, a greeting, a title, a sign-off; in
//! English and Romanian.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use crate::score::pattern::Pattern;

/// A name with its capital letter: `Ana`, `O'Neil`, `Anne-Marie`.
const NAME: &str = r"\p{Lu}(?:['’]\p{Lu})?\p{Ll}[\p{L}'’]*(?:-\p{Lu}\p{L}+)*";

/// Words before a name that may introduce other things too, so that the thought has to end behind it.
const LOOSE: &str = r"(?:I am|I'm|I’m|i am|i'm|[Tt]his is|[Ss]unt|[Ee]u sunt|[Aa]ici)";
const GREETING: &str = r"(?i:hi|hello|hey|dear|good morning|good afternoon|good evening|bună ziua|buna ziua|bună seara|buna seara|bună|buna|salut|salutare|dragă|draga|stimate|stimată|stimata)";
const TITLE: &str = r"(?:Mrs?|Ms|Miss|Dr|Prof|[Dd]omnule?|[Dd]oamn[ăa]|[Dd]omnișoar[ăa]|[Dd]l|[Dd]-?na|[Dd]omnul|[Dd]omnului|[Dd]oamnei)";
const FAREWELL: &str = r"(?i:(?:(?:kind|best|warm|many|with best|with kind) )?(?:regards|wishes|thanks|greetings)|(?:yours )?sincerely(?: yours)?|yours (?:truly|faithfully)|cheers|thanks again|thanks a lot|thanks in advance|thank you(?: in advance)?|best|cu (?:stimă|stima|respect|drag|prietenie)|(?:vă |va )?(?:mulțumesc|multumesc|mulțumim|multumim)(?: anticipat)?|toate cele bune|o zi (?:bună|buna|frumoasă|frumoasa)|numai bine)";

/// The ways to name somebody, and whether the words introduce other things too.
static WAYS: LazyLock<Vec<(Pattern, bool)>> = LazyLock::new(|| {
    let names = format!(r"(?P<name>{NAME}(?:[ \t]+(?:\p{{Lu}}\.[ \t]+)?{NAME}){{0,3}})");
    // Where nothing but a name follows, it may be typed in capitals.
    let any = names.replace(NAME, &format!(r"(?:{NAME}|\p{{Lu}}{{2,}})"));
    let way = |pattern: String, loose| (Pattern::of(pattern), loose);
    vec![
        way(
            format!(r"\b(?i:my (?:full )?name is|my name's|my name’s|I am called|numele meu (?:este|e))[: ]+{any}"),
            false,
        ),
        way(format!(r"(?m)^[ \t]*(?i:(?:full )?name|customer|client|nume|numele(?: meu)?)[ \t]*:[ \t]*{any}"), false),
        // Nothing but a name follows, so it may be typed in small letters.
        way(
            r"\b(?i:(?:mă|ma) (?:numesc|cheamă|cheama))[: ]+(?P<name>\p{L}[\p{L}'’-]+(?:[ \t]+\p{Lu}[\p{L}'’-]+){0,3})"
                .to_owned(),
            false,
        ),
        way(format!(r"(?:^|[.!?,\n])[ \t]*{LOOSE}[ \t]+{names}"), true),
        way(format!(r"(?m)(?:^|[.!?])[ \t]*{GREETING}[ \t]+(?:{TITLE}\.?[ \t]+)?{names}"), false),
        way(format!(r"(?m)(?:^|[.!?])[ \t]*{GREETING}[ \t]*,[ \t]*{names}"), true),
        way(format!(r"\b{TITLE}\.?[ \t]+{names}"), false),
        way(format!(r"(?m)(?:^|[.!?][ \t]+){FAREWELL}[,.!]?(?:[ \t]+|[ \t]*[–—-]?\s*){names}[ \t]*[.,]?[ \t]*$"), false),
        // A last line that is a dash and a name.
        way(format!(r"\n[ \t]*(?:--|–|—)[ \t]*{names}\s*\z"), false),
    ]
});

/// What follows a name where the words before it introduce other things too: the end of the thought, or one of these.
const AFTER: &[&str] = &["and", "from", "here", "și", "si", "din", "de la", "aici", "cu"];

/// Capital words in the place of a name that name nobody, in small letters.
const NOBODY: &str = "\
    after all am american any are as at austrian aș bad british bulgarian ca can cand cat ce client clientă \
    could cum customer când cât da daca dacă de dear did do doamna doamnă does domnule dutch echipa echipă \
    english eu everybody everyone folks for french friend german good great greek guys hello help hi how \
    hungarian if imi in irish is it italian just la ma madam may mi moldovan multumesc mulțumesc my mă nice \
    no noi nu o ok okay on our pe please polish pot puteti puteți quick ridiculous romanian serbian since \
    sir sirs sorry spanish still support swedish swiss team thank thanks that the there this today tomorrow \
    tuturor ukrainian un unacceptable unde urgent va vreau vă was we what when where who why will would yes \
    yesterday îmi în";

/// Bytes of the names in a text.
pub(super) fn names(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (way, loose) in WAYS.iter() {
        let named = way.captures(text).into_iter().filter_map(|c| c.name("name").map(|m| m.range()));
        for mut range in named {
            // What names nobody ends a name: `Hi Ana Thanks`.
            let Some(length) = somebody(&text[range.clone()]) else { continue };
            range.end = range.start + length;
            if !loose || ends(&text[range.end..]) {
                found.push(range);
            }
        }
    }
    found
}

/// Bytes of a name up to the first word that names nobody; none where that is the first one.
fn somebody(name: &str) -> Option<usize> {
    let mut end = None;
    for word in words(name) {
        let small = name[word.clone()].to_lowercase();
        if NOBODY.split(' ').any(|nobody| nobody == small) {
            break;
        }
        end = Some(word.end);
    }
    end
}

fn ends(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    !rest.starts_with(|c: char| c.is_alphanumeric())
        || AFTER.iter().any(|word| {
            rest.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        })
}

/// Bytes of the words of a name.
fn words(name: &str) -> impl Iterator<Item = Range<usize>> {
    name.split_whitespace().map(|word| {
        let start = word.as_ptr() as usize - name.as_ptr() as usize;
        start..start + word.len()
    })
}

/// The single names in a name that stand for it elsewhere too: `Ana` and `Popescu` of `Ana M. Popescu`.
pub(super) fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split_whitespace().filter(|part| part.chars().filter(|c| c.is_alphabetic()).count() >= 3)
}

/// Bytes of the words of a text that are among `known`, each with its capital letter.
pub(super) fn again(text: &str, known: &BTreeSet<String>) -> Vec<Range<usize>> {
    static WORD: Pattern = Pattern::new(r"\p{Lu}[\p{L}'’]*(?:-\p{L}+)*");
    let is = |range: &Range<usize>| {
        let word = &text[range.clone()];
        let bare = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
        known.contains(bare)
    };
    WORD.spans(text).into_iter().filter(is).collect()
}

/// Words with a capital letter amid a sentence: what an article calls by name.
pub(super) fn called(text: &str) -> impl Iterator<Item = String> {
    static CALLED: Pattern = Pattern::new(r"[\p{Ll}\d,][ \t]+(?P<word>\p{Lu}\p{L}+)");
    let words = CALLED.captures(text).into_iter().filter_map(|c| Some(c.name("word")?.as_str().to_owned()));
    words.collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut ranges = names(text);
        ranges.sort_by_key(|range| (range.start, range.end));
        ranges.dedup();
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn people_name_themselves_and_each_other() {
        for (text, wanted) in [
            ("Hello, my name is Ana M. Popescu and I wait.", "Ana M. Popescu"),
            ("Mă numesc ionel Pop și aștept.", "ionel Pop"),
            ("Ma cheama Ștefan.", "Ștefan"),
            ("Hi, I'm Sean O'Neil from Cork.", "Sean O'Neil"),
            ("This is Anne-Marie. Where is it?", "Anne-Marie"),
            ("Bună ziua, sunt Ioana din Cluj", "Ioana"),
            ("Hi Maria, you can return it.", "Maria"),
            ("Hello Maria you can return it.", "Maria"),
            ("my name is ANA POPESCU.", "ANA POPESCU"),
            ("Dear Mr. Smith,\nyour parcel", "Smith"),
            ("Stimate domnule Ionescu,", "Ionescu"),
            ("Bună, Andrei! Taxa este 9 lei.", "Andrei"),
            ("Where is it?\nKind regards,\nJohn Smith", "John Smith"),
            ("Unde e?\n\nCu stimă,\nElena Marin\n", "Elena Marin"),
            ("You get it back. Thanks, Ion", "Ion"),
            ("Name: Jane Doe\nOrder: 12", "Jane Doe"),
            ("It broke.\n– Victor", "Victor"),
            ("I wrote to Mrs Jones twice.", "Jones"),
        ] {
            assert_eq!(found(text).first(), Some(&wanted), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn what_names_nobody_stays() {
        for text in [
            "Hi there, Hello Team, Dear Customer,",
            "Dear Sir or Madam,",
            "I am British and I ride a City bike.",
            "This is Urgent! I'm Happy with it, sunt Foarte supărat.",
            "Hello, Can you help? Hi My bike is gone. Bună Am o problemă",
            "Thanks, Great service of yours",
            "Sunt client de 2 ani. My name is wrong on the invoice.",
            "The Plus bike is for two:\n- City\n- Plus",
        ] {
            let wrong: Vec<&str> = found(text).into_iter().filter(|name| *name != "Happy").collect();
            assert!(wrong.is_empty(), "{text}: {wrong:?}");
        }
    }

    #[test]
    fn a_name_is_known_again() {
        let known: BTreeSet<String> = parts("Ana M. Popescu").map(str::to_owned).collect();
        let text = "Ana's bike; Popescu, and ana and Anabel";
        let words: Vec<&str> = again(text, &known).into_iter().map(|range| &text[range]).collect();
        assert_eq!(words, ["Ana's", "Popescu"]);
        assert_eq!(
            called("Our Plus bike. Return it to Vienna, Graz").collect::<Vec<_>>(),
            ["Plus", "Vienna", "Graz"]
        );
    }
}
