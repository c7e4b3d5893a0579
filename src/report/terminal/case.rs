//! One case whole, for `regauge explain`.

use crate::case::{Speaker, Tier};
use crate::outcome::{Outcome, RetrievalFacts, TrialResult};
use crate::report::dialogue::turn_views;
use crate::report::inert::{inert, inert_line};
use crate::report::numbers::{count, duration, usd};
use crate::report::terminal::dialogue;
use crate::report::terminal::failing::{evidence, marked};
use crate::report::terminal::layout::{INDENT, heading, labelled, paragraph, table};
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::{CaseReport, HistoryRow};
use crate::score::{Evidence, Score, ScoreState, against};

/// The case, its trials one after the other, and its history.
pub fn render_case(paint: Paint, report: &CaseReport) -> String {
    let mut text = String::new();
    for (i, trial) in report.trials.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        text.push_str(&whole_trial(paint, trial, report.retrieval_of(trial)));
    }
    if !report.history.is_empty() {
        text.push_str(&heading(paint, "History"));
        let rows: Vec<Vec<Span>> = report.history.iter().map(history).collect();
        let header = ["run", "when", "variant", "outcome", "score", "answer"];
        text.push_str(&table(paint, &header, &rows, false));
    }
    text
}

fn whole_trial(paint: Paint, trial: &TrialResult, way: Option<&RetrievalFacts>) -> String {
    let key = &trial.key;
    let mut title = vec![
        Span::new(Tone::Strong, &*key.case),
        Span::new(Tone::Dim, format!("  {} · {} · trial {}  ", key.suite, key.variant(), key.index)),
        Span::new(outcome_tone(trial.outcome), trial.outcome.name()),
    ];
    if !key.phrasing.is_empty() {
        title.push(Span::new(Tone::Dim, format!("  wording {}", key.phrasing)));
    }
    if let Some(why) = trial.follow_up {
        title.push(Span::new(Tone::Warn, format!("  asked again ({}), in no rate", why.name())));
    }
    if trial.case.tier == Tier::Simulated {
        title.push(Span::new(Tone::Warn, "  simulated customer, gates nothing"));
    }
    for drift in &trial.case.suspect {
        let words = format!("  suspect: {} since its golden was accepted", inert_line(drift));
        title.push(Span::new(Tone::Warn, words));
    }
    let mut text = paragraph(paint, 0, &title);
    text.push_str(&question(paint, trial));
    text.push_str(&section(paint, "Sent"));
    for message in &trial.messages {
        text.push_str(&labelled(paint, message.role.name(), &[inert(&message.content).into()], 0));
    }
    let by = way.map(|way| format!(" by {}", inert_line(&way.words())));
    text.push_str(&section(paint, &format!("Passages given{}", by.unwrap_or_default())));
    if trial.passages.is_empty() {
        text.push_str(&paragraph(paint, INDENT + 2, &[Span::new(Tone::Dim, "none")]));
    }
    for passage in &trial.passages {
        let rank = passage.rank.map(|rank| format!("{rank}. ")).unwrap_or_default();
        let (id, heading) = (inert_line(&passage.id), inert_line(&passage.heading));
        let head = format!("{rank}{id} ({heading}) {}", passage.hash.hex(8));
        text.push_str(&paragraph(paint, INDENT + 2, &[Span::new(Tone::Strong, head)]));
        text.push_str(&labelled(paint, "", &[inert(&passage.text).into()], 0));
    }
    if !trial.turns.is_empty() {
        let failed = trial.failing_turn().map(|turn| format!(": turn {turn} is the first that failed"));
        text.push_str(&section(paint, &format!("Conversation{}", failed.unwrap_or_default())));
        text.push_str(&dialogue::turns(paint, &turn_views(trial), None, 0));
    }
    text.push_str(&section(paint, "Came back"));
    text.push_str(&answer(paint, trial));
    if !trial.scores.is_empty() {
        text.push_str(&section(paint, "Scores"));
    }
    text + &trial.scores.iter().map(|s| score(paint, s)).collect::<String>()
}

fn section(paint: Paint, title: &str) -> String {
    format!("\n{}{}\n", " ".repeat(INDENT), paint.tone(Tone::Strong, title))
}

fn question(paint: Paint, trial: &TrialResult) -> String {
    let case = &trial.case;
    let mut text = String::new();
    for turn in &case.history {
        let who = match turn.role {
            Speaker::Customer => "customer",
            Speaker::Agent => "agent",
        };
        text.push_str(&labelled(paint, who, &[Span::new(Tone::Dim, inert(&turn.text))], 0));
    }
    text.push_str(&labelled(paint, "question", &[inert(&case.input).into()], 0));
    for golden in &case.goldens {
        text.push_str(&labelled(paint, "accepted", &[inert(golden).into()], 0));
    }
    let expect: Vec<&str> = case.expect.iter().map(|a| a.name()).collect();
    for (label, words) in
        [("expected", expect.join(" or ")), ("sources", inert_line(&case.sources.join(", ")))]
    {
        if !words.is_empty() {
            text.push_str(&labelled(paint, label, &[words.into()], 0));
        }
    }
    text
}

fn answer(paint: Paint, trial: &TrialResult) -> String {
    let mut text = String::new();
    for attempt in &trial.attempts {
        if let Some(error) = &attempt.error {
            let words = format!("{}: {}", error.kind.name(), inert_line(&error.message));
            text.push_str(&labelled(paint, "attempt", &[Span::new(Tone::Warn, words)], 0));
        }
    }
    if let Some(error) = &trial.error {
        let words = format!("{}: {}", error.kind.name(), inert_line(&error.message));
        text.push_str(&labelled(paint, "error", &[Span::new(Tone::Bad, words)], 0));
    }
    let Some(completion) = &trial.completion else { return text };
    // The scores of earlier turns point into the answers of these.
    let failed = trial.scores_of(0).iter().filter(|s| s.pass() == Some(false));
    let against: Vec<&Evidence> = failed.flat_map(|s| against(&s.evidence)).collect();
    let spans = if completion.text.is_empty() {
        vec![Span::new(Tone::Warn, "(empty)")]
    } else {
        marked(&completion.text, &against)
    };
    text.push_str(&labelled(paint, "answer", &spans, 0));
    for call in &completion.tool_calls {
        let words = format!("{} {}", inert_line(&call.name), inert_line(&call.arguments.to_string()));
        text.push_str(&labelled(paint, "tool call", &[words.into()], 0));
    }
    let tokens = |n: Option<u64>| n.map_or_else(|| "unknown".to_owned(), count);
    let facts = format!(
        "stopped: {} · action: {} · {} · tokens {} in, {} out · cost {}",
        inert_line(completion.stop.name()),
        trial.action.map_or("none", |a| a.name()),
        duration(completion.latency_ms),
        tokens(completion.usage.input),
        tokens(completion.usage.output),
        trial.cost.map_or_else(|| "unknown".to_owned(), usd),
    );
    text + &labelled(paint, "facts", &[Span::new(Tone::Dim, facts)], 0)
}

fn score(paint: Paint, score: &Score) -> String {
    let (tone, state) = match score.state {
        ScoreState::Scored { value, pass: true } => (Tone::Good, format!("passed {value:.2}")),
        ScoreState::Scored { value, pass: false } => (Tone::Bad, format!("failed {value:.2}")),
        ScoreState::NotApplicable => (Tone::Dim, "not applicable".to_owned()),
        ScoreState::Unparsed => (Tone::Bad, "unreadable".to_owned()),
        ScoreState::JudgeError => (Tone::Warn, "judge failed".to_owned()),
    };
    let mut head = vec![
        Span::new(Tone::Strong, inert_line(&score.name)),
        "  ".into(),
        Span::new(tone, state),
        format!("  {}", inert_line(&score.reason)).into(),
    ];
    if !score.required {
        head.push(Span::new(Tone::Dim, "  (reported only)"));
    }
    let mut text = paragraph(paint, INDENT + 2, &head);
    for piece in &score.evidence {
        text.push_str(&paragraph(paint, INDENT + 4, &evidence(piece)));
    }
    text
}

fn outcome_tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Passed => Tone::Good,
        Outcome::Failed | Outcome::Refused => Tone::Bad,
        Outcome::Errored => Tone::Warn,
        Outcome::Skipped => Tone::Dim,
    }
}

fn history(row: &HistoryRow) -> Vec<Span> {
    let answer = match row.same_answer {
        Some(true) => "same",
        Some(false) => "another",
        None => "–",
    };
    vec![
        Span::from(row.run.as_str()),
        row.finished.strftime("%Y-%m-%d %H:%M").to_string().into(),
        row.variant.as_str().into(),
        Span::new(outcome_tone(row.outcome), row.outcome.name()),
        row.score.map_or_else(|| "–".to_owned(), |s| format!("{s:.2}")).into(),
        answer.into(),
    ]
}
