//! The codes of problems. A code never changes its meaning.

use std::fmt;

/// What kind of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The file isn't YAML.
    YamlSyntax,
    /// A key stands twice in a mapping.
    DuplicateKey,
    /// A key that isn't known there.
    UnknownKey,
    /// A key that has to be there isn't.
    MissingKey,
    /// A value of the wrong type: a list where text was expected, say.
    WrongType,
    /// A value that isn't among those allowed.
    InvalidValue,
    /// A name that breaks the rules for names.
    InvalidName,
    /// A `kind` that doesn't exist.
    UnknownKind,
    /// A name, step id or field that is taken already.
    DuplicateName,
    /// A segment that isn't defined.
    UnknownSegment,
    /// An e-mail that isn't defined.
    UnknownEmail,
    /// A workflow that isn't defined.
    UnknownWorkflow,
    /// A channel for messages that isn't defined.
    UnknownChannel,
    /// A topic that isn't defined.
    UnknownTopic,
    /// An interaction type that isn't declared.
    UnknownInteraction,
    /// A field or an attribute that isn't declared.
    UnknownField,
    /// A tile that doesn't exist.
    UnknownTile,
    /// A path that the tile doesn't have.
    UnknownPath,
    /// A step that the journey doesn't have.
    UnknownStep,
    /// A section that the journey doesn't have.
    UnknownSection,
    /// A function that doesn't exist, or with the wrong number of arguments.
    UnknownFunction,
    /// A file that another names isn't there.
    FileNotFound,
    /// A comparison of values that can't be compared.
    IncompatibleTypes,
    /// Something that isn't a length of time.
    InvalidDuration,
    /// Something that isn't a date or time.
    InvalidTime,
    /// Something that isn't a time zone.
    InvalidTimezone,
    /// Something that isn't a cron line.
    InvalidSchedule,
    /// Segments that refer to each other in a circle.
    CircularSegments,
    /// Steps that lead back into themselves.
    CircularSteps,
    /// A step that nobody can reach.
    UnreachableStep,
    /// A loop of steps that can turn without time passing.
    LoopWithoutWait,
    /// A journey that ends before it starts.
    EndBeforeStart,
    /// Iterations that would start after the journey's end.
    RepeatPastEnd,
    /// Iterations that start before everybody can be through the former one.
    RepeatTooShort,
    /// Nobody can enter again before the iteration or the journey is over.
    ReentryTooLate,
    /// `for_each`, `based_on` or `by` missing in an account journey.
    MissingUnit,
    /// An account option in a contact journey.
    AccountOption,
    /// A template that doesn't parse.
    TemplateSyntax,
    /// A template that names an unknown field.
    TemplateField,
    /// A tag of another system in a text.
    ForeignTag,
    /// An expression that doesn't parse.
    ExpressionSyntax,
    /// Something in an expression that conditions don't allow.
    ExpressionForm,
    /// A condition that YAML turned into something else.
    YamlTrap,
    /// A number that may not mean what it seems to.
    AmbiguousNumber,
    /// A text that is compared with the space around it.
    SurroundingSpace,
    /// A contact's field in a condition about accounts.
    ContactInAccount,
    /// A setting that can't be used.
    InvalidSetting,
    /// Something that isn't the address of a web service.
    InvalidUrl,
    /// A host that may not be called.
    HostNotAllowed,
    /// A variable or file that a setting refers to isn't there.
    MissingVariable,
    /// A secret that stands in a file.
    SecretInFile,
    /// Commercial mail that would leave without a way out, or without the sender's postal address.
    CommercialMail,
    /// A segment that can't be used there.
    SegmentTarget,
    /// People stand on a step that is gone.
    StepRemoved,
    /// A part of the language that this version doesn't have yet.
    NotAvailable,
    /// A file that can't be read, or isn't UTF-8 text.
    UnreadableFile,
    /// A scoring model that isn't defined.
    UnknownModel,
    /// A scoring model that is made from scores.
    CircularScores,
    /// A grade, level or threshold that no score can reach.
    UnreachableScore,
    /// A journey that decides about people by the score of their account.
    AccountScore,
    /// Clauses that can't hold together.
    NeverHolds,
    /// A clause that holds for everybody.
    AlwaysHolds,
    /// A trigger's condition that holds for everybody who did nothing.
    HoldsOnArrival,
    /// A trigger without timeout in a journey without end.
    EndlessWait,
    /// A window in a trigger that leaves nothing out.
    WindowWithoutEffect,
    /// A segment that nothing refers to.
    UnusedSegment,
    /// A value that no record in the store has.
    ValueNotFound,
    /// A member of a static segment that isn't in the store.
    MemberNotFound,
    /// There is commercial mail, and it isn't said what an unrecorded consent counts as.
    ConsentNotSet,
    /// Nobody whom a journey writes to subscribed to the topic of its mail.
    NobodySubscribed,
    /// A script that doesn't parse.
    ScriptSyntax,
    /// A script that lacks something, or does what scripts may not.
    ScriptForm,
    /// A table that can't be used.
    InvalidTable,
}

impl Code {
    /// All codes.
    pub const ALL: [(Code, &'static str); 73] = [
        (Code::YamlSyntax, "yaml-syntax"),
        (Code::DuplicateKey, "duplicate-key"),
        (Code::UnknownKey, "unknown-key"),
        (Code::MissingKey, "missing-key"),
        (Code::WrongType, "wrong-type"),
        (Code::InvalidValue, "invalid-value"),
        (Code::InvalidName, "invalid-name"),
        (Code::UnknownKind, "unknown-kind"),
        (Code::DuplicateName, "duplicate-name"),
        (Code::UnknownSegment, "unknown-segment"),
        (Code::UnknownEmail, "unknown-email"),
        (Code::UnknownWorkflow, "unknown-workflow"),
        (Code::UnknownChannel, "unknown-channel"),
        (Code::UnknownTopic, "unknown-topic"),
        (Code::UnknownInteraction, "unknown-interaction"),
        (Code::UnknownField, "unknown-field"),
        (Code::UnknownTile, "unknown-tile"),
        (Code::UnknownPath, "unknown-path"),
        (Code::UnknownStep, "unknown-step"),
        (Code::UnknownSection, "unknown-section"),
        (Code::UnknownFunction, "unknown-function"),
        (Code::FileNotFound, "file-not-found"),
        (Code::IncompatibleTypes, "incompatible-types"),
        (Code::InvalidDuration, "invalid-duration"),
        (Code::InvalidTime, "invalid-time"),
        (Code::InvalidTimezone, "invalid-timezone"),
        (Code::InvalidSchedule, "invalid-schedule"),
        (Code::CircularSegments, "circular-segments"),
        (Code::CircularSteps, "circular-steps"),
        (Code::UnreachableStep, "unreachable-step"),
        (Code::LoopWithoutWait, "loop-without-wait"),
        (Code::EndBeforeStart, "end-before-start"),
        (Code::RepeatPastEnd, "repeat-past-end"),
        (Code::RepeatTooShort, "repeat-too-short"),
        (Code::ReentryTooLate, "reentry-too-late"),
        (Code::MissingUnit, "missing-unit"),
        (Code::AccountOption, "account-option"),
        (Code::TemplateSyntax, "template-syntax"),
        (Code::TemplateField, "template-field"),
        (Code::ForeignTag, "foreign-tag"),
        (Code::ExpressionSyntax, "expression-syntax"),
        (Code::ExpressionForm, "expression-form"),
        (Code::YamlTrap, "yaml-trap"),
        (Code::AmbiguousNumber, "ambiguous-number"),
        (Code::SurroundingSpace, "surrounding-space"),
        (Code::ContactInAccount, "contact-in-account"),
        (Code::InvalidSetting, "invalid-setting"),
        (Code::InvalidUrl, "invalid-url"),
        (Code::HostNotAllowed, "host-not-allowed"),
        (Code::MissingVariable, "missing-variable"),
        (Code::SecretInFile, "secret-in-file"),
        (Code::CommercialMail, "commercial-mail"),
        (Code::SegmentTarget, "segment-target"),
        (Code::StepRemoved, "step-removed"),
        (Code::NotAvailable, "not-available"),
        (Code::UnreadableFile, "unreadable-file"),
        (Code::UnknownModel, "unknown-model"),
        (Code::CircularScores, "circular-scores"),
        (Code::UnreachableScore, "unreachable-score"),
        (Code::AccountScore, "account-score"),
        (Code::NeverHolds, "never-holds"),
        (Code::AlwaysHolds, "always-holds"),
        (Code::HoldsOnArrival, "holds-on-arrival"),
        (Code::EndlessWait, "endless-wait"),
        (Code::WindowWithoutEffect, "window-without-effect"),
        (Code::UnusedSegment, "unused-segment"),
        (Code::ValueNotFound, "value-not-found"),
        (Code::MemberNotFound, "member-not-found"),
        (Code::ConsentNotSet, "consent-not-set"),
        (Code::NobodySubscribed, "nobody-subscribed"),
        (Code::ScriptSyntax, "script-syntax"),
        (Code::ScriptForm, "script-form"),
        (Code::InvalidTable, "invalid-table"),
    ];

    /// The code with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|(_, known)| *known == name).map(|(code, _)| code)
    }

    /// Whether it says that something with a name doesn't exist.
    #[must_use]
    pub fn is_about_a_name(self) -> bool {
        matches!(
            self,
            Code::UnknownSegment
                | Code::UnknownModel
                | Code::UnknownEmail
                | Code::UnknownWorkflow
                | Code::UnknownChannel
                | Code::UnknownTopic
                | Code::UnknownInteraction
                | Code::UnknownField
                | Code::UnknownStep
                | Code::UnknownTile
                | Code::SegmentTarget
                | Code::TemplateField
        )
    }

    /// Whether it says that a file can't be read at all, so that nobody knows what it holds.
    #[must_use]
    pub fn is_about_form(self) -> bool {
        matches!(self, Code::YamlSyntax | Code::UnreadableFile)
    }

    /// The code as it stands in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        Code::ALL.iter().find(|(code, _)| *code == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
