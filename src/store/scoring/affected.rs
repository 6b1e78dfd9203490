//! Whose scores have to be computed: those whom something that came in, the clock, or fading points can
//! concern.

use super::facts::looks_around;
use crate::model::{Entity, Value, scoring::ScoringModel};
use crate::store::{
    Connection, StoreError,
    queue::focus::{Focus, Queue, Reach, table},
    tables::columns::{Names, cell, field_column},
};

/// What can have changed scores since they were computed last, beside what the queue holds and what fades.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// What of all that comes in or passes can concern them, members of segments apart.
    pub reach: Reach,
    /// Segments that matter, each with what it holds.
    pub segments: Vec<(String, Entity)>,
    /// The moment from which on members of these segments may have changed.
    pub since: i64,
    /// Fields that the clock passed.
    pub turned: Vec<Turned>,
    /// Whether an hour turned, so that points can have faded.
    pub faded: bool,
}

/// The records whose date or moment in a field lies in a stretch, both ends included.
#[derive(Debug, Clone, PartialEq)]
pub struct Turned {
    /// Whose field.
    pub entity: Entity,
    /// The field.
    pub field: String,
    /// The first date or moment.
    pub first: Value,
    /// The last one.
    pub last: Value,
}

/// So few subjects are never worth going through all of them.
const FEW: i64 = 1_000;

/// Whose scores have to be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Few {
    /// How many records are in the table `rescore`. The contacts or accounts that they are, or are leads of,
    /// are in `subject`.
    pub(in crate::store) rescore: i64,
    /// About how many contacts or accounts [`moving_bases`] gives.
    pub(in crate::store) moving: i64,
}

/// The statement that gives the contacts or accounts of whom nothing changed but what they did and when, in a
/// column `base`.
pub(in crate::store) fn moving_bases(base: Entity) -> String {
    format!(
        "SELECT f.key AS base FROM {} f WHERE NOT EXISTS (SELECT 1 FROM to_reevaluate s WHERE s.key = f.key)",
        table(base)
    )
}

/// Tells apart whom a change or the clock can concern: fills the tables `to_reevaluate`, with the contacts or
/// accounts whose scores, or whose leads' scores, are computed from all that the model asks for, and `rescore`,
/// with the records that have them; and puts into focus those for whom it is enough to look at what they did.
/// Nothing when it is better to compute all.
pub(in crate::store) fn fill(
    connection: &mut Connection,
    names: &Names,
    model: &ScoringModel,
    changes: &Changes,
    now: i64,
) -> Result<Option<Few>, StoreError> {
    let mut reach = changes.reach.clone();
    let (rescore, moving) = if looks_around(model) {
        (rescore(connection, names, model, changes, &reach, now)?, 0)
    } else {
        let did = Reach {
            interactions: std::mem::take(&mut reach.interactions),
            account_interactions: std::mem::take(&mut reach.account_interactions),
            passed: std::mem::take(&mut reach.passed),
            ..Reach::default()
        };
        let rescore = rescore(connection, names, model, changes, &reach, now)?;
        let (base, mut focus) = (model.target.base(), Focus::anew(connection)?);
        focus.pending(names, &did, &QUEUE)?;
        add_fading(&mut focus, names, model, changes, now)?;
        (rescore, focus.count(table(base))?)
    };
    let all = format!("SELECT COALESCE(MAX(key), 0) FROM {}", model.target.subject().name());
    let all = connection.number(&all, &[])?;
    // Where very many are computed, going through all of them is quicker.
    if rescore + moving > (all / 3).max(FEW) {
        return Ok(None);
    }
    Ok(Some(Few { rescore, moving }))
}

/// What came in for scores.
const QUEUE: Queue<'static> =
    Queue { from: "score_change t JOIN score_seen y ON y.key = t.key WHERE 1 = 1", parameters: &[] };

/// The parents of leads that a statement gives; where contacts or accounts are scored, these themselves.
fn parents(model: &ScoringModel, select: &str) -> String {
    match model.target.subject() {
        Entity::Lead => format!(
            "SELECT l.{0}_key FROM ({select}) q CROSS JOIN lead l WHERE l.key = q.key AND l.{0}_key IS NOT NULL",
            model.target.base().name()
        ),
        _ => select.to_owned(),
    }
}

/// Puts those into focus whose points can have faded.
fn add_fading(
    focus: &mut Focus<'_>,
    names: &Names,
    model: &ScoringModel,
    changes: &Changes,
    now: i64,
) -> Result<(), StoreError> {
    if changes.faded {
        let fading = "SELECT s.subject_key AS key FROM score s WHERE s.model_key = $1 AND s.fades_at <= $2";
        focus.add(
            table(model.target.base()),
            &parents(model, fading),
            &[names.model_key(&model.name).into(), now.into()],
        )?;
    }
    Ok(())
}

/// Fills `to_reevaluate` and `rescore` with those whom what is within reach can concern; tells how many are in the
/// latter.
fn rescore(
    connection: &mut Connection,
    names: &Names,
    model: &ScoringModel,
    changes: &Changes,
    reach: &Reach,
    now: i64,
) -> Result<i64, StoreError> {
    let (dialect, base, around) = (connection.dialect(), model.target.base(), looks_around(model));
    let mut focus = Focus::start(connection)?;
    focus.pending(names, reach, &QUEUE)?;
    for (segment, holds) in &changes.segments {
        focus.add(
            table(*holds),
            "SELECT DISTINCT m.subject_key FROM membership_change m
             WHERE m.segment_key = $1 AND m.noted_at >= $2 AND m.noted_at <= $3 AND EXISTS
                (SELECT 1 FROM segment_evaluation e WHERE e.segment_key = $1 AND e.at >= $2)",
            &[names.segment_key(segment).into(), changes.since.into(), now.into()],
        )?;
    }
    for Turned { entity, field, first, last } in &changes.turned {
        let column = match first {
            Value::Date(_) => dialect.order_text(&format!("r.{}", field_column(field))),
            _ => format!("r.{}", field_column(field)),
        };
        focus.add(
            table(*entity),
            &format!("SELECT r.key FROM {} r WHERE {column} >= $1 AND {column} <= $2", entity.name()),
            &[cell(first), cell(last)],
        )?;
    }
    // Leads are computed with all the other leads of their parent, or by themselves when they have none.
    let queued =
        "SELECT x.subject_key AS key FROM score_change x JOIN score_seen y ON y.key = x.key WHERE x.kind = 4
                  UNION SELECT key FROM affected_lead";
    let lead = model.target.subject() == Entity::Lead;
    if around {
        add_fading(&mut focus, names, model, changes, now)?;
    }
    if lead {
        focus.add(table(base), &parents(model, queued), &[])?;
    }
    focus.concerned(base, reach)?;
    if around {
        focus.around(base, reach, &Entity::ALL.into_iter().collect())?;
    }
    connection.empty(&["rescore"])?;
    let subjects = match lead {
        true => format!(
            "SELECT l.key FROM to_reevaluate p CROSS JOIN lead l WHERE l.{}_key = p.key UNION ALL {queued}",
            base.name()
        ),
        false => "SELECT p.key FROM to_reevaluate p".to_owned(),
    };
    let count = connection
        .execute(&format!("INSERT INTO rescore (key) {}", dialect.keys_to_add(&subjects, false)), &[])?;
    connection.analyze("rescore", usize::try_from(count).unwrap_or(usize::MAX))?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}
