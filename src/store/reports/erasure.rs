//! Erasing a contact: what is known of the person goes, numbers about journeys stay.

use crate::model::{TextTest, folded_address};
use crate::store::{
    Cell, Connection, Dialect, JsonRows, Store, StoreError,
    batches::{outcome_table::Stopped, stops},
    publishing::redaction::redact,
    queue::versions::compute_everything_again,
    records::{addresses, erased},
    tables::columns::field_column,
};

/// What an erasure did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// In how many journeys the contact was stopped.
    pub stopped: u64,
    /// How many interactions were deleted.
    pub interactions: u64,
    /// How many leads were deleted.
    pub leads: u64,
    /// How many activities were deleted.
    pub activities: u64,
    /// How many messages that had not left were dropped.
    pub messages: u64,
}

impl Store {
    /// Erases a contact, its interactions, its leads (those too that have nothing but its address), scores, levels and activities; nothing when there is
    /// no such contact. It stops wherever it stands (semantics 9). What journeys counted stays, under a
    /// number that leads to nobody, and so does what is known of its address, by a keyed hash; `fresh` is the
    /// key for that where the store has none yet. All segments and scores are computed afresh next time.
    ///
    /// Keyed hashes of its id, and of its address unless another contact has the same, are kept, so that imports
    /// leave it out.
    ///
    /// # Errors
    /// When the store fails; then nothing is erased.
    pub fn erase_contact(&mut self, id: &str, fresh: &str, now: i64) -> Result<Option<Erased>, StoreError> {
        self.erase(id, fresh, true, now)
    }

    /// As [`Store::erase_contact`], without the hashes by which imports leave the contact out.
    ///
    /// # Errors
    /// When the store fails; then nothing is erased.
    pub fn forget_contact(&mut self, id: &str, fresh: &str, now: i64) -> Result<Option<Erased>, StoreError> {
        self.erase(id, fresh, false, now)
    }

    fn erase(
        &mut self,
        id: &str,
        fresh: &str,
        keeps_hashes: bool,
        now: i64,
    ) -> Result<Option<Erased>, StoreError> {
        let has_field = |table: &str, field: &str| self.names.has_column(table, &field_column(field));
        let contact_leads = has_field("lead", "contact_id");
        let lead_addresses = has_field("lead", "email");
        let primary_contacts = has_field("account", "primary_contact_id");
        if self.dialect() == Dialect::Sqlite {
            // What is deleted is overwritten in the file, too.
            self.connection.execute_batch("PRAGMA secure_delete = ON")?;
        }
        let mentions = self.dialect().text_test(TextTest::Contains, "because", "CAST($2 AS TEXT)");
        let erased = self.connection.write(|connection| {
            let found = connection.query_first("SELECT key FROM contact WHERE id = $1", &[id.into()])?;
            let Some(key) = found.map(|row| row.integer(0)).transpose()? else { return Ok(None) };
            let mut erased = Erased { stopped: stop_everywhere(connection, key, now)?, ..Erased::default() };
            erased.messages = forget_messages(connection, key, now)?;
            connection.execute(
                &format!(
                    "UPDATE decision SET because = 'satisfied by contacts of whom one was erased since'
                     WHERE account_key IN (SELECT account_key FROM participant WHERE contact_key = $1
                                           UNION SELECT account_key FROM entry WHERE contact_key = $1)
                       AND {mentions}"
                ),
                &[key.into(), id.into()],
            )?;
            for sql in [
                "DELETE FROM tile_state WHERE contact_key = $1",
                "UPDATE history SET reason = NULL WHERE contact_key = $1 AND stopped = 0",
            ] {
                connection.execute(sql, &[key.into()])?;
            }
            erased.interactions =
                connection.execute("DELETE FROM interaction WHERE contact_key = $1", &[key.into()])?;
            erased.activities =
                connection.execute("DELETE FROM activity WHERE contact_key = $1", &[key.into()])?;
            erased.leads = connection.execute("DELETE FROM lead WHERE contact_key = $1", &[key.into()])?;
            let named = [
                (contact_leads, "UPDATE lead SET contact_id = NULL WHERE contact_id = $1"),
                (
                    primary_contacts,
                    "UPDATE account SET primary_contact_id = NULL WHERE primary_contact_id = $1",
                ),
            ];
            for (_, sql) in named.iter().filter(|(there, _)| *there) {
                connection.execute(sql, &[id.into()])?;
            }
            connection
                .execute("DELETE FROM change WHERE kind IN (1, 3) AND subject_key = $1", &[key.into()])?;
            connection.execute(
                "DELETE FROM field_since WHERE (kind = 1 AND subject_key = $1)
                    OR (kind = 4 AND subject_key NOT IN (SELECT l.key FROM lead l))",
                &[key.into()],
            )?;
            connection.execute("DELETE FROM former_account WHERE contact_key = $1", &[key.into()])?;
            connection.execute("DELETE FROM kept_out WHERE contact_key = $1", &[key.into()])?;
            let address = address_alone(connection, key)?;
            if let Some(address) = address.as_deref().filter(|_| lead_addresses) {
                erased.leads += delete_leads_with(connection, address)?;
            }
            addresses::forget(connection, key, fresh)?;
            if keeps_hashes {
                erased::keep(connection, id, address.as_deref(), now)?;
            }
            redact(connection, id, address.as_deref())?;
            erased::count(connection)?;
            connection.execute("DELETE FROM contact WHERE key = $1", &[key.into()])?;
            // Whatever counted the contact may be otherwise now, and nothing tells any more what did.
            compute_everything_again(connection)?;
            Ok(Some(erased))
        })?;
        self.checkpoint()?;
        Ok(erased)
    }
}

/// The address of a contact, as addresses are compared, unless another contact has the same.
fn address_alone(connection: &mut Connection, key: i64) -> Result<Option<String>, StoreError> {
    let row = connection.query_first(
        "SELECT d.address FROM contact c JOIN address d ON d.key = c.address_key WHERE c.key = $1
           AND NOT EXISTS (SELECT 1 FROM contact k WHERE k.address_key = c.address_key AND k.key <> c.key)",
        &[key.into()],
    )?;
    row.map_or(Ok(None), |row| row.optional_text(0))
}

/// Deletes the leads that name a person by nothing but an address, which is as addresses are compared. Tells how many.
fn delete_leads_with(connection: &mut Connection, address: &str) -> Result<u64, StoreError> {
    let mut json = JsonRows::default();
    let unlinked = "SELECT key, email FROM lead WHERE contact_key IS NULL AND email IS NOT NULL";
    connection.query_each(unlinked, &[], &mut |row| {
        if folded_address(&row.text(1)?).as_deref() == Some(address) {
            json.push(&[row.integer(0)?.into()]);
        }
        Ok(())
    })?;
    let rows = connection.dialect().rows("$1");
    let parameter = [json.finish()];
    let these = format!("(SELECT CAST(value ->> 0 AS BIGINT) FROM {rows})");
    connection
        .execute(&format!("DELETE FROM field_since WHERE kind = 4 AND subject_key IN {these}"), &parameter)?;
    connection.execute(&format!("DELETE FROM lead WHERE key IN {these}"), &parameter)
}

/// Stops a contact in every journey; a worker that has it in hand can't commit any more and does its batch
/// again without it.
fn stop_everywhere(connection: &mut Connection, key: i64, now: i64) -> Result<u64, StoreError> {
    let standing = connection
        .query("SELECT iteration_key, account_key FROM position WHERE contact_key = $1", &[key.into()])?;
    for row in &standing {
        let (iteration_key, account_key) = (row.integer(0)?, row.integer(1)?);
        connection.execute(
            "DELETE FROM claim WHERE iteration_key = $1 AND $2 BETWEEN account_from AND account_to",
            &[iteration_key.into(), account_key.into()],
        )?;
        stops::stop(
            connection,
            iteration_key,
            &[Stopped { account_key, contact_key: key, at: now, reason: "erased".to_owned() }],
        )?;
    }
    Ok(standing.len() as u64)
}

/// Drops messages that haven't left, failed ones too, since nobody could be written to any more. All are
/// emptied. Tells how many waited.
fn forget_messages(connection: &mut Connection, key: i64, now: i64) -> Result<u64, StoreError> {
    let waiting =
        "UPDATE outbox SET state = 7, ended_at = $2, retry_at = NULL WHERE contact_key = $1 AND state = 1";
    let dropped = connection.execute(waiting, &[key.into(), now.into()])?;
    connection.execute(
        "UPDATE outbox SET content = '{}', state = CASE WHEN state IN (5, 6) THEN 7 ELSE state END,
            reason = CASE WHEN state IN (5, 6, 7) THEN 'erased' ELSE NULL END
         WHERE contact_key = $1",
        &[Cell::Integer(key)],
    )?;
    Ok(dropped)
}
