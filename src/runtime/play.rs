//! Playing time: from event to event, as if it passed (semantics 29).

use super::{Runtime, RuntimeError, clock::pause, run::tick};
use crate::{
    audience::{next_refresh, next_scores},
    compile::Plan,
    engine::next_turn,
    store::{Store, StoreError},
};

/// How often it looks whether other workers are done, in milliseconds of real time.
const OTHERS: u64 = 20;

/// Where playing starts: at the store's last run, else at `now`, else at the earliest start of a journey.
///
/// # Errors
/// When the store fails.
pub fn starting_point(
    store: &mut Store,
    plan: &Plan,
    now: Option<i64>,
    until: i64,
) -> Result<i64, StoreError> {
    let earliest = next_turn(&plan.journeys, i64::MIN);
    Ok(store.clock()?.or(now).or(earliest).unwrap_or(until))
}

/// Plays from a moment to another, both included, and leaves the store's clock at the end. `told` is
/// told of each moment before it is played.
///
/// # Errors
/// When the store or a channel fails, or a tile is broken; what was played before stays.
pub fn play(
    runtime: &Runtime<'_>,
    store: &mut Store,
    from: i64,
    until: i64,
    told: &mut dyn FnMut(i64),
) -> Result<(), RuntimeError> {
    let mut at = from.min(until);
    let mut refresh = true;
    loop {
        told(at);
        loop {
            // What others set in motion before they were done is seen by a tick that begins after that.
            let alone = !store.others_at_work()?;
            tick(runtime, store, at, refresh)?;
            refresh = false;
            if alone && !store.others_at_work()? {
                break;
            }
            pause(OTHERS);
        }
        if at >= until {
            return Ok(());
        }
        (at, refresh) =
            next_event(runtime, store, at)?.filter(|(next, _)| *next <= until).unwrap_or((until, true));
    }
}

/// The next moment at which something is due, and whether segments are refreshed then.
///
/// # Errors
/// When the store fails.
pub(super) fn next_event(
    runtime: &Runtime<'_>,
    store: &mut Store,
    after: i64,
) -> Result<Option<(i64, bool)>, StoreError> {
    let due = store.next_due(after)?;
    let refresh = next_refresh(store, runtime.engine.plan, after)?;
    let turn = next_turn_of(runtime, store, after)?;
    let scores = next_scores(store, runtime.engine.plan, after)?;
    let refreshing = [refresh, scores, turn].into_iter().flatten().min();
    let next = [due, refreshing].into_iter().flatten().min();
    Ok(next.map(|at| (at, refreshing.is_some_and(|refreshing| refreshing <= at))))
}

/// The next moment at which a journey or an iteration starts or ends, or somebody may enter again.
///
/// # Errors
/// When the store fails.
pub(super) fn next_turn_of(
    runtime: &Runtime<'_>,
    store: &mut Store,
    after: i64,
) -> Result<Option<i64>, StoreError> {
    let mut next = next_turn(&runtime.engine.plan.journeys, after);
    for journey in &runtime.engine.journeys {
        next = [next, journey.next_reentry(store, after)?].into_iter().flatten().min();
    }
    Ok(next)
}
