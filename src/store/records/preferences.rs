//! What people say about commercial mail, and what happens with their addresses: yes and no by topic, bounces,
//! complaints. Taken down where interactions come in, in the same transaction.

use super::{addresses, interactions::NewInteraction};
use crate::model::{Field, SUBSCRIPTIONS, Value, says_no_such_address};
use crate::store::{
    Cell, Connection, JsonRows, Store, StoreError, queue::versions::bump_audience_version,
    sql::predicate::Printer,
};

/// The reasons of suppressions that interactions give.
pub(in crate::store) const BOUNCED: &str = "bounced";
pub(in crate::store) const COMPLAINED: &str = "complained";

/// What interactions say about mail: one JSON row for each that says something, with its id, the topic and
/// whether it is wanted, and the reason of a suppression.
pub(in crate::store) struct Said {
    rows: Cell,
    about_everything: bool,
}

impl Said {
    /// What is said by interactions with these attributes; nothing when none says anything.
    pub(in crate::store) fn by(attributes: &[Field], interactions: &[NewInteraction]) -> Option<Said> {
        let mut json = JsonRows::default();
        let mut about_everything = false;
        for interaction in interactions {
            let text = |name: &str| {
                let named =
                    attributes.iter().zip(&interaction.values).filter(|(field, _)| field.name == name);
                named.into_iter().find_map(|(_, value)| match value {
                    Value::Text(text) => Some(text.as_str()),
                    _ => None,
                })
            };
            let kind = interaction.kind.as_str();
            let (topic, subscribed, suppression) = match kind {
                kind if SUBSCRIPTIONS.contains(&kind) => {
                    (Some(text("topic").unwrap_or_default()), kind == SUBSCRIPTIONS[0], None)
                }
                "EmailMarkedAsSpam" => (Some(""), false, Some(COMPLAINED)),
                "EmailHardBounced" if says_no_such_address(text("category")) => (None, false, Some(BOUNCED)),
                _ => continue,
            };
            // A yes to a topic may take back a no to everything.
            about_everything |= topic == Some("") || subscribed;
            json.push(&[
                interaction.id.as_str().into(),
                topic.map(str::to_owned).into(),
                i64::from(subscribed).into(),
                suppression.map(str::to_owned).into(),
            ]);
        }
        (!json.is_empty()).then(|| Said { rows: json.finish(), about_everything })
    }

    /// Takes it down for the interactions that are new, with keys from after `before`: for the contact, for the
    /// address that it has, and of bounces and complaints for the one that the last mail before went to.
    pub(in crate::store) fn take_down(
        &self,
        connection: &mut Connection,
        before: i64,
    ) -> Result<(), StoreError> {
        let source = connection.dialect().rows("$1");
        let parameters = [self.rows.clone(), before.into()];
        let new = format!(
            "FROM {source} AS r CROSS JOIN interaction i CROSS JOIN contact c
             WHERE i.id = r.value ->> 0 AND i.key > $2 AND c.key = i.contact_key"
        );
        let written_to = "COALESCE((SELECT m.address_key FROM mail_address m
            WHERE m.contact_key = c.key AND m.sent_at <= i.at ORDER BY m.sent_at DESC LIMIT 1), c.address_key)";
        connection.execute(
            &format!(
                "INSERT INTO preference (address_key, contact_key, topic, at, subscribed)
                 SELECT COALESCE(CASE WHEN r.value ->> 3 IS NULL THEN c.address_key ELSE {written_to} END, 0),
                    c.key, r.value ->> 1, i.at, CAST(r.value ->> 2 AS SMALLINT)
                 {new} AND r.value ->> 1 IS NOT NULL ON CONFLICT DO NOTHING"
            ),
            &parameters,
        )?;
        connection.execute(
            &format!(
                "INSERT INTO suppression (address_key, reason, since)
                 SELECT address_key, reason, MIN(since) FROM (
                    SELECT {written_to} AS address_key, r.value ->> 3 AS reason, i.at AS since
                    {new} AND r.value ->> 3 IS NOT NULL) s
                 WHERE address_key IS NOT NULL GROUP BY address_key, reason
                 ON CONFLICT (address_key, reason) DO UPDATE SET since = excluded.since
                 WHERE suppression.since > excluded.since"
            ),
            &parameters,
        )?;
        if self.about_everything {
            bump_audience_version(connection)?;
        }
        Ok(())
    }
}

impl Printer<'_> {
    /// Whether the contact under an alias, or somebody with its address, left all commercial mail, and has
    /// subscribed to nothing since.
    pub(in crate::store) fn left_everything(&self, alias: &str) -> String {
        self.refused(alias, "r.topic = ''", "1 = 1")
    }

    /// Whether the contact under an alias, or somebody with its address, said no, and didn't take it back by a
    /// later yes. `topics` says which words `r` count as a no, `yes` which words `y` take them back. The no of
    /// somebody who hasn't got the address any more may be taken back by anybody who has.
    pub(in crate::store) fn refused(&self, alias: &str, topics: &str, yes: &str) -> String {
        let now = self.now;
        let (no, later) = (
            format!("({topics}) AND r.subscribed = 0 AND r.at <= {now}"),
            format!("y.subscribed = 1 AND y.at > r.at AND y.at <= {now} AND ({yes})"),
        );
        format!(
            "(EXISTS (SELECT 1 FROM preference r WHERE r.contact_key = {alias}.key AND {no}
                AND NOT EXISTS (SELECT 1 FROM preference y WHERE y.contact_key = r.contact_key AND {later}))
              OR EXISTS (SELECT 1 FROM preference r WHERE r.address_key = {alias}.address_key AND {no}
                AND NOT EXISTS (SELECT 1 FROM preference y WHERE y.address_key = r.address_key AND {later}
                    AND (y.contact_key = r.contact_key OR NOT EXISTS (SELECT 1 FROM contact k
                        WHERE k.key = r.contact_key AND k.address_key = r.address_key)))))"
        )
    }
}

/// A word about commercial mail that isn't an interaction: of an address that no contact has, or by phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// The address as it is compared.
    pub address: String,
    /// The topic; empty for all commercial mail.
    pub topic: String,
    /// When it was said, UTC milliseconds.
    pub at: i64,
    /// What was said, or where.
    pub reason: Option<String>,
}

impl Store {
    /// Keeps that addresses don't want mail of a topic. Tells how many of these words are new.
    ///
    /// # Errors
    /// When the store fails; then nothing is kept.
    pub fn unsubscribe_addresses(&mut self, words: &[Preference]) -> Result<u64, StoreError> {
        if words.is_empty() {
            return Ok(0);
        }
        let rows = self.dialect().rows("$1");
        self.connection.write_alone(|connection| {
            let hashes = addresses::make_unnamed(connection, words.iter().map(|word| word.address.as_str()))?;
            let mut json = JsonRows::default();
            for word in words {
                json.push(&[
                    word.address.as_str().into(),
                    word.topic.as_str().into(),
                    word.at.into(),
                    word.reason.clone().into(),
                    hashes.get(word.address.as_str()).cloned().into(),
                ]);
            }
            let parameter = json.finish();
            let new = connection.execute(
                &format!(
                    "INSERT INTO preference (address_key, contact_key, topic, at, subscribed, reason)
                     SELECT d.key, 0, r.value ->> 1, CAST(r.value ->> 2 AS BIGINT), 0, r.value ->> 3
                     FROM {rows} AS r JOIN address d ON d.address = r.value ->> 0
                        OR (d.address IS NULL AND d.hash = r.value ->> 4)
                     WHERE 1 = 1 ON CONFLICT DO NOTHING"
                ),
                std::slice::from_ref(&parameter),
            )?;
            if new > 0 {
                bump_audience_version(connection)?;
            }
            Ok(new)
        })
    }

    /// Keeps that addresses get no mail: each with the reason and since when. Tells how many weren't suppressed
    /// for that reason before.
    ///
    /// # Errors
    /// When the store fails; then nothing is kept.
    pub fn suppress_addresses(&mut self, addresses: &[(String, String, i64)]) -> Result<u64, StoreError> {
        if addresses.is_empty() {
            return Ok(0);
        }
        let rows = self.dialect().rows("$1");
        self.connection.write_alone(|connection| {
            let named = addresses.iter().map(|(address, _, _)| address.as_str());
            let hashes = addresses::make_unnamed(connection, named)?;
            let mut json = JsonRows::default();
            for (address, reason, since) in addresses {
                let hash = hashes.get(address.as_str()).cloned();
                json.push(&[address.as_str().into(), reason.as_str().into(), (*since).into(), hash.into()]);
            }
            let parameter = json.finish();
            connection.execute(
                &format!(
                    "INSERT INTO suppression (address_key, reason, since)
                     SELECT d.key, r.value ->> 1, CAST(r.value ->> 2 AS BIGINT)
                     FROM {rows} AS r JOIN address d ON d.address = r.value ->> 0
                        OR (d.address IS NULL AND d.hash = r.value ->> 3)
                     WHERE 1 = 1 ON CONFLICT DO NOTHING"
                ),
                std::slice::from_ref(&parameter),
            )
        })
    }

    /// Lets mail go to an address again: ends what suppresses it. What its owner said stays. Tells the reasons
    /// for which it was suppressed.
    ///
    /// # Errors
    /// When the store fails; then nothing is changed.
    pub fn unsuppress_address(&mut self, address: &str) -> Result<Vec<String>, StoreError> {
        self.connection.write(|connection| {
            let own = format!("address_key = {}", addresses::key_of("$1"));
            let known = connection.query(
                &format!("SELECT reason FROM suppression WHERE {own} ORDER BY since, reason"),
                &[address.into()],
            )?;
            let mut reasons = known.iter().map(|row| row.text(0)).collect::<Result<Vec<String>, _>>()?;
            for flag in addresses::FLAGS {
                let ended = connection.execute(
                    &format!("UPDATE address SET {flag} = 0 WHERE address = $1 AND {flag} = 1"),
                    &[address.into()],
                )?;
                reasons.extend((ended > 0).then(|| flag.to_owned()));
            }
            connection.execute(&format!("DELETE FROM suppression WHERE {own}"), &[address.into()])?;
            Ok(reasons)
        })
    }

    /// The ids of the contacts with each of these addresses, which are as they are compared.
    ///
    /// # Errors
    /// When the store fails.
    pub fn contacts_with(&mut self, addresses: &[&str]) -> Result<Vec<(String, String)>, StoreError> {
        let mut json = JsonRows::default();
        addresses.iter().for_each(|address| json.push(&[(*address).into()]));
        let sql = format!(
            "SELECT d.address, c.id FROM {} AS r CROSS JOIN address d CROSS JOIN contact c
             WHERE d.address = r.value ->> 0 AND c.address_key = d.key ORDER BY c.key",
            self.dialect().rows("$1")
        );
        let rows = self.connection.query(&sql, &[json.finish()])?;
        rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
    }
}
