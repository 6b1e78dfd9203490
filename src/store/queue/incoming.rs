//! What came in since the last tick: who is woken by it, and which segments it may change.

use super::{held::held_iterations, pending_changes, versions::bump_audience_version};
use crate::model::Entity;
use crate::store::{Connection, Fields, Store, StoreError};

/// The types in `step_wake` that stand for changed records.
pub(in crate::store) const RECORDS: i64 = 0;
pub(in crate::store) const LEADS: i64 = -1;
pub(in crate::store) const ACTIVITIES: i64 = -2;

/// What the queue held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Incoming {
    /// Fields of contacts that changed.
    pub contacts: Fields,
    /// Fields of accounts that changed.
    pub accounts: Fields,
    /// Fields of leads that changed.
    pub leads: Fields,
    /// Activities were made.
    pub activities: bool,
    /// Interactions of these types came in.
    pub interactions: Vec<String>,
    /// Interactions of these types came into the history of accounts.
    pub account_interactions: Vec<String>,
}

impl Incoming {
    /// The fields that changed of a kind of record.
    #[must_use]
    pub fn fields(&self, of: Entity) -> Fields {
        match of {
            Entity::Contact => self.contacts,
            Entity::Account => self.accounts,
            Entity::Lead => self.leads,
        }
    }
}

impl Store {
    /// Empties the queue in one transaction: those who wait for what came in are looked at when it
    /// happens (at `now` at the earliest for changed records), and segments are marked stale by
    /// `affected`, which tells from what came in which of them may have changed.
    ///
    /// Positions that a tile is working on at this moment belong to a claim; the claim is marked, so
    /// that its commit doesn't put them to sleep over what just came in.
    ///
    /// # Errors
    /// When the store fails; then the queue is what it was.
    pub fn take_incoming(
        &mut self,
        now: i64,
        affected: &dyn Fn(&Incoming) -> Vec<String>,
    ) -> Result<Incoming, StoreError> {
        if self.connection.query_first("SELECT 1 FROM change LIMIT 1", &[])?.is_none() {
            return Ok(Incoming::default());
        }
        let types: Vec<(String, i64)> =
            self.names.types.iter().map(|(name, key)| (name.clone(), *key)).collect();
        self.connection.write(|connection| {
            let queued = pending_changes::queued(connection, &types)?;
            let incoming = queued.iter().fold(Incoming::default(), |all, queued| all.and(&queued.incoming));
            wake(connection, now)?;
            for name in affected(&incoming) {
                connection.execute(
                    "UPDATE segment SET stale = stale + 1 WHERE name = $1",
                    &[name.as_str().into()],
                )?;
            }
            pending_changes::note(connection, &queued, affected)?;
            if !(incoming.contacts | incoming.accounts).is_empty() {
                bump_audience_version(connection)?;
            }
            super::versions::queue_score_changes(connection)?;
            connection.execute("DELETE FROM change", &[])?;
            Ok(incoming)
        })
    }

    /// The earliest moment after `now` at which a position is due or a waiting message may leave, those of
    /// paused journeys apart.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_due(&mut self, now: i64) -> Result<Option<i64>, StoreError> {
        let held = held_iterations();
        let position = format!(
            "SELECT MIN(due_at) FROM (
                SELECT (SELECT MIN(p.due_at) FROM position p WHERE p.iteration_key = t.key
                          AND p.step_key = k.key AND p.due_at > $1) AS due_at
                FROM iteration t JOIN step k ON k.journey_key = t.journey_key
                WHERE t.ended_at IS NULL AND t.key NOT IN ({held})) d"
        );
        let message = format!(
            "SELECT MIN(ready_at) FROM outbox WHERE state = 1 AND ready_at > $1 AND iteration_key NOT IN ({held})"
        );
        let mut next: Option<i64> = None;
        for sql in [position, message] {
            let row = self.connection.query_first(&sql, &[now.into()])?;
            if let Some(at) = row.map_or(Ok(None), |row| row.optional_integer(0))? {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        Ok(next.filter(|at| *at != crate::model::time::NEVER))
    }
}

/// Has those looked at who wait for what the queue holds: when it happened, changed records at `now`.
fn wake(connection: &mut Connection, now: i64) -> Result<(), StoreError> {
    let any = "SELECT 1 FROM step_wake LIMIT 1";
    if connection.query_first(any, &[])?.is_none() {
        return Ok(());
    }
    // Of leads and activities it is asked whose they are: the contact's, the account's.
    let parents = |table: &str, kind: i64, type_key: i64| {
        format!(
            "SELECT r.contact_key, r.account_key, {type_key} AS type_key, CAST($1 AS BIGINT) AS at
             FROM change c JOIN {table} r ON r.key = c.subject_key WHERE c.kind = {kind}"
        )
    };
    let happened = format!(
        "SELECT c.subject_key AS contact_key, CAST(NULL AS BIGINT) AS account_key,
            CASE c.kind WHEN 3 THEN c.about ELSE {RECORDS} END AS type_key, MIN(COALESCE(c.at, $1)) AS at
         FROM change c WHERE c.kind IN (1, 3)
         GROUP BY c.subject_key, CASE c.kind WHEN 3 THEN c.about ELSE {RECORDS} END
         UNION ALL
         SELECT CAST(NULL AS BIGINT), c.subject_key, {RECORDS}, CAST($1 AS BIGINT) FROM change c WHERE c.kind = 2
         UNION ALL {} UNION ALL {}",
        parents("lead", 4, LEADS),
        parents("activity", 5, ACTIVITIES)
    );
    let steps = "JOIN step_wake w ON w.type_key = h.type_key
                 JOIN step s ON s.key = w.step_key
                 JOIN iteration t ON t.journey_key = s.journey_key AND t.ended_at IS NULL";
    let of_contacts = format!(
        "SELECT t.key AS iteration_key, w.step_key, w.scope, h.contact_key, h.at,
                CASE WHEN w.scope = 'present_account' THEN COALESCE(k.account_key, -k.key)
                     ELSE COALESCE(p.account_key, k.account_key, -k.key) END AS account_key
         FROM ({happened}) h {steps}
         JOIN contact k ON k.key = h.contact_key
         LEFT JOIN participant p ON p.iteration_key = t.key AND p.contact_key = h.contact_key"
    );
    // What an account is, or has, concerns all who take part for it.
    let of_accounts = format!(
        "SELECT t.key AS iteration_key, w.step_key, h.account_key, h.at
         FROM ({happened}) h {steps} WHERE h.account_key IS NOT NULL"
    );
    let whole_accounts = format!(
        "SELECT iteration_key, step_key, account_key, at FROM ({of_contacts}) m WHERE scope <> 'contact'
         UNION ALL {of_accounts}"
    );
    let due = "CASE WHEN v.at > o.arrived_at THEN v.at ELSE o.arrived_at END";
    connection.execute(
        &format!(
            "UPDATE position AS o SET due_at = {due}
             FROM (SELECT iteration_key, step_key, account_key, contact_key, MIN(at) AS at
                   FROM ({of_contacts}) m WHERE scope = 'contact'
                   GROUP BY iteration_key, step_key, account_key, contact_key) v
             WHERE o.iteration_key = v.iteration_key AND o.account_key = v.account_key
               AND o.contact_key = v.contact_key AND +o.step_key = v.step_key AND o.due_at > v.at"
        ),
        &[now.into()],
    )?;
    connection.execute(
        &format!(
            "UPDATE position AS o SET due_at = {due}
             FROM (SELECT iteration_key, step_key, account_key, MIN(at) AS at FROM ({whole_accounts}) m
                   GROUP BY iteration_key, step_key, account_key) v
             WHERE o.iteration_key = v.iteration_key AND o.account_key = v.account_key
               AND +o.step_key = v.step_key AND o.due_at > v.at"
        ),
        &[now.into()],
    )?;
    connection.execute(
        &format!(
            "UPDATE claim SET woken = 1 WHERE EXISTS (
                SELECT 1 FROM (SELECT iteration_key, step_key, account_key FROM ({of_contacts}) c
                               UNION ALL SELECT iteration_key, step_key, account_key FROM ({of_accounts}) a) m
                WHERE m.iteration_key = claim.iteration_key AND m.step_key = claim.step_key
                  AND m.account_key BETWEEN claim.account_from AND claim.account_to)"
        ),
        &[now.into()],
    )?;
    Ok(())
}
