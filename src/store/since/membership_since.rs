//! When somebody joined or left a segment: when what made the difference came to be, not when an evaluation
//! found it (semantics 14).

use crate::model::{Condition, Entity};
use crate::store::{
    Store, StoreError,
    sql::{
        as_of::AsOf,
        predicate::{Printer, Scope},
    },
};

impl Store {
    /// Dates those in `membership_difference`, who joined or left a segment at an evaluation at `now`: since when its condition has
    /// held, or hasn't, without a break, as far as that is known; at the evaluation where that is before
    /// `earliest`. A later change is never dated before an earlier one.
    pub(in crate::store) fn date_moves(
        &mut self,
        segment_key: i64,
        condition: &Condition,
        now: i64,
        earliest: i64,
    ) -> Result<(), StoreError> {
        self.connection.empty(&["difference_since"])?;
        let (from, scope, alias) = match condition.target {
            Entity::Contact => (
                "contact c LEFT JOIN account c_account ON c_account.key = c.account_key",
                Scope::contact("c"),
                "c",
            ),
            Entity::Account => ("account a", Scope::account("a"), "a"),
            Entity::Lead => (
                "lead l LEFT JOIN contact l_contact ON l_contact.key = l.contact_key
                 LEFT JOIN account l_account ON l_account.key = l.account_key",
                Scope::lead("l"),
                "l",
            ),
        };
        let mut dated = 0;
        for left in [false, true] {
            let mut printer = Printer::new(self.dialect(), &self.names, now, &condition.timezone)?;
            printer.as_of = Some(AsOf {
                moment: "m.at".to_owned(),
                journey: String::new(),
                iteration: 0,
                dated: true,
                window: None,
            });
            let held = printer.held_since(&condition.predicate, left, &scope, earliest)?;
            let joined = i64::from(!left);
            // Nobody is a member before the store knows them.
            let sql = format!(
                "INSERT INTO difference_since (key, since)
                 SELECT v.key, CASE WHEN v.since < v.last THEN v.last ELSE v.since END FROM (
                    SELECT w.key, CASE WHEN w.since > {earliest} THEN w.since ELSE {now} END AS since,
                        COALESCE((SELECT MAX(h.at) FROM membership_change h
                            WHERE h.segment_key = {segment_key} AND h.subject_key = w.key), 0) AS last
                    FROM (SELECT d.key, (SELECT CASE WHEN b.known > b.held THEN b.known ELSE b.held END
                            FROM (SELECT {held} AS held, CASE WHEN {alias}.known_since <= {now}
                                THEN {alias}.known_since END AS known LIMIT 1) b) AS since
                          FROM membership_difference d CROSS JOIN {from} WHERE {alias}.key = d.key AND d.joined = {joined}) w) v"
            );
            dated += self.connection.execute(&sql, &printer.parameters)?;
        }
        self.connection.analyze("difference_since", usize::try_from(dated).unwrap_or(usize::MAX))?;
        self.connection
            .execute("UPDATE membership_difference SET since = s.since FROM difference_since s WHERE s.key = membership_difference.key", &[])?;
        Ok(())
    }
}
