//! What the definitions say about a journey and the store doesn't know.

use crate::{
    compile::JourneyPlan,
    model::{Block, Comparison, Entity, FieldType, Operand, Predicate, Subject, Value},
};

/// What the definitions say about a journey.
#[derive(Clone)]
pub struct JourneyFacts<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its name in the former publication, when it was another.
    pub was: Option<&'a str>,
    /// Its name for people.
    pub label: Option<&'a str>,
    /// Whether accounts are one unit.
    pub target: Entity,
    /// When it starts.
    pub starts_at: i64,
    /// When it ends.
    pub ends_at: Option<i64>,
    /// Who is in the audience: a condition about a contact.
    pub audience: &'a Predicate,
    /// What keeps out.
    pub blocks: &'a [Block],
    /// IANA zone in which their calendar lengths count.
    pub timezone: &'a str,
    /// The steps in the journey's order.
    pub steps: Vec<StepFacts<'a>>,
    /// The whole plan, which knows when iterations start, where there is one.
    pub plan: Option<&'a JourneyPlan>,
}

/// What the definitions say about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFacts<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its tile's name.
    pub tile: &'a str,
    /// Its paths, each with the step that it leads to; nothing means out of the journey.
    pub paths: Vec<(&'a str, Option<&'a str>)>,
    /// Where those go who take no path that has a name; nothing means out of the journey.
    pub following: Option<&'a str>,
}

impl<'a> JourneyFacts<'a> {
    /// The facts of a compiled journey.
    #[must_use]
    pub fn of(plan: &'a JourneyPlan) -> JourneyFacts<'a> {
        let id_at = |place: usize| plan.steps.get(place).map(|step| step.id.as_str());
        let steps = plan.steps.iter().map(|step| StepFacts {
            id: &step.id,
            tile: &step.tile_name,
            paths: step
                .next
                .iter()
                .filter_map(|(path, to)| Some((path.as_deref()?, to.and_then(id_at))))
                .collect(),
            following: step
                .next
                .iter()
                .find(|(path, _)| path.is_none())
                .and_then(|(_, to)| to.and_then(id_at)),
        });
        JourneyFacts {
            name: &plan.name,
            was: plan.was.as_deref(),
            label: plan.label.as_deref(),
            target: plan.target,
            starts_at: plan.start,
            ends_at: plan.end,
            audience: &plan.audience,
            blocks: &plan.blocks,
            timezone: plan.zone.name(),
            steps: steps.collect(),
            plan: Some(plan),
        }
    }

    /// The step with this id.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&StepFacts<'a>> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The audience, narrowed to those whose record in scope has an id.
    pub(super) fn audience_of(&self, subject: Subject, id: &str) -> Predicate {
        let narrowed = Predicate::Compare {
            left: Operand::Field { subject, name: "id".to_owned(), kind: FieldType::Text },
            operator: Comparison::Equal,
            right: Operand::Literal(Value::Text(id.to_owned())),
        };
        Predicate::All(vec![self.audience.clone(), narrowed])
    }
}
