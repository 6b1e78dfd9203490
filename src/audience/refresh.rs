//! Evaluating the segments whose inputs can have changed.

use std::collections::BTreeMap;

use super::scripts;
use crate::{
    calendar,
    compile::{Members, Plan, SegmentPlan},
    model::{Entity, time::HOUR},
    store::{Incoming, Membership, SegmentState, Store, StoreError},
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
/// refer to first.
///
/// # Errors
/// When the store fails; segments evaluated before stay evaluated.
pub fn refresh(store: &mut Store, plan: &Plan, now: i64) -> Result<Refreshed, StoreError> {
    let mut states = states(store)?;
    let mut declared = false;
    for segment in &plan.segments {
        let known = states.get(&segment.name);
        if known.is_none_or(|known| known.hash != segment.hash || known.active != segment.active) {
            store.declare_segment(&segment.name, segment.target, &segment.hash, segment.active)?;
            declared = true;
        }
    }
    if declared {
        states = self::states(store)?;
    }
    let mut done = Refreshed::default();
    let mut moved: Vec<&str> = Vec::new();
    for segment in &plan.segments {
        let Some(state) = states.get(&segment.name) else { continue };
        let follows = segment.interests.segments.iter().any(|name| moved.contains(&name.as_str()));
        let due = state.next_evaluation_at.is_some_and(|at| at <= now);
        if !(follows || due || state.stale || state.evaluated_at.is_none()) {
            continue;
        }
        let membership = match (&segment.members, segment.active) {
            (_, false) => Membership::Static(Vec::new()),
            (Members::Where(condition), true) => Membership::Where(condition.clone()),
            (Members::Static(ids), true) => Membership::Static(ids.clone()),
        };
        if let (Members::Where(condition), true) = (&segment.members, segment.active) {
            scripts::answer(store, plan, condition, now)?;
        }
        let next = next_evaluation(store, segment, now)?;
        let dependents: Vec<String> = plan
            .segments
            .iter()
            .filter(|other| other.interests.segments.contains(&segment.name))
            .map(|other| other.name.clone())
            .collect();
        let difference =
            store.evaluate_segment(&segment.name, &membership, segment.target, now, next, &dependents)?;
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
    Ok(done)
}

/// The names of the segments that may have changed by what came in.
#[must_use]
pub fn affected(plan: &Plan, incoming: &Incoming) -> Vec<String> {
    let concerns = |segment: &&SegmentPlan| {
        let interests = &segment.interests;
        let accounts = segment.target == Entity::Account
            || interests.account_fields
            || !interests.segments.is_empty()
            || matches!(segment.members, Members::Static(_));
        let leads = segment.target == Entity::Lead || interests.lead_fields;
        incoming.contacts
            || (incoming.accounts && accounts)
            || (incoming.leads && leads)
            || (incoming.activities && interests.activities)
            || incoming.interactions.iter().any(|kind| interests.interactions.contains(kind))
    };
    plan.segments.iter().filter(concerns).map(|segment| segment.name.clone()).collect()
}

/// The earliest moment after `now` at which a segment has to be evaluated, on the workspace's refresh
/// schedule.
///
/// # Errors
/// When the store fails.
pub fn next_refresh(store: &mut Store, plan: &Plan, now: i64) -> Result<Option<i64>, StoreError> {
    let states = states(store)?;
    let known = plan.segments.iter().filter_map(|segment| states.get(&segment.name));
    let earliest =
        known.filter_map(|state| if state.stale { Some(now + 1) } else { state.next_evaluation_at }).min();
    Ok(earliest.and_then(|at| plan.settings.refresh.at_or_after(at.max(now + 1), &plan.settings.zone)))
}

fn states(store: &mut Store) -> Result<BTreeMap<String, SegmentState>, StoreError> {
    Ok(store.segment_states()?.into_iter().map(|state| (state.name.clone(), state)).collect())
}

/// When a segment changes next though nothing comes in: an interaction dated later happens, one falls
/// out of a window, a day or hour turns.
fn next_evaluation(store: &mut Store, segment: &SegmentPlan, now: i64) -> Result<Option<i64>, StoreError> {
    if !segment.active {
        return Ok(None);
    }
    let mut next: Option<i64> = None;
    let mut sooner = |at: i64| next = Some(next.map_or(at, |next| next.min(at)));
    for edge in &segment.edges {
        // A window includes its end: what happened falls out a millisecond later.
        let (after, shift) = match edge.window {
            None => (Some(now), None),
            Some(length) => (calendar::before(now, length, &segment.zone).ok(), Some(length)),
        };
        let Some(after) = after else { continue };
        // A moment whose window ends right now still belongs to it.
        let after = if shift.is_some() { after.saturating_sub(1) } else { after };
        if let Some(at) = store.next_interaction(&edge.interaction, after)? {
            match shift {
                None => sooner(at),
                Some(length) => {
                    if let Ok(end) = calendar::after(at, length, &segment.zone) {
                        sooner(end.saturating_add(1).max(now + 1));
                    }
                }
            }
        }
    }
    if segment.turns_with_clock {
        sooner(now - now.rem_euclid(HOUR) + HOUR);
        if let Ok(tomorrow) = calendar::today(now, 1, &segment.zone)
            && let Ok(midnight) = calendar::start_of_day(&tomorrow, &segment.zone)
        {
            sooner(midnight);
        }
    }
    Ok(next)
}
