//! Runs a property: on cases that are the same on every machine, or, for `make soak`, on ever new ones for some time.

use std::{
    fmt::Debug,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

/// What a case comes to. A case that a property has nothing to say of is rejected, and another takes its place.
pub type Outcome = Result<(), TestCaseError>;

/// How long `make soak` looks for counterexamples, in seconds; 0 is a single case.
const SECONDS: &str = "TILEWORK_SOAK_SECONDS";

/// The number that the first of these cases is made from; the ones after it count on.
const SEED: &str = "TILEWORK_SOAK_SEED";

#[allow(clippy::disallowed_methods, reason = "`make soak` tells its tests by the environment")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() }
}

/// Asserts that a property holds for so many cases, or for as many as `make soak` has time for.
#[track_caller]
pub fn holds<T: Debug>(cases: u32, strategy: &impl Strategy<Value = T>, property: impl Fn(T) -> Outcome) {
    let Some(seconds) = number(SECONDS) else {
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let outcome = TestRunner::new_with_rng(config(cases), rng).run(strategy, &property);
        return outcome.unwrap_or_else(|error| panic!("{error}"));
    };
    explore(seconds, number(SEED), strategy, property);
}

/// One case after the other, each of a seed of its own, so that a failure is repeated alone.
#[allow(clippy::disallowed_methods, reason = "it is real time for which `make soak` goes on")]
#[allow(clippy::disallowed_macros, reason = "who started it wants to know how much was tried")]
fn explore<T: Debug>(
    seconds: u64,
    seed: Option<u64>,
    strategy: &impl Strategy<Value = T>,
    property: impl Fn(T) -> Outcome,
) {
    let started = Instant::now();
    let test = std::thread::current().name().unwrap_or("a property").to_owned();
    let first = seed.unwrap_or_else(fresh);
    for (count, seed) in (first..).enumerate() {
        if count > 0 && started.elapsed() >= Duration::from_secs(seconds) {
            println!("{test}: {count} cases from seed {first} on hold");
            return;
        }
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        if let Err(error) = TestRunner::new_with_rng(config(1), rng).run(strategy, &property) {
            panic!("{error}\nTo try this case again: {SECONDS}=0 {SEED}={seed} cargo test {test}");
        }
    }
}

/// A seed that no earlier call gave, in this process or another.
#[allow(clippy::disallowed_methods, reason = "`make soak` is meant to try other cases each time")]
fn fresh() -> u64 {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    // Room for a million cases between two calls.
    (u64::from(now.subsec_nanos()) << 20) + (CALLS.fetch_add(1, Ordering::Relaxed) << 52)
}

/// Has a story happen once, or again and again for as long as `make soak` has time for.
#[allow(clippy::disallowed_methods, reason = "it is real time for which `make soak` goes on")]
#[allow(clippy::disallowed_macros, reason = "who started it wants to know how much was tried")]
pub fn repeatedly(story: impl Fn()) {
    let started = Instant::now();
    let time = Duration::from_secs(number(SECONDS).unwrap_or_default());
    let mut count = 0;
    while count == 0 || started.elapsed() < time {
        story();
        count += 1;
    }
    if !time.is_zero() {
        println!("{}: {count} times", std::thread::current().name().unwrap_or("a story"));
    }
}

/// A time in the neighbourhood of this one, another at each call of `make soak`.
pub fn shorter_or_longer(milliseconds: u64) -> u64 {
    match number(SECONDS) {
        Some(_) => milliseconds / 2 + fresh() % milliseconds.max(1),
        None => milliseconds,
    }
}
