//! From definitions to a plan that can be run.
//!
//! In: definitions as written. Out: a plan in which every name refers to something, every type fits,
//! every step can be reached; or all problems. It doesn't know the store, nor what time it is.

mod account_scores;
mod catalog;
mod commercial;
mod consent;
mod email;
mod flow;
mod http;
mod journey;
mod levels;
mod loops;
mod message_timing;
mod plan;
mod renames;
mod repetition;
mod scoring;
mod scoring_rule;
mod segments;
mod settings;
mod shared;
mod steps;
mod uses;
mod windows;
mod workflow;
mod workflow_plan;
mod workspace;

pub use http::{Body, HttpPlan};
pub use message_timing::MessageTiming;
pub use plan::{
    Edge, EmailChannel, EmailPlan, JourneyPlan, LevelsPlan, Members, ModelPlan, Plan, Removal, Repeat,
    SegmentPlan, Settings, SmtpPlan, StepPlan, TopicPlan,
};
pub use settings::DEFAULT_STORE;
pub use uses::{SegmentUse, needs_of, scores_of, segment_uses, warn_of_unused_segments};
pub use workflow_plan::{ChannelPlan, ChannelTransport, WorkflowPlan, WorkflowWork};
pub use workspace::compile;
