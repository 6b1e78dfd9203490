//! One connection to either database.
//!
//! In: text of statements and parameters. Out: rows. It knows neither a table nor what is kept in one.

pub(in crate::store) mod chains;
pub(in crate::store) mod connection;
pub(in crate::store) mod dialect;
pub(in crate::store) mod hash_key;
pub(in crate::store) mod knock;
pub(in crate::store) mod moments;
pub(in crate::store) mod postgres;
pub(in crate::store) mod server_address;
pub(in crate::store) mod sqlite;
pub(in crate::store) mod sqlite_functions;
pub(in crate::store) mod tls;
pub(in crate::store) mod value;
