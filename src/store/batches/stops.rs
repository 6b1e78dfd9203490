//! Stopping participants: consent, suppression, deactivation, the end of a journey, removed steps.

use super::{
    claims::{AccountRange, Claim},
    outcome_table::{self, Kind, Rows, Stopped},
};
use crate::model::{Block, BlockedWhen};
use crate::store::{
    Cell, Connection, Dialect, JsonRows, Store, StoreError,
    journeys::iterations::former_visits,
    sql::predicate::{Printer, Scope, mentions_account},
    tables::columns::Names,
};

/// What stops participants, the first that applies.
pub type Blocks<'a> = &'a [Block];

/// Selects the participants who stand at a step (or anywhere) and are blocked: account key, contact key,
/// number of the block from 1.
pub(in crate::store) struct BlockedQuery {
    sql: String,
    parameters: Vec<Cell>,
}

impl BlockedQuery {
    pub(in crate::store) fn new(
        dialect: Dialect,
        names: &Names,
        blocks: Blocks<'_>,
        timezone: &str,
        now: i64,
        iteration_key: i64,
        at: Option<(i64, AccountRange)>,
    ) -> Result<BlockedQuery, StoreError> {
        let mut printer = Printer::new(dialect, names, now, timezone)?;
        let scope = Scope::contact("c");
        let case = printer.first_block(blocks, &scope, "")?;
        let join = match blocks.iter().filter_map(Block::predicate).any(mentions_account) {
            true => " LEFT JOIN account c_account ON c_account.key = c.account_key",
            false => "",
        };
        let mut clause = format!("p.iteration_key = {iteration_key}");
        if let Some((step_key, range)) = at {
            let (from, to) = (printer.bind(range.from.into()), printer.bind(range.to.into()));
            clause =
                format!("{clause} AND +p.step_key = {step_key} AND p.account_key BETWEEN {from} AND {to}");
        }
        let sql = format!(
            "SELECT account_key, contact_key, why FROM (
                SELECT p.account_key, p.contact_key, {case} AS why
                FROM position p JOIN contact c ON c.key = p.contact_key{join}
                WHERE {clause}) found
             WHERE why > 0"
        );
        Ok(BlockedQuery { sql, parameters: printer.parameters })
    }

    /// Those who are blocked, each with the reason of the block.
    pub(in crate::store) fn run(
        &self,
        connection: &mut Connection,
        blocks: Blocks<'_>,
        now: i64,
    ) -> Result<Vec<Stopped>, StoreError> {
        let rows = connection.query(&self.sql, &self.parameters)?;
        let stopped = rows.iter().map(|row| {
            let block = usize::try_from(row.integer(2)? - 1).unwrap_or(0);
            let reason = blocks.get(block).map_or_else(String::new, |block| block.reason.clone());
            Ok(Stopped { account_key: row.integer(0)?, contact_key: row.integer(1)?, at: now, reason })
        });
        stopped.collect()
    }
}

impl Printer<'_> {
    /// Whether a block applies to the contact in scope, which stands under the alias `c`.
    pub(in crate::store) fn block(&mut self, block: &Block, scope: &Scope) -> Result<String, StoreError> {
        match &block.when {
            BlockedWhen::Holds(predicate) => self.predicate(predicate, scope),
            BlockedWhen::LeftEverything => Ok(self.left_everything("c")),
        }
    }

    /// The number from 1 of the first block that applies to the contact in scope, 0 when none does. `before`
    /// are the cases that come first.
    pub(in crate::store) fn first_block(
        &mut self,
        blocks: Blocks<'_>,
        scope: &Scope,
        before: &str,
    ) -> Result<String, StoreError> {
        let mut cases = before.to_owned();
        for (place, block) in blocks.iter().enumerate() {
            cases = format!("{cases} WHEN {} THEN {}", self.block(block, scope)?, place + 1);
        }
        Ok(if cases.is_empty() { "0".to_owned() } else { format!("CASE{cases} ELSE 0 END") })
    }
}

/// Stops participants where they stand.
pub(in crate::store) fn stop(
    connection: &mut Connection,
    iteration_key: i64,
    stopped: &[Stopped],
) -> Result<(), StoreError> {
    if stopped.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::default();
    stopped.iter().for_each(|stopped| rows.stop(stopped));
    rows.write(connection)?;
    stop_noted(connection, iteration_key)
}

/// Stops those who are in the table to be stopped.
pub(in crate::store) fn stop_noted(
    connection: &mut Connection,
    iteration_key: i64,
) -> Result<(), StoreError> {
    outcome_table::write_history(connection, iteration_key, "3", 1)?;
    outcome_table::end_participation(connection, iteration_key, Kind::Stop)?;
    // A share of the account may be reached now that somebody counts no more.
    connection.execute(
        "UPDATE position SET due_at = (SELECT MAX(f.moment) FROM batch_outcome f
            WHERE f.kind = 3 AND f.account_key = position.account_key)
         WHERE (iteration_key, account_key) IN (
            SELECT CAST($1 AS BIGINT), account_key FROM batch_outcome WHERE kind = 3)
           AND due_at > (SELECT MAX(f.moment) FROM batch_outcome f
                         WHERE f.kind = 3 AND f.account_key = position.account_key)
           AND +step_key IN (SELECT step_key FROM step_wake WHERE scope = 'account')",
        &[Cell::Integer(iteration_key)],
    )?;
    Ok(())
}

/// Moves those who stand on a step that is gone to another, or out of the journey.
pub(in crate::store) fn leave_removed_step(
    connection: &mut Connection,
    step_key: i64,
    to: Option<i64>,
    now: i64,
) -> Result<(), StoreError> {
    let standing = connection.query(
        "SELECT iteration_key, account_key, contact_key FROM position WHERE step_key = $1",
        &[step_key.into()],
    )?;
    if let Some(to) = to {
        connection.execute(
            "UPDATE iteration SET revisits = 1
             WHERE key IN (SELECT iteration_key FROM position WHERE step_key = $1)",
            &[step_key.into()],
        )?;
        connection.execute(
            "INSERT INTO history (iteration_key, account_key, contact_key, step_key, visit, arrived_at, left_at, stopped, reason)
             SELECT iteration_key, account_key, contact_key, step_key, visit, arrived_at,
                    CASE WHEN arrived_at > $2 THEN arrived_at ELSE $2 END, 0, 'removed'
             FROM position WHERE step_key = $1",
            &[step_key.into(), now.into()],
        )?;
        connection.execute(
            &format!(
                "UPDATE position SET step_key = $2, arrived_at = $3, looked_at = NULL, visit = 1 + ({})
                 WHERE step_key = $1",
                former_visits("position", "$2")
            ),
            &[step_key.into(), to.into(), now.into()],
        )?;
        return Ok(());
    }
    let mut by_iteration: std::collections::BTreeMap<i64, Vec<Stopped>> = Default::default();
    for row in standing {
        by_iteration.entry(row.integer(0)?).or_default().push(Stopped {
            account_key: row.integer(1)?,
            contact_key: row.integer(2)?,
            at: now,
            reason: "removed".to_owned(),
        });
    }
    for (iteration, who) in by_iteration {
        stop(connection, iteration, &who)?;
    }
    Ok(())
}

impl Store {
    /// Who of a claim's participants is blocked; run in the transaction that commits the batch.
    pub(in crate::store) fn blocked_at(
        &self,
        claim: &Claim,
        blocks: Blocks<'_>,
        timezone: &str,
        now: i64,
    ) -> Result<BlockedQuery, StoreError> {
        let place = Some((claim.step_key, claim.range));
        BlockedQuery::new(self.dialect(), &self.names, blocks, timezone, now, claim.iteration_key, place)
    }

    /// Stops everybody in an iteration to whom a block applies, wherever they stand. Tells how many.
    ///
    /// # Errors
    /// When the store fails; then nobody is stopped.
    pub fn stop_blocked(
        &mut self,
        iteration_key: i64,
        blocks: Blocks<'_>,
        timezone: &str,
        now: i64,
    ) -> Result<u64, StoreError> {
        let query =
            BlockedQuery::new(self.dialect(), &self.names, blocks, timezone, now, iteration_key, None)?;
        self.connection.write(|connection| {
            let blocked = query.run(connection, blocks, now)?;
            stop(connection, iteration_key, &blocked)?;
            Ok(blocked.len() as u64)
        })
    }

    /// Which of these contacts are blocked now, and why.
    ///
    /// # Errors
    /// When the store fails.
    pub fn blocked_among(
        &mut self,
        contact_keys: &[i64],
        blocks: Blocks<'_>,
        timezone: &str,
        now: i64,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let mut json = JsonRows::default();
        contact_keys.iter().for_each(|key| json.push(&[(*key).into()]));
        let mut printer = Printer::new(self.dialect(), &self.names, now, timezone)?;
        printer.bind(json.finish());
        let case = printer.first_block(blocks, &Scope::contact("c"), "")?;
        let sql = format!(
            "SELECT key, why FROM (
                SELECT c.key, {case} AS why
                FROM contact c LEFT JOIN account c_account ON c_account.key = c.account_key
                WHERE c.key IN (SELECT CAST(value ->> 0 AS BIGINT) FROM {})) found
             WHERE why > 0",
            self.connection.dialect().rows("$1")
        );
        self.connection
            .query(&sql, &printer.parameters)?
            .iter()
            .map(|row| {
                let block = usize::try_from(row.integer(1)? - 1).unwrap_or(0);
                Ok((row.integer(0)?, blocks[block].reason.clone()))
            })
            .collect()
    }
}
