//! Runs a scalar function as DataFusion would, in each shape that its arguments can take.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::{Field, FieldRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF};

/// A scalar function with the fields of its arguments.
pub(crate) struct Tester {
    udf: Arc<ScalarUDF>,
    fields: Vec<FieldRef>,
}

impl Tester {
    /// `udf` called with arguments of these fields.
    pub(crate) fn new(udf: Arc<ScalarUDF>, fields: Vec<Field>) -> Self {
        Self { udf, fields: fields.into_iter().map(Arc::new).collect() }
    }

    /// The field that the function declares for its answer.
    pub(crate) fn return_field(&self, constants: &[Option<&ScalarValue>]) -> Result<FieldRef> {
        let fields = fields_with_udf(&self.fields, self.udf.as_ref())?;
        self.udf.return_field_from_args(ReturnFieldArgs { arg_fields: &fields, scalar_arguments: constants })
    }

    /// Calls the function once.
    pub(crate) fn invoke(&self, args: Vec<ColumnarValue>) -> Result<ColumnarValue> {
        let constants: Vec<Option<&ScalarValue>> = args
            .iter()
            .map(|a| match a {
                ColumnarValue::Scalar(s) => Some(s),
                ColumnarValue::Array(_) => None,
            })
            .collect();
        let arg_fields = fields_with_udf(&self.fields, self.udf.as_ref())?;
        let return_field = self.return_field(&constants)?;
        let number_rows =
            args.iter().find_map(|a| if let ColumnarValue::Array(a) = a { Some(a.len()) } else { None }).unwrap_or(1);
        let args = args
            .iter()
            .zip(&arg_fields)
            .map(|(a, f)| a.cast_to(f.data_type(), None))
            .collect::<Result<Vec<ColumnarValue>>>()?;
        let answer = self.udf.invoke_with_args(ScalarFunctionArgs {
            args,
            arg_fields,
            number_rows,
            return_field: Arc::clone(&return_field),
            config_options: Arc::new(ConfigOptions::new()),
        })?;
        assert_eq!(&answer.data_type(), return_field.data_type(), "{} keeps its declared type", self.udf.name());
        Ok(answer)
    }

    /// Calls the function with its last argument (the only one that varies) as a column, as a slice of a longer
    /// column, as constants and as NULL; all must agree. The answer is that of the column.
    pub(crate) fn answers(&self, constants: &[ScalarValue], column: ArrayRef) -> Result<ArrayRef> {
        let with = |last: ColumnarValue| {
            let mut args: Vec<ColumnarValue> = constants.iter().cloned().map(ColumnarValue::Scalar).collect();
            args.push(last);
            self.invoke(args)
        };
        let whole = with(ColumnarValue::Array(Arc::clone(&column)))?.into_array(column.len())?;
        for row in 0..column.len() {
            let constant = ScalarValue::try_from_array(&column, row)?;
            let answer = with(ColumnarValue::Scalar(constant.clone()))?;
            assert!(matches!(answer, ColumnarValue::Scalar(_)), "a constant of a constant");
            let one = answer.into_array(1)?;
            assert_eq!(&one, &whole.slice(row, 1), "{constant:?} as a constant");
            let sliced = with(ColumnarValue::Array(column.slice(row, 1)))?.into_array(1)?;
            assert_eq!(&sliced, &one, "{constant:?} in a slice");
        }
        let empty = with(ColumnarValue::Array(column.slice(0, 0)))?.into_array(0)?;
        assert_eq!(empty.len(), 0, "no rows");
        let null = with(ColumnarValue::Scalar(ScalarValue::try_from(column.data_type())?))?.into_array(1)?;
        assert!(null.is_null(0), "NULL of NULL");
        Ok(whole)
    }
}
