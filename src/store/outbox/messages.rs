//! Messages on their way out.

use crate::model::{Field, JOURNEY_ENDED, NEW_ITERATION, Value};
use crate::store::{
    Cell, JsonRows, ListFilter, MessageRow, Store, StoreError,
    queue::held::held_iterations,
    tables::columns::{readable_column, value},
};

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxState {
    /// It waits to be handed over.
    Waiting,
    /// It is being handed over.
    Sending,
    /// The channel took it.
    Delivered,
    /// It must not be sent; the reason says why.
    Blocked,
    /// It failed for good.
    Failed,
    /// It is not known whether it left.
    Unknown,
    /// It was dropped while it waited.
    Dropped,
    /// It is on its way by a transport that hands over at most once.
    Begun,
}

impl OutboxState {
    /// All states, with the words and numbers that stand for them.
    pub const ALL: [(OutboxState, i64, &'static str); 8] = [
        (OutboxState::Waiting, 1, "waiting"),
        (OutboxState::Sending, 2, "sending"),
        (OutboxState::Delivered, 3, "delivered"),
        (OutboxState::Blocked, 4, "blocked"),
        (OutboxState::Failed, 5, "failed"),
        (OutboxState::Unknown, 6, "unknown"),
        (OutboxState::Dropped, 7, "dropped"),
        (OutboxState::Begun, 8, "begun"),
    ];

    /// The word.
    #[must_use]
    pub fn name(self) -> &'static str {
        OutboxState::ALL.iter().find(|(state, _, _)| *state == self).map_or("", |(_, _, name)| name)
    }

    /// The state with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<OutboxState> {
        OutboxState::ALL.iter().find(|(_, _, word)| *word == name).map(|(state, _, _)| *state)
    }

    pub(in crate::store) fn number(self) -> i64 {
        OutboxState::ALL.iter().find(|(state, _, _)| *state == self).map_or(0, |(_, number, _)| *number)
    }

    pub(in crate::store) fn numbered(number: i64) -> Result<OutboxState, StoreError> {
        OutboxState::ALL
            .iter()
            .find(|(_, known, _)| *known == number)
            .map(|(state, _, _)| *state)
            .ok_or_else(|| StoreError::Inconsistent(format!("an outbox row has state {number}")))
    }
}

/// A message that is due, with the values that the channel asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct DueMessage {
    pub(in crate::store) place: [i64; 6],
    /// The effect's key: journey, iteration, step, visit, subject, ordinal.
    pub key: String,
    /// The journey's name.
    pub journey: String,
    /// The iteration's number.
    pub iteration: i64,
    /// The step's id.
    pub step: String,
    /// The channel: `email`, `workflow:NAME`, or one of the settings.
    pub channel: String,
    /// What the channel needs to make the message.
    pub content: String,
    /// When the step made it.
    pub created_at: i64,
    /// When it was to leave.
    pub due_at: i64,
    /// When it may leave: then, or later where something held it.
    pub ready_at: i64,
    /// When it isn't sent any more.
    pub expires_at: Option<i64>,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// The contact's id; nothing when the message is for an account.
    pub contact_id: Option<String>,
    /// The id of the account that it is for, or that the contact entered with.
    pub account_id: Option<String>,
    /// The key of the contact's address, when it has one that mail can go to.
    pub(in crate::store) address_key: Option<i64>,
    /// Whether the contact still is in the journey or finished it; the reason when it was stopped.
    pub stopped: Option<String>,
    /// The contact's values, in the order in which the fields were asked for.
    pub contact: Vec<Value>,
    /// The values of the account that the contact entered with, likewise.
    pub account: Vec<Value>,
}

impl DueMessage {
    /// The key in the store of the contact that it is for; nothing when it is for an account.
    #[must_use]
    pub fn contact_key(&self) -> Option<i64> {
        Some(self.place[2]).filter(|key| *key != 0)
    }

    /// Whether it is a mail.
    #[must_use]
    pub fn is_mail(&self) -> bool {
        self.channel == "email"
    }

    /// The key in the store of the address that it goes to.
    #[must_use]
    pub fn address_key(&self) -> Option<i64> {
        self.address_key
    }

    /// The keys of the iteration and of the account, or of the contact that stands for one.
    #[must_use]
    pub fn account_place(&self) -> (i64, i64) {
        (self.place[0], self.place[1])
    }

    /// Why the contact was stopped, when that keeps the message back: the end of a journey or iteration doesn't.
    #[must_use]
    pub fn stopped_by_itself(&self) -> Option<&String> {
        self.stopped.as_ref().filter(|reason| ![JOURNEY_ENDED, NEW_ITERATION].contains(&reason.as_str()))
    }
}

/// How a message fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// How far it came.
    pub state: OutboxState,
    /// Why, when it didn't get there.
    pub reason: Option<String>,
    /// The interaction to record, by its type's name, with its moment and the e-mail's name.
    pub interaction: Option<(&'static str, i64, String)>,
    /// Why the contact's participation stops, if it does.
    pub stop: Option<String>,
    /// From when on it may be handed over, of a message that waits again; since when it could be, of one that
    /// was held.
    pub ready_at: Option<i64>,
    /// From when on it is tried again, in real time; only of a message that waits again.
    pub retry_at: Option<i64>,
    /// Whether nothing was tried, so that it doesn't count as an attempt.
    pub untried: bool,
}

impl Settled {
    /// A message that is held until a moment, and wasn't tried.
    #[must_use]
    pub fn held_until(ready_at: i64, reason: &str) -> Settled {
        let held = Settled::to(OutboxState::Waiting, Some(reason.to_owned()));
        Settled { ready_at: Some(ready_at), untried: true, ..held }
    }

    /// A message that came so far, and nothing follows from it.
    #[must_use]
    pub fn to(state: OutboxState, reason: Option<String>) -> Settled {
        Settled {
            state,
            reason,
            interaction: None,
            stop: None,
            ready_at: None,
            retry_at: None,
            untried: false,
        }
    }
}

/// Joins that find whom the message `o` is for; a contact without account stands for one.
pub(in crate::store) const SUBJECT: &str =
    "LEFT JOIN contact c ON c.key = CASE WHEN o.contact_key > 0 THEN o.contact_key WHEN o.account_key < 0 THEN -o.account_key END
     LEFT JOIN account a ON a.key = o.account_key";

/// What holds of messages whose contact hasn't been erased; those of others are only counted.
pub(in crate::store) const NOT_ERASED: &str = "(o.contact_key = 0 OR c.key IS NOT NULL)";

/// The key of an effect (semantics 18). The generation of its contact, where that isn't 0, stands behind the
/// visit: an erased contact and another with the same id never share a key.
#[must_use]
pub fn effect_key(
    (journey, iteration, step): (&str, i64, &str),
    (visit, generation): (i64, i64),
    subject: &str,
    ordinal: i64,
) -> String {
    let generation = if generation == 0 { String::new() } else { format!(".{generation}") };
    format!("{journey}/{iteration}/{step}/{visit}{generation}/{subject}/{ordinal}")
}

/// The subject of a message as it stands in its key.
pub(in crate::store) fn subject(
    contact_key: i64,
    contact_id: Option<&str>,
    account_id: Option<&str>,
) -> String {
    match (contact_key, contact_id, account_id) {
        (0, _, Some(account)) => account.to_owned(),
        (0, Some(contact), None) => format!("contact:{contact}"),
        (_, contact, _) => contact.unwrap_or_default().to_owned(),
    }
}

impl Store {
    /// Takes up to `limit` messages of a channel that are due, so that no other worker does, and marks
    /// them as being handed over; those of paused journeys stay. `real_now` is real time, which decides
    /// who is tried again (semantics 28).
    ///
    /// # Errors
    /// When the store fails.
    pub fn take_messages(
        &mut self,
        channel: &str,
        now: i64,
        real_now: i64,
        limit: i64,
        contact_fields: &[Field],
        account_fields: &[Field],
    ) -> Result<Vec<DueMessage>, StoreError> {
        let owner = self.owner();
        let take = format!(
            "UPDATE outbox SET state = 2, owner = $4, attempts = attempts + 1
             WHERE (iteration_key, account_key, contact_key, step_key, visit, ordinal) IN (
                SELECT iteration_key, account_key, contact_key, step_key, visit, ordinal FROM outbox
                WHERE state = 1 AND ready_at <= $1 AND channel = $2 AND (retry_at IS NULL OR retry_at <= $5)
                  AND iteration_key NOT IN ({})
                ORDER BY ready_at, due_at, iteration_key, account_key, contact_key, step_key LIMIT $3{})",
            held_iterations(),
            self.dialect().skip_locked()
        );
        let taken = self.connection.write(|connection| {
            connection
                .execute(&take, &[now.into(), channel.into(), limit.into(), owner.into(), real_now.into()])
        })?;
        if taken == 0 {
            return Ok(Vec::new());
        }
        let taken = "o.state = 2 AND o.owner = $1 AND o.channel = $2";
        self.read_messages(taken, &[owner.into(), channel.into()], contact_fields, account_fields)
    }

    /// The message with this key, whatever became of it, with the values asked for.
    ///
    /// # Errors
    /// When the store fails.
    pub fn message(
        &mut self,
        key: &str,
        contact_fields: &[Field],
        account_fields: &[Field],
    ) -> Result<Option<(MessageRow, DueMessage)>, StoreError> {
        let mut row = None;
        self.messages(None, &ListFilter::default(), &mut |found| {
            if found.key == key {
                row = Some(found);
            }
            Ok(())
        })?;
        let Some(row) = row else { return Ok(None) };
        let place = "j.name = $1 AND s.id = $2 AND o.created_at = $3";
        let bound = [row.journey.as_str().into(), row.step.as_str().into(), row.created_at.into()];
        let messages = self.read_messages(place, &bound, contact_fields, account_fields)?;
        Ok(messages.into_iter().find(|message| message.key == key).map(|message| (row, message)))
    }

    fn read_messages(
        &mut self,
        which: &str,
        parameters: &[Cell],
        contact_fields: &[Field],
        account_fields: &[Field],
    ) -> Result<Vec<DueMessage>, StoreError> {
        let mut columns = String::new();
        for field in contact_fields {
            columns = format!("{columns}, {}", readable_column("c", &field.name));
        }
        for field in account_fields {
            columns = format!("{columns}, {}", readable_column("a", &field.name));
        }
        let sql = format!(
            "SELECT o.iteration_key, o.account_key, o.contact_key, o.step_key, o.visit, o.ordinal,
                j.name, t.number, s.id, o.content, o.created_at, o.due_at, o.expires_at, c.id,
                CASE WHEN o.created_at < p.entered_at THEN (
                        SELECT MAX(e.reason) FROM entry e WHERE e.iteration_key = o.iteration_key
                            AND e.contact_key = o.contact_key AND e.state = 3
                            AND o.created_at >= e.entered_at AND o.created_at <= e.ended_at)
                     WHEN p.state = 3 THEN p.reason END, a.id, o.attempts, o.ready_at, c.address_key,
                COALESCE(c.id_generation, 0), o.channel{columns}
             FROM outbox o
             JOIN iteration t ON t.key = o.iteration_key JOIN journey j ON j.key = t.journey_key
             JOIN step s ON s.key = o.step_key {SUBJECT}
             LEFT JOIN participant p ON p.iteration_key = o.iteration_key AND p.contact_key = o.contact_key
             WHERE {which}
             ORDER BY o.due_at, o.iteration_key, o.account_key, o.contact_key, o.step_key"
        );
        let mut messages = Vec::new();
        self.connection.query_each(&sql, parameters, &mut |row| {
            let mut values = Vec::with_capacity(contact_fields.len() + account_fields.len());
            for (at, field) in contact_fields.iter().chain(account_fields).enumerate() {
                values.push(value(row.raw(21 + at)?, &field.kind)?);
            }
            let account = values.split_off(contact_fields.len());
            let mut place = [0; 6];
            for (at, part) in place.iter_mut().enumerate() {
                *part = row.integer(at)?;
            }
            let (journey, iteration, step) = (row.text(6)?, row.integer(7)?, row.text(8)?);
            let (contact_id, account_id) = (row.optional_text(13)?, row.optional_text(15)?);
            let subject = subject(place[2], contact_id.as_deref(), account_id.as_deref());
            messages.push(DueMessage {
                key: effect_key(
                    (&journey, iteration, &step),
                    (place[4], row.integer(19)?),
                    &subject,
                    place[5],
                ),
                place,
                journey,
                iteration,
                step,
                channel: row.text(20)?,
                content: row.text(9)?,
                created_at: row.integer(10)?,
                due_at: row.integer(11)?,
                ready_at: row.integer(17)?,
                expires_at: row.optional_integer(12)?,
                attempts: row.integer(16)?,
                contact_id,
                account_id,
                address_key: row.optional_integer(18)?,
                stopped: row.optional_text(14)?,
                contact: values,
                account,
            });
            Ok(())
        })?;
        Ok(messages)
    }

    /// The channels with messages that may be handed over, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn due_channels(&mut self, now: i64, real_now: i64) -> Result<Vec<String>, StoreError> {
        let order = self.dialect().order_text("channel");
        let sql = format!(
            "SELECT channel FROM outbox WHERE state = 1 AND ready_at <= $1 AND (retry_at IS NULL OR retry_at <= $2)
                AND iteration_key NOT IN ({})
             GROUP BY channel ORDER BY {order}",
            held_iterations()
        );
        self.connection.query(&sql, &[now.into(), real_now.into()])?.iter().map(|row| row.text(0)).collect()
    }

    /// The participants of accounts who weren't stopped, each with its iteration and account: those whom
    /// messages for the accounts are about.
    ///
    /// # Errors
    /// When the store fails.
    pub fn participants_of(&mut self, accounts: &[(i64, i64)]) -> Result<Vec<(i64, i64, i64)>, StoreError> {
        let mut json = JsonRows::default();
        accounts.iter().for_each(|(iteration, account)| json.push(&[(*iteration).into(), (*account).into()]));
        let sql = format!(
            "SELECT p.iteration_key, p.account_key, p.contact_key FROM participant p
             WHERE (p.iteration_key, p.account_key) IN (
                SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT) FROM {})
               AND (p.state < 3 OR p.reason IN ($2, $3))",
            self.dialect().rows("$1")
        );
        let rows =
            self.connection.query(&sql, &[json.finish(), JOURNEY_ENDED.into(), NEW_ITERATION.into()])?;
        rows.iter().map(|row| Ok((row.integer(0)?, row.integer(1)?, row.integer(2)?))).collect()
    }
}
