//! Embeddings with the real weights, fetched once into the user's cache directory.
//!
//! The hub address leads nowhere, so the second way, pip, is what is tested when nothing is cached yet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(feature = "embedded")]

use std::path::Path;
use std::sync::Arc;

use regauge::coverage::clusters::{self, Question};
use regauge::embed::{Embedder, Embedding, FetchArgs, fetch, local};
use regauge::provider::embedded::default_cache_dir;
use regauge::score::accepted::terms;

async fn embedder() -> Arc<dyn Embedder> {
    let cache_dir = default_cache_dir().unwrap();
    let args =
        FetchArgs { cache_dir: &cache_dir, hub: Some("http://127.0.0.1:9"), on_fetch: Arc::new(|_| ()) };
    fetch(args).await.unwrap();
    let embedder = local(Some(&cache_dir));
    embedder.ready().unwrap();
    embedder
}

fn bits(vector: &Embedding) -> Vec<u32> {
    vector.values().iter().map(|x| x.to_bits()).collect()
}

/// The example on the model's card, with the cosines that sentence-transformers gives.
#[tokio::test]
async fn cosines_are_the_published_ones() {
    let texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
    let vectors = embedder().await.embed(&texts).unwrap();
    for (a, b, cosine) in [(0, 1, 0.6660), (0, 2, 0.1046), (1, 2, 0.1411)] {
        let got = vectors[a].cosine(&vectors[b]);
        assert!((got - cosine).abs() < 5e-5, "{got} instead of {cosine}");
    }
    let first = [0.019_195_7, 0.120_085_4, 0.159_598_4, 0.067_065_9];
    for (got, want) in vectors[0].values().iter().zip(first) {
        assert!((got - want).abs() < 1e-6, "{got} instead of {want}");
    }
}

#[tokio::test]
async fn bytes_do_not_depend_on_company_or_threads() {
    let embedder = embedder().await;
    let long = "The battery of your bike is covered for two years. ".repeat(3);
    let texts = ["", "Hi", "Poți returna căștile în 30 de zile.", "[SEP] [CLS]", long.as_str(), "👍🏽 …"];
    let alone: Vec<_> = texts.iter().map(|text| bits(&embedder.embed(&[text]).unwrap()[0])).collect();
    std::thread::scope(|scope| {
        for thread in 1..3 {
            let (embedder, alone) = (&embedder, &alone);
            scope.spawn(move || {
                // The same tokens, but no text that is remembered.
                let blanks = " ".repeat(thread);
                let again: Vec<String> = texts.iter().map(|text| format!("{text}{blanks}")).collect();
                let again: Vec<&str> = again.iter().map(String::as_str).collect();
                let together = embedder.embed(&again).unwrap();
                assert_eq!(&together.iter().map(bits).collect::<Vec<_>>(), alone);
            });
        }
    });
}

#[tokio::test]
async fn only_the_first_256_tokens_are_read() {
    let embedder = embedder().await;
    let words = "bike ".repeat(254);
    let longer = format!("{words} but nothing else");
    let vectors = embedder.embed(&[&words, &longer]).unwrap();
    assert_eq!(bits(&vectors[0]), bits(&vectors[1]));
}

/// Questions about the same without a word in common are one gap; without the model they are not.
#[tokio::test]
async fn gaps_are_put_together_by_meaning() {
    let asked = [
        "How do I cancel my subscription?",
        "Which colours does the bike come in?",
        "I want to end my membership.",
        "Is the bicycle available in red?",
        "Do you have a shop in Berlin?",
    ];
    let words = |text: &str| terms(text).into_iter().map(|(word, _)| (word, 1.0)).collect();
    let questions: Vec<Question<'_>> =
        asked.iter().map(|text| Question { text, lang: "en", words: words(text) }).collect();
    let embedder = embedder().await;
    let (groups, by) = clusters::of(&questions, embedder.as_ref());
    assert_eq!(groups, [vec![0, 2], vec![1, 3], vec![4]]);
    assert_eq!((by.by, by.why), ("meaning", None));
    assert_eq!(clusters::of(&questions, embedder.as_ref()).0, groups, "the same again");
    let (apart, by) = clusters::of(&questions, local(None).as_ref());
    assert_eq!((apart.len(), by.by, by.why.is_some()), (5, "words", true));
}

/// A project whose model says what its customers ask, and a suite that compares meanings.
fn project(dir: &Path) {
    let write = |path: &str, text: &str| {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "echo.sh",
        r#"while IFS= read -r line; do
  rest=${line#*'"content":"'}
  printf '{"text":"%s"}\n' "${rest%%'"'*}"
done
"#,
    );
    write(
        "regauge.toml",
        "[models.echo]\nprovider = \"command\"\nmodel = \"echo\"\ncommand = [\"sh\", \"echo.sh\"]\n",
    );
    write("prompts/bare.j2", "{{ input }}");
    write(
        "suites/meanings.toml",
        r#"prompts = ["bare"]
models = ["echo"]
[[score]]
kind = "meaning"
reference = "You have 30 days to return it."
[[case]]
id = "paraphrase"
input = "You can send it back within 30 days."
[[case]]
id = "number"
input = "You have 14 days to return it."
[[case]]
id = "other"
input = "The battery lasts for four years."
[[case]]
id = "romanian"
lang = "ro"
input = "Ai 30 de zile să o returnezi."
"#,
    );
}

fn regauge(dir: &Path, args: &[&str], env: &[(&str, &Path)]) -> (Option<i32>, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_regauge"))
        .args(args)
        .current_dir(dir)
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .envs(env.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[cfg(unix)]
#[test]
fn the_binary_compares_meanings() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let (code, out, err) = regauge(dir.path(), &["models", "pull"], &[]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("all-minilm-l6-v2: ready") && out.contains("53aa51172d14"), "{out}");
    let (code, _, err) = regauge(dir.path(), &["check", "--strict"], &[]);
    assert_eq!(code, Some(0), "{err}");
    let (code, _, err) = regauge(dir.path(), &["run"], &[]);
    assert_eq!(code, Some(0), "{err}");
    let (_, shown, _) = regauge(dir.path(), &["explain", "other"], &[]);
    assert!(shown.contains("0.22 to the reference; at least 0.70 asked"), "{shown}");
    let (_, shown, _) = regauge(dir.path(), &["explain", "number"], &[]);
    assert!(shown.contains("0.86 to the reference"), "{shown}");
    let (_, shown, _) = regauge(dir.path(), &["explain", "paraphrase"], &[]);
    assert!(shown.contains("to “You have 30 days to return it.”"), "{shown}");
    let (_, shown, _) = regauge(dir.path(), &["explain", "romanian"], &[]);
    assert!(shown.contains("does not read `ro`"), "{shown}");
}

#[test]
fn a_model_that_is_not_here_is_said_before_a_run_and_stops_it() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let cache = dir.path().join("cache");
    let env = [("REGAUGE_CACHE_DIR", cache.as_path())];
    for command in ["check", "plan"] {
        let (code, _, err) = regauge(dir.path(), &[command], &env);
        assert_eq!(code, Some(0), "{err}");
        for part in ["is not on this machine yet", "meanings", "regauge models pull all-minilm-l6-v2"] {
            assert!(err.contains(part), "{part} is not in:\n{err}");
        }
    }
    let (code, _, err) = regauge(dir.path(), &["run", "--offline"], &env);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("--offline fetches nothing") && err.contains("not on this machine"), "{err}");
    let nowhere = dir.path().join("nowhere");
    let env = [("REGAUGE_CACHE_DIR", cache.as_path()), ("PATH", nowhere.as_path())];
    let (code, _, err) = regauge(dir.path(), &["run"], &env);
    assert_eq!(code, Some(2), "{err}");
    let sha256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
    for part in ["127.0.0.1:9", "pip", "put the file at", "model.safetensors", sha256] {
        assert!(err.contains(part), "{part} is not in:\n{err}");
    }
    assert!(!err.contains("smaller model"), "{err}");
}

/// A project that looks passages up by meaning: no word of the questions stands in the article that answers them.
fn help_centre(dir: &Path) {
    project(dir);
    for (id, text) in [
        ("returns", "# Returns\n\nGoods may be sent back within 30 days of delivery."),
        ("battery", "# Battery\n\nThe cell keeps its capacity for four years."),
        ("weather", "# Riding in rain\n\nAll electric parts are sealed against water."),
    ] {
        std::fs::create_dir_all(dir.join("golden/knowledge")).unwrap();
        std::fs::write(dir.join(format!("golden/knowledge/{id}.md")), text).unwrap();
    }
    let settings = std::fs::read_to_string(dir.join("regauge.toml")).unwrap();
    let settings = format!("{settings}\n[knowledge.help]\npath = \"golden/knowledge\"\n");
    std::fs::write(dir.join("regauge.toml"), settings).unwrap();
    let prompt = "{% for p in passages %}{{ p.text }} {% endfor %}{{ input }}";
    std::fs::write(dir.join("prompts/bare.j2"), prompt).unwrap();
    std::fs::write(
        dir.join("suites/meanings.toml"),
        r#"prompts = ["bare"]
models = ["echo"]
knowledge = ["help"]
retrieval = "embedding"
[retrieval_budget]
max_passages = 1
[[score]]
kind = "retrieval"
metric = "recall"
[[case]]
id = "refund"
input = "How do I get a refund?"
sources = ["returns"]
[[case]]
id = "wet"
input = "Is a thunderstorm dangerous?"
sources = ["weather"]
"#,
    )
    .unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_binary_looks_up_by_meaning_and_embeds_each_passage_once() {
    embedder().await;
    let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    help_centre(dir.path());
    std::os::unix::fs::symlink(default_cache_dir().unwrap(), cache.path().join("models")).unwrap();
    let env = [("REGAUGE_CACHE_DIR", cache.path())];
    let vectors = || -> u64 {
        let files = std::fs::read_dir(cache.path().join("vectors")).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    };
    let run = |args: &[&str]| {
        let (code, out, err) = regauge(dir.path(), args, &env);
        assert_eq!(code, Some(0), "{out}{err}");
        for (case, article) in [("refund", "returns#"), ("wet", "weather#")] {
            let (_, shown, err) = regauge(dir.path(), &["explain", case, "--json"], &env);
            let shown: serde_json::Value = serde_json::from_str(&shown).expect(&err);
            let trial = &shown["trials"][0];
            assert!(trial["passages"][0]["id"].as_str().unwrap().starts_with(article), "{trial:#}");
            assert_eq!(trial["outcome"], "passed", "{trial:#}");
        }
        err
    };
    let told = "all-minilm-l6-v2: embedding passages";
    assert!(run(&["run"]).contains(told));
    let three = vectors();
    assert_eq!(three % 3, 0);
    assert!(!run(&["run", "--refresh"]).contains(told), "the vectors of the first run are there");
    assert!(!run(&["run", "--retrieval", "hybrid"]).contains(told));
    assert_eq!(vectors(), three);
    let edited = "# Battery\n\nThe cell keeps its capacity for five years.";
    std::fs::write(dir.path().join("golden/knowledge/battery.md"), edited).unwrap();
    assert!(run(&["run"]).contains(told));
    assert_eq!(vectors(), three / 3 * 4, "only the edited passage is new");
}
