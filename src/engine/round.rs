//! One round: what came in, segments, scores, entries, steps, ends.

use super::{LiveJourney, steps};
use crate::{
    audience::{self, Failing, JOURNEY},
    compile::Plan,
    store::{Store, StoreError},
    tiles::TileError,
};

/// Why a round couldn't be finished. What was committed before stays.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A tile is broken.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// It was told to stop. What is left is done by the next run.
    #[error("stopped before everything was done")]
    Stopped,
}

impl EngineError {
    /// Whether it is about the one journey at work, and others needn't have to do with it.
    #[must_use]
    pub fn is_about_a_part(&self) -> bool {
        match self {
            EngineError::Store(error) => error.is_about_a_statement(),
            EngineError::Tile(_) => true,
            EngineError::Stopped => false,
        }
    }
}

/// The boundaries between which a round is cut into transactions. A process that dies at any of them
/// leaves nothing half done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The queue of what came in was emptied.
    Incoming,
    /// Segments were refreshed.
    Refreshed,
    /// Scores were computed.
    Scored,
    /// An iteration let its audience in.
    Entered,
    /// A batch was claimed.
    Claimed,
    /// A batch was decided by its tile, nothing of it is written yet.
    Decided,
    /// A batch was committed.
    Committed,
    /// An iteration's steps were carried out.
    Stepped,
    /// An iteration ended.
    Ended,
    /// Messages were taken to be handed over.
    Taken,
    /// It was noted that mails are on their way.
    Begun,
    /// A message was handed over.
    HandedOver,
    /// Messages were settled.
    Settled,
}

/// What a round works with.
pub struct Engine<'a> {
    /// What is to be done.
    pub plan: &'a Plan,
    /// The journeys as they are published.
    pub journeys: Vec<LiveJourney<'a>>,
    /// How many positions a batch has, about.
    pub batch_size: usize,
    /// Real time, for leases alone (semantics 28).
    pub real_now: &'a dyn Fn() -> i64,
    /// Told of each phase.
    pub observe: &'a dyn Fn(Phase),
    /// Whether to stop before the next batch.
    pub stop: &'a dyn Fn() -> bool,
}

/// How long a batch may take, in milliseconds of real time, before another worker may take it over.
pub(super) const LEASE: i64 = 10 * crate::model::time::MINUTE;

/// Computes scores. Segments that ask for them are evaluated again before anybody enters by them; models
/// that ask for such segments are refused by `check`, so that once is enough. Tells whether anything was
/// written that the next round has to look at.
fn score(engine: &Engine<'_>, store: &mut Store, now: i64) -> Result<bool, EngineError> {
    let failing = Failing::read(store, engine.plan)?.models();
    let scored = audience::refresh_scores(store, engine.plan, now)?;
    (engine.observe)(Phase::Scored);
    // Segments that ask for a model fail with it, and work with it again.
    let fails_otherwise = Failing::read(store, engine.plan)?.models() != failing;
    let moved = fails_otherwise || scored.changed + scored.ready + scored.levels > 0;
    if moved && engine.plan.segments.iter().any(|segment| !segment.dependencies.scores.is_empty()) {
        audience::refresh(store, engine.plan, now, engine.real_now)?;
        (engine.observe)(Phase::Refreshed);
    }
    Ok(moved)
}

/// Does everything that is due at `now`, with segments refreshed before when asked for. Tells whether
/// anything moved; what it set in motion may be due at once, so it is called again until nothing moves.
///
/// # Errors
/// When the store fails or a tile is broken.
pub fn round(engine: &Engine<'_>, store: &mut Store, now: i64, refresh: bool) -> Result<bool, EngineError> {
    let incoming = store.take_incoming(now, &audience::affected(engine.plan))?;
    (engine.observe)(Phase::Incoming);
    if refresh {
        audience::refresh(store, engine.plan, now, engine.real_now)?;
    }
    (engine.observe)(Phase::Refreshed);
    let mut moved = incoming != crate::store::Incoming::default();
    if refresh {
        moved |= score(engine, store, now)?;
    }
    let mut failing = Failing::read(store, engine.plan)?;
    for journey in &engine.journeys {
        let name = journey.plan.name.as_str();
        let (segments, scores) = &journey.needs;
        if let Some(reason) = failing.needed(engine.plan, segments, scores) {
            failing.failed(store, (JOURNEY, name), &reason, now)?;
            continue;
        }
        // It has its next try when segments are refreshed.
        if failing.has(JOURNEY, name) && !refresh {
            continue;
        }
        failing.tries_again(store, JOURNEY, name)?;
        match work(engine, store, journey, now) {
            Ok(worked) => {
                moved |= worked;
                failing.works(store, JOURNEY, name)?;
            }
            Err(error) if error.is_about_a_part() => {
                failing.failed(store, (JOURNEY, name), &error.to_string(), now)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(moved)
}

/// Carries on with a journey: lets in, goes through the steps, ends. Tells whether anybody moved.
fn work(
    engine: &Engine<'_>,
    store: &mut Store,
    journey: &LiveJourney<'_>,
    now: i64,
) -> Result<bool, EngineError> {
    let mut moved = false;
    if store.is_held(journey.key)? {
        return Ok(false);
    }
    for open in journey.iterations(store, now)? {
        moved |= journey.let_in(store, &open, now)?;
        (engine.observe)(Phase::Entered);
        let present = open.present(journey.plan, now);
        moved |= steps::run(engine, store, journey, &open.iteration, present)?;
        (engine.observe)(Phase::Stepped);
        moved |= journey.end(store, &open, now, (engine.real_now)())?;
        (engine.observe)(Phase::Ended);
    }
    Ok(moved)
}
