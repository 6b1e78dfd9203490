//! What tiles that keep something between their calls are given beside fields: what they kept, the
//! account's other participants, and counts of interactions, each by one statement for the batch.

use std::collections::BTreeMap;

use super::{EngineError, batch::Place, convert::Loaded};
use crate::{
    model::{TileState, time::moment_of},
    store::{Claim, ColleagueRow, CountedContact, Store},
    tiles::{Colleague, Needs},
};

/// Fills in what was kept, colleagues and counts. Interactions count up to the moment of the call, not
/// to the moment at which it is made (semantics 14).
pub(super) fn prepare(
    store: &mut Store,
    place: &Place<'_>,
    claim: &Claim,
    needs: &Needs,
    per_account: bool,
    loaded: &mut Loaded,
) -> Result<(), EngineError> {
    if needs.keeps {
        keep(store, claim, per_account, loaded)?;
    }
    let colleagues = match needs.colleagues {
        true => store.colleagues(claim, &needs.contact)?,
        false => Vec::new(),
    };
    let counts = count(store, place, needs, &colleagues, loaded)?;
    let counted = |contact_key: i64| match needs.counts.is_empty() {
        true => Vec::new(),
        false => (0..needs.counts.len())
            .map(|at| counts.get(&(contact_key, i64::try_from(at).unwrap_or(-1))).copied().unwrap_or(0))
            .collect(),
    };
    for (participant, standing) in loaded.batch.participants.iter_mut().zip(&loaded.standing) {
        participant.counts = counted(standing.contact_key);
    }
    let mut by_account: BTreeMap<i64, Vec<ColleagueRow>> = BTreeMap::new();
    for row in colleagues {
        by_account.entry(row.account_key).or_default().push(row);
    }
    for (group, known) in loaded.batch.accounts.iter_mut().zip(&loaded.accounts) {
        let rows = by_account.get(&known.account_key).into_iter().flatten();
        let colleagues = rows.map(|row| Colleague {
            contact_id: row.contact_id.clone(),
            contact: row.contact.clone(),
            counts: counted(row.contact_key),
        });
        group.colleagues = colleagues.collect();
    }
    Ok(())
}

fn keep(store: &mut Store, claim: &Claim, per_account: bool, loaded: &mut Loaded) -> Result<(), EngineError> {
    let rows = store.tile_states(claim)?.into_iter().filter(|row| row.contact_key.is_none() == per_account);
    let states: BTreeMap<(i64, Option<i64>, i64), TileState> =
        rows.map(|row| ((row.account_key, row.contact_key, row.visit), row.state)).collect();
    for (participant, row) in loaded.batch.participants.iter_mut().zip(&loaded.standing) {
        let key = (row.account_key, Some(row.contact_key), row.visit);
        participant.state = states.get(&key).cloned().unwrap_or_default();
    }
    for (group, known) in loaded.batch.accounts.iter_mut().zip(&loaded.accounts) {
        group.state = states.get(&(known.account_key, None, known.visit)).cloned().unwrap_or_default();
    }
    Ok(())
}

/// How often each contact did each of what is counted, up to the moment of its call; in a decision of an account,
/// for this account.
fn count(
    store: &mut Store,
    place: &Place<'_>,
    needs: &Needs,
    colleagues: &[ColleagueRow],
    loaded: &Loaded,
) -> Result<BTreeMap<(i64, i64), i64>, EngineError> {
    if needs.counts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let now = place.now;
    let mut asked = Vec::new();
    match needs.colleagues {
        true => {
            let of_accounts: BTreeMap<i64, i64> = loaded
                .batch
                .accounts
                .iter()
                .zip(&loaded.accounts)
                .filter_map(|(group, known)| {
                    Some((known.account_key, group.due(&loaded.batch.participants)?))
                })
                .collect();
            for row in colleagues {
                let due = of_accounts.get(&row.account_key).copied().unwrap_or(now);
                asked.push(CountedContact {
                    contact_key: row.contact_key,
                    // A contact that entered without account is an account of its own.
                    account_key: Some(row.account_key).filter(|key| *key > 0),
                    moment: moment_of(due.min(now), now),
                });
            }
        }
        false => {
            for row in &loaded.standing {
                let moment = moment_of(row.due_at, now);
                asked.push(CountedContact { contact_key: row.contact_key, account_key: None, moment });
            }
        }
    }
    let rows = store.count_interactions(&needs.counts, &asked, place.journey.plan.zone.name(), now)?;
    Ok(rows.into_iter().map(|row| ((row.contact_key, row.place), row.count)).collect())
}
