//! Names made from effect keys: readable where possible, unique always.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// A name of at most `longest` readable characters and a hash: letters, digits, `-`, `_` and single
/// dots alone, never a dot at its start. Different keys give different names, also where upper and
/// lower case are one.
pub(super) fn safe_name(key: &str, longest: usize) -> String {
    let mut name = String::with_capacity(longest + 21);
    for character in key.chars() {
        let safe = character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        match safe {
            true => name.push(character),
            false if name.is_empty() || name.ends_with('.') => continue,
            false => name.push('.'),
        }
        if name.len() == longest {
            break;
        }
    }
    let readable = name.trim_end_matches('.').len();
    name.truncate(readable);
    if !name.is_empty() {
        name.push('.');
    }
    name.push_str(&hash(&[key]));
    name
}

/// Twenty hexadecimal digits that depend on all the parts and on where each ends.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().iter().take(10).fold(String::new(), |mut text, byte| {
        // Writing into a `String` can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_name_stays_readable_where_it_is_safe() {
        let cases = [
            ("spring-offer/1/invite/1/con-0001/0", "spring-offer.1.invite.1.con-0001.0."),
            ("../../etc/passwd", "etc.passwd."),
            ("a\r\nb: c", "a.b.c."),
            ("漢字", ""),
            ("", ""),
            ("a/", "a."),
            ("1234567890123456789012345678901234567890/x", "1234567890123456789012345678901234567890."),
        ];
        for (key, readable) in cases {
            let name = safe_name(key, 40);
            assert_eq!(name.len(), readable.len() + 20, "{name}");
            assert!(name.starts_with(readable), "{name}");
        }
    }

    #[test]
    fn different_keys_never_share_a_name() {
        let keys = ["a/b", "a.b", "A/B", "a b", "a/b/", "", "/", "漢", "字"];
        let names: BTreeSet<String> = keys.iter().map(|key| safe_name(key, 40).to_lowercase()).collect();
        assert_eq!(names.len(), keys.len());
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }
}
