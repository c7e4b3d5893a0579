//! `[case.customer]`: a simulated customer, checked.

use std::collections::BTreeMap;

use crate::case::Customer;
use crate::config::range::in_range;
use crate::config::reader::{At, Mistakes, suggest_or_list};
use crate::provider::ModelSpec;
use crate::suite::draft::Draft;
use crate::suite::wire::{CaseTable, CustomerTable};

const MOST_TURNS: u32 = 6;
const STOP: &str = "[DONE]";

/// A customer that lacks something; what it is was reported.
pub(super) struct Reported;

/// The customer of a case, when it has one.
pub(super) fn check(table: &CaseTable<'_>, mistakes: &mut Mistakes) -> Result<Option<Customer>, Reported> {
    let Some(written) = &table.customer else { return Ok(None) };
    if let Some(script) = table.script.first() {
        let finding = mistakes.error(&script.span, "`script` and `customer` exclude each other");
        mistakes.push(finding.help("a script says what the customer says; a simulated one decides itself"));
    }
    if let Some(tier) = &table.tier {
        let finding = mistakes.error(&tier.span, "a case with a simulated customer has no `tier`");
        mistakes.push(finding.help("it is for exploration and never gates: remove `tier`"));
    }
    let CustomerTable { persona, goal, model, max_turns, stop, seed } = &written.value;
    let texts = [("persona", persona), ("goal", goal), ("model", model), ("stop", stop)];
    for (key, text) in texts.iter().filter_map(|(key, text)| Some((key, text.as_ref()?))) {
        if text.value.trim().is_empty() {
            mistakes.push(mistakes.error(&text.span, format!("`{key}` is empty")));
        }
    }
    let max_turns = in_range(max_turns.as_ref(), 2, 50, "max_turns", mistakes);
    let text = |written: &Option<At<String>>| written.as_ref().map(|t| t.value.clone());
    Ok(Some(Customer {
        persona: text(persona).ok_or(Reported)?,
        goal: text(goal).ok_or(Reported)?,
        model: text(model).ok_or(Reported)?,
        max_turns: max_turns.unwrap_or(MOST_TURNS),
        stop: text(stop).unwrap_or_else(|| STOP.to_owned()),
        seed: seed.as_ref().map_or(1, |s| s.value),
    }))
}

/// Reports a customer whose model is not in the settings.
pub(super) fn report_model(draft: &Draft<'_>, models: &BTreeMap<String, ModelSpec>, mistakes: &mut Mistakes) {
    let Some(customer) = &draft.case.customer else { return };
    if models.contains_key(&customer.model) {
        return;
    }
    let known: Vec<&str> = models.keys().map(String::as_str).collect();
    let message = format!("no model is named `{}`, which is to play the customer", customer.model);
    let finding = crate::diagnostic::Diagnostic::error(message).at(draft.place.clone());
    mistakes.push(suggest_or_list(finding, &customer.model, &known, "models"));
}
