//! A bit for each cell of a piece, in words that start where the piece starts.

use std::ops::Range;

use datafusion::arrow::buffer::{BooleanBuffer, Buffer};

use super::Run;
use super::kernel::MaybeNan;

/// A bit for each cell of a piece.
#[derive(Debug, Clone)]
pub(super) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    /// No bit set.
    pub(super) fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// Every bit set.
    pub(super) fn all(len: usize) -> Self {
        let mut bits = Self::none(len);
        bits.set(0..len);
        bits
    }

    /// The bits of `buffer`.
    pub(super) fn of(buffer: &BooleanBuffer) -> Self {
        Self { words: buffer.bit_chunks().iter_padded().take(buffer.len().div_ceil(64)).collect(), len: buffer.len() }
    }

    /// The bits of the numbers that are not NaN.
    pub(super) fn of_numbers<T: MaybeNan>(values: &[T]) -> Self {
        let word = |values: &[T]| match values.iter().map(|value| u32::from(value.is_nan())).sum::<u32>() {
            // Missing cells lie side by side, so that most words are of one kind.
            0 => low(values.len()),
            nan if nan as usize == values.len() => 0,
            _ => values.iter().rev().fold(0, |word, value| word << 1 | u64::from(!value.is_nan())),
        };
        Self { words: values.chunks(64).map(word).collect(), len: values.len() }
    }

    /// The bits of the cells of the runs for which `is` holds.
    pub(super) fn of_runs(len: usize, runs: &[Run], is: impl Fn(usize) -> bool) -> Self {
        let mut bits = Self::none(len);
        for (number, run) in runs.iter().enumerate() {
            if is(number) {
                bits.set(run.start..run.start + run.len);
            }
        }
        bits
    }

    fn set(&mut self, cells: Range<usize>) {
        let mut at = cells.start;
        while at < cells.end {
            let len = (64 - at % 64).min(cells.end - at);
            if let Some(word) = self.words.get_mut(at / 64) {
                *word |= low(len) << (at % 64);
            }
            at += len;
        }
    }

    /// Those that are set here and there.
    pub(super) fn and(&self, other: &Self) -> Self {
        self.combine(other, |word, other| word & other)
    }

    /// Those that are set here and not there.
    pub(super) fn and_not(&self, other: &Self) -> Self {
        self.combine(other, |word, other| word & !other)
    }

    fn combine(&self, other: &Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            words: self.words.iter().zip(&other.words).map(|(word, other)| of(*word, *other)).collect(),
            len: self.len,
        }
    }

    /// How many are set.
    pub(super) fn count(&self, cells: Range<usize>) -> usize {
        let mut count = 0;
        self.each_word(cells, |_, _, word| count += word.count_ones() as usize);
        count
    }

    /// Whether one is set.
    pub(super) fn any(&self) -> bool {
        self.words.iter().any(|word| *word != 0)
    }

    /// Up to 64 cells at a time: the first of them, counted from the start of `cells`, how many, and their bits.
    pub(super) fn each_word(&self, cells: Range<usize>, mut take: impl FnMut(usize, usize, u64)) {
        let mut at = cells.start;
        while at < cells.end {
            let len = (64 - at % 64).min(cells.end - at);
            let word = self.words.get(at / 64).map_or(0, |word| (word >> (at % 64)) & low(len));
            take(at - cells.start, len, word);
            at += len;
        }
    }

    /// The values of `cells`, `instead` where the bit is not set.
    pub(super) fn blank<T: Copy>(&self, cells: Range<usize>, values: &[T], instead: T, into: &mut Vec<T>) {
        into.clear();
        self.each_word(cells, |first, len, word| {
            let values = &values[first..first + len];
            if word == low(len) {
                into.extend_from_slice(values);
            } else if word == 0 {
                into.resize(into.len() + len, instead);
            } else {
                let pick = |(bit, value): (usize, &T)| if word >> bit & 1 == 1 { *value } else { instead };
                into.extend(values.iter().enumerate().map(pick));
            }
        });
    }
}

/// The set bits of a word, in their order.
pub(super) fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(bit)
    })
}

/// The lowest `len` bits, of 1 to 64.
pub(super) const fn low(len: usize) -> u64 {
    u64::MAX >> (64 - len)
}

impl From<Bits> for BooleanBuffer {
    fn from(bits: Bits) -> Self {
        Self::new(Buffer::from_vec(bits.words), 0, bits.len)
    }
}
