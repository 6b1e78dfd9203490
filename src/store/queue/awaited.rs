//! Mails on their way, and who waits at a step to hear of them.

use super::held::held_iterations;
use crate::store::{Store, StoreError};

/// The mails of which a step asks whether they were sent. Whoever waits for one of them is looked at when it
/// left, was blocked or was given up; nobody else waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwaitedMails {
    /// Those of these steps of the journey; those of any journey when there are none.
    pub step_keys: Vec<i64>,
    /// Whether they are those to all who entered for the account, or to the contact alone.
    pub whole_account: bool,
    /// Whether those to the account's present contacts belong to them, too.
    pub colleagues: bool,
}

/// A mail `o` that is due and hasn't left, those of paused journeys apart.
fn on_its_way(now: &str) -> String {
    format!(
        "o.state IN (1, 2, 8) AND o.channel = 'email' AND o.ready_at <= {now}
            AND (o.state IN (2, 8) OR o.iteration_key NOT IN ({}))",
        held_iterations()
    )
}

impl AwaitedMails {
    /// A further condition on a position `p`: none of these mails is on its way to whom it is about.
    pub(in crate::store) fn none_on_its_way(&self, now: &str) -> String {
        let steps: Vec<String> = self.step_keys.iter().map(i64::to_string).collect();
        let steps = match steps.is_empty() {
            true => String::new(),
            false => {
                format!(" AND o.iteration_key = p.iteration_key AND o.step_key IN ({})", steps.join(", "))
            }
        };
        let entered = "o.contact_key IN (SELECT m.contact_key FROM participant m
                WHERE m.iteration_key = p.iteration_key AND m.account_key = p.account_key)";
        let present = "o.contact_key IN (SELECT n.key FROM contact n WHERE n.account_key = p.account_key)";
        let whose = match (self.whole_account, self.colleagues) {
            (false, false) => "o.contact_key = p.contact_key".to_owned(),
            (false, true) => format!("(o.contact_key = p.contact_key OR {present})"),
            (true, false) => entered.to_owned(),
            (true, true) => format!("({entered} OR {present})"),
        };
        format!(" AND NOT EXISTS (SELECT 1 FROM outbox o WHERE {whose} AND {}{steps})", on_its_way(now))
    }
}

impl Store {
    /// Whether any mail is due that hasn't left, those of paused journeys apart.
    ///
    /// # Errors
    /// When the store fails.
    pub fn mails_on_their_way(&mut self, now: i64) -> Result<bool, StoreError> {
        let sql = format!("SELECT 1 FROM outbox o WHERE {} LIMIT 1", on_its_way("$1"));
        Ok(self.connection.query_first(&sql, &[now.into()])?.is_some())
    }
}
