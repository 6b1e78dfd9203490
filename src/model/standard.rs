//! The standard fields of contacts, accounts and leads, with the names that Dynamics gives them, and
//! the built-in interaction types: the one table that conditions, templates, headers and columns share.

use super::{Entity, Field, FieldType, InteractionType};

/// A standard field as it stands in the table: name, type, Dynamics' name, what it is for.
type Row = (&'static str, FieldType, &'static str, &'static str);

const TEXT: FieldType = FieldType::Text;

fn consent_levels() -> Vec<String> {
    super::Consent::ALL.iter().map(|level| level.name().to_owned()).collect()
}

fn stages() -> Vec<String> {
    super::Stage::ALL.iter().map(|stage| stage.name().to_owned()).collect()
}

fn contact_rows() -> Vec<Row> {
    vec![
        ("id", TEXT, "contactid", "the contact's own key"),
        ("first_name", TEXT, "firstname", ""),
        ("last_name", TEXT, "lastname", ""),
        ("full_name", TEXT, "fullname", ""),
        ("email", TEXT, "emailaddress1", "the address that mail goes to"),
        ("phone", TEXT, "telephone1", ""),
        ("mobile_phone", TEXT, "mobilephone", ""),
        ("job_title", TEXT, "jobtitle", ""),
        ("department", TEXT, "", ""),
        ("role", TEXT, "", "place in the buying committee"),
        ("account_id", FieldType::Account, "parentcustomerid", "the account that the contact belongs to"),
        ("street", TEXT, "address1_line1", ""),
        ("city", TEXT, "address1_city", ""),
        ("state", TEXT, "address1_stateorprovince", ""),
        ("postal_code", TEXT, "address1_postalcode", ""),
        ("country", TEXT, "address1_country", ""),
        ("timezone", TEXT, "", "IANA name, such as Europe/Paris"),
        ("language", TEXT, "", ""),
        ("birthdate", FieldType::Date, "", ""),
        (
            "status",
            FieldType::Choice(vec!["active".into(), "inactive".into()]),
            "",
            "an inactive contact takes no part in journeys; active when it isn't told",
        ),
        ("consent", FieldType::Choice(consent_levels()), "", "how far the contact agreed to be written to"),
        ("consent_since", FieldType::DateTime, "", "when the contact said so"),
        ("consent_source", TEXT, "", "where it was said, such as a form or a contract"),
        ("consent_text", TEXT, "", "the text that was agreed to"),
        (
            "consent_basis",
            FieldType::Choice(super::BASES.map(str::to_owned).to_vec()),
            "",
            "why it may be relied on",
        ),
        (
            "consent_until",
            FieldType::Date,
            "",
            "the last day on which it holds; afterwards it counts as unrecorded",
        ),
        ("do_not_email", FieldType::Boolean, "donotemail", "no mail of any kind"),
        ("do_not_bulk_email", FieldType::Boolean, "donotbulkemail", "no commercial mail"),
        ("do_not_track", FieldType::Boolean, "", "no recording of opens and clicks"),
        (
            "is_child",
            FieldType::Boolean,
            "",
            "a child, who gets no commercial mail, and whose interactions give no points",
        ),
        ("owner", TEXT, "ownerid", "the salesperson who looks after the contact"),
        ("created_by", TEXT, "createdby", ""),
        ("created_on", FieldType::DateTime, "createdon", ""),
        ("modified_on", FieldType::DateTime, "modifiedon", ""),
    ]
}

/// Whether a field says what may not be done with a contact, or how far it agreed. No empty cell or `null` of an
/// import clears it.
#[must_use]
pub fn is_opt_out(entity: Entity, field: &str) -> bool {
    let fields = ["consent", "do_not_email", "do_not_bulk_email", "do_not_track", "is_child"];
    entity == Entity::Contact && fields.contains(&field)
}

/// The choice that a missing value of a standard field counts as.
#[must_use]
pub fn counts_as(entity: Entity, field: &str) -> Option<&'static str> {
    (entity == Entity::Contact && field == "status").then_some("active")
}

fn account_rows() -> Vec<Row> {
    vec![
        ("id", TEXT, "accountid", "the account's own key"),
        ("name", TEXT, "", ""),
        ("industry", TEXT, "industrycode", ""),
        ("employees", FieldType::Integer, "numberofemployees", ""),
        ("revenue", FieldType::Number, "", "yearly revenue"),
        ("website", TEXT, "websiteurl", ""),
        ("phone", TEXT, "telephone1", ""),
        ("street", TEXT, "address1_line1", ""),
        ("city", TEXT, "address1_city", ""),
        ("state", TEXT, "address1_stateorprovince", ""),
        ("postal_code", TEXT, "address1_postalcode", ""),
        ("country", TEXT, "address1_country", ""),
        ("status", TEXT, "", "prospect, customer, partner, or a word of your own"),
        ("deal_stage", TEXT, "", ""),
        ("primary_contact_id", FieldType::Contact, "primarycontactid", ""),
        ("parent_account_id", FieldType::Account, "parentaccountid", ""),
        ("owner", TEXT, "ownerid", "the salesperson who looks after the account"),
        ("created_by", TEXT, "createdby", ""),
        ("created_on", FieldType::DateTime, "createdon", ""),
        ("modified_on", FieldType::DateTime, "modifiedon", ""),
    ]
}

fn lead_rows() -> Vec<Row> {
    vec![
        ("id", TEXT, "leadid", "the lead's own key"),
        ("topic", TEXT, "subject", ""),
        ("contact_id", FieldType::Contact, "parentcontactid", ""),
        ("account_id", FieldType::Account, "parentaccountid", ""),
        ("first_name", TEXT, "firstname", ""),
        ("last_name", TEXT, "lastname", ""),
        ("company", TEXT, "companyname", ""),
        ("email", TEXT, "emailaddress1", ""),
        ("source", TEXT, "", "the journey and step that made the lead, or where it came from"),
        ("stage", FieldType::Choice(stages()), "", "how far it has come; inquiry when it isn't told"),
        ("sales_ready", FieldType::Boolean, "", "whether a scoring model found it ready for sales"),
        ("sales_ready_on", FieldType::DateTime, "", ""),
        ("marketing_qualified_on", FieldType::DateTime, "", ""),
        ("sales_accepted_on", FieldType::DateTime, "", ""),
        ("disqualified_on", FieldType::DateTime, "", ""),
        ("disqualified_reason", TEXT, "", ""),
        ("recycled_on", FieldType::DateTime, "", "when it was put back to the start last"),
        ("owner", TEXT, "ownerid", ""),
        ("created_by", TEXT, "createdby", ""),
        ("created_on", FieldType::DateTime, "createdon", ""),
        ("modified_on", FieldType::DateTime, "modifiedon", ""),
    ]
}

/// The standard fields of an entity, in the order of the reference.
#[must_use]
pub fn standard_fields(entity: Entity) -> Vec<Field> {
    let rows = match entity {
        Entity::Contact => contact_rows(),
        Entity::Account => account_rows(),
        Entity::Lead => lead_rows(),
    };
    fields_of(rows)
}

fn fields_of(rows: Vec<Row>) -> Vec<Field> {
    rows.into_iter()
        .map(|(name, kind, alias, description)| Field {
            name: name.to_owned(),
            kind,
            aliases: if alias.is_empty() { Vec::new() } else { vec![alias.to_owned()] },
            description: description.to_owned(),
            declared: false,
        })
        .collect()
}

/// The fields of an activity: a task, phone call or appointment for a salesperson.
#[must_use]
pub fn activity_fields() -> Vec<Field> {
    let kinds = ["task", "phone_call", "appointment"].map(str::to_owned).to_vec();
    let rows = vec![
        ("id", TEXT, "", "the activity's own key"),
        ("type", FieldType::Choice(kinds), "", "task, phone_call or appointment"),
        ("subject", TEXT, "", "what it is about, in a line"),
        ("description", TEXT, "", ""),
        ("assigned_to", TEXT, "", "the salesperson whose it is"),
        ("due_on", FieldType::DateTime, "", "when it has to be done"),
        ("created_on", FieldType::DateTime, "", ""),
    ];
    fields_of(rows)
}

/// The attributes that every interaction has, whatever its type.
#[must_use]
pub fn common_attributes() -> Vec<Field> {
    let rows: Vec<Row> = vec![
        ("id", TEXT, "interactionid", "the interaction's own key"),
        ("type", TEXT, "interactiontype", "the name of its type"),
        ("at", FieldType::DateTime, "timestamp", "when it happened"),
        ("contact_id", FieldType::Contact, "contactid", "whom it happened with"),
        (
            "account_id",
            FieldType::Account,
            "accountid",
            "the account in whose history it stands; where a file names none, the contact's at that time",
        ),
        ("journey", TEXT, "customerjourneyid", "the journey that caused it"),
        ("iteration", FieldType::Integer, "customerjourneyiterationid", "the journey's iteration"),
        ("step", TEXT, "activityid", "the step that caused it"),
    ];
    fields_of(rows)
}

/// Name and attributes of the built-in interaction types; an attribute's type follows a colon, text else.
const BUILT_IN: [(&str, &[&str]); 23] = [
    ("EmailSent", &["email"]),
    ("EmailDelivered", &["email"]),
    ("EmailOpened", &["email"]),
    ("EmailClicked", &["email", "link", "url"]),
    ("EmailForwarded", &["email"]),
    ("EmailHardBounced", &["email", "category"]),
    ("EmailSoftBounced", &["email", "category"]),
    ("EmailBlocked", &["email", "reason"]),
    ("EmailMarkedAsSpam", &["email"]),
    ("Subscribed", &["topic"]),
    ("Unsubscribed", &["topic", "reason"]),
    ("FormVisited", &["form", "page"]),
    ("FormSubmitted", &["form", "page"]),
    ("WebsiteVisited", &["page", "url", "referrer"]),
    ("WebsiteClicked", &["page", "url", "link"]),
    ("RedirectLinkClicked", &["link", "url"]),
    ("EventRegistered", &["event", "session"]),
    ("EventRegistrationCancelled", &["event", "session"]),
    ("EventCheckedIn", &["event", "session"]),
    ("SurveyResponded", &["survey", "score:number"]),
    ("ChannelResponded", &["channel", "response", "keyword"]),
    ("LevelChanged", &["levels", "from", "to"]),
    ("LeadSalesReady", &["model", "lead"]),
];

/// Names that Dynamics gives to built-in interaction types.
const TYPE_ALIASES: [(&str, &str); 8] = [
    ("EventRegistration", "EventRegistered"),
    ("ContactRegisteredToEvent", "EventRegistered"),
    ("EventRegistrationCanceled", "EventRegistrationCancelled"),
    ("EventCheckIn", "EventCheckedIn"),
    ("ContactCheckedIntoEvent", "EventCheckedIn"),
    ("SurveyResponse", "SurveyResponded"),
    ("CustomChannelResponse", "ChannelResponded"),
    ("EmailFeedbackLoop", "EmailMarkedAsSpam"),
];

/// The built-in interaction type that has another name in Dynamics.
#[must_use]
pub fn interaction_type_of_alias(name: &str) -> Option<&'static str> {
    TYPE_ALIASES.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours)
}

/// Names that Dynamics gives to attributes of built-in types, in lower case.
const ATTRIBUTE_ALIASES: [(&str, &[&str]); 13] = [
    ("email", &["messageid"]),
    ("link", &["linkfriendlyname"]),
    ("url", &["originalurl", "pageaddress"]),
    ("category", &["bouncecategory"]),
    ("reason", &["blockedreason"]),
    ("form", &["formname"]),
    ("page", &["pageid"]),
    ("referrer", &["referreruri"]),
    ("event", &["eventid"]),
    ("session", &["eventsessionid"]),
    ("survey", &["surveyid"]),
    ("response", &["responsetype"]),
    ("keyword", &["triggerkeyword"]),
];

/// The interaction types that exist in every workspace.
#[must_use]
pub fn built_in_interactions() -> Vec<InteractionType> {
    BUILT_IN
        .iter()
        .map(|(name, attributes)| InteractionType {
            name: (*name).to_owned(),
            attributes: attributes
                .iter()
                .map(|attribute| {
                    let (name, kind) = match attribute.split_once(':') {
                        Some((name, "number")) => (name, FieldType::Number),
                        Some((name, _)) => (name, FieldType::Text),
                        None => (*attribute, FieldType::Text),
                    };
                    let aliases = ATTRIBUTE_ALIASES.iter().find(|(own, _)| *own == name);
                    let aliases = aliases.map_or(&[][..], |(_, aliases)| aliases);
                    Field {
                        name: name.to_owned(),
                        kind,
                        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
                        description: String::new(),
                        declared: false,
                    }
                })
                .collect(),
            declared: false,
        })
        .collect()
}
