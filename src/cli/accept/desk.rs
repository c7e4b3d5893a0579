//! The person at the terminal: keys, lines and an editor.

use std::io::{Read, Seek, Write};
use std::process::Command;

use anyhow::Context as _;
use console::{Key, Term};

use crate::cli::Printer;

/// Where a review takes its decisions from.
pub(super) trait Desk {
    /// Shows a text.
    fn show(&mut self, text: &str);
    /// Waits for a key; `None` when the person interrupts.
    fn key(&mut self) -> anyhow::Result<Option<Key>>;
    /// Asks for one line.
    fn line(&mut self, question: &str) -> anyhow::Result<String>;
    /// Lets the person change a text.
    fn edit(&mut self, text: &str) -> anyhow::Result<String>;
}

/// The real one, on the error stream.
pub(super) struct TerminalDesk<'a> {
    printer: &'a Printer,
    term: Term,
    editor: Option<String>,
}

impl<'a> TerminalDesk<'a> {
    /// A desk with the user's editor, when one is set.
    pub(super) fn new(printer: &'a Printer, editor: Option<String>) -> Self {
        Self { printer, term: Term::stderr(), editor }
    }
}

impl Desk for TerminalDesk<'_> {
    fn show(&mut self, text: &str) {
        self.printer.talk(text);
    }

    fn key(&mut self) -> anyhow::Result<Option<Key>> {
        match self.term.read_key() {
            Ok(Key::CtrlC) => Ok(None),
            Ok(key) => Ok(Some(key)),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => Ok(None),
            Err(e) => Err(e).context("failed to read a key"),
        }
    }

    fn line(&mut self, question: &str) -> anyhow::Result<String> {
        self.printer.talk(question);
        Ok(self.term.read_line().context("failed to read a line")?.trim().to_owned())
    }

    fn edit(&mut self, text: &str) -> anyhow::Result<String> {
        edit(self.editor.as_deref(), text)
    }
}

/// Opens the editor on a temporary file with the text and reads it back.
fn edit(editor: Option<&str>, text: &str) -> anyhow::Result<String> {
    let fallback = if cfg!(windows) { "notepad" } else { "vi" };
    // `VISUAL="code --wait"` is a command with arguments.
    let mut words = editor.unwrap_or(fallback).split_whitespace();
    let program = words.next().unwrap_or(fallback);
    let mut file = tempfile::Builder::new().prefix("answer-").suffix(".md").tempfile()?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    let status = Command::new(program)
        .args(words)
        .arg(file.path())
        .status()
        .with_context(|| format!("failed to start the editor `{program}`; set VISUAL or EDITOR"))?;
    anyhow::ensure!(status.success(), "the editor `{program}` ended with {status}; nothing was taken over");
    // Editors may write a new file in place of the old one, so it is opened anew.
    let mut edited = String::new();
    let mut reopened = file.reopen().or_else(|_| std::fs::File::open(file.path()))?;
    reopened.rewind()?;
    reopened.read_to_string(&mut edited).context("the edited text is not UTF-8")?;
    Ok(edited)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {

    use super::*;

    fn script(body: &str) -> tempfile::TempPath {
        use std::os::unix::fs::PermissionsExt;
        let mut file = tempfile::Builder::new().prefix("editor").tempfile().unwrap();
        file.write_all(format!("#!/bin/sh\n{body}\n").as_bytes()).unwrap();
        let path = file.into_temp_path();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn the_edited_text_is_read_back_also_from_a_new_file() {
        let append = script(r#"test "$1" = --wait && printf ' edited' >> "$2""#);
        let editor = format!("{} --wait", append.display());
        assert_eq!(edit(Some(&editor), "text").unwrap(), "text edited");
        let swap = script(r#"printf new > "$1.tmp" && mv "$1.tmp" "$1""#);
        assert_eq!(edit(Some(&swap.display().to_string()), "text").unwrap(), "new");
    }

    #[test]
    fn an_editor_that_fails_takes_nothing_over() {
        let broken = script("exit 3");
        assert!(edit(Some(&broken.display().to_string()), "text").is_err());
        let missing = edit(Some("/no/such/editor"), "text").unwrap_err().to_string();
        assert!(missing.contains("set VISUAL or EDITOR"), "{missing}");
    }
}
