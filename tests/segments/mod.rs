//! Segments: evaluated again only where something can have changed, and what is shown of them.

mod commands;
mod doubts;
mod incremental;
mod saas_sales;
