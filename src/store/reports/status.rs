//! What an operator wants to know of a store: what is late, what failed, how large it is.

use crate::store::{
    Dialect, Store, StoreError,
    queue::held::{HELD, held_iterations},
    tables::migrations,
};

/// The step, or the message, that has been due for longest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// The journey.
    pub journey: String,
    /// The step that is due, or that made the message.
    pub step: String,
    /// Since when.
    pub due_at: i64,
}

/// Participants or messages of a step that failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// The journey.
    pub journey: String,
    /// The step.
    pub step: String,
    /// `participants`, `messages failed` or `messages unknown`.
    pub what: &'static str,
    /// How many.
    pub count: i64,
    /// When the latest of them failed.
    pub latest_at: Option<i64>,
}

/// How much a store holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Accounts.
    pub accounts: i64,
    /// Contacts.
    pub contacts: i64,
    /// Leads.
    pub leads: i64,
    /// Interactions.
    pub interactions: i64,
    /// Contacts that are in journeys.
    pub participants: i64,
    /// Activities that nobody is to do.
    pub activities_without_owner: i64,
    /// Messages, delivered ones included.
    pub messages: i64,
    /// The database, in bytes.
    pub bytes: i64,
}

/// How the segments stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SegmentsState {
    /// Segments that are evaluated.
    pub active: i64,
    /// Those of them that something came in for since they were.
    pub stale: i64,
    /// When the one was evaluated that has waited longest for it.
    pub oldest_evaluation: Option<i64>,
}

/// What workers hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Claims {
    /// Ranges that are worked on.
    pub held: i64,
    /// Those of them whose lease ran out: their worker is gone or stuck.
    pub run_out: i64,
}

impl Store {
    /// How many statements this connection to a server has prepared, and how many it keeps; nothing on SQLite.
    #[must_use]
    pub fn prepared_statements(&self) -> Option<(u64, usize)> {
        self.connection.prepared()
    }

    /// The step that has been due for longest at `now`, paused journeys apart.
    ///
    /// # Errors
    /// When the store fails.
    pub fn oldest_due_step(&mut self, now: i64) -> Result<Option<Overdue>, StoreError> {
        let sql = format!(
            "SELECT name, id, due_at FROM (
                SELECT j.name, k.id, t.number, k.place, (SELECT MIN(p.due_at) FROM position p
                    WHERE p.iteration_key = t.key AND p.step_key = k.key AND p.due_at <= $1) AS due_at
                FROM iteration t JOIN journey j ON j.key = t.journey_key JOIN step k ON k.journey_key = j.key
                WHERE t.ended_at IS NULL AND NOT {HELD}) d
             WHERE due_at IS NOT NULL ORDER BY due_at, name, number, place LIMIT 1"
        );
        self.overdue(&sql, now)
    }

    /// The message that has waited for longest at `now` since it might leave, paused journeys apart.
    ///
    /// # Errors
    /// When the store fails.
    pub fn oldest_waiting_message(&mut self, now: i64) -> Result<Option<Overdue>, StoreError> {
        let sql = format!(
            "SELECT j.name, s.id, o.ready_at FROM outbox o JOIN iteration t ON t.key = o.iteration_key
             JOIN journey j ON j.key = t.journey_key JOIN step s ON s.key = o.step_key
             WHERE o.state = 1 AND o.ready_at <= $1 AND o.iteration_key NOT IN ({})
             ORDER BY o.ready_at, o.iteration_key, o.step_key LIMIT 1",
            held_iterations()
        );
        self.overdue(&sql, now)
    }

    fn overdue(&mut self, sql: &str, now: i64) -> Result<Option<Overdue>, StoreError> {
        let row = self.connection.query_first(sql, &[now.into()])?;
        row.map(|row| Ok(Overdue { journey: row.text(0)?, step: row.text(1)?, due_at: row.integer(2)? }))
            .transpose()
    }

    /// What failed for good and wasn't dropped or tried again since, by journey and step.
    ///
    /// # Errors
    /// When the store fails.
    pub fn failures(&mut self) -> Result<Vec<Failures>, StoreError> {
        let rows = self.connection.query(
            "SELECT j.name, s.id, f.what, f.count, f.latest_at FROM (
                SELECT h.iteration_key, h.step_key, 0 AS what, COUNT(*) AS count, MAX(h.left_at) AS latest_at
                FROM participant p JOIN history h ON h.iteration_key = p.iteration_key
                    AND h.account_key = p.account_key AND h.contact_key = p.contact_key AND h.stopped = 1
                    AND h.left_at >= p.entered_at
                WHERE p.state = 3 AND p.reason LIKE 'failed%'
                GROUP BY h.iteration_key, h.step_key
                UNION ALL
                SELECT iteration_key, step_key, state, COUNT(*), MAX(ended_at) FROM outbox
                WHERE state IN (5, 6) GROUP BY iteration_key, step_key, state) f
             JOIN iteration t ON t.key = f.iteration_key JOIN journey j ON j.key = t.journey_key
             JOIN step s ON s.key = f.step_key
             ORDER BY j.name, s.place, f.what, t.number",
            &[],
        )?;
        let mut failures: Vec<Failures> = Vec::new();
        for row in &rows {
            let (journey, step) = (row.text(0)?, row.text(1)?);
            let what = match row.integer(2)? {
                0 => "participants",
                5 => "messages failed",
                _ => "messages unknown",
            };
            let (count, latest_at) = (row.integer(3)?, row.optional_integer(4)?);
            match failures
                .last_mut()
                .filter(|last| (&last.journey, &last.step, last.what) == (&journey, &step, what))
            {
                Some(last) => {
                    last.count += count;
                    last.latest_at = last.latest_at.max(latest_at);
                }
                None => failures.push(Failures { journey, step, what, count, latest_at }),
            }
        }
        Ok(failures)
    }

    /// How much the store holds.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sizes(&mut self) -> Result<Sizes, StoreError> {
        let mut count = |sql: &str| -> Result<i64, StoreError> { self.connection.number(sql, &[]) };
        Ok(Sizes {
            accounts: count("SELECT COUNT(*) FROM account")?,
            contacts: count("SELECT COUNT(*) FROM contact")?,
            leads: count("SELECT COUNT(*) FROM lead")?,
            interactions: count("SELECT COUNT(*) FROM interaction")?,
            participants: count("SELECT COUNT(*) FROM position")?,
            activities_without_owner: count(
                "SELECT COUNT(*) FROM activity WHERE owner IS NULL OR owner = ''",
            )?,
            messages: count("SELECT COUNT(*) FROM outbox")?,
            bytes: match self.dialect() {
                Dialect::Sqlite => {
                    let pages = self.connection.number("PRAGMA page_count", &[])?;
                    pages.saturating_mul(self.connection.number("PRAGMA page_size", &[])?)
                }
                Dialect::Postgres => {
                    self.connection.number("SELECT pg_database_size(current_database())", &[])?
                }
            },
        })
    }

    /// How the segments stand.
    ///
    /// # Errors
    /// When the store fails.
    pub fn segments_state(&mut self) -> Result<SegmentsState, StoreError> {
        let row = self.connection.query_first(
            "SELECT COUNT(*), SUM(CASE WHEN stale > 0 OR evaluated_at IS NULL THEN 1 ELSE 0 END), MIN(evaluated_at)
             FROM segment WHERE active = 1",
            &[],
        )?;
        row.map_or(Ok(SegmentsState::default()), |row| {
            Ok(SegmentsState {
                active: row.integer(0)?,
                stale: row.optional_integer(1)?.unwrap_or(0),
                oldest_evaluation: row.optional_integer(2)?,
            })
        })
    }

    /// What workers hold; `real_now` is real time.
    ///
    /// # Errors
    /// When the store fails.
    pub fn claims(&mut self, real_now: i64) -> Result<Claims, StoreError> {
        let row = self.connection.query_first(
            "SELECT COUNT(*), SUM(CASE WHEN deadline < $1 THEN 1 ELSE 0 END) FROM claim",
            &[real_now.into()],
        )?;
        row.map_or(Ok(Claims::default()), |row| {
            Ok(Claims { held: row.integer(0)?, run_out: row.optional_integer(1)?.unwrap_or(0) })
        })
    }

    /// The version of the store's tables, and the one that this program needs.
    ///
    /// # Errors
    /// When the store fails.
    pub fn version(&mut self) -> Result<(i64, i64), StoreError> {
        Ok((migrations::version(&mut self.connection)?, migrations::NEEDED))
    }
}
