//! How labels are ordered, found in one pass when an index is built, and the permutation of unsorted ones.

use std::cmp::Ordering;

use super::Order;
use crate::{Bitmap, Calendar, DateTime, Decoded, Scalar, Values};

/// What one pass over the labels tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sorting {
    pub(super) order: Order,
    /// Whether no label equals the one before.
    pub(super) neighbours_differ: bool,
    /// The difference of neighbours, where all labels follow from it and the first.
    pub(super) step: Option<Scalar>,
    /// Index of the least label.
    pub(super) least: Option<usize>,
    /// Index of the greatest label.
    pub(super) greatest: Option<usize>,
}

impl Sorting {
    pub(super) fn of(labels: &Decoded, calendar: Option<Calendar>) -> Self {
        let validity = labels.validity.as_ref();
        macro_rules! scan {
            ($v:expr) => {
                scan($v.iter().enumerate().map(|(i, x)| is_there(validity, i).then_some(*x)))
            };
        }
        macro_rules! scan_integers {
            ($v:expr, $step:ident) => {{
                let found = scan!($v);
                Self { step: found.with_step($v, integer_step).map(Scalar::$step), ..found }
            }};
        }
        match &labels.values {
            Values::Bool(v) => scan!(v),
            Values::Int8(v) => scan_integers!(v, Int),
            Values::Int16(v) => scan_integers!(v, Int),
            Values::Int32(v) => scan_integers!(v, Int),
            Values::Int64(v) => scan_integers!(v, Int),
            Values::UInt8(v) => scan_integers!(v, Int),
            Values::UInt16(v) => scan_integers!(v, Int),
            Values::UInt32(v) => scan_integers!(v, Int),
            Values::UInt64(v) => scan_integers!(v, Int),
            Values::Timestamp(v) | Values::Duration(v) => scan_integers!(v, Duration),
            Values::Float32(v) => {
                let found = scan!(v);
                Self {
                    step: found.with_step(v, |v| float_step(v, |x| x.into(), |x| x as f32)).map(Scalar::Float64),
                    ..found
                }
            }
            Values::Float64(v) => {
                let found = scan!(v);
                Self { step: found.with_step(v, |v| float_step(v, |x| x, |x| x)).map(Scalar::Float64), ..found }
            }
            Values::String(v) if calendar.is_some() => {
                let date = |(i, text): (usize, &String)| is_there(validity, i).then(|| DateTime::parse(text)).flatten();
                scan(v.iter().enumerate().map(date))
            }
            Values::String(v) => {
                scan(v.iter().enumerate().map(|(i, text)| is_there(validity, i).then_some(text.as_str())))
            }
        }
    }

    fn with_step<T, S>(&self, values: &[T], step: impl Fn(&[T]) -> Option<S>) -> Option<S> {
        let is_candidate = self.order != Order::Unsorted && self.neighbours_differ && values.len() > 1;
        if is_candidate { step(values) } else { None }
    }
}

fn is_there(validity: Option<&Bitmap>, index: usize) -> bool {
    validity.is_none_or(|v| v.get(index))
}

fn scan<T: PartialOrd + Copy>(labels: impl Iterator<Item = Option<T>>) -> Sorting {
    let (mut is_ascending, mut is_descending, mut is_whole, mut neighbours_differ) = (true, true, true, true);
    let (mut last, mut least, mut greatest) = (None::<T>, None::<(usize, T)>, None::<(usize, T)>);
    for (i, label) in labels.enumerate() {
        // NaN is not equal to itself, and is missing.
        let Some(label) = label.filter(|x| x.partial_cmp(x).is_some()) else {
            is_whole = false;
            continue;
        };
        match last.and_then(|last| last.partial_cmp(&label)) {
            Some(Ordering::Less) => is_descending = false,
            Some(Ordering::Greater) => is_ascending = false,
            Some(Ordering::Equal) => neighbours_differ = false,
            None => {}
        }
        if least.is_none_or(|(_, x)| label < x) {
            least = Some((i, label));
        }
        if greatest.is_none_or(|(_, x)| label > x) {
            greatest = Some((i, label));
        }
        last = Some(label);
    }
    let order = match (is_whole, is_ascending, is_descending) {
        (true, true, _) => Order::Ascending,
        (true, false, true) => Order::Descending,
        _ => Order::Unsorted,
    };
    Sorting { order, neighbours_differ, step: None, least: least.map(|l| l.0), greatest: greatest.map(|g| g.0) }
}

fn integer_step<T: Copy + Into<i128>>(values: &[T]) -> Option<i64> {
    let (first, second) = ((*values.first()?).into(), (*values.get(1)?).into());
    let step = i64::try_from(second - first).ok()?;
    let follows = |(i, x): (usize, &T)| (*x).into() == first + i as i128 * i128::from(step);
    values.iter().enumerate().all(follows).then_some(step)
}

fn float_step<T: Copy + PartialEq>(values: &[T], wide: impl Fn(T) -> f64, narrow: impl Fn(f64) -> T) -> Option<f64> {
    let (first, second, last) = (wide(*values.first()?), wide(*values.get(1)?), wide(*values.last()?));
    let mean = (last - first) / (values.len() - 1) as f64;
    [mean, second - first].into_iter().find(|step| {
        let follows = |(i, x): (usize, &T)| *x == narrow(first + i as f64 * step);
        step.is_finite() && values.iter().enumerate().all(follows)
    })
}

/// The order of two labels that are both there.
pub(super) fn compare(values: &Values, calendar: Option<Calendar>, left: usize, right: usize) -> Ordering {
    fn order<T: PartialOrd>(values: &[T], left: usize, right: usize) -> Ordering {
        values.get(left).partial_cmp(&values.get(right)).unwrap_or(Ordering::Equal)
    }
    match values {
        Values::String(v) if calendar.is_some() => {
            let date = |i: usize| v.get(i).and_then(|text| DateTime::parse(text));
            date(left).cmp(&date(right))
        }
        values => crate::for_each_type!(values, v => order(v, left, right)),
    }
}

/// The indices of the labels that are there, ascending by label, and by index where labels are equal.
pub(super) fn permutation(labels: &Decoded, calendar: Option<Calendar>) -> Vec<usize> {
    let is_number = |i: usize| match &labels.values {
        Values::Float32(v) => !v[i].is_nan(),
        Values::Float64(v) => !v[i].is_nan(),
        Values::String(v) => calendar.is_none() || DateTime::parse(&v[i]).is_some(),
        _ => true,
    };
    let mut indices: Vec<usize> = (0..labels.values.len()).filter(|&i| labels.is_valid(i) && is_number(i)).collect();
    indices.sort_by(|&a, &b| compare(&labels.values, calendar, a, b));
    indices
}
