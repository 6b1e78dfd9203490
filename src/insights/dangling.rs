//! Links that lead nowhere, in words.

use crate::store::DanglingLinks;

/// What is to be said of links that lead nowhere: how many there are, and the first of them.
#[must_use]
pub fn told_links(links: &DanglingLinks) -> String {
    let DanglingLinks { entity, field, to, count, first, first_refers_to } = links;
    let (records, refer, it) = match count {
        1 => (entity.name(), "refers", "`"),
        _ => (entity.plural(), "refer", "first `"),
    };
    let article = if to.name().starts_with('a') { "an" } else { "a" };
    format!(
        "{count} {records} {refer} by `{field}` to {article} {} that isn't in the store: {it}{first}` to `{first_refers_to}`",
        to.name()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Entity;

    #[test]
    fn one_link_and_many_are_told() {
        let mut links = DanglingLinks {
            entity: Entity::Contact,
            field: "account_id".to_owned(),
            to: Entity::Account,
            count: 1,
            first: "c3".to_owned(),
            first_refers_to: "Birch".to_owned(),
        };
        let one = "1 contact refers by `account_id` to an account that isn't in the store: `c3` to `Birch`";
        assert_eq!(told_links(&links), one);
        links.count = 70;
        let many =
            "70 contacts refer by `account_id` to an account that isn't in the store: first `c3` to `Birch`";
        assert_eq!(told_links(&links), many);
    }
}
