//! Everything that happened with the contacts of one account.

use super::contact::VISITS;
use crate::store::{MadeRow, MembershipRow, Store, StoreError, outbox::messages::OutboxState};

/// A contact that entered an iteration for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountParticipant {
    /// The iteration's key.
    pub iteration_key: i64,
    /// The journey's name.
    pub journey: String,
    /// The iteration's number.
    pub iteration: i64,
    /// The contact's id.
    pub contact_id: String,
    /// When it entered.
    pub entered_at: i64,
    /// 1 in the journey, 2 finished, 3 stopped.
    pub state: i64,
    /// When it finished or stopped.
    pub ended_at: Option<i64>,
    /// Why it stopped.
    pub reason: Option<String>,
}

/// A step that a contact of an account left, or stands on when `left_at` is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountVisit {
    /// The contact's id.
    pub contact_id: String,
    /// The step's id.
    pub step: String,
    /// The step's tile.
    pub tile: String,
    /// Which arrival it was.
    pub visit: i64,
    /// When it arrived.
    pub arrived_at: i64,
    /// When it left.
    pub left_at: Option<i64>,
    /// When it is looked at next, while it stands there.
    pub due_at: Option<i64>,
    /// Whether it was stopped there.
    pub stopped: bool,
    /// The path it took.
    pub path: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// How often a tile with a script was called on this visit, while it stands there.
    pub calls: Option<i64>,
    /// What the script remembers, as JSON.
    pub state: Option<String>,
}

/// An account's one decision at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDecision {
    /// The step's id.
    pub step: String,
    /// The visit of the step.
    pub visit: i64,
    /// When the account's clock started.
    pub opened_at: i64,
    /// The path, once it is taken.
    pub path: Option<String>,
    /// When it was taken.
    pub decided_at: Option<i64>,
    /// What decided it.
    pub because: Option<String>,
}

impl Store {
    /// The ids of accounts with this id, or else with this name, whatever its case, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub fn find_accounts(&mut self, id_or_name: &str) -> Result<Vec<String>, StoreError> {
        let dialect = self.dialect();
        let by_name = format!(
            "SELECT id FROM account WHERE {} = {} ORDER BY {}",
            dialect.fold("name"),
            dialect.fold("CAST($1 AS TEXT)"),
            dialect.order_text("id")
        );
        let by_id = self.connection.query("SELECT id FROM account WHERE id = $1", &[id_or_name.into()])?;
        let found = match by_id.is_empty() {
            false => by_id,
            true => self.connection.query(&by_name, &[id_or_name.into()])?,
        };
        found.iter().map(|row| row.text(0)).collect()
    }

    /// An account's key, when there is such an account.
    ///
    /// # Errors
    /// When the store fails.
    pub fn account_key(&mut self, account_id: &str) -> Result<Option<i64>, StoreError> {
        let row =
            self.connection.query_first("SELECT key FROM account WHERE id = $1", &[account_id.into()])?;
        row.map(|row| row.integer(0)).transpose()
    }

    /// The ids of an account's present contacts.
    ///
    /// # Errors
    /// When the store fails.
    pub fn contacts_of_account(&mut self, account_key: i64) -> Result<Vec<String>, StoreError> {
        let order = self.dialect().order_text("id");
        let sql = format!("SELECT id FROM contact WHERE account_key = $1 ORDER BY {order}");
        self.connection.query(&sql, &[account_key.into()])?.iter().map(|row| row.text(0)).collect()
    }

    /// Who entered which iterations for an account, the oldest iteration first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn account_participants(&mut self, account_key: i64) -> Result<Vec<AccountParticipant>, StoreError> {
        let order = self.dialect().order_text("c.id");
        let sql = format!(
            "SELECT p.iteration_key, j.name, t.number, c.id, p.entered_at, p.state, p.ended_at, p.reason
             FROM iteration t JOIN participant p ON p.iteration_key = t.key AND p.account_key = $1
             JOIN contact c ON c.key = p.contact_key JOIN journey j ON j.key = t.journey_key
             ORDER BY t.starts_at, t.key, p.entered_at, {order}"
        );
        let rows = self.connection.query(&sql, &[account_key.into()])?;
        rows.iter()
            .map(|row| {
                Ok(AccountParticipant {
                    iteration_key: row.integer(0)?,
                    journey: row.text(1)?,
                    iteration: row.integer(2)?,
                    contact_id: row.text(3)?,
                    entered_at: row.integer(4)?,
                    state: row.integer(5)?,
                    ended_at: row.optional_integer(6)?,
                    reason: row.optional_text(7)?,
                })
            })
            .collect()
    }

    /// The steps that the contacts of an account visited in an iteration, in order of arrival.
    ///
    /// # Errors
    /// When the store fails.
    pub fn account_visits(
        &mut self,
        iteration_key: i64,
        account_key: i64,
    ) -> Result<Vec<AccountVisit>, StoreError> {
        let order = self.dialect().order_text("c.id");
        let sql = format!(
            "SELECT c.id, s.id, s.tile, v.visit, v.arrived_at, v.left_at, v.due_at, v.stopped, v.path, v.reason,
                v.calls, v.state
             FROM {VISITS} v
             JOIN contact c ON c.key = v.contact_key JOIN step s ON s.key = v.step_key
             ORDER BY v.arrived_at, s.place, v.visit, {order}"
        );
        let rows = self.connection.query(&sql, &[iteration_key.into(), account_key.into()])?;
        rows.iter()
            .map(|row| {
                Ok(AccountVisit {
                    contact_id: row.text(0)?,
                    step: row.text(1)?,
                    tile: row.text(2)?,
                    visit: row.integer(3)?,
                    arrived_at: row.integer(4)?,
                    left_at: row.optional_integer(5)?,
                    due_at: row.optional_integer(6)?,
                    stopped: row.integer(7)? != 0,
                    path: row.optional_text(8)?,
                    reason: row.optional_text(9)?,
                    calls: row.optional_integer(10)?,
                    state: row.optional_text(11)?,
                })
            })
            .collect()
    }

    /// What an account decided in an iteration, or is about to.
    ///
    /// # Errors
    /// When the store fails.
    pub fn account_decisions(
        &mut self,
        iteration_key: i64,
        account_key: i64,
    ) -> Result<Vec<AccountDecision>, StoreError> {
        let rows = self.connection.query(
            "SELECT s.id, d.visit, d.opened_at, d.path, d.decided_at, d.because
             FROM decision d JOIN step s ON s.key = d.step_key
             WHERE d.iteration_key = $1 AND d.account_key = $2 ORDER BY d.opened_at, s.place",
            &[iteration_key.into(), account_key.into()],
        )?;
        rows.iter()
            .map(|row| {
                Ok(AccountDecision {
                    step: row.text(0)?,
                    visit: row.integer(1)?,
                    opened_at: row.integer(2)?,
                    path: row.optional_text(3)?,
                    decided_at: row.optional_integer(4)?,
                    because: row.optional_text(5)?,
                })
            })
            .collect()
    }

    /// What the steps of an iteration made for an account and for its contacts, each with the contact
    /// that it was made for.
    ///
    /// # Errors
    /// When the store fails.
    pub fn account_made(
        &mut self,
        iteration_key: i64,
        account_key: i64,
    ) -> Result<Vec<(Option<String>, MadeRow)>, StoreError> {
        let order = self.dialect().order_text("COALESCE(c.id, '')");
        let sql = format!(
            "SELECT s.id, m.visit, m.kind, m.id, m.about, m.detail, m.created_at, c.id, m.state
             FROM (SELECT 'lead' AS kind, id, topic AS about, owner AS detail, created_at, step_key, visit,
                        subject_contact_key AS contact_key, 0 AS state FROM lead
                   WHERE iteration_key = $1 AND subject_account_key = $2
                   UNION ALL
                   SELECT 'activity', id, subject, owner, created_at, step_key, visit, subject_contact_key, 0
                   FROM activity WHERE iteration_key = $1 AND subject_account_key = $2
                   UNION ALL
                   SELECT 'message', CAST(ordinal AS TEXT),
                        CASE WHEN channel = 'email' THEN content ELSE channel END, reason, created_at, step_key, visit, contact_key,
                        state FROM outbox WHERE iteration_key = $1 AND account_key = $2) m
             JOIN step s ON s.key = m.step_key LEFT JOIN contact c ON c.key = m.contact_key
             WHERE m.contact_key = 0 OR c.key IS NOT NULL
             ORDER BY m.created_at, s.place, m.kind, {order}, m.id"
        );
        let mut made = Vec::new();
        for row in self.connection.query(&sql, &[iteration_key.into(), account_key.into()])? {
            let contact = row.optional_text(7)?;
            let mut detail = row.optional_text(5)?;
            let kind = row.text(2)?;
            if kind == "message" {
                let state = OutboxState::numbered(row.integer(8)?)?.name();
                detail = Some(match detail {
                    Some(reason) => format!("{state}: {reason}"),
                    None => state.to_owned(),
                });
            }
            let one = MadeRow {
                step: row.text(0)?,
                visit: row.integer(1)?,
                kind,
                id: row.text(3)?,
                about: row.optional_text(4)?,
                detail,
                created_at: row.integer(6)?,
                for_account: contact.is_none(),
            };
            made.push((contact, one));
        }
        Ok(made)
    }

    /// When an account joined and left segments.
    ///
    /// # Errors
    /// When the store fails.
    pub fn account_membership_history(&mut self, account_key: i64) -> Result<Vec<MembershipRow>, StoreError> {
        let order = self.dialect().order_text("g.name");
        let sql = format!(
            "SELECT g.name, g.target, m.at, m.joined FROM segment g
             JOIN membership_change m ON m.segment_key = g.key AND m.subject_key = $1
             WHERE g.target = 'account' ORDER BY m.at, {order}"
        );
        let rows = self.connection.query(&sql, &[account_key.into()])?;
        rows.iter()
            .map(|row| {
                Ok(MembershipRow {
                    segment: row.text(0)?,
                    target: row.text(1)?,
                    at: row.integer(2)?,
                    joined: row.integer(3)? != 0,
                })
            })
            .collect()
    }
}
