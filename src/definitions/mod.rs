//! YAML into definitions whose every part knows its place.
//!
//! In: the files of a workspace. Out: settings, fields, interaction types, segments, journeys, e-mails,
//! scoring models, levels, workflows, custom tiles, scripts and tables as they were written, and all
//! problems of form: syntax, unknown keys, wrong types, missing
//! keys. It is the only folder that knows YAML; it doesn't know whether a name refers to anything.

mod align;
mod channels;
mod condition;
mod condition_span;
mod condition_types;
mod consent;
mod email;
mod fields;
mod files;
mod folder;
mod header;
mod hints;
mod http;
mod interaction;
mod journey;
mod journey_types;
mod keys;
mod kinds;
mod names;
mod needs;
mod node;
mod place;
mod plugin;
mod raw;
mod reader;
mod removals;
mod repetition;
mod scalars;
mod scoring_model;
mod scoring_types;
mod scripts;
mod segment;
mod segment_names;
mod settings;
mod settings_types;
mod syntax;
#[cfg(test)]
mod testing;
mod topic;
mod traps;
mod types;
mod variables;
mod workflow;
mod workspace;
mod written;
mod yaml;

pub use channels::{ChannelDefinition, MessageTransport};
pub use condition::read as read_condition;
pub use condition_types::{ConditionNode, CountKey, CountNode, DidNode, DidWord, Quantifier, RelatedNode};
pub use email::{EmailDefinition, MailLanguage, MailManner, Purpose};
pub use fields::{FieldDefinition, FieldsDefinition};
pub use folder::{Folder, Seen, Snapshot};
pub use header::Header;
pub use hints::{duration_hint, moment_hint, timezone_hint};
pub use http::{HttpDefinition, HttpMethod};
pub use interaction::InteractionDefinition;
pub use journey_types::{
    AtEnd, AudienceDefinition, JourneyDefinition, Matching, PathDefinition, StepDefinition,
};
pub use keys::{DID, FORMER_NAME, GROUP, MEMBERSHIP, PEOPLE, SETTINGS, SUBSCRIPTION, WORDS};
pub use kinds::{Form, KINDS, Key, KindDescription, PARTS, Referred, kind_named};
pub use names::{check_field_name, check_interaction_name, check_name};
pub use needs::NeedsDefinition;
pub use node::{Content, Located, Node};
pub use plugin::{CaseDefinition, ParameterDefinition, ParameterType, PluginDefinition, PluginTarget};
pub use reader::Reader;
pub use removals::Removals;
pub use repetition::{ReentryRule, RepeatDefinition};
pub use scalars::warn_of_ambiguous_number;
pub use scoring_types::*;
pub use scripts::{ScriptDefinition, TableDefinition};
pub use segment::{SegmentDefinition, SegmentMembers};
pub use segment_names::segment_names;
pub use settings_types::{EmailChannelDefinition, Publish, Settings, Transport};
pub use topic::{Subscription, TopicDefinition};
pub use types::Definitions;
pub use workflow::{WorkflowDefinition, WorkflowScript};
pub use workspace::{DefinitionsError, Reading, load, load_from};
pub use yaml::parse as parse_yaml;
