//! The evaluator asked about one value, to test rewriting.

use crate::{
    calendar::Zone,
    conditions::{Facts, RecordFact, holds as holds_over},
    model::{Entity, Operand, Part, Predicate, Subject, Value},
};

/// Whether a predicate holds when each field that it names has this value.
pub(in crate::conditions) fn holds(predicate: &Predicate, value: &Value, now: i64, zone: &Zone) -> bool {
    let (mut contact, mut account) = (RecordFact::new(), RecordFact::new());
    Part::Predicate(predicate).each(&mut |part| {
        if let Part::Operand(Operand::Field { subject, name, .. }) = part {
            let record = if *subject == Subject::Account { &mut account } else { &mut contact };
            record.insert(name.clone(), value.clone());
        }
    });
    contact.insert("account_id".to_owned(), Value::Text("acme".to_owned()));
    let mut facts = Facts::default();
    facts.add(Entity::Account, "acme", account);
    facts.add(Entity::Contact, "ada", contact);
    holds_over(predicate, Entity::Contact, "ada", &facts, now, zone)
}
