//! Values on their way into scripts and out of them.

use std::collections::BTreeMap;

use rhai::{Array, Dynamic, Map};
use serde_json::Value as Json;

use crate::model::{Value, time::rfc3339};

/// A value as scripts see it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ScriptValue {
    /// `()`: nothing is known.
    #[default]
    Nothing,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// Text; also dates as `YYYY-MM-DD` and times as RFC 3339 in UTC, which sort as text.
    Text(String),
    /// `[a, b]`
    List(Vec<ScriptValue>),
    /// `#{ a: 1 }`
    Map(BTreeMap<String, ScriptValue>),
}

impl ScriptValue {
    /// A map of names and values.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, ScriptValue)>) -> ScriptValue {
        ScriptValue::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// What it is, for messages.
    #[must_use]
    pub fn described(&self) -> &'static str {
        match self {
            ScriptValue::Nothing => "nothing",
            ScriptValue::Boolean(_) => "a boolean",
            ScriptValue::Integer(_) => "a whole number",
            ScriptValue::Number(_) => "a number",
            ScriptValue::Text(_) => "text",
            ScriptValue::List(_) => "a list",
            ScriptValue::Map(_) => "a map",
        }
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            ScriptValue::Nothing => Json::Null,
            ScriptValue::Boolean(yes) => Json::from(*yes),
            ScriptValue::Integer(number) => Json::from(*number),
            ScriptValue::Number(number) => Json::from(*number),
            ScriptValue::Text(text) => Json::from(text.as_str()),
            ScriptValue::List(items) => items.iter().map(ScriptValue::to_json).collect(),
            ScriptValue::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
            }
        }
    }

    /// From JSON; a whole number that is too large becomes a number.
    #[must_use]
    pub fn of_json(json: &Json) -> ScriptValue {
        match json {
            Json::Null => ScriptValue::Nothing,
            Json::Bool(yes) => ScriptValue::Boolean(*yes),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => ScriptValue::Integer(whole),
                None => ScriptValue::Number(number.as_f64().unwrap_or_default()),
            },
            Json::String(text) => ScriptValue::Text(text.clone()),
            Json::Array(items) => ScriptValue::List(items.iter().map(ScriptValue::of_json).collect()),
            Json::Object(entries) => ScriptValue::map(
                entries.iter().map(|(key, value)| (key.clone(), ScriptValue::of_json(value))),
            ),
        }
    }

    pub(super) fn to_dynamic(&self) -> Dynamic {
        match self {
            ScriptValue::Nothing => Dynamic::UNIT,
            ScriptValue::Boolean(yes) => (*yes).into(),
            ScriptValue::Integer(number) => (*number).into(),
            ScriptValue::Number(number) => (*number).into(),
            ScriptValue::Text(text) => text.as_str().into(),
            ScriptValue::List(items) => items.iter().map(ScriptValue::to_dynamic).collect::<Array>().into(),
            ScriptValue::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.as_str().into(), value.to_dynamic()))
                .collect::<Map>()
                .into(),
        }
    }

    /// Of what a script made; the type's name in words when it is nothing that can leave a script.
    pub(super) fn of_dynamic(value: &Dynamic) -> Result<ScriptValue, String> {
        if value.is_unit() {
            return Ok(ScriptValue::Nothing);
        }
        if let Ok(yes) = value.as_bool() {
            return Ok(ScriptValue::Boolean(yes));
        }
        if let Ok(number) = value.as_int() {
            return Ok(ScriptValue::Integer(number));
        }
        if let Ok(number) = value.as_float() {
            return match number.is_finite() {
                true => Ok(ScriptValue::Number(number)),
                false => Err("a number that isn't finite".to_owned()),
            };
        }
        if let Ok(letter) = value.as_char() {
            return Ok(ScriptValue::Text(letter.to_string()));
        }
        if let Ok(text) = value.as_immutable_string_ref() {
            return Ok(ScriptValue::Text(text.to_string()));
        }
        if let Ok(items) = value.as_array_ref() {
            return items
                .iter()
                .map(ScriptValue::of_dynamic)
                .collect::<Result<_, _>>()
                .map(ScriptValue::List);
        }
        if let Ok(entries) = value.as_map_ref() {
            let entries =
                entries.iter().map(|(key, value)| Ok((key.to_string(), ScriptValue::of_dynamic(value)?)));
            return entries.collect::<Result<_, String>>().map(ScriptValue::Map);
        }
        Err(described(value).to_owned())
    }
}

/// What a value is, for messages about scripts.
pub(super) fn described(value: &Dynamic) -> &'static str {
    match value.type_name() {
        "()" => "nothing",
        "bool" => "a boolean",
        "i64" => "a whole number",
        "f64" => "a number",
        "string" | "char" => "text",
        "array" => "a list",
        "map" => "a map",
        "Fn" => "a function",
        name if name.contains("range") || name.contains("Range") => "a range",
        name if name == "action" || name.ends_with("Action") => "an action",
        _ => "something else",
    }
}

impl From<&Value> for ScriptValue {
    fn from(value: &Value) -> ScriptValue {
        match value {
            Value::Missing => ScriptValue::Nothing,
            Value::Text(text) | Value::Date(text) => ScriptValue::Text(text.clone()),
            Value::Integer(number) => ScriptValue::Integer(*number),
            Value::Number(number) => ScriptValue::Number(*number),
            Value::Boolean(yes) => ScriptValue::Boolean(*yes),
            Value::Time(at) => ScriptValue::Text(rfc3339(*at)),
            Value::Choices(choices) => {
                ScriptValue::List(choices.iter().cloned().map(ScriptValue::Text).collect())
            }
        }
    }
}

impl From<&str> for ScriptValue {
    fn from(text: &str) -> ScriptValue {
        ScriptValue::Text(text.to_owned())
    }
}
