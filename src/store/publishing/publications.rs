//! Publications, journeys, their steps and their iterations.

use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::Holidays;
use crate::store::{
    Cell, Store, StoreError,
    queue::incoming::{ACTIVITIES, LEADS, RECORDS},
};

/// A definition as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// `journey`, `segment`, `email`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Hash of what it means.
    pub hash: String,
    /// What was written.
    pub content: String,
}

/// A journey as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyRow {
    /// Its key.
    pub key: i64,
    /// Keys of its steps by id, removed ones included.
    pub steps: BTreeMap<String, i64>,
    /// The name under which it was published first: chance keeps to it when it is renamed.
    pub origin: String,
    /// The id under which each step was published first, by key.
    pub step_origins: BTreeMap<i64, String>,
}

/// A step as it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedStep {
    /// Its id.
    pub id: String,
    /// Its id in the former publication, when it was another.
    pub was: Option<String>,
    /// Its tile.
    pub tile: String,
    /// How long after an arrival it looks at who came, in milliseconds.
    pub look_after: i64,
    /// It doesn't look at them before this moment.
    pub look_at: i64,
}

/// What wakes those who wait at a step, and whose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepWakes {
    /// Interactions of these types.
    pub interactions: BTreeSet<String>,
    /// Changed contacts and accounts.
    pub records: bool,
    /// Changed leads.
    pub leads: bool,
    /// Activities that were made.
    pub activities: bool,
    /// Whether all who entered for the account are woken, or the contact alone.
    pub whole_account: bool,
    /// Whether what the account's present contacts are and do wakes them, too.
    pub colleagues: bool,
}

impl StepWakes {
    /// Its rows: type and scope.
    fn rows(&self, types: &BTreeMap<String, i64>) -> BTreeSet<(i64, String)> {
        let own = if self.whole_account { "account" } else { "contact" };
        let scopes = [Some(own), self.colleagues.then_some("present_account")];
        let records = [(self.records, RECORDS), (self.leads, LEADS), (self.activities, ACTIVITIES)];
        let of_records = records.into_iter().filter(|(wakes, _)| *wakes).map(|(_, key)| key);
        // Whose leads and activities they are is told by records that changed.
        let of_records = of_records.chain((self.leads || self.activities).then_some(RECORDS));
        // A type that was never declared wakes nobody.
        let of_types = self.interactions.iter().filter_map(|name| types.get(name).copied());
        let keys: BTreeSet<i64> = of_records.chain(of_types).collect();
        let scopes = scopes.into_iter().flatten();
        scopes.flat_map(|scope| keys.iter().map(|key| (*key, scope.to_owned())).collect::<Vec<_>>()).collect()
    }
}

/// What becomes of those who stand on a step that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// They leave the journey.
    Exit,
    /// They go to another step.
    To(String),
}

/// The places of steps that were removed start here.
pub(in crate::store) const REMOVED_PLACE: i64 = 1_000_000;

impl Store {
    /// The latest published hash of each definition of a kind, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn published(&mut self, kind: &str) -> Result<BTreeMap<String, String>, StoreError> {
        let rows = self.connection.query(
            "SELECT p.name, p.hash FROM publication p
             WHERE p.kind = $1 AND p.key = (SELECT MAX(q.key) FROM publication q WHERE q.kind = p.kind AND q.name = p.name)",
            &[kind.into()],
        )?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }

    /// When a definition was published last.
    ///
    /// # Errors
    /// When the store fails.
    pub fn published_at(&mut self, kind: &str, name: &str) -> Result<Option<i64>, StoreError> {
        let row = self.connection.query_first(
            "SELECT MAX(at) FROM publication WHERE kind = $1 AND name = $2",
            &[kind.into(), name.into()],
        )?;
        row.map_or(Ok(None), |row| row.optional_integer(0))
    }

    /// Keeps publications (semantics 25). `at` is the store's time.
    ///
    /// # Errors
    /// When the store fails; then none is kept.
    pub fn publish(
        &mut self,
        at: i64,
        revision: Option<&str>,
        publications: &[Publication],
    ) -> Result<(), StoreError> {
        self.connection.write(|connection| {
            for publication in publications {
                connection.execute(
                    "INSERT INTO publication (at, revision, kind, name, hash, content)
                     VALUES ($1, $2, $3, $4, $5, $6)",
                    &[
                        at.into(),
                        revision.into(),
                        publication.kind.as_str().into(),
                        publication.name.as_str().into(),
                        publication.hash.as_str().into(),
                        publication.content.as_str().into(),
                    ],
                )?;
            }
            Ok(())
        })
    }

    /// The steps of a journey, by id, on which somebody stands, with how many.
    ///
    /// # Errors
    /// When the store fails.
    pub fn standing(&mut self, journey: &str) -> Result<BTreeMap<String, i64>, StoreError> {
        let rows = self.connection.query(
            "SELECT s.id, COUNT(*) FROM journey j JOIN iteration t ON t.journey_key = j.key
             JOIN position p ON p.iteration_key = t.key JOIN step s ON s.key = p.step_key
             WHERE j.name = $1 AND t.ended_at IS NULL GROUP BY s.id",
            &[journey.into()],
        )?;
        rows.iter().map(|row| Ok((row.text(0)?, row.integer(1)?))).collect()
    }

    /// Keeps the workspace's holidays, over which business days pass in conditions, too.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_holidays(&mut self, holidays: &Holidays) -> Result<(), StoreError> {
        if self.names.holidays == *holidays {
            return Ok(());
        }
        self.connection.execute(
            "INSERT INTO setting (name, value) VALUES ('holidays', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[holidays.listed().into()],
        )?;
        self.names.holidays = holidays.clone();
        Ok(())
    }

    /// Whether anything waits in the queue of what came in.
    ///
    /// # Errors
    /// When the store fails.
    pub fn has_incoming(&mut self) -> Result<bool, StoreError> {
        Ok(self.connection.query_first("SELECT 1 FROM change LIMIT 1", &[])?.is_some())
    }

    /// Makes a journey and its steps known as they are published now, and moves those who stand on
    /// steps that are gone.
    ///
    /// # Errors
    /// When the store fails; then nothing is changed.
    pub fn publish_journey(
        &mut self,
        name: &str,
        target: &str,
        steps: &[PublishedStep],
        removed: &[(String, Removed)],
        now: i64,
    ) -> Result<JourneyRow, StoreError> {
        self.connection.write(|connection| {
            connection.execute(
                "INSERT INTO journey (name, origin, target, publication_key, state) VALUES ($1, $1, $2, 0, 'live')
                 ON CONFLICT (name) DO UPDATE SET target = excluded.target",
                &[name.into(), target.into()],
            )?;
            let key = connection.number("SELECT key FROM journey WHERE name = $1", &[name.into()])?;
            for step in steps {
                if let Some(was) = &step.was {
                    super::renames::rename_step(connection, (name, key), was, &step.id)?;
                }
            }
            // What isn't published any more goes behind all that is.
            connection.execute(
                "UPDATE step SET place = place + $2 WHERE journey_key = $1 AND place < $2",
                &[key.into(), REMOVED_PLACE.into()],
            )?;
            for (place, step) in steps.iter().enumerate() {
                let place = i64::try_from(place).unwrap_or(i64::MAX);
                connection.execute(
                    "INSERT INTO step (journey_key, id, origin, tile, place) VALUES ($1, $2, $2, $3, $4)
                     ON CONFLICT (journey_key, id) DO UPDATE SET tile = excluded.tile, place = excluded.place",
                    &[key.into(), step.id.as_str().into(), step.tile.as_str().into(), place.into()],
                )?;
            }
            let keys = step_keys(connection, key)?;
            for (id, fate) in removed {
                let Some(from) = keys.get(id) else { continue };
                let to = match fate {
                    Removed::Exit => None,
                    Removed::To(id) => keys.get(id).copied(),
                };
                crate::store::batches::stops::leave_removed_step(connection, *from, to, now)?;
            }
            // The published definition decides what comes next, also for who waits already. What it makes due is
            // due from now on; what was due before stays due from then on (semantics 14).
            let dialect = connection.dialect();
            let (look, known) = (dialect.greatest("arrived_at + $2", "$3"), dialect.least("due_at", "$4"));
            let due = dialect.greatest(&look, &known);
            for step in steps {
                connection.execute(
                    &format!("UPDATE position SET due_at = {due} WHERE step_key = $1"),
                    &[
                        keys.get(&step.id).copied().unwrap_or(-1).into(),
                        step.look_after.into(),
                        step.look_at.into(),
                        now.into(),
                    ],
                )?;
            }
            crate::store::batches::tile_state::restore_waits(connection, key)?;
            crate::store::queue::versions::bump_audience_version(connection)?;
            row_of(connection, key)
        })
    }

    /// Takes note of what wakes those who wait at a journey's steps. Where that is other than before, they are
    /// looked at at `now`: what they wait for means something else.
    ///
    /// # Errors
    /// When the store fails; then nothing is changed.
    pub fn declare_wakes(
        &mut self,
        journey_key: i64,
        wakes: &[(i64, StepWakes)],
        now: i64,
    ) -> Result<(), StoreError> {
        let mut known: BTreeMap<i64, BTreeSet<(i64, String)>> = BTreeMap::new();
        let rows = self.connection.query(
            "SELECT w.step_key, w.type_key, w.scope FROM step_wake w JOIN step s ON s.key = w.step_key
             WHERE s.journey_key = $1",
            &[journey_key.into()],
        )?;
        for row in &rows {
            known.entry(row.integer(0)?).or_default().insert((row.integer(1)?, row.text(2)?));
        }
        let mut changed = Vec::new();
        for (step_key, wakes) in wakes {
            let wanted = wakes.rows(&self.names.types);
            let known = known.remove(step_key).unwrap_or_default();
            if known != wanted {
                changed.push((*step_key, wanted));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        self.connection.write(|connection| {
            for (step_key, rows) in &changed {
                connection.execute("DELETE FROM step_wake WHERE step_key = $1", &[(*step_key).into()])?;
                for (type_key, scope) in rows {
                    connection.execute(
                        "INSERT INTO step_wake (step_key, type_key, scope) VALUES ($1, $2, $3)",
                        &[(*step_key).into(), (*type_key).into(), scope.as_str().into()],
                    )?;
                }
                connection.execute(
                    "UPDATE position SET due_at = CASE WHEN arrived_at > $2 THEN arrived_at ELSE $2 END
                     WHERE step_key = $1 AND due_at > $2",
                    &[(*step_key).into(), now.into()],
                )?;
            }
            Ok(())
        })
    }

    /// Counts up whenever members of segments, contacts, accounts or journeys change.
    ///
    /// # Errors
    /// When the store fails.
    pub fn audience_version(&mut self) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'audience_version'";
        self.connection.number(sql, &[])
    }

    /// The keys of a journey and its steps, if it was published.
    ///
    /// # Errors
    /// When the store fails.
    pub fn journey_row(&mut self, name: &str) -> Result<Option<JourneyRow>, StoreError> {
        let Some(row) =
            self.connection.query_first("SELECT key FROM journey WHERE name = $1", &[name.into()])?
        else {
            return Ok(None);
        };
        let key = row.integer(0)?;
        row_of(&mut self.connection, key).map(Some)
    }
}

fn row_of(connection: &mut crate::store::Connection, key: i64) -> Result<JourneyRow, StoreError> {
    let steps = step_keys(connection, key)?;
    let origin = connection.query_first("SELECT origin FROM journey WHERE key = $1", &[key.into()])?;
    let origins = connection.query("SELECT key, origin FROM step WHERE journey_key = $1", &[key.into()])?;
    Ok(JourneyRow {
        key,
        steps,
        origin: origin.map_or(Ok(String::new()), |row| row.text(0))?,
        step_origins: origins
            .iter()
            .map(|row| Ok((row.integer(0)?, row.text(1)?)))
            .collect::<Result<BTreeMap<i64, String>, StoreError>>()?,
    })
}

fn step_keys(
    connection: &mut crate::store::Connection,
    journey_key: i64,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows =
        connection.query("SELECT id, key FROM step WHERE journey_key = $1", &[Cell::Integer(journey_key)])?;
    rows.iter().map(|row| Ok((row.text(0)?, row.integer(1)?))).collect()
}
