//! Messages on their way out, and lists of what journeys made.
//!
//! In: messages. Out: what is due, and what became of it. It knows no transport.

pub(in crate::store) mod holds;
pub(in crate::store) mod link_key;
pub(in crate::store) mod lists;
pub(in crate::store) mod mail_checks;
pub(in crate::store) mod mail_values;
pub(in crate::store) mod messages;
pub(in crate::store) mod operator;
mod settle;
