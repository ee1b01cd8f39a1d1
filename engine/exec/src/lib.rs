//! How a labelled dataset runs inside DataFusion.
//!
//! ```text
//!  Dataset + Grid ─→ ArrayTable ─→ selection ─→ ArrayScanExec ─→ units ─→ fetch ─→ decode ─→ rows ─→ RecordBatch
//!                    (columns)     (predicates   (plan: what to   (one chunk of the widest
//!                                  → index        read, never      projected variable each)
//!                                  ranges)        a list)
//! ```

mod aggregate;
mod align;
mod chunks_table;
pub mod convert;
mod counters;
mod derived;
mod error;
mod forget_order;
pub mod functions;
mod gather;
mod layout;
pub mod metadata;
mod options;
mod scan;
mod selection;
mod shared_run;
mod slide;
mod table;
mod top_k;

pub use aggregate::{AggregateRequest, ArrayAggregateExec, ArrayRegionAggregateExec, RegionRequest};
pub use align::{AlignedScan, Keep};
pub use chunks_table::ChunksTable;
pub use counters::ReadCounters;
pub use derived::{LookupKey, LookupKind};
pub use error::datafusion_error;
pub use forget_order::ForgetOrderExec;
pub use gather::{ArrayGatherExec, GatherColumn, GatherFilter, GatherKind, GatherRequest};
pub use options::{Options, ScanOptions};
pub use scan::ArrayScanExec;
pub use slide::{FrameAggregate, RowValue, SlideFunction, SlideRequest, SlideWindow};
pub use table::ArrayTable;
pub use top_k::ArrayTopKExec;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod testing;
