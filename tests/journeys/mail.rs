//! Messages on their way out: blocked, failed, late.

use super::{EVERYONE, world};
use crate::support::{
    workspace::{SETTINGS, on_both},
    world::World,
};

const INVITE_AND_NOTICE: &str = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: notice
    tile: email
    with: { email: notice }
  - id: pause
    tile: wait
    with: { for: 1 day }
";

#[test]
fn rule_9_a_blocked_mail_says_why_and_does_not_stop_its_contact() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, INVITE_AND_NOTICE);
        world.set("ada", "do_not_email", "true");
        world.set("bob", "do_not_bulk_email", "true");
        world.set("cy", "email", "");
        world.tick("2026-03-01 08:00");
        assert_eq!(
            world.messages(),
            [
                "ada invite blocked do_not_email",
                "ada notice blocked do_not_email",
                "bob invite blocked do_not_bulk_email",
                "bob notice delivered",
                "cy invite blocked no_address",
                "cy notice blocked no_address",
                "dan invite delivered",
                "dan notice delivered",
            ]
        );
        for contact in ["ada", "bob", "cy", "dan"] {
            world.ways(&[(contact, "invite notice | at pause")]);
        }
        let recorded = world.tables().lines(
            "SELECT t.name, COUNT(*) FROM interaction i JOIN interaction_type t ON t.key = i.type_key
             GROUP BY t.name ORDER BY t.name",
        );
        assert_eq!(recorded, ["EmailBlocked 5", "EmailSent 3"]);
    });
}

#[test]
fn rule_32_an_address_that_cannot_be_written_to_is_blocked_alone() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, INVITE_AND_NOTICE);
        // No import brings such an address; one that was there before may be.
        let broken =
            "UPDATE contact SET email = 'ada at acme', address_key = NULL WHERE id = 'ada' RETURNING id";
        assert_eq!(world.tables().lines(broken), ["ada"]);
        world.tick("2026-03-01 08:00");
        let messages = world.messages();
        assert_eq!(messages[0], "ada invite blocked invalid_address");
        assert_eq!(messages.iter().filter(|message| message.ends_with("delivered")).count(), 6);
        world.ways(&[("ada", "invite notice | at pause"), ("bob", "invite notice | at pause")]);

        // It isn't tried again by itself.
        world.set("ada", "email", "ada@people.example");
        world.tick("2026-03-02 08:00");
        assert_eq!(world.messages(), messages);
        assert_eq!(world.workspace.mails().len(), 6);
    });
}

#[test]
fn rule_19_when_the_folder_cannot_be_written_to_the_messages_wait() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, INVITE_AND_NOTICE);
        world.workspace.write("mail", "a file is in the way");
        let error = world.try_tick(crate::support::world::at("2026-03-01 08:00")).unwrap_err();
        assert!(error.to_string().contains("mail"), "{error}");
        assert!(
            world
                .messages()
                .iter()
                .all(|message| message.contains(" waiting") && message.contains("can't be written")),
            "{:?}",
            world.messages()
        );
        std::fs::remove_file(world.workspace.root().join("mail")).unwrap();
        world.tick("2026-03-01 08:00");
        assert!(
            world.messages().iter().all(|message| message.ends_with("delivered")),
            "{:?}",
            world.messages()
        );
        assert_eq!(world.workspace.mails().len(), 8);
    });
}

/// A mail after a wait, sent within four hours.
fn with_expiry(if_late: &str) -> String {
    format!(
        "
  - id: pause
    tile: wait
    with: {{ for: 1 day }}
  - id: invite
    tile: email
    with: {{ email: invite, expires: 4 hours{if_late} }}
  - id: rest
    tile: wait
    with: {{ for: 10 days }}
"
    )
}

#[test]
fn an_expired_mail_is_sent_or_not_as_the_step_says() {
    let cases = [
        ("", "2026-03-02 12:00", "delivered"),
        ("", "2026-03-02 12:00:00.001", "blocked expired"),
        (", if_late: skip", "2026-03-02 13:00", "blocked expired"),
        (", if_late: send", "2026-03-02 13:00", "delivered"),
    ];
    on_both(|database| {
        for (if_late, run, state) in cases {
            let mut world = world(database, EVERYONE, &with_expiry(if_late));
            world.tick("2026-03-01 08:00");
            world.tick(run);
            assert_eq!(world.messages()[0], format!("ada invite {state}"), "`{if_late}` at {run}");
            world.ways(&[("ada", "pause invite | at rest")]);
            assert_eq!(world.left("ada", "invite"), "2026-03-02T08:00:00Z");
        }
    });
}

#[test]
fn a_mail_is_written_only_to_those_whom_the_channel_allows() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, INVITE_AND_NOTICE);
        world.write(
            "tilework.yaml",
            &SETTINGS.replace("directory: mail", "directory: mail\n    only_to: [\"*@vendor.example\"]"),
        );
        world.set("ada", "email", "ada@vendor.example");
        world.tick("2026-03-01 08:00");
        assert_eq!(
            world.messages()[..3],
            ["ada invite delivered", "ada notice delivered", "bob invite blocked not_among_only_to"]
        );
    });
}

fn subject(world: &World, contact: &str) -> String {
    let mails = world.workspace.mails();
    let (_, mail) = mails.iter().find(|(name, _)| name.contains(&format!(".invite.1.{contact}."))).unwrap();
    mail.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap().to_owned()
}

#[test]
fn rule_6_a_mail_shows_the_account_that_the_contact_entered_with() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, &with_expiry(""));
        world.tick("2026-03-01 08:00");
        world.contacts(&[("ada", "globex")]);
        world.tick("2026-03-02 08:00");
        assert_eq!(subject(&world, "ada"), "ada, an offer for ACME");
        assert_eq!(subject(&world, "dan"), "dan, an offer for");
    });
}
