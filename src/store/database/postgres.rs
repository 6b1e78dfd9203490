//! The database server.

use std::{
    collections::HashMap,
    error::Error,
    path::{Path, PathBuf},
    time::Duration,
};

use postgres::{
    Client, Config, NoTls, Statement,
    config::{Host, SslMode},
    error::SqlState,
    fallible_iterator::FallibleIterator,
    types::{IsNull, ToSql, Type, private::BytesMut},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    knock::{PATIENCE, knock},
    server_address, tls,
};
use crate::store::{Cell, Row, StoreError};

impl ToSql for Cell {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, kind) {
            (Cell::Null, _) => Ok(IsNull::Yes),
            (Cell::Text(text), _) => text.as_str().to_sql(kind, out),
            (Cell::Integer(number), &Type::INT8) => number.to_sql(kind, out),
            (Cell::Integer(number), &Type::INT4) => i32::try_from(*number)?.to_sql(kind, out),
            (Cell::Integer(number), &Type::INT2) => i16::try_from(*number)?.to_sql(kind, out),
            #[allow(clippy::cast_precision_loss, reason = "declared integers lie within ±2^53")]
            (Cell::Integer(number), &Type::FLOAT8) => (*number as f64).to_sql(kind, out),
            (Cell::Real(number), &Type::FLOAT8) => number.to_sql(kind, out),
            (Cell::Real(number), &Type::INT8) =>
            {
                #[allow(clippy::cast_possible_truncation, reason = "checked to be whole")]
                if number.fract() == 0.0 {
                    (*number as i64).to_sql(kind, out)
                } else {
                    Err("not a whole number".into())
                }
            }
            (cell, kind) => Err(format!("{cell:?} can't be a {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    postgres::types::to_sql_checked!();
}

/// A connection to a Postgres server.
pub(in crate::store) struct Postgres {
    client: Client,
    /// Whether the connection has tables of its own.
    has_own_tables: bool,
    /// Statements by their text, each with the number of its latest use.
    statements: HashMap<String, (Statement, u64)>,
    uses: u64,
    prepared: u64,
    url: String,
    key_file: PathBuf,
}

/// The most statements that are kept prepared. Who comes then takes the place of the one unused for longest.
const MOST_STATEMENTS: usize = 500;

impl Postgres {
    pub(in crate::store) fn open(url: &str, key_file: PathBuf) -> Result<Self, StoreError> {
        let shown = server_address::shown(url);
        let failed = |reason: String| StoreError::Unreachable { url: shown.clone(), reason };
        let unreachable = |error: &dyn Error| failed(reason(error));
        server_address::check(url)?;
        let (address, encryption) = tls::split(url).map_err(&failed)?;
        let tls = encryption.client().map_err(&failed)?;
        // What the crate says of an address that it can't read may repeat a part of the password.
        let mut config: Config =
            address.parse().map_err(|_: postgres::Error| failed("its address can't be read".to_owned()))?;
        limit_time(&mut config);
        knock(&config, PATIENCE).map_err(|error| unreachable(&error))?;
        let connected = match tls {
            Some(tls) => config.connect(MakeRustlsConnect::new(tls)),
            None => config.connect(NoTls),
        };
        let mut client = connected.map_err(|error| unreachable(&error))?;
        if config.get_ssl_mode() != SslMode::Require
            && let Some(host) = config.get_hosts().iter().find_map(elsewhere)
            && !is_encrypted(&mut client).map_err(|error| unreachable(&error))?
        {
            tracing::warn!(
                host,
                "the connection to PostgreSQL isn't encrypted; add `?sslmode=require` to its address"
            );
        }
        client
            .batch_execute(
                // With less memory, millions of keys in a condition's `NOT IN` would be read again for each row.
                "SET client_min_messages = warning; SET plan_cache_mode = force_custom_plan; SET jit = off;
                 SET work_mem = '128MB';
                 SET statement_timeout = '1h'; SET idle_in_transaction_session_timeout = '15min'",
            )
            .map_err(|error| unreachable(&error))?;
        Ok(Postgres {
            client,
            has_own_tables: true,
            statements: HashMap::new(),
            uses: 0,
            prepared: 0,
            url: shown.clone(),
            key_file,
        })
    }

    pub(in crate::store) fn url(&self) -> &str {
        &self.url
    }

    /// The file with the key by which the erased are known.
    pub(in crate::store) fn key_file(&self) -> &Path {
        &self.key_file
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, StoreError> {
        self.uses += 1;
        if let Some((statement, used)) = self.statements.get_mut(sql) {
            *used = self.uses;
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).map_err(|error| {
            let lacks_own = !self.has_own_tables && error.code() == Some(&SqlState::UNDEFINED_TABLE);
            if lacks_own { StoreError::ReadOnly(reason(&error)) } else { translate(&error, sql) }
        })?;
        self.prepared += 1;
        if self.statements.len() >= MOST_STATEMENTS {
            let unused = self.statements.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(text) = unused.map(|(text, _)| text.clone()) {
                self.statements.remove(&text);
            }
        }
        self.statements.insert(sql.to_owned(), (statement.clone(), self.uses));
        Ok(statement)
    }

    /// How many statements were prepared on this connection, and how many are kept.
    pub(in crate::store) fn prepared(&self) -> (u64, usize) {
        (self.prepared, self.statements.len())
    }

    pub(in crate::store) fn execute(&mut self, sql: &str, parameters: &[Cell]) -> Result<u64, StoreError> {
        let statement = self.statement(sql)?;
        let parameters: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|cell| cell as _).collect();
        match self.client.execute(&statement, &parameters) {
            Ok(rows) => Ok(rows),
            Err(error) => Err(failed(&mut self.statements, &error, sql)),
        }
    }

    pub(in crate::store) fn make_own_tables(&mut self, sql: &str) -> Result<(), StoreError> {
        // Where transactions read unless they say otherwise, this one says otherwise: these tables are no data.
        let made = self.client.batch_execute(&format!("BEGIN READ WRITE; {sql}; COMMIT"));
        let Err(error) = made else { return Ok(()) };
        match error.code() {
            Some(
                &SqlState::READ_ONLY_SQL_TRANSACTION
                | &SqlState::INSUFFICIENT_PRIVILEGE
                | &SqlState::FEATURE_NOT_SUPPORTED,
            ) => {
                self.has_own_tables = false;
                self.execute_batch("ROLLBACK")
            }
            _ => Err(translate(&error, sql)),
        }
    }

    pub(in crate::store) fn execute_batch(&mut self, sql: &str) -> Result<(), StoreError> {
        // Tables may change: what was prepared for their former shape is of no use.
        if changes_tables(sql) {
            self.statements.clear();
        }
        self.client.batch_execute(sql).map_err(|error| translate(&error, sql))
    }

    pub(in crate::store) fn query_each(
        &mut self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let statement = self.statement(sql)?;
        let mut rows = match self.client.query_raw(&statement, parameters) {
            Ok(rows) => rows,
            Err(error) => return Err(failed(&mut self.statements, &error, sql)),
        };
        while let Some(row) = rows.next().map_err(|error| translate(&error, sql))? {
            let mut cells = Vec::with_capacity(row.len());
            for (at, column) in row.columns().iter().enumerate() {
                let cell = match *column.type_() {
                    Type::INT8 => row.try_get::<_, Option<i64>>(at).map(|n| n.map(Cell::Integer)),
                    Type::INT4 => {
                        row.try_get::<_, Option<i32>>(at).map(|n| n.map(|n| Cell::Integer(n.into())))
                    }
                    Type::INT2 => {
                        row.try_get::<_, Option<i16>>(at).map(|n| n.map(|n| Cell::Integer(n.into())))
                    }
                    Type::FLOAT8 => row.try_get::<_, Option<f64>>(at).map(|n| n.map(Cell::Real)),
                    Type::BOOL => {
                        row.try_get::<_, Option<bool>>(at).map(|n| n.map(|n| Cell::Integer(n.into())))
                    }
                    _ => row.try_get::<_, Option<String>>(at).map(|text| text.map(Cell::Text)),
                };
                cells.push(cell.map_err(|error| translate(&error, sql))?.unwrap_or(Cell::Null));
            }
            each(Row(cells))?;
        }
        Ok(())
    }
}

/// What a failure means. When another process changed a table, statements prepared for its former shape fail: they are
/// prepared anew when the work is done again.
fn failed(
    statements: &mut HashMap<String, (Statement, u64)>,
    error: &postgres::Error,
    sql: &str,
) -> StoreError {
    if error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) && !statements.is_empty() {
        statements.clear();
        return StoreError::Conflict(reason(error));
    }
    translate(error, sql)
}

/// Whether any of several statements makes, changes or removes a table; emptying one is no change.
fn changes_tables(sql: &str) -> bool {
    let verbs = sql.split(';').filter_map(|statement| statement.split_whitespace().next());
    verbs
        .into_iter()
        .any(|verb| ["ALTER", "CREATE", "DROP"].iter().any(|change| verb.eq_ignore_ascii_case(change)))
}

/// The name of a host that is another machine.
fn elsewhere(host: &Host) -> Option<&str> {
    match host {
        Host::Tcp(name) => {
            let here = name == "localhost" || name.starts_with("127.") || name == "::1";
            (!here).then_some(name.as_str())
        }
        #[cfg(unix)]
        Host::Unix(_) => None,
    }
}

fn is_encrypted(client: &mut Client) -> Result<bool, postgres::Error> {
    let row = client.query_one(
        "SELECT COALESCE(bool_or(ssl), false) FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        &[],
    )?;
    row.try_get(0)
}

/// Sees to it that a server that is gone, or says nothing, holds nothing for ever. What the address says stays.
fn limit_time(config: &mut Config) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(120));
    }
    config.keepalives_idle(Duration::from_secs(60));
    config.keepalives_interval(Duration::from_secs(15));
    config.keepalives_retries(4);
}

/// What went wrong, with what caused it: the crate's own text is often just "db error".
fn reason(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn translate(error: &postgres::Error, sql: &str) -> StoreError {
    match error.code() {
        // What another transaction just made is seen when this one is done again.
        Some(
            &SqlState::T_R_SERIALIZATION_FAILURE
            | &SqlState::T_R_DEADLOCK_DETECTED
            | &SqlState::UNIQUE_VIOLATION
            | &SqlState::DUPLICATE_COLUMN
            | &SqlState::DUPLICATE_TABLE,
        ) => StoreError::Conflict(reason(error)),
        Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => StoreError::ReadOnly(reason(error)),
        Some(&SqlState::DISK_FULL) => StoreError::Full(reason(error)),
        // The server is being stopped, or starts.
        Some(
            &SqlState::ADMIN_SHUTDOWN
            | &SqlState::CRASH_SHUTDOWN
            | &SqlState::CANNOT_CONNECT_NOW
            | &SqlState::CONNECTION_EXCEPTION
            | &SqlState::CONNECTION_FAILURE,
        ) => StoreError::Unreachable { url: "postgres".to_owned(), reason: reason(error) },
        None if error.is_closed() || error.source().is_some_and(|cause| cause.is::<std::io::Error>()) => {
            StoreError::Unreachable { url: "postgres".to_owned(), reason: reason(error) }
        }
        _ => StoreError::statement(reason(error), sql),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_of_tables_make_statements_be_prepared_anew() {
        let cases = [
            ("BEGIN ISOLATION LEVEL REPEATABLE READ", false),
            ("SET enable_hashjoin = off; SET enable_mergejoin = off", false),
            ("TRUNCATE TABLE batch_outcome", false),
            ("COMMIT", false),
            ("ALTER TABLE contact ADD COLUMN rank TEXT", true),
            ("SET x = 1;\n CREATE TEMPORARY TABLE batch_outcome (key BIGINT)", true),
            ("drop table batch_outcome", true),
        ];
        for (sql, changes) in cases {
            assert_eq!(changes_tables(sql), changes, "{sql}");
        }
    }

    #[test]
    fn hosts_elsewhere_are_told_from_this_one() {
        let hosts = |url: &str| url.parse::<Config>().unwrap().get_hosts().to_vec();
        assert_eq!(hosts("postgres://db.example/crm").iter().find_map(elsewhere), Some("db.example"));
        for url in
            ["postgres://localhost/crm", "postgres://127.0.0.1/crm", "postgres://%2Frun%2Fpostgresql/crm"]
        {
            assert_eq!(hosts(url).iter().find_map(elsewhere), None, "{url}");
        }
    }
}
