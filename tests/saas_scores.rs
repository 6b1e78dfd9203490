//! Real data: leads scored from four years of orders. The numbers were worked out without this program.

use std::path::Path;

use tilework::interactions::ImportKind;

use crate::{
    saas_sales::{data, imported},
    support::{
        workspace::{Database, on_both},
        world::World,
    },
};

const NOW: &str = "2024-01-01T00:00:00Z";

const MODELS: &str = "
kind: scoring_model
name: buying
target: contact_leads
rules:
  - name: orders
    when: { did: OrderPlaced, within: 365 days }
    points: 5
    per: each
  - name: support
    when: { did: OrderPlaced, product: Support, within: 365 days, at_least: 2 times }
    points: 20
  - name: went quiet
    when: { did_not: OrderPlaced, within: 90 days }
    points: -15
  - name: finance
    when: account.industry == \"Finance\"
    points: 25
grades:
  - { name: Hot, from: 50 }
  - { name: Warm, from: 25 }
  - { name: Cold }
sales_ready: 50
---
kind: scoring_model
name: account-buying
target: account_leads
rules:
  - name: orders
    when: { did: OrderPlaced, within: 365 days }
    points: 2
    per: each
  - name: large
    when: account.lifetime_sales >= 20_000
    points: 30
grades:
  - { name: Hot, from: 80 }
  - { name: Cold }
";

/// The ids in a file of the data.
fn ids(data: &Path, file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(data.join(file)).unwrap();
    text.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
}

/// The data with a lead for each contact and each account.
fn with_leads(database: Database, data: &Path) -> World {
    let mut world = imported(database, data).open();
    world.write("journeys/models.yaml", MODELS);
    let contacts = ids(data, "contacts.csv").into_iter().map(|id| format!("of-{id},{id},"));
    let accounts = ids(data, "accounts.csv").into_iter().map(|id| format!("of-{id},,{id}"));
    let rows: Vec<String> = contacts.chain(accounts).collect();
    world.import(ImportKind::Leads, &format!("id,contact_id,account_id\n{}\n", rows.join("\n")));
    world
}

/// Of each model: the sum, the highest score, how many reach a number, how many are negative.
fn numbers(world: &mut World) -> Vec<String> {
    world.tables().lines(
        "SELECT m.name, COUNT(*), SUM(s.score), MAX(s.score),
                SUM(CASE WHEN s.score >= 50 THEN 1 ELSE 0 END), SUM(CASE WHEN s.score >= 80 THEN 1 ELSE 0 END),
                SUM(CASE WHEN s.score < 0 THEN 1 ELSE 0 END), SUM(CASE WHEN s.grade = 'Hot' THEN 1 ELSE 0 END)
         FROM score s JOIN scoring_model m ON m.key = s.model_key GROUP BY m.name ORDER BY m.name",
    )
}

#[test]
fn scores_come_to_the_numbers_worked_out_by_hand() {
    let Some(data) = data() else { return };
    on_both(|database| {
        let mut world = with_leads(database, &data);
        world.tick(NOW);
        let found = numbers(&mut world);
        assert_eq!(found.len(), 2, "{found:?}");
        let account: Vec<&str> = found[0].split(' ').collect();
        assert_eq!(account[..4], ["account-buying", "99", "8408", "182"], "{database:?}");
        assert_eq!((account[5], account[7]), ("55", "55"), "{database:?}");
        let contact: Vec<&str> = found[1].split(' ').collect();
        assert_eq!(contact[..5], ["buying", "793", "18065", "130", "137"], "{database:?}");
        assert_eq!((contact[6], contact[7]), ("171", "137"), "{database:?}");
        let ready = world.tables().lines(
            "SELECT COUNT(*), SUM(CASE WHEN stage = 'marketing_qualified' THEN 1 ELSE 0 END),
                    (SELECT COUNT(*) FROM interaction i JOIN interaction_type t ON t.key = i.type_key
                     WHERE t.name = 'LeadSalesReady')
             FROM lead WHERE sales_ready = 1",
        );
        assert_eq!(ready, ["137 137 137"], "{database:?}");
    });
}
