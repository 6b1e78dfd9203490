//! The tables of a connection's own: what a statement finds out for the next.

use crate::store::Dialect;

/// The statements that make a connection's temporary tables.
pub(in crate::store) fn temporary_tables(dialect: Dialect) -> String {
    TEMPORARY_TABLES.replace("{key}", dialect.plain_key())
}

const TEMPORARY_TABLES: &str = "
    CREATE TEMPORARY TABLE IF NOT EXISTS evaluation (key {key});
    CREATE TEMPORARY TABLE IF NOT EXISTS membership_difference (key BIGINT NOT NULL, joined SMALLINT NOT NULL, since BIGINT NOT NULL);
    CREATE TEMPORARY TABLE IF NOT EXISTS difference_since (key {key}, since BIGINT NOT NULL);
    CREATE TEMPORARY TABLE IF NOT EXISTS rescore (key {key});
    CREATE TEMPORARY TABLE IF NOT EXISTS scored (
        key {key}, was BIGINT, steady BIGINT NOT NULL, score BIGINT NOT NULL, grade TEXT, ready SMALLINT NOT NULL,
        fades_at BIGINT);
    CREATE TEMPORARY TABLE IF NOT EXISTS score_ready (key {key});
    CREATE TEMPORARY TABLE IF NOT EXISTS score_seen (key {key});
    CREATE TEMPORARY TABLE IF NOT EXISTS to_reevaluate (key {key});
    CREATE TEMPORARY TABLE IF NOT EXISTS affected_contact (key {key});
    CREATE TEMPORARY TABLE IF NOT EXISTS affected_account (key {key});
    CREATE TEMPORARY TABLE IF NOT EXISTS affected_lead (key {key});
    CREATE TEMPORARY TABLE IF NOT EXISTS changed_record (key BIGINT NOT NULL, changed TEXT NOT NULL);
    CREATE TEMPORARY TABLE IF NOT EXISTS entering (
        contact_key BIGINT PRIMARY KEY, account_key BIGINT NOT NULL, moment BIGINT NOT NULL, ended_at BIGINT);
    CREATE TEMPORARY TABLE IF NOT EXISTS batch_outcome (
        kind BIGINT NOT NULL, account_key BIGINT NOT NULL, contact_key BIGINT NOT NULL, moment BIGINT,
        path TEXT, reason TEXT, next_step BIGINT, look_at BIGINT, PRIMARY KEY (account_key, contact_key));
    CREATE TEMPORARY TABLE IF NOT EXISTS call_answer (
        call_key BIGINT NOT NULL, inputs TEXT NOT NULL, number DOUBLE PRECISION, written TEXT,
        PRIMARY KEY (call_key, inputs));
    CREATE TEMPORARY TABLE IF NOT EXISTS counting (
        contact_key BIGINT NOT NULL, place BIGINT NOT NULL, since BIGINT NOT NULL, until BIGINT NOT NULL,
        account_key BIGINT, PRIMARY KEY (place, contact_key));
    CREATE TEMPORARY TABLE IF NOT EXISTS trigger_subject (
        account_key BIGINT NOT NULL, contact_key BIGINT, since BIGINT NOT NULL, upper BIGINT NOT NULL,
        until BIGINT NOT NULL, visit BIGINT NOT NULL);
    CREATE TEMPORARY TABLE IF NOT EXISTS condition_subject (
        place BIGINT NOT NULL, account_key BIGINT NOT NULL, contact_key BIGINT, moment BIGINT NOT NULL)";
