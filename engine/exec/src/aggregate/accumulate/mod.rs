//! The states of an aggregate: one for each group, side by side, addressed by the number of the group.
//!
//! ```text
//!  piece of a chunk ─→ runs (cells side by side ─→ groups) ─→ update ─┐
//!                                                                     ├─→ merge, in the order of the chunk grid ─→ finish
//!  another segment of chunks ─────────────────────────────→ update ─┘
//! ```
//!
//! What an accumulator does depends on the pieces it is given and on their order alone, so that an answer does not
//! depend on how many of them work at the same time. Accumulators count what is missing, not what is there: how many
//! cells a group has is arithmetic where nothing filters them.

mod bits;
mod count;
mod extreme;
mod feed;
mod function;
mod generic;
mod kernel;
mod rows;
mod sum;
mod values;
mod variance;
mod weighted;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

use std::any::Any;
use std::fmt::Debug;
use std::ops::Range;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::error::Result;

pub(crate) use function::Function;
pub(crate) use rows::RowCounter;

/// Cells of a piece side by side, and the groups they go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// The first cell, counted from the start of the piece.
    pub start: usize,
    /// How many cells; at least one.
    pub len: usize,
    pub to: Target,
}

/// The groups of the cells of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// One group for all cells.
    One(usize),
    /// The first cell goes to this group, each next cell to the next group.
    Each(usize),
    /// Cell `i` of the run goes to group `base + offsets[from + i]`, of [`Piece::offsets`].
    Map { base: usize, from: usize },
}

/// Some cells of a chunk, few enough that their values stay in the cache of a core. Cells that no run holds are not
/// selected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    /// How many cells.
    pub len: usize,
    /// Ascending, disjoint.
    pub runs: &'a [Run],
    pub offsets: &'a [u32],
    /// Which cells count; `None` where all do.
    pub mask: Option<&'a BooleanBuffer>,
}

/// The values of an argument for the cells of a piece.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Argument<'a> {
    /// One for each cell; missing where it is NaN.
    Float32(&'a [f32]),
    /// One for each cell; missing where it is NaN.
    Float64(&'a [f64]),
    /// One for each cell; missing where it is NULL.
    Cells(&'a ArrayRef),
    /// One for each run: the cells of a run have the same value.
    Runs(&'a ArrayRef),
}

/// Groups side by side whose states go to one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    pub from: Range<usize>,
    pub to: usize,
}

/// The states of one aggregate function.
pub(crate) trait Accumulator: Any + Debug + Send {
    /// Takes in a piece.
    ///
    /// # Errors
    /// When the function fails for a value.
    fn update(&mut self, piece: &Piece<'_>, arguments: &[Argument<'_>]) -> Result<()>;

    /// Takes in what `later`, of the same kind and with as many groups, took in after this one.
    ///
    /// # Errors
    /// When the function fails, or the kinds differ.
    fn merge(&mut self, later: Box<dyn Accumulator>) -> Result<()>;

    /// Takes in what `later`, of the same kind but with groups of its own, took in after this one: each of its groups
    /// goes where `moves` say, to several groups or to none. The last group of `later` has taken in nothing.
    ///
    /// # Errors
    /// When the function fails, or the kinds differ.
    fn merge_groups(&mut self, later: Box<dyn Accumulator>, moves: &[Move]) -> Result<()>;

    /// The answers of `groups`; called with ranges that follow each other, from the first group on. `cells` are those
    /// that counted in each group of the range, missing ones included.
    ///
    /// # Errors
    /// When an answer does not fit its type.
    fn finish(&mut self, groups: Range<usize>, cells: &[u64]) -> Result<ArrayRef>;

    /// Bytes held.
    fn memory(&self) -> usize;
}
