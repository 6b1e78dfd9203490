//! One meaning, three executions: conditions answered in memory, by SQLite and by PostgreSQL.

mod account_segments;
pub(crate) mod calls;
pub(crate) mod facts;
pub(crate) mod predicates;
mod samples;
mod triggers;
