//! A mail as a server gets it.

use lettre::Address;

use super::email::Made;
use crate::{
    channels::{key::hash, transports::smtp::Letter},
    compile::SmtpPlan,
};

/// A mail as a server gets it: signed by the key of its sender's domain, with a bounce address of its own.
pub(in crate::channels) fn letter(
    smtp: &SmtpPlan,
    key: &str,
    made: Made,
    now: i64,
) -> Result<Letter, String> {
    let Made { content, from, to } = made;
    let signs = smtp.dkim.iter().find(|one| one.is_for(from.domain())).map(|one| (one.clone(), now));
    let from = match smtp.return_path.as_deref().and_then(|path| path.rsplit_once('@')) {
        None => from,
        Some((name, domain)) => Address::new(format!("{name}+{}", hash(&[key])), domain)
            .map_err(|_| format!("`{name}@{domain}` can't be the return path"))?,
    };
    Ok(Letter { from, to, content, signs })
}
