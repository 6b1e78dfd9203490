//! Where the messages of a channel go.

use std::{collections::BTreeSet, path::Path};

use crate::{
    compile::{Body, ChannelTransport, HttpPlan, Plan, WorkflowWork},
    tiles::WORKFLOW,
};

/// Where the messages of a channel go.
pub(in crate::channels) enum Target<'a> {
    /// A call by HTTP for each.
    Http(&'a HttpPlan),
    /// A file for each, with what stands in it.
    File(&'a Path, Option<&'a Body>),
}

/// Where a channel leads; why nowhere.
pub(in crate::channels) fn target<'a>(plan: &'a Plan, channel: &str) -> Result<Target<'a>, String> {
    if let Some(name) = channel.strip_prefix(WORKFLOW) {
        return match plan.workflows.get(name).map(|workflow| &workflow.work) {
            Some(WorkflowWork::Http(http)) => Ok(Target::Http(http)),
            Some(WorkflowWork::Script(_)) => {
                Err(format!("the workflow `{name}` is a script now, and calls nobody"))
            }
            None => Err(format!("there is no workflow `{name}` any more")),
        };
    }
    match plan.channels.get(channel).map(|channel| &channel.transport) {
        Some(ChannelTransport::Http(http)) => Ok(Target::Http(http)),
        Some(ChannelTransport::File { directory, body }) => Ok(Target::File(directory, body.as_ref())),
        None => Err(format!("there is no channel `{channel}` in `tilework.yaml`")),
    }
}

impl<'a> Target<'a> {
    /// The body that the definition gives, where it gives one.
    pub(in crate::channels) fn body(&self) -> Option<&'a Body> {
        match self {
            Target::Http(http) => http.body.as_ref(),
            Target::File(_, body) => *body,
        }
    }
}

/// Names of the fields of contacts and accounts that any of the plan's workflows and channels shows.
pub(in crate::channels) fn shown_fields(plan: &Plan) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut contact, mut account) = (BTreeSet::new(), BTreeSet::new());
    let workflows = plan.workflows.values().filter_map(|workflow| match &workflow.work {
        WorkflowWork::Http(http) => http.body.as_ref(),
        WorkflowWork::Script(_) => None,
    });
    let channels = plan.channels.values().filter_map(|channel| match &channel.transport {
        ChannelTransport::Http(http) => http.body.as_ref(),
        ChannelTransport::File { body, .. } => body.as_ref(),
    });
    for body in workflows.chain(channels) {
        body.templates(&mut |template| {
            contact.extend(template.needs().contact.iter().map(String::as_str));
            account.extend(template.needs().account.iter().map(String::as_str));
        });
    }
    (contact, account)
}
