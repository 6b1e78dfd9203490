//! Leads, scores, grades and levels, as stories.

use serde_json::Value;
use tilework::interactions::ImportKind;

use crate::support::{
    workspace::{Database, Workspace, on_both},
    world::{World, at},
};

const MODELS: &str = r#"
kind: interaction
name: OrderPlaced
attributes:
  product: { type: text }
---
kind: scoring_model
name: buying
target: contact_leads
rules:
  - name: orders
    when: { did: OrderPlaced, within: 10 days }
    points: 10
    per: each
    at_most: 40
  - name: visits
    when: { did: WebsiteVisited }
    points: 7.3
    per: each
    half_life: 2 days
  - name: latest click
    when: { did: EmailClicked, at_least: 2 times }
    points: 20
    half_life: 12 hours
  - name: size
    when: true
    points: account.employees / 30
    at_most: 20
  - name: went quiet
    when: { did_not: OrderPlaced, within: 3 days }
    points: -5
  - name: young lead
    when: days_since(lead.created_on) < 4
    points: 3
grades:
  - { name: Warm, from: 10 }
  - { name: Cold }
  - { name: Hot, from: 30 }
sales_ready: 30
---
kind: scoring_model
name: account-buying
target: account_leads
consent: profiling
rules:
  - name: orders
    when: { did: OrderPlaced, within: 10 days }
    points: 2
    per: each
---
kind: scoring_model
name: engagement
target: accounts
rules:
  - name: orders
    when: { did: OrderPlaced, within: 5 days }
    points: 10
    per: each
  - name: breadth
    when:
      any_contact: { did: OrderPlaced, within: 5 days }
      at_least: 2 contacts
    points: 5
---
kind: levels
name: account-tier
of: account
model: engagement
primary: true
levels:
  - { name: At Risk }
  - { name: Healthy, from: 10 }
  - { name: Strategic, from: 25 }
---
kind: segment
name: strategic
target: account
where: account.level == "Strategic"
"#;

const START: &str = "2026-03-01 08:00";

fn world(database: Database) -> World {
    let mut world = Workspace::on(database).file("journeys/models.yaml", MODELS).open();
    world.import(ImportKind::Accounts, "id,name,employees\nacme,Acme,300\nglobex,Globex,\n");
    world.import(
        ImportKind::Contacts,
        "id,account_id,consent\nada,acme,profiling\nbob,acme,marketing\ncy,globex,profiling\n",
    );
    world.import(
        ImportKind::Leads,
        "id,contact_id,account_id,owner,created_on\nof-ada,ada,,ann@vendor.example,2026-03-01T08:00:00Z\n\
         of-both,ada,acme,,\nof-acme,,acme,,\nof-nobody,,,,\nof-cy,cy,,,2026-03-01T08:00:00Z\n",
    );
    world
}

fn scores(world: &mut World) -> Vec<String> {
    world.tables().lines(
        "SELECT m.name, COALESCE(l.id, a.id), s.score, COALESCE(s.grade, '-') FROM score s JOIN scoring_model m ON m.key = s.model_key
         LEFT JOIN lead l ON l.key = s.subject_key AND m.target LIKE '%leads'
         LEFT JOIN account a ON a.key = s.subject_key AND m.target = 'accounts' ORDER BY m.name, 2",
    )
}

#[test]
fn rule_21_each_lead_is_scored_as_what_it_is() {
    on_both(|database| {
        let mut world = world(database);
        world.did("ada", "OrderPlaced", "2026-03-01 07:00");
        world.did("bob", "OrderPlaced", "2026-03-01 07:00");
        world.tick(START);
        assert_eq!(
            scores(&mut world),
            [
                // Bob's order doesn't count: he is below the model's consent.
                "account-buying of-acme 2 -",
                "buying of-ada 23 Warm",
                "buying of-both 20 Warm",
                "buying of-cy -2 Cold",
                "engagement acme 25 -",
                "engagement globex 0 -",
            ],
            "on {database:?}"
        );
    });
}

#[test]
fn rule_22_a_lead_becomes_sales_ready_once_until_it_is_recycled() {
    on_both(|database| {
        let mut world = world(database);
        world.tick(START);
        let ready = "SELECT l.id, l.stage, l.sales_ready, (SELECT COUNT(*) FROM interaction i JOIN interaction_type t ON t.key = i.type_key
                     WHERE t.name = 'LeadSalesReady') FROM lead l WHERE l.id = 'of-ada'";
        for hour in 1..=3 {
            world.did("ada", "OrderPlaced", &format!("2026-03-02 0{hour}:00"));
        }
        world.tick("2026-03-02 09:00");
        assert_eq!(
            world.tables().lines(ready),
            ["of-ada marketing_qualified 1 2"],
            "with the lead of both parents"
        );
        // The score falls, and rises again: it stays ready, and is told once.
        world.tick("2026-03-20 09:00");
        for hour in 1..=4 {
            world.did("ada", "OrderPlaced", &format!("2026-03-21 0{hour}:00"));
        }
        world.tick("2026-03-21 09:00");
        assert_eq!(world.tables().lines(ready), ["of-ada marketing_qualified 1 2"], "on {database:?}");
        let catalog = world.plan.catalog.clone();
        let recycle = tilework::audience::LeadChange::Recycle;
        let now = at("2026-03-21 10:00");
        assert!(
            tilework::audience::change_lead(&mut world.store, &catalog, "of-ada", &recycle, now).unwrap()
        );
        world.tick("2026-03-21 11:00");
        assert_eq!(world.tables().lines(ready), ["of-ada inquiry 0 2"], "it has to reach the score anew");
        world.tick("2026-04-10 09:00");
        for hour in 1..=4 {
            world.did("ada", "OrderPlaced", &format!("2026-04-11 0{hour}:00"));
        }
        world.tick("2026-04-11 09:00");
        assert_eq!(world.tables().lines(ready), ["of-ada marketing_qualified 1 3"], "on {database:?}");
    });
}

#[test]
fn levels_change_with_the_score_and_every_change_is_kept() {
    on_both(|database| {
        let mut world = world(database);
        world.tick(START);
        world.did("ada", "OrderPlaced", "2026-03-02 07:00");
        world.tick("2026-03-02 08:00");
        world.did("bob", "OrderPlaced", "2026-03-02 09:00");
        world.tick("2026-03-02 10:00");
        assert_eq!(
            world.tables().lines("SELECT a.id FROM membership m JOIN account a ON a.key = m.subject_key"),
            ["acme"],
            "a segment that asks for the level has followed within the same run"
        );
        world.tick("2026-03-09 10:00");
        let changes = world.tables().lines(
            "SELECT a.id, COALESCE(c.from_level, '-'), COALESCE(c.to_level, '-') FROM level_change c
             JOIN account a ON a.key = c.subject_key ORDER BY a.id, c.at",
        );
        assert_eq!(
            changes,
            [
                "acme - At Risk",
                "acme At Risk Healthy",
                "acme Healthy Strategic",
                "acme Strategic At Risk",
                "globex - At Risk"
            ],
            "on {database:?}"
        );
        let told = world.tables().lines(
            "SELECT c.id, i.from_text, i.to_text FROM interaction i JOIN interaction_type t ON t.key = i.type_key
             JOIN contact c ON c.key = i.contact_key WHERE t.name = 'LevelChanged' AND c.id = 'bob' ORDER BY i.at",
        );
        assert_eq!(told, ["bob At Risk Healthy", "bob Healthy Strategic", "bob Strategic At Risk"]);
        assert!(world.tables().lines("SELECT 1 FROM membership").is_empty());
    });
}

/// The sum of a story's lines.
fn sum_of_lines(story: &Value) -> f64 {
    story["rules"].as_array().unwrap().iter().map(|rule| rule["points"].as_f64().unwrap()).sum()
}

#[test]
fn programs_read_scores_and_every_point_of_them() {
    let mut world = world(Database::Sqlite);
    world.did("ada", "OrderPlaced", "2026-03-01 07:00");
    world.did("ada", "WebsiteVisited", "2026-02-27 07:30");
    world.did("bob", "OrderPlaced", "2026-03-01 07:00");
    world.tick(START);
    let workspace = world.close();
    let run = |arguments: &[&str]| -> Value {
        let ran = workspace.program(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let leads = run(&["lead", "list", "--sales-ready", "--format", "json"]);
    assert!(leads.as_array().unwrap().is_empty(), "{leads}");
    let leads = run(&["lead", "list", "--format", "json"]);
    let ada = leads.as_array().unwrap().iter().find(|lead| lead["id"] == "of-ada").unwrap();
    assert_eq!(ada["scores"]["buying"]["grade"], "Warm", "{ada}");
    assert_eq!(ada["owner"], "ann@vendor.example");
    let accounts = run(&["account", "list", "--format", "json"]);
    assert_eq!(accounts[0]["scores"]["engagement"]["score"], 25, "{accounts}");
    assert_eq!(
        (accounts[0]["level"].as_str(), accounts[0]["levels"]["account-tier"].as_str()),
        (Some("Strategic"), Some("Strategic"))
    );
    let why = run(&["why", "lead", "of-ada", "--format", "json"]);
    let story = &why["scores"][0];
    assert_eq!(story["score"], ada["scores"]["buying"]["score"]);
    assert!((sum_of_lines(story) - story["points"].as_f64().unwrap()).abs() < 1e-9, "{story}");
    assert_eq!(story["rules"][0]["interactions"][0]["contact_id"], "ada");
    assert_eq!(story["rules"][0]["interactions"][0]["until"], "2026-03-11T07:00:00.001Z");
    let why = run(&["why", "lead", "of-acme", "--format", "json"]);
    assert_eq!((&why["scores"][0]["left_out"], &why["scores"][0]["contacts"]), (&1.into(), &2.into()));
    let shown = run(&["score", "show", "buying", "--format", "json"]);
    assert_eq!((&shown["count"], &shown["grades"][0]["grade"]), (&3.into(), &"Hot".into()));
    let preview = run(&["score", "preview", "buying", "--format", "json"]);
    assert_eq!((&preview["higher"], &preview["new"], &preview["gone"]), (&0.into(), &0.into(), &0.into()));
    let calibrated =
        run(&["score", "calibrate", "buying", "--outcome", "{ did: OrderPlaced }", "--format", "json"]);
    assert_eq!((&calibrated["subjects"], &calibrated["outcomes"]), (&3.into(), &2.into()));
    assert_eq!(calibrated["auc"]["value"], 1.0);
    let made = run(&["lead", "create", "--topic", "By phone", "--contact", "cy", "--format", "json"]);
    let id = made["id"].as_str().unwrap();
    assert_eq!(run(&["lead", "accept", id, "--format", "json"])["changed"], true);
    assert_eq!(run(&["lead", "accept", id, "--format", "json"])["changed"], false);
    assert_eq!(run(&["lead", "show", id, "--format", "json"])["stage"], "sales_accepted");
    assert_eq!(
        run(&["lead", "disqualify", id, "--reason", "no budget", "--format", "json"])["changed"],
        true
    );
    assert_eq!(
        workspace.program(&["lead", "accept", id]).code,
        2,
        "a disqualified lead has to be recycled first"
    );
    assert_eq!(run(&["lead", "assign", id, "--owner", "bo", "--format", "json"])["changed"], true);
    assert_eq!(workspace.program(&["lead", "link", id, "--account", "nowhere"]).code, 2);
}

#[test]
fn a_grade_needs_no_name_of_a_model_where_one_alone_gives_grades() {
    on_both(|database| {
        let mut world = world(database);
        let segment = "kind: segment\nname: warm\ntarget: account\nwhere:\n  any_lead:\n    all:\n      - lead.grade == \"Warm\"\n      - lead.stage == \"inquiry\"\n";
        world.write("journeys/warm.yaml", segment);
        world.did("ada", "OrderPlaced", "2026-03-01 07:00");
        world.tick(START);
        let members = "SELECT a.id FROM membership m JOIN account a ON a.key = m.subject_key JOIN segment g ON g.key = m.segment_key WHERE g.name = 'warm'";
        assert_eq!(world.tables().lines(members), ["acme"], "on {database:?}");
    });
}

#[test]
fn children_give_no_points_whatever_a_model_asks_for() {
    on_both(|database| {
        let rules = "rules:\n  - { name: paid, when: { did: Paid }, points: 10, per: each }\n";
        let asked =
            "  - { name: often, when: { any_contact: { did: Paid, at_least: 2 times } }, points: 100 }\n";
        let models = format!(
            "kind: interaction\nname: Paid\n---\n\
             kind: scoring_model\nname: accounts\ntarget: accounts\n{rules}{asked}---\n\
             kind: scoring_model\nname: consenting\ntarget: accounts\nconsent: profiling\n{rules}{asked}---\n\
             kind: scoring_model\nname: people\ntarget: contacts\n{rules}"
        );
        let mut world = Workspace::on(database).file("journeys/models.yaml", &models).open();
        world.import(ImportKind::Accounts, "id,name\nacme,Acme\n");
        let people = "id,account_id,consent,is_child\nada,acme,profiling,\nkim,acme,profiling,true\n";
        world.import(ImportKind::Contacts, people);
        let paid = |id: &str, who: &str| format!("{id},Paid,2026-02-01T00:00:00Z,{who}\n");
        let rows = [paid("p1", "ada"), paid("p2", "kim"), paid("p3", "kim")].concat();
        world.import(ImportKind::Interactions, &format!("id,type,at,contact_id\n{rows}"));
        let scores = "SELECT m.name, COALESCE(c.id, a.id), z.score FROM score z
             JOIN scoring_model m ON m.key = z.model_key
             LEFT JOIN contact c ON c.key = z.subject_key AND m.name = 'people'
             LEFT JOIN account a ON a.key = z.subject_key AND m.name <> 'people' ORDER BY 1, 2";
        world.tick(START);
        let expected = ["accounts acme 10", "consenting acme 10", "people ada 10"];
        assert_eq!(world.tables().lines(scores), expected, "kim is a child, on {database:?}");
        world.import(ImportKind::Contacts, "id,is_child\nada,true\nkim,false\n");
        world.tick("2026-03-01 09:00");
        let expected = ["accounts acme 120", "consenting acme 120", "people kim 20"];
        assert_eq!(world.tables().lines(scores), expected, "now ada is, on {database:?}");
    });
}

#[test]
fn rule_21_sums_over_an_account_count_those_who_meet_the_consent() {
    on_both(|database| {
        let models = "kind: interaction\nname: Paid\nattributes:\n  amount: { type: number }\n---\n\
            kind: scoring_model\nname: paying\ntarget: accounts\nconsent: profiling\nrules:\n  \
            - { name: sum, when: { did: Paid, sum: amount, at_least: 100 }, points: 1 }\n  \
            - { name: most, when: { did: Paid, max: amount, at_least: 50 }, points: 10 }\n  \
            - { name: own, when: { did: Paid, where: interaction.amount > account.employees }, points: 100 }\n";
        let mut world = Workspace::on(database).file("journeys/models.yaml", models).open();
        world.import(ImportKind::Accounts, "id,employees\nacme,20\n");
        world.import(ImportKind::Contacts, "id,account_id,consent\nada,acme,profiling\nbob,acme,marketing\n");
        world.import(
            ImportKind::Interactions,
            "id,type,at,contact_id,amount\np1,Paid,2026-02-01T00:00:00Z,ada,15\np2,Paid,2026-02-01T00:00:00Z,bob,90\n",
        );
        let score = "SELECT score FROM score";
        world.tick(START);
        assert_eq!(world.tables().lines(score), ["0"], "bob is below the model's consent, on {database:?}");
        world.import(ImportKind::Contacts, "id,consent,consent_since\nbob,profiling,2026-03-01\n");
        world.tick("2026-03-01 09:00");
        assert_eq!(world.tables().lines(score), ["111"], "with bob, on {database:?}");
        let plan = &world.plan;
        let stories = tilework::insights::score_stories(
            &mut world.store,
            plan,
            tilework::model::Entity::Account,
            "acme",
            at("2026-03-01 09:00"),
        );
        let stories = stories.unwrap();
        let counted: Vec<usize> = stories[0].rules.iter().map(|rule| rule.counted.len()).collect();
        assert_eq!(counted, [2, 2, 1], "each rule tells what it counted, on {database:?}");
    });
}
