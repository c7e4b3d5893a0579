//! An experiment in words and as data.

use serde_json::{Value, json};

use super::find;
use crate::cli::{CommandResult, ExitStatus, Session};
use crate::experiment::{Experiment, Experiments, Found, Standing, standings};
use crate::report::experiments::{day, finding_words, sentence};
use crate::report::terminal::{Paint, Span, Tone, labelled, paragraph, table};
use crate::report::{ExperimentView, inert_line};

/// Prints one experiment.
pub(super) fn one(session: &Session, all: &Experiments, name: &str, json: bool) -> CommandResult {
    let experiment = find(all, name)?;
    let printer = &session.printer;
    if json {
        printer.json(&data(all, name, experiment))?;
        return Ok(ExitStatus::Success);
    }
    let paint = Paint::new(printer.color_out(), printer.width());
    let Some(view) = ExperimentView::of(all, name) else { return Ok(ExitStatus::Success) };
    let title = [
        Span::new(Tone::Strong, inert_line(name)),
        inert_line(&format!(": {}", experiment.hypothesis)).into(),
    ];
    let mut text = paragraph(paint, 0, &title);
    for (what, words) in view.lines() {
        text.push_str(&labelled(paint, what, &[inert_line(&words).into()], 0));
    }
    printer.out(&text)?;
    Ok(ExitStatus::Success)
}

/// The results of one run in words.
pub(super) fn results(all: &Experiments, name: &str, run: &str) -> Vec<String> {
    let results = ExperimentView::of(all, name).into_iter().flat_map(|view| view.results);
    results.filter(|result| result.run == run).map(|result| result.sentence.to_string()).collect()
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
                format!("{}{post_hoc}", finding_words(standing.finding))
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
