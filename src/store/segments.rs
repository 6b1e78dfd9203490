//! Segments and who belongs to them.

use super::{Cell, Connection, JsonRows, Store, StoreError, columns::Names, predicate::select_keys};
use crate::model::{Condition, Entity};

/// What a segment is made from.
#[derive(Debug, Clone, PartialEq)]
pub enum Membership {
    /// Whoever satisfies a condition.
    Where(Condition),
    /// The records with these ids; ids of no record are passed over.
    Static(Vec<String>),
}

/// What the store keeps about a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentState {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub target: String,
    /// How many belong to it.
    pub count: i64,
    /// When it was evaluated last.
    pub evaluated_at: Option<i64>,
    /// When it has to be evaluated next though nothing comes in: a window's edge passes then.
    pub next_evaluation_at: Option<i64>,
    /// Whether something came in since that it may depend on.
    pub stale: bool,
    /// Whether it is evaluated at all.
    pub active: bool,
    /// What its definition was when it was evaluated last.
    pub hash: String,
}

/// What one evaluation changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Difference {
    /// How many belong to the segment now.
    pub count: i64,
    /// How many joined.
    pub joined: u64,
    /// How many left.
    pub left: u64,
}

/// A member of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The record's id.
    pub id: String,
    /// A contact's account, by id.
    pub account_id: Option<String>,
    /// When it joined.
    pub joined_at: i64,
}

impl Store {
    /// What is kept about all segments, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn segment_states(&mut self) -> Result<Vec<SegmentState>, StoreError> {
        let order = self.dialect().order_text("name");
        let sql = format!(
            "SELECT name, target, size, evaluated_at, next_evaluation_at, stale, active, hash
             FROM segment ORDER BY {order}"
        );
        let states = self
            .connection
            .query(&sql, &[])?
            .iter()
            .map(|row| {
                Ok(SegmentState {
                    name: row.text(0)?,
                    target: row.text(1)?,
                    count: row.integer(2)?,
                    evaluated_at: row.optional_integer(3)?,
                    next_evaluation_at: row.optional_integer(4)?,
                    stale: row.integer(5)? != 0,
                    active: row.integer(6)? != 0,
                    hash: row.text(7)?,
                })
            })
            .collect::<Result<Vec<SegmentState>, StoreError>>()?;
        // Another worker may have made segments known since the names were read.
        if states.iter().any(|state| !self.names.segments.contains_key(&state.name)) {
            self.names = Names::load(&mut self.connection)?;
        }
        Ok(states)
    }

    /// Makes a segment known, or takes note that its definition changed: it is evaluated next time.
    ///
    /// # Errors
    /// When the store fails.
    pub fn declare_segment(
        &mut self,
        name: &str,
        target: Entity,
        hash: &str,
        active: bool,
    ) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO segment (name, target, hash, active, stale, size) VALUES ($1, $2, $3, $4, 1, 0)
             ON CONFLICT (name) DO UPDATE SET target = excluded.target, hash = excluded.hash,
                active = excluded.active, stale = segment.stale + 1
             WHERE segment.hash <> excluded.hash OR segment.active <> excluded.active",
            &[name.into(), target.name().into(), hash.into(), i64::from(active).into()],
        )?;
        self.names = Names::load(&mut self.connection)?;
        Ok(())
    }

    /// Evaluates a segment at `now`. The evaluation itself runs outside the write lock; the difference,
    /// who joined and who left, is written in one transaction, in which the `dependents`, segments that
    /// refer to this one, become stale if there is any.
    ///
    /// # Errors
    /// When the store fails; then the members are what they were.
    pub fn evaluate_segment(
        &mut self,
        name: &str,
        membership: &Membership,
        target: Entity,
        now: i64,
        next_evaluation_at: Option<i64>,
        dependents: &[String],
    ) -> Result<Difference, StoreError> {
        let key = self.names.segment_key(name);
        let row = self.connection.query_first("SELECT stale FROM segment WHERE key = $1", &[key.into()])?;
        let seen = row.map_or(Ok(0), |row| row.integer(0))?;
        self.connection.execute("DELETE FROM evaluation", &[])?;
        let (select, parameters) = match membership {
            Membership::Where(condition) => select_keys(self.dialect(), &self.names, condition, now)?,
            Membership::Static(ids) => {
                let mut json = JsonRows::default();
                ids.iter().for_each(|id| json.push(&[id.as_str().into()]));
                let rows = self.dialect().rows("$1");
                let sql = format!(
                    "SELECT r.key AS key FROM {} r WHERE r.id IN (SELECT value ->> 0 FROM {rows})",
                    target.name()
                );
                (sql, vec![json.finish()])
            }
        };
        let found =
            self.connection.execute(&format!("INSERT INTO evaluation (key) {select}"), &parameters)?;
        self.connection.analyze("evaluation", usize::try_from(found).unwrap_or(usize::MAX))?;
        self.connection.write(|connection| {
            let row = connection.query_first("SELECT COUNT(*) FROM evaluation", &[])?;
            let count = row.map_or(Ok(0), |row| row.integer(0))?;
            // Written first, so that two who evaluate at once come one after the other. What came in
            // since the evaluation began may not be in it.
            connection.execute(
                "UPDATE segment SET size = $2, evaluated_at = $3, next_evaluation_at = $4, stale = CASE WHEN stale > $5 THEN stale - $5 ELSE 0 END
                 WHERE key = $1",
                &[key.into(), count.into(), now.into(), next_evaluation_at.into(), seen.into()],
            )?;
            let stamp = [Cell::Integer(key), Cell::Integer(now)];
            connection.execute(
                "INSERT INTO membership_change (segment_key, subject_key, at, joined)
                 SELECT $1, e.key, $2, 1 FROM evaluation e
                 WHERE NOT EXISTS (SELECT 1 FROM membership m WHERE m.segment_key = $1 AND m.subject_key = e.key)
                 ON CONFLICT DO NOTHING",
                &stamp,
            )?;
            let joined = connection.execute(
                "INSERT INTO membership (segment_key, subject_key, joined_at)
                 SELECT $1, e.key, $2 FROM evaluation e
                 WHERE NOT EXISTS (SELECT 1 FROM membership m WHERE m.segment_key = $1 AND m.subject_key = e.key)",
                &stamp,
            )?;
            connection.execute(
                "INSERT INTO membership_change (segment_key, subject_key, at, joined)
                 SELECT $1, m.subject_key, $2, 0 FROM membership m
                 WHERE m.segment_key = $1 AND NOT EXISTS (SELECT 1 FROM evaluation e WHERE e.key = m.subject_key)
                 ON CONFLICT DO NOTHING",
                &stamp,
            )?;
            let left = connection.execute(
                "DELETE FROM membership
                 WHERE segment_key = $1
                   AND NOT EXISTS (SELECT 1 FROM evaluation e WHERE e.key = membership.subject_key)",
                &stamp[..1],
            )?;
            connection.analyze("membership", usize::try_from(joined).unwrap_or(usize::MAX))?;
            if joined + left > 0 {
                bump_audience_version(connection)?;
                for name in dependents {
                    connection
                        .execute("UPDATE segment SET stale = stale + 1 WHERE name = $1", &[name.as_str().into()])?;
                }
            }
            Ok(Difference { count, joined, left })
        })
    }

    /// When the first interaction of a type after a moment happens.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_interaction(&mut self, interaction: &str, after: i64) -> Result<Option<i64>, StoreError> {
        let key = self.names.type_key(interaction);
        let row = self.connection.query_first(
            "SELECT MIN(at) FROM interaction WHERE type_key = $1 AND at > $2",
            &[key.into(), after.into()],
        )?;
        row.map_or(Ok(None), |row| row.optional_integer(0))
    }

    /// The members of a segment, ordered by id.
    ///
    /// # Errors
    /// When the store fails, or `each` does.
    pub fn segment_members(
        &mut self,
        name: &str,
        target: Entity,
        each: &mut dyn FnMut(Member) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let key = self.names.segment_key(name);
        let order = self.dialect().order_text("r.id");
        let account = match target {
            Entity::Contact => "r.account_id",
            Entity::Account | Entity::Lead => "NULL",
        };
        let sql = format!(
            "SELECT r.id, {account}, m.joined_at FROM membership m JOIN {} r ON r.key = m.subject_key
             WHERE m.segment_key = $1 ORDER BY {order}",
            target.name()
        );
        self.connection.query_each(&sql, &[key.into()], &mut |row| {
            each(Member { id: row.text(0)?, account_id: row.optional_text(1)?, joined_at: row.integer(2)? })
        })
    }

    /// How many joined and left a segment after `since`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn segment_trend(&mut self, name: &str, since: i64) -> Result<(i64, i64), StoreError> {
        let key = self.names.segment_key(name);
        let row = self.connection.query_first(
            "SELECT CAST(COALESCE(SUM(joined), 0) AS BIGINT), CAST(COALESCE(SUM(1 - joined), 0) AS BIGINT)
             FROM membership_change WHERE segment_key = $1 AND at > $2",
            &[key.into(), since.into()],
        )?;
        match row {
            Some(row) => Ok((row.integer(0)?, row.integer(1)?)),
            None => Ok((0, 0)),
        }
    }

    /// How many records satisfy a condition; nothing is written.
    ///
    /// # Errors
    /// When the store fails.
    pub fn count_matching(&mut self, condition: &Condition, now: i64) -> Result<i64, StoreError> {
        let (select, parameters) = select_keys(self.dialect(), &self.names, condition, now)?;
        let row =
            self.connection.query_first(&format!("SELECT COUNT(*) FROM ({select}) found"), &parameters)?;
        row.map_or(Ok(0), |row| row.integer(0))
    }
}

/// Counts the audience version up, within the transaction of what changed it.
pub(super) fn bump_audience_version(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE setting SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'audience_version'",
        &[],
    )?;
    Ok(())
}
