//! One tick: everything that is due at a moment, until nothing moves any more.

use std::path::Path;

use super::PublishError;
use crate::{
    channels::{Delivery, DeliveryError, RunLimit, deliver},
    engine::{Engine, EngineError, round},
    store::{Store, StoreError},
};

/// Why a run ended early. What was committed before stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A channel failed.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// Changed definitions can't be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// What a step set in motion never came to rest.
    #[error("the journeys did not come to rest after {0} rounds")]
    Restless(usize),
}

/// What a tick works with.
pub struct Runtime<'a> {
    /// Plan, journeys, batch size, real time, observer.
    pub engine: Engine<'a>,
    /// The workspace's folder, to which channels' paths are relative.
    pub root: &'a Path,
    /// How many messages may be handed over.
    pub limit: RunLimit,
}

/// A chain of steps that cause each other within one moment is at most this long.
const ROUNDS: usize = 1_000;

/// Does everything that is due at `now`. With `refresh`, segments are brought up to date first.
///
/// # Errors
/// When the store or a channel fails, or a tile is broken.
pub fn tick(runtime: &Runtime<'_>, store: &mut Store, now: i64, refresh: bool) -> Result<(), RuntimeError> {
    store.advance_clock(now)?;
    let Engine { plan, observe, real_now, .. } = &runtime.engine;
    let delivery = Delivery::new(plan, runtime.root, *observe, *real_now, &runtime.limit);
    for _ in 0..ROUNDS {
        let moved = round(&runtime.engine, store, now, refresh)?;
        let sent = deliver(&delivery, store, now)?;
        if !moved && !sent {
            store.note_limit(runtime.limit.reached(), now)?;
            return Ok(());
        }
    }
    Err(RuntimeError::Restless(ROUNDS))
}
