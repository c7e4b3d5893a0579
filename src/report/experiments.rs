//! Experiments in words: hypothesis, arms, plan, results with the tries counted, decisions.

use crate::diff::{Finding, independent};
use crate::experiment::{Experiment, Experiments, Found, Standing, standings};
use crate::report::RunFacts;
use crate::report::numbers::{p_value, plural, points};
use crate::sentence::{By, CaseFilter, JUDGED, Sentence};

/// One experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentView {
    /// Its name.
    pub name: String,
    /// What is thought to be so.
    pub hypothesis: String,
    /// What was stated: when, the arms, the plan; each with what it is.
    pub stated: Vec<(&'static str, String)>,
    /// What came out, the first first.
    pub results: Vec<ResultView>,
    /// What was decided, the first first.
    pub decisions: Vec<String>,
}

/// What came out of one run for one candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultView {
    /// The run.
    pub run: String,
    /// One sentence for a reader.
    pub sentence: Sentence,
}

impl ExperimentView {
    /// The experiment with this name.
    pub fn of(all: &Experiments, name: &str) -> Option<Self> {
        let experiment = all.get(name)?;
        let result = |(found, standing): (&Found, Standing)| ResultView {
            run: found.run.clone(),
            sentence: sentence(experiment, found, standing),
        };
        let decisions = experiment.decisions.iter().map(|decision| {
            let who = by(decision.by.as_deref());
            format!("{} on {}{who}: {}", decision.what.name(), decision.on, decision.why)
        });
        Some(Self {
            name: name.to_owned(),
            hypothesis: experiment.hypothesis.clone(),
            stated: stated(experiment),
            results: experiment.results.iter().zip(standings(all, name)).map(result).collect(),
            decisions: decisions.collect(),
        })
    }

    /// Those that a run belongs to: it was run for them, or one of their results rests on it.
    pub fn of_run(all: &Experiments, run: &RunFacts) -> Vec<Self> {
        let belongs = |(name, experiment): &(&str, &Experiment)| {
            let of = |found: &Found| found.run == run.id || found.base_run == run.id;
            run.tags.iter().any(|tag| tag == &tag_of(name)) || experiment.results.iter().any(of)
        };
        all.iter().filter(belongs).filter_map(|(name, _)| Self::of(all, name)).collect()
    }

    /// Everything that is said of it, each with what it is.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = self.stated.clone();
        lines.extend(self.results.iter().map(|result| ("result", result.sentence.to_string())));
        lines.extend(self.decisions.iter().map(|words| ("decided", words.clone())));
        if self.results.is_empty() {
            lines.push(("result", format!("none yet; regauge run --experiment {}", self.name)));
        }
        lines
    }
}

/// The tag of the runs of an experiment.
pub fn tag_of(name: &str) -> String {
    format!("experiment/{name}")
}

/// What was stated before anything was seen.
fn stated(experiment: &Experiment) -> Vec<(&'static str, String)> {
    let plan = &experiment.plan;
    let from = plan.baseline.as_ref().map_or_else(String::new, |name| format!(", from `{name}`"));
    let how = format!(
        "{} on {}: {} × {}, which {} ({}); margin {:.1} points, p at most {}",
        plan.metric,
        plan.suites.join(", "),
        plural(plan.cases, "case"),
        plan.repeats,
        plan.shows(),
        plan.basis,
        plan.margin * 100.0,
        plan.alpha
    );
    vec![
        ("stated", format!("{}{}", day(experiment.stated), by(experiment.author.as_deref()))),
        ("base", format!("{}{from}", plan.base)),
        ("tried", plan.candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        ("plan", how),
    ]
}

/// `short × gpt against base × gpt: pass rate +12.0 points over 40 cases (95 % interval …; p 0.004, 0.012 with 3 tries): …`
pub fn sentence(experiment: &Experiment, found: &Found, standing: Standing) -> Sentence {
    let plan = &experiment.plan;
    let arm = CaseFilter::of(&found.candidate);
    let mut text = Sentence::default();
    text.about(&found.candidate, &arm);
    text.say(" against ");
    text.about(&plan.base, &CaseFilter::of(&plan.base));
    text.say(": ");
    let Some((difference, interval)) = found.difference.zip(found.interval) else {
        text.say("no case has a value on both sides");
        return text;
    };
    let judged = arm.with(By::Outcome, JUDGED);
    text.say(format_args!("{} ", plan.metric));
    text.about(format_args!("{:+.1} points", difference * 100.0), &judged);
    text.say(" over ");
    text.about(plural(found.n, "case"), &judged);
    text.say(" (");
    text.about(format_args!("95 % interval {}", points(interval)), &judged);
    if let Some(p) = found.p_value {
        text.say("; ");
        text.about(format_args!("p {}", p_value(p)), &judged);
    }
    let tries = tries(standing, found);
    if standing.tries > 1 {
        text.say(", ");
        text.about(p_value(standing.adjusted_p), &judged);
        text.say(format_args!(" for {tries} against this base"));
    } else {
        text.say(format_args!("; {tries} against this base"));
    }
    if let Some(few) = found.too_few_clusters {
        text.say("; ");
        text.about(independent(few), &judged);
    }
    text.say(format_args!("): {}", finding_words(standing.finding)));
    match (standing.finding, found.cases_needed) {
        (Finding::NoWorse, _) => text.say(format_args!(" within {:.1} points", plan.margin * 100.0)),
        (Finding::CannotTell, Some(n)) => text.say(format_args!("; about {} would tell", plural(n, "case"))),
        _ => {}
    }
    if standing.finding != found.finding {
        let then = counted(found.tries);
        text.say(format_args!(" (when it was recorded, with {then}: {})", finding_words(found.finding)));
    }
    let post_hoc = found.after_the_fact(experiment);
    if !post_hoc.is_empty() {
        text.say(format_args!("; post hoc, a lead and no proof: {}", post_hoc.join("; ")));
    }
    text.say(format_args!(" [run {}, {}]", found.run, day(found.recorded)));
    text
}

fn tries(standing: Standing, found: &Found) -> String {
    match found.unrecorded {
        0 => counted(standing.tries),
        n => format!("{} ({n} of them in the store and in no experiment)", counted(standing.tries)),
    }
}

fn counted(tries: u64) -> String {
    if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") }
}

/// What a result shows, in words.
pub fn finding_words(finding: Finding) -> &'static str {
    match finding {
        Finding::Better => "better, a real difference",
        Finding::Worse => "worse, a real difference",
        Finding::NoWorse => "no worse",
        Finding::CannotTell => "cannot tell",
        Finding::Identical => "the same answers",
        Finding::NothingToCompare => "nothing to compare",
        Finding::NotComparable => "not comparable",
    }
}

/// The day of a moment.
pub fn day(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn by(who: Option<&str>) -> String {
    who.map_or_else(String::new, |who| format!(" by {who}"))
}
