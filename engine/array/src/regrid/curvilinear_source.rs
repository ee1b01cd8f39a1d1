//! From a grid whose latitudes and longitudes are 2-D to one of plain latitudes and longitudes: each target takes the
//! source's cell that is nearest on the sphere.
//!
//! ```text
//! targets ─→ tree over the 2-D coordinates, read once ─→ a cell of the source for each ─→ chunks that hold these
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::lock::Mutex;
use futures::{StreamExt, TryStreamExt, stream};

use super::read::{CONCURRENT_READS, read_whole};
use super::source::{floats_of, typed};
use super::tree::Tree;
use crate::{
    ArrayError, ChunkGrid, ChunkSource, DataType, DimensionChunks, EncodedChunk, Region, Result, Values, Variable,
};

/// Cells of a chunk of the output.
const MOST_CELLS: u64 = 4 << 20;

/// A target that is near no cell.
const NOWHERE: u32 = u32::MAX;

/// Which cell of the source each target takes; all variables of a dataset share it.
#[derive(Debug)]
pub(super) struct Places {
    /// The 2-D coordinates: latitude, longitude.
    pub coordinates: [Arc<Variable>; 2],
    /// The labels of the targets, in the same order.
    pub targets: [Vec<f64>; 2],
    /// In metres.
    pub max_distance: Option<f64>,
    found: Mutex<Option<Arc<Vec<u32>>>>,
}

impl Places {
    pub fn new(coordinates: [Arc<Variable>; 2], targets: [Vec<f64>; 2], max_distance: Option<f64>) -> Self {
        Self { coordinates, targets, max_distance, found: Mutex::default() }
    }

    /// The number of a cell, in C order over the dimensions of the coordinates, for each latitude and longitude.
    async fn cells(&self) -> Result<Arc<Vec<u32>>> {
        let mut found = self.found.lock().await;
        if let Some(cells) = found.as_ref() {
            return Ok(Arc::clone(cells));
        }
        let [lat, lon] = &self.coordinates;
        let (lat, lon) = futures::try_join!(read_whole(lat), read_whole(lon))?;
        let tree = Tree::new(&lat, &lon);
        let [lats, lons] = &self.targets;
        let most = self.max_distance.unwrap_or(f64::INFINITY);
        let nearest = |lat: f64, lon: f64| {
            tree.nearest(lat, lon).filter(|(_, distance)| *distance <= most).map_or(NOWHERE, |(cell, _)| cell)
        };
        let cells = lats.iter().flat_map(|lat| lons.iter().map(|lon| nearest(*lat, *lon))).collect();
        Ok(Arc::clone(found.insert(Arc::new(cells))))
    }
}

/// The chunks of one variable.
#[derive(Debug)]
pub(super) struct NearestSource {
    variable: Arc<Variable>,
    places: Arc<Places>,
    /// Which dimensions of the variable are those of the 2-D coordinates.
    plane: [usize; 2],
    data_type: DataType,
    grid: ChunkGrid,
}

impl NearestSource {
    /// # Errors
    /// When the chunk grid is not valid.
    pub fn try_new(
        variable: Arc<Variable>,
        places: Arc<Places>,
        plane: [usize; 2],
        data_type: DataType,
    ) -> Result<Self> {
        let mut dimensions = variable.source.chunk_grid().dimensions().to_vec();
        let kept = dimensions.iter().enumerate().filter(|(d, _)| !plane.contains(d));
        let around = kept.fold(1u64, |n, (_, chunks)| n.saturating_mul(chunks.longest().max(1)));
        let [lats, lons] = places.targets.each_ref().map(|labels| labels.len() as u64);
        let columns = lons.min((MOST_CELLS / around).max(1));
        let rows = lats.min((MOST_CELLS / around.saturating_mul(columns)).max(1));
        for (d, size, chunk) in [(plane[0], lats, rows), (plane[1], lons, columns)] {
            if let Some(chunks) = dimensions.get_mut(d) {
                *chunks = DimensionChunks::Regular { size, chunk };
            }
        }
        let grid = ChunkGrid::try_new(dimensions)?;
        Ok(Self { variable, places, plane, data_type, grid })
    }

    /// The cells that the targets of a region take, by the chunk that holds them.
    async fn wanted(&self, chunk: &[u64], region: &Region) -> Result<BTreeMap<[u64; 2], Wanted>> {
        let cells = self.places.cells().await?;
        let held = self.grid.region(chunk);
        let source = self.variable.source.chunk_grid();
        let [y, x] = self.plane.map(|d| &source.dimensions()[d]);
        let columns = self.places.targets[1].len() as u64;
        let width = x.size().max(1);
        let [rows, lons] = self.plane.map(|d| {
            let start = held.start[d] + region.start[d];
            start..start + region.shape[d]
        });
        let mut wanted: BTreeMap<[u64; 2], Wanted> = BTreeMap::new();
        for (row, i) in rows.enumerate() {
            for (column, j) in lons.clone().enumerate() {
                let cell = cells.get((i * columns + j) as usize).copied().unwrap_or(NOWHERE);
                if cell == NOWHERE {
                    continue;
                }
                let at = [u64::from(cell) / width, u64::from(cell) % width];
                wanted.entry([y.chunk_of(at[0]), x.chunk_of(at[1])]).or_default().add([row, column], at);
            }
        }
        Ok(wanted)
    }
}

/// What is wanted of one chunk.
#[derive(Debug, Default)]
struct Wanted {
    /// Row and column of a target within the region, and of the cell of the source.
    pairs: Vec<([usize; 2], [u64; 2])>,
    first: [u64; 2],
    last: [u64; 2],
}

impl Wanted {
    fn add(&mut self, target: [usize; 2], cell: [u64; 2]) {
        if self.pairs.is_empty() {
            (self.first, self.last) = (cell, cell);
        }
        for ((first, last), index) in self.first.iter_mut().zip(&mut self.last).zip(cell) {
            (*first, *last) = ((*first).min(index), (*last).max(index));
        }
        self.pairs.push((target, cell));
    }
}

#[async_trait]
impl ChunkSource for NearestSource {
    fn data_type(&self) -> DataType {
        self.data_type
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        &self.grid
    }

    async fn fetch(&self, chunk: &[u64], region: &Region) -> Result<Box<dyn EncodedChunk>> {
        self.grid.check(chunk, region)?;
        let is_empty = region.shape.contains(&0);
        let wanted = if is_empty { BTreeMap::new() } else { self.wanted(chunk, region).await? };
        let source = &self.variable.source;
        let pieces = stream::iter(wanted)
            .map(|(of_plane, wanted)| async move {
                let (mut at, mut part) = (chunk.to_vec(), region.clone());
                for (i, d) in self.plane.into_iter().enumerate() {
                    at[d] = of_plane[i];
                    let origin = source.chunk_grid().dimensions()[d].range(of_plane[i]).start;
                    part.start[d] = wanted.first[i] - origin;
                    part.shape[d] = wanted.last[i] - wanted.first[i] + 1;
                }
                let encoded = source.fetch(&at, &part).await.map_err(|e| e.context("chunk", source.key(&at)))?;
                Ok::<_, ArrayError>(Piece { encoded, shape: part.shape, wanted, key: source.key(&at) })
            })
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await?;
        Ok(Box::new(NearestChunk {
            variable: Arc::clone(&self.variable),
            pieces,
            shape: region.shape.clone(),
            plane: self.plane,
            data_type: self.data_type,
            cells: region.cells()?,
        }))
    }

    fn key(&self, chunk: &[u64]) -> String {
        format!("regrid/{}/{}", self.variable.name, chunk.iter().map(u64::to_string).collect::<Vec<_>>().join("/"))
    }

    async fn stored_bytes(&self, _chunk: &[u64]) -> Result<Option<u64>> {
        Ok(None)
    }

    fn codecs(&self) -> String {
        "regrid".into()
    }
}

#[derive(Debug)]
struct Piece {
    encoded: Box<dyn EncodedChunk>,
    shape: Vec<u64>,
    wanted: Wanted,
    key: String,
}

#[derive(Debug)]
struct NearestChunk {
    variable: Arc<Variable>,
    pieces: Vec<Piece>,
    shape: Vec<u64>,
    plane: [usize; 2],
    data_type: DataType,
    cells: usize,
}

impl EncodedChunk for NearestChunk {
    fn stored_bytes(&self) -> u64 {
        self.pieces.iter().map(|p| p.encoded.stored_bytes()).sum()
    }

    fn requests(&self) -> u64 {
        self.pieces.iter().map(|p| p.encoded.requests()).sum()
    }

    fn is_written(&self) -> bool {
        self.pieces.iter().any(|p| p.encoded.is_written())
    }

    fn chunks(&self) -> [u64; 2] {
        self.pieces.iter().map(|p| p.encoded.chunks()).fold([0, 0], |[a, b], [c, d]| [a + c, b + d])
    }

    fn decode(self: Box<Self>) -> Result<Values> {
        let this = *self;
        let mut out = vec![f64::NAN; this.cells];
        let strides = Region::full(&this.shape).strides();
        for piece in this.pieces {
            let located = |e: ArrayError| e.context("chunk", &piece.key);
            let values = floats_of(&this.variable, piece.encoded).map_err(located)?;
            let from = Region::full(&piece.shape).strides();
            let [row, column] = this.plane;
            // What is before, between and after the two dimensions is copied as it is.
            let around: Vec<usize> = (0..this.shape.len()).filter(|d| !this.plane.contains(d)).collect();
            let offsets = around.iter().fold(vec![(0, 0)], |offsets, d| {
                let (a, b) = (from[*d], strides[*d]);
                let along = |(i, o): &(usize, usize)| {
                    let (i, o) = (*i, *o);
                    (0..this.shape[*d] as usize).map(move |n| (i + n * a, o + n * b))
                };
                offsets.iter().flat_map(along).collect::<Vec<_>>()
            });
            for ([to_row, to_column], [y, x]) in &piece.wanted.pairs {
                let (y, x) = ((y - piece.wanted.first[0]) as usize, (x - piece.wanted.first[1]) as usize);
                let start = y * from[row] + x * from[column];
                let end = to_row * strides[row] + to_column * strides[column];
                for (i, o) in &offsets {
                    if let (Some(out), Some(value)) = (out.get_mut(end + o), values.get(start + i)) {
                        *out = *value;
                    }
                }
            }
        }
        Ok(typed(out, this.data_type))
    }
}
