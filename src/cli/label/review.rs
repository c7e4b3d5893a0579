//! Labelling at the terminal, or line by line where there is none.

use std::fmt::Write as _;
use std::io::BufRead as _;

use anyhow::Context as _;
use console::{Key, Term};

use super::Card;
use crate::cli::Printer;
use crate::golden::{Label, Said};
use crate::report::{asked_of, inert, inert_line};

/// What came of a review.
pub(super) struct Tally {
    pub(super) kept: usize,
    pub(super) interrupted: bool,
    pub(super) words: String,
}

/// What a person said of one card.
enum Reply {
    Said(Said, String),
    Skip,
    Quit,
    Interrupt,
}

const KEYS: &str = "p pass · f fail · u unsure · s skip · q quit";

/// Shows the cards one by one; every label is kept before the next card is shown.
pub(super) fn review(
    printer: &Printer,
    scorer: &str,
    cards: &[Card<'_>],
    by: Option<&str>,
    keep: &mut dyn FnMut(Label) -> anyhow::Result<()>,
) -> anyhow::Result<Tally> {
    let (mut kept, mut skipped, mut interrupted) = (0, 0, false);
    for (n, card) in (1..).zip(cards) {
        printer.talk(&shown(scorer, card, n, cards.len()));
        match ask(printer)? {
            Reply::Said(said, note) => {
                keep(card.label(said, &note, by))?;
                kept += 1;
            }
            Reply::Skip => skipped += 1,
            Reply::Quit => break,
            Reply::Interrupt => {
                interrupted = true;
                break;
            }
        }
    }
    let left = cards.len() - kept - skipped;
    Ok(Tally { kept, interrupted, words: format!("{kept} labelled, {skipped} skipped, {left} left") })
}

/// One card; nothing of it can act on the terminal.
fn shown(scorer: &str, card: &Card<'_>, n: usize, all: usize) -> String {
    let key = &card.trial.key;
    let mut text = format!(
        "{}\n{n} of {all} · {} · {}/{}\n",
        "─".repeat(72),
        inert_line(scorer),
        inert_line(&key.suite),
        inert_line(&key.case)
    );
    for said in card.of.earlier() {
        let _ = write!(text, "\n  earlier: {}", inert_line(said));
    }
    let _ = write!(text, "\nCustomer:\n{}\n", indented(card.of.question()));
    for passage in &card.trial.passages {
        let _ = write!(text, "\nPassage {}:\n{}\n", inert_line(&passage.heading), indented(&passage.text));
    }
    let _ = write!(text, "\nAnswer:\n{}\n\nIs this a good answer, judged by:\n", indented(card.of.answer));
    for question in &asked_of(card.of.score) {
        let _ = writeln!(text, "  - {}", inert_line(question));
    }
    text + KEYS
}

fn indented(text: &str) -> String {
    inert(text.trim()).lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn ask(printer: &Printer) -> anyhow::Result<Reply> {
    loop {
        let reply = if printer.interactive() { by_key()? } else { by_line()? };
        match reply {
            Some(reply) => return Ok(reply),
            None => printer.talk(KEYS),
        }
    }
}

fn by_key() -> anyhow::Result<Option<Reply>> {
    match Term::stderr().read_key() {
        Ok(Key::Char(key)) => Ok(understood(&key.to_string())),
        Ok(Key::CtrlC) => Ok(Some(Reply::Interrupt)),
        Ok(Key::Escape) => Ok(Some(Reply::Quit)),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Ok(Some(Reply::Interrupt)),
        Err(error) => Err(error).context("failed to read a key"),
    }
}

/// A line is a letter or a word, and after it a note. The end of the lines quits.
fn by_line() -> anyhow::Result<Option<Reply>> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line).context("failed to read a line")?;
    Ok(if read == 0 { Some(Reply::Quit) } else { understood(&line) })
}

fn understood(line: &str) -> Option<Reply> {
    let (word, note) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    match word.to_lowercase().as_str() {
        "s" | "skip" => Some(Reply::Skip),
        "q" | "quit" => Some(Reply::Quit),
        word => match Said::parse(word) {
            Ok(Some(said)) => Some(Reply::Said(said, note.to_owned())),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_word_and_a_note() {
        assert!(matches!(understood("p\n"), Some(Reply::Said(Said::Pass, note)) if note.is_empty()));
        assert!(
            matches!(understood("fail  too curt \n"), Some(Reply::Said(Said::Fail, note)) if note.trim() == "too curt")
        );
        assert!(matches!(understood("s"), Some(Reply::Skip)) && matches!(understood("Q"), Some(Reply::Quit)));
        assert!(understood("").is_none() && understood("what").is_none());
    }

    #[test]
    fn hostile_text_is_inert() {
        assert_eq!(indented("\u{1b}[2Jx\n\u{202e}y\n"), "  ␛[2Jx\n  <U+202E>y");
    }
}
