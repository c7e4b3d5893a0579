//! `[[cases]]`: the rows of a foreign file become cases, one at a time.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use crate::case::Speaker;
use crate::config::paths;
use crate::config::reader::{At, Mistakes};
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::fingerprint::Fingerprint;
use crate::suite::defaults::Defaults;
use crate::suite::draft::{Common, Draft};
use crate::suite::fields::Mapping;
use crate::suite::row::RowReader;
use crate::suite::sources::Sources;
use crate::suite::table::{Format, Row, RowStream};
use crate::suite::wire::{CaseTable, CasesTable};

/// More findings than this in one file are only counted.
const MOST_FINDINGS: usize = 20;

/// A file of cases: checked once as a whole, then read whenever its cases are wanted.
#[derive(Debug, Clone)]
pub(super) struct CaseFile {
    path: PathBuf,
    shown: PathBuf,
    format: Format,
    mapping: Mapping,
    suite: String,
    sources: Arc<Sources>,
    defaults: Defaults,
}

/// Finds the file that a `[[cases]]` table names; `None` when there is none to read (reported).
pub(super) fn find(
    table: &CasesTable,
    root: &Path,
    suite_folder: &Path,
    mistakes: &mut Mistakes,
) -> Option<(PathBuf, Format)> {
    let written = table.file.as_ref()?;
    let name = written.value.as_str();
    let Some(format) = Format::of(name) else {
        let finding =
            mistakes.error(&written.span, format!("`{name}` is neither a `.jsonl` nor a `.csv` file"));
        mistakes.push(finding);
        return None;
    };
    let beside = root.join(suite_folder).join(name);
    let path = if root.join(name).is_file() { root.join(name) } else { beside };
    match std::fs::File::open(&path) {
        Ok(_) => Some((path, format)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let finding = mistakes.error(&written.span, format!("file `{name}` does not exist"));
            let finding = paths::suggest_near(finding, root, name);
            mistakes.push(finding.help("the path starts at the project's folder, or at the suite's"));
            None
        }
        Err(error) => {
            mistakes.push(mistakes.error(&written.span, format!("`{name}` cannot be read: {error}")));
            None
        }
    }
}

impl CaseFile {
    /// The file of a table; `mistakes` is the suite's.
    pub(super) fn open(
        table: &CasesTable,
        (root, suite_folder): (&Path, &Path),
        (suite, sources, defaults): (&str, Arc<Sources>, Defaults),
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let mapping = Mapping::check(table, mistakes);
        let (path, format) = find(table, root, suite_folder, mistakes)?;
        let shown = super::shown(root, &path);
        Some(Self { path, shown, format, mapping, suite: suite.to_owned(), sources, defaults })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where findings about the file's rows go.
    pub(super) fn mistakes(&self) -> Mistakes {
        Mistakes::at_most(SourceFile::new(&*self.shown, ""), MOST_FINDINGS)
    }

    /// What decides the cases besides the rows themselves.
    pub(super) fn settings(&self) -> Fingerprint {
        Fingerprint::of(&(self.mapping.content(), &self.defaults))
    }

    /// Checks every row and hands out what can be a case, with the row as it is written and where findings about it
    /// go. Findings about the table go to `suite`, those about rows to `own`; `index` is the file's place among the suite's files.
    pub(super) fn check(
        &self,
        table: &CasesTable,
        index: usize,
        suite: &mut Mistakes,
        own: &mut Mistakes,
        visit: &mut dyn FnMut(Draft<'static>, &str, &mut Mistakes),
    ) {
        let span = table.file.as_ref().map_or(0..0, |f| f.span.clone());
        let name = self.shown.display().to_string();
        let mut drafting = self.mistakes();
        let (mut rows, mut kept) = (0_u64, 0_u64);
        let swept = RowStream::open(self.format, &self.path, &self.shown).and_then(|mut stream| {
            while let Some(row) = stream.next(own)? {
                rows += 1;
                if !self.mapping.keeps(&row) {
                    continue;
                }
                kept += 1;
                drafting.turn_to(own.file().clone());
                if let Some(draft) = self.draft(&row, stream.separated(), index, &mut drafting) {
                    visit(draft, &own.file().text, &mut drafting);
                }
            }
            Ok(stream.fields)
        });
        let fields = match swept {
            Ok(fields) => fields,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return suite.push(suite.error(&span, format!("{name} is not UTF-8 text")));
            }
            Err(error) => return suite.push(suite.error(&span, format!("{name} cannot be read: {error}"))),
        };
        if rows == 0 {
            if !own.has_errors() {
                suite.push(suite.error(&span, format!("{name} has no rows")));
            }
            return;
        }
        self.mapping.report_absent(&fields, &name, suite);
        let has = |ours: &str| fields.contains(self.mapping.theirs(ours));
        let asking = ["input", "turns", "script"];
        if !asking.iter().any(|ours| has(ours)) {
            if !asking.iter().any(|ours| self.mapping.is_mapped(ours)) {
                suite.push(no_input(&fields, &name, &span, suite));
            }
            return;
        }
        if kept == 0 {
            let span = table.filter.as_ref().map_or(&span, |f| &f.span);
            suite.push(suite.error(span, format!("no row of {name} passes `where`")));
        }
        own.absorb(drafting, |finding| {
            // Of a mapped field that no row has, the suite's finding says all.
            finding.message != NO_ID || has("id")
        });
    }

    fn draft(&self, row: &Row, separated: bool, index: usize, own: &mut Mistakes) -> Option<Draft<'static>> {
        let text = own.file().text.clone();
        let reader = RowReader { mapping: &self.mapping, row, text: &text, separated };
        let table = reader.case(own);
        let without_id = table.id.is_none();
        if without_id && self.mapping.is_mapped("id") {
            let finding = own.error(&row.span, NO_ID);
            own.push(finding.help("without `fields.id`, an id is made from the content of every row"));
            return None;
        }
        let table = if without_id { with_derived_id(table, row) } else { table };
        let common = Common {
            suite: &self.suite,
            sources: &self.sources,
            defaults: &self.defaults,
            file: index,
            plain_ids: false,
        };
        let mut draft = common.draft(table, &row.span, own).ok()?;
        draft.derived = without_id;
        draft.case.origin.line = row.line;
        Some(draft)
    }

    /// The error of a file that is not what it was.
    pub(super) fn moved(&self, why: String) -> CasesMoved {
        CasesMoved { file: self.shown.clone(), why }
    }

    /// Reads the cases of a file that was checked before and may be wrong: what is broken is passed over.
    pub(super) fn revisit(&self, index: usize, visit: &mut dyn FnMut(Draft<'static>)) {
        let mut mistakes = self.mistakes();
        let Ok(mut stream) = RowStream::open(self.format, &self.path, &self.shown) else { return };
        while let Ok(Some(row)) = stream.next(&mut mistakes) {
            if self.mapping.keeps(&row)
                && let Some(draft) = self.draft(&row, stream.separated(), index, &mut mistakes)
            {
                visit(draft);
            }
        }
    }

    /// Reads the cases of a file that was checked before, again.
    pub(super) fn drafts(&self, index: usize) -> io::Result<Drafts<'_>> {
        let stream = RowStream::open(self.format, &self.path, &self.shown)?;
        Ok(Drafts { file: self, stream, mistakes: self.mistakes(), index })
    }
}

const NO_ID: &str = "the row has no id";

/// The cases of a file, one after the other.
pub(super) struct Drafts<'f> {
    file: &'f CaseFile,
    stream: RowStream,
    mistakes: Mistakes,
    index: usize,
}

impl Iterator for Drafts<'_> {
    type Item = Result<Draft<'static>, CasesMoved>;

    fn next(&mut self) -> Option<Self::Item> {
        let moved = |why: String| Some(Err(self.file.moved(why)));
        loop {
            let row = match self.stream.next(&mut self.mistakes) {
                Ok(Some(row)) => row,
                Ok(None) if self.mistakes.has_errors() => return moved("a row is broken now".to_owned()),
                Ok(None) => return None,
                Err(error) => return moved(error.to_string()),
            };
            if !self.file.mapping.keeps(&row) {
                continue;
            }
            let separated = self.stream.separated();
            let draft = self.file.draft(&row, separated, self.index, &mut self.mistakes);
            return match draft.filter(|_| !self.mistakes.has_errors()) {
                Some(draft) => Some(Ok(draft)),
                None => moved(format!("line {} is broken now", row.line)),
            };
        }
    }
}

/// A file of cases that is not what it was when it was checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} changed while it was used: {why}", file.display())]
pub struct CasesMoved {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

fn no_input(fields: &BTreeSet<String>, name: &str, span: &Range<usize>, suite: &Mistakes) -> Diagnostic {
    let there: Vec<&str> = fields.iter().map(String::as_str).collect();
    let likely = ["question", "query", "message", "text", "prompt"].into_iter().find(|l| there.contains(l));
    suite
        .error(span, format!("no row of {name} has a field `input`"))
        .help(format!("name the customer's text: `fields = {{ input = \"{}\" }}`", likely.unwrap_or("…")))
        .help(format!("fields found: {}", there.join(", ")))
}

/// The same case with an id made from what is asked, never from its place in the file.
fn with_derived_id<'a>(mut table: CaseTable<'a>, row: &Row) -> CaseTable<'a> {
    let mut turns: Vec<(&str, &str)> = Vec::new();
    for turn in table.turns.iter().flat_map(|t| &t.value) {
        if let (Some(role), Some(text)) = (&turn.value.role, &turn.value.text) {
            let role = if role.value == Speaker::Customer { "customer" } else { "agent" };
            turns.push((role, text.value.as_str()));
        }
    }
    let last = match &table.input {
        Some(input) => input.value.as_str(),
        None => turns.pop().map_or("", |(_, text)| text),
    };
    let mut asked = json!({ "history": turns, "input": last });
    if !table.script.is_empty() {
        let says = table.script.iter().map(|turn| turn.value.say.as_ref().map(|say| say.value.as_str()));
        asked["script"] = says.collect();
    }
    let hash = Fingerprint::of(&asked);
    table.id = Some(At::new(format!("c-{}", hash.hex(10)), row.span.clone()));
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Action, Case};
    use crate::config::reader::{parse, read_table};
    use crate::suite::sources::article;

    fn load(toml: &str, name: &str, data: &str) -> (Vec<Case>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), data).unwrap();
        let toml = format!("file = '{name}'\n{toml}");
        let mut suite = Mistakes::new(SourceFile::new("s.toml", toml.as_str()));
        let tree = parse(&toml, &mut suite).unwrap();
        let table: CasesTable = read_table(tree.get_ref(), &(0..0), &mut suite);
        let sources = Sources::of(vec![article("returns", &["top"]), article("faq", &["top"])]);
        let shared = ("s", Arc::new(sources), Defaults::default());
        let mut findings = crate::diagnostic::Diagnostics::new();
        let mut cases = Vec::new();
        if let Some(file) = CaseFile::open(&table, (dir.path(), Path::new("suites")), shared, &mut suite) {
            let mut own = file.mistakes();
            file.check(&table, 1, &mut suite, &mut own, &mut |draft, _, _| cases.push(draft.case));
            if !own.has_errors() && !suite.has_errors() {
                let again: Vec<Case> = file.drafts(1).unwrap().map(|d| d.unwrap().case).collect();
                assert_eq!(again, cases);
            }
            findings.extend(own.finish());
        }
        let mut all = suite.finish();
        all.extend(findings);
        let shown = all.iter().map(|d| {
            let row = d.to_row();
            format!("{}:{} {}", row.path.unwrap_or_default(), row.line.unwrap_or(0), row.message)
        });
        (cases, shown.collect())
    }

    #[test]
    fn foreign_json_lines() {
        let (cases, found) = load(
            "fields = { input = 'question', sources = 'article_ids', expect = 'kind', vars.plan = 'tier_name' }\n\
             values = { expect = { YES = 'answer', PARTIAL = ['answer', 'clarify'] } }\nwhere = { lang = 'en' }\n",
            "q.jsonl",
            "{\"id\": \"a::1\", \"question\": \"When?\", \"article_ids\": [\"returns\"], \"kind\": \"YES\", \"lang\": \"en\", \"tier_name\": \"Plus\"}\n\
             {\"id\": \"b\", \"question\": \"Wann?\", \"lang\": \"de\"}\n\
             {\"id\": 3, \"question\": \"How?\", \"kind\": \"PARTIAL\", \"lang\": \"en\", \"golden\": [\"x\", \"y\"], \"history\": \
             [{\"speaker\": \"Human\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"text\": \"Hello\"}]}\n",
        );
        assert_eq!(found, [""; 0]);
        assert_eq!(cases.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["a::1", "3"]);
        assert_eq!(cases[0].vars["plan"], "Plus");
        assert_eq!(cases[0].expect, [Action::Answer]);
        assert_eq!(cases[1].expect, [Action::Answer, Action::Clarify]);
        assert_eq!((cases[1].history().len(), cases[1].input(), cases[1].goldens.len()), (2, "How?", 2));
        assert_eq!(cases[1].origin.line, 3);
    }

    #[test]
    fn csv_lists_are_separated() {
        let (cases, found) = load(
            "",
            "q.csv",
            "input,sources,tags,weight,history\nWhen?,returns; faq,\"a, b\",2.5,\n\
             How?,,,,\"[{\"\"role\"\": \"\"bot\"\", \"\"text\"\": \"\"Hi\"\"}]\"\n",
        );
        assert_eq!(found, [""; 0]);
        assert_eq!(cases[0].sources.len(), 2);
        assert_eq!((cases[0].tags.len(), cases[0].weight), (2, 2.5));
        assert_eq!(cases[1].history().len(), 1);
    }

    #[test]
    fn ids_come_from_the_content_not_the_place() {
        let rows = ["{\"input\": \"a\"}\n", "{\"input\": \"b\"}\n"];
        let ids = |data: &str| load("", "q.jsonl", data).0.into_iter().map(|c| c.id).collect::<Vec<_>>();
        let one = ids(&rows.concat());
        let other = ids(&format!("{}{}", rows[1], rows[0]));
        assert_eq!((&one[0], &one[1]), (&other[1], &other[0]));
        assert!(one[0].starts_with("c-") && one[0].len() == 12, "{one:?}");
        let with_history = ids("{\"input\": \"a\", \"history\": [{\"role\": \"bot\", \"text\": \"x\"}]}\n");
        assert_ne!(with_history[0], one[0]);
        assert_eq!(ids("{\"input\": \"a\", \"history\": []}\n")[0], one[0]);
    }

    #[test]
    fn mistakes_name_the_row_or_the_mapping() {
        let (_, found) = load(
            "fields = { input = 'quesiton', golden = 'gold', inptu = 'x' }\nvalues = { expct = { a = 'answer' } }\n",
            "q.jsonl",
            "{\"question\": \"x\"}\n",
        );
        assert_eq!(
            found,
            [
                "s.toml:2 no row of q.jsonl has a field `quesiton`",
                "s.toml:2 no row of q.jsonl has a field `gold`",
                "s.toml:2 cases have no field `inptu`",
                "s.toml:3 cases have no field `expct`",
            ]
        );
        let (cases, found) = load(
            "fields = { id = 'key' }\n",
            "q.jsonl",
            "{\"key\": \"a\", \"input\": \"x\", \"sources\": [\"nope\"], \"expect\": \"yes\", \"tier\": [1]}\n\
             {\"input\": \"y\"}\n{\"key\": \"c\"}\nnot json\n\
             {\"key\": \"e\", \"input\": \"x\", \"history\": [{\"role\": \"system\", \"text\": \"x\"}]}\n",
        );
        assert_eq!(cases.len(), 2);
        assert_eq!(
            found,
            [
                "q.jsonl:1 no article has the id `nope`",
                "q.jsonl:1 unknown action `yes`",
                "q.jsonl:1 `tier`: expected a text, found a list",
                "q.jsonl:2 the row has no id",
                "q.jsonl:3 the case has neither `input` nor `turns`",
                "q.jsonl:4 not valid JSON: expected ident",
                "q.jsonl:5 unknown role `system` in `history`",
            ]
        );
    }

    #[test]
    fn files_that_give_no_cases() {
        let one = |toml: &str, name: &str, data: &str| load(toml, name, data).1.join("; ");
        assert_eq!(one("", "q.jsonl", "\n"), "s.toml:1 q.jsonl has no rows");
        assert_eq!(one("", "q.txt", ""), "s.toml:1 `q.txt` is neither a `.jsonl` nor a `.csv` file");
        assert_eq!(
            one("where = { x = 'b' }", "q.jsonl", "{\"input\": \"i\", \"x\": \"a\"}"),
            "s.toml:2 no row of q.jsonl passes `where`"
        );
        assert_eq!(
            one("", "q.jsonl", "{\"question\": \"i\"}"),
            "s.toml:1 no row of q.jsonl has a field `input`"
        );
    }

    #[test]
    fn many_bad_rows_are_counted() {
        let data = "{\"input\": \"x\", \"tier\": \"gold\"}\n".repeat(5000);
        let (_, found) = load("", "q.jsonl", &data);
        assert_eq!(found.len(), MOST_FINDINGS + 1);
        assert!(found[MOST_FINDINGS].ends_with("4980 more findings in this file are not shown"), "{found:?}");
    }
}
