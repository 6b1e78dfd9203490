//! A batch of participants, and what becomes of them.

use std::{collections::BTreeMap, ops::Range};

use crate::model::{ConditionAnswer, Decision, Effect, Outcome, TileState, TriggerAnswer, Value};

/// Participants at a step, and the accounts that they belong to.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The participants, by account.
    pub participants: Vec<Participant>,
    /// The accounts; each stands for a stretch of the participants.
    pub accounts: Vec<AccountGroup>,
    /// The present moment.
    pub now: i64,
    /// `name`, `label` and `owner` of the journey, for templates.
    pub journey: BTreeMap<String, Value>,
    /// The number of the journey's iteration, from 1.
    pub iteration: i64,
    /// `name` of the workspace, for templates.
    pub settings: BTreeMap<String, Value>,
    /// Names the journey, its iteration and the step, the same on every machine and after a rename: chance
    /// is a hash of it and of whom it is about (semantics 13).
    pub chance_key: String,
}

/// A participant at a step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Participant {
    /// The contact's id.
    pub contact_id: String,
    /// Which arrival at the step this is, from 1.
    pub visit: i64,
    /// When it arrived.
    pub arrived_at: i64,
    /// When it was to be looked at.
    pub due_at: i64,
    /// When it was looked at before, on this visit.
    pub looked_at: Option<i64>,
    /// The end of its window, when the tile asks a question of contacts.
    pub deadline: i64,
    /// The answer to the tile's question about this contact.
    pub answer: TriggerAnswer,
    /// Whether each condition about contacts holds that the tile asked for, in its order.
    pub holds: Vec<ConditionAnswer>,
    /// The path on which the contact was given a place; nothing when they were all taken.
    pub allotted: Option<String>,
    /// How many had their turn before, when the tile asks for turns of contacts.
    pub turn: i64,
    /// Values of the contact's fields, as the tile asked for them.
    pub contact: Vec<Value>,
    /// Values of the account's fields, likewise.
    pub account: Vec<Value>,
    /// The account's id; nothing for a contact without account.
    pub account_id: Option<String>,
    /// How often each of the counted interactions happened, as the tile asked for them.
    pub counts: Vec<i64>,
    /// What the tile kept of earlier calls, when it decides for contacts.
    pub state: TileState,
}

/// A participant of an account, wherever it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Colleague {
    /// The contact's id.
    pub contact_id: String,
    /// Values of the contact's fields, as the tile asked for them.
    pub contact: Vec<Value>,
    /// How often each of the counted interactions happened, likewise.
    pub counts: Vec<i64>,
}

/// An account with participants at a step. A contact without account is one of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountGroup {
    /// The account's id; nothing for a contact without account.
    pub account_id: Option<String>,
    /// Which of the batch's participants belong to it.
    pub members: Range<usize>,
    /// When its first participant arrived.
    pub opened_at: i64,
    /// The end of its window, when the tile asks a question of accounts.
    pub deadline: i64,
    /// The decision, if it was taken before.
    pub decided: Option<(String, i64)>,
    /// Who satisfied the condition and when, earliest first, whether or not they stand here.
    pub satisfied: Vec<(String, i64)>,
    /// When something happens next that the condition looks at.
    pub next_at: Option<i64>,
    /// How many are asked.
    pub asked: u64,
    /// When others ceased to be asked.
    pub ceased: Vec<i64>,
    /// Which arrival at the step this is, from 1.
    pub visit: i64,
    /// All who entered with the account and weren't stopped, when the tile asks for them, by id.
    pub colleagues: Vec<Colleague>,
    /// What the tile kept of earlier calls, when it decides for accounts.
    pub state: TileState,
    /// Whether each condition about accounts holds that the tile asked for, in its order.
    pub holds: Vec<ConditionAnswer>,
    /// The path on which the account was given a place; nothing when they were all taken.
    pub allotted: Option<String>,
    /// How many had their turn before, when the tile asks for turns of accounts.
    pub turn: i64,
}

impl AccountGroup {
    /// When the account is to be called: at the end of its wait, else when its first participant is due.
    /// Who arrives while the account waits joins the wait; else the tile would be called more often the
    /// more often somebody arrives.
    #[must_use]
    pub fn due(&self, participants: &[Participant]) -> Option<i64> {
        let members = participants.get(self.members.clone()).unwrap_or_default();
        let due = members.iter().map(|member| member.due_at).min()?;
        match self.state.until {
            Some(until) if self.state.calls > 0 => Some(until.max(due)),
            _ => Some(due),
        }
    }
}

/// A tile that is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// A participant got no outcome, or two.
    #[error("the tile `{tile}` gave contact `{contact}` {count} outcomes, expected one")]
    Outcomes {
        /// The tile.
        tile: String,
        /// The contact's id.
        contact: String,
        /// How many.
        count: usize,
    },
}

/// What a tile decided for a batch.
#[derive(Debug, Default)]
pub struct Outcomes {
    outcomes: Vec<Vec<(Outcome, Option<String>)>>,
    decisions: Vec<Option<Decision>>,
    effects: Vec<(EffectSubject, i64, Effect)>,
    states: Vec<(EffectSubject, TileState)>,
}

/// Everything that a tile decided for a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The outcome of each participant, with a note for people.
    pub outcomes: Vec<(Outcome, Option<String>)>,
    /// The decision of each account, where one was taken.
    pub decisions: Vec<Option<Decision>>,
    /// Effects, each with its moment.
    pub effects: Vec<(EffectSubject, i64, Effect)>,
    /// What is kept for the next calls.
    pub states: Vec<(EffectSubject, TileState)>,
}

/// Whom an effect is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectSubject {
    /// The batch's participant at this place.
    Participant(usize),
    /// The batch's account at this place.
    Account(usize),
}

impl Outcomes {
    /// For a batch.
    #[must_use]
    pub fn of(batch: &Batch) -> Outcomes {
        Outcomes {
            outcomes: vec![Vec::new(); batch.participants.len()],
            decisions: vec![None; batch.accounts.len()],
            effects: Vec::new(),
            states: Vec::new(),
        }
    }

    /// Gives a participant its outcome.
    pub fn participant(&mut self, place: usize, outcome: Outcome) {
        self.noted(place, outcome, None);
    }

    /// Gives a participant its outcome with a note for people.
    pub fn noted(&mut self, place: usize, outcome: Outcome, note: Option<String>) {
        if let Some(slot) = self.outcomes.get_mut(place) {
            slot.push((outcome, note));
        }
    }

    /// Takes a decision for the account at a place.
    pub fn decide(&mut self, account: usize, decision: Decision) {
        if let Some(slot) = self.decisions.get_mut(account) {
            *slot = Some(decision);
        }
    }

    /// Makes a record at a moment.
    pub fn effect(&mut self, subject: EffectSubject, moment: i64, effect: Effect) {
        self.effects.push((subject, moment, effect));
    }

    /// Keeps something for the next call on this visit.
    pub fn keep(&mut self, subject: EffectSubject, state: TileState) {
        self.states.push((subject, state));
    }

    /// Everything decided, once it is sure that each participant got exactly one outcome.
    ///
    /// # Errors
    /// When one got none, or more than one.
    pub fn finish(self, tile: &str, batch: &Batch) -> Result<Decided, TileError> {
        let mut outcomes = Vec::with_capacity(self.outcomes.len());
        for (place, mut slot) in self.outcomes.into_iter().enumerate() {
            let count = slot.len();
            match slot.pop() {
                Some(outcome) if count == 1 => outcomes.push(outcome),
                _ => {
                    let contact =
                        batch.participants.get(place).map(|one| one.contact_id.clone()).unwrap_or_default();
                    return Err(TileError::Outcomes { tile: tile.to_owned(), contact, count });
                }
            }
        }
        Ok(Decided { outcomes, decisions: self.decisions, effects: self.effects, states: self.states })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let participant = Participant { contact_id: "ada".into(), ..Participant::default() };
        Batch { participants: vec![participant], ..Batch::default() }
    }

    #[test]
    fn a_forgotten_participant_is_an_error_that_names_the_tile() {
        let batch = batch();
        let error = Outcomes::of(&batch).finish("wait", &batch).unwrap_err();
        assert_eq!(error.to_string(), "the tile `wait` gave contact `ada` 0 outcomes, expected one");
    }

    #[test]
    fn a_participant_with_two_outcomes_is_an_error_too() {
        let batch = batch();
        let mut out = Outcomes::of(&batch);
        out.participant(0, Outcome::Wait { until: 1 });
        out.participant(0, Outcome::Stop);
        assert!(matches!(out.finish("wait", &batch), Err(TileError::Outcomes { count: 2, .. })));
    }
}
