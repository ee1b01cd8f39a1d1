//! `cell_area(lat, lon)`: the area of a grid cell on the sphere.
//!
//! ```text
//! cell_area(lat, lon) ─→ the planner finds both coordinates ─→ extent of lat · extent of lon, each once a label
//! ```

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Float64Array};
use datafusion::arrow::compute::partition;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use hyperslab_array::{ArrayError, Coordinate, Extent, cell_extents};

use super::reference::{Reference, SPHERE};
use crate::convert::scalar_of;
use crate::error::datafusion_error;

const NAME: &str = "cell_area";

/// `cell_area(latitude, longitude)`: the area of the row's cell in m², on a sphere of 6371 km, as `DOUBLE`.
///
/// The arguments are the columns of two 1-D coordinates. Cells end where the coordinate's bounds say, or half way to the next
/// label.
pub fn udf() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(CellArea::new(None)))
}

/// What a coordinate gives to the area of a cell, in metres: a function that is called with the coordinate's column.
///
/// # Errors
/// When the coordinate is one of the other direction, has labels that occur twice, or no cells.
pub fn extent_of(coordinate: Arc<Coordinate>, extent: Extent) -> Result<ScalarUDF> {
    let variable = coordinate.variable();
    let name = &variable.name;
    let text = |key: &str| variable.attributes.text(key).unwrap_or_default();
    let is_other = match extent {
        Extent::Latitude => text("units").starts_with("degrees_e") || text("standard_name") == "longitude",
        Extent::Longitude => text("units").starts_with("degrees_n") || text("standard_name") == "latitude",
    };
    if is_other {
        return Err(datafusion_error(
            ArrayError::argument(format!("`{name}` is in the wrong place")).hint(format!("`{NAME}(lat, lon)`")),
        ));
    }
    if !coordinate.index().is_unique() {
        return Err(datafusion_error(ArrayError::argument(format!(
            "a label of coordinate `{name}` occurs more than once"
        ))));
    }
    let metres = cell_extents(&coordinate, extent).map_err(datafusion_error)?;
    Ok(ScalarUDF::from(CellArea::new(Some(Bound { coordinate, extent, metres: metres.into() }))))
}

/// The arguments of `expr`, where that is a call of [`udf`], which is not bound to coordinates yet.
///
/// # Errors
/// When it does not have two.
pub fn arguments_of(expr: &Expr) -> Result<Option<[&Expr; 2]>> {
    let Expr::ScalarFunction(call) = expr else { return Ok(None) };
    if call.func.inner().downcast_ref::<CellArea>().is_none_or(|f| f.bound.is_some()) {
        return Ok(None);
    }
    match call.args.as_slice() {
        [latitude, longitude] => Ok(Some([latitude, longitude])),
        args => plan_err!("{}", wrong_count(args.len())),
    }
}

fn wrong_count(count: usize) -> String {
    format!(
        "{NAME} expected two arguments, the columns of latitude and longitude, got {count}; hint: `{NAME}(lat, lon)`"
    )
}

/// One factor of the area.
#[derive(Debug, Clone)]
struct Bound {
    coordinate: Arc<Coordinate>,
    extent: Extent,
    /// One for each label.
    metres: Arc<[f64]>,
}

impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.coordinate, &other.coordinate) && self.extent == other.extent
    }
}

impl Eq for Bound {}

impl Hash for Bound {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.coordinate).hash(state);
        self.extent.hash(state);
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CellArea {
    /// `None` in the function as SQL names it.
    bound: Option<Bound>,
    signature: Signature,
    documentation: Documentation,
}

impl CellArea {
    fn new(bound: Option<Bound>) -> Self {
        let documentation = Reference {
            section: SPHERE,
            syntax: "cell_area(latitude, longitude)",
            description: "The area of the row's cell in m², on a sphere with a radius of 6371 km. Cells end where the bounds of \
                          the coordinates say, or else half way to the next label, and at the poles.",
            arguments: &[
                ("latitude", "The column of a 1-D coordinate in degrees."),
                ("longitude", "The column of a 1-D coordinate in degrees."),
            ],
            example: "SELECT weighted_avg(sst, cell_area(lat, lon)) AS sst FROM ersst WHERE time = '2000-07-15';",
            xarray: "`R**2 * abs(diff(sin(lat))) * abs(diff(lon))` of the bounds in radians, written out; in CDO: `gridarea`",
        }
        .documentation();
        Self { bound, signature: Signature::user_defined(Volatility::Immutable), documentation }
    }
}

impl ScalarUDFImpl for CellArea {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match (&self.bound, arg_types) {
            (None, [_, _]) | (Some(_), [_]) => Ok(DataType::Float64),
            (_, types) => plan_err!("{}", wrong_count(types.len())),
        }
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match (&self.bound, args.args.as_slice()) {
            (None, _) => plan_err!(
                "{NAME} expected two coordinates of an array table as its arguments; hint: `{NAME}(lat, lon)`, in a \
                 session that has Hyperslab's rules"
            ),
            (Some(bound), [ColumnarValue::Scalar(label)]) => {
                Ok(ColumnarValue::Scalar(ScalarValue::Float64(bound.metres(label)?)))
            }
            (Some(bound), [ColumnarValue::Array(labels)]) => Ok(ColumnarValue::Array(Arc::new(bound.all(labels)?))),
            (Some(_), args) => internal_err!("{NAME} is called with {} arguments", args.len()),
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

impl Bound {
    /// Neighbouring rows of a grid mostly have the same label: each run is looked up once.
    fn all(&self, labels: &ArrayRef) -> Result<Float64Array> {
        let mut found = Float64Array::builder(labels.len());
        if labels.is_empty() {
            return Ok(found.finish());
        }
        for run in partition(std::slice::from_ref(labels))?.ranges() {
            match self.metres(&ScalarValue::try_from_array(labels, run.start)?)? {
                Some(metres) => found.append_value_n(metres, run.len()),
                None => found.append_nulls(run.len()),
            }
        }
        Ok(found.finish())
    }

    fn metres(&self, label: &ScalarValue) -> Result<Option<f64>> {
        let Some(label) = scalar_of(label) else { return Ok(None) };
        let name = &self.coordinate.variable().name;
        let found = self.coordinate.index().equal(&label);
        let found = found.map_err(|e| datafusion_error(e.context("coordinate", name)))?;
        let position = found.iter().next().and_then(|position| usize::try_from(position).ok());
        Ok(position.and_then(|position| self.metres.get(position)).copied())
    }
}
