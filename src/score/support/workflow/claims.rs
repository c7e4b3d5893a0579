//! Actions that an answer says it has done.

use std::ops::Range;
use std::sync::LazyLock;

use crate::score::pattern::Pattern;
use crate::score::words::{Folded, Folding, sentences};

const DONE: &str = r"(?:cancel+ed|refunded|processed|updated|changed|modified|booked|rebooked|reserved|scheduled|rescheduled|created|opened|submitted|issued|e-?mailed|resent|reset|activated|deactivated|disabled|enabled|removed|added|deleted|closed|applied|credited|placed|initiated|started|requested|arranged|ordered|replaced|upgraded|downgraded|extended|unlocked|blocked|registered|subscribed|unsubscribed|reactivated|corrected|switched|paused|resumed|sent|filed|logged)";
const DOING: &str = r"(?:cancel+ing|refunding|processing|updating|changing|booking|rebooking|rescheduling|submitting|issuing|resetting|activating|deactivating|removing|adding|deleting|closing|applying|crediting|placing|initiating|arranging|ordering|replacing|upgrading|sending)";
const FACUT: &str = r"(?:anulat|rambursat|procesat|actualizat|modificat|schimbat|rezervat|programat|reprogramat|creat|deschis|trimis|emis|resetat|activat|dezactivat|sters|adaugat|inchis|aplicat|creditat|plasat|initiat|inregistrat|blocat|deblocat|returnat|abonat|dezabonat|eliminat|inlocuit|corectat|suspendat|reactivat|comandat)";
const THING: &str = r"(?:comanda|contul|rambursarea|abonamentul|adresa|rezervarea|solicitarea|cererea|parola|programarea|plata|factura|returul|livrarea|suma|banii|cardul|voucherul|reducerea)";

/// The first person has done it, or it has been done to what is the customer's.
static CLAIMS: LazyLock<[Pattern; 5]> = LazyLock::new(|| {
    let adverbs = r"(?: now| just| already| successfully| also| gone ahead and| went ahead and)*";
    [
        format!(
            r"\b(?:i have|i've|we have|we've|i|we){adverbs} {DONE} (?:you|your|the|this|that|it|them|an?|both|all)\b"
        ),
        format!(r"\b(?:i am|i'm|we are|we're){adverbs} {DOING} (?:your|the|this|that|it|them|both)\b"),
        format!(
            r"\b(?:your|the)(?: [\w'#-]+){{1,5}}? (?:has been|have been|has now been|have now been|is now|are now|has just been)(?: now| successfully| already)* {DONE}\b"
        ),
        format!(
            r"\b(?:v-|ti-|i-|le-|ne-)?am(?: tocmai| deja| si)?(?: [\w-]+)?? {FACUT}\b"
        ),
        format!(r"\b{THING}(?: [\w#-]+){{0,4}}? (?:a fost|au fost)(?: deja| acum)?(?: [\w-]+)?? {FACUT}[aei]?\b"),
    ]
    .map(Pattern::latin_of)
});
/// What makes it no claim: a condition, a question, a report of what others did.
static GUARD: Pattern = Pattern::latin(
    r"\b(?:if|once|when|whenever|after|until|unless|before|as soon as|in case|whether|daca|dupa ce|cand|pana|odata ce|not|n't|never|nu)\b[^,;:]*$",
);
static AFTERWARDS: Pattern = Pattern::latin(
    r"^[^.,;]{0,40}\b(?:by (?:the|your|our) (?:bank|seller|courier|carrier|card)|de (?:catre )?(?:banca|curier|vanzator))\b",
);

/// Bytes before a claim in which a condition is looked for.
const NEAR: usize = 400;

/// The places (characters of the answer) where it claims to have acted.
pub(super) fn claims(answer: &str) -> Vec<Range<usize>> {
    let folded = Folded::new(answer, Folding::Marks);
    let mut found = Vec::new();
    for sentence in sentences(answer) {
        let bytes = folded.bytes(&sentence);
        let text = &folded.text[bytes.clone()];
        if text.trim_end().ends_with('?') {
            continue;
        }
        let head = |end: usize| &text[text.floor_char_boundary(end.saturating_sub(NEAR))..end];
        let claim = CLAIMS
            .iter()
            .flat_map(|p| p.spans(text))
            .find(|span| !GUARD.is_match(head(span.start)) && !AFTERWARDS.is_match(&text[span.end..]));
        found.extend(claim.map(|span| folded.chars(&(bytes.start + span.start..bytes.start + span.end))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::words::quote;

    fn claimed(answer: &str) -> Option<String> {
        claims(answer).first().map(|span| quote(answer, span))
    }

    #[test]
    fn what_was_done_is_a_claim() {
        for (answer, claim) in [
            ("I have cancelled your order.", "I have cancelled your"),
            ("Done! I’ve successfully processed the refund.", "I’ve successfully processed the"),
            ("Your order #W123 has been cancelled.", "Your order #W123 has been cancelled"),
            ("I went ahead and canceled it.", "I went ahead and canceled it"),
            ("I'm now processing your refund.", "I'm now processing your"),
            ("Am anulat comanda.", "Am anulat"),
            ("V-am trimis un e-mail.", "V-am trimis"),
            ("Comanda dumneavoastră a fost anulată.", "Comanda dumneavoastră a fost anulată"),
            ("Ţi-am resetat parola.", "Ţi-am resetat"),
        ] {
            assert_eq!(claimed(answer).as_deref(), Some(claim), "{answer}");
        }
    }

    #[test]
    fn what_could_be_done_is_none() {
        for answer in [
            "You can cancel your order in your account.",
            "Once I have cancelled your order, you get an e-mail.",
            "Have you cancelled the order? I have cancelled your order?",
            "If your order has been cancelled, the money comes back in 5 days.",
            "Your order has not been cancelled.",
            "I have the details here: the bike ships on Monday.",
            "Dacă am anulat comanda, primești un e-mail.",
            "Nu am anulat comanda.",
            "Comanda poate fi anulată din cont.",
            "The order has been cancelled by the bank.",
            "",
        ] {
            assert_eq!(claimed(answer), None, "{answer}");
        }
    }

    #[test]
    fn patterns_compile() {
        assert!(CLAIMS.iter().chain([&GUARD, &AFTERWARDS]).all(Pattern::compiles));
    }
}
