//! Everything that happened with one contact.

use super::{Cell, Store, StoreError, outbox::OutboxState};

/// A contact in an iteration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participation {
    /// The iteration's key.
    pub iteration_key: i64,
    /// The journey's name.
    pub journey: String,
    /// The iteration's number.
    pub iteration: i64,
    /// The frozen account; of a contact without account its own key, negative.
    pub account_key: i64,
    /// The frozen account's id.
    pub account_id: Option<String>,
    /// When it entered.
    pub entered_at: i64,
    /// 1 in the journey, 2 finished, 3 stopped.
    pub state: i64,
    /// When it finished or stopped.
    pub ended_at: Option<i64>,
    /// Why it stopped.
    pub reason: Option<String>,
}

/// A step that a contact left, or stands on when `left_at` is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
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
    /// What decided it for the whole account.
    pub because: Option<String>,
}

/// Something that a step made for a contact or its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeRow {
    /// The step's id.
    pub step: String,
    /// The visit of the step.
    pub visit: i64,
    /// `lead`, `activity` or `message`.
    pub kind: String,
    /// Its id or key.
    pub id: String,
    /// What it is about.
    pub about: Option<String>,
    /// Who looks after it; of a message how far it came.
    pub detail: Option<String>,
    /// When it was made.
    pub created_at: i64,
    /// Whether it was made once for the account.
    pub for_account: bool,
}

/// A segment that a contact or its account joined or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipRow {
    /// The segment's name.
    pub segment: String,
    /// What the segment holds.
    pub target: String,
    /// When.
    pub at: i64,
    /// Whether it joined.
    pub joined: bool,
}

/// An interaction of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InteractionRow {
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// When it happened.
    pub at: i64,
    /// The journey and step that caused it.
    pub caused_by: Option<(String, String)>,
}

impl Store {
    /// The ids of contacts with this id, or else with this e-mail address, whatever its case, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub fn find_contacts(&mut self, id_or_email: &str) -> Result<Vec<String>, StoreError> {
        let dialect = self.dialect();
        let by_address = format!(
            "SELECT id FROM contact WHERE {} = {} ORDER BY {}",
            dialect.fold("email"),
            dialect.fold("CAST($1 AS TEXT)"),
            dialect.order_text("id")
        );
        let by_id = self.connection.query("SELECT id FROM contact WHERE id = $1", &[id_or_email.into()])?;
        let found = match by_id.is_empty() {
            false => by_id,
            true => self.connection.query(&by_address, &[id_or_email.into()])?,
        };
        found.iter().map(|row| row.text(0)).collect()
    }

    /// The iterations that a contact entered, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn participations(&mut self, contact_id: &str) -> Result<Vec<Participation>, StoreError> {
        let rows = self.connection.query(
            "SELECT p.iteration_key, j.name, t.number, p.account_key, a.id, p.entered_at, p.state, p.ended_at, p.reason
             FROM iteration t JOIN participant p ON p.iteration_key = t.key
             JOIN contact c ON c.key = p.contact_key
             JOIN journey j ON j.key = t.journey_key LEFT JOIN account a ON a.key = p.account_key
             WHERE c.id = $1 ORDER BY p.entered_at, t.key",
            &[contact_id.into()],
        )?;
        rows.iter()
            .map(|row| {
                Ok(Participation {
                    iteration_key: row.integer(0)?,
                    journey: row.text(1)?,
                    iteration: row.integer(2)?,
                    account_key: row.integer(3)?,
                    account_id: row.optional_text(4)?,
                    entered_at: row.integer(5)?,
                    state: row.integer(6)?,
                    ended_at: row.optional_integer(7)?,
                    reason: row.optional_text(8)?,
                })
            })
            .collect()
    }

    /// The steps that a contact visited in an iteration, in order, the present one last.
    ///
    /// # Errors
    /// When the store fails.
    pub fn visits(&mut self, contact_id: &str, part: &Participation) -> Result<Vec<VisitRow>, StoreError> {
        let rows = self.connection.query(
            "SELECT s.id, s.tile, v.visit, v.arrived_at, v.left_at, v.due_at, v.stopped, v.path, v.reason, d.because, s.place
             FROM (SELECT step_key, visit, arrived_at, left_at, CAST(NULL AS BIGINT) AS due_at, stopped, path, reason,
                        iteration_key, account_key, contact_key FROM history
                   WHERE iteration_key = $1 AND account_key = $2
                   UNION ALL
                   SELECT step_key, visit, arrived_at, NULL, due_at, 0, NULL, NULL, iteration_key, account_key, contact_key
                   FROM position WHERE iteration_key = $1 AND account_key = $2) v
             JOIN contact c ON c.key = v.contact_key JOIN step s ON s.key = v.step_key
             LEFT JOIN decision d ON d.iteration_key = v.iteration_key AND d.account_key = v.account_key
                AND d.step_key = v.step_key AND d.visit = v.visit
             WHERE c.id = $3 ORDER BY v.arrived_at, COALESCE(v.left_at, v.arrived_at + 1), v.visit, s.place",
            &[part.iteration_key.into(), part.account_key.into(), contact_id.into()],
        )?;
        rows.iter()
            .map(|row| {
                Ok(VisitRow {
                    step: row.text(0)?,
                    tile: row.text(1)?,
                    visit: row.integer(2)?,
                    arrived_at: row.integer(3)?,
                    left_at: row.optional_integer(4)?,
                    due_at: row.optional_integer(5)?,
                    stopped: row.integer(6)? != 0,
                    path: row.optional_text(7)?,
                    reason: row.optional_text(8)?,
                    because: row.optional_text(9)?,
                })
            })
            .collect()
    }

    /// What the steps of an iteration made for a contact, and for its account.
    ///
    /// # Errors
    /// When the store fails.
    pub fn made_for(&mut self, contact_id: &str, part: &Participation) -> Result<Vec<MadeRow>, StoreError> {
        let key = self
            .connection
            .query_first("SELECT key FROM contact WHERE id = $1", &[contact_id.into()])?
            .map_or(Ok(0), |row| row.integer(0))?;
        let parameters = [Cell::Integer(part.iteration_key), part.account_key.into(), key.into()];
        let subject = "iteration_key = $1 AND subject_account_key = $2 AND subject_contact_key IN (0, $3)";
        let mut made = Vec::new();
        let records = format!(
            "SELECT s.id, r.kind, r.id, r.about, r.owner, r.created_at, r.subject_contact_key, r.visit FROM (
                SELECT 'lead' AS kind, id, topic AS about, owner, created_at, step_key, subject_contact_key, visit
                FROM lead WHERE {subject}
                UNION ALL
                SELECT 'activity', id, subject, owner, created_at, step_key, subject_contact_key, visit
                FROM activity WHERE {subject}) r
             JOIN step s ON s.key = r.step_key ORDER BY r.created_at, s.place, r.kind"
        );
        for row in self.connection.query(&records, &parameters)? {
            made.push(MadeRow {
                step: row.text(0)?,
                visit: row.integer(7)?,
                kind: row.text(1)?,
                id: row.text(2)?,
                about: row.optional_text(3)?,
                detail: row.optional_text(4)?,
                created_at: row.integer(5)?,
                for_account: row.integer(6)? == 0,
            });
        }
        let messages = "SELECT s.id, o.visit, o.ordinal, o.content, o.state, o.reason, o.created_at
             FROM outbox o JOIN step s ON s.key = o.step_key
             WHERE o.iteration_key = $1 AND o.account_key = $2 AND o.contact_key = $3 ORDER BY o.created_at, s.place";
        for row in self.connection.query(messages, &parameters)? {
            let state = OutboxState::numbered(row.integer(4)?)?.name();
            let detail = match row.optional_text(5)? {
                Some(reason) => format!("{state}: {reason}"),
                None => state.to_owned(),
            };
            let (step, visit) = (row.text(0)?, row.integer(1)?);
            made.push(MadeRow {
                id: format!(
                    "{}/{}/{step}/{visit}/{contact_id}/{}",
                    part.journey,
                    part.iteration,
                    row.integer(2)?
                ),
                step,
                visit,
                kind: "message".to_owned(),
                about: row.optional_text(3)?,
                detail: Some(detail),
                created_at: row.integer(6)?,
                for_account: false,
            });
        }
        Ok(made)
    }

    /// When a contact and its present account joined and left segments.
    ///
    /// # Errors
    /// When the store fails.
    pub fn membership_history(&mut self, contact_id: &str) -> Result<Vec<MembershipRow>, StoreError> {
        let order = self.dialect().order_text("g.name");
        let sql = format!(
            "SELECT g.name, g.target, m.at, m.joined FROM contact c
             JOIN segment g ON 1 = 1
             JOIN membership_change m ON m.segment_key = g.key
                AND m.subject_key = CASE WHEN g.target = 'account' THEN c.account_key ELSE c.key END
             WHERE c.id = $1 ORDER BY m.at, {order}"
        );
        let rows = self.connection.query(&sql, &[contact_id.into()])?;
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

    /// A contact's interactions up to `now`, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn interactions_of(&mut self, contact_id: &str, now: i64) -> Result<Vec<InteractionRow>, StoreError> {
        let order = self.dialect().order_text("i.id");
        let sql = format!(
            "SELECT i.id, t.name, i.at, i.journey, i.step FROM interaction i
             JOIN contact c ON c.key = i.contact_key JOIN interaction_type t ON t.key = i.type_key
             WHERE c.id = $1 AND i.at <= $2 ORDER BY i.at, {order}"
        );
        let rows = self.connection.query(&sql, &[contact_id.into(), now.into()])?;
        rows.iter()
            .map(|row| {
                Ok(InteractionRow {
                    id: row.text(0)?,
                    kind: row.text(1)?,
                    at: row.integer(2)?,
                    caused_by: row.optional_text(3)?.zip(row.optional_text(4)?),
                })
            })
            .collect()
    }
}
