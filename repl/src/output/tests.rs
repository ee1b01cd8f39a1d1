//! Each format on the same answer: NULL beside the empty string, NaN, floats of both widths, times, hostile text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use hyperslab::datafusion::arrow::array::{
    ArrayRef, Float32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use hyperslab::datafusion::arrow::datatypes::{DataType, Field, Schema};
use hyperslab::datafusion::arrow::ipc::reader::StreamReader;
use hyperslab::datafusion::arrow::record_batch::RecordBatch;
use hyperslab::datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;

/// Bytes that stay readable after the sink took the writer.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(format: Format, schema: SchemaRef, batches: &[RecordBatch]) -> Vec<u8> {
    let bytes = Shared::default();
    let mut sink = Sink::to(bytes.clone());
    let mut answer = format.begin(schema, &mut sink).unwrap();
    for batch in batches {
        answer.write(batch).unwrap();
    }
    answer.finish().unwrap();
    sink.finish().unwrap();
    bytes.0.lock().unwrap().clone()
}

fn as_text(format: Format, batches: &[RecordBatch]) -> String {
    String::from_utf8(written(format, batches[0].schema(), batches)).unwrap()
}

fn batch() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("name", Arc::new(StringArray::from(vec![Some("a,\"b\""), Some(""), None]))),
        ("lat", Arc::new(Float32Array::from(vec![Some(-88.0), Some(0.1), None]))),
        ("sst", Arc::new(Float64Array::from(vec![Some(0.1 + 0.2), Some(f64::NAN), Some(1e300)]))),
        ("n", Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(0), None]))),
        ("time", Arc::new(TimestampMicrosecondArray::from(vec![Some(-314_496_000_000_000), Some(1), None]))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap()
}

fn texts(values: Vec<&str>) -> RecordBatch {
    RecordBatch::try_from_iter([("text", Arc::new(StringArray::from(values)) as ArrayRef)]).unwrap()
}

#[test]
fn csv_tells_null_from_the_empty_string_and_floats_round_trip() {
    assert_eq!(
        as_text(Format::Csv, &[batch()]),
        "name,lat,sst,n,time\n\
         \"a,\"\"b\"\"\",-88.0,0.30000000000000004,9223372036854775807,1960-01-14T00:00:00\n\
         \"\",0.1,NaN,0,1970-01-01T00:00:00.000001\n\
         ,,1e300,,\n"
    );
}

#[test]
fn table_puts_numbers_to_the_right_and_says_null() {
    let expected = "
 name  |   lat |                 sst |                   n | time
-------+-------+---------------------+---------------------+----------------------------
 a,\"b\" | -88.0 | 0.30000000000000004 | 9223372036854775807 | 1960-01-14T00:00:00
       |   0.1 |                 NaN |                   0 | 1970-01-01T00:00:00.000001
 NULL  |  NULL |               1e300 |                NULL | NULL
";
    assert_eq!(as_text(Format::Table, &[batch()]), expected.trim_start_matches('\n'));
}

#[test]
fn json_is_one_array_over_all_batches_with_every_key() {
    let text = as_text(Format::Json, &[batch().slice(0, 1), batch().slice(2, 1)]);
    assert_eq!(
        text,
        "[{\"name\":\"a,\\\"b\\\"\",\"lat\":-88.0,\"sst\":0.30000000000000004,\"n\":9223372036854775807,\
         \"time\":\"1960-01-14T00:00:00\"},\
         {\"name\":null,\"lat\":null,\"sst\":1.0e300,\"n\":null,\"time\":null}]\n"
    );
}

#[test]
fn ndjson_is_a_line_a_row_and_nan_is_null() {
    let text = as_text(Format::Ndjson, &[batch()]);
    assert_eq!(text.lines().count(), 3);
    assert!(text.lines().nth(1).unwrap().contains("\"sst\":null"), "{text}");
}

#[test]
fn an_answer_without_rows_is_still_an_answer() {
    let schema = batch().schema();
    let text = |format| String::from_utf8(written(format, schema.clone(), &[])).unwrap();
    assert_eq!(text(Format::Csv), "name,lat,sst,n,time\n");
    assert_eq!(text(Format::Json), "[]\n");
    assert_eq!(text(Format::Ndjson), "");
    assert_eq!(text(Format::Table).lines().count(), 2);
}

#[test]
fn arrow_and_parquet_come_back_as_they_were() {
    let batch = batch();
    let arrow = written(Format::Arrow, batch.schema(), &[batch.clone(), batch.clone()]);
    let back: Vec<_> = StreamReader::try_new(arrow.as_slice(), None).unwrap().map(Result::unwrap).collect();
    // NaN is not equal to itself, so the text is compared.
    assert_eq!(as_text(Format::Csv, &back), as_text(Format::Csv, &[batch.clone(), batch.clone()]));

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), written(Format::Parquet, batch.schema(), std::slice::from_ref(&batch))).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap().build().unwrap();
    let back: Vec<_> = reader.map(Result::unwrap).collect();
    assert_eq!(as_text(Format::Csv, &back), as_text(Format::Csv, &[batch]));
}

#[test]
fn a_table_streams_after_its_first_rows() {
    let rows: Vec<String> = (0..2500).map(|i| i.to_string()).collect();
    let bytes = Shared::default();
    let mut sink = Sink::to(bytes.clone());
    let batch = texts(rows.iter().map(String::as_str).collect());
    let mut answer = Format::Table.begin(batch.schema(), &mut sink).unwrap();
    answer.write(&batch.slice(0, 999)).unwrap();
    assert!(bytes.0.lock().unwrap().is_empty(), "widths need rows");
    answer.write(&batch.slice(999, 501)).unwrap();
    let lines = || bytes.0.lock().unwrap().iter().filter(|b| **b == b'\n').count();
    assert_eq!(lines(), 1502);
    answer.write(&batch.slice(1500, 1000)).unwrap();
    assert_eq!(lines(), 2502);
}

#[test]
fn a_cell_of_several_lines_keeps_its_columns() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("type", Arc::new(StringArray::from(vec!["plan"]))),
        ("text", Arc::new(StringArray::from(vec!["one\n  two\n"]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    assert_eq!(as_text(Format::Table, &[batch]), " type | text\n------+-------\n plan | one\n      |   two\n");
}

#[test]
fn text_from_data_cannot_command_the_terminal() {
    let text = as_text(Format::Table, &[texts(vec!["a\u{1b}[2Jb\rc"])]);
    assert!(text.contains("a\\u{1b}[2Jb\\rc"), "{text}");
}

#[test]
fn a_text_answer_is_printed_without_a_table() {
    let metadata = [("hyperslab.kind".to_string(), "text".to_string())].into();
    let schema = Arc::new(Schema::new_with_metadata(vec![Field::new("summary", DataType::Utf8, false)], metadata));
    let batch = texts(vec!["dataset ersst", "  lat 89"]).columns().to_vec();
    let batch = RecordBatch::try_new(schema, batch).unwrap();
    assert_eq!(as_text(Format::Table, std::slice::from_ref(&batch)), "dataset ersst\n  lat 89\n");
    assert_eq!(as_text(Format::Csv, &[batch]), "summary\ndataset ersst\n  lat 89\n");
}

#[test]
fn a_file_appears_only_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("answer.csv");
    std::fs::write(&target, "old").unwrap();
    let names = || std::fs::read_dir(folder.path()).unwrap().count();

    let mut sink = Sink::file(&target).unwrap();
    sink.write_all(b"half").unwrap();
    drop(sink);
    assert_eq!((names(), std::fs::read_to_string(&target).unwrap().as_str()), (1, "old"));

    let mut sink = Sink::file(&target).unwrap();
    sink.write_all(b"whole").unwrap();
    sink.finish().unwrap();
    assert_eq!((names(), std::fs::read_to_string(&target).unwrap().as_str()), (1, "whole"));
}

#[test]
fn a_reader_that_left_is_noticed() {
    struct Left;
    impl Write for Left {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut sink = Sink::to(Left);
    let batch = texts(vec!["a"]);
    let mut answer = Format::Ndjson.begin(batch.schema(), &mut sink).unwrap();
    assert!(answer.write(&batch).is_err());
    drop(answer);
    assert!(sink.is_closed());
    assert!(sink.finish().is_ok());
}
