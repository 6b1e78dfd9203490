//! What may hold a message at hand-over: the wait behind which it was made, and mails before it.

use std::collections::BTreeMap;

use crate::store::{DueMessage, JsonRows, OutboxState, Store, StoreError};

/// A mail to the same contact by the same journey that was due before another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierMail {
    /// Its place among the messages asked about, when it is one of them.
    pub taken: Option<usize>,
    /// What it was made of.
    pub content: String,
    /// When it was to leave.
    pub due_at: i64,
    /// When it may leave, or could.
    pub ready_at: i64,
    /// When it left; nothing when it waits.
    pub left_at: Option<i64>,
}

impl Store {
    /// For each of the mails that this worker has taken, those that may hold it back: earlier ones that wait, that
    /// were held, or that left only when it was due itself. The iteration before is looked at, too.
    ///
    /// # Errors
    /// When the store fails.
    pub fn earlier_mails(&mut self, messages: &[DueMessage]) -> Result<Vec<Vec<EarlierMail>>, StoreError> {
        let owner = self.owner();
        let of = |entered: &str| {
            format!(
                "SELECT o.iteration_key, o.account_key, o.contact_key, o.step_key, o.visit, o.ordinal,
                    x.iteration_key, x.account_key, x.contact_key, x.step_key, x.visit, x.ordinal,
                    x.content, x.due_at, x.ready_at, x.state, x.ended_at
                 FROM outbox o JOIN iteration t ON t.key = o.iteration_key
                 JOIN iteration u ON u.journey_key = t.journey_key AND u.number IN (t.number, t.number - 1)
                 JOIN {entered} e ON e.iteration_key = u.key AND e.contact_key = o.contact_key
                 JOIN outbox x ON x.iteration_key = e.iteration_key AND x.account_key = e.account_key
                    AND x.contact_key = e.contact_key
                 WHERE o.state = 2 AND o.owner = $1 AND o.channel = 'email'
                   AND x.channel = 'email' AND x.due_at < o.due_at
                   AND (x.state IN (1, 2, 8) OR (x.state = 3 AND (x.ready_at > x.due_at OR x.ended_at >= o.due_at)))"
            )
        };
        let sql = format!("{} UNION {}", of("participant"), of("entry"));
        let places: BTreeMap<[i64; 6], usize> =
            messages.iter().enumerate().map(|(at, message)| (message.place, at)).collect();
        let mut earlier = vec![Vec::new(); messages.len()];
        self.connection.query_each(&sql, &[owner.into()], &mut |row| {
            let place = |first: usize| {
                let mut place = [0; 6];
                for (at, part) in place.iter_mut().enumerate() {
                    *part = row.integer(first + at)?;
                }
                Ok::<_, StoreError>(place)
            };
            if let Some(of) = places.get(&place(0)?) {
                let delivered = row.integer(15)? == OutboxState::Delivered.number();
                earlier[*of].push(EarlierMail {
                    taken: places.get(&place(6)?).copied(),
                    content: row.text(12)?,
                    due_at: row.integer(13)?,
                    ready_at: row.integer(14)?,
                    left_at: row.optional_integer(16)?.filter(|_| delivered),
                });
            }
            Ok(())
        })?;
        Ok(earlier)
    }

    /// For each of the messages, the waits and triggers by their ids that its contact, or somebody of its account,
    /// had left when the step made it, the latest last.
    ///
    /// # Errors
    /// When the store fails.
    pub fn waits_before(
        &mut self,
        messages: &[&DueMessage],
        tiles: &[&str],
    ) -> Result<Vec<Vec<String>>, StoreError> {
        let mut json = JsonRows::default();
        for (at, message) in messages.iter().enumerate() {
            let [iteration, account, contact, ..] = message.place;
            let at = i64::try_from(at).unwrap_or(i64::MAX);
            json.push(&[
                at.into(),
                iteration.into(),
                account.into(),
                contact.into(),
                message.created_at.into(),
            ]);
        }
        let tiles = tiles.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let rows = self.dialect().rows("$1");
        let number = |place: usize| format!("CAST(value ->> {place} AS BIGINT)");
        // What was left in a former entry says nothing about the messages of the present one.
        let left = format!(
            "FROM (SELECT {} AS place, {} AS iteration_key, {} AS account_key, {} AS contact_key, {} AS created_at
                   FROM {rows}) r
             JOIN history h ON h.iteration_key = r.iteration_key AND h.account_key = r.account_key
                AND h.stopped = 0 AND h.left_at <= r.created_at
             JOIN step s ON s.key = h.step_key AND s.tile IN ({tiles})
             LEFT JOIN participant p ON p.iteration_key = h.iteration_key AND p.contact_key = h.contact_key
             WHERE (h.arrived_at >= p.entered_at OR r.created_at < p.entered_at)",
            number(0),
            number(1),
            number(2),
            number(3),
            number(4)
        );
        let sql = format!(
            "SELECT r.place AS place, s.id AS id, h.left_at AS left_at, s.place AS step_place {left}
                AND h.contact_key = r.contact_key
             UNION ALL
             SELECT r.place, s.id, h.left_at, s.place {left} AND r.contact_key = 0
             ORDER BY left_at, step_place"
        );
        let mut waits = vec![Vec::new(); messages.len()];
        self.connection.query_each(&sql, &[json.finish()], &mut |row| {
            let place = usize::try_from(row.integer(0)?).unwrap_or(usize::MAX);
            if let Some(waits) = waits.get_mut(place) {
                waits.push(row.text(1)?);
            }
            Ok(())
        })?;
        Ok(waits)
    }
}
