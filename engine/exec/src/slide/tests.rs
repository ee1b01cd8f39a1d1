//! Frames and kernels against the obvious loop, over random blocks.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array, Int64Array};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{Float32Type, Float64Type, Int64Type, UInt64Type};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits};
use hyperslab_array::IndexRanges;

use super::frame::Frames;
use super::line::Line;
use super::*;
use crate::testing::Random;

fn rows(start: WindowFrameBound, end: WindowFrameBound) -> WindowFrame {
    WindowFrame::new_bounds(WindowFrameUnits::Rows, start, end)
}

fn preceding(n: Option<u64>) -> WindowFrameBound {
    WindowFrameBound::Preceding(ScalarValue::UInt64(n))
}

fn following(n: Option<u64>) -> WindowFrameBound {
    WindowFrameBound::Following(ScalarValue::UInt64(n))
}

fn some_frame(random: &mut Random) -> WindowFrame {
    let (a, b) = (random.below(12), random.below(12));
    match random.below(6) {
        0 => rows(preceding(Some(a)), following(Some(b))),
        1 => rows(preceding(Some(a.max(b))), preceding(Some(a.min(b)))),
        2 => rows(following(Some(a.min(b))), following(Some(a.max(b)))),
        3 => rows(preceding(None), WindowFrameBound::CurrentRow),
        4 => rows(preceding(None), if random.chance(50) { preceding(Some(a)) } else { following(Some(b)) }),
        _ => rows(if random.chance(50) { preceding(Some(a)) } else { following(Some(b)) }, following(None)),
    }
}

fn some_line(random: &mut Random, len: u64) -> Line {
    let is_descending = random.chance(50);
    if random.chance(50) {
        return Line::new(len, is_descending);
    }
    let keys: Vec<i64> = (0..len).map(|i| (i % 3) as i64).collect();
    Line::try_new(len, is_descending, &[Arc::new(Int64Array::from(keys)) as ArrayRef]).unwrap()
}

/// The values of each ordinal's frame, in the order of the ordinals, made the obvious way.
fn frame_of(line: &Line, frames: &Frames, ordinal: u64) -> Vec<u64> {
    frames.of(line.place(ordinal)).map(|place| line.ordinal(place)).collect()
}

#[test]
fn frames_in_rows_are_those_of_the_order_of_the_window() {
    let labels: ArrayRef = Arc::new(Float64Array::from((0..10).map(f64::from).collect::<Vec<_>>()));
    let frame = rows(preceding(Some(2)), WindowFrameBound::CurrentRow);
    let options = SortOptions::default();
    let line = Line::new(10, false);
    let frames = Frames::try_new(&frame, &labels, options, &line).unwrap();
    assert_eq!(frames.of(5), 3..6);
    let line = Line::new(10, true);
    let frames = Frames::try_new(&frame, &labels, SortOptions { descending: true, ..options }, &line).unwrap();
    assert_eq!((frames.of(5), frames.of(9)), (5..8, 9..10));
    assert_eq!(frames.method(), Method::Short);
}

#[test]
fn frames_in_a_range_follow_the_labels() {
    let labels: ArrayRef = Arc::new(Float64Array::from(vec![0.0, 1.0, 1.5, 4.0, 4.5, 9.0]));
    let bound = |v| ScalarValue::Float64(Some(v));
    let frame = WindowFrame::new_bounds(
        WindowFrameUnits::Range,
        WindowFrameBound::Preceding(bound(1.5)),
        WindowFrameBound::Preceding(bound(0.5)),
    );
    let frames = Frames::try_new(&frame, &labels, SortOptions::default(), &Line::new(6, false)).unwrap();
    let found: Vec<Range<u64>> = (0..6).map(|p| frames.of(p)).collect();
    assert_eq!((&found[2], &found[4]), (&(0..2), &(3..4)));
    assert!(found[0].is_empty() && found[3].is_empty() && found[5].is_empty());
}

/// A block of `shape` and its values; NaN is missing.
fn block(random: &mut Random, shape: Shape) -> (ArrayRef, Vec<f64>) {
    let has_nulls = random.chance(50);
    let value = |random: &mut Random| if has_nulls && random.chance(30) { f64::NAN } else { random.below(1000) as f64 };
    let values: Vec<f64> = (0..shape.cells()).map(|_| value(random)).collect();
    let there = |v: &f64| (!v.is_nan()).then_some(*v);
    let array: ArrayRef = match random.below(3) {
        0 => Arc::new(values.iter().map(|v| there(v).map(|v| v as f32)).collect::<Float32Array>()),
        1 => Arc::new(values.iter().map(there).collect::<Float64Array>()),
        _ => Arc::new(values.iter().map(|v| there(v).map(|v| v as i64)).collect::<Int64Array>()),
    };
    (array, values)
}

fn as_floats(array: &ArrayRef) -> Vec<Option<f64>> {
    let array = datafusion::arrow::compute::cast(array, &datafusion::arrow::datatypes::DataType::Float64).unwrap();
    array.as_primitive::<Float64Type>().iter().collect()
}

/// What `function` gives for the values of a frame.
fn naive(function: &FrameAggregate, values: &[f64], rows: usize) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let some = |v: f64| (!values.is_empty()).then_some(v);
    match function {
        FrameAggregate::Count => Some(if rows == usize::MAX { n } else { rows as f64 }),
        FrameAggregate::Sum | FrameAggregate::WholeSum(_) => some(values.iter().sum()),
        FrameAggregate::Average => some(mean),
        FrameAggregate::Least => some(values.iter().copied().fold(f64::MAX, f64::min)),
        FrameAggregate::Greatest => some(values.iter().copied().fold(f64::MIN, f64::max)),
        FrameAggregate::Spread { sample, root } => {
            let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
            let divisor = if *sample { n - 1.0 } else { n };
            (divisor > 0.0).then(|| squares / divisor).map(|v| if *root { v.sqrt() } else { v })
        }
    }
}

/// One unit after the other, as a scan does it.
fn in_units(
    function: &FrameAggregate,
    array: &ArrayRef,
    shape: Shape,
    line: &Line,
    frames: &Frames,
    cuts: &[u64],
) -> Vec<Vec<Option<f64>>> {
    let mut out = vec![Vec::new(); shape.along];
    let mut carries = Carries::default();
    let mut units: Vec<Range<u64>> = cuts.windows(2).map(|w| w[0]..w[1]).collect();
    if frames.method() == Method::FromEnd {
        units.reverse();
    }
    for unit in units {
        let own: Vec<u64> = unit.collect();
        let mut pieces = pieces(line, frames, &own, &carries);
        let loaded = Loaded::new(IndexRanges::from_ranges(needed(line, &pieces)));
        loaded.place(line, &mut pieces).unwrap();
        let sources: Vec<Option<usize>> = loaded.ordinals().iter().map(|o| Some(o as usize)).collect();
        let part = row_values(array, shape, &sources, None).unwrap();
        let shape = Shape { along: loaded.len(), ..shape };
        let job = Job { shape, own: own.len(), pieces: &pieces, method: frames.method(), nulls: None };
        let argument = Some(&part).filter(|_| !matches!(function, FrameAggregate::Count) || part.null_count() > 0);
        let answer = as_floats(&function.answer(argument, &job, &mut carries).unwrap());
        for (k, ordinal) in own.iter().enumerate() {
            for outer in 0..shape.outer {
                let start = (outer * own.len() + k) * shape.inner;
                out[*ordinal as usize].extend_from_slice(&answer[start..start + shape.inner]);
            }
        }
    }
    out
}

#[test]
fn answers_are_those_of_the_obvious_loop_wherever_units_start() {
    let mut random = Random::new(7);
    let functions = [
        FrameAggregate::Count,
        FrameAggregate::Sum,
        FrameAggregate::Average,
        FrameAggregate::WholeSum("sum".into()),
        FrameAggregate::Least,
        FrameAggregate::Greatest,
        FrameAggregate::Spread { sample: true, root: false },
        FrameAggregate::Spread { sample: false, root: true },
    ];
    for round in 0..300 {
        let pick = |random: &mut Random| *random.pick(&[1usize, 2, 5, 40]);
        let (outer, inner) = (pick(&mut random), pick(&mut random));
        let shape = Shape { outer, along: 1 + random.below(30) as usize, inner };
        let (array, values) = block(&mut random, shape);
        let line = some_line(&mut random, shape.along as u64);
        let frame = some_frame(&mut random);
        let frames = Frames::try_new(&frame, &array, SortOptions::default(), &line).unwrap();
        let function = random.pick(&functions).clone();
        if !function.takes(array.data_type()) {
            continue;
        }
        let end = shape.along as u64;
        let whole = in_units(&function, &array, shape, &line, &frames, &[0, end]);
        for ordinal in 0..end {
            let frame = frame_of(&line, &frames, ordinal);
            for (lane, found) in whole[ordinal as usize].iter().enumerate() {
                let (outer, inner) = (lane / shape.inner, lane % shape.inner);
                let cell = |o: &u64| values[(outer * shape.along + *o as usize) * shape.inner + inner];
                let there: Vec<f64> = frame.iter().map(cell).filter(|v| !v.is_nan()).collect();
                let rows = if array.null_count() > 0 { usize::MAX } else { frame.len() };
                let (expected, found) = (naive(&function, &there, rows), *found);
                let is_near = match (expected, found) {
                    (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
                    (a, b) => a.is_none() && b.is_none(),
                };
                assert!(is_near, "round {round}: {function:?} of {frame:?}, {expected:?} but {found:?}");
            }
        }
        let mut cuts: Vec<u64> = (0..random.below(5)).map(|_| random.below(end + 1)).chain([0, end]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let cut = in_units(&function, &array, shape, &line, &frames, &cuts);
        let bits = |rows: &[Vec<Option<f64>>]| -> Vec<Option<u64>> {
            rows.iter().flatten().map(|v| v.map(f64::to_bits)).collect()
        };
        assert_eq!(bits(&whole), bits(&cut), "round {round}: {function:?} {frame} cut at {cuts:?}");
    }
}

#[test]
fn values_of_rows_come_from_their_places_or_are_the_default() {
    let line = Line::new(4, false);
    let frames: Vec<Range<u64>> = vec![0..2, 0..3, 1..4, 2..2];
    let at =
        |value: RowValue| -> Vec<Option<u64>> { (0..4).map(|p| value.source(p, &frames[p as usize], &line)).collect() };
    assert_eq!(at(RowValue::First), [Some(0), Some(0), Some(1), None]);
    assert_eq!(at(RowValue::Last), [Some(1), Some(2), Some(3), None]);
    assert_eq!(at(RowValue::Nth(3)), [None, Some(2), Some(3), None]);
    assert_eq!(at(RowValue::Nth(-2)), [Some(0), Some(1), Some(2), None]);
    assert_eq!(at(RowValue::Before(1, ScalarValue::Null)), [None, Some(0), Some(1), Some(2)]);
    assert_eq!(at(RowValue::Before(i64::MIN, ScalarValue::Null)), [None; 4]);
    let down = Line::new(4, true);
    assert_eq!(RowValue::Before(1, ScalarValue::Null).source(0, &(0..1), &down), Some(1));
    assert_eq!(RowValue::First.source(0, &(0..3), &down), Some(2));
    let shape = Shape { outer: 2, along: 2, inner: 2 };
    let array: ArrayRef = Arc::new(Float32Array::from((0..8).map(|v| v as f32).collect::<Vec<_>>()));
    let default = ScalarValue::Float32(Some(-1.0));
    let found = row_values(&array, shape, &[None, Some(1)], Some(&default)).unwrap();
    assert_eq!(found.as_primitive::<Float32Type>().values(), &[-1.0, -1.0, 2.0, 3.0, -1.0, -1.0, 6.0, 7.0]);
    assert_eq!(row_values(&array, shape, &[None, Some(1)], None).unwrap().null_count(), 4);
    let numbers = row_numbers(&[0, 3], Shape { outer: 1, along: 0, inner: 2 }, &down);
    assert_eq!(numbers.as_primitive::<UInt64Type>().values(), &[4, 4, 1, 1]);
}

#[test]
fn a_whole_sum_that_does_not_fit_is_an_error_of_one_line() {
    let line = Line::new(2, false);
    let array: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, 1]));
    let frames =
        Frames::try_new(&rows(preceding(Some(1)), following(Some(0))), &array, SortOptions::default(), &line).unwrap();
    let mut pieces = pieces(&line, &frames, &[0, 1], &Carries::default());
    Loaded::new(IndexRanges::all(2)).place(&line, &mut pieces).unwrap();
    let shape = Shape { outer: 1, along: 2, inner: 1 };
    let job = Job { shape, own: 2, pieces: &pieces, method: frames.method(), nulls: None };
    let e = FrameAggregate::WholeSum("sum(v)".into()).answer(Some(&array), &job, &mut Carries::default()).unwrap_err();
    assert!(e.to_string().contains("`sum(v)` is `9223372036854775808`, outside of the range of `Int64`"), "{e}");
    let fits: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, -1]));
    let sum = FrameAggregate::WholeSum("sum(v)".into()).answer(Some(&fits), &job, &mut Carries::default()).unwrap();
    assert_eq!(sum.as_primitive::<Int64Type>().values(), &[i64::MAX, i64::MAX - 1]);
}
