//! Either database without Tilework, for the yardstick and for comparing tables.

use std::path::Path;

use postgres::fallible_iterator::FallibleIterator;
use tilework::store::StoreAddress;

pub enum Database {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Client),
}

impl Database {
    /// Opens the database of a store.
    pub fn of(address: &StoreAddress) -> Database {
        match address {
            StoreAddress::Sqlite(path) => Database::sqlite(path),
            StoreAddress::Postgres(url, _) => Database::postgres(url),
        }
    }

    /// Opens a file with the settings that the store uses.
    pub fn sqlite(path: &Path) -> Database {
        let connection = rusqlite::Connection::open(path).expect("a SQLite file");
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536")
            .expect("settings");
        Database::Sqlite(connection)
    }

    /// Connects with the settings that the store uses.
    pub fn postgres(url: &str) -> Database {
        let mut client = postgres::Client::connect(url, postgres::NoTls).expect("a Postgres database");
        client.batch_execute("SET jit = off; SET work_mem = '128MB'").expect("settings");
        Database::Postgres(client)
    }

    /// Makes a database on its server, as a copy of another there when one is given; a former one is gone.
    pub fn create_on_postgres(url: &str, of: Option<&str>) {
        Database::drop_from_postgres(url);
        let of = of.map(|url| format!(" TEMPLATE {}", on_server(url).1)).unwrap_or_default();
        let (mut server, name) = on_server(url);
        server.run(&format!("CREATE DATABASE {name}{of}"));
    }

    pub fn drop_from_postgres(url: &str) {
        let (mut server, name) = on_server(url);
        server.run(&format!("DROP DATABASE IF EXISTS {name}"));
    }

    #[allow(dead_code, reason = "one bench keeps databases")]
    pub fn exists_on_postgres(url: &str) -> bool {
        let (mut server, name) = on_server(url);
        server.number(&format!("SELECT COUNT(*) FROM pg_database WHERE datname = '{name}'")) > 0
    }

    /// Runs statements in one transaction.
    pub fn transaction(&mut self, statements: &[String]) {
        self.run("BEGIN");
        for statement in statements {
            self.run(statement);
        }
        self.run("COMMIT");
    }

    pub fn run(&mut self, statement: &str) {
        match self {
            Database::Sqlite(connection) => connection.execute_batch(statement),
            Database::Postgres(client) => {
                client.batch_execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
                Ok(())
            }
        }
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// Rows as texts; every column of the statement is cast to text by its author.
    pub fn rows(&mut self, statement: &str, columns: usize) -> Vec<Vec<Option<String>>> {
        let mut rows = Vec::new();
        self.each_row(statement, columns, &mut |row| rows.push(row));
        rows
    }

    /// Hands over rows as texts, without holding them.
    pub fn each_row(&mut self, statement: &str, columns: usize, each: &mut dyn FnMut(Vec<Option<String>>)) {
        match self {
            Database::Sqlite(connection) => {
                let mut prepared = connection.prepare(statement).expect("a statement");
                let mut rows = prepared.query([]).expect("rows");
                while let Some(row) = rows.next().expect("a row") {
                    each((0..columns).map(|at| row.get(at).expect("text")).collect());
                }
            }
            Database::Postgres(client) => {
                let mut rows = client.query_raw(statement, std::iter::empty::<i64>()).expect("rows");
                while let Some(row) = rows.next().expect("a row") {
                    each((0..columns).map(|at| row.get(at)).collect());
                }
            }
        }
    }

    pub fn number(&mut self, statement: &str) -> i64 {
        let text = self.rows(&format!("SELECT CAST(({statement}) AS TEXT)"), 1)[0][0].clone();
        text.expect("a number").parse().expect("a number")
    }
}

/// The server of a database, and the database's name there.
fn on_server(url: &str) -> (Database, &str) {
    let (server, name) = url.rsplit_once('/').expect("a server and a name");
    (Database::postgres(&format!("{server}/postgres")), name)
}
