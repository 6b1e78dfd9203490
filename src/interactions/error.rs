//! Why an import stops.

use std::io;

/// Why an import stopped before the end of its file.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E> {
    /// The file, its header or the mapping of its columns.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Whoever keeps the rows couldn't.
    #[error("{0}")]
    Sink(E),
}

/// What is wrong with a file as a whole.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Nothing in it.
    #[error("the file is empty; a header line with the names of the columns was expected")]
    Empty,
    /// The header isn't UTF-8.
    #[error("the header is not UTF-8 text")]
    Encoding,
    /// The header can't be taken apart.
    #[error("the header cannot be read: {reason}")]
    Header {
        /// What is wrong with it.
        reason: String,
    },
    /// One big JSON array.
    #[error("the file is a JSON array; one JSON object a line was expected")]
    JsonArray,
    /// Columns that no field answers to.
    #[error("unknown {} {}", if columns.len() == 1 { "column" } else { "columns" }, quoted(columns))]
    UnknownColumns {
        /// Their names in the header.
        columns: Vec<String>,
        /// Likely fields, each as a sentence.
        suggestions: Vec<String>,
    },
    /// A column without a name.
    #[error("column {number} has no name")]
    UnnamedColumn {
        /// Which one, counted from 1.
        number: usize,
    },
    /// Two columns for one field.
    #[error("the columns `{first}` and `{second}` are both the field `{field}`")]
    DuplicateColumn {
        /// The field.
        field: String,
        /// The first of the columns.
        first: String,
        /// The other.
        second: String,
    },
    /// Columns that have to be there.
    #[error("the file has no {} {}", if columns.len() == 1 { "column" } else { "columns" }, quoted(columns))]
    MissingColumns {
        /// Their names.
        columns: Vec<String>,
    },
    /// A mapping of a column that the header doesn't have.
    #[error("`--map {theirs}={ours}`: the file has no column `{theirs}`")]
    UnknownMapColumn {
        /// The column.
        theirs: String,
        /// The field.
        ours: String,
        /// Likely columns, as a sentence.
        suggestion: Option<String>,
    },
    /// A mapping to a field that doesn't exist.
    #[error("`--map {theirs}={ours}`: there is no field `{ours}`")]
    UnknownMapField {
        /// The column.
        theirs: String,
        /// The field.
        ours: String,
        /// Likely fields, as a sentence.
        suggestion: Option<String>,
    },
    /// A column that is mapped twice.
    #[error("`--map` names the column `{theirs}` twice")]
    DuplicateMap {
        /// The column.
        theirs: String,
    },
    /// The file can't be read.
    #[error("the file could not be read: {0}")]
    Read(io::Error),
    /// The rejects can't be written.
    #[error("the rejected rows could not be written: {0}")]
    Rejects(io::Error),
}

impl InputError {
    /// How to fix it, as full sentences.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            InputError::Encoding => Some("Save the file as UTF-8, then import it again.".to_owned()),
            InputError::JsonArray => {
                Some("`jq -c '.[]' FILE | tilework import … -` writes one object a line.".to_owned())
            }
            InputError::UnknownColumns { columns, suggestions } => {
                let first = columns.first().map_or("theirs", String::as_str);
                let mut sentences = suggestions.clone();
                sentences.push(format!(
                    "`--map '{first}=FIELD'` says which field the column is, `--map '{first}=-'` leaves it out."
                ));
                Some(sentences.join(" "))
            }
            InputError::UnnamedColumn { .. } => {
                Some("Give every column a name in the first line, or remove the column.".to_owned())
            }
            InputError::DuplicateColumn { first, second, .. } if second.starts_with(&format!("{first}#")) => {
                Some(format!(
                    "`--map '{second}=-'` leaves out the second of them; `--map '{second}=FIELD'` says which field it is."
                ))
            }
            InputError::DuplicateColumn { second, .. } => {
                Some(format!("`--map '{second}=-'` leaves one of them out."))
            }
            InputError::MissingColumns { columns } => {
                let field = columns.first().map_or("id", String::as_str);
                Some(format!(
                    "If it has another name in the file, `--map 'THEIRS={field}'` says so; the first line \
                     has to be the names of the columns."
                ))
            }
            InputError::UnknownMapColumn { suggestion, .. }
            | InputError::UnknownMapField { suggestion, .. } => suggestion.clone(),
            InputError::Empty
            | InputError::Header { .. }
            | InputError::DuplicateMap { .. }
            | InputError::Read(_)
            | InputError::Rejects(_) => None,
        }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
