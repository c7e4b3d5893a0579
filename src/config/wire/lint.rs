//! `[lint]` as written.

use schemars::JsonSchema;

use crate::config::reader::{At, Table, TableReader};

/// What `regauge check --deep` looks for.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LintTable {
    /// Names of rules that are not applied; `regauge check --rules` lists them all.
    pub off: Option<At<Vec<At<String>>>>,
}

impl<'a> Table<'a> for LintTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self { off: reader.get("off") }
    }
}
