//! Serving: the same loop in real time, until it is told to stop.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Runtime, RuntimeError, play::next_turn_of, run::tick};
use crate::{
    engine::EngineError,
    model::time::SECOND,
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
    /// Refuses a time before anything is done at it, as [`super::refuse_wrong_clock`] does.
    pub admitted: &'a dyn Fn(&mut Store, i64) -> Result<(), RuntimeError>,
    /// Told of each tick, with its moment, once it is done.
    pub ticked: &'a dyn Fn(&mut Store, i64) -> Result<(), StoreError>,
}

/// How often it looks for what came in, in milliseconds of real time.
const LOOK: u64 = 1_000;

/// How long it goes by what it found out about the time to come, in milliseconds: another worker may have
/// moved people meanwhile.
const OUTLOOK: i64 = 10 * SECOND;

/// What is to come after a tick that left nothing undone that could be done.
struct Outlook {
    /// When it was found out.
    at: i64,
    /// When somebody or a message is due; nothing when nobody will be.
    due: Option<i64>,
    /// When a journey or an iteration starts or ends, or somebody may enter again.
    turn: Option<i64>,
    /// How often somebody had changed by a command what may move.
    interventions: i64,
}

impl Outlook {
    /// What is to come after `ticked_at`: what was due by then waits for something else than the time.
    fn of(runtime: &Runtime<'_>, store: &mut Store, ticked_at: i64, now: i64) -> Result<Outlook, StoreError> {
        let limited = runtime.limit.reached().is_some();
        let retry = if limited { None } else { store.next_retry(ticked_at)? };
        let due = [store.next_due(ticked_at)?, retry].into_iter().flatten().min();
        let turn = next_turn_of(runtime, store, ticked_at)?;
        Ok(Outlook { at: now, due, turn, interventions: store.interventions()? })
    }
}

/// Does what is due when it is due, until it is stopped or the definitions changed. Tells whether they
/// did. Between two ticks it reads two rows of the store a second, and nothing else.
///
/// # Errors
/// When the store or a channel fails, or a tile is broken.
pub fn serve(runtime: &Runtime<'_>, store: &mut Store, serving: &Serving<'_>) -> Result<bool, RuntimeError> {
    let mut refresh = true;
    let mut next_refresh = i64::MIN;
    while !serving.stop.load(Ordering::Relaxed) {
        let ticked_at = (runtime.engine.real_now)();
        (serving.admitted)(store, ticked_at)?;
        refresh |= next_refresh <= ticked_at;
        if refresh {
            // What is a run to others is the time between two refreshes here.
            runtime.limit.reset();
            store.free_dead_workers()?;
        }
        let interventions = store.interventions()?;
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
        let mut outlook = Outlook::of(runtime, store, ticked_at, ticked_at)?;
        loop {
            if serving.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            if (serving.changed)() {
                return Ok(true);
            }
            store.refuse_replaced()?;
            let now = (runtime.engine.real_now)();
            if now.saturating_sub(outlook.at) >= OUTLOOK {
                outlook = Outlook::of(runtime, store, ticked_at, now)?;
            }
            let turns = outlook.turn.is_some_and(|at| at <= now);
            let due = outlook.due.is_some_and(|at| at <= now);
            let intervened = outlook.interventions != interventions;
            if turns || due || next_refresh <= now || intervened || store.has_incoming()? {
                refresh |= turns;
                break;
            }
            (serving.sleep)(LOOK);
            outlook.interventions = store.interventions()?;
        }
    }
    Ok(false)
}
