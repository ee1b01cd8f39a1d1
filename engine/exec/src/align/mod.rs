//! One side of a join at the positions of the other: no row is made, no hash table.
//!
//! ```text
//!  keys of both sides ─→ relate, matching ─→ position maps: index of the outer side ─→ index of the inner side
//!                                               │
//!                     unit of the outer scan ───┴─→ chunks of the inner variable ─→ gather ─→ block of the unit
//! ```
//!
//! Keys are evaluated once per label. Every index of the outer side meets at most one of the inner side, so the join is
//! a column more.

mod gather;
mod map;
mod matching;
mod plan;
mod relate;
mod source;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

pub use plan::{AlignedScan, Keep};
