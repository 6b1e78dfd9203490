//! One meaning, three executions: conditions answered in memory, by SQLite and by PostgreSQL.

mod calls;
mod facts;
mod predicates;
mod same;
mod samples;
