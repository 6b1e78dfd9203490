//! Segments: evaluated again only where something can have changed, and what is shown of them.

mod as_written;
mod commands;
mod concerned;
pub(crate) mod definitions;
mod doubts;
mod saas_sales;
mod words;
