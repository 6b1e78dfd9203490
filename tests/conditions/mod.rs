//! One meaning, three executions: conditions answered in memory, by SQLite and by PostgreSQL.

mod account_segments;
mod calls;
mod facts;
mod predicates;
mod same;
mod samples;
mod triggers;
