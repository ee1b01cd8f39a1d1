//! Longitudes wrapped to one turn: what `lon180` and `lon360` share.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, DataType, Float32Type, Float64Type};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::reference::{Reference, SPHERE};

/// One turn, in degrees.
const TURN: f64 = 360.0;

/// The turn that longitudes are wrapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Turn {
    /// [-180, 180).
    AroundZero,
    /// [0, 360).
    FromZero,
}

impl Turn {
    fn first(self) -> f64 {
        match self {
            Self::AroundZero => -TURN / 2.0,
            Self::FromZero => 0.0,
        }
    }

    /// The longitude as it is where it lies within the turn, else wrapped in the arithmetic of 64 bits.
    fn wrap(self, longitude: f64) -> f64 {
        let first = self.first();
        if (first..first + TURN).contains(&longitude) {
            return longitude;
        }
        let wrapped = (longitude - first).rem_euclid(TURN) + first;
        // A little less than the first is rounded to the end, which is the first again.
        if wrapped >= first + TURN { first } else { wrapped }
    }

    /// As [`Self::wrap`]; a number of 32 bits may be rounded to the end again.
    fn wrap_single(self, longitude: f32) -> f32 {
        let wrapped = self.wrap(longitude.into()) as f32;
        if f64::from(wrapped) >= self.first() + TURN { self.first() as f32 } else { wrapped }
    }
}

/// The function called `name`.
pub(super) fn udf(name: &'static str, turn: Turn, range: &str, example: &str, xarray: &str) -> Arc<ScalarUDF> {
    let what =
        format!("A longitude in degrees, wrapped to {range}. A `REAL` stays one; any other number becomes a `DOUBLE`.");
    let documentation = Reference {
        section: SPHERE,
        syntax: &format!("{name}(longitude)"),
        description: &what,
        arguments: &[("longitude", "A number, in degrees.")],
        example,
        xarray,
    }
    .documentation();
    let signature = Signature::user_defined(Volatility::Immutable);
    Arc::new(ScalarUDF::from(Longitude { name, turn, signature, documentation }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Longitude {
    name: &'static str,
    turn: Turn,
    signature: Signature,
    documentation: Documentation,
}

impl ScalarUDFImpl for Longitude {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        match arg_types {
            [DataType::Float32] => Ok(vec![DataType::Float32]),
            [data_type] if data_type.is_numeric() || *data_type == DataType::Null => Ok(vec![DataType::Float64]),
            [other] => plan_err!("{} got `{other}`, expected a number in degrees", self.name),
            types => plan_err!("{} got {} arguments, expected one longitude", self.name, types.len()),
        }
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types {
            [DataType::Float32] => Ok(DataType::Float32),
            _ => Ok(DataType::Float64),
        }
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(match args.args.as_slice() {
            [ColumnarValue::Scalar(ScalarValue::Float32(v))] => {
                ColumnarValue::Scalar(ScalarValue::Float32(v.map(|v| self.turn.wrap_single(v))))
            }
            [ColumnarValue::Scalar(ScalarValue::Float64(v))] => {
                ColumnarValue::Scalar(ScalarValue::Float64(v.map(|v| self.turn.wrap(v))))
            }
            [ColumnarValue::Array(array)] => {
                if let Some(array) = array.as_primitive_opt::<Float32Type>() {
                    ColumnarValue::Array(mapped(array, |v| self.turn.wrap_single(v)))
                } else if let Some(array) = array.as_primitive_opt::<Float64Type>() {
                    ColumnarValue::Array(mapped(array, |v| self.turn.wrap(v)))
                } else {
                    return internal_err!("{} is called with `{}`", self.name, array.data_type());
                }
            }
            other => return internal_err!("{} is called with {} arguments", self.name, other.len()),
        })
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

fn mapped<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, f: impl Fn(T::Native) -> T::Native) -> ArrayRef {
    Arc::new(array.unary::<_, T>(f))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::arrow::array::{Float32Array, Float64Array, Int32Array};
    use datafusion::arrow::datatypes::Field;

    use super::*;
    use crate::functions::tester::Tester;
    use crate::functions::{lon180, lon360};

    fn answers(udf: Arc<ScalarUDF>, longitudes: ArrayRef) -> ArrayRef {
        let tester = Tester::new(udf, vec![Field::new("lon", longitudes.data_type().clone(), true)]);
        tester.answers(&[], longitudes).unwrap()
    }

    #[test]
    fn a_longitude_is_wrapped_to_its_turn() {
        let longitudes = || -> ArrayRef {
            Arc::new(Float64Array::from(vec![
                Some(0.0),
                Some(180.0),
                Some(190.5),
                Some(-0.25),
                Some(-180.0),
                Some(359.75),
                Some(360.0),
                Some(725.0),
                Some(-1e-20),
                None,
            ]))
        };
        let expected = [0.0, -180.0, -169.5, -0.25, -180.0, -0.25, 0.0, 5.0, -1e-20];
        let expected: Float64Array = expected.into_iter().map(Some).chain([None]).collect();
        assert_eq!(answers(lon180::udf(), longitudes()).as_primitive::<Float64Type>(), &expected);
        let expected = [0.0, 180.0, 190.5, 359.75, 180.0, 359.75, 0.0, 5.0, 0.0];
        let expected: Float64Array = expected.into_iter().map(Some).chain([None]).collect();
        assert_eq!(answers(lon360::udf(), longitudes()).as_primitive::<Float64Type>(), &expected);
    }

    #[test]
    fn numbers_of_32_bits_keep_their_type_and_their_turn() {
        let longitudes: ArrayRef = Arc::new(Float32Array::from(vec![-1e-9, 350.5, 0.1, f32::NAN, f32::INFINITY]));
        let wrapped = answers(lon360::udf(), Arc::clone(&longitudes));
        let wrapped = wrapped.as_primitive::<Float32Type>().values();
        assert_eq!(wrapped[..3], [0.0, 350.5, 0.1]);
        assert!(wrapped[3].is_nan() && wrapped[4].is_nan());
        assert_eq!(answers(lon180::udf(), longitudes).as_primitive::<Float32Type>().value(1), -9.5);
        let whole = answers(lon180::udf(), Arc::new(Int32Array::from(vec![270, -90])));
        assert_eq!(whole.as_primitive::<Float64Type>(), &Float64Array::from(vec![-90.0, -90.0]));
    }

    #[test]
    fn what_is_no_number_is_refused_in_one_line() {
        for types in [vec![DataType::Utf8], vec![], vec![DataType::Float64; 2]] {
            let e = lon180::udf().coerce_types(&types).unwrap_err().to_string();
            assert!(e.contains("lon180 got ") && !e.contains('\n'), "{e}");
        }
    }
}
