//! Claims: which worker works on which range of accounts at a step.
//!
//! A claim is one row for a whole range, never a row a contact. What is claimed doesn't match the query
//! that looks for due work, so that two workers share a step instead of fighting over it.

use crate::store::{AwaitedMails, Store, StoreError};

/// A range of accounts, both ends included, in which positions are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountRange {
    /// The lowest account key.
    pub from: i64,
    /// The highest account key.
    pub to: i64,
}

/// A range of accounts at a step that is this worker's until it commits or its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub(in crate::store) key: i64,
    /// The iteration.
    pub iteration_key: i64,
    /// The step.
    pub step_key: i64,
    /// The accounts.
    pub range: AccountRange,
}

impl Store {
    /// Due positions at a step as ranges of about `batch_size` positions each; an account is never
    /// split, so a large one makes a range larger. What is claimed isn't among them, unless the lease ran
    /// out, nor are those who wait for one of the `awaited` mails; `real_now` is real time (semantics 28).
    ///
    /// # Errors
    /// When the store fails.
    pub fn due_ranges(
        &mut self,
        iteration_key: i64,
        step_key: i64,
        now: i64,
        real_now: i64,
        batch_size: usize,
        awaited: Option<&AwaitedMails>,
    ) -> Result<Vec<AccountRange>, StoreError> {
        let mut ranges = Vec::new();
        let mut open: Option<(AccountRange, usize)> = None;
        let arrived = awaited.map(|awaited| awaited.none_on_its_way("$3")).unwrap_or_default();
        let sql = format!(
            "SELECT p.account_key, COUNT(*) FROM position p
             WHERE p.iteration_key = $1 AND p.step_key = $2 AND p.due_at <= $3
               AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.iteration_key = $1 AND c.step_key = $2
                    AND p.account_key BETWEEN c.account_from AND c.account_to AND c.deadline >= $4){arrived}
             GROUP BY p.account_key ORDER BY p.account_key"
        );
        self.connection.query_each(
            &sql,
            &[iteration_key.into(), step_key.into(), now.into(), real_now.into()],
            &mut |row| {
                let (account, count) = (row.integer(0)?, usize::try_from(row.integer(1)?).unwrap_or(0));
                open = Some(match open.take() {
                    Some((range, size)) if size + count <= batch_size => {
                        (AccountRange { from: range.from, to: account }, size + count)
                    }
                    former => {
                        ranges.extend(former.map(|(range, _)| range));
                        (AccountRange { from: account, to: account }, count)
                    }
                });
                Ok(())
            },
        )?;
        ranges.extend(open.map(|(range, _)| range));
        Ok(ranges)
    }

    /// Claims a range; nothing when another worker has a part of it. A claim whose lease ran out counts
    /// no more. `real_now` and `deadline` are real time (semantics 28).
    ///
    /// # Errors
    /// When the store fails.
    pub fn claim(
        &mut self,
        iteration_key: i64,
        step_key: i64,
        range: AccountRange,
        real_now: i64,
        deadline: i64,
    ) -> Result<Option<Claim>, StoreError> {
        let owner = self.owner();
        let lock = format!("SELECT key FROM iteration WHERE key = $1{}", self.dialect().for_update());
        self.connection.write(|connection| {
            connection.query(&lock, &[iteration_key.into()])?;
            // Two claims at once must not both see no other: the row of the iteration is written, so
            // that the second is tried again and sees the first.
            connection
                .execute("UPDATE iteration SET number = number WHERE key = $1", &[iteration_key.into()])?;
            connection.execute(
                "DELETE FROM claim WHERE iteration_key = $1 AND step_key = $2 AND deadline < $3",
                &[iteration_key.into(), step_key.into(), real_now.into()],
            )?;
            let row = connection.query_first(
                "INSERT INTO claim (iteration_key, step_key, account_from, account_to, owner, deadline, woken)
                 SELECT $1, $2, $3, $4, $5, $6, 0
                 WHERE NOT EXISTS (SELECT 1 FROM claim c WHERE c.iteration_key = $1 AND c.step_key = $2
                    AND c.account_from <= $4 AND c.account_to >= $3)
                 RETURNING key",
                &[
                    iteration_key.into(),
                    step_key.into(),
                    range.from.into(),
                    range.to.into(),
                    owner.into(),
                    deadline.into(),
                ],
            )?;
            row.map(|row| Ok(Claim { key: row.integer(0)?, iteration_key, step_key, range })).transpose()
        })
    }

    /// Gives a claim back without having done anything.
    ///
    /// # Errors
    /// When the store fails.
    pub fn release(&mut self, claim: &Claim) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM claim WHERE key = $1", &[claim.key.into()])?;
        Ok(())
    }
}

/// Ends a claim inside the transaction that commits its batch. Tells whether something woke its range in
/// the meantime.
pub(in crate::store) fn finish(
    connection: &mut crate::store::Connection,
    claim: &Claim,
    owner: i64,
) -> Result<bool, StoreError> {
    let row = connection.query_first(
        "DELETE FROM claim WHERE key = $1 AND owner = $2 RETURNING woken",
        &[claim.key.into(), owner.into()],
    )?;
    match row {
        Some(row) => Ok(row.integer(0)? != 0),
        None => Err(StoreError::ClaimLost),
    }
}
