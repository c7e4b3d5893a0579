//! The user's own retriever, behind an endpoint or as a program.
//!
//! It is told the question, what was said before it, `k`, the language and the case; it names passages by id, or gives
//! their text. An id is one of the suite's articles or passages, so that sources, coverage and diffs know it; a text
//! without such an id is a passage of its own, whose id says that it is external.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::case::SourceRef;
use crate::diagnostic::did_you_mean;
use crate::fingerprint::Fingerprint;
use crate::knowledge::{Knowledge, Passage, Visibility};
use crate::prompt::{ChatRole, Message};
use crate::provider::{Lookup, ModelSpec, NamedPassage, Request, read_listed};
use crate::retrieve::{Ask, Budget, Failure, Needs, Retriever, RetrieverKind, ranked};

/// Row of the table of retrievers.
pub(super) const KIND: RetrieverKind = RetrieverKind {
    name: "external",
    summary: "what your own retriever finds, behind an endpoint or as a program",
    keys: &[
        "command",
        "cwd",
        "env",
        "workers",
        "url",
        "method",
        "body",
        "vars",
        "passages",
        "id",
        "text",
        "title",
        "api_key_env",
        "auth",
        "headers",
        "concurrency",
        "rpm",
        "ca_bundle",
        "max_body_mb",
        "timeout_s",
        "trial_timeout_s",
    ],
    ranked: true,
    needs: Needs::Endpoint,
    budget: Budget::USUAL,
    build: |spec, _| Arc::new(External { name: spec.name.clone(), endpoint: spec.endpoint.clone() }),
};

/// What the id of a passage that is none of the suite's begins with.
const MARK: &str = "external:";

/// Most characters of a foreign id.
const LONGEST_ID: usize = 200;

struct External {
    name: String,
    endpoint: Option<Arc<ModelSpec>>,
}

impl Retriever for External {
    fn find<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Vec<Arc<Passage>>, Failure>> {
        Box::pin(async move {
            let endpoint = self.endpoint.as_deref();
            let endpoint = endpoint.ok_or_else(|| "it has neither `url` nor `command`".to_owned())?;
            let mut messages = Message::history(ask.case);
            messages.extend(ask.said.iter().cloned());
            messages.push(Message::new(ChatRole::User, ask.question));
            let lookup =
                Lookup { k: ask.budget.max_passages, lang: ask.case.lang.clone(), case: ask.case.id.clone() };
            let request = Request::for_passages(endpoint, messages, lookup);
            let completion = ask.asker.ask(&self.name, &request).await?;
            let found = named_passages(ask.knowledge, &read_listed(&completion.text)?)?;
            let places = (0..found.len()).collect();
            Ok(ranked(&found, places, ask.budget))
        })
    }
}

/// The passages that were named, each once and in their order.
///
/// # Errors
/// An id is none of the suite's and has no text; the end of a sentence.
pub fn named_passages(knowledge: &Knowledge, named: &[NamedPassage]) -> Result<Vec<Arc<Passage>>, String> {
    let mut found: Vec<Arc<Passage>> = Vec::new();
    for one in named {
        for passage in resolve(knowledge, one)? {
            if found.iter().all(|known| known.id != passage.id) {
                found.push(passage);
            }
        }
    }
    Ok(found)
}

/// What one name stands for: all passages of an article, one passage, or the text that was given with it.
fn resolve(knowledge: &Knowledge, named: &NamedPassage) -> Result<Vec<Arc<Passage>>, String> {
    let id = named.id.as_deref().map(str::trim).filter(|id| !id.is_empty());
    let known = id.and_then(|id| {
        let at_address = || knowledge.at_address(id).map(|article| article.passages.clone());
        knowledge.resolve(&SourceRef::parse(id)).or_else(at_address)
    });
    match (known, named.text.as_deref().map(str::trim)) {
        (Some(passages), None) => Ok(passages),
        (Some(passages), Some(text)) => Ok(vec![with_text(&passages, text)]),
        (None, Some(text)) => Ok(vec![foreign(id, named.title.as_deref().unwrap_or_default(), text)]),
        (None, None) => Err(unknown(knowledge, id.unwrap_or_default())),
    }
}

/// The passage that has this text; where none has it, the text stands under the name of the one that was named.
fn with_text(passages: &[Arc<Passage>], text: &str) -> Arc<Passage> {
    let same = |passage: &&Arc<Passage>| passage.text.split_whitespace().eq(text.split_whitespace());
    if let Some(same) = passages.iter().find(same) {
        return same.clone();
    }
    let Some(first) = passages.first() else { return foreign(None, "", text) };
    let (id, heading) = match passages {
        [one] => (one.id.clone(), one.heading.clone()),
        // A part of an article that is cut in other places: several such parts are several passages.
        _ => (format!("{}#{}", first.article, short(text)), String::new()),
    };
    let hash = Passage::hash_of(&heading, text);
    Arc::new(Passage { id, heading, text: text.to_owned(), hash, ..(**first).clone() })
}

/// A passage that is none of the suite's.
fn foreign(id: Option<&str>, title: &str, text: &str) -> Arc<Passage> {
    let plain = |text: &str| text.chars().filter(|c| !c.is_control()).take(LONGEST_ID).collect::<String>();
    let id = id.map_or_else(|| short(text), plain);
    Arc::new(Passage {
        id: format!("{MARK}{id}"),
        article: format!("{MARK}{}", id.rsplit_once('#').map_or(id.as_str(), |(article, _)| article)),
        title: plain(title),
        heading: String::new(),
        text: text.to_owned(),
        url: None,
        visibility: Visibility::Public,
        updated: None,
        hash: Passage::hash_of("", text),
    })
}

fn short(text: &str) -> String {
    Fingerprint::of(&text).hex(12)
}

fn unknown(knowledge: &Knowledge, id: &str) -> String {
    let articles = knowledge.articles().map(|article| article.id.as_str());
    let passages = knowledge.articles().flat_map(|article| article.passages.iter().map(|p| p.id.as_str()));
    let near = if id.contains('#') { did_you_mean(id, passages) } else { did_you_mean(id, articles) };
    let near = near.map_or_else(
        || "; name one of the suite's articles or passages, or give its `text`".to_owned(),
        |near| format!("; did you mean `{near}`?"),
    );
    let shown: String = id.chars().filter(|c| !c.is_control()).take(LONGEST_ID).collect();
    format!("it names `{shown}`, and the suite's knowledge has no such article or passage{near}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;
    use crate::knowledge::{SourceSpec, load};

    fn knowledge() -> Knowledge {
        let dir = tempfile::tempdir().unwrap();
        let returns = "Send it back.\n\n## Window\n\nYou have 30 days.";
        for (id, text) in [("returns", returns), ("fees", "None.")] {
            std::fs::write(dir.path().join(format!("{id}.md")), text).unwrap();
        }
        let spec = SourceSpec {
            kind: None,
            name: "help".into(),
            path: ".".into(),
            fields: std::collections::BTreeMap::new(),
            values: std::collections::BTreeMap::new(),
            file: SourceFile::new("regauge.toml", ""),
            span: 0..0,
        };
        Knowledge::new(load(dir.path(), &spec).0)
    }

    fn found(named: &[(&str, &str)]) -> Result<Vec<Arc<Passage>>, String> {
        let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let named =
            named.iter().map(|(id, text)| NamedPassage { id: part(id), title: None, text: part(text) });
        named_passages(&knowledge(), &named.collect::<Vec<_>>())
    }

    fn ids(named: &[(&str, &str)]) -> Vec<String> {
        found(named).unwrap().iter().map(|p| p.id.clone()).collect()
    }

    #[test]
    fn ids_are_those_of_the_suite() {
        assert_eq!(ids(&[("fees", ""), ("returns#window", "")]), ["fees#top", "returns#window"]);
        assert_eq!(ids(&[("returns#window", ""), ("returns", "")]), ["returns#window", "returns#top"]);
        let error = found(&[("retruns", "")]).unwrap_err();
        assert!(error.ends_with("did you mean `returns`?"), "{error}");
        let error = found(&[("returns#windw\u{1b}[31m", "")]).unwrap_err();
        assert!(!error.contains('\u{1b}'), "{error:?}");
        assert!(found(&[("zzz", "")]).unwrap_err().contains("give its `text`"));
    }

    #[test]
    fn a_text_is_what_the_bot_had() {
        let same = found(&[("returns", "You  have 30\ndays.")]).unwrap();
        assert_eq!((same[0].id.as_str(), same[0].heading.as_str()), ("returns#window", "Window"));
        let stale = found(&[("returns#window", "You have 14 days.")]).unwrap();
        assert_eq!((stale[0].id.as_str(), stale[0].text.as_str()), ("returns#window", "You have 14 days."));
        assert_ne!(stale[0].hash, same[0].hash);
        let cut = found(&[("returns", "Send it"), ("returns", "back.")]).unwrap();
        assert_eq!((cut.len(), cut[0].article.as_str()), (2, "returns"));
        let own = found(&[("wiki/7#a", "x"), ("", "y")]).unwrap();
        assert_eq!((own[0].id.as_str(), own[0].article.as_str()), ("external:wiki/7#a", "external:wiki/7"));
        assert!(own[1].id.starts_with("external:") && own[1].text == "y");
    }
}
