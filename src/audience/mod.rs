//! Segments kept up to date, leads looked after.
//!
//! In: the plan's segments, and what the store knows about their last evaluation; what people ask for
//! leads. Out: members, with who joined and who left; leads changed. It doesn't know journeys.

mod leads;
mod refresh;

pub use leads::{LeadChange, LeadError, NewLead, change_lead, create_lead};
pub use refresh::{Refreshed, affected, next_refresh, refresh};
