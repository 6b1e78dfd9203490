//! The one place that prints: results on standard output, remarks on standard error.

use std::io::{self, IsTerminal, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table as Drawn};
use serde_json::Value;

use super::printable::{in_one_line, no_formula, printable};
use crate::calendar::{Zone, in_local_time};
use crate::cli::CliError;
use crate::cli::Format;

/// Rows of values under named columns, to be written in any format.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The columns, from the left.
    pub columns: Vec<TableColumn>,
    /// The rows; each has one value for each column.
    pub rows: Vec<Vec<Value>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// The key in JSON and the header in CSV.
    pub key: String,
    /// The header for people.
    pub title: String,
}

impl Table {
    /// A table without rows; each column is a key and a header for people.
    #[must_use]
    pub fn new(columns: &[(&str, &str)]) -> Table {
        let columns = columns
            .iter()
            .map(|(key, title)| TableColumn { key: (*key).to_owned(), title: (*title).to_owned() });
        let columns = columns.collect();
        Table { columns, rows: Vec::new() }
    }

    /// Adds a row: one value for each column.
    pub fn push(&mut self, row: Vec<Value>) {
        self.rows.push(row);
    }

    /// The first row as one object.
    #[must_use]
    pub fn object(&self) -> Value {
        let row = self.rows.first().cloned().unwrap_or_default();
        Value::Object(self.columns.iter().map(|column| column.key.clone()).zip(row).collect())
    }

    /// All rows as objects.
    #[must_use]
    pub fn objects(&self) -> Vec<Value> {
        let keys = || self.columns.iter().map(|column| column.key.clone());
        self.rows.iter().map(|row| Value::Object(keys().zip(row.iter().cloned()).collect())).collect()
    }

    /// The table without the columns in which no row has anything; the first stays.
    #[must_use]
    pub fn without_empty_columns(&self) -> Table {
        let says_something = |at: usize| {
            let values = || self.rows.iter().filter_map(|row| row.get(at));
            at == 0 || values().any(|value| !plain(value).is_empty())
        };
        let kept: Vec<usize> = (0..self.columns.len()).filter(|at| says_something(*at)).collect();
        let columns = kept.iter().filter_map(|at| self.columns.get(*at).cloned()).collect();
        let rows = self.rows.iter();
        let rows = rows.map(|row| kept.iter().filter_map(|at| row.get(*at).cloned()).collect()).collect();
        Table { columns, rows }
    }

    /// The table for people, with moments in a time zone, no wider than `width` where that is known. Numbers stand to
    /// the right.
    #[must_use]
    pub fn text(&self, width: Option<u16>, zone: &Zone) -> String {
        let mut drawn = Drawn::new();
        drawn.load_style(NOTHING.header_separator(LineStyle::none().fill('─').junction('─')));
        if let Some(width) = width {
            drawn.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        let numeric: Vec<bool> = (0..self.columns.len()).map(|at| self.is_numeric(at)).collect();
        let aligned = |text: String, at: usize| {
            let right = numeric.get(at).copied().unwrap_or(false);
            let side = if right { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(text).set_alignment(side)
        };
        let titles = self.columns.iter().enumerate();
        drawn.set_header(titles.map(|(at, column)| aligned(column.title.clone(), at)).collect::<Vec<_>>());
        for row in &self.rows {
            let cells = row.iter().enumerate().map(|(at, value)| {
                aligned(in_one_line(&in_local_time(&plain(value), zone)).into_owned(), at)
            });
            drawn.add_row(cells.collect::<Vec<_>>());
        }
        for column in drawn.column_iter_mut() {
            column.set_padding((0, 1));
        }
        drawn.trim_fmt()
    }

    fn is_numeric(&self, column: usize) -> bool {
        let values = || self.rows.iter().filter_map(|row| row.get(column));
        values().any(Value::is_number) && values().all(|value| value.is_number() || value.is_null())
    }

    /// Writes the table as a JSON array, one object a line.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        self.write_json_part(out, true, true)
    }

    /// Writes a part of a JSON array: with what opens it, and what ends it.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_json_part(&self, out: &mut dyn Write, first: bool, last: bool) -> io::Result<()> {
        if first && last && self.rows.is_empty() {
            return writeln!(out, "[]");
        }
        let mut before = if first { "[\n  " } else { ",\n  " };
        for row in &self.rows {
            write!(out, "{before}{{")?;
            for (at, (column, value)) in self.columns.iter().zip(row).enumerate() {
                let comma = if at == 0 { "" } else { ", " };
                write!(out, "{comma}{}: {value}", Value::from(column.key.as_str()))?;
            }
            write!(out, "}}")?;
            before = ",\n  ";
        }
        if last { writeln!(out, "\n]") } else { Ok(()) }
    }

    /// Writes the table as CSV, the keys as header; unless `raw`, no cell is a formula to a spreadsheet.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_csv(&self, out: &mut dyn Write, raw: bool) -> io::Result<()> {
        self.write_csv_part(out, true, raw)
    }

    /// Writes rows as CSV, with the header before the first.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_csv_part(&self, out: &mut dyn Write, first: bool, raw: bool) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
        if first {
            writer.write_record(self.columns.iter().map(|column| &column.key))?;
        }
        for row in &self.rows {
            let cells = row.iter().map(|value| match value {
                Value::Number(_) => plain(value),
                _ if raw => plain(value),
                _ => no_formula(&plain(value)).into_owned(),
            });
            writer.write_record(cells)?;
        }
        writer.flush()
    }
}

/// A value in a cell.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| format!("{key} {}", plain(value)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// Where results and remarks go.
pub struct Output {
    format: Format,
    quiet: bool,
    raw: bool,
    width: Option<u16>,
    zone: Zone,
    out: Box<dyn Write>,
    remarks: Box<dyn Write>,
}

impl Output {
    /// Standard output and standard error. On a terminal, tables keep to its width.
    #[must_use]
    pub fn standard(format: Format, quiet: bool) -> Output {
        let width = if io::stdout().is_terminal() {
            terminal_size::terminal_size().map(|(terminal_size::Width(width), _)| width)
        } else {
            None
        };
        let out = Box::new(io::BufWriter::new(io::stdout()));
        Output { format, quiet, raw: false, width, zone: Zone::utc(), out, remarks: Box::new(io::stderr()) }
    }

    /// Any two writers, for tests.
    #[must_use]
    pub fn to(format: Format, quiet: bool, out: Box<dyn Write>, remarks: Box<dyn Write>) -> Output {
        Output { format, quiet, raw: false, width: None, zone: Zone::utc(), out, remarks }
    }

    /// Shows moments in this time zone from now on, where people read them; JSON and CSV keep UTC (semantics 64).
    pub fn show_times_in(&mut self, zone: &Zone) {
        self.zone = zone.clone();
    }

    /// Writes CSV as the store has it from now on, whatever a spreadsheet makes of it.
    pub fn write_raw(&mut self) {
        self.raw = true;
    }

    /// The format that was asked for.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether remarks are left out.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Writes a table in the format that was asked for. For people, `nothing` stands for a table
    /// without rows.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn table(&mut self, table: &Table, nothing: &str) -> Result<(), CliError> {
        match self.format {
            Format::Json => table.write_json(&mut self.out)?,
            Format::Csv => table.write_csv(&mut self.out, self.raw)?,
            Format::Text | Format::Github if table.rows.is_empty() => writeln!(self.out, "{nothing}")?,
            Format::Text | Format::Github => writeln!(self.out, "{}", table.text(self.width, &self.zone))?,
        }
        Ok(())
    }

    /// Writes a part of a table, in the format that was asked for: the first with what opens it, the last with what
    /// ends it. For people, each part has its header.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn part(&mut self, table: &Table, first: bool, last: bool) -> Result<(), CliError> {
        match self.format {
            Format::Json => table.write_json_part(&mut self.out, first, last)?,
            Format::Csv => table.write_csv_part(&mut self.out, first, self.raw)?,
            Format::Text | Format::Github if table.rows.is_empty() => {}
            Format::Text | Format::Github => writeln!(self.out, "{}", table.text(self.width, &self.zone))?,
        }
        Ok(())
    }

    /// Writes a value as JSON, whatever the format.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn json(&mut self, value: &Value) -> Result<(), CliError> {
        writeln!(self.out, "{value:#}")?;
        Ok(())
    }

    /// Writes text with a line break after it; its moments are shown in the workspace's time zone.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn text(&mut self, text: &str) -> Result<(), CliError> {
        match self.format {
            Format::Json | Format::Csv => writeln!(self.out, "{text}")?,
            Format::Text | Format::Github => {
                writeln!(self.out, "{}", printable(&in_local_time(text, &self.zone)))?;
            }
        }
        Ok(())
    }

    /// Writes lines of text that have their line breaks already; nothing when there are none.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn report(&mut self, lines: &str) -> Result<(), CliError> {
        write!(self.out, "{lines}")?;
        Ok(())
    }

    /// Says something on standard error, unless quiet is asked for.
    pub fn remark(&mut self, text: &str) {
        if !self.quiet {
            // Where standard error is closed there is nobody to tell.
            let _ = writeln!(self.remarks, "{}", printable(&in_local_time(text, &self.zone)));
        }
    }

    /// Says something on standard error whether or not quiet is asked for. It may be coloured, so that it has to be
    /// [`printable`] before.
    pub fn complain(&mut self, text: &str) {
        let _ = writeln!(self.remarks, "{}", in_local_time(text, &self.zone));
    }

    /// Writes out what is left.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn finish(&mut self) -> Result<(), CliError> {
        self.out.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn segments() -> Table {
        let mut table = Table::new(&[("name", "SEGMENT"), ("target", "OF"), ("count", "MEMBERS")]);
        table.push(vec![json!("finance-emea"), json!("contact"), json!(70)]);
        table.push(vec![json!("say \"hi\", all"), json!(null), json!(1234)]);
        table
    }

    fn written(write: impl Fn(&Table, &mut dyn Write) -> io::Result<()>, table: &Table) -> String {
        let mut out = Vec::new();
        write(table, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_for_people_has_its_numbers_to_the_right() {
        let expected = [
            "SEGMENT        OF       MEMBERS",
            "────────────────────────────────",
            "finance-emea   contact       70",
            "say \"hi\", all              1234",
        ];
        assert_eq!(segments().text(None, &Zone::utc()).lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_table_keeps_to_the_width_of_the_terminal() {
        let text = segments().text(Some(24), &Zone::utc());
        assert!(text.lines().all(|line| line.chars().count() <= 24), "{text}");
    }

    #[test]
    fn a_name_cannot_do_anything_to_a_terminal() {
        let mut table = Table::new(&[("name", "NAME")]);
        table.push(vec![json!("red \u{1b}[31m\nnext")]);
        assert!(!table.text(None, &Zone::utc()).contains('\u{1b}'));
        assert_eq!(table.text(None, &Zone::utc()).lines().count(), 3, "a cell stays on its line");
    }

    #[test]
    fn programs_get_json_with_numbers_and_csv_with_the_same_keys() {
        let json = written(Table::write_json, &segments());
        let expected = json!([
            { "name": "finance-emea", "target": "contact", "count": 70 },
            { "name": "say \"hi\", all", "target": null, "count": 1234 },
        ]);
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), expected);
        assert_eq!(
            json.lines().nth(1),
            Some("  {\"name\": \"finance-emea\", \"target\": \"contact\", \"count\": 70},")
        );
        let csv = "name,target,count\nfinance-emea,contact,70\n\"say \"\"hi\"\", all\",,1234\n";
        assert_eq!(written(|table, out| table.write_csv(out, false), &segments()), csv);
        assert_eq!(written(Table::write_json, &Table::default()), "[]\n");
    }

    #[test]
    fn lists_and_counts_in_a_cell_are_written_out() {
        let mut table = Table::new(&[("paths", "PATHS"), ("tags", "TAGS")]);
        table.push(vec![json!({ "else": 43, "then": 27 }), json!(["a", true])]);
        assert_eq!(
            written(|table, out| table.write_csv(out, false), &table),
            "paths,tags\n\"else 43, then 27\",\"a, yes\"\n"
        );
    }
}
