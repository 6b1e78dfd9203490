//! What a contact did before a trigger began to count, where the trigger goes on waiting or took `else`.

use crate::{
    compile::JourneyPlan,
    model::{Asked, Bound, CountTest, Did, Operand, Predicate},
    store::{Store, StoreError},
};

/// An interaction that a trigger asks for, and that was there before the trigger began to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCounted {
    /// Its type.
    pub interaction: String,
    /// When it happened.
    pub at: i64,
    /// What it was before.
    pub before: Opening,
}

/// What opens the window of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The contact's arrival at the trigger.
    Arrival,
    /// The first arrival of anybody of the account.
    FirstArrival,
    /// The contact's entry into the journey.
    Entry,
}

impl Opening {
    /// The words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Opening::Arrival => "the arrival",
            Opening::FirstArrival => "the account's first arrival",
            Opening::Entry => "the entry",
        }
    }
}

/// The moments of a contact, and of its account, at a trigger; UTC milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    /// When the contact entered the journey.
    pub(super) entered_at: i64,
    /// When it arrived at the trigger, if it did.
    pub(super) arrived_at: Option<i64>,
    /// When the account's clock started, in a trigger of accounts.
    pub(super) opened_at: Option<i64>,
}

/// The latest interaction of each kind that a trigger asks for, of those that a contact did before the trigger
/// began to count. Of a step that asks nothing there is none.
pub(super) fn not_counted(
    store: &mut Store,
    journey: &JourneyPlan,
    step: &str,
    contact_id: &str,
    moments: Moments,
    now: i64,
) -> Result<Vec<NotCounted>, StoreError> {
    let Some(question) = journey.step(step).and_then(|step| step.tile.question()) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for did in waited_for(&question.predicate) {
        let Some((opens_at, before)) = opening(did, question.asked, moments) else { continue };
        let at = store.last_before(contact_id, did, journey.zone.name(), opens_at, now)?;
        found.extend(at.map(|at| NotCounted { interaction: did.interaction.clone(), at, before }));
    }
    found.dedup();
    Ok(found)
}

fn opening(did: &Did, asked: Asked, moments: Moments) -> Option<(i64, Opening)> {
    let Moments { entered_at, arrived_at, opened_at } = moments;
    match (&did.since, asked, opened_at) {
        (Some(Bound::Entry), _, _) => Some((entered_at, Opening::Entry)),
        (_, Asked::Contact, _) => Some((arrived_at?, Opening::Arrival)),
        (_, Asked::Participants, Some(opened_at)) if entered_at > opened_at => {
            Some((entered_at, Opening::Entry))
        }
        (_, _, opened_at) => Some((opened_at.or(arrived_at)?, Opening::FirstArrival)),
    }
}

/// The interactions of the contact that have to come. What a step causes can't come before the step.
fn waited_for(predicate: &Predicate) -> Vec<&Did> {
    let is_positive = |did: &Did| !matches!(did.count, CountTest::AtMost(_) | CountTest::Exactly(0));
    let dids = match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().flat_map(waited_for).collect(),
        Predicate::Did(did) if is_positive(did) => vec![did],
        Predicate::Compare { left, right, .. } => [left, right]
            .into_iter()
            .filter_map(|side| match side {
                Operand::Measure(measure) => Some(&measure.over),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    dids.into_iter().filter(|did| did.step.is_none()).collect()
}
