//! Every provider against recorded dialects: what is sent, and what is read from the reply.
//!
//! A fixture is `tests/wire/<provider>/<name>.json`:
//!
//! | key | meaning |
//! |---|---|
//! | `about` | one line: the situation, and where the dialect says so |
//! | `model` | keys of `[models.m]` as TOML lines; `{server}` is the loopback server's address |
//! | `env` | environment variables, by name |
//! | `messages` | what is asked: `[role, text]`, or a whole message; absent: one system and one user message |
//! | `replies` | one per request: `status`, `headers`, and the body as `json`, `text`, or `file` beside the fixture |
//!
//! Beside it, a snapshot holds what the server was asked and what the provider made of the replies. A new provider
//! adds a folder; `INSTA_UPDATE=always cargo test --test wire` writes its snapshots, which are then read by a person.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as Asked, State};
use axum::http::Response;
use regauge::fingerprint::Fingerprint;
use regauge::prompt::{ChatRole, Message};
use regauge::provider::{Answered, OpenArgs, ProviderError, Quota, Request, Window};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    about: String,
    model: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    messages: Vec<Value>,
    replies: Vec<Reply>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    text: Option<String>,
    file: Option<String>,
}

fn ok() -> u16 {
    200
}

/// Headers that the HTTP library writes by itself.
const USUAL: &[&str] = &["accept", "host", "content-length", "content-type", "user-agent"];

#[derive(Clone)]
struct Server {
    asked: Arc<Mutex<Vec<Value>>>,
    replies: Arc<Vec<(Reply, Vec<u8>)>>,
}

async fn answer(State(server): State<Server>, asked: Asked) -> Response<Body> {
    let (parts, body) = asked.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let headers: Map<String, Value> = parts
        .headers
        .iter()
        .filter(|(name, _)| !USUAL.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
        .collect();
    let number = {
        let mut all = server.asked.lock().unwrap();
        all.push(json!({
            "method": parts.method.as_str(),
            "path": parts.uri.to_string(),
            "headers": headers,
            "body": serde_json::from_slice::<Value>(&body).expect("a JSON body"),
        }));
        all.len() - 1
    };
    let Some((reply, bytes)) = server.replies.get(number) else {
        return Response::builder().status(599).body(Body::from("the fixture has no more replies")).unwrap();
    };
    let mut response = Response::builder().status(reply.status);
    if !reply.headers.contains_key("content-type") {
        response = response.header("content-type", "application/json");
    }
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(bytes.clone())).unwrap()
}

/// Runs one fixture and returns its snapshot.
async fn play(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let fixture: Fixture = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let read = |reply: &Reply| match (&reply.json, &reply.text, &reply.file) {
        (Some(json), None, None) => json.to_string().into_bytes(),
        (None, Some(text), None) => text.clone().into_bytes(),
        (None, None, Some(file)) => std::fs::read(path.with_file_name(file)).unwrap(),
        _ => panic!("{}: a reply has either `json` or `text` or `file`", path.display()),
    };
    let replies = fixture.replies.iter().map(|r| (r.clone(), read(r))).collect();
    let server = Server { asked: Arc::default(), replies: Arc::new(replies) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state(server.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let result = ask(&fixture, &address, path.parent().unwrap()).await;
    let asked = server.asked.lock().unwrap().clone();
    let mut shown = json!({ "about": fixture.about, "asked": asked });
    let fields = shown.as_object_mut().unwrap();
    match result {
        Ok(answered) => {
            let mut completion = serde_json::to_value(&answered.completion).unwrap();
            let times = completion.as_object_mut().unwrap();
            assert!(times.remove("latency_ms").unwrap().as_f64().unwrap() >= 0.0);
            let streamed = times.remove("first_token_ms").is_some();
            fields.insert("completion".into(), completion);
            fields.insert("streamed".into(), json!(streamed));
            fields.insert("quota".into(), quota(&answered.quota));
        }
        Err(error) => {
            let error = json!({
                "kind": error.kind.name(),
                "status": error.status,
                "message": error.message,
                "retry_after_ms": error.retry_after.map(|d| d.as_millis() as u64),
                "quota": quota(&error.quota),
            });
            fields.insert("error".into(), error);
        }
    }
    serde_json::to_string_pretty(&shown).unwrap().replace(&address, "[server]")
}

fn quota(quota: &Quota) -> Value {
    let window = |w: &Window| json!([w.limit, w.remaining, w.reset.map(|d| d.as_millis() as u64)]);
    if *quota == Quota::default() {
        return Value::Null;
    }
    json!({ "requests": window(&quota.requests), "tokens": window(&quota.tokens) })
}

/// A project with this one model, checked like a user's; then one question.
async fn ask(fixture: &Fixture, address: &str, folder: &Path) -> Result<Answered, ProviderError> {
    let project = tempfile::tempdir().unwrap();
    for made in ["prompts", "suites", "golden/answers"] {
        std::fs::create_dir_all(project.path().join(made)).unwrap();
    }
    for script in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if script.extension().is_some_and(|e| e == "sh") {
            std::fs::copy(&script, project.path().join(script.file_name().unwrap())).unwrap();
        }
    }
    let settings = format!("[models.m]\n{}\n", fixture.model.replace("{server}", address));
    std::fs::write(project.path().join("regauge.toml"), settings).unwrap();
    let env = |name: &str| match name {
        "PATH" => Some("/usr/bin:/bin".to_owned()),
        _ => fixture.env.get(name).cloned(),
    };
    let (config, findings) = regauge::config::load(project.path(), &env);
    let shown: Vec<String> = findings.iter().map(|d| d.render(false)).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    let config = config.unwrap();
    let spec = &config.models["m"];
    let args = OpenArgs {
        spec,
        answers: None,
        cache_dir: project.path(),
        hub: None,
        on_fetch: Arc::new(|_| ()),
        workers: 0,
    };
    let kind = regauge::provider::find(spec.provider).expect("a provider of this build");
    let provider = (kind.open)(args).await?;
    let mut messages: Vec<Message> = fixture.messages.iter().map(message).collect();
    if messages.is_empty() {
        messages = vec![
            Message::new(ChatRole::System, "You are a support agent. Be brief."),
            Message::new(ChatRole::User, "How long can I return my bike?"),
        ];
    }
    let request =
        Request { key: Fingerprint::of(&messages), messages, params: spec.params.clone(), lookup: None };
    provider.complete(&request).await
}

fn message(written: &Value) -> Message {
    match written {
        Value::Array(_) => {
            let (role, text): (ChatRole, String) = serde_json::from_value(written.clone()).unwrap();
            Message::new(role, text)
        }
        _ => serde_json::from_value(written.clone()).unwrap(),
    }
}

fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let mut all = Vec::new();
    for folder in std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        all.extend(files.filter(|p| p.extension().is_some_and(|e| e == "json")));
    }
    all.sort();
    all
}

#[test]
fn every_dialect_is_written_and_read_as_recorded() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut failed = Vec::new();
    for path in fixtures() {
        let provider = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if provider == "command" && !cfg!(unix) {
            continue;
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let shown = runtime.block_on(play(&path));
            settings.bind(|| insta::assert_snapshot!(name.as_str(), shown));
        }));
        if checked.is_err() {
            failed.push(format!("{provider}/{name}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_provider_has_fixtures() {
    let played: Vec<PathBuf> = fixtures();
    for kind in regauge::provider::PROVIDERS {
        let has = played.iter().any(|p| p.parent().unwrap().ends_with(kind.name));
        assert!(has || ["embedded", "replay"].contains(&kind.name), "{} has no fixture", kind.name);
    }
}
