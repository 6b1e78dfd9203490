//! Taking a store back to the present that was run by a wrong clock.
//!
//! What was done stays done, so that nothing is sent again; only its moments change. What happened later than now
//! happened now. What is due keeps its distance from the arrival or the creation that it counts from.

use crate::store::{
    Cell, Connection, Store, StoreError,
    queue::{interventions::note_intervention, versions},
};

/// Moments at which something happened, by table.
const HAPPENED: [(&str, &[&str]); 28] = [
    ("account", &["known_since"]),
    ("contact", &["known_since"]),
    ("decision", &["opened_at", "looked_at", "decided_at"]),
    ("entry", &["entered_at", "ended_at"]),
    ("erased", &["erased_at"]),
    ("failing", &["since"]),
    ("field_since", &["since"]),
    ("former_account", &["until"]),
    ("history", &["arrived_at", "left_at"]),
    ("iteration", &["enrolled_at", "looked_at", "ended_at"]),
    ("journey", &["paused_at"]),
    ("kept_out", &["at"]),
    ("lead", &["created_at", "known_since"]),
    ("level", &["since"]),
    ("level_change", &["at"]),
    ("mail_address", &["sent_at"]),
    ("membership", &["joined_at"]),
    ("membership_change", &["at", "noted_at"]),
    ("outbox", &["retry_at", "ended_at"]),
    ("participant", &["entered_at", "ended_at"]),
    ("position", &["looked_at"]),
    ("publication", &["at"]),
    ("run", &["started_at", "ended_at", "moment"]),
    ("score", &["since", "grade_since"]),
    ("segment", &["defined_at", "evaluated_at", "looked_at"]),
    ("segment_evaluation", &["at"]),
    ("snapshot", &["at"]),
    ("suppression", &["since"]),
];

/// What is due, by table: the moment that it counts from, and the moments that keep their distance from it.
const DUE: [(&str, &str, &[&str]); 3] = [
    ("activity", "created_at", &["due_at"]),
    ("outbox", "created_at", &["due_at", "ready_at", "expires_at"]),
    ("position", "arrived_at", &["due_at"]),
];

/// Tables in whose key a moment stands, with the rest of the key: of several rows that would come to have the same
/// moment the last one stays.
const KEYED: [(&str, &str, &[&str]); 4] = [
    ("former_account", "until", &["contact_key"]),
    ("level_change", "at", &["levels_key", "subject_key"]),
    ("membership_change", "at", &["segment_key", "subject_key"]),
    ("segment_evaluation", "at", &["segment_key"]),
];

/// Of the interactions those that the program writes itself. Others are facts with moments of their own.
const OWN_INTERACTIONS: &str = "(journey IS NOT NULL OR type_key IN (SELECT key FROM interaction_type
    WHERE name IN ('LevelChanged', 'LeadSalesReady', 'Unsubscribed')))";

impl Store {
    /// Takes a store that was run at a later time back to `now`. Tells the time that it had, or nothing when that
    /// wasn't later. Segments and scores are computed anew by the next run.
    ///
    /// # Errors
    /// When the store fails; then nothing is changed.
    pub fn set_back(&mut self, now: i64) -> Result<Option<i64>, StoreError> {
        let Some(clock) = self.clock()?.filter(|clock| *clock > now) else { return Ok(None) };
        self.connection.write_alone(|connection| {
            set_back(connection, clock, now)?;
            versions::compute_everything_again(connection)?;
            note_intervention(connection)
        })?;
        Ok(Some(clock))
    }
}

fn set_back(connection: &mut Connection, clock: i64, now: i64) -> Result<(), StoreError> {
    let at = [Cell::Integer(now)];
    for (table, moment, rest) in KEYED {
        let same: Vec<String> = rest.iter().map(|column| format!("o.{column} = {table}.{column}")).collect();
        let sql = format!(
            "DELETE FROM {table} WHERE {moment} >= $1 AND EXISTS (SELECT 1 FROM {table} o
             WHERE {} AND o.{moment} > {table}.{moment})",
            same.join(" AND ")
        );
        connection.execute(&sql, &at)?;
    }
    for (table, from, moments) in DUE {
        let set: Vec<String> =
            moments.iter().map(|moment| format!("{moment} = $1 + ({moment} - {from})")).collect();
        let sql = format!("UPDATE {table} SET {}, {from} = $1 WHERE {from} > $1", set.join(", "));
        connection.execute(&sql, &at)?;
    }
    for (table, moments) in HAPPENED {
        for moment in moments {
            let sql = format!("UPDATE {table} SET {moment} = $1 WHERE {moment} > $1");
            connection.execute(&sql, &at)?;
        }
    }
    // A no counts from now on; a yes keeps its moment, as only a later one may loosen.
    connection.execute(
        "DELETE FROM preference WHERE subscribed = 0 AND at >= $1 AND EXISTS (SELECT 1 FROM preference o
         WHERE o.address_key = preference.address_key AND o.contact_key = preference.contact_key
           AND o.topic = preference.topic AND o.subscribed = 0 AND o.at > preference.at)",
        &at,
    )?;
    connection.execute("UPDATE preference SET at = $1 WHERE subscribed = 0 AND at > $1", &at)?;
    let own = format!("UPDATE interaction SET at = $1 WHERE at > $1 AND {OWN_INTERACTIONS}");
    connection.execute(&own, &at)?;
    connection.execute("UPDATE segment SET next_evaluation_at = $1 WHERE next_evaluation_at > $1", &at)?;
    connection.execute("UPDATE score SET fades_at = $1 WHERE fades_at > $1", &at)?;
    connection.execute(
        "UPDATE tile_state SET until = until - ($2 - $1) WHERE until > $2",
        &[now.into(), clock.into()],
    )?;
    connection.execute(
        "UPDATE setting SET value = $1 WHERE name = 'clock' OR (name = 'paused_at' AND CAST(value AS BIGINT) > $2)",
        &[now.to_string().into(), now.into()],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tables::migrations::START;

    /// Moments that stay as they are, and why.
    const STAY: [(&str, &str); 6] = [
        ("change", "at"),               // The interaction's own.
        ("interaction", "at"),          // Some of them, see above.
        ("iteration", "starts_at"),     // By the journey's calendar.
        ("preference", "at"),           // Some of them, see above.
        ("scoring_model", "scored_at"), // Emptied.
        ("worker", "started_at"),       // Real time of a process.
    ];

    #[test]
    fn no_moment_of_the_store_is_forgotten() {
        let treated = |table: &str, column: &str| {
            HAPPENED.iter().any(|(name, moments)| *name == table && moments.contains(&column))
                || DUE.iter().any(|(name, from, moments)| {
                    *name == table && (*from == column || moments.contains(&column))
                })
                || STAY.contains(&(table, column))
                || [("segment", "next_evaluation_at"), ("score", "fades_at"), ("tile_state", "until")]
                    .contains(&(table, column))
        };
        let is_moment = |name: &str| {
            name.ends_with("_at") || name.ends_with("since") || ["at", "until", "moment"].contains(&name)
        };
        let mut seen = 0;
        for table in START.split("CREATE TABLE ").skip(1) {
            let (name, rest) = table.split_once(" (").unwrap();
            let columns = rest.split(';').next().unwrap().split([',', '\n']);
            let names = columns.filter(|column| column.contains("BIGINT"));
            for column in names.filter_map(|column| column.split_whitespace().next()) {
                seen += usize::from(is_moment(column));
                assert!(!is_moment(column) || treated(name, column), "{name}.{column}");
            }
        }
        assert!(seen > 50, "{seen}");
    }
}
