//! Pending cases: what went wrong or what a person answered, on its way to become a case with a golden.
//!
//! One markdown file `pending/<suite>/<case>.md` beside the folder of golden answers: the question and where it comes from
//! between `+++` lines, then the answer that is proposed, if there is one. A pending case is committed and checked, and
//! neither run nor judged until a person accepts it.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Serialize;

use crate::case::{Action, Speaker, Turn};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::golden::golden_path;
use crate::golden::path::ids_of;
use crate::knowledge::folder::collect;
use crate::knowledge::front_matter::Header;
use crate::knowledge::split_front_matter;

/// Folder of pending cases, beside the folder of golden answers.
const FOLDER: &str = "pending";
const KEYS: [&str; 11] = [
    "question", "turns", "sources", "expect", "lang", "origin", "agent", "author", "reason", "date", "wrong",
];

/// One pending case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// What the customer asks.
    pub question: String,
    /// What was said before.
    pub turns: Vec<Turn>,
    /// Passages that hold the answer, as they are written in a case.
    pub sources: Vec<String>,
    /// What a good answer does.
    pub expect: Option<Action>,
    /// Language of the customer.
    pub lang: Option<String>,
    /// Where it comes from: a run, or a ticket.
    pub origin: String,
    /// Who gave the proposed answer.
    pub agent: Option<String>,
    /// Who promoted it.
    pub author: String,
    /// Why.
    pub reason: Option<String>,
    /// When it was promoted, or when the reply was given.
    pub date: Option<Date>,
    /// What the bot answered and should not have.
    pub wrong: Option<String>,
    /// The proposed answer; empty where nobody gave one yet.
    pub answer: String,
}

/// A pending case with its place.
#[derive(Debug, Clone)]
pub struct PendingCase {
    /// Suite that it is to join.
    pub suite: String,
    /// Its id there.
    pub case: String,
    /// The file, for findings.
    pub file: SourceFile,
    /// What it says.
    pub pending: Pending,
}

/// The folder of pending cases of a project whose golden answers are in `golden`.
pub fn pending_folder(golden: &Path) -> PathBuf {
    golden.with_file_name(FOLDER)
}

/// The file of a pending case in a project whose golden answers are in `golden`.
pub fn pending_path(golden: &Path, suite: &str, case: &str) -> PathBuf {
    golden_path(&pending_folder(golden), suite, case)
}

/// Reads every pending case, in the order of suites and ids; no folder is none.
pub fn load_pending(root: &Path, golden: &Path) -> (Vec<PendingCase>, Diagnostics) {
    let (mut findings, mut paths, mut found) = (Diagnostics::new(), Vec::new(), Vec::new());
    let folder = root.join(pending_folder(golden));
    if folder.exists() {
        collect(&folder, |path| path.extension().is_some_and(|e| e == "md"), &mut paths, &mut findings);
    }
    paths.sort();
    for path in paths {
        let shown = path.strip_prefix(root).unwrap_or(&path);
        let Some((suite, case)) = path.strip_prefix(&folder).ok().and_then(ids_of) else {
            let finding = Diagnostic::warning("the file belongs to no suite").in_path(shown);
            findings.push(finding.help("a pending case is <suite>/<case>.md in the folder `pending`"));
            continue;
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let file = SourceFile::new(shown, text);
                let pending = parse(&file, &mut findings);
                found.extend(pending.map(|pending| PendingCase { suite, case, file, pending }));
            }
            Err(error) => findings
                .push(Diagnostic::error(format!("failed to read the pending case: {error}")).in_path(shown)),
        }
    }
    (found, findings)
}

/// A turn as it is written.
#[derive(serde::Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Said {
    role: Speaker,
    text: String,
}

fn parse(file: &SourceFile, findings: &mut Diagnostics) -> Option<Pending> {
    let front = split_front_matter(&file.text).and_then(|front| Some((front.toml.clone()?, front.body)));
    let Some((range, body)) = front else {
        findings.push(
            Diagnostic::error("the pending case does not say what is asked")
                .at(file.start())
                .help("start the file with `+++`, question, origin and author, and `+++` again"),
        );
        return None;
    };
    let header = Header::parse(file, range, &KEYS, findings);
    let mut required = |key: &str| {
        let text = header.text(key, findings);
        if text.is_none() {
            findings.push(Diagnostic::error(format!("`{key}` is missing or empty")).at(header.at(key)));
        }
        text
    };
    let (question, origin, author) = (required("question"), required("origin"), required("author"));
    let expect = header.text("expect", findings).and_then(|name| {
        let action = Action::parse(&name);
        if action.is_none() {
            let finding = Diagnostic::error(format!("unknown action `{name}`")).at(header.at("expect"));
            findings.push(finding.suggest(&name, Action::ALL.map(Action::name)));
        }
        action
    });
    let turns = header.get::<Vec<Said>>("turns", findings).unwrap_or_default();
    Some(Pending {
        question: question?,
        turns: turns.into_iter().map(|said| Turn { role: said.role, text: said.text }).collect(),
        sources: header.get("sources", findings).unwrap_or_default(),
        expect,
        lang: header.text("lang", findings),
        origin: origin?,
        agent: header.text("agent", findings),
        author: author?,
        reason: header.text("reason", findings),
        date: header.date("date", findings),
        wrong: header.text("wrong", findings),
        answer: file.text[body].trim().to_owned(),
    })
}

/// Front matter as it is written.
#[derive(Serialize)]
struct Wire<'a> {
    question: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    sources: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    expect: Option<&'a str>,
    origin: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
    author: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<toml::value::Datetime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    turns: Vec<Said>,
}

impl Pending {
    /// Everything that somebody said in it.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let turns = self.turns.iter().map(|turn| turn.text.as_str());
        [self.question.as_str(), &self.answer].into_iter().chain(self.wrong.as_deref()).chain(turns)
    }

    /// The same in the same order, to be changed.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let turns = self.turns.iter_mut().map(|turn| &mut turn.text);
        [&mut self.question, &mut self.answer].into_iter().chain(self.wrong.as_mut()).chain(turns)
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let said = |turn: &Turn| Said { role: turn.role, text: turn.text.clone() };
        let wire = Wire {
            question: &self.question,
            lang: self.lang.as_deref(),
            sources: &self.sources,
            expect: self.expect.map(Action::name),
            origin: &self.origin,
            agent: self.agent.as_deref(),
            author: &self.author,
            reason: self.reason.as_deref(),
            date: self.date.and_then(|date| date.to_string().parse().ok()),
            wrong: self.wrong.as_deref(),
            turns: self.turns.iter().map(said).collect(),
        };
        // Strings, lists and a date: nothing in there that TOML cannot hold.
        let front = toml::to_string(&wire).unwrap_or_default();
        // A customer's own line that reads like the end of the front matter is moved to the right.
        let lines = front
            .lines()
            .map(|line| if line.trim_end() == "+++" { format!(" {line}\n") } else { format!("{line}\n") });
        let front: String = lines.collect();
        let answer = self.answer.trim();
        format!("+++\n{front}+++\n{answer}{}", if answer.is_empty() { "" } else { "\n" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending() -> Pending {
        Pending {
            question: "How long?\n\"quoted\"".into(),
            turns: vec![
                Turn { role: Speaker::Customer, text: "Hi".into() },
                Turn { role: Speaker::Agent, text: "Hello!".into() },
            ],
            sources: vec!["returns#window".into()],
            expect: Some(Action::Answer),
            origin: "ticket 7".into(),
            agent: Some("Ion".into()),
            author: "Ana".into(),
            date: Some(jiff::civil::date(2026, 9, 1)),
            answer: "30 days.\n\n+++\nThat is all.".into(),
            ..Pending::default()
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for pending in [pending(), Pending { answer: String::new(), turns: Vec::new(), ..pending() }] {
            let mut findings = Diagnostics::new();
            let read = parse(&SourceFile::new("p.md", pending.to_text()), &mut findings);
            assert_eq!((read, findings.is_empty()), (Some(pending), true));
        }
        let hostile = Pending { question: "Why?\n+++\nauthor = 1".into(), ..pending() };
        let read = parse(&SourceFile::new("p.md", hostile.to_text()), &mut Diagnostics::new()).unwrap();
        assert_eq!((read.question.as_str(), read.answer), ("Why?\n +++\nauthor = 1", hostile.answer));
    }

    #[test]
    fn all_mistakes_are_found_at_their_places() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join("golden/pending").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("faq/a.md", "no front matter");
        write("faq/b.md", "+++\nquestion = \"x\"\nexpect = \"anwser\"\nqestion = 1\n+++\n");
        write("loose.md", &pending().to_text());
        write("faq/c/d.md", &pending().to_text());
        let (found, findings) = load_pending(dir.path(), Path::new("golden/answers"));
        assert_eq!(found.iter().map(|p| (&*p.suite, &*p.case)).collect::<Vec<_>>(), [("faq", "c/d")]);
        let said: Vec<String> = findings.iter().map(|finding| finding.message.clone()).collect();
        assert_eq!(
            said,
            [
                "the pending case does not say what is asked",
                "unknown key `qestion`",
                "`origin` is missing or empty",
                "`author` is missing or empty",
                "unknown action `anwser`",
                "the file belongs to no suite",
            ]
        );
        assert!(load_pending(dir.path(), Path::new("elsewhere/answers")).0.is_empty());
    }
}
