//! Declared fields as real, typed columns, and the names that statements use keys for.

use std::collections::BTreeMap;

use crate::calendar::Holidays;
use crate::model::{Field, FieldType, Value};
use crate::store::{Cell, Connection, StoreError, WrittenSegments};

/// Keys and columns that statements need, read once.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Names {
    /// Key of each interaction type.
    pub(in crate::store) types: BTreeMap<String, i64>,
    /// Key of each segment.
    pub(in crate::store) segments: BTreeMap<String, i64>,
    /// Key of each scoring model.
    pub(in crate::store) models: BTreeMap<String, i64>,
    /// Key of each set of levels.
    pub(in crate::store) levels: BTreeMap<String, i64>,
    /// The holidays of the definitions published last.
    pub(in crate::store) holidays: Holidays,
    /// Segments that are asked as they are written.
    pub(in crate::store) written: WrittenSegments,
    /// Columns that exist: (table, column).
    columns: BTreeMap<(String, String), String>,
    /// The words for the types as which the fields of columns are declared.
    declared: BTreeMap<(String, String), String>,
}

impl Names {
    pub(in crate::store) fn load(connection: &mut Connection) -> Result<Names, StoreError> {
        let mut names = Names::default();
        for row in connection.query("SELECT name, key FROM interaction_type", &[])? {
            names.types.insert(row.text(0)?, row.integer(1)?);
        }
        for row in connection.query("SELECT name, key FROM segment", &[])? {
            names.segments.insert(row.text(0)?, row.integer(1)?);
        }
        for row in connection.query("SELECT name, key FROM scoring_model", &[])? {
            names.models.insert(row.text(0)?, row.integer(1)?);
        }
        for row in connection.query("SELECT name, key FROM levels", &[])? {
            names.levels.insert(row.text(0)?, row.integer(1)?);
        }
        for row in connection.query("SELECT entity, column_name, kind, declared FROM field", &[])? {
            let column = (row.text(0)?, row.text(1)?);
            names.columns.insert(column.clone(), row.text(2)?);
            names.declared.insert(column, row.text(3)?);
        }
        let holidays = "SELECT value FROM setting WHERE name = 'holidays'";
        if let Some(row) = connection.query_first(holidays, &[])? {
            names.holidays = Holidays::of(row.text(0)?.split(','));
        }
        Ok(names)
    }

    /// The type of a table's column for a field, when it has one.
    pub(in crate::store) fn column(&self, table: &str, column: &str) -> Option<&str> {
        self.columns.get(&(table.to_owned(), column.to_owned())).map(String::as_str)
    }

    /// The word for the type as which the field of a column is declared, when there is such a column.
    pub(in crate::store) fn declared(&self, table: &str, column: &str) -> Option<&str> {
        self.declared.get(&(table.to_owned(), column.to_owned())).map(String::as_str)
    }

    /// Takes note of a column for a field, its type, and the word for the field's type.
    pub(in crate::store) fn set_column(&mut self, table: &str, column: &str, kind: &str, declared: &str) {
        let place = (table.to_owned(), column.to_owned());
        self.columns.insert(place.clone(), kind.to_owned());
        self.declared.insert(place, declared.to_owned());
    }

    /// Whether a table has a column for a field.
    pub(in crate::store) fn has_column(&self, table: &str, column: &str) -> bool {
        self.columns.contains_key(&(table.to_owned(), column.to_owned()))
    }

    /// The key of an interaction type; -1, which no row has, for one that was never declared.
    pub(in crate::store) fn type_key(&self, name: &str) -> i64 {
        self.types.get(name).copied().unwrap_or(-1)
    }

    /// The key of a scoring model; -1, which no row has, for one that never gave a score.
    pub(in crate::store) fn model_key(&self, name: &str) -> i64 {
        self.models.get(name).copied().unwrap_or(-1)
    }

    /// The key of levels; -1, which no row has, for those that were never given.
    pub(in crate::store) fn levels_key(&self, name: &str) -> i64 {
        self.levels.get(name).copied().unwrap_or(-1)
    }

    /// The expression for a score, grade or level of the record with a key: `score.engagement`.
    pub(in crate::store) fn measure(&self, name: &str, key: &str) -> Result<String, StoreError> {
        self.measure_column(name, key, ["score", "grade", "level"])
    }

    /// The expression for the moment since which a score, grade or level of the record with a key is what it
    /// is.
    pub(in crate::store) fn measure_since(&self, name: &str, key: &str) -> Result<String, StoreError> {
        self.measure_column(name, key, ["since", "grade_since", "since"])
    }

    /// What a column holds about a score, a grade or a level, whichever the name is of.
    fn measure_column(
        &self,
        name: &str,
        key: &str,
        [score, grade, level]: [&str; 3],
    ) -> Result<String, StoreError> {
        let (group, name) = name.split_once('.').unwrap_or((name, ""));
        // Names in expressions have underscores for hyphens; names of models have no underscores.
        let name = name.replace('_', "-");
        let model = self.model_key(&name);
        let of_model = |column: &str| {
            format!("(SELECT z.{column} FROM score z WHERE z.model_key = {model} AND z.subject_key = {key})")
        };
        Ok(match group {
            "score" => of_model(score),
            "grade" => of_model(grade),
            "levels" => {
                let levels = self.levels_key(&name);
                format!(
                    "(SELECT z.{level} FROM level z WHERE z.levels_key = {levels} AND z.subject_key = {key})"
                )
            }
            _ => return Err(StoreError::Inconsistent(format!("`{group}.{name}` is no score"))),
        })
    }

    /// The key of a segment; -1, which no row has, for one that was never evaluated.
    pub(in crate::store) fn segment_key(&self, name: &str) -> i64 {
        self.segments.get(name).copied().unwrap_or(-1)
    }
}

/// The column type in which values of a field type are kept.
pub(in crate::store) fn column_type(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Integer | FieldType::DateTime => "BIGINT",
        FieldType::Number => "DOUBLE PRECISION",
        FieldType::Boolean => "SMALLINT",
        _ => "TEXT",
    }
}

/// The tables' own columns, which stand beside those of the fields.
const OWN_COLUMNS: [&str; 13] = [
    "key",
    "account_key",
    "address_key",
    "contact_key",
    "iteration_key",
    "step_key",
    "visit",
    "subject_account_key",
    "subject_contact_key",
    "ordinal",
    "created_at",
    "known_since",
    "id_generation",
];

/// The column of a record's field, in quotes. A field may be called like one of the tables' own columns;
/// the space in its column's name keeps it apart from those of all other fields.
pub(in crate::store) fn field_column(name: &str) -> String {
    if OWN_COLUMNS.contains(&name) { format!("\"field {name}\"") } else { format!("\"{name}\"") }
}

/// The expression for a field of the record under an alias, or of a record that references lead to from there, by the
/// name that [`Catalog::readable`] gives it.
pub(in crate::store) fn readable_column(alias: &str, name: &str) -> String {
    let mut from = alias.to_owned();
    let mut steps: Vec<(String, &str)> = Vec::new();
    let mut names = name.split('.').peekable();
    let mut column = String::new();
    while let Some(part) = names.next() {
        match part.split_once(':').filter(|_| names.peek().is_some()) {
            Some((link, to)) => {
                steps.push((format!("{from}.{}", field_column(link)), to));
                from = format!("{alias}{}", steps.len());
            }
            None => column = format!("{from}.{}", field_column(part)),
        }
    }
    // The innermost record first: each is found by the id that the one before it holds.
    steps.iter().enumerate().rev().fold(column, |value, (at, (link, to))| {
        let alias = format!("{alias}{}", at + 1);
        format!("(SELECT {value} FROM {to} {alias} WHERE {alias}.id = {link})")
    })
}

/// The column of an interaction's attribute. Two types may give one name different meanings, so the
/// column's name tells the type.
pub(in crate::store) fn attribute_column(field: &Field) -> String {
    attribute_column_name(&field.name, &field.kind)
}

/// See [`attribute_column`].
pub(in crate::store) fn attribute_column_name(name: &str, kind: &FieldType) -> String {
    match name {
        "id" | "at" | "journey" | "iteration" | "step" => format!("\"{name}\""),
        _ => {
            let suffix = match column_type(kind) {
                "BIGINT" => "integer",
                "DOUBLE PRECISION" => "number",
                "SMALLINT" => "flag",
                _ => "text",
            };
            format!("\"{name}_{suffix}\"")
        }
    }
}

/// A value as it is kept.
pub(in crate::store) fn cell(value: &Value) -> Cell {
    match value {
        Value::Missing => Cell::Null,
        Value::Text(text) | Value::Date(text) => Cell::Text(text.clone()),
        Value::Integer(number) | Value::Time(number) => Cell::Integer(*number),
        Value::Number(number) => Cell::Real(*number),
        Value::Boolean(yes) => Cell::Integer(i64::from(*yes)),
        Value::Choices(choices) => Cell::Text(serde_json::json!(choices).to_string()),
    }
}

/// A kept value as the domain sees it.
pub(in crate::store) fn value(cell: Cell, kind: &FieldType) -> Result<Value, StoreError> {
    #[allow(clippy::cast_precision_loss, reason = "declared integers lie within ±2^53")]
    Ok(match (cell, kind) {
        (Cell::Null, _) => Value::Missing,
        (Cell::Integer(number), FieldType::Integer) => Value::Integer(number),
        (Cell::Integer(at), FieldType::DateTime) => Value::Time(at),
        (Cell::Integer(flag), FieldType::Boolean) => Value::Boolean(flag != 0),
        (Cell::Real(number), FieldType::Number) => Value::Number(number),
        (Cell::Integer(number), FieldType::Number) => Value::Number(number as f64),
        (Cell::Text(text), FieldType::Date) => Value::Date(text),
        (Cell::Text(text), FieldType::Choices(_)) => Value::Choices(
            serde_json::from_str(&text)
                .map_err(|error| StoreError::Inconsistent(format!("choices `{text}`: {error}")))?,
        ),
        (Cell::Text(text), kind) if column_type(kind) == "TEXT" => Value::Text(text),
        (cell, kind) => return Err(StoreError::Inconsistent(format!("{cell:?} isn't a {kind}"))),
    })
}
