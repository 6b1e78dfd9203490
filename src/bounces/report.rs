//! Delivery reports and complaints, recipient by recipient.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use crate::model::{folded_address, says_no_such_address};

/// What a report says of a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportKind {
    /// There is no such address.
    Dead,
    /// Its domain has no mail server.
    NoHost,
    /// The mail didn't get there; that says nothing of the address.
    Bounced,
    /// The recipient called it spam.
    Complaint,
}

/// A recipient of whom a report says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The address as it is compared.
    pub recipient: String,
    /// What is said.
    pub kind: ReportKind,
    /// The status code of RFC 3463, or the words that told it.
    pub category: String,
}

/// What a message reports, recipient by recipient; nothing when it is none that follows a standard. Answers by machines,
/// and news that mail is late or was delivered, report nothing.
#[must_use]
pub fn reports(message: &[u8]) -> Option<Vec<Report>> {
    let parsed = MessageParser::default().parse(message)?;
    let of_type = |kind: &str, subtype: &str| {
        let is = move |part: &&mail_parser::MessagePart<'_>| {
            part.content_type().is_some_and(|found| {
                found.ctype().eq_ignore_ascii_case(kind)
                    && found.subtype().is_some_and(|found| found.eq_ignore_ascii_case(subtype))
            })
        };
        parsed.parts.iter().find(is)
    };
    if let Some(part) = of_type("message", "feedback-report") {
        return Some(complaint(&text(part), &parsed));
    }
    let delivery =
        of_type("message", "delivery-status").or_else(|| of_type("message", "global-delivery-status"));
    if let Some(part) = delivery {
        let around = told(&parsed);
        return Some(groups(&text(part)).iter().filter_map(|group| recipient(group, &around)).collect());
    }
    by_words(&parsed)
}

/// What the message tells people: its own text, without the mail that it is about.
fn told(parsed: &Message<'_>) -> String {
    const BELOW: [&str; 9] = [
        "------ This is a copy",
        "--- Below this line",
        "----- Original message",
        "-----Original Message",
        "----- Message header",
        "--- The header of",
        "--- Returned message",
        "--- Message Content",
        "Original message follows",
    ];
    let body = parsed.body_text(0).unwrap_or_default().into_owned();
    let lower = body.to_lowercase();
    let end = BELOW.iter().filter_map(|mark| lower.find(&mark.to_lowercase())).filter(|at| *at > 40).min();
    // A letter in lower case may be longer: then the whole text is looked at.
    body.get(..end.unwrap_or(body.len())).unwrap_or(&body).to_owned()
}

/// A report in words, as many mail servers write them: it comes from the server itself, and names the recipients.
fn by_words(parsed: &Message<'_>) -> Option<Vec<Report>> {
    let sender = parsed.from().and_then(|from| from.first());
    let sender = sender.and_then(|from| from.address()).unwrap_or_default().to_lowercase();
    let is_server = ["mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"]
        .iter()
        .any(|name| sender.contains(name));
    let automatic = parsed.header_raw("Auto-Submitted").unwrap_or_default().to_lowercase();
    let failed = parsed.header_raw("X-Failed-Recipients");
    if (!is_server && failed.is_none()) || automatic.contains("auto-replied") {
        return None;
    }
    let said = told(parsed);
    let own = parsed.to().and_then(|to| to.first()).and_then(|to| to.address()).and_then(folded_address);
    let named = failed.map_or_else(|| said.clone(), str::to_owned);
    let mut recipients: Vec<String> = Vec::new();
    for word in named.split(|c: char| c.is_whitespace() || "<>(),;\"':[]".contains(c)) {
        if let Some(address) = folded_address(word.trim_end_matches('.'))
            && Some(&address) != own.as_ref()
            && address != sender
            && !recipients.contains(&address)
        {
            recipients.push(address);
        }
    }
    // The first is the one that failed; those that follow may be of the words beside.
    if failed.is_none() {
        recipients.truncate(1);
    }
    let of_one = |recipient: &String| {
        // With several recipients each has its own lines.
        let own = said.split(recipient.as_str()).nth(1).filter(|_| recipients.len() > 1).unwrap_or(&said);
        Report { recipient: recipient.clone(), kind: verdict(None, own, own), category: category(None, own) }
    };
    (!recipients.is_empty()).then(|| recipients.iter().map(of_one).collect())
}

fn text(part: &mail_parser::MessagePart<'_>) -> String {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.to_string(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        PartType::Message(message) => String::from_utf8_lossy(message.raw_message()).into_owned(),
        PartType::Multipart(_) => String::new(),
    }
}

/// The fields of a group, by their names in small letters.
type Group = Vec<(String, String)>;

/// Groups of `name: value` lines, which an empty line separates; a line that begins with white space goes on.
fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = vec![Vec::new()];
    for line in text.lines() {
        let line = line.trim_end();
        match groups.last_mut() {
            _ if line.is_empty() => groups.push(Vec::new()),
            Some(group) if line.starts_with([' ', '\t']) => {
                if let Some((_, value)) = group.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            }
            Some(group) => {
                if let Some((name, value)) = line.split_once(':') {
                    group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
            None => {}
        }
    }
    groups
}

fn field<'g>(group: &'g Group, name: &str) -> Option<&'g str> {
    group.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

/// An address behind its type, such as `rfc822; ada@acme.example`.
fn address(value: &str) -> Option<String> {
    let plain = value.split_once(';').map_or(value, |(_, address)| address);
    folded_address(plain.trim().trim_matches(['<', '>']))
}

/// What a group of RFC 3464 says of its recipient. Only `failed` is a bounce.
fn recipient(group: &Group, around: &str) -> Option<Report> {
    let recipient = field(group, "original-recipient")
        .and_then(address)
        .or_else(|| field(group, "final-recipient").and_then(address))?;
    let action = field(group, "action").unwrap_or("failed");
    if !action.to_ascii_lowercase().starts_with("fail") {
        return None;
    }
    let status = field(group, "status").and_then(code);
    let said = field(group, "diagnostic-code").unwrap_or_default();
    // A server without words of its own in the report has them in the text.
    let words = if said.is_empty() { around } else { said };
    Some(Report {
        recipient,
        kind: verdict(status.as_deref(), words, around),
        category: category(status.as_deref(), said),
    })
}

/// A status code of RFC 3463 in a text, such as `5.1.1`.
fn code(text: &str) -> Option<String> {
    let is_code = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() == 3
            && ["2", "4", "5"].contains(&parts[0])
            && parts
                .iter()
                .all(|part| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit()))
    };
    text.split(|c: char| !c.is_ascii_digit() && c != '.').find(is_code).map(str::to_owned)
}

/// Words by which a server refuses the sender or the content, whatever it says beside.
const ABOUT_THE_SENDER: [&str; 20] = [
    "spam",
    "reputation",
    "blacklist",
    "blocklist",
    "blocked",
    "dnsbl",
    "spf",
    "dkim",
    "dmarc",
    "reverse dns",
    "ptr",
    "rdns",
    "greylist",
    "policy",
    "virus",
    "quota",
    "mailbox full",
    "mailbox is full",
    "too large",
    "relay",
];

/// Words that say that there is no such address, beside those that are known anyway.
const NOBODY: [&str; 24] = [
    "user not found",
    "no such address",
    "no such recipient",
    "recipient not found",
    "recipient unknown",
    "unknown recipient",
    "unknown local",
    "address rejected: access denied",
    "doesn't have a",
    "does not have an account",
    "not a valid mailbox",
    "no mailbox here",
    "mailbox not found",
    "mailbox unknown",
    "no longer available",
    "not listed in",
    "unrouteable address",
    "invalid final delivery userid",
    "account doesn't exist",
    "wasn't found",
    "address not found",
    "doesn't exist",
    "not our customer",
    "has moved",
];
/// Those of these words that no filter is known to use.
const CERTAIN: [&str; 12] = [
    "doesn't have a",
    "not a valid mailbox",
    "no mailbox here",
    "not listed in",
    "unrouteable address",
    "invalid final delivery userid",
    "account doesn't exist",
    "wasn't found",
    "address not found",
    "user not found",
    "no such address",
    "has moved",
];
/// Words that say that the domain has no mail server.
const NO_HOST: [&str; 12] = [
    "host unknown",
    "unknown host",
    "host not found",
    "no such domain",
    "domain not found",
    "domain name not found",
    "name or service not known",
    "couldn't find any host",
    "cannot find any host",
    "null mx",
    "doesn't receive email",
    "domain is not reachable",
];

/// What a status and a server's words say. The words of the server itself go first: relays write `5.0.0` over them.
/// `around` is the text of the whole report.
fn verdict(status: Option<&str>, said: &str, around: &str) -> ReportKind {
    let words = said.to_lowercase();
    let own = code(said);
    let status = own.as_deref().or(status);
    let has = |list: &[&str]| list.iter().any(|part| words.contains(part));
    if status.is_some_and(|status| status.starts_with('4')) || has(&ABOUT_THE_SENDER) {
        return ReportKind::Bounced;
    }
    if has(&NO_HOST) || status.is_some_and(|status| ["5.1.2", "5.4.4"].contains(&status)) {
        return ReportKind::NoHost;
    }
    let by_words = !words.trim().is_empty() && (says_no_such_address(Some(&words)) || has(&NOBODY));
    if !by_words && !status.is_some_and(|status| says_no_such_address(Some(status))) {
        return ReportKind::Bounced;
    }
    // Some call everybody unknown whose filter refuses the content: they say so only once they saw it.
    let around = around.to_lowercase();
    let after_content = ["reply to end of data", "reply to data", ">>> data", "command data"]
        .iter()
        .any(|part| words.contains(part) || around.contains(part));
    let is_certain = status.is_some_and(|status| says_no_such_address(Some(status)));
    // Words with another code, or with none, are as often a filter's.
    let no_code = status.is_none_or(|status| status.ends_with(".0.0"));
    if is_certain || (no_code && !after_content && has(&CERTAIN)) {
        ReportKind::Dead
    } else {
        ReportKind::Bounced
    }
}

fn category(status: Option<&str>, said: &str) -> String {
    match code(said).or_else(|| status.map(str::to_owned)) {
        Some(code) if !code.ends_with(".0.0") => code,
        other => {
            let words: String =
                said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
            if words.is_empty() { other.unwrap_or_else(|| "unknown".to_owned()) } else { words }
        }
    }
}

/// A complaint of RFC 5965: the recipient stands in the report, or is the one whom the mail below it was for.
fn complaint(report: &str, parsed: &Message<'_>) -> Vec<Report> {
    let groups = groups(report);
    let fields: Group = groups.into_iter().flatten().collect();
    let kind = field(&fields, "feedback-type").unwrap_or("abuse").to_ascii_lowercase();
    // `not-spam` takes a mistake back, `auth-failure` and others say nothing of what the recipient wants.
    if !["abuse", "fraud", "complaint", "opt-out", "other"].contains(&kind.as_str()) {
        return Vec::new();
    }
    let named = ["original-rcpt-to", "original-recipient", "final-recipient"];
    let said = named.iter().find_map(|name| field(&fields, name)).and_then(address);
    let below = || {
        parsed.parts.iter().find_map(|part| match &part.body {
            PartType::Message(message) => {
                message.to().and_then(|to| to.first()).and_then(|to| to.address()).and_then(folded_address)
            }
            _ => None,
        })
    };
    let recipient = said.or_else(below);
    recipient
        .map(|recipient| Report { recipient, kind: ReportKind::Complaint, category: kind })
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(groups: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nTo: bounces@vendor.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
             It failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n{groups}\r\n--b--\r\n"
        )
    }

    fn judged(message: &str) -> Vec<String> {
        let told = |report: Report| format!("{} {:?} {}", report.recipient, report.kind, report.category);
        reports(message.as_bytes()).unwrap_or_default().into_iter().map(told).collect()
    }

    #[test]
    fn rule_38_each_recipient_of_a_delivery_report_is_judged_by_itself() {
        let message = delivery(
            "Final-Recipient: rfc822; Gone@Acme.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n <gone@acme.example>: no such user\r\n\r\n\
             Final-Recipient: rfc822; full@acme.example\r\nAction: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\r\n\r\n\
             Final-Recipient: rfc822; late@acme.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n\
             Final-Recipient: rfc822; there@acme.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n",
        );
        assert_eq!(judged(&message), ["gone@acme.example Dead 5.1.1", "full@acme.example Bounced 5.2.2"]);
    }

    #[test]
    fn rule_38_what_is_about_the_sender_kills_no_address() {
        for (status, said, dead) in [
            ("5.0.0", "550 User not found", true),
            ("5.0.0", "550 5.1.1 User unknown", true),
            // Filters say so, too.
            ("5.0.0", "550 User unknown", false),
            ("5.1.1", "", true),
            ("5.7.1", "550 5.7.1 blocked, see our policy", false),
            ("5.0.0", "550 5.1.1 rejected as spam", false),
            ("4.0.0", "450 4.1.1 user unknown for now", false),
            ("5.0.0", "550 No such user (in reply to end of DATA command)", false),
            ("5.3.0", "554 relay access denied", false),
            ("5.0.0", "", false),
            ("5.1.2", "550 host unknown", false),
        ] {
            assert_eq!(verdict(Some(status), said, said) == ReportKind::Dead, dead, "{status} {said}");
        }
    }

    #[test]
    fn a_complaint_names_its_recipient_or_the_mail_does() {
        let complaint = |fields: &str, kind: &str| {
            format!(
                "From: fbl@provider.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n\
                 --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nVersion: 1\r\nUser-Agent: x\r\n{fields}\r\n\
                 --b\r\nContent-Type: message/rfc822\r\n\r\nFrom: news@vendor.example\r\nTo: Ada <Ada@acme.example>\r\nSubject: x\r\n\r\nx\r\n--b--\r\n"
            )
        };
        assert_eq!(
            judged(&complaint("Original-Rcpt-To: <bob@acme.example>\r\n", "abuse")),
            ["bob@acme.example Complaint abuse"]
        );
        assert_eq!(judged(&complaint("", "abuse")), ["ada@acme.example Complaint abuse"]);
        assert!(judged(&complaint("", "not-spam")).is_empty());
    }

    #[test]
    fn what_is_no_report_says_nothing() {
        for message in [
            "",
            "From: ada@acme.example\r\nAuto-Submitted: auto-replied\r\nSubject: I am away\r\n\r\nuser unknown 5.1.1\r\n",
            "Subject: x\r\n\r\n550 5.1.1 no such user",
            "\0\u{1}\r\n\r\n",
        ] {
            assert_eq!(reports(message.as_bytes()).unwrap_or_default(), [], "{message}");
        }
    }
}
