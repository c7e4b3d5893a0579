//! The report as one HTML file: no network, a strict content policy, readable without scripts.
//!
//! Rust writes the verdict, the tables and the charts ([`charts`], [`forest`], [`links`]) through an escaping template ([`frame`]),
//! and all cases as JSON ([`data`]) that the page's own script shows. Texts of others are never markup: the template
//! makes every text inert and escapes it, and the script writes text nodes only.

mod charts;
mod data;
mod forest;
pub(in crate::report) mod frame;
mod links;
mod view;

use minijinja::value::Serde;
use minijinja::{Error, Value, context};

use crate::report::html::links::Links;
use crate::report::{Depth, RendererKind, Report, ReportOptions, SinceColumn, VariantRow};
use crate::sentence::CaseFilter;

/// Row of the renderer table.
pub const KIND: RendererKind = RendererKind {
    name: "html",
    summary: "one page for a browser: verdict, charts and all cases, for people",
    endings: &["html", "htm"],
    depth: |_| Depth::ALL.with_cases().with_trend().with_experiments(),
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
    let links = Links::of(report);
    let better: Vec<_> = report.better.iter().map(|b| links.said(b)).collect();
    let bare: Vec<_> = report.bare.iter().map(|b| links.parts(&b.sentence, "compared")).collect();
    let rules = view::rules(report, &links);
    let not_checked = report.gate.iter().flat_map(|gate| &gate.not_checked);
    let not_checked: Vec<_> = not_checked.map(|n| links.parts(n, "not checked")).collect();
    let since: Vec<_> = columns(report).map(|c| links.said(&c.versus)).collect();
    let experiments: Vec<_> =
        report.experiments.iter().map(|one| view::experiment(report, one, &links)).collect();
    let values = context! {
        experiments => Value::from(Serde(experiments)),
        report => Value::from(Serde(report)),
        retrieval => report.run.retrieval_words(),
        verdict => Value::from(Serde(view::verdict(report))),
        heat => Value::from(Serde(view::heat(report))),
        declined => report.variants.iter().filter_map(VariantRow::declined_line).collect::<Vec<_>>(),
        rules => Value::from(Serde(rules)),
        not_checked => Value::from(Serde(not_checked)),
        better => Value::from(Serde(better)),
        bare => Value::from(Serde(bare)),
        since => Value::from(Serde(since)),
        since_labels => columns(report).map(|c| label_of(report, c).to_owned()).collect::<Vec<_>>(),
        metric_links => metric_links(report),
        again => again(report, &links),
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
        data => Value::from_safe_string(data::json(report, &links.lists())),
    };
    frame::filled(&env, "report.html", JS, values)
}

/// The columns that both runs have.
fn columns(report: &Report) -> impl Iterator<Item = &SinceColumn> {
    report.since.iter().flat_map(|s| &s.columns)
}

/// What a column of both runs is called in this one.
fn label_of<'a>(report: &'a Report, column: &'a SinceColumn) -> &'a str {
    let found = report.variants.iter().find(|v| v.variant == column.variant);
    found.map_or(&column.label, |v| &v.label)
}

/// What moved, column by column.
fn moved(report: &Report) -> Vec<Option<forest::Forest>> {
    let places = columns(report).enumerate();
    places.map(|(place, column)| forest::moved(column, label_of(report, column), place)).collect()
}

/// Where the metrics of every column lead.
fn metric_links(report: &Report) -> Vec<Vec<String>> {
    let of = |c: &SinceColumn| {
        let label = label_of(report, c);
        c.versus.metrics.iter().map(|m| forest::metric_link(label, &m.name)).collect()
    };
    columns(report).map(of).collect()
}

/// Where the cases that were asked again are.
fn again(report: &Report, links: &Links<'_>) -> Option<String> {
    let rows = &report.again.as_ref()?.rows;
    let cases = rows.iter().map(|row| (row.suite.clone(), row.case.clone())).collect();
    Some(links.to(&CaseFilter::default().listed(cases), "asked again"))
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
        let case = "<a href=\"#cases?suite=top-ten&amp;case=a&amp;variant=bare%20%C3%97%20small\"";
        assert!(
            page.contains("Follow-ups beside the planned trials (<a href=\"#cases?listed=asked%20again\"")
        );
        assert!(page.contains(&format!("{case}>top-ten&#x2f;a</a>")), "{case}");
        assert!(page.contains("top-ten&#x2f;a: 0 of 1 follow-ups passed\">0 of 1</a>"));
    }

    #[test]
    fn a_run_without_trials_has_a_page() {
        let run = RunBuilder::new("r").variant("bare").planned(5).build();
        let report = Report::build(&run, None, None, Depth::ALL.with_cases()).unwrap();
        assert!(page(&report).unwrap().contains("no gate"));
    }
}
