//! # What it checks
//! Nothing in the answer is made up: every fact (number, price, date, time, percentage, address, phone
//! number, code, article, quotation), every name in the middle of a sentence and every promise of the
//! answer has a source. Sources are the passages given, the case's sources and goldens, the whole
//! conversation, the case's `vars`, and for addresses and article ids all public articles. A promise is a
//! sentence in which the bot commits the company (`we will refund …`, `you will receive …`, `guarantee`,
//! `free of charge`; Romanian too); it has a source where one has the promising word and half of the
//! sentence. The value is the share that has a source; it passes when all have.
//!
//! # Keys
//! - `ignore`: a text or a list of texts that need no source, such as the shop's own name.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "invents"
//! ignore = ["Volta Ciclo"]
//! ```
//!
//! # Caveats
//! A pass means "nothing made up was found". It sees no invention in plain words (`batteries are
//! covered`); that is what `grounded` is for, which also asks that the support be in the passages and not
//! only anywhere. A fact that is true and in no source counts as made up. Names are words that begin with
//! a capital inside a sentence; answers in a language or a style that writes many words so (German,
//! headlines) are not searched for names. Not applicable to an answer without facts, names and promises.

use std::ops::Range;

use crate::case::Speaker;
use crate::knowledge::Visibility;
use crate::score::facts::address_key;
use crate::score::knowledge::backing::{
    Answer, Checked, Ignored, Source, check_facts, customer, leads_to, passages, support,
};
use crate::score::pattern::Pattern;
use crate::score::reading::{Reading, Sentence, Token};
use crate::score::words::{Folded, Folding};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "invents",
    summary: "every fact, name, link and promise of the answer has a source",
    keys: &["ignore"],
    docs: docs!("invents.rs"),
    build,
};

/// Share of a promise's words that sources must have.
const HALF: f64 = 0.5;
/// Share of capitalised words above which capitals do not mark names.
const TOO_MANY: f64 = 0.3;
/// Names looked at in one sentence.
const MOST_NAMES: usize = 64;

static PROMISE: Pattern = Pattern::latin(
    r"\b(?:we|i)(?:'ll| will| shall| can|'ve| have| are going to|'re going to)(?: [a-z]+ly| also| of course| gladly| happily)? (refund|replac|reimburs|compensat|credit|cancel|waiv|extend|upgrad|repair|ship|send|deliver|pay|cover|offer|grant|issue|process|exchang|discount|deduct)\w*|\byou(?:'ll| will| are going to) (?:receive|get|be (?:refunded|reimbursed|compensated|credited))\b|\b(guarante)\w*|\bwe (promis)\w*|\b(free) of charge\b|\bfor (free)\b|\bat no (?:extra |additional )?(cost|charge)\b|\b(discount|voucher|coupon)s?\b|\bas an (exception)\b|\b(lifetime)\b|\b(?:va|iti|te|o) (?:vom|voi|o sa) (ramburs|inlocui|despagub|compens|credit|anul|trimit|repar|ofer|acord|livr|plat)\w*|\b(?:vom|voi|o sa) (ramburs|inlocui|despagub|compens|credit|anul|trimit|repar|ofer|acord|livr|plat)\w*|\b(?:vei|veti|o sa) primi\w*|\b(garant)\w*|\b(promit)\w*|\b(gratuit)\w*|\b(reducere|cupon|voucher)\w*|\bca (exceptie)\b",
);

struct Invents {
    ignore: Vec<String>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let ignore = args.strings("ignore", &mut errors).unwrap_or_default();
    if errors.is_empty() { Ok(Box::new(Invents { ignore })) } else { Err(errors) }
}

impl Check for Invents {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let sources = everything(input);
        let ignored = Ignored::new(&self.ignore, answer);
        let read = Answer::of(answer);
        let mut checked = check_facts(&read, &ignored, &sources);
        forgive_addresses(&mut checked, input);
        let reading = read.reading();
        let text = Folded::new(answer, Folding::Typing);
        let folded = Folded::new(answer, Folding::Marks);
        names(reading, &text, &ignored, &sources, &mut checked);
        for sentence in reading.sentences.iter().filter(|s| !s.asks && !ignored.covers_span(&s.span)) {
            promise(reading, sentence, &folded, &sources, &mut checked);
        }
        checked.evidence.sort_by_key(|e| e.span.as_ref().map_or((0, 0), |s| (s.start, s.end)));
        if checked.total() == 0 {
            return Finding::not_applicable("no fact, name or promise");
        }
        let (supported, total) = (checked.supported(), checked.total());
        let but = match checked.unsupported.as_slice() {
            [] => String::new(),
            list => format!("; nothing says {}", list.join(", ")),
        };
        let reason = format!("{supported} of {total} facts, names and promises have a source{but}");
        Finding::scored(supported as f64 / total as f64, supported == total, reason).with(checked.evidence)
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("no fact, name or promise")
    }

    fn sees_knowledge(&self) -> bool {
        true
    }
}

/// Everything that may be repeated.
fn everything<'a>(input: &ScoreInput<'a>) -> Vec<Source<'a>> {
    let mut sources = passages(input);
    sources.extend(customer(input));
    let said = input.case.turns.iter().filter(|t| t.role == Speaker::Agent).map(|t| t.text.as_str());
    sources.extend(Source::said("said before", &said.collect::<Vec<_>>().join("\n")));
    sources.extend(Source::said("from an accepted answer", &input.case.goldens.join("\n")));
    sources
}

/// Addresses and ids of public articles are not made up, wherever they stand.
fn forgive_addresses(checked: &mut Checked, input: &ScoreInput<'_>) {
    let public = || input.knowledge.articles().filter(|a| a.visibility == Visibility::Public);
    let address = |e: &Evidence| {
        e.quote.contains(['.', '/', '#', '-']) && e.quote.contains(|c: char| c.is_ascii_alphabetic())
    };
    for evidence in checked.evidence.iter_mut().filter(|e| e.label == "unsupported" && address(e)) {
        let key = address_key(&evidence.quote);
        let is =
            |url: &Option<String>| url.as_deref().map(address_key).is_some_and(|own| leads_to(&own, &key));
        let bare = key.split('#').next().unwrap_or_default();
        if let Some(article) = public().find(|a| a.id == bare || is(&a.url)) {
            "supported".clone_into(&mut evidence.label);
            evidence.note = Some(format!("the article `{}`", article.id));
            let written = format!("`{}`", evidence.quote);
            if let Some(at) = checked.unsupported.iter().position(|u| *u == written) {
                checked.unsupported.remove(at);
            }
        }
    }
}

/// Runs of capitalised words inside sentences.
fn names(
    reading: &Reading,
    text: &Folded<'_>,
    ignored: &Ignored,
    sources: &[Source<'_>],
    checked: &mut Checked,
) {
    let capital = |t: &Token| text.quote(&(t.span.start..t.span.start + 1)).starts_with(char::is_uppercase);
    let inner = |s: &Sentence| (s.tokens.start + 1)..s.tokens.end.max(s.tokens.start + 1);
    let (mut all, mut high) = (0_usize, 0_usize);
    for at in reading.sentences.iter().flat_map(inner) {
        all += 1;
        high += usize::from(capital(&reading.tokens[at]));
    }
    if high as f64 > all as f64 * TOO_MANY {
        return;
    }
    let is_known = |t: &Token| sources.iter().any(|s| s.known.index.find(reading, t).is_some());
    for sentence in &reading.sentences {
        let mut run: Option<Range<usize>> = None;
        let mut runs: Vec<Range<usize>> = Vec::new();
        for at in inner(sentence) {
            let token = &reading.tokens[at];
            let name = capital(token) && token.is_content() && !token.opens && !token.sense.is_number();
            match run.as_mut() {
                Some(open) if name && !token.apart => open.end = at + 1,
                _ if name => runs.extend(run.replace(at..at + 1)),
                _ => runs.extend(run.take()),
            }
        }
        runs.extend(run);
        for run in runs.into_iter().take(MOST_NAMES) {
            let tokens = &reading.tokens[run];
            let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { continue };
            let span = first.span.start..last.span.end;
            let seen =
                |e: &Evidence| e.span.as_ref().is_some_and(|s| s.start < span.end && span.start < s.end);
            if ignored.covers_span(&span) || checked.evidence.iter().any(seen) {
                continue;
            }
            let quote = text.quote(&span).to_owned();
            add(checked, span, quote, tokens.iter().all(is_known), "a name that no source has");
        }
    }
}

/// A sentence in which the bot commits the company.
fn promise(
    reading: &Reading,
    sentence: &Sentence,
    folded: &Folded<'_>,
    sources: &[Source<'_>],
    checked: &mut Checked,
) {
    let bytes = folded.bytes(&sentence.span);
    let part = &folded.text[bytes.clone()];
    let Some(found) = PROMISE.first(part) else { return };
    let Some(whole) = found.get(0) else { return };
    let span = folded.chars(&(bytes.start + whole.start()..bytes.start + whole.end()));
    let word = found.iter().skip(1).flatten().next();
    let said = word.is_none_or(|stem| sources.iter().any(|s| s.known.index.begins(stem.as_str())));
    let backed = said && support(reading, sentence, sources, |_| None).share >= HALF;
    let quote = folded.quote(&sentence.span).to_owned();
    add(
        checked,
        sentence.span.clone(),
        quote,
        backed,
        &format!("a promise (`{}`) that no source makes", folded.quote(&span)),
    );
}

fn add(checked: &mut Checked, span: Range<usize>, quote: String, backed: bool, note: &str) {
    let label = if backed { "supported" } else { "unsupported" };
    if !backed {
        checked.unsupported.push(format!("`{quote}`"));
    }
    let note = (!backed).then(|| note.to_owned());
    checked.evidence.push(Evidence { span: Some(span), note, ..Evidence::new(label, quote) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Turn;
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    fn shop() -> Setup {
        Setup::of("invents", "")
            .given(
                "returns#window",
                "You can return the bike within 30 days. We refund the price within 5 days.",
            )
            .source("care", "The Volta Care plan costs 9 euro. Livrarea este gratuită.")
    }

    fn unsupported(answer: &str) -> Vec<String> {
        let score = shop().score(answer);
        score.evidence.into_iter().filter(|e| e.label == "unsupported").map(|e| e.quote).collect()
    }

    #[test]
    fn what_a_source_says_is_not_made_up() {
        for answer in [
            "You have 30 days, and we will refund the price within 5 days.",
            "The Volta Care plan costs €9.",
            "Livrarea este gratuită.",
            "See https://help.example/returns.",
        ] {
            let score = shop().score(answer);
            assert_eq!(score.state, ScoreState::Scored { value: 1.0, pass: true }, "{answer} {score:#?}");
        }
    }

    #[test]
    fn facts_names_links_and_promises_can_be_made_up() {
        assert_eq!(unsupported("You have 60 days."), ["60 days"]);
        assert_eq!(unsupported("You can ask for the Golden Rider plan."), ["Golden Rider"]);
        assert_eq!(unsupported("See https://help.example/vip-offers."), ["https://help.example/vip-offers"]);
        assert_eq!(
            unsupported("We will send you a new helmet today."),
            ["We will send you a new helmet today."]
        );
        assert_eq!(unsupported("Vă vom acorda o reducere."), ["Vă vom acorda o reducere."]);
        assert_eq!(unsupported("I guarantee that it works."), ["I guarantee that it works."]);
    }

    #[test]
    fn the_conversation_and_the_goldens_are_sources() {
        let mut setup =
            shop().goldens(&["Ask for Maria at extension 44."]).customer("Is order VC-1234 late?");
        setup.case.turns.insert(0, Turn { role: Speaker::Agent, text: "Your case is T-99812.".to_owned() });
        let score = setup.score("Order VC-1234 has case T-99812; ask for Maria at extension 44.");
        assert_eq!(score.pass(), Some(true), "{score:#?}");
    }

    #[test]
    fn ignored_texts_and_plain_answers_are_left_alone() {
        let setup = Setup::of("invents", "ignore = ['Golden Rider', '24/7']");
        assert_eq!(setup.score("Ask for the Golden Rider plan 24/7.").state, ScoreState::NotApplicable);
        assert_eq!(shop().score("Press the button.").state, ScoreState::NotApplicable);
        assert_eq!(mistakes("invents", "ignore = 3").len(), 1);
    }

    #[test]
    fn headlines_are_not_searched_for_names() {
        assert_eq!(shop().score("Press The Big Green Button Now").state, ScoreState::NotApplicable);
        assert!(PROMISE.compiles());
    }
}
