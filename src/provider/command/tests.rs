//! Programs that answer, die, hang and babble; written for `sh`, which every Unix has.
#![cfg(unix)]

use futures_util::future::join_all;

use super::*;
use crate::fingerprint::Fingerprint;
use crate::program::ChildEnv;
use crate::prompt::{ChatRole, Message};
use crate::provider::{ModelSpec, Params};

async fn program(script: &str, change: impl FnOnce(&mut ModelSpec, &mut CommandSpec)) -> Arc<dyn Provider> {
    let mut model = ModelSpec::new("bot", "command", "bot");
    model.timeout_s = 5;
    let mut command = CommandSpec {
        words: ["sh", "-c", script].map(str::to_owned).to_vec(),
        folder: std::env::temp_dir(),
        base: vec![("PATH".into(), "/usr/bin:/bin".into())],
        env: vec![ChildEnv { name: "TOKEN".into(), value: Some(Secret::new("canary-0123")) }],
        workers: 1,
    };
    change(&mut model, &mut command);
    model.command = Some(Arc::new(command));
    let args = OpenArgs {
        spec: &model,
        answers: None,
        cache_dir: std::path::Path::new("."),
        hub: None,
        on_fetch: Arc::new(|_| ()),
        workers: 0,
    };
    (KIND.open)(args).await.unwrap()
}

fn request() -> Request {
    let messages = vec![Message::new(ChatRole::User, "hello")];
    Request { key: Fingerprint::of(&messages), messages, params: Params::default(), lookup: None }
}

async fn fails(provider: &Arc<dyn Provider>) -> ProviderError {
    provider.complete(&request()).await.unwrap_err()
}

#[tokio::test]
async fn one_process_answers_many() {
    let bot =
        program(r#"n=0; while read -r l; do n=$((n+1)); echo "{\"text\":\"$n\"}"; done"#, |_, _| ()).await;
    for expected in ["1", "2", "3"] {
        assert_eq!(bot.complete(&request()).await.unwrap().completion.text, expected);
    }
}

#[tokio::test]
async fn answers_may_come_in_any_order() {
    let script =
        r#"read -r a; read -r b; echo '{"id":2,"text":"two"}'; echo '{"id":"1","text":"one"}'; sleep 9"#;
    let bot = program(script, |model, _| model.limits.concurrency = Some(2)).await;
    assert_eq!(bot.max_parallel(), Some(2));
    let request = request();
    let answers = join_all([bot.complete(&request), bot.complete(&request)]).await;
    let texts: Vec<_> = answers.into_iter().map(|a| a.unwrap().completion.text).collect();
    assert_eq!(texts, ["one", "two"]);
}

#[tokio::test]
async fn a_crash_is_told_with_its_last_words_and_the_next_question_starts_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let script = r#"read -r l; if [ -e once ]; then echo '{"text":"ok"}'; read -r l; fi; touch once; echo "boom $TOKEN" >&2; exit 3"#;
    let bot = program(script, |_, command| command.folder = dir.path().to_owned()).await;
    let error = fails(&bot).await;
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.message.contains("exit status: 3") && error.message.contains("boom [redacted]"), "{error}");
    assert_eq!(bot.complete(&request()).await.unwrap().completion.text, "ok");
}

#[tokio::test]
async fn a_program_that_never_answers_stops_the_run() {
    let bot = program("exit 1", |_, _| ()).await;
    let mut kinds = Vec::new();
    for _ in 0..4 {
        kinds.push(fails(&bot).await.kind);
    }
    assert_eq!(kinds.last(), Some(&ErrorKind::UnknownModel), "{kinds:?}");
    let bot = program("", |_, command| command.words = vec!["no-such-program-here".into()]).await;
    let error = fails(&bot).await;
    assert_eq!(error.kind, ErrorKind::UnknownModel);
    assert!(error.message.contains("cannot be started"), "{error}");
}

#[tokio::test]
async fn a_program_that_hangs_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let script = "echo $$ > pid; read -r l; exec sleep 60";
    let bot = program(script, |model, command| {
        model.timeout_s = 1;
        command.folder = dir.path().to_owned();
    })
    .await;
    let error = fails(&bot).await;
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("sent no reply within 1 s"), "{error}");
    let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap();
    let proc = std::path::PathBuf::from(format!("/proc/{}/status", pid.trim()));
    for _ in 0..100 {
        let status = std::fs::read_to_string(&proc).unwrap_or_default();
        if status.is_empty() || status.contains("Z (zombie)") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the program still runs");
}

#[tokio::test]
async fn babble_and_endless_lines_are_errors() {
    let bot = program("read -r l; echo loading; sleep 9", |_, _| ()).await;
    let error = fails(&bot).await;
    assert_eq!(error.kind, ErrorKind::BadResponse);
    assert!(error.message.contains("notes belong to standard error"), "{error}");
    let endless = "read -r l; while :; do printf 0123456789012345678901234567890123456789; done";
    let bot = program(endless, |model, _| model.access.max_body = 1 << 16).await;
    assert_eq!(fails(&bot).await.kind, ErrorKind::BadRequest);
}

#[tokio::test]
async fn only_named_variables_are_passed_on_and_their_values_come_back_redacted() {
    let script = r#"read -r l; echo "{\"text\":\"$TOKEN $CARGO_MANIFEST_DIR.\"}"; read -r l"#;
    let bot = program(script, |_, _| ()).await;
    assert_eq!(bot.complete(&request()).await.unwrap().completion.text, "[redacted] .");
}
