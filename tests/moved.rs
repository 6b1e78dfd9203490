//! A person leaves an account: who stays is looked at again, and history stays with the account.

use tilework::{
    insights::{score_stories, segment_story},
    interactions::ImportKind,
    model::Entity,
    store::Member,
};

use crate::support::{
    workspace::{Database, Workspace, on_both},
    world::{World, at},
};

const DEFINITIONS: &str = r#"
kind: interaction
name: Visited
attributes:
  pages: { type: number }
---
{ kind: segment, name: colleague-visited, target: contact, where: { any_contact: { did: Visited } } }
---
{ kind: segment, name: without-boss, target: contact, where: { no_contact: 'contact.role == "boss"' } }
---
{ kind: segment, name: accounts-without-boss, target: account, where: { no_contact: 'contact.role == "boss"' } }
---
{ kind: segment, name: visited, target: account, where: { did: Visited, within: 90 days } }
---
{ kind: segment, name: unvisited, target: account, where: { did_not: Visited, within: 90 days } }
---
{ kind: segment, name: read-much, target: account, where: { did: Visited, sum: pages, at_least: 3 } }
---
{ kind: segment, name: with-a-visitor, target: account, where: { any_contact: { did: Visited } } }
---
{ kind: segment, name: level-changed, target: account, where: { did: LevelChanged } }
---
kind: scoring_model
name: colleagues
target: contacts
rules: [{ name: visited, when: { any_contact: { did: Visited } }, points: 10 }]
---
kind: scoring_model
name: lead-colleagues
target: contact_leads
rules: [{ name: visited, when: { any_contact: { did: Visited } }, points: 10 }]
---
kind: scoring_model
name: engagement
target: accounts
consent: profiling
rules: [{ name: visits, when: { did: Visited, within: 90 days }, points: 5, per: each }]
---
kind: levels
name: tier
of: account
model: engagement
levels: [{ name: Low }, { name: High, from: 5 }]
"#;

/// Acme has ada, and abe, its boss; birch has bea; cid has no account.
fn world(database: Database) -> World {
    let mut world = Workspace::on(database).file("journeys/all.yaml", DEFINITIONS).open();
    world.facts_at = Some(at("2026-03-01 08:00"));
    world.import(ImportKind::Accounts, "id,name\nacme,Acme\nbirch,Birch\n");
    world.import(
        ImportKind::Contacts,
        "id,account_id,role,consent\nada,acme,,profiling\nabe,acme,boss,profiling\nbea,birch,,profiling\n\
         cid,,,profiling\n",
    );
    world
}

fn members(world: &mut World, name: &str) -> String {
    let target = world.plan.segments.iter().find(|segment| segment.name == name).unwrap().target;
    let mut ids = Vec::new();
    let mut each = |member: Member| {
        ids.push(member.id);
        Ok(())
    };
    world.store.segment_members(name, target, &mut each).unwrap();
    ids.join(" ")
}

#[track_caller]
fn hold(world: &mut World, expected: &[(&str, &str)]) {
    for (segment, expected) in expected {
        assert_eq!(members(world, segment), *expected, "{segment}");
    }
}

fn score(world: &mut World, entity: Entity, id: &str, model: &str) -> i64 {
    let key = world.store.key_of(entity, id).unwrap().unwrap();
    let rows = world.store.scores_of(entity, key).unwrap();
    rows.iter().find(|row| row.model == model).map_or(-1, |row| row.score)
}

/// A visit of two pages, for an account where one is named.
fn visit(world: &mut World, contact: &str, when: &str, account: &str) {
    let row = format!(
        "id,type,at,contact_id,account_id,pages\n{contact}/{when},Visited,{when},{contact},{account},2\n"
    );
    world.import(ImportKind::Interactions, &row);
}

fn moves(world: &mut World, contact: &str, account: &str, when: &str) {
    world.set_at(ImportKind::Contacts, contact, "account_id", account, when);
}

#[test]
fn rule_6_those_whom_a_colleague_leaves_are_looked_at_again() {
    on_both(|database| {
        let mut world = world(database);
        world.import(ImportKind::Leads, "id,contact_id\nl-ada,ada\nl-bea,bea\n");
        visit(&mut world, "abe", "2026-03-01 07:00", "");
        world.tick("2026-03-02 08:00");
        hold(&mut world, &[("colleague-visited", "abe ada"), ("without-boss", "bea cid")]);
        moves(&mut world, "abe", "birch", "2026-03-02 09:00");
        world.tick("2026-03-03 08:00");
        hold(
            &mut world,
            &[
                ("colleague-visited", "abe bea"),
                ("without-boss", "ada cid"),
                ("accounts-without-boss", "acme"),
            ],
        );
        for (contact, points) in [("ada", 0), ("abe", 10), ("bea", 10)] {
            assert_eq!(score(&mut world, Entity::Contact, contact, "colleagues"), points, "{contact}");
        }
        for (lead, points) in [("l-ada", 0), ("l-bea", 10)] {
            assert_eq!(score(&mut world, Entity::Lead, lead, "lead-colleagues"), points, "{lead}");
        }
    });
}

#[test]
fn rule_6_history_stays_with_the_account_that_a_person_leaves() {
    on_both(|database| {
        let mut world = world(database);
        visit(&mut world, "abe", "2026-03-01 07:00", "");
        world.tick("2026-03-02 08:00");
        hold(&mut world, &[("visited", "acme"), ("unvisited", "birch"), ("with-a-visitor", "acme")]);
        moves(&mut world, "abe", "birch", "2026-03-02 09:00");
        world.tick("2026-03-03 08:00");
        // People are asked for all that they ever did.
        hold(&mut world, &[("visited", "acme"), ("unvisited", "birch"), ("with-a-visitor", "birch")]);
        assert_eq!(score(&mut world, Entity::Account, "acme", "engagement"), 5);
        assert_eq!(score(&mut world, Entity::Account, "birch", "engagement"), 0);

        // What is imported late belongs to the account of that time, what comes later to the new one.
        visit(&mut world, "abe", "2026-03-02 08:30", "");
        visit(&mut world, "abe", "2026-03-02 09:00", "");
        world.tick("2026-03-03 09:00");
        hold(&mut world, &[("visited", "acme birch"), ("unvisited", ""), ("read-much", "acme")]);
        assert_eq!(score(&mut world, Entity::Account, "acme", "engagement"), 10);
        assert_eq!(score(&mut world, Entity::Account, "birch", "engagement"), 5);

        for (segment, account, holds) in
            [("visited", "acme", true), ("read-much", "acme", true), ("read-much", "birch", false)]
        {
            let plan = world.plan.segments.iter().find(|plan| plan.name == segment).unwrap().clone();
            let now = at("2026-03-03 09:00");
            let story = segment_story(&mut world.store, &plan, account, &world.plan, now).unwrap().unwrap();
            assert_eq!((story.is_member, story.holds), (holds, holds), "{segment} of {account}");
        }
    });
}

#[test]
fn rule_6_an_interaction_stands_in_the_history_of_the_account_that_its_file_names() {
    on_both(|database| {
        let mut world = world(database);
        visit(&mut world, "ada", "2026-03-01 07:00", "birch");
        visit(&mut world, "cid", "2026-03-01 07:00", "birch");
        let (summary, rejects) = world.try_import(
            ImportKind::Interactions,
            b"id,type,at,contact_id,account_id\ni1,Visited,2026-03-01 07:00,ada,brich\ni2,Visited,2026-03-01 07:00,nobody,acme\n",
        );
        assert_eq!((summary.created, summary.rejected), (0, 2));
        assert_eq!(
            rejects,
            [
                "2: `account_id`: there is no account `brich`; import accounts before what was done for them, \
                 or leave `account_id` empty for the contact's",
                "3: there is no contact `nobody`; import contacts before their interactions",
            ]
        );
        world.tick("2026-03-02 08:00");
        hold(&mut world, &[("visited", "birch"), ("with-a-visitor", "acme"), ("read-much", "birch")]);
        assert_eq!(score(&mut world, Entity::Account, "birch", "engagement"), 10);
    });
}

#[test]
fn rule_6_what_was_done_without_an_account_goes_to_the_first_that_the_contact_gets() {
    on_both(|database| {
        let mut world = world(database);
        // The account of dee comes later.
        world.import(ImportKind::Contacts, "id,account_id,consent\ndee,cedar,profiling\n");
        visit(&mut world, "cid", "2026-03-01 07:00", "");
        visit(&mut world, "dee", "2026-03-01 07:00", "");
        world.tick("2026-03-02 08:00");
        hold(&mut world, &[("visited", "")]);
        moves(&mut world, "cid", "acme", "2026-03-02 09:00");
        let before = world.facts_at.replace(at("2026-03-02 09:00"));
        world.import(ImportKind::Accounts, "id,name\ncedar,Cedar\n");
        world.facts_at = before;
        world.tick("2026-03-03 08:00");
        hold(&mut world, &[("visited", "acme cedar")]);
        assert_eq!(score(&mut world, Entity::Account, "cedar", "engagement"), 5);
        moves(&mut world, "cid", "", "2026-03-03 09:00");
        moves(&mut world, "dee", "birch", "2026-03-03 09:00");
        // Between two accounts: the next one.
        visit(&mut world, "cid", "2026-03-03 10:00", "");
        world.tick("2026-03-04 08:00");
        hold(&mut world, &[("visited", "acme cedar"), ("read-much", "")]);
        moves(&mut world, "cid", "birch", "2026-03-04 09:00");
        world.tick("2026-03-05 08:00");
        hold(&mut world, &[("visited", "acme birch cedar"), ("read-much", "")]);
    });
}

#[test]
fn rule_22_an_account_model_asks_the_present_consent_of_a_person_who_has_left() {
    on_both(|database| {
        let mut world = world(database);
        visit(&mut world, "abe", "2026-03-01 07:00", "");
        world.tick("2026-03-02 08:00");
        moves(&mut world, "abe", "birch", "2026-03-02 09:00");
        world.tick("2026-03-03 08:00");
        assert_eq!(score(&mut world, Entity::Account, "acme", "engagement"), 5);
        world.set_at(ImportKind::Contacts, "abe", "consent", "none", "2026-03-03 09:00");
        world.tick("2026-03-04 08:00");
        assert_eq!(score(&mut world, Entity::Account, "acme", "engagement"), 0);
        let now = at("2026-03-04 08:00");
        let stories = score_stories(&mut world.store, &world.plan, Entity::Account, "acme", now).unwrap();
        let story = stories.into_iter().find(|story| story.model == "engagement").unwrap();
        assert_eq!((story.contacts, story.left_out), (2, 1));
        world.facts_at = Some(at("2026-03-04 09:00"));
        world.import(ImportKind::Contacts, "id,consent,consent_since\nabe,profiling,2026-03-04 09:00\n");
        world.tick("2026-03-05 08:00");
        assert_eq!(score(&mut world, Entity::Account, "acme", "engagement"), 5);
        // The change of the level was the account's, and stays its own when all its people are gone.
        for contact in ["ada", "abe", "bea"] {
            moves(&mut world, contact, "", "2026-03-05 09:00");
        }
        world.tick("2026-03-06 08:00");
        hold(&mut world, &[("level-changed", "acme"), ("visited", "acme")]);
    });
}
