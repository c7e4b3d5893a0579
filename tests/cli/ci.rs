//! What CI sees of a stored run: JUnit, a comment, annotations, and files that hold them.

use crate::fixture::Project;
use crate::server::{Server, says};

fn two_runs() -> (Server, Project) {
    let server = Server::new(|n, asked| match n {
        _ if asked.last().contains("hello") => says("hello"),
        0..4 => says("You have 30 days from delivery."),
        _ => says("You have 14 days from delivery. @team <b>\u{1b}[31m</b>"),
    });
    let project = Project::asking(&server);
    assert_eq!(project.run(&["run", "--tag", "base"]).code, 0);
    project.run(&["run", "--refresh", "--tag", "cand"]);
    (server, project)
}

#[test]
fn junit_is_written_to_a_file_with_lines_of_the_suite() {
    let (_server, project) = two_runs();
    project.write("junit.xml", "old");
    let done = project.run(&["report", "cand", "--format", "junit", "--output", "junit.xml"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{}", done.all());
    let text = project.read("junit.xml");
    let xml = roxmltree::Document::parse(&text).unwrap();
    let named = |name: &str| xml.descendants().filter(|n| n.has_tag_name(name)).count();
    let failures = named("failure");
    assert!(failures > 0 && text.contains("14 days"), "{text}");
    assert_eq!(named("error"), 0, "{text}");
    for suite in xml.descendants().filter(|n| n.has_tag_name("testsuite")) {
        let count = |name: &str| suite.descendants().filter(|n| n.has_tag_name(name)).count().to_string();
        assert_eq!(suite.attribute("tests"), Some(count("testcase").as_str()));
        assert_eq!(suite.attribute("failures"), Some(count("failure").as_str()));
        assert_eq!(suite.attribute("errors"), Some(count("error").as_str()));
    }
    let window = xml.descendants().find(|n| n.attribute("name") == Some("window")).unwrap();
    assert_eq!(window.attribute("file"), Some("suites/first.toml"));
    let line: usize = window.attribute("line").unwrap().parse().unwrap();
    let suite = project.read("suites/first.toml");
    assert_eq!(suite.lines().nth(line - 1), Some("[[case]]"), "line {line}");
    let again = project.run(&["report", "cand", "--format", "junit"]);
    assert_eq!(again.stdout, text);
}

#[test]
fn a_comment_begins_with_its_mark_and_holds_no_markup_of_others() {
    let (_server, project) = two_runs();
    let done = project.run(&["report", "cand", "--format", "markdown", "--previous", "base"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stdout.starts_with("<!-- regauge report -->\n### regauge: "), "{}", done.stdout);
    assert!(done.stdout.contains("<details>") && done.stdout.contains("14"), "{}", done.stdout);
    assert!(!done.stdout.contains('@') && !done.stdout.contains("<b>"), "{}", done.stdout);
}

#[test]
fn annotations_point_at_the_case_and_survive_a_broken_project() {
    let (_server, project) = two_runs();
    let args = ["report", "cand", "--format", "github", "--previous", "base"];
    let done = project.run(&args);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stdout.contains("::error file=suites/first.toml,line="), "{}", done.stdout);
    assert!(done.stdout.contains("::error file=prompts/bare.j2,line=1,"), "{}", done.stdout);
    project.write("suites/first.toml", "title = ");
    let done = project.run(&args);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stdout.contains("::error title=regressed"), "{}", done.stdout);
}

#[test]
fn a_run_writes_files_beside_the_report_on_the_terminal() {
    let (_server, project) = two_runs();
    let run = ["run", "--tag", "again"];
    let files = ["--format", "junit", "--output", "junit.xml", "--format", "json", "-o", "report.json"];
    let done = project.run(&[&run[..], &files].concat());
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stdout.starts_with("run ") && done.stdout.contains("\nVariants\n"), "{}", done.stdout);
    for (format, file) in [("junit", "junit.xml"), ("json", "report.json")] {
        let alone = project.run(&["report", "again", "--format", format]);
        assert_eq!(alone.stdout, project.read(file), "{format} is the same bytes alone and beside others");
    }
    let data = project.run(&["run", "--json", "--format", "html", "--output", "r.html"]);
    assert!(data.stdout.starts_with("{\n  \"format\": 1,"), "{}", data.stdout);
    assert!(project.read("r.html").starts_with("<!doctype html>"));
}

#[test]
fn a_report_that_cannot_be_written_stops_a_run_before_it_asks() {
    let server = Server::new(|_, _| says("hello"));
    let project = Project::asking(&server);
    for (file, why) in [("no/junit.xml", "there is no folder no"), ("suites", "this is a folder")] {
        let done = project.run(&["run", "--format", "junit", "--output", file]);
        assert_eq!(done.code, 2, "{}", done.all());
        assert!(done.stderr.contains(why), "{}", done.all());
    }
    assert_eq!(server.asked().len(), 0);
    let done = project.run(&["run", "--format", "junit", "--format", "html"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("cannot both go to the standard output"), "{}", done.stderr);
}

#[test]
fn a_comparing_report_keeps_the_published_schema() {
    let (_server, project) = two_runs();
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/report.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut report = project.json(&["report", "cand", "--json", "--previous", "base"]);
    assert!(!report["since"]["columns"][0]["changes"][0]["words"].is_null(), "{report}");
    assert!(schema.is_valid(&report), "{:?}", schema.iter_errors(&report).next());
    report["format"] = 2.into();
    assert!(!schema.is_valid(&report));
}

/// What the schema says against a file, apart from the two attributes of test cases that it does not know: GitLab
/// and the annotators of GitHub read `file` and `line`, other readers pass over them.
const VALIDATE: &str = r"
import sys
from lxml import etree
schema = etree.XMLSchema(etree.parse(sys.argv[1]))
report = etree.parse(sys.argv[2])
cases = report.findall('.//testcase')
placed = [case for case in cases if case.attrib.pop('file', None) and case.attrib.pop('line', None)]
schema.validate(report)
for error in schema.error_log:
    print(error.line, error.message)
print(len(cases), len(placed), sorted({e.tag for case in cases for e in case}))
case = report.find('.//testcase')
case.attrib.pop('name')
assert not schema.validate(report), 'the schema sees what is missing'
";

#[test]
fn junit_keeps_the_schema_of_its_readers() {
    let server = Server::new(|n, asked| match n {
        _ if asked.last().contains("hello") => says("hello"),
        0..4 => crate::server::fails(400, "]]> \u{1b}[31m no"),
        _ => says("14 days ]]> & <b> \u{0}\u{1b}[31m"),
    });
    let project = Project::asking(&server);
    project.edit(
        "suites/first.toml",
        "[[case.score]]\nkind = \"contains\"",
        "perturb = [\"typos\"]\n[[case.score]]\nkind = \"contains\"",
    );
    project.run(&["run", "--repeats", "3", "--format", "junit", "--output", "junit.xml"]);
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/junit-10.xsd");
    let said = crate::python::run(&["lxml"], &project.path("."), VALIDATE, &[schema, "junit.xml"]);
    let (cases, rest) = said.split_once(' ').unwrap();
    assert!(rest.ends_with("['error', 'failure']\n"), "{said}");
    assert!(cases.parse::<u32>().is_ok_and(|n| n > 12), "{said}");
}
