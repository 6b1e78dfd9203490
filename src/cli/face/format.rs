//! How results are written.

use clap::ValueEnum;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs; standard output holds nothing else.
    Json,
    /// For spreadsheets.
    Csv,
    /// As annotations of GitHub Actions.
    Github,
}

impl Format {
    /// The word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Github => "github",
        }
    }
}
