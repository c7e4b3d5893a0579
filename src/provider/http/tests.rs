//! The HTTP core against servers that break off, babble, stall and echo keys.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::provider::Header;

/// Serves every connection with the same bytes, then closes it.
async fn serving(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    serve(move |mut socket| {
        let bytes = bytes.clone();
        async move {
            read_request(&mut socket).await;
            let _ = socket.write_all(&bytes).await;
        }
    })
    .await
}

async fn serve<F: Future<Output = ()> + Send + 'static>(
    answer: impl Fn(TcpStream) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket));
        }
    });
    url
}

async fn read_request(socket: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    while !text.ends_with("{}") {
        let length = socket.read(&mut chunk).await.unwrap();
        text.push_str(&String::from_utf8_lossy(&chunk[..length]));
        if length == 0 {
            break;
        }
    }
    text
}

fn spec() -> ModelSpec {
    let mut spec = ModelSpec::new("m", "openai", "m");
    spec.api_key = Some(Secret::new("sk-canary-0123"));
    spec.timeout_s = 5;
    spec
}

async fn ask(url: &str, spec: &ModelSpec) -> Result<Reply<Value>, ProviderError> {
    Ok(Endpoint::new(spec).unwrap().post(url, &[], &serde_json::json!({})).await?)
}

async fn fails(answer: &str) -> ProviderError {
    ask(&serving(answer).await, &spec()).await.unwrap_err()
}

#[tokio::test]
async fn bodies_that_break_off_are_failures_of_the_network() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":1}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "",
    ] {
        let error = fails(answer).await;
        assert_eq!(error.kind, ErrorKind::Network, "{answer:?} {error}");
    }
}

#[tokio::test]
async fn broken_json_is_a_bad_response_with_an_excerpt() {
    let error = fails("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{\"a\":").await;
    assert_eq!(error.kind, ErrorKind::BadResponse);
    assert!(error.message.contains("is not JSON") && error.message.ends_with("{\"a\":"), "{error}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_announced_or_not() {
    let mut small = spec();
    small.access.max_body = 1 << 20;
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n{".to_owned();
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(3 << 20));
    for answer in [announced, endless] {
        let error = ask(&serving(answer).await, &small).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadRequest);
        assert!(error.message.contains("larger than 1 MiB (`max_body_mb`)"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_stalls_meets_the_time_limit() {
    let url = serve(|socket| async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        drop(socket);
    })
    .await;
    let mut hasty = spec();
    hasty.timeout_s = 1;
    let error = ask(&url, &hasty).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("no answer within 1 s (`timeout_s`)"), "{error}");
}

#[tokio::test]
async fn keys_never_come_back() {
    let key = "sk-canary-0123 Bearer%20sk-canary-0123 c2stY2FuYXJ5LTAxMjM=";
    for status in ["200 OK", "401 Unauthorized", "500 Oops", "302 Found"] {
        let body = format!("{{\"error\": {{\"message\": \"{key}\"}}, \"text\": \"{key}\"}}");
        let head = format!("HTTP/1.1 {status}\r\nlocation: /{}\r\n", "sk-canary-0123");
        let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        let shown = match ask(&serving(answer).await, &spec()).await {
            Ok(reply) => reply.json.to_string(),
            Err(error) => error.message,
        };
        assert!(shown.contains("[redacted]"), "{shown}");
        assert!(!shown.contains("canary") && !shown.contains("Y2FuYXJ5"), "{shown}");
    }
}

#[tokio::test]
async fn the_key_is_sent_as_the_settings_say() {
    let url = serve(|mut socket| async move {
        let request = read_request(&mut socket).await;
        let body = serde_json::to_string(&request.replace("sk-canary-0123", "KEY")).unwrap();
        let _ = socket
            .write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes())
            .await;
    })
    .await;
    for (auth, expected) in [
        (Auth::Bearer, "authorization: Bearer KEY"),
        (Auth::Header("api-key".into()), "api-key: KEY"),
        (Auth::Query("key".into()), "POST /v1?key=KEY "),
    ] {
        let mut spec = spec();
        spec.access.auth = auth;
        spec.access.headers =
            vec![Header { name: "X-Team".into(), env: None, value: Some(Secret::new("support")) }];
        let reply = ask(&url, &spec).await.unwrap();
        let request = reply.json.as_str().unwrap();
        assert!(request.contains(expected) && request.contains("x-team: support"), "{request}");
        assert_eq!(request.matches("KEY").count(), 1, "{request}");
    }
    let mut spec = spec();
    spec.access.auth = Auth::None;
    assert!(!ask(&url, &spec).await.unwrap().json.to_string().contains("KEY"));
}

#[test]
fn values_that_are_missing_or_cannot_be_sent_are_named() {
    let error = |change: fn(&mut ModelSpec)| {
        let mut spec = spec();
        change(&mut spec);
        Endpoint::new(&spec).err().unwrap()
    };
    let unset = error(|spec| {
        spec.api_key_env = Some("KEY".into());
        spec.api_key = None;
    });
    assert_eq!(unset.kind, ErrorKind::Auth);
    assert!(unset.message.contains("KEY is not set"), "{unset}");
    let header = error(|spec| {
        spec.access.headers = vec![Header { name: "x-a".into(), env: Some("TOKEN".into()), value: None }];
    });
    assert!(header.message.contains("TOKEN is not set (header `x-a`)"), "{header}");
    let unfit = error(|spec| spec.api_key = Some(Secret::new("canary\nx")));
    assert!(unfit.message.contains("cannot be sent") && !unfit.message.contains("canary"), "{unfit}");
}

async fn stream(answer: String, framing: Framing) -> Result<(Streamed, String), ProviderError> {
    let mut text = String::new();
    let mut on_event = |event: Event<'_>| {
        if event.data.starts_with('{') {
            return Err(Unheard::Error(serde_json::from_str(event.data)?));
        }
        text.push_str(event.data);
        Ok(Heard { text: true, complete: false, last: event.data == "end" })
    };
    let endpoint = Endpoint::new(&spec()).unwrap();
    let url = serving(answer).await;
    let streamed = endpoint.stream(&url, &[], &serde_json::json!({}), framing, &mut on_event).await?;
    Ok((streamed, text))
}

fn events(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-ratelimit-remaining-requests: 4\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn streams_are_read_with_their_times_and_allowances() {
    let (streamed, text) =
        stream(events("data: a\n\ndata: sk-canary-0123\n\ndata: end\n\n"), Framing::Events).await.unwrap();
    assert_eq!(text, "a[redacted]end");
    assert_eq!(streamed.quota.requests.remaining, Some(4));
    assert!(streamed.first_token_ms.unwrap() <= streamed.latency_ms);
    let (_, text) = stream(events("a\nend\n"), Framing::Lines).await.unwrap();
    assert_eq!(text, "aend");
}

#[tokio::test]
async fn streams_that_fail() {
    let kind = async |answer: String| stream(answer, Framing::Events).await.unwrap_err();
    assert_eq!(kind(events("data: a\n\n")).await.kind, ErrorKind::Network);
    let overloaded =
        kind(events("data: {\"error\": {\"type\": \"overloaded_error\", \"message\": \"busy\"}}\n\n")).await;
    assert_eq!(overloaded.kind, ErrorKind::Server);
    assert!(overloaded.message.contains("sent an error instead of an answer: busy"), "{overloaded}");
    let whole = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    assert!(kind(whole.to_owned()).await.message.contains("remove `stream = true`"));
    assert_eq!(
        kind("HTTP/1.1 429 Slow\r\nretry-after: 3\r\n\r\n".into()).await.retry_after,
        Some(Duration::from_secs(3))
    );
}
