//! Committing what tiles decided, participant by participant.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    batch::next_visit,
    claims::{self, Claim},
    outcome_table::{self, Kind, Rows, Stopped},
    stops::{self, Blocks},
    tile_state::{self, TileStateRow},
};
use crate::model::{Decision, Effect, Outcome};
use crate::store::{Cell, Connection, JsonRows, Store, StoreError};

/// What becomes of one participant at the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// The participant's frozen account.
    pub account_key: i64,
    /// The participant.
    pub contact_key: i64,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Of one that goes on: the next step, and when that looks at it first. Without one it finishes the journey.
    pub next: Option<(i64, i64)>,
    /// Why, where there is something to tell.
    pub reason: Option<String>,
}

/// An account's decision at a step, or that it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// The account.
    pub account_key: i64,
    /// The visit.
    pub visit: i64,
    /// When its first participant arrived.
    pub opened_at: i64,
    /// When it was looked at last.
    pub looked_at: i64,
    /// What was decided, once it is.
    pub decision: Option<Decision>,
}

/// An effect of a step: a new record, a message, or a field that gets another value.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRow {
    /// The account it is for, or the participant's.
    pub account_key: i64,
    /// The contact it is for; nothing when it is for the account.
    pub contact_key: Option<i64>,
    /// The visit.
    pub visit: i64,
    /// Which of the step's effects for this subject, from 0.
    pub ordinal: i64,
    /// The new record's id, made from the effect's key.
    pub id: String,
    /// When it is made.
    pub created_at: i64,
    /// The effect.
    pub effect: Effect,
    /// Of a message: how long it can still be dropped, in milliseconds.
    pub hold: i64,
    /// Of a message: how long after that moment it isn't sent any more, in milliseconds.
    pub expires_after: Option<i64>,
}

/// Everything that a batch comes to.
#[derive(Debug, Clone, Default)]
pub struct BatchOutcome {
    /// One row for each participant.
    pub outcomes: Vec<OutcomeRow>,
    /// Decisions of accounts.
    pub decisions: Vec<DecisionRow>,
    /// Records made and fields set.
    pub effects: Vec<EffectRow>,
    /// What tiles keep for their next calls.
    pub states: Vec<TileStateRow>,
}

impl BatchOutcome {
    /// The effects that count once some participants were stopped in the same commit (`out`): an account whose
    /// participants here were all stopped gets nothing.
    pub(in crate::store) fn effects_of<'a>(
        &'a self,
        out: &'a BTreeSet<i64>,
    ) -> impl Iterator<Item = &'a EffectRow> {
        let mut passing: BTreeMap<i64, bool> = BTreeMap::new();
        for row in &self.outcomes {
            *passing.entry(row.account_key).or_default() |= !out.contains(&row.contact_key);
        }
        self.effects.iter().filter(move |effect| match effect.contact_key {
            Some(contact) => !out.contains(&contact),
            None => passing.get(&effect.account_key).copied().unwrap_or(false),
        })
    }
}

impl Store {
    /// Commits a batch: positions, history, decisions and records together or not at all.
    ///
    /// # Errors
    /// When the claim was lost or the store fails; then nothing happened.
    pub fn commit_outcomes(
        &mut self,
        claim: &Claim,
        batch: &BatchOutcome,
        blocks: Blocks<'_>,
        timezone: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let owner = self.owner();
        let blocked = self.blocked_at(claim, blocks, timezone, now)?;
        self.connection.write(|connection| {
            let woken = claims::finish(connection, claim, owner)?;
            let mut out: BTreeSet<i64> = BTreeSet::new();
            let here: BTreeSet<i64> = batch.outcomes.iter().map(|row| row.contact_key).collect();
            let mut stopped = blocked.run(connection, blocks, now)?;
            stopped.retain(|stopped| here.contains(&stopped.contact_key));
            out.extend(stopped.iter().map(|stopped| stopped.contact_key));
            move_on(connection, claim, batch, &out, &stopped, woken, now)?;
            write_decisions(connection, claim, &batch.decisions)?;
            write_effects(connection, claim, batch, &out)?;
            tile_state::write_changes(connection, batch, &out)?;
            tile_state::write(connection, claim, &batch.states)
        })
    }
}

/// Moves those who go on, waits for those who wait, finishes those who are through, stops the others.
fn move_on(
    connection: &mut Connection,
    claim: &Claim,
    batch: &BatchOutcome,
    out: &BTreeSet<i64>,
    stopped: &[Stopped],
    woken: bool,
    now: i64,
) -> Result<(), StoreError> {
    let mut rows = Rows::default();
    for row in batch.outcomes.iter().filter(|row| !out.contains(&row.contact_key)) {
        let (who, reason) = ((row.account_key, row.contact_key), row.reason.as_deref());
        match &row.outcome {
            Outcome::Go { path, moment } => {
                let kind = if row.next.is_some() { Kind::Go } else { Kind::Finish };
                rows.push(kind, who, *moment, (path.as_deref(), reason), row.next);
            }
            Outcome::Wait { until } | Outcome::Retry { at: until, .. } => {
                // Something happened while the tile was at work: it is looked at again at once.
                let until = if woken { (*until).min(now) } else { *until };
                rows.push(Kind::Wait, who, until, (None, reason), None);
            }
            Outcome::Stop => rows.push(Kind::Stop, who, now, (None, reason.or(Some("stopped"))), None),
        }
    }
    stopped.iter().for_each(|stopped| rows.stop(stopped));
    rows.write(connection)?;
    let step = [Cell::Integer(claim.iteration_key), Cell::Integer(claim.step_key)];
    let those = |kind: Kind| {
        let kind = kind.number();
        format!(
            "(iteration_key, account_key, contact_key, lane) IN (
                SELECT CAST($1 AS BIGINT), account_key, contact_key, 0 FROM batch_outcome WHERE kind = {kind})
             AND +step_key = $2"
        )
    };
    let own = "f.account_key = position.account_key AND f.contact_key = position.contact_key";
    if rows.any(Kind::Go) || rows.any(Kind::Finish) {
        outcome_table::write_history(connection, claim.iteration_key, "1, 2", 0)?;
    }
    if rows.any(Kind::Go) {
        let visit = next_visit("position", "f.next_step");
        connection.execute(
            &format!(
                "UPDATE position SET (step_key, visit, arrived_at, due_at, looked_at) = (
                    SELECT f.next_step, {visit}, f.moment, f.look_at, CAST(NULL AS BIGINT) FROM batch_outcome f WHERE {own})
                 WHERE {}",
                those(Kind::Go)
            ),
            &step,
        )?;
    }
    if rows.any(Kind::Finish) {
        outcome_table::end_participation(connection, claim.iteration_key, Kind::Finish)?;
    }
    if rows.any(Kind::Wait) {
        connection.execute(
            &format!(
                "UPDATE position SET looked_at = $3, due_at = (SELECT f.moment FROM batch_outcome f WHERE {own}) WHERE {}",
                those(Kind::Wait)
            ),
            &[step[0].clone(), step[1].clone(), now.into()],
        )?;
    }
    if rows.any(Kind::Stop) {
        stops::stop_noted(connection, claim.iteration_key)?;
    }
    Ok(())
}

fn write_decisions(
    connection: &mut Connection,
    claim: &Claim,
    decisions: &[DecisionRow],
) -> Result<(), StoreError> {
    let mut json = JsonRows::default();
    for row in decisions {
        let decision = row.decision.as_ref();
        json.push(&[
            row.account_key.into(),
            row.visit.into(),
            row.opened_at.into(),
            row.looked_at.into(),
            decision.map(|decision| decision.path.clone()).into(),
            decision.map(|decision| decision.at).into(),
            decision.map(|decision| decision.because.clone()).into(),
        ]);
    }
    if json.is_empty() {
        return Ok(());
    }
    let rows = connection.dialect().rows("$3");
    connection.execute(
        &format!(
            "INSERT INTO decision (iteration_key, step_key, account_key, visit, opened_at, looked_at, path,
                decided_at, because)
             SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT),
                CAST(value ->> 2 AS BIGINT), CAST(value ->> 3 AS BIGINT), value ->> 4,
                CAST(value ->> 5 AS BIGINT), value ->> 6
             FROM {rows} WHERE 1 = 1
             ON CONFLICT (iteration_key, account_key, step_key, visit) DO UPDATE SET
                looked_at = excluded.looked_at, path = excluded.path, decided_at = excluded.decided_at,
                because = excluded.because
             WHERE decision.path IS NULL"
        ),
        &[claim.iteration_key.into(), claim.step_key.into(), json.finish()],
    )?;
    Ok(())
}

fn write_effects(
    connection: &mut Connection,
    claim: &Claim,
    batch: &BatchOutcome,
    out: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    let (mut activities, mut leads, mut messages) =
        (JsonRows::default(), JsonRows::default(), JsonRows::default());
    let mut lead_fields: Vec<&'static str> = Vec::new();
    for row in batch.effects_of(out) {
        let mut cells: Vec<Cell> = vec![
            row.id.as_str().into(),
            row.account_key.into(),
            row.contact_key.unwrap_or(0).into(),
            row.visit.into(),
            row.ordinal.into(),
            row.created_at.into(),
        ];
        match &row.effect {
            Effect::Activity { kind, subject, description, owner, due_at } => {
                cells.extend([
                    kind.as_str().into(),
                    subject.as_str().into(),
                    description.clone().into(),
                    owner.clone().into(),
                    (*due_at).into(),
                ]);
                activities.push(&cells);
            }
            Effect::Lead { fields } => {
                lead_fields = fields.iter().map(|(name, _)| *name).collect();
                cells.extend(fields.iter().map(|(_, text)| Cell::from(text.clone())));
                leads.push(&cells);
            }
            Effect::Message { channel, content } => {
                cells.extend([
                    channel.as_str().into(),
                    content.as_str().into(),
                    row.created_at.saturating_add(row.hold).into(),
                    row.expires_after.map(|after| row.created_at.saturating_add(after)).into(),
                ]);
                messages.push(&cells);
            }
            Effect::Set { .. } => {}
        }
    }
    // A positive account key is an account; the subject of an effect for an account has no contact.
    let parents = "CASE WHEN CAST(value ->> 2 AS BIGINT) > 0 THEN CAST(value ->> 2 AS BIGINT) END,
                   CASE WHEN CAST(value ->> 1 AS BIGINT) > 0 THEN CAST(value ->> 1 AS BIGINT) END";
    let origin = "CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST(value ->> 3 AS BIGINT),
                  CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), CAST(value ->> 4 AS BIGINT)";
    let rows = connection.dialect().rows("$3");
    if !activities.is_empty() {
        let before = connection.number("SELECT COALESCE(MAX(key), 0) FROM activity", &[])?;
        connection.execute(
            &format!(
                "INSERT INTO activity (id, created_at, kind, subject, description, owner, due_at, contact_key,
                    account_key, iteration_key, step_key, visit, subject_account_key, subject_contact_key, ordinal)
                 SELECT value ->> 0, CAST(value ->> 5 AS BIGINT), value ->> 6, value ->> 7, value ->> 8, value ->> 9,
                    CAST(value ->> 10 AS BIGINT), {parents}, {origin}
                 FROM {rows} WHERE 1 = 1 ON CONFLICT DO NOTHING"
            ),
            &[claim.iteration_key.into(), claim.step_key.into(), activities.finish()],
        )?;
        connection.execute(
            "INSERT INTO change (kind, subject_key) SELECT 5, a.key FROM activity a WHERE a.key > $1",
            &[before.into()],
        )?;
    }
    if !messages.is_empty() {
        connection.execute(
            &format!(
                "INSERT INTO outbox (iteration_key, step_key, visit, account_key, contact_key, ordinal, channel,
                    content, state, created_at, due_at, ready_at, expires_at, attempts)
                 SELECT {origin}, value ->> 6, value ->> 7, 1, CAST(value ->> 5 AS BIGINT),
                    CAST(value ->> 8 AS BIGINT), CAST(value ->> 8 AS BIGINT), CAST(value ->> 9 AS BIGINT), 0
                 FROM {rows} WHERE 1 = 1 ON CONFLICT DO NOTHING"
            ),
            &[claim.iteration_key.into(), claim.step_key.into(), messages.finish()],
        )?;
    }
    if !leads.is_empty() {
        let names: Vec<String> = lead_fields.iter().map(|name| format!("\"{name}\"")).collect();
        let values: Vec<String> = (0..lead_fields.len()).map(|at| format!("value ->> {}", at + 6)).collect();
        let parameters = [claim.iteration_key.into(), claim.step_key.into(), leads.finish()];
        let before = connection.number("SELECT COALESCE(MAX(key), 0) FROM lead", &[])?;
        connection.execute(
            &format!(
                "INSERT INTO lead (id, created_at, created_on, known_since, contact_key, account_key, iteration_key, step_key, visit,
                    subject_account_key, subject_contact_key, ordinal, {})
                 SELECT value ->> 0, CAST(value ->> 5 AS BIGINT), CAST(value ->> 5 AS BIGINT),
                    CAST(value ->> 5 AS BIGINT),
                    CASE WHEN CAST(value ->> 2 AS BIGINT) > 0 THEN CAST(value ->> 2 AS BIGINT) END,
                    CASE WHEN CAST(value ->> 2 AS BIGINT) = 0 AND CAST(value ->> 1 AS BIGINT) > 0
                         THEN CAST(value ->> 1 AS BIGINT) END,
                    {origin}, {}
                 FROM {rows} WHERE 1 = 1 ON CONFLICT DO NOTHING",
                names.join(", "),
                values.join(", ")
            ),
            &parameters,
        )?;
        connection.execute(
            "INSERT INTO change (kind, subject_key) SELECT 4, l.key FROM lead l WHERE l.key > $1",
            &[before.into()],
        )?;
    }
    Ok(())
}
