//! All integration tests in one program: it links once, and all share one PostgreSQL server.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where something is wrong")]

mod architecture;
mod diagnostics;
mod forgotten;
mod postgres_server;
mod reading;
mod readme;
mod sample;
mod store;
mod support;
