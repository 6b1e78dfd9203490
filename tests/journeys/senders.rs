//! What a mail has of its own: sender, language of numbers and dates, and texts that mails share.

use tilework::interactions::ImportKind;

use crate::support::workspace::{SETTINGS, Workspace, on_both};

const MAILS: &str = r#"
kind: email
name: hello
subject: '{{number account.revenue 1}} {{date contact.birthdate "%-d %B"}}'
html: "<p>{{account.name}}</p>{{> footer}}"
from: "{{account.owner}}"
reply_to: "Sales of {{account.name}} <sales@vendor.example>"
language: contact
purpose: transactional
---
kind: journey
name: j
target: contact
owner: m@v.example
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - { id: mail, tile: email, with: { email: hello } }
---
kind: segment
name: everyone
target: contact
where: true
"#;

#[test]
fn a_mail_has_a_sender_a_language_and_a_footer_of_its_own() {
    on_both(|database| {
        let settings = format!("{SETTINGS}\ntexts:\n  imprint: Vendor & Co, London\n");
        let mut world = Workspace::on(database)
            .file("tilework.yaml", &settings)
            .file("journeys/all.yaml", MAILS)
            .file("templates/footer.html", "<p>{{settings.imprint}} for {{contact.first_name}}</p>")
            .open();
        world.import(
            ImportKind::Accounts,
            "id,name,owner,revenue\nacme,Acme,ann@vendor.example,1234567.5\nbank,Bank,,10\n",
        );
        world.import(
            ImportKind::Contacts,
            "id,first_name,email,account_id,language,birthdate\n\
             ada,Ada,ada@acme.example,acme,de-AT,1990-03-05\n\
             ben,Ben,ben@bank.example,bank,,1990-03-05\n\
             cem,Cem,cem@acme.example,acme,nl,1990-10-05\n",
        );
        world.tick("2026-03-01 08:00");
        let mails: Vec<String> = world.workspace.mails().into_iter().map(|(_, mail)| mail).collect();
        let to = |address: &str| {
            mails.iter().find(|mail| mail.contains(&format!("<{address}>"))).cloned().unwrap_or_default()
        };
        let (ada, ben, cem) = (to("ada@acme.example"), to("ben@bank.example"), to("cem@acme.example"));
        assert!(ada.contains("From: ann@vendor.example"), "{ada}");
        assert!(ada.contains("<sales@vendor.example>") && ada.contains("Reply-To:"), "{ada}");
        assert!(cem.contains("Subject: 1.234.567,5 5 oktober"), "{cem}");
        assert!(ben.contains("Subject: 10.0 5 March"), "{ben}");
        assert!(ben.contains("news@vendor.example"), "an account without owner leaves the channel's: {ben}");
        assert!(ben.contains("Vendor &amp; Co, London for Ben"), "{ben}");
    });
}
