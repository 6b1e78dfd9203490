//! The database server.

use std::{collections::HashMap, error::Error, time::Duration};

use postgres::{
    Client, Config, NoTls, Statement,
    config::SslMode,
    error::SqlState,
    fallible_iterator::FallibleIterator,
    types::{IsNull, ToSql, Type, private::BytesMut},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    Cell, Row, StoreError,
    knock::{PATIENCE, knock},
};

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
pub(super) struct Postgres {
    client: Client,
    statements: HashMap<String, Statement>,
    url: String,
}

impl Postgres {
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        let unreachable =
            |error: &dyn Error| StoreError::Unreachable { url: without_password(url), reason: reason(error) };
        let mut config: Config = url.parse().map_err(|error: postgres::Error| unreachable(&error))?;
        limit_time(&mut config);
        knock(&config, PATIENCE).map_err(|error| unreachable(&error))?;
        let connected = if config.get_ssl_mode() == SslMode::Require {
            config.connect(tls())
        } else {
            config.connect(NoTls)
        };
        let mut client = connected.map_err(|error| unreachable(&error))?;
        client
            .batch_execute(
                // With less memory, millions of keys in a condition's `NOT IN` would be read again for each row.
                "SET client_min_messages = warning; SET plan_cache_mode = force_custom_plan; SET jit = off;
                 SET work_mem = '128MB';
                 SET statement_timeout = '1h'; SET idle_in_transaction_session_timeout = '15min'",
            )
            .map_err(|error| unreachable(&error))?;
        Ok(Postgres { client, statements: HashMap::new(), url: without_password(url) })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).map_err(|error| translate(&error, sql))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn execute(&mut self, sql: &str, parameters: &[Cell]) -> Result<u64, StoreError> {
        let statement = self.statement(sql)?;
        let parameters: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|cell| cell as _).collect();
        self.client.execute(&statement, &parameters).map_err(|error| translate(&error, sql))
    }

    pub(super) fn execute_batch(&mut self, sql: &str) -> Result<(), StoreError> {
        // Tables may change: what was prepared for their former shape is of no use.
        if sql.contains("TABLE") {
            self.statements.clear();
        }
        self.client.batch_execute(sql).map_err(|error| translate(&error, sql))
    }

    pub(super) fn query_each(
        &mut self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let statement = self.statement(sql)?;
        let mut rows =
            self.client.query_raw(&statement, parameters).map_err(|error| translate(&error, sql))?;
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

fn tls() -> MakeRustlsConnect {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    MakeRustlsConnect::new(
        rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth(),
    )
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

/// The address as it may be shown.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((user, host)) = rest.split_once('@') else { return url.to_owned() };
    let user = user.split(':').next().unwrap_or(user);
    format!("{scheme}://{user}@{host}")
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
    fn a_password_is_never_shown() {
        let cases = [
            ("postgres://ann:secret@db.example/crm", "postgres://ann@db.example/crm"),
            ("postgres://ann@db.example/crm", "postgres://ann@db.example/crm"),
            ("postgres://localhost/crm", "postgres://localhost/crm"),
        ];
        for (url, shown) in cases {
            assert_eq!(without_password(url), shown);
        }
    }
}
