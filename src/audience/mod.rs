//! Segments and scores kept up to date, leads looked after.
//!
//! In: the plan's segments, scoring models and levels, and what the store knows about their last
//! evaluation; what people ask for leads. Out: members, with who joined and who left; scores, grades and
//! levels; leads changed. It doesn't know journeys.

mod failing;
mod leads;
mod refresh;
mod score_turns;
mod scores;
mod turns;
mod written;

pub use failing::{Failing, JOURNEY};
pub use leads::{LeadChange, LeadError, NewLead, change_lead, create_lead};
pub use refresh::{Refreshed, affected, next_refresh, refresh};
pub use scores::{gives_scores, next_scores, refresh_scores};
pub use written::{membership, written_segments};
