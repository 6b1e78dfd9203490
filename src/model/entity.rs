//! The records that a workspace knows.

use std::fmt;

/// What a field, a segment or a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entity {
    /// A person; belongs to at most one account.
    Contact,
    /// A company.
    Account,
    /// A chance of a sale, with a parent contact, a parent account, or both.
    Lead,
}

impl Entity {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Entity; 3] = [Entity::Contact, Entity::Account, Entity::Lead];

    /// The word used in YAML, tables and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Entity::Contact => "contact",
            Entity::Account => "account",
            Entity::Lead => "lead",
        }
    }

    /// The word for several.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Entity::Contact => "contacts",
            Entity::Account => "accounts",
            Entity::Lead => "leads",
        }
    }

    /// The entity with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Entity> {
        Entity::ALL.into_iter().find(|entity| entity.name() == name)
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
