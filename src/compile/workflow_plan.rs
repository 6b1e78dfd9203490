//! Workflows and channels as they are run.

use std::{path::PathBuf, sync::Arc};

use super::{
    http::{Body, HttpPlan},
    message_timing::MessageTiming,
};
use crate::tiles::CustomTile;

/// A workflow.
#[derive(Clone)]
pub struct WorkflowPlan {
    /// Its name.
    pub name: String,
    /// Its name in the former publication, when it was another.
    pub was: Option<String>,
    /// What it does.
    pub work: WorkflowWork,
    /// When its calls may leave.
    pub timing: MessageTiming,
    /// Hash of what it means.
    pub hash: String,
    /// What was written, variables as such.
    pub content: String,
}

/// What a workflow does.
#[derive(Clone)]
pub enum WorkflowWork {
    /// A call by HTTP, which leaves through the outbox.
    Http(Box<HttpPlan>),
    /// A script, which the step carries out.
    Script(Arc<CustomTile>),
}

/// A channel for messages of tiles.
#[derive(Clone)]
pub struct ChannelPlan {
    /// How its messages leave.
    pub transport: ChannelTransport,
    /// When they may.
    pub timing: MessageTiming,
}

/// How the messages of a channel leave.
#[derive(Clone)]
pub enum ChannelTransport {
    /// A call by HTTP for each.
    Http(HttpPlan),
    /// A file of JSON for each.
    File {
        /// The folder, relative to the workspace.
        directory: PathBuf,
        /// What stands in it, when it isn't what stands there by default.
        body: Option<Body>,
    },
}
