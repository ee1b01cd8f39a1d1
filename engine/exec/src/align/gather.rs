//! From decoded parts of chunks of the inner side to one dense block in the order of a unit of the outer side.
//!
//! The block is made of runs: cells that follow each other in it and lie at equal steps in one part. A shift along the
//! dimensions of a chunk gives runs as long as its rows or longer; what is reversed or transposed has other steps; a
//! table in no order has short ones.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayData, ArrayRef, BooleanBufferBuilder, MutableArrayData, make_array, new_null_array,
};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{ArrowNativeType, DataType, Field, FieldRef};
use datafusion::error::Result;
use hyperslab_array::Region;

use super::map::{Mapped, NOWHERE};
use crate::derived::CellValues;
use crate::error::internal;

/// The decoded cells of one chunk that are needed.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// Their values, in C order.
    pub array: ArrayRef,
    /// Where they are in the variable.
    pub region: Region,
}

/// One dimension of the inner variable.
#[derive(Debug, Clone)]
pub(crate) struct Along {
    /// Where the cells of the block are along it. The dimensions are those of the block.
    pub mapped: Mapped,
    /// The first index of each of its pieces, and the one after the last: ascending, apart from each other.
    pub pieces: Vec<(u64, u64)>,
}

impl Piece {
    /// Whether it holds all cells of the piece called `number`.
    fn is_number(&self, number: usize, along: &[Along]) -> bool {
        if self.region.rank() != along.len() || self.region.cells().is_ok_and(|cells| cells != self.array.len()) {
            return false;
        }
        let mut rest = number;
        along.iter().enumerate().rev().all(|(e, along)| {
            let count = along.pieces.len().max(1);
            let own = along.pieces.get(rest % count);
            rest /= count;
            own == Some(&(self.region.start[e], self.region.end(e)))
        })
    }
}

/// The block of `shape` whose cell is what the dimensions of the variable say, NULL where one says nowhere; where the
/// field is not nullable, anything, because no such cell stays. `pieces`
/// are in C order over [`Along::pieces`].
///
/// # Errors
/// When a piece is missing, or has other cells than its region.
pub(crate) fn gather(field: &Field, shape: &[usize], along: &[Along], pieces: &[Piece]) -> Result<ArrayRef> {
    with_nulls_of(field, gather_nullable(field.data_type(), shape, along, pieces)?)
}

/// Without its nulls where the field has none.
fn with_nulls_of(field: &Field, array: ArrayRef) -> Result<ArrayRef> {
    if field.is_nullable() || array.null_count() == 0 {
        return Ok(array);
    }
    Ok(make_array(array.to_data().into_builder().nulls(None).build()?))
}

/// A block as [`gather`] makes it, of long runs side by side in few pieces: made a few cells at a time, and most of them
/// without a copy.
#[derive(Debug)]
pub(crate) struct Gathered {
    field: FieldRef,
    /// Runs and their first cells, ascending.
    runs: Vec<(usize, Run)>,
    cells: usize,
    pieces: Vec<ArrayRef>,
}

impl Gathered {
    /// `None` where runs have fewer than `long` cells on average.
    ///
    /// # Errors
    /// As [`gather`].
    pub fn try_new(
        field: &FieldRef,
        shape: &[usize],
        along: &[Along],
        pieces: &[Piece],
        long: usize,
    ) -> Result<Option<Self>> {
        let cells = shape.iter().product();
        if pieces.is_empty() || cells == 0 {
            return Ok(None);
        }
        let walk = Walk::try_new(shape, along, pieces)?;
        let Some(runs) = walk.long_runs(cells / long.max(1)) else { return Ok(None) };
        if pieces.iter().any(|piece| piece.array.data_type() != field.data_type()) {
            return Err(internal("a piece has another type than its variable"));
        }
        let leaves = |(_, run): &(usize, Run)| {
            let held = run.source.and_then(|source| pieces.get(source.piece)).map_or(0, |piece| piece.array.len());
            run.source.is_some_and(|source| source.start + run.len > held)
        };
        if runs.iter().any(leaves) {
            return Err(internal("a run leaves its piece"));
        }
        let pieces = pieces.iter().map(|piece| Arc::clone(&piece.array)).collect();
        Ok(Some(Self { field: Arc::clone(field), runs, cells, pieces }))
    }
}

impl CellValues for Gathered {
    fn slice(&self, cells: Range<usize>) -> Result<ArrayRef> {
        if cells.end > self.cells || cells.is_empty() {
            return Err(internal(format!("cells {cells:?} of a block of {}", self.cells)));
        }
        let first = self.runs.partition_point(|(start, run)| start + run.len <= cells.start);
        let mut parts: Vec<ArrayRef> = Vec::with_capacity(1);
        for (start, run) in self.runs.iter().skip(first).take_while(|(start, _)| *start < cells.end) {
            let (from, end) = ((*start).max(cells.start), (start + run.len).min(cells.end));
            parts.push(match run.source.and_then(|source| Some((source, self.pieces.get(source.piece)?))) {
                Some((source, piece)) => piece.slice(source.start + from - start, end - from),
                None => new_null_array(self.field.data_type(), end - from),
            });
        }
        let array = match parts.as_slice() {
            [one] => Arc::clone(one),
            parts => concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())?,
        };
        with_nulls_of(&self.field, array)
    }

    fn memory(&self) -> usize {
        0
    }
}

fn gather_nullable(data_type: &DataType, shape: &[usize], along: &[Along], pieces: &[Piece]) -> Result<ArrayRef> {
    let cells = shape.iter().product();
    if pieces.is_empty() || cells == 0 {
        return Ok(new_null_array(data_type, cells));
    }
    let walk = Walk::try_new(shape, along, pieces)?;
    let data: Vec<ArrayData> = pieces.iter().map(|piece| piece.array.to_data()).collect();
    if data.iter().any(|data| data.data_type() != data_type) {
        return Err(internal("a piece has another type than its variable"));
    }
    if let Some(Source { piece, start, .. }) = walk.one_run()
        && let Some(piece) = pieces.get(piece)
    {
        return Ok(piece.array.slice(start, cells));
    }
    match data_type.primitive_width() {
        Some(1) => numbers::<u8>(&walk, data_type, &data, cells),
        Some(2) => numbers::<u16>(&walk, data_type, &data, cells),
        Some(4) => numbers::<u32>(&walk, data_type, &data, cells),
        Some(8) => numbers::<u64>(&walk, data_type, &data, cells),
        _ => anything(&walk, &data, cells),
    }
}

/// Cells that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// `None` where they are NULL.
    source: Option<Source>,
    len: usize,
}

/// A piece, where its first cell is, and how far the next one is from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Source {
    piece: usize,
    start: usize,
    step: isize,
}

impl Run {
    /// Takes in `next`, where that is one run.
    fn take_in(&mut self, next: &Run) -> bool {
        let (Some(own), Some(other)) = (&mut self.source, &next.source) else {
            let is_same = self.source.is_none() && next.source.is_none();
            self.len += if is_same { next.len } else { 0 };
            return is_same;
        };
        let step = match (self.len, next.len) {
            (1, 1) => other.start as isize - own.start as isize,
            (1, _) => other.step,
            _ => own.step,
        };
        let follows = own.start as isize + step * self.len as isize == other.start as isize;
        if own.piece != other.piece || !follows || (next.len > 1 && other.step != step) {
            return false;
        }
        own.step = step;
        self.len += next.len;
        true
    }
}

/// The run of some cells that are in one piece along a dimension.
#[derive(Debug, Clone, Copy)]
struct Line {
    len: usize,
    /// The piece along the dimension, and where in it; `None` for nowhere.
    start: Option<(usize, usize)>,
    step: isize,
}

/// How the cells of a block are gone through.
struct Walk<'a> {
    shape: &'a [usize],
    along: Vec<AlongWalk>,
    /// Steps, in cells, of each dimension of each piece.
    strides: Vec<Vec<usize>>,
    /// The lines along the last dimension of the block, where one dimension of the variable follows from it alone.
    lines: Option<(usize, Vec<Line>)>,
}

struct AlongWalk {
    /// The piece and the offset in it for each entry of [`Mapped::positions`].
    places: Vec<Option<(usize, usize)>>,
    /// Steps of each dimension of the block in `places`.
    steps: Vec<usize>,
    /// How many pieces.
    pieces: usize,
}

impl<'a> Walk<'a> {
    fn try_new(shape: &'a [usize], along: &[Along], pieces: &[Piece]) -> Result<Self> {
        let count: usize = along.iter().map(|a| a.pieces.len()).product();
        if count != pieces.len() || !pieces.iter().enumerate().all(|(n, piece)| piece.is_number(n, along)) {
            return Err(internal("the pieces of a block are not those that it needs"));
        }
        let strides = pieces.iter().map(|piece| piece.region.strides()).collect();
        let along = along.iter().map(|a| AlongWalk::try_new(shape, a)).collect::<Result<Vec<_>>>()?;
        let lines = shape.len().checked_sub(1).and_then(|last| lines(&along, last));
        Ok(Self { shape, along, strides, lines })
    }

    /// Calls `f` with the runs of the block, in order.
    fn each(&self, mut f: impl FnMut(Run) -> Result<()>) -> Result<()> {
        let mut open: Option<Run> = None;
        let mut take = |run: Run| {
            if open.as_mut().is_some_and(|open| open.take_in(&run)) {
                return Ok(());
            }
            open.replace(run).map_or(Ok(()), &mut f)
        };
        let row = self.shape.last().copied().unwrap_or(1);
        let rows: usize = self.shape.iter().rev().skip(1).product();
        let mut ordinals = vec![0usize; self.shape.len()];
        for number in 0..rows {
            let mut rest = number;
            for (ordinal, size) in ordinals.iter_mut().zip(self.shape).rev().skip(1) {
                (*ordinal, rest) = (rest % size, rest / size);
            }
            match &self.lines {
                Some((own, lines)) => self.row_of_lines(&ordinals, *own, lines, &mut take)?,
                None => {
                    for cell in 0..row {
                        if let Some(last) = ordinals.last_mut() {
                            *last = cell;
                        }
                        take(self.run(&ordinals, None)?)?;
                    }
                }
            }
        }
        open.map_or(Ok(()), f)
    }

    /// Where all cells are, where they lie side by side in one piece.
    fn one_run(&self) -> Option<Source> {
        let mut first = None;
        let is_one = self.each(|run| match first.replace(run) {
            None => Ok(()),
            Some(_) => Err(internal("a second run")),
        });
        is_one.ok()?;
        first?.source.filter(|source| source.step == 1)
    }

    /// The runs and their first cells, where they are at most so many and none has steps.
    fn long_runs(&self, most: usize) -> Option<Vec<(usize, Run)>> {
        let (mut runs, mut cells) = (Vec::new(), 0);
        let are_few = self.each(|run| {
            if runs.len() >= most || run.source.is_some_and(|source| source.step != 1 && run.len > 1) {
                return Err(internal("a short run"));
            }
            runs.push((cells, run));
            cells += run.len;
            Ok(())
        });
        are_few.ok().map(|()| runs)
    }

    /// The runs of the row of `ordinals`: along it, only the variable's dimension `own` changes.
    fn row_of_lines(
        &self,
        ordinals: &[usize],
        own: usize,
        lines: &[Line],
        take: &mut impl FnMut(Run) -> Result<()>,
    ) -> Result<()> {
        lines.iter().try_for_each(|line| take(self.run(ordinals, Some((own, line)))?))
    }

    /// The cell of `ordinals`, or the cells of a line along one dimension of the variable.
    fn run(&self, ordinals: &[usize], line: Option<(usize, &Line)>) -> Result<Run> {
        let len = line.map_or(1, |(_, line)| line.len);
        let place = |(e, along): (usize, &AlongWalk)| match line {
            Some((own, line)) if own == e => line.start,
            _ => along.place(ordinals),
        };
        let mut piece = 0;
        for (e, along) in self.along.iter().enumerate() {
            let Some((own, _)) = place((e, along)) else { return Ok(Run { source: None, len }) };
            piece = piece * along.pieces + own;
        }
        let strides = self.strides.get(piece).ok_or_else(|| internal(format!("no piece {piece}")))?;
        let mut source = Source { piece, start: 0, step: 1 };
        for ((e, along), stride) in self.along.iter().enumerate().zip(strides) {
            source.start += place((e, along)).map_or(0, |(_, offset)| offset * stride);
            if let Some((_, line)) = line.filter(|(own, _)| *own == e) {
                source.step = line.step * *stride as isize;
            }
        }
        Ok(Run { source: Some(source), len })
    }
}

impl AlongWalk {
    fn try_new(shape: &[usize], along: &Along) -> Result<Self> {
        let mapped = &along.mapped;
        let mut steps = vec![0; shape.len()];
        let mut step = 1usize;
        for d in mapped.outer.iter().rev() {
            let (own, size) =
                steps.get_mut(*d).zip(shape.get(*d)).ok_or_else(|| internal("a map leads out of its block"))?;
            *own = step;
            step *= size;
        }
        if step != mapped.positions.len() {
            return Err(internal("a map does not fit its block"));
        }
        let place = |position: u32| {
            if position == NOWHERE {
                return Ok(None);
            }
            let position = u64::from(position);
            let piece = along.pieces.partition_point(|(_, end)| *end <= position);
            match along.pieces.get(piece) {
                Some((start, _)) if *start <= position => Ok(Some((piece, (position - start) as usize))),
                _ => Err(internal(format!("index {position} is in no piece"))),
            }
        };
        let places = mapped.positions.iter().map(|position| place(*position)).collect::<Result<Vec<_>>>()?;
        Ok(Self { places, steps, pieces: along.pieces.len() })
    }

    fn place(&self, ordinals: &[usize]) -> Option<(usize, usize)> {
        let at: usize = ordinals.iter().zip(&self.steps).map(|(ordinal, step)| ordinal * step).sum();
        self.places.get(at).copied().flatten()
    }
}

/// The lines along the block's dimension `last`, where one dimension of the variable follows from it alone, and no other
/// from it at all.
fn lines(along: &[AlongWalk], last: usize) -> Option<(usize, Vec<Line>)> {
    let depends = |a: &&AlongWalk| a.steps.get(last).is_some_and(|step| *step > 0);
    let own = along.iter().position(|a| depends(&a))?;
    let along_last = along.get(own)?;
    let is_alone = along_last.steps.iter().filter(|step| **step > 0).count() == 1;
    if !is_alone || along.iter().filter(depends).count() != 1 {
        return None;
    }
    let mut lines: Vec<(Line, Run)> = Vec::new();
    for place in &along_last.places {
        let source = place.map(|(piece, start)| Source { piece, start, step: 1 });
        let next = Run { source, len: 1 };
        if let Some((line, run)) = lines.last_mut()
            && run.take_in(&next)
        {
            (line.len, line.step) = (run.len, run.source.map_or(1, |source| source.step));
            continue;
        }
        lines.push((Line { len: 1, start: *place, step: 1 }, next));
    }
    Some((own, lines.into_iter().map(|(line, _)| line).collect()))
}

/// Values of a fixed width.
fn numbers<T: ArrowNativeType>(
    walk: &Walk<'_>,
    data_type: &DataType,
    data: &[ArrayData],
    cells: usize,
) -> Result<ArrayRef> {
    let buffers: Vec<&[T]> = data.iter().map(|data| data.buffer::<T>(0)).collect();
    let mut values: Vec<T> = Vec::with_capacity(cells);
    let mut has_nulls = data.iter().any(|data| data.null_count() > 0);
    walk.each(|Run { source, len }| {
        let Some(Source { piece, start, step }) = source else {
            has_nulls = true;
            values.resize(values.len() + len, T::default());
            return Ok(());
        };
        let own = buffers.get(piece).copied().unwrap_or_default();
        let before = values.len();
        if step == 1 {
            values.extend_from_slice(own.get(start..start + len).unwrap_or_default());
        } else {
            let at = (0..len as isize).map_while(|i| own.get((start as isize + i * step) as usize));
            values.extend(at);
        }
        if values.len() - before == len { Ok(()) } else { Err(internal("a run leaves its piece")) }
    })?;
    let nulls = if has_nulls { Some(validity(walk, data, cells)?) } else { None };
    let data = ArrayData::builder(data_type.clone()).len(cells).add_buffer(Buffer::from_vec(values)).nulls(nulls);
    Ok(make_array(data.build()?))
}

/// Which cells are there.
fn validity(walk: &Walk<'_>, data: &[ArrayData], cells: usize) -> Result<NullBuffer> {
    let nulls: Vec<Option<&NullBuffer>> =
        data.iter().map(|data| data.nulls().filter(|nulls| nulls.null_count() > 0)).collect();
    let mut out = BooleanBufferBuilder::new(cells);
    walk.each(|Run { source, len }| {
        match source.map(|source| (source, nulls.get(source.piece).copied().flatten())) {
            None => out.append_n(len, false),
            Some((_, None)) => out.append_n(len, true),
            Some((Source { start, step: 1, .. }, Some(nulls))) => out.append_buffer(&part(nulls, start, len)?),
            Some((Source { start, step, .. }, Some(nulls))) => {
                for i in 0..len as isize {
                    out.append(nulls.is_valid((start as isize + i * step) as usize));
                }
            }
        }
        Ok(())
    })?;
    Ok(NullBuffer::new(out.finish()))
}

fn part(nulls: &NullBuffer, start: usize, len: usize) -> Result<BooleanBuffer> {
    if start + len > nulls.len() {
        return Err(internal("a run leaves its piece"));
    }
    Ok(nulls.inner().slice(start, len))
}

/// Values of any type.
fn anything(walk: &Walk<'_>, data: &[ArrayData], cells: usize) -> Result<ArrayRef> {
    let mut out = MutableArrayData::new(data.iter().collect(), true, cells);
    walk.each(|Run { source, len }| {
        match source {
            None => out.try_extend_nulls(len)?,
            Some(Source { piece, start, step: 1 }) => out.try_extend(piece, start, start + len)?,
            Some(Source { piece, start, step }) => {
                for i in 0..len as isize {
                    let at = (start as isize + i * step) as usize;
                    out.try_extend(piece, at, at + 1)?;
                }
            }
        }
        Ok(())
    })?;
    Ok(make_array(out.freeze()))
}
