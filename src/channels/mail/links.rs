//! The links of a mail.

use std::collections::BTreeMap;

use crate::{
    compile::Plan,
    model::{LinkKey, MailLink, Value},
};

/// The links of a mail, by name; none where there is no web server that could answer them.
pub(in crate::channels) fn links(
    plan: &Plan,
    key: Option<&LinkKey>,
    link: &MailLink,
) -> BTreeMap<String, Value> {
    let (Some(key), Some(url)) = (key, &plan.settings.public_url) else {
        return BTreeMap::new();
    };
    let token = link.token(key);
    let text = |page: &str| Value::Text(format!("{url}/{page}/{token}"));
    BTreeMap::from([
        ("unsubscribe".to_owned(), text("unsubscribe")),
        ("preferences".to_owned(), text("preferences")),
        ("one_click".to_owned(), text("unsubscribe")),
    ])
}
