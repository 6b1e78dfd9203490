//! The cells of one row into a typed row, or every reason why not.

use super::ImportKind;
use super::batch::{InteractionRow, RecordRow, SubscriptionRow, SuppressionRow};
use super::cells::{self, Cell, read_cell, shown};
use super::request::Notation;
use super::schema::{Schema, Slot};
use super::words;
use crate::diagnostics::did_you_mean;
use crate::model::{FieldType, Value, folded_address, interaction_type_of_alias};

/// A typed row, before it stands in a batch.
#[derive(Debug)]
pub(super) enum Row {
    /// A record with the slots of its values.
    Record { slots: Vec<Slot>, row: RecordRow },
    /// An interaction with the slots of its attributes; its values are in the same order.
    Interaction { slots: Vec<Slot>, row: InteractionRow },
    /// A yes or no to mail, with all that it says as its id.
    Subscription { id: String, row: SubscriptionRow },
    /// An address that gets no mail, likewise.
    Suppression { id: String, row: SuppressionRow },
}

impl Row {
    /// The row's id.
    pub fn id(&self) -> &str {
        match self {
            Row::Record { row, .. } => &row.id,
            Row::Interaction { row, .. } => &row.id,
            Row::Subscription { id, .. } | Row::Suppression { id, .. } => id,
        }
    }
}

/// Makes a row of its cells. The error is the reason in words, all that is wrong with the row in one.
pub(super) fn make_row(
    schema: &Schema,
    line: u64,
    row: &[(Slot, Cell<'_>)],
    notation: Notation<'_>,
) -> Result<Row, String> {
    let missing: Vec<String> = schema
        .required
        .iter()
        .filter(|required| !row.iter().any(|(slot, _)| slot == *required))
        .map(|slot| format!("`{}` is missing", schema.names[*slot].name))
        .collect();
    if !missing.is_empty() {
        return Err(missing.join("; "));
    }
    match schema.kind {
        ImportKind::Accounts | ImportKind::Contacts | ImportKind::Leads => {
            make_record(schema, line, row, notation)
        }
        ImportKind::Interactions => make_interaction(schema, line, row, notation),
        ImportKind::Subscriptions => {
            let row = words::subscription(schema, line, row, notation)?;
            let id = format!("{:?} {} {} {}", row.whose, row.topic, row.subscribed, row.at);
            Ok(Row::Subscription { id, row })
        }
        ImportKind::Suppressions => {
            let row = words::suppression(schema, line, row, notation)?;
            Ok(Row::Suppression { id: format!("{} {}", row.address, row.reason), row })
        }
    }
}

fn make_record(
    schema: &Schema,
    line: u64,
    cells: &[(Slot, Cell<'_>)],
    notation: Notation<'_>,
) -> Result<Row, String> {
    let mut reasons = Vec::new();
    let mut row = RecordRow { line, id: String::new(), values: Vec::with_capacity(cells.len()) };
    let mut slots = Vec::with_capacity(cells.len());
    for (slot, cell) in cells {
        let name = &schema.names[*slot];
        let value = read_cell(*cell, &name.kind, notation);
        if *slot == schema.id {
            match value.and_then(id_of) {
                Ok(id) => row.id = id,
                Err(reason) => reasons.push(about(&name.name, &reason)),
            }
            continue;
        }
        match value {
            Ok(value) if value.is_missing() && absent(schema, *slot, *cell) => {}
            Ok(Value::Text(text)) if schema.is_address(*slot) && folded_address(&text).is_none() => {
                let reason = format!("`{}` is not an e-mail address such as ada@acme.example", shown(&text));
                reasons.push(about(&name.name, &reason));
            }
            Ok(value) => {
                slots.push(*slot);
                row.values.push(value);
            }
            Err(reason) => reasons.push(about(&name.name, &reason)),
        }
    }
    if reasons.is_empty() { Ok(Row::Record { slots, row }) } else { Err(reasons.join("; ")) }
}

/// Whether a missing value is as if its key weren't there: rows of CSV have all columns of the header.
fn absent(schema: &Schema, slot: Slot, cell: Cell<'_>) -> bool {
    matches!(cell, Cell::Json(json) if schema.is_absent(slot, json.is_null()))
}

fn make_interaction(
    schema: &Schema,
    line: u64,
    cells: &[(Slot, Cell<'_>)],
    notation: Notation<'_>,
) -> Result<Row, String> {
    let interaction = interaction_type(schema, cells, notation)?;
    let attributes = schema.types.get(&interaction);
    let mut reasons = Vec::new();
    let mut row = InteractionRow {
        line,
        id: String::new(),
        interaction: interaction.clone(),
        at: 0,
        contact_id: String::new(),
        account_id: None,
        journey: None,
        iteration: None,
        step: None,
        values: Vec::new(),
    };
    let mut slots = Vec::new();
    for (slot, cell) in cells {
        let name = schema.names[*slot].name.as_str();
        let own = attributes.and_then(|attributes| attributes.get(slot));
        let set = match (name, own) {
            ("type", None) => Ok(()),
            ("id", None) => {
                read_cell(*cell, &FieldType::Text, notation).and_then(id_of).map(|id| row.id = id)
            }
            ("contact_id", None) => {
                read_cell(*cell, &FieldType::Contact, notation).and_then(id_of).map(|id| row.contact_id = id)
            }
            ("at", None) => read_cell(*cell, &FieldType::DateTime, notation).and_then(|value| match value {
                Value::Time(at) => {
                    row.at = at;
                    Ok(())
                }
                _ => Err("a date and time was expected, and there is none".to_owned()),
            }),
            ("account_id", None) => {
                read_cell(*cell, &FieldType::Account, notation).map(|value| row.account_id = text_of(value))
            }
            ("journey", None) => {
                read_cell(*cell, &FieldType::Text, notation).map(|value| row.journey = text_of(value))
            }
            ("step", None) => {
                read_cell(*cell, &FieldType::Text, notation).map(|value| row.step = text_of(value))
            }
            ("iteration", None) => read_cell(*cell, &FieldType::Integer, notation).map(|value| {
                row.iteration = if let Value::Integer(number) = value { Some(number) } else { None };
            }),
            (_, Some(kind)) => read_cell(*cell, kind, notation).map(|value| {
                slots.push(*slot);
                row.values.push(value);
            }),
            (_, None) if is_empty(*cell) => Ok(()),
            (_, None) => {
                Err(format!("`{}` stands there, but `{interaction}` has no such attribute", raw(*cell)))
            }
        };
        if let Err(reason) = set {
            reasons.push(about(name, &reason));
        }
    }
    if reasons.is_empty() { Ok(Row::Interaction { slots, row }) } else { Err(reasons.join("; ")) }
}

fn interaction_type(
    schema: &Schema,
    cells: &[(Slot, Cell<'_>)],
    notation: Notation<'_>,
) -> Result<String, String> {
    let cell = cells.iter().find(|(slot, _)| schema.names[*slot].name == "type").map(|(_, cell)| *cell);
    let value = cell.map_or(Ok(Value::Missing), |cell| read_cell(cell, &FieldType::Text, notation));
    let name = match value {
        Ok(Value::Text(name)) => name.trim().to_owned(),
        Ok(_) => {
            return Err(about("type", "the name of an interaction type was expected, and there is none"));
        }
        Err(reason) => return Err(about("type", &reason)),
    };
    if schema.types.contains_key(&name) {
        return Ok(name);
    }
    if let Some(ours) = interaction_type_of_alias(&name) {
        return Ok(ours.to_owned());
    }
    let hint = did_you_mean(&name, schema.types.keys().map(String::as_str));
    let hint = hint.map(|hint| format!(". {hint}")).unwrap_or_default();
    Err(about("type", &format!("there is no interaction type `{}`{hint}", shown(&name))))
}

fn about(column: &str, reason: &str) -> String {
    format!("`{column}`: {reason}")
}

fn id_of(value: Value) -> Result<String, String> {
    match value {
        Value::Text(text) => cells::id(&text),
        _ => cells::id(""),
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn is_empty(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Text(text) => text.trim().is_empty(),
        Cell::Json(json) => json.is_null() || json.as_str().is_some_and(|text| text.trim().is_empty()),
    }
}

fn raw(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => shown(text),
        Cell::Json(json) => shown(&json.to_string()),
    }
}
