//! What sales and operators find in lists: what is stored is shown, and what isn't wanted is left out.

use serde_json::Value;
use tilework::interactions::ImportKind;

use crate::support::workspace::{Database, SETTINGS, Workspace, on_both};

const DEFINITIONS: &str = r#"
kind: fields
of: lead
fields:
  budget: { type: number }
---
kind: fields
of: contact
fields:
  shoe_size: { type: integer }
---
kind: segment
name: everyone
target: contact
where: true
---
kind: scoring_model
name: buying
target: contact_leads
rules:
  - { name: orders, when: { did: OrderPlaced }, points: 20, per: each }
sales_ready: 30
---
kind: scoring_model
name: health
target: accounts
rules:
  - { name: orders, when: { did: OrderPlaced }, points: 20, per: each }
---
kind: levels
name: tier
of: account
model: health
levels:
  - { name: High, from: 40 }
  - { name: Low }
---
kind: segment
name: moved-twice
target: account
where: { did: LevelChanged, at_least: 2 times }
---
kind: interaction
name: OrderPlaced
---
kind: journey
name: spring
target: account
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - id: call
    tile: activity
    with: { type: phone_call, for_each: account, assign_to: account_owner, subject: "Call {{account.name}}", description: "Ask at {{account.name}}" }
  - id: lead
    tile: create_lead
    with: { for_each: contact, topic: Spring }
"#;

/// Two accounts, one without owner, whose contacts went through a journey on the first of March.
fn workspace(database: Database, settings: &str) -> Workspace {
    let workspace = Workspace::on(database)
        .file("tilework.yaml", &format!("{SETTINGS}{settings}"))
        .file("journeys/all.yaml", DEFINITIONS);
    let mut world = workspace.open();
    world.import(
        ImportKind::Accounts,
        "id,name,owner,created_on\nacme,Acme,ann@vendor.example,2026-02-01T08:00:00Z\nglobex,Globex,,\n",
    );
    world.contacts(&[("ada", "acme"), ("bob", "acme"), ("cem", "globex")]);
    world.import(ImportKind::Contacts, "id,shoe_size\nada,38\n");
    world.import(
        ImportKind::Leads,
        "id,topic,first_name,last_name,company,email,budget,contact_id\n\
         fair,Fair,Ann,Lee,Initech,ann@initech.example,1200.5,\nold,Old,,,,,,ada\n",
    );
    world.tick("2026-03-01 08:00");
    world.close()
}

fn ids(workspace: &Workspace, arguments: &str, key: &str) -> String {
    let arguments: Vec<&str> = arguments.split(' ').chain(["--format", "json"]).collect();
    let told: Value = serde_json::from_str(&workspace.program(&arguments).done()).unwrap();
    let rows = told.as_array().unwrap().iter();
    let mut ids: Vec<&str> = rows.map(|row| row[key].as_str().unwrap_or("-")).collect();
    ids.sort_unstable();
    ids.join(" ")
}

#[test]
fn lists_are_filtered_by_owner_account_journey_and_time() {
    on_both(|database| {
        let workspace = workspace(database, "");
        let cases = [
            ("activity list --account acme", "account_id", "acme"),
            ("activity list --owner ann@vendor.example", "account_id", "acme"),
            ("activity list --journey spring --since 2026-03-01T07:00:00Z", "account_id", "acme globex"),
            ("activity list --until 2026-03-01T07:00:00Z", "account_id", ""),
            ("lead list --journey spring", "contact_id", "ada bob cem"),
            ("lead list --account globex", "contact_id", "cem"),
            ("lead list --limit 1", "id", "fair"),
            ("contact list --journey spring --account acme", "id", "ada bob"),
            ("account list --owner ann@vendor.example --until 2026-02-02T00:00:00Z", "id", "acme"),
            ("account list --journey autumn", "id", ""),
            ("outbox list --account acme --journey spring", "key", ""),
        ];
        for (arguments, key, expected) in cases {
            assert_eq!(ids(&workspace, arguments, key), expected, "{arguments}");
        }
        let nobody = workspace.program(&["activity", "list", "--owner", "nobody"]).done();
        assert_eq!(nobody, "There is no such activity.\n");
        let wrong = workspace.program(&["lead", "list", "--since", "yesterday"]);
        assert!(wrong.code == 2 && wrong.stderr.contains("2026-03-01 08:00"), "{}", wrong.stderr);
    });
}

#[test]
fn what_is_stored_is_shown() {
    on_both(|database| {
        let workspace = workspace(database, "");
        let csv = workspace.program(&["lead", "list", "--format", "csv"]).done();
        let fair = csv.lines().find(|line| line.starts_with("fair,")).unwrap();
        assert!(fair.contains("Ann,Lee,Initech,ann@initech.example") && fair.contains("1200.5"), "{csv}");
        let text = workspace.program(&["lead", "list"]).done();
        assert!(text.contains("ann@initech.example"), "{text}");
        let shown = workspace.program(&["lead", "show", "fair"]).done();
        assert!(shown.contains("company                 Initech") && shown.contains("1200.5"), "{shown}");
        let contacts = workspace.program(&["contact", "list", "--format", "csv"]).done();
        let header: Vec<&str> = contacts.lines().next().unwrap().split(',').collect();
        let place = header.iter().position(|name| *name == "shoe_size").unwrap();
        assert_eq!(contacts.lines().nth(1).unwrap().split(',').nth(place), Some("38"), "{contacts}");
        let activities = workspace.program(&["activity", "list", "--format", "csv"]).done();
        assert!(activities.contains("Ask at Acme"), "{activities}");
    });
}

#[test]
fn an_activity_without_owner_falls_to_the_journey_and_then_to_the_workspace() {
    let owners = |settings: &str, journey: &str| {
        let definitions = DEFINITIONS.replace("start: 2026", &format!("{journey}start: 2026"));
        let workspace = Workspace::on(Database::Sqlite)
            .file("tilework.yaml", &format!("{SETTINGS}{settings}"))
            .file("journeys/all.yaml", &definitions);
        let mut world = workspace.open();
        world.import(ImportKind::Accounts, "id,name\nglobex,Globex\n");
        world.contacts(&[("cem", "globex")]);
        world.tick("2026-03-01 08:00");
        let workspace = world.close();
        let status: Value = serde_json::from_str(
            &workspace.program(&["status", "--now", "2026-03-01 08:00", "--format", "json"]).stdout,
        )
        .unwrap();
        (
            ids(&workspace, "activity list", "owner"),
            status["sizes"]["activities_without_owner"].as_i64().unwrap(),
        )
    };
    assert_eq!(owners("", ""), ("-".to_owned(), 1));
    assert_eq!(owners("owner: desk@vendor.example\n", ""), ("desk@vendor.example".to_owned(), 0));
    assert_eq!(
        owners("owner: desk@vendor.example\n", "owner: jo@vendor.example\n"),
        ("jo@vendor.example".to_owned(), 0)
    );
}

#[test]
fn what_a_score_tells_all_contacts_of_an_account_counts_once_for_the_account() {
    on_both(|database| {
        let workspace = workspace(database, "");
        let mut world = workspace.open();
        world.did("ada", "OrderPlaced", "2026-03-02 07:00");
        world.did("bob", "OrderPlaced", "2026-03-02 07:10");
        world.tick("2026-03-02 08:00");
        assert_eq!(
            world.tables().lines("SELECT level FROM level ORDER BY level"),
            ["High", "Low"],
            "{database:?}"
        );
        let members = "SELECT COUNT(*) FROM membership m JOIN segment s ON s.key = m.segment_key WHERE s.name = 'moved-twice'";
        assert_eq!(
            world.tables().lines(members),
            ["0"],
            "the level changed once, whatever two contacts were told"
        );
        let why = world.close().program(&["why", "contact", "bob"]).done();
        assert!(why.contains("LevelChanged"), "each of them was told: {why}");
    });
}

#[test]
fn a_lead_for_sales_is_neither_disqualified_nor_silent_about_what_it_waits_for() {
    on_both(|database| {
        let mut world = workspace(database, "").open();
        for (at, hour) in [("a", "07:00"), ("b", "07:10")] {
            let row = format!("{at},OrderPlaced,ada,2026-03-02T{hour}:00Z\n");
            world.import(ImportKind::Interactions, &format!("id,type,contact_id,at\n{row}"));
        }
        world.tick("2026-03-02 08:00");
        let workspace = world.close();
        let ready = |workspace: &Workspace| ids(workspace, "lead list --sales-ready", "topic");
        assert_eq!(ready(&workspace), "Old Spring");
        workspace.program(&["lead", "disqualify", "old", "--reason", "left"]).done();
        assert_eq!(ready(&workspace), "Spring");
        workspace.program(&["lead", "recycle", "old"]).done();
        workspace.program(&["run", "--now", "2026-03-03 08:00"]).done();
        let why = workspace.program(&["why", "lead", "old"]).done();
        assert!(why.contains("becomes sales-ready again when the score falls below what is needed"), "{why}");
        assert_eq!(ready(&workspace), "Spring");
    });
}
