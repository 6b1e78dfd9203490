//! Moments among the arguments.

use super::CliError;
use crate::calendar::{Zone, parse_moment};

/// The moment that `--now` or `--until` names, in the workspace's time zone.
pub(super) fn asked_moment(text: Option<&String>, zone: &Zone) -> Result<Option<i64>, CliError> {
    text.map(|text| parse_moment(text, zone).map_err(CliError::from)).transpose()
}
