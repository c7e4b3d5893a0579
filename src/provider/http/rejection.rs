//! What an error reply means: status, code and words of every dialect → one kind and one sentence.

use std::time::Duration;

use serde_json::Value;

use crate::provider::ErrorKind;
use crate::shorten::{clip, one_line};

/// Longest excerpt of an error body in a message.
const MAX_EXCERPT: usize = 400;

/// Codes, types and statuses by kind; the first row that has one wins, whatever the HTTP status.
const CODES: &[(ErrorKind, &[&str])] = &[
    (
        ErrorKind::Auth,
        &[
            "insufficient_quota",
            "billing_not_active",
            "billing_hard_limit_reached",
            "billing_error",
            "account_deactivated",
            "invalid_api_key",
            "authentication_error",
            "permission_error",
            "API_KEY_INVALID",
            "UNAUTHENTICATED",
            "PERMISSION_DENIED",
            "UnrecognizedClientException",
            "AccessDeniedException",
            "ExpiredTokenException",
            "InvalidSignatureException",
        ],
    ),
    (
        ErrorKind::TooLong,
        &[
            "context_length_exceeded",
            "exceed_context_size_error",
            "string_above_max_length",
            "request_too_large",
        ],
    ),
    (
        ErrorKind::UnknownModel,
        &[
            "model_not_found",
            "DeploymentNotFound",
            "not_found_error",
            "NOT_FOUND",
            "ResourceNotFoundException",
        ],
    ),
    (ErrorKind::Timeout, &["DEADLINE_EXCEEDED", "ModelTimeoutException", "timeout_error"]),
    (
        ErrorKind::RateLimited,
        &[
            "rate_limit_exceeded",
            "rate_limit_error",
            "RESOURCE_EXHAUSTED",
            "ThrottlingException",
            "TooManyRequestsException",
        ],
    ),
    (
        ErrorKind::Server,
        &[
            "overloaded_error",
            "server_error",
            "api_error",
            "internal_error",
            "INTERNAL",
            "UNAVAILABLE",
            "ModelNotReadyException",
            "ServiceUnavailableException",
            "InternalServerException",
        ],
    ),
];

/// Codes of an account that has nothing left to spend.
const NO_CREDIT: &[&str] =
    &["insufficient_quota", "billing_not_active", "billing_hard_limit_reached", "billing_error"];

/// Words by which endpoints without a code say that a prompt is too long.
const TOO_LONG: &[&str] = &[
    "maximum context length",
    "context length",
    "context window",
    "prompt is too long",
    "input is too long",
    "too many tokens",
    "exceeds the maximum number of tokens",
    "exceed context limit",
];

/// An error reply, understood.
#[derive(Debug, PartialEq)]
pub(super) struct Rejection {
    /// What kind of failure it is.
    pub(super) kind: ErrorKind,
    /// What the endpoint said, and what to do about it.
    pub(super) said: String,
    /// A wait that the body asks for.
    pub(super) retry_after: Option<Duration>,
}

/// Reads an error reply; `status` is 200 for an error inside a stream. The body is free of secrets already.
pub(super) fn read(status: u16, body: &str, json: &Value) -> Rejection {
    // Gemini puts some errors into a list of one.
    let json = json.get(0).unwrap_or(json);
    let error = json.get("error").filter(|e| !e.is_null()).unwrap_or(json);
    let mut codes: Vec<&str> = ["code", "type", "status", "reason", "__type"]
        .iter()
        .flat_map(|key| [error.get(key), json.get(key)])
        .filter_map(|code| code?.as_str())
        // Amazon's types may carry a name space before and an address after.
        .filter_map(|code| code.rsplit('#').next()?.split(':').next())
        .collect();
    let details = error.get("details").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    codes.extend(details.iter().filter_map(|d| d.get("reason")?.as_str()));
    let message = said(json);
    let kind = kind(status, &codes, message.as_deref().unwrap_or_default());
    let no_credit = status == 402 || codes.iter().any(|code| NO_CREDIT.contains(code));
    let hint = match kind {
        ErrorKind::Auth if no_credit => "; this account has no credit left: add some, or use another key",
        ErrorKind::Auth => "; check the key and its rights",
        ErrorKind::UnknownModel => "; check `base_url` and `model`",
        ErrorKind::BadRequest if (300..400).contains(&status) => {
            "; the address has moved: set `base_url` to the new one"
        }
        _ => "",
    };
    let message = message.map_or_else(|| excerpt(body), |m| excerpt(&m));
    let message = if hint.is_empty() { message.as_str() } else { message.trim_end_matches('.') };
    let delay = details.iter().find_map(|d| d.get("retryDelay")?.as_str()?.strip_suffix('s'));
    let delay = delay.and_then(|s| s.parse().ok()).filter(|s: &f64| (0.0..86_400.0).contains(s));
    Rejection { kind, said: format!("{message}{hint}"), retry_after: delay.map(Duration::from_secs_f64) }
}

fn kind(status: u16, codes: &[&str], message: &str) -> ErrorKind {
    let lower = message.to_lowercase();
    if matches!(status, 200 | 400 | 413 | 422 | 500) && TOO_LONG.iter().any(|words| lower.contains(words)) {
        return ErrorKind::TooLong;
    }
    let known = CODES.iter().find(|(_, known)| codes.iter().any(|code| known.contains(code)));
    match (status, known.map(|(kind, _)| *kind)) {
        (401..=403, _) => ErrorKind::Auth,
        (_, Some(kind)) => kind,
        (404, None) => ErrorKind::UnknownModel,
        (413, None) => ErrorKind::TooLong,
        (408 | 504 | 524, None) => ErrorKind::Timeout,
        (429, None) => ErrorKind::RateLimited,
        // With 200 the endpoint accepted the request and failed later, inside its reply.
        (200 | 409 | 425 | 500.., None) => ErrorKind::Server,
        _ => ErrorKind::BadRequest,
    }
}

/// The endpoint's own words, wherever the dialect puts them.
fn said(json: &Value) -> Option<String> {
    let error = json.get("error").filter(|e| !e.is_null()).unwrap_or(json);
    let places =
        [error.get("message"), Some(error), json.get("message"), json.get("Message"), json.get("detail")];
    let text = places.into_iter().flatten().find_map(|place| match place {
        Value::String(text) => Some(text.clone()),
        // Lists of findings, as FastAPI writes them.
        Value::Array(items) if !items.is_empty() => {
            let texts: Vec<&str> = items.iter().filter_map(|i| i.get("msg")?.as_str()).collect();
            (!texts.is_empty()).then(|| texts.join("; "))
        }
        _ => None,
    })?;
    // OpenRouter says only "Provider returned error" and keeps the provider's words beside it.
    let raw = error.pointer("/metadata/raw").and_then(Value::as_str);
    Some(raw.map_or_else(|| text.clone(), |raw| format!("{text}: {raw}"))).filter(|t| !t.trim().is_empty())
}

/// The start of a text, in one line.
pub(super) fn excerpt(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() { "(empty body)".to_owned() } else { clip(&text, MAX_EXCERPT) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kind_of(status: u16, json: &Value) -> ErrorKind {
        read(status, &json.to_string(), json).kind
    }

    #[test]
    fn every_dialect_says_it_its_own_way() {
        use ErrorKind::{Auth, BadRequest, RateLimited, Server, Timeout, TooLong, UnknownModel};
        for (status, body, expected) in [
            (401, json!({"error": {"code": "invalid_api_key", "message": "Incorrect API key"}}), Auth),
            (429, json!({"error": {"code": "insufficient_quota", "message": "You exceeded"}}), Auth),
            (402, json!({"error": {"message": "Insufficient Balance"}}), Auth),
            (
                400,
                json!({"error": {"code": 400, "status": "INVALID_ARGUMENT",
                "details": [{"reason": "API_KEY_INVALID"}]}}),
                Auth,
            ),
            (400, json!({"__type": "com.amazon.coral.service#UnrecognizedClientException"}), Auth),
            (404, json!({"error": {"code": "model_not_found"}}), UnknownModel),
            (400, json!({"error": {"code": "model_not_found"}}), UnknownModel),
            (404, json!({"error": {"code": "DeploymentNotFound"}}), UnknownModel),
            (404, json!({"detail": "Not Found"}), UnknownModel),
            (
                404,
                json!({"type": "error", "error": {"type": "not_found_error", "message": "model: x"}}),
                UnknownModel,
            ),
            (429, json!({"error": {"type": "rate_limit_error"}}), RateLimited),
            (429, json!(null), RateLimited),
            (400, json!({"__type": "ThrottlingException"}), RateLimited),
            (529, json!({"error": {"type": "overloaded_error", "message": "Overloaded"}}), Server),
            (200, json!({"error": {"type": "overloaded_error", "message": "Overloaded"}}), Server),
            (500, json!("oops"), Server),
            (408, json!(null), Timeout),
            (504, json!(null), Timeout),
            (524, json!(null), Timeout),
            (400, json!({"error": {"code": "context_length_exceeded"}}), TooLong),
            (
                400,
                json!({"object": "error", "message": "This model's maximum context length is 4096 tokens"}),
                TooLong,
            ),
            (
                400,
                json!({"error": {"type": "invalid_request_error", "message": "prompt is too long: 9 > 8"}}),
                TooLong,
            ),
            (400, json!({"error": {"type": "exceed_context_size_error", "code": 400}}), TooLong),
            (413, json!(null), TooLong),
            (400, json!({"error": {"type": "invalid_request_error", "message": "bad"}}), BadRequest),
            (422, json!({"detail": [{"msg": "field required"}]}), BadRequest),
        ] {
            assert_eq!(kind_of(status, &body), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_message_is_found_wherever_it_stands() {
        let text = |json: Value| read(400, &json.to_string(), &json).said;
        assert_eq!(text(json!({"error": {"message": "a"}})), "a");
        assert_eq!(text(json!({"error": "a"})), "a");
        assert_eq!(text(json!({"message": "a"})), "a");
        assert_eq!(text(json!([{"error": {"message": "a"}}])), "a");
        assert_eq!(text(json!({"detail": [{"msg": "a"}, {"msg": "b"}]})), "a; b");
        assert_eq!(text(json!({"odd": 1})), "{\"odd\":1}");
        assert_eq!(
            text(json!({"error": {"message": "Provider returned error", "metadata": {"raw": "no"}}})),
            "Provider returned error: no"
        );
    }

    #[test]
    fn advice_fits_the_kind() {
        let quota = json!({"error": {"code": "insufficient_quota", "message": "m"}});
        assert!(read(429, "", &quota).said.contains("no credit left"));
        assert!(read(401, "x", &json!(null)).said.contains("check the key"));
        assert!(read(302, "", &json!(null)).said.contains("moved"));
    }

    #[test]
    fn a_delay_in_the_body_is_kept() {
        let json = json!({"error": {"status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}]}});
        assert_eq!(read(429, "", &json).retry_after, Some(Duration::from_millis(34_500)));
    }

    #[test]
    fn excerpts_are_one_short_line() {
        assert_eq!(excerpt(" <h1>\n  502  </h1>"), "<h1> 502 </h1>");
        assert_eq!(excerpt(" \n"), "(empty body)");
        assert_eq!(excerpt(&"é".repeat(401)).chars().count(), 401);
    }
}
