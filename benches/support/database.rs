//! Either database without Tilework, for the yardstick and for comparing tables.

use std::path::Path;

pub enum Database {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Client),
}

impl Database {
    /// Opens a file with the settings that the store uses.
    pub fn sqlite(path: &Path) -> Database {
        let connection = rusqlite::Connection::open(path).expect("a SQLite file");
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536")
            .expect("settings");
        Database::Sqlite(connection)
    }

    pub fn postgres(url: &str) -> Database {
        let mut client = postgres::Client::connect(url, postgres::NoTls).expect("a Postgres database");
        client.batch_execute("SET jit = off").expect("settings");
        Database::Postgres(client)
    }

    /// Copies a database on the server.
    pub fn copy_postgres(url: &str, copy: &str) {
        let name = |url: &str| url.rsplit('/').next().expect("a name").to_owned();
        let admin = format!("{}/postgres", url.rsplit_once('/').expect("a server").0);
        let mut client = postgres::Client::connect(&admin, postgres::NoTls).expect("a Postgres server");
        client
            .batch_execute(&format!("CREATE DATABASE {} TEMPLATE {}", name(copy), name(url)))
            .expect("a copy of the database");
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
        match self {
            Database::Sqlite(connection) => {
                let mut prepared = connection.prepare(statement).expect("a statement");
                let rows =
                    prepared.query_map([], |row| (0..columns).map(|at| row.get(at)).collect()).expect("rows");
                rows.collect::<Result<_, _>>().expect("rows")
            }
            Database::Postgres(client) => {
                let rows = client.query(statement, &[]).expect("rows");
                rows.iter().map(|row| (0..columns).map(|at| row.get(at)).collect()).collect()
            }
        }
    }

    pub fn number(&mut self, statement: &str) -> i64 {
        let text = self.rows(&format!("SELECT CAST(({statement}) AS TEXT)"), 1)[0][0].clone();
        text.expect("a number").parse().expect("a number")
    }
}
