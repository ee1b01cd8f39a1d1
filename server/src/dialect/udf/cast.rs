//! `pg_cast(value, 'type'[, length])`: a cast with PostgreSQL's rounding, words and forms of text.

use std::sync::Arc;

use hyperslab::datafusion::arrow::datatypes::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};
use hyperslab::datafusion::common::{Result, ScalarValue, exec_err, internal_err, plan_err};
use hyperslab::datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use hyperslab::datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, cast,
};

use super::convert::{self, is_text};
use crate::dialect::cast::FUNCTION;

/// The function.
pub(super) fn udf() -> ScalarUDF {
    ScalarUDF::from(CastFunction { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CastFunction {
    signature: Signature,
}

/// The zone of a time with one.
pub(super) const UTC: &str = "+00:00";

/// The type of a cast from one type to the type of a name.
fn target(from: &DataType, name: &str) -> Result<DataType> {
    Ok(match name {
        "bool" => DataType::Boolean,
        "int2" => DataType::Int16,
        "int4" => DataType::Int32,
        "int8" | "oid" | "xid" => DataType::Int64,
        "date" => DataType::Date32,
        "time" => DataType::Time64(TimeUnit::Microsecond),
        "timestamp" => DataType::Timestamp(unit(from), None),
        "timestamptz" => DataType::Timestamp(unit(from), Some(UTC.into())),
        "interval" => DataType::Interval(IntervalUnit::MonthDayNano),
        "bytea" => DataType::Binary,
        "operand of ||" if is_list(from) => from.clone(),
        "bpchar" | "char" | "json" | "jsonb" | "name" | "operand of ||" | "regclass" | "regtype" | "text" | "uuid"
        | "varchar" => DataType::Utf8,
        other => return plan_err!("no type `{other}`"),
    })
}

fn unit(from: &DataType) -> TimeUnit {
    match from {
        DataType::Timestamp(unit, _) => *unit,
        _ => TimeUnit::Microsecond,
    }
}

fn is_list(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

/// Whether the query engine's own cast says the same.
fn is_plain(from: &DataType, to: &DataType) -> bool {
    let is_moment = |t: &DataType| matches!(t, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64);
    from.is_null()
        || (from.is_integer() || *from == DataType::Boolean) && (to.is_integer() || *to == DataType::Boolean)
        || is_moment(from) && (is_moment(to) || matches!(to, DataType::Time64(_)))
}

impl ScalarUDFImpl for CastFunction {
    fn name(&self) -> &str {
        FUNCTION
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        internal_err!("the type of {FUNCTION} depends on an argument")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let (Some(from), Some(Some(name))) = (args.arg_fields.first(), args.scalar_arguments.get(1)) else {
            return plan_err!("{FUNCTION} expected a value and the name of a type");
        };
        let name = name.try_as_str().flatten().unwrap_or_default();
        Ok(Arc::new(Field::new(FUNCTION, target(from.data_type(), name)?, from.is_nullable())))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let [value, Expr::Literal(name, _)] = args.as_slice() else { return Ok(ExprSimplifyResult::Original(args)) };
        let from = info.get_data_type(value)?;
        let to = target(&from, name.try_as_str().flatten().unwrap_or_default())?;
        if from == to {
            return Ok(ExprSimplifyResult::Simplified(value.clone()));
        }
        if is_plain(&from, &to) {
            return Ok(ExprSimplifyResult::Simplified(cast(value.clone(), to)));
        }
        Ok(ExprSimplifyResult::Original(args))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (value, name, length) = match args.args.as_slice() {
            [value, ColumnarValue::Scalar(name)] => (value, name, None),
            [value, ColumnarValue::Scalar(name), ColumnarValue::Scalar(ScalarValue::Int64(length))] => {
                (value, name, *length)
            }
            _ => return exec_err!("{FUNCTION} expected a value and the name of a type"),
        };
        let name = name.try_as_str().flatten().unwrap_or_default();
        let to = target(&value.data_type(), name)?;
        let length = length.and_then(|length| usize::try_from(length).ok());
        let convert = |array: &_| match is_plain(&value.data_type(), &to) || value.data_type() == to && !is_text(&to) {
            true => convert::plain(array, &to),
            false => convert::convert(array, name, &to, length),
        };
        match value {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(convert(array)?)),
            ColumnarValue::Scalar(scalar) => {
                let array = convert(&scalar.to_array()?)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
            }
        }
    }
}
