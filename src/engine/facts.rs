//! Asking the store which of a tile's conditions hold, and which places were given out.

use std::collections::BTreeMap;

use super::{EngineError, batch::Place, convert::Loaded};
use crate::{
    model::{Answers, Entity},
    store::{Claim, FactSubject, Facts, Places, Standing, Store, StoreError},
    tiles::{Allotment, NeededCondition, Unit},
};

/// Gives out places to all who are due at a step.
pub(super) fn allot(
    store: &mut Store,
    iteration_key: i64,
    step_key: i64,
    allotment: &Allotment,
    now: i64,
) -> Result<(), StoreError> {
    let by_account = allotment.of == Unit::Account;
    let among = allotment.among.as_deref();
    store.allot(&Places { iteration_key, step_key, by_account, counts: &allotment.counts, among }, now)
}

/// The places of a claim: path and turn by account and contact, 0 for the account itself.
pub(super) struct Given(BTreeMap<(i64, i64), (Option<String>, i64)>);

impl Given {
    /// Reads what was given, and leaves those out who came too late to be considered: they are due still.
    pub(super) fn read(
        store: &mut Store,
        claim: &Claim,
        allotment: &Allotment,
        standing: &mut Vec<Standing>,
    ) -> Result<Given, EngineError> {
        let rows = store.allotments(claim)?;
        let given: BTreeMap<(i64, i64), (Option<String>, i64)> =
            rows.into_iter().map(|row| ((row.account_key, row.contact_key), (row.path, row.turn))).collect();
        standing.retain(|row| {
            let contact = if allotment.of == Unit::Account { 0 } else { row.contact_key };
            given.contains_key(&(row.account_key, contact))
        });
        Ok(Given(given))
    }

    /// Tells the participants and accounts of a batch their places.
    pub(super) fn tell(&self, loaded: &mut Loaded) {
        let given = |account: i64, contact: i64| self.0.get(&(account, contact)).cloned().unwrap_or_default();
        for (participant, row) in loaded.batch.participants.iter_mut().zip(&loaded.standing) {
            (participant.allotted, participant.turn) = given(row.account_key, row.contact_key);
        }
        for (account, known) in loaded.batch.accounts.iter_mut().zip(&loaded.accounts) {
            (account.allotted, account.turn) = given(known.account_key, 0);
        }
    }
}

/// Fills in which of the conditions hold: of contacts for each participant, of accounts for each account.
pub(super) fn answer(
    store: &mut Store,
    place: &Place<'_>,
    conditions: &[NeededCondition],
    answers: &dyn Answers,
    loaded: &mut Loaded,
) -> Result<(), EngineError> {
    for (unit, of) in [(Unit::Contact, Entity::Contact), (Unit::Account, Entity::Account)] {
        let asked = conditions.iter().filter(|condition| condition.of == unit);
        let facts = Facts {
            of,
            predicates: asked.map(|condition| &condition.predicate).collect(),
            journey: &place.journey.plan.name,
            iteration: place.iteration.number,
            timezone: place.journey.plan.zone.name(),
            answers,
        };
        if facts.predicates.is_empty() {
            continue;
        }
        let subjects: Vec<FactSubject> = match unit {
            Unit::Contact => {
                let rows = loaded.standing.iter();
                rows.map(|row| FactSubject {
                    account_key: row.account_key,
                    contact_key: Some(row.contact_key),
                    moment: row.arrived_at,
                })
                .collect()
            }
            Unit::Account => {
                let accounts = loaded.accounts.iter().zip(&loaded.batch.accounts);
                accounts
                    .map(|(known, group)| FactSubject {
                        account_key: known.account_key,
                        contact_key: None,
                        moment: group.opened_at,
                    })
                    .collect()
            }
        };
        let mut answers = store.facts(&facts, &subjects, place.now)?.into_iter();
        match unit {
            Unit::Contact => {
                loaded
                    .batch
                    .participants
                    .iter_mut()
                    .zip(&mut answers)
                    .for_each(|(one, holds)| one.holds = holds);
            }
            Unit::Account => {
                loaded.batch.accounts.iter_mut().zip(&mut answers).for_each(|(one, holds)| one.holds = holds);
            }
        }
    }
    Ok(())
}
