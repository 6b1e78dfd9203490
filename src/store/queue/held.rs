//! Paused journeys, as a condition of statements.

/// The condition under which a row `j` of `journey` is held: it or all are paused, or it fails.
pub(in crate::store) const HELD: &str =
    "(j.state = 'paused' OR EXISTS (SELECT 1 FROM setting h WHERE h.name = 'paused_at')
    OR EXISTS (SELECT 1 FROM failing h WHERE h.kind = 'journey' AND h.name = j.name))";

/// The query for the keys of the iterations that are held.
pub(in crate::store) fn held_iterations() -> String {
    format!("SELECT t.key FROM iteration t JOIN journey j ON j.key = t.journey_key WHERE {HELD}")
}
