//! What pages say, in the languages of mails.

use crate::model::Language;

/// The texts of the pages in one language.
pub(super) struct Words {
    pub(super) code: &'static str,
    pub(super) unsubscribe: &'static str,
    pub(super) unsubscribe_from: &'static str,
    pub(super) everything: &'static str,
    pub(super) done: &'static str,
    pub(super) done_text: &'static str,
    pub(super) choose: &'static str,
    pub(super) choose_text: &'static str,
    pub(super) save: &'static str,
    pub(super) saved: &'static str,
    pub(super) privacy: &'static str,
    pub(super) stop_all: &'static str,
    pub(super) nothing_left: &'static str,
    pub(super) cut: &'static str,
    pub(super) cut_text: &'static str,
    pub(super) address: &'static str,
    pub(super) inert: &'static str,
    pub(super) later: &'static str,
    pub(super) mail_to: &'static str,
}

const ENGLISH: Words = Words {
    code: "en",
    unsubscribe: "Unsubscribe",
    unsubscribe_from: "Do you want no more mail about",
    everything: "all commercial mail",
    done: "You are unsubscribed",
    done_text: "You will get no more of this mail.",
    choose: "Your mail",
    choose_text: "Choose what you want to go on getting.",
    save: "Save",
    saved: "Your choice is saved.",
    privacy: "Privacy",
    stop_all: "Stop all commercial mail",
    nothing_left: "You get no commercial mail.",
    cut: "This link isn't complete",
    cut_text: "Open it from the mail once more, or write the address that shall get no more commercial mail.",
    address: "E-mail address",
    inert: "This link stands in a preview or a test mail. It does nothing.",
    later: "This can't be done at the moment. Please try again in a few minutes.",
    mail_to: "Mail to",
};

const DUTCH: Words = Words {
    code: "nl",
    unsubscribe: "Afmelden",
    unsubscribe_from: "Wilt u geen e-mail meer over",
    everything: "alle commerciële e-mail",
    done: "U bent afgemeld",
    done_text: "U krijgt deze e-mail niet meer.",
    choose: "Uw e-mail",
    choose_text: "Kies wat u wilt blijven ontvangen.",
    save: "Opslaan",
    saved: "Uw keuze is opgeslagen.",
    privacy: "Privacy",
    stop_all: "Alle commerciële e-mail stoppen",
    nothing_left: "U krijgt geen commerciële e-mail.",
    cut: "Deze link is niet volledig",
    cut_text: "Open hem nog eens vanuit de e-mail, of schrijf het adres dat geen commerciële e-mail meer moet krijgen.",
    address: "E-mailadres",
    inert: "Deze link staat in een voorbeeld of een testmail. Hij doet niets.",
    later: "Dit kan op dit moment niet. Probeer het over een paar minuten opnieuw.",
    mail_to: "E-mail aan",
};

const GERMAN: Words = Words {
    code: "de",
    unsubscribe: "Abmelden",
    unsubscribe_from: "Möchten Sie keine E-Mails mehr über",
    everything: "alle Werbe-E-Mails",
    done: "Sie sind abgemeldet",
    done_text: "Sie bekommen diese E-Mails nicht mehr.",
    choose: "Ihre E-Mails",
    choose_text: "Wählen Sie, was Sie weiter bekommen möchten.",
    save: "Speichern",
    saved: "Ihre Auswahl ist gespeichert.",
    privacy: "Datenschutz",
    stop_all: "Alle Werbe-E-Mails beenden",
    nothing_left: "Sie bekommen keine Werbe-E-Mails.",
    cut: "Dieser Link ist nicht vollständig",
    cut_text: "Öffnen Sie ihn noch einmal aus der E-Mail, oder schreiben Sie die Adresse, die keine Werbung mehr bekommen soll.",
    address: "E-Mail-Adresse",
    inert: "Dieser Link steht in einer Vorschau oder einer Testmail. Er bewirkt nichts.",
    later: "Das geht im Moment nicht. Bitte versuchen Sie es in einigen Minuten noch einmal.",
    mail_to: "E-Mails an",
};

impl Words {
    /// The texts in a language.
    pub(super) fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &ENGLISH,
            Language::Dutch => &DUTCH,
            Language::German => &GERMAN,
        }
    }

    /// The texts in the contact's language, else in the first of those that a browser asks for and that is here.
    pub(super) fn wanted(contact: Option<&str>, browser: Option<&str>) -> &'static Words {
        let known = contact.and_then(Language::of_field);
        let asked = || {
            browser
                .unwrap_or_default()
                .split(',')
                .find_map(|part| Language::of_field(part.split(';').next()?.trim()))
        };
        Words::of(known.or_else(asked).unwrap_or_default())
    }
}
