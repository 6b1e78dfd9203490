//! Signatures, checked by another implementation.

use std::{borrow::Borrow, collections::HashMap, hash::Hash, sync::Mutex, time::Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use mail_auth::{
    AuthenticatedMessage, DkimResult, MX, MessageAuthenticator, Parameters, RecordSet, ResolverCache, Txt,
    common::parse::TxtRecordParser, common::verify::DomainKey,
};
use rcgen::KeyPair;

use super::{messages, workspace};
use crate::support::{smtp::Sink, workspace::Database};

/// Records as DNS would give them.
struct Records<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Records<K, V> {
    fn none() -> Self {
        Records(Mutex::new(HashMap::new()))
    }
}

impl<K: Hash + Eq, V: Clone> ResolverCache<K, V> for Records<K, V> {
    fn get<Q: Hash + Eq + ?Sized>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.lock().unwrap().get(name).cloned()
    }

    fn remove<Q: Hash + Eq + ?Sized>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.lock().unwrap().remove(name)
    }

    fn insert(&self, key: K, value: V, _: Instant) {
        self.0.lock().unwrap().insert(key, value);
    }
}

/// Whether a message's signature is right, by the public key that DNS has.
#[allow(clippy::disallowed_methods, reason = "a cache wants to know how long its records are valid")]
fn verified(message: &[u8], record: &str) -> Result<Vec<String>, String> {
    let records: Records<Box<str>, Txt> = Records::none();
    let key = DomainKey::parse(record.as_bytes()).map_err(|error| error.to_string())?;
    records.insert("tilework._domainkey.vendor.example.".into(), Txt::DomainKey(key.into()), Instant::now());
    let mx: Records<Box<str>, RecordSet<MX>> = Records::none();
    let v4: Records<Box<str>, RecordSet<std::net::Ipv4Addr>> = Records::none();
    let v6: Records<Box<str>, RecordSet<std::net::Ipv6Addr>> = Records::none();
    let names: Records<std::net::IpAddr, RecordSet<Box<str>>> = Records::none();
    let parsed = AuthenticatedMessage::parse(message).ok_or("it is no message")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outputs = runtime.block_on(async {
        let authenticator = MessageAuthenticator::new_cloudflare().unwrap();
        let parameters = Parameters {
            params: &parsed,
            cache_txt: Some(&records),
            cache_mx: Some(&mx),
            cache_ptr: Some(&names),
            cache_ipv4: Some(&v4),
            cache_ipv6: Some(&v6),
        };
        authenticator.verify_dkim(parameters).await
    });
    assert_eq!(outputs.len(), 1, "one signature");
    match outputs[0].result() {
        DkimResult::Pass => {
            Ok(outputs[0].signature().unwrap().h.iter().map(|name| name.to_lowercase()).collect())
        }
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn rfc_8058_what_unsubscribes_is_inside_a_signature_that_others_find_right() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_mail/");
    let file = |name: &str| std::fs::read_to_string(format!("{folder}{name}")).unwrap();
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let rsa = format!("v=DKIM1; k=rsa; p={}", file("rsa.pub").trim());
    let cases = [
        (file("rsa.pem"), rsa.clone()),
        (file("rsa-pkcs1.pem"), rsa.clone()),
        (
            ed25519.serialize_pem(),
            format!("v=DKIM1; k=ed25519; p={}", BASE64_STANDARD.encode(ed25519.public_key_raw())),
        ),
    ];
    for (pem, record) in cases {
        let sink = Sink::plain();
        let more = "    encryption: none\n    dkim:\n      - { domain: other.example, selector: x, key: \"${file:dkim.pem}\" }\n      - { domain: vendor.example, selector: tilework, key: \"${file:dkim.pem}\" }\n";
        // The file has to be there before anything reads the settings.
        let place = tempfile::tempdir().unwrap();
        let key = place.path().join("dkim.pem");
        std::fs::write(&key, &pem).unwrap();
        let more = more.replace("dkim.pem", &key.display().to_string());
        let workspace = workspace(Database::Sqlite, &sink, &more, &["ada"]);
        let ran = workspace.program(&["run"]);
        assert_eq!(messages(&workspace), ["ada delivered"], "{}", ran.stderr);
        let content = sink.got().remove(0).content;
        let signed = verified(&content, &record).unwrap();
        for name in [
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "list-unsubscribe",
            "list-unsubscribe-post",
            "list-id",
        ] {
            assert!(signed.iter().any(|own| own == name), "{name} in {signed:?}");
        }
        // What is changed on the way is found.
        for (from, to) in [("Dear", "Deer"), ("News for", "Newt for"), ("/unsubscribe/", "/unsubscribf/")] {
            let text = String::from_utf8(content.clone()).unwrap();
            assert!(text.contains(from));
            assert!(verified(text.replacen(from, to, 1).as_bytes(), &record).is_err(), "{from}");
        }
        let parsed = mail_parser::MessageParser::default().parse(&content).unwrap();
        assert_eq!(parsed.subject(), Some("News for ada"));
        let post = parsed.header_raw("List-Unsubscribe-Post").unwrap();
        assert_eq!(post.trim(), "List-Unsubscribe=One-Click");
        let link = parsed.header_raw("List-Unsubscribe").unwrap().trim().to_owned();
        assert!(
            link.starts_with("<https://news.vendor.example/unsubscribe/") && link.ends_with('>'),
            "{link}"
        );
        let html = parsed.body_html(0).unwrap();
        assert!(
            html.contains("1 High Street") && html.contains("https://news.vendor.example/unsubscribe/"),
            "{html}"
        );
    }
}
