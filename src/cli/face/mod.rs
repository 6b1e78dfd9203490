//! What every command prints with: tables, remarks, logs, errors with their exit codes.
//!
//! In: rows and words. Out: text, JSON and CSV. It doesn't know commands.

pub(in crate::cli) mod cells;
pub(in crate::cli) mod error;
pub(in crate::cli) mod exit;
pub(in crate::cli) mod format;
pub(in crate::cli) mod logging;
pub(in crate::cli) mod output;
pub(in crate::cli) mod output_rows;
pub(in crate::cli) mod printable;
pub(in crate::cli) mod progress;
pub(in crate::cli) mod store_error;
