//! Whose scores the mere passing of time changes, windows of interactions apart.

use crate::{
    calendar::{self, Zone},
    model::{DatePart, FieldType, Operand, Part, Predicate, Value},
    store::Turned,
};

/// The records for which a condition can come to another answer at `now` than `before`, because the present
/// moment or day is another: those whose field lies in a stretch that the clock passed. Nothing when it can
/// be everybody.
pub(super) fn turned(asked: &Predicate, zone: &Zone, before: i64, now: i64) -> Option<Vec<Turned>> {
    let mut turns = Turns { zone, before, now, found: Vec::new() };
    turns.visit(Part::Predicate(asked)).then_some(turns.found)
}

struct Turns<'a> {
    zone: &'a Zone,
    before: i64,
    now: i64,
    found: Vec<Turned>,
}

impl Turns<'_> {
    /// Looks at a part and all below it; false when it can have changed for everybody.
    fn visit(&mut self, part: Part<'_>) -> bool {
        if let Part::Predicate(Predicate::Compare { left, right, .. }) = part {
            for (field, clock) in [(left, right), (right, left)] {
                let Some((first, last)) = self.ends(clock) else { continue };
                if first == last {
                    return self.visit(Part::Operand(field));
                }
                if let Operand::Field { subject, name, kind } = field
                    && matches!(kind, FieldType::Date | FieldType::DateTime)
                    && let Some(entity) = subject.entity()
                {
                    self.found.push(Turned { entity, field: name.clone(), first, last });
                    return true;
                }
                return false;
            }
        }
        match part {
            Part::Operand(Operand::OfDate { part: DatePart::Anniversary, .. }) if self.day_turned() => false,
            Part::Operand(operand) if self.ends(operand).is_some_and(|(first, last)| first != last) => false,
            part => part.below().into_iter().all(|part| self.visit(part)),
        }
    }

    /// What an operand that goes by the clock alone was before, and what it is now, the lesser first.
    fn ends(&self, operand: &Operand) -> Option<(Value, Value)> {
        let ends = |value: &dyn Fn(i64) -> Value| (value(self.before), value(self.now));
        let moments = |moment: &dyn Fn(i64) -> i64| {
            let (first, last) = (moment(self.before), moment(self.now));
            // On the calendar a stretch may go back.
            (Value::Time(first.min(last)), Value::Time(first.max(last)))
        };
        Some(match operand {
            Operand::Now { plus } => moments(&|at| at.saturating_add(*plus)),
            Operand::Moment(reckoning) => moments(&|at| calendar::reckoned_moment(*reckoning, at, self.zone)),
            Operand::Today { plus } => {
                ends(&|at| Value::Date(calendar::day_from_today(at, *plus, self.zone)))
            }
            Operand::Day(reckoning) => {
                ends(&|at| Value::Date(calendar::reckoned_day(*reckoning, at, self.zone)))
            }
            _ => return None,
        })
    }

    fn day_turned(&self) -> bool {
        let day = |at| calendar::day_from_today(at, 0, self.zone);
        day(self.before) != day(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Comparison, Subject};

    const NOON: i64 = 1_772_452_800_000;
    const HOUR: i64 = 3_600_000;

    fn compare(left: Operand, right: Operand) -> Predicate {
        Predicate::Compare { left, operator: Comparison::Less, right }
    }

    fn field(name: &str, kind: FieldType) -> Operand {
        Operand::Field { subject: Subject::Contact, name: name.to_owned(), kind }
    }

    fn told(asked: &Predicate, hours: i64) -> Option<Vec<(Value, Value)>> {
        let zone = Zone::named("UTC").unwrap();
        let found = turned(asked, &zone, NOON, NOON + hours * HOUR)?;
        Some(found.into_iter().map(|turned| (turned.first, turned.last)).collect())
    }

    #[test]
    fn a_moment_turns_for_those_whose_field_the_clock_passed() {
        let asked = compare(field("created_on", FieldType::DateTime), Operand::Now { plus: -HOUR });
        assert_eq!(told(&asked, 1), Some(vec![(Value::Time(NOON - HOUR), Value::Time(NOON))]));
        assert_eq!(told(&asked, 0), Some(Vec::new()));
    }

    #[test]
    fn a_day_turns_at_midnight_alone() {
        let asked = compare(Operand::Today { plus: 1 }, field("birthdate", FieldType::Date));
        assert_eq!(told(&asked, 11), Some(Vec::new()));
        let day = |day: &str| Value::Date(day.to_owned());
        assert_eq!(told(&asked, 13), Some(vec![(day("2026-03-03"), day("2026-03-04"))]));
    }

    #[test]
    fn what_can_turn_for_everybody_is_told_apart() {
        let anniversary = Operand::OfDate {
            part: DatePart::Anniversary,
            of: Box::new(field("birthdate", FieldType::Date)),
        };
        let asked = compare(anniversary, Operand::Literal(Value::Date("2026-03-05".to_owned())));
        assert_eq!(told(&asked, 11), Some(Vec::new()));
        assert_eq!(told(&asked, 13), None);
        let asked = Predicate::IsBlank(Operand::Now { plus: 0 });
        assert_eq!(told(&asked, 1), None);
    }
}
