//! [`Decode`] for the values that keys hold: texts, numbers, lists, names, free JSON.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::DeValue;

use crate::config::reader::{At, Decode, Mistakes};

/// One value or a list of them.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOrMany<T>(pub Vec<At<T>>);

/// A table whose keys the user chose, sorted by key.
#[derive(Debug, Clone, PartialEq)]
pub struct Entries<T>(pub Vec<Entry<T>>);

/// One key of such a table and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<T> {
    /// The key.
    pub key: At<String>,
    /// Its value.
    pub value: At<T>,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Any value, as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Json(pub Value);

impl<'a> Decode<'a> for String {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            mistakes.wrong_type(value, key, "a text");
        }
        text.map(str::to_owned)
    }
}

impl<'a> Decode<'a> for bool {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            mistakes.wrong_type(value, key, "true or false");
        }
        flag
    }
}

impl<'a> Decode<'a> for f64 {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        match to_json(value.get_ref()).as_ref().and_then(Value::as_f64) {
            Some(number) if !value.get_ref().is_datetime() => Some(number),
            _ if value.get_ref().is_float() => {
                mistakes.push(mistakes.error(&value.span(), format!("`{key}`: expected a finite number")));
                None
            }
            _ => {
                mistakes.wrong_type(value, key, "a number");
                None
            }
        }
    }
}

macro_rules! decode_whole {
    ($($number:ty),*) => {$(
        impl<'a> Decode<'a> for $number {
            fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
                let Some(integer) = value.get_ref().as_integer() else {
                    mistakes.wrong_type(value, key, "a whole number");
                    return None;
                };
                let whole = i128::from_str_radix(integer.as_str(), integer.radix()).ok();
                let fitting = whole.and_then(|n| <$number>::try_from(n).ok());
                if fitting.is_none() {
                    let least_or_most = if whole.is_some_and(|n| n < 0) {
                        "0 or more".to_owned()
                    } else {
                        format!("at most {}", <$number>::MAX)
                    };
                    let message = format!(
                        "`{key}`: expected a whole number of {least_or_most}, found {}",
                        integer.as_str()
                    );
                    mistakes.push(mistakes.error(&value.span(), message));
                }
                fitting
            }
        }
    )*};
}
decode_whole!(u32, u64);

impl<'a, T: Decode<'a>> Decode<'a> for Vec<At<T>> {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let DeValue::Array(items) = value.get_ref() else {
            mistakes.wrong_type(value, key, "a list");
            return None;
        };
        let decode = |item: &'a Spanned<DeValue<'a>>| {
            T::decode(item, key, mistakes).map(|decoded| At::new(decoded, item.span()))
        };
        Some(items.iter().filter_map(decode).collect())
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for OneOrMany<T> {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        if value.get_ref().is_array() {
            return Vec::decode(value, key, mistakes).map(Self);
        }
        T::decode(value, key, mistakes).map(|one| Self(vec![At::new(one, value.span())]))
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for Entries<T> {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else {
            mistakes.wrong_type(value, key, "a table");
            return None;
        };
        let mut entries = Vec::new();
        for (name, value) in table {
            if let Some(decoded) = T::decode(value, name.get_ref(), mistakes) {
                let key = At::new(name.get_ref().to_string(), name.span());
                entries.push(Entry { key, value: At::new(decoded, value.span()) });
            }
        }
        Some(Self(entries))
    }
}

impl<'a> Decode<'a> for Json {
    fn decode(value: &'a Spanned<DeValue<'a>>, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let json = to_json(value.get_ref());
        if json.is_none() {
            let message = format!("`{key}`: infinite numbers and NaN are not allowed");
            mistakes.push(mistakes.error(&value.span(), message));
        }
        json.map(Self)
    }
}

/// A TOML value as JSON with sorted keys; dates become texts, `inf` and `nan` have no JSON form.
pub fn to_json(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Integer(int) => Value::from(i64::from_str_radix(int.as_str(), int.radix()).ok()?),
        DeValue::Float(float) => Value::Number(Number::from_f64(float.as_str().parse().ok()?)?),
        DeValue::Array(items) => {
            Value::Array(items.iter().map(|v| to_json(v.get_ref())).collect::<Option<_>>()?)
        }
        DeValue::Table(table) => {
            let mut pairs = Vec::new();
            for (key, value) in table {
                pairs.push((key.get_ref().to_string(), to_json(value.get_ref())?));
            }
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(pairs.into_iter().collect::<Map<_, _>>())
        }
    })
}

/// Shows a JSON value of a foreign file as a TOML tree, all of it at one place, so that it is read like settings.
///
/// # Errors
/// It holds what TOML has no word for: null, or a number that is too large.
pub fn as_toml<T>(
    value: &Value,
    place: &Range<usize>,
    see: impl FnOnce(&Spanned<DeValue<'_>>) -> T,
) -> Result<T, &'static str> {
    const NOT_TOML: &str = "null and very large numbers are not allowed here";
    let text = toml::Value::try_from(value).map_err(|_| NOT_TOML)?.to_string();
    let tree = DeValue::parse(&text).map_err(|_| NOT_TOML)?;
    Ok(see(&moved(tree, place)))
}

fn moved<'a>(value: Spanned<DeValue<'a>>, place: &Range<usize>) -> Spanned<DeValue<'a>> {
    let value = match value.into_inner() {
        DeValue::Array(items) => DeValue::Array(items.into_iter().map(|item| moved(item, place)).collect()),
        DeValue::Table(table) => DeValue::Table(
            table
                .into_iter()
                .map(|(key, value)| (Spanned::new(place.clone(), key.into_inner()), moved(value, place)))
                .collect(),
        ),
        other => other,
    };
    Spanned::new(place.clone(), value)
}

/// The schema of a wrapper is the schema of what it wraps.
macro_rules! schema_as {
    ($($wrapper:ty => $inner:ty;)*) => {$(
        impl<T: JsonSchema> JsonSchema for $wrapper {
            fn inline_schema() -> bool {
                <$inner>::inline_schema()
            }
            fn schema_name() -> Cow<'static, str> {
                <$inner>::schema_name()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$inner>::json_schema(generator)
            }
        }
    )*};
}
schema_as! {
    At<T> => T;
    Entries<T> => std::collections::BTreeMap<String, T>;
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

impl JsonSchema for Json {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Json".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::parse;
    use crate::diagnostic::SourceFile;
    use serde_json::json;

    fn one<T: for<'a> Decode<'a>>(text: &str) -> Result<T, String> {
        let text = format!("x = {text}\n");
        let mut mistakes = Mistakes::new(SourceFile::new("a.toml", text.as_str()));
        let tree = parse(&text, &mut mistakes).unwrap();
        let decoded = T::decode(tree.get_ref().get("x").unwrap(), "x", &mut mistakes);
        let found = mistakes.finish();
        decoded.ok_or_else(|| found.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn numbers() {
        assert_eq!(one::<f64>("1"), Ok(1.0));
        assert_eq!(one::<f64>("1.5e3"), Ok(1500.0));
        assert_eq!(one::<u64>("0xFF"), Ok(255));
        assert_eq!(one::<f64>("inf"), Err("`x`: expected a finite number".into()));
        assert_eq!(one::<f64>("'1'"), Err("`x`: expected a number, found a text".into()));
        assert_eq!(
            one::<u32>("1.5"),
            Err("`x`: expected a whole number, found a number with a fraction".into())
        );
        assert!(one::<u32>("-1").unwrap_err().contains("found -1"));
    }

    #[test]
    fn one_value_or_a_list() {
        let texts = |many: OneOrMany<String>| many.0.into_iter().map(|t| t.value).collect::<Vec<_>>();
        assert_eq!(texts(one("'a'").unwrap()), ["a"]);
        assert_eq!(texts(one("['a', 'b']").unwrap()), ["a", "b"]);
        assert!(one::<OneOrMany<String>>("3").unwrap_err().contains("expected a text"));
    }

    #[test]
    fn json_has_sorted_keys() {
        let json = one::<Json>("{ b = 1, a = [true, 1.5, 2026-01-02] }").unwrap().0;
        assert_eq!(json, json!({"a": [true, 1.5, "2026-01-02"], "b": 1}));
        assert_eq!(json.to_string(), r#"{"a":[true,1.5,"2026-01-02"],"b":1}"#);
        assert!(one::<Json>("nan").is_err());
    }
}
