//! All integration tests in one program: it links once, and all share one PostgreSQL server.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where something is wrong")]

mod architecture;
mod calls;
mod chains;
mod conditions;
mod crash;
mod custom_tiles_page;
mod diagnostics;
mod encryption;
mod failing;
mod forgotten;
mod importing;
mod init;
mod journeys;
mod large_lists;
mod lists;
mod moved;
mod postgres_server;
mod properties;
mod published;
mod read_only;
mod reading;
mod readme;
mod reference;
mod relations;
mod released;
mod renames;
mod rules;
mod saas_sales;
mod saas_scores;
mod sample;
mod schema;
mod scoring;
mod scripted;
mod secrets;
mod segments;
mod serving;
mod statements;
mod status;
mod store;
mod support;
mod two_workers;
mod why_tiles;
mod wide;
mod wrong_clock;
