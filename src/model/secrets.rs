//! What may be shown to nobody, and how it is hidden in texts.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

/// What stands in the place of a secret.
const HIDDEN: &str = "***";
/// Shorter secrets are hidden where they stand alone. Otherwise each `a` of a text would go.
const SHORT: usize = 3;
/// Less of a secret than this is left at the end of a text that was cut.
const TELLING: usize = 3;

/// What addresses encode: all but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Without the `=` at its end, which may be there or not; what is left over of a last letter says nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The values of variables and files, in each form in which an answer or a log may repeat them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    /// The longest first, so that none is hidden in part by one that it contains.
    forms: Vec<String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} forms", self.forms.len())
    }
}

impl Secrets {
    /// From the values themselves.
    #[must_use]
    pub fn new(values: &[String]) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(values);
        secrets
    }

    /// Adds values to those that are known.
    pub fn add(&mut self, values: &[String]) {
        for value in values {
            let trimmed = value.trim();
            self.forms.extend([value.as_str(), trimmed].into_iter().flat_map(forms));
            // `Authorization: Basic …` says user and password to whoever reads it.
            if let Some(plain) = from_base64(trimmed).filter(|plain| plain.contains(':')) {
                self.forms.extend(forms(&plain));
                self.forms.extend(plain.split_once(':').iter().flat_map(|(_, password)| forms(password)));
            }
        }
        self.forms.retain(|form| !form.is_empty());
        self.forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.forms.dedup();
    }

    /// A text without any of them, nor the beginning of one that `…` cut off.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = without(&text, form);
            }
        }
        match text.rsplit_once('…') {
            Some((cut, rest)) => {
                let pieces: Vec<String> = cut.split('…').map(|piece| self.without_begun(piece)).collect();
                format!("{}…{rest}", pieces.join("…"))
            }
            None => text,
        }
    }

    /// As [`Secrets::hide`], of a text that was cut at its end: the beginning of a secret that stands there goes, too.
    #[must_use]
    pub fn hide_cut(&self, text: &str) -> String {
        self.without_begun(&self.hide(text))
    }

    /// A text without the beginning of a secret at its end.
    fn without_begun(&self, text: &str) -> String {
        let begun = |form: &String| {
            let lengths = (TELLING..form.len()).rev().filter(|length| form.is_char_boundary(*length));
            lengths.into_iter().find(|length| text.ends_with(&form[..*length]))
        };
        match self.forms.iter().filter_map(begun).max() {
            Some(length) => format!("{}{HIDDEN}", &text[..text.len() - length]),
            None => text.to_owned(),
        }
    }

    /// JSON without any of them, in whatever it holds them.
    #[must_use]
    pub fn hide_json(&self, json: &Json) -> Json {
        match json {
            Json::String(text) => self.hide(text).into(),
            Json::Array(items) => items.iter().map(|item| self.hide_json(item)).collect(),
            Json::Object(entries) => {
                entries.iter().map(|(key, value)| (self.hide(key), self.hide_json(value))).collect()
            }
            Json::Number(number) => {
                let (written, hidden) = (number.to_string(), self.hide(&number.to_string()));
                if hidden == written { json.clone() } else { hidden.into() }
            }
            Json::Null | Json::Bool(_) => json.clone(),
        }
    }
}

/// A text without a secret; a short one goes where no letter or digit stands beside it.
fn without(text: &str, secret: &str) -> String {
    if secret.chars().count() >= SHORT {
        return text.replace(secret, HIDDEN);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices(secret) {
        let before = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let after = text[at + secret.len()..].chars().next().is_some_and(char::is_alphanumeric);
        out.push_str(&text[from..at]);
        out.push_str(if before || after { secret } else { HIDDEN });
        from = at + secret.len();
    }
    out.push_str(&text[from..]);
    out
}

/// The forms in which a value is repeated: as it is, in JSON, in addresses and forms, in HTML, in `Debug`, in base64.
fn forms(value: &str) -> Vec<String> {
    let json = Json::from(value).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let unicode: String = json
        .chars()
        .flat_map(|character| match character.is_ascii() {
            true => vec![character.to_string()],
            false => {
                character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
            }
        })
        .collect();
    let debug = format!("{value:?}");
    let percent = utf8_percent_encode(value, RESERVED).to_string();
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    vec![
        json.replace('/', "\\/"),
        unicode,
        json,
        debug[1..debug.len() - 1].to_owned(),
        value.escape_debug().collect(),
        value.escape_default().collect(),
        percent.replace("%20", "+"),
        lower_percents(&percent),
        lower_percents(&percent).replace("%20", "+"),
        percent,
        html.replace('\'', "&#39;"),
        html.replace('\'', "&#x27;"),
        html,
        BASE64.encode(value),
        value.to_owned(),
    ]
}

/// The same with small letters in what is encoded.
fn lower_percents(encoded: &str) -> String {
    let mut digits = 0;
    let lower = |character: char| {
        digits = if character == '%' { 2 } else { i32::max(digits - 1, -1) };
        if digits >= 0 { character.to_ascii_lowercase() } else { character }
    };
    encoded.chars().map(lower).collect()
}

/// The text behind base64, where there is one.
fn from_base64(text: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(text.trim_end_matches('=')).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        Secrets::new(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_secret_is_hidden_in_every_form_in_which_it_is_repeated() {
        let secrets = secrets(&["p\"w/é &1\n", "tok", "dXNlcjpodXNoIQ==", "x", "42"]);
        for text in [
            "p\"w/é &1\n",
            "p\"w/é &1",
            "p\\\"w/é &1\\n",
            "p\\\"w\\/é &1",
            "p\\\"w/\\u00e9 &1\\n",
            "p%22w%2F%C3%A9%20%261%0A",
            "p%22w%2f%c3%a9%20%261",
            "p%22w%2F%C3%A9+%261",
            "p&quot;w/é &amp;1",
            "cCJ3L8OpICYx",
            "dXNlcjpodXNoIQ==",
            "user:hush!",
            "hush!",
            "a token",
            "x",
            "Bearer x.",
            "42",
        ] {
            let hidden = secrets.hide(&format!("<{text}>"));
            assert!(hidden.contains("***"), "{text:?}: {hidden}");
            for word in ["w/", "w%2", "w\\", "quot", "tok", "hush", "dXN", "42"] {
                assert!(!hidden.contains(word), "{text:?}: {hidden}");
            }
        }
        assert_eq!(secrets.hide("extra 1423, box"), "extra 1423, box");
    }

    #[test]
    fn what_is_left_of_a_secret_where_a_text_was_cut_goes_too() {
        let secrets = secrets(&["eyJhbGciOi-long", "eyJx"]);
        assert_eq!(secrets.hide_cut("no eyJhbGciOi-long, eyJhbGc"), "no ***, ***");
        assert_eq!(secrets.hide_cut("no eyJ"), "no ***");
        assert_eq!(secrets.hide_cut("no ey"), "no ey");
        assert_eq!(secrets.hide("`eyJhbGci…` and `eyJhbGci`"), "`***…` and `eyJhbGci`");
    }

    #[test]
    fn json_stays_json() {
        let secrets = secrets(&["hush", "7", "true"]);
        let json = serde_json::json!({ "hush": [7, true, "a \"hush\"", 1.5, null], "n": 77 });
        let expected = serde_json::json!({ "***": ["***", true, "a \"***\"", 1.5, null], "n": 77 });
        assert_eq!(secrets.hide_json(&json), expected);
    }

    #[test]
    fn base64_is_written_and_read() {
        for text in ["", "a", "ab", "abc", "user:pässword"] {
            assert_eq!(from_base64(&BASE64.encode(text)).as_deref(), Some(text));
        }
        assert_eq!(BASE64.encode("user:hush!"), "dXNlcjpodXNoIQ");
        assert_eq!(from_base64("no base64!"), None);
    }
}
