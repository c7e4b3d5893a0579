//! Reads a TOML file into wire types with every mistake at its own place.
//!
//! serde stops at the first mistake and loses positions inside nested tables. Here the parsed tree
//! with spans is walked instead: a [`TableReader`] hands out the keys that a table knows, decodes
//! each value alone ([`Decode`]), and reports unknown keys and wrong types into [`Mistakes`].

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Diagnostics, Location, Severity, SourceFile};

/// A value and its byte range in the file it was written in.
#[derive(Debug, Clone, PartialEq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Range<usize>,
}

impl<T> At<T> {
    /// Puts a value at a place.
    pub fn new(value: T, span: Range<usize>) -> Self {
        Self { value, span }
    }
}

/// The mistakes in one file, in any order; [`Mistakes::finish`] sorts them by place.
#[derive(Debug)]
pub struct Mistakes {
    file: SourceFile,
    line_starts: Vec<usize>,
    found: Vec<Diagnostic>,
    most: usize,
    /// Those that came when `found` was full: how many, and whether one is an error.
    rest: (usize, bool),
}

impl Mistakes {
    /// No mistakes yet.
    pub fn new(file: SourceFile) -> Self {
        Self::at_most(file, usize::MAX)
    }

    /// No mistakes yet; of more than `most` only the first are kept and the others are counted, so
    /// that one wrong setting does not fill the screen once per row of a table.
    pub fn at_most(file: SourceFile, most: usize) -> Self {
        Self { line_starts: line_starts(&file.text), file, found: Vec::new(), most, rest: (0, false) }
    }

    /// Goes on with another row of the same file.
    pub fn turn_to(&mut self, row: SourceFile) {
        self.line_starts.clear();
        self.line_starts.push(0);
        if row.text.contains('\n') {
            self.line_starts = line_starts(&row.text);
        }
        self.file = row;
    }

    /// The file they are in.
    pub fn file(&self) -> &SourceFile {
        &self.file
    }

    /// One-based line of a byte offset, without reading the whole text again.
    pub fn line(&self, offset: usize) -> usize {
        self.file.first_line - 1 + self.line_starts.partition_point(|start| *start <= offset)
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.rest.1 || self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether any of the errors that are kept stands within a part of the file, or of the row that it has turned to.
    pub fn has_errors_in(&self, part: &Range<usize>) -> bool {
        let within = |at: &Location| {
            at.file.first_line == self.file.first_line
                && part.start <= at.span.start
                && at.span.end <= part.end
        };
        let errors = self.found.iter().filter(|found| found.severity == Severity::Error);
        errors.filter_map(|found| found.location.as_ref()).any(within)
    }

    /// Whether further mistakes will only be counted, so that costly advice is in vain.
    pub fn is_full(&self) -> bool {
        self.found.len() >= self.most
    }

    /// An error at a place of the file; push it when it is worded.
    pub fn error(&self, span: &Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(message).at(self.file.at(span.clone()))
    }

    /// A warning at a place of the file; push it when it is worded.
    pub fn warning(&self, span: &Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(message).at(self.file.at(span.clone()))
    }

    /// Adds one mistake.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
        if self.found.len() > self.most
            && let Some(last) = (0..self.found.len()).max_by_key(|i| place(&self.found[*i]))
        {
            let last = self.found.remove(last);
            self.rest = (self.rest.0 + 1, self.rest.1 || last.severity == Severity::Error);
        }
    }

    /// Takes over the findings of another check of the same file that `admits` lets through.
    pub fn absorb(&mut self, other: Self, admits: impl Fn(&Diagnostic) -> bool) {
        for finding in other.found.into_iter().filter(admits) {
            self.push(finding);
        }
        self.rest = (self.rest.0 + other.rest.0, self.rest.1 || other.rest.1);
    }

    /// Adds `expected …, found …` about the value of a key.
    pub fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, key: &str, expected: &str) {
        let found = describe(value.get_ref());
        self.push(self.error(&value.span(), format!("`{key}`: expected {expected}, found {found}")));
    }

    /// All mistakes in the order of their places.
    pub fn finish(mut self) -> Diagnostics {
        self.found.sort_by_key(place);
        let mut all = Diagnostics::new();
        let (rest, rest_fails) = self.rest;
        for diagnostic in self.found {
            all.push(diagnostic);
        }
        if rest > 0 {
            let (noun, verb) = if rest == 1 { ("finding", "is") } else { ("findings", "are") };
            let message = format!("{rest} more {noun} in this file {verb} not shown");
            let more = if rest_fails { Diagnostic::error(message) } else { Diagnostic::warning(message) };
            all.push(more.in_path(&self.file.path));
        }
        all
    }
}

/// The order of findings in a file.
fn place(finding: &Diagnostic) -> Option<(usize, usize, usize)> {
    finding.location.as_ref().map(|l| (l.file.first_line, l.span.start, l.span.end))
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect()
}

/// A value that can be read from one node of the tree.
pub trait Decode<'a>: Sized {
    /// Reads the value of `key`; a mistake is reported and gives `None`.
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self>;
}

/// A table with a fixed set of keys.
pub trait Table<'a>: Sized {
    /// Takes its keys; whatever it does not ask for is reported as unknown.
    fn read(reader: &mut TableReader<'a, '_>) -> Self;
}

impl<'a, T: Table<'a>> Decode<'a> for T {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else {
            mistakes.wrong_type(value, key, "a table");
            return None;
        };
        Some(read_table(table, &value.span(), mistakes))
    }
}

/// Reads a table whose place is known.
pub fn read_table<'a, T: Table<'a>>(
    table: &'a DeTable<'a>,
    span: &Range<usize>,
    mistakes: &mut Mistakes,
) -> T {
    let mut reader = TableReader { table, span: span.clone(), known: Vec::new(), open: false, mistakes };
    let read = T::read(&mut reader);
    reader.report_unknown();
    read
}

/// Hands out the keys of one table and remembers which were asked for.
pub struct TableReader<'a, 'm> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
    known: Vec<&'static str>,
    open: bool,
    /// Where mistakes go.
    pub mistakes: &'m mut Mistakes,
}

impl<'a> TableReader<'a, '_> {
    /// Place of the table: its header, or the inline table.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The table itself.
    pub fn table(&self) -> &'a DeTable<'a> {
        self.table
    }

    /// The value of a key; absent and wrong are both `None`, wrong is reported.
    pub fn get<T: Decode<'a>>(&mut self, key: &'static str) -> Option<At<T>> {
        self.known.push(key);
        let (_, value) = self.table.iter().find(|(k, _)| k.get_ref() == key)?;
        T::decode(value, key, self.mistakes).map(|decoded| At::new(decoded, value.span()))
    }

    /// The values of an array of tables or of any other list; absent is empty.
    pub fn list<T: Decode<'a>>(&mut self, key: &'static str) -> Vec<At<T>> {
        self.get::<Vec<At<T>>>(key).map(|list| list.value).unwrap_or_default()
    }

    /// The value of a key that must be there.
    pub fn require<T: Decode<'a>>(&mut self, key: &'static str) -> Option<At<T>> {
        if !self.table.contains_key(key) {
            self.mistakes.push(self.mistakes.error(&self.span, format!("`{key}` is missing")));
        }
        self.get(key)
    }

    /// All keys as written, with their places.
    pub fn keys(&self) -> Vec<At<String>> {
        self.table.keys().map(|k| At::new(k.get_ref().to_string(), k.span())).collect()
    }

    /// Leaves unknown keys to the caller.
    pub fn leave_unknown(&mut self) {
        self.open = true;
    }

    fn report_unknown(&mut self) {
        if self.open {
            return;
        }
        for key in self.keys().iter().filter(|k| !self.known.contains(&k.value.as_str())) {
            self.mistakes.push(unknown_key(self.mistakes, key, &self.known));
        }
    }
}

/// `unknown key …` with a near name, or else the keys that there are.
pub fn unknown_key(mistakes: &Mistakes, key: &At<String>, known: &[&str]) -> Diagnostic {
    let finding = mistakes.error(&key.span, format!("unknown key `{}`", key.value));
    suggest_or_list(finding, &key.value, known, "known keys")
}

/// `did you mean …?`, or the whole list when nothing is near.
pub fn suggest_or_list(finding: Diagnostic, name: &str, known: &[&str], title: &str) -> Diagnostic {
    let before = finding.help.len();
    let finding = finding.suggest(name, known.iter().copied());
    if finding.help.len() > before || known.is_empty() {
        return finding;
    }
    finding.help(format!("{title}: {}", known.join(", ")))
}

/// Parses a text; syntax errors are mistakes, each at its place, and leave no tree to walk.
pub fn parse<'a>(text: &'a str, mistakes: &mut Mistakes) -> Option<Spanned<DeTable<'a>>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        mistakes.push(mistakes.error(&span, format!("not valid TOML: {}", error.message())));
    }
    errors.is_empty().then_some(tree)
}

/// What a value is, in a reader's words.
pub fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The keys that a table asks for, in order; for the tests that hold schema and reader together.
#[cfg(test)]
pub(crate) fn keys_of<T: Table<'static>>() -> Vec<&'static str> {
    let table: &'static DeTable<'static> = Box::leak(Box::default());
    let mut mistakes = Mistakes::new(SourceFile::new("x.toml", ""));
    let mut reader =
        TableReader { table, span: 0..0, known: Vec::new(), open: false, mistakes: &mut mistakes };
    let _ = T::read(&mut reader);
    reader.known
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Inner {
        count: Option<At<u32>>,
    }

    impl<'a> Table<'a> for Inner {
        fn read(reader: &mut TableReader<'a, '_>) -> Self {
            Self { count: reader.require("count") }
        }
    }

    struct Outer {
        title: Option<At<String>>,
        inner: Vec<At<Inner>>,
    }

    impl<'a> Table<'a> for Outer {
        fn read(reader: &mut TableReader<'a, '_>) -> Self {
            Self { title: reader.get("title"), inner: reader.list("inner") }
        }
    }

    fn read(text: &str) -> (Option<Outer>, Vec<String>) {
        let file = SourceFile::new("a.toml", text);
        let mut mistakes = Mistakes::new(file);
        let tree = parse(text, &mut mistakes);
        let outer = tree.as_ref().map(|t| read_table(t.get_ref(), &(0..0), &mut mistakes));
        let found = mistakes.finish();
        let shown = found.iter().map(|d| {
            let row = d.to_row();
            format!("{}:{} {}", row.line.unwrap_or(0), row.column.unwrap_or(0), row.message)
        });
        (outer, shown.collect())
    }

    #[test]
    fn every_mistake_is_reported_at_its_place() {
        let (outer, found) =
            read("titel = 'x'\n[[inner]]\ncount = -1\n[[inner]]\ncount = 'two'\nmore = 1\n[[inner]]\n");
        assert_eq!(
            found,
            [
                "1:1 unknown key `titel`",
                "3:9 `count`: expected a whole number of 0 or more, found -1",
                "5:9 `count`: expected a whole number, found a text",
                "6:1 unknown key `more`",
                "7:1 `count` is missing",
            ]
        );
        let outer = outer.unwrap();
        assert!(outer.title.is_none());
        assert_eq!(outer.inner.len(), 3);
        assert!(outer.inner[0].value.count.is_none());
    }

    #[test]
    fn syntax_errors_are_all_reported_and_leave_no_tree() {
        let (outer, found) = read("title = oops\nother = 'x\n");
        assert!(outer.is_none());
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("1:9 not valid TOML"), "{found:?}");
    }

    #[test]
    fn a_flood_is_counted() {
        let mut mistakes = Mistakes::at_most(SourceFile::new("a", "xxxxxxxx"), 2);
        for i in [3, 1, 2] {
            mistakes.push(mistakes.error(&(i..i + 1), format!("m{i}")));
        }
        let found = mistakes.finish();
        let messages: Vec<_> = found.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(messages, ["m1", "m2", "1 more finding in this file is not shown"]);
        assert!(found.has_errors());
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let file = SourceFile::new("a", "x\n\ny\n");
        let mistakes = Mistakes::new(file.clone());
        for offset in 0..6 {
            assert_eq!(mistakes.line(offset), file.line(offset), "{offset}");
        }
    }
}
