//! Serving: the same loop in real time, until it is told to stop.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Runtime, RuntimeError, play::next_event, run::tick};
use crate::{engine::EngineError, store::Store};

/// What serving needs from outside.
pub struct Serving<'a> {
    /// Set when it is to stop; looked at while it waits. The engine asks for itself between batches.
    pub stop: &'a AtomicBool,
    /// Sleeps for so many milliseconds of real time.
    pub sleep: &'a dyn Fn(u64),
    /// Whether the definitions on disk changed since they were read.
    pub changed: &'a dyn Fn() -> bool,
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
        let now = (runtime.engine.real_now)();
        refresh |= next_refresh <= now;
        if refresh {
            store.free_dead_workers()?;
        }
        match tick(runtime, store, now, refresh) {
            Err(RuntimeError::Engine(EngineError::Stopped)) => return Ok(false),
            ended => ended?,
        }
        if refresh {
            let settings = &runtime.engine.plan.settings;
            next_refresh = settings.refresh.at_or_after(now + 1, &settings.zone).unwrap_or(i64::MAX);
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
            let next = next_event(runtime, store, now)?;
            let turns = next.is_some_and(|(at, turns)| turns && at <= now + 1);
            if store.has_incoming()? || store.anything_due(now)? || next_refresh <= now || turns {
                refresh |= turns;
                break;
            }
            (serving.sleep)(LOOK);
        }
    }
    Ok(false)
}
