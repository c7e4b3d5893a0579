//! # What it checks
//! The answer is well-formed XML, with the root and the elements asked for. The value is the share of conditions that
//! hold; to be well-formed is one of them, and without it none holds.
//!
//! # Keys
//! - `root`: name of the root element.
//! - `elements`: a list of elements that must be there: a name, or a path of names such as `order/item/price`, where
//!   each is a child of the one before and the first may stand anywhere.
//! - `fenced` = false: whether a code fence around it is fine, with words before and after.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "xml"
//! root = "ticket"
//! elements = ["summary", "customer/email"]
//! ```
//!
//! # Caveats
//! Names are compared without their prefixes. A document type (`<!DOCTYPE …>`) is not accepted, so that no entity can
//! be defined and expanded. Schemas (XSD) are not checked.

use roxmltree::{Document, Node, ParsingOptions};

use crate::score::structure::document::{Part, read};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "xml",
    summary: "the answer is well-formed XML with the elements asked for",
    docs: docs!("xml.rs"),
    keys: &["root", "elements", "fenced"],
    build,
};

struct Xml {
    root: Option<String>,
    elements: Vec<String>,
    fenced: bool,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let fenced = args.get::<bool>("fenced", &mut errors).unwrap_or(false);
    let root = args.get::<String>("root", &mut errors);
    let elements = args.strings("elements", &mut errors).unwrap_or_default();
    let is_name = |name: &str| {
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "<>&\"'@[]".contains(c))
    };
    if root.as_ref().is_some_and(|name| !is_name(name) || name.contains('/')) {
        errors.push(args.error_at("root", "`root` is no name of an element"));
    }
    for path in elements.iter().filter(|path| !path.split('/').all(is_name)) {
        let message = format!("`{path}` is neither the name of an element nor a path of names");
        errors.push(args.error_at("elements", message).with_help("for example `customer/email`"));
    }
    if errors.is_empty() { Ok(Box::new(Xml { root, elements, fenced })) } else { Err(errors) }
}

fn parse(text: &str) -> Result<Document<'_>, roxmltree::Error> {
    // No document type, so no entities; as many nodes as a long answer may hold.
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 1_000_000, ..ParsingOptions::default() };
    Document::parse_with_options(text, options)
}

/// The first element at a path, whose first name may stand anywhere.
fn find<'d>(document: &'d Document<'_>, path: &str) -> Option<Node<'d, 'd>> {
    let names: Vec<&str> = path.rsplit('/').collect();
    document.descendants().find(|node| {
        let mut up = node.ancestors();
        names
            .iter()
            .all(|name| up.next().is_some_and(|n| n.is_element() && n.tag_name().name() == local(name)))
    })
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

impl Xml {
    fn judge(&self, answer: &str, part: &Part<'_>, document: &Document<'_>) -> Finding {
        let place = |label: &str, node: Node<'_, '_>| part.evidence(answer, label, node.range());
        let root = document.root_element();
        let mut wrong = Vec::new();
        let mut evidence = Vec::new();
        let is_root = self.root.as_ref().is_none_or(|name| local(name) == root.tag_name().name());
        evidence.push(place(if is_root { "matched" } else { "differs" }, root));
        if let (false, Some(name)) = (is_root, &self.root) {
            wrong.push(format!("the root is `{}`, not `{name}`", root.tag_name().name()));
        }
        for path in &self.elements {
            if let Some(node) = find(document, path) {
                evidence.push(place("matched", node));
            } else {
                wrong.push(format!("there is no `{path}`"));
                evidence.push(Evidence::new("missing", path.as_str()));
            }
        }
        let asked = 1 + self.elements.len() + usize::from(self.root.is_some());
        let value = (asked - wrong.len()) as f64 / asked as f64;
        let reason = if wrong.is_empty() { "well-formed XML".to_owned() } else { wrong.join("; ") };
        Finding::scored(value, wrong.is_empty(), reason).with(evidence)
    }
}

impl Check for Xml {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        match read(answer, self.fenced, parse) {
            Ok((document, part)) => self.judge(answer, &part, &document),
            Err((error, part)) => {
                let at = part.byte_at(error.pos().row as usize, error.pos().col as usize);
                let evidence = part.evidence(answer, "invalid", at..at + 1);
                let reason = format!("the answer is not well-formed XML: {error}");
                Finding::scored(0.0, false, reason).with(vec![evidence])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    const TICKET: &str = "<?xml version='1.0'?>\n<t:ticket xmlns:t='urn:x'><t:summary>Frână</t:summary><customer><email>a@b.example</email></customer></t:ticket>";

    #[test]
    fn elements_are_found_by_name_and_path() {
        for (toml, holds) in [
            ("", true),
            ("root = 'ticket'", true),
            ("root = 'order'", false),
            ("elements = ['summary', 'customer/email', 'email']", true),
            ("elements = ['ticket/customer/email']", true),
            ("elements = ['ticket/email']", false),
            ("elements = ['phone']", false),
        ] {
            assert_eq!(Setup::of("xml", toml).score(TICKET).pass(), Some(holds), "{toml}");
        }
    }

    #[test]
    fn conditions_share_the_value() {
        let score = Setup::of("xml", "root = 'ticket'\nelements = ['phone', 'summary']").score(TICKET);
        assert_eq!(score.state, ScoreState::Scored { value: 0.75, pass: false });
        assert_eq!(score.reason, "there is no `phone`");
        assert_eq!(score.evidence[2].quote, "<t:summary>Frână</t:summary>");
    }

    #[test]
    fn what_is_not_well_formed_fails_at_its_place() {
        for text in ["Hello.", "<a><b></a></b>", "<a>", "<a/><b/>", "<a>&nbsp;</a>", "{}"] {
            assert_eq!(Setup::of("xml", "").score(text).pass(), Some(false), "{text}");
        }
        let score = Setup::of("xml", "").score("<a>\nțț &x</a>");
        assert_eq!(score.state, ScoreState::Scored { value: 0.0, pass: false });
        assert!(score.evidence[0].span.as_ref().unwrap().start >= 7, "{:?}", score.evidence);
    }

    #[test]
    fn fences_count_only_when_asked_for() {
        let answer = "Here:\n```xml\n<a/>\n```";
        assert_eq!(Setup::of("xml", "").score(answer).pass(), Some(false));
        let score = Setup::of("xml", "fenced = true").score(answer);
        assert_eq!((score.pass(), score.evidence[0].span.clone()), (Some(true), Some(13..17)));
    }

    #[test]
    fn entities_are_never_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY x '0123456789'><!ENTITY y '&x;&x;&x;'>]><a>&y;</a>";
        assert_eq!(Setup::of("xml", "").score(bomb).pass(), Some(false));
        let file = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>";
        assert_eq!(Setup::of("xml", "").score(file).pass(), Some(false));
    }

    #[test]
    fn deep_nesting_is_no_danger() {
        let deep = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
        assert_eq!(Setup::of("xml", "elements = ['a/b']").score(&deep).pass(), Some(false));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("xml", "root = 'a/b'\nelements = ['a//b', '<x>', 'ok']\nfenced = 2").len(), 4);
    }
}
