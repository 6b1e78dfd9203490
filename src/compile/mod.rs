//! From definitions to a plan that can be run.
//!
//! In: definitions as written. Out: a plan in which every name refers to something, every type fits,
//! every step can be reached; or all problems. It doesn't know the store, nor what time it is.

mod catalog;
mod email;
mod flow;
mod journey;
mod levels;
mod plan;
mod scoring;
mod scoring_rule;
mod segments;
mod settings;
mod steps;
mod workspace;

pub use plan::{
    Edge, EmailChannel, EmailPlan, JourneyPlan, LevelsPlan, Members, ModelPlan, Plan, Removal, SegmentPlan,
    Settings, StepPlan,
};
pub use workspace::compile;
