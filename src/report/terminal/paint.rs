//! Colours, and the stand-ins that say the same without them.

use anstyle::{AnsiColor, Style};

/// What a piece of text is, in the reader's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// A heading or the name of something.
    Strong,
    /// Less important.
    Dim,
    /// Good news.
    Good,
    /// Bad news.
    Bad,
    /// Worth a look.
    Warn,
    /// Evidence inside an answer; without colour between `⟪` and `⟫`.
    Mark,
    /// Words that are gone; without colour between `[-` and `-]`.
    Removed,
    /// Words that are new; without colour between `{+` and `+}`.
    Added,
}

impl Tone {
    fn style(self) -> Style {
        let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Tone::Plain => Style::new(),
            Tone::Strong => Style::new().bold(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Good => color(AnsiColor::Green),
            Tone::Bad => color(AnsiColor::Red),
            Tone::Warn => color(AnsiColor::Yellow),
            Tone::Mark => color(AnsiColor::Red).bold().underline(),
            Tone::Removed => color(AnsiColor::Red).strikethrough(),
            Tone::Added => color(AnsiColor::Green).underline(),
        }
    }

    fn brackets(self) -> (&'static str, &'static str) {
        match self {
            Tone::Mark => ("⟪", "⟫"),
            Tone::Removed => ("[-", "-]"),
            Tone::Added => ("{+", "+}"),
            Tone::Plain | Tone::Strong | Tone::Dim | Tone::Good | Tone::Bad | Tone::Warn => ("", ""),
        }
    }
}

/// A piece of text with its tone. The text is already inert.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// What it is.
    pub tone: Tone,
    /// Its text.
    pub text: String,
}

impl Span {
    /// A text in a tone.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }
}

impl From<&str> for Span {
    fn from(text: &str) -> Self {
        Self::new(Tone::Plain, text)
    }
}

impl From<String> for Span {
    fn from(text: String) -> Self {
        Self::new(Tone::Plain, text)
    }
}

/// The reader's terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    /// Whether colours may be used.
    pub color: bool,
    /// Its columns.
    pub width: usize,
}

/// Narrowest layout; below it lines are longer than the terminal.
const NARROWEST: usize = 40;
/// Widest layout: longer lines are hard to read.
const WIDEST: usize = 140;

impl Paint {
    /// A terminal of `width` columns, kept between the narrowest and widest layout.
    pub fn new(color: bool, width: usize) -> Self {
        Self { color, width: width.clamp(NARROWEST, WIDEST) }
    }

    /// The text in a tone.
    pub fn tone(self, tone: Tone, text: &str) -> String {
        if !self.color || tone == Tone::Plain || text.is_empty() {
            return text.to_owned();
        }
        let style = tone.style();
        format!("{style}{text}{style:#}")
    }

    /// Spans one after the other.
    pub fn spans(self, spans: &[Span]) -> String {
        spans.iter().map(|s| self.tone(s.tone, &s.text)).collect()
    }

    /// The span with its brackets, when there are no colours to tell it by. White space at its ends stays outside.
    pub fn bracketed(self, span: Span) -> Span {
        let (open, close) = span.tone.brackets();
        let body = span.text.trim();
        if self.color || open.is_empty() || body.is_empty() {
            return span;
        }
        let from = span.text.len() - span.text.trim_start().len();
        let (before, after) = (&span.text[..from], &span.text[from + body.len()..]);
        Span::new(span.tone, format!("{before}{open}{body}{close}{after}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_no_escape() {
        let paint = Paint::new(false, 80);
        assert_eq!(paint.tone(Tone::Bad, "x"), "x");
        assert_eq!(paint.bracketed(Span::new(Tone::Removed, "old words ")).text, "[-old words-] ");
        assert_eq!(paint.bracketed(Span::new(Tone::Added, " ")).text, " ");
    }

    #[test]
    fn with_colour_there_are_no_brackets() {
        let paint = Paint::new(true, 80);
        assert_eq!(paint.tone(Tone::Bad, "x"), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(paint.bracketed(Span::new(Tone::Mark, "60")).text, "60");
    }
}
