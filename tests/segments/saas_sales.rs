//! Segments of real data, each beside its members worked out another way: by plain Rust over the rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    saas_sales::{data, imported},
    support::{workspace::on_both, world::at},
};

const SEGMENTS: &str = r#"
kind: segment
name: five-orders-in-2023
target: contact
where:
  did: OrderPlaced
  since: 2023-01-01
  until: 2023-12-31
  at_least: 5 times
---
kind: segment
name: spent-a-thousand
target: contact
where:
  did: OrderPlaced
  within: 365 days
  sum: amount
  at_least: 1000
---
kind: segment
name: lapsed
target: contact
where:
  all:
    - did: OrderPlaced
      since: 2022-01-01
      until: 2022-12-31
    - did_not: OrderPlaced
      within: 365 days
---
kind: segment
name: mostly-abroad
target: account
where:
  any_contact: contact.country != account.country
  at_least: 80%
---
kind: segment
name: nobody-in-apj
target: account
where:
  no_contact: contact.region == "APJ"
---
kind: segment
name: strategic-without-large-database
target: account
where:
  all:
    - account.size == "Strategic"
    - did_not: OrderPlaced
      product: Big Ol Database
---
kind: segment
name: large-orders
target: contact
where:
  did: OrderPlaced
  avg: amount
  at_least: 500
---
kind: segment
name: small-in-large-cities
target: contact
where:
  all:
    - contact.city in ["London", "New York City"]
    - account.size == "SMB"
  none:
    - segment: finance-emea
    - segment: lapsed
---
kind: segment
name: wants-discounts
target: account
where:
  did: OrderPlaced
  where: interaction.discount >= 0.5
  within: 180 days
  at_least: 3 times
"#;

const NOW: &str = "2024-01-01 00:00";

type Row = BTreeMap<String, String>;

fn rows(file: &std::path::Path) -> Vec<Row> {
    csv::Reader::from_path(file).unwrap().deserialize().map(Result::unwrap).collect()
}

/// The rows, and what is asked of them again and again.
struct Sheets {
    accounts: Vec<Row>,
    contacts: Vec<Row>,
    orders: BTreeMap<String, Vec<Row>>,
}

impl Sheets {
    fn read(folder: &std::path::Path) -> Sheets {
        let mut orders: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for order in rows(&folder.join("orders.csv")) {
            orders.entry(order["contact_id"].clone()).or_default().push(order);
        }
        Sheets {
            accounts: rows(&folder.join("accounts.csv")),
            contacts: rows(&folder.join("contacts.csv")),
            orders,
        }
    }

    /// The orders of a contact from a day to another, both included; texts of days sort as days do.
    fn orders_of(&self, contact: &Row, from: &str, to: &str) -> Vec<&Row> {
        let orders = self.orders.get(&contact["id"]).into_iter().flatten();
        orders.filter(|order| (from..=to).contains(&&order["at"][..10])).collect()
    }

    fn account_of(&self, contact: &Row) -> &Row {
        self.accounts.iter().find(|account| account["id"] == contact["account_id"]).unwrap()
    }

    fn people_of(&self, account: &Row) -> Vec<&Row> {
        self.contacts.iter().filter(|contact| contact["account_id"] == account["id"]).collect()
    }

    fn contacts_that(&self, holds: impl Fn(&Row) -> bool) -> BTreeSet<String> {
        self.contacts.iter().filter(|row| holds(row)).map(|row| row["id"].clone()).collect()
    }

    fn accounts_that(&self, holds: impl Fn(&Row) -> bool) -> BTreeSet<String> {
        self.accounts.iter().filter(|row| holds(row)).map(|row| row["id"].clone()).collect()
    }
}

fn cents(order: &Row) -> i64 {
    let (whole, part) = order["amount"].split_once('.').unwrap_or((&order["amount"], ""));
    whole.parse::<i64>().unwrap() * 100 + format!("{part:0<2}")[..2].parse::<i64>().unwrap()
}

/// Each segment's members: 365 days before the first of January 2024 is the first of January 2023, and
/// 180 days before it the fifth of July.
fn expected(sheets: &Sheets) -> BTreeMap<&'static str, BTreeSet<String>> {
    let (ever, last_year) = (("2000-01-01", "2024-01-01"), ("2023-01-01", "2024-01-01"));
    let within = |contact: &Row, (from, to): (&str, &str)| sheets.orders_of(contact, from, to).len();
    let lapsed = sheets.contacts_that(|contact| {
        within(contact, ("2022-01-01", "2022-12-31")) > 0 && within(contact, last_year) == 0
    });
    let finance_emea = sheets.contacts_that(|contact| {
        contact["region"] == "EMEA" && sheets.account_of(contact)["industry"] == "Finance"
    });
    BTreeMap::from([
        (
            "five-orders-in-2023",
            sheets.contacts_that(|contact| within(contact, ("2023-01-01", "2023-12-31")) >= 5),
        ),
        (
            "spent-a-thousand",
            sheets.contacts_that(|contact| {
                let orders = sheets.orders_of(contact, last_year.0, last_year.1);
                orders.into_iter().map(cents).sum::<i64>() >= 100_000
            }),
        ),
        (
            "mostly-abroad",
            sheets.accounts_that(|account| {
                let people = sheets.people_of(account);
                let abroad = people.iter().filter(|contact| contact["country"] != account["country"]).count();
                !people.is_empty() && abroad * 5 >= people.len() * 4
            }),
        ),
        (
            "nobody-in-apj",
            sheets.accounts_that(|account| {
                !sheets.people_of(account).iter().any(|contact| contact["region"] == "APJ")
            }),
        ),
        (
            "strategic-without-large-database",
            sheets.accounts_that(|account| {
                let orders = |contact: &&Row| {
                    sheets.orders_of(contact, ever.0, ever.1).into_iter().cloned().collect::<Vec<_>>()
                };
                account["size"] == "Strategic"
                    && !sheets
                        .people_of(account)
                        .iter()
                        .flat_map(orders)
                        .any(|order| order["product"] == "Big Ol Database")
            }),
        ),
        (
            "large-orders",
            sheets.contacts_that(|contact| {
                let orders = sheets.orders_of(contact, ever.0, ever.1);
                let count = i64::try_from(orders.len()).unwrap();
                count > 0 && orders.into_iter().map(cents).sum::<i64>() >= count * 50_000
            }),
        ),
        (
            "small-in-large-cities",
            sheets.contacts_that(|contact| {
                ["London", "New York City"].contains(&contact["city"].as_str())
                    && sheets.account_of(contact)["size"] == "SMB"
                    && !finance_emea.contains(&contact["id"])
                    && !lapsed.contains(&contact["id"])
            }),
        ),
        (
            "wants-discounts",
            sheets.accounts_that(|account| {
                let cheap = |contact: &&Row| {
                    let orders = sheets.orders_of(contact, "2023-07-05", "2024-01-01");
                    orders.iter().filter(|order| order["discount"].parse::<f64>().unwrap() >= 0.5).count()
                };
                sheets.people_of(account).iter().map(cheap).sum::<usize>() >= 3
            }),
        ),
        ("lapsed", lapsed.clone()),
    ])
}

#[test]
fn segments_hold_whom_plain_arithmetic_over_the_rows_finds() {
    let Some(data) = data() else { return };
    let expected = expected(&Sheets::read(&data));
    for (name, ids) in &expected {
        assert!(!ids.is_empty(), "{name} says something");
    }
    on_both(|database| {
        let mut world = imported(database, &data).file("journeys/more.yaml", SEGMENTS).open();
        world.try_tick(at(NOW)).unwrap();
        for (name, ids) in &expected {
            let target = world.plan.segment(name).unwrap().target;
            let mut found = BTreeSet::new();
            let mut each = |member: tilework::store::Member| {
                found.insert(member.id);
                Ok(())
            };
            world.store.segment_members(name, target, &mut each).unwrap();
            assert_eq!(&found, ids, "{name} on {database:?}");
        }
    });
}
