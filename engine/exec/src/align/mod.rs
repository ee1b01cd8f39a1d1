//! One side of a join at the positions of the other: no row is made, no hash table.
//!
//! ```text
//!  keys of both sides ─→ matching ─→ position map: index of the outer side ─→ index of the inner side
//!                                       │
//!             unit of the outer scan ───┴─→ chunks of the inner variable ─→ gather ─→ dense block of the unit
//! ```
//!
//! Keys are evaluated once per label. Every index of the outer side meets at most one of the inner side, so the join is
//! a column more.

mod gather;
mod map;
mod matching;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

pub(crate) use gather::{Along, Piece, gather};
pub(crate) use map::{Mapped, NOWHERE, PositionMap};
pub(crate) use matching::match_labels;
