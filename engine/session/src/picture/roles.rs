//! Which column of an answer is what in a picture: as the options say, else as its dimensions tell.

use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;
use hyperslab_array::{ArrayError, nearest_names};
use hyperslab_exec::datafusion_error;
use hyperslab_exec::metadata::{DIMENSIONS, ROLE, UNITS};

use crate::QueryResult;
use crate::dataset::dimensions_of;
use crate::result::group_columns;

/// What the options say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roles {
    x: Option<String>,
    y: Option<String>,
    value: Option<String>,
    series: Option<String>,
    frames: Option<String>,
}

/// What each column is.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    /// The columns that tell the cells apart, in the order of the answer.
    pub dimensions: Vec<String>,
    /// What goes to the right, up, and from frame to frame; a dimension, or a coordinate of two dimensions.
    pub x: Option<String>,
    pub y: Option<String>,
    pub frames: Option<String>,
    /// The dimension that has a line for each label.
    pub series: Option<String>,
    /// What is drawn.
    pub values: Vec<String>,
}

impl Roles {
    pub const NAMES: [&'static str; 5] = ["x", "y", "value", "series", "frames"];

    /// Sets a role; false where `name` is none.
    pub fn set(&mut self, name: &str, column: &str) -> bool {
        let role = match name.to_ascii_lowercase().as_str() {
            "x" => &mut self.x,
            "y" => &mut self.y,
            "value" => &mut self.value,
            "series" => &mut self.series,
            "frames" => &mut self.frames,
            _ => return false,
        };
        *role = Some(column.to_string());
        true
    }

    /// The role of each column of an answer.
    ///
    /// # Errors
    /// When a named column is not there, or there is nothing to draw.
    pub(super) fn completed(mut self, answer: &QueryResult) -> Result<Chosen> {
        let schema = answer.schema();
        for name in [&self.x, &self.y, &self.value, &self.series, &self.frames].into_iter().flatten() {
            column(&schema, name)?;
        }
        let grouping = answer.logical_plan().and_then(group_columns);
        let mut dimensions = dimensions_of(&schema, grouping.as_deref());
        let is_number = |f: &Field| f.data_type().is_numeric() || matches!(f.data_type(), DataType::Boolean);
        let role = |f: &Field| f.metadata().get(ROLE).cloned().unwrap_or_default();
        // A coordinate of several dimensions says where a cell is, and does not tell it apart.
        let is_placed =
            |name: &str| schema.field_with_name(name).is_ok_and(|f| role(f) == "coordinate" && along(f).len() > 1);
        // Of a line, one side may be said to be the values.
        let is_dimension = |name: &Option<String>| name.as_ref().is_some_and(|n| dimensions.contains(n));
        let is_value = |name: &Option<String>| {
            name.as_ref().is_some_and(|n| !dimensions.contains(n) && !is_placed(n)) && self.value.is_none()
        };
        let (x_is_value, y_is_value) =
            (is_value(&self.x) && is_dimension(&self.y), is_value(&self.y) && is_dimension(&self.x));
        if x_is_value {
            self.value = self.x.take();
        } else if y_is_value {
            self.value = self.y.take();
        }
        let named = [&self.frames, &self.y, &self.x, &self.series];
        for name in named.into_iter().flatten().filter(|name| !is_placed(name)) {
            if !dimensions.contains(name) && self.value.as_ref() != Some(name) {
                dimensions.push(name.clone());
            }
        }
        if dimensions.is_empty() {
            let first = schema.fields().iter().find(|f| self.value.as_ref() != Some(f.name()));
            dimensions.extend(first.map(|f| f.name().clone()));
        }
        // What the options give a role is no value.
        let is_free = |f: &Field| {
            !dimensions.contains(f.name())
                && !named.into_iter().flatten().any(|n| n == f.name())
                && role(f) != "coordinate"
        };
        let values: Vec<String> = match &self.value {
            Some(value) => vec![value.clone()],
            None => schema.fields().iter().filter(|f| is_number(f) && is_free(f)).map(|f| f.name().clone()).collect(),
        };
        if values.is_empty() {
            return Err(datafusion_error(
                ArrayError::argument("no column of the answer is a number to draw")
                    .hint("name one: `OPTIONS ('value' 'sst')`"),
            ));
        }
        let (x, y) = match (self.x, self.y) {
            (None, None) => placed(&schema, &dimensions).unzip(),
            given => given,
        };
        Ok(Chosen { dimensions, x, y, frames: self.frames, series: self.series, values })
    }
}

/// The longitude and latitude of a curvilinear grid: coordinates of the same two dimensions, which have no labels.
fn placed(schema: &Schema, dimensions: &[String]) -> Option<(String, String)> {
    let has_units = |f: &Field, units: &str| f.metadata().get(UNITS).is_some_and(|u| u.starts_with(units));
    let of = |units: &'static str| {
        schema.fields().iter().find(|f| along(f).len() == 2 && has_units(f, units) && !dimensions.contains(f.name()))
    };
    let (x, y) = (of("degrees_east")?, of("degrees_north")?);
    (along(x) == along(y)).then(|| (x.name().clone(), y.name().clone()))
}

fn along(field: &Field) -> Vec<&str> {
    let text = field.metadata().get(DIMENSIONS).map(String::as_str).unwrap_or_default();
    text.split(',').filter(|d| !d.is_empty()).collect()
}

fn column<'a>(schema: &'a Schema, name: &str) -> Result<&'a Field> {
    schema.field_with_name(name).map_err(|_| {
        let names = schema.fields().iter().map(|f| f.name().as_str());
        datafusion_error(ArrayError::not_found(format!("no column `{name}` to draw")).hint(nearest_names(name, names)))
    })
}
