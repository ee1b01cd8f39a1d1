//! Which rows an aggregate takes in.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::datatypes::{Float16Type, Float32Type, Float64Type};

/// The rows that are there and that the filter lets through; `None` where all are.
pub(super) fn counted(there: Option<&NullBuffer>, filter: Option<&BooleanArray>) -> Option<NullBuffer> {
    let passed = filter.map(|f| {
        let passed = f.values();
        NullBuffer::new(f.nulls().map_or_else(|| passed.clone(), |known| passed & known.inner()))
    });
    NullBuffer::union(there, passed.as_ref())
}

/// The rows whose value is neither NULL nor NaN; `None` where all are.
pub(super) fn comparable(values: &ArrayRef) -> Option<NullBuffer> {
    macro_rules! numbers {
        ($($t:ty)*) => {
            $(if let Some(v) = values.as_primitive_opt::<$t>() {
                let v = v.values();
                return v.iter().any(|x| x.is_nan()).then(|| BooleanBuffer::collect_bool(v.len(), |i| !v[i].is_nan()));
            })*
        };
    }
    let numbers = (|| -> Option<BooleanBuffer> {
        numbers!(Float16Type Float32Type Float64Type);
        None
    })();
    NullBuffer::union(values.logical_nulls().as_ref(), numbers.map(NullBuffer::new).as_ref())
}
