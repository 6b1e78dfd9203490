//! What several tests need.

pub mod files;
pub mod postgres;
pub mod rust_text;
