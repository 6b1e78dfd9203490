//! `why`: the stories of contacts, accounts, leads and segments.
//!
//! In: an id, a plan and a store. Out: a story from `insights`, as text or JSON.

pub(in crate::cli) mod why;
pub(in crate::cli) mod why_account;
pub(in crate::cli) mod why_lead;
pub(in crate::cli) mod why_mail;
pub(in crate::cli) mod why_segment;
