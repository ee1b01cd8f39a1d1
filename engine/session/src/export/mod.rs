//! `COPY (…) TO 'x.zarr' STORED AS ZARR`: an answer becomes a store of arrays again, chunk by chunk as its rows come.
//!
//! ```text
//! plan ─→ layout (dimensions and labels, variables and encodings) ─→ target (zarr.rs), beside its place
//!   └──→ rows ─→ positions (labels.rs) ─→ chunks (assemble.rs) ──────────┘ ─→ commit: it is there (place.rs)
//! ```

mod assemble;
mod broadcast;
mod chunks;
mod labels;
mod layout;
mod netcdf;
mod options;
mod place;
mod rows;
mod spill;
mod target;
mod update;
mod variable;
mod zarr;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use datafusion::sql::parser::CopyToStatement;
use datafusion::sql::sqlparser::ast::Value;
use hyperslab_array::{ArrayError, Dataset};
use hyperslab_connectors::{Location, OpenOptions, Registry};
use hyperslab_exec::datafusion_error;
use hyperslab_zarr::writer::ExistingGroup;

use self::layout::Layout;
use self::netcdf::NetcdfTarget;
use self::options::ExportOptions;
use self::place::{Partial, Place};
use self::target::Target;
use self::update::{Update, fitted};
use self::zarr::ZarrTarget;
use crate::QueryResult;

/// A format of arrays that answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Zarr,
    Netcdf,
}

impl Format {
    /// The format of a `COPY`, where it is one of ours: from `STORED AS`, or from the end of its target.
    pub fn of(copy: &CopyToStatement) -> Option<Self> {
        let target = copy.target.trim_end_matches('/').to_ascii_lowercase();
        let stated = copy.stored_as.as_deref().map(str::to_ascii_uppercase);
        let known = [(Self::Zarr, ".zarr"), (Self::Netcdf, ".nc")];
        let is_meant = |(format, ending): &(Self, &str)| match &stated {
            Some(stated) => stated == format.name(),
            None => target.ends_with(ending),
        };
        known.iter().find(|known| is_meant(known)).map(|(format, _)| *format)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Zarr => "ZARR",
            Self::Netcdf => "NETCDF",
        }
    }
}

/// Runs the query of `frame`, and writes its answer as `copy` says. Gives the number of rows.
///
/// # Errors
/// When the answer is no array, an option does not fit, or something cannot be written; then nothing is there.
pub(crate) async fn run(
    frame: DataFrame,
    copy: &CopyToStatement,
    format: Format,
    registry: &Registry,
    open_options: &OpenOptions,
) -> Result<QueryResult> {
    if !copy.partitioned_by.is_empty() {
        return Err(datafusion_error(ArrayError::argument(format!("`PARTITIONED BY` makes no {}", format.name()))));
    }
    let options = ExportOptions::try_new(format, &copy.options).map_err(datafusion_error)?;
    let location = Location::parse(&copy.target).map_err(datafusion_error)?;
    let rows = match format {
        Format::Zarr if options.append.is_some() || options.region => {
            update(frame, &location, options, registry, open_options).await?
        }
        Format::Zarr => {
            let layout = Layout::try_new(&frame, format, &options).await?;
            let place = Place::of_store(&location, registry, open_options, options.overwrite).await?;
            let target = Target::Zarr(Box::new(ZarrTarget::try_new(place, &layout, &options)?));
            written(frame, &layout, target, None).await?
        }
        Format::Netcdf => {
            let layout = Layout::try_new(&frame, format, &options).await?;
            let partial = Partial::file(&location, options.overwrite)?;
            let target = NetcdfTarget::try_new(partial, &frame, &layout, &options).await?;
            written(frame, &layout, Target::Netcdf(Box::new(target)), None).await?
        }
    };
    counted("count", rows)
}

/// The text of an option's value.
pub(crate) fn option_text(value: &Value) -> String {
    options::text(value)
}

/// Writes a file, which takes its name when it is whole. Gives the number of its bytes.
pub(crate) fn write_file(target: &str, bytes: &[u8]) -> Result<QueryResult> {
    let location = Location::parse(target).map_err(datafusion_error)?;
    let partial = Partial::file(&location, true)?;
    std::fs::write(partial.path(), bytes)
        .map_err(|e| datafusion_error(ArrayError::io(format!("cannot write `{location}`")).with_source(e)))?;
    partial.commit()?;
    counted("bytes", bytes.len() as u64)
}

/// An answer of one number.
fn counted(name: &str, count: u64) -> Result<QueryResult> {
    let schema = Arc::new(Schema::new(vec![Field::new(name, DataType::UInt64, false)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(UInt64Array::from(vec![count]))])?;
    Ok(QueryResult::from_batches(schema, vec![batch]))
}

/// Writes into a store that is there.
async fn update(
    frame: DataFrame,
    location: &Location,
    mut options: ExportOptions,
    registry: &Registry,
    open_options: &OpenOptions,
) -> Result<u64> {
    let text = location.to_string();
    let dataset = registry.open(&location.name(), &text, Some("ZARR"), open_options).await.map_err(datafusion_error)?;
    if options.dimensions.is_none() {
        let names = frame.schema().fields().iter().map(|f| f.name());
        let names: Vec<&String> = names.collect();
        let own = dataset.dimensions.iter().map(|d| &d.name).filter(|d| names.contains(d));
        options.dimensions = Some(own.cloned().collect());
    }
    let layout = Layout::try_new(&frame, Format::Zarr, &options).await?;
    let (layout, update) = fitted(layout, &dataset, options.append.as_deref())?;
    let store = registry.store(&text, open_options).await.map_err(datafusion_error)?;
    let names: Vec<String> = layout.all().map(|v| v.name.clone()).collect();
    let existing = ExistingGroup::read(&store, &names).await.map_err(datafusion_error)?;
    let place = match update {
        Update::Append { .. } => Place::Bucket(store),
        Update::Region => Place::inside(location, existing.roots())?,
    };
    let target = ZarrTarget::of_existing(place, &layout, existing, update != Update::Region)?;
    written(frame, &layout, Target::Zarr(Box::new(target)), Some((&dataset, update))).await
}

async fn written(
    frame: DataFrame,
    layout: &Layout,
    mut target: Target,
    existing: Option<(&Dataset, Update)>,
) -> Result<u64> {
    let rows = rows::write(frame, layout, &mut target, existing).await?;
    target.commit().await?;
    Ok(rows)
}
