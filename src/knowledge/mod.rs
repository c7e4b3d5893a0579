//! Knowledge sources: help-centre articles and their passages, with identity and content hashes.
//!
//! [`load`] reads one source (a folder of markdown, a JSONL or CSV file with a field mapping, or an export: [`READERS`]) into
//! [`Article`]s; [`Knowledge`] is the set a suite works with and resolves its `sources`.

mod address;
mod article;
mod draft;
pub(crate) mod folder;
pub(crate) mod front_matter;
mod gathered;
mod html;
mod html_folder;
mod intercom;
mod library;
mod overlay;
mod plausible;
mod readers;
mod rows;
mod sections;
mod sitemap;
mod table;
mod text;
mod zendesk;

pub use address::address_key;
pub use article::{Article, Passage, Visibility};
pub use front_matter::{FrontMatter, split_front_matter};
pub use library::{Knowledge, SourceSpec, load};
pub use overlay::{Effect, Laid, Overlay, lay};
pub use readers::{READERS, ReaderKind, reader};
pub use text::read_text;
