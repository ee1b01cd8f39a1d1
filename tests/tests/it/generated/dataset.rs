//! Small datasets made at random: up to five dimensions, coordinates and variables of every kind, every chunk shape.

use std::fmt::Write;
use std::sync::Arc;

use hyperslab::array::{
    ArrayError, Attributes, ChunkGrid, Dataset, DatasetBuilder, DimensionChunks, RawVariable, Values,
};
use hyperslab::datafusion::arrow::datatypes::{DataType, Schema};

use super::source::Holey;
use super::values::{self, Labels, Raw};
use crate::random::Random;

pub const NAMES: [&str; 5] = ["t", "z", "y", "x", "m"];

/// What a column varies with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// The labels of a dimension, or another coordinate of it.
    Dimension(usize),
    /// Nothing.
    Scalar,
    /// Two dimensions.
    Plane,
    /// The cells.
    Cells,
}

/// A column of the table.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub data_type: DataType,
    pub along: Along,
    /// Whether it is a time, perhaps as text.
    pub is_time: bool,
    /// Whether no label occurs twice, those that are missing aside.
    pub is_unique: bool,
    pub has_holes: bool,
    /// Whether its numbers are few, small, and add without rounding.
    pub is_tame: bool,
    /// Whether none of its numbers is infinite.
    pub is_finite: bool,
}

impl Column {
    pub fn is_number(&self) -> bool {
        self.data_type.is_numeric()
    }

    pub fn is_signed(&self) -> bool {
        self.data_type.is_signed_integer() || self.data_type.is_floating()
    }

    pub fn is_text(&self) -> bool {
        self.data_type == DataType::Utf8 && !self.is_time
    }
}

/// A dataset with the columns of its full grid, and the dataset in words.
pub struct Made {
    pub dataset: Arc<Dataset>,
    pub columns: Vec<Column>,
    pub rank: usize,
    pub words: String,
    /// The coordinates of dimensions, by the name of the column.
    pub coordinates: Vec<(String, Labels)>,
}

struct Maker<'r> {
    random: &'r mut Random,
    builder: Option<DatasetBuilder>,
    words: String,
    columns: Vec<Column>,
    /// The names of coordinates that are no dimension's own.
    listed: Vec<String>,
    coordinates: Vec<(String, Labels)>,
}

/// The longest dimension of a dataset of so many dimensions, so that it has about a thousand cells.
pub const THOUSAND: [usize; 6] = [1, 70, 26, 11, 6, 4];
/// The same, for a few hundred cells at most.
pub const HUNDREDS: [usize; 6] = [1, 40, 16, 7, 4, 3];

/// A dataset; the same for the same numbers.
pub async fn make(random: &mut Random, most: &[usize; 6]) -> Result<Made, ArrayError> {
    let rank = *random.pick(&[0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5]);
    let most = most[rank];
    let sizes: Vec<u64> = (0..rank).map(|_| if random.chance(3) { 0 } else { 1 + random.below(most) as u64 }).collect();
    let mut maker = Maker {
        random,
        builder: Some(DatasetBuilder::new("d", "memory", "MEMORY")),
        words: format!("sizes {sizes:?}"),
        columns: Vec::new(),
        listed: Vec::new(),
        coordinates: Vec::new(),
    };
    for (d, &size) in sizes.iter().enumerate() {
        if maker.random.chance(75) {
            maker.coordinate(NAMES[d], d, size);
        }
        if maker.random.chance(35) {
            let name = format!("aux_{}", NAMES[d]);
            maker.coordinate(&name, d, size);
            maker.listed.push(name);
        }
    }
    if maker.random.chance(25) {
        maker.scalar();
    }
    if rank >= 2 && maker.random.chance(50) {
        maker.plane(&sizes);
    }
    for v in 0..1 + maker.random.below(4) {
        maker.variable(v, &sizes);
    }
    maker.finish(rank).await
}

impl Maker<'_> {
    fn add(&mut self, name: &str, dimensions: &[usize], shape: &[u64], raw: Raw, share: usize) {
        let grid = chunks(self.random, shape);
        let longest = grid.chunk_shape();
        let (data_type, attributes) = (raw.values.data_type(), raw.attributes.clone());
        let source = Holey::new(raw.values, grid, raw.fill, share, self.random);
        let (all, unwritten) = source.counts();
        let names: Vec<&str> = dimensions.iter().map(|d| NAMES[*d]).collect();
        let shown: Vec<String> = attributes.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let _ = write!(
            self.words,
            "\n  {name}{names:?} {data_type} chunks of {longest:?}, {unwritten} of {all} unwritten {}",
            shown.join(" ")
        );
        let raw = RawVariable {
            name: name.into(),
            dimensions: names.iter().map(|n| n.to_string()).collect(),
            attributes: raw.attributes,
            source: Arc::new(source),
        };
        self.builder = self.builder.take().map(|b| b.variable(raw));
    }

    /// `known` says what the values do not.
    fn column(&mut self, name: &str, along: Along, known: Column) {
        self.columns.push(Column { name: name.into(), along, ..known });
    }

    fn coordinate(&mut self, name: &str, dimension: usize, size: u64) {
        let labels = values::of_coordinate(self.random, size as usize);
        let column = Column { is_unique: labels.is_unique, has_holes: labels.has_holes, ..unknown() };
        self.column(name, Along::Dimension(dimension), column);
        self.coordinates.push((name.into(), labels.clone()));
        self.add(name, &[dimension], &[size], raw_of(labels), 0);
    }

    fn scalar(&mut self) {
        let labels = values::of_coordinate(self.random, 1);
        self.column("scalar", Along::Scalar, unknown());
        self.add("scalar", &[], &[], raw_of(labels), 0);
        self.listed.push("scalar".into());
    }

    fn plane(&mut self, sizes: &[u64]) {
        let mut dimensions: Vec<usize> = (0..sizes.len()).collect();
        self.random.shuffle(&mut dimensions);
        dimensions.truncate(2);
        let shape: Vec<u64> = dimensions.iter().map(|d| sizes[*d]).collect();
        let cells = shape.iter().product::<u64>() as usize;
        let value = |i| if self.random.chance(10) { f64::NAN } else { (i % 40) as f64 / 2.0 };
        let values = Values::Float64((0..cells).map(value).collect());
        let fill = Values::Float64(vec![f64::NAN]);
        self.column("curved", Along::Plane, Column { is_tame: true, ..unknown() });
        let raw = Raw { values, attributes: Attributes::new(), fill, is_tame: true, is_finite: true };
        self.add("curved", &dimensions, &shape, raw, 0);
        self.listed.push("curved".into());
    }

    /// The first variable has every dimension, so that there is a full grid.
    fn variable(&mut self, number: usize, sizes: &[u64]) {
        let mut dimensions: Vec<usize> = (0..sizes.len()).filter(|_| number == 0 || self.random.chance(75)).collect();
        if self.random.chance(30) {
            self.random.shuffle(&mut dimensions);
        }
        let shape: Vec<u64> = dimensions.iter().map(|d| sizes[*d]).collect();
        let mut raw = values::of_variable(self.random, shape.iter().product::<u64>() as usize);
        if !self.listed.is_empty() {
            raw.attributes.insert("coordinates", self.listed.join(" "));
        }
        let name = format!("v{number}");
        let share = *self.random.pick(&[0, 0, 20, 100]);
        self.column(&name, Along::Cells, Column { is_tame: raw.is_tame, is_finite: raw.is_finite, ..unknown() });
        self.add(&name, &dimensions, &shape, raw, share);
    }

    async fn finish(mut self, rank: usize) -> Result<Made, ArrayError> {
        let builder = self.builder.take().ok_or_else(|| ArrayError::internal("no builder"))?;
        let dataset = builder.build().await?;
        assert!(dataset.skipped.is_empty(), "{:?}\n{}", dataset.skipped, self.words);
        let grid = dataset.full_grid().ok_or_else(|| ArrayError::internal("no full grid"))?;
        assert_eq!(grid.dimensions.len(), rank);
        let mut columns = Vec::new();
        for (d, name) in NAMES.iter().enumerate().take(rank) {
            if dataset.coordinates.get(*name).is_none() {
                let position = Column { is_unique: true, ..unknown() };
                columns.push(Column { name: name.to_string(), along: Along::Dimension(d), is_tame: true, ..position });
            }
        }
        columns.extend(self.columns);
        Ok(Made { dataset: Arc::new(dataset), columns, rank, words: self.words, coordinates: self.coordinates })
    }
}

impl Made {
    /// Takes the types of the columns from the table, and leaves out columns that it does not show.
    pub fn learn(&mut self, schema: &Schema) {
        self.columns.retain_mut(|column| {
            let Ok(field) = schema.field_with_name(&column.name) else { return false };
            column.data_type = field.data_type().clone();
            column.is_time =
                matches!(column.data_type, DataType::Timestamp(..)) || field.metadata().contains_key("calendar");
            true
        });
    }
}

/// A column of which nothing is known.
pub fn unknown() -> Column {
    Column {
        name: String::new(),
        data_type: DataType::Null,
        along: Along::Cells,
        is_time: false,
        is_unique: false,
        has_holes: false,
        is_tame: false,
        is_finite: true,
    }
}

pub fn raw_of(labels: Labels) -> Raw {
    let fill = Values::with_capacity(labels.values.data_type(), 0);
    Raw { values: labels.values, attributes: labels.attributes, fill, is_tame: false, is_finite: true }
}

/// Chunks of one cell, the whole, of any length, or of lengths that differ.
pub fn chunks(random: &mut Random, shape: &[u64]) -> ChunkGrid {
    let kind = random.below(6);
    let along = |&size: &u64| match kind {
        0 => DimensionChunks::Regular { size, chunk: size.max(1) },
        1 => DimensionChunks::Regular { size, chunk: 1 + size / 4 },
        2 if size > 1 => {
            let mut offsets: Vec<u64> = (1..size).filter(|_| random.chance(35)).collect();
            offsets.insert(0, 0);
            offsets.push(size);
            DimensionChunks::Rectilinear { offsets: offsets.into() }
        }
        3 if random.chance(40) => DimensionChunks::Regular { size, chunk: 1 },
        _ => DimensionChunks::Regular { size, chunk: 1 + random.below(size as usize + 1) as u64 },
    };
    ChunkGrid::try_new(shape.iter().map(along).collect()).unwrap()
}
