//! The JSON Schema of the JSON report, from the very structs that are written.

use schemars::generate::SchemaSettings;

use crate::report::Report;

/// The schema as pretty JSON with a final line break (draft 2020-12).
///
/// It allows keys that it does not name: a program that reads a report of today reads those of tomorrow with the
/// same `format`.
pub fn schema_json() -> String {
    let mut schema =
        SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Report>();
    schema.insert("title".to_owned(), "regauge report".into());
    // A tree of maps, lists and texts always has a JSON form.
    serde_json::to_string_pretty(&schema).map(|text| text + "\n").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::GateRules;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, TrialBuilder, trial};
    use crate::report::{Depth, ReportOptions, render};

    /// The schema with no key allowed that it does not name.
    fn closed(schema: &mut Value) {
        if let Some(object) = schema.as_object_mut().filter(|o| o.contains_key("properties")) {
            object.insert("additionalProperties".to_owned(), json!(false));
        }
        match schema {
            Value::Object(object) => object.values_mut().for_each(closed),
            Value::Array(list) => list.iter_mut().for_each(closed),
            _ => {}
        }
    }

    fn holds(base: Vec<TrialBuilder>, cand: Vec<TrialBuilder>) {
        let mut schema: Value = serde_json::from_str(&schema_json()).unwrap();
        closed(&mut schema);
        let schema = jsonschema::validator_for(&schema).unwrap();
        let (base, cand) =
            (RunBuilder::new("a").trials(base).build(), RunBuilder::new("b").trials(cand).build());
        let rules = GateRules { min_pass_rate: Some(0.5), ..GateRules::default() };
        let options = ReportOptions { color: false, width: 80, limit: 0 };
        for previous in [None, Some(&base as &dyn crate::outcome::Recorded)] {
            let report = crate::report::Report::build(&cand, previous, Some(&rules), Depth::ALL).unwrap();
            let value: Value = serde_json::from_str(&render("json", &report, &options).unwrap()).unwrap();
            let errors: Vec<String> =
                schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{}", errors.join("\n"));
        }
    }

    #[test]
    fn the_committed_schema_is_up_to_date() {
        crate::config::schema::assert_committed("report.json", &schema_json());
    }

    #[test]
    fn reports_keep_it_whatever_came_of_the_run() {
        let all = || {
            vec![
                trial("a", "bare").passed(),
                trial("a", "bare").index(2).failed("number", "differs"),
                trial("a", "grounded").failed("number", "differs"),
                trial("a", "grounded").index(2).passed(),
                trial("b", "bare").phrasing("typos-1", "hw?").passed(),
                trial("b", "bare").failed("number", "differs"),
                trial("c", "bare").errored(ErrorKind::Timeout, "late"),
                trial("d", "bare"),
            ]
        };
        holds(vec![], vec![]);
        holds(vec![], all());
        holds(all(), all());
        holds(all(), vec![]);
        holds(vec![trial("a", "bare").passed()], vec![trial("a", "bare").errored(ErrorKind::Server, "502")]);
        holds(vec![trial("a", "bare").passed()], all());
    }
}
