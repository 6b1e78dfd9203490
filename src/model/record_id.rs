//! Ids of records: the form in which they are kept and compared.

use std::borrow::Cow;

/// An id as it is kept: without surrounding white space, and a GUID without braces and in lower case, since exports of
/// one CRM differ in both.
#[must_use]
pub fn record_id(text: &str) -> Cow<'_, str> {
    let word = text.trim();
    let bare = word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(word);
    if !is_guid(bare) {
        return Cow::Borrowed(word);
    }
    match bare.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(bare.to_ascii_lowercase()),
        false => Cow::Borrowed(bare),
    }
}

/// Whether a text is 32 hexadecimal digits, with dashes behind the 8th, 12th, 16th and 20th.
fn is_guid(text: &str) -> bool {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match DASHES.contains(&at) {
            true => byte == b'-',
            false => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_one_without_braces_and_case_and_other_ids_stay_as_they_are() {
        let guid = "6c5e1a4b-9d7f-4a1b-8c2d-000000000001";
        let cases = [
            (guid, guid),
            ("{6C5E1A4B-9D7F-4A1B-8C2D-000000000001}", guid),
            (" 6C5E1A4B-9D7F-4A1B-8C2D-000000000001 ", guid),
            ("{6C5E1A4B-9D7F-4A1B-8C2D-00000000000}", "{6C5E1A4B-9D7F-4A1B-8C2D-00000000000}"),
            ("6C5E1A4B9D7F4A1B8C2D000000000001", "6C5E1A4B9D7F4A1B8C2D000000000001"),
            ("{Acme}", "{Acme}"),
            ("ACME", "ACME"),
            ("", ""),
        ];
        for (text, id) in cases {
            assert_eq!(record_id(text), id, "{text}");
        }
    }
}
