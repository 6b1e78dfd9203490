//! What decides whether a contact may be written to: its consent with the evidence, and what is known of its
//! address.

use crate::model::time::rfc3339;
use crate::store::{Store, StoreError};

/// What decides whether a contact may be written to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailStanding {
    /// Its consent, where one is recorded, and the evidence for it: names of fields with their values.
    pub consent: Vec<(&'static str, String)>,
    /// What suppresses its address: the reason and since when.
    pub suppressed: Vec<(String, i64)>,
    /// What was said under its address other than by itself, the oldest first.
    pub unsubscribed: Vec<OthersRefusal>,
    /// The ids of the other contacts with its address.
    pub shared_with: Vec<String>,
}

/// That mail isn't wanted under an address, as somebody else said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OthersRefusal {
    /// The topic; nothing for all commercial mail.
    pub topic: Option<String>,
    /// Who said it, when that contact is there.
    pub contact_id: Option<String>,
    /// What was told of it.
    pub reason: Option<String>,
    /// When, UTC milliseconds.
    pub at: i64,
}

impl Store {
    /// What decides whether a contact may be written to at `now`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn mail_standing(&mut self, contact_id: &str, now: i64) -> Result<MailStanding, StoreError> {
        let mut standing = MailStanding::default();
        let fields = "consent, consent_since, consent_source, consent_text, consent_basis, consent_until";
        let record = self.connection.query_first(
            &format!("SELECT address_key, key, {fields} FROM contact WHERE id = $1"),
            &[contact_id.into()],
        )?;
        let Some(record) = record else { return Ok(standing) };
        let texts = [
            ("consent", record.optional_text(2)?),
            ("consent_since", record.optional_integer(3)?.map(rfc3339)),
            ("consent_source", record.optional_text(4)?),
            ("consent_text", record.optional_text(5)?),
            ("consent_basis", record.optional_text(6)?),
            ("consent_until", record.optional_text(7)?),
        ];
        standing.consent = texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect();
        let Some(address) = record.optional_integer(0)? else { return Ok(standing) };
        let (own, address) = (record.integer(1)?, crate::store::Cell::Integer(address));
        for row in self.connection.query(
            "SELECT reason, since FROM suppression WHERE address_key = $1 AND since <= $2 ORDER BY since, reason",
            &[address.clone(), now.into()],
        )? {
            standing.suppressed.push((row.text(0)?, row.integer(1)?));
        }
        for row in self.connection.query(
            "SELECT NULLIF(p.topic, ''), c.id, p.reason, p.at FROM preference p
             LEFT JOIN contact c ON c.key = p.contact_key
             WHERE p.address_key = $1 AND p.contact_key <> $2 AND p.subscribed = 0 AND p.at <= $3
             ORDER BY p.at, p.topic, p.contact_key",
            &[address.clone(), own.into(), now.into()],
        )? {
            standing.unsubscribed.push(OthersRefusal {
                topic: row.optional_text(0)?,
                contact_id: row.optional_text(1)?,
                reason: row.optional_text(2)?,
                at: row.integer(3)?,
            });
        }
        for row in self.connection.query(
            "SELECT id FROM contact WHERE address_key = $1 AND key <> $2 ORDER BY key",
            &[address, own.into()],
        )? {
            standing.shared_with.push(row.text(0)?);
        }
        Ok(standing)
    }
}
