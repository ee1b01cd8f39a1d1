//! From values to the label that equals them, as DataFusion's hash join compares: NULL equals nothing, and -0 is 0.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::error::Result;

/// No label is equal.
pub(crate) const NONE: u32 = u32::MAX;

/// The labels of one dimension, found by value.
#[derive(Debug)]
pub(crate) struct KeyMap {
    data_type: DataType,
    labels: Labels,
}

#[derive(Debug)]
enum Labels {
    /// Numbers in the order of the labels, each with the ordinal of its label.
    Numbers { numbers: Vec<i64>, ordinals: Vec<u32>, step: Option<i64> },
    /// Values as bytes.
    Bytes { converter: RowConverter, ordinals: HashMap<Box<[u8]>, u32> },
}

impl KeyMap {
    /// Finds the values of `labels`; `None` where one occurs twice or is NaN, or they have no simple equality.
    pub fn try_new(labels: &ArrayRef) -> Option<Self> {
        let data_type = labels.data_type().clone();
        let len = u32::try_from(labels.len()).ok().filter(|len| *len < NONE)?;
        let is_there = |i: &u32| labels.is_valid(*i as usize);
        let labels = if is_number(&data_type) {
            let numbers = numbers(labels).ok()?;
            if has_nan(labels) {
                return None;
            }
            let mut sorted: Vec<(i64, u32)> = numbers.into_iter().zip(0..len).filter(|(_, i)| is_there(i)).collect();
            sorted.sort_unstable();
            if sorted.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return None;
            }
            let (numbers, ordinals): (Vec<i64>, Vec<u32>) = sorted.into_iter().unzip();
            Labels::Numbers { step: step(&numbers), numbers, ordinals }
        } else if is_bytes(&data_type) {
            let converter = RowConverter::new(vec![SortField::new(data_type.clone())]).ok()?;
            let rows = converter.convert_columns(std::slice::from_ref(labels)).ok()?;
            let mut ordinals = HashMap::with_capacity(labels.len());
            for (row, i) in rows.iter().zip(0..len).filter(|(_, i)| is_there(i)) {
                if ordinals.insert(Box::from(row.as_ref()), i).is_some() {
                    return None;
                }
            }
            Labels::Bytes { converter, ordinals }
        } else {
            return None;
        };
        Some(Self { data_type, labels })
    }

    /// The type of values and labels.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Calls `found` with the number of each value that equals a label and the ordinal of that label.
    ///
    /// # Errors
    /// When the values are not of the labels' type.
    pub fn find(&self, values: &ArrayRef, mut found: impl FnMut(usize, u32)) -> Result<()> {
        let nulls = values.nulls().filter(|nulls| nulls.null_count() > 0);
        let is_there = |i: usize| nulls.is_none_or(|nulls| nulls.is_valid(i));
        match &self.labels {
            Labels::Numbers { numbers: labels, ordinals, step } => {
                for (i, number) in numbers(values)?.into_iter().enumerate() {
                    let place = match step {
                        Some(step) => at_step(labels, *step, number),
                        None => labels.binary_search(&number).ok(),
                    };
                    if let Some(ordinal) = place.and_then(|place| ordinals.get(place)).filter(|_| is_there(i)) {
                        found(i, *ordinal);
                    }
                }
            }
            Labels::Bytes { converter, ordinals } => {
                let rows = converter.convert_columns(std::slice::from_ref(values))?;
                for (i, row) in rows.iter().enumerate() {
                    if let Some(ordinal) = ordinals.get(row.as_ref()).filter(|_| is_there(i)) {
                        found(i, *ordinal);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Where `number` is among numbers from the first of `labels` on, each greater by `step` than the one before.
fn at_step(labels: &[i64], step: i64, number: i64) -> Option<usize> {
    let distance = number.checked_sub(*labels.first()?)?;
    let place = distance / step;
    let is_label = distance >= 0 && place * step == distance;
    usize::try_from(place).ok().filter(|place| is_label && *place < labels.len())
}

/// How much each of `numbers`, which ascend, is greater than the one before, where that is the same for all.
fn step(numbers: &[i64]) -> Option<i64> {
    let difference = |pair: &[i64]| pair.last()?.checked_sub(*pair.first()?);
    let mut steps = numbers.windows(2).map(difference);
    let first = steps.next()??;
    // The whole range must not overflow either.
    difference(&[*numbers.first()?, *numbers.last()?])?;
    (first > 0 && steps.all(|step| step == Some(first))).then_some(first)
}

fn is_number(data_type: &DataType) -> bool {
    let is_time =
        matches!(data_type, DataType::Timestamp(..) | DataType::Duration(_) | DataType::Date32 | DataType::Date64);
    data_type.is_integer() || matches!(data_type, DataType::Float32 | DataType::Float64) || is_time
}

fn is_bytes(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Boolean
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::Decimal128(..)
    )
}

fn has_nan(values: &ArrayRef) -> bool {
    let is_nan = |floats: ArrayRef| floats.as_primitive::<Float64Type>().iter().flatten().any(f64::is_nan);
    values.data_type().is_floating() && cast(values, &DataType::Float64).is_ok_and(is_nan)
}

/// A number for each value, equal for equal values and different for others, whatever stands in for NULL.
fn numbers(values: &ArrayRef) -> Result<Vec<i64>> {
    Ok(match values.data_type() {
        DataType::Float32 | DataType::Float64 => {
            let floats = cast(values, &DataType::Float64)?;
            floats.as_primitive::<Float64Type>().values().iter().map(|v| (v + 0.0).to_bits() as i64).collect()
        }
        DataType::UInt64 => values.as_primitive::<UInt64Type>().values().iter().map(|v| *v as i64).collect(),
        _ => cast(values, &DataType::Int64)?.as_primitive::<Int64Type>().values().to_vec(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{
        Float32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray, UInt64Array,
    };

    use super::*;

    fn find(labels: ArrayRef, values: ArrayRef) -> Vec<u32> {
        let map = KeyMap::try_new(&labels).unwrap();
        let mut out = vec![NONE; values.len()];
        map.find(&values, |i, ordinal| out[i] = ordinal).unwrap();
        out
    }

    #[test]
    fn values_find_their_label_whatever_the_order_of_labels() {
        let steady: ArrayRef = Arc::new(Int64Array::from(vec![30, 20, 10]));
        let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(10), None, Some(15), Some(40), Some(0), Some(20)]));
        assert_eq!(find(steady, Arc::clone(&values)), [2, NONE, NONE, NONE, NONE, 1]);
        let unsorted: ArrayRef = Arc::new(Int64Array::from(vec![Some(20), None, Some(7), Some(10)]));
        assert_eq!(find(unsorted, values), [3, NONE, NONE, NONE, NONE, 0]);
        let ends: ArrayRef = Arc::new(Int64Array::from(vec![i64::MIN, 0, i64::MAX]));
        let values: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, i64::MIN, 1, 0]));
        assert_eq!(find(ends, values), [2, 0, NONE, 1]);
        let large: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, 1, 1 << 63]));
        assert_eq!(find(Arc::clone(&large), large), [0, 1, 2]);
    }

    #[test]
    fn floats_times_and_text_are_found() {
        let labels: ArrayRef = Arc::new(Float32Array::from(vec![0.1, -0.0, -5.5]));
        let values: ArrayRef = Arc::new(Float32Array::from(vec![0.0, -0.0, f32::NAN, -5.5, 0.1]));
        assert_eq!(find(labels, values), [1, 1, NONE, 2, 0]);
        let labels: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![5, 7, 9]));
        let values: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![9, 6, 3, 11]));
        assert_eq!(find(labels, values), [2, NONE, NONE, NONE]);
        let labels: ArrayRef = Arc::new(StringArray::from(vec!["b", "a"]));
        let values: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("")]));
        assert_eq!(find(labels, values), [1, NONE, NONE]);
    }

    #[test]
    fn labels_that_are_not_unique_or_not_a_number_have_no_map() {
        let nan: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::NAN]));
        let twice: ArrayRef = Arc::new(Float64Array::from(vec![0.0, -0.0]));
        let text: ArrayRef = Arc::new(StringArray::from(vec!["a", "a"]));
        for labels in [nan, twice, text] {
            assert!(KeyMap::try_new(&labels).is_none(), "{labels:?}");
        }
        let nulls: ArrayRef = Arc::new(Float64Array::from(vec![None, None, Some(1.0)]));
        assert!(KeyMap::try_new(&nulls).is_some());
    }
}
