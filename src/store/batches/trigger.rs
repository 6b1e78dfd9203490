//! Asking who satisfies a trigger's condition, for a whole batch with one statement.

use std::collections::{BTreeMap, BTreeSet};

use super::{claims::Claim, outcomes::DecisionRow};
use crate::model::{Answers, Asked, Condition, Decision, Part, Predicate, TriggerAnswer};
use crate::store::{
    JsonRows, Store, StoreError,
    sql::{
        as_of::{AsOf, TriggerWindow},
        calls::{Asking, Source},
        predicate::{Printer, Scope},
    },
};

/// What is asked of a batch.
#[derive(Clone)]
pub struct Question<'a> {
    /// The journey's name.
    pub journey: &'a str,
    /// The iteration's number.
    pub iteration: i64,
    /// What must hold for a contact.
    pub predicate: &'a Predicate,
    /// IANA zone in which calendar lengths count.
    pub timezone: &'a str,
    /// Who is asked.
    pub of: Asked,
    /// The key of a step by its id; -1 for one that was never published.
    pub step_key: &'a dyn Fn(&str) -> i64,
    /// Who answers calls of functions.
    pub answers: &'a dyn Answers,
    /// The conditions of the segments that it may ask for.
    pub segments: &'a BTreeMap<String, Condition>,
}

/// A contact, or an account, with the window in which its answers count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The frozen account; of a contact without account its own key, negative.
    pub account_key: i64,
    /// The contact; nothing when the account is asked.
    pub contact_key: Option<i64>,
    /// The visit that is asked about.
    pub visit: i64,
    /// When the window opens.
    pub since: i64,
    /// When it closes.
    pub until: i64,
}

/// What was found about a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The account it counts for.
    pub account_key: i64,
    /// The visit that was asked about.
    pub visit: i64,
    /// The contact.
    pub contact_key: i64,
    /// The contact's id.
    pub contact_id: String,
    /// What was found.
    pub answer: TriggerAnswer,
}

/// When the mails of a step left for a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailLeft {
    /// The account that the contact entered with.
    pub account_key: i64,
    /// The contact.
    pub contact_key: i64,
    /// When the last of them left or was blocked; nothing while one waits.
    pub left_at: Option<i64>,
}

/// How many are asked for an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedCount {
    /// How many count now.
    pub asked: u64,
    /// When those ceased to count who did before.
    pub ceased: Vec<i64>,
}

impl Store {
    /// Asks a question of subjects. Contacts about whom there is nothing to tell aren't in the answer.
    ///
    /// # Errors
    /// When the store fails.
    pub fn ask(
        &mut self,
        claim: &Claim,
        question: &Question<'_>,
        subjects: &[Subject],
        now: i64,
    ) -> Result<Vec<Answer>, StoreError> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        let mut json = JsonRows::default();
        for subject in subjects {
            json.push(&[
                subject.account_key.into(),
                subject.contact_key.into(),
                subject.since.into(),
                subject.until.min(now).into(),
                subject.until.into(),
                subject.visit.into(),
            ]);
        }
        let rows = self.dialect().rows("$1");
        self.connection.execute("DELETE FROM trigger_subject", &[])?;
        self.connection.execute(
            &format!(
                "INSERT INTO trigger_subject (account_key, contact_key, since, upper, until, visit)
                 SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT),
                    CAST(value ->> 3 AS BIGINT), CAST(value ->> 4 AS BIGINT), CAST(value ->> 5 AS BIGINT)
                 FROM {rows}"
            ),
            &[json.finish()],
        )?;
        self.connection.analyze("trigger_subject", subjects.len())?;
        let iteration = claim.iteration_key;
        // What counted while a participant wasn't here yet goes on counting once it is: else the answer
        // would depend on when it is asked.
        let asked = match question.of {
            Asked::Contact => "trigger_subject".to_owned(),
            Asked::Participants => format!(
                "(SELECT g.account_key, g.visit, k.contact_key, g.upper, g.until,
                    CASE WHEN k.entered_at > g.since THEN k.entered_at ELSE g.since END AS since
                 FROM trigger_subject g CROSS JOIN participant k
                 WHERE k.iteration_key = {iteration} AND k.account_key = g.account_key AND k.state = 1)"
            ),
            Asked::AllContacts => "(SELECT g.account_key, g.visit, k.contact_key, g.since, g.upper, g.until
                 FROM trigger_subject g
                 JOIN (SELECT account_key, key AS contact_key FROM contact WHERE account_key IS NOT NULL
                       UNION ALL SELECT -key, key FROM contact) k
                   ON k.account_key = g.account_key)"
                .to_owned(),
        };
        let mut scope = Scope::contact("c");
        scope.account_key = "s.account_key".to_owned();
        // Segments that are asked by their conditions may look at the account, too.
        let from = format!(
            "{asked} s CROSS JOIN contact c LEFT JOIN account c_account ON c_account.key = s.account_key"
        );
        let asking = Asking {
            part: Part::Predicate(question.predicate),
            only: None,
            now,
            timezone: question.timezone,
            as_of: None,
            focused: None,
            answers: question.answers,
        };
        let source =
            Source { from: from.clone(), clause: "c.key = s.contact_key".to_owned(), scope: scope.clone() };
        self.answer_calls(&asking, &source)?;
        for name in segments_of(question) {
            let Some(condition) = question.segments.get(&name) else { continue };
            let part = Part::Predicate(&condition.predicate);
            let asking = Asking { part, timezone: &condition.timezone, ..asking.clone() };
            self.answer_calls(&asking, &source)?;
        }
        let mut printer = Printer::new(self.dialect(), &self.names, now, question.timezone)?;
        printer.segments = Some(question.segments);
        printer.as_of = Some(AsOf {
            moment: "m.at".to_owned(),
            journey: question.journey.to_owned(),
            iteration: question.iteration,
            dated: true,
            window: Some(TriggerWindow {
                iteration_key: iteration,
                steps: steps_of(question),
                asked_again: subjects.iter().any(|subject| subject.visit > 1).then_some(claim.step_key),
                own_account: question.of != Asked::Contact,
            }),
        });
        let satisfied = printer.satisfied_at(question.predicate, &scope)?;
        let next = printer.next_turn(question.predicate, &scope)?;
        let sql = format!(
            "WITH found AS MATERIALIZED (
                SELECT s.account_key, s.contact_key, s.visit, c.id, {satisfied} AS satisfied, {next} AS next
                FROM {from} WHERE c.key = s.contact_key)
             SELECT account_key, contact_key, satisfied, next, id, visit FROM found
             WHERE satisfied IS NOT NULL OR next IS NOT NULL"
        );
        let mut answers = Vec::new();
        self.connection.query_each(&sql, &printer.parameters, &mut |row| {
            answers.push(Answer {
                account_key: row.integer(0)?,
                contact_key: row.integer(1)?,
                answer: TriggerAnswer {
                    satisfied_at: row.optional_integer(2)?,
                    next_at: row.optional_integer(3)?,
                },
                contact_id: row.text(4)?,
                visit: row.integer(5)?,
            });
            Ok(())
        })?;
        Ok(answers)
    }

    /// How many are asked for each account of a claim: participants who entered, weren't stopped and still belong
    /// to the account, or all present contacts; and when others ceased to be.
    ///
    /// # Errors
    /// When the store fails.
    pub fn count_asked(&mut self, claim: &Claim, of: Asked) -> Result<BTreeMap<i64, AskedCount>, StoreError> {
        // Each as account and the moment at which it ceased to count, empty for those who do.
        let stays = "(p.account_key < 0 OR k.account_key = p.account_key)";
        let sql = match of {
            Asked::AllContacts => "SELECT account_key, CAST(NULL AS BIGINT) FROM contact
                    WHERE account_key BETWEEN $1 AND $2
                 UNION ALL
                 SELECT account_key, CAST(NULL AS BIGINT) FROM participant
                 WHERE account_key BETWEEN $1 AND $2 AND account_key < 0 AND iteration_key = $3
                 UNION ALL
                 SELECT account_key, until FROM former_account WHERE account_key BETWEEN $1 AND $2"
                .to_owned(),
            Asked::Contact | Asked::Participants => format!(
                "SELECT p.account_key, CASE WHEN p.state = 3 THEN p.ended_at WHEN {stays} THEN NULL
                    ELSE (SELECT MAX(f.until) FROM former_account f
                          WHERE f.contact_key = p.contact_key AND f.account_key = p.account_key) END
                 FROM participant p JOIN contact k ON k.key = p.contact_key
                 WHERE p.account_key BETWEEN $1 AND $2 AND p.iteration_key = $3 AND p.state IN (1, 3)"
            ),
        };
        let parameters = [claim.range.from.into(), claim.range.to.into(), claim.iteration_key.into()];
        let mut counts: BTreeMap<i64, AskedCount> = BTreeMap::new();
        self.connection.query_each(&sql, &parameters, &mut |row| {
            let count = counts.entry(row.integer(0)?).or_default();
            match row.optional_integer(1)? {
                Some(at) => count.ceased.push(at),
                None => count.asked += 1,
            }
            Ok(())
        })?;
        Ok(counts)
    }

    /// When the mails of some steps left, or were blocked, for a claim's accounts; nothing while one waits.
    ///
    /// # Errors
    /// When the store fails.
    pub fn mails_left(&mut self, claim: &Claim, step_keys: &[i64]) -> Result<Vec<MailLeft>, StoreError> {
        let steps = step_keys.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT o.account_key, o.contact_key, MIN(CASE WHEN o.state > 2 AND o.state < 8 THEN 1 ELSE 0 END), MAX(o.ended_at)
             FROM outbox o WHERE o.iteration_key = $1 AND o.account_key BETWEEN $2 AND $3
                AND o.step_key IN ({steps})
             GROUP BY o.account_key, o.contact_key"
        );
        let parameters = [claim.iteration_key.into(), claim.range.from.into(), claim.range.to.into()];
        let rows = self.connection.query(&sql, &parameters)?;
        rows.iter()
            .map(|row| {
                let left_at = row.optional_integer(3)?;
                Ok(MailLeft {
                    account_key: row.integer(0)?,
                    contact_key: row.integer(1)?,
                    left_at: if row.integer(2)? == 1 { left_at } else { None },
                })
            })
            .collect()
    }

    /// The decisions of a claim's accounts at its step, taken or open.
    ///
    /// # Errors
    /// When the store fails.
    pub fn decisions(&mut self, claim: &Claim) -> Result<Vec<DecisionRow>, StoreError> {
        let rows = self.connection.query(
            "SELECT account_key, visit, opened_at, looked_at, path, decided_at, because FROM decision
             WHERE iteration_key = $1 AND step_key = $2 AND account_key BETWEEN $3 AND $4",
            &super::batch::range_parameters(claim, 0)[..4],
        )?;
        rows.iter()
            .map(|row| {
                let path = row.optional_text(4)?;
                let at = row.optional_integer(5)?;
                let because = row.optional_text(6)?.unwrap_or_default();
                Ok(DecisionRow {
                    account_key: row.integer(0)?,
                    visit: row.integer(1)?,
                    opened_at: row.integer(2)?,
                    looked_at: row.integer(3)?,
                    decision: path.zip(at).map(|(path, at)| Decision { path, at, because }),
                })
            })
            .collect()
    }
}

/// The segments that a question asks for, by way of others, too.
fn segments_of(question: &Question<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![question.predicate];
    while let Some(predicate) = open.pop() {
        Part::Predicate(predicate).each(&mut |part| {
            if let Part::Predicate(Predicate::InSegment { segment, .. }) = part
                && found.insert(segment.clone())
            {
                open.extend(question.segments.get(segment).map(|condition| &condition.predicate));
            }
        });
    }
    found
}

/// The keys of the steps that a question refers to, by id.
fn steps_of(question: &Question<'_>) -> BTreeMap<String, i64> {
    let mut steps = BTreeMap::new();
    Part::Predicate(question.predicate).each(&mut |part| {
        if let Some(step) = part.did().and_then(|did| did.step.as_ref()) {
            steps.insert(step.clone(), (question.step_key)(step));
        }
    });
    steps
}
