//! What a condition is about.

use std::collections::BTreeMap;

use crate::{
    calendar::Zone,
    model::{Duration, Entity, InteractionType, Subject},
};

/// The time in which a trigger looks at what happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wait {
    /// When the journey starts, UTC milliseconds; nothing when that can't be told.
    pub start: Option<i64>,
    /// The trigger's timeout.
    pub timeout: Option<Duration>,
    /// Whether contacts are asked who may not be in the journey.
    pub outsiders: bool,
    /// Whether the condition at hand satisfies the trigger alone: it is the whole, or an alternative.
    pub alone: bool,
}

/// A step of the journey in which a condition stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownStep {
    /// The name of its tile.
    pub tile: String,
    /// Whether one can have been there before the step with the condition.
    pub comes_before: bool,
}

impl KnownStep {
    /// Whether nothing that happens can be caused by it: it only decides or waits.
    #[must_use]
    pub fn causes_nothing(&self) -> bool {
        ["wait", "trigger", "branch", "split", "goto", "end"].contains(&self.tile.as_str())
    }

    /// Whether it is one of the built-in tiles that send no mail.
    #[must_use]
    pub fn sends_no_mail(&self) -> bool {
        self.causes_nothing() || ["activity", "create_lead", "launch_workflow"].contains(&self.tile.as_str())
    }
}

/// What a condition is about and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The records that it is asked of.
    pub target: Entity,
    /// The time zone in which its days, dates and calendar lengths count.
    pub zone: &'a Zone,
    /// In a journey: its steps by id, which `step:` may name. Nothing elsewhere.
    pub steps: Option<&'a BTreeMap<String, KnownStep>>,
    /// In a trigger: how long is waited, and from when.
    pub wait: Option<Wait>,
    /// Inside the `where` of a `did`: the type of the interaction in scope.
    pub interaction: Option<&'a InteractionType>,
    /// Whether a lead of the record is in scope, too, as in the rules of a scoring model for leads.
    pub with_lead: bool,
    /// Inside `any_activity` and its like: only `activity` is in scope.
    pub activity: bool,
}

impl<'a> Scope<'a> {
    /// The scope of a condition about contacts, accounts or leads.
    #[must_use]
    pub fn new(target: Entity, zone: &'a Zone) -> Self {
        Scope { target, zone, steps: None, wait: None, interaction: None, activity: false, with_lead: false }
    }

    /// The same within a journey with these steps.
    #[must_use]
    pub fn in_journey(self, steps: &'a BTreeMap<String, KnownStep>) -> Self {
        Scope { steps: Some(steps), ..self }
    }

    /// The same within a trigger.
    #[must_use]
    pub fn in_trigger(self, wait: Wait) -> Self {
        Scope { wait: Some(wait), ..self }
    }

    /// The same for a clause that satisfies the whole condition only together with others.
    pub(super) fn joined(self) -> Self {
        Scope { wait: self.wait.map(|wait| Wait { alone: false, ..wait }), ..self }
    }

    /// The same about other records, of which contacts may not be in the journey.
    #[must_use]
    pub fn about(self, target: Entity) -> Self {
        let wait = self.wait.map(|wait| Wait { outsiders: true, ..wait });
        Scope { target, with_lead: false, wait, ..self }
    }

    /// The same with a lead of the record in scope.
    #[must_use]
    pub fn with_lead(self) -> Self {
        Scope { with_lead: true, ..self }
    }

    /// The same about activities.
    #[must_use]
    pub fn about_activities(self) -> Self {
        Scope { activity: true, ..self }
    }

    /// The same inside the `where` of a `did` about this type of interaction.
    #[must_use]
    pub fn inside(self, interaction: &'a InteractionType) -> Self {
        Scope { interaction: Some(interaction), ..self }
    }

    /// The subject that stands for the target itself.
    pub(super) fn subject(self) -> Subject {
        Subject::of(self.target)
    }
}
