//! `regauge report --for ROLE`: one run, read by everyone who works on the bot.

use std::fmt::Write as _;

use crate::fixture::Project;
use crate::server::{Server, says};

/// A text that would act at a terminal, and mark up, link and mention in markdown.
const HOSTILE: &str = "\\u001b[31m [x](http://evil.example) @team <img>";

/// Three areas: 20 easy questions, 3 of which one is critical and fails, and a gap that nobody answers.
fn project() -> (Server, Project) {
    let server = Server::new(|_, asked| match asked.last() {
        text if text.contains("Short:") => says("Later."),
        text if text.contains("Order") => says("hello"),
        text if text.contains("return") => says("You have 14 days from delivery."),
        _ => says("I don't know. \u{1b}[31m [x](http://evil.example) @team <img>"),
    });
    let project = Project::asking(&server);
    let mut suite = String::from("prompts = [\"grounded\"]\nmodels = [\"mock\"]\nknowledge = [\"help\"]\n");
    let mut case = |id: &str, area: &str, input: &str, more: &str| {
        let _ = write!(suite, "\n[[case]]\nid = \"{id}\"\narea = \"{area}\"\ninput = \"{input}\"\n{more}");
    };
    let hello = "[[case.score]]\nkind = \"contains\"\nany = [\"hello\"]\n";
    for n in 0..20 {
        case(&format!("order-{n:02}"), "orders", &format!("Order number {n}?"), hello);
    }
    let days =
        "sources = [\"returns#window\"]\n[[case.score]]\nkind = \"number\"\nvalue = 30\nunit = \"days\"\n";
    case("window", "returns", "How long can I return it?", &format!("tier = \"critical\"\n{days}"));
    case("back", "returns", "Order back?", hello);
    let gap = "expect = \"answer\"\nowner = \"ion\"\n[[case.score]]\nkind = \"action\"\n";
    case("insurance", HOSTILE, &format!("Do you offer travel insurance? {HOSTILE}"), gap);
    project.write("suites/first.toml", &suite);
    let stale = "+++\nid = \"depot\"\ntitle = \"Depot\"\nreview_by = 2020-01-01\nviews = 70\n+++\nThe depot closes at six.\n";
    project.write("golden/knowledge/depot.md", stale);
    project.edit("regauge.toml", "[defaults]", "[gate]\nmin_pass_rate = 0.9\n\n[defaults]");
    assert_eq!(project.run(&["run"]).code, 0);
    (server, project)
}

/// The report of a role at the terminal and as markdown; hostile text must have become inert there and as HTML, and the
/// bytes must repeat.
fn both(project: &Project, role: &str) -> (String, String) {
    let terminal = project.run(&["report", "--for", role]);
    assert_eq!(terminal.code, 0, "{}", terminal.all());
    assert_eq!(terminal.stdout, project.run(&["report", "--for", role]).stdout, "the same bytes");
    let markdown = project.run(&["report", "--for", role, "--format", "markdown"]);
    assert_eq!(markdown.code, 0, "{}", markdown.all());
    let html = project.run(&["report", "--for", role, "--format", "html"]);
    assert_eq!(html.code, 0, "{}", html.all());
    assert!(html.stdout.starts_with("<!doctype html>") && html.stdout.contains("default-src 'none'"));
    for text in [&terminal.stdout, &markdown.stdout, &html.stdout] {
        assert!(!text.contains('\u{1b}'), "{text}");
    }
    for raw in ["<img", "<script", " style=", "href=\"http"] {
        assert!(!html.stdout.contains(raw), "{raw} in {}", html.stdout);
    }
    for raw in ["[x](", "@team", "<img"] {
        assert!(!markdown.stdout.contains(raw), "{raw} in {}", markdown.stdout);
    }
    (terminal.stdout, markdown.stdout)
}

#[test]
fn strategy_maps_areas_to_who_serves_them() {
    let (_server, project) = project();
    let (terminal, markdown) = both(&project, "strategy");
    assert!(terminal.contains("of the traffic by weight: automate "), "{terminal}");
    for words in
        ["automate: lower bound of the pass rate's 95 % interval at least 80 %", "target: pass rate 90 %"]
    {
        assert!(terminal.contains(words), "{words}\n{terminal}");
    }
    let row = |area: &str| {
        let found = markdown.lines().find(|l| l.starts_with(&format!("| <code>{area}</code>")));
        found.unwrap_or_else(|| panic!("{area}\n{markdown}"))
    };
    assert!(row("orders").contains("| **automate** | 20 of 20 | 84–100 | none |"), "{}", row("orders"));
    assert!(row("orders").contains("| +10 |"), "{}", row("orders"));
    let returns = row("returns");
    assert!(returns.contains("| **human** | 1 of 2 |") && returns.contains("| 0 of 1 |"), "{returns}");
    let why = "lower bound 9 % is under 50 %, and 2 cases are too few to tell (at least 4 are needed); 1 of 1 critical cases fail";
    assert!(markdown.contains(why), "{markdown}");
    assert!(markdown.contains("Targets of the gate"), "{markdown}");
}

#[test]
fn knowledge_gets_a_work_list_with_owners() {
    let (_server, project) = project();
    let (terminal, markdown) = both(&project, "knowledge");
    for words in ["Asked, and no article says it", "insurance", "ion", "update  depot", "Whose work it is"] {
        assert!(terminal.contains(words), "{words}\n{terminal}");
    }
    assert!(markdown.contains("- **update** <code>depot</code>"), "{markdown}");
}

#[test]
fn prompt_shows_the_edit_and_what_it_broke() {
    let (_server, project) = project();
    let (terminal, _) = both(&project, "prompt");
    assert!(terminal.contains("There is no earlier run to compare with"), "{terminal}");
    project.edit("prompts/grounded.j2", "Q: {{", "[x](http://evil.example) @team <img> Short: {{");
    assert_eq!(project.run(&["run"]).code, 1);
    let (terminal, markdown) = both(&project, "prompt");
    for words in [
        "moved: prompt",
        "[-Q-]",
        "Short+}",
        "broke 21, fixed 1",
        "regressed  first/back",
        "was",
        "and 18 more",
    ] {
        assert!(terminal.contains(words), "{words}\n{terminal}");
    }
    assert!(
        markdown.contains("<del>Q</del>") && markdown.contains("**regressed** <code>first"),
        "{markdown}"
    );
}

#[test]
fn conversation_names_the_turn_the_action_and_the_wording() {
    let (_server, project) = project();
    let suite = project.read("suites/first.toml");
    let more = "\n[[case]]\nid = \"parcel\"\n[[case.script]]\nsay = \"Order late?\"\n[[case.script.score]]\nkind = \"contains\"\n\
                any = [\"hello\"]\n[[case.script]]\nsay = \"Where is it? @team <img>\"\n[[case.script.score]]\nkind = \"contains\"\n\
                any = [\"depot\"]\n\n[[case]]\nid = \"worded\"\ninput = \"Order one?\"\nphrasings = [\"One what?\"]\n\
                [[case.score]]\nkind = \"contains\"\nany = [\"hello\"]\n";
    project.write("suites/first.toml", &format!("{suite}{more}"));
    project.run(&["run"]);
    let (terminal, markdown) = both(&project, "conversation");
    for words in
        ["first/parcel  turn 2 of 2", "Where is it?", "first/worded  1 of 2 wordings fail", "100 points"]
    {
        assert!(terminal.contains(words), "{words}\n{terminal}");
    }
    assert!(markdown.contains("| answer | abstain | 1 |"), "{markdown}");
}

#[test]
fn analyst_has_figures_with_intervals_and_reasons() {
    let (_server, project) = project();
    let (terminal, markdown) = both(&project, "analyst");
    assert!(terminal.contains("intervals are at 95 %") && terminal.contains("first/window"), "{terminal}");
    for words in ["21 of 23 (91 %)", "Failures by reason", "<code>number</code>", "Slices, the worst first"] {
        assert!(markdown.contains(words), "{words}\n{markdown}");
    }
}

#[test]
fn other_roles_and_formats_are_refused_before_any_work() {
    let (_server, project) = project();
    let misspelt = project.run(&["report", "--for", "stratgy"]);
    assert_eq!(misspelt.code, 2);
    assert!(misspelt.stderr.contains("'strategy'"), "{}", misspelt.all());
    let json = project.run(&["report", "--for", "strategy", "--json"]);
    assert_eq!((json.code, json.stdout.as_str()), (2, ""));
    assert!(json.stderr.contains("formats terminal, markdown and html, not `json`"), "{}", json.all());
    let file = project.run(&["report", "--for", "strategy", "--format", "markdown", "-o", "s.md"]);
    assert_eq!((file.code, file.stdout.as_str()), (0, ""), "{}", file.all());
    assert!(project.read("s.md").starts_with("### Readiness: first · "), "{}", project.read("s.md"));
}
