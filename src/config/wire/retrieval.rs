//! `[retrieval.NAME]` as written.

use schemars::JsonSchema;

use crate::config::reader::{At, Table, TableReader};

/// One way to choose passages: a kind with settings of its own.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RetrievalTable {
    /// How passages are chosen.
    #[schemars(required, schema_with = "crate::config::schema::retriever")]
    pub kind: Option<At<String>>,
    /// Most passages. Default: the suite's `max_passages`, or 6.
    #[schemars(range(min = 1))]
    pub k: Option<At<u32>>,
    /// `bm25`, `hybrid`: how soon more of the same word counts no more, 0 to 10. Default: 1.2.
    #[schemars(range(min = 0, max = 10))]
    pub k1: Option<At<f64>>,
    /// `bm25`, `hybrid`: how much longer passages count less, 0 to 1. Default: 0.75.
    #[schemars(range(min = 0, max = 1))]
    pub b: Option<At<f64>>,
    /// All keys as written, to tell which belong to another kind.
    #[schemars(skip)]
    pub keys: Vec<At<String>>,
}

impl<'a> Table<'a> for RetrievalTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            kind: reader.require("kind"),
            k: reader.get("k"),
            k1: reader.get("k1"),
            b: reader.get("b"),
            keys: reader.keys(),
        }
    }
}
