//! What `kind: scoring_model` and `kind: levels` say, before any name is looked up.

use crate::definitions::{ConditionNode, Header, Located};
use crate::{
    diagnostics::{Span, Text},
    model::{Consent, Duration, Entity, scoring::ScoringTarget},
};

/// `kind: scoring_model`.
#[derive(Debug, Clone)]
pub struct ScoringModelDefinition {
    /// Name and the rest.
    pub header: Header,
    /// What it gives points to.
    pub target: Located<ScoringTarget>,
    /// The least consent of contacts whose interactions count.
    pub consent: Option<Consent>,
    /// Whether it gives scores.
    pub active: bool,
    /// IANA time zone of its own.
    pub timezone: Option<Text>,
    /// From when it gives scores.
    pub start: Option<Text>,
    /// Until when it gives scores.
    pub end: Option<Text>,
    /// Its rules.
    pub rules: Vec<RuleDefinition>,
    /// Whether some rules couldn't be read, which has been reported.
    pub rules_unreadable: bool,
    /// Its grades.
    pub grades: Vec<BandDefinition>,
    /// The score from which on a lead is sales-ready.
    pub sales_ready: Option<Located<i64>>,
}

/// A rule of a scoring model.
#[derive(Debug, Clone)]
pub struct RuleDefinition {
    /// Its name.
    pub name: Text,
    /// When it gives points.
    pub when: ConditionNode,
    /// How many.
    pub points: PointsNode,
    /// Whether it gives them for each interaction.
    pub per: Option<Located<bool>>,
    /// After how long they have halved.
    pub half_life: Option<Located<Duration>>,
    /// It gives no fewer.
    pub at_least: Option<Located<f64>>,
    /// It gives no more.
    pub at_most: Option<Located<f64>>,
}

/// `points:` as written.
#[derive(Debug, Clone)]
pub enum PointsNode {
    /// A number.
    Number(Located<f64>),
    /// A calculation.
    Expression(Text),
}

/// A grade or level.
#[derive(Debug, Clone)]
pub struct BandDefinition {
    /// Its name.
    pub name: Text,
    /// The lowest score that belongs to it.
    pub from: Option<Located<i64>>,
    /// Where.
    pub span: Span,
}

/// `kind: levels`.
#[derive(Debug, Clone)]
pub struct LevelsDefinition {
    /// Name and the rest.
    pub header: Header,
    /// Whose levels.
    pub of: Located<Entity>,
    /// The model whose scores they are made from.
    pub model: Text,
    /// Whether they are the record's `level`.
    pub primary: Option<Located<bool>>,
    /// The levels.
    pub levels: Vec<BandDefinition>,
}
