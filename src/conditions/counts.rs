//! How counts are written and told.

use crate::model::Records;

/// The words for one and for several.
pub(super) fn words(records: Records) -> [&'static str; 2] {
    match records {
        Records::Contacts => ["contact", "contacts"],
        Records::Leads => ["lead", "leads"],
        Records::Activities => ["activity", "activities"],
    }
}

/// A whole number, alone or with one of the units.
pub(super) fn whole_number(text: &str, units: [&str; 2]) -> Option<u64> {
    let mut words = text.split_whitespace();
    let number = words.next()?.replace('_', "");
    let unit_fits = words.next().is_none_or(|unit| units.contains(&unit));
    let digits = !number.is_empty() && number.len() <= 15 && number.bytes().all(|byte| byte.is_ascii_digit());
    (digits && unit_fits && words.next().is_none()).then(|| number.parse().ok())?
}
