//! One tick: everything that is due at a moment, until nothing moves any more.

use std::path::Path;

use super::{ClockDoubt, PublishError, clock::real_now, secret::fresh_key};
use crate::{
    channels::{Delivery, DeliveryError, Edge, Played, RunLimit, deliver},
    engine::{Engine, EngineError, round},
    model::time::CLOCKS_APART,
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
    /// The machine's clock can't be right, or has to be confirmed.
    #[error(transparent)]
    WrongClock(#[from] ClockDoubt),
    /// Steps kept triggering one another at one moment.
    #[error("steps kept triggering one another for {0} rounds at one moment")]
    Restless(usize),
}

/// What a tick works with.
pub struct Runtime<'a> {
    /// Plan, journeys, batch size, real time, observer.
    pub engine: Engine<'a>,
    /// Where what waits for the network runs.
    pub edge: Edge,
    /// The workspace's folder, to which channels' paths are relative.
    pub root: &'a Path,
    /// How many messages may be handed over.
    pub limit: RunLimit,
    /// Where what would leave goes, in played time.
    pub played: Option<Played<'a>>,
}

/// A chain of steps that cause each other within one moment is at most this long.
const ROUNDS: usize = 1_000;

/// Real time, or the store's clock when that of another machine set it a little further ([`CLOCKS_APART`]). A store that was
/// played into the future is not caught up with: to run it at an earlier time is an error.
///
/// # Errors
/// When the store fails.
pub fn present(store: &mut Store) -> Result<i64, StoreError> {
    let now = real_now();
    Ok(store.clock()?.filter(|latest| *latest > now && latest - now <= CLOCKS_APART).unwrap_or(now))
}

/// When the store hears of facts that come in now: at the moment that is asked for; else at the store's time,
/// when it was played (semantics 5); else in real time.
///
/// # Errors
/// When the store fails.
pub fn moment_of_facts(store: &mut Store, asked: Option<i64>) -> Result<i64, StoreError> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    let played = store.last_run()?.is_some_and(|run| !run.in_real_time(CLOCKS_APART));
    match store.clock()? {
        Some(latest) if played => Ok(latest),
        _ => present(store),
    }
}

/// Does everything that is due at `now`. With `refresh`, segments are brought up to date first.
///
/// # Errors
/// When the store or a channel fails, a tile is broken, or it is told to stop.
pub fn tick(runtime: &Runtime<'_>, store: &mut Store, now: i64, refresh: bool) -> Result<(), RuntimeError> {
    let run_before = store.clock()?.filter(|before| *before < now);
    let now = store.advance_clock(now, CLOCKS_APART)?;
    let stop = runtime.engine.stop;
    let delivery = {
        let Runtime { engine, edge, root, limit, played } = runtime;
        let links = match engine.plan.settings.public_url {
            Some(_) => store.link_key(fresh_key())?,
            None => None,
        };
        let mut delivery = Delivery::new(engine, edge, root, limit, run_before, *played);
        delivery.links = links;
        delivery
    };
    for _ in 0..ROUNDS {
        let moved = round(&runtime.engine, store, now, refresh)?;
        store.refuse_replaced()?;
        let sent = deliver(&delivery, store, now)?;
        if !moved && !sent {
            store.note_limit(runtime.limit.reached(), now)?;
            return Ok(());
        }
        if stop() {
            return Err(EngineError::Stopped.into());
        }
    }
    Err(RuntimeError::Restless(ROUNDS))
}
