//! The rows of an answer on their way into the chunks of a store.

use std::sync::Arc;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::dataframe::DataFrame;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use futures::StreamExt;
use hyperslab_array::{ArrayError, ChunkGrid, Dataset, Region, Values, Variable};
use hyperslab_exec::convert::decoded_of;
use hyperslab_exec::datafusion_error;

use super::assemble::{Assembler, Refused, WholeChunk};
use super::broadcast::Broadcast;
use super::chunks::nth_chunk;
use super::labels::{OutputDimension, show};
use super::layout::Layout;
use super::spill::Spill;
use super::target::Target;
use super::update::{Update, stored_values};
use super::variable::OutputVariable;
use crate::QueryResult;
use crate::dataset::plain;

/// Bytes of open chunks that are held in memory, where the session allows it.
const OPEN_BYTES: usize = 512 << 20;

/// Variables of all dimensions that have chunks of one shape: they fill up together.
struct Group {
    /// Their places among the variables of the layout.
    members: Vec<usize>,
    assembler: Assembler,
}

/// Runs the query and writes the chunks of its variables and coordinates. Gives the number of rows.
///
/// # Errors
/// When the query fails, two rows are one cell, or a value cannot be stored.
pub(super) async fn write(
    frame: DataFrame,
    layout: &Layout,
    target: &mut Target,
    existing: Option<(&Dataset, Update)>,
) -> Result<u64> {
    let context = frame.task_ctx();
    let reservation = MemoryConsumer::new("COPY").register(context.memory_pool());
    let mut writer = Writer::try_new(layout, target, reservation)?;
    if let Some((dataset, update)) = existing {
        writer.preload(dataset, update).await?;
    }
    let mut stream = QueryResult::from_frame(frame).stream().await?;
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        if layout.dimensions.is_empty() && rows > 1 {
            return Err(datafusion_error(
                ArrayError::argument("no column of the answer is a dimension, and it has more than one row")
                    .hint("select the dimensions too, or name them: `OPTIONS ('dimensions' 'time,lat,lon')`"),
            ));
        }
        writer.add(&batch, target).await?;
    }
    writer.finish(target, existing.map(|(_, update)| update)).await?;
    Ok(rows)
}

struct Writer<'a> {
    layout: &'a Layout,
    groups: Vec<Group>,
    /// Variables of fewer dimensions, with their places among those of the layout.
    broadcast: Vec<(usize, Broadcast)>,
    positions: Vec<Vec<u32>>,
    reservation: MemoryReservation,
}

impl<'a> Writer<'a> {
    fn try_new(layout: &'a Layout, target: &Target, reservation: MemoryReservation) -> Result<Self> {
        let all: Vec<usize> = (0..layout.dimensions.len()).collect();
        let shape = layout.shape(&all);
        let mut shapes: Vec<(Vec<u64>, Vec<usize>)> = Vec::new();
        let mut broadcast = Vec::new();
        for (i, variable) in layout.variables.iter().enumerate() {
            if variable.dimensions != all {
                let shape = layout.shape(&variable.dimensions);
                let values = Broadcast::try_new(variable.dimensions.clone(), &shape, &variable.encoding);
                broadcast.push((i, values.map_err(|e| of(e, variable))?));
                continue;
            }
            let stored = target.stored_shape(layout.coordinates.len() + i);
            match shapes.iter_mut().find(|(shape, _)| *shape == stored) {
                Some((_, members)) => members.push(i),
                None => shapes.push((stored, vec![i])),
            }
        }
        let groups = shapes.into_iter().map(|(stored, members)| {
            let grid = ChunkGrid::regular(&shape, &stored).map_err(datafusion_error)?;
            let encodings = members.iter().filter_map(|i| layout.variables.get(*i)).map(|v| v.encoding.clone());
            let assembler = Assembler::new(grid, encodings.collect(), OPEN_BYTES, Spill::default());
            Ok(Group { members, assembler })
        });
        Ok(Self {
            layout,
            groups: groups.collect::<Result<_>>()?,
            broadcast,
            positions: vec![Vec::new(); all.len()],
            reservation,
        })
    }

    /// Brings in what the chunks hold that are not replaced whole.
    async fn preload(&mut self, dataset: &Dataset, update: Update) -> Result<()> {
        let variable = |i: usize| -> Result<&Arc<Variable>> {
            let name = self.layout.variables.get(i).map(|v| v.name.as_str()).unwrap_or_default();
            dataset.variable(name).map_err(datafusion_error)
        };
        for (i, broadcast) in &mut self.broadcast {
            let variable = variable(*i)?;
            let region = Region::full(&variable.shape());
            let values = stored_values(variable, &region).await.map_err(datafusion_error)?;
            broadcast.preload(&region, &values).map_err(datafusion_error)?;
        }
        let Update::Append { dimension, old } = update else { return Ok(()) };
        for group in &mut self.groups {
            let edges = group.assembler.chunks_across(dimension, old);
            for (chunk, region) in edges {
                let mut values = Vec::with_capacity(group.members.len());
                for i in &group.members {
                    values.push(stored_values(variable(*i)?, &region).await.map_err(datafusion_error)?);
                }
                group.assembler.preload(&chunk, &region, &values).map_err(datafusion_error)?;
            }
        }
        Ok(())
    }

    async fn add(&mut self, batch: &RecordBatch, target: &mut Target) -> Result<()> {
        for (dimension, positions) in self.layout.dimensions.iter().zip(&mut self.positions) {
            dimension.positions(&column(batch, dimension.column)?, positions)?;
        }
        let rows = batch.num_rows();
        for (i, broadcast) in &mut self.broadcast {
            let Some(variable) = self.layout.variables.get(*i) else { continue };
            let values = encoded(batch, variable)?;
            broadcast.add(rows, &self.positions, &values).map_err(|e| of(e, variable))?;
        }
        for group in &mut self.groups {
            let variables = group.members.iter().filter_map(|i| self.layout.variables.get(*i));
            let columns = variables.map(|v| encoded(batch, v)).collect::<Result<Vec<Values>>>()?;
            let whole = group.assembler.add(rows, &self.positions, &columns);
            let whole = whole.map_err(|e| refused(e, &self.layout.dimensions))?;
            for chunk in whole {
                send(chunk, &group.members, self.layout, target).await?;
            }
        }
        let held = self.groups.iter().map(|g| g.assembler.memory()).sum();
        self.reservation.try_resize(held)
    }

    async fn finish(mut self, target: &mut Target, update: Option<Update>) -> Result<()> {
        let first = self.layout.coordinates.len();
        for group in &mut self.groups {
            while let Some(chunk) = group.assembler.next_unfinished().map_err(datafusion_error)? {
                if update == Some(Update::Region) {
                    return Err(torn(&chunk, &group.assembler, &self.layout.dimensions));
                }
                send(chunk, &group.members, self.layout, target).await?;
            }
            if group.assembler.has_unwritten() {
                group.members.iter().for_each(|i| target.leave_gaps(first + i));
            }
        }
        for (i, broadcast) in self.broadcast {
            let (shape, has_gaps) = (self.layout.variables.get(i), broadcast.has_gaps());
            let shape = shape.map(|v| self.layout.shape(&v.dimensions)).unwrap_or_default();
            write_all(first + i, &shape, &broadcast.values, has_gaps, target).await?;
        }
        for (i, (_, value)) in self.layout.mappings.iter().enumerate() {
            write_all(first + self.layout.variables.len() + i, &[], value, false, target).await?;
        }
        for (i, coordinate) in self.layout.coordinates.iter().enumerate() {
            let labels = self.layout.dimensions.iter().find(|d| d.column == coordinate.column);
            let labels =
                labels.ok_or_else(|| datafusion_error(ArrayError::internal("a coordinate has no dimension")))?;
            let values = coordinate.encoding.encode(labels.labels.clone()).map_err(|e| of(e, coordinate))?;
            write_all(i, &[labels.size()], &values, false, target).await?;
        }
        Ok(())
    }
}

/// Writes all chunks of a variable that is held whole.
async fn write_all(variable: usize, shape: &[u64], values: &Values, has_gaps: bool, target: &mut Target) -> Result<()> {
    let grid = ChunkGrid::regular(shape, &target.stored_shape(variable)).map_err(datafusion_error)?;
    let counts = grid.counts();
    for number in 0..grid.chunk_count() {
        let chunk = nth_chunk(number, &counts);
        let part = values.region(shape, &grid.region(&chunk)).map_err(datafusion_error)?;
        target.write(variable, &chunk, part, has_gaps).await?;
    }
    Ok(())
}

async fn send(chunk: WholeChunk, members: &[usize], layout: &Layout, target: &mut Target) -> Result<()> {
    for (i, values) in members.iter().zip(chunk.values) {
        target.write(layout.coordinates.len() + i, &chunk.chunk, values, chunk.has_gaps).await?;
    }
    Ok(())
}

/// A chunk of a store that is there would be replaced, and not all of its cells are.
fn torn(chunk: &WholeChunk, assembler: &Assembler, dimensions: &[OutputDimension]) -> DataFusionError {
    let region = assembler.region(&chunk.chunk);
    let label = |d: &OutputDimension, i: u64| {
        d.labels.get(usize::try_from(i).unwrap_or(usize::MAX)).map_or_else(|| i.to_string(), |label| show(&label))
    };
    let span = |(i, d): (usize, &OutputDimension)| {
        let (first, end) = (region.start.get(i).copied().unwrap_or(0), region.end(i));
        format!("{} from {} to {}", d.name, label(d, first), label(d, end.saturating_sub(1)))
    };
    let spans: Vec<String> = dimensions.iter().enumerate().map(span).collect();
    datafusion_error(
        ArrayError::argument(format!("the answer has some cells of a chunk, and not all: `{}`", spans.join(", ")))
            .hint("select whole chunks, so that no chunk is torn"),
    )
}

/// A column of some rows, in one of the types of an array.
fn column(batch: &RecordBatch, column: usize) -> Result<hyperslab_array::Decoded> {
    let array = batch.columns().get(column);
    let array = array.ok_or_else(|| datafusion_error(ArrayError::internal("a column of the answer is missing")))?;
    let schema = batch.schema();
    decoded_of(&plain(schema.field(column).name(), array)?)
}

fn encoded(batch: &RecordBatch, variable: &OutputVariable) -> Result<Values> {
    let values = column(batch, variable.column)?;
    let stored = variable.encoding.encode(values).map_err(|e| of(e, variable))?;
    debug_assert_eq!(stored.len(), batch.column(variable.column).len());
    Ok(stored)
}

fn of(error: ArrayError, variable: &OutputVariable) -> DataFusionError {
    datafusion_error(error.context("variable", &variable.name))
}

fn refused(refused: Refused, dimensions: &[OutputDimension]) -> DataFusionError {
    let positions = match refused {
        Refused::Fault(error) => return datafusion_error(error),
        Refused::Twice(positions) => positions,
    };
    let label = |(d, i): (&OutputDimension, &u64)| {
        let label = d.labels.get(usize::try_from(*i).unwrap_or(usize::MAX));
        format!("{} = {}", d.name, label.map_or_else(|| i.to_string(), |label| show(&label)))
    };
    let cell: Vec<String> = dimensions.iter().zip(&positions).map(label).collect();
    datafusion_error(
        ArrayError::argument(format!("two rows of the answer are the cell `{}`", cell.join(", ")))
            .hint("aggregate over them with `GROUP BY`, or name more dimensions: `OPTIONS ('dimensions' '…')`"),
    )
}
