//! Aggregates on chunks, by position: no row is made of a cell that only counts towards a group.
//!
//! ```text
//!  request ─→ plan ─ execute(partition) ─→ prepared: groups of each dimension, blocks and segments, expressions
//!                                            │
//!             stream: claim a segment ─→ fetch ─→ reduce: decode, walk pieces, accumulate ─→ blocks: merge ─→ emit
//! ```
//!
//! A group is a combination of positions, so its number is arithmetic and its state a slot of an array. Chunks that share
//! no group are apart (blocks). Where they do, a block is cut into segments of chunks by the chunk grid alone, and what
//! segments give is merged in their order: the same query gives the same bits at any number of partitions.

mod accumulate;
mod arithmetic;
mod blocks;
mod columns;
mod emit;
mod expressions;
mod groups;
mod labels;
mod mask;
mod plan;
mod prepared;
mod reduce;
mod regions;
mod request;
mod stream;
mod tasks;
mod walk;

pub(crate) use accumulate::{Run, Target};
pub(crate) use groups::{Groups, ordinals};
pub(crate) use labels::{Varies, values as label_values, varies};
pub(crate) use mask::bits;
pub use plan::ArrayAggregateExec;
pub use regions::{ArrayRegionAggregateExec, RegionRequest};
pub use request::AggregateRequest;
pub(crate) use walk::{Offsets, Walk};
