//! Aggregates by region: a table of boxes, or of any conditions on one dimension each, joined with a scan and grouped.
//!
//! ```text
//!  regions (any plan) ─→ collect ─→ conditions, once a region and label ─→ the positions of each region
//!                           │                                                 └─→ a narrower scan
//!                           └─ too many: the same answer made of rows
//!
//!  unit ─→ the regions that touch it; none: not read ─→ parts: positions that the same regions hold
//!            └─→ reduce, once ─→ a state for each part ─→ merged into the group of each region that holds it
//! ```
//!
//! A cell of several regions is read, decoded and evaluated once and counts in each of them. Parts belong to a unit, so
//! that their number follows the unit and not the regions.

mod can_fail;
mod collect;
mod parts;
mod plan;
mod positions;
mod request;

pub(crate) use can_fail::can_fail;
pub(crate) use parts::{Parts, each_covered};
pub use plan::ArrayRegionAggregateExec;
pub(crate) use positions::Regions;
pub use request::RegionRequest;
