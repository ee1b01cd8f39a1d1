//! `dim_index(dimension)`: the position of a label along its dimension.
//!
//! ```text
//! dim_index(lat) ─→ the planner finds the coordinate ─→ a function over its labels
//! dim_index(x)   ─→ x has no labels                  ─→ the column itself
//! ```

use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int64Array};
use datafusion::arrow::compute::partition;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use hyperslab_array::{ArrayError, Coordinate};

use super::reference::{POSITIONS, Reference};
use crate::convert::scalar_of;
use crate::error::datafusion_error;

const NAME: &str = "dim_index";

/// `dim_index(dimension)`: the position of the row's label along the dimension, counted from 0, as `BIGINT`.
///
/// The argument is the column of a dimension or of another 1-D coordinate whose labels are unique. NULL where the label
/// is missing. A condition on it prunes like one on the labels.
pub fn udf() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(DimIndex::new(Of::Nothing)))
}

/// The function over the positions along a dimension without labels: they are the answer.
pub fn of_positions() -> ScalarUDF {
    ScalarUDF::from(DimIndex::new(Of::Positions))
}

/// The function over the labels of `coordinate`, called with the coordinate's column.
///
/// # Errors
/// When the coordinate has no dimension, or a label of it occurs twice.
pub fn of_labels(coordinate: Arc<Coordinate>) -> Result<ScalarUDF> {
    let name = &coordinate.variable().name;
    if coordinate.variable().dimensions.is_empty() {
        let e = ArrayError::argument(format!("`{name}` is a scalar coordinate, expected one that has a dimension"));
        return Err(datafusion_error(e));
    }
    if !coordinate.index().is_unique() {
        let e = ArrayError::argument(format!(
            "a label of coordinate `{name}` occurs more than once, expected unique labels for {NAME}"
        ))
        .hint(format!("group by `{name}` itself"));
        return Err(datafusion_error(e));
    }
    Ok(ScalarUDF::from(DimIndex::new(Of::Labels(coordinate))))
}

/// The argument of `expr`, where that is a call of [`udf`], which is not bound to a coordinate yet.
///
/// # Errors
/// When it has no argument or several.
pub fn argument_of(expr: &Expr) -> Result<Option<&Expr>> {
    let Expr::ScalarFunction(call) = expr else { return Ok(None) };
    if call.func.inner().downcast_ref::<DimIndex>().is_none_or(|f| f.of != Of::Nothing) {
        return Ok(None);
    }
    match call.args.as_slice() {
        [argument] => Ok(Some(argument)),
        args => plan_err!("{}", wrong_count(args.len())),
    }
}

fn wrong_count(count: usize) -> String {
    format!("{NAME} expected one argument, the column of a dimension or coordinate, got {count}; hint: `{NAME}(lat)`")
}

/// What the argument of a call holds.
#[derive(Debug)]
enum Of {
    /// It is not known: the function as SQL names it.
    Nothing,
    Labels(Arc<Coordinate>),
    /// Positions along a dimension without labels.
    Positions,
}

impl PartialEq for Of {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Labels(a), Self::Labels(b)) => Arc::ptr_eq(a, b),
            _ => discriminant(self) == discriminant(other),
        }
    }
}

impl Eq for Of {}

impl Hash for Of {
    fn hash<H: Hasher>(&self, state: &mut H) {
        discriminant(self).hash(state);
        if let Self::Labels(coordinate) = self {
            Arc::as_ptr(coordinate).hash(state);
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct DimIndex {
    of: Of,
    signature: Signature,
    documentation: Documentation,
}

impl DimIndex {
    fn new(of: Of) -> Self {
        let documentation = Reference {
            section: POSITIONS,
            syntax: "dim_index(dimension)",
            description: "The position of a label along its dimension, counted from 0, as `BIGINT`. NULL where the label \
                          is missing.",
            arguments: &[("dimension", "The column of a dimension, or of another 1-D coordinate, with unique labels.")],
            example: "SELECT dim_index(lat) / 10 AS block, avg(sst) AS sst FROM ersst GROUP BY block ORDER BY block;",
            xarray: "`ds.isel(lat=slice(0, 10))` as a condition, `ds.coarsen(lat=10).mean()` as a key",
        }
        .documentation();
        Self { of, signature: Signature::user_defined(Volatility::Immutable), documentation }
    }
}

impl ScalarUDFImpl for DimIndex {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        // A wrong number is refused below, in one line, which DataFusion would wrap here.
        Ok(arg_types.to_vec())
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        match (&self.of, args.arg_fields) {
            (Of::Positions, [positions]) => Ok(Arc::new(positions.as_ref().clone().with_name(NAME))),
            (_, [_]) => Ok(Arc::new(Field::new(NAME, DataType::Int64, true))),
            (_, fields) => plan_err!("{}", wrong_count(fields.len())),
        }
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn simplify(&self, mut args: Vec<Expr>, _info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        match (&self.of, args.pop()) {
            (Of::Positions, Some(positions)) => Ok(ExprSimplifyResult::Simplified(positions)),
            (_, last) => {
                args.extend(last);
                Ok(ExprSimplifyResult::Original(args))
            }
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [labels] = args.args.as_slice() else {
            return internal_err!("{NAME} is called with {} arguments", args.args.len());
        };
        match (&self.of, labels) {
            (Of::Nothing, _) => plan_err!(
                "{NAME} expected a dimension or coordinate of an array table as its argument; hint: `{NAME}(lat)`, \
                 in a session that has Hyperslab's rules"
            ),
            (Of::Positions, positions) => Ok(positions.clone()),
            (Of::Labels(coordinate), ColumnarValue::Scalar(label)) => {
                Ok(ColumnarValue::Scalar(ScalarValue::Int64(position(coordinate, label)?)))
            }
            (Of::Labels(coordinate), ColumnarValue::Array(labels)) => {
                Ok(ColumnarValue::Array(Arc::new(positions(coordinate, labels)?)))
            }
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

/// Neighbouring rows of a grid mostly have the same label: each run is looked up once.
fn positions(coordinate: &Coordinate, labels: &ArrayRef) -> Result<Int64Array> {
    let mut found = Int64Array::builder(labels.len());
    if labels.is_empty() {
        return Ok(found.finish());
    }
    for run in partition(std::slice::from_ref(labels))?.ranges() {
        match position(coordinate, &ScalarValue::try_from_array(labels, run.start)?)? {
            Some(position) => found.append_value_n(position, run.len()),
            None => found.append_nulls(run.len()),
        }
    }
    Ok(found.finish())
}

fn position(coordinate: &Coordinate, label: &ScalarValue) -> Result<Option<i64>> {
    let Some(label) = scalar_of(label) else { return Ok(None) };
    let found = coordinate
        .index()
        .equal(&label)
        .map_err(|e| datafusion_error(e.context("coordinate", &coordinate.variable().name)))?;
    Ok(found.iter().next().and_then(|position| i64::try_from(position).ok()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::arrow::array::{AsArray, Float32Array, Float64Array, StringArray, TimestampMicrosecondArray};
    use datafusion::arrow::datatypes::Int64Type;
    use hyperslab_array::{ChunkGrid, Values};

    use super::*;
    use crate::functions::tester::Tester;
    use crate::testing::Maker;

    async fn coordinate(values: Values, attributes: &[(&str, &str)]) -> Arc<Coordinate> {
        let grid = ChunkGrid::regular(&[values.len() as u64], &[3]).unwrap();
        let sample = Maker::new().add_with("x", &["x"], values, grid, attributes).make().await;
        Arc::clone(&sample.dataset.coordinates["x"])
    }

    fn found(coordinate: &Arc<Coordinate>, labels: ArrayRef) -> Vec<Option<i64>> {
        let udf = Arc::new(of_labels(Arc::clone(coordinate)).unwrap());
        let tester = Tester::new(udf, vec![Field::new("x", labels.data_type().clone(), true)]);
        tester.answers(&[], labels).unwrap().as_primitive::<Int64Type>().iter().collect()
    }

    #[tokio::test]
    async fn each_label_gives_its_position_whatever_the_order_of_the_labels() {
        let descending = coordinate(Values::Float32(vec![23.4, 0.1, -0.0, -23.5]), &[]).await;
        let labels = Float32Array::from(vec![Some(-23.5), Some(-23.5), Some(0.1), None, Some(0.0), Some(23.4)]);
        assert_eq!(found(&descending, Arc::new(labels)), [Some(3), Some(3), Some(1), None, Some(2), Some(0)]);
        let unsorted = coordinate(Values::Float64(vec![5.0, f64::NAN, -1.0, 2.5]), &[]).await;
        let labels = Float64Array::from(vec![Some(2.5), Some(5.0), Some(-1.0), None, Some(7.0), Some(f64::NAN)]);
        assert_eq!(found(&unsorted, Arc::new(labels)), [Some(3), Some(0), Some(2), None, None, None]);
    }

    #[tokio::test]
    async fn texts_and_times_have_positions() {
        let texts = coordinate(Values::String(vec!["b".into(), "a".into(), "c".into()]), &[]).await;
        assert_eq!(found(&texts, Arc::new(StringArray::from(vec!["a", "c", "b"]))), [Some(1), Some(2), Some(0)]);
        let times = coordinate(Values::Timestamp(vec![10, 20, 40]), &[]).await;
        let labels = TimestampMicrosecondArray::from(vec![40, 10]);
        assert_eq!(found(&times, Arc::new(labels)), [Some(2), Some(0)]);
        let units = [("units", "days since 2000-01-01"), ("calendar", "360_day")];
        let dates = coordinate(Values::Int32(vec![0, 59, 60]), &units).await;
        let labels = StringArray::from(vec!["2000-02-30T00:00:00", "2000-03-01T00:00:00"]);
        assert_eq!(found(&dates, Arc::new(labels)), [Some(1), Some(2)]);
    }

    #[tokio::test]
    async fn labels_that_repeat_and_scalar_coordinates_are_refused_in_one_line() {
        for values in [Values::Int32(vec![1, 1, 2]), Values::Int32(vec![1, 2, 1])] {
            let e = of_labels(coordinate(values, &[]).await).unwrap_err().to_string();
            assert!(e.contains("a label of coordinate `x` occurs more than once") && !e.contains('\n'), "{e}");
        }
        let grid = ChunkGrid::regular(&[2], &[2]).unwrap();
        let sample = Maker::new()
            .add_with("v", &["x"], Values::Int32(vec![1, 2]), grid, &[("coordinates", "r")])
            .add("r", &[], Values::Int32(vec![1]), ChunkGrid::regular(&[], &[]).unwrap())
            .make()
            .await;
        let e = of_labels(Arc::clone(&sample.dataset.coordinates["r"])).unwrap_err().to_string();
        assert!(e.contains("`r` is a scalar coordinate") && !e.contains('\n'), "{e}");
    }

    #[tokio::test]
    async fn missing_labels_may_repeat() {
        let labels = coordinate(Values::Float64(vec![f64::NAN, 1.0, f64::NAN]), &[]).await;
        assert_eq!(found(&labels, Arc::new(Float64Array::from(vec![Some(1.0), None]))), [Some(1), None]);
    }
}
