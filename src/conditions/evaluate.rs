//! Conditions answered in memory, over plain facts: the meaning that both databases have to come to.

use super::{
    explain::explain,
    facts::{Facts, InteractionFact, RecordFact, id_of, text_of},
    value::{calculated, compared, measured, part_of_date, text_test},
};
use crate::{
    calendar::{self, Zone, day_from_today, reckoned_day, reckoned_moment},
    model::{
        Bound, CountTest, Did, Entity, Operand, Part, Predicate, Records, Related, SUBSCRIPTIONS, Subject,
        Value, folded,
    },
};

/// A clause of a condition, with its answer and what decided it.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What is asked, for people.
    pub says: String,
    /// Whether it holds.
    pub holds: bool,
    /// The values that decided it, each with what it is: a field, or a number of interactions or records.
    pub values: Vec<(String, Value)>,
    /// The clauses that it is joined of, in the order in which they were written.
    pub parts: Vec<Clause>,
}

/// The records in scope.
#[derive(Debug, Clone, Copy, Default)]
struct Here<'f> {
    contact: Option<&'f RecordFact>,
    account: Option<&'f RecordFact>,
    lead: Option<&'f RecordFact>,
    interaction: Option<&'f InteractionFact>,
    activity: Option<&'f RecordFact>,
}

/// Answers conditions at a moment.
struct Evaluation<'f> {
    facts: &'f Facts,
    now: i64,
    zone: &'f Zone,
}

/// Whether a predicate holds for the record with this id; of no record, nothing holds.
#[must_use]
pub fn holds(predicate: &Predicate, target: Entity, id: &str, facts: &Facts, now: i64, zone: &Zone) -> bool {
    let evaluation = Evaluation { facts, now, zone };
    let here = facts.records(target).get(id).map(|record| evaluation.about(target, record));
    here.is_some_and(|here| evaluation.holds(predicate, here))
}

/// Answers a predicate for the record with this id, clause by clause; nothing when there is no such
/// record.
#[must_use]
pub fn evaluate(
    predicate: &Predicate,
    target: Entity,
    id: &str,
    facts: &Facts,
    now: i64,
    zone: &Zone,
) -> Option<Clause> {
    let evaluation = Evaluation { facts, now, zone };
    let here = evaluation.about(target, facts.records(target).get(id)?);
    Some(evaluation.clause(predicate, here))
}

impl<'f> Evaluation<'f> {
    /// The scope of a record, with its parents.
    fn about(&self, target: Entity, record: &'f RecordFact) -> Here<'f> {
        let parent = |field: &str, of| self.facts.parent(Some(record), field, of);
        match target {
            Entity::Contact => Here {
                contact: Some(record),
                account: parent("account_id", Entity::Account),
                ..Here::default()
            },
            Entity::Account => Here { account: Some(record), ..Here::default() },
            Entity::Lead => Here {
                lead: Some(record),
                contact: parent("contact_id", Entity::Contact),
                account: parent("account_id", Entity::Account),
                ..Here::default()
            },
        }
    }

    fn clause(&self, predicate: &Predicate, here: Here<'f>) -> Clause {
        let parts = match predicate {
            Predicate::All(parts) | Predicate::Any(parts) => match parts.as_slice() {
                [only] => return self.clause(only, here),
                parts => parts.iter().collect(),
            },
            Predicate::Not(inner) => match &**inner {
                Predicate::Any(parts) => parts.iter().collect(),
                inner => vec![inner],
            },
            _ => Vec::new(),
        };
        let parts: Vec<Clause> = parts.into_iter().map(|part| self.clause(part, here)).collect();
        let mut values = Vec::new();
        if parts.is_empty() {
            self.deciding(predicate, here, &mut values);
        }
        Clause { says: explain(predicate), holds: self.holds(predicate, here), values, parts }
    }

    /// The values that decide a clause which isn't joined of others.
    fn deciding(&self, predicate: &Predicate, here: Here<'f>, values: &mut Vec<(String, Value)>) {
        match predicate {
            Predicate::Did(did) => {
                let count = self.counted(did, here).count();
                values.push((format!("number of {}", did.interaction), whole(count)));
            }
            Predicate::Related(related) => {
                let [_, several] = super::counts::words(related.records);
                let (those, all) = self.related(related, here);
                values.push((format!("{several} that do"), whole(those)));
                values.push((format!("all {several}"), whole(all)));
            }
            _ => {
                for part in Part::Predicate(predicate).below() {
                    if let Part::Operand(operand) = part
                        && !matches!(operand, Operand::Literal(_))
                    {
                        values.push((super::explain::words(operand), self.value(operand, here)));
                    }
                }
            }
        }
    }

    fn holds(&self, predicate: &Predicate, here: Here<'f>) -> bool {
        match predicate {
            Predicate::Constant(answer) => *answer,
            Predicate::All(parts) => parts.iter().all(|part| self.holds(part, here)),
            Predicate::Any(parts) => parts.iter().any(|part| self.holds(part, here)),
            Predicate::Not(inner) => !self.holds(inner, here),
            Predicate::Compare { left, operator, right } => {
                compared(&self.value(left, here), *operator, &self.value(right, here))
            }
            Predicate::IsTrue(operand) => self.value(operand, here) == Value::Boolean(true),
            Predicate::OneOf { operand, values } => {
                let value = self.value(operand, here);
                values.iter().any(|one| compared(&value, crate::model::Comparison::Equal, one))
            }
            Predicate::TextTest { operand, test, needle } => {
                match (self.value(operand, here), self.value(needle, here)) {
                    (Value::Text(text), Value::Text(needle)) => text_test(&text, *test, &needle),
                    _ => false,
                }
            }
            Predicate::Matches { operand, pattern } => match self.value(operand, here) {
                Value::Text(text) => pattern.matches(&text),
                _ => false,
            },
            Predicate::Same { left, right } => match (self.value(left, here), self.value(right, here)) {
                (Value::Text(left), Value::Text(right)) => folded(&left) == folded(&right),
                _ => false,
            },
            Predicate::IsBlank(operand) => match self.value(operand, here) {
                Value::Missing => true,
                Value::Text(text) => text.trim().is_empty(),
                Value::Choices(choices) => choices.is_empty(),
                _ => false,
            },
            Predicate::HasChoices { operand, choices, all } => {
                let Value::Choices(held) = self.value(operand, here) else {
                    return *all && choices.is_empty();
                };
                match all {
                    true => choices.iter().all(|choice| held.contains(choice)),
                    false => choices.iter().any(|choice| held.contains(choice)),
                }
            }
            Predicate::InSegment { segment, of, .. } => {
                let members = self.facts.members.get(segment);
                let record = self.record(*of, here);
                members.zip(record).is_some_and(|(members, record)| members.contains(id_of(record)))
            }
            Predicate::Did(did) => satisfies(did.count, self.counted(did, here).count(), None),
            Predicate::Subscribed { topic } => self.is_subscribed(topic, here),
            Predicate::Related(related) => {
                let (those, all) = self.related(related, here);
                satisfies(related.count, those, Some(all))
            }
        }
    }

    fn record(&self, subject: Subject, here: Here<'f>) -> Option<&'f RecordFact> {
        match subject {
            Subject::Contact => here.contact,
            Subject::Account => here.account,
            Subject::Lead => here.lead,
            Subject::Activity => here.activity,
            Subject::PrimaryContact => self.facts.parent(here.account, "primary_contact_id", Entity::Contact),
            Subject::Interaction => None,
        }
    }

    fn value(&self, operand: &Operand, here: Here<'f>) -> Value {
        match operand {
            Operand::Field { subject: Subject::Interaction, name, .. } => match here.interaction {
                None => Value::Missing,
                Some(interaction) => attribute(interaction, name),
            },
            Operand::Field { subject, name, .. } => {
                let value = self.record(*subject, here).and_then(|record| record.get(name));
                value.cloned().unwrap_or_default()
            }
            Operand::Followed { link, to, name, .. } => match self.value(link, here) {
                Value::Text(id) => {
                    let record = self.facts.records(*to).get(&id);
                    record.and_then(|record| record.get(name)).cloned().unwrap_or_default()
                }
                _ => Value::Missing,
            },
            Operand::Literal(value) => value.clone(),
            Operand::LowerCase(text) => match self.value(text, here) {
                Value::Text(text) => Value::Text(text.to_lowercase()),
                _ => Value::Missing,
            },
            Operand::Since { subject, name } => {
                let since = subject.entity().zip(self.record(*subject, here));
                let since = since.and_then(|(entity, record)| self.facts.since(entity, id_of(record), name));
                since.filter(|since| *since <= self.now).map_or(Value::Missing, Value::Time)
            }
            Operand::Now { plus } => Value::Time(self.now.saturating_add(*plus)),
            Operand::Today { plus } => Value::Date(day_from_today(self.now, *plus, self.zone)),
            Operand::Moment(reckoning) => Value::Time(reckoned_moment(*reckoning, self.now, self.zone)),
            Operand::Day(reckoning) => Value::Date(reckoned_day(*reckoning, self.now, self.zone)),
            Operand::Arithmetic { left, operator, right } => {
                calculated(&self.value(left, here), *operator, &self.value(right, here))
            }
            Operand::OfDate { part, of } => {
                let today = day_from_today(self.now, 0, self.zone);
                part_of_date(*part, &self.value(of, here), &today, self.zone)
            }
            Operand::Call(call) => {
                let inputs = call.inputs();
                let inputs: Vec<Value> =
                    inputs.iter().map(|input| self.value(&input.operand, here)).collect();
                let answers = self.facts.answers.as_ref();
                answers.and_then(|answers| answers.answer(call, &inputs).ok()).unwrap_or_default()
            }
            Operand::Measure(measure) => {
                let values = self.counted(&measure.over, here);
                measured(measure.function, values.map(|found| attribute(found, &measure.attribute)))
            }
        }
    }

    /// The interactions that count for a `did`.
    fn counted<'a>(&'a self, did: &'a Did, here: Here<'f>) -> impl Iterator<Item = &'f InteractionFact> + 'a {
        let until = did.until.as_ref().map_or(self.now, |bound| self.bound(bound).min(self.now));
        let since = did.since.as_ref().map_or(i64::MIN, |bound| self.bound(bound));
        self.facts.interactions.iter().filter(move |interaction| {
            interaction.kind == did.interaction
                && (since..=until).contains(&interaction.at)
                && self.is_by(did.of, interaction, here)
                && self.holds(&did.condition, Here { interaction: Some(interaction), ..here })
        })
    }

    fn is_by(&self, subject: Subject, interaction: &InteractionFact, here: Here<'f>) -> bool {
        match subject {
            Subject::Account => {
                let its = interaction.account_id.as_deref();
                here.account.is_some_and(|account| Some(id_of(account)) == its)
            }
            _ => here.contact.is_some_and(|contact| id_of(contact) == interaction.contact_id),
        }
    }

    fn bound(&self, bound: &Bound) -> i64 {
        match bound {
            Bound::At(at) => *at,
            Bound::Ago(length) => calendar::before(self.now, *length, self.zone).unwrap_or(i64::MIN),
            // Facts don't tell who entered a journey when.
            Bound::Entry => i64::MIN,
        }
    }

    fn is_subscribed(&self, topic: &str, here: Here<'f>) -> bool {
        let [yes, no] = SUBSCRIPTIONS;
        let is_about = |kind: &str, interaction: &InteractionFact| match interaction.values.get("topic") {
            Some(Value::Text(own)) if !own.is_empty() => own == topic,
            // Who leaves everything leaves this topic, too.
            _ => kind == no,
        };
        let last = |kind: &str| {
            let said = self.facts.interactions.iter().filter(|interaction| {
                interaction.kind == kind
                    && interaction.at <= self.now
                    && self.is_by(Subject::Contact, interaction, here)
                    && is_about(kind, interaction)
            });
            said.map(|interaction| interaction.at).max()
        };
        last(yes) > last(no)
    }

    /// How many of the related records satisfy the condition, and how many there are.
    fn related(&self, related: &Related, here: Here<'f>) -> (usize, usize) {
        let subject = self.record(related.of, here);
        let Some(subject) = subject else { return (0, 0) };
        let whole_account = related.of == Subject::Account;
        let belongs = |record: &'f RecordFact| {
            let own = if whole_account { "account_id" } else { "contact_id" };
            let of = if whole_account { Entity::Account } else { Entity::Contact };
            let parent = self.facts.parent(Some(record), own, of);
            let contact = self.facts.parent(Some(record), "contact_id", Entity::Contact);
            let through = self.facts.parent(contact, "account_id", Entity::Account);
            [parent, through.filter(|_| whole_account)]
                .into_iter()
                .flatten()
                .any(|parent| id_of(parent) == id_of(subject))
        };
        let those: Vec<Here<'f>> = match related.records {
            Records::Contacts => self
                .facts
                .contacts
                .values()
                .filter(|contact| text_of(contact, "account_id") == Some(id_of(subject)))
                .map(|contact| self.about(Entity::Contact, contact))
                .collect(),
            Records::Leads => {
                let leads = self.facts.leads.values().filter(|lead| belongs(lead));
                leads.map(|lead| self.about(Entity::Lead, lead)).collect()
            }
            Records::Activities => {
                let activities = self.facts.activities.iter().filter(|activity| belongs(activity));
                activities.map(|activity| Here { activity: Some(activity), ..Here::default() }).collect()
            }
        };
        let count = those.iter().filter(|here| self.holds(&related.condition, **here)).count();
        (count, those.len())
    }
}

fn attribute(interaction: &InteractionFact, name: &str) -> Value {
    match name {
        "type" => Value::Text(interaction.kind.clone()),
        "at" => Value::Time(interaction.at),
        "contact_id" => Value::Text(interaction.contact_id.clone()),
        "account_id" => interaction.account_id.clone().map_or(Value::Missing, Value::Text),
        _ => interaction.values.get(name).cloned().unwrap_or_default(),
    }
}

fn whole(count: usize) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Whether so many, of all that there are, satisfy a count.
fn satisfies(test: CountTest, count: usize, all: Option<usize>) -> bool {
    let count = count as u64;
    let all = all.map_or(count, |all| all as u64);
    match test {
        CountTest::AtLeast(least) => count >= least,
        CountTest::AtMost(most) => count <= most,
        CountTest::Exactly(wanted) => count == wanted,
        CountTest::All => count == all,
        #[expect(clippy::cast_precision_loss, reason = "records of one account: far below 2^53")]
        CountTest::AtLeastPercent(share) => all > 0 && 100.0 * count as f64 >= share * all as f64,
    }
}
