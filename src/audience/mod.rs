//! Segments kept up to date.
//!
//! In: the plan's segments, and what the store knows about their last evaluation. Out: members, with who
//! joined and who left. It doesn't know journeys.

mod refresh;
mod scripts;
mod turns;

pub use refresh::{Refreshed, affected, next_refresh, refresh};
pub use scripts::answer as answer_scripts;
