//! One value of a field, an attribute or a literal.

use std::fmt;

/// A value as the domain sees it.
///
/// How a value is written in the database is the store's business: a date is text `YYYY-MM-DD`, a
/// moment is whole UTC milliseconds, a boolean is 0 or 1, several choices are a JSON array.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing is known: an empty cell, a field that was never filled.
    #[default]
    Missing,
    /// Text, a choice, or a reference to another record's id.
    Text(String),
    /// A whole number within ±2^53.
    Integer(i64),
    /// A number; never NaN or infinite.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// A calendar date as `YYYY-MM-DD`.
    Date(String),
    /// A moment in UTC milliseconds since 1970.
    Time(i64),
    /// Several choices, in the order in which they were given.
    Choices(Vec<String>),
}

impl Value {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Value::Missing)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Missing => Ok(()),
            Value::Text(text) | Value::Date(text) => f.write_str(text),
            Value::Integer(number) => write!(f, "{number}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Boolean(yes) => write!(f, "{yes}"),
            Value::Time(at) => write!(f, "{}", crate::model::time::rfc3339(*at)),
            Value::Choices(choices) => f.write_str(&choices.join(", ")),
        }
    }
}
