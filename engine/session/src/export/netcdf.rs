//! Writes a NetCDF classic file: the header first, then the regions of its variables as they come.

use std::fs::File;
use std::io::BufWriter;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::max;
use datafusion::logical_expr::{Expr, cast};
use hyperslab_array::{ArrayError, Attributes, ChunkGrid, DataType, Region, Values};
use hyperslab_exec::datafusion_error;
use hyperslab_netcdf::writer::{VariableSpec, Version, Writer};

use super::chunks::chunk_shape;
use super::layout::Layout;
use super::options::{ExportOptions, Lengths};
use super::place::Partial;
use super::variable::OutputVariable;

/// A file that is being written.
pub(super) struct NetcdfTarget {
    partial: Partial,
    writer: Arc<Mutex<Writer<BufWriter<File>>>>,
    variables: Vec<(String, ChunkGrid)>,
}

impl NetcdfTarget {
    /// A file with the coordinates and variables of `layout`, in this order. Where text is written, or integers that
    /// may have gaps, the query is asked how long or how many before.
    ///
    /// # Errors
    /// When the format has no such type, name or size, or the file cannot be made.
    pub async fn try_new(
        partial: Partial,
        frame: &DataFrame,
        layout: &Layout,
        options: &ExportOptions,
    ) -> Result<Self> {
        let is_full = is_full(frame, layout).await?;
        let mut specs = Vec::new();
        let mut variables = Vec::new();
        for variable in layout.all() {
            specs.push(spec(variable, frame, layout, is_full).await?);
            let shape = layout.shape(&variable.dimensions);
            let names = layout.names(&variable.dimensions);
            let chunks = chunk_shape(&names, &shape, variable.encoding.stored_type(), &Lengths::new());
            variables.push((variable.name.clone(), ChunkGrid::regular(&shape, &chunks).map_err(datafusion_error)?));
        }
        let dimensions: Vec<(String, u64)> = layout.dimensions.iter().map(|d| (d.name.clone(), d.size())).collect();
        let version = if options.netcdf_data64 { Version::Data64 } else { Version::Offset64 };
        let file = File::create(partial.path());
        let file = file.map_err(|e| datafusion_error(ArrayError::io("the file cannot be made").with_source(e)))?;
        let writer = Writer::try_new(BufWriter::new(file), version, &dimensions, &layout.attributes, &specs);
        let writer = Arc::new(Mutex::new(writer.map_err(datafusion_error)?));
        Ok(Self { partial, writer, variables })
    }

    /// The shape of what is written at once of variable `variable`.
    pub fn stored_shape(&self, variable: usize) -> Vec<u64> {
        self.variables.get(variable).map(|(_, grid)| grid.chunk_shape()).unwrap_or_default()
    }

    /// Writes a region.
    pub async fn write(&mut self, variable: usize, chunk: &[u64], values: Values) -> Result<()> {
        let (name, grid) = self.variables.get(variable).ok_or_else(|| datafusion_error(lost()))?;
        let (name, region, writer): (String, Region, _) = (name.clone(), grid.region(chunk), Arc::clone(&self.writer));
        let write = move || writer.lock().unwrap_or_else(PoisonError::into_inner).write(&name, &region, &values);
        let written = tokio::task::spawn_blocking(write).await;
        written.map_err(|e| datafusion_error(lost().with_source(e)))?.map_err(datafusion_error)
    }

    /// Fills what was never written, and puts the file in its place.
    pub async fn commit(self) -> Result<()> {
        let writer = Arc::into_inner(self.writer).ok_or_else(|| datafusion_error(lost()))?;
        let writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let finished = tokio::task::spawn_blocking(move || writer.finish().map(drop)).await;
        finished.map_err(|e| datafusion_error(lost().with_source(e)))?.map_err(datafusion_error)?;
        self.partial.commit()
    }
}

async fn spec(variable: &OutputVariable, frame: &DataFrame, layout: &Layout, is_full: bool) -> Result<VariableSpec> {
    let data_type = variable.encoding.stored_type();
    let mut attributes: Attributes = variable.attributes.clone();
    if variable.is_coordinate || (is_full && !variable.says_fill_value && !variable.is_nullable) {
        attributes.remove("_FillValue");
    }
    if !variable.is_coordinate
        && let Some(names) = layout.coordinates_of(variable)
    {
        attributes.insert("coordinates", names);
    }
    let text_length = match data_type {
        DataType::String => Some(longest(variable, frame, layout).await?),
        _ => None,
    };
    let dimensions = layout.names(&variable.dimensions);
    Ok(VariableSpec { name: variable.name.clone(), dimensions, data_type, attributes, text_length })
}

/// Bytes of the longest text of a column.
async fn longest(variable: &OutputVariable, frame: &DataFrame, layout: &Layout) -> Result<u64> {
    if let Some(labels) = layout.dimensions.iter().find(|d| d.column == variable.column)
        && let Values::String(texts) = &labels.labels.values
    {
        return Ok(texts.iter().map(|t| t.len() as u64).max().unwrap_or(0).max(1));
    }
    let column = Expr::Column(frame.schema().qualified_field(variable.column).into());
    let length = datafusion::functions::string::octet_length().call(vec![column]);
    let length = max(cast(length, datafusion::arrow::datatypes::DataType::Int64));
    let answer = frame.clone().aggregate(Vec::new(), vec![length])?.collect().await?;
    let first = answer.first().and_then(|b| b.columns().first().cloned());
    let longest = first.and_then(|c| c.as_primitive_opt::<Int64Type>().and_then(|c| c.iter().next().flatten()));
    Ok(longest.and_then(|n| u64::try_from(n).ok()).unwrap_or(0).max(1))
}

/// Whether each cell has a row. Asked only where an integer would need a fill value otherwise.
async fn is_full(frame: &DataFrame, layout: &Layout) -> Result<bool> {
    let matters = |v: &&OutputVariable| v.encoding.stored_type().is_integer() && !v.says_fill_value && !v.is_nullable;
    if !layout.variables.iter().any(|v| matters(&v)) {
        return Ok(true);
    }
    let cells = layout.dimensions.iter().try_fold(1u64, |n, d| n.checked_mul(d.size()));
    Ok(Some(frame.clone().count().await? as u64) == cells)
}

fn lost() -> ArrayError {
    ArrayError::internal("the NetCDF file is lost")
}
