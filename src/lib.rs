//! Tilework: a headless engine for account-based marketing.
//!
//! Data goes one way, and the modules are its stations, in this order; a module uses only those above
//! it. `ARCHITECTURE.md` tells the rest.

pub mod audience;
pub mod bounces;
pub mod calendar;
pub mod channels;
pub mod cli;
pub mod compile;
pub mod conditions;
pub mod definitions;
pub mod diagnostics;
pub mod engine;
pub mod insights;
pub mod interactions;
pub mod model;
pub mod reference;
pub mod runtime;
pub mod script;
pub mod store;
pub mod templates;
pub mod tiles;
pub mod web;
