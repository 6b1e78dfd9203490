//! DKIM signatures (RFC 6376, RFC 8463): keys, and what they sign.
//!
//! `lettre` can sign, too, but canonicalizes headers by recursion for each character, takes neither PKCS #8 nor PEM of
//! Ed25519, and brings the crate `rsa`, whose timing gives keys away (RUSTSEC-2023-0071). `ring` is here already.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use sha2::{Digest, Sha256};

/// Headers that are signed where they are there. Those about lists have to be (RFC 8058, section 4).
const SIGNED: [&str; 14] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "reply-to",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-id",
    "feedback-id",
    "auto-submitted",
];

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
}

/// A key that signs for a domain.
#[derive(Clone)]
pub struct DkimKey {
    /// The domain.
    pub domain: String,
    /// The selector under which its public part stands in DNS.
    pub selector: String,
    pair: Pair,
}

impl std::fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}._domainkey.{}", self.selector, self.domain)
    }
}

impl DkimKey {
    /// Reads a private key in PEM: RSA (PKCS #1 or #8), or Ed25519 (PKCS #8).
    ///
    /// # Errors
    /// What isn't right about it, without repeating it.
    pub fn read(domain: &str, selector: &str, pem: &str) -> Result<DkimKey, String> {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| "it is no private key in PEM (`-----BEGIN PRIVATE KEY-----`)".to_owned())?;
        let rsa = |pair: Result<RsaKeyPair, ring::error::KeyRejected>| {
            pair.map(|pair| Pair::Rsa(Arc::new(pair))).map_err(|error| format!("it can't sign: {error}"))
        };
        let pair = match &key {
            PrivateKeyDer::Pkcs1(der) => rsa(RsaKeyPair::from_der(der.secret_pkcs1_der()))?,
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                match Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
                    Ok(pair) => Pair::Ed25519(Arc::new(pair)),
                    Err(_) => rsa(RsaKeyPair::from_pkcs8(der))?,
                }
            }
            _ => return Err("it is neither an RSA key nor an Ed25519 key".to_owned()),
        };
        Ok(DkimKey { domain: domain.to_owned(), selector: selector.to_owned(), pair })
    }

    /// Whether it signs for an address of this domain: that is the key's, or one below it.
    #[must_use]
    pub fn is_for(&self, domain: &str) -> bool {
        let (own, domain) = (self.domain.to_ascii_lowercase(), domain.to_ascii_lowercase());
        domain == own || domain.strip_suffix(&own).is_some_and(|rest| rest.ends_with('.'))
    }

    /// The message with its signature in front. `at` is when it is signed, in UTC milliseconds.
    ///
    /// # Errors
    /// When the key can't sign.
    pub fn sign(&self, message: &[u8], at: i64) -> Result<Vec<u8>, String> {
        let end = message.windows(4).position(|four| four == b"\r\n\r\n").map_or(message.len(), |at| at + 2);
        let (head, rest) = message.split_at(end);
        let body = rest.strip_prefix(b"\r\n").unwrap_or(rest);
        let headers = headers(&String::from_utf8_lossy(head));
        let mut names: Vec<&str> = Vec::new();
        let mut data = String::new();
        for name in SIGNED {
            for (_, value) in headers.iter().rev().filter(|(own, _)| own == name) {
                names.push(name);
                data.push_str(&format!("{name}:{value}\r\n"));
            }
        }
        // Named once more than it is there: another sender can't be put in front of it.
        names.push("from");
        let algorithm = match self.pair {
            Pair::Rsa(_) => "rsa-sha256",
            Pair::Ed25519(_) => "ed25519-sha256",
        };
        let hash = BASE64_STANDARD.encode(Sha256::digest(relaxed_body(body)));
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={}; t={};\r\n h={};\r\n bh={hash};\r\n b=",
            self.domain,
            self.selector,
            at.div_euclid(1000),
            names.join(":\r\n ")
        );
        data.push_str(&format!("dkim-signature:{}", relaxed(&unsigned)));
        let signature = self.signature(data.as_bytes())?;
        let folded: Vec<&str> =
            signature.as_bytes().chunks(72).filter_map(|chunk| std::str::from_utf8(chunk).ok()).collect();
        let mut signed = format!("DKIM-Signature: {unsigned}{}\r\n", folded.join("\r\n ")).into_bytes();
        signed.extend_from_slice(message);
        Ok(signed)
    }

    fn signature(&self, data: &[u8]) -> Result<String, String> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature)
                    .map_err(|_| format!("the key of `{}` can't sign", self.domain))?;
                Ok(BASE64_STANDARD.encode(signature))
            }
            // RFC 8463 signs the hash, not the text.
            Pair::Ed25519(pair) => Ok(BASE64_STANDARD.encode(pair.sign(&Sha256::digest(data)))),
        }
    }
}

/// The headers of a message: names in small letters, values in relaxed form.
fn headers(head: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        match (line.starts_with([' ', '\t']), headers.last_mut()) {
            (true, Some((_, value))) => value.push_str(line),
            _ => {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                headers.push((name.trim().to_ascii_lowercase(), value.to_owned()));
            }
        }
    }
    headers.iter_mut().for_each(|(_, value)| *value = relaxed(value));
    headers
}

/// A header's value in relaxed form (RFC 6376, 3.4.2): on one line, each run of white space a space, none at the ends.
fn relaxed(value: &str) -> String {
    let words = value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A body in relaxed form (RFC 6376, 3.4.4): runs of white space as a space, none at the ends of lines, no empty lines
/// at the end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut kept = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(line);
        let mut space = false;
        let start = out.len();
        for byte in text {
            match byte {
                b' ' | b'\t' => space = true,
                byte => {
                    if std::mem::take(&mut space) {
                        out.push(b' ');
                    }
                    out.push(*byte);
                }
            }
        }
        let empty = out.len() == start;
        out.extend_from_slice(b"\r\n");
        if !empty {
            kept = out.len();
        }
    }
    out.truncate(kept);
    out
}
