//! `regauge promote` and `accept --pending`: from what went wrong, or a person's reply, to a case with a golden.

use crate::fixture::Project;
use crate::server::{Server, says};

const WHO: [&str; 2] = ["--author", "Ana"];

fn project() -> (Server, Project) {
    let server = Server::new(|_, asked| {
        says(match asked.last() {
            text if text.contains("label") => "I don't know.",
            text if text.contains("hello") => "hello",
            text if text.contains("deposit") => "You get it back in 5 days.",
            _ => "You have 30 days from delivery.",
        })
    });
    let project = Project::asking(&server);
    project.write(
        "golden/knowledge/contact.md",
        "+++\nid = \"contact\"\ntitle = \"Contact\"\n+++\nCall +43 1 555 0100 or write to help@volta.example.\n",
    );
    (server, project)
}

/// The only file of pending cases, below the project.
fn pending(project: &Project) -> Vec<String> {
    let folder = project.path("golden/pending/first");
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = names.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn replies_of_people_become_pending_cases_once_and_without_the_customers_data() {
    let (_server, project) = project();
    project.write(
        "tickets.csv",
        "ticket,question,reply,agent,date\n\
         7,\"When is my deposit for order VC-123456 back? ana@mail.example\",\"Within 5 days. Questions: help@volta.example\",Ion,2026-09-01\n\
         8,How long can I return it?,30 days,Ion,\n",
    );
    let args = ["promote", "--in", "tickets.csv", "--author", "Ana", "--reason", "asked often"];
    let done = project.run(&args);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stderr.contains("first/window asks this already"), "{}", done.all());
    assert!(done.stderr.contains("1 pending case, 1 there already, 2 details masked"), "{}", done.all());
    let names = pending(&project);
    assert_eq!(names.len(), 1, "{names:?}");
    let text = project.read(&format!("golden/pending/first/{}", names[0]));
    for words in [
        "When is my deposit for order [number] back? [e-mail]",
        "origin = \"ticket 7\"",
        "agent = \"Ion\"",
        "author = \"Ana\"",
        "date = 2026-09-01",
        "expect = \"answer\"",
        "Within 5 days. Questions: help@volta.example",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    // Again: the same id, so nothing is written; and never over what a person edited.
    let path = format!("golden/pending/first/{}", names[0]);
    project.edit(&path, "Within 5 days", "Within five days");
    let again = project.run(&args);
    assert_eq!(again.code, 0, "{}", again.all());
    assert!(again.stderr.contains("0 pending cases, 2 there already"), "{}", again.all());
    assert!(project.read(&path).contains("Within five days"));

    // It is checked, and neither planned nor run.
    let check = project.run(&["check"]);
    assert_eq!(check.code, 0, "{}", check.all());
    assert!(check.stdout.contains("1 case pending"), "{}", check.all());
    assert_eq!(project.json(&["check", "--json"])["cases"], 2);
    project.edit(&path, "origin = \"ticket 7\"", "origin = \"ticket 7\"\nsources = [\"retuns\"]");
    project.edit(&path, "back? [e-mail]", "back? ana@mail.example");
    let found = project.run(&["check"]);
    for words in
        ["names the source `retuns`", "did you mean `returns`?", "may tell who the customer was: e-mail"]
    {
        assert!(found.stderr.contains(words), "{words}\n{}", found.all());
    }
}

#[test]
fn names_streets_and_accounts_are_masked_in_both_languages_and_shown() {
    let (_server, project) = project();
    project.write(
        "golden/knowledge/shops.md",
        "+++\nid = \"shops\"\ntitle = \"Shops\"\n+++\nThe shop is in Vienna, at 12 High Street. Ask for the Plus there.\n",
    );
    project.write(
        "tickets.jsonl",
        &[
            r#"{"ticket": "1", "question": "Hi, my name is Ana Popescu, 4 Mill Lane, SW1A 1AA. Is the shop still at 12 High Street?", "reply": "Hi Ana,\nyes, it is. Ask Mrs Jones for the Plus.\nKind regards,\nIon Marin"}"#,
            r#"{"ticket": "2", "question": "Bună ziua, mă numesc Radu Ionescu și stau pe Strada Lungă nr. 14, ap. 3. Când primesc banii în RO49 AAAA 1B31 0075 9384 0000 sau pe cardul 4111 1111 1111 1111?", "reply": "Stimate domnule Ionescu, în 5 zile.\nCu stimă,\nElena"}"#,
        ]
        .join("\n"),
    );
    let done = project.run(&[&["promote", "--in", "tickets.jsonl"][..], &WHO].concat());
    assert_eq!(done.code, 0, "{}", done.all());
    let texts: Vec<String> =
        pending(&project).iter().map(|name| project.read(&format!("golden/pending/first/{name}"))).collect();
    let both = texts.join("\n");
    for words in [
        "my name is [name], [address], [postcode]. Is the shop still at 12 High Street?",
        "Hi [name],\nyes, it is. Ask Mrs [name] for the Plus.\nKind regards,\n[name]",
        "mă numesc [name] și stau pe [address]. Când primesc banii în [IBAN] sau pe cardul [card]?",
        "Stimate domnule [name], în 5 zile.\nCu stimă,\n[name]",
    ] {
        assert!(both.contains(words), "{words}\n{both}");
    }
    // The reviewer sees what is no longer there.
    for words in [
        "masked: name “Ana Popescu”, address “4 Mill Lane”, postcode “SW1A 1AA”, name “Ana”",
        "address “Strada Lungă nr. 14, ap. 3”",
        "card “4111 1111 1111 1111”",
        "12 details masked; names and streets are found only by the words around them",
    ] {
        assert!(done.stderr.contains(words), "{words}\n{}", done.all());
    }
    assert!(!project.run(&["check"]).stderr.contains("may tell who the customer was"));
    let kept =
        project.run(&[&["promote", "--question", "I am Dan Pop.", "--keep-personal"][..], &WHO].concat());
    assert!(kept.code == 0 && !kept.stderr.contains("masked"), "{}", kept.all());
    let check = project.run(&["check"]);
    assert!(check.stderr.contains("may tell who the customer was: name"), "{}", check.all());
}

#[test]
fn a_pending_case_is_accepted_into_its_suite_with_author_and_reason() {
    let (_server, project) = project();
    let question = [
        "promote",
        "--question",
        "When do I get the deposit?",
        "--answer",
        "Within 5 days.",
        "--agent",
        "Ion",
    ];
    let more = ["--source", "returns#top", "--id", "deposit-back"];
    let done = project.run(&[&question[..], &more, &WHO].concat());
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(done.stdout.trim(), "wrote golden/pending/first/deposit-back.md");
    let twice = project.run(&[&question[..], &more, &WHO].concat());
    assert_eq!(twice.code, 2, "{}", twice.all());
    assert!(twice.stderr.contains("first/deposit-back is there already"), "{}", twice.all());

    let list = project.run(&["accept", "--pending", "--author", "Eva"]);
    assert_eq!(list.code, 2);
    assert_eq!(
        list.stdout,
        "first/deposit-back  When do I get the deposit?  (a person's reply)\n",
        "{}",
        list.all()
    );
    let slip =
        project.run(&["accept", "--pending", "--case", "deposit-bac", "--reason", "x", "--author", "Eva"]);
    assert!(slip.stderr.contains("did you mean `deposit-back`?"), "{}", slip.all());
    let suite = project.read("suites/first.toml");
    let done = project.run(&[
        "accept",
        "--pending",
        "--case",
        "deposit-back",
        "--reason",
        "as the terms say",
        "--author",
        "Eva",
    ]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(pending(&project).is_empty());
    let after = project.read("suites/first.toml");
    assert!(after.starts_with(suite.trim_end()), "what was there stays as it was");
    assert!(
        after.ends_with(
            "sources = [\"returns#top\"]\nexpect = \"answer\"\n\n[[case.score]]\nkind = \"golden\"\n"
        ),
        "{after}"
    );
    let golden = project.read("golden/answers/first/deposit-back.md");
    for words in [
        "author = \"Ion, Eva\"",
        "reason = \"as the terms say; from a person's reply\"",
        "\"returns#top\" = \"b3:",
        "Within 5 days.",
    ] {
        assert!(golden.contains(words), "{words}\n{golden}");
    }
    // Now it runs and is judged: the bot's answer agrees with the golden.
    let run = project.run(&["run", "--case", "deposit-back"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let none = project.run(&["accept", "--pending", "--author", "Eva"]);
    assert!(none.code == 0 && none.stderr.contains("nothing is pending"), "{}", none.all());
}

#[test]
fn a_failed_turn_of_a_conversation_becomes_a_case_of_its_own() {
    let (_server, project) = project();
    let suite = project.read("suites/first.toml");
    project.write(
        "suites/first.toml",
        &format!(
            "{suite}\n[[case]]\nid = \"talk\"\n[[case.script]]\nsay = \"Please say hello.\"\n[[case.script]]\n\
             say = \"What does the label cost?\"\n[[case.script.score]]\nkind = \"number\"\nvalue = 5\n\
             [[case.script]]\nsay = \"Thanks\"\n"
        ),
    );
    assert_eq!(project.run(&["run"]).code, 0);
    let done = project
        .run(&[&["promote", "--case", "talk", "--prompt", "bare", "--id", "label-cost"][..], &WHO].concat());
    assert_eq!(done.code, 0, "{}", done.all());
    let text = project.read("golden/pending/first/label-cost.md");
    for words in [
        "question = \"What does the label cost?\"",
        "wrong = \"I don't know.\"",
        "[[turns]]\nrole = \"customer\"\ntext = \"Please say hello.\"\n\n[[turns]]\nrole = \"agent\"\ntext = \"hello\"",
        "first/talk, bare × mock",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let empty =
        project.run(&["accept", "--pending", "--case", "label-cost", "--reason", "x", "--author", "Eva"]);
    assert!(empty.code == 2 && empty.stderr.contains("nobody gave an answer yet"), "{}", empty.all());
    let done = project.run(&[
        "accept",
        "--pending",
        "--case",
        "label-cost",
        "--answer",
        "It costs 5 euro.",
        "--reason",
        "price list",
        "--author",
        "Eva",
    ]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(project.run(&["check"]).code, 0);
    assert!(
        project
            .read("suites/first.toml")
            .contains("[[case.turns]]\nrole = \"customer\"\ntext = \"What does the label cost?\"")
    );
    let fine = project.run(&[&["promote", "--case", "greeting"][..], &WHO].concat());
    assert!(fine.code == 2 && fine.stderr.contains("did not fail"), "{}", fine.all());
    let slip = project.run(&[&["promote", "--question", "Why?", "--suite", "frist"][..], &WHO].concat());
    assert!(slip.code == 2 && slip.stderr.contains("did you mean `first`?"), "{}", slip.all());
    let source = project.run(&[&["promote", "--question", "Why?", "--source", "nope"][..], &WHO].concat());
    assert!(source.code == 2 && source.stderr.contains("no article or section `nope`"), "{}", source.all());
}
