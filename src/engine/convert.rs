//! Between the store's rows and the tiles' batches.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    Engine,
    batch::{Place, next_step},
};
use crate::{
    model::{Effect, Outcome, TileState, Value},
    store::{BatchOutcome, DecisionRow, EffectRow, OutcomeRow, Standing, TileStateRow, effect_key},
    tiles::{AccountGroup, Batch, Decided, EffectSubject, Participant},
};

/// A batch with the rows that it was made from; participants and accounts stand in the same order.
pub(super) struct Loaded {
    pub(super) batch: Batch,
    pub(super) standing: Vec<Standing>,
    pub(super) accounts: Vec<KnownAccount>,
}

/// What the store knows about an account of a batch.
pub(super) struct KnownAccount {
    pub(super) account_key: i64,
    pub(super) visit: i64,
    pub(super) looked_at: Option<i64>,
}

/// Makes a batch of rows, which come by account and visit.
pub(super) fn load(
    engine: &Engine<'_>,
    place: &Place<'_>,
    mut standing: Vec<Standing>,
    decisions: &[DecisionRow],
) -> Loaded {
    let known: BTreeMap<(i64, i64), &DecisionRow> =
        decisions.iter().map(|row| ((row.account_key, row.visit), row)).collect();
    let plan = place.journey.plan;
    let text = |text: &Option<String>| text.clone().map_or(Value::Missing, Value::Text);
    let mut batch = Batch {
        now: place.now,
        iteration: place.iteration.number,
        journey: BTreeMap::from([
            ("name".to_owned(), Value::Text(plan.name.clone())),
            ("label".to_owned(), text(&plan.label)),
            ("owner".to_owned(), text(&plan.owner)),
        ]),
        settings: engine.plan.settings.shown(),
        chance_key: format!(
            "{}/{}/{}",
            place.journey.origin,
            place.iteration.number,
            place.journey.step_origin(&place.step.id)
        ),
        ..Batch::default()
    };
    let mut accounts: Vec<KnownAccount> = Vec::new();
    for (at, row) in standing.iter_mut().enumerate() {
        let same = accounts
            .last()
            .is_some_and(|last| last.account_key == row.account_key && last.visit == row.visit);
        if !same {
            let decision = known.get(&(row.account_key, row.visit));
            accounts.push(KnownAccount {
                account_key: row.account_key,
                visit: row.visit,
                looked_at: decision.map(|decision| decision.looked_at),
            });
            batch.accounts.push(AccountGroup {
                account_id: row.account_id.clone(),
                members: at..at,
                visit: row.visit,
                opened_at: decision.map_or(row.arrived_at, |decision| decision.opened_at),
                decided: decision
                    .and_then(|row| row.decision.as_ref())
                    .map(|decision| (decision.path.clone(), decision.at)),
                ..AccountGroup::default()
            });
        }
        if let (Some(group), Some(account)) = (batch.accounts.last_mut(), accounts.last()) {
            group.members.end = at + 1;
            if account.looked_at.is_none() {
                group.opened_at = group.opened_at.min(row.arrived_at);
            }
        }
        batch.participants.push(Participant {
            contact_id: row.contact_id.clone(),
            visit: row.visit,
            arrived_at: row.arrived_at,
            due_at: row.due_at,
            looked_at: row.looked_at,
            contact: std::mem::take(&mut row.contact),
            account: std::mem::take(&mut row.account),
            account_id: row.account_id.clone(),
            ..Participant::default()
        });
    }
    Loaded { batch, standing, accounts }
}

/// Makes of a tile's decisions what the store commits.
pub(super) fn commit(
    engine: &Engine<'_>,
    place: &Place<'_>,
    loaded: &Loaded,
    decided: Decided,
    keeps_decisions: bool,
) -> BatchOutcome {
    let Decided { outcomes, decisions: decided, effects, states } = decided;
    let mut commit = BatchOutcome::default();
    for ((outcome, reason), row) in outcomes.into_iter().zip(&loaded.standing) {
        commit.outcomes.push(OutcomeRow {
            account_key: row.account_key,
            contact_key: row.contact_key,
            next: next(place, &outcome),
            outcome: in_time(place, outcome, row),
            reason,
        });
    }
    if keeps_decisions {
        for ((group, known), decision) in loaded.batch.accounts.iter().zip(&loaded.accounts).zip(decided) {
            if group.decided.is_none() {
                commit.decisions.push(DecisionRow {
                    account_key: known.account_key,
                    visit: known.visit,
                    opened_at: group.opened_at,
                    looked_at: place.now,
                    decision,
                });
            }
        }
    }
    let mut ordinals: BTreeMap<(i64, Option<i64>, i64), i64> = BTreeMap::new();
    for (subject, created_at, effect) in effects {
        let Some(Subject { account_key, contact_key, visit, id, generation }) = subject_of(loaded, subject)
        else {
            continue;
        };
        let before = match subject {
            EffectSubject::Participant(at) => loaded.batch.participants.get(at).map(|one| one.state.effects),
            EffectSubject::Account(at) => loaded.batch.accounts.get(at).map(|one| one.state.effects),
        };
        let ordinal = ordinals.entry((account_key, contact_key, visit)).or_insert(before.unwrap_or(0));
        let (mut hold, mut expires_after) = (0, None);
        let (kind, effect) = match effect {
            // A record that is changed has no row of its own, and so needs no ordinal.
            Effect::Set { .. } => ("", effect),
            Effect::Lead { .. } => ("lead", effect),
            Effect::Activity { kind, subject, description, owner, due_at } => {
                let owner = owner
                    .or_else(|| place.journey.plan.owner.clone())
                    .or_else(|| engine.plan.settings.owner.clone());
                ("activity", Effect::Activity { kind, subject, description, owner, due_at })
            }
            Effect::Message { ref channel, .. } => {
                let timing = engine.plan.message_timing(channel);
                (hold, expires_after) = (timing.hold, timing.expires_after);
                ("message", effect)
            }
        };
        commit.effects.push(EffectRow {
            account_key,
            contact_key,
            visit,
            ordinal: *ordinal,
            id: if kind.is_empty() {
                String::new()
            } else {
                record_id(place, kind, (visit, generation), &id, *ordinal)
            },
            created_at,
            effect,
            hold,
            expires_after,
        });
        *ordinal += i64::from(!kind.is_empty());
    }
    for (subject, state) in states {
        let Some(Subject { account_key, contact_key, visit, .. }) = subject_of(loaded, subject) else {
            continue;
        };
        let effects = ordinals.get(&(account_key, contact_key, visit)).copied().unwrap_or(state.effects);
        let state = TileState { effects, ..state };
        commit.states.push(TileStateRow { account_key, contact_key, visit, state });
    }
    commit
}

/// Whom an effect is for.
struct Subject {
    account_key: i64,
    contact_key: Option<i64>,
    visit: i64,
    id: String,
    /// The contact's generation.
    generation: i64,
}

fn subject_of(loaded: &Loaded, subject: EffectSubject) -> Option<Subject> {
    match subject {
        EffectSubject::Participant(at) => {
            let row = loaded.standing.get(at)?;
            Some(Subject {
                account_key: row.account_key,
                contact_key: Some(row.contact_key),
                visit: row.visit,
                id: row.contact_id.clone(),
                generation: row.generation,
            })
        }
        EffectSubject::Account(at) => {
            let (known, group) = (loaded.accounts.get(at)?, loaded.batch.accounts.get(at)?);
            // A contact without account is one of its own.
            let own = loaded.standing.get(group.members.start).filter(|_| group.account_id.is_none());
            Some(Subject {
                account_key: known.account_key,
                contact_key: None,
                visit: known.visit,
                id: group.account_id.clone().unwrap_or_default(),
                generation: own.map_or(0, |row| row.generation),
            })
        }
    }
}

/// The step that somebody goes to, and when that looks at it first; nothing where the journey is finished.
fn next(place: &Place<'_>, outcome: &Outcome) -> Option<(i64, i64)> {
    let Outcome::Go { path, moment } = outcome else { return None };
    let next = next_step(place, path.as_deref())?;
    Some((next.step_key, moment.saturating_add(next.look_after).max(next.look_at)))
}

/// An outcome whose wait comes to rest. A wait that ended already while the tick was late counts from its own end
/// (semantics 14). But a tile that asks to be called again at once would be called for ever.
fn in_time(place: &Place<'_>, outcome: Outcome, row: &Standing) -> Outcome {
    let (Outcome::Wait { until } | Outcome::Retry { at: until, .. }) = outcome else { return outcome };
    let moves_on = until > row.due_at || (until == row.due_at && row.looked_at.is_none());
    Outcome::Wait { until: if moves_on { until } else { until.max(place.now.saturating_add(1)) } }
}

/// The id of a record that a step makes: the same for the same key (semantics 18), so that it can't be
/// made twice.
fn record_id(place: &Place<'_>, kind: &str, visit: (i64, i64), subject: &str, ordinal: i64) -> String {
    let step = (place.journey.plan.name.as_str(), place.iteration.number, place.step.id.as_str());
    let key = effect_key(step, visit, subject, ordinal);
    let digest: String =
        Sha256::digest(key.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}-{digest}")
}
