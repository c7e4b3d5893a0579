//! `regauge experiment`: stated before it is seen, recorded once, decided with a reason, and every try counted.

use std::fmt::Write as _;

use serde_json::Value;

use crate::fixture::Project;
use crate::server::{Server, says};

/// Forty greetings. The prompt `base` gets every fourth wrong; `good` four of those ten; `better` none; all others are as
/// good as `base`.
fn project() -> (Server, Project) {
    let server = Server::new(|_, asked| {
        let number: usize = asked.last().rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
        let hard = number % 4 == 1;
        let wrong = match asked.body["messages"][0]["content"].as_str().unwrap() {
            "better" => false,
            "good" => hard && number > 24,
            _ => hard,
        };
        says(if wrong { "no" } else { "hello" })
    });
    let project = Project::asking(&server);
    for name in ["base", "good", "better", "other", "third", "fourth"] {
        prompt(&project, name, name);
    }
    let mut suite = "title = \"First\"\nprompts = [\"base\"]\nmodels = [\"mock\"]\n".to_owned();
    for i in 0..40 {
        let _ = write!(
            suite,
            "\n[[case]]\nid = \"case-{i:02}\"\ninput = \"Say hello to {i}.\"\n[[case.score]]\nkind = \"contains\"\nany = [\"hello\"]\n"
        );
    }
    project.write("suites/first.toml", &suite);
    (server, project)
}

fn prompt(project: &Project, name: &str, system: &str) {
    let text = format!(
        "{{% block system %}}{system}{{% endblock %}}\n{{% block user %}}{{{{ input }}}}{{% endblock %}}\n"
    );
    project.write(&format!("prompts/{name}.j2"), &text);
}

/// States an experiment of one candidate against `base`.
fn start(project: &Project, name: &str, candidate: &str) {
    let done = project.run(&[
        "experiment",
        "start",
        name,
        "--hypothesis",
        "it passes more",
        "--base",
        "base",
        "--candidate",
        candidate,
        "--author",
        "Ana",
    ]);
    assert_eq!(done.code, 0, "{}", done.all());
}

fn shown(project: &Project, name: &str) -> Value {
    project.json(&["experiment", "show", name, "--json"])
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_experiment_is_stated_run_recorded_and_decided() {
    let (server, project) = project();
    let early = project.run(&["experiment", "decide", "first", "ship", "--why", "x"]);
    assert!(early.code == 2 && early.stderr.contains("no experiment is named `first`"), "{}", early.all());
    start(&project, "first", "better");
    let file = project.read("golden/experiments.toml");
    assert!(file.contains("hypothesis = \"it passes more\"") && file.contains("cases = 40"), "{file}");
    assert!(
        shown(&project, "first")["plan"]["resolves"].as_f64().unwrap() > 0.1,
        "stated before anything is known"
    );
    assert_eq!(server.asked().len(), 0, "stating asks nothing");
    let early = project.run(&["experiment", "decide", "first", "ship", "--why", "x"]);
    assert!(early.code == 2 && early.stderr.contains("has no result to decide by"), "{}", early.all());

    let run = project.run(&["run", "--experiment", "first"]);
    assert_eq!((run.code, server.asked().len()), (0, 80), "both arms: {}", run.all());
    assert!(
        flat(&run.stderr).contains(
            "better × mock against base × mock: pass rate +25.0 points over 40 cases (95 % interval"
        ),
        "{}",
        run.all()
    );
    let found = shown(&project, "first");
    assert_eq!(found["standing"][0]["finding"], "better");
    assert_eq!(
        (&found["standing"][0]["tries"], &found["standing"][0]["post_hoc"]),
        (&1.into(), &Value::from([""; 0].to_vec()))
    );
    assert!(project.run(&["report", "experiment/first"]).stdout.contains("tags experiment/first"));

    let again = project.run(&["experiment", "finish", "first"]);
    assert!(again.code == 2 && again.stderr.contains("is recorded already"), "{}", again.all());
    let stated = project.run(&[
        "experiment",
        "start",
        "first",
        "--hypothesis",
        "another",
        "--base",
        "base",
        "--candidate",
        "good",
        "--replace",
    ]);
    assert!(stated.code == 2 && stated.stderr.contains("its plan stands"), "{}", stated.all());

    let decide =
        project.run(&["experiment", "decide", "first", "ship", "--why", "a quarter more", "--by", "Ion"]);
    assert_eq!(decide.code, 0, "{}", decide.all());
    // The report of the run holds it, in the formats that are handed on.
    let markdown = project.run(&["report", "experiment/first", "--format", "markdown"]).stdout;
    let page = project.run(&["report", "experiment/first", "--format", "html"]).stdout;
    for words in [
        "Experiment first: it passes more",
        "- result: better × mock against base × mock",
        "- decided: ship on",
    ] {
        assert!(markdown.contains(words), "{words}: {markdown}");
    }
    for words in ["<h3>first: it passes more</h3>", "1 try against this base", "a quarter more", "margin"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let other = project.run(&["run", "--prompt", "good"]);
    assert_eq!(other.code, 0, "{}", other.all());
    assert!(
        !project.run(&["report", "--format", "markdown"]).stdout.contains("Experiment"),
        "only of its own runs"
    );

    let text = flat(&project.run(&["experiment", "show", "first"]).stdout);
    for words in [
        "it passes more",
        "by Ana",
        "better, a real difference",
        "ship on 20",
        "by Ion: a quarter more",
        "1 try against",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let list = project.run(&["experiment", "list"]);
    assert!(
        list.stdout.contains("better, a real difference") && list.stdout.contains("ship"),
        "{}",
        list.all()
    );

    project.edit("golden/experiments.toml", "margin = 0.02", "margin = 0.2");
    let edited = shown(&project, "first");
    assert_eq!(
        edited["standing"][0]["post_hoc"][0],
        "hypothesis or plan were changed after this result was seen"
    );
    project.edit("golden/experiments.toml", "margin = 0.2", "margin = \"much\"");
    let broken = project.run(&["experiment", "list"]);
    assert!(broken.code == 2 && broken.stderr.contains("golden/experiments.toml:"), "{}", broken.all());
}

#[test]
fn a_winner_of_many_tries_is_none() {
    let (_server, project) = project();
    start(&project, "good", "good");
    project.run(&["run", "--experiment", "good"]);
    let alone = shown(&project, "good")["standing"][0].clone();
    assert_eq!(
        (&alone["finding"], &alone["tries"]),
        (&"better".into(), &1.into()),
        "six of ten fixed: {alone}"
    );
    for (n, candidate) in (2..).zip(["other", "third"]) {
        start(&project, candidate, candidate);
        project.run(&["run", "--experiment", candidate]);
        assert_eq!(shown(&project, "good")["standing"][0]["tries"], n);
    }
    assert_eq!(shown(&project, "good")["standing"][0]["finding"], "better", "three tries are borne");
    start(&project, "fourth", "fourth");
    project.run(&["run", "--experiment", "fourth"]);
    let crowd = shown(&project, "good");
    assert_eq!(crowd["standing"][0]["finding"], "no-worse", "one of four: {crowd}");
    assert!(
        crowd["standing"][0]["sentence"]
            .as_str()
            .unwrap()
            .contains("when it was recorded, with 1 try: better")
    );
    assert_eq!(crowd["results"][0]["finding"], "better", "what was said then is kept");
}

#[test]
fn a_try_is_recorded_whether_or_not_its_report_can_be_written() {
    let (_server, project) = project();
    start(&project, "good", "good");
    let no_name = "x".repeat(300);
    let run = project.run(&["run", "--experiment", "good", "--json", "--output", &no_name]);
    assert_eq!(run.code, 2, "{}", run.all());
    assert_eq!(shown(&project, "good")["standing"][0]["tries"], 1);
}

#[test]
fn variants_that_nobody_recorded_are_tries_too() {
    let (_server, project) = project();
    start(&project, "good", "good");
    for other in ["other", "third", "fourth"] {
        project.run(&["run", "--prompt", "base", "--prompt", other]);
    }
    let run = project.run(&["run", "--experiment", "good"]);
    assert!(
        flat(&run.stderr).contains("4 tries (3 of them in the store and in no experiment)"),
        "{}",
        run.all()
    );
    let found = shown(&project, "good");
    assert_eq!(
        (&found["results"][0]["tries"], &found["results"][0]["finding"]),
        (&4.into(), &"no-worse".into())
    );
}

#[test]
fn what_was_seen_before_the_plan_is_post_hoc() {
    let (_server, project) = project();
    project.run(&["run", "--prompt", "base", "--prompt", "better", "--tag", "seen"]);
    start(&project, "late", "better");
    let finish = project.run(&["experiment", "finish", "late", "seen"]);
    assert_eq!(finish.code, 0, "{}", finish.all());
    let why = &shown(&project, "late")["standing"][0]["post_hoc"];
    assert_eq!(why[0], "the run began before the plan was stated");
    project.run(&["run", "--experiment", "late"]);
    let again = shown(&project, "late");
    assert_eq!(
        again["standing"][1]["post_hoc"][0],
        "40 of 40 answers were in the store before, so that they may have been seen"
    );
    assert_eq!(again["results"].as_array().unwrap().len(), 2, "nothing is replaced");
    project.edit("suites/first.toml", "Say hello to 39.", "Say hello to 43.");
    project.run(&["run", "--experiment", "late", "--refresh"]);
    let changed = shown(&project, "late");
    assert_eq!(
        changed["standing"][2]["post_hoc"][0],
        "cases or scorers were changed after the plan was stated"
    );
    let text = flat(&project.run(&["experiment", "show", "late"]).stdout);
    assert!(text.contains("post hoc, a lead and no proof"), "{text}");
}

#[test]
fn a_baseline_can_be_the_base() {
    let (server, project) = project();
    project.run(&["run", "--tag", "before"]);
    assert_eq!(project.run(&["baseline", "set", "main", "before"]).code, 0);
    let args = |base: &'static str| {
        [
            "experiment",
            "start",
            "edit",
            "--hypothesis",
            "the edit passes more",
            "--baseline",
            "main",
            "--base",
            base,
            "--candidate",
            "base",
        ]
    };
    let none = project.run(&args("good"));
    assert!(
        none.code == 2 && none.stderr.contains("`main` has no variant good × mock; it has base × mock"),
        "{}",
        none.all()
    );
    assert_eq!(project.run(&args("base")).code, 0);
    prompt(&project, "base", "better");
    let before = server.asked().len();
    project.run(&["run", "--experiment", "edit"]);
    assert_eq!(server.asked().len() - before, 40, "the base arm is not asked again");
    let found = shown(&project, "edit");
    assert_eq!(
        (&found["standing"][0]["finding"], &found["standing"][0]["tries"]),
        (&"better".into(), &1.into()),
        "{found}"
    );
}

#[test]
fn mistakes_are_said() {
    let (_server, project) = project();
    let plan = |base: &str, candidate: &str| {
        project.run(&[
            "experiment",
            "start",
            "x",
            "--hypothesis",
            "h",
            "--base",
            base,
            "--candidate",
            candidate,
        ])
    };
    for (base, candidate, words) in [
        ("base", "bettr", "did you mean `better`?"),
        ("base", "base", "an arm cannot be held against itself"),
        ("base", "good@mok", "did you mean `mock`?"),
    ] {
        let done = plan(base, candidate);
        assert!(done.code == 2 && done.stderr.contains(words), "{words}: {}", done.all());
    }
    assert!(!project.path("golden/experiments.toml").exists(), "nothing was stated");
    start(&project, "first", "good");
    let near = project.run(&["run", "--experiment", "frist"]);
    assert!(near.code == 2 && near.stderr.contains("did you mean `first`?"), "{}", near.all());
    let twice = plan("base", "good");
    assert_eq!(twice.code, 0, "{}", twice.all());
    let twice = plan("base", "good");
    assert!(twice.code == 2 && twice.stderr.contains("`--replace` states it anew"), "{}", twice.all());
    let mixed = project.run(&["run", "--experiment", "first", "--prompt", "good"]);
    assert_eq!(mixed.code, 2, "{}", mixed.all());
    let alpha = project.run(&[
        "experiment",
        "start",
        "y",
        "--hypothesis",
        "h",
        "--base",
        "base",
        "--candidate",
        "good",
        "--alpha",
        "0.5",
    ]);
    assert!(alpha.code == 2 && alpha.stderr.contains("at most 0.05"), "{}", alpha.all());
}
