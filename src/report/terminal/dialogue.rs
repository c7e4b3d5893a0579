//! A scripted conversation, line by line.

use crate::outcome::Outcome;
use crate::report::inert::{inert, inert_line};
use crate::report::terminal::layout::labelled;
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::{ToolView, TurnView};

/// The turns; `answer` is what is shown instead of the answer of the turn with this number.
pub(super) fn turns(
    paint: Paint,
    turns: &[TurnView],
    answer: Option<(usize, Vec<Span>)>,
    lines: usize,
) -> String {
    let (number, mut answer) = answer.map_or((0, None), |(number, spans)| (number, Some(spans)));
    let mut text = String::new();
    for turn in turns {
        let mut customer = vec![Span::new(Tone::Dim, format!("{}. ", turn.number))];
        customer.push(inert(&turn.customer).into());
        text.push_str(&labelled(paint, "customer", &customer, lines));
        for tool in &turn.tools {
            text.push_str(&labelled(paint, "tool", &called(tool), lines));
        }
        let mut agent = match answer.take_if(|_| turn.number == number) {
            Some(spans) => spans,
            None => said(turn),
        };
        if turn.outcome.verdict() == Some(false) {
            agent.insert(0, Span::new(Tone::Bad, format!("turn {} failed: ", turn.number)));
        }
        text.push_str(&labelled(paint, "agent", &agent, lines));
    }
    text
}

fn said(turn: &TurnView) -> Vec<Span> {
    match &turn.agent {
        Some(text) if text.trim().is_empty() => vec![Span::new(Tone::Warn, "(empty)")],
        Some(text) => vec![inert(text).into()],
        None if turn.outcome == Outcome::Errored => vec![Span::new(Tone::Warn, "(no answer: see the error)")],
        None => vec![Span::new(Tone::Warn, "(no answer)")],
    }
}

fn called(tool: &ToolView) -> Vec<Span> {
    let call = format!("{} {}", inert_line(&tool.name), inert_line(&tool.arguments));
    let tone = if tool.source == "unexpected" { Tone::Warn } else { Tone::Dim };
    let result = match tool.source.as_str() {
        "script" => format!(" → {}", inert_line(&tool.result)),
        "unexpected" => " → not in the script".to_owned(),
        _ => " → nothing, the turn ended".to_owned(),
    };
    vec![call.into(), Span::new(tone, result)]
}
