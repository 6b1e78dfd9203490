//! Read models: what the store holds, as people and programs ask for it.
//!
//! In: the store's rows, and what the definitions say that the store doesn't know. Out: plain structs
//! for faces to render. It doesn't know how they are shown, and it writes nothing.

mod account_story;
mod calibration;
mod changed_types;
mod contact_story;
mod dangling;
mod flow;
mod journey_facts;
mod journeys;
mod not_counted;
mod score_story;
mod segment_lints;
mod segment_story;
mod segments;
mod status;
mod topics;

pub use account_story::{AccountElsewhere, AccountJourney, AccountStep, AccountStory, account_story};
pub use calibration::{Calibration, Estimate, RuleCalibration, calibration};
pub use changed_types::report_changed_types;
pub use contact_story::{ContactStory, Elsewhere, JourneyStory, VisitStory, contact_story};
pub use dangling::told_links;
pub use journey_facts::{JourneyFacts, StepFacts};
pub use journeys::{
    IterationReport, JourneyReport, JourneyState, JourneySummary, Narrowed, Nobody, StepReport,
    journey_report, journey_summary,
};
pub use not_counted::{NotCounted, Opening};
pub use score_story::{CountedStory, RuleStory, ScoreStory, score_stories};
pub use segment_lints::warn_of_what_is_not_there;
pub use segment_story::{SegmentStory, segment_story};
pub use segments::{SegmentDay, SegmentSummary, TREND, segment_days, segment_summaries, slowest_clause};
pub use status::{Alarm, Status, status};
pub use topics::{EmptyTopic, empty_topics, warn_of_empty_topics};
