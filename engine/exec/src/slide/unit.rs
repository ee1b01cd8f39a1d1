//! What the answers of some ordinals need: which ordinals must be loaded, and how the loaded block is gone through.

use std::collections::BTreeMap;
use std::ops::Range;

use hyperslab_array::IndexRanges;

use super::frame::{Frames, Method};
use super::line::Line;
use super::run::{Carries, Piece};

/// The places of a sequence, and the frame of each answer by its position.
type Answers = (Range<u64>, Vec<(usize, Range<u64>)>);

/// The rows of frames for the answers of `own` ordinals, by sequence; places in [`Piece::rows`] are still to come.
pub(crate) fn pieces(line: &Line, frames: &Frames, own: &[u64], carries: &Carries) -> Vec<Piece> {
    let mut of_sequences: BTreeMap<usize, Answers> = BTreeMap::new();
    for (position, ordinal) in own.iter().enumerate() {
        let place = line.place(*ordinal);
        let (number, sequence) = line.sequence(place);
        let (_, answers) = of_sequences.entry(number).or_insert_with(|| (sequence, Vec::new()));
        answers.push((position, frames.of(place)));
    }
    let piece = |(number, (sequence, answers)): (usize, Answers)| {
        let full = || answers.iter().map(|(_, frame)| frame).filter(|frame| !frame.is_empty());
        let (start, end) = (full().map(|f| f.start).min(), full().map(|f| f.end).max());
        let (start, end) = (start.unwrap_or(sequence.start), end.unwrap_or(sequence.start));
        let running = match frames.method() {
            Method::FromStart => {
                let at = carries.at(number).unwrap_or(sequence.start);
                (at, end.max(at))
            }
            Method::FromEnd => {
                let at = carries.at(number).unwrap_or(sequence.end);
                (at, if full().next().is_some() { start.min(at) } else { at })
            }
            Method::Short | Method::Blocks => (start, end.max(start)),
        };
        let places = running.0.min(running.1)..running.0.max(running.1);
        Piece { sequence: number, places, rows: Vec::new(), answers, running }
    };
    of_sequences.into_iter().map(piece).collect()
}

/// Ordinals that are loaded side by side.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    ordinals: IndexRanges,
    /// How many come before each range.
    before: Vec<u64>,
}

impl Loaded {
    pub fn new(ordinals: IndexRanges) -> Self {
        let mut count = 0;
        let before = ordinals
            .ranges()
            .iter()
            .map(|range| {
                let before = count;
                count += range.end - range.start;
                before
            })
            .collect();
        Self { ordinals, before }
    }

    /// The ordinals.
    pub fn ordinals(&self) -> &IndexRanges {
        &self.ordinals
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ordinals.len() as usize
    }

    /// Where `ordinal` is among them.
    pub fn position(&self, ordinal: u64) -> Option<usize> {
        let range = self.ordinals.ranges().partition_point(|r| r.end <= ordinal);
        let start = self.ordinals.ranges().get(range).map(|r| r.start).filter(|start| *start <= ordinal)?;
        Some((self.before.get(range)? + (ordinal - start)) as usize)
    }

    /// Says where the rows of `pieces` are; `None` where one is not loaded.
    pub fn place(&self, line: &Line, pieces: &mut [Piece]) -> Option<()> {
        for piece in pieces {
            piece.rows = piece.places.clone().map(|place| self.position(line.ordinal(place))).collect::<Option<_>>()?;
        }
        Some(())
    }
}

/// The ordinals that `pieces` need.
pub(crate) fn needed(line: &Line, pieces: &[Piece]) -> Vec<Range<u64>> {
    let mut out: Vec<Range<u64>> = Vec::new();
    for place in pieces.iter().flat_map(|piece| piece.places.clone()) {
        let ordinal = line.ordinal(place);
        match out.last_mut() {
            Some(last) if last.end == ordinal => last.end += 1,
            _ => out.push(ordinal..ordinal + 1),
        }
    }
    out
}

/// The selected indices with the `ordinals`.
pub(crate) fn indices(selected: &IndexRanges, ordinals: &IndexRanges) -> IndexRanges {
    let mut before = 0;
    let mut out = Vec::new();
    for range in selected.ranges() {
        let len = range.end - range.start;
        let own = ordinals.within(before..before + len);
        out.extend(own.ranges().iter().map(|o| o.start - before + range.start..o.end - before + range.start));
        before += len;
    }
    IndexRanges::from_ranges(out)
}
