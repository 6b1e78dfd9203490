//! Turns by the order of arrival, and places that go to those who arrive first.

use crate::store::{Cell, Claim, Store, StoreError, tables::columns::field_column};

/// Places at a step.
#[derive(Debug, Clone)]
pub struct Places<'a> {
    /// The iteration.
    pub iteration_key: i64,
    /// The step.
    pub step_key: i64,
    /// Whether accounts take them, or contacts.
    pub by_account: bool,
    /// Paths, with how many places each has, in the order in which they are filled.
    pub counts: &'a [(String, i64)],
    /// The account's field among whose equal values turns are counted; among all when there is none.
    pub among: Option<&'a str>,
}

/// A place that was given out, or that there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllotmentRow {
    /// The account.
    pub account_key: i64,
    /// The contact; 0 when an account takes the place.
    pub contact_key: i64,
    /// The path; nothing when all places were taken, or there are none.
    pub path: Option<String>,
    /// How many came before.
    pub turn: i64,
}

impl Store {
    /// Gives turns and places to all who are due at a step and weren't considered yet, in the order of their
    /// arrival, then of their ids, in one transaction: whatever the batches and the workers. What was
    /// given stays given, to each subject once.
    ///
    /// # Errors
    /// When the store fails; then nothing is given.
    pub fn allot(&mut self, places: &Places<'_>, now: i64) -> Result<(), StoreError> {
        let lock = format!("SELECT key FROM iteration WHERE key = $1{}", self.dialect().for_update());
        let (subject, grouped) = match places.by_account {
            true => ("0", "GROUP BY p.account_key"),
            false => ("p.contact_key", "GROUP BY p.account_key, p.contact_key"),
        };
        // Of a contact without account, or of each contact, its own id.
        let id = match places.by_account {
            true => "MIN(COALESCE(a.id, c.id))",
            false => "MIN(c.id)",
        };
        let among = match places.among {
            Some(field) => format!("MIN(COALESCE(CAST(a.{} AS TEXT), ''))", field_column(field)),
            None => "''".to_owned(),
        };
        let order = self.dialect().order_text("id");
        let step = [Cell::Integer(places.iteration_key), Cell::Integer(places.step_key)];
        let given = self.connection.write(|connection| {
            connection.query(&lock, &step[..1])?;
            // Written, too, so that of two at once the second starts again and sees what the first gave.
            connection.execute("UPDATE iteration SET number = number WHERE key = $1", &step[..1])?;
            let taken = connection.query(
                "SELECT path, COUNT(*) FROM allotment
                 WHERE iteration_key = $1 AND step_key = $2 AND path IS NOT NULL GROUP BY path",
                &step,
            )?;
            let (mut cases, mut up_to) = (String::new(), 0_i64);
            let mut parameters = step.to_vec();
            parameters.push(now.into());
            for (path, count) in places.counts {
                let mut left = *count;
                for row in &taken {
                    if row.text(0)? == *path {
                        left = left.saturating_sub(row.integer(1)?);
                    }
                }
                up_to = up_to.saturating_add(left.max(0));
                parameters.push(path.as_str().into());
                cases = format!("{cases} WHEN rank <= {up_to} THEN CAST(${} AS TEXT)", parameters.len());
            }
            let path = match cases.is_empty() {
                true => "CAST(NULL AS TEXT)".to_owned(),
                false => format!("CASE{cases} END"),
            };
            connection.execute(
                &format!(
                    "INSERT INTO allotment (iteration_key, step_key, account_key, contact_key, path, among, turn)
                     SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), account_key, subject_key, {path}, among,
                        of_those - 1 + (SELECT COUNT(*) FROM allotment b
                                        WHERE b.iteration_key = $1 AND b.step_key = $2 AND b.among = ranked.among)
                     FROM (SELECT account_key, subject_key, among, ROW_NUMBER() OVER (ORDER BY arrived_at, {order}) AS rank,
                                ROW_NUMBER() OVER (PARTITION BY among ORDER BY arrived_at, {order}) AS of_those
                           FROM (SELECT p.account_key, {subject} AS subject_key, MIN(p.arrived_at) AS arrived_at, {id} AS id,
                                    {among} AS among
                                 FROM position p JOIN contact c ON c.key = p.contact_key
                                 LEFT JOIN account a ON a.key = p.account_key
                                 WHERE p.iteration_key = $1 AND p.step_key = $2 AND p.due_at <= $3
                                   AND NOT EXISTS (SELECT 1 FROM allotment l WHERE l.iteration_key = p.iteration_key
                                        AND l.step_key = p.step_key AND l.account_key = p.account_key
                                        AND l.contact_key = {subject})
                                 {grouped}) due) ranked"
                ),
                &parameters,
            )
        })?;
        self.connection.analyze("allotment", usize::try_from(given).unwrap_or(usize::MAX))
    }

    /// What was given to the accounts of a claim and their contacts.
    ///
    /// # Errors
    /// When the store fails.
    pub fn allotments(&mut self, claim: &Claim) -> Result<Vec<AllotmentRow>, StoreError> {
        let rows = self.connection.query(
            "SELECT account_key, contact_key, path, turn FROM allotment
             WHERE iteration_key = $1 AND step_key = $2 AND account_key BETWEEN $3 AND $4",
            &super::batch::range_parameters(claim, 0)[..4],
        )?;
        rows.iter()
            .map(|row| {
                Ok(AllotmentRow {
                    account_key: row.integer(0)?,
                    contact_key: row.integer(1)?,
                    path: row.optional_text(2)?,
                    turn: row.integer(3)?,
                })
            })
            .collect()
    }

    /// Whether somebody is due at any of these steps of an iteration.
    ///
    /// # Errors
    /// When the store fails.
    pub fn due_at_any(
        &mut self,
        iteration_key: i64,
        step_keys: &[i64],
        now: i64,
    ) -> Result<bool, StoreError> {
        let keys: Vec<String> = step_keys.iter().map(ToString::to_string).collect();
        if keys.is_empty() {
            return Ok(false);
        }
        let sql = format!(
            "SELECT 1 FROM position WHERE iteration_key = $1 AND step_key IN ({}) AND due_at <= $2 LIMIT 1",
            keys.join(", ")
        );
        Ok(self.connection.query_first(&sql, &[iteration_key.into(), now.into()])?.is_some())
    }

    /// Has the arrivals in an iteration counted from now on: somebody may come back to a step.
    ///
    /// # Errors
    /// When the store fails.
    pub fn count_arrivals(&mut self, iteration_key: i64) -> Result<(), StoreError> {
        let sql = "UPDATE iteration SET revisits = 1 WHERE key = $1 AND revisits = 0";
        self.connection.execute(sql, &[iteration_key.into()])?;
        Ok(())
    }
}
