//! Averages with a weight for each cell; often one weight for all cells of a run, such as the cosine of a latitude.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::common::internal_err;
use datafusion::error::Result;

use super::bits::Bits;
use super::feed::{blocks, shown};
use super::kernel::{Widen, add_each, dot, sum, zeros};
use super::rows::Missing;
use super::values::{Presence, cast, cast_cells, check, same_kind, valid};
use super::{Accumulator, Argument, Move, Piece, Run, Target};

/// `weighted_avg`: the sum of the products divided by the sum of the weights.
#[derive(Debug)]
pub(super) struct WeightedAverage {
    products: Vec<f64>,
    weights: Vec<f64>,
    missing: Missing,
}

impl WeightedAverage {
    pub(super) fn new(groups: usize) -> Self {
        Self { products: zeros(groups), weights: zeros(groups), missing: Missing::new(groups) }
    }
}

/// Numbers of cells, before they are made wide.
enum Numbers<'a> {
    Float32(&'a [f32]),
    Float64(&'a [f64]),
    Wide(ScalarBuffer<f64>),
    Runs(ScalarBuffer<f64>),
}

impl<'a> Numbers<'a> {
    fn new(piece: &Piece<'_>, argument: &Argument<'a>) -> Result<Self> {
        Ok(match argument {
            Argument::Float32(values) => Self::Float32(values),
            Argument::Float64(values) => Self::Float64(values),
            Argument::Cells(array) => match array.data_type() {
                DataType::Float32 => Self::Float32(array.as_primitive::<Float32Type>().values()),
                DataType::Float64 => Self::Float64(array.as_primitive::<Float64Type>().values()),
                _ => Self::Wide(cast_cells::<Float64Type>(piece, array)?.values().clone()),
            },
            Argument::Runs(array) => Self::Runs(cast::<Float64Type>(array)?.values().clone()),
        })
    }

    /// Those of a block of run `number`, 0 where the bit is not set. `None` where no bit is.
    fn block(&self, number: usize, block: &Run, bits: Option<&Bits>, into: &mut Vec<f64>) -> Option<()> {
        match self {
            Self::Float32(values) => {
                let mut scratch = Vec::new();
                let values = shown(block, values, bits, 0.0, &mut scratch)?;
                into.clear();
                into.extend(values.iter().map(|value| f64::from(*value)));
            }
            Self::Float64(values) => copy(block, values, bits, into)?,
            Self::Wide(values) => copy(block, values, bits, into)?,
            Self::Runs(values) => {
                into.clear();
                into.resize(block.len, values[number]);
                if let Some(bits) = bits {
                    let same = into.clone();
                    bits.blank(block.start..block.start + block.len, &same, 0.0, into);
                }
            }
        }
        Some(())
    }

    /// The sum of the numbers of a block of run `number` whose bit is set.
    fn sum(&self, number: usize, block: &Run, bits: Option<&Bits>, count: usize) -> f64 {
        fn shown_sum<T: Widen>(block: &Run, values: &[T], bits: Option<&Bits>) -> f64 {
            shown(block, values, bits, T::default(), &mut Vec::new()).map_or(0.0, sum)
        }
        match self {
            Self::Float32(values) => shown_sum(block, values, bits),
            Self::Float64(values) => shown_sum(block, values, bits),
            Self::Wide(values) => shown_sum(block, values, bits),
            Self::Runs(values) => values[number] * count as f64,
        }
    }
}

fn copy(block: &Run, values: &[f64], bits: Option<&Bits>, into: &mut Vec<f64>) -> Option<()> {
    let mut scratch = Vec::new();
    let values = shown(block, values, bits, 0.0, &mut scratch)?;
    into.clear();
    into.extend_from_slice(values);
    Some(())
}

/// Adds `values` times one weight to the products beside them.
fn add_times<T: Widen>(products: &mut [f64], values: &[T], weight: f64) {
    for (product, value) in products.iter_mut().zip(values) {
        *product += value.widen() * weight;
    }
}

impl WeightedAverage {
    /// Takes in a block of a run with one weight, all of it there.
    fn add_same_weight<T: Widen>(&mut self, first: usize, values: &[T], weight: f64) {
        let groups = first..first + values.len();
        add_times(&mut self.products[groups.clone()], values, weight);
        self.weights[groups].iter_mut().for_each(|sum| *sum += weight);
    }

    fn add(&mut self, to: Target, offsets: &[u32], values: &mut [f64], weights: &[f64]) {
        match to {
            Target::One(group) => {
                self.products[group] += dot(values, weights);
                self.weights[group] += sum(weights);
            }
            Target::Each(first) => {
                values.iter_mut().zip(weights).for_each(|(value, weight)| *value *= weight);
                add_each(&mut self.products[first..first + values.len()], values);
                add_each(&mut self.weights[first..first + weights.len()], weights);
            }
            Target::Map { base, from } => {
                for ((offset, value), weight) in offsets[from..].iter().zip(values.iter()).zip(weights) {
                    let group = base + *offset as usize;
                    self.products[group] += value * weight;
                    self.weights[group] += weight;
                }
            }
        }
    }
}

impl Accumulator for WeightedAverage {
    fn update(&mut self, piece: &Piece<'_>, arguments: &[Argument<'_>]) -> Result<()> {
        check(piece, arguments)?;
        let [value, weight] = arguments else {
            return internal_err!("a weighted average has {} arguments, expected 2", arguments.len());
        };
        let both = [value, weight].into_iter().filter_map(|argument| valid(piece, argument));
        let both = both.reduce(|bits, other| bits.and(&other));
        let presence = Presence::new(piece.len, piece.mask.map(Bits::of), both);
        let present = presence.present.as_ref();
        self.missing.add(piece, presence.missing.as_ref());
        let (values, weights) = (Numbers::new(piece, value)?, Numbers::new(piece, weight)?);
        let (mut wide, mut wide_weights) = (Vec::new(), Vec::new());
        for (number, run) in piece.runs.iter().enumerate() {
            for block in blocks(*run) {
                let cells = block.start..block.start + block.len;
                let count = present.map_or(block.len, |present| present.count(cells.clone()));
                if count == 0 {
                    continue;
                }
                match (&values, &weights, block.to) {
                    (_, Numbers::Runs(weights), Target::One(group)) => {
                        let weight = weights[number];
                        self.products[group] += values.sum(number, &block, present, count) * weight;
                        self.weights[group] += count as f64 * weight;
                    }
                    (Numbers::Float32(values), Numbers::Runs(weights), Target::Each(first)) if count == block.len => {
                        self.add_same_weight(first, &values[cells], weights[number]);
                    }
                    (Numbers::Float64(values), Numbers::Runs(weights), Target::Each(first)) if count == block.len => {
                        self.add_same_weight(first, &values[cells], weights[number]);
                    }
                    _ => {
                        let some = present.filter(|_| count < block.len);
                        if values.block(number, &block, some, &mut wide).is_some()
                            && weights.block(number, &block, some, &mut wide_weights).is_some()
                        {
                            self.add(block.to, piece.offsets, &mut wide, &wide_weights);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, later: Box<dyn Accumulator>) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        add_each(&mut self.products, &later.products);
        add_each(&mut self.weights, &later.weights);
        self.missing.merge(&later.missing);
        Ok(())
    }

    fn merge_groups(&mut self, later: Box<dyn Accumulator>, moves: &[Move]) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        for Move { from, to } in moves {
            self.products[*to] += sum(&later.products[from.clone()]);
            self.weights[*to] += sum(&later.weights[from.clone()]);
        }
        self.missing.merge_groups(&later.missing, moves);
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, cells: &[u64]) -> Result<ArrayRef> {
        let states = self.products[groups.clone()].iter().zip(&self.weights[groups.clone()]);
        let answers = states
            .zip(self.missing.present(groups, cells))
            .map(|((product, weight), present)| (present > 0 && *weight != 0.0).then(|| product / weight));
        Ok(Arc::new(answers.collect::<Float64Array>()))
    }

    fn memory(&self) -> usize {
        (self.products.capacity() + self.weights.capacity()) * size_of::<f64>() + self.missing.memory()
    }
}
