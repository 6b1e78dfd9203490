//! What keeps contacts out of journeys and stops them there.

use super::Predicate;

/// Why everybody stops whose journey ended. What was due to somebody before that keeps being theirs.
pub const JOURNEY_ENDED: &str = "journey_ended";

/// Why everybody stops where a journey's next iteration began, with the same consequence as [`JOURNEY_ENDED`].
pub const NEW_ITERATION: &str = "new_iteration";

/// What keeps a contact out of a journey, and stops it there at once (semantics 9).
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The word for it, such as `suppressed`.
    pub reason: String,
    /// When it applies.
    pub when: BlockedWhen,
}

/// When a block applies to a contact.
#[derive(Debug, Clone, PartialEq)]
pub enum BlockedWhen {
    /// A condition about the contact holds.
    Holds(Predicate),
    /// The contact, or somebody with its address, left all commercial mail and has subscribed to nothing since.
    LeftEverything,
}

impl Block {
    /// A block that applies where a condition about the contact holds.
    #[must_use]
    pub fn holds(reason: impl Into<String>, predicate: Predicate) -> Block {
        Block { reason: reason.into(), when: BlockedWhen::Holds(predicate) }
    }

    /// The condition, where there is one.
    #[must_use]
    pub fn predicate(&self) -> Option<&Predicate> {
        match &self.when {
            BlockedWhen::Holds(predicate) => Some(predicate),
            BlockedWhen::LeftEverything => None,
        }
    }
}
