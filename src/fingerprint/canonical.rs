//! Canonical JSON, written straight from a value: keys sorted, no white space, numbers as serde_json prints them.
//!
//! Only objects are held back until they end, because only then the order of their keys is known.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

/// The canonical JSON of a value.
///
/// # Errors
/// A value that JSON cannot hold.
pub(super) fn to_vec<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(256);
    value.serialize(&mut Serializer::with_formatter(&mut out, Canonical::default()))?;
    Ok(out)
}

/// A formatter that sorts the keys of objects.
#[derive(Default)]
struct Canonical {
    open: Vec<Object>,
}

/// An object that has not ended.
#[derive(Default)]
struct Object {
    entries: Vec<Entry>,
    in_key: bool,
}

#[derive(Default)]
struct Entry {
    /// The key as it is, to sort by.
    key: Vec<u8>,
    /// The key and its value as they are written.
    text: Vec<u8>,
}

impl Canonical {
    /// Writes to the entry that is open, or to the end of all.
    fn put<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.open.last_mut().and_then(|object| object.entries.last_mut()) {
            Some(entry) => write(&mut entry.text),
            None => write(&mut Through(writer)),
        }
    }

    /// The key that is being written.
    fn key(&mut self) -> Option<&mut Vec<u8>> {
        let object = self.open.last_mut().filter(|object| object.in_key)?;
        object.entries.last_mut().map(|entry| &mut entry.key)
    }
}

/// A writer behind one more reference, so that it has a size.
struct Through<'w, W: ?Sized>(&'w mut W);

impl<W: ?Sized + Write> Write for Through<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Passes what a compact formatter would write to where it belongs.
macro_rules! pass_on {
    ($($method:ident($($name:ident: $kind:ty),*);)*) => {
        $(
            fn $method<W: ?Sized + Write>(&mut self, writer: &mut W $(, $name: $kind)*) -> io::Result<()> {
                self.put(writer, |mut out| CompactFormatter.$method(&mut out $(, $name)*))
            }
        )*
    };
}

impl Formatter for Canonical {
    pass_on! {
        write_null();
        write_bool(value: bool);
        write_i8(value: i8);
        write_i16(value: i16);
        write_i32(value: i32);
        write_i64(value: i64);
        write_i128(value: i128);
        write_u8(value: u8);
        write_u16(value: u16);
        write_u32(value: u32);
        write_u64(value: u64);
        write_u128(value: u128);
        write_f32(value: f32);
        write_f64(value: f64);
        write_number_str(value: &str);
        begin_string();
        end_string();
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        write_raw_fragment(fragment: &str);
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        if let Some(key) = self.key() {
            key.extend_from_slice(text.as_bytes());
        }
        self.put(writer, |out| out.write_all(text.as_bytes()))
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        let byte = unescaped(&escape);
        if let Some(key) = self.key() {
            key.push(byte);
        }
        self.put(writer, |mut out| CompactFormatter.write_char_escape(&mut out, escape))
    }

    fn begin_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.open.push(Object::default());
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let mut entries = self.open.pop().unwrap_or_default().entries;
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        self.put(writer, |out| {
            out.write_all(b"{")?;
            for (at, entry) in entries.iter().enumerate() {
                if at > 0 {
                    out.write_all(b",")?;
                }
                out.write_all(&entry.text)?;
            }
            out.write_all(b"}")
        })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        if let Some(object) = self.open.last_mut() {
            object.entries.push(Entry::default());
            object.in_key = true;
        }
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some(object) = self.open.last_mut() {
            object.in_key = false;
        }
        Ok(())
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.put(writer, |out| out.write_all(b":"))
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        Ok(())
    }
}

/// The byte that an escape stands for.
fn unescaped(escape: &CharEscape) -> u8 {
    match escape {
        CharEscape::Quote => b'"',
        CharEscape::ReverseSolidus => b'\\',
        CharEscape::Solidus => b'/',
        CharEscape::Backspace => 0x08,
        CharEscape::FormFeed => 0x0c,
        CharEscape::LineFeed => b'\n',
        CharEscape::CarriageReturn => b'\r',
        CharEscape::Tab => b'\t',
        CharEscape::AsciiControl(byte) => *byte,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Number, Value, json};

    use super::*;

    /// The definition, by way of a tree.
    fn slowly(value: &Value) -> String {
        match value {
            Value::Array(items) => format!("[{}]", items.iter().map(slowly).collect::<Vec<_>>().join(",")),
            Value::Object(map) => {
                let mut keys: Vec<&String> = map.keys().collect();
                keys.sort();
                let entry = |key: &String| format!("{}:{}", Value::String(key.clone()), slowly(&map[key]));
                format!("{{{}}}", keys.into_iter().map(entry).collect::<Vec<_>>().join(","))
            }
            scalar => scalar.to_string(),
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let number = prop_oneof![
            any::<i64>().prop_map(Number::from),
            any::<f64>().prop_filter_map("finite", Number::from_f64)
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            number.prop_map(Value::Number),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            let entries = proptest::collection::vec((any::<String>(), inner.clone()), 0..6);
            prop_oneof![
                proptest::collection::vec(inner, 0..6).prop_map(Value::Array),
                entries.prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = json!({"b": [1, {"z": null, "a": "\u{1}\"\\/é"}], "a": {}, "a!": 1.0});
        let text = String::from_utf8(to_vec(&value).unwrap()).unwrap();
        assert_eq!(text, r#"{"a":{},"a!":1.0,"b":[1,{"a":"\u0001\"\\/é","z":null}]}"#);
    }

    proptest! {
        #[test]
        fn it_is_the_definition(value in any_value()) {
            prop_assert_eq!(String::from_utf8(to_vec(&value).unwrap()).unwrap(), slowly(&value));
        }
    }
}
