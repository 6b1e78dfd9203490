//! Why a record belongs to a segment, or doesn't.

use std::sync::Arc;

use crate::{
    audience::written_segments,
    compile::{Members, Plan, SegmentPlan},
    conditions::{Clause, Facts, InteractionFact, evaluate},
    model::{Answers, Entity, Value},
    store::{RecordContext, Store, StoreError},
};

/// Why a record belongs to a segment, or doesn't.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentStory {
    /// Whether it belonged to it when that was evaluated last.
    pub is_member: bool,
    /// Whether it satisfies what the segment asks now.
    pub holds: bool,
    /// The segment's clauses with what decided them.
    pub clause: Clause,
}

/// Why a record belongs to a segment at a moment, or doesn't; nothing when there is no such record.
///
/// # Errors
/// When the store fails.
pub fn segment_story(
    store: &mut Store,
    segment: &SegmentPlan,
    id: &str,
    plan: &Plan,
    now: i64,
) -> Result<Option<SegmentStory>, StoreError> {
    let catalog = &plan.catalog;
    let dependencies = &segment.dependencies;
    let interactions: Vec<String> = dependencies.all_interactions().cloned().collect();
    let nested: Vec<(String, Entity)> = dependencies
        .segments
        .iter()
        .filter_map(|name| catalog.segments.get(name).map(|holds| (name.clone(), *holds)))
        .collect();
    let own = [(segment.name.clone(), segment.target)];
    let found =
        store.record_context(segment.target, id, catalog, &interactions, &own, &dependencies.followed)?;
    let Some(mut record_context) = found else { return Ok(None) };
    let is_member = record_context.members.get(&segment.name).is_some_and(|members| members.contains(id));
    store.take_segments_as_written(written_segments(plan));
    for (name, holds) in &nested {
        let ids = record_context.records.get(holds).map(|records| records.keys().cloned().collect());
        let among = store.members_among(
            name,
            *holds,
            &ids.unwrap_or_default(),
            &segment.zone,
            now,
            &*plan.library,
        )?;
        record_context.members.insert(name.clone(), among);
    }
    let clause = match &segment.members {
        Members::Static(ids) => Some(Clause {
            says: format!("the id is one of the {} that are listed", ids.len()),
            holds: ids.iter().any(|listed| listed == id),
            values: vec![("id".to_owned(), Value::Text(id.to_owned()))],
            parts: Vec::new(),
        }),
        Members::Where(condition) => {
            let answers: Arc<dyn Answers> = plan.library.clone();
            let facts = Facts { answers: Some(answers), ..facts(record_context) };
            evaluate(&condition.predicate, segment.target, id, &facts, now, &segment.zone)
        }
    };
    Ok(clause.map(|clause| SegmentStory { is_member, holds: clause.holds && segment.active, clause }))
}

fn facts(record_context: RecordContext) -> Facts {
    let mut facts =
        Facts { activities: record_context.activities, changes: record_context.changes, ..Facts::default() };
    for (entity, records) in record_context.records {
        for (id, record) in records {
            facts.add(entity, &id, record);
        }
    }
    facts.interactions = record_context
        .interactions
        .into_iter()
        .map(|found| InteractionFact {
            kind: found.kind,
            at: found.at,
            contact_id: found.contact_id,
            account_id: found.account_id,
            values: found.values,
        })
        .collect();
    facts.members = record_context.members;
    facts
}
