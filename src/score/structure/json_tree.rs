//! Where each value of a JSON text stands.

use std::ops::Range;

/// A value with its place, and those inside of it.
#[derive(Debug)]
pub(super) struct Tree {
    bytes: Range<usize>,
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    None,
    List(Vec<Tree>),
    /// In the order of the text; of two equal names the later one counts.
    Members(Vec<(String, Tree)>),
}

impl Tree {
    /// The places of a text that is known to be JSON of a bounded depth; `None` where it is not.
    pub(super) fn of(json: &str) -> Option<Self> {
        Scanner { text: json, at: 0 }.value()
    }

    /// Bytes of the value at a JSON Pointer (RFC 6901).
    pub(super) fn find(&self, pointer: &str) -> Option<Range<usize>> {
        let mut tree = self;
        for token in pointer.split('/').skip(1) {
            tree = match &tree.inner {
                Inner::None => return None,
                Inner::List(items) => items.get(token.parse::<usize>().ok()?)?,
                Inner::Members(members) => {
                    let name = token.replace("~1", "/").replace("~0", "~");
                    &members.iter().rev().find(|(known, _)| *known == name)?.1
                }
            };
        }
        Some(tree.bytes.clone())
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn next(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest.iter().position(|b| !b" \t\r\n".contains(b))?;
        self.text.as_bytes().get(self.at).copied()
    }

    fn value(&mut self) -> Option<Tree> {
        let first = self.next()?;
        let start = self.at;
        let inner = match first {
            b'{' => self.members()?,
            b'[' => self.items()?,
            b'"' => {
                self.string()?;
                Inner::None
            }
            _ => {
                let rest = &self.text.as_bytes()[start..];
                self.at += rest.iter().position(|b| b",]} \t\r\n".contains(b)).unwrap_or(rest.len());
                Inner::None
            }
        };
        Some(Tree { bytes: start..self.at, inner })
    }

    fn items(&mut self) -> Option<Inner> {
        let mut items = Vec::new();
        loop {
            self.at += 1;
            if self.next()? == b']' && items.is_empty() {
                break;
            }
            items.push(self.value()?);
            if self.next()? != b',' {
                break;
            }
        }
        self.at += 1;
        Some(Inner::List(items))
    }

    fn members(&mut self) -> Option<Inner> {
        let mut members = Vec::new();
        loop {
            self.at += 1;
            if self.next()? == b'}' && members.is_empty() {
                break;
            }
            let start = self.at;
            self.string()?;
            let name = serde_json::from_str(&self.text[start..self.at]).ok()?;
            self.next()?;
            self.at += 1;
            members.push((name, self.value()?));
            if self.next()? != b',' {
                break;
            }
        }
        self.at += 1;
        Some(Inner::Members(members))
    }

    /// Steps over a string.
    fn string(&mut self) -> Option<()> {
        let rest = self.text.as_bytes().get(self.at + 1..)?;
        let mut escaped = false;
        let end = rest.iter().position(|&b| {
            let ends = b == b'"' && !escaped;
            escaped = b == b'\\' && !escaped;
            ends
        })?;
        self.at += end + 2;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn places_are_found_by_pointers() {
        let json = r#"{"a": [1, {"b/~": "x]\"}"}, []], "a\u0062": { }, "a ": null, "d": 1, "d": 22}"#;
        let tree = Tree::of(json).unwrap();
        let at = |pointer: &str| tree.find(pointer).map(|bytes| &json[bytes]);
        assert_eq!(at(""), Some(json));
        assert_eq!(at("/a/0"), Some("1"));
        assert_eq!(at("/a/1/b~1~0"), Some(r#""x]\"}""#));
        assert_eq!(
            [at("/a/2"), at("/ab"), at("/a "), at("/d")],
            [Some("[]"), Some("{ }"), Some("null"), Some("22")]
        );
        assert_eq!([at("/a/9"), at("/x"), at("/a/x"), at("/d/0")], [None; 4]);
        assert!(Tree::of("").is_none() && Tree::of("{\"a\"").is_none() && Tree::of("[1,").is_none());
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn pointers(value: &Value, here: &str, into: &mut Vec<(String, Value)>) {
        into.push((here.to_owned(), value.clone()));
        match value {
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, v)| pointers(v, &format!("{here}/{i}"), into));
            }
            Value::Object(members) => members.iter().for_each(|(k, v)| {
                let name = k.replace('~', "~0").replace('/', "~1");
                pointers(v, &format!("{here}/{name}"), into);
            }),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_the_value(value in values(), pretty in any::<bool>()) {
            let json = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let json = json.unwrap();
            let tree = Tree::of(&json).unwrap();
            let mut all = Vec::new();
            pointers(&value, "", &mut all);
            for (pointer, value) in all {
                let bytes = tree.find(&pointer).unwrap();
                prop_assert_eq!(serde_json::from_str::<Value>(&json[bytes]).unwrap(), value);
            }
        }

        #[test]
        fn no_text_breaks_it(text in "[\\[\\]{}\":,a\\\\ ]{0,40}") {
            Tree::of(&text);
        }
    }
}
