//! What may be typed: commands, their arguments and help.
//!
//! In: words. Out: typed arguments. It carries out none of them.

pub(in crate::cli) mod args;
pub(in crate::cli) mod args_leads;
pub(in crate::cli) mod commands;
pub(in crate::cli) mod email_arguments;
pub(in crate::cli) mod list_arguments;
pub(in crate::cli) mod moment;
pub(in crate::cli) mod outbox_arguments;
pub(in crate::cli) mod segment_arguments;
pub(in crate::cli) mod tile_arguments;
