//! Windows along a dimension, by position: no row is sorted to find its neighbours.
//!
//! ```text
//!  line: which indices follow each other ─→ frame: the places of each answer
//!                                             │
//!  unit ─→ the indices that its answers need ─→ block of arguments ─→ run: tiles of lanes ─→ block of answers
//!                                                                      └─ function, kernel
//! ```
//!
//! How the rows of a frame are added follows from the frames alone, so an answer has the same bits wherever units start.

mod frame;
mod function;
mod kernel;
mod lanes;
mod line;
mod lines;
mod plan;
mod run;
mod unit;

pub(crate) use frame::Method;
pub use function::{FrameAggregate, RowValue};
pub(crate) use function::{row_numbers, row_values};
pub(crate) use lanes::Shape;
pub(crate) use lines::Lines;
pub(crate) use plan::{Slide, plan};
pub use plan::{SlideFunction, SlideRequest, SlideWindow};
pub(crate) use run::{Carries, Job, Piece};
pub(crate) use unit::{Loaded, indices, needed, pieces};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
