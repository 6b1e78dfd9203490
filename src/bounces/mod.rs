//! What mail servers and providers say afterwards about mail that left.
//!
//! In: a message as it came back. Out: for each recipient, whether the address is dead, the mail bounced, or somebody
//! complained. It knows the standards (RFC 3464, RFC 5965) and no store; a report that follows none is told as such.

mod report;

pub use report::{Report, ReportKind, reports};
