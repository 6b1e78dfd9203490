//! Paused journeys, and the pause of all of them.

use crate::store::{
    Store, StoreError,
    queue::{held::HELD, interventions::note_intervention},
};

/// What is paused at present.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses {
    /// Since when all journeys are held, those that are published later included.
    pub all: Option<i64>,
    /// The journeys that are paused by themselves, in order of their names, and since when.
    pub journeys: Vec<(String, i64)>,
}

impl Pauses {
    /// Since when a journey is held, by itself or with all others.
    #[must_use]
    pub fn of(&self, journey: &str) -> Option<i64> {
        let own = self.journeys.iter().find(|(name, _)| name == journey).map(|(_, at)| *at);
        [own, self.all].into_iter().flatten().min()
    }
}

impl Store {
    /// What is paused.
    ///
    /// # Errors
    /// When the store fails.
    pub fn pauses(&mut self) -> Result<Pauses, StoreError> {
        let all = self
            .connection
            .query_first("SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'paused_at'", &[])?
            .map(|row| row.integer(0))
            .transpose()?;
        let order = self.dialect().order_text("name");
        let rows = self.connection.query(
            &format!(
                "SELECT name, COALESCE(paused_at, 0) FROM journey WHERE state = 'paused' ORDER BY {order}"
            ),
            &[],
        )?;
        let journeys = rows.iter().map(|row| Ok((row.text(0)?, row.integer(1)?)));
        Ok(Pauses { all, journeys: journeys.collect::<Result<_, StoreError>>()? })
    }

    /// Whether a journey is held at present, by itself or with all others.
    ///
    /// # Errors
    /// When the store fails.
    pub fn is_held(&mut self, journey_key: i64) -> Result<bool, StoreError> {
        let sql = format!("SELECT 1 FROM journey j WHERE j.key = $1 AND {HELD}");
        Ok(self.connection.query_first(&sql, &[journey_key.into()])?.is_some())
    }

    /// Pauses a journey, also one that wasn't run yet. Tells whether it went on until now.
    ///
    /// # Errors
    /// When the store fails.
    pub fn pause_journey(&mut self, name: &str, target: &str, now: i64) -> Result<bool, StoreError> {
        let changed = self.connection.execute(
            "INSERT INTO journey (name, origin, target, publication_key, state, paused_at)
             VALUES ($1, $1, $2, 0, 'paused', $3)
             ON CONFLICT (name) DO UPDATE SET state = 'paused', paused_at = excluded.paused_at
             WHERE journey.state <> 'paused'",
            &[name.into(), target.into(), now.into()],
        )?;
        Ok(changed > 0)
    }

    /// Lets a journey go on. Tells whether it was paused by itself.
    ///
    /// # Errors
    /// When the store fails.
    pub fn resume_journey(&mut self, name: &str) -> Result<bool, StoreError> {
        self.connection.write(|connection| {
            let changed = connection.execute(
                "UPDATE journey SET state = 'live', paused_at = NULL WHERE name = $1 AND state = 'paused'",
                &[name.into()],
            )?;
            note_intervention(connection)?;
            Ok(changed > 0)
        })
    }

    /// Holds all journeys, those that are published later included. Tells whether they weren't held yet.
    ///
    /// # Errors
    /// When the store fails.
    pub fn pause_all(&mut self, now: i64) -> Result<bool, StoreError> {
        let changed = self.connection.execute(
            "INSERT INTO setting (name, value) VALUES ('paused_at', $1) ON CONFLICT (name) DO NOTHING",
            &[now.to_string().into()],
        )?;
        Ok(changed > 0)
    }

    /// Lifts the hold on all journeys; those that are paused by themselves stay so. Tells whether there was
    /// one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn resume_all(&mut self) -> Result<bool, StoreError> {
        self.connection.write(|connection| {
            note_intervention(connection)?;
            Ok(connection.execute("DELETE FROM setting WHERE name = 'paused_at'", &[])? > 0)
        })
    }
}
