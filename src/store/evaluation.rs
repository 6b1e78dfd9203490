//! Evaluating segments: who satisfies the condition, and who joined and left by that.

use super::{
    Cell, Connection, Dialect, JsonRows, Store, StoreError,
    columns::Names,
    focus::{self, Reach, change_kind},
    predicate::select_keys,
    segments::bump_audience_version,
    touched,
};
use crate::model::{Answers, Condition, Entity};

/// What a segment is made from.
#[derive(Debug, Clone, PartialEq)]
pub enum Membership {
    /// Whoever satisfies a condition.
    Where(Condition),
    /// The records with these ids; ids of no record are passed over.
    Static(Vec<String>),
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

/// An evaluation that is to be done.
pub struct Evaluation<'a> {
    /// The segment's name.
    pub name: &'a str,
    /// What it is made from.
    pub membership: &'a Membership,
    /// What it holds.
    pub target: Entity,
    /// The present moment.
    pub now: i64,
    /// When it has to be evaluated next though nothing comes in.
    pub next_evaluation_at: Option<i64>,
    /// Segments that refer to this one.
    pub dependents: &'a [String],
    /// What can concern it, when looking at those is enough; everybody is looked at otherwise.
    pub reach: Option<&'a Reach>,
    /// How often it was evaluated when this was decided: if another worker was faster, nothing is done.
    pub evaluations: i64,
    /// Who answers calls of functions.
    pub answers: &'a dyn Answers,
    /// Real time, to tell how long it took.
    pub real_now: &'a dyn Fn() -> i64,
}

/// What was known about a segment when its evaluation began.
struct Before {
    key: i64,
    stale: i64,
    seen: i64,
    until: i64,
    started: i64,
}

impl Store {
    /// Evaluates a segment. The evaluation itself runs outside the write lock; the difference, who joined
    /// and who left, is written in one transaction, in which the dependents become stale if there is any.
    ///
    /// # Errors
    /// When the store fails; then the members are what they were.
    pub fn evaluate(&mut self, evaluation: &Evaluation<'_>) -> Result<Difference, StoreError> {
        let started = (evaluation.real_now)();
        let row = self.connection.query_first(
            "SELECT g.key, g.stale, g.seen, g.evaluations, g.whole, (SELECT value FROM setting WHERE name = 'touched_batch')
             FROM segment g WHERE g.name = $1",
            &[evaluation.name.into()],
        )?;
        let Some(row) = row else { return Ok(Difference::default()) };
        let until = touched::number(row.optional_text(5)?)?;
        let before =
            Before { key: row.integer(0)?, stale: row.integer(1)?, seen: row.integer(2)?, until, started };
        if row.integer(3)? != evaluation.evaluations {
            return Ok(Difference::default());
        }
        let mut looked_at = None;
        if let (Some(reach), 0) = (evaluation.reach, row.integer(4)?) {
            let names = &self.names;
            let subjects =
                focus::fill(&mut self.connection, names, evaluation.target, reach, before.seen, until)?;
            if !touched::is_much(&mut self.connection, subjects)? {
                looked_at = Some(subjects);
            }
        }
        if looked_at == Some(0) {
            return self.connection.write(|connection| take_note(connection, evaluation, &before));
        }
        if let Membership::Where(condition) = evaluation.membership {
            self.answer_condition(condition, evaluation.now, looked_at.is_some(), evaluation.answers)?;
        }
        self.connection.execute("DELETE FROM evaluation", &[])?;
        let (select, parameters) = select_members(
            self.dialect(),
            &self.names,
            evaluation.membership,
            evaluation.target,
            evaluation.now,
            looked_at.is_some(),
        )?;
        let found =
            self.connection.execute(&format!("INSERT INTO evaluation (key) {select}"), &parameters)?;
        self.connection.analyze("evaluation", usize::try_from(found).unwrap_or(usize::MAX))?;
        self.connection.write(|connection| write_difference(connection, evaluation, &before, looked_at))
    }

    /// Evaluates a segment at `now`, looking at everybody, without anybody who answers calls.
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
        let states = self.segment_states()?;
        let evaluations = states.iter().find(|state| state.name == name).map_or(0, |state| state.evaluations);
        self.evaluate(&Evaluation {
            name,
            membership,
            target,
            now,
            next_evaluation_at,
            dependents,
            reach: None,
            evaluations,
            answers: &(),
            real_now: &|| 0,
        })
    }
}

/// The statement that selects the members, of all or of those in `subject`.
pub(super) fn select_members(
    dialect: Dialect,
    names: &Names,
    membership: &Membership,
    target: Entity,
    now: i64,
    focused: bool,
) -> Result<(String, Vec<Cell>), StoreError> {
    match membership {
        Membership::Where(condition) => select_keys(dialect, names, condition, now, focused),
        Membership::Static(ids) => {
            let mut json = JsonRows::default();
            ids.iter().for_each(|id| json.push(&[id.as_str().into()]));
            let rows = dialect.rows("$1");
            let those = if focused { " AND r.key IN (SELECT key FROM subject)" } else { "" };
            let sql = format!(
                "SELECT r.key AS key FROM {} r WHERE r.id IN (SELECT value ->> 0 FROM {rows}){those}",
                target.name()
            );
            Ok((sql, vec![json.finish()]))
        }
    }
}

/// Takes note that a segment is evaluated; false when another worker was faster. Written first, so that of
/// two who evaluate at once one comes after the other and finds that it was done. What came in since the
/// evaluation began may not be in it.
fn begin(
    connection: &mut Connection,
    evaluation: &Evaluation<'_>,
    before: &Before,
) -> Result<bool, StoreError> {
    let noted = connection.execute(
        "UPDATE segment SET evaluated_at = $2, next_evaluation_at = $3, evaluations = evaluations + 1, seen = $4,
            whole = CASE WHEN stale > $5 THEN whole ELSE 0 END,
            stale = CASE WHEN stale > $5 THEN stale - $5 ELSE 0 END
         WHERE key = $1 AND evaluations = $6",
        &[
            before.key.into(),
            evaluation.now.into(),
            evaluation.next_evaluation_at.into(),
            before.until.into(),
            before.stale.into(),
            evaluation.evaluations.into(),
        ],
    )?;
    Ok(noted > 0)
}

/// Takes note of an evaluation that had nobody to look at.
fn take_note(
    connection: &mut Connection,
    evaluation: &Evaluation<'_>,
    before: &Before,
) -> Result<Difference, StoreError> {
    begin(connection, evaluation, before)?;
    let took = (evaluation.real_now)().saturating_sub(before.started);
    let row = connection.query_first(
        "UPDATE segment SET milliseconds = $2, looked_at = 0 WHERE key = $1 RETURNING size",
        &[before.key.into(), took.into()],
    )?;
    let count = row.map_or(Ok(0), |row| row.integer(0))?;
    Ok(Difference { count, ..Difference::default() })
}

fn write_difference(
    connection: &mut Connection,
    evaluation: &Evaluation<'_>,
    before: &Before,
    looked_at: Option<i64>,
) -> Result<Difference, StoreError> {
    let (key, now) = (before.key, evaluation.now);
    if !begin(connection, evaluation, before)? {
        return Ok(Difference::default());
    }
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
         SELECT $1, e.key, $2 FROM evaluation e WHERE 1 = 1 ON CONFLICT DO NOTHING",
        &stamp,
    )?;
    let among = match looked_at {
        Some(_) => "AND m.subject_key IN (SELECT key FROM subject)",
        None => "",
    };
    let left = connection.execute(
        &format!(
            "INSERT INTO membership_change (segment_key, subject_key, at, joined)
             SELECT $1, m.subject_key, $2, 0 FROM membership m
             WHERE m.segment_key = $1 {among}
               AND NOT EXISTS (SELECT 1 FROM evaluation e WHERE e.key = m.subject_key)
             ON CONFLICT DO NOTHING"
        ),
        &stamp,
    )?;
    let gone = connection.execute(
        &format!(
            "DELETE FROM membership AS m WHERE m.segment_key = $1 {among}
               AND NOT EXISTS (SELECT 1 FROM evaluation e WHERE e.key = m.subject_key)"
        ),
        &stamp[..1],
    )?;
    debug_assert!(left <= gone, "who leaves was a member");
    connection.analyze("membership", usize::try_from(joined).unwrap_or(usize::MAX))?;
    let size = match looked_at {
        Some(_) => "size + CAST($4 AS BIGINT) - CAST($5 AS BIGINT)",
        None => "(SELECT COUNT(*) FROM evaluation) + 0 * (CAST($4 AS BIGINT) + CAST($5 AS BIGINT))",
    };
    let (joined_cell, gone_cell) = (count(joined), count(gone));
    let row = connection.query_first(
        &format!("UPDATE segment SET size = {size}, milliseconds = $2, looked_at = $3 WHERE key = $1 RETURNING size"),
        &[
            key.into(),
            (evaluation.real_now)().saturating_sub(before.started).into(),
            looked_at.into(),
            joined_cell.into(),
            gone_cell.into(),
        ],
    )?;
    let size = row.map_or(Ok(0), |row| row.integer(0))?;
    if joined + gone > 0 {
        connection.execute(
            "INSERT INTO segment_evaluation (segment_key, at, size, joined, members_left) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (segment_key, at) DO UPDATE SET size = excluded.size,
                joined = segment_evaluation.joined + excluded.joined,
                members_left = segment_evaluation.members_left + excluded.members_left",
            &[key.into(), now.into(), size.into(), joined_cell.into(), gone_cell.into()],
        )?;
        bump_audience_version(connection)?;
        tell_dependents(connection, evaluation, before, joined_cell.saturating_add(gone_cell), looked_at)?;
    }
    Ok(Difference { count: size, joined, left: gone })
}

/// Segments that refer to one that changed are stale: they look at those who joined and left it, or at
/// everybody where those are many.
fn tell_dependents(
    connection: &mut Connection,
    evaluation: &Evaluation<'_>,
    before: &Before,
    moved: i64,
    looked_at: Option<i64>,
) -> Result<(), StoreError> {
    if evaluation.dependents.is_empty() {
        return Ok(());
    }
    let much = touched::is_much(connection, moved)?;
    if !much {
        // Whoever was looked at is enough, and found without reading the segment's whole history.
        let (source, clause) = match looked_at {
            Some(_) => ("(SELECT key AS subject_key FROM subject) s", ""),
            None => ("membership_change s", "WHERE s.segment_key = $2 AND s.at = $4"),
        };
        let batch = touched::next_batch(connection)?;
        let kind = 10 + change_kind(evaluation.target);
        let mut parameters = vec![Cell::Integer(batch), before.key.into(), kind.into()];
        if looked_at.is_none() {
            parameters.push(evaluation.now.into());
        }
        connection.execute(
            &format!(
                "INSERT INTO touched (batch, kind, type_key, subject_key)
                 SELECT DISTINCT CAST($1 AS BIGINT), CAST($3 AS SMALLINT), CAST($2 AS BIGINT), s.subject_key FROM {source}
                 {clause}"
            ),
            &parameters,
        )?;
    }
    for name in evaluation.dependents {
        connection.execute(
            "UPDATE segment SET stale = stale + 1, whole = CASE WHEN $2 = 1 THEN 1 ELSE whole END WHERE name = $1",
            &[name.as_str().into(), i64::from(much).into()],
        )?;
    }
    Ok(())
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
