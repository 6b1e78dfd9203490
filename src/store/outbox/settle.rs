//! Noting what becomes of messages.

use super::messages::Settled;
use crate::store::{
    Cell, DueMessage, JsonRows, Store, StoreError, batches::outcome_table::Stopped, records::interactions,
    since::former_accounts::account_at,
};

impl Store {
    /// Notes how messages fared, with the interactions that follow from it, in one transaction. The
    /// interaction's id is made from the message's key, so that it can't be written twice.
    ///
    /// # Errors
    /// When the store fails; then the messages still count as being handed over.
    pub fn settle_messages(
        &mut self,
        settled: &[(&DueMessage, Settled)],
        now: i64,
    ) -> Result<(), StoreError> {
        self.settle_and_begin(settled, &[], now)
    }

    /// As [`Store::settle_messages`]; in the same transaction, notes that others which this worker took are on their way
    /// by a transport that hands over at most once: should it die now, nobody knows whether those left.
    ///
    /// # Errors
    /// When the store fails; then they must not be handed over.
    pub fn settle_and_begin(
        &mut self,
        settled: &[(&DueMessage, Settled)],
        begins: &[&DueMessage],
        now: i64,
    ) -> Result<(), StoreError> {
        let mut begun = JsonRows::default();
        for message in begins {
            let cells: Vec<Cell> = message.place.iter().map(|part| Cell::Integer(*part)).collect();
            begun.push(&cells);
        }
        let begun = (!begun.is_empty()).then(|| begun.finish());
        let number = |place: usize| format!("CAST(value ->> {place} AS BIGINT)");
        let begin = format!(
            "UPDATE outbox SET state = 8
             WHERE (iteration_key, account_key, contact_key, step_key, visit, ordinal) IN (
                SELECT {}, {}, {}, {}, {}, {} FROM {})",
            number(0),
            number(1),
            number(2),
            number(3),
            number(4),
            number(5),
            self.dialect().rows("$1")
        );
        let (mut states, mut made) = (JsonRows::default(), JsonRows::default());
        let mut stops: std::collections::BTreeMap<i64, Vec<Stopped>> = Default::default();
        for (message, end) in settled {
            let mut cells: Vec<Cell> = message.place.iter().map(|part| Cell::Integer(*part)).collect();
            cells.extend([
                end.state.number().into(),
                end.reason.clone().into(),
                end.retry_at.into(),
                i64::from(end.untried).into(),
                end.ready_at.into(),
                message.address_key.into(),
            ]);
            states.push(&cells);
            if let Some((kind, at, email)) = &end.interaction {
                made.push(&[
                    format!("{kind}/{}", message.key).into(),
                    self.names.type_key(kind).into(),
                    (*at).into(),
                    message.place[2].into(),
                    message.journey.as_str().into(),
                    message.iteration.into(),
                    message.step.as_str().into(),
                    email.as_str().into(),
                    end.reason.clone().into(),
                    message.place[1].into(),
                ]);
            }
            if let Some(reason) = &end.stop {
                let [iteration, account, contact, ..] = message.place;
                let stopped = stops.entry(iteration).or_default();
                // Several messages of one contact stop it once.
                if !stopped.iter().any(|other| other.contact_key == contact) {
                    stopped.push(Stopped {
                        account_key: account,
                        contact_key: contact,
                        at: now,
                        reason: reason.clone(),
                    });
                }
            }
        }
        let any_sent = settled
            .iter()
            .any(|(_, end)| end.interaction.as_ref().is_some_and(|(kind, _, _)| *kind == "EmailSent"));
        let rows = self.dialect().rows("$1");
        let settle = format!(
            "UPDATE outbox SET state = r.state, reason = r.reason, owner = NULL, retry_at = r.retry_at,
                attempts = attempts - r.untried, ready_at = COALESCE(r.ready_at, outbox.ready_at), ended_at = CASE WHEN r.state > 2 THEN CAST($2 AS BIGINT) END
             FROM (SELECT CAST(value ->> 0 AS BIGINT) AS iteration_key, CAST(value ->> 1 AS BIGINT) AS account_key,
                CAST(value ->> 2 AS BIGINT) AS contact_key, CAST(value ->> 3 AS BIGINT) AS step_key,
                CAST(value ->> 4 AS BIGINT) AS visit, CAST(value ->> 5 AS BIGINT) AS ordinal,
                CAST(value ->> 6 AS SMALLINT) AS state, value ->> 7 AS reason,
                CAST(value ->> 8 AS BIGINT) AS retry_at, CAST(value ->> 9 AS BIGINT) AS untried,
                CAST(value ->> 10 AS BIGINT) AS ready_at FROM {rows}) r
             WHERE outbox.iteration_key = r.iteration_key AND outbox.account_key = r.account_key
               AND outbox.contact_key = r.contact_key AND outbox.step_key = r.step_key
               AND outbox.visit = r.visit AND outbox.ordinal = r.ordinal"
        );
        // The mailbox got it: what bounces later is about this address.
        let sent = format!(
            "UPDATE mail_address SET sent_at = $2
             FROM (SELECT CAST(value ->> 0 AS BIGINT) AS iteration_key, CAST(value ->> 2 AS BIGINT) AS contact_key,
                CAST(value ->> 3 AS BIGINT) AS step_key, CAST(value ->> 4 AS BIGINT) AS visit,
                CAST(value ->> 11 AS BIGINT) AS address_key FROM {rows}
                WHERE CAST(value ->> 6 AS SMALLINT) = 3 AND value ->> 11 IS NOT NULL) r
             WHERE mail_address.iteration_key = r.iteration_key AND mail_address.step_key = r.step_key
               AND mail_address.visit = r.visit AND mail_address.address_key = r.address_key
               AND mail_address.contact_key = r.contact_key"
        );
        // A journey's mail belongs to the account that its participant entered with.
        let record = format!(
            "INSERT INTO interaction (id, type_key, at, contact_key, account_key, journey, iteration, step, email_text, reason_text)
             SELECT r.value ->> 0, CAST(r.value ->> 1 AS BIGINT), CAST(r.value ->> 2 AS BIGINT), c.key,
                CASE WHEN CAST(r.value ->> 9 AS BIGINT) > 0 THEN CAST(r.value ->> 9 AS BIGINT) ELSE {} END,
                r.value ->> 4, CAST(r.value ->> 5 AS BIGINT), r.value ->> 6, r.value ->> 7, r.value ->> 8
             FROM {rows} AS r JOIN contact c ON c.key = CAST(r.value ->> 3 AS BIGINT)
             WHERE 1 = 1 ON CONFLICT (id) DO NOTHING",
            account_at("c", "CAST(r.value ->> 2 AS BIGINT)")
        );
        self.connection.write(|connection| {
            if let Some(begun) = &begun {
                connection.execute(&begin, std::slice::from_ref(begun))?;
            }
            if settled.is_empty() {
                return Ok(());
            }
            let states = [states.finish(), now.into()];
            connection.execute(&settle, &states)?;
            if any_sent {
                connection.execute(&sent, &states)?;
            }
            if !made.is_empty() {
                let before = interactions::latest(connection)?;
                connection.execute(&record, &[made.finish()])?;
                interactions::queue(connection, before)?;
            }
            for (iteration, who) in &stops {
                crate::store::batches::stops::stop(connection, *iteration, who)?;
            }
            Ok(())
        })
    }
}
