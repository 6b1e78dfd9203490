//! `.set("contact.field", value)`: which fields can be set, and to what.

use crate::{
    calendar::{Zone, parse_date, parse_moment},
    diagnostics::did_you_mean,
    model::{Catalog, Entity, Field, FieldType, Value, nfc},
    script::ScriptValue,
};

/// Fields that make a record what it is, or say where it came from: only an import changes them.
const FIXED: [&str; 5] = ["id", "account_id", "created_by", "created_on", "modified_on"];

/// Largest whole number that a double holds exactly.
const MAX_WHOLE: u64 = 1 << 53;

/// The field that `contact.role` or `account.status` names.
///
/// # Errors
/// When there is no such field, or it can't be set; in words.
pub(super) fn field(name: &str, catalog: &Catalog) -> Result<(Entity, Field), String> {
    let entity = |word: &str| match word {
        "contact" => Some(Entity::Contact),
        "account" => Some(Entity::Account),
        _ => None,
    };
    let Some((entity, word)) = name.split_once('.').and_then(|(of, word)| Some((entity(of)?, word))) else {
        return Err(format!(
            "`{name}` can't be set: expected a field such as `contact.role` or `account.status`"
        ));
    };
    let Some(field) = catalog.field(entity, word) else {
        let names = catalog.fields(entity).iter().map(|field| field.name.as_str());
        let hint = did_you_mean(word, names).filter(|hint| hint.starts_with("Did"));
        let hint = hint.map_or(String::new(), |hint| format!("; {}", hint.to_lowercase()));
        return Err(format!("a {entity} has no field `{word}`{}", hint.trim_end_matches('?')));
    };
    if FIXED.contains(&field.name.as_str()) {
        return Err(format!("`{name}` can't be set by a tile: only an import changes it"));
    }
    Ok((entity, field.clone()))
}

/// A script's value as a value of a field.
///
/// # Errors
/// When it is of another type; in words.
pub(super) fn value(name: &str, field: &Field, value: &ScriptValue, zone: &Zone) -> Result<Value, String> {
    let wrong = || {
        let given = match value {
            ScriptValue::Text(text) => format!("`{text}`"),
            other => other.described().to_owned(),
        };
        let expected = match &field.kind {
            FieldType::Choice(choices) | FieldType::Choices(choices) => {
                let choices: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
                format!("one of {}", choices.join(", "))
            }
            FieldType::Date => "a date such as `2026-03-01`".to_owned(),
            FieldType::DateTime => "a time such as `2026-03-01T08:00:00Z`".to_owned(),
            kind => format!("a value of type `{kind}`"),
        };
        format!("`{name}` can't be set to {given}: expected {expected}")
    };
    #[allow(clippy::cast_precision_loss, reason = "the number lies within ±2^53")]
    let found = match (&field.kind, value) {
        (_, ScriptValue::Nothing) => Some(Value::Missing),
        (FieldType::Text | FieldType::Account | FieldType::Contact, ScriptValue::Text(text)) => {
            Some(Value::Text(nfc(text).into_owned()))
        }
        (FieldType::Choice(choices), ScriptValue::Text(text)) if choices.contains(text) => {
            Some(Value::Text(text.clone()))
        }
        (FieldType::Choices(known), ScriptValue::List(items)) => items
            .iter()
            .map(|item| match item {
                ScriptValue::Text(text) if known.contains(text) => Some(text.clone()),
                _ => None,
            })
            .collect::<Option<Vec<String>>>()
            .map(Value::Choices),
        (FieldType::Integer, ScriptValue::Integer(number)) if number.unsigned_abs() <= MAX_WHOLE => {
            Some(Value::Integer(*number))
        }
        (FieldType::Number, ScriptValue::Integer(number)) if number.unsigned_abs() <= MAX_WHOLE => {
            Some(Value::Number(*number as f64))
        }
        (FieldType::Number, ScriptValue::Number(number)) if number.is_finite() => {
            Some(Value::Number(*number))
        }
        (FieldType::Boolean, ScriptValue::Boolean(yes)) => Some(Value::Boolean(*yes)),
        (FieldType::Date, ScriptValue::Text(text)) => parse_date(text).ok().map(Value::Date),
        (FieldType::DateTime, ScriptValue::Text(text)) => parse_moment(text, zone).ok().map(Value::Time),
        _ => None,
    };
    found.ok_or_else(wrong)
}
