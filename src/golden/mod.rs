//! Goldens: answers that a person accepted, with author, reason and the passages they rest on.
//!
//! A golden is one markdown file `golden/answers/<suite>/<case>.md`: TOML front matter between
//! `+++` lines, then one or more accepted answers separated by `<!-- or -->`.

mod certificate;
mod drift;
mod file;
mod label;
mod path;
mod pending;
mod quarantine;
mod write;

use std::collections::BTreeMap;

use jiff::civil::Date;

pub use certificate::{Certificate, Certificates, Standing, folder as certificates_folder};
pub use drift::{Drift, bound_to, passage, passage_hash};
pub use file::{load_all, parse, to_text};
pub use label::{Label, Said, add_labels, label_id, labels_file, read_labels};
pub use path::golden_path;
pub use pending::{Pending, PendingCase, load_pending, pending_folder, pending_path};
pub use quarantine::{Quarantine, Quarantined, path as quarantine_path};
pub use write::{GoldenFileError, write};

/// The line between two accepted answers.
pub const OR_LINE: &str = "<!-- or -->";

/// The accepted answers of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Golden {
    /// Who accepted it.
    pub author: String,
    /// Why it is right.
    pub reason: String,
    /// When it was accepted.
    pub date: Option<Date>,
    /// Passage id → hash of the passage when it was accepted (`b3:` and 16 hex digits).
    pub passages: BTreeMap<String, String>,
    /// Accepted answers, in order; never empty.
    pub answers: Vec<String>,
}
