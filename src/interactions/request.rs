//! What is imported, from which format, with which names.

use std::path::Path;

use crate::calendar::Zone;
use crate::model::{Catalog, DecimalSign, Entity};

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// Companies.
    Accounts,
    /// People.
    Contacts,
    /// Chances of a sale.
    Leads,
    /// Things that happened with contacts.
    Interactions,
    /// Who wants mail of which topic, and who doesn't.
    Subscriptions,
    /// Addresses that get no mail.
    Suppressions,
}

impl ImportKind {
    /// The word on the command line and in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ImportKind::Accounts => "accounts",
            ImportKind::Contacts => "contacts",
            ImportKind::Leads => "leads",
            ImportKind::Interactions => "interactions",
            ImportKind::Subscriptions => "subscriptions",
            ImportKind::Suppressions => "suppressions",
        }
    }

    /// The kind of record; nothing for facts, which are no records.
    #[must_use]
    pub fn entity(self) -> Option<Entity> {
        match self {
            ImportKind::Accounts => Some(Entity::Account),
            ImportKind::Contacts => Some(Entity::Contact),
            ImportKind::Leads => Some(Entity::Lead),
            ImportKind::Interactions | ImportKind::Subscriptions | ImportKind::Suppressions => None,
        }
    }
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFormat {
    /// A header line and cells separated by a comma, a semicolon or a tab.
    Csv,
    /// One JSON object a line.
    NdJson,
}

impl ImportFormat {
    /// The format that a file's extension stands for; nothing when it says nothing.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<ImportFormat> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" | "tsv" => Some(ImportFormat::Csv),
            "ndjson" | "jsonl" | "json" => Some(ImportFormat::NdJson),
            _ => None,
        }
    }

    /// The format that the beginning of a file looks like.
    #[must_use]
    pub fn of_content(beginning: &[u8]) -> ImportFormat {
        let content = beginning.strip_prefix("\u{feff}".as_bytes()).unwrap_or(beginning);
        match content.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{' | b'[') => ImportFormat::NdJson,
            _ => ImportFormat::Csv,
        }
    }
}

/// What an empty cell of CSV, or an empty text of NDJSON, means for the field of a record that is known. `null`
/// always clears; neither clears what [`crate::model::is_opt_out`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptyCells {
    /// The field is left as it is.
    #[default]
    Leave,
    /// The field is cleared.
    Clear,
}

/// What an import needs to know besides the bytes.
#[derive(Debug, Clone)]
pub struct ImportRequest<'a> {
    /// What the rows are.
    pub kind: ImportKind,
    /// How they are written; nothing means to look at the content.
    pub format: Option<ImportFormat>,
    /// Fields and interaction types.
    pub catalog: &'a Catalog,
    /// The zone of times written without one.
    pub zone: &'a Zone,
    /// Which sign stands before the decimals of numbers; where that isn't told, numbers such as `250.000` are rejected.
    pub decimal: Option<DecimalSign>,
    /// Columns of the file and the fields that they are; the field `-` leaves the column out. `NAME#2` is the
    /// second of several columns with one name.
    pub map: Vec<(String, String)>,
    /// What empty cells mean.
    pub empty: EmptyCells,
    /// Whether an interaction whose id is there with other content is replaced; else its row is rejected.
    pub replace: bool,
    /// How many rows are read before they are handed on; see [`ImportRequest::BATCH_SIZE`].
    pub batch_size: usize,
}

/// How times and numbers are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notation<'a> {
    /// The zone of times written without one.
    pub zone: &'a Zone,
    /// Which sign stands before the decimals of numbers, where that is told.
    pub decimal: Option<DecimalSign>,
}

impl ImportRequest<'_> {
    pub(super) fn notation(&self) -> Notation<'_> {
        Notation { zone: self.zone, decimal: self.decimal }
    }

    /// The usual number of rows in a batch.
    pub const BATCH_SIZE: usize = 5_000;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_tells_the_format_and_the_content_where_it_does_not() {
        let cases = [
            ("orders.csv", Some(ImportFormat::Csv)),
            ("ORDERS.CSV", Some(ImportFormat::Csv)),
            ("orders.ndjson", Some(ImportFormat::NdJson)),
            ("orders.jsonl", Some(ImportFormat::NdJson)),
            ("orders.json", Some(ImportFormat::NdJson)),
            ("orders.txt", None),
            ("-", None),
        ];
        for (path, format) in cases {
            assert_eq!(ImportFormat::of_path(Path::new(path)), format, "{path}");
        }
        let cases = [
            ("id,name", ImportFormat::Csv),
            ("", ImportFormat::Csv),
            ("\u{feff}{\"id\":1}", ImportFormat::NdJson),
            ("\n  {\"id\":1}", ImportFormat::NdJson),
            ("[{\"id\":1}]", ImportFormat::NdJson),
        ];
        for (content, format) in cases {
            assert_eq!(ImportFormat::of_content(content.as_bytes()), format, "{content}");
        }
    }
}
