//! The last net for secrets: what an endpoint said, after it was read, before anybody keeps it.
//!
//! Providers redact replies as they come. A key that is echoed inside of JSON may be escaped there
//! (`\u002b`), and is the key again only once the JSON was read.

use crate::provider::{Answered, Completion, ProviderError, StopReason};
use crate::secret::Redactor;

/// The same reply without secrets.
pub(super) fn reply(
    redactor: &Redactor,
    reply: Result<Answered, ProviderError>,
) -> Result<Answered, ProviderError> {
    match reply {
        Ok(answered) => Ok(Answered { completion: completion(redactor, answered.completion), ..answered }),
        Err(error) => Err(ProviderError { message: redactor.scrub(error.message), ..error }),
    }
}

fn completion(redactor: &Redactor, mut completion: Completion) -> Completion {
    completion.text = redactor.scrub(completion.text);
    completion.reported_model = completion.reported_model.map(|name| redactor.scrub(name));
    completion.citations = completion.citations.into_iter().map(|cited| redactor.scrub(cited)).collect();
    for passage in completion.passages.iter_mut().flatten() {
        for part in [&mut passage.id, &mut passage.title, &mut passage.text] {
            *part = part.take().map(|text| redactor.scrub(text));
        }
    }
    if let StopReason::Other(word) = completion.stop {
        completion.stop = StopReason::Other(redactor.scrub(word));
    }
    for call in &mut completion.tool_calls {
        call.id = redactor.scrub(std::mem::take(&mut call.id));
        call.name = redactor.scrub(std::mem::take(&mut call.name));
        let written = call.arguments.to_string();
        let clean = redactor.redact(&written);
        if clean != written {
            call.arguments = serde_json::from_str(&clean).unwrap_or_default();
        }
    }
    completion
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::{ErrorKind, NamedPassage, Quota, ToolCall, Usage};
    use crate::secret::Secret;

    #[test]
    fn nothing_of_a_reply_keeps_the_key() {
        let key = Secret::new("canary/7f3a+9");
        let redactor = Redactor::new([&key]);
        let echo = || "I was sent canary/7f3a+9.".to_owned();
        let completion = Completion {
            text: echo(),
            tool_calls: vec![ToolCall {
                id: echo(),
                name: echo(),
                arguments: json!({"a": [echo()], "b": 1}),
            }],
            stop: StopReason::Other(echo()),
            usage: Usage::default(),
            latency_ms: 1.0,
            first_token_ms: None,
            reported_model: Some(echo()),
            citations: vec![echo()],
            passages: Some(vec![NamedPassage { id: Some(echo()), title: Some(echo()), text: Some(echo()) }]),
        };
        let answered = Answered { completion, quota: Quota::default() };
        let clean = reply(&redactor, Ok(answered)).unwrap();
        assert!(!format!("{clean:?}").contains("7f3a"), "{clean:?}");
        assert_eq!(clean.completion.tool_calls[0].arguments["b"], 1, "what is no secret stays");
        let error = ProviderError::new(ErrorKind::Server, echo());
        assert_eq!(reply(&redactor, Err(error)).unwrap_err().message, "I was sent [redacted].");
    }
}
