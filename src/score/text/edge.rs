//! Texts at the start or the end of an answer: what `starts-with` and `ends-with` share.

use std::ops::Range;

use crate::score::words::{Folded, Folding, fold};
use crate::score::{Args, Check, Evidence, Finding, ScoreInput, ScorerError};

/// Keys of both scorers.
pub(super) const KEYS: &[&str] = &["value", "ignore_case"];

/// Most characters shown of an answer that differs.
const SHOWN: usize = 60;

/// Which end of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Start,
    End,
}

/// One of some texts at one side of the answer.
pub(super) struct Edge {
    side: Side,
    written: Vec<String>,
    folded: Vec<String>,
    folding: Folding,
}

impl Edge {
    pub(super) fn build(args: &Args<'_>, side: Side) -> Result<Self, Vec<ScorerError>> {
        let mut errors = Vec::new();
        if args.value("value").is_none() {
            errors.push(args.missing("value", "add a text or a list of texts, e.g. `value = \"Hello\"`"));
        }
        let written = args.strings("value", &mut errors).unwrap_or_default();
        let ignore_case = args.get::<bool>("ignore_case", &mut errors).unwrap_or(true);
        let folding = if ignore_case { Folding::Case } else { Folding::Typing };
        let folded: Vec<String> = written.iter().map(|text| fold(text.trim(), folding)).collect();
        if folded.iter().any(String::is_empty) {
            errors.push(args.error_at("value", "`value` holds a text without any visible character"));
        }
        if errors.is_empty() { Ok(Self { side, written, folded, folding }) } else { Err(errors) }
    }

    /// Where the text stands, in bytes of the answer that start at `start`.
    fn place(&self, trimmed: &str, start: usize, text: &str) -> Option<Range<usize>> {
        match self.side {
            Side::Start => trimmed.starts_with(text).then(|| start..start + text.len()),
            Side::End => {
                let end = start + trimmed.len();
                trimmed.ends_with(text).then(|| end - text.len()..end)
            }
        }
    }
}

impl Check for Edge {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = Folded::new(&input.completion.text, self.folding);
        let trimmed = answer.text.trim();
        let start = answer.text.len() - answer.text.trim_start().len();
        let verb = match self.side {
            Side::Start => "start",
            Side::End => "end",
        };
        let found = self.folded.iter().zip(&self.written);
        let longest = found
            .filter_map(|(text, written)| Some((self.place(trimmed, start, text)?, written)))
            .max_by_key(|(bytes, _)| bytes.len());
        if let Some((bytes, written)) = longest {
            let span = answer.chars(&bytes);
            let evidence =
                Evidence { span: Some(span.clone()), ..Evidence::new("matched", answer.quote(&span)) };
            return Finding::scored(1.0, true, format!("{verb}s with `{}`", written.trim()))
                .with(vec![evidence]);
        }
        let list: Vec<String> = self.written.iter().map(|text| format!("`{}`", text.trim())).collect();
        let whole = answer.chars(&(start..start + trimmed.len()));
        let span = match self.side {
            Side::Start => whole.start..whole.end.min(whole.start + SHOWN),
            Side::End => whole.start.max(whole.end.saturating_sub(SHOWN))..whole.end,
        };
        let mut evidence = Evidence::new("differs", answer.quote(&span));
        evidence.span = Some(span).filter(|span| !span.is_empty());
        Finding::scored(0.0, false, format!("does not {verb} with {}", list.join(" or ")))
            .with(vec![evidence])
    }
}
