//! What the owner of an address chose about mail, for the pages behind the links of mails.

use std::collections::BTreeMap;

use crate::model::MailLink;
use crate::store::{Store, StoreError};

/// What is known of whom a link is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailChoices {
    /// The address as it is compared; nothing when it was erased.
    pub address: Option<String>,
    /// The contact's language, as its field has it.
    pub language: Option<String>,
    /// The last word on each topic, and on all commercial mail under the empty text: whether it is wanted.
    pub words: BTreeMap<String, bool>,
}

impl Store {
    /// What the owner of a link's address chose so far.
    ///
    /// # Errors
    /// When the store fails.
    pub fn mail_choices(&mut self, link: &MailLink) -> Result<MailChoices, StoreError> {
        let mut choices = MailChoices::default();
        let address = "SELECT address FROM address WHERE key = $1";
        if let Some(row) = self.connection.query_first(address, &[link.address_key.into()])? {
            choices.address = row.optional_text(0)?;
        }
        let language = "SELECT language FROM contact WHERE key = $1";
        if let Some(row) = self.connection.query_first(language, &[link.contact_key.into()])? {
            choices.language = row.optional_text(0)?;
        }
        let words = "SELECT p.topic, p.subscribed FROM preference p
             WHERE p.address_key = $1 OR p.contact_key IN (SELECT key FROM contact WHERE address_key = $1)
             ORDER BY p.at, p.subscribed DESC";
        for row in self.connection.query(words, &[link.address_key.into()])? {
            let (topic, wanted) = (row.text(0)?, row.integer(1)? == 1);
            // A yes to a topic takes back a no to everything.
            if wanted && !topic.is_empty() {
                choices.words.remove("");
            }
            choices.words.insert(topic, wanted);
        }
        Ok(choices)
    }

    /// How many messages the outbox holds by channel and state, with the moment from which the oldest waits.
    ///
    /// # Errors
    /// When the store fails.
    pub fn outbox_numbers(
        &mut self,
    ) -> Result<Vec<(String, crate::store::OutboxState, i64, i64)>, StoreError> {
        let order = self.dialect().order_text("channel");
        let sql = format!(
            "SELECT channel, state, COUNT(*), MIN(ready_at) FROM outbox GROUP BY channel, state ORDER BY {order}, state"
        );
        let rows = self.connection.query(&sql, &[])?;
        let read = rows.iter().map(|row| {
            let state = crate::store::OutboxState::numbered(row.integer(1)?)?;
            Ok((row.text(0)?, state, row.integer(2)?, row.integer(3)?))
        });
        read.collect()
    }
}
