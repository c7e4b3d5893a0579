//! Prompts that already hold the cases they are tested with.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use crate::case::Action;
use crate::lint::{Found, Lint, Rule};

/// Row of the table of rules.
pub(super) const RULE: Rule = Rule {
    name: "leaked-case",
    doc: "a prompt holds the question or the accepted answer of a case that tests it, in a few-shot or elsewhere",
    check,
};

/// Words in a row that are looked up.
const ROW: usize = 4;
/// Share of a text's rows that a prompt must hold.
const HELD: f64 = 0.7;
/// Fewest words of a text that can be told from a figure of speech.
const LEAST: usize = 5;

/// The rows of words of one prompt file.
struct Rows {
    path: PathBuf,
    /// By row, the line on which it starts.
    lines: HashMap<Vec<String>, usize>,
}

fn check(lint: &Lint<'_>, found: &mut Found) {
    let prompts = &lint.project.prompts;
    let mut files: BTreeMap<PathBuf, Vec<&str>> = BTreeMap::new();
    for name in prompts.names() {
        for path in prompts.files_of(name) {
            files.entry(path).or_default().push(name);
        }
    }
    let files: Vec<(Rows, Vec<&str>)> = files
        .into_iter()
        .filter_map(|(path, names)| Some((Rows::of(&lint.text(&path)?, path), names)))
        .collect();
    for (suite, scored) in &lint.cases {
        let case = &scored.case;
        let answers = case.expect.is_empty() || case.expect.contains(&Action::Answer);
        let goldens = case.goldens.iter().filter(|_| answers).map(|golden| ("the golden", golden.as_str()));
        let texts: Vec<(&str, Vec<String>)> = std::iter::once(("the question", case.input()))
            .chain(goldens)
            .map(|(what, text)| (what, words(text).into_iter().map(|(word, _)| word).collect()))
            .collect();
        for (rows, names) in &files {
            let Some(prompt) = names.iter().find(|name| suite.prompts.iter().any(|own| own == *name)) else {
                continue;
            };
            let Some((held, row)) = texts.iter().find_map(|(what, words)| Some((what, rows.hold(words)?)))
            else {
                continue;
            };
            let message =
                format!("prompt `{prompt}` holds {held} of `{}/{}`, which tests it", case.suite, case.id);
            found.push(lint.at_line(&rows.path, row, message).help(
                "a bot that has seen the answer proves nothing: take another example, or take the case out of the suite",
            ));
        }
    }
}

impl Rows {
    fn of(text: &str, path: PathBuf) -> Self {
        let words = words(text);
        let mut lines = HashMap::new();
        for row in words.windows(ROW) {
            let key = row.iter().map(|(word, _)| word.clone()).collect();
            lines.entry(key).or_insert(row.first().map_or(1, |(_, line)| *line));
        }
        Self { path, lines }
    }

    /// The line on which a text stands that is there as good as whole.
    fn hold(&self, words: &[String]) -> Option<usize> {
        if words.len() < LEAST {
            return None;
        }
        let rows: HashSet<&[String]> = words.windows(ROW).collect();
        let held = rows.iter().filter_map(|row| self.lines.get(*row));
        let lines: Vec<usize> = held.copied().collect();
        (lines.len() as f64 >= HELD * rows.len() as f64).then(|| lines.into_iter().min()).flatten()
    }
}

/// The words of a text in small letters, each with its line.
fn words(text: &str) -> Vec<(String, usize)> {
    let mut words = Vec::new();
    for (line, content) in text.lines().enumerate() {
        let parts = content.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.extend(parts.map(|word| (word.to_lowercase(), line + 1)));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(prompt: &str, text: &str) -> Option<usize> {
        let words: Vec<String> = words(text).into_iter().map(|(word, _)| word).collect();
        Rows::of(prompt, PathBuf::new()).hold(&words)
    }

    #[test]
    fn a_text_is_found_on_its_line_also_with_small_changes() {
        let prompt = "{% block user_2 %}\nHow long can I return the bike after delivery?\n{% endblock %}";
        assert_eq!(held(prompt, "How long can I return the bike after delivery?"), Some(2));
        assert_eq!(held(prompt, "Hello, how long can I return the bike after delivery"), Some(2));
        assert_eq!(held(prompt, "How long can I pause my plan after delivery?"), None);
        assert_eq!(held(prompt, "How long?"), None);
    }
}
