//! Letting contacts into an iteration.

use super::{
    Cell, Store, StoreError,
    predicate::{Printer, Scope, from_contact},
};
use crate::model::Predicate;

/// Who may enter an iteration, and how.
#[derive(Debug, Clone)]
pub struct Enrolment<'a> {
    /// The iteration.
    pub iteration_key: i64,
    /// The step at which they start.
    pub first_step_key: i64,
    /// How long after their entry the first step looks at them, in milliseconds.
    pub first_look_after: i64,
    /// The first step doesn't look at them before this moment.
    pub first_look_at: i64,
    /// Who is in the audience.
    pub audience: &'a Predicate,
    /// What keeps out those who are: each with its reason.
    pub blocks: &'a [(String, Predicate)],
    /// The moment of entry.
    pub moment: i64,
    /// The steps that decide for whole accounts, whose waiting accounts a newcomer may decide.
    pub account_steps: &'a [i64],
    /// IANA zone in which calendar lengths count.
    pub timezone: &'a str,
}

impl Store {
    /// Lets everybody in who is in the audience, isn't blocked, and hasn't entered yet. Tells how many
    /// entered.
    ///
    /// # Errors
    /// When the store fails; then nobody entered.
    pub fn enrol(&mut self, enrolment: &Enrolment<'_>, now: i64) -> Result<u64, StoreError> {
        let mut printer = Printer::new(self.dialect(), &self.names, now, enrolment.timezone)?;
        let scope = Scope::contact("c");
        let iteration = printer.bind(enrolment.iteration_key.into());
        let mut clauses = vec![printer.predicate(enrolment.audience, &scope)?];
        let mut parts = vec![enrolment.audience.clone()];
        for (_, block) in enrolment.blocks {
            clauses.push(format!("(({}) IS NOT TRUE)", printer.predicate(block, &scope)?));
            parts.push(block.clone());
        }
        let from = from_contact("c", &Predicate::All(parts));
        let candidates = format!(
            "INSERT INTO entering (contact_key, account_key)
             SELECT c.key, COALESCE(c.account_key, -c.key) FROM {from}
             WHERE {} AND NOT EXISTS (SELECT 1 FROM participant p
                WHERE p.iteration_key = {iteration} AND p.contact_key = c.key)",
            clauses.join(" AND ")
        );
        let parameters = printer.parameters;
        let place = [
            Cell::Integer(enrolment.iteration_key),
            Cell::Integer(enrolment.first_step_key),
            Cell::Integer(enrolment.moment),
            Cell::Integer(
                enrolment.moment.saturating_add(enrolment.first_look_after).max(enrolment.first_look_at),
            ),
        ];
        let entered = self.connection.write(|connection| {
            connection.execute("DELETE FROM entering", &[])?;
            let entered = connection.execute(&candidates, &parameters)?;
            let many = usize::try_from(entered).unwrap_or(usize::MAX);
            connection.analyze("entering", many)?;
            if entered > 0 {
                connection.execute(
                    "INSERT INTO participant (iteration_key, contact_key, account_key, entered_at, state)
                     SELECT $1, contact_key, account_key, $2, 1 FROM entering",
                    &[enrolment.iteration_key.into(), enrolment.moment.into()],
                )?;
                for step in enrolment.account_steps {
                    connection.execute(
                        "UPDATE position SET due_at = $3 WHERE iteration_key = $1 AND step_key = $2 AND due_at > $3
                         AND account_key IN (SELECT account_key FROM entering)",
                        &[enrolment.iteration_key.into(), (*step).into(), now.into()],
                    )?;
                }
                connection.execute(
                    "INSERT INTO position (iteration_key, account_key, contact_key, lane, step_key, visit, arrived_at, due_at)
                     SELECT $1, account_key, contact_key, 0, $2, 1, $3, $4 FROM entering",
                    &place,
                )?;
                connection.analyze("participant", many)?;
            }
            connection.execute(
                "UPDATE iteration SET enrolled_at = $2 WHERE key = $1 AND enrolled_at IS NULL",
                &[enrolment.iteration_key.into(), now.into()],
            )?;
            Ok(entered)
        })?;
        self.connection.analyze("position", usize::try_from(entered).unwrap_or(usize::MAX))?;
        Ok(entered)
    }

    /// How many are in an audience now, and how many of them each block keeps out (each counted under
    /// the first that applies).
    ///
    /// # Errors
    /// When the store fails.
    pub fn audience_counts(
        &mut self,
        audience: &Predicate,
        blocks: &[(String, Predicate)],
        timezone: &str,
        now: i64,
    ) -> Result<(i64, Vec<(String, i64)>), StoreError> {
        let mut printer = Printer::new(self.dialect(), &self.names, now, timezone)?;
        let scope = Scope::contact("c");
        let mut cases = String::new();
        let mut parts = vec![audience.clone()];
        for (at, (_, block)) in blocks.iter().enumerate() {
            cases = format!("{cases} WHEN {} THEN {}", printer.predicate(block, &scope)?, at + 1);
            parts.push(block.clone());
        }
        let case = if cases.is_empty() { "0".to_owned() } else { format!("CASE{cases} ELSE 0 END") };
        let clause = printer.predicate(audience, &scope)?;
        let from = from_contact("c", &Predicate::All(parts));
        let sql = format!(
            "SELECT why, COUNT(*) FROM (SELECT {case} AS why FROM {from} WHERE {clause}) found GROUP BY why ORDER BY why"
        );
        let mut total = 0;
        let mut blocked = Vec::new();
        for row in self.connection.query(&sql, &printer.parameters)? {
            let (why, count) = (row.integer(0)?, row.integer(1)?);
            total += count;
            let reason = usize::try_from(why - 1).ok().and_then(|at| blocks.get(at));
            if let Some((reason, _)) = reason {
                blocked.push((reason.clone(), count));
            }
        }
        Ok((total, blocked))
    }
}
