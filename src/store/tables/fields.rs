//! Which fields of a record changed, or matter, in the form in which the queue keeps it.

use std::ops::BitOr;

use sha2::{Digest, Sha256};

/// Fields of one kind of record, each a bit, so that a database tells by `&` whether one of those that changed
/// is one of those that matter. Fields may share a bit: then more is looked at than has to be, never less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fields(i64);

/// The bit of `id`, which changes only where a record is new.
const ID: u32 = 62;

/// The bit of all fields that tell which records belong together.
const LINKS: u32 = 61;

/// The bit that says that another record no longer belongs to this one.
const LEFT: u32 = 60;

/// The bit of `modified_on`, which changes whenever another field does.
const MODIFIED: u32 = 59;

impl Fields {
    /// Any field may have changed, or the record is new.
    pub const ALL: Fields = Fields(-1);

    /// Those that tell which records there are, and which account and contact they belong to.
    pub const BELONGING: Fields = Fields(1 << ID | 1 << LINKS);

    /// No field: a record that belonged to this one belongs to another now, or to none.
    pub const LEFT: Fields = Fields(1 << LEFT);

    /// The fields with these names. `id` stands for which records there are.
    pub fn of(names: impl IntoIterator<Item = impl AsRef<str>>) -> Fields {
        let bits = names.into_iter().map(|name| 1 << bit(name.as_ref()));
        Fields(bits.fold(0, BitOr::bitor))
    }

    /// Whether any of these is among the others.
    #[must_use]
    pub fn meet(self, others: Fields) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As they are kept.
    pub(in crate::store) fn bits(self) -> i64 {
        self.0
    }

    /// As they were kept.
    pub(in crate::store) fn from_bits(bits: i64) -> Fields {
        Fields(bits)
    }
}

impl BitOr for Fields {
    type Output = Fields;

    fn bitor(self, others: Fields) -> Fields {
        Fields(self.0 | others.0)
    }
}

/// The bit of a field: it goes by the name alone, so that it is the same for every process.
fn bit(name: &str) -> u32 {
    match name {
        "id" => ID,
        "account_id" | "contact_id" | "primary_contact_id" => LINKS,
        "modified_on" => MODIFIED,
        _ => u32::from(Sha256::digest(name)[0]) % MODIFIED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_meets_itself_and_everything_and_seldom_another() {
        let standard = crate::model::standard_fields(crate::model::Entity::Contact);
        let names: Vec<String> = standard.into_iter().map(|field| field.name).collect();
        let mut shared = 0;
        for name in &names {
            let own = Fields::of([name]);
            assert!(own.meet(own) && own.meet(Fields::ALL) && !own.meet(Fields::default()), "{name}");
            shared += names.iter().filter(|other| *other != name && own.meet(Fields::of([other]))).count();
        }
        assert!(shared <= names.len(), "{shared} of {} share a bit", names.len());
        assert!(!Fields::of(["city", "role", "industry"]).meet(Fields::BELONGING));
    }
}
