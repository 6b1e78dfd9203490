//! What a contact did before a moment.

use super::predicate::{Printer, Scope};
use crate::model::Did;
use crate::store::{Store, StoreError};

impl Store {
    /// When a contact last did what a `did` asks for, of what happened before a moment, whatever the window
    /// and count of the `did`; nothing when it never did. Moments are UTC milliseconds.
    ///
    /// # Errors
    /// When the store fails.
    pub fn last_before(
        &mut self,
        contact_id: &str,
        did: &Did,
        timezone: &str,
        before: i64,
        now: i64,
    ) -> Result<Option<i64>, StoreError> {
        let mut printer = Printer::new(self.dialect(), &self.names, now, timezone)?;
        let clause = printer.counted(did, "e", &Scope::contact("c"))?;
        let (id, before) = (printer.bind(contact_id.into()), printer.bind(before.into()));
        let sql = format!(
            "SELECT MAX(e.at) FROM contact c LEFT JOIN account c_account ON c_account.key = c.account_key
             JOIN interaction e ON e.contact_key = c.key WHERE c.id = {id} AND e.at < {before} AND {clause}"
        );
        let row = self.connection.query_first(&sql, &printer.parameters)?;
        row.map_or(Ok(None), |row| row.optional_integer(0))
    }
}
