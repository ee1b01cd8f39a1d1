//! The states against what adding up cell by cell gives: every kind of argument, run, mask and type, in any number of
//! segments.

mod pieces;
mod spread;
mod sql;

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Float64Array, Int32Array, Int64Array, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, UInt64Type};
use datafusion::common::ScalarValue;

use super::count::Count;
use super::extreme::Extreme;
use super::sum::{Answer, FloatSum, WholeSum};
use super::weighted::WeightedAverage;
use super::{Accumulator, Argument, Piece, RowCounter, Run, Target};
use crate::testing::Random;
use pieces::{Case, answers, random_case};

fn close(got: &ArrayRef, group: usize, expected: Option<f64>, magnitude: f64) -> bool {
    let got = got.as_primitive::<Float64Type>();
    match expected {
        None => got.is_null(group),
        Some(_) if got.is_null(group) => false,
        Some(expected) if expected.is_finite() => (got.value(group) - expected).abs() <= 1e-12 * magnitude,
        Some(expected) => got.value(group) == expected || (got.value(group).is_nan() && expected.is_nan()),
    }
}

fn number(value: &ScalarValue) -> f64 {
    let array = value.cast_to(&DataType::Float64).unwrap();
    let ScalarValue::Float64(Some(number)) = array else { panic!("{value:?} is no number") };
    number
}

const NUMBERS: [DataType; 10] = [
    DataType::Int8,
    DataType::Int16,
    DataType::Int32,
    DataType::Int64,
    DataType::UInt8,
    DataType::UInt16,
    DataType::UInt32,
    DataType::UInt64,
    DataType::Float32,
    DataType::Float64,
];

/// The values of a group, of the one argument.
fn values(case: &Case, group: usize) -> Vec<ScalarValue> {
    case.rows[group].iter().map(|row| row[0].clone()).filter(|value| !value.is_null()).collect()
}

#[test]
fn sums_and_averages_of_numbers_are_those_of_their_cells() {
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let case = random_case(&mut random, &[NUMBERS[seed as usize % NUMBERS.len()].clone()]);
        for answer in [Answer::Sum, Answer::Average] {
            let got = answers(&mut random, &case, &|groups| Box::new(FloatSum::new(groups, answer)));
            for group in 0..case.groups {
                let values: Vec<f64> = values(&case, group).iter().map(number).collect();
                let sum: f64 = values.iter().sum();
                let magnitude: f64 = values.iter().map(|value| value.abs()).sum();
                let divisor = if answer == Answer::Sum { 1.0 } else { values.len() as f64 };
                let expected = (!values.is_empty()).then(|| sum / divisor);
                assert!(
                    close(&got, group, expected, magnitude),
                    "seed {seed}, group {group}: {expected:?}, got {got:?}"
                );
            }
        }
    }
}

fn whole_sum<T>(seed: u64, data_type: &DataType)
where
    T: ArrowPrimitiveType + std::fmt::Debug,
    WholeSum<T>: Accumulator,
{
    let mut random = Random::new(seed);
    let case = random_case(&mut random, std::slice::from_ref(data_type));
    let got = answers(&mut random, &case, &|groups| Box::new(WholeSum::<T>::new(groups, "sum(x)")));
    for group in 0..case.groups {
        let values = values(&case, group);
        let sum: i128 = values.iter().map(|value| value.to_string().parse::<i128>().unwrap()).sum();
        let got = ScalarValue::try_from_array(&got, group).unwrap();
        if values.is_empty() {
            assert!(got.is_null(), "seed {seed}, group {group}: {got}");
        } else {
            assert_eq!(got.to_string(), sum.to_string(), "seed {seed}, group {group}");
        }
    }
}

#[test]
fn whole_sums_are_exact() {
    for seed in 0..200 {
        whole_sum::<Int64Type>(seed, &NUMBERS[seed as usize % 4]);
        whole_sum::<UInt64Type>(seed, &NUMBERS[4 + seed as usize % 4]);
    }
}

fn sum_of<T>(values: ArrayRef) -> datafusion::error::Result<ArrayRef>
where
    T: ArrowPrimitiveType + std::fmt::Debug,
    WholeSum<T>: Accumulator,
{
    let mut sum = WholeSum::<T>::new(1, "sum(x)");
    let runs = [Run { start: 0, len: values.len(), to: Target::One(0) }];
    let piece = Piece { len: values.len(), runs: &runs, offsets: &[], mask: None };
    sum.update(&piece, &[Argument::Cells(&values)])?;
    sum.finish(0..1, &[values.len() as u64])
}

#[test]
fn a_whole_sum_outside_of_its_type_is_an_error_and_one_that_comes_back_is_not() {
    let back: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, i64::MAX, -i64::MAX]));
    assert_eq!(sum_of::<Int64Type>(back).unwrap().as_primitive::<Int64Type>().value(0), i64::MAX);
    let error = sum_of::<Int64Type>(Arc::new(Int64Array::from(vec![i64::MIN, -1]))).unwrap_err().to_string();
    let expected =
        "`sum(x)` is `-9223372036854775809`, outside of the range of `Int64`; cast the argument to DOUBLE or DECIMAL";
    assert!(error.contains(expected), "{error}");
    let error = sum_of::<UInt64Type>(Arc::new(UInt64Array::from(vec![u64::MAX, 1]))).unwrap_err().to_string();
    assert!(error.contains("`18446744073709551616`, outside of the range of `UInt64`"), "{error}");
}

/// The order that Arrow's kernels have.
fn order(left: &ScalarValue, right: &ScalarValue) -> Ordering {
    match (left, right) {
        (ScalarValue::Float32(Some(left)), ScalarValue::Float32(Some(right))) => left.total_cmp(right),
        (ScalarValue::Float64(Some(left)), ScalarValue::Float64(Some(right))) => left.total_cmp(right),
        _ => left.partial_cmp(right).unwrap(),
    }
}

fn extremes<const MAX: bool>(seed: u64, data_type: &DataType) {
    use DataType::{Boolean, Float32, Float64, Int8, Int16, UInt8, UInt16, UInt32, UInt64};
    let create = |groups| -> Box<dyn Accumulator> {
        match data_type {
            Int8 => Box::new(Extreme::<i8, MAX>::new(groups, data_type)),
            Int16 => Box::new(Extreme::<i16, MAX>::new(groups, data_type)),
            UInt8 | Boolean => Box::new(Extreme::<u8, MAX>::new(groups, data_type)),
            UInt16 => Box::new(Extreme::<u16, MAX>::new(groups, data_type)),
            UInt32 => Box::new(Extreme::<u32, MAX>::new(groups, data_type)),
            UInt64 => Box::new(Extreme::<u64, MAX>::new(groups, data_type)),
            Float32 => Box::new(Extreme::<f32, MAX>::new(groups, data_type)),
            Float64 => Box::new(Extreme::<f64, MAX>::new(groups, data_type)),
            other if other.primitive_width() == Some(4) => Box::new(Extreme::<i32, MAX>::new(groups, data_type)),
            _ => Box::new(Extreme::<i64, MAX>::new(groups, data_type)),
        }
    };
    let mut random = Random::new(seed);
    let case = random_case(&mut random, std::slice::from_ref(data_type));
    let got = answers(&mut random, &case, &create);
    assert_eq!(got.data_type(), data_type);
    for group in 0..case.groups {
        let values = values(&case, group);
        let best =
            if MAX { values.iter().max_by(|l, r| order(l, r)) } else { values.iter().min_by(|l, r| order(l, r)) };
        let got = ScalarValue::try_from_array(&got, group).unwrap();
        match best {
            Some(best) => {
                assert!(
                    !got.is_null() && order(&got, best).is_eq(),
                    "seed {seed}, max {MAX}, group {group}: {got:?} is not {best:?}"
                );
            }
            None => assert!(got.is_null(), "seed {seed}, group {group}: {got:?}"),
        }
    }
}

#[test]
fn extremes_of_every_type_are_those_of_their_cells_in_arrows_order() {
    let mut types = NUMBERS.to_vec();
    types.extend([
        DataType::Boolean,
        DataType::Date32,
        DataType::Timestamp(TimeUnit::Microsecond, Some("+01:00".into())),
        DataType::Duration(TimeUnit::Millisecond),
        DataType::Time32(TimeUnit::Second),
        // Again: they come in more forms.
        DataType::Float32,
        DataType::Float64,
    ]);
    for seed in 0..600 {
        let data_type = &types[seed as usize % types.len()];
        extremes::<false>(seed, data_type);
        extremes::<true>(seed, data_type);
    }
}

#[test]
fn counts_are_of_the_cells_where_every_argument_has_a_value() {
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let types: Vec<DataType> = (0..random.below(4)).map(|_| random.pick(&NUMBERS).clone()).collect();
        let case = random_case(&mut random, &types);
        let got = answers(&mut random, &case, &|groups| Box::new(Count::new(groups)));
        for group in 0..case.groups {
            let expected = case.rows[group].iter().filter(|row| row.iter().all(|value| !value.is_null())).count();
            assert_eq!(got.as_primitive::<Int64Type>().value(group), expected as i64, "seed {seed}, group {group}");
        }
    }
}

#[test]
fn weighted_averages_are_of_the_cells_with_a_value_and_a_weight() {
    for seed in 0..600 {
        let mut random = Random::new(seed);
        let types = [random.pick(&NUMBERS).clone(), random.pick(&NUMBERS).clone()];
        let case = random_case(&mut random, &types);
        let got = answers(&mut random, &case, &|groups| Box::new(WeightedAverage::new(groups)));
        for group in 0..case.groups {
            let rows = case.rows[group].iter().filter(|row| row.iter().all(|value| !value.is_null()));
            let pairs: Vec<(f64, f64)> = rows.map(|row| (number(&row[0]), number(&row[1]))).collect();
            let products: f64 = pairs.iter().map(|(value, weight)| value * weight).sum();
            let weights: f64 = pairs.iter().map(|(_, weight)| weight).sum();
            let size: f64 = pairs.iter().map(|(_, weight)| weight.abs()).sum();
            let magnitude: f64 = pairs.iter().map(|(value, weight)| (value * weight).abs()).sum();
            if weights.abs() <= 1e-9 * size && weights != 0.0 {
                continue;
            }
            let expected = (!pairs.is_empty() && weights != 0.0).then(|| products / weights);
            // Both sums round, and the division carries it on.
            let slack = (magnitude / weights.abs()) * (1.0 + size / weights.abs());
            assert!(close(&got, group, expected, slack), "seed {seed}, group {group}: {expected:?}, got {got:?}");
        }
    }
}

#[test]
fn rows_are_counted_by_group_under_a_mask() {
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let case = random_case(&mut random, &[]);
        let (mut counter, mut later) = (RowCounter::new(case.groups), RowCounter::new(case.groups));
        for (number, cells) in case.pieces.iter().enumerate() {
            let to = if number * 2 < case.pieces.len() { &mut counter } else { &mut later };
            to.update(&cells.piece());
        }
        counter.merge(&later);
        for group in 0..case.groups {
            let expected = case.rows[group].len() as u64;
            assert_eq!(counter.counts(0..case.groups)[group], expected, "seed {seed}, group {group}");
        }
    }
}

#[test]
fn text_that_the_filter_leaves_out_need_not_be_a_number() {
    let values: ArrayRef = Arc::new(datafusion::arrow::array::StringArray::from(vec!["1.5", "none", "2"]));
    let mask = vec![true, false, true].into();
    let runs = [Run { start: 0, len: 3, to: Target::One(0) }];
    let mut sum = FloatSum::new(1, Answer::Sum);
    let piece = Piece { len: 3, runs: &runs, offsets: &[], mask: Some(&mask) };
    sum.update(&piece, &[Argument::Cells(&values)]).unwrap();
    let got = sum.finish(0..1, &[2]).unwrap();
    assert_eq!(got.as_primitive::<Float64Type>(), &Float64Array::from(vec![3.5]));
    assert!(sum.update(&Piece { mask: None, ..piece }, &[Argument::Cells(&values)]).is_err());
}

#[test]
fn states_of_another_kind_or_arguments_of_another_length_are_errors() {
    let mut sum = FloatSum::new(1, Answer::Sum);
    assert!(sum.merge(Box::new(Count::new(1))).is_err());
    let runs = [Run { start: 0, len: 3, to: Target::One(0) }];
    let piece = Piece { len: 3, runs: &runs, offsets: &[], mask: None };
    assert!(sum.update(&piece, &[Argument::Float32(&[1.0, 2.0])]).is_err());
    assert!(sum.update(&piece, &[]).is_err());
    let wrong: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
    assert!(Extreme::<i64, true>::new(1, &DataType::Int64).update(&piece, &[Argument::Cells(&wrong)]).is_err());
}

#[test]
fn a_sum_of_a_run_does_not_depend_on_what_other_runs_hold() {
    let values: Vec<f64> = (0..5000).map(|i| 1.0 / f64::from(i + 1)).collect();
    let sum = |runs: &[Run]| {
        let mut sum = FloatSum::new(3, Answer::Sum);
        let piece = Piece { len: values.len(), runs, offsets: &[], mask: None };
        sum.update(&piece, &[Argument::Float64(&values)]).unwrap();
        sum.finish(1..2, &[1]).unwrap().as_primitive::<Float64Type>().value(0).to_bits()
    };
    let run = Run { start: 1000, len: 3500, to: Target::One(1) };
    let other = Run { start: 0, len: 700, to: Target::Each(2) };
    let before = Run { start: 800, len: 100, to: Target::One(0) };
    assert_eq!(sum(&[run]), sum(&[Run { len: 1, ..other }, before, run]));
}
