//! What `[models.NAME]` says about a JSON endpoint, checked.

use reqwest::Method;
use serde_json::json;

use super::{Body, Paths};
use crate::fingerprint::Fingerprint;
use crate::provider::Header;

/// Field of the parameters that holds the fingerprint of a bot, so that a changed bot gets other request keys.
pub const BOT_KEY: &str = "bot";

/// A JSON endpoint: where and how it is asked, and where its answer stands.
#[derive(Debug, Clone)]
pub struct BotSpec {
    /// Its address.
    pub url: String,
    /// HTTP method.
    pub method: Method,
    /// Template of the request's body.
    pub body: Body,
    /// Where the parts of an answer stand.
    pub paths: Paths,
}

impl BotSpec {
    /// Puts the parts together.
    pub fn new(url: impl Into<String>, method: Method, body: Body, paths: Paths) -> Self {
        Self { url: url.into(), method, body, paths }
    }

    /// Hash of everything that decides what is sent and read; secrets count by the name of their variable.
    pub fn fingerprint(&self, headers: &[Header]) -> Fingerprint {
        let headers: Vec<_> = headers
            .iter()
            .map(|header| match (&header.env, &header.value) {
                (None, Some(value)) => json!([header.name, "text", value.expose()]),
                (env, _) => json!([header.name, "env", env]),
            })
            .collect();
        Fingerprint::of(&json!({
            "url": self.url,
            "method": self.method.as_str(),
            "body": self.body.text(),
            "paths": self.paths.written(),
            "headers": headers,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn what_is_sent_decides_the_fingerprint_and_secrets_do_not() {
        let bot = |url: &str, body: &str| {
            BotSpec::new(url, Method::POST, Body::new(body).unwrap(), Paths::new("$.text").unwrap())
        };
        let header = |value: &str| {
            [Header { name: "x".into(), env: Some("X".into()), value: Some(Secret::new(value)) }]
        };
        let one = bot("http://h/", "{}").fingerprint(&header("a"));
        assert_eq!(one, bot("http://h/", "{}").fingerprint(&header("b")));
        assert_ne!(one, bot("http://h/2", "{}").fingerprint(&header("a")));
        assert_ne!(one, bot("http://h/", "{\"a\": 1}").fingerprint(&header("a")));
        assert_ne!(one, bot("http://h/", "{}").fingerprint(&[]));
    }
}
