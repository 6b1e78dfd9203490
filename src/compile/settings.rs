//! Settings with what isn't written filled in.

use super::{
    plan::{EmailChannel, Settings, SmtpPlan},
    shared::{allowed, hold, zone},
};
use crate::{
    calendar::{Holidays, Schedule, Zone},
    definitions::{self, DkimDefinition},
    diagnostics::{Code, Problem, Problems, Text},
    model::DkimKey,
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
        company: written.company.iter().map(|(name, text)| (*name, text.value.clone())).collect(),
        http: written.http.as_ref().map(|http| http.value.clone()),
        public_url: written.public_url.as_ref().map(|url| url.value.trim_end_matches('/').to_owned()),
        zone,
        owner: written.owner.as_ref().map(|owner| owner.value.clone()),
        store: written.store.as_ref().map_or_else(|| DEFAULT_STORE.to_owned(), |store| store.value.clone()),
        publish: written.publish,
        email: EmailChannel {
            smtp: email.and_then(|email| email.smtp.as_ref()).map(|written| smtp(written, problems)),
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

/// Reads a key that signs; one that stands in a variable which isn't set was reported where that was read.
fn dkim(written: &DkimDefinition, problems: &mut Problems) -> Option<DkimKey> {
    if written.key.value.contains("${") {
        return None;
    }
    match DkimKey::read(&written.domain.value, &written.selector.value, &written.key.value) {
        Ok(key) => Some(key),
        Err(reason) => {
            let message = format!("the key for `{}` can't be used: {reason}", written.domain.value);
            problems.push(
                Problem::error(Code::InvalidSetting, written.key.span, message).hint(
                    "Make one by `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out dkim.pem`, and write `${file:dkim.pem}`.",
                ),
            );
            None
        }
    }
}

fn smtp(written: &definitions::SmtpDefinition, problems: &mut Problems) -> SmtpPlan {
    let text = |text: &Text| text.value.clone();
    SmtpPlan {
        host: text(&written.host),
        port: written.port,
        encryption: written.encryption,
        login: written
            .username
            .as_ref()
            .map(|name| (text(name), written.password.as_ref().map_or_else(String::new, text))),
        connections: written.connections,
        rate: written.rate,
        return_path: written.return_path.as_ref().map(text),
        dkim: written.dkim.iter().filter_map(|key| dkim(key, problems)).collect(),
    }
}

fn texts(list: &[Text]) -> Vec<String> {
    list.iter().map(|text| text.value.clone()).collect()
}
