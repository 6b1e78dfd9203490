//! What all lists take.

use clap::Args;

use super::{args::moment, moment::asked_moment};
use crate::cli::CliError;
use crate::{calendar::Zone, store::ListFilter};

/// Which rows of a list are wanted: those that everything given applies to.
#[derive(Debug, Clone, PartialEq, Default, Args)]
pub struct ListArguments {
    /// Only those of this owner
    #[arg(long, value_name = "OWNER")]
    pub owner: Option<String>,
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Only those that this journey made; of contacts and accounts, those that entered it
    #[arg(long, value_name = "NAME")]
    pub journey: Option<String>,
    /// Only those made at this time or later, such as `2026-03-01 08:00`
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub since: Option<String>,
    /// Only those made before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub limit: Option<i64>,
}

impl ListArguments {
    /// What the store is asked for; times without offset are those of a zone.
    pub(in crate::cli) fn filter(&self, zone: &Zone) -> Result<ListFilter, CliError> {
        Ok(ListFilter {
            owner: self.owner.clone(),
            account: self.account.clone(),
            journey: self.journey.clone(),
            since: asked_moment(self.since.as_ref(), zone)?,
            until: asked_moment(self.until.as_ref(), zone)?,
            limit: self.limit,
        })
    }
}
