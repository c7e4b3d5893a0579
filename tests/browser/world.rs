//! Projects whose reports are opened: the shipped one, and one with everything a page can show.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::fixture::Project;
use crate::server::{Asked, Reply, Server, fails, says};

/// Text that would be markup, script or a trick, if it were not inert.
pub const HOSTILE: &str =
    "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>\u{202e}";

/// The report of the shipped project's main job, on its recorded answers.
pub fn shipped() -> (Project, PathBuf) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = Project::empty();
    for folder in ["prompts", "suites", "golden", "regauge.toml"] {
        let copied =
            Command::new("cp").arg("-r").arg(root.join(folder)).arg(project.path("")).status().unwrap();
        assert!(copied.success());
    }
    let answers = root.join("tests/shipped/answers.jsonl");
    let ran = project.run(&["run", "--replay", answers.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let told = project.run(&["report", "--format", "html", "--output", "page.html"]);
    assert_eq!(told.code, 0, "{}", told.all());
    let page = project.path("page.html");
    (project, page)
}

const AREAS: [&str; 5] = ["returns", "delivery", "billing", "account", "batteries"];

fn suite(cases: std::ops::Range<usize>) -> String {
    let mut text = String::from(
        "title = \"Support\"\nprompts = [\"bare\", \"grounded\"]\nmodels = [\"mock\"]\nknowledge = [\"help\"]\nrepeats = 3\n",
    );
    for n in cases {
        let (area, lang) = (AREAS[n % 5], if n % 4 == 0 { "ro" } else { "en" });
        let tier = if n % 9 == 0 { "critical" } else { "standard" };
        let tag = if n % 2 == 0 { "even" } else { "odd" };
        let weight = n % 3 + 1;
        let source = if n % 7 == 0 { "sources = [\"returns#window\"]\n" } else { "" };
        let _ = write!(
            text,
            "\n[[case]]\nid = \"{area}-{n:02}\"\ninput = \"Question {n}: how long?\"\narea = \"{area}\"\nlang = \"{lang}\"\n\
             tier = \"{tier}\"\ntags = [\"{tag}\"]\nweight = {weight}\nexpect = \"answer\"\n{source}[[case.score]]\nkind = \"contains\"\nany = [\"30 days\"]\n\
             [[case.score]]\nkind = \"action\"\nrequired = false\n"
        );
    }
    text += "\n[[case]]\nid = \"hostile\"\ninput = '''Hostile </script><img src=x onerror=alert(1)>'''\n\
             phrasings = ['''Hostile </script> again''']\nexpect = \"escalate\"\nowner = '''<img src=x> @team'''\n\
             area = '''<img src=x>\u{202e}'''\n\
             [[case.score]]\nkind = \"contains\"\nany = [\"nothing\"]\n";
    text
}

/// What is answered: by the number in the question, by whether articles were given, and now and then by chance.
fn answer(n: usize, asked: &Asked, second: bool) -> Reply {
    let text = asked.last();
    if text.contains("Hostile") {
        return says(HOSTILE);
    }
    let number = text.split("Question ").nth(1).and_then(|t| t.split(':').next()?.parse::<usize>().ok());
    let number = number.unwrap_or_default();
    let grounded = text.contains("Q: ");
    match number {
        7 => fails(400, "no such thing"),
        n if n % 5 == 2 && second => says("You have 14 days from delivery."),
        n if !grounded && n % 3 == 0 => says("Please ask a colleague. It takes 60 days."),
        11 | 23 if n.is_multiple_of(2) => says("Perhaps some weeks."),
        _ => says("You have 30 days from delivery."),
    }
}

/// A run and an earlier one: repeats, errors, regressions, cases that came and went, hostile texts.
pub fn everything() -> (Server, Project, PathBuf) {
    two_runs("", &["--tag", "cand"])
}

/// The rules of [`held`].
const GATE: &str = "\n[gate]\nbaseline = \"base\"\nmin_pass_rate = 0.6\nmax_error_rate = 0.1\ncritical = \"all\"\nmust_hold = \"passed\"\n\
                    no_worse = 0.05\nnever = [\"contains\"]\n\
                    [[gate.rules]]\nmetric = \"pass_rate\"\narea = \"returns\"\nmin = 0.5\non = \"bound\"\n\
                    [[gate.rules]]\nmetric = \"error_rate\"\nmax = 0.5\n\
                    [[gate.rules]]\nmetric = \"contains\"\nlang = \"ro\"\nmin = 0.1\n\
                    [[gate.rules]]\nmetric = \"latency_p95\"\nmax = 60000\n";

/// The same under a gate with rules of all kinds, beside the bare prompt, with what was asked again because of the gate, and an experiment.
pub fn held() -> (Server, Project, PathBuf) {
    two_runs(GATE, &["--tag", "cand", "--bare"])
}

fn two_runs(gate: &str, args: &[&str]) -> (Server, Project, PathBuf) {
    let second = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = second.clone();
    let load = move || flag.load(std::sync::atomic::Ordering::SeqCst);
    let server = Server::new(move |n, asked| answer(n, asked, load()));
    let project = Project::asking(&server);
    std::fs::remove_file(project.path("suites/first.toml")).unwrap();
    project.write("suites/support.toml", &suite(0..40));
    let ran = project.run(&["run", "--tag", "base"]);
    assert_eq!(ran.code, 5, "{}", ran.all());
    second.store(true, std::sync::atomic::Ordering::SeqCst);
    project.write("suites/support.toml", &suite(2..42));
    project.write("regauge.toml", &format!("{}{gate}", project.read("regauge.toml")));
    if !gate.is_empty() {
        let arms = ["--base", "bare", "--candidate", "grounded", "--hypothesis", "<img src=x> articles help"];
        let done =
            project.run(&[&["experiment", "start", "articles", "--author", "Ana"], &arms[..]].concat());
        assert_eq!(done.code, 0, "{}", done.all());
    }
    project.run(&[&["run", "--refresh"], args].concat());
    if !gate.is_empty() {
        let done = project.run(&["experiment", "finish", "articles", "cand"]);
        assert_eq!(done.code, 0, "{}", done.all());
        let done =
            project.run(&["experiment", "decide", "articles", "ship", "--why", "30 days", "--by", "Ion"]);
        assert_eq!(done.code, 0, "{}", done.all());
    }
    let page = project.path("page.html");
    let told =
        project.run(&["report", "cand", "--previous", "base", "--format", "html", "--output", "page.html"]);
    assert_eq!(told.code, 0, "{}", told.all());
    (server, project, page)
}

/// The pages of every role, of a ladder, of the coverage and of a what-if of [`everything`].
pub fn pages() -> (Server, Project, Vec<PathBuf>) {
    let (server, project, _) = everything();
    let mut files = Vec::new();
    let mut page = |name: &str, command: &[&str]| {
        let file = format!("{name}.html");
        let told = project.run(&[command, &["--format", "html", "--output", &file]].concat());
        assert_eq!(told.code, 0, "{name}: {}", told.all());
        files.push(project.path(&file));
    };
    for role in ["knowledge", "conversation", "analyst", "prompt", "strategy"] {
        page(role, &["report", "cand", "--previous", "base", "--for", role]);
    }
    page("coverage", &["coverage", "cand"]);
    // Some cases error on every rung, so that the runs of the ladder are not clean, but whole.
    let ran = project.run(&["run", "--ladder", "--retrieval", "bm25", "--repeats", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    page("ladder", &["ladder"]);
    let draft =
        "# <img src=x onerror=alert(1)>\u{202e}\n\nYou have 30 days from delivery, </script> or 14.\n";
    project.write("drafts/hostile.md", draft);
    page("what-if", &["run", "--overlay", "drafts", "--retrieval", "bm25", "--repeats", "1"]);
    (server, project, files)
}
