//! `[[case.script]]`: the turns of a conversation that the bot really has, and what judges each answer.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::case::{Case, ScriptTurn, ScriptedTool, Speaker, Turn};
use crate::config::decode::as_toml;
use crate::config::reader::{At, Decode as _, Mistakes};
use crate::fingerprint::Fingerprint;
use crate::score::Scorer;
use crate::suite::Context;
use crate::suite::scorers::Built;
use crate::suite::stream::{Around, Judged};
use crate::suite::wire::{CaseTable, ScoreTable, ScriptTable, ScriptToolTable};
use crate::suite::{defaults, draft, scorers};

/// Most turns of a script: every one of them is paid for in every trial.
const MOST_TURNS: usize = 50;

/// The action scorer judges a turn that expects something, asked for or not.
const ACTION: &str = "action";

/// One turn of a script with what judges its answer.
#[derive(Debug, Clone)]
pub struct ScoredTurn {
    /// The case as its scorers see it: this turn as the question, with this turn's expectations.
    pub case: Arc<Case>,
    /// Its scorers, with labels that name the turn; may be empty.
    pub scorers: Arc<[Scorer]>,
}

/// The scorers of one turn as written.
pub(super) struct TurnScores<'a> {
    span: Range<usize>,
    tables: Vec<At<ScoreTable<'a>>>,
    /// Those of a row in a foreign file.
    of_row: Option<Value>,
}

/// What judges the turns of a file's cases, equal turns once: rows are read again and again, their scorers are built
/// when the file is checked.
#[derive(Debug, Default)]
pub(super) struct TurnRules(BTreeMap<Fingerprint, Arc<[Scorer]>>);

impl TurnRules {
    /// Keeps what judges the turns of a row.
    pub(super) fn keep(&mut self, written: &[TurnScores<'_>], turns: &[ScoredTurn]) {
        for ((number, written), turn) in (1..).zip(written).zip(turns) {
            self.0.entry(written.content(number, &turn.case)).or_insert_with(|| turn.scorers.clone());
        }
    }

    /// The turns of a case with what judges them; `None` when the row is not what it was.
    pub(super) fn of(&self, case: &Case, written: &[TurnScores<'_>]) -> Option<Vec<ScoredTurn>> {
        let turns = (1..).zip(case.script.iter().zip(written));
        turns
            .map(|(number, (turn, written))| {
                let case = Arc::new(as_question(case, turn));
                let scorers = self.0.get(&written.content(number, &case))?.clone();
                Some(ScoredTurn { case, scorers })
            })
            .collect()
    }

    /// All scorers.
    pub(super) fn scorers(&self) -> impl Iterator<Item = &Scorer> {
        self.0.values().flat_map(|scorers| scorers.iter())
    }
}

impl TurnScores<'_> {
    /// Whether any scorer is written, be it right or wrong.
    fn is_written(&self) -> bool {
        !self.tables.is_empty() || self.of_row.is_some()
    }

    /// Hash of what decides the scorers of a turn in a row.
    fn content(&self, number: u32, case: &Case) -> Fingerprint {
        Fingerprint::of(&(number, &self.of_row, case.expect.is_empty()))
    }

    fn build(&self, context: &Context<'_>, mistakes: &mut Mistakes) -> Vec<Built> {
        let Some(of_row) = &self.of_row else { return scorers::build_all(&self.tables, context, mistakes) };
        let built = as_toml(of_row, &self.span, |tree| {
            let tables = Vec::<At<ScoreTable<'_>>>::decode(tree, "score", mistakes).unwrap_or_default();
            scorers::build_all(&tables, context, mistakes)
        });
        built.unwrap_or_else(|why| {
            mistakes.push(mistakes.error(&self.span, format!("`score`: {why}")));
            Vec::new()
        })
    }
}

/// The turns of a script; `None` when one of them is wrong (reported).
pub(super) fn turns(written: &[At<ScriptTable<'_>>], mistakes: &mut Mistakes) -> Option<Vec<ScriptTurn>> {
    if let Some(beyond) = written.get(MOST_TURNS) {
        let message = format!("a script has at most {MOST_TURNS} turns");
        mistakes.push(mistakes.error(&beyond.span, message));
        return None;
    }
    let turns: Vec<Option<ScriptTurn>> = written.iter().map(|t| turn(&t.value, mistakes)).collect();
    turns.into_iter().collect()
}

fn turn(table: &ScriptTable<'_>, mistakes: &mut Mistakes) -> Option<ScriptTurn> {
    let tools: Vec<Option<ScriptedTool>> = table.tools.iter().map(|t| tool(&t.value, mistakes)).collect();
    let expect = table.expect.as_ref().map(|e| defaults::actions(&e.value.0)).unwrap_or_default();
    let say = table.say.as_ref()?;
    if say.value.trim().is_empty() {
        mistakes.push(mistakes.error(&say.span, "a turn must not be empty"));
        return None;
    }
    let tools = tools.into_iter().collect::<Option<_>>()?;
    Some(ScriptTurn { say: say.value.clone(), tools, expect })
}

fn tool(table: &ScriptToolTable, mistakes: &mut Mistakes) -> Option<ScriptedTool> {
    let (name, result) = (table.name.as_ref()?, table.result.as_ref()?);
    if name.value.trim().is_empty() {
        mistakes.push(mistakes.error(&name.span, "a tool's name must not be empty"));
        return None;
    }
    Some(ScriptedTool { name: name.value.clone(), result: result.value.0.clone() })
}

/// The conversation up to the first turn of the script, which is the case's input.
pub(super) fn opening(table: &CaseTable<'_>, mistakes: &mut Mistakes) -> Option<Vec<Turn>> {
    if let Some(input) = &table.input {
        let finding = mistakes.error(&input.span, "`input` and `script` exclude each other");
        mistakes.push(finding.help("the first `say` of the script is the input"));
        return None;
    }
    let mut turns = match &table.turns {
        Some(written) => draft::said(written, mistakes)?,
        None => Vec::new(),
    };
    if let Some(written) = table.turns.as_ref().filter(|_| turns.last().is_some_and(by_customer)) {
        let span = written.value.last().map_or(&written.span, |t| &t.span);
        let finding = mistakes.error(span, "before a script, the last of `turns` must be the agent's");
        mistakes.push(finding.help("what the customer says next is the first `say` of the script"));
        return None;
    }
    let first = table.script.first()?.value.say.as_ref()?;
    turns.push(Turn { role: Speaker::Customer, text: first.value.clone() });
    Some(turns)
}

fn by_customer(turn: &Turn) -> bool {
    turn.role == Speaker::Customer
}

/// What judges the turns, as written.
pub(super) fn scores(written: Vec<At<ScriptTable<'_>>>) -> Vec<TurnScores<'_>> {
    written
        .into_iter()
        .map(|t| TurnScores { span: t.span, tables: t.value.score, of_row: t.value.of_row })
        .collect()
}

/// Builds what judges the turns of a table that cannot be a case, for its mistakes alone.
pub(super) fn build_all(written: &[TurnScores<'_>], context: &Context<'_>, mistakes: &mut Mistakes) {
    for turn in written {
        turn.build(context, mistakes);
    }
}

/// Whether any turn is judged. Scorers that could not be built have findings of their own.
pub(super) fn judges(written: &[TurnScores<'_>], turns: &[ScoredTurn]) -> bool {
    turns.iter().any(|turn| !turn.scorers.is_empty()) || written.iter().any(TurnScores::is_written)
}

/// Builds what judges each turn; mistakes are reported and left out.
pub(super) fn scored(
    case: &Case,
    written: &[TurnScores<'_>],
    context: &Context<'_>,
    mistakes: &mut Mistakes,
) -> Vec<ScoredTurn> {
    let turns = (1..).zip(case.script.iter().zip(written));
    turns
        .map(|(number, (turn, written))| {
            let built = written.build(context, mistakes);
            let mut built: Vec<Scorer> =
                scorers::label(built, mistakes).into_iter().map(|b| b.scorer).collect();
            if !turn.expect.is_empty() && built.iter().all(|s| s.kind != ACTION) {
                built.extend(scorers::plain(ACTION, context));
            }
            if turn.expect.is_empty() && built.iter().any(|s| s.kind == ACTION) {
                let message = "the turn has an `action` scorer and no `expect`, so that it judges nothing";
                let finding = crate::diagnostic::Diagnostic::warning(message);
                mistakes.push(finding.at(mistakes.file().at(written.span.clone())));
            }
            for scorer in &mut built {
                scorer.name = format!("turn {number}: {}", scorer.name);
            }
            ScoredTurn { case: Arc::new(as_question(case, turn)), scorers: built.into() }
        })
        .collect()
}

/// The case as if the turn were all that is asked.
fn as_question(case: &Case, turn: &ScriptTurn) -> Case {
    let mut turns = case.history().to_vec();
    turns.push(Turn { role: Speaker::Customer, text: turn.say.clone() });
    Case {
        turns,
        expect: turn.expect.clone(),
        script: Vec::new(),
        customer: None,
        phrasings: Vec::new(),
        goldens: Vec::new(),
        ..case.clone()
    }
}

/// Hash of what judges a case at its end and in its turns.
pub(super) fn rules(at_the_end: Fingerprint, turns: &[ScoredTurn], around: Around) -> Fingerprint {
    if turns.iter().all(|t| t.scorers.is_empty()) {
        return at_the_end;
    }
    let of_turn = |turn: &ScoredTurn| Judged::new(turn.scorers.clone(), around).rules;
    Fingerprint::of(&(at_the_end, turns.iter().map(of_turn).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Action;
    use crate::config::reader::{parse, read_table};
    use crate::diagnostic::SourceFile;

    fn check(text: &str) -> (Option<Vec<Turn>>, Option<Vec<ScriptTurn>>, Vec<String>) {
        let mut mistakes = Mistakes::new(SourceFile::new("s.toml", text));
        let tree = parse(text, &mut mistakes).unwrap();
        let table: CaseTable<'_> = read_table(tree.get_ref(), &(0..0), &mut mistakes);
        let (before, script) = (opening(&table, &mut mistakes), turns(&table.script, &mut mistakes));
        let found = mistakes.finish();
        let shown = found.iter().map(|d| format!("{} {}", d.to_row().line.unwrap_or(0), d.message));
        (before, script, shown.collect())
    }

    #[test]
    fn a_script_begins_after_what_was_said() {
        let (before, script, found) = check(
            "id = 'a'\nturns = [{ role = 'agent', text = 'Hi' }]\n[[script]]\nsay = 'Where is it?'\n\
             tools = [{ name = 'find', result = { at = 'depot', days = 2 } }]\n\
             [[script]]\nsay = 'Thanks'\nexpect = 'answer'\n",
        );
        assert_eq!(found, [""; 0]);
        let texts: Vec<_> = before.unwrap().into_iter().map(|t| t.text).collect();
        assert_eq!(texts, ["Hi", "Where is it?"]);
        let script = script.unwrap();
        assert_eq!(script[0].tools[0].text(), r#"{"at":"depot","days":2}"#);
        assert_eq!(script[1].expect, [Action::Answer]);
    }

    #[test]
    fn every_mistake_at_once() {
        let (_, script, found) = check(
            "id = 'a'\ninput = 'x'\n[[script]]\nsay = ' '\n[[script]]\nsya = 'y'\n\
             [[script]]\nsay = 'z'\ntools = [{ name = '', result = 1 }, { nam = 't' }]\n",
        );
        assert!(script.is_none());
        assert_eq!(
            found,
            [
                "2 `input` and `script` exclude each other",
                "4 a turn must not be empty",
                "5 `say` is missing",
                "6 unknown key `sya`",
                "9 a tool's name must not be empty",
                "9 `name` is missing",
                "9 `result` is missing",
                "9 unknown key `nam`",
            ]
        );
        let (before, _, found) =
            check("id = 'a'\nturns = [{ role = 'customer', text = 'Hi' }]\n[[script]]\nsay = 'x'\n");
        assert!(before.is_none());
        assert_eq!(found, ["2 before a script, the last of `turns` must be the agent's"]);
    }
}
