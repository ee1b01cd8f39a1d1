//! Random datasets, and the same rows made the slow and obvious way, for the tests of this crate.

mod recorder;

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, UInt64Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::prelude::{SessionConfig, SessionContext};
use hyperslab_array::{
    Attributes, ChunkGrid, ChunkSource, Dataset, DatasetBuilder, DimensionChunks, MemorySource, RawVariable, Values,
};

use crate::convert::array_of;
use crate::layout::{Column, Layout};
use crate::{ArrayTable, Options};

pub use recorder::{Fault, Log, Recorder};

/// A small generator of numbers that are the same in every run.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def0)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

/// A variable of a test dataset: everything in memory.
pub struct Made {
    pub dimensions: Vec<String>,
    pub values: Values,
}

/// A dataset and the values it was made from.
pub struct Sample {
    pub dataset: Arc<Dataset>,
    pub made: HashMap<String, Made>,
}

/// Puts a dataset together.
pub struct Maker {
    builder: Option<DatasetBuilder>,
    made: HashMap<String, Made>,
    sizes: HashMap<&'static str, u64>,
    attributes: Vec<(&'static str, &'static str)>,
}

impl Maker {
    pub fn new() -> Self {
        let builder = Some(DatasetBuilder::new("pop", "memory", "MEMORY"));
        Self { builder, made: HashMap::new(), sizes: HashMap::new(), attributes: Vec::new() }
    }

    pub fn add(&mut self, name: &str, dimensions: &[&str], values: Values, grid: ChunkGrid) -> &mut Self {
        self.add_with(name, dimensions, values, grid, &[])
    }

    pub fn add_with(
        &mut self,
        name: &str,
        dimensions: &[&str],
        values: Values,
        grid: ChunkGrid,
        attributes: &[(&str, &str)],
    ) -> &mut Self {
        let source = Arc::new(MemorySource::try_new(values.clone(), grid).unwrap());
        self.add_source(name, dimensions, values, source, attributes)
    }

    /// As [`Self::add`], and `log` notes what is read.
    pub fn add_recorded(
        &mut self,
        name: &str,
        dimensions: &[&str],
        values: Values,
        chunks: &[u64],
        log: &Arc<Log>,
        fault: Fault,
    ) -> &mut Self {
        let shape: Vec<u64> = match chunks {
            [] => Vec::new(),
            _ => dimensions.iter().map(|d| self.sizes[*d]).collect(),
        };
        let grid = ChunkGrid::regular(&shape, chunks).unwrap();
        let source = Recorder::new(name, values.clone(), grid, log, fault);
        let attributes = self.attributes.clone();
        self.add_source(name, dimensions, values, source, &attributes)
    }

    /// Names the coordinates of what [`Self::add_recorded`] adds from here on.
    pub fn coordinates(&mut self, names: &'static str) -> &mut Self {
        self.attributes = vec![("coordinates", names)];
        self
    }

    /// Declares the size of a dimension, for [`Self::add_recorded`].
    pub fn size(&mut self, dimension: &'static str, size: u64) -> &mut Self {
        self.sizes.insert(dimension, size);
        self
    }

    pub fn add_source(
        &mut self,
        name: &str,
        dimensions: &[&str],
        values: Values,
        source: Arc<dyn ChunkSource>,
        attributes: &[(&str, &str)],
    ) -> &mut Self {
        let dimensions: Vec<String> = dimensions.iter().map(|d| d.to_string()).collect();
        let raw = RawVariable {
            name: name.into(),
            dimensions: dimensions.clone(),
            attributes: attributes.iter().copied().collect::<Attributes>(),
            source,
        };
        self.builder = self.builder.take().map(|b| b.variable(raw));
        self.made.insert(name.into(), Made { dimensions, values });
        self
    }

    pub async fn make(&mut self) -> Sample {
        let dataset = self.builder.take().unwrap().build().await.unwrap();
        Sample { dataset: Arc::new(dataset), made: std::mem::take(&mut self.made) }
    }
}

fn random_chunks(random: &mut Random, shape: &[u64]) -> ChunkGrid {
    let dimensions = shape
        .iter()
        .map(|&size| {
            if size > 1 && random.chance(30) {
                let mut offsets: Vec<u64> = (1..size).filter(|_| random.chance(40)).collect();
                offsets.insert(0, 0);
                offsets.push(size);
                DimensionChunks::Rectilinear { offsets: offsets.into() }
            } else {
                DimensionChunks::Regular { size, chunk: 1 + random.below(size.max(1) + 1) }
            }
        })
        .collect();
    ChunkGrid::try_new(dimensions).unwrap()
}

fn random_values(random: &mut Random, n: usize) -> Values {
    match random.below(6) {
        0 => Values::Float32(
            (0..n).map(|_| if random.chance(20) { f32::NAN } else { 1.0 + random.below(9) as f32 }).collect(),
        ),
        1 => Values::Float64(
            (0..n).map(|_| if random.chance(20) { f64::NAN } else { 0.5 + random.below(9) as f64 }).collect(),
        ),
        2 => Values::Int16((0..n).map(|_| random.below(20) as i16 - 10).collect()),
        3 => Values::UInt64((0..n).map(|_| random.below(20)).collect()),
        4 => Values::Bool((0..n).map(|_| random.chance(50)).collect()),
        _ => Values::String((0..n).map(|_| format!("s{}", random.below(5))).collect()),
    }
}

fn random_labels(random: &mut Random, n: usize) -> Values {
    let mut steps: Vec<u64> = (1..=n as u64).collect();
    match random.below(5) {
        0 => steps.reverse(),
        1 => random.shuffle(&mut steps),
        2 => steps.iter_mut().for_each(|s| *s = s.div_ceil(2)),
        _ => {}
    }
    match random.below(7) {
        0 => Values::Float32(steps.iter().map(|s| *s as f32 / 10.0).collect()),
        1 => {
            Values::Float64(steps.iter().map(|s| if random.chance(15) { f64::NAN } else { *s as f64 * 2.5 }).collect())
        }
        2 => Values::Int32(steps.iter().map(|s| *s as i32 - 2).collect()),
        3 => Values::Int64(steps.iter().map(|s| *s as i64 * 10).collect()),
        4 => Values::String(steps.iter().map(|s| format!("l{s}")).collect()),
        5 => Values::Timestamp(steps.iter().map(|s| *s as i64 * 20 * 86_400_000_000).collect()),
        _ => Values::Float64(steps.iter().map(|s| *s as f64 - 3.0).collect()),
    }
}

/// A dataset of 0 to 4 dimensions: coordinates of all kinds, chunk grids of all kinds, missing values, variables
/// that are transposed or have fewer dimensions.
pub async fn random_dataset(seed: u64) -> Sample {
    let mut random = Random::new(seed);
    let random = &mut random;
    let names = ["t", "z", "y", "x"];
    let rank = random.below(5) as usize;
    let sizes: Vec<u64> =
        (0..rank).map(|_| if random.chance(3) { 0 } else { 1 + random.below(if rank > 3 { 4 } else { 7 }) }).collect();
    let mut maker = Maker::new();
    let mut attributes: Vec<(&str, &str)> = Vec::new();
    let auxiliary: Vec<String> = names.iter().map(|n| format!("aux_{n}")).collect();
    let mut listed = String::new();
    for (d, &size) in sizes.iter().enumerate() {
        if random.chance(75) {
            let chunks = random_chunks(random, &[size]);
            maker.add(names[d], &[names[d]], random_labels(random, size as usize), chunks);
        }
        if random.chance(30) {
            let chunks = random_chunks(random, &[size]);
            maker.add(&auxiliary[d], &[names[d]], random_labels(random, size as usize), chunks);
            listed.push_str(&format!("{} ", auxiliary[d]));
        }
    }
    if random.chance(30) {
        maker.add("reference", &[], random_labels(random, 1), ChunkGrid::regular(&[], &[]).unwrap());
        listed.push_str("reference ");
    }
    if rank >= 2 && random.chance(50) {
        let shape = [sizes[rank - 1], sizes[rank - 2]];
        let cells = shape.iter().product::<u64>() as usize;
        let values = (0..cells).map(|i| if random.chance(10) { f64::NAN } else { i as f64 }).collect();
        let chunks = random_chunks(random, &shape);
        maker.add("curved", &[names[rank - 1], names[rank - 2]], Values::Float64(values), chunks);
        listed.push_str("curved");
    }
    attributes.push(("coordinates", &listed));
    for v in 0..1 + random.below(3) {
        let mut kept: Vec<usize> = (0..rank).filter(|_| v == 0 || random.chance(70)).collect();
        if random.chance(40) {
            random.shuffle(&mut kept);
        }
        let shape: Vec<u64> = kept.iter().map(|d| sizes[*d]).collect();
        let dimensions: Vec<&str> = kept.iter().map(|d| names[*d]).collect();
        let values = random_values(random, shape.iter().product::<u64>() as usize);
        let chunks = random_chunks(random, &shape);
        maker.add_with(&format!("v{v}"), &dimensions, values, chunks, &attributes);
    }
    maker.make().await
}

/// The table of the widest grid.
pub fn table_of(sample: &Sample) -> ArrayTable {
    ArrayTable::try_new(Arc::clone(&sample.dataset), sample.dataset.full_grid().unwrap()).unwrap()
}

/// The same rows as `table_of`, made cell by cell from the values themselves.
pub fn naive_table(sample: &Sample) -> MemTable {
    let layout = Layout::try_new(Arc::clone(&sample.dataset), sample.dataset.full_grid().unwrap()).unwrap();
    let shape = layout.shape();
    let cells = shape.iter().product::<u64>();
    // The position of each row along each dimension.
    let mut rows: Vec<Vec<u64>> = Vec::new();
    for mut n in 0..cells {
        let mut position = vec![0; shape.len()];
        for d in (0..shape.len()).rev() {
            position[d] = n % shape[d];
            n /= shape[d];
        }
        rows.push(position);
    }
    let columns: Vec<ArrayRef> = layout
        .schema
        .fields()
        .iter()
        .zip(&layout.columns)
        .map(|(field, column)| match column {
            Column::Index { dimension } => {
                Arc::new(rows.iter().map(|r| r[*dimension] as i64).collect::<Int64Array>()) as ArrayRef
            }
            _ => {
                let made = &sample.made[field.name()];
                let variable = &sample.dataset.variables[field.name()];
                let all = array_of(variable.encoding.decode(made.values.clone()).unwrap()).unwrap();
                let own: Vec<usize> = made
                    .dimensions
                    .iter()
                    .map(|name| layout.grid.dimensions.iter().position(|d| d.name == *name).unwrap())
                    .collect();
                let offset = |r: &Vec<u64>| own.iter().fold(0, |n, d| n * shape[*d] + r[*d]);
                let offsets: UInt64Array = rows.iter().map(offset).collect();
                take(&all, &offsets, None).unwrap()
            }
        })
        .collect();
    // All nullable: nothing may be derived from the schema that the array table derives.
    let fields: Vec<_> = layout.schema.fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(cells as usize));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options).unwrap();
    MemTable::try_new(schema, vec![vec![batch]]).unwrap()
}

/// A session with `settings` of ours and DataFusion's, and `table` in it as `t`.
pub fn session(table: impl TableProvider + 'static, settings: &[(&str, &str)]) -> SessionContext {
    let mut config = SessionConfig::new()
        .with_information_schema(true)
        .with_target_partitions(1)
        .with_option_extension(Options::default());
    for (key, value) in settings {
        config.options_mut().set(key, value).unwrap();
    }
    let ctx = SessionContext::new_with_config(config);
    ctx.register_table("t", Arc::new(table)).unwrap();
    ctx
}

/// The rows of a query as text, in the order they come.
pub async fn rows(ctx: &SessionContext, sql: &str) -> Result<Vec<String>> {
    let batches = ctx.sql(sql).await?.collect().await?;
    let mut out = Vec::new();
    for batch in batches {
        let options = FormatOptions::default().with_null("NULL");
        let columns: Vec<_> = batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
        for i in 0..batch.num_rows() {
            out.push(columns.iter().map(|c| c.value(i).to_string()).collect::<Vec<_>>().join("|"));
        }
    }
    Ok(out)
}

/// The rows of a query, sorted.
pub async fn sorted_rows(ctx: &SessionContext, sql: &str) -> Result<Vec<String>> {
    let mut rows = rows(ctx, sql).await?;
    rows.sort();
    Ok(rows)
}
