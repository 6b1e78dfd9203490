//! Which rules of a scoring model give the same points until a record is written: what they gave is kept with
//! the score, so that nobody's fields are read again because of something that was done, or of an hour that
//! passed.

use crate::model::{
    DatePart, Operand, Part, Predicate,
    scoring::{Points, ScoringModel, ScoringRule},
};

/// Whether a rule goes by nothing but fields of the record and its parents, not of those that they lead to, and the segments they are in.
pub(in crate::store) fn is_steady(rule: &ScoringRule) -> bool {
    rule.per.did().is_none()
        && all_parts(rule, &|part| {
            !matches!(
                part,
                Part::Predicate(Predicate::Did(_) | Predicate::Related(_) | Predicate::Subscribed { .. })
                    | Part::Operand(
                        Operand::Measure(_)
                            | Operand::Followed { .. }
                            | Operand::Now { .. }
                            | Operand::Today { .. }
                            | Operand::Moment(_)
                            | Operand::Day(_)
                            | Operand::OfDate { part: DatePart::Anniversary, .. }
                    )
            )
        })
}

/// The model with those rules alone that aren't steady.
pub(in crate::store) fn moving(model: &ScoringModel) -> ScoringModel {
    let mut moving = model.clone();
    moving.rules.retain(|rule| !is_steady(rule));
    moving
}

/// Whether rules go by more than what was done and a lead's own fields.
pub(in crate::store) fn asks_records(model: &ScoringModel) -> bool {
    !model.rules.iter().all(|rule| {
        all_parts(rule, &|part| match part {
            Part::Predicate(predicate) => matches!(
                predicate,
                Predicate::All(_)
                    | Predicate::Any(_)
                    | Predicate::Not(_)
                    | Predicate::Constant(_)
                    | Predicate::Did(_)
            ),
            Part::Operand(operand) => matches!(operand, Operand::Literal(_)),
        })
    })
}

/// Whether something holds of each part of a rule; what a `did` asks of interactions isn't looked at.
fn all_parts(rule: &ScoringRule, holds: &dyn Fn(Part<'_>) -> bool) -> bool {
    fn all(part: Part<'_>, holds: &dyn Fn(Part<'_>) -> bool) -> bool {
        holds(part) && (part.did().is_some() || part.below().into_iter().all(|part| all(part, holds)))
    }
    let points = match &rule.points {
        Points::Fixed(_) => true,
        Points::Calculated(operand) => all(Part::Operand(operand), holds),
    };
    points && all(Part::Predicate(&rule.when), holds)
}
