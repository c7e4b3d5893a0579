//! # What it checks
//! Every link in the answer leads somewhere that is known: to the address or the id of a public article of the suite's
//! knowledge, or to what is allowed beside them. Links are web addresses, also bare ones, markdown links, and articles
//! named by their id (`returns#window`, `[return-policy]`). The value is the share of links that are known.
//!
//! # Keys
//! - `allow`: a list of further places: a host (`volta.example`), all hosts below one (`*.volta.example`), or addresses
//!   in which `*` stands for anything (`volta.example/shop/*`).
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "links"
//! allow = ["shop.volta.example", "volta.example/contact"]
//! ```
//!
//! # Caveats
//! Nothing is fetched: a known address may be down. The section of a web address (`#…`) and what it asks for (`?…`) are
//! not compared, unless the article's own address has it; the section of an article's id is. The address of an internal
//! article is never fine, even where `allow` names its host; that of a snippet only there. E-mail and phone links are
//! left to `grounded`. An answer without links is not applicable.

mod allow;
mod find;

use self::allow::Allowed;
use self::find::{Link, Target, find};
use crate::case::SourceRef;
use crate::diagnostic::did_you_mean;
use crate::knowledge::{Knowledge, Visibility, address_key};
use crate::score::structure::document::{SHOWN, evidence_at};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "links",
    summary: "every link in the answer leads to a public article or an allowed place",
    docs: docs!("links.rs"),
    keys: &["allow"],
    build,
};

/// Most links for which the nearest known address is looked up.
const MOST_NEAR: usize = 10;
/// Most characters of an address for which it is: addresses of articles are shorter.
const LONGEST: usize = 300;

struct Links {
    allowed: Vec<Allowed>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let mut allowed = Vec::new();
    for written in args.strings("allow", &mut errors).unwrap_or_default() {
        match Allowed::parse(&written) {
            Ok(one) => allowed.push(one),
            Err(why) => errors.push(args.error_at("allow", format!("`allow`: `{written}` {why}"))),
        }
    }
    if errors.is_empty() { Ok(Box::new(Links { allowed })) } else { Err(errors) }
}

/// What is known of a link.
enum Verdict {
    /// It leads to this article.
    Article(String),
    Allowed,
    /// It leads to an article that is not public.
    Hidden(String, Visibility),
    /// It leads nowhere; with more words when there are any.
    Unknown(Option<String>),
}

impl Links {
    fn allows(&self, address: &str) -> bool {
        self.allowed.iter().any(|one| one.holds(address))
    }

    fn judge(&self, link: &Link<'_>, knowledge: &Knowledge) -> Verdict {
        match &link.target {
            Target::Article(id) => match by_id(id, knowledge) {
                // It may be a host after all.
                Verdict::Unknown(_) if self.allows(link.written) => Verdict::Allowed,
                verdict => verdict,
            },
            Target::Web(address) => {
                let allowed = self.allows(address);
                match knowledge.at_address(address) {
                    Some(article) if article.visibility == Visibility::Public => {
                        Verdict::Article(article.id.clone())
                    }
                    Some(article) if article.visibility == Visibility::Internal || !allowed => {
                        Verdict::Hidden(article.id.clone(), article.visibility)
                    }
                    _ if allowed => Verdict::Allowed,
                    _ => Verdict::Unknown(None),
                }
            }
            Target::Other => Verdict::Unknown(Some("this kind of link is not known".to_owned())),
        }
    }
}

fn by_id(id: &str, knowledge: &Knowledge) -> Verdict {
    let (article, section) = match knowledge.article(id) {
        Some(article) => (Some(article), None),
        None => match id.rsplit_once('#') {
            Some((article, section)) => (knowledge.article(article), Some(section)),
            None => (None, None),
        },
    };
    let Some(article) = article else { return Verdict::Unknown(None) };
    if article.visibility != Visibility::Public {
        return Verdict::Hidden(article.id.clone(), article.visibility);
    }
    if section.is_some() && knowledge.resolve(&SourceRef::parse(id)).is_none() {
        return Verdict::Unknown(Some(format!("article `{}` has no such section", article.id)));
    }
    Verdict::Article(article.id.clone())
}

/// The known address or id that is written most like a link, in words.
fn nearest(link: &Link<'_>, knowledge: &Knowledge) -> Option<String> {
    if link.written.len() > LONGEST {
        return None;
    }
    let near = match &link.target {
        Target::Web(address) => {
            let key = address_key(address);
            let of_key = rapidfuzz::distance::levenshtein::BatchComparator::new(key.chars());
            let public =
                knowledge.all_addresses().filter(|(_, article)| article.visibility == Visibility::Public);
            let mut best: Option<(f64, &str)> = None;
            for (known, article) in public {
                let args = rapidfuzz::distance::levenshtein::Args::default()
                    .score_cutoff(best.map_or(0.5, |(score, _)| score));
                let score = of_key.normalized_similarity_with_args(known.chars(), &args);
                if let Some(score) = score.filter(|score| best.is_none_or(|(most, _)| *score > most)) {
                    best = Some((score, article.url.as_deref().unwrap_or(known)));
                }
            }
            best?.1.to_owned()
        }
        Target::Article(id) => {
            let public = knowledge.articles().filter(|article| article.visibility == Visibility::Public);
            let article = id.split('#').next().unwrap_or(id);
            did_you_mean(article, public.map(|article| article.id.as_str()))?.to_owned()
        }
        Target::Other => return None,
    };
    Some(format!("the closest known one is {near}"))
}

impl Check for Links {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let links = find(answer);
        if links.is_empty() {
            return Finding::not_applicable("the answer has no links");
        }
        let mut evidence = Vec::new();
        let mut wrong: Vec<(&str, &str)> = Vec::new();
        for link in &links {
            let (label, note) = match self.judge(link, input.knowledge) {
                Verdict::Article(id) => ("matched", Some(format!("article `{id}`"))),
                Verdict::Allowed => ("matched", Some("allowed".to_owned())),
                Verdict::Hidden(id, visibility) => {
                    wrong.push((link.written, "is not public"));
                    ("hidden", Some(format!("article `{id}` is {}", visibility.name())))
                }
                Verdict::Unknown(why) => {
                    wrong.push((link.written, "is not known"));
                    let look = || (wrong.len() <= MOST_NEAR).then(|| nearest(link, input.knowledge))?;
                    ("unknown", why.or_else(look))
                }
            };
            if evidence.len() < SHOWN {
                evidence.push(Evidence { note, ..evidence_at(answer, label, link.bytes.clone()) });
            }
        }
        let held = links.len() - wrong.len();
        let reason = match wrong.as_slice() {
            [] => format!("{held} of {held} links are known"),
            [(first, why), rest @ ..] => {
                let first: String = first.chars().take(100).collect();
                let more = if rest.is_empty() { String::new() } else { format!("; and {} more", rest.len()) };
                format!("`{first}` {why}{more}")
            }
        };
        Finding::scored(held as f64 / links.len() as f64, wrong.is_empty(), reason).with(evidence)
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("the answer has no text with links, only tool calls")
    }

    fn sees_knowledge(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::knowledge::{Article, Passage};
    use crate::score::testing::{Setup, mistakes};
    use crate::score::{Score, ScoreState};

    fn article(id: &str, url: Option<&str>, visibility: Visibility) -> Arc<Article> {
        let passage = |section: &str| {
            Arc::new(Passage {
                id: format!("{id}#{section}"),
                article: id.to_owned(),
                title: String::new(),
                heading: String::new(),
                text: "text".to_owned(),
                url: url.map(str::to_owned),
                visibility,
                updated: None,
                hash: Fingerprint::of_bytes(b"text"),
            })
        };
        Arc::new(Article {
            id: id.to_owned(),
            source: "help".to_owned(),
            title: String::new(),
            url: url.map(str::to_owned),
            updated: None,
            review_by: None,
            visibility,
            owner: None,
            views: None,
            lang: "en".to_owned(),
            area: None,
            canaries: Vec::new(),
            path: "a.md".into(),
            passages: vec![passage("top"), passage("return-window")],
        })
    }

    fn score(toml: &str, answer: &str) -> Score {
        let mut setup = Setup::of("links", toml);
        setup.knowledge = Knowledge::new([
            article("returns", Some("https://help.volta.example/returns"), Visibility::Public),
            article("battery-care", Some("https://help.volta.example/battery-care"), Visibility::Public),
            article("fraud-rules", Some("https://help.volta.example/intern/fraud"), Visibility::Internal),
            article("macro", Some("https://help.volta.example/macro"), Visibility::Snippet),
        ]);
        setup.score(answer)
    }

    #[test]
    fn known_links_are_known_in_all_spellings() {
        for answer in [
            "See https://help.volta.example/returns.",
            "Vezi http://www.help.volta.example/Returns/#return-window, te rog.",
            "[here](https://help.volta.example/battery-care?utm_source=bot)",
            "[here](returns.md) or [there](./returns.md#return-window) or [x](/returns)",
            "As said in returns#return-window and [battery-care].",
            "<https://help.volta.example/returns> and [a][1]\n\n[1]: https://help.volta.example/returns",
            "help.volta.example/returns",
        ] {
            let found = score("", answer);
            assert_eq!(found.pass(), Some(true), "{answer}: {found:?}");
        }
    }

    #[test]
    fn invented_links_are_shown_with_the_closest_known_one() {
        let found =
            score("", "Iată: https://help.volta.example/return și https://help.volta.example/returns");
        assert_eq!(found.state, ScoreState::Scored { value: 0.5, pass: false });
        let first = &found.evidence[0];
        assert_eq!((first.span.clone(), first.label.as_str()), (Some(6..39), "unknown"));
        assert_eq!(
            first.note.as_deref(),
            Some("the closest known one is https://help.volta.example/returns")
        );
        for answer in [
            "https://help.volta.example.evil.example/returns",
            "https://help.volta.example@evil.example/returns",
            "[returns](https://evil.example/#https://help.volta.example/returns)",
            "[https://help.volta.example/returns](https://evil.example/)",
            "[x](//evil.example/returns) ",
            "[x](javascript:alert(1))",
            "[x](returns.md#nope)",
            "see refund-policy#top",
            "[x](other.md)",
            "![pixel](https://evil.example/p.png)",
            "volta-service.com/help",
        ] {
            let found = score("", answer);
            assert_eq!(found.pass(), Some(false), "{answer}: {found:?}");
        }
    }

    #[test]
    fn internal_articles_are_never_fine() {
        for toml in ["", "allow = ['help.volta.example', '*.volta.example']"] {
            for answer in
                ["https://help.volta.example/intern/fraud#x", "see [x](fraud-rules.md)", "[x](/intern/fraud)"]
            {
                let found = score(toml, answer);
                assert_eq!(found.pass(), Some(false), "{answer}");
                assert_eq!(found.evidence[0].label, "hidden");
            }
        }
        assert_eq!(score("", "https://help.volta.example/macro").pass(), Some(false));
        assert_eq!(
            score("allow = ['help.volta.example']", "https://help.volta.example/macro").pass(),
            Some(true)
        );
    }

    #[test]
    fn further_places_may_be_allowed() {
        let toml = "allow = ['volta.example', '*.volta.example', 'pay.example/shop/*']";
        for (answer, fine) in [
            ("https://volta.example/x", true),
            ("https://shop.volta.example:8080/x?y#z", true),
            ("https://pay.example/shop/1", true),
            ("https://pay.example/other", false),
            ("https://notvolta.example", false),
            ("https://volta.example.evil.example/", false),
            ("https://evil.example/volta.example/", false),
        ] {
            assert_eq!(score(toml, answer).pass(), Some(fine), "{answer}");
        }
    }

    #[test]
    fn answers_without_links_are_not_judged() {
        for answer in [
            "You have 30 days.",
            "Write to help@volta.example or [call](tel:+40215550100).",
            "[top](#top) order#4521",
        ] {
            let found = score("", answer);
            assert_eq!(found.state, ScoreState::NotApplicable, "{answer}: {found:?}");
        }
    }

    #[test]
    fn long_texts_are_no_danger() {
        for text in ["[", "[a](", "https://a.example/b ", "[x](y.md) ", "ș https://ș.example/", "<a@", "](("]
        {
            let _ = score("", &text.repeat(5_000));
        }
        let _ = score("", &format!("https://help.volta.example/{}", "a".repeat(200_000)));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("links", "allow = ['ftp://x', 'a*b.example', 'ok.example', '*']").len(), 3);
    }
}
