//! Random expressions over random floats: the same values as DataFusion's, and the same errors.

use datafusion::arrow::array::{ArrayRef, AsArray, Float32Array, Float64Array};
use datafusion::arrow::datatypes::{Field, Float32Type, Float64Type};
use datafusion::common::ScalarValue;
use datafusion::common::config::ConfigOptions;
use datafusion::functions::math;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::ScalarFunctionExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Literal, NegativeExpr};

use super::*;
use crate::testing::Random;

const SPECIAL: [f64; 12] =
    [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, 1e-42, 3e38, 1.0, -1.0, 0.1];

fn number(random: &mut Random, is_positive: bool) -> f64 {
    let number = match random.chance(20) {
        true => *random.pick(&SPECIAL),
        false => random.below(1 << 40) as f64 / 1e9 - 500.0,
    };
    if is_positive { number.abs() } else { number }
}

/// Two columns of each type, with and without NULL.
fn batch(random: &mut Random, rows: usize, is_positive: bool) -> RecordBatch {
    let mut values = |with_nulls: bool| -> Vec<Option<f64>> {
        (0..rows).map(|_| (!with_nulls || random.chance(90)).then(|| number(random, is_positive))).collect()
    };
    let narrow = |values: Vec<Option<f64>>| values.into_iter().map(|v| v.map(|v| v as f32)).collect::<Float32Array>();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(narrow(values(false))),
        Arc::new(values(false).into_iter().collect::<Float64Array>()),
        Arc::new(narrow(values(true))),
        Arc::new(values(true).into_iter().collect::<Float64Array>()),
    ];
    let names = ["a", "b", "c", "d"];
    let fields: Vec<Field> =
        names.iter().zip(&columns).map(|(name, c)| Field::new(*name, c.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

fn call(
    function: Arc<datafusion::logical_expr::ScalarUDF>,
    of: Arc<dyn PhysicalExpr>,
    schema: &Schema,
) -> Arc<dyn PhysicalExpr> {
    Arc::new(ScalarFunctionExpr::try_new(function, vec![of], schema, Arc::new(ConfigOptions::default())).unwrap())
}

/// An expression of type `float64` where that is `wide`, else of `float32`.
fn expr(random: &mut Random, schema: &Schema, wide: bool, depth: u64) -> Arc<dyn PhysicalExpr> {
    if depth == 0 || random.chance(10) {
        let column = (usize::from(random.chance(50)) * 2) + usize::from(wide);
        let value = number(random, false);
        return match random.below(4) {
            0 if wide => Arc::new(Literal::new(ScalarValue::Float64(Some(value)))),
            0 => Arc::new(Literal::new(ScalarValue::Float32(Some(value as f32)))),
            _ => Arc::new(Column::new(schema.field(column).name(), column)),
        };
    }
    match random.below(if wide { 9 } else { 7 }) {
        0 => Arc::new(NegativeExpr::new(expr(random, schema, wide, depth - 1))),
        1 => call(math::abs(), expr(random, schema, wide, depth - 1), schema),
        // Of what is not negative, most of the time: else most of the cases would be errors.
        2 => {
            let of = expr(random, schema, wide, depth - 1);
            let of = if random.chance(90) { call(math::abs(), of, schema) } else { of };
            call(math::sqrt(), of, schema)
        }
        n if n < 7 => {
            let operator = *random.pick(&[Operator::Plus, Operator::Minus, Operator::Multiply, Operator::Divide]);
            let left = expr(random, schema, wide, depth - 1);
            let right = expr(random, schema, wide, depth - 1);
            Arc::new(BinaryExpr::new(left, operator, right))
        }
        _ => Arc::new(CastExpr::new(expr(random, schema, false, depth - 1), DataType::Float64, None)),
    }
}

/// The bits of the values; one for all NaN, whose sign and rest are those of the processor.
fn bits(values: &ArrayRef) -> Vec<Option<u64>> {
    let of = |value: f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
    match values.data_type() {
        DataType::Float32 => values.as_primitive::<Float32Type>().iter().map(|v| v.map(|v| of(v.into()))).collect(),
        _ => values.as_primitive::<Float64Type>().iter().map(|v| v.map(of)).collect(),
    }
}

#[test]
fn random_expressions_give_what_datafusion_gives() {
    let (mut fused, mut failed) = (0, 0);
    for seed in 0..3_000 {
        let random = &mut Random::new(seed);
        let rows = *random.pick(&[0, 1, 5, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 77]);
        let is_positive = random.chance(50);
        let batch = batch(random, rows, is_positive);
        let (wide, depth) = (random.chance(50), random.below(6));
        let schema = batch.schema();
        let plain = expr(random, &schema, wide, depth);
        let own = in_one_pass(Arc::clone(&plain), &schema).unwrap();
        fused += usize::from(own.is::<Arithmetic>());
        assert_eq!(own.data_type(&schema).unwrap(), plain.data_type(&schema).unwrap(), "seed {seed}: {plain}");
        let selection: BooleanArray = (0..rows).map(|_| Some(random.chance(70))).collect();
        for selection in [None, Some(&selection)] {
            let of = |expr: &Arc<dyn PhysicalExpr>| match selection {
                None => expr.evaluate(&batch)?.into_array(rows),
                Some(selection) => expr.evaluate_selection(&batch, selection)?.into_array(rows),
            };
            match (of(&plain), of(&own)) {
                (Ok(plain_values), Ok(values)) => {
                    let (plain_bits, bits) = (bits(&plain_values), bits(&values));
                    for row in (0..rows).filter(|row| selection.is_none_or(|s| s.value(*row))) {
                        assert_eq!(bits[row], plain_bits[row], "seed {seed}, row {row}: {plain}");
                    }
                }
                (Err(plain_error), Err(error)) => {
                    failed += 1;
                    assert_eq!(error.to_string(), plain_error.to_string(), "seed {seed}: {plain}");
                }
                (plain_values, values) => panic!("seed {seed}: {plain}: {plain_values:?}, {values:?}"),
            }
        }
    }
    assert!(fused > 1_500 && failed > 100, "{fused} done in one pass, {failed} with an error");
}

fn schema() -> Schema {
    batch(&mut Random::new(1), 1, true).schema().as_ref().clone()
}

fn column(schema: &Schema, at: usize) -> Arc<dyn PhysicalExpr> {
    Arc::new(Column::new(schema.field(at).name(), at))
}

#[test]
fn what_is_no_arithmetic_is_left_as_it_is_and_arithmetic_within_is_done_in_one_pass() {
    let schema = schema();
    let column = |at| column(&schema, at);
    let cast = Arc::new(CastExpr::new(column(0), DataType::Float64, None)) as Arc<dyn PhysicalExpr>;
    for plain in [column(0), cast, call(math::floor(), column(1), &schema)] {
        let own = in_one_pass(Arc::clone(&plain), &schema).unwrap();
        assert!(!own.is::<Arithmetic>() && own.as_ref() == plain.as_ref(), "{plain}");
    }
    let sum = Arc::new(BinaryExpr::new(column(1), Operator::Plus, column(3))) as Arc<dyn PhysicalExpr>;
    let outer = Arc::new(BinaryExpr::new(sum, Operator::Gt, column(1))) as Arc<dyn PhysicalExpr>;
    let own = in_one_pass(outer, &schema).unwrap();
    let inner = own.downcast_ref::<BinaryExpr>().unwrap();
    assert!(inner.left().is::<Arithmetic>());
    assert!(inner.right().is::<Column>());
}

#[test]
fn operations_that_are_too_deep_are_left_to_datafusion() {
    let schema = schema();
    let deep = |count: usize| {
        (0..count).fold(column(&schema, 1), |of, _| Arc::new(NegativeExpr::new(of)) as Arc<dyn PhysicalExpr>)
    };
    assert!(in_one_pass(deep(DEEPEST), &schema).unwrap().is::<Arithmetic>());
    let own = in_one_pass(deep(DEEPEST + 1), &schema).unwrap();
    assert!(own.is::<NegativeExpr>());
    let batch = batch(&mut Random::new(2), 3 * BLOCK, true);
    let of = |expr: &Arc<dyn PhysicalExpr>| bits(&expr.evaluate(&batch).unwrap().into_array(3 * BLOCK).unwrap());
    assert_eq!(of(&own), of(&deep(DEEPEST + 1)));
}
