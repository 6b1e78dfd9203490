//! Who was erased, known by keyed hashes alone, so that imports can leave them out (semantics 47).

use std::collections::{BTreeMap, BTreeSet};

use ring::hmac;

use crate::model::{Entity, Field, FieldType, Value, folded_address};
use crate::store::{
    Connection, JsonRows, StoreError,
    database::hash_key::{self, hash_key},
};

/// The setting that counts erasures. A contact's `id_generation` is the count at which it came in.
const ERASURES: &str = "erasures";

/// The expression for the number of erasures so far.
pub(in crate::store) const GENERATION: &str =
    "COALESCE((SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'erasures'), 0)";

/// What an erased contact is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark<'a> {
    Id(&'a str),
    Address(&'a str),
}

fn hashed(key: &hmac::Key, mark: Mark<'_>) -> String {
    let text = match mark {
        Mark::Id(id) => format!("id:{id}"),
        Mark::Address(address) => {
            let folded = folded_address(address).unwrap_or_else(|| address.trim().to_lowercase());
            format!("address:{folded}")
        }
    };
    hash_key::hashed(key, &text)
}

/// Counts an erasure, so that whoever comes in afterwards is told from the erased one, whatever the id.
pub(in crate::store) fn count(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO setting (name, value) VALUES ($1, '1')
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT)",
        &[ERASURES.into()],
    )?;
    Ok(())
}

/// Keeps the hashes of a contact's id and address, with the key by which addresses are hashed.
pub(in crate::store) fn keep(
    connection: &mut Connection,
    id: &str,
    address: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    let Some(key) = hash_key(connection)? else { return Ok(()) };
    for mark in [Some(Mark::Id(id)), address.map(Mark::Address)].into_iter().flatten() {
        connection.execute(
            "INSERT INTO erased (hash, erased_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
            &[hashed(&key, mark).into(), now.into()],
        )?;
    }
    Ok(())
}

/// Those of some marks that are an erased contact's.
fn known<'a>(
    connection: &mut Connection,
    marks: impl Iterator<Item = Mark<'a>>,
) -> Result<BTreeSet<Mark<'a>>, StoreError> {
    let Some(key) = hash_key(connection)? else { return Ok(BTreeSet::new()) };
    let marks: BTreeSet<Mark<'a>> = marks.collect();
    // Addresses that differ in case alone have one hash.
    let mut by_hash: BTreeMap<String, Vec<Mark<'a>>> = BTreeMap::new();
    let mut json = JsonRows::default();
    for mark in marks {
        let hash = hashed(&key, mark);
        json.push(&[hash.as_str().into()]);
        by_hash.entry(hash).or_default().push(mark);
    }
    let sql = format!(
        "SELECT e.hash FROM {} r JOIN erased e ON e.hash = r.value ->> 0",
        connection.dialect().rows("$1")
    );
    let mut found = BTreeSet::new();
    for row in connection.query(&sql, &[json.finish()])? {
        found.extend(by_hash.get(&row.text(0)?).into_iter().flatten());
    }
    Ok(found)
}

/// What rows of records tell of the erased.
#[derive(Debug, Default)]
pub(in crate::store) struct ErasedAmong {
    /// Places of the rows that are about an erased contact.
    pub(in crate::store) rows: BTreeSet<usize>,
    /// Cells of other rows that name an erased contact: row and column.
    pub(in crate::store) cells: BTreeSet<(usize, usize)>,
}

/// Finds the erased among rows that are to be written. A row is about an erased contact by the id; by the
/// address only where the record isn't there yet, since others may share an address.
pub(in crate::store) fn among(
    connection: &mut Connection,
    entity: Entity,
    columns: &[&Field],
    rows: &[(String, Vec<Value>)],
) -> Result<ErasedAmong, StoreError> {
    let mut found = ErasedAmong::default();
    if connection.query_first("SELECT 1 FROM erased LIMIT 1", &[])?.is_none() {
        return Ok(found);
    }
    let email = columns.iter().position(|field| field.name == "email").filter(|_| entity != Entity::Account);
    let links: Vec<usize> = (0..columns.len()).filter(|at| columns[*at].kind == FieldType::Contact).collect();
    let text = |values: &'_ [Value], at: usize| match values.get(at) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let mut ids: Vec<(String, usize, Option<usize>)> = Vec::new();
    let mut addresses: Vec<(String, usize)> = Vec::new();
    for (place, (id, values)) in rows.iter().enumerate() {
        if entity == Entity::Contact {
            ids.push((id.clone(), place, None));
        }
        ids.extend(links.iter().filter_map(|at| Some((text(values, *at)?, place, Some(*at)))));
        addresses.extend(email.and_then(|at| Some((text(values, at)?, place))));
    }
    let marks =
        ids.iter().map(|(id, ..)| Mark::Id(id)).chain(addresses.iter().map(|(one, _)| Mark::Address(one)));
    let known = known(connection, marks)?;
    for (_, place, column) in ids.iter().filter(|(id, ..)| known.contains(&Mark::Id(id))) {
        // A lead of an erased contact is as much about the person as the contact is.
        let about = column.is_none_or(|at| entity == Entity::Lead && columns[at].name == "contact_id");
        match column {
            Some(at) if !about => drop(found.cells.insert((*place, *at))),
            _ => drop(found.rows.insert(*place)),
        }
    }
    let by_address: BTreeSet<usize> = addresses
        .iter()
        .filter(|(address, _)| known.contains(&Mark::Address(address)))
        .map(|(_, place)| *place)
        .collect();
    let there = present(connection, entity, by_address.iter().map(|place| rows[*place].0.as_str()))?;
    found.rows.extend(by_address.into_iter().filter(|place| !there.contains(&rows[*place].0)));
    Ok(found)
}

/// The ids that records have.
fn present<'a>(
    connection: &mut Connection,
    entity: Entity,
    ids: impl Iterator<Item = &'a str>,
) -> Result<BTreeSet<String>, StoreError> {
    let mut json = JsonRows::default();
    ids.for_each(|id| json.push(&[id.into()]));
    let rows = connection.dialect().rows("$1");
    let sql = format!("SELECT r.id FROM {rows} s JOIN {} r ON r.id = s.value ->> 0", entity.name());
    connection.query(&sql, &[json.finish()])?.iter().map(|row| row.text(0)).collect()
}

/// Those of some addresses, as addresses are compared, that are an erased contact's.
pub(in crate::store) fn erased_addresses<'a>(
    connection: &mut Connection,
    addresses: impl Iterator<Item = &'a str>,
) -> Result<BTreeSet<&'a str>, StoreError> {
    let known = known(connection, addresses.map(Mark::Address))?;
    let address = |mark| if let Mark::Address(address) = mark { Some(address) } else { None };
    Ok(known.into_iter().filter_map(address).collect())
}

/// Those of some ids that are an erased contact's.
pub(in crate::store) fn erased_ids<'a>(
    connection: &mut Connection,
    ids: impl Iterator<Item = &'a str>,
) -> Result<BTreeSet<&'a str>, StoreError> {
    let known = known(connection, ids.map(Mark::Id))?;
    Ok(known.into_iter().filter_map(|mark| if let Mark::Id(id) = mark { Some(id) } else { None }).collect())
}
