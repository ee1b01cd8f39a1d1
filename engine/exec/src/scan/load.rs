//! From a unit to the arrays that its rows are made of: which chunks, which region of each, one array a column.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, MutableArrayData, make_array};
use datafusion::error::{DataFusionError, Result};
use futures::TryStreamExt;
use futures::future::{try_join, try_join_all};
use futures::stream::FuturesOrdered;
use hyperslab_array::{Dataset, IndexRanges, Region, Variable};

use super::cache::SourceId;
use super::fetch::{Fetched, fetch, read};
use super::metrics::ScanMetrics;
use super::rows::{UnitColumn, bounding_box};
use super::state::{ArrayRead, ScanState, selected_part};
use super::units::{Unit, touched};
use crate::error::internal;
use crate::layout::Column;

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

/// The columns of one unit. Chunks of all of them are fetched at the same time.
///
/// # Errors
/// When a chunk cannot be read.
pub(crate) async fn load(
    state: &ScanState,
    metrics: &ScanMetrics,
    columns: &[usize],
    unit: &Unit,
) -> Result<Vec<UnitColumn>> {
    let parts: Vec<Part> = columns.iter().filter_map(|c| state.read(*c)).map(|r| Part::new(r, unit)).collect();
    let mut reads = FuturesOrdered::new();
    let mut blocks = Vec::new();
    for part in &parts {
        for number in 0..part.count() {
            if reads.len() >= state.options.prefetch_chunks.max(1) {
                blocks.extend(reads.try_next().await?);
            }
            reads.push_back(load_chunk(state, metrics, part.read, part.chunk(number), unit));
        }
    }
    while let Some(block) = reads.try_next().await? {
        blocks.push(block);
    }
    let mut blocks = blocks.into_iter();
    let mut joined = Vec::with_capacity(parts.len());
    for part in &parts {
        let mut own: Vec<Block> = blocks.by_ref().take(part.count()).collect();
        joined.push(if own.len() == 1 { own.pop() } else { Some(part.join(&own)?) });
    }
    let mut joined = joined.into_iter().flatten();
    let mut derived = load_derived(state, metrics, columns, unit).await?;
    columns
        .iter()
        .map(|&c| {
            Ok(match state.layout.columns.get(c).ok_or_else(|| internal(format!("no column {c}")))? {
                Column::Index { dimension } => UnitColumn::Index { dimension: *dimension },
                Column::Labels { dimension, labels } => {
                    UnitColumn::Labels { dimension: *dimension, array: labels.array()? }
                }
                Column::Scalar { labels } => UnitColumn::Constant { array: labels.array()? },
                Column::Array { .. } => {
                    UnitColumn::Block { block: joined.next().ok_or_else(|| internal("a block is missing"))? }
                }
                Column::Derived { .. } => {
                    derived.remove(&c).ok_or_else(|| internal(format!("derived column {c} is missing")))?
                }
            })
        })
        .collect()
}

/// The derived ones of `columns`; those of one source are computed together.
async fn load_derived(
    state: &ScanState,
    metrics: &ScanMetrics,
    columns: &[usize],
    unit: &Unit,
) -> Result<HashMap<usize, UnitColumn>> {
    let mut of_sources: BTreeMap<usize, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for c in columns {
        if let Some(Column::Derived { source, column }) = state.layout.columns.get(*c) {
            let (own, numbers) = of_sources.entry(*source).or_default();
            if !own.contains(c) {
                own.push(*c);
                numbers.push(*column);
            }
        }
    }
    let load = |(source, (own, numbers)): (usize, (Vec<usize>, Vec<usize>))| async move {
        let run = state.derived.get(source).ok_or_else(|| internal(format!("no source {source}")))?;
        let loaded = run.load(state, metrics, &numbers, unit).await?;
        Ok::<_, DataFusionError>(own.into_iter().zip(loaded))
    };
    Ok(try_join_all(of_sources.into_iter().map(load)).await?.into_iter().flatten().collect())
}

/// What a column of a unit is before it is decoded.
#[derive(Debug)]
pub(crate) enum Loading {
    /// All that the unit needs is in one chunk that no other unit needs.
    Fetched { fetched: Fetched, dimensions: Vec<usize>, region: Region },
    /// Ready.
    Column(UnitColumn),
}

/// The projected columns of one unit, fetched at the same time. What one chunk holds is not decoded yet.
///
/// # Errors
/// When a chunk cannot be read.
pub(crate) async fn fetch_unit(state: &ScanState, metrics: &ScanMetrics, unit: &Unit) -> Result<Vec<Loading>> {
    let column = |&c: &usize| async move {
        if matches!(state.layout.columns.get(c), Some(Column::Derived { .. })) {
            return Ok(None);
        }
        if let Some(from) = state.read(c).filter(|from| !from.is_shared) {
            let part = Part::new(from, unit);
            if part.count() == 1 {
                let chunk = part.chunk(0);
                let region = selected_part(from, &chunk, &unit.selection);
                let fetched = fetch(&state.layout.dataset, &from.variable, chunk, &region, metrics).await?;
                return Ok(Some(Loading::Fetched { fetched, dimensions: from.dimensions.clone(), region }));
            }
        }
        let mut columns = load(state, metrics, &[c], unit).await?;
        columns.pop().map(|column| Some(Loading::Column(column))).ok_or_else(|| internal(format!("no column {c}")))
    };
    let projection = &state.request.projection;
    let (columns, mut derived) =
        try_join(try_join_all(projection.iter().map(column)), load_derived(state, metrics, projection, unit)).await?;
    let ready = projection.iter().zip(columns).map(|(c, column)| match column {
        Some(column) => Ok(column),
        None => {
            derived.remove(c).map(Loading::Column).ok_or_else(|| internal(format!("derived column {c} is missing")))
        }
    });
    ready.collect()
}

/// What is needed of one chunk: for the unit, or, where others need the chunk too, for the whole scan.
async fn load_chunk(
    state: &ScanState,
    metrics: &ScanMetrics,
    from: &ArrayRead,
    chunk: Vec<u64>,
    unit: &Unit,
) -> Result<Block> {
    let dataset = &state.layout.dataset;
    let (array, region) = if from.is_shared {
        load_shared(state, metrics, dataset, &from.variable, chunk).await?
    } else {
        let region = selected_part(from, &chunk, &unit.selection);
        (read(dataset, &from.variable, &chunk, &region, metrics).await?, region)
    };
    Ok(Block { array, dimensions: from.dimensions.clone(), region, is_dense: false })
}

/// What the whole scan needs of a chunk of `variable`, and where in the variable that is; read once, by whoever comes
/// first.
///
/// # Errors
/// When the chunk cannot be read.
pub(crate) async fn load_shared(
    state: &ScanState,
    metrics: &ScanMetrics,
    dataset: &Arc<Dataset>,
    variable: &Arc<Variable>,
    chunk: Vec<u64>,
) -> Result<(ArrayRef, Region)> {
    let wanted = state.wanted(variable).ok_or_else(|| internal("nothing of a variable is wanted"))?;
    let along = wanted.iter().zip(variable.source.chunk_grid().dimensions()).zip(&chunk);
    let within: Vec<IndexRanges> = along.map(|((wanted, chunks), c)| wanted.within(chunks.range(*c))).collect();
    let region = bounding_box(&within, &(0..within.len()).collect::<Vec<_>>());
    let key = (SourceId::of(variable), chunk.clone());
    let array = state.cache.get(key, read(dataset, variable, &chunk, &region, metrics)).await?;
    Ok((array, region))
}

/// The chunks of one variable that hold cells of a unit: along each of its dimensions, a segment for each chunk.
#[derive(Debug)]
struct Part<'a> {
    read: &'a ArrayRead,
    segments: Vec<Vec<Segment>>,
}

/// The selected indices of one chunk along one dimension.
#[derive(Debug)]
struct Segment {
    chunk: u64,
    selected: IndexRanges,
}

impl<'a> Part<'a> {
    fn new(read: &'a ArrayRead, unit: &Unit) -> Self {
        let grid = read.variable.source.chunk_grid().dimensions();
        let segments = read
            .dimensions
            .iter()
            .zip(grid)
            .map(|(d, chunks)| {
                let selected = unit.selection.dimensions.get(*d).cloned().unwrap_or_default();
                let segment = |chunk| Segment { chunk, selected: selected.within(chunks.range(chunk)) };
                touched(chunks, &selected).iter().map(segment).collect()
            })
            .collect();
        Self { read, segments }
    }

    /// How many chunks.
    fn count(&self) -> usize {
        self.segments.iter().map(Vec::len).product()
    }

    /// The chunk called `number`, in C order.
    fn chunk(&self, number: usize) -> Vec<u64> {
        let mut rest = number;
        let mut chunk = Vec::with_capacity(self.segments.len());
        for segments in self.segments.iter().rev() {
            chunk.extend(segments.get(rest % segments.len()).map(|s| s.chunk));
            rest /= segments.len();
        }
        chunk.reverse();
        chunk
    }

    /// One dense block of the selected cells of `blocks`.
    fn join(&self, blocks: &[Block]) -> Result<Block> {
        let shape: Vec<u64> = self.segments.iter().map(|s| s.iter().map(|s| s.selected.len()).sum()).collect();
        let region = Region::full(&shape);
        let data: Vec<_> = blocks.iter().map(|b| b.array.to_data()).collect();
        let strides: Vec<_> = blocks.iter().map(|b| b.region.strides()).collect();
        let cells = shape.iter().product::<u64>() as usize;
        let mut joining = Joining {
            segments: &self.segments,
            blocks,
            strides: &strides,
            chunks: vec![0; self.segments.len()],
            indices: Vec::new(),
            out: MutableArrayData::new(data.iter().collect(), false, cells),
        };
        joining.copy(0)?;
        let array = make_array(joining.out.freeze());
        Ok(Block { array, dimensions: self.read.dimensions.clone(), region, is_dense: true })
    }
}

/// Copies selected cells in C order, one run along the last dimension at a time.
struct Joining<'a> {
    segments: &'a [Vec<Segment>],
    blocks: &'a [Block],
    strides: &'a [Vec<usize>],
    /// Which segment each dimension stands at, and which index.
    chunks: Vec<usize>,
    indices: Vec<u64>,
    out: MutableArrayData<'a>,
}

impl Joining<'_> {
    fn copy(&mut self, depth: usize) -> Result<()> {
        let segments = self.segments;
        let Some(along) = segments.get(depth) else { return Ok(()) };
        let is_last = depth + 1 == segments.len();
        for (s, segment) in along.iter().enumerate() {
            self.chunks[depth] = s;
            for range in segment.selected.ranges() {
                if is_last {
                    self.indices.push(range.start);
                    self.run((range.end - range.start) as usize)?;
                    self.indices.pop();
                    continue;
                }
                for index in range.clone() {
                    self.indices.push(index);
                    self.copy(depth + 1)?;
                    self.indices.pop();
                }
            }
        }
        Ok(())
    }

    /// Copies `len` cells from where it stands.
    fn run(&mut self, len: usize) -> Result<()> {
        let number = self.chunks.iter().zip(self.segments).fold(0, |n, (c, s)| n * s.len() + c);
        let (Some(block), Some(strides)) = (self.blocks.get(number), self.strides.get(number)) else {
            return Err(internal(format!("no block {number}")));
        };
        let steps = self.indices.iter().zip(&block.region.start).zip(strides);
        let start: usize = steps.map(|((index, first), stride)| (index - first) as usize * stride).sum();
        self.out.try_extend(number, start, start + len)?;
        Ok(())
    }
}
