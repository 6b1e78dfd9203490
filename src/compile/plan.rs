//! What the engine runs.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{
    calendar::{Schedule, Zone},
    conditions::Interests,
    definitions::{AtEnd, Publish, Purpose},
    diagnostics::Span,
    model::{
        Catalog, Condition, Duration, Entity, Predicate,
        scoring::{Levels, ScoringModel},
    },
    templates::Template,
    tiles::Tile,
};

/// Everything that a workspace defines, checked.
pub struct Plan {
    /// `tilework.yaml`.
    pub settings: Settings,
    /// Fields, interaction types and segments by name.
    pub catalog: Catalog,
    /// Segments, those that others refer to first.
    pub segments: Vec<SegmentPlan>,
    /// E-mails by name.
    pub emails: BTreeMap<String, EmailPlan>,
    /// Scoring models by name.
    pub models: Vec<ModelPlan>,
    /// Levels by name.
    pub levels: Vec<LevelsPlan>,
    /// Journeys by name.
    pub journeys: Vec<JourneyPlan>,
}

impl Plan {
    /// The segment with this name.
    #[must_use]
    pub fn segment(&self, name: &str) -> Option<&SegmentPlan> {
        self.segments.iter().find(|segment| segment.name == name)
    }

    /// The scoring model with this name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&ModelPlan> {
        self.models.iter().find(|model| model.model.name == name)
    }

    /// The journey with this name.
    #[must_use]
    pub fn journey(&self, name: &str) -> Option<&JourneyPlan> {
        self.journeys.iter().find(|journey| journey.name == name)
    }
}

/// The settings that a run needs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The workspace's name.
    pub name: String,
    /// The workspace's time zone.
    pub zone: Zone,
    /// `sqlite:PATH` or `postgres://…`.
    pub store: String,
    /// Who publishes changed definitions.
    pub publish: Publish,
    /// The e-mail channel.
    pub email: EmailChannel,
    /// When segments are refreshed.
    pub refresh: Schedule,
}

/// The e-mail channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailChannel {
    /// Where mails are written, relative to the workspace.
    pub directory: PathBuf,
    /// The sender.
    pub from: String,
    /// How long a message can still be dropped, in milliseconds.
    pub hold: i64,
    /// Patterns of the only addresses that may be written to; all when there are none.
    pub only_to: Vec<String>,
}

/// A segment.
#[derive(Debug, Clone)]
pub struct SegmentPlan {
    /// Its name.
    pub name: String,
    /// Its name in the former publication, when it was another.
    pub was: Option<String>,
    /// Its name for people.
    pub label: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it holds.
    pub target: Entity,
    /// Who belongs to it.
    pub members: Members,
    /// Whether it is evaluated.
    pub active: bool,
    /// What its answer depends on.
    pub interests: Interests,
    /// When interactions make a difference to it.
    pub edges: Vec<Edge>,
    /// Whether it compares with now or today, and so may change by the mere passing of time.
    pub turns_with_clock: bool,
    /// Its time zone.
    pub zone: Zone,
    /// Hash of what it means.
    pub hash: String,
    /// What was written.
    pub content: String,
}

/// Who belongs to a segment.
#[derive(Debug, Clone)]
pub enum Members {
    /// Whoever satisfies the condition.
    Where(Condition),
    /// The records with these ids.
    Static(Vec<String>),
}

/// An interaction type that makes a difference when it happens, and again when it falls out of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The interaction type.
    pub interaction: String,
    /// The window's length; nothing for the interaction itself.
    pub window: Option<Duration>,
}

/// A scoring model.
#[derive(Debug, Clone)]
pub struct ModelPlan {
    /// What it is.
    pub model: ScoringModel,
    /// Its name in the former publication, when it was another.
    pub was: Option<String>,
    /// Its name for people.
    pub label: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it gives scores.
    pub active: bool,
    /// From when it gives scores.
    pub start: Option<i64>,
    /// Until when it gives scores; the moment itself belongs to it.
    pub end: Option<i64>,
    /// Its time zone.
    pub zone: Zone,
    /// What its scores depend on.
    pub interests: Interests,
    /// When interactions make a difference to them.
    pub edges: Vec<Edge>,
    /// Where its name stands.
    pub span: Span,
    /// Hash of what it means.
    pub hash: String,
    /// What was written.
    pub content: String,
}

/// Levels of contacts or accounts.
#[derive(Debug, Clone)]
pub struct LevelsPlan {
    /// What they are.
    pub levels: Levels,
    /// Their name in the former publication, when it was another.
    pub was: Option<String>,
    /// Hash of what they mean.
    pub hash: String,
    /// What was written.
    pub content: String,
}

/// An e-mail.
#[derive(Debug, Clone)]
pub struct EmailPlan {
    /// Its name.
    pub name: String,
    /// Subject.
    pub subject: Template,
    /// HTML part.
    pub html: Option<Template>,
    /// Text part; made from the HTML when there is none.
    pub text: Option<Template>,
    /// What kind of mail it is.
    pub purpose: Purpose,
    /// Hash of what it means.
    pub hash: String,
    /// What was written.
    pub content: String,
}

/// A journey.
pub struct JourneyPlan {
    /// Its name.
    pub name: String,
    /// Its name in the former publication, when it was another.
    pub was: Option<String>,
    /// Its name for people.
    pub label: Option<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Whether accounts are one unit.
    pub target: Entity,
    /// Its time zone.
    pub zone: Zone,
    /// When it starts.
    pub start: i64,
    /// When it ends.
    pub end: Option<i64>,
    /// What becomes of those in it at its end.
    pub at_end: AtEnd,
    /// Who is in the audience: a condition about a contact.
    pub audience: Predicate,
    /// What keeps out and stops: each reason with its condition about a contact.
    pub blocks: Vec<(String, Predicate)>,
    /// The names of the segments that audience and blocks refer to.
    pub segments: Vec<String>,
    /// The steps, each before those it leads to unless it goes back by `goto`; the first is where everybody starts.
    pub steps: Vec<StepPlan>,
    /// What becomes of those who stand on steps that are gone.
    pub removed: Vec<(String, Removal)>,
    /// Hash of what it means.
    pub hash: String,
    /// What was written.
    pub content: String,
}

impl JourneyPlan {
    /// The step with this id.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&StepPlan> {
        self.steps.iter().find(|step| step.id == id)
    }
}

/// What becomes of those who stand on a step that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// They leave the journey.
    Exit,
    /// They go to another step.
    To(String),
}

/// A step.
pub struct StepPlan {
    /// Its id.
    pub id: String,
    /// Its id in the former publication, when it was another.
    pub was: Option<String>,
    /// The tile's name.
    pub tile_name: String,
    /// The tile.
    pub tile: Tile,
    /// Where each path leads, the step's place in the journey; nothing means out of the journey. A tile
    /// without paths has one entry without a name.
    pub next: Vec<(Option<String>, Option<usize>)>,
}

impl StepPlan {
    /// Where a path leads; a path that isn't known leads where the nameless one does.
    #[must_use]
    pub fn leads_to(&self, path: Option<&str>) -> Option<usize> {
        self.next
            .iter()
            .find(|(name, _)| name.as_deref() == path)
            .or_else(|| self.next.iter().find(|(name, _)| name.is_none()))
            .and_then(|(_, to)| *to)
    }
}
