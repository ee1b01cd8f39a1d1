//! `sign(x)`: whether a number is less than zero, zero, or greater.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::ScalarUDF;

use super::plain::Plain;
use super::reference::{NUMBERS, Reference};

/// `sign(x)`: -1, 0 or 1.
pub fn udf() -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: NUMBERS,
        syntax: "sign(x)",
        description: "-1 of a number less than zero, 0 of zero, 1 of a greater one; NaN of NaN.",
        arguments: &[("x", "A number.")],
        example: "SELECT sign(lat) AS half, avg(sst) AS sst FROM ersst GROUP BY 1 ORDER BY 1;",
        xarray: "`np.sign(ds.lat)`",
    };
    Plain {
        name: "sign",
        takes: |types| match types {
            [_] => Ok(vec![DataType::Float64]),
            _ => plan_err!("sign expected one number, got {} arguments", types.len()),
        },
        gives: |_| Ok(DataType::Float64),
        run: |columns| match columns {
            [x] => sign(x),
            _ => plan_err!("sign expected one number"),
        },
        documentation: Some(documentation.documentation()),
    }
    .udf()
}

fn sign(x: &ArrayRef) -> Result<ArrayRef> {
    let of = |x: f64| if x == 0.0 || x.is_nan() { x } else { x.signum() };
    Ok(Arc::new(x.as_primitive::<Float64Type>().unary::<_, Float64Type>(of)))
}
