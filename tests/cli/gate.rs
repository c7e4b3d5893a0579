//! `regauge gate`: a stored run held against the rules and an earlier run, with the verdict as exit code.

use crate::fixture::Project;
use crate::server::{Server, says};

/// Two runs of the same suite: what was right in the first is wrong in the second.
fn damaged(gate: &str) -> (Server, Project) {
    let server = Server::new(|n, asked| match n {
        _ if asked.last().contains("hello") => says("hello"),
        0..4 => says("You have 30 days from delivery."),
        _ => says("You have 14 days from delivery."),
    });
    let project = Project::asking(&server);
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n{gate}\n"));
    project.run(&["run", "--tag", "base"]);
    project.run(&["run", "--refresh", "--tag", "cand"]);
    (server, project)
}

#[test]
fn few_lost_cases_are_neither_proof_nor_a_pass() {
    let (_server, project) = damaged("[gate]\nmust_hold = \"passed\"");
    let done = project.run(&["gate", "cand", "--baseline", "base"]);
    assert_eq!(done.code, 3, "{}", done.all());
    assert!(
        done.stdout.contains("must_hold = \"passed\"") && done.stdout.contains("inconclusive"),
        "{}",
        done.all()
    );
    let data = project.run(&["gate", "cand", "--baseline", "base", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&data.stdout).unwrap();
    assert_eq!(json["gate"]["verdict"], "inconclusive", "{json}");
    assert_eq!(json["gate"]["passed"], false);
}

#[test]
fn what_held_passes_and_a_missing_baseline_does_not() {
    let (_server, project) = damaged("[gate]\nmust_hold = \"passed\"");
    project.run(&["run", "--tag", "again"]);
    let held = project.run(&["gate", "again", "--baseline", "cand"]);
    assert_eq!(held.code, 0, "{}", held.all());
    let alone = project.run(&["gate", "again", "--baseline", "none"]);
    assert_eq!(alone.code, 3, "{}", alone.all());
    assert!(alone.stdout.contains("there is no baseline to compare"), "{}", alone.all());
    let itself = project.run(&["gate", "again", "--baseline", "again"]);
    assert_eq!(itself.code, 2, "{}", itself.all());
    assert!(itself.stderr.contains("against itself"), "{}", itself.all());
}

#[test]
fn a_column_of_stored_answers_is_no_worse_and_one_asked_anew_is_for_the_numbers() {
    let (_server, project) = damaged("[gate]\nno_worse = 0.05");
    let again = project.run(&["run", "--baseline", "cand", "--tag", "again"]);
    assert_eq!(again.code, 0, "{}", again.all());
    let whole = again.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(whole.contains("every answer is the earlier one, out of the store"), "{}", again.all());
    assert!(whole.contains("has the same answers as before"), "{}", again.all());
    let fresh = project.run(&["run", "--refresh", "--baseline", "cand"]);
    assert_eq!(fresh.code, 3, "{}", fresh.all());
    assert!(!fresh.stdout.contains("out of the store"), "{}", fresh.all());
}

#[test]
fn what_may_never_happen_is_named() {
    let (_server, project) = damaged("[gate]\nnever = [\"no-such-scorer\"]");
    let done = project.run(&["gate", "cand"]);
    assert_eq!(done.code, 3, "{}", done.all());
    assert!(done.stdout.contains("no trial was judged by `no-such-scorer`"), "{}", done.all());
}

#[test]
fn a_rule_that_does_not_exist_is_named_with_a_near_one() {
    let (_server, project) = damaged("[gate]\nmust_hold = \"pased\"");
    let done = project.run(&["gate"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("passed"), "{}", done.all());
}

#[test]
fn limits_of_metrics_and_rules_of_a_suite() {
    let rules = "[[gate.rules]]\nmetric = \"latency_p95\"\nmax = 60000\n\n\
        [[gate.rules]]\nmetric = \"grounded\"\narea = \"retruns\"\nmin = 0.5\non = \"bound\"";
    let (_server, project) = damaged(rules);
    project.edit("suites/first.toml", "[[score]]", "[gate]\nmin_pass_rate = 0.9\n\n[[score]]");
    let done = project.run(&["gate", "base"]);
    assert_eq!(done.code, 3, "{}", done.all());
    assert!(done.stdout.contains("latency_p95 max = 60000") && done.stdout.contains("answers within"));
    assert!(done.stdout.contains("grounded min = 0.5 on the bound (area retruns)"), "{}", done.all());
    assert!(done.stdout.contains("min_pass_rate = 0.9 (suite first)"), "{}", done.all());
    let cand = project.run(&["gate", "cand"]);
    assert_eq!(cand.code, 1, "{}", cand.all());
    let check = project.run(&["check"]);
    assert!(check.stderr.contains("no area is named `retruns`"), "{}", check.all());
    project.edit("regauge.toml", "min = 0.5", "min = 5");
    let wrong = project.run(&["gate", "base"]);
    assert_eq!(wrong.code, 2, "{}", wrong.all());
    assert!(wrong.stderr.contains("`min` must be between 0 and 1, not 5"), "{}", wrong.all());
}

#[test]
fn a_baseline_in_a_file_needs_no_store_and_forgets_nothing_by_itself() {
    let (_server, project) = damaged("[gate]\nbaseline = \"main\"\nmust_hold = \"passed\"\nno_worse = 0.5");
    let set = project.run(&["baseline", "set", "main", "base", "--author", "Ana"]);
    assert_eq!(set.code, 0, "{}", set.all());
    assert!(set.stderr.contains("commit golden/baselines.toml"), "{}", set.all());
    let with_store = project.run(&["gate", "cand"]);
    // A clone has the file and no runs.
    std::fs::remove_dir_all(project.path(".regauge")).unwrap();
    project.run(&["run", "--tag", "cand"]);
    let clone = project.run(&["gate", "cand"]);
    let rules = |done: &crate::fixture::Done| -> Vec<String> {
        done.stdout
            .lines()
            .filter(|line| line.contains("must_hold") || line.contains("broke"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(rules(&clone), rules(&with_store), "{}\n{}", clone.all(), with_store.all());
    assert_eq!(clone.code, with_store.code);
    assert!(clone.stdout.contains("2 of 4") || clone.stdout.contains("of 2 cases"), "{}", clone.all());

    let lose = project.run(&["baseline", "set", "main", "cand"]);
    assert_eq!(lose.code, 2, "{}", lose.all());
    assert!(lose.stderr.contains("first/window (bare × mock): 0 of 1 passed"), "{}", lose.all());
    let before = project.read("golden/baselines.toml");
    let accept = project.run(&[
        "baseline",
        "set",
        "main",
        "cand",
        "--accept-losses",
        "--reason",
        "the window is 14 days now",
    ]);
    assert_eq!(accept.code, 0, "{}", accept.all());
    assert_ne!(project.read("golden/baselines.toml"), before);
    let shown = project.run(&["baseline", "show", "main"]);
    assert!(shown.stdout.contains("first/window") && shown.stdout.contains("0 of 1"), "{}", shown.all());
    let list = project.json(&["baseline", "list", "--json"]);
    assert_eq!(list[0]["reason"], "the window is 14 days now");
    let near = project.run(&["baseline", "show", "mian"]);
    assert!(near.code == 2 && near.stderr.contains("did you mean `main`"), "{}", near.all());
    project.edit("golden/baselines.toml", "1/1", "9/1");
    let broken = project.run(&["gate", "cand"]);
    assert!(broken.code == 2 && broken.stderr.contains("golden/baselines.toml"), "{}", broken.all());
}

#[test]
fn a_case_in_quarantine_runs_and_decides_nothing() {
    let server = Server::new(|n, asked| match n {
        _ if asked.last().contains("hello") => says("hello"),
        n if n % 3 == 0 => says("You have 14 days from delivery."),
        _ => says("You have 30 days from delivery."),
    });
    let project = Project::asking(&server);
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[gate]\nmin_pass_rate = 1\n"));
    for _ in 0..2 {
        project.run(&["run", "--refresh", "--repeats", "6", "--prompt", "bare", "--concurrency", "1"]);
    }
    let flaky = project.run(&["runs", "flaky"]);
    assert!(flaky.stdout.contains("first/window") && flaky.stdout.contains("flaky"), "{}", flaky.all());
    assert!(flaky.stderr.contains("golden/quarantine.toml:"), "{}", flaky.all());
    assert!(!flaky.stdout.contains("greeting"), "{}", flaky.all());
    let json = project.json(&["runs", "flaky", "--json"]);
    assert_eq!((&json[0]["case"], &json[0]["runs"]), (&"window".into(), &2.into()), "{json}");

    let entry = flaky.stderr.split("\n\n").nth(1).unwrap().trim();
    project.write("golden/quarantine.toml", &format!("{entry}\n"));
    let done = project.run(&["run", "--prompt", "bare", "--repeats", "6"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stdout.contains("1 case in quarantine: first/window"), "{}", done.all());

    project.edit("golden/quarantine.toml", "\"window\"", "\"windw\"");
    project.edit("golden/quarantine.toml", "owner = \"who looks after it\"\n", "");
    let wrong = project.run(&["check"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("`owner` is missing"), "{}", wrong.all());
    project.edit("golden/quarantine.toml", "reason", "owner = \"Ana\"\nreason");
    let wrong = project.run(&["check"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("did you mean `window`"), "{}", wrong.all());
    project.edit("golden/quarantine.toml", "\"windw\"", "\"window\"");
    project.edit("suites/first.toml", "id = \"window\"", "id = \"window\"\ntier = \"critical\"");
    let wrong = project.run(&["check"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("critical cases stay in the gate"), "{}", wrong.all());
}

/// A whole suite that is no longer there takes what it held with it, which is no pass.
#[test]
fn a_suite_that_is_gone_is_no_pass() {
    let server = Server::new(|_, _| says("You have 30 days from delivery."));
    let project = Project::asking(&server);
    let suite = project.read("suites/first.toml");
    project.write("suites/second.toml", &suite.replace("id = \"", "id = \"other-"));
    let settings = project.read("regauge.toml");
    project.write(
        "regauge.toml",
        &format!("{settings}\n[gate]\nmust_hold = \"passed\"\nno_worse = 0.9\nbaseline = \"main\"\n"),
    );
    project.run(&["run", "--tag", "both"]);
    assert_eq!(project.run(&["baseline", "set", "main", "both"]).code, 0);
    let same = project.run(&["run"]);
    assert_eq!(same.code, 0, "{}", same.all());
    // Not selected is said, and is no reason for a doubt; gone is.
    let narrowed = project.run(&["run", "--suite", "first"]);
    assert_eq!(narrowed.code, 0, "{}", narrowed.all());
    assert!(narrowed.stdout.contains("were not selected"), "{}", narrowed.all());
    // So is a column that no suite asks for any more.
    project.edit("suites/first.toml", "[\"bare\", \"grounded\"]", "[\"bare\"]");
    project.edit("suites/second.toml", "[\"bare\", \"grounded\"]", "[\"bare\"]");
    let dropped = project.run(&["run"]);
    let text = dropped.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("columns of the earlier run that are not in this one: grounded × mock"),
        "{}",
        dropped.all()
    );
    std::fs::remove_file(project.path("suites/second.toml")).unwrap();
    let gone = project.run(&["run"]);
    assert_eq!(gone.code, 3, "{}", gone.all());
    let gate: serde_json::Value = serde_json::from_str(&project.run(&["gate", "--json"]).stdout).unwrap();
    for rule in ["must_hold", "no_worse"] {
        let rules = gate["gate"]["rules"].as_array().unwrap();
        let found = rules.iter().find(|found| found["rule"].as_str().unwrap().starts_with(rule)).unwrap();
        assert_eq!(found["verdict"], "cannot-tell", "{found}");
        assert!(
            found["detail"].as_str().unwrap().contains("that passed before are not in the run"),
            "{found}"
        );
    }
}

#[test]
fn what_cannot_be_recorded_is_said_before_anything_is_asked() {
    let server = Server::new(|_, _| says("You have 30 days from delivery."));
    let project = Project::asking(&server);
    for (args, why) in [
        (vec!["run", "--tag", "release 2"], "a tag has no white space"),
        (vec!["run", "--tag", "latest"], "always mean the newest runs"),
        (vec!["run", "--baseline", "mian"], "nor is there a baseline of that name"),
    ] {
        let done = project.run(&args);
        assert_eq!(done.code, 2, "{}", done.all());
        assert!(done.stderr.contains(why), "{}", done.all());
    }
    for file in ["golden/baselines.toml", "golden/experiments.toml"] {
        project.write(file, "<<<<<<< HEAD\n");
        for command in ["run", "check"] {
            let done = project.run(&[command]);
            assert_eq!(done.code, 2, "{}", done.all());
            assert!(done.stderr.contains(&format!("{file}:1:")), "{}", done.all());
        }
        std::fs::remove_file(project.path(file)).unwrap();
    }
    assert_eq!(server.asked().len(), 0);
    let done = project.run(&["run", "--baseline", "none"]);
    assert!(done.code != 2 && !done.stderr.contains("warning"), "{}", done.all());
}

#[test]
fn without_a_critical_case_the_rule_says_so() {
    let server = Server::saying("hello, you have 30 days");
    let project = Project::asking(&server);
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[gate]\ncritical = \"all\"\n"));
    let done = project.run(&["check"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stderr.contains("no case of the project has `tier = \"critical\"`"), "{}", done.all());
    let done = project.run(&["run", "--prompt", "bare"]);
    assert_eq!(done.code, 3, "{}", done.all());
    let words = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("no case that was run has") && !words.contains("0 of 0"), "{}", done.all());
    project.edit("suites/first.toml", "id = \"window\"", "id = \"window\"\ntier = \"critical\"");
    assert!(!project.run(&["check"]).stderr.contains("critical"));
    assert_eq!(project.run(&["run", "--prompt", "bare"]).code, 0);
    assert_eq!(project.run(&["run", "--prompt", "bare", "--case", "greeting"]).code, 3);
}

#[test]
fn what_is_not_comparable_says_what_makes_it_so_again() {
    let (_server, project) = damaged("[gate]\nmust_hold = \"passed\"\nbaseline = \"base\"");
    let base = project.json(&["report", "base", "--json"])["run"]["id"].as_str().unwrap().to_owned();
    project.edit("suites/first.toml", "value = 30", "value = 31");
    project.edit("suites/first.toml", "any = [\"hello\"]", "any = [\"hello!\"]");
    project.edit("suites/first.toml", "kind = \"grounded\"\n", "kind = \"grounded\"\nrequired = false\n");
    let words = |args: &[&str]| {
        let done = project.run(args);
        (done.code, done.all().split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let (code, said) = words(&["run", "--tag", "scorers"]);
    assert_eq!(code, 4, "{said}");
    let hint = format!("regauge rescore {base}");
    assert!(said.contains(&hint) && !said.contains("regauge baseline set"), "{said}");
    assert_eq!(project.run(&["rescore", "base"]).code, 0);
    let (code, said) = words(&["gate", "scorers"]);
    assert!(code != 4 && !said.contains("not comparable"), "{said}");
    project.edit("suites/first.toml", "Say hello.", "Say hello, please.");
    project.edit("suites/first.toml", "How long can I return it?", "How long can I return my bike?");
    let (code, said) = words(&["run", "--tag", "cases"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("regauge baseline set NAME") && !said.contains("regauge rescore"), "{said}");
}
