//! YAML into definitions whose every part knows its place.
//!
//! In: the files of a workspace. Out: settings, fields, interaction types, segments, journeys, e-mails,
//! scoring models, levels, workflows, custom tiles, scripts and tables as they were written, and all
//! problems of form: syntax, unknown keys, wrong types, missing
//! keys. It is the only folder that knows YAML; it doesn't know whether a name refers to anything.

mod disk;
mod documents;
mod loading;
mod nodes;
mod reading;
#[cfg(test)]
mod testing;
mod tilework_yaml;

pub use disk::folder::{Folder, Seen, Snapshot};
pub use documents::email::{EmailDefinition, MailLanguage, MailManner, Purpose};
pub use documents::fields::{FieldDefinition, FieldsDefinition};
pub use documents::interaction::InteractionDefinition;
pub use documents::journey_types::{
    AtEnd, AudienceDefinition, JourneyDefinition, Matching, PathDefinition, StepDefinition,
};
pub use documents::repetition::{ReentryRule, RepeatDefinition};
pub use documents::scoring_types::*;
pub use documents::segment::{SegmentDefinition, SegmentMembers};
pub use documents::segment_names::segment_names;
pub use documents::topic::{Subscription, TopicDefinition};
pub use documents::workflow::{WorkflowDefinition, WorkflowScript};
pub use loading::definitions::Definitions;
pub use loading::plugin::{
    CaseDefinition, ParameterDefinition, ParameterType, PluginDefinition, PluginTarget,
};
pub use loading::scripts::{ScriptDefinition, TableDefinition};
pub use loading::workspace::{DefinitionsError, Reading, load, load_from};
pub use nodes::names::{check_field_name, check_interaction_name, check_name};
pub use nodes::node::{Content, Located, Node};
pub use nodes::scalars::warn_of_ambiguous_number;
pub use nodes::yaml::parse as parse_yaml;
pub use reading::condition::read as read_condition;
pub use reading::condition_types::{
    ConditionNode, CountKey, CountNode, DidNode, DidWord, Quantifier, RelatedNode,
};
pub use reading::header::Header;
pub use reading::hints::{duration_hint, moment_hint, timezone_hint};
pub use reading::keys::{DID, FORMER_NAME, GROUP, MEMBERSHIP, PEOPLE, SUBSCRIPTION, WORDS};
pub use reading::kinds::{Form, KINDS, Key, KindDescription, PARTS, Referred, kind_named};
pub use reading::needs::NeedsDefinition;
pub use reading::reader::Reader;
pub use reading::settings_keys::SETTINGS;
pub use tilework_yaml::channels::{ChannelDefinition, MessageTransport};
pub use tilework_yaml::http::{HttpDefinition, HttpMethod};
pub use tilework_yaml::removals::Removals;
pub use tilework_yaml::settings_types::{
    DkimDefinition, EmailChannelDefinition, MailEncryption, Publish, Settings, SmtpDefinition, Transport,
};
