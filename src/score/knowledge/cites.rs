//! # What it checks
//! The answer cites an article that holds the answer, and only articles that a customer may see. A
//! citation is an article's or passage's id, its address, or its title where it is marked (in quotation
//! marks, brackets, emphasis or a link), and everything that the endpoint names as its sources beside
//! the text. Right is an article of the case's sources, or of the passages given where the case names no
//! sources. The value is the mean over the citations: 1 for a right one, a half for another public
//! article, 0 for one that is not public (`snippet` facts may be used, not cited) or does not exist. It
//! passes when at least one is right and none counts 0.
//!
//! # Keys
//! - `optional` = false: whether an answer without any citation is left alone instead of failed.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "cites"
//! optional = true
//! ```
//!
//! # Caveats
//! It sees what is cited, not whether the sentence beside it comes from there; `grounded` looks at that.
//! A title in plain words (`return a bike`) is no citation. Addresses on hosts that no article is on are
//! none either; `invents` asks where they come from. Not applicable where nothing is cited and the case
//! has neither sources nor passages.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::case::SourceRef;
use crate::knowledge::Visibility;
use crate::score::facts::{FactKind, Value, address_key};
use crate::score::knowledge::backing::{Answer, leads_to};
use crate::score::pattern::Pattern;
use crate::score::words::{Folded, Folding, fold};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "cites",
    summary: "the answer cites the right article, and only articles a customer may see",
    keys: &["optional"],
    docs: docs!("cites.rs"),
    build,
};

/// Characters of the longest marked piece that may be a title or an id.
const LONGEST_TITLE: usize = 160;
/// Marked pieces looked at; an answer with more of them is no answer.
const MOST_MARKED: usize = 256;
/// What a public article counts that is not among the right ones.
const OTHER: f64 = 0.5;

static MARKED: Pattern = Pattern::new(
    r#"\[([^\[\]\n]+)\]|\(([^()\n]+)\)|`([^`\n]+)`|\*\*([^*\n]+)\*\*|"([^"\n]+)"|“([^“”\n]+)”|„([^„”“\n]+)[”“]|«([^»\n]+)»"#,
);
static LABEL: Pattern =
    Pattern::new(r"^(?:source|sources|see|article|from|sursa|surse|vezi|articolul|din):? +");

struct Cites {
    optional: bool,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let optional = args.get::<bool>("optional", &mut errors).unwrap_or(false);
    if errors.is_empty() { Ok(Box::new(Cites { optional })) } else { Err(errors) }
}

/// Something an answer may cite.
struct Target<'a> {
    id: &'a str,
    title: &'a str,
    url: Option<&'a str>,
    visibility: Visibility,
    right: bool,
}

/// One citation of an answer.
struct Cited {
    /// What is cited, as written.
    written: String,
    span: Option<Range<usize>>,
    /// Which target; absent where there is none.
    target: Option<usize>,
}

impl Check for Cites {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let targets = targets(input);
        let cited = citations(input, &targets);
        let wanted = targets.iter().any(|t| t.right);
        if cited.is_empty() {
            return if self.optional || !wanted {
                Finding::not_applicable("nothing is cited")
            } else {
                let missing = |t: &Target<'_>| Evidence {
                    passage: Some(t.id.to_owned()),
                    ..Evidence::new("missing", t.id)
                };
                let missing = targets.iter().filter(|t| t.right).map(missing).collect();
                Finding::scored(0.0, false, "no article is cited").with(missing)
            };
        }
        let (mut sum, mut right, mut wrong) = (0.0, 0, Vec::new());
        let mut evidence = Vec::new();
        for citation in &cited {
            let target = citation.target.and_then(|at| targets.get(at));
            let (label, note) = match target {
                None => ("unknown", "no such article".to_owned()),
                Some(t) if t.visibility != Visibility::Public => {
                    ("hidden", format!("the article `{}` is {}", t.id, t.visibility.name()))
                }
                Some(t) if t.right => ("supported", format!("the article `{}`", t.id)),
                Some(t) => ("other", format!("the article `{}` is not among the sources", t.id)),
            };
            sum += match label {
                "supported" => 1.0,
                "other" => OTHER,
                _ => 0.0,
            };
            right += usize::from(label == "supported");
            if matches!(label, "unknown" | "hidden") {
                wrong.push(format!("`{}` ({note})", citation.written));
            }
            evidence.push(Evidence {
                span: citation.span.clone(),
                passage: target.map(|t| t.id.to_owned()),
                note: Some(note),
                ..Evidence::new(label, citation.written.as_str())
            });
        }
        let but = match wrong.as_slice() {
            [] => String::new(),
            list => format!("; must not cite {}", list.join(", ")),
        };
        let reason = format!("{right} of {} citations are right{but}", cited.len());
        let pass = wrong.is_empty() && (right > 0 || !wanted);
        Finding::scored(sum / cited.len() as f64, pass, reason).with(evidence)
    }

    fn sees_knowledge(&self) -> bool {
        true
    }
}

/// All articles, and those of passages that the set of articles does not hold.
fn targets<'a>(input: &ScoreInput<'a>) -> Vec<Target<'a>> {
    let right = if input.sources.is_empty() { input.given } else { input.sources };
    let right: BTreeSet<&str> = right.iter().map(|p| p.article.as_str()).collect();
    let mut known = BTreeSet::new();
    let mut targets = Vec::new();
    for article in input.knowledge.articles() {
        known.insert(article.id.as_str());
        targets.push(Target {
            id: &article.id,
            title: &article.title,
            url: article.url.as_deref(),
            visibility: article.visibility,
            right: right.contains(article.id.as_str()),
        });
    }
    for passage in input.given.iter().chain(input.sources).map(Arc::as_ref) {
        if known.insert(passage.article.as_str()) {
            targets.push(Target {
                id: &passage.article,
                title: &passage.title,
                url: passage.url.as_deref(),
                visibility: passage.visibility,
                right: right.contains(passage.article.as_str()),
            });
        }
    }
    targets
}

/// Ids of the articles that an answer cites.
pub(in crate::score) fn cited_articles(input: &ScoreInput<'_>) -> Vec<String> {
    let targets = targets(input);
    let cited = citations(input, &targets);
    cited.iter().filter_map(|c| Some(targets.get(c.target?)?.id.to_owned())).collect()
}

/// What the answer cites, in order, each thing once.
fn citations(input: &ScoreInput<'_>, targets: &[Target<'_>]) -> Vec<Cited> {
    let answer = &input.completion.text;
    let mut found: Vec<Cited> = Vec::new();
    for fact in Answer::of(answer).facts() {
        let target = match (fact.kind, &fact.value) {
            (FactKind::Article, Value::Text(id)) => by_id(id, targets),
            (FactKind::Url, Value::Text(address)) => match by_address(address, targets) {
                None if !on_our_host(address, targets) => continue,
                known => known,
            },
            _ => continue,
        };
        found.push(Cited { written: fact.text.clone(), span: Some(fact.span.clone()), target });
    }
    let folded = Folded::new(answer, Folding::Marks);
    for groups in MARKED.captures(&folded.text).iter().take(MOST_MARKED) {
        let Some(piece) = groups.iter().skip(1).flatten().next() else { continue };
        let span = folded.chars(&piece.range());
        let apart = |c: &Cited| c.span.as_ref().is_none_or(|s| s.end <= span.start || span.end <= s.start);
        if span.len() > LONGEST_TITLE || !found.iter().all(apart) {
            continue;
        }
        if let Some(target) = by_name(piece.as_str(), targets) {
            found.push(Cited {
                written: folded.quote(&span).to_owned(),
                span: Some(span),
                target: Some(target),
            });
        }
    }
    for named in &input.completion.citations {
        let folded = fold(named, Folding::Marks);
        let target = by_name(&folded, targets).or_else(|| by_address(&address_key(named), targets));
        found.push(Cited { written: named.clone(), span: None, target });
    }
    let mut seen = BTreeSet::new();
    found.retain(|c| seen.insert(c.target.map_or_else(|| Err(c.written.clone()), Ok)));
    found.sort_by_key(|c| c.span.as_ref().map_or(usize::MAX, |s| s.start));
    found
}

fn by_id(id: &str, targets: &[Target<'_>]) -> Option<usize> {
    let is = |text: &str| targets.iter().position(|t| t.id.eq_ignore_ascii_case(text));
    is(id).or_else(|| is(&SourceRef::parse(id).article))
}

fn by_address(address: &str, targets: &[Target<'_>]) -> Option<usize> {
    // A bare host is the help centre, not an article.
    let page = |t: &Target<'_>| {
        t.url
            .map(address_key)
            .is_some_and(|own| own.contains('/') && address.contains('/') && leads_to(&own, address))
    };
    targets.iter().position(page)
}

fn on_our_host(address: &str, targets: &[Target<'_>]) -> bool {
    let Some((host, _)) = address.split_once('/') else { return false };
    let same = |t: &Target<'_>| t.url.map(address_key).is_some_and(|own| own.split('/').next() == Some(host));
    targets.iter().any(same)
}

/// The target with this id or title, folded; a word like `source:` may stand before it.
fn by_name(name: &str, targets: &[Target<'_>]) -> Option<usize> {
    let name = name.trim();
    let bare =
        LABEL.spans(name).first().map_or(name, |label| &name[label.end..]).trim_end_matches(['.', ',']);
    let titled = |t: &Target<'_>| {
        // Folding a character changes the length by little, and most titles differ by more.
        t.title.len().abs_diff(bare.len()) <= bare.len() && fold(t.title, Folding::Marks) == bare
    };
    by_id(bare, targets).or_else(|| targets.iter().position(titled))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::knowledge::Visibility;
    use crate::score::testing::{Setup, mistakes};
    use crate::score::{Score, ScoreState};

    fn setup() -> Setup {
        let mut setup = Setup::of("cites", "")
            .source("returns#window", "You have 30 days.")
            .given("returns#window", "You have 30 days.")
            .given("fees#top", "The label costs 5 euro.")
            .given("staff#top", "Ask the manager.");
        for passage in &mut setup.given {
            let passage = Arc::make_mut(passage);
            passage.title = format!("About {} and more", passage.article);
            if passage.article == "staff" {
                passage.visibility = Visibility::Internal;
            }
        }
        setup
    }

    fn labels(score: &Score) -> Vec<&str> {
        score.evidence.iter().map(|e| e.label.as_str()).collect()
    }

    #[test]
    fn ids_addresses_and_marked_titles_cite() {
        for answer in [
            "You have 30 days [returns].",
            "You have 30 days (source: returns#window).",
            "See https://help.example/returns#window for more.",
            "See \"About returns and more\".",
            "Vezi **About Returns and more**.",
        ] {
            let score = setup().score(answer);
            assert_eq!(score.state, ScoreState::Scored { value: 1.0, pass: true }, "{answer} {score:#?}");
        }
    }

    #[test]
    fn what_the_endpoint_names_counts() {
        let mut setup = setup();
        setup.completion.citations = vec!["returns".into(), "https://help.example/fees".into()];
        let score = setup.score("You have 30 days.");
        assert_eq!(score.state, ScoreState::Scored { value: 0.75, pass: true }, "{score:#?}");
        setup.completion.citations = vec!["made-up".into()];
        assert_eq!(labels(&setup.score("You have 30 days.")), ["unknown"]);
    }

    #[test]
    fn hidden_and_invented_articles_fail() {
        let score = setup().score("See [returns] and [staff].");
        assert_eq!(score.state, ScoreState::Scored { value: 0.5, pass: false });
        assert_eq!(labels(&score), ["supported", "hidden"]);
        assert_eq!(score.evidence[1].span, Some(19..24));
        let score = setup().score("See https://help.example/nothing-there and returns#window.");
        assert_eq!((score.pass(), labels(&score)), (Some(false), vec!["unknown", "supported"]));
    }

    #[test]
    fn another_public_article_alone_is_not_right() {
        let score = setup().score("It says so in `fees`.");
        assert_eq!(score.state, ScoreState::Scored { value: 0.5, pass: false });
    }

    #[test]
    fn nothing_cited() {
        assert_eq!(
            setup().score("You have 30 days (or less).").state,
            ScoreState::Scored { value: 0.0, pass: false }
        );
        let optional = Setup::of("cites", "optional = true").source("returns#window", "x").score("x");
        assert_eq!(optional.state, ScoreState::NotApplicable);
        assert_eq!(
            Setup::of("cites", "").score("See https://bank.example/a.").state,
            ScoreState::NotApplicable
        );
        assert_eq!(mistakes("cites", "optional = 3").len(), 1);
    }
}
