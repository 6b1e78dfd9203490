//! What predicates and operands are made of, for those who look for something in all of it.

use super::{Did, Operand, Predicate};

/// A part of a condition.
#[derive(Debug, Clone, Copy)]
pub enum Part<'p> {
    /// Something that holds or doesn't.
    Predicate(&'p Predicate),
    /// A value.
    Operand(&'p Operand),
}

impl<'p> Part<'p> {
    /// The parts right below this one. The `where` of a `did` is one, and so is the condition about
    /// related records, though both are about other records than what is above them.
    #[must_use]
    pub fn below(self) -> Vec<Part<'p>> {
        match self {
            Part::Predicate(predicate) => below_predicate(predicate),
            Part::Operand(Operand::Arithmetic { left, right, .. }) => {
                vec![Part::Operand(left), Part::Operand(right)]
            }
            Part::Operand(
                Operand::OfDate { of, .. } | Operand::LowerCase(of) | Operand::Followed { link: of, .. },
            ) => vec![Part::Operand(of)],
            Part::Operand(Operand::Measure(measure)) => vec![Part::Predicate(&measure.over.condition)],
            Part::Operand(Operand::Call(call)) => {
                call.inputs().into_iter().map(|input| Part::Operand(&input.operand)).collect()
            }
            Part::Operand(
                Operand::Field { .. }
                | Operand::Literal(_)
                | Operand::Since { .. }
                | Operand::Now { .. }
                | Operand::Today { .. }
                | Operand::Moment(_)
                | Operand::Day(_),
            ) => Vec::new(),
        }
    }

    /// The interactions that this part itself looks at.
    #[must_use]
    pub fn did(self) -> Option<&'p Did> {
        match self {
            Part::Predicate(Predicate::Did(did)) => Some(did),
            Part::Operand(Operand::Measure(measure)) => Some(&measure.over),
            _ => None,
        }
    }

    /// Hands this part and all below it to `visit`.
    pub fn each(self, visit: &mut dyn FnMut(Part<'p>)) {
        visit(self);
        for part in self.below() {
            part.each(visit);
        }
    }
}

fn below_predicate(predicate: &Predicate) -> Vec<Part<'_>> {
    match predicate {
        Predicate::Constant(_) | Predicate::InSegment { .. } | Predicate::Subscribed { .. } => Vec::new(),
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().map(Part::Predicate).collect(),
        Predicate::Not(inner) => vec![Part::Predicate(inner)],
        Predicate::Compare { left, right, .. } | Predicate::Same { left, right } => {
            vec![Part::Operand(left), Part::Operand(right)]
        }
        Predicate::TextTest { operand, needle, .. } => vec![Part::Operand(operand), Part::Operand(needle)],
        Predicate::IsTrue(operand)
        | Predicate::IsBlank(operand)
        | Predicate::OneOf { operand, .. }
        | Predicate::Matches { operand, .. }
        | Predicate::HasChoices { operand, .. } => vec![Part::Operand(operand)],
        Predicate::Did(did) => vec![Part::Predicate(&did.condition)],
        Predicate::Related(related) => vec![Part::Predicate(&related.condition)],
    }
}
