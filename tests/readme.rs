//! The README and the pages of `docs/` cannot rot: every `console` block is run on a copy of the shipped project, in order, and
//! what it prints is compared: its data alone, or all that a terminal shows. `[..]` stands for anything in a line, a
//! line `...` for any lines.
//!
//! `cargo run --release --` stands for the built binary, and runs replay the shipped cassette, so that
//! the block shows what the real embedded model answered without asking it again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::copy(from, to).unwrap();
    }
}

/// The README and its pages, in the order in which their commands are run.
const PAGES: [&str; 7] = [
    "README.md",
    "docs/gate.md",
    "docs/knowledge.md",
    "docs/project.md",
    "docs/retrieval.md",
    "docs/scorers.md",
    "docs/models.md",
];

fn read(page: &str) -> String {
    std::fs::read_to_string(root().join(page)).unwrap()
}

/// One command of a block, where it stands, and the lines it is said to print.
struct Example {
    at: String,
    command: String,
    printed: Vec<String>,
}

fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for (number, line) in read(page).lines().enumerate() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match line.strip_prefix("$ ") {
                Some(command) => {
                    let command = command.split(" #").next().unwrap().trim().to_owned();
                    let at = format!("{page}:{}", number + 1);
                    examples.push(Example { at, command, printed: Vec::new() });
                }
                None => {
                    examples.last_mut().expect("a block opens with a command").printed.push(line.to_owned());
                }
            },
        }
    }
    examples
}

/// The words of a command; quotation marks hold some together.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    let words = parts.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

fn pattern(printed: &[String]) -> regex::Regex {
    let mut text = String::from(r"\A");
    for line in printed {
        if line.trim() == "..." {
            text.push_str(r"(?s:.*?\n)??");
            text.push_str(r"(?:.*\n)*?");
        } else {
            text.push_str(&regex::escape(line.trim_end()).replace(r"\[\.\.\]", ".*"));
            text.push_str(r"[ ]*\n");
        }
    }
    text.push_str(r"\z");
    regex::Regex::new(&text).unwrap()
}

#[test]
fn every_command_prints_what_the_readme_shows() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["prompts", "suites", "golden", "schemas", "regauge.toml"] {
        copy(&root().join(name), &dir.path().join(name));
    }
    copy(&root().join("tests/shipped/answers.jsonl"), &dir.path().join("answers.jsonl"));
    let mut ran = 0;
    for example in PAGES.into_iter().flat_map(examples) {
        if let Some(edit) = example.command.strip_prefix("sed -i '") {
            let (script, file) = edit.split_once("' ").unwrap();
            let parts: Vec<&str> = script.split('/').collect();
            let path = dir.path().join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(parts[1]), "{}: {file} has no {:?}", example.at, parts[1]);
            std::fs::write(path, text.replace(parts[1], parts[2])).unwrap();
            continue;
        }
        let words = words(&example.command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let args: Vec<&str> = match words.as_slice() {
            ["cargo", "run", "--release", "--", args @ ..] | ["regauge", args @ ..] => args.to_vec(),
            // The test command runs this very test.
            ["cargo", "test"] => continue,
            other => panic!("{}: {other:?} is not a command this test knows", example.at),
        };
        let mut args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        if args[0] == "run" && !args.iter().any(|a| a == "--replay") {
            args.extend(["--replay".to_owned(), "answers.jsonl".to_owned()]);
        }
        let output =
            Command::new(env!("CARGO_BIN_EXE_regauge")).args(&args).current_dir(dir.path()).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_ne!(output.status.code(), Some(2), "{}: {}\n{stderr}", example.at, example.command);
        if !example.printed.is_empty() {
            let pattern = pattern(&example.printed);
            let matches = pattern.is_match(&stdout) || pattern.is_match(&format!("{stderr}{stdout}"));
            assert!(matches, "{}: {} prints\n{stdout}\n{stderr}", example.at, example.command);
        }
        ran += 1;
    }
    assert!(ran >= 8, "only {ran} commands were run");
}

#[test]
fn the_command_table_is_complete() {
    let readme = read("README.md");
    let help = Command::new(env!("CARGO_BIN_EXE_regauge")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|l| *l != "Commands:")
        .skip(1)
        .take_while(|l| !l.trim().is_empty())
        .filter_map(|l| l.strip_prefix("  ").filter(|l| !l.starts_with(' ')))
        .collect();
    assert!(commands.len() >= 12, "{help}");
    for line in commands {
        let (name, what) = line.split_once(' ').unwrap();
        if name != "help" {
            let row = format!("| `{name}` | {} |", what.trim());
            assert!(readme.contains(&row), "README has no line {row}");
        }
    }
}

#[test]
fn every_file_that_the_documents_name_is_there() {
    let path = regex::Regex::new(r"`((?:src|tests|benches|schemas|docs|\.ci)/[\w./-]+)`").unwrap();
    let mut named = 0;
    for document in PAGES.into_iter().chain(["CONTRIBUTING.md", "SECURITY.md"]) {
        for found in path.captures_iter(&read(document)) {
            assert!(root().join(&found[1]).exists(), "{document} names {}, which is not there", &found[1]);
            named += 1;
        }
    }
    assert!(named >= 20, "only {named} files are named");
}

/// A link to a page, and to a heading of it by the mark that a forge makes of it.
#[test]
fn every_link_leads_somewhere() {
    let link = regex::Regex::new(r"\]\(([\w./-]*)(?:#([\w-]+))?\)").unwrap();
    let mark = |heading: &str| {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect::<String>()
    };
    let mut linked = 0;
    for page in PAGES {
        for found in link.captures_iter(&read(page)) {
            let target = match &found[1] {
                "" => root().join(page),
                path => root().join(page).parent().unwrap().join(path),
            };
            let text = std::fs::read_to_string(&target);
            let text = text.unwrap_or_else(|_| panic!("{page} links to {}, which is not there", &found[1]));
            if let Some(heading) = found.get(2) {
                let marks = text
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .map(|line| mark(line.trim_start_matches(['#', ' '])));
                assert!(
                    marks.into_iter().any(|mark| mark == heading.as_str()),
                    "{page} links to #{}",
                    heading.as_str()
                );
            }
            linked += 1;
        }
    }
    assert!(linked >= 10, "only {linked} links");
    for page in std::fs::read_dir(root().join("docs")).unwrap() {
        let name = format!("docs/{}", page.unwrap().file_name().to_string_lossy());
        assert!(
            PAGES.contains(&name.as_str()) && read("README.md").contains(&name),
            "{name} is no page of the README"
        );
    }
}

#[test]
fn every_scorer_and_provider_has_its_row() {
    let (scorers, models) = (read("docs/scorers.md"), read("docs/models.md"));
    for kind in regauge::score::SCORERS {
        assert!(scorers.contains(&format!("| `{}` |", kind.name)), "{} has no row", kind.name);
    }
    for kind in regauge::provider::PROVIDERS {
        assert!(models.contains(&format!("| `{}` |", kind.name)), "{} has no row", kind.name);
    }
}
