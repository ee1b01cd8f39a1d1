//! Reading a grid: the plan ([`ArrayScanExec`]), its units of work, and the stream that turns them into rows.
//!
//! ```text
//!  plan ─ execute(partition) ─→ stream ─→ units ─→ load (fetch, decode) ─→ rows ─→ RecordBatch
//! ```
//!
//! A unit is what the selection leaves of one chunk of the widest projected variable. Other variables are read by
//! region.

mod display;
mod load;
mod order;
mod plan;
mod rows;
mod statistics;
mod stream;
mod units;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

pub use plan::ArrayScanExec;
pub(crate) use plan::ScanRequest;
