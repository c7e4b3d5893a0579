//! For who writes prompts: what was edited since the earlier run, and which cases that broke or fixed.

use super::edits::PromptEdit;
use super::{Material, Needs, RoleKind, page_of};
use crate::diff::ChangeKind;
use crate::report::numbers::{count, plural};
use crate::report::page::{Cell, Page, name, text, toned};
use crate::report::since::{Piece, PieceKind, kind_name, moved_names};
use crate::report::terminal::Tone;
use crate::report::{ChangeView, Depth, ReportOptions, SinceColumn};

/// Row of the table of roles.
pub const KIND: RoleKind = RoleKind {
    name: "prompt",
    summary: "what was edited in prompts since the earlier run, and what it broke and fixed",
    needs: Needs::Edits,
    depth: |options| Depth::first(options.limit),
    page,
};

/// Characters of unchanged words shown on each side of a change.
const AROUND: usize = 60;

fn page(material: &Material<'_>, options: &ReportOptions) -> Page {
    let report = material.report;
    let Some(since) = &report.since else {
        let mut page = page_of("Prompts", &report.run);
        page.say("There is no earlier run to compare with; `--previous RUN` names one.");
        return page;
    };
    let mut page = page_of("Prompts", &report.run);
    page.note(format!("since run {}", since.base));
    let moved = moved_names(since.moved);
    page.say(if moved.is_empty() {
        "nothing moved: neither cases, prompts, knowledge, scorers nor models".to_owned()
    } else {
        format!("moved: {}", moved.join(", "))
    });
    if since.moved.prompt && moved.len() > 1 {
        page.note("what broke or was fixed may come of any of these");
    }
    for column in &since.columns {
        page.part(column.variant.to_string());
        edit(&mut page, material.edits.iter().find(|edit| edit.variant == column.variant));
        cases(&mut page, column, options.most());
    }
    for (variants, word) in [(&since.added, "new"), (&since.removed, "gone")] {
        for variant in variants {
            page.note(format!("{word}: {variant}"));
        }
    }
    page
}

fn edit(page: &mut Page, edit: Option<&PromptEdit>) {
    let Some(edit) = edit else {
        page.say("its messages are the same in every case that both runs have");
        return;
    };
    let lines = edit.messages.iter().map(|(role, words)| {
        let label = match role.as_str() {
            "system" => "system",
            "assistant" => "assistant",
            "tool" => "tool",
            _ => "user",
        };
        (label, shortened(words))
    });
    page.entry(vec![text("edited, as rendered for"), name(&*edit.case)], lines.collect());
    if edit.other_passages {
        page.note("the case was given other passages as well, which show among the differences");
    }
}

/// The changes with the words around them.
fn shortened(words: &[Piece]) -> Vec<Cell> {
    let last = words.len().saturating_sub(1);
    let cells = words.iter().enumerate().map(|(place, piece)| match piece.is {
        PieceKind::Removed => toned(Tone::Removed, &*piece.text),
        PieceKind::Added => toned(Tone::Added, &*piece.text),
        PieceKind::Equal => text(around(&piece.text, place > 0, place < last)),
    });
    cells.collect()
}

/// The begin of a text where a change stands before it, and its end where one follows.
fn around(text: &str, begin: bool, end: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let kept = AROUND * (usize::from(begin) + usize::from(end));
    if chars.len() <= kept {
        return text.to_owned();
    }
    let head: String = chars.iter().take(if begin { AROUND } else { 0 }).collect();
    let tail: String = chars.iter().skip(chars.len() - if end { AROUND } else { 0 }).collect();
    format!("{head} … {tail}")
}

fn cases(page: &mut Page, column: &SinceColumn, most: usize) {
    page.say(&*column.versus.sentence);
    if let Some(weighted) = &column.versus.weighted {
        page.say(&*weighted.sentence);
    }
    let counts = [ChangeKind::Regressed, ChangeKind::Improved]
        .map(|kind| column.counts.get(&kind).copied().unwrap_or(0));
    page.say(format!(
        "broke {}, fixed {}; {} of them proven by repeats",
        count(counts[0]),
        count(counts[1]),
        count(column.proven)
    ));
    for (kind, all) in [ChangeKind::Regressed, ChangeKind::Improved].into_iter().zip(counts) {
        let views: Vec<&ChangeView> =
            column.changes.iter().filter(|view| view.kind == kind).take(most).collect();
        for view in &views {
            page.entry(head(view), lines(view));
        }
        page.more(all, views.len());
    }
    if column.reworded > 0 {
        page.note(format!(
            "besides, {} kept the verdict and changed the words",
            plural(column.reworded, "case")
        ));
    }
}

fn head(view: &ChangeView) -> Vec<Cell> {
    let tone = if view.kind == ChangeKind::Regressed { Tone::Bad } else { Tone::Good };
    let wording = if view.phrasing.is_empty() { String::new() } else { format!(" ({})", view.phrasing) };
    vec![
        toned(tone, kind_name(view.kind)),
        name(format!("{}/{}{wording}", view.suite, view.case)),
        text(&*view.evidence),
    ]
}

fn lines(view: &ChangeView) -> Vec<(&'static str, Vec<Cell>)> {
    let mut lines = vec![("question", vec![text(&*view.question)])];
    for (label, side) in [("was", &view.base), ("now", &view.cand)] {
        let Some(side) = side else { continue };
        if let Some(answer) = &side.answer {
            lines.push((label, vec![text(&**answer)]));
        }
        lines.extend(side.failing.iter().map(|why| ("why", vec![text(&**why)])));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unchanged_words_are_kept_next_to_changes_only() {
        let long = "x".repeat(100);
        let dots = |n: usize| "x".repeat(n);
        assert_eq!(around("short", true, true), "short");
        assert_eq!(around(&long, true, false), format!("{} … ", dots(60)));
        assert_eq!(around(&long, false, true), format!(" … {}", dots(60)));
        assert_eq!(around(&long, true, true), long);
    }
}
