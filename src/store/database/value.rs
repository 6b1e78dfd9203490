//! What goes into a statement and what comes out of it.

use crate::store::StoreError;

/// A parameter of a statement, or a cell of its result: one of the four column types, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// TEXT.
    Text(String),
    /// BIGINT or SMALLINT.
    Integer(i64),
    /// DOUBLE PRECISION.
    Real(f64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Cell::Integer(number)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}

/// One row of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub(in crate::store) Vec<Cell>);

impl Row {
    fn cell(&self, column: usize) -> Result<&Cell, StoreError> {
        self.0.get(column).ok_or_else(|| StoreError::Inconsistent(format!("a row has no column {column}")))
    }

    fn wrong<T>(&self, column: usize, expected: &str) -> Result<T, StoreError> {
        Err(StoreError::Inconsistent(format!(
            "column {column} holds {:?}, expected {expected}",
            self.0.get(column)
        )))
    }

    /// The text in a column.
    pub(in crate::store) fn text(&self, column: usize) -> Result<String, StoreError> {
        match self.cell(column)? {
            Cell::Text(text) => Ok(text.clone()),
            _ => self.wrong(column, "text"),
        }
    }

    /// The text in a column that may be empty.
    pub(in crate::store) fn optional_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// The whole number in a column.
    pub(in crate::store) fn integer(&self, column: usize) -> Result<i64, StoreError> {
        match self.cell(column)? {
            Cell::Integer(number) => Ok(*number),
            _ => self.wrong(column, "a whole number"),
        }
    }

    /// The whole number in a column that may be empty.
    pub(in crate::store) fn optional_integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            _ => self.integer(column).map(Some),
        }
    }

    /// The cell as it is.
    pub(in crate::store) fn raw(&self, column: usize) -> Result<Cell, StoreError> {
        self.cell(column).cloned()
    }
}

/// Rows of parameters as the one JSON array that a statement unfolds again.
#[derive(Debug, Default)]
pub(in crate::store) struct JsonRows {
    text: String,
    rows: usize,
}

impl JsonRows {
    pub(in crate::store) fn push(&mut self, cells: &[Cell]) {
        self.text.push_str(if self.rows == 0 { "[[" } else { ",[" });
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            match cell {
                Cell::Null => self.text.push_str("null"),
                Cell::Integer(number) => self.text.push_str(&number.to_string()),
                Cell::Real(number) => {
                    self.text.push_str(&serde_json::Value::from(*number).to_string());
                }
                Cell::Text(text) => {
                    self.text.push_str(&serde_json::Value::from(text.as_str()).to_string());
                }
            }
        }
        self.text.push(']');
        self.rows += 1;
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(in crate::store) fn finish(&self) -> Cell {
        Cell::Text(if self.rows == 0 { "[]".to_owned() } else { format!("{}]", self.text) })
    }
}
