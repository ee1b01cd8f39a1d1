//! The rows of one unit: for each point of it, and each cell that the point has there, the values of both.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, PrimitiveArray, RecordBatch, RecordBatchOptions, UInt32Array,
    UInt64Array,
};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::compute::{filter, filter_record_batch, take};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type, SchemaRef};
use datafusion::error::Result;
use hyperslab_array::IndexRanges;

use super::places::Places;
use super::points::Points;
use super::request::{GatherColumn, GatherRequest};
use crate::error::internal;
use crate::scan::{Block, Loading, Unit, UnitColumn};
use crate::selection::mask;

/// Buffers that decoded chunks leave behind, for the next ones.
pub(crate) type Spare = std::sync::Mutex<Vec<Vec<u8>>>;

/// More buffers are not kept.
const MOST_SPARE: usize = 4;

/// What the rows of all units are made by.
#[derive(Debug)]
pub(crate) struct Maker {
    pub request: GatherRequest,
    pub places: Places,
    /// The columns of the scan.
    pub scan_schema: SchemaRef,
    pub spare: Spare,
}

/// The rows of one unit.
#[derive(Debug)]
pub(crate) struct UnitGather {
    maker: Arc<Maker>,
    points: Arc<Points>,
    /// The points of the unit, by number.
    own: Vec<u32>,
    /// Cells of the unit that each point has.
    cells: usize,
    columns: Vec<Source>,
    next: usize,
}

/// Where each row's value of a column is: an offset of its point, and one of its cell.
#[derive(Debug)]
struct Offsets {
    of_points: Arc<Vec<u64>>,
    of_cells: Arc<Vec<u64>>,
}

/// Where the values of a column of the scan come from.
#[derive(Debug)]
enum Source {
    Positions(Offsets),
    Values { array: ArrayRef, at: Offsets, nan_is_null: bool },
}

/// Positions along each dimension of the grid, for each point or for each cell that a point has.
struct Along {
    positions: Vec<Option<Arc<Vec<u64>>>>,
    ordinals: Vec<Option<Vec<u64>>>,
    points: usize,
    cells: usize,
}

impl UnitGather {
    /// Decodes what was loaded of `unit` for `points.places[range]`.
    ///
    /// # Errors
    /// When a chunk does not decode.
    pub fn decode(
        maker: &Arc<Maker>,
        points: &Arc<Points>,
        range: std::ops::Range<usize>,
        unit: &Unit,
        loading: Vec<Loading>,
    ) -> Result<Self> {
        let own = points.places.get(range).ok_or_else(|| internal("no such points"))?;
        let along = Along::new(&maker.places, own, unit)?;
        let mut columns = Vec::with_capacity(loading.len());
        for loading in loading {
            columns.push(match loading {
                Loading::Fetched { fetched, dimensions, region } => {
                    let nan_is_null = fetched.variable().encoding.is_plain_float();
                    let array = if nan_is_null {
                        let spare = maker.spare.lock().ok().and_then(|mut spare| spare.pop());
                        fetched.decode_floats(spare.unwrap_or_default())?
                    } else {
                        fetched.decode()?
                    };
                    let block = Block { array, dimensions, region, is_dense: false };
                    Source::Values { at: along.of_block(&block)?, array: block.array, nan_is_null }
                }
                Loading::Column(UnitColumn::Index { dimension }) => Source::Positions(along.of_dimension(dimension)?),
                Loading::Column(UnitColumn::Labels { dimension, array }) => {
                    Source::Values { array, at: along.of_dimension(dimension)?, nan_is_null: false }
                }
                Loading::Column(UnitColumn::Constant { array }) => {
                    Source::Values { array, at: along.nowhere(), nan_is_null: false }
                }
                Loading::Column(UnitColumn::Block { block }) => {
                    Source::Values { at: along.of_block(&block)?, array: block.array, nan_is_null: false }
                }
                Loading::Column(UnitColumn::Cells { .. }) => return Err(internal("points of a derived column")),
            });
        }
        Ok(Self {
            maker: Arc::clone(maker),
            points: Arc::clone(points),
            own: own.iter().map(|(_, point)| *point).collect(),
            cells: along.cells,
            columns,
            next: 0,
        })
    }

    /// The next rows, made of at most `most` cells; `None` after the last.
    ///
    /// # Errors
    /// When an expression fails.
    pub fn next_batch(&mut self, most: usize) -> Result<Option<RecordBatch>> {
        let end = self.own.len().saturating_mul(self.cells).min(self.next.saturating_add(most.max(1)));
        if self.next >= end {
            return Ok(None);
        }
        let rows = self.next..end;
        self.next = end;
        let cells = self.cells;
        let columns = self.columns.iter().map(|source| source.values(rows.clone(), cells)).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let mut grid = RecordBatch::try_new_with_options(Arc::clone(&self.maker.scan_schema), columns, &options)?;
        let mut points: UInt32Array = match cells {
            1 => self.own.get(rows).unwrap_or_default().to_vec().into(),
            _ => rows.filter_map(|row| self.own.get(row / cells).copied()).collect::<Vec<_>>().into(),
        };
        let request = &self.maker.request;
        if let Some(predicate) = &request.predicate {
            let kept = mask(predicate, &grid)?;
            (grid, points) = (filter_record_batch(&grid, &kept)?, filtered(&points, &kept)?);
        }
        if let Some(both) = &request.filter {
            let batch = batch(&both.columns, &both.schema, &self.points.columns, &points, &grid)?;
            let kept = mask(&both.predicate, &batch)?;
            (grid, points) = (filter_record_batch(&grid, &kept)?, filtered(&points, &kept)?);
        }
        batch(&request.columns, &request.schema, &self.points.columns, &points, &grid).map(Some)
    }

    /// Bytes that only this unit holds.
    pub fn memory(&self) -> usize {
        let of_source = |source: &Source| match source {
            Source::Positions(at) => at.memory(),
            Source::Values { array, at, .. } => array.get_array_memory_size() + at.memory(),
        };
        self.columns.iter().map(of_source).sum::<usize>() + self.own.len() * size_of::<u32>()
    }

    /// Gives the buffers of decoded chunks back.
    pub fn recycle(self) {
        fn buffer<T: ArrowPrimitiveType>(array: PrimitiveArray<T>) -> Option<Vec<u8>> {
            array.into_parts().1.into_inner().into_vec::<u8>().ok()
        }
        for source in self.columns {
            let Source::Values { array, nan_is_null: true, .. } = source else { continue };
            let (narrow, wide) = (array.as_primitive_opt::<Float32Type>(), array.as_primitive_opt::<Float64Type>());
            let (narrow, wide) = (narrow.cloned(), wide.cloned());
            // Only a buffer that nobody else holds can be had back.
            drop(array);
            let buffer = narrow.and_then(buffer).or(wide.and_then(buffer));
            if let (Some(buffer), Ok(mut spare)) = (buffer, self.maker.spare.lock())
                && spare.len() < MOST_SPARE
            {
                spare.push(buffer);
            }
        }
    }
}

/// The columns of an answer: of `points`, and expressions over rows of the scan.
fn batch(
    columns: &[GatherColumn],
    schema: &SchemaRef,
    all: &RecordBatch,
    points: &UInt32Array,
    grid: &RecordBatch,
) -> Result<RecordBatch> {
    let column = |column: &GatherColumn| match column {
        GatherColumn::Points(i) => {
            let values = all.columns().get(*i).ok_or_else(|| internal(format!("no column {i} of points")))?;
            Ok(take(values, points, None)?)
        }
        GatherColumn::Grid(expr) => expr.evaluate(grid)?.into_array(grid.num_rows()),
    };
    let columns = columns.iter().map(column).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(points.len()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

fn filtered(points: &UInt32Array, kept: &BooleanArray) -> Result<UInt32Array> {
    Ok(filter(points, kept)?.as_primitive().clone())
}

impl Source {
    /// The values of `rows`, `cells` of which belong to each point.
    fn values(&self, rows: std::ops::Range<usize>, cells: usize) -> Result<ArrayRef> {
        match self {
            Self::Positions(at) => {
                Ok(Arc::new(Int64Array::from_iter_values(at.of(rows, cells).into_iter().map(|p| p as i64))))
            }
            Self::Values { array, at, nan_is_null } => {
                let values = take(array, &UInt64Array::from(at.of(rows, cells)), None)?;
                Ok(if *nan_is_null { without_nan(values) } else { values })
            }
        }
    }
}

/// NULL in place of NaN.
fn without_nan(values: ArrayRef) -> ArrayRef {
    fn of<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, is_nan: impl Fn(T::Native) -> bool) -> Option<ArrayRef> {
        let values = array.values();
        let nulls = NullBuffer::new(BooleanBuffer::collect_bool(values.len(), |i| !is_nan(values[i])));
        (nulls.null_count() > 0).then(|| Arc::new(PrimitiveArray::<T>::new(values.clone(), Some(nulls))) as ArrayRef)
    }
    let changed = match (values.as_primitive_opt::<Float32Type>(), values.as_primitive_opt::<Float64Type>()) {
        (Some(floats), _) => of(floats, f32::is_nan),
        (_, Some(floats)) => of(floats, f64::is_nan),
        _ => None,
    };
    changed.unwrap_or(values)
}

impl Offsets {
    fn of(&self, rows: std::ops::Range<usize>, cells: usize) -> Vec<u64> {
        if cells == 1 {
            let first = self.of_cells.first().copied().unwrap_or(0);
            return self.of_points.get(rows).unwrap_or_default().iter().map(|offset| offset + first).collect();
        }
        let mut out = Vec::with_capacity(rows.len());
        let mut row = rows.start;
        while row < rows.end {
            let (point, cell) = (row / cells, row % cells);
            let len = (cells - cell).min(rows.end - row);
            let first = self.of_points.get(point).copied().unwrap_or(0);
            out.extend(self.of_cells.get(cell..cell + len).unwrap_or_default().iter().map(|offset| first + offset));
            row += len;
        }
        out
    }

    fn memory(&self) -> usize {
        (self.of_points.len() + self.of_cells.len()) * size_of::<u64>()
    }
}

impl Along {
    fn new(places: &Places, own: &[(u64, u32)], unit: &Unit) -> Result<Self> {
        let rank = unit.selection.dimensions.len();
        let (mut positions, mut ordinals) = (vec![None; rank], vec![None; rank]);
        for keyed in &places.keyed {
            if let Some(out) = positions.get_mut(keyed.dimension) {
                *out = Some(Arc::new(keyed.indices_of(own)?));
            }
        }
        let selected = |d: usize| unit.selection.dimensions.get(d);
        let count = |d: usize| selected(d).map_or(0, IndexRanges::len) as usize;
        let cells: usize = places.extra.iter().map(|(d, _)| count(*d)).product();
        let mut inner = cells;
        for (d, _) in &places.extra {
            let own = count(*d).max(1);
            inner /= own;
            let of_cells: Vec<u64> = (0..cells).map(|cell| (cell / inner.max(1) % own) as u64).collect();
            let indices: Vec<u64> = selected(*d).map(|s| s.iter().collect()).unwrap_or_default();
            let at = |ordinal: &u64| indices.get(*ordinal as usize).copied().unwrap_or(0);
            if let (Some(position), Some(ordinal)) = (positions.get_mut(*d), ordinals.get_mut(*d)) {
                *position = Some(Arc::new(of_cells.iter().map(at).collect()));
                *ordinal = Some(of_cells);
            }
        }
        Ok(Self { positions, ordinals, points: own.len(), cells })
    }

    fn nowhere(&self) -> Offsets {
        Offsets { of_points: Arc::new(vec![0; self.points]), of_cells: Arc::new(vec![0; self.cells]) }
    }

    /// Positions along `dimension`.
    fn of_dimension(&self, dimension: usize) -> Result<Offsets> {
        let positions = self.positions.get(dimension).and_then(Option::as_ref);
        let positions = Arc::clone(positions.ok_or_else(|| internal(format!("no positions along {dimension}")))?);
        let mut offsets = self.nowhere();
        match self.is_extra(dimension) {
            true => offsets.of_cells = positions,
            false => offsets.of_points = positions,
        }
        Ok(offsets)
    }

    /// Offsets in a block.
    fn of_block(&self, block: &Block) -> Result<Offsets> {
        let (mut of_points, mut of_cells) = (vec![0u64; self.points], vec![0u64; self.cells]);
        let strides = block.region.strides();
        for ((d, stride), first) in block.dimensions.iter().zip(strides).zip(&block.region.start) {
            let (stride, is_extra) = (stride as u64, self.is_extra(*d));
            let ordinals = self.ordinals.get(*d).and_then(Option::as_ref).filter(|_| block.is_dense);
            let positions = self.positions.get(*d).and_then(|p| p.as_deref());
            let positions = positions.ok_or_else(|| internal(format!("no positions along {d}")))?;
            // A dense block holds the selected cells of the unit alone: of a keyed dimension, those from the first on.
            let first = match (block.is_dense, is_extra) {
                (true, true) => 0,
                (true, false) => positions.iter().copied().min().unwrap_or(0),
                (false, _) => *first,
            };
            let out = if is_extra { &mut of_cells } else { &mut of_points };
            for (out, position) in out.iter_mut().zip(ordinals.unwrap_or(positions)) {
                *out += position.saturating_sub(first).saturating_mul(stride);
            }
        }
        Ok(Offsets { of_points: Arc::new(of_points), of_cells: Arc::new(of_cells) })
    }

    fn is_extra(&self, dimension: usize) -> bool {
        self.ordinals.get(dimension).is_some_and(Option::is_some)
    }
}
