//! What is asked right before a mail is handed over: whether its address and its contact may get it
//! (semantics 32), and whether the mailbox got it already (semantics 31). Each is a statement for the whole
//! batch.

use crate::model::{Consent, ConsentSetting, MailDemand};
use crate::store::{
    Cell, DueMessage, JsonRows, Store, StoreError,
    records::preferences::{BOUNCED, COMPLAINED},
    sql::predicate::{Printer, Scope},
};

/// The number of a demand in statements.
fn number(demand: &MailDemand) -> i64 {
    match demand {
        MailDemand::Transactional => 0,
        MailDemand::OptIn(_) => 1,
        MailDemand::OptOut(_) => 2,
        MailDemand::Commercial => 3,
    }
}

impl Store {
    /// Why contacts, by their keys, may not get mails, in the order of `asked`; nothing for those who may. What
    /// an unrecorded consent counts as is given.
    ///
    /// # Errors
    /// When the store fails.
    pub fn mail_refusals(
        &mut self,
        asked: &[(i64, MailDemand)],
        consent: &ConsentSetting,
        timezone: &str,
        now: i64,
    ) -> Result<Vec<Option<String>>, StoreError> {
        let mut json = JsonRows::default();
        for (at, (contact, demand)) in asked.iter().enumerate() {
            json.push(&[
                Cell::Integer(i64::try_from(at).unwrap_or(i64::MAX)),
                (*contact).into(),
                number(demand).into(),
                demand.topic().map(str::to_owned).into(),
            ]);
        }
        let mut printer = Printer::new(self.dialect(), &self.names, now, timezone)?;
        printer.bind(json.finish());
        let case = printer.mail_refusal(consent)?;
        let sql = format!(
            "SELECT m.place, {case} FROM (
                SELECT CAST(value ->> 0 AS BIGINT) AS place, CAST(value ->> 1 AS BIGINT) AS contact_key,
                    CAST(value ->> 2 AS BIGINT) AS demand, value ->> 3 AS topic FROM {}) m
             CROSS JOIN contact c LEFT JOIN account c_account ON c_account.key = c.account_key
             WHERE c.key = m.contact_key",
            self.connection.dialect().rows("$1")
        );
        let mut refusals = vec![None; asked.len()];
        for row in self.connection.query(&sql, &printer.parameters)? {
            let place = usize::try_from(row.integer(0)?).unwrap_or(usize::MAX);
            if let Some(refusal) = refusals.get_mut(place) {
                *refusal = row.optional_text(1)?;
            }
        }
        Ok(refusals)
    }

    /// Reserves the addresses of mails that are being handed over, the earlier first, then by the contact's id.
    /// Tells which of them go to a mailbox that gets, or got, a mail of the same visit of the step for another
    /// contact.
    ///
    /// # Errors
    /// When the store fails; then nothing is reserved.
    pub fn reserve_addresses(&mut self, messages: &[&DueMessage]) -> Result<Vec<String>, StoreError> {
        let mut sorted: Vec<&DueMessage> =
            messages.iter().filter(|message| message.address_key.is_some()).copied().collect();
        sorted.sort_by(|a, b| (a.due_at, &a.contact_id).cmp(&(b.due_at, &b.contact_id)));
        let mut json = JsonRows::default();
        for (at, message) in sorted.iter().enumerate() {
            let [iteration, account, contact, step, visit, _] = message.place;
            json.push(&[
                Cell::Integer(i64::try_from(at).unwrap_or(i64::MAX)),
                iteration.into(),
                step.into(),
                visit.into(),
                message.address_key.into(),
                account.into(),
                contact.into(),
            ]);
        }
        if json.is_empty() {
            return Ok(Vec::new());
        }
        let parameter = json.finish();
        let rows = format!(
            "SELECT CAST(value ->> 0 AS BIGINT) AS place, CAST(value ->> 1 AS BIGINT) AS iteration_key,
                CAST(value ->> 2 AS BIGINT) AS step_key, CAST(value ->> 3 AS BIGINT) AS visit,
                CAST(value ->> 4 AS BIGINT) AS address_key, CAST(value ->> 5 AS BIGINT) AS account_key,
                CAST(value ->> 6 AS BIGINT) AS contact_key FROM {}",
            self.dialect().rows("$1")
        );
        // Who has the address keeps it while its mail may have left to it, or may leave.
        let reserve = format!(
            "INSERT INTO mail_address AS h (iteration_key, step_key, visit, address_key, account_key, contact_key)
             SELECT iteration_key, step_key, visit, address_key, account_key, contact_key FROM (
                SELECT r.*, ROW_NUMBER() OVER (
                    PARTITION BY iteration_key, step_key, visit, address_key ORDER BY place) AS turn
                FROM ({rows}) r) t
             WHERE turn = 1
             ON CONFLICT (iteration_key, step_key, visit, address_key) DO UPDATE SET
                account_key = excluded.account_key, contact_key = excluded.contact_key
             WHERE h.sent_at IS NULL AND NOT EXISTS (SELECT 1 FROM outbox o
                WHERE o.iteration_key = h.iteration_key AND o.account_key = h.account_key
                  AND o.contact_key = h.contact_key AND o.step_key = h.step_key AND o.visit = h.visit
                  AND o.state IN (1, 2, 6, 8))"
        );
        let others = format!(
            "SELECT r.place FROM ({rows}) r CROSS JOIN mail_address h
             WHERE h.iteration_key = r.iteration_key AND h.step_key = r.step_key AND h.visit = r.visit
               AND h.address_key = r.address_key AND h.contact_key <> r.contact_key"
        );
        let parameters = [parameter];
        let found = self.connection.write(|connection| {
            connection.execute(&reserve, &parameters)?;
            connection.query(&others, &parameters)
        })?;
        let mut duplicates = Vec::new();
        for row in found {
            let place = usize::try_from(row.integer(0)?).unwrap_or(usize::MAX);
            duplicates.extend(sorted.get(place).map(|message| message.key.clone()));
        }
        Ok(duplicates)
    }
}

impl Printer<'_> {
    /// Why the contact `c` may not get a mail with the demand of `m`; NULL when it may.
    fn mail_refusal(&mut self, consent: &ConsentSetting) -> Result<String, StoreError> {
        let scope = Scope::contact("c");
        let below_subscriptions = self.predicate(&consent.below(Consent::Subscriptions), &scope)?;
        let below_marketing = self.predicate(&consent.below(Consent::Marketing), &scope)?;
        let withdrawn = self.predicate(&ConsentSetting::recorded_below(Consent::Subscriptions), &scope)?;
        let now = self.now;
        let anybody = |flag: &str| {
            format!(
                "(c.{flag} = 1 OR EXISTS (SELECT 1 FROM contact k
                    WHERE k.address_key = c.address_key AND k.{flag} = 1))"
            )
        };
        let ever = |flag: &str| {
            format!(
                "({} OR EXISTS (SELECT 1 FROM address d WHERE d.key = c.address_key AND d.{flag} = 1))",
                anybody(flag)
            )
        };
        let suppressed = |reason: &str| {
            format!(
                "EXISTS (SELECT 1 FROM suppression u
                    WHERE u.address_key = c.address_key AND u.since <= {now}{reason})"
            )
        };
        let because = |reason: &str| suppressed(&format!(" AND u.reason = '{reason}'"));
        let yes =
            format!("y.contact_key = c.key AND y.topic = m.topic AND y.subscribed = 1 AND y.at <= {now}");
        let cases = [
            (because(COMPLAINED), COMPLAINED),
            (because(BOUNCED), BOUNCED),
            (suppressed(""), "suppressed_address"),
            (ever("do_not_email"), "do_not_email"),
            ("m.demand = 0".to_owned(), ""),
            (anybody("is_child"), "is_child"),
            (ever("do_not_bulk_email"), "do_not_bulk_email"),
            (self.left_everything("c"), "unsubscribed"),
            (
                format!(
                    "m.topic IS NOT NULL AND {}",
                    self.refused(
                        "c",
                        "r.topic IN ('', m.topic)",
                        "y.topic = m.topic OR (m.demand = 2 AND y.topic = r.topic)"
                    )
                ),
                "unsubscribed_topic",
            ),
            (
                format!("m.demand = 1 AND NOT EXISTS (SELECT 1 FROM preference y WHERE {yes})"),
                "not_subscribed",
            ),
            (
                format!(
                    "m.demand = 1 AND {withdrawn} AND (c.consent_since IS NULL
                        OR c.consent_since > (SELECT MAX(y.at) FROM preference y WHERE {yes}))"
                ),
                "below_subscriptions",
            ),
            (format!("m.demand = 2 AND {below_subscriptions}"), "below_subscriptions"),
            (format!("m.demand = 3 AND {below_marketing}"), "below_marketing"),
        ];
        let whens = cases.map(|(when, word)| match word {
            "" => format!(" WHEN {when} THEN NULL"),
            word => format!(" WHEN {when} THEN '{word}'"),
        });
        Ok(format!("CASE{} END", whens.concat()))
    }
}
