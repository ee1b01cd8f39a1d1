//! Variances and standard deviations against those of all values at once.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::Float64Type;

use super::pieces::{answers, random_case};
use super::{NUMBERS, close, number, values};
use crate::aggregate::accumulate::variance::{Spread, Variance};
use crate::aggregate::accumulate::{Accumulator, Argument, Piece, Run, Target};
use crate::testing::Random;

const SPREADS: [Spread; 4] = [
    Spread { sample: true, root: false },
    Spread { sample: false, root: false },
    Spread { sample: true, root: true },
    Spread { sample: false, root: true },
];

const VARIANCE: Spread = SPREADS[1];

/// The answer for values whose digits are all kept when `near` is taken off them.
fn of(values: &[f64], near: f64, spread: Spread) -> Option<f64> {
    let count = values.len() as f64;
    let mean = values.iter().map(|value| value - near).sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - near - mean).powi(2)).sum();
    let divisor = if spread.sample { count - 1.0 } else { count };
    let variance = squares / divisor;
    (divisor > 0.0).then_some(if spread.root { variance.sqrt() } else { variance })
}

#[test]
fn variances_and_deviations_of_numbers_are_those_of_their_cells() {
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let case = random_case(&mut random, &[NUMBERS[seed as usize % NUMBERS.len()].clone()]);
        for spread in SPREADS {
            let got = answers(&mut random, &case, &|groups| Box::new(Variance::new(groups, spread)));
            for group in 0..case.groups {
                let values: Vec<f64> = values(&case, group).iter().map(number).collect();
                let expected = of(&values, 0.0, spread);
                assert!(
                    close(&got, group, expected, expected.unwrap_or_default()),
                    "seed {seed}, {spread:?}, group {group}: {expected:?}, got {got:?}"
                );
            }
        }
    }
}

/// The variances of groups after pieces of these runs, each with all values.
fn variances(groups: usize, pieces: &[(Vec<Run>, Vec<u32>, Vec<f64>)], mask: Option<&BooleanBuffer>) -> ArrayRef {
    let mut states = Variance::new(groups, VARIANCE);
    for (runs, offsets, values) in pieces {
        let piece = Piece { len: values.len(), runs, offsets, mask };
        states.update(&piece, &[Argument::Float64(values)]).unwrap();
    }
    states.finish(0..groups, &vec![0; groups]).unwrap()
}

fn noise(random: &mut Random, len: usize, mean: f64) -> Vec<f64> {
    (0..len).map(|_| mean + random.below(1 << 20) as f64 / f64::from(1 << 20)).collect()
}

/// Relative.
fn error(got: f64, expected: f64) -> f64 {
    (got - expected).abs() / expected
}

/// The mean is three hundred million deviations, and its last digit is lost with each step.
const NEARLY: f64 = 1e-7;

/// What DataFusion's own states do with one value after the other.
fn one_by_one(values: &[f64]) -> f64 {
    let (mut mean, mut squares) = (0.0, 0.0);
    for (before, value) in values.iter().enumerate() {
        let difference = value - mean;
        mean += difference / (before + 1) as f64;
        squares += difference * (value - mean);
    }
    squares / values.len() as f64
}

#[test]
fn a_large_mean_costs_no_more_digits_than_it_costs_datafusion() {
    let (len, mean) = (50_000, 1e8);
    let mut random = Random::new(3);
    let all = noise(&mut random, len, mean);
    let expected = of(&all, mean, VARIANCE).unwrap();
    let datafusion = error(one_by_one(&all), expected);

    let one = Run { start: 0, len, to: Target::One(0) };
    let got = variances(1, &[(vec![one], vec![], all.clone())], None);
    let got = error(got.as_primitive::<Float64Type>().value(0), expected);
    assert!(got <= datafusion, "{got:e} instead of {datafusion:e}");
    assert!(got < NEARLY, "{got:e}");

    let short = (0..len).step_by(100).map(|start| Run { start, len: 100, to: Target::One(0) });
    let got = variances(1, &[(short.collect(), vec![], all.clone())], None);
    let got = error(got.as_primitive::<Float64Type>().value(0), expected);
    assert!(got < NEARLY, "{got:e}");

    // Stretches of three and of four, which are taken in in two ways, go to groups in turn.
    let offsets: Vec<u32> = (0..len).map(|i| u32::from(i % 7 >= 3)).collect();
    let map = Run { start: 0, len, to: Target::Map { base: 0, from: 0 } };
    let got = variances(2, &[(vec![map], offsets.clone(), all.clone())], None);
    for group in 0..2 {
        let own: Vec<f64> = all.iter().zip(&offsets).filter(|(_, to)| **to == group).map(|(value, _)| *value).collect();
        let got = got.as_primitive::<Float64Type>().value(group as usize);
        let got = error(got, of(&own, mean, VARIANCE).unwrap());
        assert!(got < NEARLY, "{got:e}");
    }

    let pieces: Vec<_> = all
        .chunks(50)
        .map(|values| (vec![Run { start: 0, len: 50, to: Target::Each(0) }], vec![], values.to_vec()))
        .collect();
    let got = variances(50, &pieces, None);
    for group in 0..50 {
        let own: Vec<f64> = all.iter().skip(group).step_by(50).copied().collect();
        let got = error(got.as_primitive::<Float64Type>().value(group), of(&own, mean, VARIANCE).unwrap());
        assert!(got < NEARLY, "{got:e}");
    }
}

#[test]
fn equal_values_have_a_variance_of_zero_wherever_they_are() {
    for value in [0.1, -1.0 / 3.0, 1e8 + 0.1, f64::MAX, f64::MIN_POSITIVE] {
        for to in [Target::One(0), Target::Each(0), Target::Map { base: 0, from: 0 }] {
            for masked in [false, true] {
                let len = 5000;
                let mask: BooleanBuffer = (0..len).map(|i| i % 3 == 0 || i > 4000).collect();
                let groups = if to == Target::Each(0) { len } else { 2 };
                let offsets: Vec<u32> = (0..len).map(|i| u32::from(i % 11 > 3)).collect();
                let piece = (vec![Run { start: 0, len, to }], offsets, vec![value; len]);
                let got = variances(groups, &[piece.clone(), piece.clone(), piece], masked.then_some(&mask));
                let got = got.as_primitive::<Float64Type>();
                assert!(got.iter().flatten().all(|variance| variance == 0.0), "{value} {to:?}: {got:?}");
                assert!(got.is_valid(0));
            }
        }
    }
}

#[test]
fn a_value_that_is_missing_is_not_computed_with_and_one_that_is_nan_is() {
    for (to, groups) in [(Target::One(0), 1), (Target::Each(0), 3), (Target::Map { base: 0, from: 0 }, 1)] {
        let runs = [Run { start: 0, len: 3, to }];
        let piece = Piece { len: 3, runs: &runs, offsets: &[0, 0, 0], mask: None };
        let of = |argument: Argument<'_>| {
            let mut states = Variance::new(groups, VARIANCE);
            states.update(&piece, &[argument]).unwrap();
            states.finish(0..groups, &[3, 3, 3][..groups]).unwrap().as_primitive::<Float64Type>().clone()
        };
        let data = of(Argument::Float64(&[1.0, f64::NAN, 3.0]));
        let computed: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::NAN, 3.0]));
        let computed = of(Argument::Cells(&computed));
        let infinite = of(Argument::Float64(&[1.0, f64::INFINITY, 3.0]));
        let per_run: ArrayRef = Arc::new(Float64Array::from(vec![f64::NEG_INFINITY]));
        let per_run = of(Argument::Runs(&per_run));
        let at = groups.min(2) - 1;
        if groups == 1 {
            assert_eq!(data.value(0), 1.0);
        } else {
            assert_eq!(data, Float64Array::from(vec![Some(0.0), None, Some(0.0)]));
        }
        assert!(computed.value(at).is_nan() && infinite.value(at).is_nan() && per_run.value(at).is_nan(), "{to:?}");
    }
}
