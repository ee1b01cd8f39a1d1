//! The first rows of an order that begins with a variable (`ORDER BY t2m DESC LIMIT 10`), found in its chunks: rows are
//! made of the cells that are in the answer, and of no others.
//!
//! ```text
//!  plan ─ execute ─→ unit by unit of the variable: load ─→ search (only cells that beat the bound) ─→ best
//!                                                   ↑ bound: the last of the best so far ─────────────┘
//!                    best cells ─→ rows: their labels, and the other columns at their positions
//! ```
//!
//! Cells that are equal in all that is ordered by follow each other in the grid's C order, so the answer is the same
//! however many units are searched at once.

mod best;
mod number;
mod plan;
mod rows;
mod search;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

pub use plan::ArrayTopKExec;
