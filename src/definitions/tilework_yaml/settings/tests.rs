use super::*;
use crate::definitions::testing::{listed, load_files, write};

fn problems_of(text: &str, environment: Option<&str>) -> Vec<String> {
    let (definitions, problems) = load_files(&[("tilework.yaml", text)], environment);
    listed(&definitions, &problems)
        .into_iter()
        .map(|problem| problem.replacen("tilework.yaml:", "", 1))
        .collect()
}

const FULL: &str = "name: vendor\ntimezone: Europe/London\nstore: sqlite:tilework.db\npublish: automatic\n\
    channels:\n  email:\n    transport: file\n    directory: mail\n    from: \"Vendor <news@vendor.example>\"\n    \
    hold: 10 minutes\nserve:\n  refresh: \"*/5 * * * *\"\nenvironments:\n  staging:\n    store: \
    \"postgres://tilework:${SECRET}@localhost/staging\"\n    channels: { email: { only_to: [\"*@vendor.example\"] } }\n";

#[test]
fn an_environment_is_laid_over_the_rest_and_variables_are_filled_in() {
    let (definitions, problems) = load_files(&[("tilework.yaml", FULL)], Some("staging"));
    assert!(problems.is_empty(), "{problems:?}");
    let settings = &definitions.settings;
    let store = settings.store.as_ref().unwrap();
    assert_eq!(store.value, "postgres://tilework:s3cret@localhost/staging");
    let host = store.value.find("localhost").unwrap();
    assert_eq!(definitions.sources.slice(store.span_at(host, host + 9)), "localhost");
    let email = settings.email.as_ref().unwrap();
    assert_eq!(email.only_to[0].value, "*@vendor.example");
    assert_eq!(email.directory.as_ref().unwrap().value, "mail");
    assert_eq!(settings.publish, Publish::Automatic);
    assert_eq!(settings.refresh.as_ref().unwrap().value, "*/5 * * * *");
}

#[test]
fn without_an_environment_its_keys_and_variables_play_no_part() {
    let (definitions, problems) = load_files(&[("tilework.yaml", &FULL.replace("SECRET", "ABSENT"))], None);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(definitions.settings.store.unwrap().value, "sqlite:tilework.db");
    assert!(definitions.settings.email.unwrap().only_to.is_empty());
}

#[test]
fn publishing_by_hand_is_refused_and_not_passed_over() {
    let found = problems_of("name: vendor\npublish: manual\n", None);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("not-available 2:10 publishing by hand"), "{found:?}");
}

#[test]
fn a_file_can_hold_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let text = "store: postgres://me:${file:secret.txt}@host/db\nname: ${file:absent}\n";
    write(folder.path(), &[("tilework.yaml", text.as_bytes()), ("secret.txt", b"hush\n")]);
    let mut problems = Problems::default();
    let definitions = crate::definitions::load(folder.path(), None, &|_| None, &mut problems).unwrap();
    assert_eq!(definitions.settings.store.as_ref().unwrap().value, "postgres://me:hush@host/db");
    let report = listed(&definitions, &problems);
    assert!(
        report[0].starts_with("missing-variable tilework.yaml:2:7 the file `absent` can't be read"),
        "{report:?}"
    );
}

#[test]
fn each_mistake_in_the_settings_has_its_place() {
    let table: &[(&str, &[&str])] = &[
        ("", &[]),
        ("- a\n", &["wrong-type 1:1 expected a mapping of settings, found a list"]),
        (
            "name: a\n---\nname: b\n",
            &["invalid-setting 3:1 `tilework.yaml` holds one document | Put definitions into \
           files under `journeys/`."],
        ),
        (
            "timezone: Europe/Lodnon\nserve: { refresh: sometimes, every: 5 }\n",
            &[
                "invalid-timezone 1:11 `Europe/Lodnon` is not a time zone | Did you mean `Europe/London`?",
                "invalid-schedule 2:19 ",
                "unknown-key 2:30 unknown key `every` in `serve` | There is: `refresh`, `http`, `public_url`.",
            ],
        ),
        (
            "store: mysql://x\npublish: never\nlimits: 5\nstor: x\n",
            &[
                "invalid-setting 1:8 a store of this kind isn't known | Write `sqlite:FILE` or \
                 `postgres://HOST/DATABASE`.",
                "invalid-value 2:10 `never` is not a value of `publish`: expected `automatic` or `manual`",
                "wrong-type 3:9 expected a mapping for `limits`, found a number",
                "unknown-key 4:1 unknown key `stor` in `tilework.yaml` | Did you mean `store`?",
            ],
        ),
        (
            "channels:\n  email: { transport: smtp, host: x, hold: soon }\n  sms: { transport: letter }\n",
            &[
                "invalid-duration 2:44 `soon` is not a length of time | Write a whole number and a unit: `90 seconds`, `10 \
                 minutes`, `4 hours`, `30 days`, `2 weeks`, `3 months`, `1 year` or `5 business days`.",
                "invalid-value 3:21 `letter` is not a value of `transport`: expected `http` or `file`",
            ],
        ),
        (
            "channels: { email: {} }\n",
            &["missing-key 1:13 `email` needs `transport` | Write `transport: file` or `transport: smtp`."],
        ),
        (
            "name: ${NOBODY}\ntimezone: ${SECRET\n",
            &[
                "missing-variable 1:7 the variable `NOBODY` isn't set | Set it where Tilework is started, such as `export \
                 NOBODY=…`.",
                "invalid-setting 2:11 `${` isn't closed by `}` | Write `${NAME}` or `${file:PATH}`.",
            ],
        ),
        (
            "environments:\n  a: { timezone: Nowhere, environments: {} }\n  b: 5\n",
            &[
                "invalid-timezone 2:18 `Nowhere` is not a time zone | Write the name of a zone as in `Europe/London` or \
                 `America/New_York`, or `UTC`.",
                "invalid-setting 2:27 an environment has no environments of its own",
                "wrong-type 3:6 expected a mapping for `b`, found a number",
            ],
        ),
    ];
    for (text, expected) in table {
        let found = problems_of(text, None);
        assert_eq!(found.len(), expected.len(), "\n{text}\n{found:#?}");
        for (found, expected) in found.iter().zip(*expected) {
            assert!(found == expected || (expected.ends_with(' ') && found.starts_with(expected)), "{found}");
        }
    }
}

#[test]
fn an_unknown_environment_is_named() {
    assert_eq!(
        problems_of("name: a\nenvironments: { staging: {} }\n", Some("stagign")),
        ["invalid-setting 1:1 there is no environment `stagign` | Did you mean `staging`?"]
    );
}

#[test]
fn a_password_in_the_file_is_an_error_in_every_environment() {
    for (address, is_secret) in [
        ("postgres://me:hush@host/db", true),
        ("postgres://me:hu${X}@host/db", true),
        ("postgres://host/db?user=me&password=hush", true),
        ("postgres://me:${SECRET}@host/db", false),
        ("postgres://me:${file:/run/secret}@host/db", false),
        ("postgres://me@host:5432/db?application_name=a@b", false),
        ("postgres://host/db?password=${SECRET}&x=y", false),
        ("host=db.example user=me password=hush dbname=crm", true),
        ("host=db.example user=me password=${SECRET}", false),
        ("sqlite:a.db", false),
    ] {
        let text = format!("environments:\n  live:\n    store: \"{address}\"\n");
        let found = problems_of(&text, None);
        assert_eq!(
            found.iter().any(|problem| problem.starts_with("secret-in-file 3:")),
            is_secret,
            "{address}"
        );
        assert!(!found.join("\n").contains("hush"), "the password isn't repeated");
    }
}

#[test]
fn an_address_with_a_user_is_refused_where_a_variable_holds_it_too() {
    let workflow = |url: &str| format!("kind: workflow\nname: tell\nhttp:\n  url: {url}\n");
    let channel = |url: &str| format!("name: a\nchannels:\n  crm: {{ transport: http, url: \"{url}\" }}\n");
    let told = |file: &str, text: &str| {
        let mut files = vec![(file, text)];
        if file != "tilework.yaml" {
            files.push(("tilework.yaml", "name: a\n"));
        }
        let (definitions, problems) = load_files(&files, None);
        let told = listed(&definitions, &problems);
        assert!(!told.iter().any(|told| told.contains("hush") || told.contains("s3cret")), "{told:?}");
        told.iter().map(|told| told.split(" | ").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let cases = [
        ("${ADDRESS}", "invalid-url 4:8 the address in `ADDRESS` has a user in it"),
        ("${NAMED}", "invalid-url 4:8 the address in `NAMED` has a user in it"),
        ("https://me:${SECRET}@crm.vendor.example/x", "invalid-url 4:8 "),
        ("https://${SECRET}@crm.vendor.example/x", "invalid-url 4:8 "),
        ("https://me:hush@crm.vendor.example/x", "secret-in-file 4:19 a password stands in the file"),
    ];
    for (url, expected) in cases {
        let told = told("journeys/x.yaml", &workflow(url));
        assert!(told.len() == 1 && told[0].starts_with(expected), "{url}: {told:?}");
    }
    let of_channel = told("tilework.yaml", &channel("${ADDRESS}"));
    assert!(of_channel.len() == 1, "{of_channel:?}");
    assert!(of_channel[0].ends_with("the address in `ADDRESS` has a user in it"), "{of_channel:?}");
}
