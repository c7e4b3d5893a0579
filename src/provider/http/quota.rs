//! What response headers say about allowances and waits.
//!
//! Read are `retry-after`, `retry-after-ms` and `x-ms-retry-after-ms`, OpenAI's `x-ratelimit-*`, Anthropic's
//! `anthropic-ratelimit-*`, and the IETF drafts' `ratelimit-*` and `ratelimit`.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use crate::clock;
use crate::provider::{Quota, Window};

/// Longest wait an endpoint may ask for; a longer one is a mistake or a ban.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// The wait that an endpoint asks for.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim());
    let millis = text("retry-after-ms").or_else(|| text("x-ms-retry-after-ms"));
    let exact = millis.and_then(|m| m.parse().ok()).and_then(|ms: f64| seconds(ms / 1000.0));
    let wait = exact.or_else(|| {
        let value = text("retry-after")?;
        match value.parse() {
            Ok(number) => seconds(number),
            Err(_) => Some(until(jiff::fmt::rfc2822::parse(value).ok()?.timestamp())),
        }
    })?;
    Some(wait.min(MAX_RETRY_AFTER))
}

/// What a header says of an allowance.
#[derive(Debug, Clone, Copy)]
enum What {
    /// The whole of it.
    Limit,
    /// What is left.
    Remaining,
    /// When there is a new one.
    Reset,
}

impl What {
    fn put(self, window: &mut Window, value: &str) {
        match self {
            What::Limit => window.limit = count(value),
            What::Remaining => window.remaining = count(value),
            What::Reset => window.reset = reset(value),
        }
    }
}

/// The allowances that are left.
pub(super) fn quota(headers: &HeaderMap) -> Quota {
    let mut quota = Quota::default();
    let mut input = Window::default();
    for (name, value) in headers {
        let name = name.as_str();
        let Some(rest) = name
            .strip_prefix("x-ratelimit-")
            .or_else(|| name.strip_prefix("anthropic-ratelimit-"))
            .or_else(|| name.strip_prefix("ratelimit"))
        else {
            continue;
        };
        let Ok(value) = value.to_str() else { continue };
        let (window, what) = match rest.trim_start_matches('-') {
            "" => {
                combined(value, &mut quota.requests);
                continue;
            }
            "limit-tokens" | "tokens-limit" => (&mut quota.tokens, What::Limit),
            "remaining-tokens" | "tokens-remaining" => (&mut quota.tokens, What::Remaining),
            "reset-tokens" | "tokens-reset" => (&mut quota.tokens, What::Reset),
            "input-tokens-limit" => (&mut input, What::Limit),
            "input-tokens-remaining" => (&mut input, What::Remaining),
            "input-tokens-reset" => (&mut input, What::Reset),
            "limit-requests" | "requests-limit" | "limit" => (&mut quota.requests, What::Limit),
            "remaining-requests" | "requests-remaining" | "remaining" => {
                (&mut quota.requests, What::Remaining)
            }
            "reset-requests" | "requests-reset" | "reset" => (&mut quota.requests, What::Reset),
            _ => continue,
        };
        what.put(window, value);
    }
    if quota.tokens == Window::default() {
        quota.tokens = input;
    }
    quota
}

/// `limit=100, remaining=50, reset=30` or `"default";r=50;t=30`.
fn combined(value: &str, window: &mut Window) {
    for part in value.split([',', ';']) {
        let Some((name, value)) = part.split_once('=') else { continue };
        let what = match name.trim() {
            "limit" => What::Limit,
            "remaining" | "r" => What::Remaining,
            "reset" | "t" => What::Reset,
            _ => continue,
        };
        what.put(window, value);
    }
}

/// The number at the start of a text: some endpoints append policies.
fn count(value: &str) -> Option<u64> {
    let value = value.trim();
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    value[..digits].parse().ok()
}

/// Seconds, a time of day with date, seconds since 1970, or a duration such as `6m0s` and `20ms`.
fn reset(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(number) = value.parse::<f64>() {
        return match number {
            // Nobody asks for 30 years: this is a point in time.
            1e9..1e11 => Some(until(Timestamp::from_second(number as i64).ok()?)),
            1e11.. => Some(until(Timestamp::from_millisecond(number as i64).ok()?)),
            _ => seconds(number),
        };
    }
    if let Ok(when) = value.parse::<Timestamp>() {
        return Some(until(when));
    }
    duration(value)
}

fn duration(value: &str) -> Option<Duration> {
    let (mut rest, mut sum) = (value, 0.0);
    while !rest.is_empty() {
        let unit = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let end = rest[unit..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |n| unit + n);
        let number: f64 = rest[..unit].parse().ok()?;
        sum += number
            * match &rest[unit..end] {
                "d" => 86_400.0,
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[end..];
    }
    (!value.is_empty()).then(|| seconds(sum)).flatten()
}

fn seconds(number: f64) -> Option<Duration> {
    (number.is_finite() && number >= 0.0).then(|| Duration::from_secs_f64(number.min(86_400.0)))
}

fn until(when: Timestamp) -> Duration {
    Duration::try_from(when.duration_since(clock::now())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn retry_after_reads_seconds_milliseconds_and_dates() {
        let read = |value: &str| retry_after(&headers(&[("retry-after", value)]));
        assert_eq!(read("2"), Some(Duration::from_secs(2)));
        assert_eq!(read("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(read("1e300"), Some(MAX_RETRY_AFTER));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
        assert_eq!(read("-1"), None);
        let both = headers(&[("retry-after", "2"), ("retry-after-ms", "1250")]);
        assert_eq!(retry_after(&both), Some(Duration::from_millis(1250)));
        let broken = headers(&[("retry-after", "2"), ("retry-after-ms", "x")]);
        assert_eq!(retry_after(&broken), Some(Duration::from_secs(2)));
    }

    #[test]
    fn openai_headers() {
        let quota = quota(&headers(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-reset-tokens", "6m0.5s"),
        ]));
        let window = |limit, remaining, ms| Window {
            limit: Some(limit),
            remaining: Some(remaining),
            reset: Some(Duration::from_millis(ms)),
        };
        assert_eq!(quota.requests, window(60, 59, 1000));
        assert_eq!(quota.tokens, window(150_000, 149_984, 360_500));
    }

    #[test]
    fn anthropic_headers() {
        let soon = clock::now() + jiff::SignedDuration::from_secs(90);
        let soon = soon.to_string();
        let quota = quota(&headers(&[
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", &soon),
            ("anthropic-ratelimit-input-tokens-remaining", "7"),
        ]));
        assert_eq!((quota.requests.limit, quota.requests.remaining), (Some(50), Some(0)));
        let reset = quota.requests.reset.unwrap().as_secs();
        assert!((80..=90).contains(&reset), "{reset}");
        assert_eq!(quota.tokens.remaining, Some(7));
    }

    #[test]
    fn draft_headers() {
        let old = quota(&headers(&[("ratelimit-limit", "100, 100;w=60"), ("ratelimit-reset", "30")]));
        assert_eq!((old.requests.limit, old.requests.reset), (Some(100), Some(Duration::from_secs(30))));
        let middle = quota(&headers(&[("ratelimit", "limit=100, remaining=50, reset=30")]));
        assert_eq!((middle.requests.limit, middle.requests.remaining), (Some(100), Some(50)));
        let new = quota(&headers(&[("ratelimit", "\"default\";r=50;t=30")]));
        assert_eq!((new.requests.remaining, new.requests.reset), (Some(50), Some(Duration::from_secs(30))));
        assert_eq!(quota(&headers(&[("x-ratelimit-limit", "many")])), Quota::default());
    }

    #[test]
    fn resets_in_all_spellings() {
        assert_eq!(reset("20ms"), Some(Duration::from_millis(20)));
        assert_eq!(reset("1h2m3s"), Some(Duration::from_secs(3723)));
        assert_eq!(reset("12"), Some(Duration::from_secs(12)));
        assert_eq!(reset("1445412480"), Some(Duration::ZERO));
        assert_eq!(reset("1445412480000"), Some(Duration::ZERO));
        for bad in ["", "s", "5x", "-3s", "5", "NaN"] {
            assert_eq!(reset(bad), (bad == "5").then_some(Duration::from_secs(5)), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,20}") {
            let _ = (reset(&text), count(&text));
        }
    }
}
