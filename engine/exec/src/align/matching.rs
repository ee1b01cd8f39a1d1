//! Which label of the inner side each label of the outer side is equal to, as DataFusion's hash join compares them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::row::{Row, RowConverter, SortField};
use datafusion::error::Result;

use super::map::NOWHERE;
use crate::error::internal;
use crate::layout::positive_zeros;

/// For each label of `outer`, the number of the label of `inner` that is equal to it, or [`NOWHERE`]. Each side has one
/// or more keys, with one value for each label. `None` where two labels of `inner` are equal: a label of `outer` could
/// meet both.
///
/// NULL meets nothing; NaN meets NaN, and 0 meets -0.
///
/// # Errors
/// When the keys of the sides have other types, or cannot be compared.
pub(crate) fn match_labels(outer: &[ArrayRef], inner: &[ArrayRef]) -> Result<Option<Vec<u32>>> {
    let types = |keys: &[ArrayRef]| keys.iter().map(|key| key.data_type().clone()).collect::<Vec<_>>();
    if types(outer) != types(inner) {
        return Err(internal("the keys of a join have other types on the other side"));
    }
    let zeros = |keys: &[ArrayRef]| keys.iter().map(|key| positive_zeros(Arc::clone(key))).collect::<Vec<_>>();
    let (outer, inner) = (zeros(outer), zeros(inner));
    let converter = RowConverter::new(types(&inner).into_iter().map(SortField::new).collect())?;
    let (outer_rows, inner_rows) = (converter.convert_columns(&outer)?, converter.convert_columns(&inner)?);
    let (outer_nulls, inner_nulls) = (nulls(&outer), nulls(&inner));

    let mut known: HashMap<Row<'_>, u32> = HashMap::with_capacity(inner_rows.num_rows());
    for (i, row) in inner_rows.iter().enumerate().filter(|(i, _)| !is_null(&inner_nulls, *i)) {
        let number = u32::try_from(i).ok().filter(|n| *n != NOWHERE);
        let number = number.ok_or_else(|| internal("more labels than can be numbered"))?;
        match known.entry(row) {
            Entry::Occupied(_) => return Ok(None),
            Entry::Vacant(entry) => entry.insert(number),
        };
    }
    let found = outer_rows.iter().enumerate().map(|(i, row)| match is_null(&outer_nulls, i) {
        true => NOWHERE,
        false => known.get(&row).copied().unwrap_or(NOWHERE),
    });
    Ok(Some(found.collect()))
}

/// Where any of `keys` is NULL.
fn nulls(keys: &[ArrayRef]) -> Option<NullBuffer> {
    keys.iter().fold(None, |nulls, key| NullBuffer::union(nulls.as_ref(), key.logical_nulls().as_ref()))
}

fn is_null(nulls: &Option<NullBuffer>, i: usize) -> bool {
    nulls.as_ref().is_some_and(|nulls| nulls.is_null(i))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::arrow::array::{Float64Array, Int64Array, StringArray};

    use super::*;

    fn floats(values: &[f64]) -> ArrayRef {
        Arc::new(Float64Array::from(values.to_vec()))
    }

    #[test]
    fn labels_meet_their_equals_in_any_order() {
        let found = match_labels(&[floats(&[3.0, 1.0, 7.0])], &[floats(&[1.0, 2.0, 3.0])]).unwrap();
        assert_eq!(found, Some(vec![2, 0, NOWHERE]));
    }

    #[test]
    fn zeros_and_nans_meet_as_in_a_hash_join_and_nulls_never() {
        let found = match_labels(&[floats(&[-0.0, f64::NAN])], &[floats(&[f64::NAN, 0.0])]).unwrap();
        assert_eq!(found, Some(vec![1, 0]));
        let of = |values: Vec<Option<i64>>| Arc::new(Int64Array::from(values)) as ArrayRef;
        let found = match_labels(&[of(vec![None, Some(1)])], &[of(vec![None, None, Some(1)])]).unwrap();
        assert_eq!(found, Some(vec![NOWHERE, 2]));
    }

    #[test]
    fn several_keys_count_together_and_equal_ones_do_not_match() {
        let text = |values: &[&str]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
        let inner = [floats(&[1.0, 1.0]), text(&["a", "b"])];
        let found = match_labels(&[floats(&[1.0, 2.0]), text(&["b", "b"])], &inner).unwrap();
        assert_eq!(found, Some(vec![1, NOWHERE]));
        assert_eq!(match_labels(&inner[..1], &inner[..1]).unwrap(), None);
        assert!(match_labels(&inner[..1], &inner[1..]).is_err());
    }
}
