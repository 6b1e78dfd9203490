//! Calls that stand in conditions: what they are given, and what their answers may be.

use super::{Library, ScriptValue};
use crate::{
    calendar::{Zone, parse_date, parse_moment},
    definitions::TableDefinition,
    model::{Answers, Argument, Call, Callee, FieldType, Input, Operand, TableColumn, TableShape, Value},
};

impl Answers for Library {
    fn answer(&self, call: &Call, inputs: &[Value]) -> Result<Value, String> {
        match &call.callee {
            Callee::Script(function) => {
                let arguments = arguments(call, inputs);
                let given = self.call_function(function, &arguments).map_err(|error| error.to_string())?;
                let place = |what: String| {
                    let known = self.function(function);
                    let place = known.map(|known| {
                        format!("{}:{}:{}: ", known.script, known.place.line, known.place.column)
                    });
                    format!("{}{what}", place.unwrap_or_default())
                };
                typed(&given, &call.gives).ok_or_else(|| {
                    let wanted = wanted(&call.gives);
                    place(format!("`{function}` gave {}, expected {wanted}", given.described()))
                })
            }
            Callee::Lookup { table, column } => {
                let key = match arguments(call, inputs).first() {
                    None | Some(ScriptValue::Nothing) => return Ok(Value::Missing),
                    Some(ScriptValue::Text(key)) => key.trim().to_owned(),
                    Some(key) => key.to_json().to_string(),
                };
                let found = self.tables.get(table).and_then(|table| cell(table, &key, column));
                let Some(text) = found else { return Ok(Value::Missing) };
                of_cell(text, &call.gives)
                    .ok_or_else(|| format!("tables/{table}.csv: `{text}` is no {}", call.gives))
            }
        }
    }
}

impl Library {
    /// A table as conditions see it.
    #[must_use]
    pub fn table_shape(&self, name: &str, version: String) -> Option<TableShape> {
        let table = self.tables.get(name)?;
        let columns = table.columns.iter().enumerate().map(|(place, name)| {
            let unlike = |kind: &FieldType| {
                let cells = table.rows.values().filter_map(|row| row.get(place));
                let mut wrong = cells.filter(|cell| !cell.is_empty() && of_cell(cell, kind).is_none());
                wrong.next().cloned()
            };
            TableColumn {
                name: name.clone(),
                no_number: unlike(&FieldType::Number),
                no_boolean: unlike(&FieldType::Boolean),
                no_date: unlike(&FieldType::Date),
            }
        });
        Some(TableShape { columns: columns.collect(), version })
    }
}

/// The cell of a row; nothing when there is no such row, or the cell is empty.
pub(super) fn cell<'t>(table: &'t TableDefinition, key: &str, column: &str) -> Option<&'t str> {
    let place = table.columns.iter().position(|known| known == column)?;
    let cell = table.rows.get(key)?.get(place)?;
    (!cell.is_empty()).then_some(cell)
}

/// A cell as a value of a type.
fn of_cell(text: &str, kind: &FieldType) -> Option<Value> {
    match kind {
        FieldType::Number => {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
            Some(Value::Number(number))
        }
        FieldType::Boolean => text.parse().ok().map(Value::Boolean),
        FieldType::Date => parse_date(text).ok().map(Value::Date),
        _ => Some(Value::Text(text.to_owned())),
    }
}

fn arguments(call: &Call, inputs: &[Value]) -> Vec<ScriptValue> {
    let mut inputs = inputs.iter();
    let mut next = |input: &Input| match &input.operand {
        Operand::Literal(value) => ScriptValue::from(value),
        _ => inputs.next().map_or(ScriptValue::Nothing, ScriptValue::from),
    };
    let each = call.arguments.iter().map(|argument| match argument {
        Argument::Value(input) => next(input),
        // A script may call a field by any of its names.
        Argument::Record { fields, .. } => ScriptValue::map(fields.iter().flat_map(|field| {
            let value = next(&field.input);
            field.names.iter().map(move |name| (name.clone(), value.clone())).collect::<Vec<_>>()
        })),
    });
    each.collect()
}

/// What a script gave, as a value of a type; missing when it gave nothing.
fn typed(given: &ScriptValue, kind: &FieldType) -> Option<Value> {
    Some(match (given, kind) {
        (ScriptValue::Nothing, _) => Value::Missing,
        (ScriptValue::Boolean(yes), FieldType::Boolean) => Value::Boolean(*yes),
        #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 the nearest number will do")]
        (ScriptValue::Integer(number), FieldType::Number) => Value::Number(*number as f64),
        (ScriptValue::Number(number), FieldType::Number) => Value::Number(*number),
        // A text with the character 0 can't be kept by every database.
        (ScriptValue::Text(text), FieldType::Text) if !text.contains('\0') => Value::Text(text.clone()),
        (ScriptValue::Text(text), FieldType::Date) => Value::Date(parse_date(text).ok()?),
        (ScriptValue::Text(text), FieldType::DateTime) => Value::Time(parse_moment(text, &Zone::utc()).ok()?),
        _ => return None,
    })
}

fn wanted(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Boolean => "true or false",
        FieldType::Number => "a number",
        FieldType::Date => "a date as text, such as \"2026-01-31\"",
        FieldType::DateTime => "a moment as text, such as \"2026-01-31T08:00:00Z\"",
        _ => "text",
    }
}
