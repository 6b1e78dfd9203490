//! Evaluating segments: who satisfies the condition, and who joined and left by that.
//!
//! Who joins and who leaves is found outside the write lock, in tables of the connection's own; members are
//! written by nobody but here, and the count of evaluations tells when another worker was faster. So the
//! transaction writes the difference and nothing else.

use std::collections::BTreeSet;

use crate::model::{Answers, Entity, time::LAG_LIMIT};
use crate::store::{
    Cell, Connection, Dialect, JsonRows, Membership, Store, StoreError,
    queue::{
        focus::{self, Reach, change_kind},
        pending_changes,
        versions::bump_audience_version,
    },
    sql::selection::{Selection, select_keys},
    tables::columns::Names,
};

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
    /// When work on it began, in real time.
    pub started: i64,
}

/// What was known about a segment when its evaluation began.
struct Before {
    key: i64,
    stale: i64,
    seen: i64,
    until: i64,
    /// Whether its definition is another than at the evaluation before, or there was none.
    redefined: bool,
}

/// What the evaluation found: how many of those in `membership_difference` joined, and how many left; and how many records were
/// looked at, all when that is empty.
struct Found {
    joined: u64,
    left: u64,
    looked_at: Option<i64>,
}

impl Store {
    /// Evaluates a segment. The evaluation itself runs outside the write lock; the difference, who joined
    /// and who left, is written in one transaction, in which the dependents become stale if there is any.
    ///
    /// # Errors
    /// When the store fails; then the members are what they were.
    pub fn evaluate(&mut self, evaluation: &Evaluation<'_>) -> Result<Difference, StoreError> {
        let row = self.connection.query_first(
            "SELECT g.key, g.stale, g.seen, g.evaluations, g.whole,
                (SELECT value FROM setting WHERE name = 'touched_batch'), g.defined_at, g.evaluated_at
             FROM segment g WHERE g.name = $1",
            &[evaluation.name.into()],
        )?;
        let Some(row) = row else { return Ok(Difference::default()) };
        let until = pending_changes::number(row.optional_text(5)?)?;
        let defined_at = row.integer(6)?;
        // Who joins or leaves because of a new definition does so now.
        let as_before = row.optional_integer(7)?.is_some_and(|evaluated_at| evaluated_at >= defined_at);
        let before = Before {
            key: row.integer(0)?,
            stale: row.integer(1)?,
            seen: row.integer(2)?,
            until,
            redefined: !as_before,
        };
        if row.integer(3)? != evaluation.evaluations {
            return Ok(Difference::default());
        }
        let mut looked_at = None;
        if let (Some(reach), 0) = (evaluation.reach, row.integer(4)?) {
            let names = &self.names;
            let subjects = focus::find_subjects(
                &mut self.connection,
                names,
                evaluation.target,
                reach,
                before.seen,
                until,
            )?;
            if !pending_changes::is_much(&mut self.connection, subjects)? {
                looked_at = Some(subjects);
            }
        }
        let found = match looked_at {
            Some(0) => Found { joined: 0, left: 0, looked_at },
            _ => {
                self.connection.cheap_key_reads(looked_at.is_some())?;
                let found = self.find_difference(evaluation, before.key, looked_at);
                self.connection.cheap_key_reads(false)?;
                found?
            }
        };
        if let Membership::Where(condition) = evaluation.membership
            && as_before
            && found.joined + found.left > 0
        {
            let earliest = evaluation.now.saturating_sub(LAG_LIMIT).max(defined_at);
            self.date_moves(before.key, condition, evaluation.now, earliest)?;
        }
        self.connection.write(|connection| write_difference(connection, evaluation, &before, &found))
    }

    /// Fills `membership_difference` with who joins and who leaves.
    fn find_difference(
        &mut self,
        evaluation: &Evaluation<'_>,
        segment_key: i64,
        looked_at: Option<i64>,
    ) -> Result<Found, StoreError> {
        self.connection.empty(&["evaluation", "membership_difference"])?;
        let selection = select_members(
            self.dialect(),
            &self.names,
            evaluation.membership,
            evaluation.target,
            evaluation.now,
            looked_at.is_some(),
        )?;
        if let (Some(_), Some(reach)) = (looked_at, evaluation.reach) {
            focus::widen(&mut self.connection, evaluation.target, reach, &selection.focus)?;
        }
        let now = evaluation.now;
        if let Membership::Where(condition) = evaluation.membership {
            self.answer_condition(condition, evaluation.now, looked_at.is_some(), evaluation.answers)?;
        }
        if evaluation.evaluations == 0 {
            // There is nothing to compare with.
            let sql = format!(
                "INSERT INTO membership_difference (key, joined, since) SELECT e.key, 1, {now} FROM ({}) e",
                selection.sql
            );
            let joined = self.connection.execute(&sql, &selection.parameters)?;
            return Ok(Found { joined, left: 0, looked_at });
        }
        let sql = format!("INSERT INTO evaluation (key) {}", selection.sql);
        let members = self.connection.execute(&sql, &selection.parameters)?;
        self.connection.analyze("evaluation", usize::try_from(members).unwrap_or(usize::MAX))?;
        let segment = [Cell::Integer(segment_key)];
        if looked_at.is_some() {
            let moved = self.connection.execute(
                &format!(
                    "INSERT INTO membership_difference (key, joined, since)
                     SELECT s.key, CASE WHEN e.key IS NULL THEN 0 ELSE 1 END, {now} FROM to_reevaluate s
                     LEFT JOIN evaluation e ON e.key = s.key
                     LEFT JOIN membership m ON m.segment_key = $1 AND m.subject_key = s.key
                     WHERE (e.key IS NULL AND m.subject_key IS NOT NULL)
                        OR (e.key IS NOT NULL AND m.subject_key IS NULL)"
                ),
                &segment,
            )?;
            let joined = self
                .connection
                .number("SELECT COUNT(*) FROM membership_difference WHERE joined = 1", &[])?
                .unsigned_abs();
            return Ok(Found { joined, left: moved - joined, looked_at });
        }
        let joined = self.connection.execute(
            &format!(
                "INSERT INTO membership_difference (key, joined, since) SELECT e.key, 1, {now} FROM evaluation e
                 WHERE NOT EXISTS (SELECT 1 FROM membership m WHERE m.segment_key = $1 AND m.subject_key = e.key)"
            ),
            &segment,
        )?;
        let left = self.connection.execute(
            &format!(
                "INSERT INTO membership_difference (key, joined, since) SELECT m.subject_key, 0, {now} FROM membership m
                 WHERE m.segment_key = $1 AND NOT EXISTS (SELECT 1 FROM evaluation e WHERE e.key = m.subject_key)"
            ),
            &segment,
        )?;
        Ok(Found { joined, left, looked_at })
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
            started: 0,
        })
    }
}

/// The statement that selects the members, of all or of those in `to_reevaluate`.
pub(in crate::store) fn select_members(
    dialect: Dialect,
    names: &Names,
    membership: &Membership,
    target: Entity,
    now: i64,
    focused: bool,
) -> Result<Selection, StoreError> {
    match membership {
        Membership::Where(condition) => select_keys(dialect, names, condition, now, focused),
        Membership::Static(ids) => {
            let mut json = JsonRows::default();
            ids.iter().for_each(|id| json.push(&[id.as_str().into()]));
            let rows = dialect.rows("$1");
            let those = if focused { " AND r.key IN (SELECT key FROM to_reevaluate)" } else { "" };
            let sql = format!(
                "SELECT r.key AS key FROM {} r WHERE r.id IN (SELECT value ->> 0 FROM {rows}){those}",
                target.name()
            );
            Ok(Selection { sql, parameters: vec![json.finish()], focus: BTreeSet::new() })
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

fn write_difference(
    connection: &mut Connection,
    evaluation: &Evaluation<'_>,
    before: &Before,
    found: &Found,
) -> Result<Difference, StoreError> {
    let (key, now) = (before.key, evaluation.now);
    if !begin(connection, evaluation, before)? {
        return Ok(Difference::default());
    }
    let stamp = [Cell::Integer(key), Cell::Integer(now)];
    if found.joined > 0 {
        connection.execute(
            "INSERT INTO membership (segment_key, subject_key, joined_at)
             SELECT CAST($1 AS BIGINT), key, since FROM membership_difference WHERE joined = 1",
            &stamp[..1],
        )?;
    }
    if found.left > 0 {
        connection.execute(
            "DELETE FROM membership WHERE segment_key = $1 AND subject_key IN (SELECT key FROM membership_difference WHERE joined = 0)",
            &stamp[..1],
        )?;
    }
    if found.joined + found.left > 0 {
        // Nobody has a history before the first evaluation.
        let known = match evaluation.evaluations {
            0 => "",
            _ => {
                " WHERE 1 = 1 ON CONFLICT (segment_key, subject_key, at)
                  DO UPDATE SET joined = excluded.joined, noted_at = excluded.noted_at,
                    by_definition = excluded.by_definition"
            }
        };
        connection.execute(
            &format!(
                "INSERT INTO membership_change (segment_key, subject_key, at, joined, noted_at, by_definition)
                 SELECT CAST($1 AS BIGINT), key, since, joined, CAST($2 AS BIGINT), {} FROM membership_difference{known}",
                i64::from(before.redefined)
            ),
            &stamp,
        )?;
        if matches!(evaluation.membership, Membership::Static(_)) {
            // What a segment by condition depends on wakes those who wait for it; a list is another by itself.
            connection.execute(
                &format!(
                    "INSERT INTO change (kind, subject_key, about) SELECT {}, key, 0 FROM membership_difference
                     WHERE EXISTS (SELECT 1 FROM step_wake WHERE type_key <= 0)",
                    change_kind(evaluation.target)
                ),
                &[],
            )?;
        }
    }
    let (joined, left) = (count(found.joined), count(found.left));
    let size = connection.number(
        "UPDATE segment SET size = size + CAST($2 AS BIGINT), milliseconds = $3, looked_at = $4 WHERE key = $1
         RETURNING size",
        &[
            key.into(),
            (joined - left).into(),
            (evaluation.real_now)().saturating_sub(evaluation.started).into(),
            found.looked_at.into(),
        ],
    )?;
    if joined + left > 0 {
        // The planner has to know of a segment that is much larger than it was.
        if joined.saturating_mul(4) > size {
            connection.analyze("membership", usize::try_from(joined).unwrap_or(usize::MAX))?;
        }
        connection.execute(
            "INSERT INTO segment_evaluation (segment_key, at, size, joined, members_left) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (segment_key, at) DO UPDATE SET size = excluded.size,
                joined = segment_evaluation.joined + excluded.joined,
                members_left = segment_evaluation.members_left + excluded.members_left",
            &[key.into(), now.into(), size.into(), joined.into(), left.into()],
        )?;
        bump_audience_version(connection)?;
        tell_dependents(connection, evaluation, before, joined.saturating_add(left))?;
    }
    Ok(Difference { count: size, joined: found.joined, left: found.left })
}

/// Segments that refer to one that changed are stale: they look at those who joined and left it, or at
/// everybody where those are many.
fn tell_dependents(
    connection: &mut Connection,
    evaluation: &Evaluation<'_>,
    before: &Before,
    moved: i64,
) -> Result<(), StoreError> {
    if evaluation.dependents.is_empty() {
        return Ok(());
    }
    let much = pending_changes::is_much(connection, moved)?;
    let mut looks_at_few = false;
    for name in evaluation.dependents {
        let row = connection.query_first(
            "UPDATE segment SET stale = stale + 1, whole = CASE WHEN $2 = 1 THEN 1 ELSE whole END WHERE name = $1
             RETURNING whole",
            &[name.as_str().into(), i64::from(much).into()],
        )?;
        looks_at_few |= row.map_or(Ok(1), |row| row.integer(0))? == 0;
    }
    if looks_at_few {
        let batch = pending_changes::next_batch(connection)?;
        let kind = 10 + change_kind(evaluation.target);
        connection.execute(
            "INSERT INTO pending_change (batch, kind, about, subject_key)
             SELECT CAST($1 AS BIGINT), CAST($2 AS SMALLINT), CAST($3 AS BIGINT), key FROM membership_difference",
            &[Cell::Integer(batch), kind.into(), before.key.into()],
        )?;
    }
    Ok(())
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
