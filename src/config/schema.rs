//! JSON Schemas of the files that a user writes, for completion and checks in an editor.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::provider::{EMBEDDED, PROVIDERS};

/// The schema of a wire type as pretty JSON with a final line break.
///
/// Draft 7, which TOML language servers read; TOML has no null, so optional keys allow none.
pub fn render<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft07().with_transform(NoNull).for_deserialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    // A tree of maps, lists and texts always has a JSON form.
    serde_json::to_string_pretty(&schema).map(|text| text + "\n").unwrap_or_default()
}

/// The names that `provider = "…"` may take, whatever this binary was built with.
pub(crate) fn provider(_: &mut SchemaGenerator) -> Schema {
    let mut names: Vec<&str> = PROVIDERS.iter().map(|p| p.name).collect();
    if !names.contains(&EMBEDDED) {
        names.push(EMBEDDED);
    }
    names.sort_unstable();
    schemars::json_schema!({ "type": "string", "enum": names })
}

/// The ways to read a source of articles.
pub(crate) fn reader(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = crate::knowledge::READERS.iter().map(|r| r.name).collect();
    schemars::json_schema!({ "type": "string", "enum": names })
}

/// The kinds of retrievers.
pub(crate) fn retriever(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = crate::retrieve::RETRIEVERS.iter().map(|r| r.name).collect();
    schemars::json_schema!({ "type": "string", "enum": names })
}

/// Takes `null` out of the types of optional keys.
#[derive(Clone)]
struct NoNull;

impl Transform for NoNull {
    fn transform(&mut self, schema: &mut Schema) {
        let object = schema.as_object_mut();
        if let Some(object) = object {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|t| t != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            let null = json!({ "type": "null" });
            let mut lone = None;
            if let Some(Value::Array(any)) = object.get_mut("anyOf") {
                any.retain(|schema| schema != &null);
                if let [Value::Object(only)] = any.as_slice() {
                    lone = Some(only.clone());
                }
            }
            if let Some(only) = lone {
                object.remove("anyOf");
                if only.contains_key("$ref") {
                    // In draft 7 a reference hides what stands beside it.
                    object.insert("allOf".to_owned(), json!([only]));
                } else {
                    object.extend(only);
                }
            }
        }
        transform_subschemas(self, schema);
    }
}

/// Property names of a wire type's schema, in order.
#[cfg(test)]
pub(crate) fn properties<T: JsonSchema>() -> Vec<String> {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
    let names = schema.get("properties").and_then(Value::as_object);
    names.map(|n| n.keys().cloned().collect()).unwrap_or_default()
}

/// Holds a committed schema to what the wire types say now.
#[cfg(test)]
pub(crate) fn assert_committed(name: &str, now: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if committed.replace("\r\n", "\n") != now {
        let fresh = std::env::temp_dir().join(name);
        std::fs::write(&fresh, now).unwrap();
        panic!("{} is out of date: copy {} there", path.display(), fresh.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::wire::SettingsFile;

    #[test]
    fn the_committed_schema_is_up_to_date() {
        assert_committed("regauge.json", &crate::config::schema_json());
    }

    #[test]
    fn unknown_keys_and_null_are_rejected() {
        let schema: Value = serde_json::from_str(&render::<SettingsFile>()).unwrap();
        let check = jsonschema::validator_for(&schema).unwrap();
        let good = json!({
            "project": { "prompts": "p" },
            "models": { "a": { "provider": "openai", "model": "m", "stop": ["x"], "extra": { "k": [1] } } },
            "gate": { "critical": "off", "min_pass_rate": 0.5 },
        });
        assert!(check.is_valid(&good), "{:?}", check.iter_errors(&good).map(|e| e.to_string()).next());
        for bad in [
            json!({ "projct": {} }),
            json!({ "models": { "a": { "provider": "opnai" } } }),
            json!({ "models": { "a": { "model": "m" } } }),
            json!({ "models": { "a": { "provider": "openai", "modle": "m" } } }),
            json!({ "project": { "prompts": null } }),
            json!({ "gate": { "min_pass_rate": 1.5 } }),
        ] {
            assert!(!check.is_valid(&bad), "{bad}");
        }
    }
}
