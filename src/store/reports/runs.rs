//! What worked on the store, and how it went.

use crate::store::{Store, StoreError, Totals};

/// The latest runs are kept, this many.
const KEPT: i64 = 1_000;

/// Something that works on the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// `run`.
    Run,
    /// `run --until`.
    Play,
    /// `serve`, whose row is brought up to date after each of its ticks.
    Serve,
}

impl RunKind {
    /// The word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RunKind::Run => "run",
            RunKind::Play => "play",
            RunKind::Serve => "serve",
        }
    }
}

/// The latest run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// `run`, `play` or `serve`.
    pub kind: String,
    /// When it began, in real time.
    pub started_at: i64,
    /// When it ended, or a server's latest tick did, in real time; nothing while it is at work, or when it
    /// died.
    pub ended_at: Option<i64>,
    /// The moment up to which it did what was due.
    pub moment: Option<i64>,
    /// What went wrong, if anything did.
    pub error: Option<String>,
}

impl RunRow {
    /// Whether it worked at the machine's own time, give or take so many milliseconds.
    #[must_use]
    pub fn in_real_time(&self, lag: i64) -> bool {
        let own = |moment: i64| {
            (self.started_at.saturating_sub(lag)..=self.started_at.saturating_add(lag)).contains(&moment)
        };
        self.kind == RunKind::Serve.name()
            || (self.kind == RunKind::Run.name() && self.moment.is_none_or(own))
    }
}

impl Store {
    /// Notes that a run began, and gives its key. `started_at` is real time.
    ///
    /// # Errors
    /// When the store fails.
    pub fn begin_run(&mut self, kind: RunKind, started_at: i64) -> Result<i64, StoreError> {
        let owner = self.owner();
        self.connection.write(|connection| {
            let key = connection.number(
                "INSERT INTO run (kind, owner, started_at, entered, finished, stopped, delivered, blocked, failed)
                 VALUES ($1, $2, $3, 0, 0, 0, 0, 0, 0) RETURNING key",
                &[kind.name().into(), owner.into(), started_at.into()],
            )?;
            connection.execute("DELETE FROM run WHERE key <= $1", &[(key - KEPT).into()])?;
            Ok(key)
        })
    }

    /// Notes how a run ended, or how a tick of a server did: the moment that it came to, what it did, or what
    /// went wrong. `ended_at` is real time.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_run(
        &mut self,
        key: i64,
        ended_at: i64,
        moment: i64,
        done: &Totals,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        self.connection.execute(
            "UPDATE run SET ended_at = $2, moment = $3, outcome = $4, error = $5, entered = $6, finished = $7,
                stopped = $8, delivered = $9, blocked = $10, failed = $11 WHERE key = $1",
            &[
                key.into(),
                ended_at.into(),
                moment.into(),
                if error.is_none() { "done" } else { "failed" }.into(),
                error.into(),
                done.entered.into(),
                done.finished.into(),
                done.stopped.into(),
                done.delivered.into(),
                done.blocked.into(),
                done.failed.into(),
            ],
        )?;
        Ok(())
    }

    /// The latest run.
    ///
    /// # Errors
    /// When the store fails.
    pub fn last_run(&mut self) -> Result<Option<RunRow>, StoreError> {
        let row = self.connection.query_first(
            "SELECT kind, started_at, ended_at, moment, error FROM run ORDER BY key DESC LIMIT 1",
            &[],
        )?;
        row.map(|row| {
            Ok(RunRow {
                kind: row.text(0)?,
                started_at: row.integer(1)?,
                ended_at: row.optional_integer(2)?,
                moment: row.optional_integer(3)?,
                error: row.optional_text(4)?,
            })
        })
        .transpose()
    }
}
