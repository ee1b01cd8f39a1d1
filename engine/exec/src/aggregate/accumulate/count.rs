//! Counts of cells for which every argument has a value.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::common::exec_datafusion_err;
use datafusion::error::Result;

use super::bits::Bits;
use super::feed::blocks;
use super::kernel::{MaybeNan, any_nan};
use super::rows::Missing;
use super::values::{Presence, check, same_kind, valid};
use super::{Accumulator, Argument, Move, Piece};

/// `count`, of rows where it has no argument.
#[derive(Debug)]
pub(super) struct Count {
    missing: Missing,
}

impl Count {
    pub(super) fn new(groups: usize) -> Self {
        Self { missing: Missing::new(groups) }
    }

    fn update_slice<T: MaybeNan>(&mut self, piece: &Piece<'_>, values: &[T]) {
        for block in piece.runs.iter().copied().flat_map(blocks) {
            let values = &values[block.start..block.start + block.len];
            if any_nan(values) {
                self.missing.add_nan(block.to, piece, values, |_| true);
            }
        }
    }
}

impl Accumulator for Count {
    fn update(&mut self, piece: &Piece<'_>, arguments: &[Argument<'_>]) -> Result<()> {
        check(piece, arguments)?;
        match (arguments, piece.mask) {
            ([Argument::Float32(values)], None) => self.update_slice(piece, values),
            ([Argument::Float64(values)], None) => self.update_slice(piece, values),
            _ => {
                let valid = arguments.iter().filter_map(|argument| valid(piece, argument));
                let valid = valid.reduce(|bits, other| bits.and(&other));
                if valid.is_some() {
                    let presence = Presence::new(piece.len, piece.mask.map(Bits::of), valid);
                    self.missing.add(piece, presence.missing.as_ref());
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, later: Box<dyn Accumulator>) -> Result<()> {
        self.missing.merge(&same_kind::<Self>(later)?.missing);
        Ok(())
    }

    fn merge_groups(&mut self, later: Box<dyn Accumulator>, moves: &[Move]) -> Result<()> {
        self.missing.merge_groups(&same_kind::<Self>(later)?.missing, moves);
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, cells: &[u64]) -> Result<ArrayRef> {
        let counts = self.missing.present(groups, cells).map(|count| {
            i64::try_from(count)
                .map_err(|_| exec_datafusion_err!("a count of `{count}` is outside of the range of `Int64`"))
        });
        Ok(Arc::new(Int64Array::from(counts.collect::<Result<Vec<i64>>>()?)))
    }

    fn memory(&self) -> usize {
        self.missing.memory()
    }
}
