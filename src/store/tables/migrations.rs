//! The versions of the tables, and going from one to the next.

use crate::store::{Connection, Dialect, StoreError};

/// Every migration, oldest first. A migration that was released is never changed.
const MIGRATIONS: [&str; 1] = [START];

/// The tables that a store starts with.
pub(in crate::store) const START: &str = include_str!("migrations/0001_start.sql");

/// The version that this program needs.
pub(in crate::store) const NEEDED: i64 = MIGRATIONS.len() as i64;

/// The version of the tables; 0 for an empty database.
pub(in crate::store) fn version(connection: &mut Connection) -> Result<i64, StoreError> {
    let present = match connection.dialect() {
        Dialect::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'setting'",
        Dialect::Postgres => {
            "SELECT COUNT(*) FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_name = 'setting'"
        }
    };
    let found = connection.number(present, &[])?;
    if found == 0 {
        return Ok(0);
    }
    let row = connection.query_first("SELECT value FROM setting WHERE name = 'version'", &[])?;
    let Some(row) = row else { return Ok(0) };
    let text = row.text(0)?;
    text.parse().map_err(|_| StoreError::Inconsistent(format!("setting `version` holds `{text}`")))
}

/// Brings the tables to the version that this program needs, in one transaction. Tells the version
/// found.
pub(in crate::store) fn migrate(connection: &mut Connection) -> Result<i64, StoreError> {
    let found = version(connection)?;
    if found > NEEDED {
        return Err(StoreError::TooNew { found, known: NEEDED });
    }
    if found == NEEDED {
        return Ok(found);
    }
    let dialect = connection.dialect();
    connection.write(|connection| {
        let start = usize::try_from(version(connection)?).unwrap_or(0);
        for text in MIGRATIONS.iter().skip(start) {
            let text =
                text.replace("{identity}", dialect.identity()).replace("{clustered}", dialect.clustered());
            connection.execute_batch(&text)?;
        }
        connection.execute(
            "INSERT INTO setting (name, value) VALUES ('version', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[NEEDED.to_string().into()],
        )?;
        Ok(())
    })?;
    Ok(found)
}
