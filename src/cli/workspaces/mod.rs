//! The workspace that a command works in: its folder, what is published, its store.
//!
//! In: the options of every command. Out: a plan and an open store.

pub(in crate::cli) mod playing;
pub(in crate::cli) mod published;
pub(in crate::cli) mod revision;
pub(in crate::cli) mod service;
pub(in crate::cli) mod workspace;
