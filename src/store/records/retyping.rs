//! Fields whose declared type changed: their values are converted where every one allows it.

use crate::store::{
    Cell, Connection, JsonRows, Store, StoreError, TypeChange,
    queue::versions::compute_everything_again,
    tables::columns::{Names, cell, column_type, field_column, value},
};
use crate::{
    calendar::{Zone, parse_date, parse_moment},
    model::{Catalog, Entity, FieldType, Value, record_id, time::rfc3339},
};

/// How many values are written by one statement.
const AT_ONCE: usize = 5_000;

/// The largest whole number that a double holds exactly.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// A field whose declared type is another one.
pub(in crate::store) struct Retyped<'a> {
    /// `contact`, `account` or `lead`.
    pub(in crate::store) table: &'static str,
    /// The field's name.
    pub(in crate::store) name: &'a str,
    /// Its column.
    pub(in crate::store) column: &'a str,
    /// The type now declared.
    pub(in crate::store) wanted: &'a FieldType,
    /// The word for the type whose values the column holds.
    pub(in crate::store) found: &'a str,
}

/// What doesn't fit, and converted values by the keys of their records.
type Looked = (Option<TypeChange>, Vec<(i64, Cell)>);

impl Retyped<'_> {
    /// Converts all values, or tells which don't fit and changes nothing.
    ///
    /// # Errors
    /// When the store fails, or values don't fit.
    pub(in crate::store) fn convert(
        &self,
        connection: &mut Connection,
        names: &mut Names,
    ) -> Result<(), StoreError> {
        let (unfit, converted) = self.look(connection)?;
        if let Some(unfit) = unfit {
            return Err(StoreError::FieldType(Box::new(unfit)));
        }
        let Retyped { table, name, column, wanted, .. } = *self;
        let kind = column_type(wanted);
        connection.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {column}"))?;
        connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} {kind}"))?;
        let sql = format!(
            "UPDATE {table} SET {column} = CAST(r.value ->> 1 AS {kind}) FROM {} AS r
             WHERE {table}.key = CAST(r.value ->> 0 AS BIGINT)",
            connection.dialect().rows("$1")
        );
        for some in converted.chunks(AT_ONCE) {
            let mut json = JsonRows::default();
            some.iter().for_each(|(key, cell)| json.push(&[Cell::Integer(*key), cell.clone()]));
            connection.execute(&sql, &[json.finish()])?;
        }
        connection.execute(
            "UPDATE field SET kind = $3, declared = $4 WHERE entity = $1 AND name = $2",
            &[table.into(), name.into(), kind.into(), wanted.name().into()],
        )?;
        names.set_column(table, column, kind, wanted.name());
        if !converted.is_empty() {
            compute_everything_again(connection)?;
        }
        Ok(())
    }

    /// The values that don't fit the wanted type, and the others, converted, by the keys of their records.
    pub(in crate::store) fn look(&self, connection: &mut Connection) -> Result<Looked, StoreError> {
        let Retyped { table, name, column, wanted, found } = *self;
        let kept = kept_type(found);
        let (mut unfit, mut converted) = (None, Vec::new());
        let sql = format!("SELECT key, id, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY key");
        connection.query_each(&sql, &[], &mut |row| {
            let former = value(row.raw(2)?, &kept)?;
            match converted_value(&former, wanted) {
                Some(new) => converted.push((row.integer(0)?, cell(&new))),
                None => {
                    let id = row.text(1)?;
                    let change: &mut TypeChange = unfit.get_or_insert_with(|| TypeChange {
                        entity: table,
                        field: name.to_owned(),
                        found: found.to_owned(),
                        wanted: wanted.name().to_owned(),
                        count: 0,
                        id,
                        value: shown(&former),
                    });
                    change.count += 1;
                }
            }
            Ok(())
        })?;
        Ok((unfit, converted))
    }
}

impl Store {
    /// Asks whether the columns that a catalog declares can be made. Nothing is changed.
    ///
    /// # Errors
    /// When a field changed its type, and values don't fit the new one.
    pub fn refuse_changed_types(&mut self, catalog: &Catalog) -> Result<(), StoreError> {
        match self.type_changes(catalog)?.into_iter().next() {
            Some(change) => Err(StoreError::FieldType(Box::new(change))),
            None => Ok(()),
        }
    }

    /// The fields of a catalog whose type changed, where values don't fit the new one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn type_changes(&mut self, catalog: &Catalog) -> Result<Vec<TypeChange>, StoreError> {
        let mut changes = Vec::new();
        for entity in Entity::ALL {
            for field in catalog.fields(entity) {
                let table = entity.name();
                let was = |(of, _, new): &&(Entity, String, String)| *of == entity && *new == field.name;
                let former = catalog.renamed.iter().find(was).map(|(_, was, _)| was.as_str());
                let columns = std::iter::once(field.name.as_str()).chain(former).map(field_column);
                let known = |column: String| {
                    let found = self.names.declared(table, &column)?.to_owned();
                    Some((column, found))
                };
                let Some((column, found)) = columns.into_iter().find_map(known) else { continue };
                if found != field.kind.name() {
                    let retyped = Retyped {
                        table,
                        name: &field.name,
                        column: &column,
                        wanted: &field.kind,
                        found: &found,
                    };
                    changes.extend(retyped.look(&mut self.connection)?.0);
                }
            }
        }
        Ok(changes)
    }
}

/// The type by which values are read that were kept under a type's word.
fn kept_type(word: &str) -> FieldType {
    match word {
        "integer" => FieldType::Integer,
        "number" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "date" => FieldType::Date,
        "datetime" => FieldType::DateTime,
        "choices" => FieldType::Choices(Vec::new()),
        _ => FieldType::Text,
    }
}

/// A value as text, as people write it.
fn shown(value: &Value) -> String {
    match value {
        Value::Missing => String::new(),
        Value::Text(text) | Value::Date(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(yes) => yes.to_string(),
        Value::Time(at) => rfc3339(*at),
        Value::Choices(choices) => choices.join("; "),
    }
}

/// The value as one of another type; nothing where it can't be one without losing or guessing something.
fn converted_value(value: &Value, wanted: &FieldType) -> Option<Value> {
    let text = shown(value);
    let word = text.trim();
    match (value, wanted) {
        (Value::Date(_) | Value::Time(_), FieldType::DateTime | FieldType::Date) => {
            let same = matches!(
                (value, wanted),
                (Value::Date(_), FieldType::Date) | (Value::Time(_), FieldType::DateTime)
            );
            same.then(|| value.clone())
        }
        (_, FieldType::Text) => Some(Value::Text(text)),
        (Value::Choices(choices), FieldType::Choices(known)) => {
            choices.iter().all(|choice| known.contains(choice)).then(|| value.clone())
        }
        (_, FieldType::Choices(known)) => {
            known.iter().any(|choice| choice == word).then(|| Value::Choices(vec![word.to_owned()]))
        }
        (_, FieldType::Choice(known)) => {
            known.iter().any(|choice| choice == word).then(|| Value::Text(word.to_owned()))
        }
        (Value::Text(_), FieldType::Account | FieldType::Contact) => {
            Some(Value::Text(record_id(word).into_owned()))
        }
        (Value::Text(_) | Value::Number(_) | Value::Integer(_), FieldType::Integer) => whole(word),
        (Value::Text(_) | Value::Number(_) | Value::Integer(_), FieldType::Number) => {
            let plain = word.bytes().all(|byte| byte.is_ascii_digit() || b".+-eE".contains(&byte));
            let number = word.parse::<f64>().ok().filter(|number| plain && number.is_finite())?;
            Some(Value::Number(number + 0.0))
        }
        (Value::Boolean(yes), FieldType::Integer) => Some(Value::Integer(i64::from(*yes))),
        (_, FieldType::Boolean) => match word {
            "true" | "yes" | "1" => Some(Value::Boolean(true)),
            "false" | "no" | "0" => Some(Value::Boolean(false)),
            _ => None,
        },
        (Value::Text(_), FieldType::Date) => parse_date(word).ok().map(Value::Date),
        // Without an offset it would have to be guessed.
        (Value::Text(_), FieldType::DateTime) => {
            let tells_offset = word.ends_with('Z') || word.rfind(['+', '-']).is_some_and(|at| at > 10);
            let at = parse_moment(word, &Zone::utc()).ok().filter(|_| tells_offset)?;
            Some(Value::Time(at))
        }
        _ => None,
    }
}

fn whole(word: &str) -> Option<Value> {
    let number = word.parse::<f64>().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small enough")]
    (number.fract() == 0.0 && number.abs() <= LARGEST).then_some(Value::Integer(number as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_converted_where_nothing_is_lost_or_guessed() {
        use FieldType::{Boolean, Choice, Choices, Date, DateTime, Integer, Number, Text};
        let known = || vec!["SMB".to_owned(), "Large".to_owned()];
        let text = |text: &str| Value::Text(text.to_owned());
        let cases = [
            (text("12"), Integer, Some(Value::Integer(12))),
            (text("12.5"), Integer, None),
            (text("twelve"), Number, None),
            (text("1,250"), Number, None),
            (text("12.5"), Number, Some(Value::Number(12.5))),
            (Value::Number(3.0), Integer, Some(Value::Integer(3))),
            (Value::Number(3.5), Integer, None),
            (Value::Integer(3), Number, Some(Value::Number(3.0))),
            (Value::Integer(3), Text, Some(text("3"))),
            (Value::Integer(1), Boolean, Some(Value::Boolean(true))),
            (Value::Integer(2), Boolean, None),
            (Value::Integer(12), DateTime, None),
            (text("yes"), Boolean, Some(Value::Boolean(true))),
            (text("2026-03-01"), Date, Some(Value::Date("2026-03-01".to_owned()))),
            (text("01.03.2026"), Date, None),
            (Value::Date("2026-03-01".to_owned()), DateTime, None),
            (Value::Date("2026-03-01".to_owned()), Text, Some(text("2026-03-01"))),
            (text("2026-03-01T08:00:00Z"), DateTime, Some(Value::Time(1_772_352_000_000))),
            (text("2026-03-01 08:00"), DateTime, None),
            (Value::Time(1_772_352_000_000), Text, Some(text("2026-03-01T08:00:00Z"))),
            (text("SMB"), Choice(known()), Some(text("SMB"))),
            (text("smb"), Choice(known()), None),
            (text("SMB"), Choices(known()), Some(Value::Choices(vec!["SMB".to_owned()]))),
            (Value::Choices(known()), Text, Some(text("SMB; Large"))),
        ];
        for (value, wanted, expected) in cases {
            assert_eq!(converted_value(&value, &wanted), expected, "{value:?} as {wanted}");
        }
    }
}
