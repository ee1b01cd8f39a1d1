//! `timezone(zone, time)`, which is `time AT TIME ZONE zone`: a time on the clocks of a zone as an instant, and an instant
//! as a time on those clocks.

use std::sync::Arc;

use hyperslab::datafusion::arrow::array::timezone::Tz;
use hyperslab::datafusion::arrow::datatypes::{DataType, Field, FieldRef, TimeUnit};
use hyperslab::datafusion::common::{Result, exec_err, internal_err, plan_err};
use hyperslab::datafusion::functions::datetime::to_local_time;
use hyperslab::datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use hyperslab::datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, cast,
};

use super::cast::UTC;

const NAME: &str = "timezone";

/// The function.
pub(super) fn udf() -> ScalarUDF {
    ScalarUDF::from(TimeZoneFunction { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct TimeZoneFunction {
    signature: Signature,
}

impl ScalarUDFImpl for TimeZoneFunction {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        match arg_types {
            [zone, DataType::Timestamp(unit, of)] => {
                Ok(vec![zone.clone(), DataType::Timestamp(*unit, of.as_ref().map(|_| UTC.into()))])
            }
            [zone, _] => Ok(vec![zone.clone(), DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()))]),
            _ => plan_err!("{NAME} expected a zone and a time"),
        }
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types {
            [_, DataType::Timestamp(unit, None)] => Ok(DataType::Timestamp(*unit, Some(UTC.into()))),
            [_, DataType::Timestamp(unit, Some(_))] => Ok(DataType::Timestamp(*unit, None)),
            _ => internal_err!("{NAME} has other arguments than it takes"),
        }
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let is_nullable = args.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(NAME, self.return_type(&types)?, is_nullable)))
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let [Expr::Literal(zone, _), time] = args.as_slice() else { return Ok(ExprSimplifyResult::Original(args)) };
        let Some(zone) = zone.try_as_str().flatten() else { return Ok(ExprSimplifyResult::Original(args)) };
        let zone = zone_of(zone)?;
        let DataType::Timestamp(unit, from) = info.get_data_type(time)? else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        let there = cast(time.clone(), DataType::Timestamp(unit, Some(zone.into())));
        Ok(ExprSimplifyResult::Simplified(match from {
            Some(_) => to_local_time().call(vec![there]),
            None => cast(there, DataType::Timestamp(unit, Some(UTC.into()))),
        }))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("{NAME} expected a constant text as its zone, such as `'Europe/Vienna'`")
    }
}

/// The zone as the query engine names it. PostgreSQL counts an offset without a name to the west.
fn zone_of(zone: &str) -> Result<String> {
    let known = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
        (Some(west), _) => format!("-{}", padded(west)),
        (_, Some(east)) => format!("+{}", padded(east)),
        _ if zone.eq_ignore_ascii_case("utc") || zone.eq_ignore_ascii_case("gmt") || zone.eq_ignore_ascii_case("z") => {
            UTC.to_string()
        }
        _ => zone.to_string(),
    };
    match known.parse::<Tz>() {
        Ok(_) => Ok(known),
        Err(_) => plan_err!("no time zone `{zone}`, expected a name such as `Europe/Vienna` or `UTC`"),
    }
}

/// `2`, `02` and `02:30` as hours and minutes.
fn padded(offset: &str) -> String {
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
    format!("{hours:0>2}:{minutes:0>2}")
}
