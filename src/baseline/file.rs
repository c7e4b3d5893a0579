//! The file of baselines: text ↔ values.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Baseline, Baselines, Line, Origin, Tally};
use crate::case::Tier;
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::fingerprint::Fingerprint;
use crate::outcome::{Fingerprints, GitState, RunHeader, RunInfo, RunStatus, VariantKey};
use crate::selection::Selection;

const HEAD: &str = "\
# What runs are held against: per case how many of its trials passed, column by column.
# Written by `regauge baseline set`, and moved by nothing else. Commit it.
";

/// One baseline as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    run: String,
    started: Timestamp,
    version: String,
    set: jiff::civil::Date,
    author: Option<String>,
    reason: Option<String>,
    revision: Option<String>,
    #[serde(default)]
    dirty: bool,
    branch: Option<String>,
    columns: Vec<VariantKey>,
    fingerprints: Fingerprints,
    #[serde(default)]
    cases: BTreeMap<String, BTreeMap<String, WrittenLine>>,
}

/// One wording as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLine {
    case: Fingerprint,
    scorers: Fingerprint,
    #[serde(default)]
    tier: Tier,
    passed: Vec<String>,
}

/// Reads a file of baselines.
pub(super) fn load(root: &Path, path: &Path) -> (Baselines, Diagnostics) {
    let file = match SourceFile::read_if_there(root, path) {
        Ok(Some(file)) => file,
        Ok(None) => return Default::default(),
        Err(findings) => return (Baselines::default(), findings),
    };
    match parse(&file.text) {
        Ok(baselines) => (baselines, Diagnostics::new()),
        Err((message, span)) => {
            let finding = Diagnostic::error(format!("this is no file of baselines: {message}"))
                .at(span.map_or_else(|| file.start(), |span| file.at(span)))
                .help("`regauge baseline set` writes it; take the last version that was committed");
            (Baselines::default(), finding.into())
        }
    }
}

type Fault = (String, Option<std::ops::Range<usize>>);

fn parse(text: &str) -> Result<Baselines, Fault> {
    let written: BTreeMap<String, Written> =
        toml::from_str(text).map_err(|error| (error.message().to_owned(), error.span()))?;
    let mut all = BTreeMap::new();
    for (name, written) in written {
        let read = baseline(written).map_err(|message| (format!("[{name}]: {message}"), None))?;
        all.insert(name, read);
    }
    Ok(Baselines(all))
}

fn baseline(written: Written) -> Result<Baseline, String> {
    let mut lines = BTreeMap::new();
    for (suite, cases) in &written.cases {
        for (name, line) in cases {
            let (case, phrasing) = match name.strip_suffix(']').and_then(|name| name.rsplit_once(" [")) {
                Some((case, phrasing)) => (case, phrasing),
                None => (name.as_str(), ""),
            };
            if line.passed.len() != written.columns.len() {
                return Err(format!("{suite}/{name} has not one tally per column"));
            }
            let tallies = line.passed.iter().map(|text| tally(text)).collect::<Option<Vec<_>>>();
            let tallies = tallies.ok_or_else(|| format!("{suite}/{name} has a tally that is none"))?;
            let key = (suite.clone(), case.to_owned(), phrasing.to_owned());
            let line = Line { case: line.case, scorers: line.scorers, tier: line.tier, tallies };
            lines.insert(key, line);
        }
    }
    let trials = lines.values().flat_map(|line| line.tallies.iter().flatten());
    let planned = trials.map(|tally| u64::from(tally.judged) + u64::from(tally.unjudged)).sum();
    let git = written.revision.map(|revision| GitState {
        revision,
        branch: written.branch.clone(),
        dirty: written.dirty,
    });
    let header = RunHeader {
        id: written.run,
        started: written.started,
        version: written.version,
        git,
        suites: written.cases.keys().cloned().collect(),
        variants: written.columns,
        models: Vec::new(),
        retrievals: Vec::new(),
        fingerprints: written.fingerprints,
        planned,
        seed: 0,
        selection: Selection::default(),
    };
    let info =
        RunInfo { header, status: RunStatus::Finished, stop_reason: None, tags: Vec::new(), ended: None };
    let origin = Origin { set: written.set, author: written.author, reason: written.reason };
    Ok(Baseline { info, origin, lines, resting: std::collections::BTreeSet::new() })
}

/// `3/4`, `3/4+1` with one trial without a verdict, `-` where the column did not run the case.
#[expect(clippy::option_option, reason = "what is no tally, and what says that there is none")]
fn tally(text: &str) -> Option<Option<Tally>> {
    if text == "-" {
        return Some(None);
    }
    let (counts, unjudged) = text.split_once('+').unwrap_or((text, "0"));
    let (passed, judged) = counts.split_once('/')?;
    let tally = Tally {
        passed: passed.parse().ok()?,
        judged: judged.parse().ok()?,
        unjudged: unjudged.parse().ok()?,
    };
    // A number of trials that no run has would be made up one by one.
    (tally.passed <= tally.judged && tally.judged <= 100_000 && tally.unjudged <= 100_000)
        .then_some(Some(tally))
}

/// See [`Baselines::to_text`].
pub(super) fn to_text(baselines: &Baselines) -> String {
    let mut text = HEAD.to_owned();
    for (name, baseline) in &baselines.0 {
        write_one(&mut text, name, baseline);
    }
    text
}

fn write_one(text: &mut String, name: &str, baseline: &Baseline) {
    let header = &baseline.info.header;
    let name = quoted(name);
    let git = header.git.as_ref();
    let _ = writeln!(text, "\n[{name}]");
    let mut put = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = {}", quoted(value));
        }
    };
    put("run", Some(&header.id));
    put("started", Some(&header.started.to_string()));
    put("version", Some(&header.version));
    put("set", Some(&baseline.origin.set.to_string()));
    put("author", baseline.origin.author.as_deref());
    put("reason", baseline.origin.reason.as_deref());
    put("revision", git.map(|git| git.revision.as_str()));
    put("branch", git.and_then(|git| git.branch.as_deref()));
    if git.is_some_and(|git| git.dirty) {
        text.push_str("dirty = true\n");
    }
    let columns = header
        .variants
        .iter()
        .map(|v| format!("    {{ prompt = {}, model = {} }},\n", quoted(&v.prompt), quoted(&v.model)));
    let _ = writeln!(text, "columns = [\n{}]", columns.collect::<String>());
    let Fingerprints { case, prompt, knowledge, scorers, model } = header.fingerprints;
    let _ = writeln!(
        text,
        "fingerprints = {{ case = \"{case}\", prompt = \"{prompt}\", knowledge = \"{knowledge}\", \
         scorers = \"{scorers}\", model = \"{model}\" }}"
    );
    let mut within: Option<&str> = None;
    for ((suite, case, phrasing), line) in &baseline.lines {
        if within != Some(suite) {
            let _ = writeln!(text, "\n[{name}.cases.{}]", quoted(suite));
            within = Some(suite);
        }
        let key = if phrasing.is_empty() && !case.ends_with(']') {
            case.clone()
        } else {
            format!("{case} [{phrasing}]")
        };
        let tallies: Vec<String> = line.tallies.iter().map(|tally| format!("\"{}\"", show(*tally))).collect();
        let tier = match line.tier {
            Tier::Standard => String::new(),
            other => format!(", tier = \"{}\"", other.name()),
        };
        let _ = writeln!(
            text,
            "{} = {{ passed = [{}], case = \"{}\", scorers = \"{}\"{tier} }}",
            quoted(&key),
            tallies.join(", "),
            line.case,
            line.scorers
        );
    }
}

fn show(tally: Option<Tally>) -> String {
    match tally {
        None => "-".to_owned(),
        Some(Tally { passed, judged, unjudged: 0 }) => format!("{passed}/{judged}"),
        Some(Tally { passed, judged, unjudged }) => format!("{passed}/{judged}+{unjudged}"),
    }
}

/// A text or key in TOML.
fn quoted(text: &str) -> String {
    // JSON's escapes are TOML's, but for the one control character that JSON leaves as it is.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::losses;
    use crate::outcome::{Outcome, Recorded as _, Run};
    use crate::store::samples::{header, trial};

    fn origin() -> Origin {
        let set = "2026-11-28".parse().unwrap();
        Origin { set, author: Some("Ana \"A\"\n[x]".into()), reason: None }
    }

    /// One trial per outcome, of cases named `a`, `b`, …; an outcome again is a repeat.
    fn run(cases: &[(&str, &[Outcome])]) -> Run {
        let mut trials = Vec::new();
        for (case, outcomes) in cases {
            for (index, outcome) in (1..).zip(*outcomes) {
                let mut trial = trial(case, *outcome);
                trial.key.index = index;
                trials.push(trial);
            }
        }
        trials.sort_by(|a, b| a.key.cmp(&b.key));
        let info = RunInfo {
            header: header("0195-run", 0),
            status: RunStatus::Finished,
            stop_reason: None,
            tags: vec![],
            ended: None,
        };
        Run::new(info, trials)
    }

    #[test]
    fn a_baseline_reads_like_the_run_that_it_was_made_of() {
        use Outcome::{Errored, Failed, Passed};
        let run = run(&[("a", &[Passed, Passed]), ("b", &[Failed, Passed, Errored]), ("c [x]", &[Failed])]);
        let kept = Baseline::of(&run, origin()).unwrap();
        let mut all = Baselines::default();
        all.insert("main", kept);
        let text = all.to_text();
        let read = parse(&text).unwrap();
        assert_eq!(read.to_text(), text);
        let read = read.get("main").unwrap();
        let found: Vec<_> = read.digests().unwrap().map(Result::unwrap).collect();
        let wanted: Vec<_> = run.digests().unwrap().map(Result::unwrap).collect();
        let print = |t: &crate::outcome::TrialDigest| (t.key.case.clone(), t.fingerprints.case, t.tier);
        assert_eq!(found.iter().map(print).collect::<Vec<_>>(), wanted.iter().map(print).collect::<Vec<_>>());
        let tally = |run: &dyn crate::outcome::Recorded| {
            let mut tally = run.tally().unwrap();
            tally.sort_by_key(|(v, o, _)| (v.clone(), *o));
            tally
        };
        assert_eq!(tally(read), tally(&run));
        assert_eq!(read.origin, origin());
        assert!(read.trial(&wanted[0].key).is_err(), "it keeps no answers");
    }

    #[test]
    fn what_no_longer_holds_is_a_loss_and_what_never_held_is_none() {
        use Outcome::{Errored, Failed, Passed};
        let of = |cases: &[(&str, &[Outcome])]| Baseline::of(&run(cases), origin()).unwrap();
        let old =
            of(&[("a", &[Passed]), ("b", &[Passed]), ("c", &[Passed]), ("d", &[Failed]), ("e", &[Passed])]);
        let new = of(&[("a", &[Passed]), ("b", &[Failed]), ("d", &[Failed]), ("e", &[Errored])]);
        let said: Vec<String> = losses(&old, &new).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "faq/b (support × gpt): 0 of 1 passed",
                "faq/c (support × gpt): not in the run",
                "faq/e (support × gpt): 0 of 0 passed, 1 without a verdict",
            ]
        );
        assert_eq!(losses(&old, &old), []);
        // What rests in the new run keeps what it held.
        let mut resting = run(&[("a", &[Passed]), ("b", &[Failed])]);
        resting.trials[1].case.tier = Tier::Quarantined;
        let mut new = Baseline::of(&resting, origin()).unwrap();
        new.carry_over(&old);
        let said: Vec<String> = losses(&old, &new).iter().map(|loss| loss.name.clone()).collect();
        assert_eq!(said, ["faq/c", "faq/e"]);
    }

    #[test]
    fn a_damaged_file_is_named_and_not_half_read() {
        let place = |text: &str| parse(text).unwrap_err();
        assert!(place("[main]\nrun = 1\n").1.is_some());
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("baselines.toml"), "[main]\nrun = \"x\"\nsett = 1\n").unwrap();
        let (read, findings) = load(dir.path(), Path::new("baselines.toml"));
        assert!(read == Baselines::default() && findings.has_errors());
        assert_eq!(tally("3/2"), None);
        assert_eq!(tally("1/2+3"), Some(Some(Tally { passed: 1, judged: 2, unjudged: 3 })));
    }
}
