//! Reading a grid: the plan ([`ArrayScanExec`]), its units of work, and the stream that turns them into rows.
//!
//! ```text
//!  plan ─ execute(partition) ─→ stream ─→ units ─→ prune ─→ load (fetch ⇒ decode) ─→ rows ─→ RecordBatch
//!                                  └── state: budgets, cache (shared by the partitions)
//! ```
//!
//! A unit is what the selection leaves of one chunk of the widest projected variable. Other variables are read by
//! region; chunks that several units need are read once and kept in a cache.

mod budget;
mod cache;
mod display;
mod fetch;
mod load;
mod metrics;
mod order;
mod plan;
mod prune;
mod rows;
mod state;
mod statistics;
mod stream;
mod units;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod run_tests;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

pub(crate) use display::selection_parts;
pub(crate) use fetch::{Fetched, located, on_pool};
pub(crate) use load::{Block, Loading, fetch_unit, load, load_shared};
pub(crate) use metrics::ScanMetrics;
pub use plan::ArrayScanExec;
pub(crate) use plan::ScanRequest;
pub(crate) use prune::prune;
pub(crate) use rows::{UnitColumn, UnitRows};
pub(crate) use state::{Held, ScanState};
pub(crate) use units::{Unit, UnitGrid, touched};
