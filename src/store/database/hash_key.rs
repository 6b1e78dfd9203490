//! The key by which ids and addresses of the erased are hashed. It lies in a file of its own, outside the tables
//! (semantics 47): who has the tables alone can't find out whether somebody is among the erased.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use ring::hmac;

use crate::store::{Connection, StoreError};

/// The setting that tells whether a key is the store's: the hash of a word by it.
const CHECK: &str = "hash_key_check";
const WORD: &str = "tilework";

/// The file for a store in an SQLite file.
pub(in crate::store) fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

/// The file for a store on a server, in a folder, by the name of the database.
pub(in crate::store) fn of_database(url: &str, folder: &Path) -> PathBuf {
    let without_query = url.split(['?', '#']).next().unwrap_or(url);
    let name = without_query.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("tilework");
    let plain: String =
        name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
    folder.join(format!("{plain}.key"))
}

/// The store's key; nothing where nobody was erased yet.
///
/// # Errors
/// When the store knows somebody by a hash, and the file with the key is missing, can't be read, or is another's.
pub(in crate::store) fn hash_key(connection: &mut Connection) -> Result<Option<hmac::Key>, StoreError> {
    let Some(check) = check(connection)? else { return Ok(None) };
    let path = connection.key_file();
    let text = std::fs::read_to_string(&path).map_err(|error| lost(&path, &error.to_string()))?;
    match key_of(&text) {
        key if hashed(&key, WORD) == check => Ok(Some(key)),
        _ => Err(lost(&path, "it holds another key")),
    }
}

/// The store's key, which is made where there is none yet. `fresh` is the text of a new one.
///
/// # Errors
/// As for [`hash_key`], and when the file can't be written.
pub(in crate::store) fn make(connection: &mut Connection, fresh: &str) -> Result<hmac::Key, StoreError> {
    if let Some(key) = hash_key(connection)? {
        return Ok(key);
    }
    let path = connection.key_file();
    let text = match std::fs::read_to_string(&path) {
        // Of a store that was here before: what was hashed by it stays comparable.
        Ok(text) if !text.trim().is_empty() => text,
        _ => {
            write(&path, fresh).map_err(|error| lost(&path, &format!("it can't be written: {error}")))?;
            fresh.to_owned()
        }
    };
    let key = key_of(&text);
    connection.execute(
        "INSERT INTO setting (name, value) VALUES ($1, $2)",
        &[CHECK.into(), hashed(&key, WORD).into()],
    )?;
    Ok(key)
}

fn check(connection: &mut Connection) -> Result<Option<String>, StoreError> {
    let row = connection.query_first("SELECT value FROM setting WHERE name = $1", &[CHECK.into()])?;
    row.map(|row| row.text(0)).transpose()
}

fn key_of(text: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, text.trim().as_bytes())
}

/// The hash of a text by a key, in hexadecimal digits.
pub(in crate::store) fn hashed(key: &hmac::Key, text: &str) -> String {
    hmac::sign(key, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lost(path: &Path, reason: &str) -> StoreError {
    StoreError::HashKey { path: path.display().to_string(), reason: reason.to_owned() }
}

/// Writes a file that nobody but its owner may read.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_has_a_file_by_its_name() {
        let file = |url: &str| of_database(url, Path::new("w")).display().to_string();
        assert_eq!(file("postgres://ann:x@db.vendor.example/market?sslmode=require"), "w/market.key");
        assert_eq!(file("postgres://db.vendor.example/"), "w/tilework.key");
        assert_eq!(beside(Path::new("w/tilework.db")), Path::new("w/tilework.db.key"));
    }
}
