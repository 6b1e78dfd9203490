//! Lists for people and programs: activities, the outbox.

use super::messages::{NOT_ERASED, OutboxState, SUBJECT, effect_key, subject};
use crate::store::{ListFilter, Store, StoreError, sql::listing::ListColumns};

/// An activity as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityRow {
    /// Its id.
    pub id: String,
    /// `task`, `phone_call`, `appointment`.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// What there is to know.
    pub description: Option<String>,
    /// The journey that made it.
    pub journey: Option<String>,
    /// The step that made it.
    pub step: Option<String>,
    /// The contact it is about.
    pub contact_id: Option<String>,
    /// The account it is about, or the contact's.
    pub account_id: Option<String>,
    /// Who is to do it.
    pub owner: Option<String>,
    /// Until when.
    pub due_at: Option<i64>,
    /// When it was made.
    pub created_at: i64,
}

/// A message as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// The effect's key.
    pub key: String,
    /// The channel.
    pub channel: String,
    /// What the channel needs to make it.
    pub content: String,
    /// The journey that made it.
    pub journey: String,
    /// The step that made it.
    pub step: String,
    /// The contact it is for; nothing when it is for an account.
    pub contact_id: Option<String>,
    /// The account it is for, or that of the contact in the journey.
    pub account_id: Option<String>,
    /// How far it came.
    pub state: OutboxState,
    /// Why it didn't get there.
    pub reason: Option<String>,
    /// When the step made it.
    pub created_at: i64,
    /// When it was to leave.
    pub due_at: i64,
    /// When it may leave: then, or later where something held it.
    pub ready_at: i64,
    /// When it left or was given up.
    pub ended_at: Option<i64>,
    /// How often it was tried.
    pub attempts: i64,
    /// From when on it is tried again, in real time.
    pub retry_at: Option<i64>,
}

impl Store {
    /// Activities, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn activities(
        &mut self,
        filter: &ListFilter,
        each: &mut dyn FnMut(ActivityRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let order = self.dialect().order_text("v.id");
        let columns =
            ListColumns { owner: "v.owner", account: "a.id", journey: "j.name = {}", at: "v.created_at" };
        let mut parameters = Vec::new();
        let (clause, limit) = filter.printed(&columns, &mut parameters);
        let sql = format!(
            "SELECT v.id, v.kind, v.subject, j.name, s.id, c.id, a.id, v.owner, v.due_at, v.created_at, v.description
             FROM activity v LEFT JOIN step s ON s.key = v.step_key LEFT JOIN journey j ON j.key = s.journey_key
             LEFT JOIN contact c ON c.key = v.contact_key LEFT JOIN account a ON a.key = v.account_key
             WHERE {clause} ORDER BY v.created_at, {order}{limit}"
        );
        self.connection.query_each(&sql, &parameters, &mut |row| {
            each(ActivityRow {
                id: row.text(0)?,
                kind: row.text(1)?,
                subject: row.text(2)?,
                journey: row.optional_text(3)?,
                step: row.optional_text(4)?,
                contact_id: row.optional_text(5)?,
                account_id: row.optional_text(6)?,
                owner: row.optional_text(7)?,
                due_at: row.optional_integer(8)?,
                created_at: row.integer(9)?,
                description: row.optional_text(10)?,
            })
        })
    }

    /// The messages of the outbox, oldest first; those of one state, or all.
    ///
    /// # Errors
    /// When the store fails.
    pub fn messages(
        &mut self,
        state: Option<OutboxState>,
        filter: &ListFilter,
        each: &mut dyn FnMut(MessageRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let subject_order = self.dialect().order_text("COALESCE(c.id, a.id)");
        let order = format!("{}, {subject_order}", self.dialect().order_text("j.name"));
        let columns = ListColumns {
            owner: "COALESCE(c.owner, a.owner)",
            account: "a.id",
            journey: "j.name = {}",
            at: "o.created_at",
        };
        let mut parameters = Vec::new();
        let (wanted, limit) = filter.printed(&columns, &mut parameters);
        let clause = match state {
            Some(state) => format!("AND o.state = {}", state.number()),
            None => String::new(),
        };
        let sql = format!(
            "SELECT o.channel, o.content, j.name, t.number, s.id, o.visit, c.id, o.ordinal, a.id, o.state, o.reason,
                o.created_at, o.contact_key, o.due_at, o.attempts, o.retry_at, o.ready_at, o.ended_at,
                COALESCE(c.id_generation, 0)
             FROM outbox o JOIN iteration t ON t.key = o.iteration_key JOIN journey j ON j.key = t.journey_key
             JOIN step s ON s.key = o.step_key {SUBJECT}
             WHERE {NOT_ERASED} AND {wanted} {clause}
             ORDER BY o.created_at, {order}, o.step_key, o.visit, o.ordinal{limit}"
        );
        self.connection.query_each(&sql, &parameters, &mut |row| {
            let (journey, iteration, step) = (row.text(2)?, row.integer(3)?, row.text(4)?);
            let (visit, contact_id, ordinal) = (row.integer(5)?, row.optional_text(6)?, row.integer(7)?);
            let account_id = row.optional_text(8)?;
            let subject = subject(row.integer(12)?, contact_id.as_deref(), account_id.as_deref());
            each(MessageRow {
                key: effect_key((&journey, iteration, &step), (visit, row.integer(18)?), &subject, ordinal),
                channel: row.text(0)?,
                content: row.text(1)?,
                journey,
                step,
                contact_id,
                account_id,
                state: OutboxState::numbered(row.integer(9)?)?,
                reason: row.optional_text(10)?,
                created_at: row.integer(11)?,
                due_at: row.integer(13)?,
                attempts: row.integer(14)?,
                retry_at: row.optional_integer(15)?,
                ready_at: row.integer(16)?,
                ended_at: row.optional_integer(17)?,
            })
        })
    }
}
