//! Passages as others name them: the user's own retriever, or a bot that says what it used.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One passage as it was named; it has an id or a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedPassage {
    /// Id of a passage or an article, or the address of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Title of its article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Reads one passage: a text is an id, an object has `id`, or `article` and `section`, or `url`; and `text`, `title`.
///
/// # Errors
/// It has neither an id nor a text.
pub(super) fn named(value: &Value) -> Result<NamedPassage, String> {
    let field = |name: &str| word(value.get(name)?);
    let id = word(value).or_else(|| field("id")).or_else(|| {
        let article = field("article")?;
        Some(field("section").map_or_else(|| article.clone(), |section| format!("{article}#{section}")))
    });
    let text = value.get("text").and_then(Value::as_str).map(str::to_owned);
    let passage = NamedPassage { id: id.or_else(|| field("url")), title: field("title"), text };
    if passage.id.is_none() && passage.text.is_none() {
        return Err("a passage has none of `id`, `article`, `url` and `text`".to_owned());
    }
    Ok(passage)
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The text of a completion that is nothing but passages.
pub(super) fn listed(passages: &[NamedPassage]) -> String {
    // A list of texts always has a JSON form.
    serde_json::to_string(passages).unwrap_or_default()
}

/// The passages in the text of such a completion.
///
/// # Errors
/// It is another text.
pub fn read_listed(text: &str) -> Result<Vec<NamedPassage>, String> {
    serde_json::from_str(text).map_err(|error| format!("the recorded passages cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn passages_have_ids_of_all_shapes() {
        let id = |value: Value| named(&value).unwrap().id.unwrap();
        assert_eq!(id(json!("returns#window")), "returns#window");
        assert_eq!(id(json!({"id": 7, "article": "x"})), "7");
        assert_eq!(id(json!({"article": "returns", "section": "window"})), "returns#window");
        assert_eq!(id(json!({"article": "returns", "section": null})), "returns");
        assert_eq!(
            id(json!({"url": "https://help.example/returns", "text": "x"})),
            "https://help.example/returns"
        );
        for bad in [json!({}), json!([]), json!(" "), json!({"title": "t"}), json!({"text": 7}), json!(null)]
        {
            assert!(named(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_listed_reads_back() {
        let passages = vec![
            NamedPassage { id: Some("a".into()), ..NamedPassage::default() },
            NamedPassage { text: Some("<b>\u{1b}[31m".into()), ..NamedPassage::default() },
        ];
        assert_eq!(read_listed(&listed(&passages)).unwrap(), passages);
        assert_eq!(read_listed("[]").unwrap(), []);
        assert!(read_listed("sorry").is_err());
    }
}
