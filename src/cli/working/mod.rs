//! Commands that change a store: runs, imports, and what operators do.
//!
//! In: arguments and a workspace. Out: what was done, printed, and an exit code. They have no rules of their own.

pub(in crate::cli) mod bounces;
pub(in crate::cli) mod contact_mail;
pub(in crate::cli) mod erasure;
pub(in crate::cli) mod import;
pub(in crate::cli) mod pausing;
pub(in crate::cli) mod run;
pub(in crate::cli) mod serve;
pub(in crate::cli) mod set_back;
