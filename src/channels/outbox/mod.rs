//! The outbox loop: takes what is due, checks it once more, hands it over, notes how it fared.
//!
//! In: the store, the plan, the moment. Out: messages settled. Back-off, limits and which hosts are skipped are
//! decided here, whatever the transport. It doesn't know what a transport does with what it is given.

mod checks;
pub(super) mod deliver;
pub(super) mod delivery;
mod exchange;
mod holding;
mod settle;
