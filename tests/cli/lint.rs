//! `regauge check --deep`: every rule finds what was planted, and nothing else is found.

use crate::fixture::Project;

const HEAD: &str = "title = \"First\"\nprompts = [\"plain\"]\nmodels = [\"mock\"]\nknowledge = [\"help\"]\n";

/// A project with nothing to find: two tested articles, and a question that must not be answered.
fn project(cases: &str) -> Project {
    let project = Project::empty();
    project.write(
        "regauge.toml",
        "[models.mock]\nprovider = \"openai\"\nmodel = \"mock-1\"\nbase_url = \"http://127.0.0.1:9\"\n\
         api_key_env = \"MOCK_KEY\"\nextra = { tools = [{ type = \"function\", function = { name = \"cancel_order\" } }] }\n\n\
         [knowledge.help]\npath = \"golden/knowledge\"\n",
    );
    project.write(
        "prompts/plain.j2",
        "{% block system %}Be brief.{% endblock %}\n\
         {% block user_1 %}May I paint the bike in another colour?{% endblock %}\n\
         {% block assistant_1 %}Please ask in the shop.{% endblock %}\n\
         {% block user %}{{ input }}{% endblock %}\n",
    );
    project.write(
        "golden/knowledge/returns.md",
        "+++\nid = \"returns\"\ntitle = \"Returns\"\n+++\n## Window\n\nYou have 30 days from delivery.\n",
    );
    project.write(
        "golden/knowledge/fees.md",
        "+++\nid = \"fees\"\ntitle = \"Fees\"\nreview_by = 2099-01-01\n+++\nThe return label costs 5 euro.\n",
    );
    let base = "\n[[case]]\nid = \"window\"\ninput = \"How long can I return it?\"\nsources = [\"returns#window\"]\n\
                expect = \"answer\"\ngolden = \"You have 30 days from delivery.\"\n\
                [[case.score]]\nkind = \"number\"\nvalue = 30\n\n\
                [[case]]\nid = \"label\"\ninput = \"What does the label cost?\"\nsources = [\"fees\"]\nexpect = \"answer\"\n\
                [[case.score]]\nkind = \"number\"\nvalue = 5\n\n\
                [[case]]\nid = \"weather\"\ninput = \"Will it rain tomorrow?\"\nexpect = \"abstain\"\n\
                [[case.score]]\nkind = \"action\"\n";
    project.write("suites/first.toml", &format!("{HEAD}{base}{cases}"));
    project
}

/// The findings as `rule file:line message`.
fn found(project: &Project) -> Vec<String> {
    let done = project.run(&["check", "--deep", "--json"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let json: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let line = |f: &serde_json::Value| {
        assert!(!f["help"].as_array().unwrap().is_empty(), "{f} says what to do");
        let text = |key: &str| f[key].as_str().unwrap_or_default().replace('\\', "/");
        format!("{} {}:{} {}", text("rule"), text("path"), f["line"], text("message"))
    };
    json["findings"].as_array().unwrap().iter().map(line).collect()
}

fn case(id: &str, input: &str, more: &str) -> String {
    format!(
        "\n[[case]]\nid = \"{id}\"\ninput = \"{input}\"\n{more}\n[[case.score]]\nkind = \"length\"\nmin_words = 1\n"
    )
}

#[test]
fn a_sound_project_has_no_findings() {
    assert_eq!(found(&project("")), [""; 0]);
}

#[test]
fn a_golden_that_its_source_does_not_say() {
    let more =
        "sources = [\"returns#window\"]\nexpect = \"answer\"\ngolden = \"You have 14 days from delivery.\"";
    let planted = found(&project(&case("late", "May I send a helmet back next week?", more)));
    assert_eq!(planted.len(), 1, "{planted:?}");
    assert!(
        planted[0].starts_with("unsupported-golden suites/first.toml:33 golden of `late`"),
        "{planted:?}"
    );
    assert!(planted[0].contains("14 days against 30 days"), "{planted:?}");
}

#[test]
fn a_golden_that_fails_its_own_scorer_and_a_judge_that_is_named() {
    let project = project("");
    project.edit(
        "suites/first.toml",
        "value = 30\n",
        "value = 14\n[[case.score]]\nkind = \"latency\"\nmax_ms = 5\n",
    );
    let planted = found(&project);
    assert_eq!(planted.len(), 1, "{planted:?}");
    assert!(
        planted[0].starts_with("failing-golden suites/first.toml:7 golden of `window` fails scorer `number`")
    );
    let done = project.run(&["check", "--deep"]);
    let note = "note: failing-golden: goldens not judged by latency (it judges the reply, not its text)";
    assert!(done.stderr.contains(note), "{}", done.all());
}

#[test]
fn contradictions_and_copies() {
    let other =
        "sources = [\"returns\"]\nexpect = \"answer\"\ngolden = \"It must come back within 14 days.\"";
    let project = project(&format!(
        "{}{}",
        case("again", "How long can I return it, please?", other),
        case("rain", "Will it rain tomorrow?", "expect = \"answer\"\nsources = [\"fees\"]")
    ));
    project.edit(
        "golden/knowledge/returns.md",
        "delivery.",
        "delivery. Helmets must come back within 14 days.",
    );
    assert_eq!(
        found(&project),
        [
            "contradictory-golden suites/first.toml:33 golden of `again` contradicts that of `window` (suites/first.toml:6), \
             which asks the same: it says 14 days, not 30 days",
            "contradictory-golden suites/first.toml:43 `rain` expects `answer` where `weather` (suites/first.toml:25), \
             which asks the same, expects `abstain`",
            "near-duplicate suites/first.toml:33 `again` asks the same as `window` (suites/first.toml:6)",
            "near-duplicate suites/first.toml:43 `rain` asks the same as `weather` (suites/first.toml:25)",
        ]
    );
}

#[test]
fn sources_that_are_missing_expired_or_internal() {
    let project = project(&format!(
        "{}{}",
        case("shop", "When does the shop open?", "expect = \"answer\""),
        case("limit", "How much may the staff give away?", "expect = \"answer\"\nsources = [\"limits\"]")
    ));
    project.write(
        "golden/knowledge/limits.md",
        "+++\nid = \"limits\"\ntitle = \"Limits\"\nvisibility = \"internal\"\n+++\nUp to 20 euro.\n",
    );
    project.edit("golden/knowledge/fees.md", "2099-01-01", "2020-01-01");
    assert_eq!(
        found(&project),
        [
            "missing-source suites/first.toml:33 `shop` expects an answer and declares no source",
            "expired-source golden/knowledge/fees.md:4 article `fees` was to be reviewed by 2020-01-01, and a case rests on it: label",
            "internal-source suites/first.toml:41 `limit` expects an answer from the internal article `limits`",
        ]
    );
}

#[test]
fn a_tool_that_no_model_has() {
    let project = project(
        "\n[[case]]\nid = \"cancel\"\ninput = \"Cancel it, please.\"\nexpect = \"act\"\n\
         [[case.score]]\nkind = \"workflow\"\ncalls = [{ tool = \"cancel_ordr\" }]\nforbidden = [\"cancel_*\"]\n",
    );
    let planted = found(&project);
    assert_eq!(planted.len(), 1, "{planted:?}");
    assert_eq!(
        planted[0],
        "unknown-tool suites/first.toml:33 `cancel` names the tool `cancel_ordr`, which no model of its suite has"
    );
    assert!(project.run(&["check", "--deep"]).stderr.contains("did you mean `cancel_order`?"));
}

#[test]
fn a_few_shot_that_is_a_test_case() {
    let planted =
        found(&project(&case("paint", "May I paint the bike in another colour?", "expect = \"abstain\"")));
    assert_eq!(
        planted,
        ["leaked-case prompts/plain.j2:2 prompt `plain` holds the question of `first/paint`, which tests it"]
    );
}

#[test]
fn an_area_without_a_question_that_must_not_be_answered_and_an_untested_article() {
    let cases: String = ["frame", "saddle", "chain", "brake", "bell"]
        .iter()
        .map(|part| {
            case(part, &format!("What is the {part} made of?"), "area = \"parts\"\nsources = [\"fees\"]")
        })
        .collect();
    let project = project(&cases);
    project.write(
        "golden/knowledge/bags.md",
        "+++\nid = \"bags\"\ntitle = \"Bags\"\nviews = 90\n+++\nBags are blue.\n",
    );
    assert_eq!(
        found(&project),
        [
            "no-negative-case suites/first.toml:33 area `parts` has 5 cases, and none that must not be answered",
            "untested-article golden/knowledge/bags.md:2 no case tests article `bags` (90 views)",
        ]
    );
}

#[test]
fn rules_are_listed_and_switched_off_by_name() {
    let project = project(&case("shop", "When does the shop open?", "expect = \"answer\""));
    assert_eq!(project.run(&["check"]).code, 0);
    let strict = project.run(&["check", "--deep", "--strict"]);
    assert_eq!(strict.code, 2, "{}", strict.all());
    assert!(strict.stderr.contains("warning[missing-source]"), "{}", strict.all());
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[lint]\noff = [\"missing-source\"]\n"));
    assert_eq!(found(&project), [""; 0]);
    let rules = project.run(&["check", "--rules"]).stdout;
    assert!(rules.lines().count() > 10 && rules.contains("(off)"), "{rules}");
    let page = include_str!("../../docs/knowledge.md");
    for line in rules.lines() {
        let (name, doc) = line.trim_end_matches(" (off)").split_once(' ').unwrap();
        assert!(
            page.contains(&format!("| `{name}` | {} |", doc.trim())),
            "docs/knowledge.md has no row of {name}"
        );
    }
    project.write("regauge.toml", &format!("{settings}\n[lint]\noff = [\"missing-sources\"]\n"));
    let done = project.run(&["check", "--deep"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("did you mean `missing-source`?"), "{}", done.all());
}

#[test]
fn canaries_that_cannot_do_their_work() {
    let project = project("");
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[knowledge.desk]\npath = \"desk.jsonl\"\n"));
    let suite = project.read("suites/first.toml").replace("[\"help\"]", "[\"help\", \"desk\"]");
    project.write("suites/first.toml", &suite);
    project.write(
        "desk.jsonl",
        "{\"id\": \"desk-1\", \"visibility\": \"internal\", \"text\": \"Say MAPLE-LEAF.\", \"canaries\": [\"MAPLE-LEAF\"]}\n\
         {\"id\": \"desk-2\", \"visibility\": \"internal\", \"text\": \"Say maple-leaf, or ZX.\", \"canaries\": \"ZX\"}\n",
    );
    project.write(
        "golden/knowledge/open.md",
        "+++\nid = \"open\"\nvisibility = \"snippet\"\ncanaries = [\"return label\", \"GONE-HERON\"]\n+++\nThe return label is free.\n",
    );
    let of_rule = || {
        let all = found(&project).into_iter();
        all.filter(|line| line.starts_with("canary")).collect::<Vec<_>>()
    };
    assert_eq!(
        of_rule(),
        [
            "canary desk.jsonl:1 no case looks for the canaries of article `desk-1`",
            "canary desk.jsonl:2 no case looks for the canaries of article `desk-2`",
            "canary golden/knowledge/open.md:4 no case looks for the canaries of article `open`",
            "canary desk.jsonl:1 the canary `MAPLE-LEAF` of article `desk-1` stands in another article too: desk-2",
            "canary desk.jsonl:2 the canary `ZX` of article `desk-2` is so short that an answer may hold it by chance",
            "canary golden/knowledge/open.md:4 the canary `return label` of article `open` stands in a public article: fees",
            "canary golden/knowledge/open.md:4 the canary `GONE-HERON` of article `open` does not stand in its text",
        ]
    );
    project.write("suites/first.toml", &format!("{suite}\n[[case.score]]\nkind = \"visibility\"\n"));
    assert_eq!(of_rule().len(), 4, "{:?}", of_rule());
    let wrong = "+++\nid = \"open\"\ncanary = \"x\"\ncanaries = [\"\", \"BLUE-HERON\"]\n+++\nText.\n";
    project.write("golden/knowledge/open.md", wrong);
    let told = project.run(&["check"]).stderr;
    assert!(
        told.contains("did you mean `canaries`?") && told.contains("`canaries` has an empty text"),
        "{told}"
    );
}
