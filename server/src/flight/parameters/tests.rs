//! Parameters: their numbers, types and values.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use hyperslab::Context;
use hyperslab::datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};

use super::*;

fn context() -> Context {
    Context::builder().build().unwrap()
}

fn numbered(text: &str) -> Result<String, ServerError> {
    let mut statement = context().parse(text)?.remove(0);
    number(&mut statement)?;
    match statement {
        Statement::Sql(sql) => Ok(sql.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn question_marks_are_numbered_in_the_order_of_the_text() {
    assert_eq!(
        numbered("SELECT ?, '?' FROM t WHERE a = ? LIMIT ?").unwrap(),
        "SELECT $1, '?' FROM t WHERE a = $2 LIMIT $3"
    );
    assert_eq!(
        numbered("SELECT CASE WHEN ? THEN ? ELSE ? END, (SELECT ?) FROM t ORDER BY ?").unwrap(),
        "SELECT CASE WHEN $1 THEN $2 ELSE $3 END, (SELECT $4) FROM t ORDER BY $5"
    );
    assert_eq!(numbered("EXPLAIN SELECT ?").unwrap(), "EXPLAIN SELECT $1");
    assert_eq!(numbered("SELECT $2, $1").unwrap(), "SELECT $2, $1");
    assert_eq!(numbered("SELECT ?, $1").unwrap_err().code, code::SYNTAX_ERROR);
}

async fn parameters(text: &str) -> Result<Parameters, ServerError> {
    let mut statement = context().parse(text)?.remove(0);
    number(&mut statement)?;
    Parameters::of(&context().execute(statement).await?)
}

#[tokio::test]
async fn types_come_from_the_places() {
    let found = parameters("SELECT ? + CAST(1 AS BIGINT), ? LIKE 'a', ?").await.unwrap();
    let Parameters::Numbered(types) = &found else { panic!("{found:?}") };
    assert_eq!(types.len(), 3);
    assert_eq!(types[0], Some(DataType::Int64));
    let schema = found.schema();
    assert_eq!(schema.field(2).data_type(), &DataType::Utf8);
    // A gap is a parameter, too.
    assert_eq!(parameters("SELECT $3").await.unwrap().len(), 3);
    let named = parameters("SELECT $b, $a").await.unwrap();
    let names: Vec<String> = named.schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["a", "b"]);
    for wrong in ["SELECT $1, $a", "SELECT $99999"] {
        assert_eq!(parameters(wrong).await.unwrap_err().code, code::SYNTAX_ERROR, "{wrong}");
    }
}

fn row(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()
}

#[test]
fn named_values_are_found_by_name_or_else_by_place() {
    let named = Parameters::Named(vec![("a".into(), None), ("b".into(), None)]);
    let number = |n: i64| Arc::new(Int64Array::from(vec![n])) as ArrayRef;
    let values = |batch: RecordBatch| match named.values(&batch, 0).unwrap() {
        ParamValues::Map(values) => {
            let get = |name: &str| values.get(name).unwrap().value().clone();
            (get("a"), get("b"))
        }
        ParamValues::List(_) => panic!("a list"),
    };
    let one_two = (ScalarValue::Int64(Some(1)), ScalarValue::Int64(Some(2)));
    assert_eq!(values(row(vec![("$b", number(2)), ("$a", number(1))])), one_two);
    assert_eq!(values(row(vec![("0", number(1)), ("1", number(2))])), one_two);
}

#[test]
fn values_take_the_type_of_their_place_where_nothing_is_lost() {
    let fit = |value: ScalarValue, to: DataType| fitted(value, Some(&to), "$1");
    let text = |t: &str| ScalarValue::Utf8(Some(t.into()));
    assert_eq!(fit(text("12"), DataType::Int64).unwrap(), ScalarValue::Int64(Some(12)));
    assert_eq!(fit(ScalarValue::Int64(Some(7)), DataType::Int16).unwrap(), ScalarValue::Int16(Some(7)));
    assert_eq!(fit(ScalarValue::Int64(Some(70_000)), DataType::Int16).unwrap_err().code, code::INVALID_PARAMETER_VALUE);
    assert_eq!(fit(text("x"), DataType::Int64).unwrap_err().code, code::INVALID_TEXT);
    assert_eq!(fit(ScalarValue::Null, DataType::Float32).unwrap(), ScalarValue::Float32(None));
    // 1.5 is no whole number: the comparison with a column decides, not a cast.
    let half = ScalarValue::Float64(Some(1.5));
    assert_eq!(fit(half.clone(), DataType::Int64).unwrap(), half);
}

#[test]
fn a_wrong_number_of_values_is_refused() {
    let two = Parameters::Numbered(vec![None, None]);
    let one = row(vec![("0", Arc::new(Float64Array::from(vec![1.0])) as ArrayRef)]);
    assert!(two.values(&one, 0).unwrap_err().message.contains("1 values for the parameters, expected 2"));
    let none = Parameters::Numbered(vec![]);
    assert!(none.values(&row(vec![("0", Arc::new(StringArray::from(vec!["a"])) as ArrayRef)]), 0).is_err());
}
