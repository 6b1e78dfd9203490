//! The checklist: catalog, settings, segments, e-mails, journeys.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{Plan, catalog, email, journey, segments, settings};
use crate::{definitions::Definitions, diagnostics::Problems};

/// Checks definitions. All problems are reported; when any of them is an error there is no plan.
pub fn compile(definitions: &Definitions, problems: &mut Problems) -> Option<Plan> {
    let settings = settings::compile(&definitions.settings, problems);
    let catalog = catalog::compile(definitions, problems);
    let segments = segments::compile(definitions, &catalog, &settings.zone, problems);
    let emails = email::compile(definitions, &catalog, &settings.zone, problems);
    let names: BTreeSet<String> =
        definitions.emails.iter().map(|email| email.header.name.value.clone()).collect();
    let mut journeys = Vec::new();
    for definition in &definitions.journeys {
        journeys.extend(journey::compile(
            definition,
            definitions,
            &catalog,
            &settings.zone,
            &names,
            problems,
        ));
    }
    problems.forgive_lost(&definitions.sources);
    journeys.sort_by(|a, b| a.name.cmp(&b.name));
    if problems.has_errors() {
        return None;
    }
    Some(Plan { settings, catalog, segments, emails, journeys })
}

/// A short hash of texts: the same texts, the same hash, on every machine.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
