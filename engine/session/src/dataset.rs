//! [`LabelledDataset`]: an answer as ndarrays with labels, as xarray would hold it.
//!
//! ```text
//! rows ─→ a position along each dimension ─→ a row for each cell ─→ one array a column
//! ```

use std::collections::HashMap;

use datafusion::arrow::array::{ArrayRef, RecordBatch, UInt64Array};
use datafusion::arrow::compute::{concat_batches, take};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::arrow::row::{Row, RowConverter, SortField};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::Result;
use hyperslab_array::{ArrayError, nearest_names};
use hyperslab_exec::datafusion_error;
use hyperslab_exec::metadata::{DIMENSIONS, ROLE};
use indexmap::IndexMap;

mod memory;
mod values;

pub(crate) use memory::MEMORY;
pub use values::{ArrayValues, LabelledArray};
pub(crate) use values::{ENCODING, plain};

/// An answer with more cells than this must have a row for each of them: a few rows far apart are no array.
const MOST_SPARSE_CELLS: u64 = 1 << 24;

/// An answer as labelled arrays.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let context = hyperslab::Context::builder().build()?;
/// let answer = context.sql("SELECT * FROM (VALUES (10, 'a', 1.5), (20, 'a', 2.5), (20, 'b', 3.5)) AS t(lat, kind, sst)");
/// let dataset = answer.await?.to_dataset_by(&["lat", "kind"]).await?;
/// assert_eq!(dataset.sizes(), [("lat", 2), ("kind", 2)]);
/// let sst = dataset.array("sst")?.to_f64();
/// assert_eq!(sst[0], 1.5);
/// assert!(sst[1].is_nan(), "no row has lat 10 and kind b");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelledDataset {
    /// The dimensions and their sizes, slowest first.
    pub dimensions: IndexMap<String, usize>,
    /// The labels of the dimensions, and other coordinates.
    pub coordinates: IndexMap<String, LabelledArray>,
    /// The other columns.
    pub variables: IndexMap<String, LabelledArray>,
}

impl LabelledDataset {
    /// The coordinate or variable called `name`.
    ///
    /// # Errors
    /// When there is none; the error lists the nearest and the valid names.
    pub fn array(&self, name: &str) -> Result<&LabelledArray> {
        self.variables.get(name).or_else(|| self.coordinates.get(name)).ok_or_else(|| {
            let names = self.coordinates.keys().chain(self.variables.keys()).map(String::as_str);
            datafusion_error(ArrayError::not_found(format!("no array `{name}`")).hint(nearest_names(name, names)))
        })
    }

    /// The dimensions and their sizes, slowest first.
    pub fn sizes(&self) -> Vec<(&str, usize)> {
        self.dimensions.iter().map(|(n, s)| (n.as_str(), *s)).collect()
    }
}

/// The columns that are dimensions: the keys of `grouping`, else those of the role. A coordinate of other dimensions
/// that are there, and a second column of the labels of one dimension, are none.
pub(crate) fn dimensions_of(schema: &Schema, grouping: Option<&[bool]>) -> Vec<String> {
    let fields: Vec<&Field> = schema.fields().iter().map(AsRef::as_ref).collect();
    let role = |f: &Field| f.metadata().get(ROLE).map(String::as_str).unwrap_or_default().to_string();
    let along = |f: &Field| -> Vec<String> {
        let text = f.metadata().get(DIMENSIONS).map(String::as_str).unwrap_or_default();
        text.split(',').filter(|d| !d.is_empty()).map(str::to_string).collect()
    };
    let chosen: Vec<&Field> = fields
        .iter()
        .enumerate()
        .filter(|(i, f)| grouping.map_or(role(f) == "dimension", |keys| keys.get(*i).copied().unwrap_or(false)))
        .map(|(_, f)| *f)
        .collect();
    let is_dimension = |f: &&&Field| match role(f).as_str() {
        "coordinate" => {
            let held = |d: &String| chosen.iter().any(|c| role(c) == "dimension" && along(c).contains(d));
            !along(f).iter().all(held)
        }
        "dimension" => {
            let same: Vec<_> = chosen.iter().filter(|c| role(c) == "dimension" && along(c) == along(f)).collect();
            let own = same.iter().find(|c| along(c).first() == Some(c.name())).or(same.first());
            own.is_none_or(|own| own.name() == f.name())
        }
        _ => true,
    };
    chosen.iter().filter(is_dimension).map(|f| f.name().clone()).collect()
}

/// The labelled dataset of some rows.
pub(crate) fn from_batches(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    dimensions: &[String],
    order: LabelOrder,
) -> Result<LabelledDataset> {
    for (i, field) in schema.fields().iter().enumerate() {
        if schema.fields().iter().take(i).any(|f| f.name() == field.name()) {
            return Err(datafusion_error(
                ArrayError::argument(format!("two columns are called `{}`", field.name()))
                    .hint("give one of them another name with `AS`"),
            ));
        }
    }
    let schema = batches.first().map_or_else(|| SchemaRef::clone(schema), |b| b.schema());
    let rows = concat_batches(&schema, batches)?;
    let mut positions: Vec<Positions> = Vec::with_capacity(dimensions.len());
    for name in dimensions {
        let Some(column) = rows.column_by_name(name) else {
            let names = schema.fields().iter().map(|f| f.name().as_str());
            return Err(datafusion_error(
                ArrayError::not_found(format!("no column `{name}` to be a dimension")).hint(nearest_names(name, names)),
            ));
        };
        let position = Positions::try_new(name, column, order, &positions)?;
        positions.push(position);
    }
    let cells = Cells::try_new(&rows, &positions)?;
    let mut dataset = LabelledDataset {
        dimensions: positions.iter().map(|p| (p.name.clone(), p.len())).collect(),
        coordinates: IndexMap::new(),
        variables: IndexMap::new(),
    };
    for position in &positions {
        let field = schema.field_with_name(&position.name)?;
        let labels = take(&position.column, &position.firsts, None)?;
        let array = LabelledArray::try_new(field, vec![position.name.clone()], &[position.len()], &labels)?;
        dataset.coordinates.insert(position.name.clone(), array);
    }
    for (field, column) in schema.fields().iter().zip(rows.columns()) {
        if dimensions.contains(field.name()) {
            continue;
        }
        let array = cells.array(field, column, &positions)?;
        let is_coordinate =
            matches!(field.metadata().get(ROLE).map(String::as_str), Some("coordinate") | Some("dimension"));
        let group = if is_coordinate { &mut dataset.coordinates } else { &mut dataset.variables };
        group.insert(field.name().clone(), array);
    }
    Ok(dataset)
}

/// Where the order of the labels comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum LabelOrder {
    /// From the rows: the query sorted them.
    Rows,
    /// From the rows, which are those of a grid with some left out.
    Grid,
    /// From the labels.
    Ascending,
}

/// Where each row is along one dimension.
struct Positions {
    name: String,
    column: ArrayRef,
    /// The first row of each label, in the order of the labels.
    firsts: UInt64Array,
    /// The position of each row.
    of_row: Vec<usize>,
}

impl Positions {
    /// `slower` are the dimensions before this one.
    fn try_new(name: &str, column: &ArrayRef, order: LabelOrder, slower: &[Positions]) -> Result<Self> {
        let converter = RowConverter::new(vec![SortField::new(column.data_type().clone())])?;
        let encoded = converter.convert_columns(std::slice::from_ref(column))?;
        let mut seen: HashMap<Row<'_>, usize> = HashMap::new();
        let mut firsts: Vec<u64> = Vec::new();
        let mut of_row = Vec::with_capacity(column.len());
        // How the labels run where the rows step along this dimension alone.
        let (mut rises, mut falls) = (false, false);
        for (row, key) in encoded.iter().enumerate() {
            let position = *seen.entry(key).or_insert_with(|| {
                firsts.push(row as u64);
                firsts.len() - 1
            });
            of_row.push(position);
            if let Some(before) = row.checked_sub(1).filter(|b| slower.iter().all(|s| s.is_same(*b, row))) {
                rises |= encoded.row(before) < key;
                falls |= encoded.row(before) > key;
            }
        }
        let of = |first: &u64| encoded.row(*first as usize);
        let descends = match order {
            LabelOrder::Rows => None,
            LabelOrder::Ascending => Some(false),
            LabelOrder::Grid if rises == falls => {
                let down = firsts.windows(2).all(|w| w.first().map(of) > w.last().map(of));
                Some(!rises && down)
            }
            LabelOrder::Grid => Some(falls),
        };
        if let Some(descends) = descends {
            let mut order: Vec<usize> = (0..firsts.len()).collect();
            order.sort_by(|a, b| {
                let ascending = firsts.get(*a).map(of).cmp(&firsts.get(*b).map(of));
                if descends { ascending.reverse() } else { ascending }
            });
            let mut rank = vec![0; order.len()];
            for (new, old) in order.iter().enumerate() {
                if let Some(rank) = rank.get_mut(*old) {
                    *rank = new;
                }
            }
            of_row.iter_mut().for_each(|p| *p = rank.get(*p).copied().unwrap_or(*p));
            firsts = order.iter().filter_map(|old| firsts.get(*old).copied()).collect();
        }
        Ok(Self { name: name.to_string(), column: ArrayRef::clone(column), firsts: firsts.into(), of_row })
    }

    fn len(&self) -> usize {
        self.firsts.len()
    }

    fn is_same(&self, row: usize, other: usize) -> bool {
        self.of_row.get(row) == self.of_row.get(other)
    }
}

/// Which row is which cell of the product of the dimensions.
struct Cells {
    shape: Vec<usize>,
    /// The row of each cell; null where there is none.
    rows: UInt64Array,
}

impl Cells {
    fn try_new(rows: &RecordBatch, positions: &[Positions]) -> Result<Self> {
        let shape: Vec<usize> = positions.iter().map(Positions::len).collect();
        let count = shape.iter().try_fold(1u64, |n, s| n.checked_mul(*s as u64));
        let dense = count == Some(rows.num_rows() as u64);
        let count = count
            .filter(|n| dense || *n <= MOST_SPARSE_CELLS.max(rows.num_rows() as u64 * 16))
            .and_then(|n| usize::try_from(n).ok())
            .ok_or_else(|| {
                datafusion_error(
                    ArrayError::too_large(format!(
                        "{} rows are too few for an array of shape `{shape:?}`",
                        rows.num_rows()
                    ))
                    .hint("name the dimensions with `to_dataset_by`"),
                )
            })?;
        let mut cells: Vec<Option<u64>> = vec![None; count];
        for row in 0..rows.num_rows() {
            let cell =
                positions.iter().zip(&shape).fold(0, |n, (p, s)| n * s + p.of_row.get(row).copied().unwrap_or(0));
            match cells.get_mut(cell) {
                Some(slot @ None) => *slot = Some(row as u64),
                _ => return Err(duplicate(positions, row)),
            }
        }
        Ok(Self { shape, rows: cells.into() })
    }

    /// A column as an array: over its own dimensions where the values agree with that, else over all.
    fn array(&self, field: &Field, column: &ArrayRef, positions: &[Positions]) -> Result<LabelledArray> {
        if let Some(own) = self.own_dimensions(field, positions)
            && let Some(array) = self.reduced(field, column, positions, &own)?
        {
            return Ok(array);
        }
        let names = positions.iter().map(|p| p.name.clone()).collect();
        LabelledArray::try_new(field, names, &self.shape, &take(column, &self.rows, None)?)
    }

    /// The dimensions that the metadata of a column names, where they are fewer than those of the answer.
    fn own_dimensions(&self, field: &Field, positions: &[Positions]) -> Option<Vec<usize>> {
        let names: Vec<&str> = field.metadata().get(DIMENSIONS)?.split(',').filter(|d| !d.is_empty()).collect();
        let own: Option<Vec<usize>> = names.iter().map(|n| positions.iter().position(|p| p.name == *n)).collect();
        own.filter(|own| own.len() < positions.len())
    }

    /// `None` where two cells at one place along the dimensions `own` have different values.
    fn reduced(
        &self,
        field: &Field,
        column: &ArrayRef,
        positions: &[Positions],
        own: &[usize],
    ) -> Result<Option<LabelledArray>> {
        let kept: Vec<&Positions> = own.iter().filter_map(|d| positions.get(*d)).collect();
        let shape: Vec<usize> = kept.iter().map(|p| p.len()).collect();
        let converter = RowConverter::new(vec![SortField::new(column.data_type().clone())])?;
        let encoded = converter.convert_columns(std::slice::from_ref(column))?;
        let mut cells: Vec<Option<u64>> = vec![None; shape.iter().product()];
        for row in 0..column.len() {
            let cell = kept.iter().fold(0, |n, p| n * p.len() + p.of_row.get(row).copied().unwrap_or(0));
            match cells.get_mut(cell) {
                Some(Some(first)) if encoded.row(*first as usize) != encoded.row(row) => return Ok(None),
                Some(slot @ None) => *slot = Some(row as u64),
                _ => {}
            }
        }
        let names = kept.iter().map(|p| p.name.clone()).collect();
        let values = take(column, &UInt64Array::from(cells), None)?;
        LabelledArray::try_new(field, names, &shape, &values).map(Some)
    }
}

fn duplicate(positions: &[Positions], row: usize) -> datafusion::error::DataFusionError {
    if positions.is_empty() {
        return datafusion_error(
            ArrayError::argument("no column of the result is a dimension, and it has more than one row")
                .hint("select the dimensions too, or name some columns with `to_dataset_by`"),
        );
    }
    let options = FormatOptions::default().with_null("NULL");
    let labels: Vec<String> = positions
        .iter()
        .map(|p| match ArrayFormatter::try_new(&p.column, &options) {
            Ok(formatter) => format!("{} = {}", p.name, formatter.value(row)),
            Err(_) => p.name.clone(),
        })
        .collect();
    datafusion_error(
        ArrayError::argument(format!("two rows of the result are the cell `{}`", labels.join(", ")))
            .hint("aggregate over them with `GROUP BY`, or name more dimensions with `to_dataset_by`"),
    )
}
