//! A suite's `retrieval`.

use crate::config::reader::{At, Mistakes, suggest_or_list};
use crate::knowledge::Knowledge;
use crate::retrieve::{self, Limits, Retrieval};
use crate::suite::Context;

/// Used where a suite does not say.
const DEFAULT: &str = "gold";

/// The retrieval that is named; an unknown name is reported.
pub(super) fn choose(
    written: Option<&At<String>>,
    context: &Context<'_>,
    mistakes: &mut Mistakes,
) -> Retrieval {
    let known = context.retrievals;
    if let Some(written) = written.filter(|w| known.get(&w.value).is_none()) {
        let names: Vec<&str> = known.names().collect();
        let finding = mistakes.error(&written.span, format!("unknown retrieval `{}`", written.value));
        mistakes.push(if retrieve::find(&written.value).is_some() {
            finding.help(format!(
                "name your own retriever in regauge.toml: `[retrieval.mine]` with `kind = \"{0}\"`, and `retrieval = \"mine\"` here",
                written.value
            ))
        } else {
            suggest_or_list(finding, &written.value, &names, "known")
        });
    }
    let named = written.and_then(|written| known.get(&written.value));
    named.or_else(|| known.get(DEFAULT)).cloned().unwrap_or_default()
}

/// Says how much of the knowledge `full` leaves out.
pub(super) fn warn_cut(
    written: Option<&At<String>>,
    retrieval: &Retrieval,
    limits: Limits,
    knowledge: &Knowledge,
    mistakes: &mut Mistakes,
) {
    let Some(written) = written.filter(|_| retrieval.kind().name == "full") else { return };
    let budget = retrieval.budget(limits);
    let lengths: Vec<usize> =
        knowledge.articles().flat_map(|a| &a.passages).map(|p| p.text.chars().count()).collect();
    let (count, chars) = (lengths.len(), lengths.iter().sum::<usize>());
    if count <= budget.max_passages && chars <= budget.max_chars {
        return;
    }
    let most = match budget.max_passages {
        usize::MAX => String::new(),
        most => format!("{most} passages and "),
    };
    let message = format!(
        "`full` does not give all: the knowledge has {count} passages of {chars} characters, a trial is given at most \
         {most}{} characters",
        budget.max_chars
    );
    let finding = mistakes.warning(&written.span, message);
    mistakes.push(finding.help(
        "raise `max_chars` or `max_passages` in `[retrieval_budget]`, if the model's context has room",
    ));
}
