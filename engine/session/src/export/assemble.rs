//! From rows in any order to whole chunks: each row goes to its cell of its chunk, and a chunk leaves when its last cell is
//! there. Chunks that would take too much memory wait in temporary files.
//!
//! ```text
//! rows ─→ positions ─→ runs of cells ─→ open chunks ─→ whole chunks
//!                                           ⇅
//!                                       spill.rs
//! ```

use std::collections::{HashMap, HashSet};

use hyperslab_array::{ArrayError, ChunkGrid, Encoding, Region, Result, Values};

use super::chunks::nth_chunk;
use super::spill::Spill;
use super::update::scatter;

/// The variables that share all dimensions of an answer, on their way to chunks.
#[derive(Debug)]
pub(super) struct Assembler {
    grid: ChunkGrid,
    /// How many chunks along each dimension.
    counts: Vec<u64>,
    encodings: Vec<Encoding>,
    open: HashMap<u64, OpenChunk>,
    spilled: HashSet<u64>,
    done: HashSet<u64>,
    spill: Spill,
    /// Bytes of the open chunks.
    bytes: usize,
    most_bytes: usize,
    clock: u64,
}

/// A chunk whose cells are not all there yet.
#[derive(Debug)]
pub(super) struct OpenChunk {
    /// One buffer a variable.
    pub values: Vec<Values>,
    /// A bit for each cell that is there.
    pub filled: Vec<u64>,
    /// How many are not.
    pub left: usize,
    region: Region,
    strides: Vec<usize>,
    used: u64,
}

/// A chunk that is ready to be written.
#[derive(Debug)]
pub(super) struct WholeChunk {
    pub chunk: Vec<u64>,
    /// One buffer a variable.
    pub values: Vec<Values>,
    /// Whether a cell of it is missing.
    pub has_gaps: bool,
}

/// Why a row could not be placed.
#[derive(Debug)]
pub(super) enum Refused {
    /// Two rows are the cell at these positions.
    Twice(Vec<u64>),
    Fault(ArrayError),
}

impl From<ArrayError> for Refused {
    fn from(error: ArrayError) -> Self {
        Self::Fault(error)
    }
}

impl Assembler {
    /// Chunks of `grid`; at most about `most_bytes` of them are held in memory.
    pub fn new(grid: ChunkGrid, encodings: Vec<Encoding>, most_bytes: usize, spill: Spill) -> Self {
        Self {
            counts: grid.counts(),
            grid,
            encodings,
            open: HashMap::new(),
            spilled: HashSet::new(),
            done: HashSet::new(),
            spill,
            bytes: 0,
            most_bytes,
            clock: 0,
        }
    }

    /// Bytes held in memory.
    pub fn memory(&self) -> usize {
        self.bytes
    }

    /// Puts rows into their cells: `positions` has one list a dimension, `columns` one a variable, encoded. Gives the
    /// chunks that are whole now.
    pub fn add(&mut self, rows: usize, positions: &[Vec<u32>], columns: &[Values]) -> Result<Vec<WholeChunk>, Refused> {
        let mut whole = Vec::new();
        let mut row = 0;
        while row < rows {
            let cell: Vec<u64> = positions.iter().map(|p| p.get(row).copied().unwrap_or(0).into()).collect();
            let chunk: Vec<u64> = self.grid.dimensions().iter().zip(&cell).map(|(d, i)| d.chunk_of(*i)).collect();
            let number = self.number(&chunk);
            if self.done.contains(&number) {
                return Err(Refused::Twice(cell));
            }
            let run = self.run(positions, row, rows, &cell, &chunk);
            self.open(number, &chunk)?;
            self.clock += 1;
            let Some(open) = self.open.get_mut(&number) else {
                return Err(ArrayError::internal("a chunk was not opened").into());
            };
            open.used = self.clock;
            let at: usize =
                cell.iter().zip(&open.region.start).zip(&open.strides).map(|((i, o), s)| (i - o) as usize * s).sum();
            for offset in at..at + run {
                let (word, bit) = (offset / 64, 1u64 << (offset % 64));
                match open.filled.get_mut(word) {
                    Some(word) if *word & bit == 0 => *word |= bit,
                    _ => {
                        let mut twice = cell.clone();
                        if let Some(last) = twice.last_mut() {
                            *last += (offset - at) as u64;
                        }
                        return Err(Refused::Twice(twice));
                    }
                }
            }
            for (values, column) in open.values.iter_mut().zip(columns) {
                values.write(at, column, row, run)?;
            }
            open.left -= run;
            if open.left == 0 {
                whole.extend(self.take(number, chunk));
            }
            row += run;
        }
        Ok(whole)
    }

    /// The region of a chunk.
    pub fn region(&self, chunk: &[u64]) -> Region {
        self.grid.region(chunk)
    }

    /// The chunks that hold indices on both sides of `index` along `dimension`, and what of them is before it.
    pub fn chunks_across(&self, dimension: usize, index: u64) -> Vec<(Vec<u64>, Region)> {
        let Some(chunks) = self.grid.dimensions().get(dimension).filter(|c| index > 0 && index < c.size()) else {
            return Vec::new();
        };
        let edge = chunks.chunk_of(index);
        let start = chunks.range(edge).start;
        if start == index {
            return Vec::new();
        }
        let all = (0..self.grid.chunk_count()).map(|number| self.chunk(number));
        all.filter(|chunk| chunk.get(dimension) == Some(&edge))
            .map(|chunk| {
                let mut region = self.grid.region(&chunk);
                if let Some(length) = region.shape.get_mut(dimension) {
                    *length = index - start;
                }
                (chunk, region)
            })
            .collect()
    }

    /// Puts stored values, one list a variable, into the cells of `region`, which is inside of `chunk`.
    pub fn preload(&mut self, chunk: &[u64], region: &Region, values: &[Values]) -> Result<()> {
        let number = self.number(chunk);
        self.open(number, chunk)?;
        let Some(open) = self.open.get_mut(&number) else {
            return Err(ArrayError::internal("a chunk was not opened"));
        };
        let inside = region.relative_to(&open.region.start);
        for (to, from) in open.values.iter_mut().zip(values) {
            scatter(to, &open.strides, &inside, from)?;
        }
        let there = vec![true; inside.cells()?];
        let mut filled = Values::Bool((0..open.filled.len() * 64).map(|i| bit(&open.filled, i)).collect());
        scatter(&mut filled, &open.strides, &inside, &Values::Bool(there))?;
        if let Values::Bool(filled) = filled {
            open.filled.iter_mut().for_each(|word| *word = 0);
            for (i, _) in filled.iter().enumerate().filter(|(_, filled)| **filled) {
                if let Some(word) = open.filled.get_mut(i / 64) {
                    *word |= 1 << (i % 64);
                }
            }
        }
        open.left = open.region.cells()? - open.filled.iter().map(|w| w.count_ones() as usize).sum::<usize>();
        Ok(())
    }

    /// Takes out a chunk with gaps; `None` where there is none left.
    pub fn next_unfinished(&mut self) -> Result<Option<WholeChunk>> {
        let Some(number) = self.open.keys().next().or_else(|| self.spilled.iter().next()).copied() else {
            return Ok(None);
        };
        let chunk = self.chunk(number);
        self.open(number, &chunk)?;
        Ok(self.take(number, chunk))
    }

    /// Whether there is a chunk that no row was in.
    pub fn has_unwritten(&self) -> bool {
        (self.done.len() as u64) < self.grid.chunk_count()
    }

    fn take(&mut self, number: u64, chunk: Vec<u64>) -> Option<WholeChunk> {
        let open = self.open.remove(&number)?;
        self.bytes = self.bytes.saturating_sub(open.memory());
        self.done.insert(number);
        Some(WholeChunk { chunk, values: open.values, has_gaps: open.left > 0 })
    }

    /// How many rows from `row` on are the cells after `cell` along the last dimension, in one chunk.
    fn run(&self, positions: &[Vec<u32>], row: usize, rows: usize, cell: &[u64], chunk: &[u64]) -> usize {
        let (Some((last, outer)), Some(dimension)) = (positions.split_last(), self.grid.dimensions().last()) else {
            return 1;
        };
        let Some(at) = cell.last().copied() else { return 1 };
        let end = dimension.range(chunk.last().copied().unwrap_or(0)).end;
        let most = ((end - at) as usize).min(rows - row);
        let same = |i: &usize| {
            last.get(row + i).is_some_and(|p| u64::from(*p) == at + *i as u64)
                && outer.iter().all(|p| p.get(row + i) == p.get(row))
        };
        (1..most).take_while(same).count() + 1
    }

    fn number(&self, chunk: &[u64]) -> u64 {
        chunk.iter().zip(&self.counts).fold(0, |n, (i, count)| n * count + i)
    }

    fn chunk(&self, number: u64) -> Vec<u64> {
        nth_chunk(number, &self.counts)
    }

    /// Makes room for a chunk, and brings it into memory.
    fn open(&mut self, number: u64, chunk: &[u64]) -> Result<()> {
        if self.open.contains_key(&number) {
            return Ok(());
        }
        let region = self.grid.region(chunk);
        let cells = region.cells()?;
        let mut open = OpenChunk {
            values: self.encodings.iter().map(|e| e.unwritten(cells)).collect::<Result<_>>()?,
            filled: vec![0; cells.div_ceil(64)],
            left: cells,
            strides: region.strides(),
            region,
            used: 0,
        };
        if self.spilled.remove(&number) {
            self.spill.read(number, &mut open)?;
        }
        self.bytes += open.memory();
        while self.bytes > self.most_bytes && !self.open.is_empty() {
            self.spill_oldest()?;
        }
        self.open.insert(number, open);
        Ok(())
    }

    fn spill_oldest(&mut self) -> Result<()> {
        let oldest = self.open.iter().min_by_key(|(_, open)| open.used).map(|(number, _)| *number);
        if let Some(number) = oldest
            && let Some(open) = self.open.remove(&number)
        {
            self.bytes = self.bytes.saturating_sub(open.memory());
            self.spill.write(number, &open)?;
            self.spilled.insert(number);
        }
        Ok(())
    }
}

fn bit(words: &[u64], i: usize) -> bool {
    words.get(i / 64).is_some_and(|word| word >> (i % 64) & 1 == 1)
}

impl OpenChunk {
    fn memory(&self) -> usize {
        self.values.iter().map(|v| v.len() * v.data_type().size()).sum::<usize>() + self.filled.len() * 8
    }
}
