//! Evaluating the segments whose inputs can have changed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    failing::{Failing, SEGMENT},
    turns::{Turns, next_evaluation, passed},
    written::membership,
};
use crate::{
    compile::{Plan, SegmentPlan},
    conditions::Dependencies,
    model::Entity,
    store::{Difference, Evaluation, Fields, Incoming, Reach, SegmentState, Store, StoreError},
};

/// What a refresh did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// How many segments were evaluated.
    pub evaluated: usize,
    /// How many joined.
    pub joined: u64,
    /// How many left.
    pub left: u64,
}

/// Evaluates every segment that is new, was changed, is stale, or whose time has come; those that others
/// refer to first. Where that is enough, only those are looked at whom something that came in or the
/// passing of time can concern. `real_now` tells how long it takes. A segment whose evaluation the database
/// refuses stays as it was, and so do those that ask for it.
///
/// # Errors
/// When the store fails; segments evaluated before stay evaluated.
pub fn refresh(
    store: &mut Store,
    plan: &Plan,
    now: i64,
    real_now: &dyn Fn() -> i64,
) -> Result<Refreshed, StoreError> {
    let mut states = states(store)?;
    let mut declared = false;
    for segment in &plan.segments {
        let known = states.get(&segment.name);
        if known.is_none_or(|known| known.hash != segment.hash || known.active != segment.active) {
            store.declare_segment(&segment.name, segment.target, &segment.hash, segment.active, now)?;
            declared = true;
        }
    }
    if declared {
        states = self::states(store)?;
    }
    let mut failing = Failing::read(store, plan)?;
    let mut done = Refreshed::default();
    let mut moved: Vec<&str> = Vec::new();
    for segment in &plan.segments {
        let Some(state) = states.get(&segment.name) else { continue };
        let follows = segment.dependencies.segments.iter().any(|name| moved.contains(&name.as_str()));
        let due = state.next_evaluation_at.is_some_and(|at| at <= now);
        let failed = failing.has(SEGMENT, &segment.name);
        let Dependencies { segments, scores, .. } = &segment.dependencies;
        if let Some(reason) = failing.needed(plan, segments, scores) {
            failing.failed(store, (SEGMENT, &segment.name), &reason, now)?;
            continue;
        }
        if !(follows || due || failed || state.stale || state.evaluated_at.is_none()) {
            continue;
        }
        let difference = match evaluate(store, plan, segment, state, now, real_now) {
            Ok(difference) => difference,
            Err(error) if error.is_about_a_statement() => {
                failing.failed(store, (SEGMENT, &segment.name), &error.to_string(), now)?;
                continue;
            }
            Err(error) => return Err(error),
        };
        failing.works(store, SEGMENT, &segment.name)?;
        done.evaluated += 1;
        done.joined += difference.joined;
        done.left += difference.left;
        if difference.joined + difference.left > 0 {
            moved.push(&segment.name);
        }
        tracing::debug!(
            segment = segment.name,
            count = difference.count,
            joined = difference.joined,
            left = difference.left,
            "segment evaluated"
        );
    }
    if done.evaluated > 0 {
        let defined: Vec<&str> = plan.segments.iter().map(|segment| segment.name.as_str()).collect();
        store.forget_touched(&defined)?;
    }
    Ok(done)
}

fn evaluate(
    store: &mut Store,
    plan: &Plan,
    segment: &SegmentPlan,
    state: &SegmentState,
    now: i64,
    real_now: &dyn Fn() -> i64,
) -> Result<Difference, StoreError> {
    let started = real_now();
    let membership = membership(segment);
    let turns = Turns::of(segment);
    let next = next_evaluation(store, segment, &turns, now)?;
    let due = state.next_evaluation_at.is_some_and(|at| at <= now);
    let dependents: Vec<String> = plan
        .segments
        .iter()
        .filter(|other| other.dependencies.segments.contains(&segment.name))
        .map(|other| other.name.clone())
        .collect();
    // What asks for the moment itself changes for everybody when that comes; windows change only for
    // those whose interactions come and go.
    let everybody = state.whole || turns.always || (turns.with_clock() && due);
    let reach = match state.evaluated_at {
        Some(before) if !everybody => reach(segment, before, now),
        _ => None,
    };
    store.evaluate(&Evaluation {
        name: &segment.name,
        membership: &membership,
        target: segment.target,
        now,
        next_evaluation_at: next,
        dependents: &dependents,
        reach: reach.as_ref(),
        evaluations: state.evaluations,
        answers: &*plan.library,
        real_now,
        started,
    })
}

/// What can concern a segment since it was evaluated, when that can be told.
fn reach(segment: &SegmentPlan, before: i64, now: i64) -> Option<Reach> {
    let dependencies = &segment.dependencies;
    Some(Reach {
        contacts: concerns(segment, Entity::Contact),
        accounts: concerns(segment, Entity::Account),
        leads: concerns(segment, Entity::Lead),
        interactions: dependencies.interactions.iter().cloned().collect(),
        account_interactions: dependencies.account_interactions.iter().cloned().collect(),
        profiling_in_history: false,
        segments: dependencies.segments.iter().cloned().collect(),
        across: dependencies.across,
        primary_contacts: dependencies.primary_contacts,
        followed: dependencies.followed.iter().cloned().collect(),
        activities: dependencies.activities,
        passed: passed(segment, before, now)?,
    })
}

/// The fields of a kind of record whose change can change who belongs to a segment.
fn concerns(segment: &SegmentPlan, entity: Entity) -> Fields {
    fields(&segment.dependencies, segment.target, entity)
}

/// The fields of a kind of record on which an answer about records of `target` depends.
pub(super) fn fields(dependencies: &Dependencies, target: Entity, entity: Entity) -> Fields {
    let mut fields = Fields::of(dependencies.fields(entity));
    if target == entity {
        fields = fields | Fields::BELONGING;
    }
    if dependencies.belongings() {
        fields = fields | Fields::LEFT;
    }
    fields
}

fn meet(came: &[String], asked: &BTreeSet<String>) -> bool {
    came.iter().any(|kind| asked.contains(kind))
}

/// Tells of something that came in the names of the segments that may have changed by it.
pub fn affected(plan: &Plan) -> impl Fn(&Incoming) -> Vec<String> {
    let segments = plan.segments.iter();
    let segments: Vec<_> =
        segments.map(|segment| (segment, Entity::ALL.map(|entity| concerns(segment, entity)))).collect();
    move |incoming| {
        let affected = segments.iter().filter(|(segment, concerns)| {
            Entity::ALL.iter().zip(concerns).any(|(entity, fields)| incoming.fields(*entity).meet(*fields))
                || (incoming.activities && segment.dependencies.activities)
                || meet(&incoming.interactions, &segment.dependencies.interactions)
                || meet(&incoming.account_interactions, &segment.dependencies.account_interactions)
        });
        affected.map(|(segment, _)| segment.name.clone()).collect()
    }
}

/// The earliest moment after `now` at which a segment has to be evaluated, on the workspace's refresh
/// schedule.
///
/// # Errors
/// When the store fails.
pub fn next_refresh(store: &mut Store, plan: &Plan, now: i64) -> Result<Option<i64>, StoreError> {
    let (states, failing) = (states(store)?, Failing::read(store, plan)?);
    // What fails is tried again whenever others are refreshed.
    let working = plan.segments.iter().filter(|segment| !failing.has(SEGMENT, &segment.name));
    let known = working.filter_map(|segment| states.get(&segment.name));
    let earliest =
        known.filter_map(|state| if state.stale { Some(now + 1) } else { state.next_evaluation_at }).min();
    Ok(earliest.and_then(|at| plan.settings.refresh.at_or_after(at.max(now + 1), &plan.settings.zone)))
}

fn states(store: &mut Store) -> Result<BTreeMap<String, SegmentState>, StoreError> {
    Ok(store.segment_states()?.into_iter().map(|state| (state.name.clone(), state)).collect())
}
