//! What a step comes to: the words that tiles decide with and the store commits.

use super::{Entity, Field, Value};

/// What becomes of a participant at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Go {
        /// By which path; nothing when the tile has none.
        path: Option<String>,
        /// From which moment what comes next counts.
        moment: i64,
    },
    /// It stays and is looked at again.
    Wait {
        /// When, if nothing wakes it before.
        until: i64,
    },
    /// It stops; the note says why.
    Stop,
    /// Something isn't there yet: it stays and is looked at again.
    Retry {
        /// When.
        at: i64,
        /// What isn't there, for people.
        reason: String,
    },
}

/// A decision for a whole account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The path.
    pub path: String,
    /// When it was taken: the time of the event that decided it, or the deadline.
    pub at: i64,
    /// What decided it, for people.
    pub because: String,
}

/// A record that a step makes, or a field that it sets.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// An activity for a salesperson.
    Activity {
        /// `task`, `phone_call`, `appointment`.
        kind: String,
        /// What it is about.
        subject: String,
        /// More about it.
        description: Option<String>,
        /// Who is to do it.
        owner: Option<String>,
        /// Until when.
        due_at: Option<i64>,
    },
    /// A lead, by field.
    Lead {
        /// Fields of the lead with their text.
        fields: Vec<(&'static str, Option<String>)>,
    },
    /// A message that leaves through the outbox.
    Message {
        /// The channel, by name.
        channel: String,
        /// What the channel needs to make the message, as JSON.
        content: String,
    },
    /// A field of the contact or the account gets another value.
    Set {
        /// Whose field: the contact's or the account's.
        entity: Entity,
        /// The field.
        field: Field,
        /// Its value, of the field's type, or missing.
        value: Value,
    },
}

/// What a tile keeps between its calls for one visit of a contact or an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TileState {
    /// How often it was called.
    pub calls: i64,
    /// How often it asked to be tried again.
    pub retries: i64,
    /// How many effects the calls had, so that each has an ordinal of its own; kept by the engine.
    pub effects: i64,
    /// What it remembers, as JSON.
    pub state: Option<String>,
    /// When it is called next, if it waits.
    pub until: Option<i64>,
    /// Why it waits, for people.
    pub reason: Option<String>,
}

/// Who is asked for a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The contact alone.
    Contact,
    /// The account's participants who entered and weren't stopped, wherever they stand.
    Participants,
    /// All present contacts of the account; of a contact that entered without one, itself.
    AllContacts,
}

/// What was found about a contact, or an account, within the window of a trigger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TriggerAnswer {
    /// When the condition was satisfied.
    pub satisfied_at: Option<i64>,
    /// When something happens next that the condition looks at.
    pub next_at: Option<i64>,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConditionAnswer {
    /// Whether it does.
    pub holds: bool,
    /// What each of its [`own_calls`](super::Predicate::own_calls) gives, in their order.
    pub given: Vec<Value>,
}
