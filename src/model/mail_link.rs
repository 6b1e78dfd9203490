//! Links in mails by which somebody leaves or chooses: signed, so that nobody can guess another's (semantics 34).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;

/// How much of a signature stands in a link, in bytes: 128 bits.
const SIGNATURE: usize = 16;
/// The form of what is signed.
const VERSION: u8 = 1;

/// The key that signs links. It is made with the store, and never changes.
#[derive(Clone)]
pub struct LinkKey(hmac::Key);

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkKey")
    }
}

impl LinkKey {
    /// The key made of a secret text.
    #[must_use]
    pub fn new(secret: &str) -> LinkKey {
        LinkKey(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }
}

/// What a link says: whose mail it stood in, and what the mail was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLink {
    /// The contact's key in the store.
    pub contact_key: i64,
    /// The key of the address that the mail went to.
    pub address_key: i64,
    /// The topic of the mail; empty for mail without one.
    pub topic: String,
    /// Whether it stands in a preview or a test mail, and does nothing.
    pub inert: bool,
}

impl MailLink {
    /// The end of the link's address.
    #[must_use]
    pub fn token(&self, key: &LinkKey) -> String {
        let mut bytes = vec![VERSION, u8::from(self.inert)];
        bytes.extend(self.contact_key.to_be_bytes());
        bytes.extend(self.address_key.to_be_bytes());
        bytes.extend(self.topic.as_bytes());
        let signature = hmac::sign(&key.0, &bytes);
        bytes.extend(&signature.as_ref()[..SIGNATURE]);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a token says; nothing when it was forged, cut or made up.
    #[must_use]
    pub fn read(token: &str, key: &LinkKey) -> Option<MailLink> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        let (said, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE)?)?;
        // The signature is cut, so it is compared by hand, in a time that doesn't depend on where they differ.
        let expected = hmac::sign(&key.0, said);
        let differs =
            expected.as_ref()[..SIGNATURE].iter().zip(signature).fold(0, |all, (a, b)| all | (a ^ b));
        if differs != 0 || said.len() < 18 || said[0] != VERSION {
            return None;
        }
        let number = |at: usize| said.get(at..at + 8)?.try_into().ok().map(i64::from_be_bytes);
        Some(MailLink {
            contact_key: number(2)?,
            address_key: number(10)?,
            topic: String::from_utf8(said[18..].to_vec()).ok()?,
            inert: said[1] != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_what_it_was_made_of_and_no_other_is_believed() {
        let key = LinkKey::new("secret");
        let link =
            MailLink { contact_key: 7, address_key: 9, topic: "product-news".to_owned(), inert: false };
        let token = link.token(&key);
        assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{token}");
        assert_eq!(MailLink::read(&token, &key), Some(link.clone()));
        assert_eq!(MailLink::read(&token, &LinkKey::new("other")), None);
        for at in 0..token.len() {
            let mut other: Vec<u8> = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            // The last letter has bits that say nothing; a decoder that refuses them, or the signature, tells.
            assert_eq!(MailLink::read(&other, &key), None, "{at}");
            assert_eq!(MailLink::read(&token[..at], &key), None, "{at}");
        }
        for made_up in ["", "x", "%%%", &"A".repeat(60)] {
            assert_eq!(MailLink::read(made_up, &key), None, "{made_up}");
        }
    }
}
