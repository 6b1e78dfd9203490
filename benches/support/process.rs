//! What benches ask of their own process: its command line, its time, its memory.

use std::{fs, process::Command, time::Instant};

/// The value of an option of the command line.
pub fn option(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

/// Runs this program once more for each database, with what it was given: each in a process of its own, so
/// that its peak of memory is its own.
pub fn on_each_database() {
    for database in ["sqlite", "postgres"] {
        let program = std::env::current_exe().expect("this program");
        let status = Command::new(program)
            .args(std::env::args().skip(1))
            .args(["--only", database])
            .status()
            .expect("this program runs");
        assert!(status.success(), "{database} went wrong");
    }
}

/// How many seconds work takes.
pub fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// Lets the peak of memory count from here on.
pub fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("Linux keeps a peak that can be reset");
}

/// The most memory this process held since [`forget_peak`], in MB; of a database server's own nothing is
/// known here.
pub fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1_024
}
