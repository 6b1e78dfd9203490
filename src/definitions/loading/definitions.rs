//! What a workspace's files say, before any name is looked up.

use std::{collections::BTreeMap, path::PathBuf};

use crate::definitions::{
    EmailDefinition, FieldsDefinition, InteractionDefinition, JourneyDefinition, LevelsDefinition,
    PluginDefinition, ScoringModelDefinition, ScriptDefinition, SegmentDefinition, Settings, TableDefinition,
    TopicDefinition, WorkflowDefinition,
};
use crate::diagnostics::{Sources, Text};

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
