//! What a schema says about a dataset: the keys of field and schema metadata, and the fields themselves.

use std::collections::HashMap;

use datafusion::arrow::datatypes::{DataType as ArrowType, Field};
use hyperslab_array::{Attributes, Dataset, Grid, Role, Variable};

use crate::convert::to_arrow;

/// Field: `dimension`, `coordinate` or `variable`.
pub const ROLE: &str = "hyperslab.role";
/// Field: the dimensions of the variable, comma separated. Schema: those of the grid, slowest first.
pub const DIMENSIONS: &str = "hyperslab.dimensions";
/// Field and schema: the attributes as JSON.
pub const ATTRIBUTES: &str = "hyperslab.attributes";
/// Schema: the name of the dataset.
pub const DATASET: &str = "hyperslab.dataset";
/// Field: the unit, as CF writes it. A time has none: its values are instants already.
pub const UNITS: &str = "units";
/// Field: CF's standard name.
pub const STANDARD_NAME: &str = "standard_name";
/// Field: a name for people.
pub const LONG_NAME: &str = "long_name";
/// Field: the calendar of times that are text.
pub const CALENDAR: &str = "calendar";

/// The field of a variable's column.
pub(crate) fn field_of(variable: &Variable, nullable: bool) -> Field {
    let mut metadata = HashMap::from([
        (ROLE.to_string(), variable.role.name().to_string()),
        (DIMENSIONS.to_string(), variable.dimensions.join(",")),
    ]);
    let is_time = variable.encoding.time().is_some();
    for key in [UNITS, STANDARD_NAME, LONG_NAME] {
        if let Some(text) = variable.attributes.text(key).filter(|_| key != UNITS || !is_time) {
            metadata.insert(key.to_string(), text.to_string());
        }
    }
    if let Some(calendar) = variable.encoding.calendar() {
        metadata.insert(CALENDAR.to_string(), calendar.name().to_string());
    }
    if !variable.attributes.is_empty() {
        metadata.insert(ATTRIBUTES.to_string(), json(&variable.attributes));
    }
    Field::new(&variable.name, to_arrow(&variable.data_type()), nullable).with_metadata(metadata)
}

/// The field of a dimension that has no coordinate: its positions.
pub(crate) fn index_field(name: &str, dimension: &str) -> Field {
    let metadata = HashMap::from([
        (ROLE.to_string(), Role::Dimension.name().to_string()),
        (DIMENSIONS.to_string(), dimension.to_string()),
    ]);
    Field::new(name, ArrowType::Int64, false).with_metadata(metadata)
}

/// The metadata of a grid's schema.
pub(crate) fn schema_metadata(dataset: &Dataset, grid: &Grid) -> HashMap<String, String> {
    let dimensions: Vec<&str> = grid.dimensions.iter().map(|d| d.name.as_str()).collect();
    HashMap::from([
        (DATASET.to_string(), dataset.name.clone()),
        (DIMENSIONS.to_string(), dimensions.join(",")),
        (ATTRIBUTES.to_string(), json(&dataset.attributes)),
    ])
}

/// An object of the attributes, in their order.
fn json(attributes: &Attributes) -> String {
    let entries: Vec<String> =
        attributes.iter().map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name))).collect();
    format!("{{{}}}", entries.join(","))
}
