//! Wrapping, labelled blocks and tables for a terminal of a known width.

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width, presets,
};
use console::measure_text_width;

use crate::report::terminal::paint::{Paint, Span, Tone};

/// Spaces before everything inside a section.
pub const INDENT: usize = 2;

/// Breaks spans into lines of at most `width` columns, at spaces where possible; line breaks of the text stay.
pub fn wrap(spans: &[Span], width: usize) -> Vec<Vec<Span>> {
    let width = width.max(8);
    let chars: Vec<(char, Tone)> =
        spans.iter().flat_map(|s| s.text.chars().map(move |c| (c, s.tone))).collect();
    let mut lines = vec![Vec::new()];
    for (i, paragraph) in chars.split(|(c, _)| *c == '\n').enumerate() {
        if i > 0 {
            lines.push(Vec::new());
        }
        let mut used = 0;
        for word in paragraph.split_inclusive(|(c, _)| *c == ' ') {
            let columns = columns(word);
            if used > 0 && used + columns.trimmed > width {
                lines.push(Vec::new());
                used = 0;
            }
            for &(c, tone) in word {
                let one = columns_of(c);
                if used > 0 && used + one > width && c != ' ' {
                    lines.push(Vec::new());
                    used = 0;
                }
                push(&mut lines, c, tone);
                used += one;
            }
        }
    }
    lines
}

struct Columns {
    trimmed: usize,
}

fn columns(word: &[(char, Tone)]) -> Columns {
    let text: String = word.iter().map(|(c, _)| *c).collect();
    Columns { trimmed: measure_text_width(text.trim_end()) }
}

fn columns_of(c: char) -> usize {
    measure_text_width(c.encode_utf8(&mut [0; 4]))
}

fn push(lines: &mut [Vec<Span>], c: char, tone: Tone) {
    let Some(line) = lines.last_mut() else { return };
    match line.last_mut() {
        Some(span) if span.tone == tone => span.text.push(c),
        _ => line.push(Span::new(tone, c)),
    }
}

/// A block whose first line begins with a label and whose other lines hang under the text; `most` lines
/// at most (0 = all), each ending with a line break.
pub fn labelled(paint: Paint, label: &str, spans: &[Span], most: usize) -> String {
    const LABEL: usize = 10;
    let indent = INDENT + 2;
    let bracketed: Vec<Span> = spans.iter().cloned().map(|s| paint.bracketed(s)).collect();
    let mut lines = wrap(&bracketed, paint.width.saturating_sub(indent + LABEL));
    let left_out = if most > 0 { lines.len().saturating_sub(most) } else { 0 };
    lines.truncate(lines.len() - left_out);
    let mut text = String::new();
    for (i, line) in lines.iter().enumerate() {
        let head = if i == 0 { format!("{label:<LABEL$}") } else { " ".repeat(LABEL) };
        push_line(
            &mut text,
            &format!("{}{}{}", " ".repeat(indent), paint.tone(Tone::Dim, &head), paint.spans(line)),
        );
    }
    if left_out > 0 {
        let rest = format!("… {left_out} more lines");
        push_line(&mut text, &format!("{}{}", " ".repeat(indent + LABEL), paint.tone(Tone::Dim, &rest)));
    }
    text
}

/// A paragraph indented by `indent`, each line ending with a line break.
pub fn paragraph(paint: Paint, indent: usize, spans: &[Span]) -> String {
    let mut text = String::new();
    for line in wrap(spans, paint.width.saturating_sub(indent)) {
        push_line(&mut text, &format!("{}{}", " ".repeat(indent), paint.spans(&line)));
    }
    text
}

/// A paragraph whose first line begins with `head` and whose other lines hang under its text.
pub fn hanging(paint: Paint, indent: usize, head: &Span, spans: &[Span]) -> String {
    let columns = measure_text_width(&head.text);
    let mut text = String::new();
    for (at, line) in wrap(spans, paint.width.saturating_sub(indent + columns)).iter().enumerate() {
        let first = if at == 0 { paint.tone(head.tone, &head.text) } else { " ".repeat(columns) };
        push_line(&mut text, &format!("{}{first}{}", " ".repeat(indent), paint.spans(line)));
    }
    text
}

/// A line with a line break, without spaces at its end.
fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

/// A heading with an empty line before it.
pub fn heading(paint: Paint, text: &str) -> String {
    format!("\n{}\n", paint.tone(Tone::Strong, text))
}

/// A table without borders; the first column is left-aligned, the others right-aligned when `numbers`.
/// A table of numbers that is too wide is turned, when that makes it fit.
pub fn table(paint: Paint, header: &[&str], rows: &[Vec<Span>], numbers: bool) -> String {
    let room = paint.width - INDENT;
    let head: Vec<Span> = header.iter().map(|h| Span::new(Tone::Dim, *h)).collect();
    let mut grid = vec![head];
    grid.extend_from_slice(rows);
    if numbers && natural_width(&grid) > room {
        let turned = turn(&grid);
        if natural_width(&turned) <= room {
            grid = turned;
        }
    }
    laid_out(paint, grid, room, numbers)
}

/// Spaces between two columns.
const GAP: usize = 2;

fn natural_width(grid: &[Vec<Span>]) -> usize {
    let columns = grid.first().map_or(0, Vec::len);
    let width = |i: usize| grid.iter().filter_map(|r| r.get(i)).map(|s| measure_text_width(&s.text)).max();
    (0..columns).filter_map(width).map(|w| w + GAP).sum::<usize>().saturating_sub(GAP)
}

fn turn(grid: &[Vec<Span>]) -> Vec<Vec<Span>> {
    let columns = grid.first().map_or(0, Vec::len);
    (0..columns).map(|i| grid.iter().filter_map(|r| r.get(i)).cloned().collect()).collect()
}

fn laid_out(paint: Paint, grid: Vec<Vec<Span>>, room: usize, numbers: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).force_no_tty().set_content_arrangement(ContentArrangement::Dynamic);
    // The gap after the last column holds nothing, so it may stick out.
    table.set_width(u16::try_from(room + GAP).unwrap_or(u16::MAX));
    if paint.color {
        table.enforce_styling();
    }
    let least = least_widths(&grid, room);
    let align = |i: usize| if numbers && i > 0 { CellAlignment::Right } else { CellAlignment::Left };
    for row in grid {
        let cells = row.iter().enumerate().map(|(i, s)| styled(s.tone, &s.text).set_alignment(align(i)));
        table.add_row(cells.collect::<Vec<_>>());
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, GAP as u16));
        if let Some(width) = least.get(i).and_then(|width| u16::try_from(width + GAP).ok()) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
    }
    // Names and ids are there to be copied: what has to give way are the other columns.
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    let mut text = String::new();
    for line in table.lines() {
        push_line(&mut text, &format!("{}{line}", " ".repeat(INDENT)));
    }
    text
}

/// Columns of text below which a column is not narrowed for the words of another one.
const LEAST: usize = 6;

/// Least widths of the columns beside a first one that is whole: the columns of short words keep them uncut, and those of the
/// longest words share what is left.
fn least_widths(grid: &[Vec<Span>], room: usize) -> Vec<usize> {
    let columns = grid.first().map_or(0, Vec::len);
    let texts = |i: usize| grid.iter().filter_map(move |row| row.get(i)).map(|span| span.text.as_str());
    let longest =
        |i: usize| texts(i).flat_map(str::split_whitespace).map(measure_text_width).max().unwrap_or(0);
    let first = texts(0).map(measure_text_width).max().unwrap_or(0);
    let mut least = vec![first];
    least.extend((1..columns).map(longest));
    let mut left = room.saturating_sub(first + GAP * columns.saturating_sub(1));
    let mut order: Vec<usize> = (1..columns).collect();
    order.sort_by_key(|i| least[*i]);
    for (place, i) in order.iter().enumerate() {
        let others = order.len() - place - 1;
        if least[*i] + others * LEAST > left {
            least[*i] = least[*i].min(left / (others + 1));
        }
        left -= least[*i];
    }
    least
}

fn styled(tone: Tone, text: &str) -> Cell {
    let cell = Cell::new(text);
    match tone {
        Tone::Plain => cell,
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Dim => cell.add_attribute(Attribute::Dim),
        Tone::Good | Tone::Added => cell.fg(Color::DarkGreen),
        Tone::Bad | Tone::Mark | Tone::Removed => cell.fg(Color::DarkRed),
        Tone::Warn => cell.fg(Color::DarkYellow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(spans: &[Span], width: usize) -> Vec<String> {
        let line = |l: Vec<Span>| l.into_iter().map(|s| s.text).collect::<String>();
        wrap(spans, width).into_iter().map(line).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_keep_their_tones() {
        let spans = [Span::from("You have "), Span::new(Tone::Mark, "60 days"), Span::from(". Thanks!")];
        assert_eq!(texts(&spans, 12), ["You have 60 ", "days. ", "Thanks!"]);
        assert_eq!(wrap(&spans, 80)[0], spans);
    }

    #[test]
    fn long_words_are_cut_and_line_breaks_stay() {
        assert_eq!(texts(&["abcdefghijkl\nx".into()], 8), ["abcdefgh", "ijkl", "x"]);
        assert_eq!(texts(&["".into()], 8), [""]);
        assert_eq!(texts(&["日本語日本語".into()], 8), ["日本語日", "本語"]);
    }

    #[test]
    fn a_long_block_says_what_is_left_out() {
        let text = labelled(Paint::new(false, 80), "answer", &["a\nb\nc\nd".into()], 2);
        assert_eq!(text, "    answer    a\n              b\n              … 2 more lines\n");
    }

    #[test]
    fn tables_fit_the_width() {
        let rows = vec![vec!["a long name of a variant".into(), "12 of 55".into()]];
        let text = table(Paint::new(false, 40), &["variant", "passed"], &rows, true);
        assert!(text.lines().all(|l| l.chars().count() <= 40), "{text}");
    }

    #[test]
    fn no_word_is_cut_where_there_is_room_for_all() {
        let rows =
            vec![vec!["01a2".into(), "2026-11-28 17:34".into(), "first second third fourth fifth".into()]];
        let text = table(Paint::new(false, 40), &["run", "started", "suites"], &rows, false);
        assert!(text.contains("2026-11-28") && text.lines().all(|l| l.chars().count() <= 40), "{text}");
    }

    #[test]
    fn a_table_that_is_too_wide_is_turned() {
        let header = ["variant", "a long heading", "another long one", "a third heading"];
        let rows = vec![vec!["bare".into(), "1".into(), "2".into(), "3".into()]];
        let text = table(Paint::new(false, 40), &header, &rows, true);
        assert_eq!(
            text,
            "  variant           bare\n  a long heading       1\n  another long one     2\n  a third heading      3\n"
        );
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing(text in "[a-ză日 \n]{0,80}", width in 8usize..40) {
            let lines = texts(&[text.clone().into()], width);
            prop_assert_eq!(lines.concat(), text.replace('\n', ""));
            prop_assert!(lines.iter().all(|l| measure_text_width(l.trim_end()) <= width));
        }
    }
}
