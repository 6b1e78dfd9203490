//! A no belongs to the address: contacts that share one, bounces and complaints, lists from elsewhere.

use tilework::interactions::ImportKind;

use super::{
    EVERYONE,
    consent::{LETTER_AND_NOTICE, MAILS, NONE, fates, of, said},
    journey,
};
use crate::support::{
    workspace::on_both,
    world::{World, at},
};

#[test]
fn rule_9_a_no_counts_for_every_contact_with_the_address_and_survives_change_and_erasure() {
    const STEPS: &str = "
  - id: letter
    tile: email
    with: { email: letter }
  - id: notice
    tile: email
    with: { email: notice }
";
    on_both(|database| {
        let mut world = of(database, NONE, EVERYONE, STEPS, &["one", "two", "moved", "erased"]);
        let addresses = |rows: &str| format!("id,email\n{rows}");
        world.import(
            ImportKind::Contacts,
            &addresses("one,Twin@Bücher.example\ntwo,twin@xn--bcher-kva.EXAMPLE\nmoved,m@x.example\nerased,e@x.example\n"),
        );
        let all = ["one", "two", "moved", "erased", "heir", "next"];
        let subscribed = |ids: &[&str]| {
            let rows = ids.iter().map(|id| format!("s-{id},{id},Subscribed,2026-02-01 08:00,news"));
            format!("id,contact_id,type,at,topic\n{}\n", rows.collect::<Vec<_>>().join("\n"))
        };
        world.import(ImportKind::Interactions, &subscribed(&all[..4]));
        world.import(
            ImportKind::Interactions,
            "id,contact_id,type,at,topic\nu1,two,Unsubscribed,2026-02-02 08:00,news\n\
             u2,moved,Unsubscribed,2026-02-02 08:00,news\nu3,erased,Unsubscribed,2026-02-02 08:00,news\n",
        );
        world.import(ImportKind::Contacts, "id,do_not_email\nmoved,yes\n");
        // They get other addresses, or are gone; others have theirs now.
        world.import(ImportKind::Contacts, &addresses("moved,new@x.example\n"));
        world.store.forget_contact("erased", "a key", at("2026-02-03 08:00")).unwrap();
        world.import(ImportKind::Contacts, &addresses("heir,M@x.example\nnext,E@X.example\n"));
        world.import(
            ImportKind::Interactions,
            &subscribed(&all[4..]).replace("s-", "t-").replace("02-01", "01-01"),
        );
        world.tick("2026-03-01 08:00");
        assert_eq!(
            fates(&mut world, "letter"),
            [
                "heir blocked do_not_email",
                "moved blocked do_not_email",
                "next blocked unsubscribed_topic",
                "one blocked unsubscribed_topic",
                "two blocked unsubscribed_topic",
            ]
        );
        assert_eq!(
            fates(&mut world, "notice"),
            [
                "heir blocked do_not_email",
                "moved blocked do_not_email",
                "next delivered",
                "one delivered",
                "two blocked duplicate_address",
            ]
        );
        // Whoever has the address may subscribe anew; while somebody who said no has it, the stricter holds.
        world.import(
            ImportKind::Interactions,
            "id,contact_id,type,at,topic\nv1,one,Subscribed,2026-03-02 08:00,news\nv2,next,Subscribed,2026-03-02 08:00,news\n",
        );
        world.write("journeys/second.yaml", &journey(EVERYONE, STEPS).replace("spring", "second"));
        world.write("journeys/spring.yaml", &journey(&format!("{EVERYONE}\nend: 2026-03-01 09:00"), STEPS));
        world.tick("2026-03-03 08:00");
        let again: Vec<String> =
            fates(&mut world, "letter").into_iter().filter(|line| line.contains("delivered")).collect();
        assert_eq!(again, ["next delivered"]);
    });
}

#[test]
fn rule_31_a_mailbox_gets_a_mail_of_a_step_once() {
    const STEPS: &str = "
  - id: notice
    tile: email
    with: { email: notice }
  - id: letter
    tile: email
    with: { email: letter }
";
    on_both(|database| {
        let mut world = of(database, NONE, EVERYONE, STEPS, &["a", "b", "c"]);
        world
            .import(ImportKind::Contacts, "id,email\nc,same@x.example\nb,SAME@x.example\na,same@X.example\n");
        // Whose mail is blocked frees the address.
        said(&mut world, &["b,Subscribed,2026-02-01 08:00,news,", "c,Subscribed,2026-02-01 08:00,news,"]);
        world.tick("2026-03-01 08:00");
        assert_eq!(
            fates(&mut world, "notice"),
            ["a delivered", "b blocked duplicate_address", "c blocked duplicate_address"]
        );
        assert_eq!(
            fates(&mut world, "letter"),
            ["a blocked not_subscribed", "b delivered", "c blocked duplicate_address"]
        );
        // Who comes later is second, too.
        world.import(ImportKind::Contacts, "id,first_name,email\n0,Zero,same@x.example\n");
        world.tick("2026-03-02 08:00");
        assert_eq!(fates(&mut world, "notice")[0], "0 blocked duplicate_address");
    });
}

#[test]
fn rule_31_an_email_may_go_to_each_contact_of_a_mailbox() {
    on_both(|database| {
        let mut world = of(database, NONE, EVERYONE, LETTER_AND_NOTICE, &["a", "b"]);
        world.import(ImportKind::Contacts, "id,email\na,same@x.example\nb,same@x.example\n");
        said(&mut world, &["a,Subscribed,2026-02-01 08:00,news,", "b,Subscribed,2026-02-01 08:00,news,"]);
        world.write("journeys/mails.yaml", &MAILS.replace("name: letter", "name: letter\nduplicates: send"));
        world.tick("2026-03-01 08:00");
        assert_eq!(fates(&mut world, "letter"), ["a delivered", "b delivered"]);
        assert_eq!(fates(&mut world, "notice"), ["a delivered", "b blocked duplicate_address"]);
    });
}

#[test]
fn rule_38_a_bounce_is_about_the_address_that_was_written_to() {
    const STEPS: &str = "
  - id: notice
    tile: email
    with: { email: notice }
  - id: pause
    tile: wait
    with: { for: 2 days }
  - id: second
    tile: email
    with: { email: notice }
";
    on_both(|database| {
        let mut world = of(database, NONE, EVERYONE, STEPS, &["moved", "stays"]);
        world.tick("2026-03-01 08:00");
        world.import(ImportKind::Contacts, "id,email\nmoved,new@x.example\n");
        world.import(
            ImportKind::Interactions,
            "id,type,at,contact_id,category\nb1,EmailHardBounced,2026-03-01 09:00,moved,5.1.1\n\
             b2,EmailHardBounced,2026-03-01 09:00,stays,\n",
        );
        world.contacts(&[("heir", "")]);
        world.import(ImportKind::Contacts, "id,email\nheir,moved@people.example\n");
        world.tick("2026-03-03 08:00");
        assert_eq!(fates(&mut world, "second"), ["moved delivered", "stays blocked bounced"]);
        assert_eq!(fates(&mut world, "notice")[0], "heir blocked bounced");

        let mut world = world.close().open();
        assert_eq!(world.store.unsuppress_address("stays@people.example").unwrap(), ["bounced"]);
        assert_eq!(world.store.unsuppress_address("stays@people.example").unwrap(), [""; 0]);
    });
}

#[test]
fn rule_38_a_complaint_ends_all_commercial_mail_also_when_its_suppression_is_lifted() {
    on_both(|database| {
        let mut world = of(database, NONE, EVERYONE, LETTER_AND_NOTICE, &["ann"]);
        said(&mut world, &["ann,Subscribed,2026-02-01 08:00,news,"]);
        world.tick("2026-03-01 08:00");
        world.import(
            ImportKind::Interactions,
            "id,type,at,contact_id\nc,EmailMarkedAsSpam,2026-03-01 09:00,ann\n",
        );
        world.tick("2026-03-01 10:00");
        world.ways(&[("ann", "letter notice pause! | stopped: unsubscribed")]);
        world.store.unsuppress_address("ann@people.example").unwrap();
        let keys = format!("{EVERYONE}\npurpose: transactional");
        world.write("journeys/second.yaml", &journey(&keys, LETTER_AND_NOTICE).replace("spring", "second"));
        world.tick("2026-03-02 08:00");
        assert_eq!(fates(&mut world, "letter"), ["ann blocked unsubscribed", "ann delivered"]);
        assert_eq!(fates(&mut world, "notice"), ["ann delivered", "ann delivered"]);
    });
}

#[test]
fn rule_9_who_left_elsewhere_stays_out_known_or_not() {
    on_both(|database| {
        let mut world = of(database, NONE, EVERYONE, LETTER_AND_NOTICE, &["ann", "bea", "cid"]);
        let subscriptions = "email,topic,status,at\nANN@people.example,news,subscribed,2026-02-01 08:00\n\
            bea@people.example,news,subscribed,2026-02-01 08:00\nbea@people.example,news,unsubscribed,2026-02-02 08:00\n\
            later@people.example,,unsubscribed,2026-02-02 08:00\nnobody@people.example,news,subscribed,2026-02-02 08:00\n\
            cid@people.example,nwes,subscribed,2026-02-02 08:00\ncid@people.example,news,perhaps,2026-02-02 08:00\n\
            cid at people,news,subscribed,2026-02-02 08:00\n,news,subscribed,2026-02-02 08:00\n\
            cid@people.example,news,subscribed,\ncid@people.example,,subscribed,2026-02-02 08:00\n";
        let (summary, rejects) = world.try_import(ImportKind::Subscriptions, subscriptions.as_bytes());
        assert_eq!((summary.created, summary.unchanged, summary.rejected), (4, 0, 7), "{rejects:?}");
        for expected in [
            "no contact has the address `nobody@people.example`",
            "there is no topic `nwes`. Did you mean `news`?",
            "`status`: `perhaps` is not one of the choices",
            "`email`: `cid at people` is not an e-mail address",
            "`contact_id` or `email` was expected",
            "`at`: when it was said was expected",
            "`topic`: to what somebody subscribed was expected",
        ] {
            assert!(rejects.iter().any(|reject| reject.contains(expected)), "{expected}: {rejects:?}");
        }
        let (again, _) = world.try_import(ImportKind::Subscriptions, subscriptions.as_bytes());
        assert_eq!((again.created, again.unchanged, again.rejected), (0, 4, 7));
        let suppressions =
            "address,reason,since\nCID@people.example,bounced,2026-01-01\nfay@people.example,never again,\n";
        world.import(ImportKind::Suppressions, suppressions);
        let (again, _) = world.try_import(ImportKind::Suppressions, suppressions.as_bytes());
        assert_eq!((again.created, again.unchanged), (0, 2));
        world.contacts(&[("later", ""), ("fay", "")]);
        world.tick("2026-03-01 08:00");
        assert_eq!(
            fates(&mut world, "letter"),
            [
                "ann delivered",
                "bea blocked unsubscribed_topic",
                "cid blocked bounced",
                "fay blocked suppressed_address",
            ]
        );
        world.ways(&[("later", "never entered")]);
    });
}

#[test]
fn rule_32_a_file_takes_back_a_no_only_with_later_evidence_and_says_what_it_refused() {
    on_both(|database| {
        let mut world = of(database, NONE, EVERYONE, LETTER_AND_NOTICE, &["ann", "bea"]);
        world.import(
            ImportKind::Contacts,
            "id,consent,consent_since,do_not_email\nann,none,2026-02-01,yes\nbea,marketing,2026-02-01,no\n",
        );
        let (summary, rejects) = world.try_import(
            ImportKind::Contacts,
            b"id,first_name,consent,do_not_email\nann,Ann,marketing,no\nbea,Bea,transactional,yes\n",
        );
        assert_eq!((summary.updated, summary.rejected), (1, 1));
        assert!(
            rejects[0].contains("`do_not_email` stays true, `consent` stays none")
                && rejects[0].contains("consent_since"),
            "{rejects:?}"
        );
        let kept = |world: &mut World| {
            world.tables().lines("SELECT id, first_name, consent, do_not_email FROM contact ORDER BY id")
        };
        assert_eq!(kept(&mut world), ["ann ann none 1", "bea Bea transactional 1"]);
        world.import(
            ImportKind::Contacts,
            "id,consent,consent_since,consent_basis,do_not_email\nann,marketing,2026-02-02,express,no\n",
        );
        assert_eq!(kept(&mut world)[0], "ann ann marketing 0");
    });
}

#[test]
fn rule_9_what_is_said_by_phone_is_recorded_and_empty_topics_and_shared_addresses_are_told() {
    on_both(|database| {
        let mut world = of(database, NONE, EVERYONE, LETTER_AND_NOTICE, &["ann", "bea", "cid"]);
        world.tick("2026-02-20 08:00");
        world.workspace.write("more.csv", "id,email\nbea,ANN@people.example\n");
        let workspace = world.close();
        let imported = workspace.program(&["import", "contacts", "more.csv"]);
        assert!(imported.code == 2, "the path is relative to the folder that one is in: {}", imported.stderr);
        let more = workspace.root().join("more.csv");
        let imported = workspace.program(&["import", "contacts", more.to_str().unwrap()]);
        assert!(imported.stderr.contains("2 contacts share an address"), "{}", imported.stderr);

        let status = workspace.program(&["status", "--now", "2026-02-20 08:00"]).stdout;
        assert!(status.contains("spring, letter: 0 of 3 subscribed to news"), "{status}");
        assert!(status.contains("2 contacts share an address"), "{status}");
        let check = workspace.program(&["check"]);
        let report = format!("{}{}", check.stdout, check.stderr);
        assert!(report.contains("0 of 3 subscribed to news in the audience of `spring`"), "{report}");

        let said = [
            "contact",
            "unsubscribe",
            "Ann@people.example",
            "--reason",
            "by phone",
            "--now",
            "2026-02-20 09:00",
        ];
        assert_eq!(
            workspace.program(&said).done(),
            "ann@people.example is unsubscribed from all commercial mail: it is recorded of ann, bea\n"
        );
        let told = workspace.program(&[
            "contact",
            "unsubscribe",
            "new@people.example",
            "--topic",
            "news",
            "--reason",
            "x",
        ]);
        assert!(told.done().contains("no contact has the address; it is kept for whoever gets it"));
        let wrong = workspace.program(&[
            "contact",
            "unsubscribe",
            "new@people.example",
            "--topic",
            "nwes",
            "--reason",
            "x",
        ]);
        assert!(wrong.code == 2 && wrong.stderr.contains("Did you mean `news`?"), "{}", wrong.stderr);
        let wrong = workspace.program(&["contact", "unsubscribe", "new", "--reason", "x"]);
        assert!(wrong.code == 2 && wrong.stderr.contains("not an e-mail address"), "{}", wrong.stderr);
        let mut world = workspace.open();
        world.tick("2026-03-01 08:00");
        world.ways(&[("ann", "never entered"), ("bea", "never entered")]);
        assert!(world.way("cid").starts_with("letter"));
    });
}
