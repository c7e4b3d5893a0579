//! Several variants at once: against the best, a control or all others, and the bare arm; weighted by traffic or not.

use std::fmt::Write as _;

use serde_json::Value;

use crate::fixture::Project;
use crate::server::{Server, says};

/// Forty greetings that the prompts `long`, `middle` and `short` get right: all, three of four, and half of them; what
/// has no prompt at all gets a quarter right.
fn three(labels: impl Fn(usize) -> String) -> (Server, Project) {
    let server = Server::new(|_, asked| {
        let number: usize = asked.last().rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
        let system = asked.body["messages"][0]["content"].as_str().unwrap_or_default().to_owned();
        let wrong = match system.as_str() {
            "long" => false,
            "middle" => number % 4 == 1,
            "short" => number % 2 == 1,
            _ => !number.is_multiple_of(4),
        };
        says(if wrong { "no" } else { "hello" })
    });
    let project = Project::asking(&server);
    for name in ["bare", "grounded"] {
        std::fs::remove_file(project.path(&format!("prompts/{name}.j2"))).unwrap();
    }
    for name in ["short", "middle", "long"] {
        let text = format!(
            "{{% block system %}}{name}{{% endblock %}}\n{{% block user %}}{{{{ input }}}}{{% endblock %}}\n"
        );
        project.write(&format!("prompts/{name}.j2"), &text);
    }
    let mut suite =
        "title = \"First\"\nprompts = [\"short\", \"middle\", \"long\"]\nmodels = [\"mock\"]\n".to_owned();
    for i in 0..40 {
        let _ = write!(
            suite,
            "\n[[case]]\nid = \"case-{i:02}\"\ninput = \"Say hello to {i}.\"\n{}[[case.score]]\nkind = \"contains\"\nany = [\"hello\"]\n",
            labels(i)
        );
    }
    project.write("suites/first.toml", &suite);
    (server, project)
}

fn plain(_: usize) -> String {
    String::new()
}

fn pairs(of: &Value) -> Vec<(String, String)> {
    let name = |v: &Value| v["prompt"].as_str().unwrap().to_owned();
    of.as_array().unwrap().iter().map(|v| (name(&v["base"]), name(&v["cand"]))).collect()
}

fn named(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn variants_are_held_against_the_best_a_control_or_each_other() {
    let (_server, project) = three(plain);
    let best = project.json(&["run", "--json"]);
    assert_eq!(pairs(&best["better"]), named(&[("short", "long"), ("middle", "long")]));
    assert_eq!((&best["compared"]["by"], &best["compared"]["adjusted_for"]), (&"best".into(), &3.into()));
    let control = project.run(&["report", "--control", "short"]);
    assert!(
        control.stdout.contains("2 comparisons with the control short; p-values are adjusted by Holm"),
        "{}",
        control.all()
    );
    let control = project.json(&["report", "--control", "short", "--json"]);
    assert_eq!(pairs(&control["better"]), named(&[("short", "middle"), ("short", "long")]));
    for versus in control["better"].as_array().unwrap() {
        let (raw, adjusted) = (versus["p_value"].as_f64().unwrap(), versus["adjusted_p"].as_f64().unwrap());
        assert!(raw <= adjusted && adjusted <= 2.0 * raw + 1e-12, "{versus}");
    }
    let all = project.json(&["report", "--all-pairs", "--json"]);
    assert_eq!(pairs(&all["better"]), named(&[("short", "middle"), ("short", "long"), ("middle", "long")]));
    assert_eq!(all["compared"]["comparisons"], 3);

    let near = project.run(&["report", "--control", "shrot"]);
    assert!(near.code == 2 && near.stderr.contains("did you mean `short`?"), "{}", near.all());
    project.edit("regauge.toml", "[defaults]", "[defaults]\ncontrol = \"midle\"");
    let wrong = project.run(&["report"]);
    assert!(
        wrong.code == 2 && wrong.stderr.contains("no prompt and no model is named `midle`"),
        "{}",
        wrong.all()
    );
    assert!(wrong.stderr.contains("did you mean `middle`?"), "{}", wrong.all());
    project.edit("regauge.toml", "midle", "middle");
    let settings = project.json(&["report", "--json"]);
    assert_eq!(pairs(&settings["better"]), named(&[("middle", "short"), ("middle", "long")]));
}

#[test]
fn a_diff_holds_new_prompts_against_an_old_one() {
    let (_server, project) = three(plain);
    project.run(&["run", "--prompt", "short", "--tag", "base"]);
    project.run(&["run", "--prompt", "middle", "--prompt", "long", "--tag", "cand"]);
    assert_eq!(project.run(&["diff", "base", "cand"]).code, 4, "no variant is in both");
    let diff = project.json(&["diff", "base", "cand", "--control", "short", "--json"]);
    let columns = diff["diff"]["columns"].as_array().unwrap();
    let versus: Vec<Value> = columns.iter().map(|c| c["versus"].clone()).collect();
    assert_eq!(pairs(&Value::from(versus.clone())), named(&[("short", "middle"), ("short", "long")]));
    assert!(versus.iter().all(|v| v["finding"] == "better" && v["adjusted_p"].is_number()), "{diff}");
    let shown = project.run(&["diff", "base", "cand", "--all-pairs"]);
    assert!(shown.stdout.contains("2 comparisons: all pairs"), "{}", shown.all());
    assert!(
        shown.stdout.contains("than short before") || shown.stdout.contains("short × mock before"),
        "{}",
        shown.all()
    );
    let nobody = project.run(&["diff", "base", "cand", "--control", "long"]);
    assert!(nobody.code == 2 && nobody.stderr.contains("no variant of the run"), "{}", nobody.all());
}

#[test]
fn the_bare_arm_is_asked_answered_and_never_gated() {
    let (server, project) = three(plain);
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[gate]\nmin_pass_rate = 0.9\n"));
    let done = project.run(&["run", "--prompt", "long", "--bare"]);
    assert_eq!(done.code, 0, "the bare arm would fail the gate: {}", done.all());
    for words in [
        "Against the bare prompt",
        "does long still beat the bare prompt on mock? yes: +75.0 points over 40 cases (95 % interval",
        "not checked: the bare arm, which is for comparison: bare × mock",
    ] {
        assert!(done.stdout.contains(words), "{words}\n{}", done.all());
    }
    let alone = server.asked().into_iter().filter(|a| a.body["messages"].as_array().unwrap().len() == 1);
    let mut alone: Vec<String> = alone.map(|a| a.last()).collect();
    alone.sort();
    assert_eq!((alone.len(), alone[0].as_str()), (40, "Say hello to 0."), "the question alone");
    let report = project.json(&["report", "--json"]);
    assert_eq!(report["bare"][0]["answer"], "yes");
    let markdown = project.run(&["report", "--format", "markdown"]);
    assert!(markdown.stdout.contains("still beat the bare prompt"), "{}", markdown.all());
    let page = project.run(&["report", "--format", "html"]);
    assert!(page.stdout.contains(" still beat the bare prompt on "), "{}", page.all());

    // The settings ask for it in every run; a prompt of that name is the arm.
    project.edit("regauge.toml", "[defaults]", "[defaults]\nbare = true\ncontrol = \"bare\"");
    let plan = project.run(&["plan"]);
    assert!(plan.stdout.contains("bare × mock"), "{}", plan.all());
    assert!(project.run(&["check"]).stdout.contains("3 prompts"), "the built-in one is not the project's");
    project.write("prompts/bare.j2", "{% block user %}Please: {{ input }}{% endblock %}\n");
    let own: Value = serde_json::from_str(&project.run(&["run", "--json"]).stdout).unwrap();
    assert_eq!(own["bare"].as_array().unwrap().len(), 3);
    assert!(server.asked().iter().any(|a| a.last() == "Please: Say hello to 3."));
    assert!(own["bare"][0]["adjusted_p"].is_number(), "three questions at once");
}

#[test]
fn traffic_weighs_where_it_differs() {
    let (_server, project) = three(|i| if i % 4 == 1 { "weight = 9.0\n".into() } else { String::new() });
    let (base, cand) = ("base", "cand");
    project.run(&["run", "--prompt", "middle", "--tag", base]);
    project.edit("prompts/middle.j2", "middle", "long");
    project.run(&["run", "--prompt", "middle", "--tag", cand]);
    let diff = project.json(&["diff", base, cand, "--json"]);
    let versus = &diff["diff"]["columns"][0]["versus"];
    let weighted = &versus["weighted"];
    assert!((versus["difference"].as_f64().unwrap() - 0.25).abs() < 1e-9, "{versus}");
    assert!((weighted["difference"].as_f64().unwrap() - 0.75).abs() < 1e-9, "{weighted}");
    assert!(weighted["interval"]["low"].as_f64().unwrap() > 0.3, "{weighted}");
    for format in ["terminal", "markdown", "html"] {
        let shown = project.run(&["report", "cand", "--previous", "base", "--format", format]);
        assert!(shown.stdout.contains("eighted by traffic"), "{format}\n{}", shown.all());
    }
    let (_server, project) = three(plain);
    project.run(&["run", "--prompt", "middle", "--tag", base]);
    project.run(&["run", "--prompt", "middle", "--refresh", "--tag", cand]);
    let diff = project.json(&["diff", base, cand, "--json"]);
    assert!(diff["diff"]["columns"][0]["versus"]["weighted"].is_null(), "equal weights are not said twice");
}

#[test]
fn too_few_clusters_are_said_wherever_an_interval_rests_on_it() {
    let (_server, project) = three(|i| format!("area = \"area-{}\"\n", i % 4));
    let settings = project.read("regauge.toml");
    let rules = "[gate]\nno_worse = 0.9\n[[gate.rules]]\nmetric = \"pass_rate\"\nmin = 0.1\non = \"bound\"\n";
    project.write("regauge.toml", &format!("{settings}\n{rules}"));
    project.run(&["run", "--prompt", "middle", "--tag", "base"]);
    project.run(&["run", "--prompt", "middle", "--refresh", "--baseline", "base", "--tag", "cand"]);
    let words = "only 4 clusters, so cases count as independent";
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let diff = project.run(&["diff", "base", "cand"]);
    assert!(flat(&diff.stdout).contains(words), "{}", diff.all());
    let gate = project.json(&["gate", "cand", "--baseline", "base", "--json"]);
    let rules = gate["gate"]["rules"].as_array().unwrap();
    let said = rules.iter().filter(|rule| rule["detail"].as_str().unwrap().contains(words)).count();
    assert_eq!(said, 2, "the limit on the bound and the comparison: {gate}");
    let json = project.json(&["diff", "base", "cand", "--json"]);
    assert_eq!(json["diff"]["columns"][0]["versus"]["metrics"][0]["too_few_clusters"], 4);
}
