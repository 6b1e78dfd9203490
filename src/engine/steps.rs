//! Carrying out the steps of an iteration, from the first to the last.

use super::{
    Engine, EngineError, LiveJourney, Phase,
    awaited::awaited,
    batch::{self, Place},
    facts,
    round::LEASE,
};
use crate::{
    model::time::SECOND,
    store::{IterationRow, Store, StoreError},
};

/// How many positions a batch of a step with a script has, at most.
const SCRIPTED_BATCH: usize = 200;
/// How long a step with a script goes on before others have their turn, in milliseconds of real time.
/// Scripts may take long, and nobody else is to wait for them (semantics 20); what comes of it is the same.
const SCRIPTED_TURN: i64 = 10 * SECOND;

/// The interactions that delivery makes.
pub const BY_DELIVERY: [&str; 2] = ["EmailSent", "EmailBlocked"];

/// Carries out everything that is due in an iteration. Steps come before those they lead to, so one pass
/// takes everybody as far as they get now; where a step leads back, passes follow until nobody moves.
pub(super) fn run(
    engine: &Engine<'_>,
    store: &mut Store,
    journey: &LiveJourney<'_>,
    iteration: &IterationRow,
    now: i64,
) -> Result<bool, EngineError> {
    let goes_back = journey.goes_back();
    if goes_back {
        store.count_arrivals(iteration.key)?;
    }
    let mut moved = false;
    loop {
        let passed = pass(engine, store, journey, iteration, now)?;
        moved |= passed.moved;
        if !passed.moved || passed.turn_over || !goes_back {
            return Ok(moved);
        }
    }
}

/// How a pass went.
#[derive(Default)]
struct Passed {
    /// Whether anybody moved.
    moved: bool,
    /// Whether a step has people left, as others are to have their turn.
    turn_over: bool,
}

/// Goes through the steps once, in their order.
fn pass(
    engine: &Engine<'_>,
    store: &mut Store,
    journey: &LiveJourney<'_>,
    iteration: &IterationRow,
    now: i64,
) -> Result<Passed, EngineError> {
    let mut pass = Passed::default();
    let mut passed: Vec<i64> = Vec::new();
    for ((step, step_key), wakes) in journey.plan.steps.iter().zip(&journey.step_keys).zip(&journey.wakes) {
        let mut awaited = awaited(journey, step, wakes);
        if awaited.is_some() && !store.mails_on_their_way(now)? {
            awaited = None;
        }
        let place = Place { journey, iteration, step, awaited, now };
        let allotment = step.tile.deciding().and_then(|deciding| deciding.needs.allotment.as_ref());
        let scripted = step.tile.is_scripted();
        let batch_size = if scripted { engine.batch_size.min(SCRIPTED_BATCH) } else { engine.batch_size };
        let began = (engine.real_now)();
        'step: loop {
            if let Some(allotment) = allotment {
                // Another worker has people on their way here still: whoever comes last gives the places,
                // so that they go by arrival.
                if store.due_at_any(iteration.key, &passed, now)? {
                    break;
                }
                facts::allot(store, iteration.key, *step_key, allotment, now)?;
            }
            let real_now = (engine.real_now)();
            let ranges = store.due_ranges(
                iteration.key,
                *step_key,
                now,
                real_now,
                batch_size,
                place.awaited.as_ref(),
            )?;
            let mut worked = false;
            for range in ranges {
                if (engine.stop)() {
                    return Err(EngineError::Stopped);
                }
                // Whoever pauses a journey wants it to stand still now, not when the step is through.
                if store.is_held(journey.key)? {
                    pass.moved |= worked;
                    return Ok(pass);
                }
                let real_now = (engine.real_now)();
                let deadline = real_now.saturating_add(LEASE);
                let Some(claim) = store.claim(iteration.key, *step_key, range, real_now, deadline)? else {
                    continue;
                };
                (engine.observe)(Phase::Claimed);
                match batch::work(engine, store, &place, &claim) {
                    Err(EngineError::Store(StoreError::ClaimLost)) => {
                        tracing::warn!(journey = journey.plan.name, step = step.id, "a batch was taken over");
                    }
                    Err(error) => {
                        // Others needn't wait for the lease to run out; what failed first is told.
                        let _ = store.release(&claim);
                        return Err(error);
                    }
                    Ok(()) => worked = true,
                }
                (engine.observe)(Phase::Committed);
                if scripted && worked && (engine.real_now)().saturating_sub(began) >= SCRIPTED_TURN {
                    pass = Passed { moved: true, turn_over: true };
                    break 'step;
                }
            }
            pass.moved |= worked;
            if !worked {
                break;
            }
        }
        // Those who wait for a mail stay due, and nobody knows when they go on.
        if place.awaited.is_none() {
            passed.push(*step_key);
        }
    }
    Ok(pass)
}
