//! The key of the links in mails. It is made with the store, lies in it, and goes along with copies of it.

use crate::model::LinkKey;
use crate::store::{Store, StoreError};

impl Store {
    /// The key that signs the links in mails; `fresh` becomes it where there is none yet. Nothing when there is neither.
    ///
    /// # Errors
    /// When the store fails.
    pub fn link_key(&mut self, fresh: Option<String>) -> Result<Option<LinkKey>, StoreError> {
        let known = "SELECT value FROM setting WHERE name = 'link_key'";
        if let Some(row) = self.connection.query_first(known, &[])? {
            return Ok(Some(LinkKey::new(&row.text(0)?)));
        }
        let Some(fresh) = fresh else { return Ok(None) };
        self.connection.write(|connection| {
            connection.execute(
                "INSERT INTO setting (name, value) VALUES ('link_key', $1) ON CONFLICT (name) DO NOTHING",
                &[fresh.as_str().into()],
            )
        })?;
        // Another worker may have been faster.
        let row = self.connection.query_first(known, &[])?;
        row.map(|row| Ok(LinkKey::new(&row.text(0)?))).transpose()
    }
}
