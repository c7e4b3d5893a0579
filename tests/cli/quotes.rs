//! A quote that is not closed swallows the rows behind it: it is found wherever a CSV file is read.

use crate::fixture::Project;
use crate::server::Server;

#[test]
fn cases_and_articles_are_not_swallowed() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    project.write("q.csv", "id,q\na,Q1\nb,\"Q2\nc,Q3\nd,Q4\n");
    project.write("kb.csv", "id,title,text\none,One,\"First.\ntwo,Two,\"Second.\"\n");
    project.write(
        "suites/first.toml",
        "prompts = [\"bare\"]\nmodels = [\"mock\"]\n[[cases]]\nfile = \"q.csv\"\nfields = { id = \"id\", input = \"q\" }\n\
         [[score]]\nkind = \"contains\"\nany = [\"hello\"]\n",
    );
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[knowledge.table]\npath = \"kb.csv\"\n"));
    let done = project.run(&["check"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("q.csv:3:3") && done.stderr.contains("kb.csv:2:9"), "{}", done.all());
    assert_eq!(done.stderr.matches("the quote that opens here is not closed").count(), 2, "{}", done.all());
    project.write("q.csv", "id,q\na,Q1\nb,\"Q2\"\nc,Q3\nd,\"Q\n4\"\n");
    project.write("kb.csv", "id,title,text\none,One,\"First.\n\"\ntwo,Two,\"Second.\"\n");
    let done = project.run(&["check"]);
    assert!(done.stdout.contains("1 suite with 4 cases"), "{}", done.all());
}

#[test]
fn tickets_and_labels_are_not_swallowed() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    project.write("t.csv", "question,reply\nHow long?,\"30 days\nWhere?,There\n");
    let done = project.run(&["promote", "--in", "t.csv"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("t.csv:2: the quote that opens here is not closed"), "{}", done.all());
    assert!(!project.path("golden/pending").exists());
}
