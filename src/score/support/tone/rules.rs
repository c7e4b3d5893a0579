//! The rules of a voice: what each looks at and where it is broken.

use std::ops::Range;

use crate::score::pattern::Pattern;
use crate::score::support::handoff::UPSET;
use crate::score::support::tone::{Formality, Own};
use crate::score::words::{Folded, char_span};

/// A rule by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    ApologyOnce,
    NoBlame,
    NoJargon,
    Empathy,
    NoShouting,
    OneAddress,
    NoBotTalk,
    Greeting,
    SignOff,
    #[serde(skip)]
    Formality,
}

/// An answer as the rules read it.
pub(super) struct Reading<'a> {
    /// As written.
    pub(super) answer: &'a str,
    /// Folded.
    pub(super) folded: &'a Folded<'a>,
    /// Bytes of the folded text.
    pub(super) sentences: Vec<Range<usize>>,
    /// What the customer said, folded, and as written.
    pub(super) question: &'a str,
    pub(super) asked: &'a str,
}

/// Where a rule is broken (bytes of the folded answer), and what to do.
pub(super) type Breach = (Option<Range<usize>>, String);

static APOLOGY: Pattern = Pattern::latin(
    r"\b(?:sorry|apolog(?:y|ies|ise|ize)|forgive us|pardon|imi pare (?:foarte )?rau|ne pare (?:foarte )?rau|scuze|ne cerem scuze|imi cer scuze|regret(?:am)?)\b",
);
static BLAME: Pattern = Pattern::latin(
    r"\byou (?:should have|should've|failed to|forgot to|neglected|must have done|did not (?:read|follow|pay attention)|didn't (?:read|follow|pay attention)|were supposed to|are wrong|made a mistake)\b|\byour (?:own )?(?:fault|mistake|error)\b|\bas (?:i|we) (?:already |have already |previously )?(?:said|told you|explained|mentioned|stated)\b|\b(?:it's|it is|this is) not (?:our|my) (?:fault|problem)\b|\byou claim\b|\btrebuia sa (?:cit\w+|verific\w+|ascult\w+|stiti|stii|fi\w*)\b|\b(?:ati|ai) (?:gresit|uitat|ignorat)\b|\bdin vina (?:ta|dumneavoastra|dvs)\b|\bnu (?:ati|ai) (?:citit|respectat|urmat)\b|\b(?:cum|asa cum) (?:am|v-am|ti-am) (?:mai |deja )?(?:spus|explicat)\b|\bnu e(?:ste)? vina noastra\b",
);
static JARGON: Pattern = Pattern::latin(
    r"\b(?:sla|slas|kpi|kpis|rma|crm|erp|sku|skus|backend|back-end|tier[ -]?[123]|l[123] support|kb article|knowledge base article|sop|aht|as per|per our records|do the needful|revert back|end user|end-user|root cause analysis|stakeholders?|utili[sz]e)\b",
);
static EMPATHY: Pattern = Pattern::latin(
    r"\b(?:sorry|apolog\w*|(?:i|we) (?:completely |fully |really )?(?:understand|hear you|appreciate|see (?:why|how))|understandable|must (?:be|have been)|that(?:'s| is| sounds) (?:frustrating|annoying|not good|disappointing|terrible|awful)|frustrating|inconvenience|you(?:'re| are) right|not the experience|inteleg\w*|imi pare|ne pare|scuze|regret\w*|aveti dreptate|ai dreptate|neplacut\w*|frustrant\w*)\b",
);
static BOT_TALK: Pattern = Pattern::latin(
    r"\bas an? (?:ai|artificial intelligence|language model|large language model|virtual assistant|chatbot|bot)(?: language model| assistant| model)?\b|\b(?:i am|i'm) (?:just |only )?an? (?:ai|language model|chatbot|bot)\b|\bmy training data\b|\bca (?:model lingvistic|model de limba|inteligenta artificiala|asistent virtual|chatbot)\b|\bsunt (?:doar )?un (?:robot|chatbot|model)\b",
);
static GREETING: Pattern = Pattern::latin(
    r"^\W*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|welcome|thank(?:s| you) for|buna(?: ziua| dimineata| seara)?|salut(?:are|ari)?|stimat\w*|draga|multumim (?:pentru|ca)|bine ai venit|bine ati venit)\b",
);
static SIGN_OFF: Pattern = Pattern::latin(
    r"\b(?:(?:kind|best|warm) (?:regards|wishes)|regards|sincerely|cheers|thank(?:s| you)|have a (?:great|nice|good|lovely)|take care|happy riding|see you|let (?:me|us) know|happy to help|here to help|anything else|cu (?:stima|drag|respect)|toate cele bune|o zi (?:buna|frumoasa|placuta)|multumim|multumesc|va asteptam|te asteptam|numai bine|te mai (?:pot|putem) ajuta|va mai (?:pot|putem) ajuta)\b",
);
static FORMAL: Pattern = Pattern::latin(
    r"\b(?:dumneavoastra|dvs|va (?:rog|rugam|multumim|multumesc|pot|putem|voi|vom|asteptam|invitam|stam|recomand\w*)|puteti|aveti|doriti|stimat\w*|dear (?:sir|madam|mr|mrs|ms)|sincerely|hereby|kindly)\b",
);
static INFORMAL: Pattern = Pattern::latin(
    r"\b(?:te (?:rog|rugam|pot|putem|asteptam|ajut\w*)|iti|poti|vrei|tie|hey|hiya|yeah|yep|nope|gonna|wanna|gotta|guys|folks|dude|mate|no worries|no problem|awesome|cheers|lol|btw|asap|salut|salutare|super tare|pa|draga)\b",
);
/// Romanian forms of the two ways of address that are not in English too.
static POLITE: Pattern = Pattern::latin(
    r"\b(?:dumneavoastra|dvs|va (?:rog|rugam|multumim|pot|putem|asteptam)|puteti|aveti|doriti)\b",
);
static FAMILIAR: Pattern = Pattern::latin(
    r"\b(?:te (?:rog|rugam|pot|putem|asteptam)|iti|poti|vrei|tie|tau|tai|tale|comanda ta|bicicleta ta|factura ta|contul tau|abonamentul tau)\b",
);
/// Capitals; what is short may be a name (`SAP HANA`).
static CAPITALS: Pattern = Pattern::new(r"\b\p{Lu}{2,}(?: \p{Lu}{2,})+\b|\b\p{Lu}{7,}\b");
static EXCLAIM: Pattern = Pattern::new(r"!{2,}|\?!|!\?");

/// Words in capitals that are shown.
const SHOWN: usize = 20;

impl Rule {
    /// The rules that hold where the suite names none.
    pub(super) const USUAL: [Rule; 7] = [
        Rule::ApologyOnce,
        Rule::NoBlame,
        Rule::NoJargon,
        Rule::Empathy,
        Rule::NoShouting,
        Rule::OneAddress,
        Rule::NoBotTalk,
    ];

    /// The name used in suites and as the label of evidence.
    pub(super) fn name(self) -> &'static str {
        match self {
            Rule::ApologyOnce => "apology-once",
            Rule::NoBlame => "no-blame",
            Rule::NoJargon => "no-jargon",
            Rule::Empathy => "empathy",
            Rule::NoShouting => "no-shouting",
            Rule::OneAddress => "one-address",
            Rule::NoBotTalk => "no-bot-talk",
            Rule::Greeting => "greeting",
            Rule::SignOff => "sign-off",
            Rule::Formality => "formality",
        }
    }

    /// Where the rule is broken; `None` where it has nothing to look at.
    pub(super) fn breaches(self, reading: &Reading<'_>, own: &Own) -> Option<Vec<Breach>> {
        let text = reading.folded.text.as_str();
        let all = |pattern: &Pattern, note: &str| -> Vec<Breach> {
            pattern.spans(text).into_iter().map(|span| (Some(span), note.to_owned())).collect()
        };
        match self {
            Rule::ApologyOnce => {
                let mut said = all(&APOLOGY, "one apology is enough");
                (!said.is_empty()).then(|| said.split_off(1))
            }
            Rule::NoBlame => Some(all(&BLAME, "say what can be done instead of who is at fault")),
            Rule::NoJargon => {
                const NOTE: &str = "use a word that customers know";
                let mut found = all(&JARGON, NOTE);
                let places = own.jargon.iter().flat_map(|word| whole(text, word));
                found.extend(places.map(|span| (Some(span), NOTE.to_owned())));
                Some(found)
            }
            Rule::Empathy => (UPSET.is_match(reading.question) || shouts(reading.asked)).then(|| {
                let first = reading.sentences.iter().take(2);
                let feels = first.clone().any(|s| EMPATHY.is_match(&text[s.clone()]));
                let note = "the customer is upset: say first that you understand".to_owned();
                if feels { Vec::new() } else { vec![(reading.sentences.first().cloned(), note)] }
            }),
            Rule::NoShouting => {
                // Folded text has no capitals; what shouts is found as written and then looked up.
                let place = |span: &Range<usize>| reading.folded.bytes(&char_span(reading.answer, span));
                let mut found: Vec<Breach> = shouted(reading.answer)
                    .take(SHOWN)
                    .map(|span| (Some(place(&span)), "write it in small letters".to_owned()))
                    .collect();
                found.extend(all(&EXCLAIM, "one mark is enough"));
                Some(found)
            }
            Rule::OneAddress => {
                let (polite, familiar) = (POLITE.spans(text), FAMILIAR.spans(text));
                let note = "address the customer in one way, `tu` or `dumneavoastră`".to_owned();
                match (polite.first(), familiar.first()) {
                    (None, None) => None,
                    (Some(_), Some(other)) => Some(vec![(Some(other.clone()), note)]),
                    _ => Some(Vec::new()),
                }
            }
            Rule::NoBotTalk => Some(all(&BOT_TALK, "speak for the company, not about the machine")),
            Rule::Greeting => {
                let start = text.trim_start();
                let greets = GREETING.is_match(text) || own.greetings.iter().any(|g| start.starts_with(g));
                let note = "greet the customer first".to_owned();
                Some(if greets { Vec::new() } else { vec![(reading.sentences.first().cloned(), note)] })
            }
            Rule::SignOff => {
                let from = reading.sentences.iter().rev().nth(1).map_or(0, |s| s.start);
                let end = &text[from..];
                let closes = SIGN_OFF.is_match(end) || own.sign_offs.iter().any(|s| end.contains(s));
                let note = "close the answer with a kind word".to_owned();
                Some(if closes { Vec::new() } else { vec![(reading.sentences.last().cloned(), note)] })
            }
            Rule::Formality => Some(match own.formality? {
                Formality::Formal => all(&INFORMAL, "the voice is formal"),
                Formality::Informal => all(&FORMAL, "the voice is informal"),
            }),
        }
    }
}

/// The places of a text as written that shout.
fn shouted(text: &str) -> impl Iterator<Item = Range<usize>> {
    let letters = |span: &Range<usize>| text[span.clone()].chars().filter(|c| *c != ' ').count();
    CAPITALS
        .spans(text)
        .into_iter()
        .filter(move |span| !text[span.clone()].contains(' ') || letters(span) > 7)
}

fn shouts(text: &str) -> bool {
    shouted(text).map(|s| s.len()).sum::<usize>() > 12
}

/// The places of a text as whole words.
fn whole(text: &str, word: &str) -> Vec<Range<usize>> {
    let is_open = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let found = text.match_indices(word).map(|(at, part)| at..at + part.len());
    found
        .filter(|at| is_open(text[..at.start].chars().next_back()) && is_open(text[at.end..].chars().next()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_compile() {
        let all = [
            &APOLOGY, &BLAME, &JARGON, &EMPATHY, &BOT_TALK, &GREETING, &SIGN_OFF, &FORMAL, &INFORMAL,
            &POLITE, &FAMILIAR, &CAPITALS, &EXCLAIM,
        ];
        assert!(all.iter().all(|p| p.compiles()));
    }

    #[test]
    fn whole_words_only() {
        assert_eq!(whole("the sku, sku-x skus", "sku"), [4..7, 9..12]);
        assert!(whole("", "sku").is_empty());
    }
}
