//! The cells of a table.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// What the cells of a column are; each may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Texts; where a format has no lists, they are joined by `;`.
    List,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
}

impl Kind {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::List => "texts",
            Kind::Int => "integer",
            Kind::Float => "number",
            Kind::Bool => "true/false",
        }
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// There is no such thing, or it is unknown.
    Missing,
    /// A text.
    Text(Cow<'a, str>),
    /// Texts.
    List(Vec<&'a str>),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
}

/// The texts of a list as one.
pub(super) fn joined(list: &[&str]) -> String {
    list.join(";")
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Missing => serializer.serialize_none(),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::List(list) => list.serialize(serializer),
            Cell::Int(n) => serializer.serialize_i64(*n),
            Cell::Float(n) => serializer.serialize_f64(*n),
            Cell::Bool(b) => serializer.serialize_bool(*b),
        }
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Cell::Text(text.into())
    }
}

impl From<f64> for Cell<'_> {
    fn from(n: f64) -> Self {
        // What is no number is not known.
        if n.is_finite() { Cell::Float(n) } else { Cell::Missing }
    }
}

impl From<bool> for Cell<'_> {
    fn from(b: bool) -> Self {
        Cell::Bool(b)
    }
}

impl From<u64> for Cell<'_> {
    fn from(n: u64) -> Self {
        i64::try_from(n).map_or(Cell::Missing, Cell::Int)
    }
}

impl From<u32> for Cell<'_> {
    fn from(n: u32) -> Self {
        Cell::Int(n.into())
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Missing, Into::into)
    }
}
