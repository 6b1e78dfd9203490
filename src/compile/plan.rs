//! What the engine runs.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use super::{
    message_timing::MessageTiming,
    workflow_plan::{ChannelPlan, WorkflowPlan},
};
use crate::{
    calendar::{Schedule, Zone},
    conditions::Dependencies,
    definitions::{AtEnd, MailEncryption, MailLanguage, Publish, Purpose, ReentryRule, Subscription},
    diagnostics::Span,
    model::{
        AllowedHosts, Block, Catalog, Condition, ConsentSetting, DkimKey, Duration, Entity, MailDemand,
        Predicate, Secrets, Value,
        scoring::{Levels, ScoringModel},
    },
    script::Library,
    templates::Template,
    tiles::{CustomTiles, Tile, WORKFLOW, Wakes},
};

/// Everything that a workspace defines, checked.
pub struct Plan {
    /// `tilework.yaml`.
    pub settings: Settings,
    /// Fields, interaction types and segments by name.
    pub catalog: Arc<Catalog>,
    /// Custom tiles by name.
    pub tiles: CustomTiles,
    /// The functions of `scripts/`.
    pub library: Arc<Library>,
    /// Segments, those that others refer to first.
    pub segments: Vec<SegmentPlan>,
    /// The conditions of those that have one and are active, by name.
    pub conditions: BTreeMap<String, Condition>,
    /// Topics by name.
    pub topics: Vec<TopicPlan>,
    /// E-mails by name.
    pub emails: BTreeMap<String, EmailPlan>,
    /// Scoring models by name.
    pub models: Vec<ModelPlan>,
    /// Levels by name.
    pub levels: Vec<LevelsPlan>,
    /// Workflows by name.
    pub workflows: BTreeMap<String, WorkflowPlan>,
    /// Channels for messages by name.
    pub channels: BTreeMap<String, ChannelPlan>,
    /// Journeys by name.
    pub journeys: Vec<JourneyPlan>,
    /// Values of variables and files, none of which may be shown.
    pub secrets: Secrets,
}

impl Plan {
    /// The segment with this name.
    #[must_use]
    pub fn segment(&self, name: &str) -> Option<&SegmentPlan> {
        self.segments.iter().find(|segment| segment.name == name)
    }

    /// What wakes those who wait at a step, with what its segments depend on.
    #[must_use]
    pub fn wakes(&self, tile: &Tile) -> Wakes {
        let mut wakes = tile.wakes.clone();
        let mut open: Vec<String> = wakes.segments.iter().cloned().collect();
        while let Some(segment) = open.pop().and_then(|name| self.segment(&name)) {
            let Dependencies { interactions, across, activities, segments, .. } = &segment.dependencies;
            let records = [&segment.dependencies.contact_fields, &segment.dependencies.account_fields];
            wakes.interactions.extend(interactions.iter().cloned());
            wakes.records |= matches!(segment.members, Members::Static(_))
                || records.iter().any(|fields| !fields.is_empty())
                || !segment.dependencies.scores.is_empty()
                || segment.target == Entity::Account;
            wakes.leads |= !segment.dependencies.lead_fields.is_empty();
            wakes.activities |= activities;
            wakes.colleagues |= across;
            open.extend(segments.iter().filter(|name| wakes.segments.insert((*name).clone())).cloned());
        }
        wakes
    }

    /// The scoring model with this name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&ModelPlan> {
        self.models.iter().find(|model| model.model.name == name)
    }

    /// The e-mail with this name, or that had it before it was renamed.
    #[must_use]
    pub fn email(&self, name: &str) -> Option<&EmailPlan> {
        let renamed = || self.emails.values().find(|email| email.was.as_deref() == Some(name));
        self.emails.get(name).or_else(renamed)
    }

    /// The journey with this name.
    #[must_use]
    pub fn journey(&self, name: &str) -> Option<&JourneyPlan> {
        self.journeys.iter().find(|journey| journey.name == name)
    }

    /// When messages of a channel may leave.
    #[must_use]
    pub fn message_timing(&self, channel: &str) -> MessageTiming {
        match channel {
            "email" => MessageTiming { hold: self.settings.email.hold, expires_after: None },
            _ => match channel.strip_prefix(WORKFLOW) {
                Some(name) => self.workflows.get(name).map(|workflow| workflow.timing),
                None => self.channels.get(channel).map(|channel| channel.timing),
            }
            .unwrap_or_default(),
        }
    }
}

/// The settings that a run needs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The workspace's name.
    pub name: String,
    /// Texts that mails share, by name.
    pub texts: BTreeMap<String, String>,
    /// Who sends: `name`, `address`, `legal`, `privacy_url`, as far as they are given.
    pub company: BTreeMap<&'static str, String>,
    /// Where the web server listens.
    pub http: Option<String>,
    /// The address under which others reach it, without a slash at its end.
    pub public_url: Option<String>,
    /// The workspace's time zone.
    pub zone: Zone,
    /// Who does what nobody else looks after.
    pub owner: Option<String>,
    /// `sqlite:PATH` or `postgres://…`.
    pub store: String,
    /// Who publishes changed definitions.
    pub publish: Publish,
    /// The e-mail channel.
    pub email: EmailChannel,
    /// What an unrecorded consent counts as.
    pub consent: ConsentSetting,
    /// The hosts that may be called.
    pub allow: AllowedHosts,
    /// How many messages a run hands over at most.
    pub messages_per_run: Option<u64>,
    /// When segments are refreshed.
    pub refresh: Schedule,
    /// The journeys that are gone, whose people leave.
    pub removed_journeys: Vec<String>,
    /// The fields that are gone, whose values are cleared.
    pub removed_fields: Vec<(Entity, String)>,
}

impl Settings {
    /// What templates show of them: the name, and the texts that mails share.
    #[must_use]
    pub fn shown(&self) -> BTreeMap<String, Value> {
        let texts = self.texts.iter().map(|(name, text)| (name.clone(), Value::Text(text.clone())));
        let company =
            self.company.iter().map(|(name, text)| (format!("company.{name}"), Value::Text(text.clone())));
        texts.chain(company).chain([("name".to_owned(), Value::Text(self.name.clone()))]).collect()
    }
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPlan {
    /// Its name.
    pub name: String,
    /// What people are shown.
    pub label: String,
    /// How one subscribes.
    pub subscription: Subscription,
}

/// A mail server, and how it is used.
#[derive(Clone)]
pub struct SmtpPlan {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: MailEncryption,
    /// Name and password.
    pub login: Option<(String, String)>,
    /// How many connections at most.
    pub connections: usize,
    /// How many mails at most, in how many milliseconds.
    pub rate: Option<(u64, i64)>,
    /// Where bounces go.
    pub return_path: Option<String>,
    /// The keys that sign.
    pub dkim: Vec<DkimKey>,
}

impl std::fmt::Debug for SmtpPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The e-mail channel.
#[derive(Debug, Clone)]
pub struct EmailChannel {
    /// The mail server; mails are written into files when there is none.
    pub smtp: Option<SmtpPlan>,
    /// Where mails are written, relative to the workspace.
    pub directory: PathBuf,
    /// The sender.
    pub from: String,
    /// How long a message can still be dropped, in milliseconds.
    pub hold: i64,
    /// Lists of patterns of the only addresses that may be written to: an address has to match one of each. An
    /// empty list leaves all.
    pub only_to: Vec<Vec<String>>,
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
    pub dependencies: Dependencies,
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
    pub dependencies: Dependencies,
    /// When interactions make a difference to them.
    pub edges: Vec<Edge>,
    /// All that its rules ask, as one condition.
    pub asked: Predicate,
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
    /// Its name in the former publication, when it was another.
    pub was: Option<String>,
    /// Subject.
    pub subject: Template,
    /// The sender, when it isn't the channel's.
    pub from: Option<Template>,
    /// Where answers go, when not to the sender.
    pub reply_to: Option<Template>,
    /// The language of numbers and dates.
    pub language: MailLanguage,
    /// HTML part.
    pub html: Option<Template>,
    /// Text part; made from the HTML when there is none.
    pub text: Option<Template>,
    /// What kind of mail it is.
    pub purpose: Purpose,
    /// The topic that it belongs to, and how one subscribes to that.
    pub topic: Option<(String, Subscription)>,
    /// Whether a mailbox that several contacts have gets it for each of them.
    pub sends_duplicates: bool,
    /// Hash of what it means.
    pub hash: String,
    /// What was written.
    pub content: String,
}

impl EmailPlan {
    /// All templates that it consists of.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let others = [&self.html, &self.text, &self.from, &self.reply_to];
        std::iter::once(&self.subject).chain(others.into_iter().flatten())
    }

    /// What it needs to be handed over.
    #[must_use]
    pub fn demand(&self) -> MailDemand {
        match (self.purpose, &self.topic) {
            (Purpose::Transactional, _) => MailDemand::Transactional,
            (Purpose::Commercial, None) => MailDemand::Commercial,
            (Purpose::Commercial, Some((topic, Subscription::OptIn))) => MailDemand::OptIn(topic.clone()),
            (Purpose::Commercial, Some((topic, Subscription::OptOut))) => MailDemand::OptOut(topic.clone()),
        }
    }
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
    /// How it starts over.
    pub repeat: Option<Repeat>,
    /// How long after its end a contact may enter an iteration again.
    pub reentry: Option<ReentryRule>,
    /// Who is in the audience: a condition about a contact.
    pub audience: Predicate,
    /// What keeps out and stops, the first that applies.
    pub blocks: Vec<Block>,
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

/// How a journey starts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    /// How long after the start of an iteration the next one starts.
    pub every: Duration,
    /// How many iterations there are; until the journey's end when nothing is written.
    pub times: Option<i64>,
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
    /// The places of the waits and triggers of which one was the last before this step; none where no window
    /// is among them.
    pub released_by: Vec<usize>,
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
