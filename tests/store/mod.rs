//! The store's conformance suite: every case runs against a SQLite file and a PostgreSQL server, and
//! has to come to the same.

mod claims;
mod commits;
mod enrolment;
mod opening;
mod outbox;
mod predicates;
mod quantifiers;
mod records;
mod segments;
mod triggers;
mod world;
