//! Segments of every kind, and what records are changed to, for histories of random changes.

pub const DEFINITIONS: &str = r#"
kind: fields
of: contact
fields:
  seen: { type: datetime }
---
kind: interaction
name: OrderPlaced
attributes:
  amount: { type: number }
---
kind: interaction
name: Visited
---
kind: segment
name: buyers
target: contact
where: contact.role == "buyer"
---
kind: segment
name: finance
target: account
where: account.industry == "Finance"
---
kind: segment
name: finance-people
target: contact
where:
  all:
    - segment: finance
  none:
    - contact.city == "Oslo"
---
kind: segment
name: industry-or-buyer
target: contact
where:
  any:
    - account.industry != "Energy"
    - segment: buyers
---
kind: segment
name: ordered-lately
target: contact
where:
  did: OrderPlaced
  within: 30 days
---
kind: segment
name: ordered-this-month-or-so
target: contact
timezone: Europe/London
where:
  did: OrderPlaced
  within: 1 month
  at_least: 2 times
---
kind: segment
name: quiet-since-business-days
target: contact
timezone: America/New_York
where:
  did_not: Visited
  within: 5 business days
---
kind: segment
name: only-small-orders
target: contact
where:
  did_not: OrderPlaced
  where: interaction.amount >= 10
---
kind: segment
name: accounts-that-visit
target: account
where:
  all:
    - did: Visited
      within: 3 days
  none:
    - did: OrderPlaced
      within: 36 hours
---
kind: segment
name: accounts-of-buyers
target: account
where:
  any_contact:
    all:
      - contact.role == "buyer"
      - did: OrderPlaced
        within: 1 week
  at_least: 2 contacts
---
kind: segment
name: accounts-without-visitors
target: account
where:
  no_contact:
    did: Visited
    within: 2 days
---
kind: segment
name: half-are-buyers
target: account
where:
  any_contact:
    segment: buyers
  at_least: 50%
---
kind: segment
name: colleagues-of-visitors
target: contact
where:
  all:
    - segment: accounts-that-visit
    - segment: half-are-buyers
---
kind: segment
name: seen-lately
target: contact
where: days_since(contact.seen) < 2
---
kind: segment
name: born-today-or-later
target: contact
timezone: Europe/London
where: contact.birthdate >= today()
---
kind: segment
name: nobody
target: contact
active: false
where: true
---
kind: segment
name: accounts-with-hot-leads
target: account
where:
  any_lead:
    all:
      - lead.stage == "sales_accepted"
      - lead.contact.role == "buyer"
---
kind: segment
name: buyers-with-hot-leads
target: contact
where:
  any_lead: lead.stage == "sales_accepted"
---
kind: segment
name: leads-of-finance
target: lead
where:
  any:
    - lead.account.industry == "Finance"
    - lead.contact.city == "Oslo"
---
kind: segment
name: leads-of-visitors
target: lead
where:
  did: Visited
  within: 4 days
---
kind: segment
name: primary-buyers
target: account
where: account.primary_contact.role == "buyer"
---
kind: segment
name: below-finance
target: contact
where: account.parent_account.industry == "Finance"
---
kind: segment
name: below-a-buyers-account
target: account
where: account.parent_account.primary_contact.role == "buyer"
---
kind: segment
name: leads-of-people-in-finance
target: lead
where: lead.contact.account.industry == "Finance" && lead.account.industry != "Finance"
---
kind: segment
name: accounts-of-people-below-finance
target: account
where:
  any_contact: contact.account.parent_account.industry == "Finance"
---
kind: segment
name: with-leads-of-people-below-finance
target: contact
where:
  any_lead: lead.contact.account.parent_account.industry == "Finance"
---
kind: segment
name: ordered-for-much
target: contact
where:
  did: OrderPlaced
  within: 10 days
  sum: amount
  at_least: 15
---
kind: segment
name: subscribers
target: contact
where:
  subscribed: product-news
---
kind: topic
name: product-news
label: Product news
---
kind: segment
name: listed
target: contact
members: [c1, c3, c9]
---
kind: segment
name: all-but-listed
target: contact
where:
  none:
    - segment: listed
    - segment: ordered-lately
---
kind: segment
name: ranked
target: contact
where:
  all:
    - rank(contact, account) >= 2
  none:
    - did: Visited
      within: 3 days
---
kind: segment
name: in-norway
target: contact
where: lookup("cities", contact.city, "country") == "Norway"
---
kind: segment
name: accounts-of-the-ranked
target: account
where:
  any_contact: rank(contact, account) >= 2
---
kind: segment
name: accounts-without-suiting-leads
target: account
where:
  no_lead: suits(lead, contact)
---
kind: segment
name: suiting-leads
target: lead
where: suits(lead, contact) || rank(contact, account) > 1
---
kind: segment
name: beside-a-primary-buyer
target: contact
where: is_buyer(account.primary_contact)
---
kind: segment
name: colleague-ordered
target: contact
where:
  any_contact:
    did: OrderPlaced
---
kind: segment
name: without-visiting-colleagues
target: contact
where:
  no_contact:
    did: Visited
    within: 2 days
---
kind: segment
name: among-buyers
target: contact
where:
  all_contacts: contact.role == "buyer"
---
kind: segment
name: half-of-the-colleagues-are-buyers
target: contact
where:
  any_contact:
    segment: buyers
  at_least: 50%
---
kind: segment
name: colleague-with-hot-lead
target: contact
where:
  any_contact:
    any_lead: lead.stage == "sales_accepted"
---
kind: segment
name: lead-for-finance
target: contact
where:
  any_lead: lead.account.industry == "Finance"
---
kind: segment
name: lead-for-a-buyers-account
target: contact
where:
  any_lead: lead.account.primary_contact.role == "buyer"
---
kind: segment
name: beside-a-lead-for-a-buyers-account
target: contact
where:
  any_contact:
    any_lead: lead.account.primary_contact.role == "buyer"
---
kind: segment
name: below-the-first
target: contact
where: account.parent_account_id == "a1"
---
kind: segment
name: called
target: contact
where:
  any_activity: activity.type == "phone_call"
---
kind: segment
name: colleague-of-the-called
target: contact
where:
  any_contact:
    any_activity: activity.type == "phone_call"
---
kind: segment
name: leads-beside-orders
target: lead
where:
  any_contact:
    did: OrderPlaced
---
kind: segment
name: leads-without-buyers
target: lead
where:
  no_contact: contact.role == "buyer"
---
kind: segment
name: leads-among-buyers
target: lead
where:
  all_contacts: contact.role == "buyer"
---
kind: segment
name: leads-of-the-called
target: lead
where:
  any_activity: activity.type == "phone_call"
---
kind: segment
name: accounts-without-orders
target: account
where:
  did_not: OrderPlaced
  within: 30 days
---
kind: segment
name: accounts-that-spend
target: account
where:
  did: OrderPlaced
  sum: amount
  at_least: 15
---
kind: segment
name: people-of-accounts-that-spend
target: contact
where:
  segment: accounts-that-spend
---
kind: segment
name: all-ordered
target: account
where:
  all_contacts:
    did: OrderPlaced
---
kind: segment
name: half-visited
target: account
where:
  any_contact:
    did: Visited
  at_least: 50%
---
kind: segment
name: accounts-called
target: account
where:
  any_activity: activity.type == "phone_call"
  at_least: 2 activities
---
kind: segment
name: ordered-for-the-first
target: contact
where:
  did: OrderPlaced
  account_id: a1
"#;

/// Makes activities and leads.
pub const JOURNEY: &str = r#"
kind: segment
name: visitors
target: contact
where: { did: Visited, within: 2 days }
---
kind: journey
name: calls
target: contact
owner: sales@vendor.example
start: 2026-03-27 08:00
audience: { include: [visitors] }
reentry: after 2 days
steps:
  - id: call
    tile: activity
    with: { type: phone_call, for_each: contact, assign_to: journey_owner, subject: Call }
  - id: lead
    tile: create_lead
    with: { for_each: contact, topic: Visited }
"#;

pub const SCRIPT: &str = "
fn is_buyer(contact) { contact.role == \"buyer\" }
fn rank(contact, account) {
    let rank = 0;
    if is_buyer(contact) { rank += 1; }
    if account.industry == \"Finance\" { rank += 1; }
    if account.industry == \"Energy\" { throw \"no rank\"; }
    rank
}
fn suits(lead, contact) { lead.stage == \"sales_accepted\" && contact.city != \"Oslo\" }
";

pub const TABLE: &str = "city,country\nOslo,Norway\nRome,Italy\n";

/// A field and a value for it.
pub type Cell = (&'static str, &'static str);

/// What contacts, accounts and leads are changed to; among the ids are some that come later, or never.
pub const CONTACT_CELLS: [Cell; 14] = [
    ("role", "buyer"),
    ("role", "user"),
    ("role", ""),
    ("account_id", "a1"),
    ("account_id", "a2"),
    ("account_id", "a3"),
    ("account_id", "a4"),
    ("account_id", "a9"),
    ("account_id", ""),
    ("city", "Oslo"),
    ("city", "Rome"),
    ("birthdate", "2026-03-28"),
    ("birthdate", "2026-03-29"),
    ("birthdate", ""),
];

pub const ACCOUNT_CELLS: [Cell; 9] = [
    ("industry", "Finance"),
    ("industry", "Energy"),
    ("industry", ""),
    ("primary_contact_id", "c1"),
    ("primary_contact_id", "c4"),
    ("primary_contact_id", "c9"),
    ("primary_contact_id", ""),
    ("parent_account_id", "a1"),
    ("parent_account_id", "a4"),
];

pub const LEAD_CELLS: [Cell; 11] = [
    ("stage", "sales_accepted"),
    ("stage", "disqualified"),
    ("contact_id", "c1"),
    ("contact_id", "c4"),
    ("contact_id", "c9"),
    ("contact_id", ""),
    ("account_id", "a1"),
    ("account_id", "a3"),
    ("account_id", "a4"),
    ("account_id", "a9"),
    ("account_id", ""),
];
