//! What all partitions of a running scan share: budgets, the cache, and how each variable is read.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex};

use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_expr::PhysicalExpr;
use hyperslab_array::{DimensionChunks, IndexRanges, Selection, Variable};

use super::budget::{Budget, Permit};
use super::cache::{ChunkCache, SourceId};
use super::plan::ScanRequest;
use super::rows::bounding_box;
use super::units::{Unit, UnitGrid, touched};
use crate::derived::{Derived, DerivedRun, Wanted};
use crate::layout::{Column, Layout};
use crate::options::ScanOptions;

/// Shared by the partitions of one run of a scan.
#[derive(Debug)]
pub(crate) struct ScanState {
    pub layout: Arc<Layout>,
    pub request: ScanRequest,
    pub units: Arc<UnitGrid>,
    /// Filters that change while the query runs, over the scan's output.
    pub dynamic: Vec<Arc<dyn PhysicalExpr>>,
    pub options: ScanOptions,
    pub requests: Arc<Budget>,
    pub bytes: Arc<Budget>,
    pub cache: ChunkCache,
    /// The runs of the layout's derived sources.
    pub derived: Vec<Box<dyn DerivedRun>>,
    /// Which indices of a unit fulfil a predicate on blocks, by predicate and unit.
    pub hits: Mutex<HashMap<HitsKey, Arc<Hits>>>,
    reads: HashMap<usize, ArrayRead>,
    /// What the run needs of the variables whose chunks are shared, along each of their dimensions.
    wanted: HashMap<SourceId, Vec<IndexRanges>>,
    reservation: MemoryReservation,
}

/// The number of a predicate, and the first and last index of the unit along its dimensions.
pub(crate) type HitsKey = (usize, Vec<(u64, u64)>);

/// For some dimensions, the indices at which a predicate is true for any index of the others.
pub(crate) type Hits = Vec<(usize, IndexRanges)>;

/// How one column is read.
#[derive(Debug, Clone)]
pub(crate) struct ArrayRead {
    pub variable: Arc<Variable>,
    /// The grid's dimensions, in the order of the variable's.
    pub dimensions: Vec<usize>,
    /// Whether several units, or a filter and the rows, need the same chunk.
    pub is_shared: bool,
}

/// What it takes to load a unit, at most.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Need {
    pub chunks: usize,
    /// Chunks that only this unit needs.
    pub own_chunks: usize,
    pub bytes: usize,
}

/// What a unit holds until it is done with.
#[derive(Debug)]
pub(crate) struct Held {
    _requests: Permit,
    _bytes: Permit,
    pub memory: MemoryReservation,
}

impl Need {
    /// Stored bytes and decoded ones are held together for a while.
    fn in_flight(&self) -> usize {
        self.bytes.saturating_mul(2)
    }
}

impl ScanState {
    pub fn new(
        layout: &Arc<Layout>,
        request: &ScanRequest,
        units: &Arc<UnitGrid>,
        dynamic: &[Arc<dyn PhysicalExpr>],
        context: &Arc<TaskContext>,
    ) -> Self {
        let options = ScanOptions::of(context.session_config().options());
        let register = |name: &str| {
            let name = format!("ArrayScanExec[{}]{name}", layout.name());
            MemoryConsumer::new(name).register(context.memory_pool())
        };
        let mut filtered: Vec<usize> = request.blocks.iter().flat_map(|b| b.columns.iter().copied()).collect();
        filtered.extend(sources(layout, request).flat_map(|source| source.reads()));
        let mut wanted: HashMap<SourceId, Vec<IndexRanges>> = HashMap::new();
        for Wanted { variable, indices } in wanted_elsewhere(layout, request) {
            want(&mut wanted, &variable, indices);
        }
        let reads: HashMap<usize, ArrayRead> = request
            .projection
            .iter()
            .chain(&filtered)
            .filter_map(|&column| match layout.columns.get(column) {
                Some(Column::Array { variable, dimensions }) => {
                    let is_shared = filtered.contains(&column)
                        || wanted.contains_key(&SourceId::of(variable))
                        || !is_private(variable, dimensions, units);
                    let (variable, dimensions) = (Arc::clone(variable), dimensions.clone());
                    Some((column, ArrayRead { variable, dimensions, is_shared }))
                }
                _ => None,
            })
            .collect();
        for read in reads.values().filter(|read| read.is_shared) {
            let selected = |d: &usize| request.selection.dimensions.get(*d).cloned().unwrap_or_default();
            want(&mut wanted, &read.variable, read.dimensions.iter().map(selected).collect());
        }
        Self {
            layout: Arc::clone(layout),
            request: request.clone(),
            units: Arc::clone(units),
            dynamic: dynamic.to_vec(),
            requests: Budget::new(options.prefetch_chunks),
            bytes: Budget::new(options.prefetch_bytes),
            cache: ChunkCache::new(options.cache_bytes, register(" cache")),
            hits: Mutex::default(),
            derived: layout.derived.iter().map(|source| source.start(context)).collect(),
            reads,
            wanted,
            reservation: register(""),
            options,
        }
    }

    /// Whether each cell has one row of every derived source.
    ///
    /// # Errors
    /// When what they follow from cannot be read.
    pub async fn is_by_position(&self) -> Result<bool> {
        for run in &self.derived {
            if !run.is_by_position().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How `column` is read, where it is an array.
    pub fn read(&self, column: usize) -> Option<&ArrayRead> {
        self.reads.get(&column)
    }

    /// What the run needs of a variable whose chunks are shared, along each of its dimensions.
    pub fn wanted(&self, variable: &Variable) -> Option<&[IndexRanges]> {
        self.wanted.get(&SourceId::of(variable)).map(Vec::as_slice)
    }

    /// What the rows of `unit` need.
    pub fn need(&self, unit: &Unit) -> Need {
        let mut need = Need::default();
        for read in self.request.projection.iter().filter_map(|c| self.read(*c)) {
            let selected = &unit.selection.dimensions;
            let along =
                |(d, chunks): (&usize, &DimensionChunks)| selected.get(*d).map_or(0, |s| touched(chunks, s).len());
            let grid = read.variable.source.chunk_grid().dimensions();
            let chunks = read.dimensions.iter().zip(grid).map(along).fold(1u64, u64::saturating_mul);
            let cells = bounding_box(selected, &read.dimensions).shape.iter().fold(1u64, |n, s| n.saturating_mul(*s));
            let bytes = cells.saturating_mul(read.variable.data_type().size() as u64);
            let chunks = usize::try_from(chunks).unwrap_or(usize::MAX);
            need.chunks = need.chunks.saturating_add(chunks);
            need.own_chunks = need.own_chunks.saturating_add(if read.is_shared { 0 } else { chunks });
            need.bytes = need.bytes.saturating_add(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        let cells = usize::try_from(unit.rows()).unwrap_or(usize::MAX);
        for source in sources(&self.layout, &self.request) {
            need.bytes = need.bytes.saturating_add(cells.saturating_mul(source.bytes_a_cell()));
        }
        need
    }

    /// What a unit that must start takes of the budgets, whether it fits or not.
    ///
    /// # Errors
    /// When the pool of the query has no memory left.
    pub fn hold(&self, need: &Need) -> Result<Held> {
        let memory = self.reserve(need.in_flight())?;
        Ok(Held { _requests: self.requests.take(need.chunks), _bytes: self.bytes.take(need.bytes), memory })
    }

    /// What a unit that comes later takes of the budgets, where it fits.
    pub fn hold_ahead(&self, need: &Need) -> Option<Held> {
        let requests = self.requests.try_take(need.chunks.max(1))?;
        let bytes = self.bytes.try_take(need.bytes)?;
        let memory = self.reserve_ahead(need.in_flight()).ok()?;
        Some(Held { _requests: requests, _bytes: bytes, memory })
    }

    /// Memory for `bytes`, from the pool of the query.
    ///
    /// # Errors
    /// When the pool has no more.
    pub fn reserve(&self, bytes: usize) -> Result<MemoryReservation> {
        let reservation = self.reservation.new_empty();
        reservation.try_grow(bytes)?;
        Ok(reservation)
    }

    /// As [`Self::reserve`], but only where as much is left for the next unit of every partition.
    fn reserve_ahead(&self, bytes: usize) -> Result<MemoryReservation> {
        let reservation = self.reserve(bytes.saturating_mul(self.request.partitions.saturating_add(1)))?;
        reservation.try_resize(bytes)?;
        Ok(reservation)
    }
}

/// The derived sources that projected columns are made of.
fn sources<'a>(layout: &'a Layout, request: &ScanRequest) -> impl Iterator<Item = &'a Arc<dyn Derived>> {
    let mut used: Vec<usize> = layout
        .with_sources(&request.projection)
        .into_iter()
        .filter_map(|c| match layout.columns.get(c) {
            Some(Column::Derived { source, .. }) => Some(*source),
            _ => None,
        })
        .collect();
    used.sort_unstable();
    used.dedup();
    used.into_iter().filter_map(|source| layout.derived.get(source))
}

/// What the projected derived columns read of arrays of other tables.
fn wanted_elsewhere(layout: &Layout, request: &ScanRequest) -> Vec<Wanted> {
    let of_column = |c: &usize| match layout.columns.get(*c)? {
        Column::Derived { source, column } => layout.derived.get(*source)?.wanted(*column),
        _ => None,
    };
    request.projection.iter().filter_map(of_column).collect()
}

/// Adds `indices` to what is wanted of `variable`.
fn want(wanted: &mut HashMap<SourceId, Vec<IndexRanges>>, variable: &Variable, indices: Vec<IndexRanges>) {
    match wanted.entry(SourceId::of(variable)) {
        Entry::Occupied(mut known) => {
            for (known, indices) in known.get_mut().iter_mut().zip(&indices) {
                *known = known.union(indices);
            }
        }
        Entry::Vacant(entry) => {
            entry.insert(indices);
        }
    }
}

/// Whether each chunk of the variable lies within one unit.
fn is_private(variable: &Variable, dimensions: &[usize], units: &UnitGrid) -> bool {
    units.counts().iter().enumerate().all(|(d, count)| {
        let own =
            dimensions.iter().position(|o| *o == d).and_then(|o| variable.source.chunk_grid().dimensions().get(o));
        match (own, units.chunks(d)) {
            _ if *count <= 1 => true,
            (Some(own), Some(unit)) => is_nested(own, unit),
            _ => false,
        }
    })
}

/// Whether no chunk of `inner` reaches over an end of a chunk of `outer`.
fn is_nested(inner: &DimensionChunks, outer: &DimensionChunks) -> bool {
    match (inner, outer) {
        (DimensionChunks::Regular { chunk: inner, .. }, DimensionChunks::Regular { chunk: outer, .. }) => {
            outer.is_multiple_of(*inner)
        }
        (_, DimensionChunks::Rectilinear { offsets }) => offsets
            .iter()
            .filter(|o| **o > 0 && **o < inner.size())
            .all(|o| inner.range(inner.chunk_of(*o)).start == *o),
        (DimensionChunks::Rectilinear { .. }, DimensionChunks::Regular { .. }) => inner == outer,
    }
}

/// The part of `selection` that lies in `chunk` of the variable, as its bounding box.
pub(crate) fn selected_part(read: &ArrayRead, chunk: &[u64], selection: &Selection) -> hyperslab_array::Region {
    let within: Vec<IndexRanges> = read
        .dimensions
        .iter()
        .zip(read.variable.source.chunk_grid().dimensions())
        .zip(chunk)
        .map(|((d, chunks), c)| selection.dimensions.get(*d).map(|s| s.within(chunks.range(*c))).unwrap_or_default())
        .collect();
    bounding_box(&within, &(0..within.len()).collect::<Vec<_>>())
}
