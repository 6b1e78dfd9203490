//! What holds for random journeys, histories, conditions and times of runs. `make test` tries cases that are the same
//! everywhere, `make soak` ever new ones.

mod changing;
mod conditions;
mod hostile;
mod interleavings;
pub(crate) mod journey;
mod journeys;
mod kills;
mod scores;
pub(crate) mod segments;
