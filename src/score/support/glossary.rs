//! # What it checks
//! The company's words: preferred terms are used, banned ones and the ones that should have been
//! replaced are not. The value is the share of the entries that the answer touches and keeps.
//!
//! # Keys
//! - `terms`: a list of tables: `say` (the preferred term), `not` (terms it replaces, a text or a list),
//!   `lang` (only for cases in this language), `required` = false (the preferred term must occur),
//!   `exact` = false (no inflected forms), `note` (shown with the evidence).
//! - `banned`: terms that must not occur, in any language.
//! - `file`: a `.toml` file with `[[term]]` tables and `banned`, or a `.csv` file with the columns
//!   `say,not,lang,required,exact,note` (several terms in `not` are set apart by `|`), relative to the project.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "glossary"
//! banned = ["cheap"]
//! terms = [
//!   { say = "return label", not = ["shipping slip"], lang = "en" },
//!   { say = "abonament", not = "subscripție", lang = "ro" },
//! ]
//! ```
//!
//! # Caveats
//! Letter case, Romanian diacritics (comma, cedilla or none) and regular endings do not matter:
//! `abonamentului` is `abonament`, `labels` is `label`. Changes inside a word (`comandă`, `comenzi`) are
//! not seen: list both. Words are compared, not meanings: a banned word in a quotation or in another
//! sense counts. A banned term inside a preferred one (`Plus` in `Volta Plus`) does not.

use std::collections::HashMap;
use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;

use crate::quotes;
use crate::score::stems::inflected;
use crate::score::words::Words;
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerError, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "glossary",
    summary: "preferred terms are used and banned ones are not, in all their forms",
    keys: &["terms", "banned", "file"],
    docs: docs!("glossary.rs"),
    build,
};

/// One entry as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TermTable {
    say: Option<String>,
    #[serde(default)]
    not: OneOrMany,
    lang: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    exact: bool,
    note: Option<String>,
}

/// A text or a list of texts.
#[derive(Debug, Default)]
struct OneOrMany(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(one) => Ok(Self(vec![one])),
            Value::Array(list) => {
                let text = |v: Value| v.as_str().map(ToOwned::to_owned);
                let list: Option<Vec<String>> = list.into_iter().map(text).collect();
                list.map(Self).ok_or_else(|| serde::de::Error::custom("`not` must hold texts"))
            }
            _ => Err(serde::de::Error::custom("`not` must be a text or a list of texts")),
        }
    }
}

/// A glossary file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    #[serde(default)]
    term: Vec<TermTable>,
    #[serde(default)]
    banned: Vec<String>,
}

struct Entry {
    say: Option<Term>,
    not: Vec<Term>,
    lang: Option<String>,
    required: bool,
    note: Option<String>,
}

struct Term {
    written: String,
    words: Vec<String>,
    exact: bool,
}

impl Term {
    fn new(written: &str, exact: bool) -> Self {
        Self {
            written: written.trim().to_owned(),
            words: Words::new(written).iter().map(ToOwned::to_owned).collect(),
            exact,
        }
    }

    fn is_at(&self, words: &[&str]) -> bool {
        let fits = |(term, word): (&String, &&str)| {
            if self.exact { term == word } else { inflected(term, word) }
        };
        words.len() >= self.words.len() && self.words.iter().zip(words).all(fits)
    }
}

/// Which term an entry's place in the index stands for.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Say,
    Not(usize),
}

struct Glossary {
    entries: Vec<Entry>,
    /// The first letters of first words → terms.
    index: HashMap<String, Vec<(usize, Role)>>,
    /// The text of the file.
    from_file: Option<Value>,
}

/// Letters that an inflected form surely shares with its term.
const HEAD: usize = 3;

fn head(word: &str) -> &str {
    word.char_indices().nth(HEAD).map_or(word, |(at, _)| &word[..at])
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let mut tables = args.get::<Vec<TermTable>>("terms", &mut errors).unwrap_or_default();
    let mut banned = args.get::<Vec<String>>("banned", &mut errors).unwrap_or_default();
    let mut from_file = None;
    if let Some(path) = args.get::<String>("file", &mut errors) {
        match read(args, &path) {
            Ok((text, table)) => {
                from_file = Some(Value::String(text));
                tables.extend(table.term);
                banned.extend(table.banned);
            }
            Err(error) => errors.push(error),
        }
    }
    tables.extend(
        banned.into_iter().map(|term| TermTable { not: OneOrMany(vec![term]), ..TermTable::default() }),
    );
    if tables.is_empty() && errors.is_empty() {
        errors.push(args.error("the glossary has no terms").with_help(
            "add `terms = [{ say = \"…\", not = [\"…\"] }]`, `banned = [\"…\"]` or `file = \"…\"`",
        ));
    }
    let entries: Vec<Entry> = tables.into_iter().map(|table| entry(args, table, &mut errors)).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut index: HashMap<String, Vec<(usize, Role)>> = HashMap::new();
    for (i, entry) in entries.iter().enumerate() {
        let not = entry.not.iter().enumerate().map(|(n, term)| (Role::Not(n), term));
        for (role, term) in entry.say.iter().map(|t| (Role::Say, t)).chain(not) {
            let first = term.words.first().map_or("", String::as_str);
            index.entry(head(first).to_owned()).or_default().push((i, role));
        }
    }
    Ok(Box::new(Glossary { entries, index, from_file }))
}

fn entry(args: &Args<'_>, table: TermTable, errors: &mut Vec<ScorerError>) -> Entry {
    let term = |written: &String| Term::new(written, table.exact);
    let entry = Entry {
        say: table.say.as_ref().map(term),
        not: table.not.0.iter().map(term).collect(),
        lang: table.lang.map(|l| l.to_lowercase()),
        required: table.required,
        note: table.note,
    };
    if entry.say.iter().chain(&entry.not).any(|t| t.words.is_empty()) {
        errors.push(args.error("a term of the glossary has no word"));
    }
    if entry.say.is_none() && (entry.not.is_empty() || entry.required) {
        let help = "`say` is the term to use, `not` the terms it replaces";
        errors.push(args.error("an entry of the glossary says nothing").with_help(help));
    } else if entry.not.is_empty() && !entry.required {
        let term = entry.say.as_ref().map_or("", |t| t.written.as_str());
        errors.push(
            args.error(format!("nothing is asked of `{term}`"))
                .with_help("add `not = […]` or `required = true`"),
        );
    }
    entry
}

fn read(args: &Args<'_>, path: &str) -> Result<(String, FileTable), ScorerError> {
    let text = std::fs::read_to_string(args.root.join(path))
        .map_err(|e| args.error_at("file", format!("failed to read {path}: {e}")))?;
    let wrong = |what: String| args.error_at("file", format!("{path} is no glossary: {}", what.trim_end()));
    let is_csv = std::path::Path::new(path).extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let table = if is_csv {
        if let Some(open) = quotes::unclosed(&text) {
            return Err(wrong(format!("line {}: {open}", open.line)));
        }
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let rows = reader.deserialize::<HashMap<String, String>>();
        let term = rows
            .map(|row| row.map_err(|e| e.to_string()).and_then(row_of))
            .collect::<Result<Vec<TermTable>, String>>()
            .map_err(wrong)?;
        FileTable { term, banned: Vec::new() }
    } else {
        toml::from_str(&text).map_err(|e| wrong(e.message().to_owned()))?
    };
    Ok((text, table))
}

fn row_of(row: HashMap<String, String>) -> Result<TermTable, String> {
    let mut table = TermTable::default();
    for (column, value) in row {
        let text = (!value.is_empty()).then(|| value.clone());
        let yes = || match value.to_lowercase().as_str() {
            "" | "false" | "no" | "0" => Ok(false),
            "true" | "yes" | "1" => Ok(true),
            other => Err(format!("`{other}` is neither true nor false")),
        };
        match column.as_str() {
            "say" => table.say = text,
            "not" => {
                table.not.0 =
                    value.split('|').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect();
            }
            "lang" => table.lang = text,
            "required" => table.required = yes()?,
            "exact" => table.exact = yes()?,
            "note" => table.note = text,
            other => return Err(format!("unknown column `{other}`")),
        }
    }
    Ok(table)
}

impl Glossary {
    /// Every term of the language in the answer: entry, role, words.
    fn hits(&self, words: &[&str], lang: &str) -> Vec<(usize, Role, Range<usize>)> {
        let of = |i: usize, role: Role| match role {
            Role::Say => self.entries[i].say.as_ref(),
            Role::Not(n) => self.entries[i].not.get(n),
        };
        let speaks = |i: usize| self.entries[i].lang.as_ref().is_none_or(|l| in_language(lang, l));
        let mut hits = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let start = head(word);
            // A short term's first word may be shorter than the head of its form.
            let heads = start.char_indices().skip(1).map(|(end, _)| &start[..end]).chain([start]);
            for (i, role) in heads.filter_map(|h| self.index.get(h)).flatten() {
                if let Some(term) = of(*i, *role).filter(|t| speaks(*i) && t.is_at(&words[at..])) {
                    hits.push((*i, *role, at..at + term.words.len()));
                }
            }
        }
        let said: Vec<Range<usize>> =
            hits.iter().filter(|(_, role, _)| *role == Role::Say).map(|(_, _, at)| at.clone()).collect();
        // In the order of their first words; only those that begin shortly before can reach as far.
        let longest = said.iter().map(Range::len).max().unwrap_or(0);
        let inside = |at: &Range<usize>| {
            let from = said.partition_point(|s| s.start + longest < at.end);
            said[from..].iter().take_while(|s| s.start <= at.start).any(|s| at.end <= s.end)
        };
        hits.retain(|(_, role, at)| *role == Role::Say || !inside(at));
        hits
    }
}

fn in_language(tag: &str, lang: &str) -> bool {
    let tag = tag.to_lowercase();
    tag.strip_prefix(lang).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

impl Check for Glossary {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = Words::new(&input.completion.text);
        let words: Vec<&str> = answer.iter().collect();
        let hits = self.hits(&words, &input.case.lang);
        let mut touched = vec![false; self.entries.len()];
        let mut broken = vec![false; self.entries.len()];
        let mut said = vec![false; self.entries.len()];
        let mut evidence = Vec::new();
        let mut wrong = Vec::new();
        for (i, role, at) in hits {
            touched[i] = true;
            let entry = &self.entries[i];
            let Some(span) = answer.span(&at) else { continue };
            let quote = answer.quote(&span);
            let (label, note) = match (role, &entry.say) {
                (Role::Say, _) => ("matched", entry.note.clone()),
                (Role::Not(_), Some(say)) => {
                    wrong.push(format!("“{quote}” instead of “{}”", say.written));
                    ("banned-term", Some(format!("say “{}”", say.written)))
                }
                (Role::Not(_), None) => {
                    wrong.push(format!("“{quote}”"));
                    ("banned-term", entry.note.clone())
                }
            };
            broken[i] |= role != Role::Say;
            said[i] |= role == Role::Say;
            evidence.push(Evidence { span: Some(span.clone()), note, ..Evidence::new(label, quote) });
        }
        for (i, entry) in self.entries.iter().enumerate().filter(|(_, e)| e.required) {
            let speaks = entry.lang.as_ref().is_none_or(|l| in_language(&input.case.lang, l));
            if let (true, false, Some(say)) = (speaks, said[i], &entry.say) {
                (touched[i], broken[i]) = (true, true);
                wrong.push(format!("“{}” is missing", say.written));
                evidence.push(Evidence::new("missing", say.written.as_str()));
            }
        }
        let count = |flags: &[bool]| flags.iter().filter(|f| **f).count();
        let (of, bad) = (count(&touched), count(&broken));
        let value = if of == 0 { 1.0 } else { (of - bad) as f64 / of as f64 };
        wrong.sort();
        wrong.dedup();
        let reason = match bad {
            0 => "keeps to the glossary".to_owned(),
            _ => format!("says {}", wrong.join(", ")),
        };
        Finding::scored(value, bad == 0, reason).with(evidence)
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("there are no words, only tool calls")
    }

    fn read_from_files(&self) -> Option<&Value> {
        self.from_file.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use crate::score::Score;
    use crate::score::testing::{Setup, mistakes};

    const TERMS: &str = "banned = ['cheap']\nterms = [\n{ say = 'return label', not = ['shipping slip', 'slip'], lang = 'en' },\n{ say = 'abonament', not = 'subscripție', lang = 'ro' },\n{ say = 'Volta Plus', not = 'Plus' }]";

    fn labels(score: &Score) -> Vec<(&str, &str)> {
        score.evidence.iter().map(|e| (e.label.as_str(), e.quote.as_str())).collect()
    }

    fn romanian(toml: &str, answer: &str) -> Score {
        let mut setup = Setup::of("glossary", toml);
        setup.case.lang = "ro-RO".into();
        setup.score(answer)
    }

    #[test]
    fn replaced_terms_in_all_their_forms() {
        let setup = Setup::of("glossary", TERMS);
        let score = setup.score("Print the Shipping slips. CHEAP!");
        assert_eq!(labels(&score)[0], ("banned-term", "Shipping slips"));
        assert_eq!(score.evidence[0].note.as_deref(), Some("say “return label”"));
        assert_eq!(score.evidence[0].span, Some(10..24));
        assert_eq!((score.value(), score.pass()), (Some(0.0), Some(false)));
        let right = setup.score("Print the return labels. A cheaper one, of Volta Plus.");
        assert_eq!(right.evidence[0].label, "matched");
        let half = setup.score("The return label for Plus.");
        assert_eq!(half.value(), Some(0.5));
        assert_eq!(setup.score("Nothing of the kind.").value(), Some(1.0));
    }

    #[test]
    fn diacritics_in_every_spelling() {
        for answer in ["Subscripția ta", "Subscripţiile tale", "subscriptiei", "SUBSCRIPT\u{326}IA"] {
            assert_eq!(romanian(TERMS, answer).pass(), Some(false), "{answer}");
            assert_eq!(Setup::of("glossary", TERMS).score(answer).pass(), Some(true), "not for English");
        }
        let right = romanian(TERMS, "Abonamentului tău");
        assert_eq!(labels(&right), [("matched", "Abonamentului")]);
    }

    #[test]
    fn a_preferred_term_may_be_required() {
        let setup = Setup::of("glossary", "terms = [{ say = 'Volta Ciclo', required = true }]");
        assert_eq!(setup.score("Welcome to volta ciclo!").pass(), Some(true));
        let missing = setup.score("Welcome!");
        assert_eq!((missing.pass(), missing.reason.as_str()), (Some(false), "says “Volta Ciclo” is missing"));
    }

    #[test]
    fn exact_terms_have_no_forms() {
        let setup = Setup::of("glossary", "terms = [{ not = 'bike', exact = true }]");
        assert_eq!((setup.score("bikes").pass(), setup.score("Bike").pass()), (Some(true), Some(false)));
    }

    #[test]
    fn terms_come_from_files() {
        let folder = tempfile::tempdir().unwrap();
        let csv = "say,not,lang,required,exact,note\nreturn label,shipping slip|slip,en,,,\n,ieftin,,no,yes,sounds poor\n";
        std::fs::write(folder.path().join("g.csv"), csv).unwrap();
        std::fs::write(
            folder.path().join("g.toml"),
            "banned = ['cheap']\n[[term]]\nsay = 'a b'\nnot = 'c'\n",
        )
        .unwrap();
        let of = |file: &str| Setup::in_folder("glossary", &format!("file = '{file}'"), folder.path());
        assert_eq!(of("g.csv").score("Print the slip.").pass(), Some(false));
        assert_eq!(of("g.csv").score("Foarte ieftin").evidence[0].note.as_deref(), Some("sounds poor"));
        assert_eq!(of("g.toml").score("Cheaper? No: cheap.").evidence.len(), 2);
        assert!(of("g.toml").scorer.check.read_from_files().is_some());
        std::fs::write(folder.path().join("bad.csv"), "say,nott\na,b\n").unwrap();
        std::fs::write(folder.path().join("bad.toml"), "term = 1").unwrap();
        for file in ["bad.csv", "bad.toml", "none.toml"] {
            let wrong =
                crate::score::testing::mistakes_in("glossary", &format!("file = '{file}'"), folder.path());
            assert_eq!(wrong.len(), 1, "{file}");
        }
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("glossary", "").len(), 1);
        let wrong = mistakes(
            "glossary",
            "terms = [{ say = 'a' }, { not = '…' }, { lang = 'ro' }, { say = 'b', required = true }]",
        );
        assert_eq!(wrong.len(), 3, "{wrong:#?}");
        assert_eq!(mistakes("glossary", "terms = [{ sy = 'a' }]\nbanned = 1").len(), 2);
    }

    #[test]
    fn long_answers_are_read_quickly() {
        let long = "slip of a shipping thing ".repeat(20_000);
        assert_eq!(Setup::of("glossary", TERMS).score(&long).pass(), Some(false));
    }
}
