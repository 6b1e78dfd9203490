//! What an operator does with messages: tries them again, drops them.

use super::messages::{OutboxState, SUBJECT};
use crate::store::{Cell, JsonRows, Store, StoreError, queue::interventions::note_intervention};

/// Which messages are meant; all that is given has to fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageSelection {
    /// Those with these keys; all when there are none.
    pub keys: Vec<String>,
    /// Those of a journey.
    pub journey: Option<String>,
    /// Those of steps with this id.
    pub step: Option<String>,
    /// Those of a channel.
    pub channel: Option<String>,
    /// Those in these states.
    pub states: Vec<OutboxState>,
}

/// The parts of a key: journey, iteration, step, visit, subject, ordinal, generation.
fn parts(key: &str) -> Option<[Cell; 7]> {
    let (rest, ordinal) = key.rsplit_once('/')?;
    let parts: Vec<&str> = rest.splitn(5, '/').collect();
    let [journey, iteration, step, visit, subject] = parts[..] else { return None };
    let (visit, generation) = visit.split_once('.').unwrap_or((visit, "0"));
    Some([
        journey.into(),
        iteration.parse::<i64>().ok()?.into(),
        step.into(),
        visit.parse::<i64>().ok()?.into(),
        subject.into(),
        ordinal.parse::<i64>().ok()?.into(),
        generation.parse::<i64>().ok()?.into(),
    ])
}

impl MessageSelection {
    /// The messages meant, as a subquery that gives their keys, and what is bound to it from `$first`.
    fn query(&self, store: &Store, first: usize) -> (String, Vec<Cell>) {
        let states: Vec<String> = self.states.iter().map(|state| state.number().to_string()).collect();
        let mut clauses = vec![format!("o.state IN ({})", states.join(", "))];
        let mut bound: Vec<Cell> = Vec::new();
        for (column, value) in [("j.name", &self.journey), ("s.id", &self.step), ("o.channel", &self.channel)]
        {
            if let Some(value) = value {
                clauses.push(format!("{column} = ${}", first + bound.len()));
                bound.push(value.as_str().into());
            }
        }
        if !self.keys.is_empty() {
            let mut json = JsonRows::default();
            self.keys.iter().filter_map(|key| parts(key)).for_each(|cells| json.push(&cells));
            let rows = store.dialect().rows(&format!("${}", first + bound.len()));
            clauses.push(format!(
                "(j.name, t.number, s.id, o.visit, o.ordinal, COALESCE(c.id_generation, 0),
                  CASE WHEN o.contact_key > 0 THEN c.id WHEN a.id IS NOT NULL THEN a.id ELSE 'contact:' || c.id END) IN (
                    SELECT value ->> 0, CAST(value ->> 1 AS BIGINT), value ->> 2, CAST(value ->> 3 AS BIGINT),
                        CAST(value ->> 5 AS BIGINT), CAST(value ->> 6 AS BIGINT), value ->> 4 FROM {rows})"
            ));
            bound.push(json.finish());
        }
        let sql = format!(
            "SELECT o.iteration_key, o.account_key, o.contact_key, o.step_key, o.visit, o.ordinal
             FROM outbox o JOIN iteration t ON t.key = o.iteration_key JOIN journey j ON j.key = t.journey_key
             JOIN step s ON s.key = o.step_key {SUBJECT} WHERE {}",
            clauses.join(" AND ")
        );
        (sql, bound)
    }
}

impl Store {
    /// Lets messages wait again that failed, or of which nobody knows whether they left, and those that
    /// wait for another try; tells how many. What is meant by `states` beside these stays as it is.
    ///
    /// # Errors
    /// When the store fails.
    pub fn retry_messages(&mut self, selection: &MessageSelection) -> Result<u64, StoreError> {
        let (meant, bound) = selection.query(self, 1);
        let sql = format!(
            "UPDATE outbox SET state = 1, attempts = 0, retry_at = NULL, reason = NULL, ended_at = NULL, owner = NULL
             WHERE (iteration_key, account_key, contact_key, step_key, visit, ordinal) IN ({meant})
               AND (state IN (5, 6) OR (state = 1 AND retry_at IS NOT NULL))"
        );
        self.connection.write(|connection| {
            note_intervention(connection)?;
            connection.execute(&sql, &bound)
        })
    }

    /// Notes whether the latest run stopped at its limit of messages, for those who look later.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_limit(&mut self, reached: Option<u64>, now: i64) -> Result<(), StoreError> {
        if reached.is_none() && self.limit_reached()?.is_none() {
            return Ok(());
        }
        self.connection.write(|connection| {
            connection.execute("DELETE FROM setting WHERE name = 'limit_reached'", &[])?;
            if let Some(limit) = reached {
                connection.execute(
                    "INSERT INTO setting (name, value) VALUES ('limit_reached', $1)",
                    &[format!("{limit} {now}").as_str().into()],
                )?;
            }
            Ok(())
        })
    }

    /// The limit of messages at which the latest run stopped, and when.
    ///
    /// # Errors
    /// When the store fails.
    pub fn limit_reached(&mut self) -> Result<Option<(u64, i64)>, StoreError> {
        let sql = "SELECT value FROM setting WHERE name = 'limit_reached'";
        let Some(row) = self.connection.query_first(sql, &[])? else { return Ok(None) };
        let text = row.text(0)?;
        Ok(text.split_once(' ').and_then(|(limit, at)| limit.parse().ok().zip(at.parse().ok())))
    }

    /// Drops messages that wait, also those that are held; tells how many. They are kept as dropped.
    ///
    /// # Errors
    /// When the store fails.
    pub fn drop_messages(&mut self, selection: &MessageSelection, now: i64) -> Result<u64, StoreError> {
        let (meant, mut bound) = selection.query(self, 2);
        bound.insert(0, now.into());
        let sql = format!(
            "UPDATE outbox SET state = 7, retry_at = NULL, reason = NULL, ended_at = $1
             WHERE (iteration_key, account_key, contact_key, step_key, visit, ordinal) IN ({meant}) AND state = 1"
        );
        self.connection.write(|connection| {
            note_intervention(connection)?;
            connection.execute(&sql, &bound)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_apart_whatever_its_subject_is() {
        for (key, subject) in [
            ("spring/1/invite/2/ada/0", Some("ada")),
            ("spring/1/invite/2/a/b/c/0", Some("a/b/c")),
            ("spring/1/invite/2/contact:ada/0", Some("contact:ada")),
            ("spring/1/invite/2.7/ada/0", Some("ada")),
            ("spring/1/invite/2.x/ada/0", None),
            ("spring/1/invite/2/ada", None),
            ("spring/x/invite/2/ada/0", None),
            ("", None),
        ] {
            assert_eq!(parts(key).map(|parts| parts[4].clone()), subject.map(Cell::from), "{key}");
        }
    }
}
