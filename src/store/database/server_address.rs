//! The address of a database server, and what of it may be shown.

use postgres::Config;

use super::tls;
use crate::store::StoreError;

/// What may stand in an address beside the password; the rest of its query isn't shown.
const SHOWN: [&str; 17] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "options",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "sslnegotiation",
    "target_session_attrs",
    "user",
];

/// Refuses an address in which nobody can tell where the password ends: a part of it would be taken for a host.
pub(in crate::store) fn check(url: &str) -> Result<(), StoreError> {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let Some((credentials, place)) = rest.split_once('@') else { return Ok(()) };
    match place.contains('@') || credentials.contains(['/', '?', '#']) {
        true => Err(StoreError::Credentials),
        false => Ok(()),
    }
}

/// The address as it may be shown.
pub(in crate::store) fn shown(url: &str) -> String {
    if check(url).is_err() {
        return named(url);
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (user, place) = match rest.split_once('@') {
        Some((credentials, place)) => (credentials.split(':').next(), place),
        None => (None, rest),
    };
    let (place, query) = match place.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (place, None),
    };
    let pairs = query.map(|query| {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((key, _)) if SHOWN.contains(&key) => pair.to_owned(),
            Some(("password", _)) => "password=***".to_owned(),
            _ => "***".to_owned(),
        });
        format!("?{}", pairs.collect::<Vec<_>>().join("&"))
    });
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    format!("{scheme}://{user}{place}{}", pairs.unwrap_or_default())
}

/// The beginning of a text that may be an address, which tells what kind it is and nothing else.
pub(in crate::store) fn named(text: &str) -> String {
    let is_kind = |kind: &&str| !kind.is_empty() && kind.chars().all(|letter| letter.is_ascii_alphanumeric());
    match text.split_once(':').filter(|(kind, _)| is_kind(kind)) {
        Some((kind, rest)) if rest.starts_with("//") => format!("{kind}://…"),
        Some((kind, _)) => format!("{kind}:…"),
        None => "…".to_owned(),
    }
}

/// The password of an address, as it is written and as it is meant.
pub(in crate::store) fn passwords(url: &str) -> Vec<String> {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let credentials = rest.rsplit_once('@').and_then(|(credentials, _)| credentials.split_once(':'));
    let query = rest.split(['?', '&', ' ']).filter_map(|pair| pair.strip_prefix("password="));
    let written = credentials.map(|(_, password)| password).into_iter().chain(query).map(str::to_owned);
    let address = tls::split(url).map_or_else(|_| url.to_owned(), |(address, _)| address);
    let config = if url.contains("://") { address.parse::<Config>() } else { url.parse() }.ok();
    let meant = config.as_ref().and_then(Config::get_password);
    written.chain(meant.map(|password| String::from_utf8_lossy(password).into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let cases = [
            ("postgres://ann:secret@db.example/crm", "postgres://ann@db.example/crm"),
            ("postgres://ann@db.example/crm", "postgres://ann@db.example/crm"),
            ("postgres://localhost/crm", "postgres://localhost/crm"),
            ("postgres://ann:sec/r?et@db.example/crm", "postgres://…"),
            ("postgres://ann:sec@ret@db.example/crm", "postgres://…"),
            (
                "postgres://db.example/crm?user=ann&password=sec%20ret&sslmode=require",
                "postgres://db.example/crm?user=ann&password=***&sslmode=require",
            ),
            ("postgres://db.example/crm?password=se&cret", "postgres://db.example/crm?password=***&***"),
            ("postgres://db.example:1/crm?password=sec@ret", "postgres://…"),
        ];
        for (url, expected) in cases {
            assert_eq!(shown(url), expected);
        }
    }

    #[test]
    fn of_what_is_no_address_its_kind_alone_is_shown() {
        assert_eq!(named("host=db.example user=ann password=secret"), "…");
        assert_eq!(named("mysql://ann:secret@db.example"), "mysql://…");
        assert_eq!(named("mysql:secret"), "mysql:…");
    }

    #[test]
    fn a_password_is_known_as_it_is_written_and_as_it_is_meant() {
        let found = |url: &str| passwords(url);
        assert_eq!(found("postgres://ann:p%40w@db.example/crm"), ["p%40w", "p@w"]);
        assert_eq!(found("postgres://db.example/crm?user=a&password=pw&sslmode=require"), ["pw", "pw"]);
        assert_eq!(found("postgres://ann:p@w@db.example/crm"), ["p@w", "p"]);
        assert_eq!(found("host=db.example password=pw"), ["pw", "pw"]);
        assert!(found("postgres://db.example/crm").is_empty());
    }
}
