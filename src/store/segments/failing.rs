//! Segments, scoring models and journeys that failed when they were run.
//!
//! They are skipped with what depends on them, and tried again; everything else goes on.

use crate::store::{Store, StoreError};

/// A part that failed, or that needs one that did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingPart {
    /// `segment`, `scoring_model` or `journey`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Since when, in the store's time.
    pub since: i64,
    /// Why.
    pub reason: String,
}

impl Store {
    /// What fails at present, by kind and name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn failing_parts(&mut self) -> Result<Vec<FailingPart>, StoreError> {
        let (kind, name) = (self.dialect().order_text("kind"), self.dialect().order_text("name"));
        let sql = format!("SELECT kind, name, since, reason FROM failing ORDER BY {kind}, {name}");
        let rows = self.connection.query(&sql, &[])?;
        rows.iter()
            .map(|row| {
                Ok(FailingPart {
                    kind: row.text(0)?,
                    name: row.text(1)?,
                    since: row.integer(2)?,
                    reason: row.text(3)?,
                })
            })
            .collect()
    }

    /// Notes that a part fails, from `now` on unless it did so before. Its journeys are held like paused ones.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_failing(&mut self, kind: &str, name: &str, reason: &str, now: i64) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO failing (kind, name, since, reason) VALUES ($1, $2, $3, $4)
             ON CONFLICT (kind, name) DO UPDATE SET reason = excluded.reason",
            &[kind.into(), name.into(), now.into(), reason.into()],
        )?;
        Ok(())
    }

    /// Notes that a part works again, or is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_working(&mut self, kind: &str, name: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM failing WHERE kind = $1 AND name = $2";
        self.connection.execute(sql, &[kind.into(), name.into()])?;
        Ok(())
    }
}
