//! The GitHub Action: its steps as `action.yml` has them, in a real repository, with the real binary on a cassette. Only
//! `gh` is a stand-in, which keeps comments in a file and applies the filter that it is given.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::fixture::Project;
use crate::python;
use crate::server::{Server, says};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const GH: &str = r#"#!/usr/bin/env python3
import json, os, re, subprocess, sys
file = os.environ["FAKE_COMMENTS"]
comments = json.load(open(file)) if os.path.exists(file) else []
args = sys.argv[1:]
if os.environ.get("FAKE_FORBIDDEN"):
    sys.exit("HTTP 403: Resource not accessible by integration")
assert args[0] == "api" and os.environ["GH_TOKEN"] == "token-of-the-job", args
body = next((open(a.removeprefix("body=@")).read() for a in args if a.startswith("body=@")), None)
path = next(a for a in args if a.startswith("repos/"))
if "PATCH" in args:
    number = int(re.fullmatch(r"repos/acme/bot/issues/comments/(\d+)", path)[1])
    next(c for c in comments if c["id"] == number)["body"] = body
elif "POST" in args:
    assert path == "repos/acme/bot/issues/7/comments"
    comments.append({"id": 100 + len(comments), "user": {"type": "Bot"}, "body": body})
else:
    assert path == "repos/acme/bot/issues/7/comments" and "--paginate" in args
    jq = ["jq", "-r", args[args.index("--jq") + 1]]
    sys.exit(subprocess.run(jq, input=json.dumps(comments), text=True).returncode)
json.dump(comments, open(file, "w"))
"#;

/// A repository with a project in `bots/support` and two commits; the second one edits the prompt `bare`.
struct Repository {
    project: Project,
    base: String,
    _server: Server,
}

impl Repository {
    fn new(edit: &str) -> Self {
        let server = Server::new(|_, asked| match asked.body["messages"].to_string() {
            text if text.contains("Say hello") => says("hello"),
            text if text.contains("Guess") => says("You have 14 days. @team"),
            _ => says("You have 30 days from delivery."),
        });
        let source = Project::asking(&server);
        let project = Project::empty();
        for file in [
            "regauge.toml",
            "prompts/bare.j2",
            "prompts/grounded.j2",
            "golden/knowledge/returns.md",
            "golden/answers/.keep",
            "suites/first.toml",
        ] {
            project.write(&format!("bots/support/{file}"), &source.read(file));
        }
        project.edit("bots/support/regauge.toml", "[defaults]", "[gate]\nmin_pass_rate = 0.9\n\n[defaults]");
        project.write(".gitignore", ".regauge/\n");
        git(&project, &["init", "-q", "-b", "main"]);
        commit(&project);
        let base = git(&project, &["rev-parse", "HEAD"]);
        project.edit(
            &format!("bots/support/prompts/{edit}.j2"),
            "{% block system %}",
            "{% block system %}Guess. ",
        );
        commit(&project);
        project.write("bin/gh", GH);
        std::fs::set_permissions(project.path("bin/gh"), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_regauge"), project.path("bin/regauge")).unwrap();
        Self { project, base, _server: server }
    }

    /// Does the steps of `action.yml` that are scripts, and returns what they print and how the last one ended.
    fn act(&self, forbidden: bool) -> (String, i32) {
        let project = &self.project;
        let action = yaml("action.yml");
        assert_eq!(action["runs"]["using"], "composite");
        let outputs = project.path("outputs");
        let _ = std::fs::remove_file(&outputs);
        let (mut said, mut code) = (String::new(), 0);
        for step in action["runs"]["steps"].as_array().unwrap() {
            let Some(run) = step["run"].as_str() else {
                assert!(step["uses"].as_str().unwrap().starts_with("actions/"), "{step}");
                continue;
            };
            let mut shell = self.shell(run, ".");
            shell.env("GITHUB_ACTION_PATH", ROOT).env("GITHUB_REPOSITORY", "acme/bot");
            shell.env("GITHUB_OUTPUT", &outputs).env("GITHUB_STEP_SUMMARY", project.path("summary.md"));
            shell
                .env("RUNNER_TEMP", project.path("temp"))
                .env("FAKE_COMMENTS", project.path("comments.json"));
            if forbidden {
                shell.env("FAKE_FORBIDDEN", "1");
            }
            for (name, value) in step["env"].as_object().into_iter().flatten() {
                shell.env(name, self.value(value.as_str().unwrap(), &action));
            }
            let output = shell.output().unwrap();
            said += &String::from_utf8_lossy(&output.stdout);
            said += &String::from_utf8_lossy(&output.stderr);
            code = output.status.code().unwrap();
            let last = step["name"] == "Gate";
            assert!(code == 0 || last, "{step}: exit {code}\n{said}");
        }
        (said, code)
    }

    /// A script in a folder of the repository.
    fn shell(&self, script: &str, folder: &str) -> Command {
        let project = &self.project;
        let script = format!("PATH=\"{}:$PATH\"\n{script}", project.path("bin").display());
        let mut shell = Command::new("bash");
        shell
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &*script])
            .current_dir(project.path(folder));
        shell.env("MOCK_KEY", "sk-canary");
        shell.env("REGAUGE_CACHE_DIR", project.path("cache"));
        shell
    }

    /// What GitHub would put in the place of an expression.
    fn value(&self, expression: &str, action: &Value) -> String {
        let name = expression.trim_start_matches("${{").trim_end_matches("}}").trim();
        let outputs = std::fs::read_to_string(self.project.path("outputs")).unwrap_or_default();
        match name {
            "inputs.project" => "bots/support".to_owned(),
            "inputs.base" => self.base.clone(),
            "inputs.token" => "token-of-the-job".to_owned(),
            "github.event.pull_request.number" => "7".to_owned(),
            _ => match (name.strip_prefix("inputs."), name.strip_prefix("steps.run.outputs.")) {
                (Some(input), _) => action["inputs"][input]["default"].as_str().unwrap().to_owned(),
                (_, Some(output)) => {
                    let line = outputs.lines().find_map(|line| line.strip_prefix(&format!("{output}=")));
                    line.unwrap_or_else(|| panic!("no output {output}: {outputs}")).to_owned()
                }
                _ => panic!("nobody fills in {name}"),
            },
        }
    }

    fn comments(&self) -> Value {
        serde_json::from_str(&self.project.read("comments.json")).unwrap()
    }
}

/// A file of the repository as data.
fn yaml(file: &str) -> Value {
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let text = python::run(&["pyyaml"], Path::new(ROOT), script, &[file]);
    serde_json::from_str(&text).unwrap()
}

fn git(project: &Project, args: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]);
    let output = git.args(args).current_dir(project.path(".")).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit(project: &Project) {
    git(project, &["add", "."]);
    git(project, &["commit", "-q", "-m", "x"]);
}

#[test]
fn a_prompt_that_breaks_a_case_fails_the_job_with_one_comment() {
    let repository = Repository::new("bare");
    let project = &repository.project;
    project.write(
        "comments.json",
        r#"[{"id": 1, "user": {"type": "User"}, "body": "<!-- regauge report --> mine"}]"#,
    );
    let (said, code) = repository.act(false);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("::error file=bots/support/prompts/bare.j2,line=1,"), "{said}");
    assert!(!said.contains("grounded × mock"), "only the prompt that changed is run: {said}");
    let comments = repository.comments();
    assert_eq!(comments.as_array().unwrap().len(), 2, "{comments}");
    assert_eq!(comments[0]["body"], "<!-- regauge report --> mine");
    let body = comments[1]["body"].as_str().unwrap();
    assert!(body.starts_with("<!-- regauge report -->\n### regauge: ") && body.contains("14 days"), "{body}");
    let report = project.read("temp/regauge-reports/report.json");
    let report: Value = serde_json::from_str(&report).unwrap();
    let broke = report["since"]["columns"][0]["versus"]["broke_cases"].as_array().unwrap();
    assert_eq!(broke.len(), 1, "held against the base: {report}");
    assert_eq!(project.read("summary.md"), body);
    assert!(project.read("temp/regauge-reports/junit.xml").contains("<failure"));
    assert!(project.read("temp/regauge-reports/report.html").starts_with("<!doctype html>"));
    assert_eq!(git(project, &["worktree", "list"]).lines().count(), 1);

    project.edit("bots/support/prompts/bare.j2", "Guess. ", "");
    commit(project);
    let (said, code) = repository.act(false);
    assert_eq!(code, 0, "{said}");
    let comments = repository.comments();
    assert_eq!(comments.as_array().unwrap().len(), 2, "the comment is updated: {comments}");
    assert!(!comments[1]["body"].as_str().unwrap().contains("14 days"), "{comments}");
}

#[test]
fn a_fork_that_may_not_comment_is_judged_all_the_same() {
    let repository = Repository::new("grounded");
    let (said, code) = repository.act(true);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("::warning title=regauge::the comment could not be written"), "{said}");
}

#[test]
fn what_touches_all_prompts_runs_them_all() {
    let repository = Repository::new("bare");
    let project = &repository.project;
    project.edit("bots/support/suites/first.toml", "Say hello.", "Say hello!");
    project.write("bots/support/prompts/new.j2", "{% extends \"bare.j2\" %}");
    commit(project);
    let (said, code) = repository.act(false);
    assert_eq!(code, 1, "{said}");
    let report = project.read("temp/regauge-reports/report.json");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["since"]["columns"].as_array().unwrap().len(), 2, "{report}");
}

/// Stands for cargo: keeps what it is asked for, and puts the built program where cargo would.
const CARGO: &str = r#"#!/bin/bash
printf '%s\n' "$@" > "$FAKE_ASKED"
[[ -z ${FAKE_BROKEN:-} ]] || { echo "error: no" >&2; exit 101; }
mkdir -p "$CARGO_HOME/bin"
ln -sf "$FAKE_BUILT" "$CARGO_HOME/bin/regauge"
"#;

#[test]
fn without_a_regauge_the_action_builds_its_own_sources_once() {
    let project = Project::empty();
    project.write("bin/cargo", CARGO);
    std::fs::set_permissions(project.path("bin/cargo"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let action = yaml("action.yml");
    let step = action["runs"]["steps"][0]["run"].as_str().unwrap();
    let install = |broken: bool, path: &str| {
        let script = format!("PATH=\"{path}{}:/usr/bin:/bin\"\n{step}", project.path("bin").display());
        let mut shell = Command::new("bash");
        shell.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]);
        shell.env("GITHUB_ACTION_PATH", ROOT).env("GITHUB_PATH", project.path("path"));
        shell.env("CARGO_HOME", project.path("home")).env("FAKE_ASKED", project.path("asked"));
        shell.env("FAKE_BUILT", env!("CARGO_BIN_EXE_regauge"));
        if broken {
            shell.env("FAKE_BROKEN", "1");
        }
        shell.output().unwrap()
    };
    let failed = install(true, "");
    assert_eq!(failed.status.code(), Some(101), "a build that fails is no regauge: {failed:?}");
    let done = install(false, "");
    assert!(done.status.success(), "{done:?}");
    assert!(String::from_utf8_lossy(&done.stdout).starts_with("regauge "), "{done:?}");
    assert_eq!(project.read("asked"), format!("install\n--locked\n--path\n{ROOT}\n"));
    let programs = project.path("home/bin").display().to_string();
    assert_eq!(project.read("path"), format!("{programs}\n"), "later steps find it");
    // What cargo is asked to build is there, locked, and is the program.
    assert!(Path::new(ROOT).join("Cargo.lock").is_file());
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let targets = told["packages"][0]["targets"].as_array().unwrap();
    assert!(targets.iter().any(|t| t["kind"][0] == "bin" && t["name"] == "regauge"), "{targets:?}");
    // Where it is there already, nothing is built.
    project.write("asked", "nothing");
    assert!(install(false, &format!("{programs}:")).status.success());
    assert_eq!(project.read("asked"), "nothing");
}

#[test]
fn the_recipes_for_other_systems_hold_the_head_against_the_base() {
    let recipe = yaml(".ci/recipes/gitlab.yml");
    let lines: Vec<&str> =
        recipe["regauge"]["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(recipe["regauge"]["artifacts"]["reports"]["junit"], "junit.xml");
    for script in
        [format!("{ROOT}/.ci/recipes/plain.sh \"$CI_MERGE_REQUEST_DIFF_BASE_SHA\""), lines.join("\n")]
    {
        let repository = Repository::new("bare");
        let project = &repository.project;
        let mut shell = repository.shell(&script, "bots/support");
        shell.env("CI_MERGE_REQUEST_DIFF_BASE_SHA", &repository.base);
        shell.env("CI_COMMIT_SHA", git(project, &["rev-parse", "HEAD"]));
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("regressed  window") && said.contains("the gate failed"), "{said}");
        assert!(project.read("bots/support/junit.xml").contains("<failure"));
        assert!(project.read("bots/support/report.html").starts_with("<!doctype html>"));
    }
}
