//! Everything that happened with one contact.

use crate::store::{
    Cell, Store, StoreError,
    outbox::messages::{OutboxState, SUBJECT, effect_key, subject},
};

/// The visits for an account, of iteration `$1` and account `$2`; those who stand at a step with what its
/// tile keeps.
pub(in crate::store) const VISITS: &str = "(
    SELECT iteration_key, account_key, contact_key, step_key, visit, arrived_at, left_at, CAST(NULL AS BIGINT) AS due_at,
        stopped, path, reason, CAST(NULL AS BIGINT) AS calls, CAST(NULL AS TEXT) AS state
    FROM history WHERE iteration_key = $1 AND account_key = $2
    UNION ALL
    SELECT p.iteration_key, p.account_key, p.contact_key, p.step_key, p.visit, p.arrived_at, NULL, p.due_at, 0, NULL,
        MAX(k.reason), MAX(k.calls), MAX(k.state)
    FROM position p LEFT JOIN tile_state k ON k.iteration_key = p.iteration_key AND k.step_key = p.step_key
        AND k.account_key = p.account_key AND k.contact_key IN (0, p.contact_key) AND k.visit = p.visit
    WHERE p.iteration_key = $1 AND p.account_key = $2
    GROUP BY p.iteration_key, p.account_key, p.contact_key, p.step_key, p.visit, p.arrived_at, p.due_at)";

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
    /// Which of its entries into the iteration this is, from 1.
    pub entry: i64,
    /// When it entered.
    pub entered_at: i64,
    /// When it entered again.
    pub entered_again_at: Option<i64>,
    /// 1 in the journey, 2 finished, 3 stopped.
    pub state: i64,
    /// When it finished or stopped.
    pub ended_at: Option<i64>,
    /// Why it stopped.
    pub reason: Option<String>,
}

impl Participation {
    /// From when on what happened in the iteration belongs to this entry.
    fn since(&self) -> i64 {
        if self.entry > 1 { self.entered_at } else { i64::MIN }
    }

    /// Before when what happened in the iteration belongs to this entry.
    fn until(&self) -> i64 {
        self.entered_again_at.unwrap_or(i64::MAX)
    }
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
    /// When the account's clock started there, in a step that decides for accounts.
    pub opened_at: Option<i64>,
    /// How often a tile with a script was called on this visit, while it stands there.
    pub calls: Option<i64>,
    /// What the script remembers, as JSON.
    pub state: Option<String>,
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
    /// The account in whose history it stands.
    pub account_id: Option<String>,
    /// Whether that is another than the contact's present one.
    pub elsewhere: bool,
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
             FROM (SELECT iteration_key, contact_key, account_key, entered_at, state, ended_at, reason FROM participant
                   WHERE contact_key = (SELECT key FROM contact WHERE id = $1)
                     AND iteration_key IN (SELECT key FROM iteration)
                   UNION ALL
                   SELECT iteration_key, contact_key, account_key, entered_at, state, ended_at, reason FROM entry
                   WHERE contact_key = (SELECT key FROM contact WHERE id = $1)
                     AND iteration_key IN (SELECT key FROM iteration)) p
             JOIN iteration t ON t.key = p.iteration_key
             JOIN journey j ON j.key = t.journey_key LEFT JOIN account a ON a.key = p.account_key
             ORDER BY p.entered_at, t.key",
            &[contact_id.into()],
        )?;
        let mut participations: Vec<Participation> = Vec::with_capacity(rows.len());
        for row in &rows {
            let (iteration_key, entered_at) = (row.integer(0)?, row.integer(5)?);
            let former = participations.iter_mut().rfind(|former| former.iteration_key == iteration_key);
            let entry = former.map_or(1, |former| {
                former.entered_again_at = Some(entered_at);
                former.entry + 1
            });
            participations.push(Participation {
                iteration_key,
                journey: row.text(1)?,
                iteration: row.integer(2)?,
                account_key: row.integer(3)?,
                account_id: row.optional_text(4)?,
                entry,
                entered_at,
                entered_again_at: None,
                state: row.integer(6)?,
                ended_at: row.optional_integer(7)?,
                reason: row.optional_text(8)?,
            });
        }
        Ok(participations)
    }

    /// The steps that a contact visited in an iteration, in order, the present one last.
    ///
    /// # Errors
    /// When the store fails.
    pub fn visits(&mut self, contact_id: &str, part: &Participation) -> Result<Vec<VisitRow>, StoreError> {
        let rows = self.connection.query(
            &format!(
                "SELECT s.id, s.tile, v.visit, v.arrived_at, v.left_at, v.due_at, v.stopped, v.path, v.reason, d.because,
                v.calls, v.state, d.opened_at, s.place
             FROM {VISITS} v
             JOIN contact c ON c.key = v.contact_key JOIN step s ON s.key = v.step_key
             LEFT JOIN decision d ON d.iteration_key = v.iteration_key AND d.account_key = v.account_key
                AND d.step_key = v.step_key AND d.visit = v.visit
             WHERE c.id = $3 AND v.arrived_at >= $4 AND v.arrived_at < $5
             ORDER BY v.arrived_at, COALESCE(v.left_at, v.arrived_at + 1), v.visit, s.place"
            ),
            &[
                part.iteration_key.into(),
                part.account_key.into(),
                contact_id.into(),
                part.since().into(),
                part.until().into(),
            ],
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
                    calls: row.optional_integer(10)?,
                    state: row.optional_text(11)?,
                    opened_at: row.optional_integer(12)?,
                })
            })
            .collect()
    }

    /// What the steps of an iteration made for a contact, and for its account.
    ///
    /// # Errors
    /// When the store fails.
    pub fn made_for(&mut self, contact_id: &str, part: &Participation) -> Result<Vec<MadeRow>, StoreError> {
        let key = self.connection.number("SELECT key FROM contact WHERE id = $1", &[contact_id.into()])?;
        let parameters = [
            Cell::Integer(part.iteration_key),
            part.account_key.into(),
            key.into(),
            part.since().into(),
            part.until().into(),
        ];
        let made_for = "iteration_key = $1 AND subject_account_key = $2 AND subject_contact_key IN (0, $3)
            AND created_at >= $4 AND created_at < $5";
        let mut made = Vec::new();
        let records = format!(
            "SELECT s.id, r.kind, r.id, r.about, r.owner, r.created_at, r.subject_contact_key, r.visit FROM (
                SELECT 'lead' AS kind, id, topic AS about, owner, created_at, step_key, subject_contact_key, visit
                FROM lead WHERE {made_for}
                UNION ALL
                SELECT 'activity', id, subject, owner, created_at, step_key, subject_contact_key, visit
                FROM activity WHERE {made_for}) r
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
        let messages = format!(
            "SELECT s.id, o.visit, o.ordinal, o.content, o.state, o.reason, o.created_at, o.channel, o.contact_key, a.id, c.id,
                COALESCE(c.id_generation, 0)
             FROM outbox o JOIN step s ON s.key = o.step_key {SUBJECT}
             WHERE o.iteration_key = $1 AND o.account_key = $2 AND o.contact_key IN (0, $3)
                AND o.created_at >= $4 AND o.created_at < $5 ORDER BY o.created_at, s.place"
        );
        for row in self.connection.query(&messages, &parameters)? {
            let state = OutboxState::numbered(row.integer(4)?)?.name();
            let detail = match row.optional_text(5)? {
                Some(reason) => format!("{state}: {reason}"),
                None => state.to_owned(),
            };
            let (step, visit) = (row.text(0)?, row.integer(1)?);
            let (contact_key, channel) = (row.integer(8)?, row.text(7)?);
            let (account, contact) = (row.optional_text(9)?, row.optional_text(10)?);
            let whom = subject(contact_key, contact.as_deref(), account.as_deref());
            let (journey, iteration, ordinal) = (&part.journey, part.iteration, row.integer(2)?);
            made.push(MadeRow {
                id: effect_key((journey, iteration, &step), (visit, row.integer(11)?), &whom, ordinal),
                step,
                visit,
                kind: "message".to_owned(),
                about: if channel == "email" { row.optional_text(3)? } else { Some(channel) },
                detail: Some(detail),
                created_at: row.integer(6)?,
                for_account: contact_key == 0,
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
            "SELECT i.id, t.name, i.at, i.journey, i.step, a.id,
                CASE WHEN i.account_key <> 0 AND i.account_key <> COALESCE(c.account_key, 0) THEN 1 ELSE 0 END
             FROM interaction i
             JOIN contact c ON c.key = i.contact_key JOIN interaction_type t ON t.key = i.type_key
             LEFT JOIN account a ON a.key = i.account_key
             WHERE c.id = $1 AND i.at <= $2 ORDER BY i.at, {order}"
        );
        let rows = self.connection.query(&sql, &[contact_id.into(), now.into()])?;
        rows.iter()
            .map(|row| {
                Ok(InteractionRow {
                    id: row.text(0)?,
                    kind: row.text(1)?,
                    at: row.integer(2)?,
                    account_id: row.optional_text(5)?,
                    elsewhere: row.integer(6)? == 1,
                    caused_by: row.optional_text(3)?.zip(row.optional_text(4)?),
                })
            })
            .collect()
    }
}
