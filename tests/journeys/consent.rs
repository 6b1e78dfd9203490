//! Who may get commercial mail: subscriptions, consent, refusals.

use tilework::interactions::ImportKind;

use super::{EVERYONE, workspace};
use crate::support::{
    workspace::{Database, SETTINGS, on_both},
    world::World,
};

pub(super) const MAILS: &str = r#"
kind: topic
name: news
---
kind: topic
name: tips
subscription: opt_out
---
kind: email
name: letter
topic: news
subject: News
text: "Dear {{contact.first_name}}"
---
kind: email
name: hint
topic: tips
subject: A tip
text: "Dear {{contact.first_name}}"
---
kind: email
name: ad
subject: An offer
text: "Dear {{contact.first_name}}"
"#;

pub(super) const LETTER_AND_NOTICE: &str = "
  - id: letter
    tile: email
    with: { email: letter }
  - id: notice
    tile: email
    with: { email: notice }
  - id: pause
    tile: wait
    with: { for: 30 days }
";

fn settings(consent: &str) -> String {
    SETTINGS.replace("consent: { unrecorded: marketing }", consent)
}

/// A world with the mails, and contacts of no account: ids and addresses made from them.
pub(super) fn of(database: Database, consent: &str, keys: &str, steps: &str, contacts: &[&str]) -> World {
    let mut world = workspace(database, keys, steps)
        .file("journeys/mails.yaml", MAILS)
        .file("tilework.yaml", &settings(consent))
        .open();
    let contacts: Vec<(&str, &str)> = contacts.iter().map(|id| (*id, "")).collect();
    world.contacts(&contacts);
    world
}

pub(super) fn said(world: &mut World, rows: &[&str]) {
    let rows: Vec<String> = rows.iter().enumerate().map(|(at, row)| format!("said-{at},{row}")).collect();
    world.import(
        ImportKind::Interactions,
        &format!("id,contact_id,type,at,topic,category\n{}\n", rows.join("\n")),
    );
}

/// What became of the mails of a step, by contact.
pub(super) fn fates(world: &mut World, step: &str) -> Vec<String> {
    let middle = format!(" {step} ");
    world
        .messages()
        .iter()
        .filter(|line| line.contains(&middle))
        .map(|line| line.replace(&middle, " "))
        .collect()
}

pub(super) const NONE: &str = "consent: { unrecorded: none }";

#[test]
fn rule_32_each_no_to_commercial_mail_has_its_reason_and_the_first_of_them_counts() {
    on_both(|database| {
        let everybody = [
            "bounced",
            "bulk",
            "child",
            "complained",
            "fine",
            "left",
            "no",
            "nowhere",
            "odd",
            "quit",
            "silent",
            "withdrew",
        ];
        let mut world =
            of(database, NONE, &format!("{EVERYONE}\npurpose: transactional"), LETTER_AND_NOTICE, &everybody);
        let subscribed: Vec<String> = everybody
            .iter()
            .filter(|id| **id != "silent")
            .map(|id| format!("{id},Subscribed,2026-02-01 08:00,news,"))
            .collect();
        let mut rows: Vec<&str> = subscribed.iter().map(String::as_str).collect();
        rows.extend([
            "left,Unsubscribed,2026-02-02 08:00,,",
            "quit,Unsubscribed,2026-02-02 08:00,news,",
            "bounced,EmailHardBounced,2026-02-02 08:00,,5.1.1",
            "fine,EmailHardBounced,2026-02-02 08:00,,5.7.1",
            "complained,EmailMarkedAsSpam,2026-02-02 08:00,,",
        ]);
        said(&mut world, &rows);
        for (contact, field, value) in [
            ("bulk", "do_not_bulk_email", "yes"),
            ("child", "is_child", "yes"),
            ("no", "do_not_email", "yes"),
            ("nowhere", "email", ""),
            ("withdrew", "consent", "none"),
            // The reason that comes first counts.
            ("left", "do_not_bulk_email", "no"),
            ("quit", "consent", "none"),
        ] {
            world.set(contact, field, value);
        }
        // No import brings such an address; one that was there before may be.
        let odd =
            "UPDATE contact SET email = 'odd at nowhere', address_key = NULL WHERE id = 'odd' RETURNING id";
        assert_eq!(world.tables().lines(odd), ["odd"]);
        world.tick("2026-03-01 08:00");
        assert_eq!(
            fates(&mut world, "letter"),
            [
                "bounced blocked bounced",
                "bulk blocked do_not_bulk_email",
                "child blocked is_child",
                "complained blocked complained",
                "fine delivered",
                "left blocked unsubscribed",
                "no blocked do_not_email",
                "nowhere blocked no_address",
                "odd blocked invalid_address",
                "quit blocked unsubscribed_topic",
                "silent blocked not_subscribed",
                "withdrew blocked below_subscriptions",
            ]
        );
        assert_eq!(
            fates(&mut world, "notice"),
            [
                "bounced blocked bounced",
                "bulk delivered",
                "child delivered",
                "complained blocked complained",
                "fine delivered",
                "left delivered",
                "no blocked do_not_email",
                "nowhere blocked no_address",
                "odd blocked invalid_address",
                "quit delivered",
                "silent delivered",
                "withdrew delivered",
            ],
            "transactional mail is never asked for consent"
        );
        let reasons = world.tables().lines(
            "SELECT DISTINCT i.reason_text FROM interaction i JOIN interaction_type t ON t.key = i.type_key
             WHERE t.name = 'EmailBlocked' AND i.step = 'notice' ORDER BY 1",
        );
        assert_eq!(reasons, ["bounced", "complained", "do_not_email", "invalid_address", "no_address"]);
        for contact in everybody {
            world.ways(&[(contact, "letter notice | at pause")]);
        }
    });
}

#[test]
fn rule_9_a_subscription_is_the_consent_for_its_topic_unless_consent_was_withdrawn_later() {
    on_both(|database| {
        let mut world = of(database, NONE, EVERYONE, LETTER_AND_NOTICE, &["again", "before", "later", "tie"]);
        said(
            &mut world,
            &[
                "again,Unsubscribed,2026-02-01 08:00,news,",
                "again,Subscribed,2026-02-02 08:00,news,",
                "before,Subscribed,2026-02-02 08:00,news,",
                "later,Subscribed,2026-02-02 08:00,news,",
                "tie,Subscribed,2026-02-02 08:00,news,",
                "tie,Unsubscribed,2026-02-02 08:00,news,",
            ],
        );
        world.import(
            ImportKind::Contacts,
            "id,consent,consent_since\nbefore,transactional,2026-02-01 08:00\nlater,transactional,2026-02-03 08:00\n",
        );
        world.tick("2026-03-01 08:00");
        assert_eq!(
            fates(&mut world, "letter"),
            [
                "again delivered",
                "before delivered",
                "later blocked below_subscriptions",
                "tie blocked unsubscribed_topic"
            ]
        );
    });
}

#[test]
fn rule_9_an_unrecorded_or_expired_consent_counts_as_the_settings_say_by_country() {
    const BOTH: &str = "
  - id: hint
    tile: email
    with: { email: hint }
  - id: ad
    tile: email
    with: { email: ad }
";
    on_both(|database| {
        let consent = "consent: { unrecorded: none, in: { US: marketing, CA: subscriptions } }";
        let everybody = ["ca", "expired", "given", "nl", "today", "us", "us-account"];
        let mut world = of(database, consent, EVERYONE, BOTH, &everybody);
        world.import(ImportKind::Accounts, "id,name,country\nacme,Acme,us\n");
        world.import(
            ImportKind::Contacts,
            "id,country,account_id,consent,consent_until\nca,CA,,,\nexpired,NL,,profiling,2026-02-28\n\
             given,NL,,marketing,\nnl,NL,acme,,\ntoday,NL,,marketing,2026-03-01\nus, us ,,,\nus-account,,acme,,\n",
        );
        world.tick("2026-03-01 08:00");
        assert_eq!(
            fates(&mut world, "hint"),
            [
                "ca delivered",
                "expired blocked below_subscriptions",
                "given delivered",
                "nl blocked below_subscriptions",
                "today delivered",
                "us delivered",
                "us-account delivered",
            ]
        );
        assert_eq!(
            fates(&mut world, "ad"),
            [
                "ca blocked below_marketing",
                "expired blocked below_marketing",
                "given delivered",
                "nl blocked below_marketing",
                "today delivered",
                "us delivered",
                "us-account delivered",
            ]
        );
    });
}

#[test]
fn rule_9_leaving_a_topic_blocks_its_mails_and_leaving_everything_stops() {
    const STEPS: &str = "
  - id: pause
    tile: wait
    with: { for: 1 day }
  - id: letter
    tile: email
    with: { email: letter }
  - id: long
    tile: wait
    with: { for: 30 days }
";
    on_both(|database| {
        let mut world = of(database, NONE, EVERYONE, STEPS, &["ann", "bea", "cid", "dora", "eli"]);
        said(
            &mut world,
            &[
                "ann,Subscribed,2026-02-01 08:00,news,",
                "bea,Subscribed,2026-02-01 08:00,news,",
                "cid,Subscribed,2026-02-01 08:00,news,",
                "dora,Unsubscribed,2026-02-01 08:00,,",
                "eli,Unsubscribed,2026-02-01 08:00,,",
                "eli,Subscribed,2026-02-02 08:00,news,",
                // What hasn't happened yet doesn't count (rule 5).
                "ann,Unsubscribed,2026-03-20 08:00,,",
            ],
        );
        world.tick("2026-03-01 08:00");
        world.ways(&[("dora", "never entered"), ("eli", "| at pause")]);
        world.import(
            ImportKind::Interactions,
            "id,type,at,contact_id,topic\nx1,Unsubscribed,2026-03-02 07:00,bea,news\nx2,Unsubscribed,2026-03-02 07:00,cid,\n",
        );
        world.tick("2026-03-02 08:00");
        world.ways(&[
            ("ann", "pause letter | at long"),
            ("bea", "pause letter | at long"),
            ("cid", "pause! | stopped: unsubscribed"),
            ("eli", "pause letter | at long"),
        ]);
        assert_eq!(
            fates(&mut world, "letter"),
            ["ann delivered", "bea blocked unsubscribed_topic", "eli delivered"]
        );
        // Somewhere on the way, without any step: at once.
        world.import(
            ImportKind::Interactions,
            "id,type,at,contact_id,topic\nx3,Unsubscribed,2026-03-05 07:00,bea,\n",
        );
        world.tick("2026-03-05 08:00");
        world.ways(&[
            ("bea", "pause letter long! | stopped: unsubscribed"),
            ("ann", "pause letter | at long"),
        ]);
        let shown = world.close().program(&["journey", "show", "spring"]).done();
        assert!(shown.contains("5 in audience, 4 entered: 1 unsubscribed"), "{shown}");
        assert!(shown.contains("2 stopped: 2 unsubscribed"), "{shown}");
    });
}

#[test]
fn rule_9_leaving_everything_is_asked_again_before_hand_over_and_not_in_transactional_journeys() {
    for (purpose, fate, way) in [
        ("", "ann blocked unsubscribed", "letter notice pause! | stopped: unsubscribed"),
        ("\npurpose: transactional", "ann delivered", "letter notice | at pause"),
    ] {
        on_both(|database| {
            let mut world = of(database, NONE, &format!("{EVERYONE}{purpose}"), LETTER_AND_NOTICE, &["ann"]);
            let held = settings(NONE).replace("directory: mail", "directory: mail\n    hold: 1 hour");
            world.write("tilework.yaml", &held);
            said(&mut world, &["ann,Subscribed,2026-02-01 08:00,news,"]);
            world.tick("2026-03-01 08:00");
            world.import(
                ImportKind::Interactions,
                "id,type,at,contact_id,topic\nx,Unsubscribed,2026-03-01 08:30,ann,\n",
            );
            world.tick("2026-03-01 09:00");
            assert_eq!(fates(&mut world, "letter"), ["ann blocked unsubscribed"]);
            assert_eq!(fates(&mut world, "notice"), [fate]);
            world.ways(&[("ann", way)]);
        });
    }
}
