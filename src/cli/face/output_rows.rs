//! A table that is written while it is filled, so that a long list needs no memory. For people it has only the columns
//! that say something.

use serde_json::Value;

use crate::cli::{CliError, Format, Output, Table};

/// How many rows people get under one header.
const PAGE: usize = 1_000;

/// A table on its way out.
pub struct Rows<'o> {
    output: &'o mut Output,
    table: Table,
    written: bool,
    failed: Option<CliError>,
}

impl Output {
    /// Begins a table with these columns.
    pub fn rows(&mut self, columns: &[(&str, &str)]) -> Rows<'_> {
        Rows { output: self, table: Table::new(columns), written: false, failed: None }
    }
}

impl Rows<'_> {
    /// The format that was asked for.
    #[must_use]
    pub fn format(&self) -> Format {
        self.output.format()
    }

    /// Adds a row. What can't be written is told at the end.
    pub fn push(&mut self, row: Vec<Value>) {
        if self.failed.is_some() {
            return;
        }
        self.table.push(row);
        if self.table.rows.len() >= PAGE
            && let Err(error) = self.write(false)
        {
            self.failed = Some(error);
        }
    }

    /// Ends the table. For people, `nothing` stands for one without rows.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn end(mut self, nothing: &str) -> Result<(), CliError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.table.rows.is_empty() && !self.written {
            return self.output.table(&self.table, nothing);
        }
        self.write(true)
    }

    fn write(&mut self, last: bool) -> Result<(), CliError> {
        match self.output.format() {
            Format::Text | Format::Github => {
                self.output.part(&self.table.without_empty_columns(), !self.written, last)?;
            }
            Format::Json | Format::Csv => self.output.part(&self.table, !self.written, last)?,
        }
        self.written = true;
        self.table.rows.clear();
        Ok(())
    }
}
