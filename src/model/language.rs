//! Languages in which numbers and dates are written.

/// A language in which numbers and dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// `1,234.5`, `March`
    #[default]
    English,
    /// `1.234,5`, `März`
    German,
    /// `1.234,5`, `maart`
    Dutch,
}

const ENGLISH: Names = Names {
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    short_months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    short_days: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
};

const GERMAN: Names = Names {
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    short_months: ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"],
    days: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    short_days: ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
};

const DUTCH: Names = Names {
    months: [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    short_months: ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
    days: ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
    short_days: ["ma", "di", "wo", "do", "vr", "za", "zo"],
};

/// The names of months, from January on, and of days, from Monday on.
#[derive(Debug)]
pub struct Names {
    /// The months.
    pub months: [&'static str; 12],
    /// The months in three letters.
    pub short_months: [&'static str; 12],
    /// The days of the week.
    pub days: [&'static str; 7],
    /// The days of the week in two or three letters.
    pub short_days: [&'static str; 7],
}

impl Language {
    /// All of them with their codes.
    pub const CODES: [(&'static str, Language); 3] =
        [("en", Language::English), ("de", Language::German), ("nl", Language::Dutch)];

    /// The language of a contact's field: a code such as `de` or `de-AT`, or one of Dynamics' numbers.
    #[must_use]
    pub fn of_field(text: &str) -> Option<Language> {
        let plain = text.trim().to_lowercase();
        let code = plain.split(['-', '_']).next().unwrap_or_default();
        let by_code = Language::CODES.iter().find(|(known, _)| *known == code);
        by_code.map(|(_, language)| *language).or(match plain.as_str() {
            "1033" | "2057" => Some(Language::English),
            "1031" | "2055" | "3079" => Some(Language::German),
            "1043" | "2067" => Some(Language::Dutch),
            _ => None,
        })
    }

    /// The names of months and days.
    #[must_use]
    pub fn names(self) -> &'static Names {
        match self {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
            Language::Dutch => &DUTCH,
        }
    }

    /// What stands between thousands, and what before decimals.
    #[must_use]
    pub fn signs(self) -> (char, char) {
        match self {
            Language::English => (',', '.'),
            Language::German | Language::Dutch => ('.', ','),
        }
    }
}
