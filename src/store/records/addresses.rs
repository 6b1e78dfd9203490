//! Addresses: the form in which a contact's one is compared, and what is known of it whoever has it.
//!
//! Each contact keeps the key of its address. What is known of an address stays when the contact gets another
//! one or is erased; then a keyed hash is left in place of the text.

use std::collections::{BTreeMap, BTreeSet};

use super::erased::erased_addresses;
use crate::model::{Entity, Field, Value, folded_address};
use crate::store::{
    Cell, Connection, JsonRows, Store, StoreError,
    database::hash_key::{self, hashed},
};

/// What keeps all mail, or all commercial mail, from every contact with the same address.
pub(in crate::store) const FLAGS: [&str; 2] = ["do_not_email", "do_not_bulk_email"];

/// The address of each row that writes contacts, when their addresses are written.
pub(in crate::store) struct Addresses {
    folded: Vec<Option<String>>,
}

impl Addresses {
    /// The addresses that rows bring; nothing when they bring none.
    pub(in crate::store) fn of(
        entity: Entity,
        columns: &[&Field],
        rows: &[(String, Vec<Value>)],
    ) -> Option<Addresses> {
        let place = columns.iter().position(|field| field.name == "email")?;
        let folded = rows.iter().map(|(_, values)| folded(values.get(place)));
        (entity == Entity::Contact).then(|| Addresses { folded: folded.collect() })
    }

    /// The same without the addresses of some rows.
    pub(in crate::store) fn without(&self, rows: &BTreeSet<usize>) -> Addresses {
        let folded = self.folded.iter().enumerate();
        let kept = folded.map(|(place, one)| one.clone().filter(|_| !rows.contains(&place)));
        Addresses { folded: kept.collect() }
    }

    /// The cell with the address of the row at a place.
    pub(in crate::store) fn cell(&self, place: usize) -> Cell {
        self.folded.get(place).cloned().flatten().into()
    }

    /// Makes the rows of `address` that aren't there yet.
    pub(in crate::store) fn make(&self, connection: &mut Connection) -> Result<(), StoreError> {
        make(connection, self.folded.iter().flatten().map(String::as_str))
    }
}

/// The address in a field's value, as it is compared.
pub(in crate::store) fn folded(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::Text(text)) => folded_address(text),
        _ => None,
    }
}

/// Makes the rows of `address` that aren't there yet. An address that was hashed gets its text back.
pub(in crate::store) fn make<'a>(
    connection: &mut Connection,
    addresses: impl Iterator<Item = &'a str>,
) -> Result<(), StoreError> {
    let addresses: BTreeSet<&str> = addresses.collect();
    if addresses.is_empty() {
        return Ok(());
    }
    let rows = connection.dialect().rows("$1");
    if let Some(key) = hash_key::hash_key(connection)? {
        let mut json = JsonRows::default();
        addresses.iter().for_each(|address| json.push(&[(*address).into(), hashed(&key, address).into()]));
        connection.execute(
            &format!(
                "UPDATE address SET address = r.address
                 FROM (SELECT value ->> 0 AS address, value ->> 1 AS hash FROM {rows}) r
                 WHERE address.hash = r.hash AND address.address IS NULL"
            ),
            &[json.finish()],
        )?;
    }
    let mut json = JsonRows::default();
    addresses.iter().for_each(|address| json.push(&[(*address).into()]));
    connection.execute(
        &format!(
            "INSERT INTO address (address) SELECT value ->> 0 FROM {rows}
             WHERE NOT EXISTS (SELECT 1 FROM address d WHERE d.address = value ->> 0) ON CONFLICT DO NOTHING"
        ),
        &[json.finish()],
    )?;
    Ok(())
}

/// As [`make`], for what is said about addresses and not by a contact: one of which only the hash is kept, or that is
/// an erased contact's, stays a hash. Gives the hash of each address; nothing where there is no key to hash by.
pub(in crate::store) fn make_unnamed<'a>(
    connection: &mut Connection,
    addresses: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<&'a str, String>, StoreError> {
    let addresses: BTreeSet<&str> = addresses.collect();
    let Some(key) = hash_key::hash_key(connection)? else {
        make(connection, addresses.into_iter())?;
        return Ok(BTreeMap::new());
    };
    let hashes: BTreeMap<&str, String> =
        addresses.iter().map(|address| (*address, hashed(&key, address))).collect();
    let mut json = JsonRows::default();
    hashes.iter().for_each(|(address, hash)| json.push(&[(*address).into(), hash.as_str().into()]));
    let rows = connection.dialect().rows("$1");
    let sql = format!(
        "SELECT r.value ->> 0 FROM {rows} AS r JOIN address d ON d.hash = r.value ->> 1 WHERE d.address IS NULL"
    );
    let mut kept = BTreeSet::new();
    for row in connection.query(&sql, &[json.finish()])? {
        kept.insert(row.text(0)?);
    }
    let erased = erased_addresses(connection, addresses.iter().copied())?;
    let mut json = JsonRows::default();
    let unnamed = hashes.iter().filter(|(address, _)| erased.contains(*address) && !kept.contains(**address));
    unnamed.for_each(|(_, hash)| json.push(&[hash.as_str().into()]));
    connection.execute(
        &format!(
            "INSERT INTO address (hash) SELECT value ->> 0 FROM {rows} WHERE 1 = 1 ON CONFLICT DO NOTHING"
        ),
        &[json.finish()],
    )?;
    let named = addresses.into_iter().filter(|address| !erased.contains(address) && !kept.contains(*address));
    make(connection, named)?;
    Ok(hashes)
}

/// The expression for the key of an address by its text.
pub(in crate::store) fn key_of(text: &str) -> String {
    format!("(SELECT d.key FROM address d WHERE d.address = {text})")
}

/// Before contacts get other addresses: those they have keep what the contacts' own fields say. `those`
/// selects the contacts `r` with their new address `folded`.
pub(in crate::store) fn leave(
    connection: &mut Connection,
    those: &str,
    rows: &[Cell],
) -> Result<(), StoreError> {
    for flag in FLAGS {
        connection.execute(
            &format!(
                "UPDATE address SET {flag} = 1 WHERE {flag} = 0 AND key IN (
                    SELECT w.address_key FROM ({those}) w JOIN contact r ON r.key = w.key
                    WHERE r.{flag} = 1 AND w.address_key IS NOT NULL
                      AND COALESCE({}, 0) <> w.address_key)",
                key_of("w.folded")
            ),
            rows,
        )?;
    }
    Ok(())
}

/// After contacts got other addresses: what they said goes along. `those` selects the contacts' keys.
pub(in crate::store) fn arrive(
    connection: &mut Connection,
    those: &str,
    rows: &[Cell],
) -> Result<(), StoreError> {
    connection.execute(
        &format!(
            "INSERT INTO preference (address_key, contact_key, topic, at, subscribed)
             SELECT DISTINCT c.address_key, p.contact_key, p.topic, p.at, p.subscribed
             FROM ({those}) w CROSS JOIN contact c CROSS JOIN preference p
             WHERE c.key = w.key AND c.address_key IS NOT NULL AND p.contact_key = c.key
               AND p.address_key <> c.address_key
             ON CONFLICT DO NOTHING"
        ),
        rows,
    )?;
    Ok(())
}

/// Gives contacts, by their keys, other addresses.
pub(in crate::store) fn change(
    connection: &mut Connection,
    changed: &[(i64, Option<String>)],
) -> Result<(), StoreError> {
    make(connection, changed.iter().filter_map(|(_, address)| address.as_deref()))?;
    let mut json = JsonRows::default();
    changed.iter().for_each(|(key, address)| json.push(&[(*key).into(), address.clone().into()]));
    let rows = connection.dialect().rows("$1");
    let parameters = [json.finish()];
    let given = format!("SELECT CAST(value ->> 0 AS BIGINT) AS of_key, value ->> 1 AS folded FROM {rows}");
    let those =
        format!("SELECT c.key, c.address_key, g.folded FROM ({given}) g JOIN contact c ON c.key = g.of_key");
    leave(connection, &those, &parameters)?;
    connection.execute(
        &format!(
            "UPDATE contact SET address_key = {} FROM ({given}) g WHERE contact.key = g.of_key",
            key_of("g.folded")
        ),
        &parameters,
    )?;
    arrive(connection, &those, &parameters)
}

/// Forgets whose words and addresses those of a contact were, which is about to be deleted: its addresses
/// become hashes unless others have them, and its words are those of the addresses. `fresh` is a key by which
/// to hash where there is none yet.
pub(in crate::store) fn forget(
    connection: &mut Connection,
    contact: i64,
    fresh: &str,
) -> Result<(), StoreError> {
    let key = hash_key::make(connection, fresh)?;
    let contact = [Cell::Integer(contact)];
    for flag in FLAGS {
        connection.execute(
            &format!(
                "UPDATE address SET {flag} = 1 WHERE key = (
                    SELECT address_key FROM contact WHERE key = $1 AND {flag} = 1)"
            ),
            &contact,
        )?;
    }
    let own = "SELECT address_key FROM contact WHERE key = $1
               UNION SELECT address_key FROM preference WHERE contact_key = $1
               UNION SELECT address_key FROM mail_address WHERE contact_key = $1";
    let alone = connection.query(
        &format!(
            "SELECT d.key, d.address FROM address d WHERE d.key IN ({own}) AND d.address IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM contact k WHERE k.address_key = d.key AND k.key <> $1)"
        ),
        &contact,
    )?;
    for row in alone {
        connection.execute(
            "UPDATE address SET address = NULL, hash = $2 WHERE key = $1",
            &[row.integer(0)?.into(), hashed(&key, &row.text(1)?).into()],
        )?;
    }
    connection.execute(
        "INSERT INTO preference (address_key, contact_key, topic, at, subscribed)
         SELECT address_key, 0, topic, at, subscribed FROM preference WHERE contact_key = $1 AND address_key <> 0
         ON CONFLICT DO NOTHING",
        &contact,
    )?;
    connection.execute("DELETE FROM preference WHERE contact_key = $1", &contact)?;
    // Addresses that contacts had once, and of which nothing is known.
    connection.execute(
        "DELETE FROM address WHERE address IS NOT NULL AND do_not_email = 0 AND do_not_bulk_email = 0
            AND NOT EXISTS (SELECT 1 FROM contact k WHERE k.address_key = address.key AND k.key <> $1)
            AND NOT EXISTS (SELECT 1 FROM preference p WHERE p.address_key = address.key)
            AND NOT EXISTS (SELECT 1 FROM suppression u WHERE u.address_key = address.key)
            AND NOT EXISTS (SELECT 1 FROM mail_address m WHERE m.address_key = address.key)",
        &contact,
    )?;
    Ok(())
}

impl Store {
    /// How many contacts have an address that another contact has, too.
    ///
    /// # Errors
    /// When the store fails.
    pub fn contacts_that_share_addresses(&mut self) -> Result<u64, StoreError> {
        let count = self.connection.number(
            "SELECT CAST(COALESCE(SUM(many), 0) AS BIGINT) FROM (SELECT COUNT(*) AS many FROM contact
                WHERE address_key IS NOT NULL GROUP BY address_key HAVING COUNT(*) > 1) shared",
            &[],
        )?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}
