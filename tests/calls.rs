//! Functions of scripts and tables in segments and scores, and what people are told of them.

use serde_json::Value;
use tilework::interactions::ImportKind;

use crate::support::{
    workspace::{Database, Workspace, on_both},
    world::World,
};

const SCRIPT: &str = "fn region_of(contact) {
    if contact.country == \"Germany\" || contact.country == \"France\" { return \"EMEA\"; }
    if contact.country == \"Japan\" { return 7; }
    contact.country
}
fn worth(account) {
    if account.employees < 0 { throw \"nobody works there\"; }
    account.employees / 10.0
}
fn suits(lead, contact, account) {
    lead.source == \"fair\" && contact.country == \"Germany\" && account.industry == \"Finance\"
}
fn first_monday(contact) { if contact.country == \"Germany\" { \"2026-03-02\" } else { () } }
fn has_role(contact, wanted) { contact.role == wanted }
";

const TABLE: &str = "country,team,share,open,since
Germany,ann,0.5,true,2026-02-20
France,bo,1.5,false,2025-01-01
Japan,,,,
";

const DEFINITIONS: &str = r#"
kind: segment
name: emea
target: contact
where: region_of(contact) == "EMEA"
---
kind: segment
name: elsewhere
target: contact
where: region_of(contact) != "EMEA"
---
kind: segment
name: worthy
target: account
where: worth(account) * 2 >= 20
---
kind: segment
name: of-anns-team
target: contact
where: lookup("territories", contact.country, "team") == "ann"
---
kind: segment
name: with-share
target: contact
where: lookup("territories", contact.country, "share") in 0.4..=0.6
---
kind: segment
name: open
target: contact
where:
  all:
    - lookup("territories", contact.country, "open")
    - days_since(lookup("territories", contact.country, "since")) < 30
---
kind: segment
name: since-monday
target: contact
where: first_monday(contact) <= today()
---
kind: segment
name: suiting
target: lead
where: suits(lead, lead.contact, lead.account)
---
kind: segment
name: with-suiting-lead
target: account
where:
  any_lead: suits(lead, contact, account)
---
kind: segment
name: beside-a-buyer
target: contact
where:
  all:
    - has_role(account.primary_contact, "buyer")
    - not(has_role(contact, "buyer"))
---
kind: scoring_model
name: fit
target: accounts
rules:
  - name: worth
    when: true
    points: worth(account)
    at_most: 40
  - name: team
    when:
      any_contact: region_of(contact) == "EMEA"
    points: 5
---
kind: scoring_model
name: leads
target: contact_leads
rules:
  - name: suits
    when:
      all:
        - contact.country == "Germany"
        - suits(lead, contact, account)
    points: 30
  - name: share
    when: true
    points: lookup("territories", contact.country, "share") * 10
    at_most: 20
"#;

fn world(database: Database) -> World {
    let mut world = Workspace::on(database)
        .file("journeys/all.yaml", DEFINITIONS)
        .file("scripts/all.rhai", SCRIPT)
        .file("tables/territories.csv", TABLE)
        .open();
    world.import(
        ImportKind::Accounts,
        "id,name,employees,industry,primary_contact_id\nacme,Acme,300,Finance,ada\nglobex,Globex,-1,Energy,\ninitech,Initech,40,,\n",
    );
    world.import(
        ImportKind::Contacts,
        "id,account_id,country,role\nada,acme,Germany,buyer\nbob,acme,France,\ncy,globex,Japan,\ndan,,Peru,buyer\neve,initech,,\n",
    );
    world.import(
        ImportKind::Leads,
        "id,contact_id,account_id,source\nof-ada,ada,acme,fair\nof-bob,bob,acme,fair\nof-cy,cy,globex,web\n",
    );
    world
}

fn members(world: &mut World, segment: &str) -> Vec<String> {
    world.tables().lines(&format!(
        "SELECT COALESCE(c.id, a.id, l.id) FROM membership m JOIN segment s ON s.key = m.segment_key
         LEFT JOIN contact c ON c.key = m.subject_key AND s.target = 'contact'
         LEFT JOIN account a ON a.key = m.subject_key AND s.target = 'account'
         LEFT JOIN lead l ON l.key = m.subject_key AND s.target = 'lead'
         WHERE s.name = '{segment}' ORDER BY 1"
    ))
}

fn scores(world: &mut World) -> Vec<String> {
    world.tables().lines(
        "SELECT m.name, COALESCE(l.id, a.id), s.score FROM score s JOIN scoring_model m ON m.key = s.model_key
         LEFT JOIN lead l ON l.key = s.subject_key AND m.target LIKE '%leads'
         LEFT JOIN account a ON a.key = s.subject_key AND m.target = 'accounts' ORDER BY m.name, 2",
    )
}

#[test]
fn segments_compare_what_scripts_and_tables_give() {
    on_both(|database| {
        let mut world = world(database);
        world.tick("2026-03-02 08:00");
        for (segment, expected) in [
            // A number where text is wanted is no answer, and neither is nothing.
            ("emea", &["ada", "bob"][..]),
            ("elsewhere", &["cy", "dan", "eve"]),
            ("worthy", &["acme"]),
            ("of-anns-team", &["ada"]),
            ("with-share", &["ada"]),
            ("open", &["ada"]),
            ("since-monday", &["ada"]),
            ("suiting", &["of-ada"]),
            ("with-suiting-lead", &["acme"]),
            ("beside-a-buyer", &["bob"]),
        ] {
            assert_eq!(members(&mut world, segment), expected, "{segment} on {database:?}");
        }
        world.set("eve", "country", "France");
        world.import(ImportKind::Leads, "id,source\nof-ada,web\n");
        world.import(ImportKind::Accounts, "id,employees\ninitech,100\n");
        world.tick("2026-03-03 08:00");
        assert_eq!(members(&mut world, "emea"), ["ada", "bob", "eve"]);
        assert_eq!(members(&mut world, "worthy"), ["acme", "initech"]);
        assert!(members(&mut world, "suiting").is_empty());
        let states = world.store.segment_states().unwrap();
        let looked_at = |name: &str| states.iter().find(|state| state.name == name).unwrap().looked_at;
        assert_eq!(looked_at("emea"), Some(1), "only those whom a change concerns are looked at");
        world.write("tables/territories.csv", &TABLE.replace("bo,1.5", "ann,1.5"));
        world.tick("2026-03-04 08:00");
        assert_eq!(members(&mut world, "of-anns-team"), ["ada", "bob", "eve"], "a changed table is seen");
    });
}

#[test]
fn scores_are_made_of_what_scripts_and_tables_give() {
    on_both(|database| {
        let mut world = world(database);
        world.tick("2026-03-02 08:00");
        assert_eq!(
            scores(&mut world),
            [
                "fit acme 35",
                "fit globex 0",
                "fit initech 4",
                "leads of-ada 35",
                "leads of-bob 15",
                "leads of-cy 0"
            ],
            "on {database:?}"
        );
        world.import(ImportKind::Accounts, "id,employees\nglobex,70\n");
        world.set("cy", "country", "Germany");
        world.import(ImportKind::Leads, "id,source\nof-bob,web\nof-ada,web\n");
        world.tick("2026-03-03 08:00");
        let changed = [
            "fit acme 35",
            "fit globex 12",
            "fit initech 4",
            "leads of-ada 5",
            "leads of-bob 15",
            "leads of-cy 5",
        ];
        assert_eq!(scores(&mut world), changed, "on {database:?}");
        world.write("scripts/all.rhai", &SCRIPT.replace("employees / 10.0", "employees / 5.0"));
        world.tick("2026-03-04 08:00");
        assert_eq!(
            scores(&mut world)[..3],
            ["fit acme 45", "fit globex 19", "fit initech 8"],
            "a changed script is seen"
        );
    });
}

#[test]
fn people_are_told_what_a_call_gave() {
    on_both(|database| {
        let mut world = world(database);
        world.tick("2026-03-02 08:00");
        let workspace = world.close();
        let why = workspace.program(&["why", "segment", "emea", "ada", "--now", "2026-03-02 09:00"]).done();
        assert!(why.contains("region_of(contact) is \"EMEA\"   [region_of(contact): \"EMEA\"]"), "{why}");
        let why = workspace.program(&["why", "segment", "of-anns-team", "bob"]).done();
        assert!(why.contains("[lookup(\"territories\", contact.country, \"team\"): \"bo\"]"), "{why}");
        let described = workspace.program(&["segment", "describe", "worthy"]).done();
        assert!(described.contains("worth(account) * 2 is at least 20"), "{described}");
        assert!(described.contains("for those to whom the rest applies: worth."), "{described}");
        let picked = workspace
            .program(&[
                "segment",
                "pick",
                "x",
                "--where",
                "lookup(\"territories\", contact.country, \"team\") == \"bo\"",
            ])
            .done();
        assert_eq!(picked, "bob\n");
        let json = |arguments: &[&str]| -> Value {
            serde_json::from_str(&workspace.program(arguments).done()).unwrap()
        };
        let preview = json(&["segment", "preview", "worthy", "--format", "json"]);
        assert_eq!((&preview["count"], &preview["joining"]), (&1.into(), &0.into()));
        let calibrated = json(&[
            "score",
            "calibrate",
            "leads",
            "--outcome",
            "region_of(contact) == \"EMEA\"",
            "--format",
            "json",
        ]);
        assert_eq!((&calibrated["subjects"], &calibrated["outcomes"]), (&3.into(), &2.into()));
        let preview = json(&["score", "preview", "fit", "--format", "json"]);
        assert_eq!(
            (&preview["higher"], &preview["lower"], &preview["new"]),
            (&0.into(), &0.into(), &0.into())
        );
        let why = json(&["why", "account", "acme", "--format", "json"]);
        assert_eq!(why["scores"][0]["score"], 35, "{why}");
    });
}

#[test]
fn a_call_that_fails_is_told_of_with_its_place() {
    let mut world = world(Database::Sqlite);
    world.tick("2026-03-02 08:00");
    let workspace = world.close();
    let ran = workspace.program(&["segment", "preview", "worthy"]);
    assert!(ran.stderr.contains("scripts/all.rhai:7:32: nobody works there"), "{}", ran.stderr);
    let ran = workspace.program(&["segment", "preview", "emea"]);
    assert!(
        ran.stderr.contains("scripts/all.rhai:1:4: `region_of` gave a whole number, expected text"),
        "{}",
        ran.stderr
    );
}
