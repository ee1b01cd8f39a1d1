//! Pieces made at random, and what they hold cell by cell.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use crate::aggregate::accumulate::{Accumulator, Argument, Piece, Run, Target};
use crate::testing::Random;

/// An argument that owns its values.
#[derive(Debug)]
pub enum Values {
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Cells(ArrayRef),
    Runs(ArrayRef),
}

impl Values {
    fn argument(&self) -> Argument<'_> {
        match self {
            Self::Float32(values) => Argument::Float32(values),
            Self::Float64(values) => Argument::Float64(values),
            Self::Cells(array) => Argument::Cells(array),
            Self::Runs(array) => Argument::Runs(array),
        }
    }

    fn at(&self, cell: usize, run: usize) -> ScalarValue {
        match self {
            Self::Float32(values) => ScalarValue::Float32(Some(values[cell]).filter(|value| !value.is_nan())),
            Self::Float64(values) => ScalarValue::Float64(Some(values[cell]).filter(|value| !value.is_nan())),
            Self::Cells(array) => ScalarValue::try_from_array(array, cell).unwrap(),
            Self::Runs(array) => ScalarValue::try_from_array(array, run).unwrap(),
        }
    }
}

/// A piece that owns what it holds.
#[derive(Debug)]
pub struct Cells {
    len: usize,
    runs: Vec<Run>,
    offsets: Vec<u32>,
    mask: Option<BooleanBuffer>,
    arguments: Vec<Values>,
}

impl Cells {
    pub fn piece(&self) -> Piece<'_> {
        Piece { len: self.len, runs: &self.runs, offsets: &self.offsets, mask: self.mask.as_ref() }
    }

    pub fn arguments(&self) -> Vec<Argument<'_>> {
        self.arguments.iter().map(Values::argument).collect()
    }

    /// Each row that counts, with its group.
    fn rows(&self) -> impl Iterator<Item = (usize, Vec<ScalarValue>)> {
        self.runs.iter().enumerate().flat_map(move |(number, run)| {
            (0..run.len).filter_map(move |cell| {
                let group = match run.to {
                    Target::One(group) => group,
                    Target::Each(first) => first + cell,
                    Target::Map { base, from } => base + self.offsets[from + cell] as usize,
                };
                let at = run.start + cell;
                let counts = self.mask.as_ref().is_none_or(|mask| mask.value(at));
                counts.then(|| (group, self.arguments.iter().map(|values| values.at(at, number)).collect()))
            })
        })
    }
}

#[derive(Debug)]
pub struct Case {
    pub groups: usize,
    pub pieces: Vec<Cells>,
    /// The rows of each group.
    pub rows: Vec<Vec<Vec<ScalarValue>>>,
}

/// A few pieces, of arguments of these types.
pub fn random_case(random: &mut Random, types: &[DataType]) -> Case {
    // Longer than a block now and then, so that runs are cut.
    let long = random.chance(10);
    let len = if long { 6000 } else { 400 };
    let most = if random.chance(50) { 5 } else { len };
    let groups = 1 + random.below(most) as usize;
    // Infinities and NaN in one case, plain numbers in the other: the first hide what the second show.
    let plain = random.chance(60);
    let number = 1 + random.below(if long { 2 } else { 5 });
    let pieces: Vec<Cells> = (0..number).map(|_| random_cells(random, len, groups, types, plain)).collect();
    let mut rows = vec![Vec::new(); groups];
    pieces.iter().flat_map(Cells::rows).for_each(|(group, row)| rows[group].push(row));
    Case { groups, pieces, rows }
}

fn random_cells(random: &mut Random, most: u64, groups: usize, types: &[DataType], plain: bool) -> Cells {
    let len = 1 + random.below(most) as usize;
    let longest = *random.pick(&[3, 40, most]);
    let whole = random.chance(20);
    let (mut runs, mut offsets, mut start) = (Vec::new(), Vec::new(), 0);
    while start < len {
        if !whole && random.chance(30) {
            start += 1 + random.below(longest) as usize;
        }
        let left = len.saturating_sub(start);
        if left == 0 {
            break;
        }
        let mut run_len = if whole { left } else { 1 + random.below(longest.min(left as u64)) as usize };
        let to = match random.below(3) {
            0 => Target::One(random.below(groups as u64) as usize),
            1 => {
                let first = random.below(groups as u64) as usize;
                run_len = run_len.min(groups - first);
                Target::Each(first)
            }
            _ => random_map(random, groups, run_len, &mut offsets),
        };
        runs.push(Run { start, len: run_len, to });
        start += run_len;
    }
    let mask = random.chance(60).then(|| random_bits(random, len));
    let arguments = types.iter().map(|of| random_values(random, len, runs.len(), of, plain)).collect();
    Cells { len, runs, offsets, mask, arguments }
}

fn random_map(random: &mut Random, groups: usize, len: usize, offsets: &mut Vec<u32>) -> Target {
    let base = random.below(groups as u64) as usize;
    // Offsets that nobody asks for lie between those of two runs.
    offsets.resize(offsets.len() + random.below(3) as usize, u32::MAX);
    let from = offsets.len();
    let stretch = *random.pick(&[1, 7, 50]);
    while offsets.len() < from + len {
        let offset = random.below((groups - base) as u64) as u32;
        let end = (offsets.len() + 1 + random.below(stretch) as usize).min(from + len);
        offsets.resize(end, offset);
    }
    Target::Map { base, from }
}

/// Bits that are set by chance, or in long stretches, or nowhere, or everywhere.
fn random_bits(random: &mut Random, len: usize) -> BooleanBuffer {
    let percent = *random.pick(&[0, 3, 50, 97, 100]);
    let stretch = *random.pick(&[1, 100]);
    let mut bits = Vec::new();
    while bits.len() < len {
        let bit = random.chance(percent);
        bits.resize((bits.len() + 1 + random.below(stretch) as usize).min(len), bit);
    }
    // A mask may start in the middle of a byte.
    let skipped = random.below(9) as usize;
    let all: BooleanBuffer = std::iter::repeat_n(true, skipped).chain(bits).collect();
    all.slice(skipped, len)
}

fn random_values(random: &mut Random, len: usize, runs: usize, of: &DataType, plain: bool) -> Values {
    let form = random.below(3);
    let missing = *random.pick(&[0, 0, 2, 60, 100]);
    if form == 0 && matches!(of, DataType::Float32 | DataType::Float64) {
        let values: Vec<f64> = (0..len)
            .map(|_| if random.chance(missing) { f64::NAN } else { random_float(random, plain).max(f64::NEG_INFINITY) })
            .collect();
        return match of {
            DataType::Float32 => Values::Float32(values.iter().map(|value| *value as f32).collect()),
            _ => Values::Float64(values),
        };
    }
    let len = if form == 1 { runs } else { len };
    let nulls = (missing > 0).then(|| NullBuffer::from_iter((0..len).map(|_| !random.chance(missing))));
    let array: ArrayRef = match of {
        DataType::Boolean => Arc::new(BooleanArray::new((0..len).map(|_| random.chance(50)).collect(), nulls)),
        DataType::Float32 => {
            Arc::new(Float32Array::new((0..len).map(|_| random_float(random, plain) as f32).collect(), nulls))
        }
        DataType::Float64 => {
            Arc::new(Float64Array::new((0..len).map(|_| random_float(random, plain)).collect(), nulls))
        }
        _ => {
            let values = (0..len).map(|_| {
                let wide = random.below(1 << 40) as i64 - (1 << 39);
                match of {
                    DataType::Int8 => wide % 128,
                    DataType::Int16 => wide % 32_768,
                    DataType::UInt8 => wide.abs() % 256,
                    DataType::UInt16 => wide.abs() % 65_536,
                    DataType::UInt32 | DataType::UInt64 => wide.abs() % (1 << 32),
                    _ if of.primitive_width() == Some(4) => wide % 80_000,
                    _ => wide,
                }
            });
            let wide: ArrayRef = Arc::new(Int64Array::new(values.collect(), nulls));
            match of {
                DataType::Date32 | DataType::Time32(_) => cast(&cast(&wide, &DataType::Int32).unwrap(), of).unwrap(),
                _ => cast(&wide, of).unwrap(),
            }
        }
    };
    // Arrays may be a part of others.
    let array = concat(&[&array.slice(0, len.min(3)), &array]).unwrap().slice(len.min(3), len);
    if form == 1 { Values::Runs(array) } else { Values::Cells(array) }
}

fn random_float(random: &mut Random, plain: bool) -> f64 {
    let number = (random.below(2_000_000) as f64 - 1_000_000.0) / 64.0;
    if plain {
        return number;
    }
    match random.below(40) {
        0 => f64::INFINITY,
        1 => f64::NEG_INFINITY,
        2..8 => 0.0,
        8..14 => -0.0,
        14 => f64::NAN,
        15 => -f64::NAN,
        _ => number,
    }
}

/// The answers for all groups after the pieces went to a few states one after the other.
pub fn answers(random: &mut Random, case: &Case, create: &dyn Fn(usize) -> Box<dyn Accumulator>) -> ArrayRef {
    let mut merged = create(case.groups);
    let mut segment: Option<Box<dyn Accumulator>> = None;
    for cells in &case.pieces {
        if random.chance(40)
            && let Some(done) = segment.replace(create(case.groups))
        {
            merged.merge(done).unwrap();
        }
        let to = segment.as_mut().unwrap_or(&mut merged);
        to.update(&cells.piece(), &cells.arguments()).unwrap();
    }
    if let Some(done) = segment {
        merged.merge(done).unwrap();
    }
    let counts: Vec<u64> = case.rows.iter().map(|rows| rows.len() as u64).collect();
    let (mut parts, mut start) = (Vec::new(), 0);
    while start < case.groups {
        let end = (start + 1 + random.below(case.groups as u64) as usize).min(case.groups);
        parts.push(merged.finish(start..end, &counts[start..end]).unwrap());
        start = end;
    }
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    concat(&parts).unwrap()
}
