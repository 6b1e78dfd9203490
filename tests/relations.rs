//! Records that lead to others: in segments, scoring models, journeys and mails, on both databases.

use tilework::interactions::ImportKind;

use crate::support::workspace::{SETTINGS, Workspace, on_both};

const ACCOUNTS: &str = "id,name,industry,parent_account_id,primary_contact_id
acme,Acme,Technology,,ada
bank,Bank,Finance,acme,
";

const CONTACTS: &str = "id,account_id,first_name,email
ada,acme,Ada,ada@acme.example
ben,bank,Ben,ben@bank.example
zoe,,Zoe,zoe@x.example
";

const LEADS: &str = "id,topic,contact_id,account_id
ada-only,x,ada,
ben-only,x,ben,
ada-bank,x,ada,bank
ben-acme,x,ben,acme
zoe-bank,x,zoe,bank
bank-only,x,,bank
";

const LEAD_ACCOUNTS: &str = r#"
kind: scoring_model
name: m
target: contact_leads
rules:
  - { name: the lead's account, when: lead.account.industry == "Finance", points: 1 }
  - { name: the contact's account, when: lead.contact.account.industry == "Finance", points: 10 }
  - { name: by id, when: lead.account_id == "bank", points: 100 }
  - { name: by the record's id, when: lead.account.id == "bank", points: 1000 }
  - { name: its parent, when: lead.account.parent_account.name == "Acme", points: 10000 }
---
kind: segment
name: own
target: lead
where: lead.account.industry == "Finance"
---
kind: segment
name: bare
target: lead
where: account.industry == "Finance"
---
kind: segment
name: of-the-contact
target: lead
where: lead.contact.account.industry == "Finance"
---
kind: segment
name: far
target: lead
where: account.parent_account.primary_contact.first_name == "Ada"
"#;

#[test]
fn the_account_of_a_lead_is_its_own_everywhere() {
    on_both(|database| {
        let mut world = Workspace::on(database).file("journeys/all.yaml", LEAD_ACCOUNTS).open();
        world.import(ImportKind::Accounts, ACCOUNTS);
        world.import(ImportKind::Contacts, CONTACTS);
        world.import(ImportKind::Leads, LEADS);
        world.tick("2026-06-01 08:00");
        let tables = world.tables();
        let mut members = |name: &str| {
            let ids = tables.lines(&format!(
                "SELECT l.id FROM membership m JOIN segment s ON s.key = m.segment_key
                 JOIN lead l ON l.key = m.subject_key WHERE s.name = '{name}' ORDER BY l.id"
            ));
            ids.join(" ")
        };
        assert_eq!(members("own"), "ada-bank bank-only zoe-bank", "on {database:?}");
        assert_eq!(members("bare"), "ada-bank bank-only zoe-bank", "on {database:?}");
        assert_eq!(members("of-the-contact"), "ben-acme ben-only", "on {database:?}");
        assert_eq!(members("far"), "ada-bank bank-only zoe-bank", "on {database:?}");
        let scores = world.tables().lines(
            "SELECT l.id || ' ' || s.score FROM score s JOIN lead l ON l.key = s.subject_key ORDER BY l.id",
        );
        assert_eq!(
            scores,
            ["ada-bank 11101", "ada-only 0", "ben-acme 10", "ben-only 10", "zoe-bank 11101"],
            "on {database:?}"
        );
        // A parent that changes changes whoever leads to it.
        world.import(ImportKind::Accounts, "id,name\nacme,Acme Group\n");
        world.import(ImportKind::Contacts, "id,first_name\nada,Ida\n");
        world.tick("2026-06-02 08:00");
        assert_eq!(
            world.tables().lines(
                "SELECT s.score FROM score s JOIN lead l ON l.key = s.subject_key WHERE l.id = 'ada-bank'"
            ),
            ["1101"],
            "on {database:?}"
        );
        drop(world.close());
    });
}

const MAIL: &str = r#"
kind: segment
name: everyone
target: contact
where: true
---
kind: email
name: hello
subject: "{{contact.first_name}}|{{account.id}} {{account.name}}|{{contact.account_id}} {{contact.account.name}}"
text: "{{account.parent_account.name}}|{{contact.account.parent_account.primary_contact.first_name}}|"
purpose: transactional
---
kind: journey
name: j
target: contact
owner: m@v.example
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - { id: pause, tile: wait, with: { for: 1 day } }
  - id: which
    tile: branch
    with: { cases: { parent: account.parent_account.name == "Acme", moved: contact.account.name == "Acme" } }
    paths:
      parent:
        - { id: task, tile: activity, with: { type: task, subject: "Ask {{account.parent_account.name}}" } }
  - { id: mail, tile: email, with: { email: hello } }
"#;

#[test]
fn mails_and_journeys_follow_relations_and_take_id_and_name_of_one_moment() {
    on_both(|database| {
        let workspace = Workspace::on(database).file("tilework.yaml", SETTINGS);
        let mut world = workspace.file("journeys/all.yaml", MAIL).open();
        world.import(ImportKind::Accounts, ACCOUNTS);
        world.import(ImportKind::Contacts, CONTACTS);
        world.tick("2026-03-01 08:00");
        // Ben changes the account after he entered.
        world.set("ben", "account_id", "acme");
        world.tick("2026-03-02 08:00");
        let mut mails: Vec<String> = world.workspace.mails().into_iter().map(|(_, mail)| mail).collect();
        mails.sort();
        let holds = |text: &str| mails.iter().any(|mail| mail.contains(text));
        assert!(holds("Subject: Ben|bank Bank|acme Acme"), "on {database:?}: {mails:?}");
        assert!(holds("Subject: Ada|acme Acme|acme Acme"), "on {database:?}: {mails:?}");
        assert!(holds("\nAcme||"), "Bank's parent, and Acme has none: {mails:?}");
        let tasks = world.tables().lines("SELECT subject FROM activity");
        assert_eq!(tasks, ["Ask Acme"], "on {database:?}");
        drop(world.close());
    });
}
