//! Points joined with a grid: each point finds its cells by position, and each chunk is read once.
//!
//! ```text
//!  points ─→ stream: collect ─→ keys ─→ places ─→ sorted by unit ─→ unit by unit: fetch, decode, take ─→ rows
//!                               label → position   one number a point     several at the same time
//! ```
//!
//! A place is the number of a cell along the keyed dimensions, those of one unit of the scan side by side. Dimensions
//! that no key covers stay: a point has a row for each selected index of them.

mod keys;
mod places;
mod plan;
mod points;
mod request;
mod rows;
mod stream;

pub use plan::ArrayGatherExec;
pub use request::{GatherColumn, GatherFilter, GatherKind, GatherRequest};
