//! Batches of facts into the store.

use super::window::changed;
use super::{BatchOutcome, Column, ImportBatch, InteractionRow, RecordRow, words};
use crate::{
    model::{Catalog, Entity, Field, FieldType, Value},
    store::{NewInteraction, Store, StoreError, Written},
};

/// Writes a batch in one transaction, subscriptions of contacts and of unknown addresses in one each. An
/// interaction whose contact, or the account that it names, isn't known is rejected, and so is one that is there
/// with other content, unless the batch says that it replaces it. `now` is when the
/// store hears of it: since then records have the values that they bring.
///
/// # Errors
/// When the store fails; then nothing of the batch is written.
pub fn write(
    store: &mut Store,
    catalog: &Catalog,
    batch: ImportBatch,
    now: i64,
) -> Result<BatchOutcome, StoreError> {
    match batch {
        ImportBatch::Records { entity, columns, rows } => records(store, entity, &columns, rows, now),
        ImportBatch::Interactions { attributes, rows, replace } => {
            interactions(store, catalog, &attributes, rows, replace)
        }
        ImportBatch::Subscriptions(rows) => words::write_subscriptions(store, &rows),
        ImportBatch::Suppressions(rows) => words::write_suppressions(store, &rows, now),
    }
}

fn field(name: &str, kind: &FieldType) -> Field {
    Field {
        name: name.to_owned(),
        kind: kind.clone(),
        aliases: Vec::new(),
        description: String::new(),
        declared: true,
    }
}

fn records(
    store: &mut Store,
    entity: Entity,
    columns: &[Column],
    rows: Vec<RecordRow>,
    now: i64,
) -> Result<BatchOutcome, StoreError> {
    let fields: Vec<Field> = columns.iter().map(|column| field(&column.name, &column.kind)).collect();
    let rows: Vec<(String, Vec<Value>)> = rows.into_iter().map(|row| (row.id, row.values)).collect();
    let clears = |name: &str| columns.iter().any(|column| column.name == name && column.clears);
    let Written { created, updated, unchanged, refused, erased } =
        store.merge_records(entity, &fields, &rows, &clears, now)?;
    Ok(BatchOutcome { created, updated, unchanged, rejected: refused, erased })
}

fn interactions(
    store: &mut Store,
    catalog: &Catalog,
    attributes: &[String],
    rows: Vec<InteractionRow>,
    replace: bool,
) -> Result<BatchOutcome, StoreError> {
    // One name may be a number for one type of interaction and text for another: each is a field.
    let mut fields: Vec<Field> = Vec::new();
    let mut new = Vec::with_capacity(rows.len());
    let kind_of = |interaction: &str, name: &str| {
        let attribute = catalog.interactions.get(interaction).and_then(|kind| kind.attribute(name));
        attribute.map(|attribute| attribute.kind)
    };
    for row in rows {
        let mut values: Vec<Value> = vec![Value::Missing; fields.len()];
        for (name, value) in attributes.iter().zip(row.values) {
            let Some(kind) = kind_of(&row.interaction, name).filter(|_| !value.is_missing()) else {
                continue;
            };
            let known = fields.iter().position(|field| field.name == *name && field.kind == kind);
            let place = known.unwrap_or_else(|| {
                fields.push(field(name, &kind));
                fields.len() - 1
            });
            values.resize(fields.len().max(values.len()), Value::Missing);
            values[place] = value;
        }
        new.push(NewInteraction {
            id: row.id,
            kind: row.interaction,
            at: row.at,
            contact_id: row.contact_id,
            account_id: row.account_id,
            journey: row.journey,
            iteration: row.iteration,
            step: row.step,
            values,
        });
    }
    for row in &mut new {
        row.values.resize(fields.len(), Value::Missing);
    }
    let recorded = match replace {
        true => store.replace_interactions(&fields, &new)?,
        false => store.insert_interactions(&fields, &new)?,
    };
    let contact = |place: usize| {
        let contact = new.get(place).map_or("", |row| row.contact_id.as_str());
        (place, format!("there is no contact `{contact}`; import contacts before their interactions"))
    };
    let account = |place: usize| {
        let account = new.get(place).and_then(|row| row.account_id.as_deref()).unwrap_or_default();
        let hint =
            "import accounts before what was done for them, or leave `account_id` empty for the contact's";
        (place, format!("`account_id`: there is no account `{account}`; {hint}"))
    };
    Ok(BatchOutcome {
        created: recorded.created,
        updated: recorded.replaced,
        unchanged: recorded.known,
        erased: recorded.erased,
        rejected: recorded
            .without_contact
            .into_iter()
            .map(contact)
            .chain(recorded.without_account.into_iter().map(account))
            .chain(
                recorded.changed.into_iter().map(|(place, names)| (place, changed(&names, "in the store"))),
            )
            .collect(),
    })
}
