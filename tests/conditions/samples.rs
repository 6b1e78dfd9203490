//! The segments of the domain's own descriptions, with members found by hand; and the edges of what
//! conditions mean, as a table.

use tilework::{interactions::ImportKind, model::Entity};

use crate::support::{
    workspace::{Workspace, on_both},
    world::World,
};

const NOW: &str = "2026-03-01 08:00";

pub(super) fn members(world: &mut World, segment: &str) -> Vec<String> {
    let target = world.plan.segments.iter().find(|plan| plan.name == segment).unwrap().target;
    let mut ids = Vec::new();
    world
        .store
        .segment_members(segment, target, &mut |member| {
            ids.push(member.id);
            Ok(())
        })
        .unwrap();
    ids
}

#[test]
fn the_segments_that_marketers_describe_hold_whom_they_expect() {
    on_both(|database| {
        let workspace = Workspace::on(database)
            .file("journeys/segments.yaml", include_str!("samples.yaml"))
            .file("journeys/vip.csv", "account_id\ninitech\numbrella\n")
            .file("tables/territories.csv", "country,team\nUK,north\nDE,south\nFR,\nUS,\"o'brien, $1\"\n");
        let mut world = workspace.open();
        world.import(
            ImportKind::Accounts,
            "id,name,city,country,industry,employees,revenue,status,budget,primary_contact_id\n\
             acme,Acme,Chicago,US,Technology,1200,100000,customer,2000000,ada\n\
             globex,Globex,Chicago,UK,Healthcare,100,99999.99,prospect,1000000,dan\n\
             initech,Initech,New York,DE,Healthcare,1001,,customer,,\n\
             umbrella,Umbrella,Berlin,FR,Technology,,5000000,partner,1000000.01,nobody\n",
        );
        world.import(
            ImportKind::Contacts,
            "id,account_id,job_title,city,role\n\
             ada,acme,Purchaser,New York,decision_maker\n\
             bob,acme,purchaser,New York,champion\n\
             cem,acme,Engineer,Boston,\n\
             dan,globex,Purchaser,New York,decision_maker\n\
             eve,initech,Purchaser,,blocker\n\
             fay,umbrella,Purchaser,new york,champion\n\
             gus,,Purchaser,New York,decision_maker\n",
        );
        world.import(
            ImportKind::Leads,
            "id,contact_id,account_id,stage,sales_ready\n\
             l1,ada,,inquiry,true\n\
             l2,cem,,inquiry,true\n\
             l3,fay,umbrella,inquiry,false\n\
             l4,,acme,inquiry,\n\
             l5,,initech,inquiry,true\n\
             l6,,initech,disqualified,\n\
             l7,dan,acme,inquiry,true\n",
        );
        world.import(
            ImportKind::Interactions,
            "id,type,contact_id,at,email,link,topic\n\
             i1,EmailClicked,ada,2026-02-01 00:00,launch,landing-page,\n\
             i2,EmailClicked,bob,2026-02-28 23:59,launch,landing-page,\n\
             i3,EmailClicked,cem,2026-01-31 23:59,launch,landing-page,\n\
             i4,EmailClicked,dan,2026-02-10 10:00,launch,footer,\n\
             i5,EmailClicked,eve,2026-02-10 10:00,other,landing-page,\n\
             i6,Subscribed,ada,2026-01-01 08:00,,,newsletter\n\
             i7,Subscribed,bob,2026-01-01 08:00,,,newsletter\n\
             i8,Unsubscribed,bob,2026-01-02 08:00,,,newsletter\n\
             i9,Subscribed,dan,2026-01-01 08:00,,,product-news\n\
             i10,Unsubscribed,gus,2026-01-01 08:00,,,newsletter\n\
             i11,Subscribed,gus,2026-01-02 08:00,,,newsletter\n\
             i12,Subscribed,fay,2026-01-02 08:00,,,newsletter\n",
        );
        world.tick(NOW);
        let expected: &[(&str, &[&str])] = &[
            ("chicago-purchasers", &["ada"]),
            ("people-of-large-accounts", &["ada", "bob", "cem", "eve"]),
            ("people-of-named-companies", &["ada", "bob", "cem", "dan"]),
            ("primary-contacts-with-budget", &["ada"]),
            ("launch-clickers", &["ada", "bob"]),
            ("new-york-newsletter", &["ada", "gus"]),
            ("tech-companies", &["acme", "umbrella"]),
            ("mid-market-healthcare", &["globex"]),
            ("emea-accounts", &["globex", "initech", "umbrella"]),
            ("americas", &["acme"]),
            ("tech-with-ready-lead-on-committee", &["acme"]),
            ("committee-engaged", &["acme"]),
            ("inquiries-of-customers", &["l4", "l5", "l7"]),
            ("vip", &["initech", "umbrella"]),
            ("people-of-northern-accounts", &["dan"]),
            ("outside-of-the-north", &["acme", "initech", "umbrella"]),
            ("teams-with-odd-names", &["acme"]),
        ];
        for (segment, expected) in expected {
            assert_eq!(members(&mut world, segment), *expected, "{segment}");
        }
    });
}

/// What is asked of whom, in YAML, and for whom it holds. Acme has ada and bob, globex nobody; eve has
/// no account. Ada ordered for 10.10 a month ago to the millisecond and for 0.20 today; bob moved here
/// from globex after he ordered something of unknown amount.
const EDGES: &[(&str, Entity, &str, &[&str])] = &[
    ("a missing value is not equal to another", Entity::Contact, "contact.city == contact.department", &[]),
    ("one missing side is unequal", Entity::Contact, "contact.city != \"Chicago\"", &["bob", "eve"]),
    ("two missing sides aren't", Entity::Contact, "contact.department != contact.state", &[]),
    ("a missing boolean is false", Entity::Contact, "not(contact.do_not_email)", &["ada", "bob", "eve"]),
    ("white space is blank", Entity::Contact, "is_blank(contact.city)", &["bob", "eve"]),
    ("dividing by zero is missing", Entity::Account, "account.revenue / account.employees >= 0", &["globex"]),
    ("division is real", Entity::Account, "account.employees + 3 / 2 == 1.5", &["acme"]),
    ("none of nothing holds", Entity::Account, "{ none: [] }", &["acme", "globex"]),
    ("all of nobody", Entity::Account, "{ all_contacts: contact.do_not_email }", &["globex"]),
    ("no contact of nobody", Entity::Account, "{ no_contact: true }", &["globex"]),
    ("a share of nobody", Entity::Account, "{ any_contact: true, at_least: 1% }", &["acme"]),
    (
        "half of two is one",
        Entity::Account,
        "{ any_contact: contact.city == \"Chicago\", at_least: 50% }",
        &["acme"],
    ),
    ("no account, no account's field", Entity::Contact, "account.name == \"Acme\"", &["ada", "bob"]),
    ("no account is blank", Entity::Contact, "is_blank(account.name)", &["eve"]),
    ("the window includes its start", Entity::Contact, "{ did: OrderPlaced, within: 28 days }", &["ada"]),
    ("and nothing before", Entity::Contact, "{ did: OrderPlaced, within: 27 days, exactly: 1 }", &["ada"]),
    ("what comes later isn't there yet", Entity::Contact, "{ did: OrderPlaced, exactly: 2 }", &["ada"]),
    ("history stays with the account", Entity::Account, "{ did: OrderPlaced, exactly: 1 }", &["globex"]),
    ("who comes brings none along", Entity::Account, "{ did: OrderPlaced, exactly: 2 }", &["acme"]),
    ("sums are exact", Entity::Contact, "{ did: OrderPlaced, sum: amount, exactly: 10.30 }", &["ada"]),
    (
        "the sum of nothing is 0",
        Entity::Contact,
        "{ did: OrderPlaced, sum: amount, at_most: 0 }",
        &["bob", "eve"],
    ),
    (
        "the average of nothing isn't",
        Entity::Contact,
        "{ did: OrderPlaced, avg: amount, at_most: 100 }",
        &["ada"],
    ),
    (
        "a sum against a field",
        Entity::Contact,
        "{ did: OrderPlaced, sum: amount, at_least: account.employees }",
        &["ada", "bob"],
    ),
    ("the first time", Entity::Contact, "{ first_did: OrderPlaced, within: 28 days }", &["ada"]),
    ("the first time was before", Entity::Contact, "{ first_did: OrderPlaced, within: 27 days }", &[]),
    ("the last time", Entity::Contact, "{ last_did: OrderPlaced, until: 2026-02-28 }", &["bob"]),
    (
        "an anniversary of a leap day",
        Entity::Contact,
        "anniversary(contact.birthdate) == date(\"2027-02-28\")",
        &["ada"],
    ),
    ("the weekday of a date", Entity::Contact, "weekday(contact.birthdate) in [\"sat\"]", &["ada"]),
    ("the month before this one", Entity::Contact, "in_previous(contact.created_on, \"month\")", &["bob"]),
    ("this month", Entity::Contact, "in_this(contact.created_on, \"month\")", &["ada"]),
    ("the last three months", Entity::Contact, "in_last(contact.created_on, \"3 months\")", &["ada", "bob"]),
];

#[test]
fn the_edges_of_conditions_are_where_the_table_says() {
    on_both(|database| {
        let mut text =
            "kind: interaction\nname: OrderPlaced\nattributes:\n  amount: { type: number }\n".to_owned();
        for (at, (_, target, condition, _)) in EDGES.iter().enumerate() {
            let condition = match condition.starts_with('{') {
                true => (*condition).to_owned(),
                false => format!("'{condition}'"),
            };
            text.push_str(&format!(
                "---\nkind: segment\nname: edge-{at}\ntarget: {target}\nwhere: {condition}\n"
            ));
        }
        let mut world = Workspace::on(database).file("journeys/edges.yaml", &text).open();
        world.import(ImportKind::Accounts, "id,name,revenue,employees\nacme,Acme,5,0\nglobex,Globex,5,5\n");
        let contacts = |bob: &str| {
            format!(
                "id,account_id,city,birthdate,created_on\n\
                 ada,acme,Chicago,1992-02-29,2026-03-01 00:00\n\
                 bob,{bob},\"  \",1990-05-07,2026-02-28 23:59\n\
                 eve,,,,\n"
            )
        };
        world.import(ImportKind::Contacts, &contacts("globex"));
        world.import(
            ImportKind::Interactions,
            "id,type,contact_id,at,amount\n\
             i1,OrderPlaced,ada,2026-02-01 08:00,10.1\n\
             i2,OrderPlaced,ada,2026-03-01 08:00,0.2\n\
             i2,OrderPlaced,ada,2026-03-01 08:00,0.2\n\
             i3,OrderPlaced,ada,2026-03-01 08:01,99\n\
             i4,OrderPlaced,bob,2026-01-01 08:00,\n",
        );
        world.import(ImportKind::Contacts, &contacts("acme"));
        world.tick(NOW);
        for (at, (says, _, condition, expected)) in EDGES.iter().enumerate() {
            assert_eq!(members(&mut world, &format!("edge-{at}")), *expected, "{says}: {condition}");
        }
    });
}
