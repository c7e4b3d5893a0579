//! `regauge promote`: a conversation that failed or a reply that a person gave becomes a pending case.

mod from_run;
mod tickets;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use unicode_normalization::UnicodeNormalization as _;

use super::accept::git_name;
use super::{CommandResult, ExitStatus, Session};
use crate::clock;
use crate::diagnostic::did_you_mean;
use crate::fingerprint::Fingerprint;
use crate::golden::{Pending, load_pending, pending_path};
use crate::lint::Questions;
use crate::project::Project;
use crate::provider::Completion;
use crate::report::{inert_line, plural, stripped};
use crate::score::accepted::terms;
use crate::score::detect_action;
use crate::score::personal::{PLACEHOLDERS, Personal, Published};
use crate::suite::Suite;

/// Words of a question in the id that is made of it.
const WORDS: usize = 4;
/// Hex digits behind them, so that two questions of the same words have two ids.
const DIGITS: usize = 6;

/// Flags of `regauge promote`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["case", "from", "question"]))]
pub struct Args {
    /// A case that failed: what the customer asked where it went wrong, with what was said before.
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// The run in which it failed: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(long, value_name = "RUN", default_value = "latest", requires = "case")]
    run: String,
    /// Only answers to this prompt.
    #[arg(long, value_name = "PROMPT", requires = "case")]
    prompt: Option<String>,
    /// Only answers of this model.
    #[arg(long, value_name = "MODEL", requires = "case")]
    model: Option<String>,
    /// Replies of people: a .csv or .jsonl file with `question` and `reply`, and if you like `agent`, `date`, `ticket`,
    /// `suite` and `lang`.
    #[arg(long = "in", value_name = "FILE")]
    from: Option<PathBuf>,
    /// What a customer asked.
    #[arg(long, value_name = "TEXT")]
    question: Option<String>,
    /// What a person replied.
    #[arg(long, value_name = "TEXT", requires = "question")]
    answer: Option<String>,
    /// Who replied.
    #[arg(long, value_name = "NAME", requires = "question")]
    agent: Option<String>,
    /// The suite that the case is to join; default: the case's own, or the only one.
    #[arg(long, value_name = "SUITE")]
    suite: Option<String>,
    /// A passage that holds the answer, as `article#section`; may be repeated.
    #[arg(long = "source", value_name = "SOURCE", conflicts_with = "from")]
    sources: Vec<String>,
    /// The id of the case; default: made of the question's words, always the same for the same question.
    #[arg(long, value_name = "ID", conflicts_with = "from")]
    id: Option<String>,
    /// Why it is worth a case.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who promotes it; default: `user.name` of git.
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Keep what may tell who the customer was. Otherwise e-mail addresses, phone numbers, long numbers, cards, IBANs and
    /// postcodes that no article names are masked, and names and streets by English and Romanian words around them: what is
    /// masked is shown, and the files are to be read before they are committed.
    #[arg(long)]
    keep_personal: bool,
}

/// What may become a pending case.
#[derive(Debug, Default)]
struct Candidate {
    suite: Option<String>,
    pending: Pending,
}

/// What became of a candidate.
enum Kept {
    /// The file, and what was masked in it.
    Written(PathBuf, Vec<String>),
    /// Why there is none.
    Already(String),
}

/// Writes pending cases.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let project = session.load()?;
    let author =
        args.author.clone().or_else(|| git_name(&session.root)).filter(|name| !name.trim().is_empty());
    let author = author.context("who promotes it? say --author NAME, or set git's user.name")?;
    let candidates = match (&args.case, &args.from) {
        (Some(case), _) => vec![from_run::candidate(session, args, case)?],
        (_, Some(file)) => tickets::read(file)?,
        _ => vec![Candidate {
            suite: None,
            pending: Pending {
                question: args.question.clone().unwrap_or_default(),
                answer: args.answer.clone().unwrap_or_default(),
                agent: args.agent.clone(),
                origin: "a person's reply".to_owned(),
                ..Pending::default()
            },
        }],
    };
    let several = args.from.is_some();
    let mut promoter = Promoter::new(&project, args, author);
    let (mut written, mut masked, mut already) = (0_u64, 0, 0_u64);
    for candidate in candidates {
        match promoter.keep(candidate)? {
            Kept::Written(path, what) => {
                session.printer.out(&format!("wrote {}", path.display()))?;
                if !what.is_empty() {
                    session.printer.talk(&inert_line(&format!("  masked: {}", what.join(", "))));
                }
                (written, masked) = (written + 1, masked + what.len() as u64);
            }
            Kept::Already(why) if several => {
                session.printer.talk(&inert_line(&why));
                already += 1;
            }
            Kept::Already(why) => anyhow::bail!("{}; nothing was written", inert_line(&why)),
        }
    }
    let mut words = plural(written, "pending case");
    if already > 0 {
        let _ = write!(words, ", {already} there already");
    }
    if masked > 0 {
        let _ = write!(
            words,
            ", {} masked; names and streets are found only by the words around them, so read the files before you commit \
             them",
            plural(masked, "detail")
        );
    }
    session.printer.talk(&format!("{words}; `regauge accept --pending` makes cases with goldens of them"));
    Ok(ExitStatus::Success)
}

/// What is there already, and how more is added.
struct Promoter<'p> {
    project: &'p Project,
    args: &'p Args,
    author: String,
    published: Published,
    asked: Questions,
    /// Cases, pending ones included, by suite and id.
    ids: BTreeSet<(String, String)>,
}

impl<'p> Promoter<'p> {
    fn new(project: &'p Project, args: &'p Args, author: String) -> Self {
        let mut asked = Questions::of(project);
        let mut ids = BTreeSet::new();
        for scored in project.suites.iter().flat_map(|suite| suite.cases.each()).flatten() {
            ids.insert((scored.case.suite.clone(), scored.case.id.clone()));
        }
        let (pending, _) = load_pending(&project.config.root, &project.config.golden);
        for one in pending {
            if one.pending.turns.is_empty() {
                asked.add(&one.suite, &one.case, &one.pending.question);
            }
            ids.insert((one.suite, one.case));
        }
        let published = Published::of(project.suites.iter().map(|suite| suite.knowledge.as_ref()));
        Self { project, args, author, published, asked, ids }
    }

    fn keep(&mut self, candidate: Candidate) -> anyhow::Result<Kept> {
        let Candidate { suite, mut pending } = candidate;
        pending.texts_mut().for_each(|text| *text = stripped(text));
        pending.agent = pending.agent.map(|name| stripped(&name));
        anyhow::ensure!(!pending.question.trim().is_empty(), "the question is empty");
        let suite = self.suite(suite.as_deref())?;
        // The same question has the same id, whatever is masked in it.
        let digits = digits_of(&pending);
        let masked = if self.args.keep_personal { Vec::new() } else { self.mask(&mut pending) };
        let id = match &self.args.id {
            Some(id) => well_formed(id)?.to_owned(),
            None => id_of(&pending.question, &digits),
        };
        let key = (suite.id.clone(), id.clone());
        if self.ids.contains(&key) {
            return Ok(Kept::Already(format!("{}/{id} is there already", suite.id)));
        }
        pending.author.clone_from(&self.author);
        pending.reason = self.args.reason.clone();
        pending.sources.extend(self.args.sources.iter().cloned());
        for source in &pending.sources {
            let there = suite.knowledge.resolve(&crate::case::SourceRef::parse(source)).is_some();
            anyhow::ensure!(there, "suite `{}` has no article or section `{source}`", suite.id);
        }
        pending.date = pending.date.or_else(|| Some(clock::now().to_zoned(jiff::tz::TimeZone::UTC).date()));
        if pending.expect.is_none() && !pending.answer.trim().is_empty() {
            let taken = detect_action(&Completion::of_text(pending.answer.as_str()), &suite.markers);
            pending.expect = taken.map(|(action, _)| action);
        }
        if let Some(twin) = self.asked.twin(&pending.question, pending.turns.is_empty(), "", "") {
            let words = "asks this already; `regauge accept --case CASE --answer TEXT` gives it a golden";
            return Ok(Kept::Already(format!("{twin} {words}: {}", pending.question)));
        }
        let path = pending_path(&self.project.config.golden, &suite.id, &id);
        write(&self.project.config.root.join(&path), &pending.to_text())?;
        if pending.turns.is_empty() {
            self.asked.add(&suite.id, &id, &pending.question);
        }
        self.ids.insert(key);
        Ok(Kept::Written(path, masked))
    }

    /// The suite that a case is to join.
    fn suite(&self, named: Option<&str>) -> anyhow::Result<&'p Suite> {
        let project = self.project;
        match (named.or(self.args.suite.as_deref()), project.suites.as_slice()) {
            (Some(name), suites) => suites.iter().find(|suite| suite.id == name).with_context(|| {
                let near = did_you_mean(name, suites.iter().map(|suite| suite.id.as_str()));
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                format!("no suite is named `{name}`{near}")
            }),
            (None, [only]) => Ok(only),
            (None, suites) => {
                let known: Vec<&str> = suites.iter().map(|suite| suite.id.as_str()).collect();
                anyhow::bail!("which suite is it to join? say --suite; there are {}", known.join(", "))
            }
        }
    }

    /// Puts placeholders in the place of what tells who the customer was; what was there, in order.
    fn mask(&self, pending: &mut Pending) -> Vec<String> {
        let texts: Vec<String> = pending.texts().map(str::to_owned).collect();
        let found = self.published.personal(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let mut masked = Vec::new();
        for ((text, found), was) in pending.texts_mut().zip(&found).zip(&texts) {
            *text = Published::masked(was, found);
            let said = |one: &Personal| format!("{} “{}”", one.kind, &was[one.span.clone()]);
            masked.extend(found.iter().map(said));
        }
        masked
    }
}

/// Digits for what is asked and was said before.
fn digits_of(pending: &Pending) -> String {
    let said: Vec<&str> = pending.turns.iter().map(|turn| turn.text.as_str()).collect();
    Fingerprint::of(&(said, &pending.question)).hex(DIGITS)
}

/// An id for a question: its words, and digits behind them.
fn id_of(question: &str, digits: &str) -> String {
    let plain = |word: String| -> String {
        word.nfkd().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let asked = PLACEHOLDERS.into_iter().fold(question.to_owned(), |text, mark| text.replace(mark, ""));
    let words = terms(&asked).into_iter().map(|(_, word)| plain(word)).filter(|word| !word.is_empty());
    let mut parts: Vec<String> = words.take(WORDS).collect();
    parts.push(digits.to_owned());
    parts.join("-")
}

fn well_formed(id: &str) -> anyhow::Result<&str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._/".contains(c);
    let begins = id.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    anyhow::ensure!(
        begins && id.chars().all(allowed),
        "`{id}` is no id of a case: use lower-case letters a-z, digits and `-`, `.`, `/`, `_`"
    );
    Ok(id)
}

/// Writes a new file; one that is there is not replaced.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let shown = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(shown)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).with_context(shown)?;
    file.write_all(text.as_bytes()).with_context(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_has_the_same_id() {
        let of = |question: &str| {
            id_of(question, &digits_of(&Pending { question: question.to_owned(), ..Pending::default() }))
        };
        let id = of("Cât durează livrarea unei baterii noi?");
        assert!(id.starts_with("dureaza-livrarea-") && well_formed(&id).is_ok(), "{id}");
        assert_eq!(id, of("Cât durează livrarea unei baterii noi?"));
        assert_ne!(of("Where is my parcel?"), of("Where is my parcel!"));
        assert!(well_formed(&of("退货")).is_ok());
        assert!(well_formed("Bad id").is_err());
    }
}
