//! Segments and who belongs to them.

use super::preview::named;
use crate::model::{Answers, Condition, Entity};
use crate::store::{
    Cell, Store, StoreError,
    sql::selection::select_keys,
    tables::columns::{Names, field_column},
};

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
    /// Whether everybody has to be looked at next time.
    pub whole: bool,
    /// How often it was evaluated.
    pub evaluations: i64,
    /// How long the last evaluation took, in milliseconds of real time.
    pub milliseconds: Option<i64>,
    /// How many records the last evaluation looked at; nothing means all.
    pub looked_at: Option<i64>,
}

/// An evaluation that changed who belongs to a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvaluationRow {
    /// When it was.
    pub at: i64,
    /// How many belonged to the segment after it.
    pub count: i64,
    /// How many joined.
    pub joined: i64,
    /// How many left.
    pub left: i64,
}

/// A member of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The record's id.
    pub id: String,
    /// The record's name.
    pub name: Option<String>,
    /// A contact's account, or a lead's, by id.
    pub account_id: Option<String>,
    /// That account's name.
    pub account_name: Option<String>,
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
            "SELECT name, target, size, evaluated_at, next_evaluation_at, stale, active, hash, whole, evaluations,
                milliseconds, looked_at
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
                    whole: row.integer(8)? != 0,
                    evaluations: row.integer(9)?,
                    milliseconds: row.optional_integer(10)?,
                    looked_at: row.optional_integer(11)?,
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
        now: i64,
    ) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO segment (name, target, hash, active, stale, size, defined_at)
             VALUES ($1, $2, $3, $4, 1, 0, $5)
             ON CONFLICT (name) DO UPDATE SET target = excluded.target, hash = excluded.hash,
                active = excluded.active, stale = segment.stale + 1, whole = 1, defined_at = excluded.defined_at
             WHERE segment.hash <> excluded.hash OR segment.active <> excluded.active",
            &[name.into(), target.name().into(), hash.into(), i64::from(active).into(), now.into()],
        )?;
        self.names = Names::load(&mut self.connection)?;
        Ok(())
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

    /// The first moment from `from` on, itself included, that a field of any record holds.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_field_moment(
        &mut self,
        entity: Entity,
        field: &str,
        from: i64,
    ) -> Result<Option<i64>, StoreError> {
        let column = field_column(field);
        let sql = format!("SELECT MIN({column}) FROM {} WHERE {column} >= $1", entity.name());
        let row = self.connection.query_first(&sql, &[from.into()])?;
        row.map_or(Ok(None), |row| row.optional_integer(0))
    }

    /// The earliest moment from `from` on at which a field of any record got its present value, or a record came in.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_change(&mut self, entity: Entity, field: &str, from: i64) -> Result<Option<i64>, StoreError> {
        let sql = format!(
            "SELECT MIN(u.v) FROM (
                SELECT MIN(f.since) AS v FROM field_since f WHERE f.kind = {} AND f.field = $1 AND f.since >= $2
                UNION ALL SELECT MIN(r.known_since) FROM {} r WHERE r.known_since >= $2) u",
            crate::store::queue::focus::change_kind(entity),
            entity.name()
        );
        let row = self.connection.query_first(&sql, &[field.into(), from.into()])?;
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
        self.segment_members_after(name, target, None, None, each)
    }

    /// The members of a segment, ordered by id: those after an id, and at most so many.
    ///
    /// # Errors
    /// When the store fails, or `each` does.
    pub fn segment_members_after(
        &mut self,
        name: &str,
        target: Entity,
        after: Option<&str>,
        limit: Option<u64>,
        each: &mut dyn FnMut(Member) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut parameters = vec![Cell::Integer(self.names.segment_key(name))];
        let order = self.dialect().order_text("r.id");
        let (columns, joins) = named(target);
        let mut rest = String::new();
        if let Some(after) = after {
            parameters.push(after.into());
            rest = format!(" AND {order} > CAST($2 AS TEXT)");
        }
        rest = format!("{rest} ORDER BY {order}");
        if let Some(limit) = limit {
            rest = format!("{rest} LIMIT {limit}");
        }
        let sql = format!(
            "SELECT r.id, {columns}, m.joined_at FROM membership m JOIN {} r ON r.key = m.subject_key {joins}
             WHERE m.segment_key = $1{rest}",
            target.name()
        );
        self.connection.query_each(&sql, &parameters, &mut |row| {
            each(Member {
                id: row.text(0)?,
                name: row.optional_text(1)?,
                account_id: row.optional_text(2)?,
                account_name: row.optional_text(3)?,
                joined_at: row.integer(4)?,
            })
        })
    }

    /// How many joined and left a segment after `since`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn segment_trend(&mut self, name: &str, since: i64) -> Result<(i64, i64), StoreError> {
        let key = self.names.segment_key(name);
        let row = self.connection.query_first(
            "SELECT CAST(COALESCE(SUM(joined), 0) AS BIGINT), CAST(COALESCE(SUM(members_left), 0) AS BIGINT)
             FROM segment_evaluation WHERE segment_key = $1 AND at > $2",
            &[key.into(), since.into()],
        )?;
        match row {
            Some(row) => Ok((row.integer(0)?, row.integer(1)?)),
            None => Ok((0, 0)),
        }
    }

    /// The evaluations after `since` that changed who belongs to a segment, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn segment_evaluations(&mut self, name: &str, since: i64) -> Result<Vec<EvaluationRow>, StoreError> {
        let key = self.names.segment_key(name);
        let sql = "SELECT at, size, joined, members_left FROM segment_evaluation
                   WHERE segment_key = $1 AND at > $2 ORDER BY at";
        let rows = self.connection.query(sql, &[key.into(), since.into()])?;
        rows.iter()
            .map(|row| {
                Ok(EvaluationRow {
                    at: row.integer(0)?,
                    count: row.integer(1)?,
                    joined: row.integer(2)?,
                    left: row.integer(3)?,
                })
            })
            .collect()
    }

    /// How many records satisfy a condition; nothing is written.
    ///
    /// # Errors
    /// When the store fails.
    pub fn count_matching(
        &mut self,
        condition: &Condition,
        now: i64,
        answers: &dyn Answers,
    ) -> Result<i64, StoreError> {
        self.answer_condition(condition, now, false, answers)?;
        let found = select_keys(self.dialect(), &self.names, condition, now, false)?;
        let sql = format!("SELECT COUNT(*) FROM ({}) found", found.sql);
        self.connection.number(&sql, &found.parameters)
    }
}
