//! What several tests need.

pub mod certificates;
pub mod definitions;
pub mod dump;
pub mod evaluated;
pub mod files;
pub mod http;
pub mod postgres;
pub mod property;
pub mod rust_text;
pub mod smtp;
pub mod workspace;
pub mod world;
