//! Workflows and channels for messages.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    http::{self, HttpPlan, HttpScope},
    message_timing::MessageTiming,
    shared::{allowed, hash, hold, length},
    workflow_plan::{ChannelPlan, ChannelTransport, WorkflowPlan, WorkflowWork},
};
use crate::{
    calendar::Zone,
    definitions::{self, Definitions, MessageTransport, WorkflowDefinition},
    diagnostics::{Code, Problem, Problems, Text},
    model::Catalog,
    templates::Root,
    tiles::{self, KnownWorkflow, PluginNames},
};

/// Checks all workflows.
pub(super) fn compile(
    definitions: &Definitions,
    names: &PluginNames<'_>,
    problems: &mut Problems,
) -> BTreeMap<String, WorkflowPlan> {
    let allow = allowed(&definitions.settings);
    let scope = HttpScope { catalog: names.catalog, zone: names.zone, allow: &allow, roots: &Root::ALL };
    let mut plans = BTreeMap::new();
    for definition in &definitions.workflows {
        if let Some(plan) = workflow(definition, definitions, &scope, names, problems) {
            plans.entry(plan.name.clone()).or_insert(plan);
        }
    }
    plans
}

/// What a step has to know about a workflow, whether or not it could be read.
pub(super) fn known(plan: Option<&WorkflowPlan>) -> KnownWorkflow {
    match plan.map(|plan| &plan.work) {
        Some(WorkflowWork::Script(script)) => KnownWorkflow::Script(Arc::clone(script)),
        Some(WorkflowWork::Http(http)) => KnownWorkflow::Call { shows_contact: shows_contact(http) },
        None => KnownWorkflow::Call { shows_contact: false },
    }
}

/// Whether a call shows fields of the contact, so that it can't be made for an account.
fn shows_contact(http: &HttpPlan) -> bool {
    let mut shows = false;
    if let Some(body) = &http.body {
        body.templates(&mut |template| shows |= !template.needs().contact.is_empty());
    }
    shows
}

fn workflow(
    definition: &WorkflowDefinition,
    definitions: &Definitions,
    scope: &HttpScope<'_>,
    names: &PluginNames<'_>,
    problems: &mut Problems,
) -> Option<WorkflowPlan> {
    let name = &definition.header.name.value;
    let timing = timing(definition.hold.as_ref(), definition.expires.as_ref(), problems);
    let content = definitions.written(&definition.header).to_owned();
    let (work, content) = match (&definition.http, &definition.script) {
        (Some(http), _) => (WorkflowWork::Http(Box::new(http::compile(http, scope, problems)?)), content),
        (None, Some(script)) => {
            let tile = tiles::compile_workflow(name, script, names, problems)?;
            let content = format!("{content}\n{}", tile.content);
            (WorkflowWork::Script(Arc::new(tile)), content)
        }
        (None, None) => return None,
    };
    let was = definition.header.was.as_ref().map(|text| text.value.clone());
    Some(WorkflowPlan { name: name.clone(), was, work, timing, hash: hash(&[&content]), content })
}

/// Checks all channels for messages.
pub(super) fn channels(
    settings: &definitions::Settings,
    catalog: &Catalog,
    zone: &Zone,
    problems: &mut Problems,
) -> BTreeMap<String, ChannelPlan> {
    const ROOTS: [Root; 5] = [Root::Contact, Root::Account, Root::Journey, Root::Settings, Root::Message];
    let allow = allowed(settings);
    let scope = HttpScope { catalog, zone, allow: &allow, roots: &ROOTS };
    let mut plans = BTreeMap::new();
    for definition in &settings.channels {
        let timing = timing(definition.hold.as_ref(), definition.expires.as_ref(), problems);
        let transport = match &definition.transport {
            MessageTransport::Http(http) => http::compile(http, &scope, problems).map(ChannelTransport::Http),
            MessageTransport::File { directory, body } => {
                let directory = directory.as_ref().unwrap_or(&definition.name).value.clone().into();
                match body.as_ref().map(|node| http::body(node, &scope, problems)) {
                    Some(None) => None,
                    body => Some(ChannelTransport::File { directory, body: body.flatten() }),
                }
            }
        };
        if let Some(transport) = transport {
            plans.insert(definition.name.value.clone(), ChannelPlan { transport, timing });
        }
    }
    plans
}

fn timing(held: Option<&Text>, expires: Option<&Text>, problems: &mut Problems) -> MessageTiming {
    let expires_after = expires.and_then(|text| {
        let found = length(text);
        if found.is_none() {
            let message = format!("`{}` has no fixed length", text.value);
            problems.push(
                Problem::error(Code::InvalidDuration, text.span, message)
                    .hint("Write it in minutes, hours, days or weeks."),
            );
        }
        found
    });
    MessageTiming { hold: held.map_or(0, |text| hold(text, problems)), expires_after }
}
