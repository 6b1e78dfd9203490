//! Moments among the arguments.

use crate::calendar::{Zone, parse_moment};
use crate::cli::CliError;

/// The moment that `--now` or `--until` names, in the workspace's time zone.
pub(in crate::cli) fn asked_moment(text: Option<&String>, zone: &Zone) -> Result<Option<i64>, CliError> {
    text.map(|text| parse_moment(text, zone).map_err(CliError::from)).transpose()
}
