//! The data and the journey.

use std::{fs, path::Path};

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
/// 2026-03-02T08:00:00Z, when the journey starts.
pub const START: i64 = 1_772_438_400_000;
/// How long the wait is.
pub const WAIT: i64 = 3 * DAY;
/// How long the trigger waits.
pub const TIMEOUT: i64 = 5 * DAY;

pub struct World {
    pub contacts: usize,
    pub accounts: usize,
    pub interactions: usize,
}

/// The moments at which both sides work: at the start, when the wait is over, and every day after.
pub fn ticks() -> Vec<i64> {
    let mut ticks = vec![START];
    ticks.extend((0..=5).map(|day| START + WAIT + day * DAY));
    ticks
}

/// Who did something when: every second interaction long before, the others while the trigger waits,
/// by the people of two accounts in three.
pub fn interaction(world: &World, number: usize) -> (usize, i64) {
    let contact = (number * 7_919) % world.contacts;
    let account = contact % world.accounts;
    let spread = ((number as i64) * 104_729) % (TIMEOUT / 1_000) * 1_000;
    if number.is_multiple_of(2) || account.is_multiple_of(3) {
        (contact, START - 200 * DAY + spread)
    } else {
        (contact, START + WAIT + spread)
    }
}

pub fn write_definitions(folder: &Path) {
    fs::create_dir_all(folder.join("journeys")).expect("a folder");
    fs::write(
        folder.join("tilework.yaml"),
        "name: bench\nchannels:\n  email:\n    transport: file\n    directory: mail\n    hold: 30 days\n",
    )
    .expect("a file");
    fs::write(folder.join("journeys/bench.yaml"), JOURNEY).expect("a file");
}

const JOURNEY: &str = r#"kind: interaction
name: OrderPlaced
attributes:
  amount: { type: number }
---
kind: segment
name: everybody
target: contact
where: true
---
kind: email
name: invite
subject: "{{contact.first_name}}, an offer for {{account.name}}"
text: "Dear {{contact.first_name}}"
---
kind: journey
name: bench
target: account
owner: marketing@vendor.example
start: 2026-03-02T08:00:00Z
audience:
  include: [everybody]
steps:
  - id: first
    tile: email
    with: { email: invite }
  - id: pause
    tile: wait
    with: { for: 3 days }
  - id: ordered
    tile: trigger
    with:
      based_on: account
      when:
        did: OrderPlaced
      timeout: 5 days
  - id: call
    tile: activity
    with:
      type: phone_call
      for_each: account
      assign_to: account_owner
      subject: "Call {{account.name}}"
  - id: lead
    tile: create_lead
    with:
      for_each: account
      topic: "{{account.name}} went through"
  - id: last
    tile: email
    with: { email: invite }
"#;
