//! A server that speaks just enough HTTP/1.1 to break it: it can stall, reset, cut and never end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// One request, as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which request it is, from 0.
    pub number: usize,
    /// Which request with this text it is, from 0.
    pub attempt: u32,
    /// Requests that are being answered, with this one.
    pub in_flight: u32,
    /// When it came.
    pub at: Instant,
    /// The request line.
    pub line: String,
    /// The header lines.
    pub headers: String,
    /// The model that is asked.
    pub model: String,
    /// The last message.
    pub text: String,
}

/// What the server does.
pub enum Say {
    /// A whole reply after a while.
    Reply { status: u16, headers: String, body: String, delay: Duration },
    /// The connection is reset.
    Reset,
    /// Nothing, for as long as the client waits.
    Stall,
    /// A body that is shorter than it was said to be.
    Cut,
    /// A chunked body that ends in the middle.
    CutChunk,
    /// A body of so many bytes.
    Big(usize),
    /// A body that never ends.
    Endless,
}

/// A good answer with this text.
pub fn says(text: &str) -> Say {
    let body = json!({
        "model": "mock-1-2026",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    });
    reply(200, "", &body.to_string())
}

/// A reply with this status, further header lines (each with its line end) and body.
pub fn reply(status: u16, headers: &str, body: &str) -> Say {
    Say::Reply { status, headers: headers.to_owned(), body: body.to_owned(), delay: Duration::ZERO }
}

impl Say {
    /// The same reply, later.
    pub fn after(self, delay: Duration) -> Self {
        match self {
            Say::Reply { status, headers, body, .. } => Say::Reply { status, headers, body, delay },
            other => other,
        }
    }
}

#[derive(Default)]
struct Log {
    seen: Vec<Seen>,
    attempts: HashMap<String, u32>,
    in_flight: u32,
    /// When each 429 was sent.
    refusals: Vec<Instant>,
}

type Script = Arc<dyn Fn(&Seen) -> Say + Send + Sync>;

/// The server; it ends with the test.
pub struct Server {
    port: u16,
    log: Arc<Mutex<Log>>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    /// Answers by the script.
    pub fn new(script: impl Fn(&Seen) -> Say + Send + Sync + 'static) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Log::default()));
        let (shared, script): (_, Script) = (log.clone(), Arc::new(script));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                tokio::spawn(connection(stream, shared.clone(), script.clone()));
            }
        });
        Self { port, log, _runtime: runtime }
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Base address for `base_url`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address())
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().seen.clone()
    }

    /// How many requests came so far.
    pub fn count(&self) -> usize {
        self.log.lock().unwrap().seen.len()
    }

    /// When each 429 was sent.
    pub fn refusals(&self) -> Vec<Instant> {
        self.log.lock().unwrap().refusals.clone()
    }
}

async fn connection(mut stream: TcpStream, log: Arc<Mutex<Log>>, script: Script) {
    let mut buffer = Vec::new();
    while let Some((head, body)) = request(&mut stream, &mut buffer).await {
        let seen = note(&log, &head, &body);
        let say = script(&seen);
        let (status, delay) = match &say {
            Say::Reply { status, delay, .. } => (*status, *delay),
            _ => (0, Duration::ZERO),
        };
        tokio::time::sleep(delay).await;
        {
            let mut log = log.lock().unwrap();
            log.in_flight -= 1;
            if status == 429 {
                log.refusals.push(Instant::now());
            }
        }
        if !matches!(speak(&mut stream, say).await, Ok(true)) {
            return;
        }
    }
}

/// Reads one request: its head and its body.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head
                .lines()
                .filter_map(|l| l.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.trim().parse().unwrap());
            if buffer.len() >= end + 4 + length {
                let body = buffer[end + 4..end + 4 + length].to_vec();
                buffer.drain(..end + 4 + length);
                return Some((head, body));
            }
        }
        let mut chunk = vec![0; 16 * 1024];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => buffer.extend_from_slice(&chunk[..n]),
        }
    }
}

fn note(log: &Mutex<Log>, head: &str, body: &[u8]) -> Seen {
    let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = body["messages"]
        .as_array()
        .and_then(|m| m.last())
        .map_or("", |m| m["content"].as_str().unwrap_or_default());
    let model = body["model"].as_str().unwrap_or_default();
    let mut log = log.lock().unwrap();
    let attempt = *log.attempts.entry(format!("{model} {text}")).and_modify(|n| *n += 1).or_default();
    log.in_flight += 1;
    let seen = Seen {
        number: log.seen.len(),
        attempt,
        in_flight: log.in_flight,
        at: Instant::now(),
        line: line.to_owned(),
        headers: headers.to_owned(),
        model: model.to_owned(),
        text: text.to_owned(),
    };
    log.seen.push(seen.clone());
    seen
}

/// Does what it is told; says whether the connection lives on.
async fn speak(stream: &mut TcpStream, say: Say) -> std::io::Result<bool> {
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    match say {
        Say::Reply { status, headers, body, .. } => {
            let head = format!(
                "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await?;
            return Ok(true);
        }
        Say::Reset => stream.set_zero_linger()?,
        Say::Stall => {
            // Ends when the client hangs up.
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await?;
        }
        Say::Cut => {
            let text = format!("{json}content-length: 500\r\n\r\n{{\"choices\": [");
            stream.write_all(text.as_bytes()).await?;
        }
        Say::CutChunk => {
            let text = format!("{json}transfer-encoding: chunked\r\n\r\n40\r\n{{\"choices\": [");
            stream.write_all(text.as_bytes()).await?;
        }
        Say::Big(bytes) => {
            stream.write_all(format!("{json}content-length: {bytes}\r\n\r\n").as_bytes()).await?;
            for _ in 0..bytes / FILL.len() {
                stream.write_all(&FILL).await?;
            }
        }
        Say::Endless => {
            stream.write_all(format!("{json}transfer-encoding: chunked\r\n\r\n").as_bytes()).await?;
            loop {
                stream.write_all(format!("{:x}\r\n", FILL.len()).as_bytes()).await?;
                stream.write_all(&FILL).await?;
                stream.write_all(b"\r\n").await?;
            }
        }
    }
    Ok(false)
}

static FILL: [u8; 64 * 1024] = [b' '; 64 * 1024];
