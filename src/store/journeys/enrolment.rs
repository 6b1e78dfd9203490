//! Letting contacts into an iteration.

use super::{iterations::former_visits, kept_out};
use crate::model::{Block, Predicate, time::LAG_LIMIT};
use crate::store::{
    Cell, Connection, JsonRows, Store, StoreError,
    since::former_accounts::own_account_at,
    sql::predicate::{Printer, Scope, from_contact},
};

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
    pub blocks: &'a [Block],
    /// Nobody enters before this moment. Entries are dated by the latest of it, of what brought somebody into
    /// the audience, and of the end of what blocked (semantics 14).
    pub since: i64,
    /// Nobody enters at this moment or after it: it was over then.
    pub before: Option<i64>,
    /// How those come in again who were.
    pub reentry: Option<Reentry<'a>>,
    /// The steps that decide for whole accounts, whose waiting accounts a newcomer may decide.
    pub account_steps: &'a [i64],
    /// IANA zone in which calendar lengths count.
    pub timezone: &'a str,
}

/// How those enter an iteration again who finished it or were stopped.
#[derive(Clone, Copy)]
pub enum Reentry<'a> {
    /// Some time after their participation ended.
    After {
        /// Those may whose participation ended at this moment or before it.
        ended_until: i64,
        /// The earliest moment of the new entry, by the one at which the former participation ended.
        moment: &'a dyn Fn(i64) -> i64,
    },
    /// When they came into the audience anew since their participation began, but not before it ended.
    OnJoining,
}

impl std::fmt::Debug for Reentry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reentry::After { ended_until, .. } => {
                f.debug_struct("After").field("ended_until", ended_until).finish_non_exhaustive()
            }
            Reentry::OnJoining => f.write_str("OnJoining"),
        }
    }
}

/// The moments of those who joined anew stand as they were found.
const AS_FOUND: &dyn Fn(i64) -> i64 = &|_| i64::MIN;

/// An audience in numbers, of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AudienceCounts {
    /// How many are in it.
    pub all: i64,
    /// How many of them entered the iteration.
    pub entered: i64,
    /// How many of them are kept out, by the first reason that applies.
    pub kept_out: Vec<(String, i64)>,
}

impl AudienceCounts {
    /// How many are neither in nor kept out: a run lets them in, as far as the journey goes on.
    #[must_use]
    pub fn not_yet(&self) -> i64 {
        self.all - self.entered - self.kept_out.iter().map(|(_, count)| count).sum::<i64>()
    }
}

/// The clause for whether a contact is in an audience and isn't blocked, and the conditions that it consists of.
pub(in crate::store) fn admission(
    printer: &mut Printer<'_>,
    audience: &Predicate,
    blocks: &[Block],
    scope: &Scope,
) -> Result<(String, Predicate), StoreError> {
    let mut clauses = vec![printer.predicate(audience, scope)?];
    let mut parts = vec![audience.clone()];
    for block in blocks {
        clauses.push(format!("(({}) IS NOT TRUE)", printer.block(block, scope)?));
        parts.extend(block.predicate().map(|block| Predicate::Not(Box::new(block.clone()))));
    }
    Ok((clauses.join(" AND "), Predicate::All(parts)))
}

impl Store {
    /// Lets everybody in who is in the audience, isn't blocked, and hasn't entered yet, or may again. Tells
    /// how many entered.
    ///
    /// # Errors
    /// When the store fails; then nobody entered.
    pub fn enrol(&mut self, enrolment: &Enrolment<'_>, now: i64) -> Result<u64, StoreError> {
        let mut printer = Printer::new(self.dialect(), &self.names, now, enrolment.timezone)?;
        let scope = Scope::contact("c");
        let iteration = printer.bind(enrolment.iteration_key.into());
        let (clause, all) = admission(&mut printer, enrolment.audience, enrolment.blocks, &scope)?;
        let from = from_contact("c", &all);
        let since = printer.bind(enrolment.since.into());
        let moment = match enrolment.since >= now {
            true => since,
            false => {
                let mut moments = vec![
                    format!("SELECT {since} AS v"),
                    format!("SELECT CASE WHEN c.known_since <= {now} THEN c.known_since END"),
                ];
                let standing = printer.standing_since(&all, false, &scope)?;
                moments.extend(standing.map(|standing| format!("SELECT {standing}")));
                format!("(SELECT MAX(d.v) FROM ({}) d)", moments.join(" UNION ALL "))
            }
        };
        let candidates = format!(
            "INSERT INTO entering (contact_key, account_key, moment)
             SELECT c.key, COALESCE(c.account_key, -c.key), CAST({moment} AS BIGINT) FROM {from}
             WHERE {clause} AND NOT EXISTS (SELECT 1 FROM participant p
                WHERE p.iteration_key = {iteration} AND p.contact_key = c.key)"
        );
        let parameters = printer.parameters.clone();
        let again = match enrolment.reentry {
            None => None,
            Some(Reentry::After { ended_until, moment: dated }) => {
                let ended_until = printer.bind(ended_until.into());
                let sql = format!(
                    "INSERT INTO entering (contact_key, account_key, moment, ended_at)
                     SELECT c.key, COALESCE(c.account_key, -c.key), CAST({moment} AS BIGINT), former.ended_at
                     FROM {from} JOIN participant former
                        ON former.iteration_key = {iteration} AND former.contact_key = c.key AND former.state <> 1
                     WHERE {clause} AND former.ended_at <= {ended_until}"
                );
                Some((sql, std::mem::take(&mut printer.parameters), dated))
            }
            Some(Reentry::OnJoining) => {
                let joined = printer.joined_anew(enrolment.audience, "former.entered_at")?;
                let latest = format!(
                    "(SELECT MAX(d.v) FROM (SELECT {moment} AS v UNION ALL SELECT former.ended_at
                        UNION ALL SELECT {joined}) d)"
                );
                let sql = format!(
                    "INSERT INTO entering (contact_key, account_key, moment, ended_at)
                     SELECT c.key, COALESCE(c.account_key, -c.key), CAST({latest} AS BIGINT), former.ended_at
                     FROM participant former CROSS JOIN {from}
                     WHERE former.iteration_key = {iteration} AND former.state <> 1 AND former.ended_at <= {now}
                       AND c.key = former.contact_key AND {clause} AND {joined} IS NOT NULL"
                );
                Some((sql, std::mem::take(&mut printer.parameters), AS_FOUND))
            }
        };
        let noting = kept_out::noting(&mut printer, enrolment, &scope, now)?;
        let first = FirstStep {
            iteration_key: enrolment.iteration_key,
            step_key: enrolment.first_step_key,
            look_after: enrolment.first_look_after,
            look_at: enrolment.first_look_at,
        };
        let rows = self.dialect().rows("$1");
        let entered = self.connection.write(|connection| {
            connection.execute("DELETE FROM entering", &[])?;
            if let Some((sql, parameters)) = &noting {
                connection.execute(sql, parameters)?;
            }
            let new = connection.execute(&candidates, &parameters)?;
            let again = match &again {
                Some((sql, parameters, moment)) => {
                    let again = connection.execute(sql, parameters)?;
                    if again > 0 {
                        date_again(connection, &rows, moment)?;
                    }
                    again
                }
                None => 0,
            };
            let mut entered = new + again;
            let many = usize::try_from(entered).unwrap_or(usize::MAX);
            connection.analyze("entering", many)?;
            if enrolment.since < now {
                connection.execute(
                    "UPDATE entering SET moment = CAST($1 AS BIGINT) WHERE moment < $2",
                    &[now.into(), now.saturating_sub(LAG_LIMIT).into()],
                )?;
            }
            if let Some(before) = enrolment.before {
                entered -= connection.execute("DELETE FROM entering WHERE moment >= $1", &[before.into()])?;
            }
            if entered > 0 && enrolment.since < now {
                let account = own_account_at("c", "e.moment", "CAST($1 AS BIGINT)");
                connection.execute(
                    &format!(
                        "UPDATE entering AS e SET account_key = COALESCE({account}, -c.key)
                         FROM contact c WHERE c.key = e.contact_key AND e.moment < $1
                            AND EXISTS (SELECT 1 FROM field_since t WHERE t.kind = 1 AND t.subject_key = c.key
                                AND t.field = 'account_id' AND t.since > e.moment)"
                    ),
                    &[now.into()],
                )?;
            }
            if entered > 0 {
                if again > 0 {
                    renew(connection, enrolment.iteration_key)?;
                }
                connection.execute(
                    "INSERT INTO participant (iteration_key, contact_key, account_key, entered_at, state)
                     SELECT $1, contact_key, account_key, moment, 1 FROM entering WHERE ended_at IS NULL",
                    &[enrolment.iteration_key.into()],
                )?;
                for step in enrolment.account_steps {
                    connection.execute(
                        "UPDATE position SET due_at = $3 WHERE iteration_key = $1 AND step_key = $2 AND due_at > $3
                         AND account_key IN (SELECT account_key FROM entering)",
                        &[enrolment.iteration_key.into(), (*step).into(), now.into()],
                    )?;
                }
                stand_at_first(connection, &first, again > 0)?;
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

    /// How many are in an audience now, how many of them entered an iteration, and how many each block keeps out of it
    /// (each counted under the first that applies). Who entered the iteration isn't kept out of it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn audience_counts(
        &mut self,
        audience: &Predicate,
        blocks: &[Block],
        iteration_key: Option<i64>,
        timezone: &str,
        now: i64,
    ) -> Result<AudienceCounts, StoreError> {
        let mut printer = Printer::new(self.dialect(), &self.names, now, timezone)?;
        let scope = Scope::contact("c");
        let entered = match iteration_key {
            Some(key) => format!(
                " WHEN EXISTS (SELECT 1 FROM participant p WHERE p.iteration_key = {key} AND p.contact_key = c.key) THEN -1"
            ),
            None => String::new(),
        };
        let mut parts = vec![audience.clone()];
        parts.extend(blocks.iter().filter_map(Block::predicate).cloned());
        let case = printer.first_block(blocks, &scope, &entered)?;
        let clause = printer.predicate(audience, &scope)?;
        let from = from_contact("c", &Predicate::All(parts));
        let sql = format!(
            "SELECT why, COUNT(*) FROM (SELECT {case} AS why FROM {from} WHERE {clause}) found GROUP BY why ORDER BY why"
        );
        let mut counts = AudienceCounts::default();
        for row in self.connection.query(&sql, &printer.parameters)? {
            let (why, count) = (row.integer(0)?, row.integer(1)?);
            counts.all += count;
            if why < 0 {
                counts.entered += count;
            }
            let reason = usize::try_from(why - 1).ok().and_then(|at| blocks.get(at));
            if let Some(block) = reason {
                counts.kept_out.push((block.reason.clone(), count));
            }
        }
        Ok(counts)
    }
}

/// Where those who enter stand first.
struct FirstStep {
    iteration_key: i64,
    step_key: i64,
    look_after: i64,
    look_at: i64,
}

/// Fills in when those enter who do so again.
fn date_again(
    connection: &mut Connection,
    rows: &str,
    moment: &dyn Fn(i64) -> i64,
) -> Result<(), StoreError> {
    let mut json = JsonRows::default();
    for row in connection.query("SELECT DISTINCT ended_at FROM entering WHERE ended_at IS NOT NULL", &[])? {
        let ended_at = row.integer(0)?;
        json.push(&[ended_at.into(), moment(ended_at).into()]);
    }
    connection.execute(
        &format!(
            "UPDATE entering SET moment = CASE WHEN r.moment > entering.moment THEN r.moment ELSE entering.moment END
             FROM (SELECT CAST(value ->> 0 AS BIGINT) AS ended_at, CAST(value ->> 1 AS BIGINT) AS moment FROM {rows}) r
             WHERE entering.ended_at = r.ended_at"
        ),
        &[json.finish()],
    )?;
    Ok(())
}

/// Keeps the former entries of those who enter again, and makes participants of them anew.
fn renew(connection: &mut Connection, iteration_key: i64) -> Result<(), StoreError> {
    let iteration = [Cell::Integer(iteration_key)];
    connection.execute("UPDATE iteration SET revisits = 1 WHERE key = $1", &iteration)?;
    connection.execute(
        "INSERT INTO entry (iteration_key, contact_key, number, account_key, entered_at, state, ended_at, reason)
         SELECT p.iteration_key, p.contact_key, 1 + (SELECT COUNT(*) FROM entry e
                WHERE e.iteration_key = $1 AND e.contact_key = p.contact_key),
            p.account_key, p.entered_at, p.state, p.ended_at, p.reason
         FROM entering n CROSS JOIN participant p
         WHERE n.ended_at IS NOT NULL AND p.iteration_key = $1 AND p.contact_key = n.contact_key",
        &iteration,
    )?;
    connection.execute(
        "UPDATE participant SET account_key = n.account_key, entered_at = n.moment, state = 1, ended_at = NULL, reason = NULL
         FROM entering n WHERE n.ended_at IS NOT NULL AND participant.iteration_key = $1
            AND participant.contact_key = n.contact_key",
        &iteration,
    )?;
    Ok(())
}

fn stand_at_first(connection: &mut Connection, first: &FirstStep, again: bool) -> Result<(), StoreError> {
    let visit = match again {
        false => "1".to_owned(),
        true => format!("CASE WHEN n.ended_at IS NULL THEN 1 ELSE 1 + ({}) END", former_visits("n", "$2")),
    };
    connection.execute(
        &format!(
            "INSERT INTO position (iteration_key, account_key, contact_key, lane, step_key, visit, arrived_at, due_at)
             SELECT $1, n.account_key, n.contact_key, 0, $2, {visit}, n.moment,
                CASE WHEN n.moment + CAST($3 AS BIGINT) > $4 THEN n.moment + CAST($3 AS BIGINT) ELSE $4 END
             FROM (SELECT CAST($1 AS BIGINT) AS iteration_key, contact_key, account_key, moment, ended_at FROM entering) n"
        ),
        &[first.iteration_key.into(), first.step_key.into(), first.look_after.into(), first.look_at.into()],
    )?;
    Ok(())
}
