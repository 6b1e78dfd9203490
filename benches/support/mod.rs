//! What the benchmark of journeys is made of.

pub mod database;
pub mod engine;
pub mod process;
pub mod tables;
pub mod workspace;
pub mod world;
pub mod yardstick;
