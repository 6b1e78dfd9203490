//! The one place that asks for chance: keys that nobody may guess. Nothing of the domain depends on them.

use ring::rand::{SecureRandom, SystemRandom};

/// A new key of 256 bits in hexadecimal; nothing when the machine gives none.
#[must_use]
pub fn fresh_key() -> Option<String> {
    let mut key = [0_u8; 32];
    SystemRandom::new().fill(&mut key).ok()?;
    Some(key.iter().map(|byte| format!("{byte:02x}")).collect())
}
