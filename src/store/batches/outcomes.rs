//! Committing what tiles decided, participant by participant.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    batch::next_visit,
    claims::{self, Claim},
    fates::{self, FateRow},
    kept::{self, ChangeRow, KeptRow},
    stops::{self, Blocks},
};
use crate::store::{Cell, Connection, JsonRows, Store, StoreError};

/// What becomes of one participant at the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// The participant's frozen account.
    pub account_key: i64,
    /// The participant.
    pub contact_key: i64,
    /// What becomes of it.
    pub fate: Fate,
    /// Why, where there is something to tell.
    pub reason: Option<String>,
}

/// What becomes of a participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes to another step.
    Go {
        /// The path it takes.
        path: Option<String>,
        /// When the step released it, which is when it arrives at the next.
        moment: i64,
        /// The next step.
        step_key: i64,
        /// When the next step looks at it first.
        look_at: i64,
    },
    /// It finishes the journey.
    Finish {
        /// The path it takes.
        path: Option<String>,
        /// When.
        moment: i64,
    },
    /// It stays and is looked at again.
    Wait {
        /// When, if nothing wakes it before.
        until: i64,
    },
    /// It stops; the row's reason says why.
    Stop {
        /// When.
        moment: i64,
    },
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
    /// The path, once it is decided, and when that was.
    pub decided: Option<(String, i64)>,
    /// What decided it, for people.
    pub because: Option<String>,
}

/// A row that a step makes beside moving people.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The record.
    pub record: EffectRecord,
}

/// A record that a step makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectRecord {
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
    /// A lead; columns of the lead's standard fields with their text.
    Lead {
        /// Field and text.
        fields: Vec<(&'static str, Option<String>)>,
    },
    /// A message for the outbox.
    Message {
        /// The channel.
        channel: String,
        /// What the channel needs to make the message, as JSON.
        content: String,
        /// When it may leave.
        due_at: i64,
        /// When it isn't sent any more.
        expires_at: Option<i64>,
    },
}

/// Everything that a batch comes to.
#[derive(Debug, Clone, Default)]
pub struct BatchOutcome {
    /// One row for each participant.
    pub outcomes: Vec<OutcomeRow>,
    /// Decisions of accounts.
    pub decisions: Vec<DecisionRow>,
    /// Records made.
    pub effects: Vec<EffectRow>,
    /// Fields changed.
    pub changes: Vec<ChangeRow>,
    /// What tiles keep for their next calls.
    pub kept: Vec<KeptRow>,
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
            let mut stopped: Vec<(i64, i64, i64, String)> = Vec::new();
            let mut out: BTreeSet<i64> = BTreeSet::new();
            let here: BTreeSet<i64> = batch.outcomes.iter().map(|row| row.contact_key).collect();
            for (account, contact, block) in blocked.run(connection)? {
                if here.contains(&contact) {
                    out.insert(contact);
                    stopped.push((account, contact, now, blocks[block].reason.clone()));
                }
            }
            for row in &batch.outcomes {
                if let (Fate::Stop { moment }, false) = (&row.fate, out.contains(&row.contact_key)) {
                    let reason = row.reason.clone().unwrap_or_else(|| "stopped".to_owned());
                    stopped.push((row.account_key, row.contact_key, *moment, reason));
                }
            }
            move_on(connection, claim, batch, &out, &stopped, woken, now)?;
            write_decisions(connection, claim, &batch.decisions)?;
            write_effects(connection, claim, batch, &out)?;
            kept::write_changes(connection, batch, &out)?;
            kept::write(connection, claim, &batch.kept)
        })
    }
}

/// Moves those who go on, waits for those who wait, finishes those who are through, stops the others.
fn move_on(
    connection: &mut Connection,
    claim: &Claim,
    batch: &BatchOutcome,
    out: &BTreeSet<i64>,
    stopped: &[(i64, i64, i64, String)],
    woken: bool,
    now: i64,
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(batch.outcomes.len());
    for row in batch.outcomes.iter().filter(|row| !out.contains(&row.contact_key)) {
        let fate = FateRow {
            account_key: row.account_key,
            contact_key: row.contact_key,
            reason: row.reason.clone(),
            ..FateRow::default()
        };
        match &row.fate {
            Fate::Go { path, moment, step_key, look_at } => rows.push(FateRow {
                kind: fates::GO,
                moment: *moment,
                path: path.clone(),
                next_step: Some(*step_key),
                look_at: Some(*look_at),
                ..fate
            }),
            Fate::Finish { path, moment } => {
                rows.push(FateRow { kind: fates::FINISH, moment: *moment, path: path.clone(), ..fate });
            }
            Fate::Wait { until } => {
                // Something happened while the tile was at work: it is looked at again at once.
                let until = if woken { (*until).min(now) } else { *until };
                rows.push(FateRow { kind: fates::WAIT, moment: until, ..fate });
            }
            Fate::Stop { .. } => {}
        }
    }
    for (account_key, contact_key, moment, reason) in stopped {
        rows.push(FateRow {
            kind: fates::STOP,
            account_key: *account_key,
            contact_key: *contact_key,
            moment: *moment,
            reason: Some(reason.clone()),
            ..FateRow::default()
        });
    }
    let any = |kind: i64| rows.iter().any(|row| row.kind == kind);
    let (going, finishing, waiting) = (any(fates::GO), any(fates::FINISH), any(fates::WAIT));
    fates::note(connection, &rows)?;
    let step = [Cell::Integer(claim.iteration_key), Cell::Integer(claim.step_key)];
    let those = |kind: i64| {
        format!(
            "(iteration_key, account_key, contact_key, lane) IN (
                SELECT CAST($1 AS BIGINT), account_key, contact_key, 0 FROM fate WHERE kind = {kind})
             AND +step_key = $2"
        )
    };
    let own = "f.account_key = position.account_key AND f.contact_key = position.contact_key";
    if going || finishing {
        fates::write_history(connection, claim.iteration_key, "1, 2", 0)?;
    }
    if going {
        let visit = next_visit("position", "f.next_step");
        connection.execute(
            &format!(
                "UPDATE position SET (step_key, visit, arrived_at, due_at, looked_at) = (
                    SELECT f.next_step, {visit}, f.moment, f.look_at, CAST(NULL AS BIGINT) FROM fate f WHERE {own})
                 WHERE {}",
                those(fates::GO)
            ),
            &step,
        )?;
    }
    if finishing {
        fates::end_participation(connection, claim.iteration_key, fates::FINISH)?;
    }
    if waiting {
        connection.execute(
            &format!(
                "UPDATE position SET looked_at = $3, due_at = (SELECT f.moment FROM fate f WHERE {own}) WHERE {}",
                those(fates::WAIT)
            ),
            &[step[0].clone(), step[1].clone(), now.into()],
        )?;
    }
    if !stopped.is_empty() {
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
        let (path, at) = row.decided.clone().unzip();
        json.push(&[
            row.account_key.into(),
            row.visit.into(),
            row.opened_at.into(),
            row.looked_at.into(),
            path.into(),
            at.into(),
            row.because.clone().into(),
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
    // An account whose participants here were all stopped gets nothing.
    let mut passing: BTreeMap<i64, bool> = BTreeMap::new();
    for row in &batch.outcomes {
        *passing.entry(row.account_key).or_default() |= !out.contains(&row.contact_key);
    }
    let kept = batch.effects.iter().filter(|effect| match effect.contact_key {
        Some(contact) => !out.contains(&contact),
        None => passing.get(&effect.account_key).copied().unwrap_or(false),
    });
    let (mut activities, mut leads, mut messages) =
        (JsonRows::default(), JsonRows::default(), JsonRows::default());
    let mut lead_fields: Vec<&'static str> = Vec::new();
    for effect in kept {
        let mut cells: Vec<Cell> = vec![
            effect.id.as_str().into(),
            effect.account_key.into(),
            effect.contact_key.unwrap_or(0).into(),
            effect.visit.into(),
            effect.ordinal.into(),
            effect.created_at.into(),
        ];
        match &effect.record {
            EffectRecord::Activity { kind, subject, description, owner, due_at } => {
                cells.extend([
                    kind.as_str().into(),
                    subject.as_str().into(),
                    description.clone().into(),
                    owner.clone().into(),
                    (*due_at).into(),
                ]);
                activities.push(&cells);
            }
            EffectRecord::Lead { fields } => {
                lead_fields = fields.iter().map(|(name, _)| *name).collect();
                cells.extend(fields.iter().map(|(_, text)| Cell::from(text.clone())));
                leads.push(&cells);
            }
            EffectRecord::Message { channel, content, due_at, expires_at } => {
                cells.extend([
                    channel.as_str().into(),
                    content.as_str().into(),
                    (*due_at).into(),
                    (*expires_at).into(),
                ]);
                messages.push(&cells);
            }
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
