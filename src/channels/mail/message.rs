//! MIME messages.

use std::time::{Duration, SystemTime};

use lettre::{
    Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, MultiPartKind, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};

use super::{
    mailbox::{address, name, one_line, sender},
    nesting::flattened,
};
use crate::channels::{
    ChannelError,
    key::{hash, safe_name},
};

/// The last moment, in UTC milliseconds, that a `Date` header can show: the end of the year 9998.
const LAST_DATE: i64 = 253_370_764_799_999;

/// The readable part of a Message-ID, in characters.
const LONGEST_ID: usize = 80;

/// How wide the text made from HTML is, in characters.
const TEXT_WIDTH: usize = 78;

/// Headers that a message writes itself.
const OWN_HEADERS: [&str; 11] = [
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "received",
    "return-path",
];

/// A rendered message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The key of the effect that the message carries out; the Message-ID is made from it.
    pub key: String,
    /// The sender: an address, or a name and an address in angle brackets.
    pub from: String,
    /// Where answers go, like `from`; to the sender when there is none.
    pub reply_to: Option<String>,
    /// The recipient's address.
    pub to_address: String,
    /// The recipient's name.
    pub to_name: Option<String>,
    /// The subject; what breaks lines becomes a space.
    pub subject: String,
    /// The HTML body.
    pub html: Option<String>,
    /// The text body; made from the HTML when absent.
    pub text: Option<String>,
    /// UTC milliseconds, for the `Date` header, which shows whole seconds.
    pub at: i64,
    /// Further headers, such as `List-Unsubscribe`; what breaks lines becomes a space.
    pub headers: Vec<(String, String)>,
}

/// Puts a message together. The same mail gives the same bytes, always.
///
/// # Errors
/// When an address isn't one, the date can't be shown, a header has no fit name or is one of those
/// that the message writes itself, or no text can be made from the HTML.
pub fn compose(mail: &Mail) -> Result<Vec<u8>, ChannelError> {
    if !(0..=LAST_DATE).contains(&mail.at) {
        return Err(ChannelError::Date(mail.at));
    }
    let date = SystemTime::UNIX_EPOCH + Duration::from_millis(mail.at.unsigned_abs());
    let from = sender(&mail.from)?;
    let to = Mailbox::new(name(mail.to_name.as_deref().unwrap_or_default()), address(&mail.to_address)?);
    let failed = |error: &dyn std::error::Error| ChannelError::Message(error.to_string());
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()]);

    let mut message = Message::builder()
        .envelope(envelope.map_err(|error| failed(&error))?)
        .message_id(Some(message_id(&mail.key, from.email.domain())))
        .date(date)
        .from(from)
        .to(to)
        .subject(one_line(&mail.subject));
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(sender(reply_to)?);
    }
    for (name, value) in &mail.headers {
        message = message.raw_header(HeaderValue::new(header_name(name)?, one_line(value)));
    }
    let message = match (&mail.html, &mail.text) {
        (None, text) => message.singlepart(SinglePart::plain(text.clone().unwrap_or_default())),
        (Some(html), text) => {
            let text = text.clone().map_or_else(|| text_of(html), Ok)?;
            // A boundary must not stand in the parts, so it depends on them.
            let boundary = hash(&[&mail.key, html, &text]);
            let parts = MultiPart::builder().kind(MultiPartKind::Alternative).boundary(boundary);
            message.multipart(
                parts.singlepart(SinglePart::plain(text)).singlepart(SinglePart::html(html.clone())),
            )
        }
    };
    Ok(folded(&message.map_err(|error| failed(&error))?.formatted()))
}

/// The longest line of a header, where there is a space to break it at.
const LONGEST_LINE: usize = 78;

/// A message whose header lines are broken at spaces where they are long, inside quoted names, too.
fn folded(message: &[u8]) -> Vec<u8> {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(message.len());
    let (head, body) = message.split_at(end);
    let mut out = Vec::with_capacity(message.len() + 64);
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let mut rest = line;
        // A header's name doesn't stand on a line alone.
        let mut first = rest.iter().position(|byte| *byte == b':').map_or(0, |colon| colon + 1);
        while rest.len() > LONGEST_LINE + 2 {
            let spaces = rest.iter().enumerate().filter(|(at, byte)| **byte == b' ' && *at > first);
            let mut spaces = spaces.map(|(at, _)| at).peekable();
            let Some(nearest) = spaces.peek().copied() else { break };
            let at = spaces.take_while(|at| *at <= LONGEST_LINE).last().unwrap_or(nearest);
            out.extend_from_slice(&rest[..at]);
            out.extend_from_slice(b"\r\n");
            rest = &rest[at..];
            first = 0;
        }
        out.extend_from_slice(rest);
    }
    out.extend_from_slice(body);
    out
}

fn header_name(name: &str) -> Result<HeaderName, ChannelError> {
    let wrong = || ChannelError::Header(name.to_owned());
    let small = name.to_ascii_lowercase();
    let own = OWN_HEADERS.contains(&small.as_str()) || small.starts_with("content-");
    if own || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong());
    }
    HeaderName::new_from_ascii(name.to_owned()).map_err(|_| wrong())
}

/// `<spring-offer.1.invite.1.con-0001.0.1f…@vendor.example>`, unique for each key.
fn message_id(key: &str, domain: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-');
    let domain = if domain.chars().all(plain) { domain } else { "message.invalid" };
    format!("<{}@{domain}>", safe_name(key, LONGEST_ID))
}

/// The text that an HTML body shows, its links in a list at the end.
pub(super) fn text_of(html: &str) -> Result<String, ChannelError> {
    html2text::config::plain()
        .no_table_borders()
        .raw_mode(true)
        .link_footnotes(true)
        .no_link_wrapping()
        .allow_width_overflow()
        .string_from_read(flattened(html).as_bytes(), TEXT_WIDTH)
        .map_err(|error| ChannelError::Html(error.to_string()))
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use proptest::prelude::*;

    use super::*;

    fn mail() -> Mail {
        Mail {
            key: "spring-offer/1/invite/1/con-0001/0".into(),
            from: "Vendor <news@vendor.example>".into(),
            reply_to: None,
            to_address: "ada@acme.example".into(),
            to_name: Some("Ada Lovelace".into()),
            subject: "An offer".into(),
            html: Some("<p>Dear Ada, <a href=\"https://vendor.example/x\">see here</a>.</p>".into()),
            text: None,
            at: 1_767_600_000_999,
            headers: Vec::new(),
        }
    }

    fn composed(mail: &Mail) -> String {
        String::from_utf8(compose(mail).unwrap()).unwrap()
    }

    /// Headers, unfolded and decoded, of a message or of one of its parts.
    fn headers(text: &str) -> Vec<(String, String)> {
        let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n\t", " ");
        head.split("\r\n")
            .map(|line| {
                let (name, value) = line.split_once(": ").unwrap();
                (name.to_owned(), decoded(value))
            })
            .collect()
    }

    fn header(text: &str, name: &str) -> String {
        let found: Vec<String> =
            headers(text).into_iter().filter(|(own, _)| own == name).map(|(_, value)| value).collect();
        assert_eq!(found.len(), 1, "`{name}` in {text}");
        found[0].clone()
    }

    /// Decodes words such as `=?utf-8?b?w6k=?=`; white space between two of them doesn't count.
    fn decoded(value: &str) -> String {
        let (mut bytes, mut rest) = (Vec::new(), value);
        while let Some((before, word)) = rest.split_once("=?utf-8?b?") {
            let (word, after) = word.split_once("?=").unwrap();
            if bytes.is_empty() || !before.trim().is_empty() {
                bytes.extend(before.bytes());
            }
            bytes.extend(BASE64_STANDARD.decode(word).unwrap());
            rest = after;
        }
        bytes.extend(rest.bytes());
        String::from_utf8(bytes).unwrap()
    }

    /// The parts of a message, by its boundary.
    fn parts(text: &str) -> Vec<String> {
        let kind = header(text, "Content-Type");
        let boundary = kind.split("boundary=\"").nth(1).unwrap().trim_end_matches('"');
        let pieces: Vec<&str> = text.split(&format!("--{boundary}")).collect();
        assert_eq!(pieces.last().unwrap().trim(), "--");
        pieces[1..pieces.len() - 1].iter().map(|piece| piece.trim_start().to_owned()).collect()
    }

    #[test]
    fn a_message_has_the_headers_that_mail_needs() {
        let text = composed(&mail());
        assert_eq!(header(&text, "From"), "Vendor <news@vendor.example>");
        assert_eq!(header(&text, "To"), "\"Ada Lovelace\" <ada@acme.example>");
        assert_eq!(header(&text, "Subject"), "An offer");
        assert_eq!(header(&text, "Date"), "Mon, 05 Jan 2026 08:00:00 +0000");
        assert_eq!(header(&text, "MIME-Version"), "1.0");
        let id = header(&text, "Message-ID");
        assert!(
            id.starts_with("<spring-offer.1.invite.1.con-0001.0.") && id.ends_with("@vendor.example>"),
            "{id}"
        );
    }

    #[test]
    fn text_stands_before_html_and_is_made_from_it_when_absent() {
        let text = composed(&mail());
        assert!(header(&text, "Content-Type").starts_with("multipart/alternative;"));
        let [plain, html] = parts(&text).try_into().unwrap();
        assert_eq!(header(&plain, "Content-Type"), "text/plain; charset=utf-8");
        assert_eq!(header(&html, "Content-Type"), "text/html; charset=utf-8");
        assert!(
            plain.contains("Dear Ada, [see here][1].") && plain.contains("https://vendor.example/x"),
            "{plain}"
        );
        assert!(html.contains("<p>Dear Ada"), "{html}");

        let own = composed(&Mail { text: Some("My own words".into()), ..mail() });
        assert!(parts(&own)[0].contains("My own words"));

        let plain = composed(&Mail { html: None, text: Some("My own words".into()), ..mail() });
        assert_eq!(header(&plain, "Content-Type"), "text/plain; charset=utf-8");
        assert!(plain.ends_with("\r\n\r\nMy own words\r\n"), "{plain}");
    }

    #[test]
    fn every_script_and_every_sign_survives_in_headers() {
        let names = [
            "Zoë Müller",
            "李小龍",
            "Nguyễn Thị Minh Khai",
            "O'Neil, \"The\" \\ Great; (PhD) <x@y>",
            "Ada 🚀",
            "محمد بن سلمان الطويل جدا الذي لا ينتهي اسمه على سطر واحد من الرسالة",
        ];
        for name in names {
            let text = composed(&Mail { to_name: Some(name.into()), subject: name.into(), ..mail() });
            assert!(text.is_ascii(), "{text}");
            assert!(text.lines().all(|line| line.len() <= 100), "{text}");
            assert_eq!(header(&text, "Subject"), name);
            let to = header(&text, "To");
            let read = sender(&to).unwrap();
            assert_eq!((read.name.as_deref(), read.email.as_ref()), (Some(name), "ada@acme.example"), "{to}");
        }
    }

    #[test]
    fn long_names_fold() {
        let long = "Wolfeschlegelsteinhausenbergerdorff ".repeat(12);
        let long = long.trim_end();
        let text = composed(&Mail { to_name: Some(long.into()), subject: long.into(), ..mail() });
        let head = text.split("\r\n\r\n").next().unwrap();
        // A Message-ID has no space to break at.
        let mut lines = head.lines().filter(|line| !line.starts_with("Message-ID: "));
        assert!(lines.all(|line| line.len() <= 80), "{head}");
        assert_eq!(header(&text, "Subject"), long);
        assert_eq!(header(&text, "To"), format!("\"{long}\" <ada@acme.example>"));
    }

    #[test]
    fn no_value_can_start_a_header_of_its_own() {
        let evil = "Hello\r\nBcc: all@acme.example\r\n\r\n<b>body</b>\u{2028}\u{85}\0";
        let plain = Mail { headers: vec![("X-Note".into(), "fine".into())], ..mail() };
        let expected: Vec<String> = headers(&composed(&plain)).into_iter().map(|(name, _)| name).collect();
        let text = composed(&Mail {
            subject: evil.into(),
            to_name: Some(evil.into()),
            from: format!("{evil} <news@vendor.example>"),
            headers: vec![("X-Note".into(), evil.into())],
            key: evil.into(),
            ..mail()
        });
        let names: Vec<String> = headers(&text).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, expected);
        assert_eq!(header(&text, "Subject"), "Hello Bcc: all@acme.example <b>body</b>");
    }

    #[test]
    fn what_is_no_address_is_named() {
        for wrong in
            ["", "ada", "ada@", "@acme.example", "a b@acme.example", "ada@acme.example\r\nBcc: x@y.example"]
        {
            let error = compose(&Mail { to_address: wrong.into(), ..mail() }).unwrap_err();
            assert_eq!(error.to_string(), format!("`{wrong}` is not an e-mail address"));
            assert!(compose(&Mail { from: format!("Vendor <{wrong}>"), ..mail() }).is_err(), "{wrong}");
        }
        assert_eq!(
            header(
                &composed(&Mail {
                    to_address: " ada@acme.example ".into(),
                    to_name: Some(" ".into()),
                    ..mail()
                }),
                "To"
            ),
            "ada@acme.example"
        );
    }

    #[test]
    fn further_headers_are_kept_and_the_messages_own_are_refused() {
        let with = |name: &str| Mail {
            headers: vec![(name.into(), "<https://vendor.example/out>".into())],
            ..mail()
        };
        let text = composed(&with("List-Unsubscribe"));
        assert_eq!(header(&text, "List-Unsubscribe"), "<https://vendor.example/out>");
        for wrong in ["", "Subject", "bcc", "content-type", "X Note", "X:Note", "X\r\nBcc", "Ünsub"] {
            assert!(
                matches!(compose(&with(wrong)), Err(ChannelError::Header(name)) if name == wrong),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_message_id_depends_on_the_key_alone() {
        let id = |mail: &Mail| header(&composed(mail), "Message-ID");
        let other = Mail { subject: "Other".into(), at: 0, ..mail() };
        assert_eq!(id(&mail()), id(&other));
        assert_ne!(id(&mail()), id(&Mail { key: "spring-offer/1/invite/1/con-0001/1".into(), ..mail() }));
        let foreign = id(&Mail { from: "x@例え.example".into(), ..mail() });
        assert!(foreign.ends_with("@xn--r8jz45g.example>"), "{foreign}");
    }

    #[test]
    fn a_moment_that_no_date_shows_is_an_error() {
        for at in [i64::MIN, -1, LAST_DATE + 1, i64::MAX] {
            assert!(matches!(compose(&Mail { at, ..mail() }), Err(ChannelError::Date(wrong)) if wrong == at));
        }
        let last = composed(&Mail { at: LAST_DATE, ..mail() });
        assert_eq!(header(&last, "Date"), "Thu, 31 Dec 9998 23:59:59 +0000");
    }

    proptest! {
        #[test]
        fn any_text_gives_a_message_and_always_the_same(
            words in proptest::array::uniform4(".{0,60}"),
            html in "(<[a-z]{1,5}>|</[a-z]{1,5}>|<table><tr><td>|&[a-z]{1,4};|.|\n){0,40}",
        ) {
            let [key, to_name, subject, value] = words;
            let mail = Mail {
                key,
                to_name: Some(to_name),
                subject,
                html: Some(html),
                headers: vec![("X-Note".into(), value)],
                ..mail()
            };
            let bytes = compose(&mail).unwrap();
            prop_assert_eq!(&bytes, &compose(&mail).unwrap());
            let text = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(headers(&text).len(), 8);
            prop_assert_eq!(parts(&text).len(), 2);
        }
    }
}
