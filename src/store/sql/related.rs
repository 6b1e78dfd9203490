//! How many of the records that belong to somebody satisfy a condition, as SQL.

use super::predicate::{Printer, Scope, contact_key, from_contact, parents_of_lead};
use crate::model::{CountTest, Entity, Records, Related, Subject};
use crate::store::{Cell, StoreError};

impl Printer<'_> {
    pub(in crate::store) fn related(
        &mut self,
        related: &Related,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let count = related.count;
        if count == CountTest::AtLeast(0) {
            return Ok("(1 = 1)".to_owned());
        }
        if self.as_of.is_some() && related.records == Records::Contacts {
            return self.contacts_as_of(&related.condition, count, scope);
        }
        let alias = format!("q{}", self.alias());
        let (key, own) = match related.of {
            Subject::Account => (scope.account_key.clone(), "account_key"),
            _ => (contact_key(scope)?.to_owned(), "contact_key"),
        };
        let (inner, table, parents) = match related.records {
            Records::Contacts => (Scope::contact(&alias), "contact", String::new()),
            Records::Leads => (Scope::lead(&alias), "lead", parents_of_lead(&alias, &related.condition)),
            Records::Activities => (Scope::activity(&alias), "activity", String::new()),
        };
        let of = if related.of == Subject::Account { Entity::Account } else { Entity::Contact };
        // What belongs to an account's contact belongs to the account, too, and is still one record.
        let through_contacts = related.records != Records::Contacts && related.of == Subject::Account;
        let (from, group) = match (related.records, through_contacts) {
            (Records::Contacts, _) => {
                (from_contact(&alias, &related.condition), format!("{alias}.account_key"))
            }
            (_, true) => (
                format!(
                    "(SELECT o.key AS own_key, o.account_key FROM {table} o WHERE o.account_key IS NOT NULL{}
                      UNION SELECT o.key, k.account_key FROM {table} o JOIN contact k ON k.key = o.contact_key
                      WHERE k.account_key IS NOT NULL{}) {alias}o
                     JOIN {table} {alias} ON {alias}.key = {alias}o.own_key{parents}",
                    self.in_focus(of, "o.account_key", &key),
                    self.in_focus(of, "k.account_key", &key)
                ),
                format!("{alias}o.account_key"),
            ),
            (_, false) => (format!("{table} {alias}{parents}"), format!("{alias}.{own}")),
        };
        let condition = self.predicate(&related.condition, &inner)?;
        let focus = self.in_focus(of, &group, &key);
        let those = |clause: &str, having: String| {
            format!(
                "({key} IN (SELECT {group} FROM {from} WHERE {group} IS NOT NULL AND {clause}{focus} {having}))"
            )
        };
        let grouped = |test: String| those(&condition, format!("GROUP BY {group} HAVING COUNT(*) {test}"));
        Ok(match count {
            CountTest::AtLeast(1) => those(&condition, String::new()),
            CountTest::AtLeast(count) => grouped(format!(">= {count}")),
            CountTest::Exactly(0) | CountTest::AtMost(0) => {
                format!("({} IS NOT TRUE)", those(&condition, String::new()))
            }
            CountTest::Exactly(count) => grouped(format!("= {count}")),
            CountTest::AtMost(count) => format!("({} IS NOT TRUE)", grouped(format!("> {count}"))),
            CountTest::All => {
                format!("({} IS NOT TRUE)", those(&format!("(({condition}) IS NOT TRUE)"), String::new()))
            }
            CountTest::AtLeastPercent(percent) => {
                let percent = self.bind(Cell::Real(percent));
                those(
                    "1 = 1",
                    format!(
                        "GROUP BY {group}
                         HAVING 100.0 * SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) >= {percent} * COUNT(*)"
                    ),
                )
            }
        })
    }
}
