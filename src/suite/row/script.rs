//! The `script` of a row: a list of turns with the keys of `[[case.script]]`; in CSV it is JSON in a cell.

use serde_json::Value;

use crate::config::decode::{Json, as_toml};
use crate::config::reader::{At, Decode as _, Mistakes};
use crate::suite::fields::Cell;
use crate::suite::wire::ScriptTable;

/// The turns of a row; what is wrong is reported and left out.
pub(super) fn turns<'a>(cell: &Cell, mistakes: &mut Mistakes) -> Vec<At<ScriptTable<'a>>> {
    let parsed = cell.value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut written = parsed.unwrap_or_else(|| cell.value.clone());
    if !written.is_array() {
        mistakes.push(mistakes.error(&cell.span, "`script`: expected a list of turns"));
        return Vec::new();
    }
    // A result may be anything, also what TOML has no word for; scorers are read when they are built.
    let (mut results, mut scorers) = (Vec::new(), Vec::new());
    for turn in written.as_array_mut().into_iter().flatten() {
        scorers.push(turn.as_object_mut().and_then(|turn| turn.remove("score")));
        let tools = turn.get_mut("tools").and_then(Value::as_array_mut).into_iter().flatten();
        let result = |tool: &mut Value| Some(std::mem::replace(tool.get_mut("result")?, Value::Bool(true)));
        results.push(tools.map(result).collect::<Vec<_>>());
    }
    let decoded = as_toml(&written, &cell.span, |tree| {
        let turns = Vec::<At<ScriptTable<'_>>>::decode(tree, "script", mistakes)?;
        // Without its scorers, which were taken out, a turn borrows nothing.
        let owned = turns.into_iter().map(|At { value: turn, span }| {
            let ScriptTable { say, expect, tools, .. } = turn;
            At::new(ScriptTable { say, expect, tools, score: Vec::new(), of_row: None }, span)
        });
        Some(owned.collect::<Vec<_>>())
    });
    let mut turns: Vec<At<ScriptTable<'a>>> = match decoded {
        Ok(turns) => turns.unwrap_or_default(),
        Err(why) => {
            mistakes.push(mistakes.error(&cell.span, format!("`script`: {why}")));
            return Vec::new();
        }
    };
    for ((turn, results), score) in turns.iter_mut().zip(results).zip(scorers) {
        turn.value.of_row = score;
        for (tool, result) in turn.value.tools.iter_mut().zip(results) {
            tool.value.result = result.map(|result| At::new(Json(result), cell.span.clone()));
        }
    }
    turns
}
