//! # What it checks
//! The tool calls of an answer: which tools are called, with which arguments, how often, in which
//! order, and which must not be called. It also finds an answer that explains instead of calling
//! (`article-instead-of-workflow`) and one that says it acted and called nothing
//! (`claim-without-call`: “I have cancelled your order”, „am anulat comanda”). The value is the share of
//! the expected calls that were made, with every unexpected or forbidden call counted as one more that
//! is missing; a claim without a call is 0.
//!
//! # Keys
//! - `calls`: the expected calls, each a table:
//!   `tool` (`*` stands for anything), `args` (a table), `match` = "exact" (all arguments and no others),
//!   "subset" (others may be there) or "any" (arguments do not matter), `schema` (a JSON Schema for the
//!   arguments), `count` = 1 (a number, or `{ min = 1, max = 3 }`), `strings` (as below).
//!   An empty list means that nothing may be called.
//! - `forbidden`: tools, or tables as in `calls`, that must not be called.
//! - `order` = "any": "strict" when the calls must come in the order in which they are listed.
//! - `others`: "allow" or "forbid" further calls; "forbid" with `writes` or an empty `calls`, else "allow".
//! - `writes`: the tools that change something (`*` allowed); calls of other tools are then not looked at.
//! - `strings` = "exact": "loose" leaves letter case and blanks aside, "bare" also `,./-_*^`.
//! - `claims` = true: whether a claim to have acted needs a call.
//!
//! An argument is a value (5 is 5.0), a list or a table of such, or a rule: `{ one_of = […] }`,
//! `{ min = 1, max = 9 }`, `{ matches = "#W\\d+" }` (the whole text), `{ contains = "…" }`, `{ not = … }`,
//! `{ any_order = […] }`, `{ schema = {…} }`, `{ fields = {…} }`, `{ is = … }` (taken as it stands),
//! `{ any = true }`; `optional = true` beside them lets it be missing or null, and with `one_of = []` it must
//! be that.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "workflow"
//! calls = [{ tool = "cancel_order", args = { order_id = "W123", reason = { one_of = ["late", "mistake"] } } }]
//! forbidden = ["refund_*"]
//! writes = ["cancel_*", "refund_*", "update_*"]
//! ```
//!
//! # Caveats
//! In a conversation, a scorer of the case counts the calls of all turns, in their order, and looks for claims in
//! the last answer; a scorer of a turn counts the calls of that turn, and a call of an earlier turn supports a claim.
//! It sees the calls that the model asked for, not what they did. A claim is recognised by its words,
//! English and Romanian, and any call (any write, with `writes`) supports it: that a refund is claimed and
//! only an address was changed it can't see. A handover that is only said is judged by `action`. Not
//! applicable where no key says what to expect and the answer claims nothing.

mod assign;
mod calls;
mod claims;
mod wants;

use serde_json::Value;

use crate::case::Action;
use crate::provider::ToolCall;
use crate::score::support::detect::detect;
use crate::score::words::{Folded, Folding, sentences};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerError, ScorerKind};

use calls::{Expected, read_all};
use wants::{Strings, told};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "workflow",
    summary: "the right tools are called, with the right arguments, and no action is claimed without a call",
    keys: &["calls", "forbidden", "order", "others", "writes", "strings", "claims"],
    docs: docs!("mod.rs"),
    build,
};

/// A tool call as a transcript has it.
#[derive(Debug, Clone, Copy)]
pub struct CallSeen<'a> {
    /// Tool name.
    pub name: &'a str,
    /// Its arguments.
    pub arguments: &'a Value,
    /// Whether the tool answered with an error, so that nothing came of it; it then counts only where it is forbidden.
    pub failed: bool,
}

/// The rules for the tool calls of an answer or of a whole conversation.
#[derive(Debug)]
pub struct Workflow {
    /// Absent: nothing is said about the calls.
    calls: Option<Vec<Expected>>,
    forbidden: Vec<Expected>,
    strict: bool,
    forbid_others: bool,
    writes: Vec<String>,
    claims: bool,
}

fn build(args: &Args<'_>) -> Built {
    Ok(Box::new(Workflow::of(args)?))
}

impl Workflow {
    /// Reads the keys.
    ///
    /// # Errors
    /// All mistakes in them.
    pub fn of(args: &Args<'_>) -> Result<Self, Vec<ScorerError>> {
        let mut errors = Vec::new();
        let strings = args.get::<Strings>("strings", &mut errors).unwrap_or_default();
        let calls = read_all(args, "calls", strings, &mut errors);
        let forbidden = read_all(args, "forbidden", strings, &mut errors);
        let mut choice = |key: &str, names: [&str; 2]| match args.get::<String>(key, &mut errors) {
            Some(name) if !names.contains(&name.as_str()) => {
                let message = format!("`{key}` must be `{}` or `{}`", names[0], names[1]);
                errors.push(args.error_at(key, message));
                None
            }
            name => name.map(|n| n == names[1]),
        };
        let strict = choice("order", ["any", "strict"]).unwrap_or(false);
        let others = choice("others", ["allow", "forbid"]);
        let writes = args.strings("writes", &mut errors).unwrap_or_default();
        let claims = args.get::<bool>("claims", &mut errors).unwrap_or(true);
        if !errors.is_empty() {
            return Err(errors);
        }
        let closed = !writes.is_empty() || calls.as_ref().is_some_and(Vec::is_empty);
        let forbid_others = others.unwrap_or(closed);
        Ok(Self { calls, forbidden: forbidden.unwrap_or_default(), strict, forbid_others, writes, claims })
    }

    /// Judges the calls of an answer, or of a whole conversation, with the last answer's text.
    /// `action` is what that answer did, where it is known.
    pub fn judge(&self, seen: &[CallSeen<'_>], text: &str, action: Option<Action>) -> Finding {
        self.judge_after(&[], seen, text, action)
    }

    /// As [`Workflow::judge`]; the `earlier` calls support a claim to have acted and are not counted.
    fn judge_after(
        &self,
        earlier: &[CallSeen<'_>],
        seen: &[CallSeen<'_>],
        text: &str,
        action: Option<Action>,
    ) -> Finding {
        let writes = |call: &CallSeen<'_>| {
            self.writes.is_empty() || self.writes.iter().any(|w| calls::named(w, call.name))
        };
        let acted = earlier.iter().chain(seen).any(|c| !c.failed && writes(c));
        let claimed = if self.claims && !acted { claims::claims(text) } else { Vec::new() };
        let expects = self.calls.is_some() || !self.forbidden.is_empty();
        if !expects && claimed.is_empty() {
            return Finding::not_applicable("no call is expected, and no action is claimed without one");
        }
        let expected = self.calls.as_deref().unwrap_or_default();
        let named = |call: &CallSeen<'_>| expected.iter().any(|e| calls::named(&e.tool, call.name));
        let counted: Vec<&CallSeen<'_>> =
            seen.iter().filter(|c| !c.failed && (writes(c) || named(c))).collect();
        let plan = calls::plan(expected, &counted, self.strict);
        let mut evidence: Vec<Evidence> = Vec::new();
        let mut reasons = Vec::new();
        for missing in &plan.missing {
            let (label, note) = missing.why(&counted, &plan.used);
            reasons.push(note.clone());
            evidence.push(Evidence { note: Some(note), ..Evidence::new(label, missing.tool.as_str()) });
        }
        let barred = seen.iter().filter(|c| self.forbidden.iter().any(|f| f.fits(c)));
        let others = counted.iter().copied().enumerate().filter(|(i, c)| {
            self.forbid_others && !plan.used[*i] && !self.forbidden.iter().any(|f| f.fits(c))
        });
        let bad: Vec<(&str, &CallSeen<'_>)> = barred
            .map(|c| ("forbidden-call", c))
            .chain(others.map(|(_, c)| ("unexpected-call", c)))
            .collect();
        for (label, call) in &bad {
            reasons.push(format!("`{}` is {}", call.name, label.replace("-call", "")));
            let note = Some(told(&call.arguments));
            evidence.push(Evidence { note, ..Evidence::new(*label, call.name) });
        }
        let folded = Folded::new(text, Folding::Typing);
        let place = |label: &str, span: &std::ops::Range<usize>| Evidence {
            span: Some(span.clone()),
            ..Evidence::new(label, folded.quote(span))
        };
        for span in &claimed {
            reasons.push(format!("says “{}” and calls nothing", folded.quote(span)));
        }
        evidence.extend(claimed.iter().map(|span| place("claim-without-call", span)));
        if !plan.missing.is_empty() && seen.is_empty() && claimed.is_empty() && action == Some(Action::Answer)
        {
            reasons.push("explains instead of calling".to_owned());
            let first = sentences(text).into_iter().next();
            evidence.splice(0..0, first.iter().map(|span| place("article-instead-of-workflow", span)));
        }
        let right = plan.required - plan.missing.len();
        let of = plan.required + bad.len();
        let value = if !claimed.is_empty() {
            0.0
        } else if of == 0 {
            1.0
        } else {
            right as f64 / of as f64
        };
        let pass = evidence.is_empty();
        evidence.extend(
            counted.iter().zip(&plan.used).filter(|(_, used)| **used).map(|(c, _)| Evidence {
                note: Some(told(&c.arguments)),
                ..Evidence::new("matched", c.name)
            }),
        );
        let reason = match (pass, plan.required) {
            (true, 0) => "nothing is called that should not be".to_owned(),
            (true, _) => "calls what it should".to_owned(),
            (false, _) => reasons.join("; "),
        };
        Finding::scored(value, pass, reason).with(evidence)
    }
}

fn called(call: &ToolCall) -> CallSeen<'_> {
    CallSeen { name: &call.name, arguments: &call.arguments, failed: false }
}

impl Check for Workflow {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let here: Vec<CallSeen<'_>> = input.completion.tool_calls.iter().map(called).collect();
        // With the calls of this answer; empty where one answer was asked for.
        let mut earlier: Vec<CallSeen<'_>> =
            input.dialogue.iter().flat_map(|m| &m.tool_calls).map(called).collect();
        earlier.truncate(earlier.len().saturating_sub(here.len()));
        // The scorers of a turn see a case that is no conversation.
        let (earlier, seen) =
            if input.case.is_talk() { (Vec::new(), [earlier, here].concat()) } else { (earlier, here) };
        let expects = self.calls.as_ref().is_some_and(|c| !c.is_empty());
        let action = (seen.is_empty() && expects).then(|| detect(input.completion, input.markers)).flatten();
        self.judge_after(&earlier, &seen, &input.completion.text, action.map(|(action, _)| action))
    }

    fn check_without_text(&self, input: &ScoreInput<'_>) -> Finding {
        self.check(input)
    }
}

#[cfg(test)]
mod tests;
