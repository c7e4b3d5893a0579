//! The report as one HTML file: no network, a strict content policy, readable without scripts.
//!
//! Rust writes the verdict, the tables and the charts ([`charts`], [`forest`]) through an escaping template ([`frame`]),
//! and all cases as JSON ([`data`]) that the page's own script shows. Texts of others are never markup: the template
//! makes every text inert and escapes it, and the script writes text nodes only.

mod charts;
mod data;
mod forest;
pub(in crate::report) mod frame;
mod view;

use minijinja::value::Serde;
use minijinja::{Error, Value, context};

use crate::report::{Depth, RendererKind, Report, ReportOptions};

/// Row of the renderer table.
pub const KIND: RendererKind = RendererKind {
    name: "html",
    summary: "one page for a browser: verdict, charts and all cases, for people",
    depth: |_| Depth::ALL.with_cases().with_trend(),
    render: |report, _: &ReportOptions| frame::shown(page(report)),
};

const JS: &str = include_str!("report.js");
const REPORT: &str = include_str!("report.html");
const CHARTS: &str = include_str!("charts.html");

fn page(report: &Report) -> Result<String, Error> {
    let mut env = frame::environment()?;
    view::add_filters(&mut env);
    env.add_template("charts.html", CHARTS)?;
    env.add_template("report.html", REPORT)?;
    let values = context! {
        report => Value::from(Serde(report)),
        retrieval => report.run.retrieval_words(),
        verdict => Value::from(Serde(view::verdict(report))),
        heat => Value::from(Serde(view::heat(report))),
        rule_links => view::rule_links(report),
        metric_links => metric_links(report),
        done => Value::from(Serde(view::done(report))),
        totals => Value::from(Serde(view::totals(report))),
        forest => Value::from(Serde(forest::rates(report))),
        slices => Value::from(Serde(forest::slices(report))),
        moved => Value::from(Serde(moved(report))),
        scatters => Value::from(Serde(charts::scatters(report))),
        powers => Value::from(Serde(charts::powers(report))),
        trend => Value::from(Serde(charts::trend(report))),
        total => report.cases.as_ref().map_or(0, |c| c.total),
        listed => report.cases.as_ref().map_or(0, |c| c.rows.len()),
        data => Value::from_safe_string(data::json(report)),
    };
    frame::filled(&env, "report.html", JS, values)
}

/// What moved, column by column.
fn moved(report: &Report) -> Vec<Option<forest::Forest>> {
    let columns = report.since.iter().flat_map(|s| &s.columns).enumerate();
    columns.map(|(place, column)| forest::moved(column, place)).collect()
}

/// Where the metrics of every column lead.
fn metric_links(report: &Report) -> Vec<Vec<String>> {
    let columns = report.since.iter().flat_map(|s| &s.columns);
    columns
        .map(|c| c.versus.metrics.iter().map(|m| forest::metric_link(&c.label, &m.name)).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GateRules;
    use crate::outcome::Recorded;
    use crate::report::Trend;
    use crate::report::sample::{RunBuilder, trial};

    const HOSTILE: &str =
        "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u{1b}[31m\u{202e}\u{2028}";

    fn hostile() -> Report {
        let before = RunBuilder::new("old").trial(trial("a", "bare").answer(HOSTILE).passed()).build();
        let now = RunBuilder::new("new")
            .trial(trial("a", "bare").failed(HOSTILE, HOSTILE).answer(HOSTILE))
            .trial(trial("a", "bare").index(2).passed())
            .trial(trial(HOSTILE, "grounded").suite(HOSTILE).passed())
            .trial(trial("e", "grounded").errored(crate::provider::ErrorKind::Timeout, HOSTILE))
            .build();
        let rules = GateRules::default();
        let mut report = Report::build(&now, Some(&before), Some(&rules), Depth::ALL.with_cases()).unwrap();
        let runs: [&dyn Recorded; 2] = [&before, &now];
        report.trend = Some(Trend::of(&runs, &["top-ten".to_owned()], None).unwrap());
        report
    }

    #[test]
    fn every_section_renders_and_hostile_text_is_inert() {
        let page = page(&hostile()).unwrap();
        assert_eq!(page.matches("<script").count(), 2, "the data and the page's own script");
        assert_eq!(page.matches("</script").count(), 2);
        assert!(!page.contains("<img") && !page.contains('\u{202e}') && !page.contains('\u{1b}'));
        assert!(!page.contains(" style=") && !page.contains("javascript:"));
        for part in ["Gate", "Pass rates", "Trend", "All repeats pass", "What changed", "Cases"] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn the_same_report_gives_the_same_page_and_names_no_other_place() {
        let report = hostile();
        let one = page(&report).unwrap();
        assert_eq!(one, page(&report).unwrap());
        let own = one.replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains("http:") && !own.contains("https:"));
    }

    #[test]
    fn what_was_asked_again_has_a_section_of_its_own() {
        let run = RunBuilder::new("r").trial(trial("a", "bare").passed());
        let again = trial("a", "bare").failed("number", "differs");
        let run = run.trial(again.again(2, crate::outcome::FollowUp::Confirm)).build();
        let report = Report::build(&run, None, None, Depth::ALL.with_cases()).unwrap();
        let page = page(&report).unwrap();
        assert!(
            page.contains("Follow-ups beside the planned trials (1)")
                && page.contains("<td>confirm</td><td>1 of 1</td><td>0 of 1</td>")
        );
    }

    #[test]
    fn a_run_without_trials_has_a_page() {
        let run = RunBuilder::new("r").variant("bare").planned(5).build();
        let report = Report::build(&run, None, None, Depth::ALL.with_cases()).unwrap();
        assert!(page(&report).unwrap().contains("no gate"));
    }
}
