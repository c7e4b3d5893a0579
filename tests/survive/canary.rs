//! A key must appear nowhere but in the request's header, however an endpoint echoes it.

use crate::fixture::{KEY, Project};
use crate::server::{Server, reply, says};

/// The key as it may be written: itself, and encoded.
fn spellings() -> Vec<String> {
    let encoded: String = KEY
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b == b'-' {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    vec![
        KEY.to_owned(),
        encoded.clone(),
        encoded.to_lowercase(),
        base64(KEY.as_bytes()),
        KEY.replace('/', "\\/"),
    ]
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..=chunk.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

#[test]
fn a_key_that_is_echoed_is_kept_nowhere() {
    let spelled = spellings();
    let echoes = spelled.clone();
    let server = Server::new(move |seen| {
        let headers = serde_json::to_string(&format!("{} {}", seen.headers, echoes.join(" "))).unwrap();
        let error = format!(r#"{{"error": {{"message": {headers}}}}}"#);
        match seen.number {
            0 => reply(500, "", &error),
            1 => reply(200, "", &seen.headers),
            2 => reply(400, "", &error),
            3 => reply(429, "retry-after: 0\r\n", &error),
            4 => reply(503, "", &seen.headers),
            // As .NET writes JSON: the key is readable once this was read.
            5 => reply(500, "", &error.replace('+', "\\u002B").replace('/', "\\u002f")),
            6 => says(&format!("hello, your headers were {}", seen.headers)),
            7..11 => says("hello"),
            _ => reply(401, "", &error),
        }
    });
    let project = Project::new(&server, 8);
    let mut printed = String::new();
    for args in [
        &["run", "--concurrency", "1"][..],
        &["run", "--concurrency", "1", "--refresh", "--json"],
        &["runs", "list", "--json"],
        &["runs", "show", "latest", "--json"],
        &["runs", "export", "latest", "cassette.jsonl"],
        &["report", "latest", "--format", "markdown"],
        &["explain", "case-0000", "--json"],
        &["explain", "case-0001"],
        &["models", "list", "--json"],
        &["models", "ping"],
        &["plan", "--json"],
        &["run", "--offline", "--json"],
    ] {
        printed.push_str(&project.run(args).all());
    }
    assert!(server.count() > 11, "every echo was met");
    assert!(printed.contains("[redacted]"), "the echo was shown, without the key:\n{printed}");
    for spelling in &spelled {
        assert!(!printed.contains(spelling.as_str()), "{spelling} was printed:\n{printed}");
        for (path, bytes) in project.files() {
            let found = bytes.windows(spelling.len()).any(|w| w == spelling.as_bytes());
            assert!(!found, "{} holds {spelling}", path.display());
        }
    }
}
