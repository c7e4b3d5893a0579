//! TOML front matter between `+++` lines.

use std::ops::Range;

/// A file split into front matter and body, as byte ranges of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontMatter {
    /// The TOML, when there is any.
    pub toml: Option<Range<usize>>,
    /// The rest.
    pub body: Range<usize>,
}

/// Splits a text; `None` when a `+++` line opens front matter that never ends.
pub fn split_front_matter(text: &str) -> Option<FrontMatter> {
    let _ = text;
    todo!()
}
