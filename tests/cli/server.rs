//! A real HTTP server on loopback that speaks the chat-completions dialect by script.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use serde_json::{Value, json};

/// One reply of the script.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub delay_ms: u64,
}

/// A successful completion with this text.
pub fn says(text: &str) -> Reply {
    body(&json!({
        "model": "mock-1-2026",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    }))
}

/// A successful reply with this JSON.
pub fn body(json: &Value) -> Reply {
    Reply { status: 200, headers: Vec::new(), body: json.to_string(), delay_ms: 0 }
}

/// A failure with this status.
pub fn fails(status: u16, text: &str) -> Reply {
    Reply { status, headers: Vec::new(), body: text.to_owned(), delay_ms: 0 }
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub authorization: Option<String>,
    pub body: Value,
}

impl Asked {
    /// The text of the last message.
    pub fn last(&self) -> String {
        self.body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned()
    }
}

type Script = Arc<dyn Fn(usize, &Asked) -> Reply + Send + Sync>;

#[derive(Clone)]
struct Shared {
    asked: Arc<Mutex<Vec<Asked>>>,
    script: Script,
}

/// The server; it ends with the test.
pub struct Server {
    port: u16,
    shared: Shared,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    /// Answers request number n (from 0) by the script.
    pub fn new(script: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let shared = Shared { asked: Arc::default(), script: Arc::new(script) };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new()
            .route("/v1/chat/completions", post(answer))
            .route("/bot/reply", post(answer))
            .with_state(shared.clone());
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { port, shared, _runtime: runtime }
    }

    /// Always the same answer.
    pub fn saying(text: &str) -> Self {
        let reply = says(text);
        Self::new(move |_, _| reply.clone())
    }

    /// Base address for `base_url`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Address of a bot that has a dialect of its own.
    pub fn bot_url(&self) -> String {
        format!("http://127.0.0.1:{}/bot/reply", self.port)
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }
}

async fn answer(State(shared): State<Shared>, headers: HeaderMap, body: String) -> Response<Body> {
    let authorization = headers.get("authorization").map(|v| v.to_str().unwrap().to_owned());
    let asked = Asked { authorization, body: serde_json::from_str(&body).unwrap() };
    let number = {
        let mut all = shared.asked.lock().unwrap();
        all.push(asked.clone());
        all.len() - 1
    };
    let reply = (shared.script)(number, &asked);
    tokio::time::sleep(std::time::Duration::from_millis(reply.delay_ms)).await;
    let mut response = Response::builder().status(reply.status).header("content-type", "application/json");
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}
