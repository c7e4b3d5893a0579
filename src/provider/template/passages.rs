//! Where the passages stand in a JSON reply: of a retriever, or of a bot that says what it used.

use serde_json::{Value, json};

use super::reply::{Place, excerpt, nothing};
use crate::provider::named::{NamedPassage, named};

/// JSONPaths to passages, and to their parts inside of each.
#[derive(Debug, Clone)]
pub struct PassagePaths {
    /// A list of passages, or the passages; a text is an id.
    pub list: Place,
    /// Inside of a passage: its id. Absent: `id`, or `article` and `section`, or `url`.
    pub id: Option<Place>,
    /// Inside of a passage: its text. Absent: `text`.
    pub text: Option<Place>,
    /// Inside of a passage: its title. Absent: `title`.
    pub title: Option<Place>,
}

impl PassagePaths {
    /// Passages whose parts have their usual names.
    pub fn new(list: Place) -> Self {
        Self { list, id: None, text: None, title: None }
    }

    /// All paths as written, for a fingerprint.
    pub(super) fn written(&self) -> Value {
        let text = |place: &Option<Place>| place.as_ref().map(ToString::to_string);
        json!([self.list.to_string(), text(&self.id), text(&self.text), text(&self.title)])
    }

    /// The passages in a reply. An empty list and null are none; where nothing is found at all, nobody can tell.
    pub(super) fn found(&self, json: &Value) -> Result<Vec<NamedPassage>, String> {
        let found = self.list.all(json);
        if found.is_empty() && !self.list.finds_an_empty_list(json) {
            return Err(nothing("passages", &self.list, json));
        }
        let lists = found.into_iter().filter(|value| !value.is_null());
        let each =
            lists.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        each.map(|value| self.one(value)).collect()
    }

    fn one(&self, value: &Value) -> Result<NamedPassage, String> {
        let part = |place: &Option<Place>| {
            let value = place.as_ref()?.one(value)?;
            value.as_str().map(str::to_owned).or_else(|| value.is_number().then(|| value.to_string()))
        };
        let usual = named(value).ok();
        let usual = usual.unwrap_or_default();
        let passage = NamedPassage {
            id: if self.id.is_some() { part(&self.id) } else { usual.id },
            text: if self.text.is_some() { part(&self.text) } else { usual.text },
            title: if self.title.is_some() { part(&self.title) } else { usual.title },
        };
        if passage.id.is_none() && passage.text.is_none() {
            return Err(format!("a passage has neither an id nor a text: {}", excerpt(value)));
        }
        Ok(passage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &str, json: &Value) -> Result<Vec<NamedPassage>, String> {
        PassagePaths::new(list.parse().unwrap()).found(json)
    }

    #[test]
    fn a_list_its_members_and_bare_ids_are_the_same() {
        let json = json!({"hits": [{"id": "returns#window"}, {"id": 7}], "ids": ["returns#window", "7"]});
        let all = found("$.hits", &json).unwrap();
        assert_eq!((all.len(), all[1].id.as_deref()), (2, Some("7")));
        assert_eq!(found("$.hits[*]", &json).unwrap(), all);
        assert_eq!(found("$.ids", &json).unwrap(), all);
        assert_eq!(found("$.hits[*].id", &json).unwrap(), all);
    }

    #[test]
    fn nothing_found_is_not_no_passages() {
        for none in [json!({"hits": []}), json!({"hits": null})] {
            assert_eq!(found("$.hits", &none).unwrap(), []);
        }
        assert_eq!(found("$.hits[*].doc", &json!({"hits": []})).unwrap(), []);
        for junk in [json!({"error": "down"}), json!([]), json!("x")] {
            let error = found("$.hits[*]", &junk).unwrap_err();
            assert!(error.starts_with("`passages` $.hits[*] finds nothing in the reply"), "{error}");
        }
        let error = found("$.hits", &json!({"hits": [{"score": 1}]})).unwrap_err();
        assert_eq!(error, "a passage has neither an id nor a text: {\"score\":1}");
    }

    #[test]
    fn parts_may_have_other_names() {
        let mut paths = PassagePaths::new("$.docs".parse().unwrap());
        paths.id = Some("$.metadata.source".parse().unwrap());
        paths.text = Some("$.page_content".parse().unwrap());
        let json = json!({"docs": [{"id": "internal", "page_content": "30 days.", "metadata": {"source": "returns"}}]});
        let passage = &paths.found(&json).unwrap()[0];
        assert_eq!((passage.id.as_deref(), passage.text.as_deref()), (Some("returns"), Some("30 days.")));
    }
}
