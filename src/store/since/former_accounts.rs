//! The accounts that contacts belonged to before, and the account in whose history an interaction stands
//! (semantics 6).
//!
//! A contact that leaves an account leaves its interactions there. So the account of an interaction is decided
//! when it is written: the contact's account at that time, as far as moves are known, else its present one. The
//! interactions of a contact without account get the first account that the contact gets.

use crate::store::{Cell, Connection, StoreError};

/// The expression for the key of the account that the contact under an alias belonged to at a moment; NULL where
/// there is none.
pub(in crate::store) fn account_at(contact: &str, at: &str) -> String {
    format!(
        "COALESCE((SELECT f.account_key FROM former_account f
                   WHERE f.contact_key = {contact}.key AND f.until > {at} ORDER BY f.until LIMIT 1),
                  {contact}.account_key)"
    )
}

/// The expression for the key of the account that the contact under an alias stood at at a moment; NULL where it had
/// none then, as far as one knows at `now`. Unlike that of its interactions, it isn't the first account that the contact
/// got later.
pub(in crate::store) fn own_account_at(contact: &str, at: &str, now: &str) -> String {
    format!(
        "CASE WHEN EXISTS (SELECT 1 FROM field_since t WHERE t.kind = 1 AND t.subject_key = {contact}.key
                 AND t.field = 'account_id' AND t.since > {at} AND t.since <= {now})
              THEN (SELECT f.account_key FROM former_account f
                    WHERE f.contact_key = {contact}.key AND f.until > {at} ORDER BY f.until LIMIT 1)
              ELSE {contact}.account_key END"
    )
}

/// How contacts change their account: to be carried out before the change is written.
pub(in crate::store) struct Moves {
    note_left: String,
    joining: String,
}

impl Moves {
    /// The moves of those contacts `r` of a statement's rows (`known`: from `FROM` on) whose field with the
    /// account's id is other than its new `value`.
    pub(in crate::store) fn of(known: &str, column: &str, value: &str) -> Moves {
        let moving = format!("{known} AND r.{column} IS DISTINCT FROM {value}");
        Moves {
            // An account in which a contact was for no time leaves no trace.
            note_left: format!(
                "INSERT INTO former_account (contact_key, account_key, until)
                 SELECT r.key, r.account_key, CAST($2 AS BIGINT) {moving} AND r.account_key IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM former_account f WHERE f.contact_key = r.key AND f.until >= $2)"
            ),
            joining: format!(
                "SELECT r.key AS contact_key, (SELECT p.key FROM account p WHERE p.id = {value}) AS account_key
                 {moving} AND r.account_key IS NULL"
            ),
        }
    }

    /// Keeps the accounts that are left at `now`, and gives interactions without account the first one.
    pub(in crate::store) fn write(
        &self,
        connection: &mut Connection,
        rows: &Cell,
        now: i64,
    ) -> Result<(), StoreError> {
        connection.execute(&self.note_left, &[rows.clone(), now.into()])?;
        give_account(connection, &self.joining, std::slice::from_ref(rows))
    }
}

/// Gives the interactions without account of contacts the account that a statement selects for each contact,
/// and queues them for this account. The statement gives `contact_key` and `account_key`.
pub(in crate::store) fn give_account(
    connection: &mut Connection,
    joining: &str,
    parameters: &[Cell],
) -> Result<(), StoreError> {
    let theirs = "i.contact_key = n.contact_key AND i.account_key IS NULL AND n.account_key IS NOT NULL";
    let queued = connection.execute(
        &format!(
            "INSERT INTO change (kind, subject_key, about, at)
             SELECT 6, n.account_key, i.type_key, MIN(i.at) FROM ({joining}) n CROSS JOIN interaction i
             WHERE {theirs} GROUP BY n.account_key, i.type_key"
        ),
        parameters,
    )?;
    if queued > 0 {
        connection.execute(
            &format!(
                "UPDATE interaction AS i SET account_key = n.account_key FROM ({joining}) n WHERE {theirs}"
            ),
            parameters,
        )?;
    }
    Ok(())
}
