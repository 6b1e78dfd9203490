//! Connections to a PostgreSQL server that are encrypted, as its own programs mean `sslmode`.

use std::net::TcpListener;

use crate::support::{
    certificates::{authority, certificate},
    postgres::Server,
    workspace::Workspace,
};

/// Who may come, and how: `ann` by TLS, `certified` with a certificate moreover, `plain` without TLS alone.
const RULES: &str = "local all all trust
hostssl all certified 127.0.0.1/32 trust clientcert=verify-ca
hostssl all ann 127.0.0.1/32 trust
hostnossl all plain 127.0.0.1/32 trust
";

#[test]
fn a_server_is_trusted_as_far_as_sslmode_says() {
    let (ours, other) = (authority("Ours"), authority("Other"));
    let (certificate_of_server, key_of_server) = certificate("db.example", &ours);
    let (mine, my_key) = certificate("certified", &ours);
    let (strange, strange_key) = certificate("certified", &other);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let files = [
        ("server.pem", certificate_of_server),
        ("server.key", key_of_server),
        ("ca.pem", ours.pem()),
        ("rules", RULES.to_owned()),
    ];
    let options = [
        "ssl=on",
        "ssl_cert_file={folder}/server.pem",
        "ssl_key_file={folder}/server.key",
        "ssl_ca_file={folder}/ca.pem",
        "hba_file={folder}/rules",
        "listen_addresses=127.0.0.1",
    ];
    let server = Server::start(port, &files, &options);
    server.execute("CREATE ROLE ann SUPERUSER LOGIN; CREATE ROLE certified SUPERUSER LOGIN; CREATE ROLE plain SUPERUSER LOGIN");

    let files = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let (ca, wrong, empty) =
        (file("ca.pem", &ours.pem()), file("other.pem", &other.pem()), file("empty.pem", ""));
    let me = format!("sslcert={}&sslkey={}", file("me.pem", &mine), file("me.key", &my_key));
    let stranger = format!("sslcert={}&sslkey={}", file("s.pem", &strange), file("s.key", &strange_key));

    // Who connects, to which name, with which parameters, and what is said where it fails.
    let cases = [
        ("ann", "db.example", String::new(), ""),
        ("ann", "db.example", "sslmode=prefer".to_owned(), ""),
        ("ann", "db.example", "sslmode=disable".to_owned(), "no pg_hba.conf entry"),
        ("plain", "db.example", "sslmode=disable".to_owned(), ""),
        ("plain", "db.example", "sslmode=require".to_owned(), "no pg_hba.conf entry"),
        // Encrypted, whoever it is.
        ("ann", "other.example", "sslmode=require".to_owned(), ""),
        ("ann", "other.example", format!("sslmode=require&sslrootcert={ca}"), ""),
        ("ann", "db.example", format!("sslmode=require&sslrootcert={wrong}"), "UnknownIssuer"),
        ("ann", "other.example", format!("sslmode=verify-ca&sslrootcert={ca}"), ""),
        ("ann", "db.example", format!("sslmode=verify-ca&sslrootcert={wrong}"), "UnknownIssuer"),
        ("ann", "db.example", format!("sslmode=verify-full&sslrootcert={ca}"), ""),
        ("ann", "other.example", format!("sslmode=verify-full&sslrootcert={ca}"), "db.example"),
        ("ann", "db.example", "sslrootcert=system".to_owned(), "UnknownIssuer"),
        ("ann", "db.example", format!("sslmode=verify-ca&sslrootcert={empty}"), "no certificate in PEM"),
        ("ann", "db.example", "sslmode=verify-full".to_owned(), "need `sslrootcert`"),
        ("certified", "db.example", "sslmode=require".to_owned(), "client certificate"),
        ("certified", "db.example", format!("sslmode=require&{stranger}"), "UnknownCA"),
        ("certified", "db.example", format!("sslmode=verify-full&sslrootcert={ca}&{me}"), ""),
    ];
    for (user, host, parameters, expected) in cases {
        let url = format!("postgres://{user}@{host}:{port}/postgres?hostaddr=127.0.0.1&{parameters}");
        let folder = tempfile::tempdir().unwrap();
        let migrated = Workspace::at(folder.path(), &url)
            .file("tilework.yaml", crate::support::workspace::SETTINGS)
            .program(&["migrate"]);
        let said = format!("{}{}", migrated.stdout, migrated.stderr);
        match expected {
            "" => {
                assert_eq!(migrated.code, 0, "{url}: {said}");
                let encrypted = user != "plain";
                assert_eq!(said.contains("isn't encrypted"), !encrypted, "{url}: {said}");
            }
            expected => {
                assert_ne!(migrated.code, 0, "{url} was let in");
                assert!(said.contains(expected), "{url}: {said}");
            }
        }
    }
}
