//! How far an import is: a bar on a terminal, log lines elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// Rows between two log lines.
const ROWS_A_LINE: u64 = 100_000;

/// Shows how far an import is.
pub struct ImportProgress {
    what: &'static str,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { next: u64 },
    Nothing,
}

impl ImportProgress {
    /// Progress on standard error: a bar where that is a terminal (over `total` bytes, where the length
    /// of the file is known), a log line every 100,000 rows elsewhere, nothing when `quiet`.
    #[must_use]
    pub fn new(what: &'static str, total: Option<u64>, quiet: bool) -> ImportProgress {
        let shown = if quiet {
            Shown::Nothing
        } else if std::io::stderr().is_terminal() {
            Shown::Bar(bar(total))
        } else {
            Shown::Lines { next: ROWS_A_LINE }
        };
        ImportProgress { what, shown }
    }

    /// So many rows and bytes of the file were read.
    pub fn update(&mut self, rows: u64, bytes: u64) {
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_position(bytes);
                bar.set_message(format!("{rows} {}", self.what));
            }
            Shown::Lines { next } if rows >= *next => {
                *next = rows - rows % ROWS_A_LINE + ROWS_A_LINE;
                tracing::info!(rows, bytes, "importing {}", self.what);
            }
            Shown::Lines { .. } | Shown::Nothing => {}
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let template = match total {
        Some(_) => "{bar:30} {percent:>3} %  {msg}  {elapsed} gone, {eta} to go",
        None => "{spinner} {msg}  {bytes}  {elapsed} gone",
    };
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bars_can_be_drawn() {
        for total in [Some(10), None] {
            let mut progress = ImportProgress { what: "contacts", shown: Shown::Bar(bar(total)) };
            progress.update(3, 7);
            let Shown::Bar(bar) = &progress.shown else { panic!("it is a bar") };
            assert_eq!((bar.position(), bar.message().as_str()), (7, "3 contacts"));
            progress.finish();
            assert!(bar.is_finished());
        }
    }

    #[test]
    fn a_log_line_comes_once_in_a_hundred_thousand_rows() {
        let mut progress = ImportProgress { what: "contacts", shown: Shown::Lines { next: ROWS_A_LINE } };
        let mut lines = Vec::new();
        for rows in [5_000, 100_000, 105_000, 350_000, 355_000] {
            progress.update(rows, rows * 10);
            let Shown::Lines { next } = progress.shown else { panic!("it is lines") };
            lines.push(next);
        }
        assert_eq!(lines, [100_000, 200_000, 200_000, 400_000, 400_000]);
    }
}
