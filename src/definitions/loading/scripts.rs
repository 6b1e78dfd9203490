//! `scripts/*.rhai`, `tables/*.csv`, and `templates/*.html` and `*.txt`.

use std::collections::BTreeMap;

use crate::definitions::disk::files::Files;
use crate::diagnostics::{Code, Problem, Problems, Span, Text};

/// A file of functions that conditions and custom tiles share.
#[derive(Debug, Clone)]
pub struct ScriptDefinition {
    /// Its path, relative to the workspace.
    pub path: String,
    /// What stands in it.
    pub text: Text,
}

/// A table that scripts look things up in. The first column is the key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableDefinition {
    /// Its name: the file's, without `.csv`.
    pub name: String,
    /// The columns, the key's first.
    pub columns: Vec<String>,
    /// The rows by key; each has a cell for each column.
    pub rows: BTreeMap<String, Vec<String>>,
    /// What stands in the file.
    pub content: String,
}

/// Reads all scripts.
pub(in crate::definitions) fn read_scripts(
    files: &mut Files<'_>,
    problems: &mut Problems,
) -> Vec<ScriptDefinition> {
    let mut scripts = Vec::new();
    for name in files.files_ending("scripts", ".rhai") {
        let path = format!("scripts/{name}");
        if let Some((file, text)) = files.read(&path, problems) {
            scripts.push(ScriptDefinition { path, text: Text::file(file, text) });
        }
    }
    scripts
}

/// Reads all texts that templates include.
pub(in crate::definitions) fn read_templates(
    files: &mut Files<'_>,
    problems: &mut Problems,
) -> BTreeMap<String, Text> {
    let mut templates = BTreeMap::new();
    let mut names = files.files_ending("templates", ".html");
    names.extend(files.files_ending("templates", ".txt"));
    for name in names {
        if let Some((file, text)) = files.read(&format!("templates/{name}"), problems) {
            templates.insert(name, Text::file(file, text));
        }
    }
    templates
}

/// Reads all tables; what is wrong with one is reported, and the rest of it kept.
pub(in crate::definitions) fn read_tables(
    files: &mut Files<'_>,
    problems: &mut Problems,
) -> Vec<TableDefinition> {
    let mut tables = Vec::new();
    for name in files.files_ending("tables", ".csv") {
        if let Some((file, text)) = files.read(&format!("tables/{name}"), problems) {
            let name = name.trim_end_matches(".csv").to_owned();
            tables.push(table(name, &Text::file(file, text), problems));
        }
    }
    tables
}

fn table(name: String, text: &Text, problems: &mut Problems) -> TableDefinition {
    let source = text.as_str();
    let at = |start: usize| {
        let end = source[start..].find(['\r', '\n']).map_or(source.len(), |length| start + length);
        text.span_at(start, end.max(start))
    };
    let mut table = TableDefinition { name, content: source.to_owned(), ..TableDefinition::default() };
    let mut places: BTreeMap<String, Span> = BTreeMap::new();
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source.as_bytes());
    for record in reader.records() {
        let Ok(record) = record else { continue };
        let start = record.position().map_or(0, |place| usize::try_from(place.byte()).unwrap_or(0));
        // The reader counts the line breaks before a row as a part of it.
        let start = start + source[start..].len() - source[start..].trim_start_matches(['\r', '\n']).len();
        let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        if table.columns.is_empty() {
            for (place, column) in cells.iter().enumerate() {
                if column.is_empty() || cells[..place].contains(column) {
                    let message = match column.is_empty() {
                        true => format!("column {} of the table has no name", place + 1),
                        false => format!("two columns of the table are called `{column}`"),
                    };
                    problems.push(
                        Problem::error(Code::InvalidTable, at(start), message)
                            .hint("The first line names the columns, each by a name of its own."),
                    );
                }
            }
            table.columns = cells;
        } else if cells.len() != table.columns.len() {
            let message = format!(
                "the row has {} cells, and the table has {} columns",
                cells.len(),
                table.columns.len()
            );
            problems.push(Problem::error(Code::InvalidTable, at(start), message).hint(
                "Write as many cells as there are columns; put a cell with a comma in it in double quotes.",
            ));
        } else if let Some(first) = places.get(&cells[0]) {
            let message = format!("the key `{}` stands twice in the table", cells[0]);
            problems.push(
                Problem::error(Code::InvalidTable, at(start), message)
                    .related(*first, "it stands here, too")
                    .hint("The first column is the key; keep one row of each."),
            );
        } else {
            places.insert(cells[0].clone(), at(start));
            table.rows.insert(cells[0].clone(), cells);
        }
    }
    if table.columns.is_empty() {
        problems.push(
            Problem::error(Code::InvalidTable, at(0), "the table is empty")
                .hint("Write the names of the columns into its first line; the first column is the key."),
        );
    }
    table
}
