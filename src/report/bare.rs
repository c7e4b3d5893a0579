//! Does a prompt still beat the bare one: the customer's question alone, asked of the same model?
//!
//! Models learn what a template once had to tell them, and then the template costs tokens for nothing. The arm is run by
//! `--bare`; the answer is yes where the prompt passes more cases than chance explains, no where it passes at most the
//! margin more, and else that it cannot be told.

use serde::Serialize;

use crate::diff::{Finding, Metric, Outline};
use crate::outcome::VariantKey;
use crate::prompt::BARE;
use crate::report::numbers::{p_value, plural, points};
use crate::report::versus::Versus;
use crate::sentence::{CaseFilter, Sentence};
use crate::stats::Interval;

/// The answer to whether a prompt still beats the bare one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Beats {
    /// It passes more cases than chance explains.
    Yes,
    /// It passes at most the margin more.
    No,
    /// The cases do not suffice to tell.
    CannotTell,
}

/// Whether a prompt still beats the bare one on a model.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct StillBeats {
    /// The prompt and the model.
    pub variant: VariantKey,
    /// The answer.
    pub answer: Beats,
    /// Question and answer in a sentence.
    pub sentence: Sentence,
    /// Cases with a verdict on both sides.
    pub pairs: u64,
    /// Difference of the pass rates, the prompt's − the bare one's.
    pub difference: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Its two-sided p-value; 1 when nothing was tested.
    pub p_value: f64,
    /// The p-value held against its being one of several such questions (Holm); only where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjusted_p: Option<f64>,
    /// Cases that would tell, where these do not.
    pub cases_needed: Option<u64>,
}

/// The columns of the bare arm with those to be held against it; none where the arm was not asked for.
pub(super) fn bare_pairs(outline: &Outline<'_>) -> Vec<(usize, usize)> {
    if !outline.run.info().header.selection.bare {
        return Vec::new();
    }
    let columns = || outline.columns.iter().enumerate();
    columns()
        .filter(|(_, bare)| bare.prompt == BARE)
        .flat_map(|(base, bare)| {
            columns()
                .filter(move |(_, c)| c.prompt != BARE && c.model == bare.model)
                .map(move |(cand, _)| (base, cand))
        })
        .collect()
}

impl StillBeats {
    /// From the comparison of a prompt with the bare one.
    pub(super) fn of(versus: &Versus) -> Self {
        let rate = versus.metrics.first();
        let margin = rate.map_or(0.0, |m| m.margin);
        let answer = match (versus.finding, versus.interval) {
            (Finding::Better, _) => Beats::Yes,
            (Finding::Worse, _) => Beats::No,
            (Finding::NoWorse | Finding::CannotTell, Some(interval)) if interval.high <= margin => Beats::No,
            _ => Beats::CannotTell,
        };
        let cases_needed = rate.filter(|_| answer == Beats::CannotTell).and_then(Metric::would_tell);
        let mut found = Self {
            variant: versus.cand.clone(),
            answer,
            sentence: Sentence::default(),
            pairs: versus.pairs,
            difference: versus.difference,
            interval: versus.interval,
            p_value: versus.p_value,
            adjusted_p: versus.adjusted_p,
            cases_needed,
        };
        found.sentence = found.sentence(margin, &versus.cases("compared"));
        found
    }

    fn sentence(&self, margin: f64, all: &CaseFilter) -> Sentence {
        let VariantKey { prompt, model } = &self.variant;
        let mut text = Sentence::from("does ");
        text.about(prompt, &CaseFilter::of(&self.variant));
        text.say(format_args!(" still beat the bare prompt on {model}? "));
        let Some((difference, interval)) = self.difference.zip(self.interval) else {
            text.say("cannot tell: no case has a verdict on both sides");
            return text;
        };
        text.say(match self.answer {
            Beats::Yes => "yes: ",
            Beats::No => "no: ",
            Beats::CannotTell => "cannot tell: ",
        });
        text.about(format_args!("{:+.1} points", difference * 100.0), all);
        text.say(" over ");
        text.about(plural(self.pairs, "case"), all);
        text.say(" (");
        text.about(format_args!("95 % interval {}", points(interval)), all);
        text.say("; ");
        text.about(format_args!("p {}", p_value(self.p_value)), all);
        if let Some(p) = self.adjusted_p {
            text.say(", ");
            text.about(format_args!("{} by Holm", p_value(p)), all);
        }
        text.say(")");
        match (self.answer, self.cases_needed) {
            (Beats::No, _) if interval.high > 0.0 => {
                text.say(format_args!(", at most {:.0} points better", margin * 100.0));
            }
            (Beats::CannotTell, Some(n)) => {
                text.say(format_args!("; about {} would tell", plural(n, "case")));
            }
            _ => {}
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, report, trial};

    /// Cases that the bare prompt fails or passes and `grounded` turns.
    fn asked(fixed: usize, broke: usize, both: usize) -> Vec<StillBeats> {
        let mut run = RunBuilder::new("r").variant(BARE).variant("grounded");
        for i in 0..fixed + broke + both {
            let of = |prompt: &str, passes: bool| {
                let one = trial(&format!("c{i:03}"), prompt);
                if passes { one.passed() } else { one.failed("number", "differs") }
            };
            run = run.trial(of(BARE, i >= fixed)).trial(of("grounded", i < fixed || i >= fixed + broke));
        }
        let mut run = run.build();
        run.header.selection.bare = true;
        report(&run).bare
    }

    #[test]
    fn the_question_is_answered_literally() {
        let yes = asked(15, 2, 40);
        assert_eq!(yes[0].answer, Beats::Yes);
        assert!(
            yes[0].sentence.starts_with(
                "does grounded still beat the bare prompt on small? yes: +22.8 points over 57 cases (95 % interval +"
            ),
            "{}",
            yes[0].sentence
        );
        assert_eq!(asked(2, 20, 60)[0].answer, Beats::No);
        let no = asked(0, 0, 400);
        assert_eq!(no[0].answer, Beats::No);
        assert!(no[0].sentence.ends_with("), at most 2 points better"), "{}", no[0].sentence);
        let open = asked(3, 2, 20);
        assert_eq!(open[0].answer, Beats::CannotTell);
        assert!(open[0].cases_needed.unwrap() > 25 && open[0].sentence.ends_with(" would tell"));
    }

    #[test]
    fn no_verdicts_and_no_arm() {
        let nothing = asked(0, 0, 0);
        assert_eq!(nothing[0].answer, Beats::CannotTell);
        assert!(nothing[0].sentence.ends_with("? cannot tell: no case has a verdict on both sides"));
        let run = RunBuilder::new("r").trial(trial("a", BARE).passed()).trial(trial("a", "long").passed());
        assert_eq!(report(&run.build()).bare, [], "the arm was not asked for");
    }
}
