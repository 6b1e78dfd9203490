//! What the journeys of many tests refer to.

/// Two types of interactions, a segment of everyone, and an e-mail.
pub const USUAL: &str = r#"
kind: interaction
name: OrderPlaced
attributes:
  product: { type: text }
---
kind: interaction
name: Visited
---
kind: segment
name: everyone
target: contact
where: true
---
kind: email
name: invite
subject: "{{contact.first_name}}, an offer for {{account.name}}"
text: "Dear {{contact.first_name}}"
"#;
