//! Whose scores have to be computed: those whom something that came in, the clock, or fading points can
//! concern.

use super::{
    Connection, StoreError,
    columns::{Names, cell, field_column},
    focus::{Focus, Queue, Reach},
    score_facts::looks_around,
};
use crate::model::{Entity, Value, scoring::ScoringModel};

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

/// Fills the tables `subject`, with the contacts or accounts whose scores, or whose leads' scores, are
/// computed, and `rescore`, with the records that have them. Tells how many those are; nothing when it is
/// better to compute all. Who can have changed is put into focus first, as for segments.
pub(super) fn fill(
    connection: &mut Connection,
    names: &Names,
    model: &ScoringModel,
    changes: &Changes,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    let (dialect, reach) = (connection.dialect(), &changes.reach);
    let key = names.model_key(&model.name);
    let base = model.target.base();
    let mut focus = Focus::start(connection)?;
    let queue =
        Queue { from: "score_change t JOIN score_seen y ON y.key = t.key WHERE 1 = 1", parameters: &[] };
    focus.touched(names, reach, &queue)?;
    for (segment, holds) in &changes.segments {
        focus.add(
            &format!("focus_{}", holds.name()),
            "SELECT DISTINCT m.subject_key FROM membership_change m
             WHERE m.segment_key = $1 AND m.at >= $2 AND m.at <= $3 AND EXISTS
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
            &format!("focus_{}", entity.name()),
            &format!("SELECT r.key FROM {} r WHERE {column} >= $1 AND {column} <= $2", entity.name()),
            &[cell(first), cell(last)],
        )?;
    }
    let lead = model.target.subject() == Entity::Lead;
    let parent = format!("{}_key", base.name());
    let fading = "SELECT s.subject_key AS key FROM score s WHERE s.model_key = $1 AND s.fades_at <= $2";
    // Leads are computed with all the other leads of their parent, or by themselves when they have none.
    let queued =
        "SELECT x.subject_key AS key FROM score_change x JOIN score_seen y ON y.key = x.key WHERE x.kind = 4
                  UNION SELECT key FROM focus_lead";
    let parents = |leads: &str| match lead {
        true => format!(
            "SELECT l.{parent} FROM ({leads}) q CROSS JOIN lead l WHERE l.key = q.key AND l.{parent} IS NOT NULL"
        ),
        false => leads.to_owned(),
    };
    let table = format!("focus_{}", base.name());
    if changes.faded {
        focus.add(&table, &parents(fading), &[key.into(), now.into()])?;
    }
    if lead {
        focus.add(&table, &parents(queued), &[])?;
    }
    focus.concerned(base, reach)?;
    if looks_around(model) {
        focus.surroundings(base, reach)?;
    }
    connection.execute("DELETE FROM rescore", &[])?;
    let subjects = match lead {
        true => format!(
            "SELECT l.key FROM subject p CROSS JOIN lead l WHERE l.{parent} = p.key UNION ALL {queued}"
        ),
        false => "SELECT p.key FROM subject p".to_owned(),
    };
    let sql = format!(
        "INSERT INTO rescore (key) SELECT * FROM ({subjects}) found WHERE 1 = 1 ON CONFLICT DO NOTHING"
    );
    let count = connection.execute(&sql, &[])?;
    let all = format!("SELECT COALESCE(MAX(key), 0) FROM {}", model.target.subject().name());
    let all = connection.query_first(&all, &[])?.map_or(Ok(0), |row| row.integer(0))?;
    // Where very many are computed, going through all of them is quicker.
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    if count > (all / 3).max(FEW) {
        return Ok(None);
    }
    connection.analyze("rescore", usize::try_from(count).unwrap_or(usize::MAX))?;
    Ok(Some(count))
}
