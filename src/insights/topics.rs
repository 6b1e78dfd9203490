//! Topics to which nobody subscribed whom a journey writes to.

use std::collections::BTreeSet;

use crate::{
    compile::{EmailPlan, JourneyPlan, Plan},
    definitions::Definitions,
    diagnostics::{Code, Problem, Problems},
    model::{MailDemand, Predicate},
    store::{Store, StoreError},
    tiles::Work,
};

/// A topic of which a journey sends mail that nobody in its audience gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmptyTopic {
    /// The journey.
    pub journey: String,
    /// The first e-mail of the topic that it sends.
    pub email: String,
    /// The topic.
    pub topic: String,
    /// How many are in the journey's audience.
    pub audience: i64,
}

impl EmptyTopic {
    /// What is to be said of it, such as `0 of 70 subscribed to product-news`.
    #[must_use]
    pub fn told(&self) -> String {
        format!("0 of {} subscribed to {}", self.audience, self.topic)
    }
}

/// The topics of mails, in journeys that aren't over at `now`, to which nobody in the audience subscribed.
///
/// # Errors
/// When the store fails.
pub fn empty_topics(store: &mut Store, plan: &Plan, now: i64) -> Result<Vec<EmptyTopic>, StoreError> {
    let mut found = Vec::new();
    for journey in plan.journeys.iter().filter(|journey| journey.end.is_none_or(|end| end > now)) {
        let mut seen = BTreeSet::new();
        for email in emails(plan, journey) {
            let MailDemand::OptIn(topic) = email.demand() else { continue };
            if !seen.insert(topic.clone()) {
                continue;
            }
            let subscribed = Predicate::Subscribed { topic: topic.clone() };
            let both = Predicate::All(vec![journey.audience.clone(), subscribed]);
            let mut count = |predicate: &Predicate| {
                store.audience_counts(predicate, &[], None, journey.zone.name(), now).map(|counts| counts.all)
            };
            let audience = count(&journey.audience)?;
            if audience > 0 && count(&both)? == 0 {
                let (journey, email) = (journey.name.clone(), email.name.clone());
                found.push(EmptyTopic { journey, email, topic, audience });
            }
        }
    }
    Ok(found)
}

/// The e-mails that a journey sends, in the order of its steps.
fn emails<'a>(plan: &'a Plan, journey: &'a JourneyPlan) -> impl Iterator<Item = &'a EmailPlan> {
    journey.steps.iter().filter_map(|step| match &step.tile.work {
        Work::Uniform(uniform) => plan.email(&uniform.mail.as_ref()?.email),
        Work::Each(_) => None,
    })
}

/// Warns of mails whose topic nobody subscribed to who would get them.
///
/// # Errors
/// When the store fails.
pub fn warn_of_empty_topics(
    definitions: &Definitions,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    problems: &mut Problems,
) -> Result<(), StoreError> {
    for empty in empty_topics(store, plan, now)? {
        let definition = definitions.emails.iter().find(|email| email.header.name.value == empty.email);
        let Some(definition) = definition else { continue };
        let span = definition.topic.as_ref().map_or(definition.header.name.span, |topic| topic.span);
        let message = format!("{} in the audience of `{}`", empty.told(), empty.journey);
        problems.push(Problem::warning(Code::NobodySubscribed, span, message).hint(
            "Import who subscribed: `tilework import subscriptions FILE`; until then these mails are blocked.",
        ));
    }
    Ok(())
}
