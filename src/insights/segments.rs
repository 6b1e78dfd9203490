//! How large segments are, and how they move.

use std::collections::BTreeMap;

use crate::{
    calendar::{self, Zone},
    conditions::explain,
    model::{Answers, Condition, Entity, Predicate, time::DAY},
    store::{SegmentState, Store, StoreError},
};

/// The time over which joining and leaving is counted, in milliseconds back from now.
pub const TREND: i64 = 7 * DAY;

/// A segment in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentSummary {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub target: Entity,
    /// How many belong to it; 0 before it was evaluated.
    pub count: i64,
    /// How many joined lately.
    pub joined: i64,
    /// How many left lately.
    pub left: i64,
    /// When it was evaluated last.
    pub evaluated_at: Option<i64>,
    /// When it is evaluated next though nothing comes in.
    pub next_evaluation_at: Option<i64>,
    /// Whether something came in that it may depend on since it was evaluated.
    pub stale: bool,
    /// What its definition was when the members were found; nothing before.
    pub hash: Option<String>,
    /// How long the last evaluation took, in milliseconds.
    pub milliseconds: Option<i64>,
    /// How many records the last evaluation looked at; nothing means all.
    pub looked_at: Option<i64>,
}

impl SegmentSummary {
    /// Which way it moves: `↑`, `↓` or `→`.
    #[must_use]
    pub fn arrow(&self) -> &'static str {
        match self.joined.cmp(&self.left) {
            std::cmp::Ordering::Greater => "↑",
            std::cmp::Ordering::Less => "↓",
            std::cmp::Ordering::Equal => "→",
        }
    }
}

/// How a segment moved on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentDay {
    /// The day in the segment's time zone, `YYYY-MM-DD`.
    pub day: String,
    /// How many belonged to it at the end of the day.
    pub count: i64,
    /// How many joined.
    pub joined: i64,
    /// How many left.
    pub left: i64,
}

/// The days on which somebody joined or left a segment, newest first.
///
/// # Errors
/// When the store fails.
pub fn segment_days(store: &mut Store, name: &str, zone: &Zone) -> Result<Vec<SegmentDay>, StoreError> {
    let mut days: Vec<SegmentDay> = Vec::new();
    for row in store.segment_evaluations(name, i64::MIN)? {
        let day = calendar::today(row.at, 0, zone).unwrap_or_default();
        match days.last_mut().filter(|last| last.day == day) {
            Some(last) => {
                last.count = row.count;
                last.joined += row.joined;
                last.left += row.left;
            }
            None => days.push(SegmentDay { day, count: row.count, joined: row.joined, left: row.left }),
        }
    }
    days.reverse();
    Ok(days)
}

/// The clause of a condition that takes longest when it is asked alone, with the milliseconds that it
/// takes; nothing when there is only one.
///
/// # Errors
/// When the store fails.
pub fn slowest_clause(
    store: &mut Store,
    condition: &Condition,
    now: i64,
    answers: &dyn Answers,
    real_now: &dyn Fn() -> i64,
) -> Result<Option<(String, i64)>, StoreError> {
    let (Predicate::All(parts) | Predicate::Any(parts)) = &condition.predicate else { return Ok(None) };
    let mut slowest: Option<(String, i64)> = None;
    for part in parts {
        let started = real_now();
        store.count_matching(&Condition { predicate: part.clone(), ..condition.clone() }, now, answers)?;
        let took = real_now().saturating_sub(started);
        if slowest.as_ref().is_none_or(|(_, most)| took > *most) {
            slowest = Some((explain(part), took));
        }
    }
    Ok(slowest)
}

/// The segments that are defined, by name, with what the store knows of them.
///
/// # Errors
/// When the store fails.
pub fn segment_summaries<'a>(
    store: &mut Store,
    defined: impl IntoIterator<Item = (&'a str, Entity)>,
    now: i64,
) -> Result<Vec<SegmentSummary>, StoreError> {
    let states: BTreeMap<String, SegmentState> =
        store.segment_states()?.into_iter().map(|state| (state.name.clone(), state)).collect();
    let mut summaries = Vec::new();
    for (name, target) in defined {
        let state = states.get(name);
        let (joined, left) = match state {
            Some(_) => store.segment_trend(name, now.saturating_sub(TREND))?,
            None => (0, 0),
        };
        summaries.push(SegmentSummary {
            name: name.to_owned(),
            target,
            count: state.map_or(0, |state| state.count),
            joined,
            left,
            evaluated_at: state.and_then(|state| state.evaluated_at),
            next_evaluation_at: state.and_then(|state| state.next_evaluation_at),
            stale: state.is_some_and(|state| state.stale),
            hash: state.map(|state| state.hash.clone()),
            milliseconds: state.and_then(|state| state.milliseconds),
            looked_at: state.and_then(|state| state.looked_at),
        });
    }
    summaries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(summaries)
}
