//! The clock, publication, and the loops of `run`, `run --until` and `serve`.
//!
//! In: a checked plan, a store, a moment. Out: everything due at that moment done. Played and real time
//! run the same loop (semantics 30). It doesn't know arguments or terminals.

mod clock;
mod play;
mod publish;
mod run;
mod secret;
mod serve;
mod wrong_clock;

pub use clock::{pause, real_now};
pub use play::{play, starting_point};
pub use publish::{PublishError, Publishing, admit, publish};
pub use run::{Runtime, RuntimeError, moment_of_facts, present, tick};
pub use secret::fresh_key;
pub use serve::{Serving, serve};
pub use wrong_clock::{ClockDoubt, FAR, refuse_wrong_clock};
