//! Tables of points and of boxes, made of the labels of a dataset.

use std::sync::Arc;

use hyperslab::Context;
use hyperslab::datafusion::arrow::array::AsArray;
use hyperslab::datafusion::arrow::array::{
    Array, ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray, UInt32Array,
};
use hyperslab::datafusion::arrow::compute::{cast, concat, take};
use hyperslab::datafusion::arrow::datatypes::{DataType, Float64Type, TimestampMicrosecondType};
use hyperslab::datafusion::datasource::MemTable;

use crate::generated::dataset::{Made, NAMES};
use crate::random::Random;

/// Points `p(id, p_<dimension>…, pv)` and boxes `r(id, <dimension>_0, <dimension>_1…)`.
pub async fn make(made: &Made, context: &Context, random: &mut Random) -> (Vec<RecordBatch>, Vec<RecordBatch>) {
    let count = if random.chance(5) { 0 } else { 1 + random.below(40) };
    let boxes = if random.chance(5) { 0 } else { 1 + random.below(6) };
    let mut points: Vec<(String, ArrayRef)> = vec![("id".into(), ids(count)), ("pv".into(), numbers(count, random))];
    let mut regions: Vec<(String, ArrayRef)> = vec![("id".into(), ids(boxes))];
    for name in NAMES.iter().take(made.rank) {
        let result = context.sql(&format!("SELECT DISTINCT {name} FROM d ORDER BY 1")).await.unwrap();
        let none = RecordBatch::new_empty(result.schema());
        let batches = [vec![none], result.collect().await.unwrap()].concat();
        let parts: Vec<&dyn Array> = batches.iter().map(|b| b.column(0).as_ref()).collect();
        let labels = concat(&parts).unwrap();
        let near = random.chance(60);
        points.push((format!("p_{name}"), some(&labels, count, near, random)));
        for end in ["0", "1"] {
            regions.push((format!("{name}_{end}"), some(&labels, boxes, near, random)));
        }
    }
    (cut(points, random), cut(regions, random))
}

pub fn register(context: &Context, name: &str, batches: &[RecordBatch]) {
    let schema = batches[0].schema();
    let parts = batches.iter().map(|b| vec![b.clone()]).collect();
    let table = MemTable::try_new(schema, parts).unwrap();
    context.session().register_table(name, Arc::new(table)).unwrap();
}

fn ids(count: usize) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values((0..count as i64).map(|i| i % 30)))
}

fn numbers(count: usize, random: &mut Random) -> ArrayRef {
    let number = |_| if random.chance(10) { None } else { Some(random.below(40) as f64 / 2.0 - 5.0) };
    Arc::new((0..count).map(number).collect::<Float64Array>())
}

/// Labels in any order, some of them missing; where `near`, values about them.
fn some(labels: &ArrayRef, count: usize, near: bool, random: &mut Random) -> ArrayRef {
    let n = labels.len();
    let at = |_| if n == 0 || random.chance(8) { None } else { Some(random.below(n) as u32) };
    let at: UInt32Array = (0..count).map(at).collect();
    let taken = take(labels, &at, None).unwrap();
    match taken.data_type() {
        t if near && t.is_numeric() => {
            let taken = cast(&taken, &DataType::Float64).unwrap();
            let off = [0.0, 0.0, 0.04, -0.04, 0.7, -3.0, 100.0];
            let moved = |x: Option<f64>| x.map(|x| x + random.pick(&off));
            Arc::new(taken.as_primitive::<Float64Type>().iter().map(moved).collect::<Float64Array>())
        }
        DataType::Timestamp(..) if near => {
            let hour = 3_600_000_000;
            let off = [0, 0, hour, -7 * hour, 400 * hour, 100_000 * hour];
            let moved = |x: Option<i64>| x.map(|x| x + random.pick(&off));
            let taken = taken.as_primitive::<TimestampMicrosecondType>().iter().map(moved);
            Arc::new(taken.collect::<TimestampMicrosecondArray>())
        }
        _ => taken,
    }
}

/// A table in one or more batches.
fn cut(columns: Vec<(String, ArrayRef)>, random: &mut Random) -> Vec<RecordBatch> {
    let all = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
    let at = random.below(all.num_rows() + 1);
    match random.chance(50) {
        true => vec![all],
        false => vec![all.slice(0, at), all.slice(at, all.num_rows() - at)],
    }
}
