//! The data of one unit, decoded, and the part of it that a piece needs.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array, PrimitiveArray, RecordBatch};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type, Schema};
use datafusion::error::Result;
use hyperslab_array::IndexRanges;

use super::accumulate::Argument;
use super::mask::bits;
use crate::derived::LookupCells;
use crate::error::internal;
use crate::layout::Layout;
use crate::scan::{Block, Loading, Unit, UnitColumn, UnitRows};

/// Buffers that decoded chunks leave behind, for the next ones.
pub(crate) type Spare = Vec<Vec<u8>>;

/// The values of the columns of data in one unit.
#[derive(Debug)]
pub(crate) struct UnitData {
    columns: Vec<Column>,
    /// Makes the columns whose cells do not lie in the order of the unit's.
    rows: Option<UnitRows>,
}

#[derive(Debug)]
enum Column {
    /// Cells in the order of the unit's, missing where they are NaN.
    Float32(Float32Array),
    Float64(Float64Array),
    /// Cells in the order of the unit's.
    Array(ArrayRef),
    /// Values by position.
    Lookup(LookupCells),
    /// The column of the rows.
    Rows(usize),
}

/// Values of some cells.
#[derive(Debug, Clone)]
pub(crate) enum Cells {
    /// Missing where NaN.
    Float32(Float32Array),
    /// Missing where NaN.
    Float64(Float64Array),
    /// Missing where NULL.
    Array(ArrayRef),
}

impl UnitData {
    /// Decodes what was loaded of the columns called `names`; `projection` says what `loading` holds.
    ///
    /// # Errors
    /// When a chunk does not decode.
    pub fn decode(
        layout: &Layout,
        projection: &[usize],
        names: &[String],
        unit: &Unit,
        loading: Vec<Loading>,
        spare: &mut Spare,
    ) -> Result<Self> {
        let mut columns: Vec<Option<Column>> = names.iter().map(|_| None).collect();
        let (mut row_fields, mut row_columns) = (Vec::new(), Vec::new());
        let is_box = unit.selection.dimensions.iter().all(|d| d.ranges().len() == 1);
        for (loading, c) in loading.into_iter().zip(projection) {
            let field = layout.schema.field(*c);
            let Some(slot) = names.iter().position(|n| n == field.name()).and_then(|i| columns.get_mut(i)) else {
                continue;
            };
            let in_order = |dimensions: &[usize]| dimensions.iter().copied().eq(0..unit.selection.dimensions.len());
            let block = match loading {
                Loading::Fetched { fetched, dimensions, .. }
                    if is_box && in_order(&dimensions) && fetched.variable().encoding.is_plain_float() =>
                {
                    let array = fetched.decode_floats(spare.pop().unwrap_or_default())?;
                    *slot = Some(match array.as_primitive_opt::<Float32Type>() {
                        Some(array) => Column::Float32(array.clone()),
                        None => Column::Float64(array.as_primitive::<Float64Type>().clone()),
                    });
                    continue;
                }
                Loading::Fetched { fetched, dimensions, region } => {
                    Block { array: fetched.decode()?, dimensions, region, is_dense: false }
                }
                Loading::Column(UnitColumn::Block { block }) => block,
                Loading::Column(UnitColumn::Lookup { cells }) => {
                    *slot = Some(Column::Lookup(cells));
                    continue;
                }
                Loading::Column(_) => return Err(internal("a column of data holds labels")),
            };
            let is_whole = |(d, selected): (usize, &IndexRanges)| {
                *selected == IndexRanges::from_range(block.region.start[d]..block.region.end(d))
            };
            let is_aligned = in_order(&block.dimensions)
                && (block.is_dense || unit.selection.dimensions.iter().enumerate().all(is_whole));
            *slot = Some(if is_aligned {
                Column::Array(block.array)
            } else {
                row_fields.push(field.clone());
                row_columns.push(UnitColumn::Block { block });
                Column::Rows(row_columns.len() - 1)
            });
        }
        let rows = (!row_columns.is_empty())
            .then(|| UnitRows::new(Arc::new(Schema::new(row_fields)), unit.clone(), row_columns, None));
        let columns = columns.into_iter().collect::<Option<Vec<_>>>();
        Ok(Self { columns: columns.ok_or_else(|| internal("a column of data was not loaded"))?, rows })
    }

    /// Whether pieces can be taken in any order.
    pub fn is_random(&self) -> bool {
        self.rows.is_none()
    }

    /// The rows of the next `len` cells, where columns are made of rows.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn next_rows(&mut self, len: usize) -> Result<Option<RecordBatch>> {
        Ok(self.rows.as_mut().map(|rows| rows.next_batch(len)).transpose()?.flatten())
    }

    /// The values of the cells of `piece`, of which `rows` are.
    ///
    /// # Errors
    /// When there are too few rows.
    pub fn piece(&self, piece: &Range<usize>, rows: Option<&RecordBatch>) -> Result<Vec<Cells>> {
        let (start, len) = (piece.start, piece.len());
        let columns = self.columns.iter().map(|column| {
            Ok(match column {
                Column::Float32(array) => Cells::Float32(array.slice(start, len)),
                Column::Float64(array) => Cells::Float64(array.slice(start, len)),
                Column::Array(array) => Cells::Array(array.slice(start, len)),
                Column::Lookup(cells) => Cells::Array(cells.slice(piece.clone())?),
                Column::Rows(i) => {
                    let array = rows.filter(|b| b.num_rows() == len).and_then(|b| b.columns().get(*i));
                    Cells::Array(Arc::clone(array.ok_or_else(|| internal("a piece has too few rows"))?))
                }
            })
        });
        columns.collect()
    }

    /// Gives the buffers back.
    pub fn recycle(self, spare: &mut Spare) {
        fn buffer<T: ArrowPrimitiveType>(array: PrimitiveArray<T>) -> Option<Vec<u8>> {
            let (_, values, _) = array.into_parts();
            values.into_inner().into_vec::<u8>().ok()
        }
        spare.extend(self.columns.into_iter().filter_map(|column| match column {
            Column::Float32(array) => buffer(array),
            Column::Float64(array) => buffer(array),
            Column::Array(_) | Column::Lookup(_) | Column::Rows(_) => None,
        }));
    }
}

impl Cells {
    /// As an argument of an accumulator.
    pub fn argument(&self) -> Argument<'_> {
        match self {
            Self::Float32(array) => Argument::Float32(array.values()),
            Self::Float64(array) => Argument::Float64(array.values()),
            Self::Array(array) => Argument::Cells(array),
        }
    }

    /// As an array in which what is missing is NULL.
    pub fn to_array(&self) -> ArrayRef {
        fn with_nulls<T: ArrowPrimitiveType>(
            array: &PrimitiveArray<T>,
            is_nan: impl Fn(&T::Native) -> bool,
        ) -> ArrayRef {
            let values = array.values();
            // Without a branch inside, so that it is vectorised.
            let any = values.chunks(1024).any(|part| part.iter().fold(false, |any, v| any | is_nan(v)));
            let nulls = any.then(|| NullBuffer::new(bits(values, |v| !is_nan(&v))));
            Arc::new(PrimitiveArray::<T>::new(values.clone(), nulls))
        }
        match self {
            Self::Float32(array) => with_nulls(array, |v| v.is_nan()),
            Self::Float64(array) => with_nulls(array, |v| v.is_nan()),
            Self::Array(array) => Arc::clone(array),
        }
    }
}
