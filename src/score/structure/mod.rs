//! Scorers of the reply's form: JSON, XML, SQL, markdown, lists.

pub(super) mod document;
pub(super) mod json;
pub(super) mod json_path;
pub(super) mod json_schema;
pub(super) mod json_tree;
pub(super) mod list;
pub(super) mod markdown;
pub(super) mod sql;
pub(super) mod xml;
