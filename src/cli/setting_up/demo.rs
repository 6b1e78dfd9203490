//! `demo`: the product in one screen.

use std::{collections::BTreeSet, path::Path};

use rust_embed::Embed;
use serde_json::Value as Json;

use super::new_folder::write_new_folder;
use crate::cli::{
    CliError, Exit, Output,
    arguments::args::{Format, GlobalArguments},
    working::run,
    workspaces::published,
};
use crate::{
    calendar::parse_moment,
    compile::Plan,
    insights::{JourneyFacts, JourneyReport, Narrowed, contact_story, journey_report},
    interactions::{self, EmptyCells, ImportFormat, ImportKind, ImportRequest},
    model::DecimalSign,
    model::{Entity, time::rfc3339},
    runtime,
    store::{ListFilter, OutboxState, Store, StoreAddress},
};

#[derive(Embed)]
#[folder = "journeys/"]
struct Journeys;

#[derive(Embed)]
#[folder = "plugins/"]
struct Plugins;

#[derive(Embed)]
#[folder = "scripts/"]
struct Scripts;

#[derive(Embed)]
#[folder = "tables/"]
struct Tables;

#[derive(Embed)]
#[folder = "data/"]
struct Data;

const SETTINGS: &str = include_str!("../../../tilework.yaml");

/// When the demo's six weeks end.
const UNTIL: &str = "2026-02-16 00:00";

/// The journey that the screen tells of.
const JOURNEY: &str = "spring-offer";

/// Makes a sample workspace, plays six weeks in it, and prints what happened.
pub(in crate::cli) fn demo(
    global: &GlobalArguments,
    directory: &Path,
    program: &str,
    output: &mut Output,
) -> Result<Exit, CliError> {
    copy(directory)?;
    let global = GlobalArguments { workspace: directory.to_owned(), environment: None, ..global.clone() };
    let folder = published::of_folder(&global, published::TO_RUN)?;
    let snapshot = folder.snapshot.clone();
    let plan = folder.plan_or_report(output)?;
    let mut store = Store::open_for_writing(&StoreAddress::parse(&plan.settings.store, directory)?)?;
    store.declare(&plan.catalog)?;
    let kinds = [ImportKind::Accounts, ImportKind::Contacts, ImportKind::Interactions];
    let now = runtime::moment_of_facts(&mut store, None)?;
    let mut imported = Vec::new();
    for kind in kinds {
        imported.push(import(&mut store, &plan, kind, now)?);
    }
    store.analyze()?;
    if !store.start_worker(runtime::real_now())? {
        return Err(CliError::usage("another run is at work in the demo's folder"));
    }
    let until = parse_moment(UNTIL, &plan.settings.zone)?;
    let from = runtime::starting_point(&mut store, &plan, None, until)?;
    run::play(&plan, &mut store, (directory, snapshot), from, until)?;

    if output.format() == Format::Json {
        let totals = store.totals()?;
        output.json(&serde_json::json!({
            "workspace": directory, "from": rfc3339(from), "until": rfc3339(until), "entered": totals.entered,
            "delivered": totals.delivered, "leads": totals.leads, "activities": totals.activities,
        }))?;
        return Ok(Exit::Done);
    }
    let screen = screen(&plan, &mut store, directory, program, &imported, until)?;
    output.text(&screen)?;
    Ok(Exit::Done)
}

/// Copies the sample workspace to a folder that is empty or doesn't exist.
fn copy(directory: &Path) -> Result<(), CliError> {
    let mut all = vec![("tilework.yaml".to_owned(), SETTINGS.as_bytes().to_vec())];
    all.extend(files::<Journeys>("journeys"));
    all.extend(files::<Plugins>("plugins"));
    all.extend(files::<Scripts>("scripts"));
    all.extend(files::<Tables>("tables"));
    all.extend(files::<Data>("data"));
    write_new_folder(directory, &all, "the sample", "tilework demo my-demo")
}

fn files<E: Embed>(folder: &str) -> Vec<(String, Vec<u8>)> {
    E::iter()
        .filter_map(|name| E::get(&name).map(|file| (format!("{folder}/{name}"), file.data.into_owned())))
        .collect()
}

/// Imports one of the sample's files and tells how many rows it has.
fn import(store: &mut Store, plan: &Plan, kind: ImportKind, now: i64) -> Result<u64, CliError> {
    let file = Data::get(&format!("{}.csv", kind.name()));
    let bytes = file.map(|file| file.data.into_owned()).unwrap_or_default();
    let request = ImportRequest {
        kind,
        format: Some(ImportFormat::Csv),
        catalog: &plan.catalog,
        zone: &plan.settings.zone,
        decimal: Some(DecimalSign::Point),
        map: Vec::new(),
        empty: EmptyCells::Leave,
        replace: false,
        batch_size: ImportRequest::BATCH_SIZE,
    };
    let summary = interactions::import(
        bytes.as_slice(),
        &request,
        &mut |batch| interactions::write(store, &plan.catalog, batch, now),
        &mut |_| Ok(()),
        &mut |_, _| {},
    )
    .map_err(|error| match error {
        interactions::ImportError::Input(error) => CliError::from(error),
        interactions::ImportError::Sink(error) => error.into(),
    })?;
    Ok(summary.read)
}

fn screen(
    plan: &Plan,
    store: &mut Store,
    directory: &Path,
    program: &str,
    imported: &[u64],
    now: i64,
) -> Result<String, CliError> {
    let Some(journey) = plan.journey(JOURNEY) else {
        return Err(CliError::usage(format!("the sample has no journey `{JOURNEY}`")));
    };
    let facts = JourneyFacts::of(journey);
    let report = journey_report(store, &facts, Narrowed::default(), now)?;
    let totals = store.totals()?;
    let folder = directory.display();
    let [accounts, contacts, interactions] = [0, 1, 2].map(|at| imported.get(at).copied().unwrap_or(0));
    let mut lines = vec![
        format!(
            "A sample workspace stands in `{folder}`. Northlight, an invented vendor, keeps its marketing there:"
        ),
        format!(
            "  {folder}/journeys   {} segments, {} e-mails and {} journeys, in YAML that you can edit, check and keep in git",
            plan.segments.len(),
            plan.emails.len(),
            plan.journeys.len()
        ),
        format!(
            "  {folder}/data       {accounts} accounts, {contacts} contacts and {interactions} interactions, imported into {folder}/tilework.db"
        ),
        String::new(),
        "Six weeks were played, from 5 January to 16 February 2026, event by event, as a scheduler would."
            .to_owned(),
        String::new(),
        format!("The journey `{JOURNEY}` treats each company as one: one decision, one lead, one call."),
        format!("  audience   {}", audience(&report)),
    ];
    for step in &report.steps {
        lines.push(format!("  {:<11}{}", step.id, step_words(store, plan, &step.id, &report)?));
    }
    if let Some((account, contact)) = an_example(store)? {
        lines.push(String::new());
        lines.extend(example(plan, store, &account, &contact, now)?);
        lines.push(String::new());
        lines.push(format!(
            "In all {} mails were written to {folder}/mail ({} more may not be sent), {} leads and {} activities made,",
            totals.delivered, totals.blocked, totals.leads, totals.activities
        ));
        lines.push(
            "each exactly once, however often and whenever it runs, and wherever it is interrupted."
                .to_owned(),
        );
        lines.push(String::new());
        lines.push("Try next:".to_owned());
        lines.push(format!("  {program} -C {folder} journey show {JOURNEY} --account {account}"));
        lines.push(format!("  {program} -C {folder} why contact {contact}"));
        lines.push(format!(
            "  {program} -C {folder} check        # after breaking something in {folder}/journeys/spring-offer.yaml"
        ));
    }
    Ok(lines.join("\n"))
}

fn audience(report: &JourneyReport) -> String {
    let kept: Vec<String> = report
        .audience
        .kept_out
        .iter()
        .map(|(reason, count)| format!("{count} {}", reason.replace('_', " ")))
        .collect();
    let kept = if kept.is_empty() { String::new() } else { format!(" (not: {})", kept.join(", ")) };
    format!("{} contacts, {} entered{kept}", report.audience.all, report.summary.entered)
}

/// What happened at a step, in words that belong to its tile.
fn step_words(store: &mut Store, plan: &Plan, id: &str, report: &JourneyReport) -> Result<String, CliError> {
    let Some(step) = report.steps.iter().find(|step| step.id == id) else { return Ok(String::new()) };
    let stopped = match step.stopped {
        0 => String::new(),
        count => {
            let reasons: Vec<String> =
                report.stop_reasons.keys().map(|reason| reason.replace('_', " ")).collect();
            format!(", {count} stopped ({})", reasons.join(", "))
        }
    };
    let mut made = 0;
    let words = match step.tile.as_str() {
        "email" => {
            store.messages(Some(OutboxState::Delivered), &ListFilter::default(), &mut |row| {
                made += usize::from(row.journey == JOURNEY && row.step == id);
                Ok(())
            })?;
            format!("{made} mails to {} contacts", step.inflow)
        }
        "trigger" => {
            let what = match id {
                "ordered" => "waits up to 14 days for an order: ",
                _ => "waits for two colleagues to click: ",
            };
            let paths: Vec<String> = step
                .paths
                .iter()
                .map(|(path, count)| {
                    let to = plan
                        .journey(JOURNEY)
                        .and_then(|journey| {
                            let to = journey.step(id)?.leads_to(Some(path))?;
                            journey.steps.get(to)
                        })
                        .map_or("out", |step| step.id.as_str());
                    format!("{count} contacts take `{path}` to {to}")
                })
                .collect();
            format!("{what}{}", paths.join(", "))
        }
        "create_lead" => {
            store.leads(false, None, &ListFilter::default(), &[], &mut |row| {
                made +=
                    usize::from(row.step.as_deref() == Some(id) && row.journey.as_deref() == Some(JOURNEY));
                Ok(())
            })?;
            format!("{} contacts pass, {made} leads: one for each account", step.processed)
        }
        "activity" => {
            store.activities(&ListFilter::default(), &mut |row| {
                made +=
                    usize::from(row.step.as_deref() == Some(id) && row.journey.as_deref() == Some(JOURNEY));
                Ok(())
            })?;
            format!("{} contacts pass, {made} activities: one for each account", step.processed)
        }
        _ => format!("{} contacts pass", step.processed),
    };
    Ok(format!("{words}{stopped}"))
}

/// An account of several contacts that took the offer, the first by id, and its second contact: the
/// screen is the same every time.
fn an_example(store: &mut Store) -> Result<Option<(String, String)>, CliError> {
    let mut accounts = BTreeSet::new();
    store.leads(false, None, &ListFilter::default(), &[], &mut |row| {
        accounts.extend(row.account_id);
        Ok(())
    })?;
    let mut found: Option<(String, Vec<String>)> = None;
    for account in accounts {
        let mut contacts = BTreeSet::new();
        store.messages(None, &ListFilter::default(), &mut |row| {
            if row.journey == JOURNEY && row.account_id.as_deref() == Some(account.as_str()) {
                contacts.extend(row.contact_id);
            }
            Ok(())
        })?;
        if contacts.len() >= 3 && found.is_none() {
            found = Some((account, contacts.into_iter().collect()));
        }
    }
    Ok(found.and_then(|(account, contacts)| contacts.into_iter().nth(1).map(|contact| (account, contact))))
}

/// One contact's way, as `why` knows it.
fn example(
    plan: &Plan,
    store: &mut Store,
    account: &str,
    contact: &str,
    now: i64,
) -> Result<Vec<String>, CliError> {
    let fields = plan.catalog.fields(Entity::Account);
    let name = store
        .record(Entity::Account, account, fields)?
        .and_then(|record| record.get("name").map(ToString::to_string))
        .unwrap_or_else(|| account.to_owned());
    let facts: Vec<JourneyFacts<'_>> = plan.journeys.iter().map(JourneyFacts::of).collect();
    let Some(story) = contact_story(store, contact, &facts, now)? else { return Ok(Vec::new()) };
    let who = story.name.clone().unwrap_or_else(|| contact.to_owned());
    let mut lines = vec![format!("{who} of {name}, one of those contacts:")];
    for journey in story.journeys.iter().filter(|journey| journey.participation.journey == JOURNEY) {
        for stop in &journey.visits {
            let visit = &stop.visit;
            let at = rfc3339(visit.left_at.unwrap_or(visit.arrived_at));
            let path = visit.path.as_ref().map_or(String::new(), |path| format!(" took `{path}`"));
            let because = visit.because.as_ref().map_or(String::new(), |because| format!(": {because}"));
            lines.push(format!("  {at}  {}{path}{because}", visit.step));
            for made in &stop.made {
                let once = if made.for_account { ", once for the account" } else { "" };
                let about = match &made.about {
                    Some(about) => serde_json::from_str::<Json>(about)
                        .ok()
                        .and_then(|content| content["email"].as_str().map(str::to_owned))
                        .unwrap_or_else(|| about.clone()),
                    None => made.id.clone(),
                };
                let kind = if made.kind == "message" { "mail" } else { made.kind.as_str() };
                lines.push(format!("                               {kind}: {about}{once}"));
            }
        }
    }
    Ok(lines)
}
