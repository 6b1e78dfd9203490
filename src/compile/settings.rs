//! Settings with what isn't written filled in.

use super::{
    plan::{EmailChannel, Settings},
    shared::{allowed, hold, zone},
};
use crate::{
    calendar::{Holidays, Schedule, Zone},
    definitions,
    diagnostics::{Problems, Text},
};

/// Where everything is kept unless the settings say otherwise.
pub const DEFAULT_STORE: &str = "sqlite:tilework.db";
const REFRESH: &str = "*/5 * * * *";

/// Checks settings; what can't be used is reported and replaced by what stands there by default.
pub(super) fn compile(written: &definitions::Settings, problems: &mut Problems) -> Settings {
    let zone = written.timezone.as_ref().map_or_else(Zone::utc, |text| zone(text, problems));
    let zone = zone.with_holidays(&Holidays::of(written.holidays.iter().map(Text::as_str)));
    let email = written.email.as_ref();
    let hold = email.and_then(|email| email.hold.as_ref()).map_or(0, |text| hold(text, problems));
    let refresh = written.refresh.as_ref().map_or(REFRESH, Text::as_str);
    let refresh = match Schedule::parse(refresh).or_else(|_| Schedule::parse(REFRESH)) {
        Ok(schedule) => schedule,
        Err(_) => unreachable!("`{REFRESH}` is a cron line"),
    };
    Settings {
        name: written.name.as_ref().map_or_else(|| "tilework".to_owned(), |name| name.value.clone()),
        texts: written.texts.iter().map(|(name, text)| (name.value.clone(), text.value.clone())).collect(),
        zone,
        owner: written.owner.as_ref().map(|owner| owner.value.clone()),
        store: written.store.as_ref().map_or_else(|| DEFAULT_STORE.to_owned(), |store| store.value.clone()),
        publish: written.publish,
        email: EmailChannel {
            directory: email
                .and_then(|email| email.directory.as_ref())
                .map_or_else(|| "mail".into(), |directory| directory.value.clone().into()),
            from: email
                .and_then(|email| email.from.as_ref())
                .map_or_else(|| "no-reply@localhost".to_owned(), |from| from.value.clone()),
            hold,
            only_to: email
                .map(|email| [&email.only_to, &email.also_only_to].map(|list| texts(list)).to_vec())
                .unwrap_or_default(),
        },
        consent: written.consent.clone().unwrap_or_default(),
        allow: allowed(written),
        messages_per_run: written.messages_per_run,
        refresh,
        removed_journeys: written.removed.journeys.iter().map(|name| name.value.clone()).collect(),
        removed_fields: written
            .removed
            .fields
            .iter()
            .map(|(entity, name)| (entity.value, name.value.clone()))
            .collect(),
    }
}

fn texts(list: &[Text]) -> Vec<String> {
    list.iter().map(|text| text.value.clone()).collect()
}
