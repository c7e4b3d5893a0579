//! An experiment in words and as data.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::find;
use crate::cli::{CommandResult, ExitStatus, Session};
use crate::diff::{Finding, independent};
use crate::experiment::{Experiment, Experiments, Found, Standing, standings};
use crate::report::terminal::{Paint, Span, Tone, labelled, paragraph, table};
use crate::report::{inert_line, p_value, plural, points};

/// Prints one experiment.
pub(super) fn one(session: &Session, all: &Experiments, name: &str, json: bool) -> CommandResult {
    let experiment = find(all, name)?;
    let printer = &session.printer;
    if json {
        printer.json(&data(all, name, experiment))?;
        return Ok(ExitStatus::Success);
    }
    let paint = Paint::new(printer.color_out(), printer.width());
    let title = [
        Span::new(Tone::Strong, inert_line(name)),
        inert_line(&format!(": {}", experiment.hypothesis)).into(),
    ];
    let mut text = paragraph(paint, 0, &title);
    let mut line = |what: &str, words: String| {
        text.push_str(&labelled(paint, what, &[inert_line(&words).into()], 0));
    };
    let plan = &experiment.plan;
    line("stated", format!("{}{}", day(experiment.stated), by(experiment.author.as_deref())));
    let from = plan.baseline.as_ref().map_or_else(String::new, |name| format!(", from `{name}`"));
    line("base", format!("{}{from}", plan.base));
    line("tried", plan.candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    let resolves = plan.resolves.map_or_else(
        || "too few cases to show any change".to_owned(),
        |change| format!("shows a change of {:.1} points or more", change * 100.0),
    );
    line(
        "plan",
        format!(
            "{} on {}: {} × {}, which {resolves} ({}); margin {:.1} points, p at most {}",
            plan.metric,
            plan.suites.join(", "),
            plural(plan.cases, "case"),
            plan.repeats,
            plan.basis,
            plan.margin * 100.0,
            plan.alpha
        ),
    );
    for (found, standing) in experiment.results.iter().zip(standings(all, name)) {
        line("result", sentence(experiment, found, standing));
    }
    for decision in &experiment.decisions {
        let who = by(decision.by.as_deref());
        line("decided", format!("{} on {}{who}: {}", decision.what.name(), decision.on, decision.why));
    }
    if experiment.results.is_empty() {
        line("result", format!("none yet; regauge run --experiment {name}"));
    }
    printer.out(&text)?;
    Ok(ExitStatus::Success)
}

/// The results of one run in words.
pub(super) fn results(all: &Experiments, name: &str, run: &str) -> Vec<String> {
    let Some(experiment) = all.get(name) else { return Vec::new() };
    let with = experiment.results.iter().zip(standings(all, name));
    with.filter(|(found, _)| found.run == run)
        .map(|(found, standing)| sentence(experiment, found, standing))
        .collect()
}

/// Prints all experiments.
pub(super) fn list(session: &Session, all: &Experiments, json: bool) -> CommandResult {
    let printer = &session.printer;
    if json {
        printer.json(&all.iter().map(|(name, one)| data(all, name, one)).collect::<Vec<_>>())?;
        return Ok(ExitStatus::Success);
    }
    if all.iter().next().is_none() {
        printer.talk("there are no experiments yet; `regauge experiment start` states one");
        return Ok(ExitStatus::Success);
    }
    let rows = all.iter().map(|(name, experiment)| {
        let last = experiment.results.last().zip(standings(all, name).pop());
        let result = last.map_or_else(
            || "none yet".to_owned(),
            |(found, standing)| {
                let post_hoc = if found.after_the_fact(experiment).is_empty() { "" } else { ", post hoc" };
                format!("{}{post_hoc}", words(standing.finding))
            },
        );
        let decided = experiment.decisions.last().map_or("", |decision| decision.what.name());
        [
            inert_line(name),
            day(experiment.stated),
            experiment.plan.base.to_string(),
            experiment.plan.candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            last.map_or_else(String::new, |(_, standing)| standing.tries.to_string()),
            result,
            decided.to_owned(),
        ]
        .map(|text| Span::from(inert_line(&text)))
        .to_vec()
    });
    let rows: Vec<Vec<Span>> = rows.collect();
    let paint = Paint::new(printer.color_out(), printer.width());
    let head = ["name", "stated", "base", "candidates", "tries", "result", "decided"];
    printer.out(&table(paint, &head, &rows, false))?;
    Ok(ExitStatus::Success)
}

/// `short × gpt against base × gpt: pass rate +12.0 points over 40 cases (95 % interval …; p 0.004, 0.012 with 3 tries): …`
fn sentence(experiment: &Experiment, found: &Found, standing: Standing) -> String {
    let plan = &experiment.plan;
    let mut text = format!("{} against {}: ", found.candidate, plan.base);
    let Some((difference, interval)) = found.difference.zip(found.interval) else {
        return text + "no case has a value on both sides";
    };
    let _ = write!(
        text,
        "{} {:+.1} points over {} (95 % interval {}",
        plan.metric,
        difference * 100.0,
        plural(found.n, "case"),
        points(interval)
    );
    if let Some(p) = found.p_value {
        let _ = write!(text, "; p {}", p_value(p));
    }
    let tries = tries(standing, found);
    if standing.tries > 1 {
        let _ = write!(text, ", {} for {tries} against this base", p_value(standing.adjusted_p));
    } else {
        let _ = write!(text, "; {tries} against this base");
    }
    if let Some(few) = found.too_few_clusters {
        let _ = write!(text, "; {}", independent(few));
    }
    let _ = write!(text, "): {}", words(standing.finding));
    match (standing.finding, found.cases_needed) {
        (Finding::NoWorse, _) => {
            let _ = write!(text, " within {:.1} points", plan.margin * 100.0);
        }
        (Finding::CannotTell, Some(n)) => {
            let _ = write!(text, "; about {} would tell", plural(n, "case"));
        }
        _ => {}
    }
    if standing.finding != found.finding {
        let then = counted(found.tries);
        let _ = write!(text, " (when it was recorded, with {then}: {})", words(found.finding));
    }
    let post_hoc = found.after_the_fact(experiment);
    if !post_hoc.is_empty() {
        let _ = write!(text, "; post hoc, a lead and no proof: {}", post_hoc.join("; "));
    }
    let _ = write!(text, " [run {}, {}]", found.run, day(found.recorded));
    text
}

fn tries(standing: Standing, found: &Found) -> String {
    match found.unrecorded {
        0 => counted(standing.tries),
        n => format!("{} ({n} of them in the store and in no experiment)", counted(standing.tries)),
    }
}

fn counted(tries: u64) -> String {
    if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") }
}

fn words(finding: Finding) -> &'static str {
    match finding {
        Finding::Better => "better, a real difference",
        Finding::Worse => "worse, a real difference",
        Finding::NoWorse => "no worse",
        Finding::CannotTell => "cannot tell",
        Finding::Identical => "the same answers",
        Finding::NothingToCompare => "nothing to compare",
        Finding::NotComparable => "not comparable",
    }
}

fn day(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn by(who: Option<&str>) -> String {
    who.map_or_else(String::new, |who| format!(" by {who}"))
}

/// As written in the file, with how every result stands now.
fn data(all: &Experiments, name: &str, experiment: &Experiment) -> Value {
    let standing = |(found, standing): (&Found, Standing)| {
        json!({
            "tries": standing.tries, "adjusted_p": standing.adjusted_p, "finding": standing.finding,
            "post_hoc": found.after_the_fact(experiment), "sentence": sentence(experiment, found, standing),
        })
    };
    let standing: Vec<Value> = experiment.results.iter().zip(standings(all, name)).map(standing).collect();
    json!({
        "name": name, "hypothesis": experiment.hypothesis, "stated": experiment.stated,
        "author": experiment.author, "plan": experiment.plan, "results": experiment.results,
        "standing": standing, "decisions": experiment.decisions,
    })
}
