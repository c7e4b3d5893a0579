//! A run as a table, read back by the programs of analysts.

use serde_json::Value;

use crate::fixture::Project;
use crate::python;
use crate::server::{Server, fails, says};

/// A run with right, wrong and hostile answers, an error, and an unknown price.
fn analysed() -> (Server, Project) {
    let server = Server::new(|_, asked| match asked.last() {
        text if text.contains("hello") => says("hello"),
        text if text.contains("outage") => fails(400, "no"),
        text if text.contains("formula") => says("=HYPERLINK(\"https://evil.example\";\"ă, \u{1b}[31m\n2\")"),
        _ => says("You have 14 days from delivery."),
    });
    let project = Project::asking(&server);
    let suite = project.read("suites/first.toml");
    let more = "\n[[case]]\nid = \"outage\"\ninput = \"An outage?\"\ntags = [\"a\", \"b\"]\n\
        [[case.score]]\nkind = \"contains\"\nany = [\"x\"]\n\
        \n[[case]]\nid = \"formula\"\ninput = \"A formula?\"\n[[case.score]]\nkind = \"contains\"\nany = [\"evil\"]\n";
    project.write("suites/first.toml", &(suite + more));
    let done = project.run(&["run", "--tag", "t", "--repeats", "2"]);
    assert_eq!(done.code, 5, "{}", done.all());
    (server, project)
}

const READ: &str = r#"
import csv, json, sys
import duckdb, pandas

def summary(trials, scores):
    judged = trials[trials["passed"].notna()]
    return {
        "trials": len(trials),
        "outcomes": {k: int(v) for k, v in trials["outcome"].value_counts().items()},
        "passed": {k: int(v) for k, v in judged.groupby("prompt")["passed"].apply(lambda p: (p == True).sum()).items()},
        "judged": {k: int(v) for k, v in judged.groupby("prompt").size().items()},
        "mean_score": {k: round(v, 12) for k, v in trials.groupby("prompt")["score"].mean().items()},
        "tokens_in": {k: int(v) for k, v in trials.groupby("prompt")["tokens_in"].sum().items()},
        "cost": {k: round(v, 12) for k, v in trials.groupby("prompt")["cost_usd"].sum().items()},
        "unscored": int(trials["score"].isna().sum()),
        "scores": len(scores),
        "scored": int(scores["value"].notna().sum()),
    }

ways = {}
for ending, read in [
    ("csv", lambda f: pandas.read_csv(f)),
    ("parquet", lambda f: pandas.read_parquet(f)),
    ("jsonl", lambda f: pandas.read_json(f, lines=True)),
    ("csv", lambda f: duckdb.sql(f"select * from read_csv('{f}')").df()),
    ("parquet", lambda f: duckdb.sql(f"select * from read_parquet('{f}')").df()),
    ("jsonl", lambda f: duckdb.sql(f"select * from read_json('{f}')").df()),
]:
    got = summary(read(f"trials.{ending}"), read(f"scores.{ending}"))
    ways[f"{ending} {len(ways)}"] = got

types = {r[0]: r[1] for r in duckdb.sql("describe select * from read_parquet('trials.parquet')").fetchall()}
answers = {}
for ending in ["csv", "parquet", "jsonl"]:
    rows = duckdb.sql(f"select answer from read_{'json' if ending == 'jsonl' else ending}('texts.{ending}') where \"case\" = 'formula' limit 1")
    answers[ending] = rows.fetchall()[0][0]
with open("texts.csv", newline="") as f:
    widths = {len(row) for row in csv.reader(f)}
json.dump({"ways": ways, "types": types, "answers": answers, "widths": len(widths)}, sys.stdout)
"#;

#[test]
fn duckdb_and_pandas_read_what_the_report_counts() {
    let (_server, project) = analysed();
    for ending in ["csv", "parquet", "jsonl"] {
        for (what, more, file) in
            [("trials", "", "trials"), ("scores", "", "scores"), ("trials", "--texts", "texts")]
        {
            let file = format!("{file}.{ending}");
            let mut args = vec!["export", "t", "--what", what, "--output", &file];
            args.extend((!more.is_empty()).then_some(more));
            let done = project.run(&args);
            assert_eq!((done.code, &*done.stdout), (0, ""), "{}", done.all());
            let first = std::fs::read(project.path(&file)).unwrap();
            project.run(&args);
            assert_eq!(first, std::fs::read(project.path(&file)).unwrap(), "{file}: same run, same bytes");
        }
    }
    let read = python::run(&["duckdb<3", "pandas<4", "pyarrow"], &project.path("."), READ, &[]);
    let read: Value = serde_json::from_str(&read).unwrap();

    let report = project.json(&["report", "t", "--json"]);
    let rows = report["variants"].as_array().unwrap();
    let sum = |key: &str| rows.iter().map(|row| row[key].as_u64().unwrap()).sum::<u64>();
    let by = |value: &dyn Fn(&Value) -> Value| -> Value {
        rows.iter().map(|row| (row["variant"]["prompt"].as_str().unwrap().to_owned(), value(row))).collect()
    };
    let rounded = |value: &Value| Value::from((value.as_f64().unwrap() * 1e12).round() / 1e12);
    let whole = |value: &Value| Value::from(value.as_f64().unwrap() as u64);
    let cells = || report["scorers"].as_array().unwrap().iter().flat_map(|s| s["cells"].as_array().unwrap());
    let of_cells = |key: &str| cells().map(|cell| cell[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("errored"), 4, "{report}");
    for (way, got) in read["ways"].as_object().unwrap() {
        assert_eq!(got["trials"], sum("done"), "{way}");
        assert_eq!(got["outcomes"]["errored"], sum("errored"), "{way}");
        assert_eq!(got["outcomes"]["passed"], sum("passed"), "{way}");
        assert_eq!(got["outcomes"]["failed"], sum("failed"), "{way}");
        assert_eq!(got["passed"], by(&|row| row["pass_rate"]["passed"].clone()), "{way}");
        assert_eq!(got["judged"], by(&|row| row["pass_rate"]["judged"].clone()), "{way}");
        assert_eq!(got["mean_score"], by(&|row| rounded(&row["mean_score"])), "{way}");
        assert_eq!(got["tokens_in"], by(&|row| whole(&row["tokens_in"]["known"])), "{way}");
        assert_eq!(got["cost"], by(&|row| rounded(&row["cost"]["known"])), "{way}");
        assert_eq!(got["unscored"], sum("errored"), "an error has no score: {way}");
        assert_eq!(got["scored"], of_cells("scored"), "{way}");
        let states = ["scored", "not_applicable", "unparsed", "judge_errors"];
        assert_eq!(got["scores"], states.map(of_cells).iter().sum::<u64>(), "{way}");
    }
    assert_eq!(read["ways"].as_object().unwrap().len(), 6);
    assert_eq!(read["types"]["passed"], "BOOLEAN");
    assert_eq!(read["types"]["cost_usd"], "DOUBLE");
    assert_eq!(read["types"]["tokens_in"], "BIGINT");
    assert_eq!(read["types"]["case"], "VARCHAR");
    let exact = "=HYPERLINK(\"https://evil.example\";\"ă, \u{1b}[31m\n2\")";
    assert_eq!(read["answers"]["parquet"], exact);
    assert_eq!(read["answers"]["jsonl"], exact);
    assert_eq!(read["answers"]["csv"], format!("'{}", exact.replace('\u{1b}', "␛")));
    assert_eq!(read["widths"], 1);
}

#[test]
fn a_table_goes_to_the_standard_output_unless_it_is_no_text() {
    let (_server, project) = analysed();
    let done = project.run(&["export", "--what", "scores"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let head = "run,suite,case,phrasing,prompt,model,repeat,follow_up,outcome,scorer,kind,required,state,value,pass,";
    assert!(done.stdout.starts_with(head), "{}", done.stdout);
    let done = project.run(&["export", "--format", "parquet"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("parquet is no text; name a file by --output"), "{}", done.stderr);
    let done = project.run(&["export", "--output", "trials.xlsx"]);
    assert!(done.code == 2 && done.stderr.contains("`.xlsx` is the ending of no format"), "{}", done.all());
    let done = project.run(&["export", "--columns"]);
    assert!(
        done.stdout.contains("cost_usd") && done.stdout.contains("missing when unknown"),
        "{}",
        done.all()
    );
}
