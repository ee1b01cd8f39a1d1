//! `div(a, b)`: how many whole times one number is in another.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::compute::binary;
use datafusion::arrow::compute::kernels::numeric;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::ScalarUDF;

use super::plain::Plain;
use super::reference::{NUMBERS, Reference};

/// `div(a, b)`: the quotient without its fraction.
pub fn udf() -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: NUMBERS,
        syntax: "div(a, b)",
        description: "The quotient without its fraction: towards zero.",
        arguments: &[("a", "A number."), ("b", "A number.")],
        example: "SELECT div(lat, 10) AS tens, avg(sst) AS sst FROM ersst GROUP BY 1 ORDER BY 1 LIMIT 3;",
        xarray: "`np.trunc(a / b)`",
    };
    Plain {
        name: "div",
        takes: |types| match types {
            [a, b] if a.is_integer() && b.is_integer() => Ok(vec![DataType::Int64, DataType::Int64]),
            [_, _] => Ok(vec![DataType::Float64, DataType::Float64]),
            _ => plan_err!("div expected two numbers, got {} arguments", types.len()),
        },
        gives: |types| Ok(types.first().cloned().unwrap_or(DataType::Float64)),
        run,
        documentation: Some(documentation.documentation()),
    }
    .udf()
}

fn run(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let [a, b] = columns else { return plan_err!("div expected two numbers") };
    if a.data_type() == &DataType::Int64 {
        return Ok(numeric::div(a, b)?);
    }
    let (a, b) = (a.as_primitive::<Float64Type>(), b.as_primitive::<Float64Type>());
    Ok(Arc::new(binary::<_, _, _, Float64Type>(a, b, |a, b| (a / b).trunc())?))
}
