//! Runs as lines of a table, and one run whole.

use crate::cli::{Printer, Session};
use crate::outcome::LimitChange;
use crate::report::terminal::{Paint, Span, Tone, render_facts, table};
use crate::report::{RunFacts, inert_line, plural, usd};
use crate::store::{Layer, RunRow};

/// Steps in the history of limits that are shown.
const SHOWN_LIMITS: usize = 20;

/// The runs, one per line.
pub(super) fn table_of(printer: &Printer, rows: &[RunRow]) -> String {
    render(Paint::new(printer.color_out(), printer.width()), rows)
}

fn render(paint: Paint, rows: &[RunRow]) -> String {
    let rows: Vec<Vec<Span>> = rows.iter().map(line).collect();
    table(paint, &["run", "started", "state", "passed", "cost", "suites", "tags"], &rows, false)
}

fn line(row: &RunRow) -> Vec<Span> {
    let judged = row.passed + row.failed + row.refused;
    let done = judged + row.errored + row.skipped;
    let missing = row.planned.saturating_sub(done);
    let mut state = vec![row.status.name().to_owned()];
    state.extend((row.errored > 0).then(|| format!("{} errored", row.errored)));
    state.extend((missing > 0).then(|| format!("{missing} missing")));
    let tone = if state.len() > 1 { Tone::Warn } else { Tone::Plain };
    state.extend(row.what_if.as_ref().map(|what_if| inert_line(&what_if.to_string())));
    vec![
        Span::new(Tone::Strong, &*row.id),
        row.started.strftime("%Y-%m-%d %H:%M").to_string().into(),
        Span::new(tone, state.join(", ")),
        format!("{} of {judged}", row.passed).into(),
        row.cost.map_or_else(|| "unknown".to_owned(), usd).into(),
        inert_line(&row.suites.join(", ")).into(),
        Span::new(Tone::Good, inert_line(&row.tags.join(", "))),
    ]
}

/// Prints one run without its trials.
pub(super) fn run(session: &Session, name: &str, json: bool) -> anyhow::Result<()> {
    let store = session.store()?;
    let id = store.resolve(name)?;
    let facts = RunFacts::of(&store.stored(&id)?)?;
    let limits = store.limit_history(&id)?;
    let layers = store.layers(&id)?;
    if json {
        let mut whole = serde_json::to_value(&facts)?;
        if let Some(whole) = whole.as_object_mut() {
            whole.insert("limits".to_owned(), serde_json::to_value(&limits)?);
            if !layers.is_empty() {
                whole.insert("layers".to_owned(), serde_json::to_value(&layers)?);
            }
        }
        session.printer.json(&whole)?;
        return Ok(());
    }
    let paint = Paint::new(session.printer.color_out(), session.printer.width());
    session.printer.out(&format!(
        "{}{}{}",
        whole(paint, &facts),
        scored_again(&layers),
        history(paint, &limits)
    ))?;
    Ok(())
}

/// The layers after the first.
fn scored_again(layers: &[Layer]) -> String {
    let line = |layer: &Layer| {
        let when = layer.scored.strftime("%Y-%m-%d %H:%M");
        format!(
            "  layer {}: {} scored again {when} by regauge {}\n",
            layer.layer,
            plural(layer.trials, "trial"),
            layer.program
        )
    };
    layers.iter().map(line).collect()
}

/// The newest steps in the history of a run's limits.
fn history(paint: Paint, limits: &[LimitChange]) -> String {
    if limits.is_empty() {
        return String::new();
    }
    let left_out = limits.len().saturating_sub(SHOWN_LIMITS);
    let line = |change: &LimitChange| -> Vec<Span> {
        vec![
            change.at.strftime("%H:%M:%S").to_string().into(),
            inert_line(&change.endpoint).into(),
            change.concurrency.to_string().into(),
            if change.pause_ms == 0 { String::new() } else { format!("{} ms", change.pause_ms) }.into(),
            change.reason.name().into(),
        ]
    };
    let rows: Vec<Vec<Span>> = limits[left_out..].iter().map(line).collect();
    let header = ["time", "endpoint", "at once", "pause", "why"];
    let first = match left_out {
        0 => String::new(),
        n => format!("  {n} earlier steps of the limits are in --json\n"),
    };
    format!("\n{first}{}", table(paint, &header, &rows, false))
}

fn whole(paint: Paint, facts: &RunFacts) -> String {
    let prints = &facts.fingerprints;
    let parts = [
        ("case", prints.case),
        ("prompt", prints.prompt),
        ("knowledge", prints.knowledge),
        ("scorers", prints.scorers),
        ("model", prints.model),
    ];
    let rows: Vec<Vec<Span>> =
        parts.iter().map(|(name, hash)| vec![(*name).into(), hash.to_string().into()]).collect();
    let made_by = format!("made by regauge {}", facts.version);
    format!(
        "{}{}\n{}",
        render_facts(paint, facts),
        crate::report::terminal::paragraph(paint, 2, &[Span::new(Tone::Dim, made_by)]),
        table(paint, &["part", "fingerprint"], &rows, false)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::RunStatus;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn unknown_cost_and_missing_trials_are_said() {
        let row = RunRow {
            id: "0192f0c1-7d1e-7c3a-9b60-2f4de1a0b111".into(),
            started: "2026-10-02T09:12:00Z".parse().unwrap(),
            status: RunStatus::Stopped,
            suites: vec!["top-ten".into()],
            tags: vec!["base".into()],
            what_if: None,
            rung: None,
            revision: None,
            dirty: false,
            planned: 10,
            passed: 3,
            failed: 1,
            errored: 2,
            refused: 0,
            skipped: 0,
            cost: None,
        };
        let text = render(Paint::new(false, 140), &[row]);
        assert!(
            text.contains("3 of 4")
                && text.contains("stopped, 2 errored, 4 missing")
                && text.contains("unknown"),
            "{text}"
        );
    }

    #[test]
    fn the_newest_steps_of_limits_are_shown() {
        let change = |n: u32| LimitChange {
            at: "2026-10-02T09:12:00Z".parse().unwrap(),
            endpoint: "https://x\u{1b}[31m".into(),
            concurrency: n,
            pause_ms: 250,
            reason: crate::outcome::LimitReason::RateLimited,
        };
        let paint = Paint::new(false, 100);
        assert_eq!(history(paint, &[]), "");
        let text = history(paint, &(0..25).map(change).collect::<Vec<_>>());
        assert!(text.contains("5 earlier steps") && text.contains("rate-limited"), "{text}");
        assert!(text.contains("250 ms") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_run_whole_names_its_fingerprints() {
        let run = RunBuilder::new("r").trial(trial("a", "bare").passed()).build();
        let facts = RunFacts::of(&run).unwrap();
        let text = whole(Paint::new(false, 100), &facts);
        assert!(text.contains("run r  finished") && text.contains("knowledge  b3:"), "{text}");
    }
}
