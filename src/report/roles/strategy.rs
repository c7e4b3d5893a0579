//! For who decides where the bot serves alone, where it helps a person, and where people serve.
//!
//! An area is ready to *automate* when the lower bound of its pass rate's 95 % interval is at least [`AUTOMATE`] and no
//! critical case fails; to *assist* when the bound is at least [`ASSIST`] and at most [`CRITICAL`] of its critical cases
//! fail; else it stays with a *human*. The bound, not the rate: three of three passes say little.

use super::{Material, Needs, RoleKind, page_of};
use crate::gate::Verdict;
use crate::report::areas::AreaRow;
use crate::report::columns::Rate;
use crate::report::numbers::{count, percent, percent_interval, plural, usd};
use crate::report::page::{Cell, Page, name, text, toned};
use crate::report::terminal::Tone;
use crate::report::{Depth, ReportOptions};
use crate::stats;

/// Least lower bound of the pass rate of an area that the bot serves alone.
pub const AUTOMATE: f64 = 0.8;
/// Least lower bound of the pass rate of an area in which the bot drafts and a person answers.
pub const ASSIST: f64 = 0.5;
/// Most share of critical cases that may fail where a person answers.
pub const CRITICAL: f64 = 0.1;

/// Row of the table of roles.
pub const KIND: RoleKind = RoleKind {
    name: "strategy",
    summary: "which areas to automate, assist or leave to people, cost and targets",
    needs: Needs::Nothing,
    depth: |_| Depth::first(1).with_areas(),
    page,
};

/// Who serves an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    Automate,
    Assist,
    Human,
}

fn page(material: &Material<'_>, _: &ReportOptions) -> Page {
    let report = material.report;
    let mut page = page_of("Readiness", &report.run);
    page.note(format!(
        "automate: lower bound of the pass rate's 95 % interval at least {}, no critical case fails; assist: at least {}, \
         at most {} of the critical cases fail; human: everything else",
        percent(AUTOMATE),
        percent(ASSIST),
        percent(CRITICAL)
    ));
    page.note("a case counts once, when it passes in every repeat; each wording is a case; what is reported only is left out");
    match material.target {
        Some(target) => page.note(format!("target: pass rate {} (min_pass_rate in [gate])", percent(target))),
        None => page.note("no target: write min_pass_rate in [gate] to see the gap to it"),
    }
    for variant in &report.variants {
        let rows: Vec<&AreaRow> = report.areas.iter().filter(|row| row.label == variant.label).collect();
        page.part(variant.variant.to_string());
        if rows.is_empty() {
            page.say("no case that decides anything");
        }
        page.table(
            &["area", "serve by", "passed", "95 %", "critical", "weight", "cost per pass", "gap"],
            rows.iter().map(|row| cells(row, material.target)).collect(),
        );
        if let Some(line) = traffic(&rows) {
            page.say(line);
        }
        for row in rows {
            let (readiness, mut why) = readiness(&row.cases, &row.critical);
            if row.unjudged > 0 {
                why = format!("{why}; {} without a verdict", count(row.unjudged));
            }
            page.entry(vec![area(row), serve(readiness)], vec![("why", vec![text(why)])]);
        }
    }
    page.note(
        "cost per pass: what all answers of the model cost over the answers that passed, judges left out; \
         gap: pass rate less target, in points",
    );
    if let Some(gate) = &report.gate {
        page.part("Targets of the gate");
        let rows = gate.rules.iter().map(|rule| {
            let column = rule.variant.as_ref().map_or_else(String::new, ToString::to_string);
            vec![text(&*rule.rule), verdict(rule.verdict), text(&*rule.detail), text(column)]
        });
        page.table(&["rule", "verdict", "numbers", "column"], rows.collect());
        page.say(&*gate.words);
    }
    page
}

/// How much of the traffic each way of serving gets; nothing without any traffic.
fn traffic(rows: &[&AreaRow]) -> Option<String> {
    let weight = |way: Option<Readiness>| -> f64 {
        let served = |row: &&&AreaRow| way.is_none_or(|way| readiness(&row.cases, &row.critical).0 == way);
        rows.iter().filter(served).map(|row| row.weight).sum()
    };
    let all = weight(None);
    let share = |way| percent(weight(Some(way)) / all);
    (all > 0.0).then(|| {
        format!(
            "of the traffic by weight: automate {}, assist {}, human {}",
            share(Readiness::Automate),
            share(Readiness::Assist),
            share(Readiness::Human)
        )
    })
}

fn cells(row: &AreaRow, target: Option<f64>) -> Vec<Cell> {
    let gap = row.cases.rate.zip(target).map(|(rate, target)| format!("{:+.0}", (rate - target) * 100.0));
    vec![
        area(row),
        serve(readiness(&row.cases, &row.critical).0),
        text(of(&row.cases)),
        text(row.cases.interval.map(percent_interval).unwrap_or_default()),
        text(of(&row.critical)),
        text(format!("{}", (row.weight * 10.0).round() / 10.0)),
        text(row.cost_per_pass().map_or_else(|| "not known".to_owned(), usd)),
        text(gap.unwrap_or_default()),
    ]
}

fn area(row: &AreaRow) -> Cell {
    row.area.as_deref().map_or_else(|| text("(no area)"), name)
}

fn serve(readiness: Readiness) -> Cell {
    match readiness {
        Readiness::Automate => toned(Tone::Good, "automate"),
        Readiness::Assist => toned(Tone::Warn, "assist"),
        Readiness::Human => toned(Tone::Bad, "human"),
    }
}

fn of(rate: &Rate) -> String {
    if rate.judged == 0 {
        "none".to_owned()
    } else {
        format!("{} of {}", count(rate.passed), count(rate.judged))
    }
}

/// Who serves, and why not more.
fn readiness(cases: &Rate, critical: &Rate) -> (Readiness, String) {
    let Some(interval) = cases.interval else { return (Readiness::Human, "nothing was judged".to_owned()) };
    let failing = critical.judged - critical.passed;
    let share = critical.rate.map_or(0.0, |rate| 1.0 - rate);
    let bound = |least: f64| {
        // Whether more cases could change it: the interval still reaches what is asked.
        let more = match fewest(least) {
            Some(n) if interval.high >= least && cases.judged < n => {
                let are = if cases.judged == 1 { "is" } else { "are" };
                let cases = plural(cases.judged, "case");
                format!(", and {cases} {are} too few to tell (at least {n} are needed)")
            }
            _ => String::new(),
        };
        format!("lower bound {} is under {}{more}", percent(interval.low), percent(least))
    };
    let fail = || format!("{} of {} critical cases fail", count(failing), count(critical.judged));
    if interval.low < ASSIST {
        let why = bound(ASSIST);
        (Readiness::Human, if failing > 0 { format!("{why}; {}", fail()) } else { why })
    } else if share > CRITICAL {
        (Readiness::Human, fail())
    } else if interval.low < AUTOMATE {
        (Readiness::Assist, bound(AUTOMATE))
    } else if failing > 0 {
        (Readiness::Assist, fail())
    } else {
        let none = if critical.judged == 0 { "; it has no critical case" } else { "" };
        (Readiness::Automate, format!("lower bound {}{none}", percent(interval.low)))
    }
}

/// The fewest cases whose interval reaches a bound when all of them pass.
fn fewest(least: f64) -> Option<u64> {
    (1..1000).find(|n| stats::wilson(*n, *n).is_some_and(|i| i.low >= least))
}

fn verdict(verdict: Verdict) -> Cell {
    match verdict {
        Verdict::Pass => toned(Tone::Good, "pass"),
        Verdict::Fail => toned(Tone::Bad, "fail"),
        Verdict::NotComparable => toned(Tone::Warn, "not comparable"),
        Verdict::Incomplete => toned(Tone::Warn, "incomplete"),
        Verdict::Inconclusive | Verdict::CannotTell => toned(Tone::Warn, "cannot tell"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_counts(cases: (u64, u64), critical: (u64, u64)) -> (Readiness, String) {
        readiness(&Rate::of(cases.0, cases.1), &Rate::of(critical.0, critical.1))
    }

    #[test]
    fn the_bound_decides_and_critical_failures_bar() {
        assert_eq!(of_counts((16, 16), (2, 2)).0, Readiness::Automate);
        assert_eq!(of_counts((15, 15), (2, 2)).0, Readiness::Assist);
        assert_eq!(of_counts((59, 60), (19, 20)).0, Readiness::Assist);
        assert_eq!(of_counts((59, 60), (1, 2)).0, Readiness::Human);
        assert_eq!(of_counts((3, 3), (0, 0)).0, Readiness::Human);
        assert_eq!(of_counts((0, 0), (0, 0)).0, Readiness::Human);
    }

    #[test]
    fn few_cases_are_said_to_be_few() {
        let (_, why) = of_counts((3, 3), (0, 0));
        assert_eq!(
            why,
            "lower bound 44 % is under 50 %, and 3 cases are too few to tell (at least 4 are needed)"
        );
        assert_eq!(of_counts((0, 20), (0, 0)).1, "lower bound 0 % is under 50 %");
        assert_eq!(of_counts((20, 20), (0, 0)).1, "lower bound 84 %; it has no critical case");
    }
}
