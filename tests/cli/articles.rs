//! Articles as others write them: YAML, encodings, hidden text, exports that are not whole, spreadsheets.

use crate::fixture::Project;
use crate::server::Server;

fn project() -> Project {
    Project::asking(&Server::saying("hello"))
}

/// `check` of a project whose articles are read as `source` says.
fn with_source(source: &str, files: &[(&str, &[u8])]) -> (Project, crate::fixture::Done) {
    let project = project();
    for (path, bytes) in files {
        project.write(path, "");
        std::fs::write(project.path(path), bytes).unwrap();
    }
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[knowledge.other]\n{source}\n"));
    project.edit("suites/first.toml", "[\"help\"]", "[\"help\", \"other\"]");
    let done = project.run(&["check"]);
    (project, done)
}

#[test]
fn yaml_that_says_who_may_see_an_article_is_no_article_for_everybody() {
    let project = project();
    project.write(
        "golden/knowledge/staff.md",
        "---\ntitle: Refund limits\nvisibility: internal\nreview_by: 2027-01-01 # yearly\n---\nUp to 50 euro.\n",
    );
    project.write("golden/knowledge/plain.md", "---\ntitle: Colours\n---\nRed and blue.\n");
    let done = project.run(&["check"]);
    assert_eq!(done.code, 2, "{}", done.all());
    for words in [
        "error: YAML front matter is not read, and this one says who may see the article",
        "write it as TOML between `+++` lines: visibility = \"internal\", review_by = 2027-01-01",
        "warning: YAML front matter is skipped",
    ] {
        assert!(done.stderr.contains(words), "{words}\n{}", done.all());
    }
}

#[test]
fn mistakes_in_front_matter_are_said_once_and_in_plain_words() {
    let project = project();
    project.edit(
        "golden/knowledge/returns.md",
        "updated = 2026-09-01",
        "review_by = 2026-13-40\nviews = \"1,234\"\nurl = \"javascript:alert(1)\"",
    );
    let done = project.run(&["check"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert_eq!(done.stderr.matches("2026-13-40").count(), 1, "{}", done.all());
    assert!(!done.stderr.contains("`review_by` is not a date"), "{}", done.all());
    assert!(done.stderr.contains("`views` is not a whole number"), "{}", done.all());
    assert!(!done.stderr.contains("u64"), "{}", done.all());
    project.edit("golden/knowledge/returns.md", "2026-13-40", "2026-01-10\nupdated = 2026-09-01");
    project.edit("golden/knowledge/returns.md", "\"1,234\"", "1234");
    let done = project.run(&["check"]);
    assert_eq!(done.code, 0, "{}", done.all());
    for words in [
        "`javascript:alert(1)` is no address of a page",
        "`review_by` 2026-01-10 is before `updated` 2026-09-01",
    ] {
        assert!(done.stderr.contains(words), "{words}\n{}", done.all());
    }
}

#[test]
fn pages_are_read_in_their_encoding_and_without_what_nobody_sees() {
    let page = b"<html><head><meta charset=\"windows-1250\"></head><body><h1>Livrare</h1><p>Pre\xfe: 9 lei.</p><p hidden>7 lei</p></body></html>";
    let (project, done) = with_source("kind = \"html\"\npath = \"pages\"", &[("pages/livrare.html", page)]);
    assert_eq!(done.code, 0, "{}", done.all());
    project.edit("suites/first.toml", "sources = [\"returns#window\"]", "sources = [\"livrare\"]");
    let plan = project.run(&["plan", "--prompt", "grounded", "--show", "window"]);
    assert!(plan.stdout.contains("Preţ: 9 lei.") && !plan.stdout.contains("7 lei"), "{}", plan.all());
    let latin = b"# Caf\xe9\n\nOpen.\n";
    let (_, done) = with_source("path = \"more\"", &[("more/cafe.md", latin)]);
    assert_eq!(done.code, 2, "{}", done.all());
    for words in ["the file is not UTF-8 text from byte 6 on", "more/cafe.md:1:6", "save it as UTF-8"] {
        assert!(done.stderr.contains(words), "{words}\n{}", done.all());
    }
}

#[test]
fn an_export_that_goes_on_elsewhere_is_said_not_to_be_whole() {
    let article = r#"{"id": 1, "title": "A", "body": "<p>x</p>", "type": "article", "state": "published"}"#;
    let zendesk = format!(
        r#"{{"count": 431, "next_page": "https://v.example/articles.json?page=2", "articles": [{article}]}}"#
    );
    let (_, done) =
        with_source("kind = \"zendesk\"\npath = \"articles.json\"", &[("articles.json", zendesk.as_bytes())]);
    assert_eq!(done.code, 0, "{}", done.all());
    let words = "warning: articles.json: the export is not whole: 1 of 431 articles are here; it goes on at https://v.example/";
    assert!(done.stderr.contains(words), "{}", done.all());
    let intercom =
        format!(r#"{{"type": "list", "pages": {{"page": 1, "total_pages": 9}}, "data": [{article}]}}"#);
    let (_, done) = with_source(
        "kind = \"intercom\"\npath = \"articles.json\"",
        &[("articles.json", intercom.as_bytes())],
    );
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stderr.contains("the export is not whole: 1 of 9 pages are here"), "{}", done.all());
}

#[test]
fn a_spreadsheet_with_semicolons_and_words_of_its_own_is_a_table() {
    let source = "path = \"kb.csv\"\nfields = { id = \"Slug\", text = \"Body\", visibility = \"State\" }\n\
                  values = { visibility = { published = \"public\", draft = \"internal\" } }";
    let rows = "\u{feff}Slug;Body;State\nbags;Blue, and red.;published\nfees;5 euro;draft\n";
    let (project, done) = with_source(source, &[("kb.csv", rows.as_bytes())]);
    assert_eq!(done.code, 0, "{}", done.all());
    project.edit("kb.csv", "published", "retired");
    let done = project.run(&["check"]);
    assert!(done.stderr.contains("unknown visibility `retired`"), "{}", done.all());
    let slip = project.read("regauge.toml").replace("values = { visibility", "values = { visibilty");
    project.write("regauge.toml", &slip);
    let done = project.run(&["check"]);
    assert!(done.stderr.contains("articles have no field `visibilty`"), "{}", done.all());
}
