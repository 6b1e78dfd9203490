//! How large segments are, and how they move.

use std::collections::BTreeMap;

use crate::{
    model::{Entity, time::DAY},
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
        });
    }
    summaries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(summaries)
}
