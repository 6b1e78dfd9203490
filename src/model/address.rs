//! E-mail addresses: which texts are one, and which name the same mailbox.

use super::nfc;

/// Characters that an address has only in quotes, which mail systems don't use.
const NEVER: &str = "<>()[]\\,;:\"";

/// The longest address that mail systems take, in bytes.
const LONGEST: usize = 254;

/// The form under which an address is compared with others: without surrounding white space and case, its
/// domain in ASCII form. Nothing when the text isn't an address.
#[must_use]
pub fn folded_address(text: &str) -> Option<String> {
    let text = nfc(text);
    let (name, domain) = text.trim().rsplit_once('@')?;
    let strange = |character: char| {
        character.is_whitespace() || character.is_control() || character == '@' || NEVER.contains(character)
    };
    if name.is_empty() || name.contains(strange) {
        return None;
    }
    let domain = idna::domain_to_ascii(domain).ok()?;
    let domain = domain.strip_suffix('.').unwrap_or(&domain);
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let folded = format!("{}@{domain}", name.to_lowercase());
    (domain.split('.').all(is_label) && folded.len() <= LONGEST).then_some(folded)
}

/// Categories of bounces that say that the address doesn't exist: codes of RFC 3463, and words of
/// mail providers.
const NO_SUCH_ADDRESS: [&str; 4] = ["5.1.1", "5.1.3", "5.1.6", "5.1.10"];
const NO_SUCH_ADDRESS_WORDS: [&str; 9] = [
    "bad mailbox",
    "invalid mailbox",
    "invalid recipient",
    "invalid address",
    "no such user",
    "no such mailbox",
    "user unknown",
    "unknown user",
    "does not exist",
];

/// Whether a hard bounce says that its address doesn't exist (semantics 38). One without a category does.
#[must_use]
pub fn says_no_such_address(category: Option<&str>) -> bool {
    let Some(category) = category.map(str::trim).filter(|category| !category.is_empty()) else { return true };
    let text = category.to_lowercase().replace(['-', '_'], " ");
    let of_code = |character: char| !character.is_ascii_digit() && character != '.';
    text.split(of_code).any(|code| NO_SUCH_ADDRESS.contains(&code))
        || NO_SUCH_ADDRESS_WORDS.iter().any(|words| text.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_31_addresses_are_one_without_case_and_with_domains_in_ascii() {
        let cases = [
            ("ada@acme.example", Some("ada@acme.example")),
            (" Ada@ACME.Example\t", Some("ada@acme.example")),
            ("JÖRG@bücher.example", Some("jörg@xn--bcher-kva.example")),
            ("jörg@XN--BCHER-KVA.example", Some("jörg@xn--bcher-kva.example")),
            ("ada@acme.example.", Some("ada@acme.example")),
            ("ada+list@acme.example", Some("ada+list@acme.example")),
            ("root@localhost", Some("root@localhost")),
            ("ada at acme", None),
            ("@acme.example", None),
            ("ada@", None),
            ("ada@acme..example", None),
            ("ada@acme .example", None),
            ("ada lovelace@acme.example", None),
            ("ada@bob@acme.example", None),
            ("Ada <ada@acme.example>", None),
            ("ada@acme.example, bob@acme.example", None),
            ("", None),
        ];
        for (text, folded) in cases {
            assert_eq!(folded_address(text).as_deref(), folded, "{text}");
        }
    }

    #[test]
    fn rule_38_a_bounce_without_category_or_with_one_that_names_the_address_says_that_there_is_none() {
        let cases = [
            (None, true),
            (Some(""), true),
            (Some("5.1.1"), true),
            (Some("550 5.1.10 recipient not found"), true),
            (Some("5.1.6"), true),
            (Some("bad-mailbox"), true),
            (Some("User unknown"), true),
            (Some("5.1.2"), false),
            (Some("5.2.1"), false),
            (Some("5.1.11"), false),
            (Some("15.1.1"), false),
            (Some("5.7.1"), false),
            (Some("policy-related"), false),
        ];
        for (category, expected) in cases {
            assert_eq!(says_no_such_address(category), expected, "{category:?}");
        }
    }
}
