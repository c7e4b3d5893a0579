//! Downloading from a model hub, going on where an earlier download ended.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Response, StatusCode};

use super::options::{FetchEvent, Progress};

/// A hub that does not answer within this time counts as unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A download that delivers nothing for this long has failed.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a file of a repository is found.
pub(super) fn url(endpoint: &str, repo: &str, file: &str) -> String {
    format!("{}/{repo}/resolve/main/{file}", endpoint.trim_end_matches('/'))
}

/// Downloads `url` into `part`, which may hold the beginning already. Returns why it failed.
pub(super) async fn download(url: &str, part: &Path, progress: Progress<'_>) -> Result<(), String> {
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .user_agent(concat!("regauge/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(reason)?;
    let have = fs::metadata(part).map_or(0, |m| m.len());
    let mut request = client.get(url);
    if have > 0 {
        request = request.header(RANGE, format!("bytes={have}-"));
    }
    let response = request.send().await.map_err(reason)?;
    let start = match response.status() {
        StatusCode::PARTIAL_CONTENT if starts_at(&response, have) => have,
        StatusCode::OK => 0,
        // Nothing follows what is there already; the hash decides whether it is right.
        StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => return Ok(()),
        status => return Err(format!("the server answered {status}")),
    };
    let mut file = open(part, start > 0)?;
    let total = response.content_length().map(|n| n + start);
    let mut done = start;
    let mut body = response.bytes_stream();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(reason)?;
        file.write_all(&piece).map_err(|e| e.to_string())?;
        done += piece.len() as u64;
        progress(FetchEvent::Progress { done, total });
    }
    file.sync_all().map_err(|e| e.to_string())
}

fn open(part: &Path, append: bool) -> Result<File, String> {
    let mut options = OpenOptions::new();
    if append {
        options.append(true);
    } else {
        options.write(true).create(true).truncate(true);
    }
    options.open(part).map_err(|e| format!("{}: {e}", part.display()))
}

fn starts_at(response: &Response, position: u64) -> bool {
    response
        .headers()
        .get(CONTENT_RANGE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(&format!("bytes {position}-")))
}

/// The innermost reason, which is the one that says something.
#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn reason(error: reqwest::Error) -> String {
    let mut source: &dyn std::error::Error = &error;
    while let Some(inner) = source.source() {
        source = inner;
    }
    if error.is_connect() {
        return format!("cannot connect: {source}");
    }
    source.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_follow_the_hub() {
        assert_eq!(url("https://hub.test/", "a/b", "c.gguf"), "https://hub.test/a/b/resolve/main/c.gguf");
    }
}
