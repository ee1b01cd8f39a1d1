//! `nearest`, `pad` and `backfill` over the labels of one coordinate.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{ArrayRef, UInt64Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use hyperslab_array::{Coordinate, Method, Scalar};

use super::name_of;
use super::value::{Tolerances, Wanted};
use crate::convert::{array_of, scalar_value_of, to_arrow};
use crate::error::datafusion_error;
use crate::layout::positive_zeros;
use crate::metadata::{CALENDAR, LONG_NAME, STANDARD_NAME, UNITS, field_of};

/// The function of `method` over the labels of `coordinate`: `(name, value [, tolerance])`.
///
/// The first argument is the name of the coordinate as a text. It changes nothing; it lets a plan show
/// `nearest(lat, …)`. The answer is a label, or NULL where no label is found or the value is NULL. The function is
/// immutable, so that a call with constants folds to a label.
pub fn bound(method: Method, coordinate: Arc<Coordinate>) -> ScalarUDF {
    let field = field_of(coordinate.variable(), true);
    let kept = [UNITS, STANDARD_NAME, LONG_NAME, CALENDAR];
    let metadata = field.metadata().iter().filter(|(k, _)| kept.contains(&k.as_str()));
    let metadata = metadata.map(|(k, v)| (k.clone(), v.clone())).collect();
    // The labels tell the type of the column.
    let data_type = to_arrow(&coordinate.labels().values.data_type());
    ScalarUDF::from(Bound {
        method,
        field: Arc::new(Field::new(name_of(method), data_type, true).with_metadata(metadata)),
        coordinate,
        labels: OnceLock::new(),
        signature: Signature::user_defined(Volatility::Immutable),
    })
}

/// Whether a function is one that [`bound`] made: its answer is a label.
pub fn is_bound(function: &ScalarUDF) -> bool {
    function.inner().is::<Bound>()
}

#[derive(Debug)]
struct Bound {
    method: Method,
    coordinate: Arc<Coordinate>,
    field: FieldRef,
    /// The labels as an Arrow array, made when the first column of values comes.
    labels: OnceLock<ArrayRef>,
    signature: Signature,
}

impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        self.method == other.method && Arc::ptr_eq(&self.coordinate, &other.coordinate)
    }
}

impl Eq for Bound {}

impl Hash for Bound {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.method.hash(state);
        Arc::as_ptr(&self.coordinate).hash(state);
    }
}

impl ScalarUDFImpl for Bound {
    fn name(&self) -> &str {
        name_of(self.method)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let (name, value, tolerance) = match arg_types {
            [name, value] => (name, value, None),
            [name, value, tolerance] => (name, value, Some(tolerance)),
            _ => return plan_err!("{}", super::unbound::wrong_count(self.method, arg_types.len())),
        };
        let mut types = vec![name.clone(), Wanted::coerce(&self.coordinate, self.name(), value)?];
        if let Some(tolerance) = tolerance {
            types.push(Tolerances::coerce(&self.coordinate, self.name(), tolerance)?);
        }
        Ok(types)
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.field.data_type().clone())
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        Ok(Arc::clone(&self.field))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let (value, tolerance) = match args.args.as_slice() {
            [_, value] => (value, None),
            [_, value, tolerance] => (value, Some(tolerance)),
            _ => return internal_err!("{} is called with {} arguments", self.name(), args.args.len()),
        };
        // A constant is read once, whatever the number of rows.
        let column = |value: &ColumnarValue| match value {
            ColumnarValue::Array(array) => Ok(Arc::clone(array)),
            ColumnarValue::Scalar(scalar) => scalar.to_array(),
        };
        let wanted = Wanted::try_new(&self.coordinate, self.method, &column(value)?)?;
        let tolerances = tolerance.map(|t| Tolerances::try_new(self.name(), &column(t)?)).transpose()?;
        let mut last: Option<(Sought, Option<u64>)> = None;
        let mut found = Vec::with_capacity(rows);
        for row in 0..rows {
            let Some(sought) = Sought::of(&wanted, tolerances.as_ref(), row)? else {
                found.push(None);
                continue;
            };
            // Neighbouring rows of a grid ask for the same.
            if let Some((known, index)) = &last
                && *known == sought
            {
                found.push(*index);
                continue;
            }
            let index = self
                .coordinate
                .index()
                .lookup(&sought.value, self.method, sought.tolerance.as_ref())
                .map_err(|e| datafusion_error(e.context("coordinate", &self.coordinate.variable().name)))?;
            found.push(index);
            last = Some((sought, index));
        }
        if is_constant {
            return Ok(ColumnarValue::Scalar(self.label(found.first().copied().flatten())?));
        }
        let labels = match self.labels.get() {
            Some(labels) => Arc::clone(labels),
            None => {
                let labels = positive_zeros(array_of(self.coordinate.labels().clone())?);
                Arc::clone(self.labels.get_or_init(|| labels))
            }
        };
        Ok(ColumnarValue::Array(take(&labels, &UInt64Array::from(found), None)?))
    }
}

/// What one row asks for.
#[derive(Debug, PartialEq)]
struct Sought {
    value: Scalar,
    tolerance: Option<Scalar>,
}

impl Sought {
    /// `None` where the value or the tolerance is NULL.
    fn of(wanted: &Wanted, tolerances: Option<&Tolerances>, row: usize) -> Result<Option<Self>> {
        let Some(value) = wanted.get(row)? else { return Ok(None) };
        let Some(tolerances) = tolerances else { return Ok(Some(Self { value, tolerance: None })) };
        Ok(tolerances.get(row)?.map(|tolerance| Self { value, tolerance: Some(tolerance) }))
    }
}

impl Bound {
    /// The label at `index` as a constant. As in the column of labels, -0 is 0.
    fn label(&self, index: Option<u64>) -> Result<ScalarValue> {
        let index = index.and_then(|i| usize::try_from(i).ok());
        match index.and_then(|i| self.coordinate.labels().get(i)) {
            Some(Scalar::Float32(label)) => Ok(ScalarValue::from(label + 0.0)),
            Some(Scalar::Float64(label)) => Ok(ScalarValue::from(label + 0.0)),
            Some(label) => scalar_value_of(&label).cast_to(self.field.data_type()),
            None => ScalarValue::try_from(self.field.data_type()),
        }
    }
}
