//! Snapshots: the folders that were published, each whole, kept by content.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::store::{JsonRows, Store, StoreError};

/// A folder as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// Its number, counting up with each publication.
    pub key: i64,
    /// When it was published, in the store's time.
    pub at: i64,
    /// The git revision, where there is one.
    pub revision: Option<String>,
    /// The hash of all paths and contents.
    pub hash: String,
}

/// The hash of a text, as 64 hexadecimal digits.
fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of files by path: another path or another byte is another hash.
#[must_use]
pub fn snapshot_hash(files: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> =
        files.iter().map(|(path, content)| format!("{}:{path} {}\n", path.len(), hash(content))).collect();
    hash(&lines.concat())
}

impl Store {
    /// What is published at present.
    ///
    /// # Errors
    /// When the store fails.
    pub fn published_snapshot(&mut self) -> Result<Option<SnapshotRow>, StoreError> {
        let sql = "SELECT key, at, revision, hash FROM snapshot ORDER BY key DESC LIMIT 1";
        let Some(row) = self.connection.query_first(sql, &[])? else { return Ok(None) };
        Ok(Some(SnapshotRow {
            key: row.integer(0)?,
            at: row.integer(1)?,
            revision: row.optional_text(2)?,
            hash: row.text(3)?,
        }))
    }

    /// The files of a snapshot by path, to the byte.
    ///
    /// # Errors
    /// When the store fails.
    pub fn snapshot_files(&mut self, key: i64) -> Result<BTreeMap<String, String>, StoreError> {
        let rows = self.connection.query(
            "SELECT f.path, c.content FROM snapshot_file f JOIN file_content c ON c.hash = f.hash
             WHERE f.snapshot_key = $1",
            &[key.into()],
        )?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }

    /// Keeps a folder as the one that is published, unless it is already. Tells whether it is a new one.
    ///
    /// # Errors
    /// When the store fails; then nothing is kept.
    pub fn keep_snapshot(
        &mut self,
        files: &BTreeMap<String, String>,
        revision: Option<&str>,
        at: i64,
    ) -> Result<bool, StoreError> {
        let whole = snapshot_hash(files);
        if self.published_snapshot()?.is_some_and(|published| published.hash == whole) {
            return Ok(false);
        }
        let contents: BTreeMap<String, &String> =
            files.values().map(|content| (hash(content), content)).collect();
        let mut rows = JsonRows::default();
        for (path, content) in files {
            rows.push(&[path.as_str().into(), hash(content).into()]);
        }
        let rows = rows.finish();
        let list = self.dialect().rows("$2");
        let listed = format!(
            "INSERT INTO snapshot_file (snapshot_key, path, hash) SELECT CAST($1 AS BIGINT), value ->> 0, value ->> 1 FROM {list}"
        );
        self.connection.write(|connection| {
            for (hash, content) in &contents {
                connection.execute(
                    "INSERT INTO file_content (hash, content) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
                    &[hash.as_str().into(), content.as_str().into()],
                )?;
            }
            let key = connection.number(
                "INSERT INTO snapshot (at, revision, hash) VALUES ($1, $2, $3) RETURNING key",
                &[at.into(), revision.into(), whole.as_str().into()],
            )?;
            connection.execute(&listed, &[key.into(), rows.clone()])?;
            Ok(true)
        })
    }

    /// Notes why the folder can't be published, for those who look later; nothing when it can.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_unpublished(&mut self, why: Option<&str>, now: i64) -> Result<(), StoreError> {
        let known = self.unpublished()?;
        if known.as_ref().map(|(why, _)| why.as_str()) == why {
            return Ok(());
        }
        self.connection.write(|connection| {
            connection.execute("DELETE FROM setting WHERE name = 'unpublished'", &[])?;
            if let Some(why) = why {
                connection.execute(
                    "INSERT INTO setting (name, value) VALUES ('unpublished', $1)",
                    &[format!("{now} {why}").as_str().into()],
                )?;
            }
            Ok(())
        })
    }

    /// Why the folder that runs were started with isn't what runs, and since when.
    ///
    /// # Errors
    /// When the store fails.
    pub fn unpublished(&mut self) -> Result<Option<(String, i64)>, StoreError> {
        let sql = "SELECT value FROM setting WHERE name = 'unpublished'";
        let Some(row) = self.connection.query_first(sql, &[])? else { return Ok(None) };
        let text = row.text(0)?;
        Ok(text.split_once(' ').and_then(|(at, why)| Some((why.to_owned(), at.parse().ok()?))))
    }
}
