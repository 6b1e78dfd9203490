//! Serving: the same loop in real time, until it is told to stop.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Runtime, RuntimeError, play::next_turn_of, run::tick};
use crate::{
    engine::EngineError,
    store::{Store, StoreError},
};

/// What serving needs from outside.
pub struct Serving<'a> {
    /// Set when it is to stop; looked at while it waits. The engine asks for itself between batches.
    pub stop: &'a AtomicBool,
    /// Sleeps for so many milliseconds of real time.
    pub sleep: &'a dyn Fn(u64),
    /// Whether the definitions on disk changed since they were read.
    pub changed: &'a dyn Fn() -> bool,
    /// Told of each tick, with its moment, once it is done.
    pub ticked: &'a dyn Fn(&mut Store, i64) -> Result<(), StoreError>,
}

/// How often it looks for what came in, in milliseconds of real time.
const LOOK: u64 = 1_000;

/// Does what is due when it is due, until it is stopped or the definitions changed. Tells whether they
/// did.
///
/// # Errors
/// When the store or a channel fails, or a tile is broken.
pub fn serve(runtime: &Runtime<'_>, store: &mut Store, serving: &Serving<'_>) -> Result<bool, RuntimeError> {
    let mut refresh = true;
    let mut next_refresh = i64::MIN;
    while !serving.stop.load(Ordering::Relaxed) {
        let ticked_at = (runtime.engine.real_now)();
        refresh |= next_refresh <= ticked_at;
        if refresh {
            // What is a run to others is the time between two refreshes here.
            runtime.limit.reset();
            store.free_dead_workers()?;
        }
        match tick(runtime, store, ticked_at, refresh) {
            Err(RuntimeError::Engine(EngineError::Stopped)) => return Ok(false),
            ended => ended?,
        }
        (serving.ticked)(store, ticked_at)?;
        if refresh {
            let settings = &runtime.engine.plan.settings;
            next_refresh = settings.refresh.at_or_after(ticked_at + 1, &settings.zone).unwrap_or(i64::MAX);
            refresh = false;
        }
        loop {
            if serving.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            if (serving.changed)() {
                return Ok(true);
            }
            let now = (runtime.engine.real_now)();
            let turns = next_turn_of(runtime, store, ticked_at)?.is_some_and(|at| at <= now);
            let limited = runtime.limit.reached().is_some();
            let due = store.positions_due(now)? || (!limited && store.messages_due(now, now)?);
            if store.has_incoming()? || due || next_refresh <= now || turns {
                refresh |= turns;
                break;
            }
            (serving.sleep)(LOOK);
        }
    }
    Ok(false)
}
