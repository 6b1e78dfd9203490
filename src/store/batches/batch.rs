//! A batch as the tiles see it, and the batch for which every participant fares alike.
//!
//! A batch is a range of accounts, and positions are clustered by account. The `+` before a column keeps
//! planners from walking through everybody at the step instead.

use super::{
    claims::{self, Claim},
    stops::{self, Blocks},
};
use crate::model::{Field, Value, time::LAG_LIMIT};
use crate::store::{
    AwaitedMails, Cell, Store, StoreError,
    journeys::iterations::former_visits,
    tables::columns::{readable_column, value},
};

/// A participant who stands at the step, with the values that the tile asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The account frozen at entry; of a contact without account its own key, negative.
    pub account_key: i64,
    /// The contact.
    pub contact_key: i64,
    /// The contact's id.
    pub contact_id: String,
    /// How many contacts had been erased when it came in.
    pub generation: i64,
    /// The account's id, when there is one.
    pub account_id: Option<String>,
    /// Which arrival at the step this is, from 1.
    pub visit: i64,
    /// When it arrived.
    pub arrived_at: i64,
    /// When it is looked at.
    pub due_at: i64,
    /// When it was looked at before, on this visit.
    pub looked_at: Option<i64>,
    /// The contact's values, in the order in which the fields were asked for.
    pub contact: Vec<Value>,
    /// The account's values, likewise; all missing when there is no account.
    pub account: Vec<Value>,
}

/// Where those who leave a step go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextStep {
    /// The step.
    pub step_key: i64,
    /// How long after their arrival it looks at them, in milliseconds.
    pub look_after: i64,
    /// It doesn't look at them before this moment.
    pub look_at: i64,
}

/// A step from which everyone goes the same way.
#[derive(Debug, Clone)]
pub struct Passage<'a> {
    /// Whether they are released at their due time; at their arrival otherwise.
    pub released_when_due: bool,
    /// Where they go; nothing means that they finish the journey.
    pub next: Option<NextStep>,
    /// The path they take, where the tile has paths.
    pub path: Option<&'a str>,
    /// A message for each of them.
    pub message: Option<Message<'a>>,
}

/// A message that the step puts into the outbox for each participant.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The channel.
    pub channel: &'a str,
    /// What the channel needs to make the message: names and values as JSON.
    pub content: &'a str,
    /// How long it can still be dropped, in milliseconds.
    pub hold: i64,
    /// How long after the step's moment it isn't sent any more, in milliseconds.
    pub expires_after: Option<i64>,
}

impl Store {
    /// The participants of a claim who are due, with the fields asked for, by account and contact. With
    /// `whole_accounts` also those who aren't due but whose account has somebody who is. Those who wait for
    /// one of the `awaited` mails are left out.
    ///
    /// # Errors
    /// When the store fails.
    pub fn load_batch(
        &mut self,
        claim: &Claim,
        now: i64,
        contact_fields: &[Field],
        account_fields: &[Field],
        whole_accounts: bool,
        awaited: Option<&AwaitedMails>,
    ) -> Result<Vec<Standing>, StoreError> {
        let mut columns = String::new();
        for field in contact_fields {
            columns = format!("{columns}, {}", readable_column("c", &field.name));
        }
        for field in account_fields {
            columns = format!("{columns}, {}", readable_column("a", &field.name));
        }
        let due = match whole_accounts {
            false => "+p.due_at <= $5".to_owned(),
            true => "p.account_key IN (SELECT d.account_key FROM position d
                     WHERE d.iteration_key = $1 AND +d.step_key = $2 AND d.account_key BETWEEN $3 AND $4
                       AND +d.due_at <= $5)"
                .to_owned(),
        };
        let arrived = awaited.map(|awaited| awaited.none_on_its_way("$5")).unwrap_or_default();
        let sql = format!(
            "SELECT p.account_key, p.contact_key, c.id, a.id, p.visit, p.arrived_at, p.due_at, p.looked_at, c.id_generation{columns}
             FROM position p JOIN contact c ON c.key = p.contact_key LEFT JOIN account a ON a.key = p.account_key
             WHERE p.iteration_key = $1 AND +p.step_key = $2 AND p.account_key BETWEEN $3 AND $4 AND {due}{arrived}
             ORDER BY p.account_key, p.visit, p.contact_key"
        );
        let parameters = range_parameters(claim, now);
        let mut batch = Vec::new();
        self.connection.query_each(&sql, &parameters, &mut |row| {
            let mut values = Vec::with_capacity(contact_fields.len() + account_fields.len());
            for (at, field) in contact_fields.iter().chain(account_fields).enumerate() {
                values.push(value(row.raw(9 + at)?, &field.kind)?);
            }
            let account = values.split_off(contact_fields.len());
            batch.push(Standing {
                account_key: row.integer(0)?,
                contact_key: row.integer(1)?,
                contact_id: row.text(2)?,
                account_id: row.optional_text(3)?,
                visit: row.integer(4)?,
                arrived_at: row.integer(5)?,
                due_at: row.integer(6)?,
                looked_at: row.optional_integer(7)?,
                generation: row.integer(8)?,
                contact: values,
                account,
            });
            Ok(())
        })?;
        Ok(batch)
    }

    /// Carries out a step from which everyone who is due goes the same way: one transaction, a fixed
    /// number of statements, whatever the size of the batch.
    ///
    /// # Errors
    /// When the claim was lost or the store fails; then nothing happened.
    pub fn commit_passage(
        &mut self,
        claim: &Claim,
        passage: &Passage<'_>,
        blocks: Blocks<'_>,
        timezone: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let owner = self.owner();
        let blocked = self.blocked_at(claim, blocks, timezone, now)?;
        let release = if passage.released_when_due { "p.due_at" } else { "p.arrived_at" };
        let moment = format!("CASE WHEN {release} < $6 THEN $5 ELSE {release} END");
        let due = "p.iteration_key = $1 AND +p.step_key = $2 AND p.account_key BETWEEN $3 AND $4 AND +p.due_at <= $5";
        let mut parameters = range_parameters(claim, now).to_vec();
        parameters.push(Cell::Integer(now.saturating_sub(LAG_LIMIT)));
        self.connection.write(|connection| {
            claims::finish(connection, claim, owner)?;
            let stopped = blocked.run(connection, blocks, now)?;
            stops::stop(connection, claim.iteration_key, &stopped)?;
            if let Some(message) = &passage.message {
                let mut all = parameters.clone();
                all.extend([
                    message.channel.into(),
                    message.content.into(),
                    message.hold.into(),
                    message.expires_after.into(),
                ]);
                connection.execute(
                    &format!(
                        "INSERT INTO outbox (iteration_key, account_key, contact_key, step_key, visit, ordinal,
                            channel, content, state, created_at, due_at, ready_at, expires_at, attempts)
                         SELECT p.iteration_key, p.account_key, p.contact_key, p.step_key, p.visit, 0,
                            CAST($7 AS TEXT), CAST($8 AS TEXT), 1, {moment}, {moment} + CAST($9 AS BIGINT),
                            {moment} + CAST($9 AS BIGINT), {moment} + CAST($10 AS BIGINT), 0
                         FROM position p WHERE {due} ON CONFLICT DO NOTHING"
                    ),
                    &all,
                )?;
            }
            let mut all = parameters.clone();
            all.push(passage.path.into());
            connection.execute(
                &format!(
                    "INSERT INTO history (iteration_key, account_key, contact_key, step_key, visit, arrived_at,
                        left_at, stopped, path)
                     SELECT p.iteration_key, p.account_key, p.contact_key, p.step_key, p.visit, p.arrived_at,
                        {moment}, 0, CAST($7 AS TEXT)
                     FROM position p WHERE {due}"
                ),
                &all,
            )?;
            match &passage.next {
                Some(next) => {
                    let visit = next_visit("p", "$7");
                    let mut all = parameters.clone();
                    all.extend([next.step_key.into(), next.look_after.into(), next.look_at.into()]);
                    connection.execute(
                        &format!(
                            "UPDATE position AS p SET step_key = $7, visit = {visit}, arrived_at = {moment}, looked_at = NULL,
                                due_at = CASE WHEN {moment} + CAST($8 AS BIGINT) > $9
                                              THEN {moment} + CAST($8 AS BIGINT) ELSE $9 END
                             WHERE {due}"
                        ),
                        &all,
                    )?;
                }
                None => {
                    connection.execute(
                        &format!(
                            "UPDATE participant SET state = 2, ended_at = {moment} FROM position AS p
                             WHERE {due} AND participant.iteration_key = $1
                               AND participant.contact_key = p.contact_key"
                        ),
                        &parameters,
                    )?;
                    connection
                        .execute(&format!("DELETE FROM position AS p WHERE {due}"), &parameters[..5])?;
                }
            }
            Ok(())
        })
    }
}

/// Which arrival it is when a row of positions, of the iteration `$1`, comes to a step.
pub(in crate::store) fn next_visit(table: &str, step: &str) -> String {
    format!(
        "CASE WHEN (SELECT t.revisits FROM iteration t WHERE t.key = $1) = 0 THEN 1 ELSE 1 + ({}) END",
        former_visits(table, step)
    )
}

/// Iteration, step, first and last account, now.
pub(in crate::store) fn range_parameters(claim: &Claim, now: i64) -> [Cell; 5] {
    [
        claim.iteration_key.into(),
        claim.step_key.into(),
        claim.range.from.into(),
        claim.range.to.into(),
        now.into(),
    ]
}
