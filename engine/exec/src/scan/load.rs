//! From a unit to the arrays that its rows are made of: which chunks, which region of each, one array a column.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, MutableArrayData, make_array};
use datafusion::error::Result;
use hyperslab_array::{ArrayError, Dataset, IndexRanges, Region, Variable};

use super::rows::{UnitColumn, bounding_box};
use super::units::{Unit, touched};
use crate::convert::array_of;
use crate::error::{IntoDataFusion, datafusion_error};
use crate::layout::{Column, Layout};

/// Values of one variable for one unit.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// The values, in C order over the variable's dimensions.
    pub array: ArrayRef,
    /// The grid's dimensions, in the order of the variable's.
    pub dimensions: Vec<usize>,
    /// The cells of the variable that the array holds; where it is dense, only its shape counts.
    pub region: Region,
    /// Whether only selected cells are in it, side by side.
    pub is_dense: bool,
}

/// The columns of one unit.
pub(crate) async fn load(layout: &Layout, projection: &[usize], unit: &Unit) -> Result<Vec<UnitColumn>> {
    let mut columns = Vec::with_capacity(projection.len());
    for &i in projection {
        let Some(column) = layout.columns.get(i) else {
            return Err(datafusion_error(ArrayError::internal(format!("no column {i}"))));
        };
        columns.push(match column {
            Column::Index { dimension } => UnitColumn::Index { dimension: *dimension },
            Column::Labels { dimension, labels } => {
                UnitColumn::Labels { dimension: *dimension, array: labels.array()? }
            }
            Column::Scalar { labels } => UnitColumn::Constant { array: labels.array()? },
            Column::Array { variable, dimensions } => {
                let block = load_variable(&layout.dataset, variable, dimensions, unit).await?;
                UnitColumn::Block { block }
            }
        });
    }
    Ok(columns)
}

async fn load_variable(
    dataset: &Dataset,
    variable: &Arc<Variable>,
    dimensions: &[usize],
    unit: &Unit,
) -> Result<Block> {
    let grid = variable.source.chunk_grid();
    let selected: Vec<IndexRanges> =
        dimensions.iter().filter_map(|d| unit.selection.dimensions.get(*d)).cloned().collect();
    let own: Vec<usize> = (0..selected.len()).collect();
    // One segment for each chunk along each dimension.
    let segments: Vec<Vec<Segment>> = grid
        .dimensions()
        .iter()
        .zip(&selected)
        .map(|(chunks, selected)| {
            let segment = |chunk| Segment { chunk, selected: selected.within(chunks.range(chunk)) };
            touched(chunks, selected).iter().map(segment).collect()
        })
        .collect();
    let mut blocks = Vec::new();
    for parts in product(&segments) {
        let chunk: Vec<u64> = parts.iter().map(|s| s.chunk).collect();
        let ranges: Vec<IndexRanges> = parts.iter().map(|s| s.selected.clone()).collect();
        let region = bounding_box(&ranges, &own);
        let array = read(dataset, variable, &chunk, &region).await?;
        blocks.push(Block { array, dimensions: dimensions.to_vec(), region, is_dense: false });
    }
    match blocks.len() {
        1 => blocks.pop().ok_or_else(|| datafusion_error(ArrayError::internal("a block is gone"))),
        _ => join(&segments, &blocks, dimensions),
    }
}

/// The selected indices of one chunk along one dimension.
#[derive(Debug)]
struct Segment {
    chunk: u64,
    selected: IndexRanges,
}

/// Every combination of one segment a dimension, in C order.
fn product(segments: &[Vec<Segment>]) -> Vec<Vec<&Segment>> {
    segments.iter().fold(vec![Vec::new()], |combinations, segments| {
        combinations.iter().flat_map(|c| segments.iter().map(move |s| c.iter().copied().chain([s]).collect())).collect()
    })
}

/// One dense block of the selected cells of several chunks.
fn join(segments: &[Vec<Segment>], blocks: &[Block], dimensions: &[usize]) -> Result<Block> {
    let shape: Vec<u64> = segments.iter().map(|s| s.iter().map(|s| s.selected.len()).sum()).collect();
    let region = Region::full(&shape);
    let data: Vec<_> = blocks.iter().map(|b| b.array.to_data()).collect();
    let cells = shape.iter().product::<u64>() as usize;
    let mut out = MutableArrayData::new(data.iter().collect(), false, cells);
    copy(segments, blocks, 0, &mut vec![0; segments.len()], &mut Vec::new(), &mut out)?;
    Ok(Block { array: make_array(out.freeze()), dimensions: dimensions.to_vec(), region, is_dense: true })
}

/// Copies the selected cells, one run along the last dimension at a time. `chunks` and `indices` say where the
/// dimensions before `depth` stand.
fn copy(
    segments: &[Vec<Segment>],
    blocks: &[Block],
    depth: usize,
    chunks: &mut Vec<usize>,
    indices: &mut Vec<u64>,
    out: &mut MutableArrayData,
) -> Result<()> {
    let Some(along) = segments.get(depth) else { return Ok(()) };
    let is_last = depth + 1 == segments.len();
    for (s, segment) in along.iter().enumerate() {
        chunks[depth] = s;
        for range in segment.selected.ranges() {
            if is_last {
                let number = chunks.iter().zip(segments).fold(0, |n, (c, s)| n * s.len() + c);
                let Some(block) = blocks.get(number) else { continue };
                indices.push(range.start);
                let offset = |(d, stride): (usize, usize)| (indices[d] - block.region.start[d]) as usize * stride;
                let start: usize = block.region.strides().into_iter().enumerate().map(offset).sum();
                indices.pop();
                out.try_extend(number, start, start + (range.end - range.start) as usize)?;
            } else {
                for index in range.clone() {
                    indices.push(index);
                    copy(segments, blocks, depth + 1, chunks, indices, out)?;
                    indices.pop();
                }
            }
        }
    }
    Ok(())
}

/// `region` of the variable, which lies in `chunk`.
async fn read(dataset: &Dataset, variable: &Variable, chunk: &[u64], region: &Region) -> Result<ArrayRef> {
    let origin = variable.source.chunk_grid().region(chunk).start;
    let cells = region.cells().df()?;
    let decoded = variable
        .read_chunk(chunk, &region.relative_to(&origin))
        .await
        .map_err(|e| datafusion_error(located(e, dataset, variable, chunk)))?;
    let array = array_of(decoded)?;
    if array.len() != cells {
        let e = ArrayError::invalid(format!("{} values, expected {cells}", array.len()));
        return Err(datafusion_error(located(e, dataset, variable, chunk)));
    }
    Ok(array)
}

/// Adds what the error does not say yet: dataset, variable and chunk.
fn located(error: ArrayError, dataset: &Dataset, variable: &Variable, chunk: &[u64]) -> ArrayError {
    let text = error.to_string();
    let mut error = error;
    for (what, value) in
        [("dataset", dataset.name.clone()), ("variable", variable.name.clone()), ("chunk", variable.source.key(chunk))]
    {
        if !text.contains(&format!("{what} `{value}`")) {
            error = error.context(what, value);
        }
    }
    error
}
