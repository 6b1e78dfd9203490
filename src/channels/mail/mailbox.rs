//! Addresses and names as people write them, made fit for headers.

use lettre::{Address, message::Mailbox};

use crate::channels::ChannelError;

/// Reads `news@vendor.example`, `Vendor <news@vendor.example>`, or the latter with a quoted name.
pub(super) fn sender(text: &str) -> Result<Mailbox, ChannelError> {
    let wrong = |_| ChannelError::Address(text.to_owned());
    let trimmed = text.trim();
    let Some((before, inside)) = trimmed.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) else {
        return Ok(Mailbox::new(None, address(trimmed)?));
    };
    let before = before.trim();
    let quoted = before.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let plain = quoted.map_or_else(|| before.to_owned(), unescaped);
    Ok(Mailbox::new(name(&plain), address(inside).map_err(wrong)?))
}

/// The content of a quoted name: a backslash makes the next character plain.
fn unescaped(quoted: &str) -> String {
    let mut plain = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

/// Reads an address; white space around it doesn't count, and its domain gets its ASCII form, which every mail server
/// takes (RFC 5891).
pub(super) fn address(text: &str) -> Result<Address, ChannelError> {
    let wrong = || ChannelError::Address(text.to_owned());
    let trimmed = text.trim();
    if trimmed.chars().any(|character| breaks_lines(character) || character.is_whitespace()) {
        return Err(wrong());
    }
    let ascii = trimmed.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii()).map(|(name, domain)| {
        let domain = idna::domain_to_ascii(domain).map_err(|_| wrong())?;
        Ok(format!("{name}@{domain}"))
    });
    ascii.unwrap_or_else(|| Ok(trimmed.to_owned()))?.parse().map_err(|_| wrong())
}

/// A name fit to stand before an address; none when nothing is left of it.
pub(super) fn name(text: &str) -> Option<String> {
    Some(one_line(text)).filter(|name| !name.is_empty())
}

fn breaks_lines(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// The text with every run of line ends and other control characters as one space: no value can end
/// its header and start another. A longer word than a line may be (998 characters, RFC 5322) is broken, too.
pub(super) fn one_line(text: &str) -> String {
    let parts = text.split(breaks_lines).map(str::trim).filter(|part| !part.is_empty());
    let line = parts.collect::<Vec<_>>().join(" ");
    if line.len() <= LONGEST_WORD {
        return line;
    }
    let mut broken = String::with_capacity(line.len() + 8);
    let mut length = 0;
    for character in line.chars() {
        length = if character == ' ' { 0 } else { length + character.len_utf8() };
        if length > LONGEST_WORD {
            broken.push(' ');
            length = character.len_utf8();
        }
        broken.push(character);
    }
    broken
}

/// The longest word in a header, in bytes.
const LONGEST_WORD: usize = 900;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_read_as_people_write_them() {
        let cases = [
            ("news@vendor.example", None),
            ("<news@vendor.example>", None),
            ("Vendor <news@vendor.example>", Some("Vendor")),
            ("Vendor, Inc. <news@vendor.example>", Some("Vendor, Inc.")),
            ("\"Vendor \\\"North\\\"\" <news@vendor.example>", Some("Vendor \"North\"")),
            ("\"Back\\\\slash\" <news@vendor.example>", Some("Back\\slash")),
            ("Müller & Söhne <news@vendor.example>", Some("Müller & Söhne")),
        ];
        for (text, name) in cases {
            let read = sender(text).unwrap();
            assert_eq!((read.name.as_deref(), read.email.as_ref()), (name, "news@vendor.example"), "{text}");
        }
        for wrong in ["", "Vendor", "Vendor <>", "news@vendor.example Vendor", "<news@vendor.example> x"] {
            assert!(matches!(sender(wrong), Err(ChannelError::Address(named)) if named == wrong), "{wrong}");
        }
    }

    #[test]
    fn what_breaks_lines_becomes_one_space() {
        let cases = [("a\r\n b", "a b"), ("\u{2028}a\tb\0", "a b"), ("a  b", "a  b"), ("\n", "")];
        for (text, expected) in cases {
            assert_eq!(one_line(text), expected);
        }
        let word = "x".repeat(2_000);
        let broken = one_line(&word);
        assert_eq!(broken.replace(' ', ""), word);
        assert!(broken.split(' ').all(|part| part.len() <= 900));
    }

    #[test]
    fn domains_go_out_in_their_ascii_form() {
        let cases =
            [("ann@bücher.example", "ann@xn--bcher-kva.example"), ("ann@Acme.example", "ann@Acme.example")];
        for (text, expected) in cases {
            assert_eq!(address(text).unwrap().to_string(), expected);
        }
    }
}
