//! The index against a scan of all labels, for every type and order.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::single_range_in_vec_init)]

use proptest::prelude::*;

use super::*;
use crate::{Bitmap, ErrorKind, Values};

const DAY: i64 = 86_400_000_000;

fn index_of(values: Values) -> CoordinateIndex {
    CoordinateIndex::new(Arc::new(Decoded::all_valid(values)), None)
}

fn ranges(found: Result<IndexRanges>) -> Vec<Range<u64>> {
    found.unwrap().ranges().to_vec()
}

/// Labels and values of every type that stand for whole numbers, in the order and at the distances of the numbers.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float32,
    Float64,
    Timestamp,
    Duration,
    Date,
    Text,
}

const KINDS: [Kind; 14] = [
    Kind::Int8,
    Kind::Int16,
    Kind::Int32,
    Kind::Int64,
    Kind::UInt8,
    Kind::UInt16,
    Kind::UInt32,
    Kind::UInt64,
    Kind::Float32,
    Kind::Float64,
    Kind::Timestamp,
    Kind::Duration,
    Kind::Date,
    Kind::Text,
];

fn date(n: i64) -> String {
    Calendar::Day360.date(n * DAY).to_string()
}

impl Kind {
    fn labels(self, labels: &[Option<i64>]) -> CoordinateIndex {
        let numbers: Vec<i64> = labels.iter().map(|l| l.unwrap_or(0)).collect();
        macro_rules! of {
            ($variant:ident, $f:expr) => {
                Values::$variant(numbers.iter().map(|&n| $f(n)).collect())
            };
        }
        let values = match self {
            Self::Int8 => of!(Int8, |n| n as i8),
            Self::Int16 => of!(Int16, |n| n as i16),
            Self::Int32 => of!(Int32, |n| n as i32),
            Self::Int64 => of!(Int64, |n| n),
            Self::UInt8 => of!(UInt8, |n| (n + 100) as u8),
            Self::UInt16 => of!(UInt16, |n| (n + 100) as u16),
            Self::UInt32 => of!(UInt32, |n| (n + 100) as u32),
            Self::UInt64 => of!(UInt64, |n| (n + 100) as u64 + (1 << 63)),
            Self::Float32 => of!(Float32, |n| n as f32 * 0.5),
            Self::Float64 => of!(Float64, |n| n as f64 * 0.5),
            Self::Timestamp => of!(Timestamp, |n| n * DAY),
            Self::Duration => of!(Duration, |n| n),
            Self::Date => of!(String, date),
            Self::Text => of!(String, |n| format!("{:05}", n + 1000)),
        };
        let validity = labels.contains(&None).then(|| Bitmap::from_slice(labels, Option::is_some));
        let calendar = matches!(self, Self::Date).then_some(Calendar::Day360);
        CoordinateIndex::new(Arc::new(Decoded { values, validity }), calendar)
    }

    /// One of the scalars that stand for `n`.
    fn value(self, n: i64, other: bool) -> Scalar {
        match self {
            Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64 if other => Scalar::Float64(n as f64),
            Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64 => Scalar::Int(n),
            Self::UInt8 | Self::UInt16 | Self::UInt32 if other => Scalar::Int(n + 100),
            Self::UInt8 | Self::UInt16 | Self::UInt32 => Scalar::UInt((n + 100) as u64),
            Self::UInt64 => Scalar::UInt((n + 100) as u64 + (1 << 63)),
            Self::Float32 | Self::Float64 if other && n % 2 == 0 => Scalar::Int(n / 2),
            Self::Float32 if other => Scalar::Float32(n as f32 * 0.5),
            Self::Float32 | Self::Float64 => Scalar::Float64(n as f64 * 0.5),
            Self::Timestamp if other => {
                Scalar::String(Calendar::ProlepticGregorian.date(n * DAY).to_string().replace("T00:00:00", ""))
            }
            Self::Timestamp => Scalar::Timestamp(n * DAY),
            Self::Duration => Scalar::Duration(n),
            Self::Date if other => Scalar::String(date(n).replace("T00:00:00", "")),
            Self::Date => Scalar::String(date(n)),
            Self::Text => Scalar::String(format!("{:05}", n + 1000)),
        }
    }

    fn tolerance(self, n: i64) -> Scalar {
        match self {
            Self::Float32 | Self::Float64 => Scalar::Float64(n as f64 * 0.5),
            Self::Timestamp | Self::Date => Scalar::Duration(n * DAY),
            Self::Duration => Scalar::Duration(n),
            _ => Scalar::Int(n),
        }
    }
}

/// What a scan of all labels finds.
fn scan(labels: &[Option<i64>], value: i64, method: Method, tolerance: Option<i64>) -> Option<u64> {
    let fits = |label: i64| match method {
        Method::Nearest => true,
        Method::Pad => label <= value,
        Method::Backfill => label >= value,
    };
    let there = labels.iter().enumerate().filter_map(|(i, l)| l.map(|l| (i, l))).filter(|(_, l)| fits(*l));
    // The nearest; of two at the same distance the larger; of equal ones the first.
    let (i, label) = there.min_by_key(|(i, l)| ((l - value).abs(), -l, *i))?;
    tolerance.is_none_or(|t| (label - value).abs() <= t).then_some(i as u64)
}

fn some_labels() -> impl Strategy<Value = Vec<Option<i64>>> {
    let labels = prop::collection::vec((-50i64..50).prop_map(|n| n * 2), 0..30);
    let arbitrary = (labels, 0..4u8).prop_map(|(mut labels, order)| {
        match order {
            0 => labels.sort(),
            1 => labels.sort_by(|a, b| b.cmp(a)),
            2 => {
                labels.sort();
                labels.dedup();
            }
            _ => {}
        }
        labels.into_iter().map(Some).collect::<Vec<_>>()
    });
    let with_missing = (arbitrary.clone(), prop::collection::vec(any::<bool>(), 30))
        .prop_map(|(labels, there)| labels.iter().zip(there).map(|(l, there)| l.filter(|_| there)).collect());
    let affine = (-20i64..20, prop::sample::select(vec![-4i64, -2, 2, 4]), 0..20i64)
        .prop_map(|(first, step, count)| (0..count).map(|i| Some(first + i * step)).collect());
    prop_oneof![arbitrary, with_missing, affine]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_interval_finds_what_a_scan_finds(
        labels in some_labels(),
        kind in 0..KINDS.len(),
        bounds in (0..3u8, -99i64..100, 0..3u8, -99i64..100),
        other in any::<bool>(),
    ) {
        let kind = KINDS[kind];
        let index = kind.labels(&labels);
        let (lower, upper) = (kind.value(bounds.1, other), kind.value(bounds.3, !other));
        fn bound<T>(which: u8, value: T) -> Bound<T> {
            match which {
                0 => Bound::Unbounded,
                1 => Bound::Included(value),
                _ => Bound::Excluded(value),
            }
        }
        let found = index.range(bound(bounds.0, &lower), bound(bounds.2, &upper)).unwrap();
        let within = (bound(bounds.0, bounds.1), bound(bounds.2, bounds.3));
        let expected = IndexRanges::from_predicate(labels.len() as u64, |i| {
            use std::ops::RangeBounds;
            labels[i as usize].is_some_and(|l| within.contains(&l))
        });
        prop_assert_eq!(found, expected, "{:?}", kind);

        let equal = index.equal(&lower).unwrap();
        let expected =
            IndexRanges::from_predicate(labels.len() as u64, |i| labels[i as usize] == Some(bounds.1));
        prop_assert_eq!(equal, expected, "{:?}", kind);
    }

    #[test]
    fn a_look_up_finds_what_a_scan_finds(
        labels in some_labels(),
        kind in 0..KINDS.len(),
        value in -99i64..100,
        method in 0..3usize,
        tolerance in prop::option::of(0..8i64),
        other in any::<bool>(),
    ) {
        let (kind, method) = (KINDS[kind], [Method::Nearest, Method::Pad, Method::Backfill][method]);
        let index = kind.labels(&labels);
        let allowed = tolerance.map(|t| kind.tolerance(t));
        let found = index.lookup(&kind.value(value, other), method, allowed.as_ref());
        if matches!(kind, Kind::Text) && (method == Method::Nearest || tolerance.is_some()) {
            prop_assert_eq!(found.unwrap_err().kind(), ErrorKind::Argument);
        } else {
            prop_assert_eq!(found.unwrap(), scan(&labels, value, method, tolerance), "{:?}", kind);
        }
    }

    #[test]
    fn order_uniqueness_and_extremes_are_those_of_a_scan(labels in some_labels(), kind in 0..KINDS.len()) {
        let kind = KINDS[kind];
        let index = kind.labels(&labels);
        let whole = !labels.contains(&None);
        let expected = if whole && labels.is_sorted() {
            Order::Ascending
        } else if whole && labels.iter().rev().is_sorted() {
            Order::Descending
        } else {
            Order::Unsorted
        };
        prop_assert_eq!(index.order(), expected);
        let mut there: Vec<i64> = labels.iter().flatten().copied().collect();
        there.sort();
        prop_assert_eq!(index.is_unique(), there.windows(2).all(|w| w[0] < w[1]));
        let at = |label: Option<&i64>| {
            label.and_then(|l| index.labels().get(labels.iter().position(|x| x.as_ref() == Some(l)).unwrap()))
        };
        prop_assert_eq!(index.min(), at(there.first()));
        prop_assert_eq!(index.max(), at(there.last()));
        let step = labels.windows(2).map(|w| Some(w[1]? - w[0]?)).collect::<Option<Vec<_>>>();
        let has_step = whole
            && labels.len() > 1
            && step.is_some_and(|s| s[0] != 0 && s.iter().all(|x| *x == s[0]))
            && !matches!(kind, Kind::Date | Kind::Text);
        prop_assert_eq!(index.step().is_some(), has_step);
    }

    #[test]
    fn floats_that_almost_have_a_step_are_found_too(
        first in -1e6f64..1e6,
        step in prop_oneof![1e-3f64..1e3, -1e3f64..-1e-3],
        count in 1usize..200,
        value in -1e6f64..1e6,
    ) {
        // Sums drift away from products: often these labels have no exact step.
        let mut labels = vec![first];
        while labels.len() < count {
            labels.push(labels[labels.len() - 1] + step);
        }
        let narrow: Vec<f32> = labels.iter().map(|x| *x as f32).collect();
        let index = index_of(Values::Float64(labels.clone()));
        for (i, label) in labels.iter().enumerate() {
            let expected = IndexRanges::from_predicate(count as u64, |j| labels[j as usize] == *label);
            prop_assert_eq!(index.equal(&Scalar::Float64(*label)).unwrap(), expected.clone());
            prop_assert!(expected.contains(i as u64));
        }
        let below = IndexRanges::from_predicate(count as u64, |i| labels[i as usize] < value);
        let value = Scalar::Float64(value);
        prop_assert_eq!(index.range(Bound::Unbounded, Bound::Excluded(&value)).unwrap(), below);
        let index = index_of(Values::Float32(narrow.clone()));
        for label in &narrow {
            let expected = IndexRanges::from_predicate(count as u64, |j| narrow[j as usize] == *label);
            prop_assert_eq!(index.equal(&Scalar::Float32(*label)).unwrap(), expected);
        }
    }
}

#[test]
fn a_float32_label_is_found_by_the_float64_of_the_same_digits() {
    let index = index_of(Values::Float32(vec![0.1, 0.2, 0.3]));
    let value = Scalar::Float64(0.1);
    assert_eq!(ranges(index.equal(&value)), [0..1]);
    assert_eq!(ranges(index.range(Bound::Excluded(&value), Bound::Unbounded)), [1..3]);
    // A value that no float32 has is not rounded to infinity.
    let index = index_of(Values::Float32(vec![f32::NEG_INFINITY, 1.0, f32::INFINITY]));
    assert_eq!(ranges(index.range(Bound::Excluded(&Scalar::Float64(1e300)), Bound::Unbounded)), [2..3]);
    assert_eq!(ranges(index.equal(&Scalar::Float64(f64::INFINITY))), [2..3]);
}

#[test]
fn integers_and_floats_compare_exactly_above_two_to_the_53() {
    let big = 1i64 << 53;
    let index = index_of(Values::Int64(vec![big - 1, big, big + 1, big + 2]));
    assert_eq!(ranges(index.equal(&Scalar::Float64(big as f64))), [1..2]);
    assert_eq!(ranges(index.equal(&Scalar::Float64(0.5))), []);
    let half = Scalar::Float64(1.5);
    let small = index_of(Values::Int64(vec![1, 2]));
    assert_eq!(ranges(small.range(Bound::Included(&half), Bound::Unbounded)), [1..2]);
    assert_eq!(small.lookup(&half, Method::Nearest, None).unwrap(), Some(1));
    let floats = index_of(Values::Float64(vec![big as f64, (big + 2) as f64]));
    assert_eq!(ranges(floats.equal(&Scalar::Int(big + 1))), []);
    assert_eq!(ranges(floats.range(Bound::Unbounded, Bound::Excluded(&Scalar::Int(big + 1)))), [0..1]);
    let unsigned = index_of(Values::UInt64(vec![0, u64::MAX]));
    assert_eq!(ranges(unsigned.range(Bound::Excluded(&Scalar::Int(-1)), Bound::Unbounded)), [0..2]);
    assert_eq!(ranges(unsigned.equal(&Scalar::Float64(u64::MAX as f64))), []);
    assert_eq!(unsigned.lookup(&Scalar::Float64(f64::INFINITY), Method::Pad, Some(&Scalar::Int(9))).unwrap(), None);
}

#[test]
fn no_label_equals_nan_and_all_are_less() {
    for labels in [vec![2.0, 1.0], vec![1.0, f64::NAN, 2.0]] {
        let there = labels.iter().filter(|x| !x.is_nan()).count() as u64;
        let index = index_of(Values::Float64(labels));
        let nan = Scalar::Float64(f64::NAN);
        assert_eq!(ranges(index.equal(&nan)), []);
        assert_eq!(index.range(Bound::Unbounded, Bound::Excluded(&nan)).unwrap().len(), there);
        assert!(index.range(Bound::Included(&nan), Bound::Unbounded).unwrap().is_empty());
        for method in [Method::Nearest, Method::Pad, Method::Backfill] {
            assert_eq!(index.lookup(&nan, method, None).unwrap(), None);
        }
        assert_eq!(index.range(Bound::Unbounded, Bound::Unbounded).unwrap().len(), there);
    }
}

#[test]
fn nearest_takes_the_larger_of_two_as_pandas_does() {
    // pandas.Index([0.0, 1.0, 2.0, 3.0]).get_indexer([0.5, 1.5, 2.5, -1, 9], method="nearest"), and reversed.
    for (labels, expected) in [(vec![0.0, 1.0, 2.0, 3.0], [1, 2, 3, 0, 3]), (vec![3.0, 2.0, 1.0, 0.0], [2, 1, 0, 3, 0])]
    {
        let index = index_of(Values::Float64(labels));
        let found = [0.5, 1.5, 2.5, -1.0, 9.0]
            .map(|v| index.lookup(&Scalar::Float64(v), Method::Nearest, None).unwrap().unwrap());
        assert_eq!(found, expected);
    }
}

#[test]
fn the_tolerance_is_inclusive() {
    let index = index_of(Values::Float32(vec![0.5, 2.0]));
    let at = |value, tolerance| {
        index.lookup(&Scalar::Float64(value), Method::Nearest, Some(&Scalar::Float64(tolerance))).unwrap()
    };
    assert_eq!((at(0.75, 0.25), at(0.75, 0.24)), (Some(0), None));
    // As in xarray, whose value is a float32 by then.
    assert_eq!(at(0.6, 0.1), None);
}

#[test]
fn times_are_found_by_text_in_full_and_in_part() {
    let index = index_of(Values::Timestamp((0..731).map(|d| d * DAY).collect()));
    let text = |t: &str| Scalar::String(t.into());
    let (lower, upper) = (text("1970-02"), text("1970-03-01T00:00:00"));
    assert_eq!(ranges(index.range(Bound::Included(&lower), Bound::Excluded(&upper))), [31..59]);
    assert_eq!(index.lookup(&text("1971"), Method::Nearest, None).unwrap(), Some(365));
    assert_eq!(index.step(), Some(Scalar::Duration(DAY)));
    let error = index.equal(&text("noon")).unwrap_err();
    assert_eq!(error.to_string(), "`noon` is not a date, expected one such as `1990`, `1990-06` or `1990-06-15T12:00`");
    assert_eq!(index.equal(&text("1970-02-30")).unwrap_err().kind(), ErrorKind::Argument);
}

#[test]
fn a_date_that_the_calendar_lacks_bounds_an_interval_but_is_not_near_to_anything() {
    let labels = (0..720).map(date).collect();
    let index = CoordinateIndex::new(Arc::new(Decoded::all_valid(Values::String(labels))), Some(Calendar::Day360));
    let last = Scalar::String("1970-12-31".into());
    assert_eq!(ranges(index.range(Bound::Unbounded, Bound::Included(&last))), [0..360]);
    assert_eq!(index.lookup(&last, Method::Pad, None).unwrap(), Some(359));
    let error = index.lookup(&last, Method::Nearest, None).unwrap_err();
    assert_eq!(error.to_string(), "there is no date `1970-12-31T00:00:00` in the calendar `360_day`");
    let leap = Scalar::String("1971-02-30T11:00".into());
    assert_eq!(index.lookup(&leap, Method::Nearest, None).unwrap(), Some(419));
}

#[test]
fn bools_and_texts_have_an_order_and_no_distance() {
    let index = index_of(Values::Bool(vec![false, true, true]));
    assert_eq!(ranges(index.equal(&Scalar::Bool(true))), [1..3]);
    let error = index.lookup(&Scalar::Bool(true), Method::Nearest, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "labels that are no numbers and no times have no distance, expected no `nearest` and no tolerance; hint: ask \
         for an equal label, or use `pad` or `backfill`"
    );
    let index = index_of(Values::String(vec!["b".into(), "a".into(), "c".into()]));
    assert_eq!(ranges(index.range(Bound::Included(&Scalar::String("b".into())), Bound::Unbounded)), [0..1, 2..3]);
    assert_eq!(index.lookup(&Scalar::String("bb".into()), Method::Pad, None).unwrap(), Some(0));
}

#[test]
fn values_of_another_kind_are_errors_that_name_them() {
    let numbers = index_of(Values::Float32(vec![1.0]));
    assert_eq!(
        numbers.equal(&Scalar::String("north".into())).unwrap_err().to_string(),
        "cannot compare `north` with float32 labels"
    );
    let times = index_of(Values::Timestamp(vec![0]));
    assert_eq!(times.equal(&Scalar::Int(1990)).unwrap_err().kind(), ErrorKind::Argument);
    let dates =
        CoordinateIndex::new(Arc::new(Decoded::all_valid(Values::String(vec![date(0)]))), Some(Calendar::Day360));
    assert_eq!(
        dates.equal(&Scalar::Timestamp(0)).unwrap_err().to_string(),
        "cannot compare `1970-01-01T00:00:00` with string labels; hint: the labels are dates of the calendar \
         `360_day`, write them as text such as `1990-02-30`"
    );
    let zero = Scalar::Float64(0.0);
    for (tolerance, message) in [
        (Scalar::Duration(1_500_000), "tolerance `1.5 s` does not fit float32 labels, expected a number"),
        (Scalar::Int(-1), "tolerance `-1` is not 0 or more"),
        (Scalar::Float64(f64::NAN), "tolerance `NaN` is not 0 or more"),
    ] {
        let error = numbers.lookup(&zero, Method::Nearest, Some(&tolerance)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let error = times.lookup(&Scalar::Timestamp(0), Method::Pad, Some(&Scalar::Int(1))).unwrap_err();
    assert_eq!(error.to_string(), "tolerance `1` does not fit datetime64[us] labels, expected an interval");
}

#[test]
fn labels_of_the_whole_range_do_not_overflow() {
    let index = index_of(Values::Int64(vec![i64::MIN, 0, i64::MAX]));
    assert_eq!(index.lookup(&Scalar::Int(i64::MAX), Method::Nearest, None).unwrap(), Some(2));
    assert_eq!(index.lookup(&Scalar::Float64(-1e300), Method::Backfill, Some(&Scalar::Int(5))).unwrap(), None);
    let index = index_of(Values::Timestamp(vec![i64::MAX, i64::MIN]));
    assert_eq!(index.order(), Order::Descending);
    assert_eq!(index.lookup(&Scalar::Timestamp(0), Method::Nearest, None).unwrap(), Some(0));
    let index = index_of(Values::Float64(vec![f64::MIN, f64::MAX]));
    assert_eq!(index.lookup(&Scalar::Float64(1.0), Method::Nearest, None).unwrap(), Some(1));
}
