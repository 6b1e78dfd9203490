//! E-mails: their templates.

use std::collections::BTreeMap;

use super::{plan::EmailPlan, shared::hash};
use crate::{
    calendar::Zone,
    definitions::{Definitions, EmailDefinition},
    diagnostics::{Code, Problem, Problems, Text, did_you_mean},
    model::Catalog,
    templates::{Root, Template, TemplateFormat, TemplateScope},
};

/// Checks all e-mails.
pub(super) fn compile(
    definitions: &Definitions,
    catalog: &Catalog,
    zone: &Zone,
    problems: &mut Problems,
) -> BTreeMap<String, EmailPlan> {
    let mut plans = BTreeMap::new();
    for definition in &definitions.emails {
        if let Some(plan) = email(definition, definitions, catalog, zone, problems) {
            plans.entry(plan.name.clone()).or_insert(plan);
        }
    }
    plans
}

fn email(
    definition: &EmailDefinition,
    definitions: &Definitions,
    catalog: &Catalog,
    zone: &Zone,
    problems: &mut Problems,
) -> Option<EmailPlan> {
    let mut topic_plan = None;
    if let Some(topic) = &definition.topic {
        let topics = || definitions.topics.iter().map(|topic| topic.header.name.value.as_str());
        let found = definitions.topics.iter().find(|found| found.header.name.value == topic.value);
        topic_plan = found.map(|found| (topic.value.clone(), found.subscription));
        if found.is_none() {
            let define = format!("Define it: `kind: topic`, and below it `name: {}`.", topic.value);
            problems.push(
                Problem::error(
                    Code::UnknownTopic,
                    topic.span,
                    format!("there is no topic `{}`", topic.value),
                )
                .hint(did_you_mean(&topic.value, topics()).unwrap_or(define)),
            );
        }
    }
    let mut template = |text: &Text, format| {
        let partials = Some(&definitions.templates);
        let scope = TemplateScope { format, roots: &Root::MAIL, catalog, zone, partials };
        Template::compile(text, &scope, problems)
    };
    let subject = template(&definition.subject, TemplateFormat::Text);
    let html = definition.html.as_ref().map(|text| template(text, TemplateFormat::Html));
    let text = definition.text.as_ref().map(|text| template(text, TemplateFormat::Text));
    let manner = &definition.manner;
    let from = manner.from.as_ref().map(|text| template(text, TemplateFormat::Text));
    let reply_to = manner.reply_to.as_ref().map(|text| template(text, TemplateFormat::Text));
    let meaning = format!("{topic_plan:?} {} {:?}", definition.sends_duplicates, manner.language);
    let header = &definition.header;
    let included: String = [Some(&subject), html.as_ref(), text.as_ref()]
        .into_iter()
        .flatten()
        .flatten()
        .flat_map(|template| &template.needs().partials)
        .filter_map(|name| Some(format!("\n{name}\n{}", definitions.templates.get(name)?.as_str())))
        .collect();
    let written = |text: &Option<Text>| text.as_ref().map_or("", |text| text.value.as_str()).to_owned();
    Some(EmailPlan {
        name: header.name.value.clone(),
        was: header.was.as_ref().map(|text| text.value.clone()),
        subject: subject?,
        html: html.map_or(Some(None), |html| html.map(Some))?,
        text: text.map_or(Some(None), |text| text.map(Some))?,
        from: from.map_or(Some(None), |from| from.map(Some))?,
        reply_to: reply_to.map_or(Some(None), |reply_to| reply_to.map(Some))?,
        language: manner.language,
        purpose: definition.purpose,
        topic: topic_plan,
        sends_duplicates: definition.sends_duplicates,
        hash: hash(&[
            &definition.subject.value,
            &written(&definition.html),
            &written(&definition.text),
            &format!("{:?}", definition.purpose),
            &meaning,
            &included,
            &written(&manner.from),
            &written(&manner.reply_to),
        ]),
        content: definitions.written(header).to_owned(),
    })
}
