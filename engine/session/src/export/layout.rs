//! What is written: dimensions with their labels, variables with their encodings, attributes of the dataset.

use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use hyperslab_array::{ArrayError, Attributes, Region, Role, Values, Variable, nearest_names};
use hyperslab_exec::datafusion_error;
use hyperslab_planner::rules::{datasets_of, source_of};

use super::Format;
use super::labels::OutputDimension;
use super::options::{ExportOptions, VariableOptions};
use super::update::stored_values;
use super::variable::{About, OutputVariable, Stores, type_of};
use crate::dataset::dimensions_of;
use crate::result::group_columns;

/// The attribute that names the variable that says how the grid lies on the earth.
const GRID_MAPPING: &str = "grid_mapping";

/// What is written, before the first row is known.
#[derive(Debug)]
pub(super) struct Layout {
    pub dimensions: Vec<OutputDimension>,
    /// The coordinates of the dimensions that have labels.
    pub coordinates: Vec<OutputVariable>,
    /// Everything else, in the order of the columns.
    pub variables: Vec<OutputVariable>,
    /// What variables name as their grid mapping, which is no column, and its stored value.
    pub mappings: Vec<(OutputVariable, Values)>,
    pub attributes: Attributes,
}

impl Layout {
    /// The layout of an answer. The labels of its dimensions are asked for, each by a query of its own.
    ///
    /// # Errors
    /// When a dimension that is named is no column, two columns have one name, a column has a type that no array has,
    /// or an option is about something that is not there.
    pub async fn try_new(frame: &DataFrame, format: Format, options: &ExportOptions) -> Result<Self> {
        let schema = frame.schema().inner();
        let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        for (i, name) in names.iter().enumerate() {
            if names.iter().take(i).any(|other| other == name) {
                return Err(argument(
                    format!("two columns are called `{name}`"),
                    "give one of them another name with `AS`",
                ));
            }
            check_name(name)?;
        }
        if let Some(unknown) = options.variables.keys().find(|key| !names.contains(&key.as_str())) {
            return Err(datafusion_error(
                ArrayError::not_found(format!("option `{unknown}.…` is about no column"))
                    .hint(nearest_names(unknown, names.iter().copied())),
            ));
        }
        let chosen = match &options.dimensions {
            Some(chosen) => chosen.clone(),
            None => dimensions_of(schema, group_columns(frame.logical_plan()).as_deref()),
        };
        let mut dimensions: Vec<OutputDimension> = Vec::with_capacity(chosen.len());
        for name in &chosen {
            let column = names.iter().position(|n| n == name).ok_or_else(|| {
                datafusion_error(
                    ArrayError::not_found(format!("no column `{name}` to be a dimension"))
                        .hint(nearest_names(name, names.iter().copied())),
                )
            })?;
            if dimensions.iter().any(|d| d.column == column) {
                return Err(argument(format!("dimension `{name}` is named twice"), "name each once"));
            }
            dimensions.push(OutputDimension::try_new(frame, column).await?);
        }
        let mut layout = Self {
            dimensions,
            coordinates: Vec::new(),
            variables: Vec::new(),
            mappings: Vec::new(),
            attributes: attributes_of(frame, options),
        };
        layout.add_variables(frame, format, options)?;
        layout.add_mappings(frame).await?;
        Ok(layout)
    }

    fn add_variables(&mut self, frame: &DataFrame, format: Format, options: &ExportOptions) -> Result<()> {
        let nothing = VariableOptions::default();
        for (column, field) in frame.schema().fields().iter().enumerate() {
            let about = options.variables.get(field.name()).unwrap_or(&nothing);
            if let Some(d) = self.dimensions.iter().position(|d| d.column == column) {
                let Some(dimension) = self.dimensions.get(d).filter(|d| !d.is_unlabelled()) else { continue };
                let source = dimension.source.as_ref().and_then(|s| s.variable.as_deref());
                let about = About {
                    field,
                    source,
                    options: about,
                    stores: Stores::of(format, options),
                    labels: Some(&dimension.labels),
                    data_type: dimension.labels.values.data_type(),
                };
                let (encoding, attributes, says_fill_value) = about.encoding().map_err(datafusion_error)?;
                let name = field.name().clone();
                let dimensions = vec![d];
                let is_coordinate = true;
                self.coordinates.push(OutputVariable {
                    name,
                    column,
                    dimensions,
                    is_coordinate,
                    encoding,
                    attributes,
                    says_fill_value,
                    is_nullable: false,
                });
                continue;
            }
            let source = source_of(frame.logical_plan(), column).and_then(|s| s.variable);
            let about = About {
                field,
                source: source.as_deref(),
                options: about,
                stores: Stores::of(format, options),
                labels: None,
                data_type: type_of(field.name(), &plain_type(field.data_type())).map_err(datafusion_error)?,
            };
            let (encoding, attributes, says_fill_value) = about.encoding().map_err(datafusion_error)?;
            self.variables.push(OutputVariable {
                name: field.name().clone(),
                column,
                dimensions: self.dimensions_of_source(source.as_deref()),
                is_coordinate: source.is_some_and(|s| s.role == Role::Coordinate),
                encoding,
                attributes,
                says_fill_value,
                is_nullable: field.is_nullable(),
            });
        }
        Ok(())
    }

    /// Adds the grid mappings that the variables name, where they come from one dataset; else the names go.
    async fn add_mappings(&mut self, frame: &DataFrame) -> Result<()> {
        let datasets = datasets_of(frame.logical_plan());
        let taken: Vec<String> = self.all().map(|v| v.name.clone()).collect();
        for variable in &mut self.variables {
            let Some(name) = variable.attributes.text(GRID_MAPPING).map(str::to_string) else { continue };
            if self.mappings.iter().any(|(m, _)| m.name == name) {
                continue;
            }
            let mapping = match datasets.as_slice() {
                [one] => one.variables.get(&name).filter(|v| v.role == Role::GridMapping && v.dimensions.is_empty()),
                _ => None,
            };
            match mapping.filter(|_| !taken.contains(&name)) {
                Some(mapping) => {
                    let value = stored_values(mapping, &Region::full(&[])).await.map_err(datafusion_error)?;
                    let mapping = OutputVariable {
                        name,
                        column: usize::MAX,
                        dimensions: Vec::new(),
                        is_coordinate: true,
                        encoding: mapping.encoding.clone(),
                        attributes: mapping.attributes.clone(),
                        says_fill_value: true,
                        is_nullable: false,
                    };
                    self.mappings.push((mapping, value));
                }
                None => drop(variable.attributes.remove(GRID_MAPPING)),
            }
        }
        Ok(())
    }

    /// Everything that is written: coordinates, then variables, then grid mappings.
    pub fn all(&self) -> impl Iterator<Item = &OutputVariable> {
        self.coordinates.iter().chain(&self.variables).chain(self.mappings.iter().map(|(mapping, _)| mapping))
    }

    /// The dimensions along which a variable varies: all, or those that it has in its dataset where all of these are
    /// dimensions of the answer too.
    fn dimensions_of_source(&self, source: Option<&Variable>) -> Vec<usize> {
        let own = source.and_then(|source| {
            let of = |name: &String| {
                self.dimensions.iter().position(|d| {
                    d.source.as_ref().is_some_and(|s| match &s.variable {
                        Some(variable) => {
                            variable.dimensions.iter().eq([name])
                                && s.dataset
                                    .variables
                                    .get(&source.name)
                                    .is_some_and(|v| std::ptr::eq(v.as_ref(), source))
                        }
                        None => d.name == *name,
                    })
                })
            };
            source.dimensions.iter().map(of).collect::<Option<Vec<usize>>>()
        });
        match own {
            Some(mut own) => {
                own.sort_unstable();
                own
            }
            None => (0..self.dimensions.len()).collect(),
        }
    }

    /// The names of the coordinates of a variable that are none of its dimensions, as CF's attribute has them.
    pub fn coordinates_of(&self, variable: &OutputVariable) -> Option<String> {
        // Measures of cells are named by an attribute of their own.
        let measures = variable.attributes.text("cell_measures").unwrap_or_default();
        let is_measure = |name: &str| measures.split_whitespace().any(|word| word == name);
        let auxiliary = self.variables.iter().filter(|v| v.is_coordinate && !is_measure(&v.name));
        let fits = auxiliary.filter(|c| c.dimensions.iter().all(|d| variable.dimensions.contains(d)));
        let names: Vec<&str> = fits.map(|c| c.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// The sizes of some dimensions.
    pub fn shape(&self, dimensions: &[usize]) -> Vec<u64> {
        dimensions.iter().filter_map(|d| self.dimensions.get(*d)).map(OutputDimension::size).collect()
    }

    /// The names of some dimensions.
    pub fn names(&self, dimensions: &[usize]) -> Vec<String> {
        dimensions.iter().filter_map(|d| self.dimensions.get(*d)).map(|d| d.name.clone()).collect()
    }
}

/// The type that a column's values are brought to.
fn plain_type(arrow: &ArrowType) -> ArrowType {
    match arrow {
        ArrowType::Float16 => ArrowType::Float32,
        ArrowType::Null
        | ArrowType::Decimal32(..)
        | ArrowType::Decimal64(..)
        | ArrowType::Decimal128(..)
        | ArrowType::Decimal256(..) => ArrowType::Float64,
        ArrowType::LargeUtf8 | ArrowType::Utf8View => ArrowType::Utf8,
        ArrowType::Date32 | ArrowType::Date64 => {
            ArrowType::Timestamp(datafusion::arrow::datatypes::TimeUnit::Microsecond, None)
        }
        ArrowType::Dictionary(_, inner) => plain_type(inner),
        other => other.clone(),
    }
}

/// Those of the dataset that the answer comes from, where it is one, and those of the options.
fn attributes_of(frame: &DataFrame, options: &ExportOptions) -> Attributes {
    let mut attributes = match datasets_of(frame.logical_plan()).as_slice() {
        [one] => one.attributes.clone(),
        _ => Attributes::new(),
    };
    // It names variables, which may not be there.
    attributes.remove("coordinates");
    for (key, value) in &options.attributes {
        attributes.insert(key.as_str(), value.clone());
    }
    attributes
}

/// A name becomes a part of a key.
fn check_name(name: &str) -> Result<()> {
    let is_reserved = name.is_empty() || name.starts_with('.') || name.starts_with("__") || name == "zarr.json";
    if is_reserved || name.contains(['/', '\\']) || name.chars().any(char::is_control) {
        return Err(argument(
            format!("column `{name}` has a name that no variable can have"),
            "give it another with `AS`",
        ));
    }
    Ok(())
}

fn argument(message: String, hint: &str) -> datafusion::error::DataFusionError {
    datafusion_error(ArrayError::argument(message).hint(hint))
}
