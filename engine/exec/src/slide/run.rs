//! One aggregate over the frames of a unit: tile by tile, so that the rows of a tile stay in the cache.
//!
//! ```text
//!  block [outer, along, inner] ─→ a tile of lanes as rows ─→ kernel over each frame ─→ answer ─→ block [outer, own, inner]
//! ```

use std::any::Any;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::buffer::NullBuffer;
use datafusion::error::Result;

use super::frame::Method;
use super::kernel::{Blocks, Count, Op, Rows, roll, short};
use super::lanes::Shape;
use crate::error::internal;

/// Bytes of the rows of a tile: measured to be fast between 32 and 256 kB.
const TILE_BYTES: usize = 96 * 1024;

/// What a unit holds of one sequence.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// The number of the sequence.
    pub sequence: usize,
    /// The places of its rows.
    pub places: Range<u64>,
    /// Where the rows are along the block.
    pub rows: Vec<usize>,
    /// Where the answers go along the unit, and the frames they are made of; ascending.
    pub answers: Vec<(usize, Range<u64>)>,
    /// Where a running answer starts, and where it stops for the next unit.
    pub running: (u64, u64),
}

/// The work on one argument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'a> {
    pub shape: Shape,
    /// Answers at each lane.
    pub own: usize,
    pub pieces: &'a [Piece],
    pub method: Method,
    /// Where there are no values.
    pub nulls: Option<&'a NullBuffer>,
}

/// What running answers have come to, for each sequence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carries(HashMap<usize, Carry>);

#[derive(Debug, Clone)]
struct Carry {
    at: u64,
    /// For each lane, as a `Vec` of what the function keeps.
    values: Arc<dyn Any + Send + Sync>,
    counts: Arc<Vec<u32>>,
}

/// What a running answer has come to while a unit is worked on.
struct State<T> {
    values: Vec<T>,
    counts: Vec<u32>,
}

impl Carries {
    /// The next place that the sequence called `number` takes in.
    pub fn at(&self, number: usize) -> Option<u64> {
        self.0.get(&number).map(|carry| carry.at)
    }

    /// The state that `piece` starts with.
    fn state<O: Op>(&self, piece: &Piece, lanes: usize) -> Result<State<O::T>>
    where
        O::T: 'static,
    {
        let Some(carry) = self.0.get(&piece.sequence) else {
            return Ok(State { values: vec![O::NONE; lanes], counts: vec![0; lanes] });
        };
        let values = carry.values.downcast_ref::<Vec<O::T>>().filter(|values| values.len() == lanes);
        match values {
            Some(values) if carry.at == piece.running.0 && carry.counts.len() == lanes => {
                Ok(State { values: values.clone(), counts: carry.counts.to_vec() })
            }
            _ => Err(internal("a running answer is carried on to where it does not belong")),
        }
    }
}

/// Answers, and which of them there are.
pub(super) struct Answers<R> {
    pub values: Vec<R>,
    pub nulls: Option<NullBuffer>,
}

/// Answers on their way to their block.
struct Writer<'a, R, F> {
    shape: Shape,
    finish: F,
    /// How many values an answer needs.
    least: u32,
    values: &'a mut [R],
    there: &'a mut Option<Vec<bool>>,
    row: Vec<R>,
}

impl<R: Copy, F> Writer<'_, R, F> {
    /// Writes the answers of `lanes` at `position`, made of `counts` values each, or of `count`.
    fn write<T>(&mut self, lanes: &Range<usize>, position: usize, values: &[T], counts: Option<&[u32]>, count: u32)
    where
        F: Fn(&T, u32) -> R,
    {
        self.row.clear();
        match counts {
            Some(counts) => self.row.extend(values.iter().zip(counts).map(|(v, n)| (self.finish)(v, *n))),
            None => self.row.extend(values.iter().map(|v| (self.finish)(v, count))),
        }
        self.shape.write(&self.row, position, lanes, &|v| *v, self.values);
        let is_whole = match counts {
            Some(counts) => counts.iter().all(|n| *n >= self.least),
            None => count >= self.least,
        };
        if !is_whole {
            let there = self.there.get_or_insert_with(|| vec![true; self.values.len()]);
            match counts {
                Some(counts) => self.shape.write(counts, position, lanes, &|n| *n >= self.least, there),
                None => self.shape.write(values, position, lanes, &|_| false, there),
            }
        }
    }
}

/// Runs `O` over `values`.
///
/// # Errors
/// When a carried answer is of another kind, or the values do not fill the block.
pub(super) fn run<S: Copy, O: Op, R: Copy + Default>(
    job: &Job<'_>,
    values: &[S],
    carries: &mut Carries,
    read: impl Fn(S) -> O::T,
    finish: impl Fn(&O::T, u32) -> R,
    least: u32,
) -> Result<Answers<R>>
where
    O::T: Send + Sync + 'static,
{
    let (shape, lanes) = (job.shape, job.shape.lanes());
    let is_inside = |piece: &Piece| piece.rows.iter().all(|row| *row < shape.along);
    if values.len() != shape.cells() || !job.pieces.iter().all(is_inside) {
        return Err(internal(format!("{} values of a window, expected {}", values.len(), shape.cells())));
    }
    let to = Shape { along: job.own, ..shape };
    let mut answers = vec![R::default(); to.cells()];
    let mut there = None;
    let mut writer = Writer { shape: to, finish, least, values: &mut answers, there: &mut there, row: Vec::new() };
    let longest = job.pieces.iter().map(|p| p.rows.len()).max().unwrap_or(0);
    let tile = (TILE_BYTES / (longest * size_of::<O::T>()).max(1)).clamp(16, 1024);
    let mut states = Vec::new();
    if matches!(job.method, Method::FromStart | Method::FromEnd) {
        for piece in job.pieces {
            states.push(carries.state::<O>(piece, shape.lanes())?);
        }
    }
    for start in (0..lanes).step_by(tile) {
        let lanes = start..(start + tile).min(lanes);
        for (number, piece) in job.pieces.iter().enumerate() {
            let mut rows = Rows {
                first: piece.places.start,
                lanes: lanes.len(),
                values: Vec::with_capacity(lanes.len() * piece.rows.len()),
            };
            let mut counts =
                job.nulls.map(|_| Rows { first: piece.places.start, lanes: lanes.len(), values: Vec::new() });
            for position in &piece.rows {
                let from = rows.values.len();
                shape.read(values, *position, &lanes, &read, &mut rows.values);
                if let (Some(nulls), Some(counts)) = (job.nulls, &mut counts) {
                    let row = &mut rows.values[from..];
                    shape.read_present(nulls, *position, &lanes, O::NONE, row, &mut counts.values);
                }
            }
            match job.method {
                Method::Short => by_row::<O, _, _>(piece, &lanes, &rows, counts.as_ref(), &mut writer),
                Method::Blocks => by_blocks::<O, _, _>(piece, &lanes, rows, counts, &mut writer),
                Method::FromStart | Method::FromEnd => {
                    if let Some(state) = states.get_mut(number) {
                        running::<O, _, _>(job.method, piece, &lanes, &rows, counts.as_ref(), state, &mut writer);
                    }
                }
            }
        }
    }
    for (piece, State { values, counts }) in job.pieces.iter().zip(states) {
        let carry = Carry { at: piece.running.1, values: Arc::new(values), counts: Arc::new(counts) };
        carries.0.insert(piece.sequence, carry);
    }
    let nulls = there.map(NullBuffer::from);
    Ok(Answers { values: answers, nulls })
}

fn by_row<O: Op, R: Copy, F: Fn(&O::T, u32) -> R>(
    piece: &Piece,
    lanes: &Range<usize>,
    rows: &Rows<O::T>,
    there: Option<&Rows<u32>>,
    writer: &mut Writer<'_, R, F>,
) {
    let (mut row, mut counts) = (vec![O::NONE; lanes.len()], vec![0; lanes.len()]);
    for (position, frame) in &piece.answers {
        short::<O>(rows, frame, &mut row);
        if let Some(there) = there {
            short::<Count>(there, frame, &mut counts);
        }
        writer.write(lanes, *position, &row, there.map(|_| counts.as_slice()), length(frame));
    }
}

fn by_blocks<O: Op, R: Copy, F: Fn(&O::T, u32) -> R>(
    piece: &Piece,
    lanes: &Range<usize>,
    rows: Rows<O::T>,
    there: Option<Rows<u32>>,
    writer: &mut Writer<'_, R, F>,
) {
    let longest = piece.answers.iter().map(|(_, frame)| frame.end - frame.start).max().unwrap_or(0);
    let blocks = Blocks::new::<O>(rows, longest);
    let there = there.map(|there| Blocks::new::<Count>(there, longest));
    let (mut row, mut counts) = (vec![O::NONE; lanes.len()], vec![0; lanes.len()]);
    for (position, frame) in &piece.answers {
        blocks.join::<O>(frame, &mut row);
        if let Some(there) = &there {
            there.join::<Count>(frame, &mut counts);
        }
        writer.write(lanes, *position, &row, there.as_ref().map(|_| counts.as_slice()), length(frame));
    }
}

fn running<O: Op, R: Copy, F: Fn(&O::T, u32) -> R>(
    method: Method,
    piece: &Piece,
    lanes: &Range<usize>,
    rows: &Rows<O::T>,
    there: Option<&Rows<u32>>,
    state: &mut State<O::T>,
    writer: &mut Writer<'_, R, F>,
) {
    let (values, counts) = (&mut state.values[lanes.clone()], &mut state.counts[lanes.clone()]);
    let (mut at, until) = piece.running;
    let mut advance = |to: u64, values: &mut [O::T], counts: &mut [u32]| {
        roll::<O>(rows, at, to, values);
        match there {
            Some(there) => roll::<Count>(there, at, to, counts),
            None => counts.iter_mut().for_each(|n| *n += at.abs_diff(to) as u32),
        }
        at = to;
    };
    let none = vec![O::NONE; lanes.len()];
    let mut answer = |(position, frame): &(usize, Range<u64>), to: u64| match frame.is_empty() {
        true => writer.write(lanes, *position, &none, None, 0),
        false => {
            advance(to, values, counts);
            writer.write(lanes, *position, values, Some(counts), 0);
        }
    };
    match method {
        Method::FromEnd => piece.answers.iter().rev().for_each(|one| answer(one, one.1.start)),
        _ => piece.answers.iter().for_each(|one| answer(one, one.1.end)),
    }
    advance(until, values, counts);
}

fn length(frame: &Range<u64>) -> u32 {
    u32::try_from(frame.end - frame.start).unwrap_or(u32::MAX)
}
