//! Columns made plain, and messages of a sensible size.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use hyperslab::datafusion::arrow::array::{
    AsArray, DictionaryArray, Float64Array, Int32Array, Int64Array, RunArray, StringArray, StringViewArray, StructArray,
};
use hyperslab::datafusion::arrow::datatypes::{Int32Type, Schema};

use super::*;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()
}

fn plain(batch: &RecordBatch, views: bool) -> RecordBatch {
    let fields: Vec<Field> = batch.schema().fields().iter().map(|f| plain_field(f, views)).collect();
    plain_batch(batch, &Arc::new(Schema::new(fields))).unwrap()
}

#[test]
fn dictionaries_runs_and_views_become_values() {
    let dictionary: DictionaryArray<Int32Type> = vec![Some("a"), None, Some("a")].into_iter().collect();
    let runs =
        RunArray::<Int32Type>::try_new(&Int32Array::from(vec![2, 3]), &Float64Array::from(vec![Some(1.5), None]))
            .unwrap();
    let view = StringViewArray::from(vec![Some("a text that is longer than a view"), None, Some("b")]);
    let nested = StructArray::from(vec![(
        Arc::new(Field::new("inner", DataType::Utf8View, true)),
        Arc::new(view.clone()) as ArrayRef,
    )]);
    let encoded = batch(vec![
        ("dictionary", Arc::new(dictionary) as ArrayRef),
        ("runs", Arc::new(runs)),
        ("view", Arc::new(view)),
        ("nested", Arc::new(nested)),
    ]);
    let plain = plain(&encoded, false);
    let text = plain.column(0).as_string::<i32>();
    assert_eq!(text.iter().collect::<Vec<_>>(), [Some("a"), None, Some("a")]);
    let numbers: &Float64Array = plain.column(1).as_primitive();
    assert_eq!(numbers.iter().collect::<Vec<_>>(), [Some(1.5), Some(1.5), None]);
    assert_eq!(plain.column(2).data_type(), &DataType::Utf8);
    assert_eq!(plain.column(3).as_struct().column(0).data_type(), &DataType::Utf8);
}

#[test]
fn views_stay_where_they_are_asked_for() {
    let encoded = batch(vec![("view", Arc::new(StringViewArray::from(vec!["a"])) as ArrayRef)]);
    assert_eq!(plain(&encoded, true).column(0).data_type(), &DataType::Utf8View);
    assert_eq!(plain_type(&DataType::BinaryView, true), DataType::BinaryView);
    assert_eq!(plain_type(&DataType::BinaryView, false), DataType::Binary);
}

fn encoded(batch: &RecordBatch, most: usize) -> Vec<usize> {
    let mut encoder = Encoder::new(batch.schema(), most);
    let mut messages = VecDeque::new();
    encoder.encode(batch, &mut messages).unwrap();
    messages.iter().map(|m| m.data_body.len()).collect()
}

#[test]
fn a_large_batch_is_cut() {
    let large = batch(vec![("n", Arc::new((0..100_000).collect::<Int64Array>()) as ArrayRef)]);
    let sizes = encoded(&large, 100_000);
    assert_eq!(sizes.len(), 8, "{sizes:?}");
    assert!(sizes.iter().all(|size| *size <= 101_000), "{sizes:?}");
}

#[test]
fn a_slice_of_a_large_batch_is_not_cut_by_the_size_of_the_whole() {
    let large = batch(vec![("n", Arc::new((0..1_000_000).collect::<Int64Array>()) as ArrayRef)]);
    let sizes = encoded(&large.slice(500_000, 1000), 100_000);
    assert_eq!(sizes.len(), 1, "{sizes:?}");
    assert!(sizes[0] < 10_000, "{sizes:?}");
}

#[test]
fn a_batch_without_rows_or_columns_is_encoded() {
    let empty = batch(vec![("n", Arc::new(StringArray::from(Vec::<&str>::new())) as ArrayRef)]);
    assert_eq!(encoded(&empty, 100).len(), 0);
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    let columnless = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
    assert_eq!(encoded(&columnless, 100).len(), 1);
}
