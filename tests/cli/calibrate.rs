//! Labels and certificates: a judge decides only after people agreed with it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::fixture::Project;
use crate::judge::{mark, verdict};
use crate::server::{Server, says};

/// Cases `good-…` and `bad-…`; the bot repeats the question, and the judge goes by what it says.
fn project() -> (Server, Project) {
    let server = Server::new(|_, asked| match mark(asked) {
        Some(mark) => verdict(&mark, if asked.last().contains("It is bad") { "no" } else { "yes" }),
        None => says(&format!("It is {} \u{1b}[2J", asked.last())),
    });
    let project = crate::judge::project(&server, "");
    let mut suite =
        "prompts = [\"bare\"]\nmodels = [\"mock\"]\n\n[[score]]\nkind = \"judge\"\nname = \"tone\"\n\
        rubric = \"rubric\"\nquestions = [\"Is it polite?\"]\n"
            .to_owned();
    for n in 0..44 {
        let kind = if n % 4 == 0 { "bad" } else { "good" };
        let area = n % 3;
        writeln!(suite, "\n[[case]]\nid = \"{kind}-{n}\"\ninput = \"{kind} {n}\"\narea = \"a{area}\"")
            .unwrap();
    }
    project.write("suites/first.toml", &suite);
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[gate]\nmin_pass_rate = 0.5\n"));
    assert_eq!(project.run(&["run", "--tag", "base"]).code, 3, "nothing decides, so nobody can tell");
    (server, project)
}

/// Fills in the labels of a sample as a person would who finds every tenth "good" answer bad.
fn fill(project: &Project, file: &str) -> usize {
    let mut lines = Vec::new();
    for line in project.read(file).lines() {
        let mut row: Value = serde_json::from_str(line).unwrap();
        assert!(
            row.get("judge").is_none() && !line.contains("\"verdict\""),
            "the person does not see the verdict"
        );
        let question = row["question"].as_str().unwrap().to_owned();
        let bad = question.contains("bad") || question.ends_with('9');
        row["label"] = json!(if bad { "fail" } else { "pass" });
        row["by"] = json!("Ioana");
        lines.push(row.to_string());
    }
    project.write(file, &lines.join("\n"));
    lines.len()
}

#[test]
fn a_judge_decides_once_people_agreed_with_it() {
    let (server, project) = project();
    let done = project.run(&["label", "base", "-n", "40", "--out", "sample.jsonl"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(fill(&project, "sample.jsonl"), 40);
    let few = project.run(&["calibrate", "base"]);
    assert_eq!(few.code, 3);
    assert!(few.stderr.contains("0 labels, 30 are needed"), "{}", few.all());
    let taken = project.run(&["label", "base", "--in", "sample.jsonl"]);
    assert!(taken.stdout.contains("40 labels taken into"), "{}", taken.all());

    let figures = project.json(&["calibrate", "base", "--json", "--dry-run"]);
    let one = &figures[0];
    assert_eq!((one["judged"].as_u64(), one["labels"].as_u64()), (Some(44), Some(40)));
    let sum: u64 = one["confusion"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(sum, 40);
    assert_eq!(one["confusion"]["person_only"], 0);
    assert!(one["kappa"].as_f64().unwrap() > 0.6 && one["ac1"].as_f64().unwrap() > 0.6, "{one}");
    let raw = one["raw"]["share"].as_f64().unwrap();
    let corrected = one["corrected"]["rate"].as_f64().unwrap();
    assert!((raw - 0.75).abs() < 1e-9 && corrected < raw, "the judge is too kind: {one}");

    let asked = server.asked().len();
    let done = project.run(&["calibrate", "base"]);
    assert_eq!(done.code, 0, "{}", done.all());
    for part in
        ["person: pass", "Cohen's kappa", "Gwet's AC1", "recall of bad answers", "PPI++", "Rogan-Gladen"]
    {
        assert!(done.stdout.contains(part), "{part}: {}", done.stdout);
    }
    assert!(done.stderr.contains("certificate for `tone`"), "{}", done.stderr);
    let folder = project.path("golden/judges");
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("rubric = \"rubric\"") && text.contains("labelled_by = \"Ioana\""), "{text}");

    // Now it decides; nothing is asked again.
    let done = project.run(&["run", "--tag", "certified"]);
    assert!(done.code == 0 && !done.stderr.contains("certificate"), "{}", done.all());
    assert_eq!(server.asked().len(), asked);
    let report: Value =
        serde_json::from_str(&project.run(&["report", "certified", "--format", "json"]).stdout).unwrap();
    assert_eq!(
        (report["variants"][0]["passed"].as_u64(), report["variants"][0]["failed"].as_u64()),
        (Some(33), Some(11))
    );
    assert_eq!(report["scorers"][0]["required"], true);

    // Out of date, it decides nothing again.
    let old: String = text
        .lines()
        .map(|line| match line.split(' ').next() {
            Some("date") => "date = 2020-01-01\n".to_owned(),
            Some("expires") => "expires = 2020-07-01\n".to_owned(),
            _ => format!("{line}\n"),
        })
        .collect();
    std::fs::write(&file, old).unwrap();
    let done = project.run(&["run"]);
    assert!(done.stderr.contains("the certificate of this judge is out of date"), "{}", done.stderr);
    assert!(done.stdout.contains("tone (certificate expired: reported only)"), "{}", done.stdout);
    assert_eq!(done.code, 3);
}

#[test]
fn labels_are_given_line_by_line_where_there_is_no_terminal() {
    let (_server, project) = project();
    let mut child = project
        .command(&["label", "base", "-n", "5", "--by", "Ana"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("p\nf too curt\nwhat\ns\nq\n".as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{talk}");
    assert!(talk.contains("2 labelled, 1 skipped, 2 left") && talk.contains("1 of 5"), "{talk}");
    assert!(
        !talk.contains('\u{1b}') && talk.contains("\u{241b}[2J"),
        "hostile text is shown, not obeyed: {talk}"
    );
    let kept = project.read("golden/labels/tone.jsonl");
    assert_eq!(kept.lines().count(), 2);
    assert!(kept.contains("too curt") && kept.contains("Ana"), "{kept}");
    // What has a label is not drawn again; the same seed draws the same.
    let draw = |out: &str| {
        assert_eq!(project.run(&["label", "base", "-n", "99", "--out", out]).code, 0);
        project.read(out)
    };
    let (first, second) = (draw("a.csv"), draw("b.csv"));
    assert_eq!(first, second);
    assert_eq!(first.matches("first/").count(), 42);
    assert!(!first.contains('\u{1b}'));
    assert_eq!(project.run(&["label", "base", "--out", "a.csv"]).code, 2, "a file is not replaced");
}

#[test]
fn a_file_of_labels_with_a_mistake_is_not_taken_in() {
    let (_server, project) = project();
    project.write("labels.csv", "id,label,note\nffffffffffffffff,pass,\n0,maybe,x\n1,,\n");
    let done = project.run(&["label", "base", "--in", "labels.csv"]);
    assert_eq!(done.code, 2);
    for part in
        ["row 1: no answer of this run has the id", "row 2: `maybe` is no label", "nothing was taken in"]
    {
        assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
    }
    assert!(!project.path("golden/labels").exists());
    let done = project.run(&["label", "base", "--scorer", "tonne"]);
    assert!(done.stderr.contains("did you mean `tone`?"), "{}", done.stderr);
}
