//! A variable on another grid: its chunks are computed from those of the source when they are asked for.
//!
//! ```text
//! fetch:  region of the output ─→ support per dimension ─→ regions of the source's chunks, fetched at once
//! decode: each region decoded, put into one input ─→ weights of each dimension ─→ values
//! ```

use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};

use super::along::Along;
use super::cut::cut;
use super::kernel::{self, Input, Rule};
use super::read::{CONCURRENT_READS, floats, place};
use super::support::{Segment, Support};
use super::weights::Weights;
use crate::{ArrayError, ChunkGrid, ChunkSource, DataType, Decoded, EncodedChunk, Region, Result, Values, Variable};

/// The chunks of one regridded variable.
#[derive(Debug)]
pub(super) struct RegridSource {
    variable: Arc<Variable>,
    /// For each dimension of the variable how it is regridded; `None` where it stays as it is.
    along: Vec<Option<Arc<Along>>>,
    /// The order in which dimensions are regridded.
    order: Vec<usize>,
    rule: Rule,
    data_type: DataType,
    grid: ChunkGrid,
}

impl RegridSource {
    /// # Errors
    /// When the chunk grid is not valid.
    pub fn try_new(
        variable: Arc<Variable>,
        along: Vec<Option<Arc<Along>>>,
        rule: Rule,
        data_type: DataType,
    ) -> Result<Self> {
        let weights: Vec<Option<&Weights>> = along.iter().map(|a| a.as_ref().map(|a| a.planned())).collect();
        let grid = ChunkGrid::try_new(cut(variable.source.chunk_grid().dimensions(), &weights))?;
        let sizes: Vec<_> = weights.iter().map(|w| w.map(Weights::len)).zip(variable.shape()).collect();
        let order = kernel::order(&sizes);
        Ok(Self { variable, along, order, rule, data_type, grid })
    }

    async fn support(&self, chunk: &[u64], region: &Region) -> Result<Vec<Support>> {
        let held = self.grid.region(chunk);
        let mut support = Vec::with_capacity(self.along.len());
        for (d, along) in self.along.iter().enumerate() {
            support.push(match along {
                None => Support::kept(chunk[d], region.start[d], region.shape[d]),
                Some(along) => {
                    let weights = along.weights().await?;
                    let first = (held.start[d] + region.start[d]) as usize;
                    let chunks = &self.variable.source.chunk_grid().dimensions()[d];
                    Support::of(&weights, first..first + region.shape[d] as usize, chunks)
                }
            });
        }
        Ok(support)
    }
}

#[async_trait]
impl ChunkSource for RegridSource {
    fn data_type(&self) -> DataType {
        self.data_type
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        &self.grid
    }

    async fn fetch(&self, chunk: &[u64], region: &Region) -> Result<Box<dyn EncodedChunk>> {
        self.grid.check(chunk, region)?;
        let support = self.support(chunk, region).await?;
        // Nothing is wanted, or all of it lies outside of the source.
        let is_empty = region.shape.contains(&0);
        let pieces = if is_empty { Vec::new() } else { pieces_of(&support) };
        let source = &self.variable.source;
        let pieces = stream::iter(pieces)
            .map(|piece| async move {
                let region =
                    Region::new(piece.iter().map(|s| s.start).collect(), piece.iter().map(|s| s.len).collect());
                let chunk: Vec<u64> = piece.iter().map(|s| s.chunk).collect();
                let encoded = source.fetch(&chunk, &region).await;
                let encoded = encoded.map_err(|e| e.context("chunk", source.key(&chunk)))?;
                Ok::<_, ArrayError>(Piece { encoded, segments: piece, key: source.key(&chunk) })
            })
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await?;
        Ok(Box::new(RegridChunk {
            variable: Arc::clone(&self.variable),
            pieces,
            shape: support.iter().map(|s| s.len).collect(),
            weights: support.into_iter().map(|s| s.weights).collect(),
            order: self.order.clone(),
            rule: self.rule,
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

/// Every combination of the segments of all dimensions.
fn pieces_of(support: &[Support]) -> Vec<Vec<Segment>> {
    support.iter().fold(vec![Vec::new()], |pieces, support| {
        let with = |piece: &Vec<Segment>, segment: &Segment| [piece.as_slice(), std::slice::from_ref(segment)].concat();
        pieces.iter().flat_map(|piece| support.segments.iter().map(move |segment| with(piece, segment))).collect()
    })
}

/// A region of a chunk of the source.
#[derive(Debug)]
struct Piece {
    encoded: Box<dyn EncodedChunk>,
    segments: Vec<Segment>,
    key: String,
}

/// What one region of the output is computed from.
#[derive(Debug)]
struct RegridChunk {
    variable: Arc<Variable>,
    pieces: Vec<Piece>,
    /// The shape of the input.
    shape: Vec<usize>,
    weights: Vec<Option<Weights>>,
    order: Vec<usize>,
    rule: Rule,
    data_type: DataType,
    /// How many values come out.
    cells: usize,
}

impl EncodedChunk for RegridChunk {
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
        let values = if this.pieces.is_empty() {
            vec![f64::NAN; this.cells]
        } else {
            let input = input_of(&this.variable, this.pieces, &this.shape)?;
            kernel::apply(&input, &this.shape, &this.weights, &this.order, this.rule)
        };
        Ok(typed(values, this.data_type))
    }
}

/// The decoded values as `float64`, a missing one as NaN.
pub(super) fn floats_of(variable: &Variable, encoded: Box<dyn EncodedChunk>) -> Result<Vec<f64>> {
    let decoded = encoded.decode().and_then(|values| variable.encoding.decode(values))?;
    let no_number = || ArrayError::internal(format!("{} values cannot be regridded", variable.data_type()));
    floats(&decoded).ok_or_else(no_number)
}

/// `values` in a type of floats.
pub(super) fn typed(values: Vec<f64>, data_type: DataType) -> Values {
    match data_type {
        DataType::Float32 => Values::Float32(values.into_iter().map(|v| v as f32).collect()),
        _ => Values::Float64(values),
    }
}

/// The decoded pieces, put together.
fn input_of(variable: &Variable, mut pieces: Vec<Piece>, shape: &[usize]) -> Result<Input> {
    if pieces.len() == 1
        && let Some(piece) = pieces.pop()
    {
        return decode(variable, piece).map(|(input, _)| input);
    }
    let cells = shape.iter().product();
    let is_single = variable.data_type() == DataType::Float32;
    let mut whole = if is_single { Input::F32(vec![f32::NAN; cells]) } else { Input::F64(vec![f64::NAN; cells]) };
    for piece in pieces {
        let (part, segments) = decode(variable, piece)?;
        let part_shape: Vec<usize> = segments.iter().map(|s| s.len as usize).collect();
        let start: Vec<usize> = segments.iter().map(|s| s.at).collect();
        match (&part, &mut whole) {
            (Input::F32(part), Input::F32(whole)) => place(part, &part_shape, whole, shape, &start),
            (Input::F64(part), Input::F64(whole)) => place(part, &part_shape, whole, shape, &start),
            _ => return Err(ArrayError::internal("the chunks of one variable decode to different types")),
        }
    }
    Ok(whole)
}

fn decode(variable: &Variable, piece: Piece) -> Result<(Input, Vec<Segment>)> {
    let located = |e: ArrayError| e.context("chunk", &piece.key);
    let decoded = piece.encoded.decode().and_then(|values| variable.encoding.decode(values)).map_err(located)?;
    let cells: u64 = piece.segments.iter().map(|s| s.len).product();
    if decoded.values.len() as u64 != cells {
        return Err(located(ArrayError::invalid(format!("{} values, expected {cells}", decoded.values.len()))));
    }
    let is_there = |i: usize| decoded.validity.as_ref().is_none_or(|v| v.get(i));
    // What is missing in a plain float is NaN already.
    let is_plain = variable.encoding.is_plain_float() || decoded.validity.is_none();
    let input = match decoded.values {
        Values::Float64(values) if is_plain => Input::F64(values),
        Values::Float32(mut values) => {
            if !is_plain {
                values.iter_mut().enumerate().filter(|(i, _)| !is_there(*i)).for_each(|(_, v)| *v = f32::NAN);
            }
            Input::F32(values)
        }
        values => {
            let decoded = Decoded { values, validity: decoded.validity };
            let no_number = || ArrayError::internal(format!("{} values cannot be regridded", variable.data_type()));
            Input::F64(floats(&decoded).ok_or_else(no_number)?)
        }
    };
    Ok((input, piece.segments))
}
