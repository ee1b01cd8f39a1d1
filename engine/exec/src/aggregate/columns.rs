//! The data of one unit, decoded, and the part of it that a piece needs.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array, PrimitiveArray, RecordBatch};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type, Schema};
use datafusion::error::Result;
use hyperslab_array::IndexRanges;

use super::accumulate::Argument;
use crate::convert::null_where_nan;
use crate::derived::CellValues;
use crate::error::internal;
use crate::layout::Layout;
use crate::scan::{Block, Fetched, Loading, Unit, UnitColumn, UnitRows};

/// Buffers that decoded chunks leave behind, for the next ones.
pub(crate) type Spare = Vec<Vec<u8>>;

/// The values of the columns of data in one unit.
#[derive(Debug)]
pub(crate) struct UnitData {
    columns: Vec<Column>,
    /// Makes the columns whose cells do not lie in the order of the unit's.
    rows: Option<UnitRows>,
    /// What it took to decode pieces.
    decoding: Duration,
}

#[derive(Debug)]
enum Column {
    /// Cells in the order of the unit's, missing where they are NaN; decoded piece by piece, to a buffer that comes back.
    Parts(Box<Fetched>, Vec<u8>),
    Ready(Ready),
}

/// A column of which any piece can be taken.
#[derive(Debug)]
pub(crate) enum Ready {
    /// Cells in the order of the unit's, missing where they are NaN.
    Float32(Float32Array),
    Float64(Float64Array),
    /// Cells in the order of the unit's.
    Array(ArrayRef),
    /// Values that are made when they are needed.
    Cells(Arc<dyn CellValues>),
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
    /// Decodes what was loaded of the columns called `names`; `projection` says what `loading` holds. Where pieces will be
    /// taken `in_order`, a column may be decoded when they are.
    ///
    /// # Errors
    /// When a chunk does not decode.
    pub fn decode(
        layout: &Layout,
        projection: &[usize],
        names: &[String],
        unit: &Unit,
        loading: Vec<Loading>,
        in_order: bool,
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
            let are_all = |dimensions: &[usize]| dimensions.iter().copied().eq(0..unit.selection.dimensions.len());
            let block = match loading {
                Loading::Fetched { fetched, dimensions, .. }
                    if is_box && are_all(&dimensions) && fetched.variable().encoding.is_plain_float() =>
                {
                    if in_order && fetched.is_in_parts() {
                        *slot = Some(Column::Parts(Box::new(fetched), spare.pop().unwrap_or_default()));
                        continue;
                    }
                    let array = fetched.decode_floats(spare.pop().unwrap_or_default())?;
                    *slot = Some(Column::Ready(match array.as_primitive_opt::<Float32Type>() {
                        Some(array) => Ready::Float32(array.clone()),
                        None => Ready::Float64(array.as_primitive::<Float64Type>().clone()),
                    }));
                    continue;
                }
                Loading::Fetched { fetched, dimensions, region } => {
                    Block { array: fetched.decode()?, dimensions, region, is_dense: false }
                }
                Loading::Column(UnitColumn::Block { block }) => block,
                Loading::Column(UnitColumn::Cells { cells }) => {
                    *slot = Some(Column::Ready(Ready::Cells(cells)));
                    continue;
                }
                Loading::Column(_) => return Err(internal("a column of data holds labels")),
            };
            let is_whole = |(d, selected): (usize, &IndexRanges)| {
                *selected == IndexRanges::from_range(block.region.start[d]..block.region.end(d))
            };
            let is_aligned = are_all(&block.dimensions)
                && (block.is_dense || unit.selection.dimensions.iter().enumerate().all(is_whole));
            *slot = Some(Column::Ready(if is_aligned {
                Ready::Array(block.array)
            } else {
                row_fields.push(field.clone());
                row_columns.push(UnitColumn::Block { block });
                Ready::Rows(row_columns.len() - 1)
            }));
        }
        let rows = (!row_columns.is_empty())
            .then(|| UnitRows::new(Arc::new(Schema::new(row_fields)), unit.clone(), row_columns, None));
        let columns = columns.into_iter().collect::<Option<Vec<_>>>();
        let columns = columns.ok_or_else(|| internal("a column of data was not loaded"))?;
        Ok(Self { columns, rows, decoding: Duration::ZERO })
    }

    /// The columns, where pieces can be taken in any order.
    pub fn in_any_order(&self) -> Option<Vec<&Ready>> {
        let mut ready = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            match column {
                Column::Ready(column) => ready.push(column),
                Column::Parts(..) => return None,
            }
        }
        self.rows.is_none().then_some(ready)
    }

    /// What it took to decode pieces.
    pub fn decoding(&self) -> Duration {
        self.decoding
    }

    /// The values of the cells of `piece`, the one that follows the last.
    ///
    /// # Errors
    /// When a chunk does not decode, or there are too few rows.
    pub fn next_piece(&mut self, piece: &Range<usize>) -> Result<Vec<Cells>> {
        let rows = self.rows.as_mut().map(|rows| rows.next_batch(piece.len())).transpose()?.flatten();
        let mut cells = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            cells.push(match column {
                Column::Parts(fetched, buffer) => {
                    let (array, elapsed) = fetched.next_floats(piece.len(), std::mem::take(buffer))?;
                    self.decoding += elapsed;
                    match array.as_primitive_opt::<Float32Type>() {
                        Some(array) => Cells::Float32(array.clone()),
                        None => Cells::Float64(array.as_primitive::<Float64Type>().clone()),
                    }
                }
                Column::Ready(ready) => ready.piece(piece, rows.as_ref())?,
            });
        }
        Ok(cells)
    }

    /// Gives the buffers of the last piece back.
    pub fn take_back(&mut self, cells: Vec<Cells>) {
        for (column, cells) in self.columns.iter_mut().zip(cells) {
            if let Column::Parts(_, buffer) = column {
                *buffer = match cells {
                    Cells::Float32(array) => buffer_of(array),
                    Cells::Float64(array) => buffer_of(array),
                    Cells::Array(_) => None,
                }
                .unwrap_or_default();
            }
        }
    }

    /// Gives the buffers back.
    pub fn recycle(self, spare: &mut Spare) {
        spare.extend(self.columns.into_iter().filter_map(|column| match column {
            Column::Parts(_, buffer) => Some(buffer),
            Column::Ready(Ready::Float32(array)) => buffer_of(array),
            Column::Ready(Ready::Float64(array)) => buffer_of(array),
            Column::Ready(Ready::Array(_) | Ready::Cells(_) | Ready::Rows(_)) => None,
        }));
    }
}

/// The buffer of an array that nobody else holds.
fn buffer_of<T: ArrowPrimitiveType>(array: PrimitiveArray<T>) -> Option<Vec<u8>> {
    let (_, values, _) = array.into_parts();
    values.into_inner().into_vec::<u8>().ok()
}

impl Ready {
    /// The values of the cells of `piece`, of which `rows` are.
    ///
    /// # Errors
    /// When there are too few rows.
    pub fn piece(&self, piece: &Range<usize>, rows: Option<&RecordBatch>) -> Result<Cells> {
        let (start, len) = (piece.start, piece.len());
        Ok(match self {
            Self::Float32(array) => Cells::Float32(array.slice(start, len)),
            Self::Float64(array) => Cells::Float64(array.slice(start, len)),
            Self::Array(array) => Cells::Array(array.slice(start, len)),
            Self::Cells(cells) => Cells::Array(cells.slice(piece.clone())?),
            Self::Rows(i) => {
                let array = rows.filter(|b| b.num_rows() == len).and_then(|b| b.columns().get(*i));
                Cells::Array(Arc::clone(array.ok_or_else(|| internal("a piece has too few rows"))?))
            }
        })
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
        match self {
            Self::Float32(array) => null_where_nan(array, f32::is_nan),
            Self::Float64(array) => null_where_nan(array, f64::is_nan),
            Self::Array(array) => Arc::clone(array),
        }
    }
}
