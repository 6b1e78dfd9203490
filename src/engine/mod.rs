//! Journeys at work: iterations start and end, contacts enter, steps are carried out batch by batch.
//!
//! In: the plan and the store at a moment. Out: positions moved, history, records and messages written,
//! each batch in one transaction. It doesn't know channels, files, or what time it really is.

mod awaited;
mod batch;
mod calls;
mod convert;
mod facts;
mod journeys;
mod question;
mod reentry;
mod round;
mod steps;

pub use journeys::{LiveJourney, next_turn};
pub use round::{Engine, EngineError, Phase, round};
pub use steps::BY_DELIVERY;
