-- The tables that Tilework starts with. {identity} and {clustered} are filled in by the dialect.
-- Times are UTC milliseconds, flags are 0 or 1. Standard and declared fields become columns of
-- account, contact, lead and interaction when definitions are published.

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- Counts up whenever members of segments, contacts, accounts or journeys change: an iteration that let
-- its audience in at this number needn't look again.
INSERT INTO setting (name, value) VALUES ('audience_version', '1');
-- How often a command changed what may move: those who serve look again then.
INSERT INTO setting (name, value) VALUES ('interventions', '0');

CREATE TABLE worker (key {identity}, started_at BIGINT NOT NULL);

-- What worked on the store and how it went: started_at and ended_at are real time, moment is the domain's.
CREATE TABLE run (
    key {identity}, kind TEXT NOT NULL, owner BIGINT NOT NULL, started_at BIGINT NOT NULL, ended_at BIGINT,
    moment BIGINT, outcome TEXT, error TEXT, entered BIGINT NOT NULL, finished BIGINT NOT NULL,
    stopped BIGINT NOT NULL, delivered BIGINT NOT NULL, blocked BIGINT NOT NULL, failed BIGINT NOT NULL
);

-- kind: the type of the column; declared: the word for the field's type.
CREATE TABLE field (
    entity TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, column_name TEXT NOT NULL,
    declared TEXT NOT NULL,
    PRIMARY KEY (entity, name, kind)
);

-- known_since: when the store had the record first.
CREATE TABLE account (key {identity}, id TEXT NOT NULL UNIQUE, known_since BIGINT);

-- address_key: its e-mail address as `address` has it, by which several contacts may have one. id_generation: how many
-- contacts had been erased when it came in. It tells the contact from an erased one that had the same id, in the keys
-- of effects.
CREATE TABLE contact (key {identity}, id TEXT NOT NULL UNIQUE, account_key BIGINT, address_key BIGINT,
    known_since BIGINT, id_generation BIGINT NOT NULL DEFAULT 0
);
-- With the key, so that colleagues are found without reading their rows.
CREATE INDEX contact_account ON contact (account_key, key);
CREATE INDEX contact_address ON contact (address_key);

-- E-mail addresses in the form in which they are compared. Of an erased contact's address only the keyed hash
-- is left, so that what is known of it is found again when the address comes back. The flags are those of
-- contacts that had the address before.
CREATE TABLE address (
    key {identity}, address TEXT UNIQUE, hash TEXT UNIQUE, do_not_email SMALLINT NOT NULL DEFAULT 0,
    do_not_bulk_email SMALLINT NOT NULL DEFAULT 0
);

-- Addresses that get no mail, from a moment on. The reason is `bounced`, `complained`, or what a file says.
CREATE TABLE suppression (
    address_key BIGINT NOT NULL, reason TEXT NOT NULL, since BIGINT NOT NULL, PRIMARY KEY (address_key, reason)
){clustered};

-- What was said about commercial mail, by a contact (0 when none is known) under an address (0 when it had
-- none): that a topic is wanted (subscribed = 1) or not (0). Topic '' is all commercial mail.
CREATE TABLE preference (
    address_key BIGINT NOT NULL, contact_key BIGINT NOT NULL, topic TEXT NOT NULL, at BIGINT NOT NULL,
    subscribed SMALLINT NOT NULL, reason TEXT,
    PRIMARY KEY (address_key, topic, subscribed, at, contact_key)
){clustered};
CREATE INDEX preference_contact ON preference (contact_key, topic, subscribed, at);

-- Since when a field of a record has its present value, where that is another time than known_since. kind: 1
-- contact, 2 account, 4 lead. A link to a parent counts from when the parent was there.
CREATE TABLE field_since (
    kind SMALLINT NOT NULL, subject_key BIGINT NOT NULL, field TEXT NOT NULL, since BIGINT NOT NULL,
    PRIMARY KEY (kind, subject_key, field)
){clustered};

-- Keyed hashes of the ids and addresses of erased contacts, by which imports leave them out.
CREATE TABLE erased (hash TEXT PRIMARY KEY, erased_at BIGINT NOT NULL);

CREATE TABLE interaction_type (key {identity}, name TEXT NOT NULL UNIQUE);

-- account_key: the account in whose history it stands: it never changes once there is one (semantics 6).
CREATE TABLE interaction (
    key {identity}, id TEXT NOT NULL UNIQUE, type_key BIGINT NOT NULL, at BIGINT NOT NULL,
    contact_key BIGINT NOT NULL, account_key BIGINT, journey TEXT, iteration BIGINT, step TEXT
);
CREATE INDEX interaction_contact ON interaction (contact_key, type_key, at);
-- With contact and account, so that who did something within a window is found without reading the rows.
CREATE INDEX interaction_type_at ON interaction (type_key, at, contact_key, account_key);
CREATE INDEX interaction_account ON interaction (account_key, type_key, at);

-- The accounts that a contact belonged to before, each with the moment at which it left.
CREATE TABLE former_account (
    contact_key BIGINT NOT NULL, account_key BIGINT NOT NULL, until BIGINT NOT NULL,
    PRIMARY KEY (contact_key, until)
){clustered};
CREATE INDEX former_account_account ON former_account (account_key, contact_key);

-- What changed since the last refresh: 1 contact, 2 account, 3 interaction (of a contact), 4 lead, 5 activity,
-- 6 interaction in the history of an account. What it is about: of an interaction its type; of a record the
-- fields that changed, as bits (store/fields.rs), all where nothing else is said.
CREATE TABLE change (
    key {identity}, kind SMALLINT NOT NULL, subject_key BIGINT NOT NULL, about BIGINT NOT NULL DEFAULT -1,
    at BIGINT
);

-- Whom segments may have to look at again, by the number of the batch in which the queue was emptied: the
-- kinds of `change`, and 11, 12, 14 for who joined or left a segment of contacts, accounts, leads, which
-- they are about. Rows that every segment has seen are gone.
CREATE TABLE pending_change (
    batch BIGINT NOT NULL, kind SMALLINT NOT NULL, about BIGINT NOT NULL, subject_key BIGINT NOT NULL,
    PRIMARY KEY (batch, kind, about, subject_key)
){clustered};

INSERT INTO setting (name, value) VALUES ('touched_batch', '0');

CREATE TABLE publication (
    key {identity}, at BIGINT NOT NULL, revision TEXT, kind TEXT NOT NULL, name TEXT NOT NULL,
    hash TEXT NOT NULL, content TEXT NOT NULL
);
CREATE INDEX publication_name ON publication (kind, name, key);

-- The folders that were published, the latest last; which files each has, and every content once.
CREATE TABLE snapshot (key {identity}, at BIGINT NOT NULL, revision TEXT, hash TEXT NOT NULL);
CREATE TABLE snapshot_file (
    snapshot_key BIGINT NOT NULL, path TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (snapshot_key, path)
){clustered};
-- redacted: 1 once ids or addresses of erased contacts were taken out; the hash is that of the content before.
CREATE TABLE file_content (hash TEXT PRIMARY KEY, content TEXT NOT NULL, redacted SMALLINT NOT NULL DEFAULT 0);

-- stale: how often something came in that may change it, since it was evaluated. whole: 1 when everybody
-- has to be looked at, else those in `pending_change` since the batch `seen` are enough. evaluations counts them.
-- defined_at: since when its definition is what it is. The last one took so many milliseconds and looked at so many records, all when that is empty.
CREATE TABLE segment (
    key {identity}, name TEXT NOT NULL UNIQUE, target TEXT NOT NULL, hash TEXT NOT NULL,
    active SMALLINT NOT NULL, stale BIGINT NOT NULL, size BIGINT NOT NULL, defined_at BIGINT NOT NULL,
    evaluated_at BIGINT, next_evaluation_at BIGINT,
    whole SMALLINT NOT NULL DEFAULT 1, seen BIGINT NOT NULL DEFAULT 0, evaluations BIGINT NOT NULL DEFAULT 0,
    milliseconds BIGINT, looked_at BIGINT
);

-- One row for each evaluation that changed who belongs to a segment.
CREATE TABLE segment_evaluation (
    segment_key BIGINT NOT NULL, at BIGINT NOT NULL, size BIGINT NOT NULL, joined BIGINT NOT NULL,
    members_left BIGINT NOT NULL,
    PRIMARY KEY (segment_key, at)
){clustered};

CREATE TABLE membership (
    segment_key BIGINT NOT NULL, subject_key BIGINT NOT NULL, joined_at BIGINT NOT NULL,
    PRIMARY KEY (segment_key, subject_key)
){clustered};

-- Who joined (1) and who left (0): at the moment at which that came to be, noted by an evaluation. Of several
-- changes at one moment the last stands. by_definition: 1 where a new or changed definition of the segment made
-- the difference, and not a fact or the clock.
CREATE TABLE membership_change (
    segment_key BIGINT NOT NULL, at BIGINT NOT NULL, subject_key BIGINT NOT NULL, joined SMALLINT NOT NULL,
    noted_at BIGINT NOT NULL, by_definition SMALLINT NOT NULL DEFAULT 0,
    PRIMARY KEY (segment_key, subject_key, at)
){clustered};

-- origin: the name under which it was published first, by which chance goes after a rename, too.
-- state: live or paused; paused_at says since when. The setting `paused_at` holds all journeys.
CREATE TABLE journey (
    key {identity}, name TEXT NOT NULL UNIQUE, origin TEXT NOT NULL, target TEXT NOT NULL, publication_key BIGINT NOT NULL,
    state TEXT NOT NULL, paused_at BIGINT
);

CREATE TABLE step (
    key {identity}, journey_key BIGINT NOT NULL, id TEXT NOT NULL, origin TEXT NOT NULL, tile TEXT NOT NULL,
    place BIGINT NOT NULL,
    UNIQUE (journey_key, id)
);

-- Names that journeys (of_key 0) and the steps of a journey had before: keys of effects bear them, so they
-- are never given to another.
CREATE TABLE former_name (
    of_key BIGINT NOT NULL, name TEXT NOT NULL, key BIGINT NOT NULL, PRIMARY KEY (of_key, name)
);

-- The interaction types (0: changed records) that wake those who wait at a step. The scope says whom:
-- the contact, all who entered for its account (account), all of the account it has now
-- (present_account).
CREATE TABLE step_wake (
    step_key BIGINT NOT NULL, type_key BIGINT NOT NULL, scope TEXT NOT NULL,
    PRIMARY KEY (step_key, type_key, scope)
);

-- Segments, scoring models and journeys that failed when they were run, or need one that did; since when, in the
-- store's time.
CREATE TABLE failing (
    kind TEXT NOT NULL, name TEXT NOT NULL, since BIGINT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (kind, name)
);

-- revisits: 1 once somebody went back or entered again, so that arrivals at a step have to be counted.
-- looked_at: when it looked last for who may enter.
CREATE TABLE iteration (
    key {identity}, journey_key BIGINT NOT NULL, number BIGINT NOT NULL, starts_at BIGINT NOT NULL,
    enrolled_at BIGINT, audience_version BIGINT, looked_at BIGINT, ended_at BIGINT, revisits SMALLINT NOT NULL DEFAULT 0,
    UNIQUE (journey_key, number)
);

-- state: 1 in the journey, 2 finished, 3 stopped. A contact without account is an account of its own,
-- whose key is the contact's, negative.
CREATE TABLE participant (
    iteration_key BIGINT NOT NULL, contact_key BIGINT NOT NULL, account_key BIGINT NOT NULL,
    entered_at BIGINT NOT NULL, state SMALLINT NOT NULL, ended_at BIGINT, reason TEXT,
    PRIMARY KEY (iteration_key, contact_key)
){clustered};
-- With all that a trigger asks of colleagues, so that it is preferred to the primary key, which begins alike.
CREATE INDEX participant_account ON participant (iteration_key, account_key, state, entered_at);
-- Who may enter again, and when.
CREATE INDEX participant_ended ON participant (iteration_key, ended_at) WHERE ended_at IS NOT NULL;

-- Who was in the audience of an iteration and was kept out: why, and when a run saw that reason first.
CREATE TABLE kept_out (
    iteration_key BIGINT NOT NULL, contact_key BIGINT NOT NULL, reason TEXT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (iteration_key, contact_key)
){clustered};
CREATE INDEX kept_out_contact ON kept_out (contact_key);

-- The earlier entries of those who entered an iteration again, from number 1; the latest is the participant.
CREATE TABLE entry (
    iteration_key BIGINT NOT NULL, contact_key BIGINT NOT NULL, number BIGINT NOT NULL,
    account_key BIGINT NOT NULL, entered_at BIGINT NOT NULL, state SMALLINT NOT NULL, ended_at BIGINT, reason TEXT,
    PRIMARY KEY (iteration_key, contact_key, number)
){clustered};

CREATE TABLE position (
    iteration_key BIGINT NOT NULL, account_key BIGINT NOT NULL, contact_key BIGINT NOT NULL,
    lane BIGINT NOT NULL, step_key BIGINT NOT NULL, visit BIGINT NOT NULL, arrived_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL, looked_at BIGINT,
    PRIMARY KEY (iteration_key, account_key, contact_key, lane)
){clustered};
CREATE INDEX position_due ON position (iteration_key, step_key, due_at);

-- One row for each step that a participant left, or was stopped at (stopped = 1).
CREATE TABLE history (
    iteration_key BIGINT NOT NULL, account_key BIGINT NOT NULL, contact_key BIGINT NOT NULL,
    step_key BIGINT NOT NULL, visit BIGINT NOT NULL, arrived_at BIGINT NOT NULL, left_at BIGINT NOT NULL,
    stopped SMALLINT NOT NULL, path TEXT, reason TEXT,
    PRIMARY KEY (iteration_key, account_key, contact_key, step_key, visit)
){clustered};

-- The one decision of an account at a step; path is empty until it is taken.
CREATE TABLE decision (
    iteration_key BIGINT NOT NULL, step_key BIGINT NOT NULL, visit BIGINT NOT NULL, account_key BIGINT NOT NULL,
    opened_at BIGINT NOT NULL, looked_at BIGINT NOT NULL, path TEXT, decided_at BIGINT, because TEXT,
    PRIMARY KEY (iteration_key, account_key, step_key, visit)
){clustered};

-- What a tile keeps between its calls for one visit; contact_key is 0 when it works for the account.
-- effects counts the effects of all calls, so that each has an ordinal of its own.
CREATE TABLE tile_state (
    iteration_key BIGINT NOT NULL, account_key BIGINT NOT NULL, contact_key BIGINT NOT NULL,
    step_key BIGINT NOT NULL, visit BIGINT NOT NULL, calls BIGINT NOT NULL, retries BIGINT NOT NULL,
    effects BIGINT NOT NULL, state TEXT, until BIGINT, reason TEXT,
    PRIMARY KEY (iteration_key, step_key, account_key, contact_key, visit)
){clustered};

-- The turn of a contact, or an account (contact_key 0), at a step: how many came before, of those with the
-- same value of a field where turns go by one (among). And the path on which it got one of the places; empty
-- when all were taken, or there are none.
CREATE TABLE allotment (
    iteration_key BIGINT NOT NULL, step_key BIGINT NOT NULL, account_key BIGINT NOT NULL,
    contact_key BIGINT NOT NULL, path TEXT, among TEXT NOT NULL, turn BIGINT NOT NULL,
    PRIMARY KEY (iteration_key, step_key, account_key, contact_key)
){clustered};

CREATE TABLE claim (
    key {identity}, iteration_key BIGINT NOT NULL, step_key BIGINT NOT NULL, account_from BIGINT NOT NULL,
    account_to BIGINT NOT NULL, owner BIGINT NOT NULL, deadline BIGINT NOT NULL, woken SMALLINT NOT NULL
);
CREATE INDEX claim_range ON claim (iteration_key, step_key);

CREATE TABLE lead (
    key {identity}, id TEXT NOT NULL UNIQUE, contact_key BIGINT, account_key BIGINT,
    iteration_key BIGINT, step_key BIGINT, visit BIGINT, subject_account_key BIGINT, subject_contact_key BIGINT,
    ordinal BIGINT, created_at BIGINT, known_since BIGINT,
    UNIQUE (iteration_key, step_key, visit, subject_account_key, subject_contact_key, ordinal)
);
-- With the key, so that the leads of a parent are found without reading their rows.
CREATE INDEX lead_contact ON lead (contact_key, key);
CREATE INDEX lead_account ON lead (account_key, key);

-- version: counts up with each computation, so that of two at once one does it again.
CREATE TABLE scoring_model (
    key {identity}, name TEXT NOT NULL UNIQUE, target TEXT NOT NULL, hash TEXT NOT NULL, version BIGINT NOT NULL,
    scored_at BIGINT
);

-- steady: what the rules give, in millionths, that go by fields alone. ready: 1 when the score has reached the
-- model's threshold. since: when the score became what it is. fades_at: the earliest moment at which it can be another because points fade; empty when
-- none do.
CREATE TABLE score (
    model_key BIGINT NOT NULL, subject_key BIGINT NOT NULL, score BIGINT NOT NULL, since BIGINT NOT NULL,
    steady BIGINT NOT NULL, grade TEXT, grade_since BIGINT NOT NULL, ready SMALLINT NOT NULL, fades_at BIGINT,
    PRIMARY KEY (model_key, subject_key)
){clustered};

-- What changed since scores were computed, as in `change`.
CREATE TABLE score_change (key {identity}, kind SMALLINT NOT NULL, subject_key BIGINT NOT NULL, about BIGINT NOT NULL);

-- What is left of a million after so many of the hours of a half-life.
CREATE TABLE half_life (hours BIGINT NOT NULL, age BIGINT NOT NULL, factor BIGINT NOT NULL, PRIMARY KEY (hours, age)){clustered};

CREATE TABLE levels (key {identity}, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL);

CREATE TABLE level (
    levels_key BIGINT NOT NULL, subject_key BIGINT NOT NULL, level TEXT NOT NULL, since BIGINT NOT NULL,
    PRIMARY KEY (levels_key, subject_key)
){clustered};

CREATE TABLE level_change (
    levels_key BIGINT NOT NULL, subject_key BIGINT NOT NULL, at BIGINT NOT NULL, from_level TEXT, to_level TEXT,
    PRIMARY KEY (levels_key, subject_key, at)
){clustered};

CREATE TABLE activity (
    key {identity}, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, subject TEXT NOT NULL, description TEXT,
    owner TEXT, due_at BIGINT, created_at BIGINT NOT NULL, contact_key BIGINT, account_key BIGINT,
    iteration_key BIGINT, step_key BIGINT, visit BIGINT, subject_account_key BIGINT, subject_contact_key BIGINT,
    ordinal BIGINT,
    UNIQUE (iteration_key, step_key, visit, subject_account_key, subject_contact_key, ordinal)
);
CREATE INDEX activity_contact ON activity (contact_key, key);
CREATE INDEX activity_account ON activity (account_key, key);

-- state: 1 waiting, 2 being handed over, 3 delivered, 4 blocked, 5 failed, 6 unknown, 7 dropped. A message
-- for an account has contact_key 0. ready_at: when it may be handed over, which is later than due_at where a
-- window, an earlier mail or a pause held it. retry_at is real time, before which it isn't tried again.
CREATE TABLE outbox (
    iteration_key BIGINT NOT NULL, account_key BIGINT NOT NULL, contact_key BIGINT NOT NULL,
    step_key BIGINT NOT NULL, visit BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    channel TEXT NOT NULL, content TEXT NOT NULL, state SMALLINT NOT NULL, created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL, ready_at BIGINT NOT NULL, expires_at BIGINT, attempts BIGINT NOT NULL, retry_at BIGINT,
    owner BIGINT, ended_at BIGINT, reason TEXT,
    PRIMARY KEY (iteration_key, account_key, contact_key, step_key, visit, ordinal)
){clustered};
-- The address to which a mail of a step went or is going, so that one mailbox gets it once. sent_at: when it left.
CREATE TABLE mail_address (
    iteration_key BIGINT NOT NULL, step_key BIGINT NOT NULL, visit BIGINT NOT NULL, address_key BIGINT NOT NULL,
    account_key BIGINT NOT NULL, contact_key BIGINT NOT NULL, sent_at BIGINT,
    PRIMARY KEY (iteration_key, step_key, visit, address_key)
){clustered};
CREATE INDEX mail_address_contact ON mail_address (contact_key, sent_at);
CREATE INDEX outbox_waiting ON outbox (ready_at, due_at) WHERE state = 1;
-- Who waits for a mail that is on its way.
CREATE INDEX outbox_on_its_way ON outbox (contact_key) WHERE state < 3;
CREATE INDEX outbox_retry ON outbox (retry_at) WHERE state = 1 AND retry_at IS NOT NULL;
CREATE INDEX outbox_unsettled ON outbox (owner) WHERE state = 2;
