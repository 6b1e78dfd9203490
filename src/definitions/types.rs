//! What a workspace's files say, before any name is looked up.

use std::{collections::BTreeMap, path::PathBuf};

use super::{ChannelDefinition, LevelsDefinition, ReentryRule, ScoringModelDefinition, WorkflowDefinition};

use crate::diagnostics::{Sources, Span, Text};
use crate::model::{Consent, ConsentSetting, Entity, MeasureFunction, Records};

pub use super::email::{EmailDefinition, MailLanguage, MailManner};
pub use super::fields::FieldDefinition;
pub use super::plugin::{CaseDefinition, ParameterDefinition, ParameterType, PluginDefinition, PluginTarget};
pub use super::scripts::{ScriptDefinition, TableDefinition};
pub use super::topic::{Subscription, TopicDefinition};

/// A value together with where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// Any YAML value with its place: parameters of tiles, and conditions before they are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub content: Content,
    /// Where; of a mapping or list, its first line is enough.
    pub span: Span,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`; other words are text.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(f64),
    /// Text, plain, quoted or in a block.
    Text(Text),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file, keys unique.
    Mapping(Vec<(Text, Node)>),
}

/// Everything that the files of a workspace say.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    /// The folder.
    pub root: PathBuf,
    /// All files read, e-mail templates included.
    pub sources: Sources,
    /// `tilework.yaml`.
    pub settings: Settings,
    /// `kind: fields`.
    pub fields: Vec<FieldsDefinition>,
    /// `kind: interaction`.
    pub interactions: Vec<InteractionDefinition>,
    /// `kind: topic`.
    pub topics: Vec<TopicDefinition>,
    /// `kind: segment`.
    pub segments: Vec<SegmentDefinition>,
    /// `kind: journey`.
    pub journeys: Vec<JourneyDefinition>,
    /// `kind: email`.
    pub emails: Vec<EmailDefinition>,
    /// `kind: scoring_model`.
    pub scoring_models: Vec<ScoringModelDefinition>,
    /// `kind: levels`.
    pub levels: Vec<LevelsDefinition>,
    /// `kind: workflow`.
    pub workflows: Vec<WorkflowDefinition>,
    /// The values that were filled in for variables and files. None of them may be shown.
    pub secrets: Vec<String>,
    /// The folders of `plugins/`.
    pub plugins: Vec<PluginDefinition>,
    /// The files of `scripts/`.
    pub scripts: Vec<ScriptDefinition>,
    /// The files of `tables/`.
    pub tables: Vec<TableDefinition>,
    /// The files of `templates/`, which texts of mails include, by name.
    pub templates: BTreeMap<String, Text>,
}

/// `tilework.yaml` with the environment laid over it and variables filled in.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Whether there are any: the file could be read, and holds a mapping.
    pub is_read: bool,
    /// The workspace's name.
    pub name: Option<Text>,
    /// Texts that mails share, by name.
    pub texts: Vec<(Text, Text)>,
    /// IANA time zone; UTC when it isn't written.
    pub timezone: Option<Text>,
    /// Who does what nobody else looks after.
    pub owner: Option<Text>,
    /// `sqlite:PATH` or `postgres://…`.
    pub store: Option<Text>,
    /// Whether `run` and `serve` publish by themselves.
    pub publish: Publish,
    /// The e-mail channel.
    pub email: Option<EmailChannelDefinition>,
    /// What an unrecorded consent counts as; nothing when that isn't written.
    pub consent: Option<ConsentSetting>,
    /// The only hosts that may be called; `channels: http: allow:`.
    pub allow: Vec<Text>,
    /// Channels for messages, in the order of the file.
    pub channels: Vec<ChannelDefinition>,
    /// How many messages a run hands over at most.
    pub messages_per_run: Option<u64>,
    /// The days, beside weekends, that aren't business days.
    pub holidays: Vec<Text>,
    /// How often `serve` refreshes segments: a cron line.
    pub refresh: Option<Text>,
    /// What becomes of what hung on definitions that are gone.
    pub removed: super::Removals,
}

/// Who publishes changed definitions (semantics 25).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Publish {
    /// `run` and `serve`.
    #[default]
    Automatic,
    /// `apply`.
    Manual,
}

/// `channels: email:`.
#[derive(Debug, Clone)]
pub struct EmailChannelDefinition {
    /// Where the channel stands.
    pub span: Span,
    /// `file`.
    pub transport: Located<Transport>,
    /// Where the file transport writes; `mail` when it isn't written.
    pub directory: Option<Text>,
    /// The sender.
    pub from: Option<Text>,
    /// Time in which a message can still be dropped.
    pub hold: Option<Text>,
    /// Patterns of the only addresses that may be written to.
    pub only_to: Vec<Text>,
    /// What the folder says of it in which published definitions run: an address has to match either list.
    pub also_only_to: Vec<Text>,
}

/// How mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// One `.eml` file a message.
    File,
}

/// What every definition has.
#[derive(Debug, Clone)]
pub struct Header {
    /// The name by which others refer to it.
    pub name: Text,
    /// A name for people.
    pub label: Option<Text>,
    /// What it is for.
    pub description: Option<Text>,
    /// Who looks after it.
    pub owner: Option<Text>,
    /// Its name in the former publication.
    pub was: Option<Text>,
    /// Where the definition starts.
    pub span: Span,
}

/// `kind: fields`.
#[derive(Debug, Clone)]
pub struct FieldsDefinition {
    /// Whose fields.
    pub of: Located<Entity>,
    /// The fields.
    pub fields: Vec<FieldDefinition>,
}

/// `kind: interaction`.
#[derive(Debug, Clone)]
pub struct InteractionDefinition {
    /// Name and the rest.
    pub header: Header,
    /// Its attributes.
    pub attributes: Vec<FieldDefinition>,
}

/// `kind: segment`.
#[derive(Debug, Clone)]
pub struct SegmentDefinition {
    /// Name and the rest.
    pub header: Header,
    /// What it holds.
    pub target: Located<Entity>,
    /// Whether the target couldn't be read, which has been reported, so that this one is a guess.
    pub target_unreadable: bool,
    /// Who belongs to it.
    pub members: SegmentMembers,
    /// Whether it is evaluated and may be a target.
    pub active: bool,
    /// IANA time zone of its own.
    pub timezone: Option<Text>,
}

/// Who belongs to a segment.
#[derive(Debug, Clone)]
pub enum SegmentMembers {
    /// Whoever satisfies the condition.
    Where(ConditionNode),
    /// The ids listed.
    Static(Vec<Text>),
}

/// A condition as written.
#[derive(Debug, Clone)]
pub enum ConditionNode {
    /// `true`: everyone. `false`: nobody.
    Constant(Located<bool>),
    /// An expression in text.
    Expression(Text),
    /// `all`, `any`, `none`, which may stand together; what isn't written is `None`.
    Group {
        /// Every one holds.
        all: Option<Vec<ConditionNode>>,
        /// At least one holds.
        any: Option<Vec<ConditionNode>>,
        /// None holds.
        none: Option<Vec<ConditionNode>>,
        /// Where.
        span: Span,
    },
    /// `segment: name`.
    Segment(Text),
    /// `did:` and `did_not:`.
    Did(Box<DidNode>),
    /// `subscribed: topic`.
    Subscribed(Text),
    /// `any_contact:`, `all_contacts:`, `no_contact:`, and the same of leads and activities.
    Related(Box<RelatedNode>),
}

/// `did:`, `did_not:`, `first_did:` or `last_did:` as written.
#[derive(Debug, Clone)]
pub struct DidNode {
    /// Which of them.
    pub word: DidWord,
    /// The interaction type.
    pub interaction: Text,
    /// `where:`.
    pub condition: Option<ConditionNode>,
    /// `it_was:`, of `first_did` and `last_did`.
    pub it_was: Option<ConditionNode>,
    /// Attributes as keys, for equality; the value is a scalar.
    pub attributes: Vec<(Text, Node)>,
    /// `within:`, a duration.
    pub within: Option<Text>,
    /// `since:`, a date or time.
    pub since: Option<Text>,
    /// `until:`, a date or time.
    pub until: Option<Text>,
    /// `step:`, in triggers.
    pub step: Option<Text>,
    /// `sum:`, `avg:`, `min:` or `max:`, with the attribute that is measured.
    pub measure: Option<(Located<MeasureFunction>, Text)>,
    /// `at_least`, `at_most` or `exactly`, with what was written, such as `2 times`.
    pub count: Option<CountNode>,
    /// Where.
    pub span: Span,
}

/// Which of the interactions a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DidWord {
    /// `did`: those in the window.
    Did,
    /// `did_not`: there is none in the window.
    DidNot,
    /// `first_did`: the first of all is in the window.
    FirstDid,
    /// `last_did`: the last of all is in the window.
    LastDid,
}

impl DidWord {
    /// All of them with their keys.
    pub const KEYS: [(&'static str, DidWord); 4] = [
        ("did", DidWord::Did),
        ("did_not", DidWord::DidNot),
        ("first_did", DidWord::FirstDid),
        ("last_did", DidWord::LastDid),
    ];

    /// The key.
    #[must_use]
    pub fn key(self) -> &'static str {
        DidWord::KEYS.iter().find(|(_, word)| *word == self).map_or("", |(key, _)| key)
    }
}

/// A question about related records as written: `any_contact:`, `no_lead:` and their like.
#[derive(Debug, Clone)]
pub struct RelatedNode {
    /// Which of the three: any, all, no.
    pub quantifier: Located<Quantifier>,
    /// Which records are asked for.
    pub records: Records,
    /// The condition about each record.
    pub condition: ConditionNode,
    /// `at_least`, `at_most` or `exactly`, with what was written, such as `3 contacts` or `50%`.
    pub count: Option<CountNode>,
    /// Where.
    pub span: Span,
}

/// How many of the related records are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one, or the count.
    Any,
    /// Every one.
    All,
    /// None.
    No,
}

impl RelatedNode {
    /// The keys under which such a question stands.
    pub const KEYS: [(&'static str, Quantifier, Records); 9] = [
        ("any_contact", Quantifier::Any, Records::Contacts),
        ("all_contacts", Quantifier::All, Records::Contacts),
        ("no_contact", Quantifier::No, Records::Contacts),
        ("any_lead", Quantifier::Any, Records::Leads),
        ("all_leads", Quantifier::All, Records::Leads),
        ("no_lead", Quantifier::No, Records::Leads),
        ("any_activity", Quantifier::Any, Records::Activities),
        ("all_activities", Quantifier::All, Records::Activities),
        ("no_activity", Quantifier::No, Records::Activities),
    ];

    /// The key of the same question with another quantifier.
    #[must_use]
    pub fn key(quantifier: Quantifier, records: Records) -> &'static str {
        let known = RelatedNode::KEYS.iter().find(|(_, q, r)| *q == quantifier && *r == records);
        known.map_or("", |(key, _, _)| key)
    }
}

/// A count as written.
#[derive(Debug, Clone)]
pub struct CountNode {
    /// `at_least`, `at_most` or `exactly`.
    pub test: CountKey,
    /// `2 times`, `3 contacts`, `2`, `50%`; of a measure also an expression.
    pub amount: Text,
}

/// The key under which a count stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountKey {
    /// `at_least`.
    AtLeast,
    /// `at_most`.
    AtMost,
    /// `exactly`.
    Exactly,
}

/// What kind of mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// Advertising; `do_not_bulk_email` and consent to marketing count.
    #[default]
    Commercial,
    /// Part of business at hand.
    Transactional,
}

/// `kind: journey`.
#[derive(Debug, Clone)]
pub struct JourneyDefinition {
    /// Name and the rest.
    pub header: Header,
    /// Whether accounts are one unit.
    pub target: Located<Entity>,
    /// Whether the target couldn't be read, which has been reported, so that this one is a guess.
    pub target_unreadable: bool,
    /// IANA time zone of its own.
    pub timezone: Option<Text>,
    /// When it starts: `2023-03-01 08:00` or RFC 3339.
    pub start: Text,
    /// When it ends.
    pub end: Option<Text>,
    /// What happens to those in it at its end.
    pub at_end: AtEnd,
    /// How it repeats.
    pub repeat: Option<super::RepeatDefinition>,
    /// When a contact may enter again that is through with an iteration.
    pub reentry: Option<Located<ReentryRule>>,
    /// Who enters.
    pub audience: AudienceDefinition,
    /// Segments whose members are stopped.
    pub suppress: Vec<Text>,
    /// The lowest consent with which one enters and stays.
    pub consent: Option<Consent>,
    /// What it is about; one of business at hand isn't concerned by leaving all commercial mail.
    pub purpose: Purpose,
    /// The steps, from the top.
    pub steps: Vec<StepDefinition>,
    /// Named lists of steps that paths may lead to.
    pub sections: Vec<(Text, Vec<StepDefinition>)>,
    /// What becomes of those who stand on a removed step: `exit` or another step's id.
    pub removed: Vec<(Text, Text)>,
}

/// What happens to those in a journey at its end (semantics 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AtEnd {
    /// They stop where they stand.
    #[default]
    Stop,
    /// They go on to the end of their way.
    Finish,
}

/// Who enters a journey.
#[derive(Debug, Clone)]
pub struct AudienceDefinition {
    /// Segments of contacts or accounts.
    pub include: Vec<Text>,
    /// Whether one of the segments is enough.
    pub matching: Matching,
    /// Segments whose members don't enter.
    pub exclude: Vec<Text>,
    /// Where.
    pub span: Span,
}

/// Whether one of the segments is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matching {
    /// One is enough.
    #[default]
    Any,
    /// All are needed.
    All,
}

/// A tile placed in a journey.
#[derive(Debug, Clone)]
pub struct StepDefinition {
    /// Its id, unique in the journey.
    pub id: Text,
    /// Its id in the former publication.
    pub was: Option<Text>,
    /// The tile's name.
    pub tile: Text,
    /// The tile's parameters, in the order of the file.
    pub with: Vec<(Text, Node)>,
    /// Whether the parameters couldn't be read, so that nobody can say which are missing.
    pub with_unreadable: bool,
    /// Where each path leads.
    pub paths: Vec<(Text, PathDefinition)>,
    /// Where the step starts.
    pub span: Span,
}

/// Where a path leads.
#[derive(Debug, Clone)]
pub enum PathDefinition {
    /// To steps written in place; an empty list goes on at once.
    Steps(Vec<StepDefinition>),
    /// To a section, by its name.
    Section(Text),
}
