//! A labelled dataset of an answer as a dataset in memory, which is a table again.

use std::sync::Arc;

use datafusion::error::Result;
use hyperslab_array::{
    ArrayError, Attributes, Bitmap, ChunkGrid, DataType, Dataset, DatasetBuilder, Decoded, Encoding, MemorySource,
    RawVariable, Role, Values,
};
use hyperslab_exec::datafusion_error;
use ndarray::ArrayD;

use super::{ArrayValues, LabelledArray, LabelledDataset};

/// What the format of such a dataset is called.
pub(crate) const MEMORY: &str = "MEMORY";

/// Bytes of a chunk, so that several cores share the work.
const CHUNK_BYTES: usize = 4 << 20;

impl LabelledDataset {
    /// A dataset of these arrays, in memory: a table, once [`crate::Context::register_dataset`] gives it a name.
    ///
    /// # Errors
    /// When the shape of an array is not that of its dimensions, or no value of its type is left to stand for a missing
    /// one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hyperslab::ndarray::array;
    /// use hyperslab::{ArrayValues, Context, LabelledArray, LabelledDataset};
    ///
    /// let mut grid = LabelledDataset::default();
    /// grid.coordinates.insert("lat".into(), LabelledArray::new(&["lat"], ArrayValues::Float64(array![10.0, 20.0].into_dyn())));
    /// let sst = array![[1.0, 2.0], [3.0, f64::NAN]];
    /// grid.variables.insert("sst".into(), LabelledArray::new(&["lat", "lon"], ArrayValues::Float64(sst.into_dyn())));
    ///
    /// let context = Context::builder().build()?;
    /// context.register_dataset("grid", grid.to_dataset("grid").await?)?;
    /// let means = context.sql("SELECT lat, avg(sst) AS sst FROM grid GROUP BY lat").await?.to_dataset().await?;
    /// assert_eq!(means.array("sst")?.to_f64(), [1.5, 3.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn to_dataset(&self, name: &str) -> Result<Dataset> {
        let mut builder = DatasetBuilder::new(name, format!("memory:{name}"), MEMORY);
        let auxiliary: Vec<&String> =
            self.coordinates.iter().filter(|(n, a)| !a.dimensions.iter().eq([*n])).map(|(n, _)| n).collect();
        let named = auxiliary.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(" ");
        if !named.is_empty() {
            builder = builder.attributes(Attributes::from_iter([("coordinates", named)]));
        }
        for (name, array) in self.coordinates.iter().chain(&self.variables) {
            let raw = raw(name, array).map_err(|e| datafusion_error(e.context("variable", name)))?;
            builder = builder.variable(raw);
        }
        builder.build().await.map_err(datafusion_error)
    }
}

impl LabelledArray {
    /// An array without missing values and attributes.
    pub fn new(dimensions: &[&str], values: ArrayValues) -> Self {
        let dimensions = dimensions.iter().map(|d| d.to_string()).collect();
        Self { dimensions, values, missing: None, attributes: Attributes::new() }
    }
}

fn raw(name: &str, array: &LabelledArray) -> hyperslab_array::Result<RawVariable> {
    let shape: Vec<u64> = array.shape().iter().map(|n| *n as u64).collect();
    if shape.len() != array.dimensions.len() {
        return Err(ArrayError::argument(format!(
            "shape `{shape:?}` does not have the rank of dimensions `{:?}`",
            array.dimensions
        )));
    }
    let validity = array.missing.as_ref().map(|missing| {
        let missing: Vec<bool> = missing.iter().copied().collect();
        Bitmap::from_slice(&missing, |missing| !missing)
    });
    let mut attributes = array.attributes.clone();
    let values = stored(array, validity, &mut attributes)?;
    let row = shape.iter().skip(1).product::<u64>().max(1) as usize * values.data_type().size();
    let mut chunks: Vec<u64> = shape.iter().map(|n| (*n).max(1)).collect();
    if let Some(first) = chunks.first_mut() {
        *first = (*first).min((CHUNK_BYTES / row.max(1)).max(1) as u64);
    }
    let source = MemorySource::try_new(values, ChunkGrid::regular(&shape, &chunks)?)?;
    let dimensions = array.dimensions.clone();
    Ok(RawVariable { name: name.to_string(), dimensions, attributes, source: Arc::new(source) })
}

/// Values as they would be stored, and what of the attributes says how.
fn stored(
    array: &LabelledArray,
    validity: Option<Bitmap>,
    attributes: &mut Attributes,
) -> hyperslab_array::Result<Values> {
    let values = plain(&array.values);
    if values.data_type() == DataType::String
        && let Some(calendar) = attributes.text("calendar").map(str::to_string)
    {
        let units =
            Attributes::from_iter([("units", "microseconds since 1970-01-01"), ("calendar", calendar.as_str())]);
        let stored = Encoding::try_new(DataType::Int64, &units, Role::Data)?.encode(Decoded { values, validity })?;
        units.iter().for_each(|(key, value)| attributes.insert(key, value.clone()));
        return Ok(stored);
    }
    let Some(validity) = validity else { return Ok(values) };
    macro_rules! with_fill {
        ($($variant:ident $t:ty)*) => {
            match values {
                $(Values::$variant(v) => {
                    let fill = unused(&v, &validity, <$t>::MIN..=<$t>::MAX)?;
                    attributes.insert("_FillValue", fill);
                    Values::$variant(filled(v, &validity, fill))
                })*
                Values::Bool(v) => {
                    attributes.insert("_FillValue", -1);
                    attributes.insert("dtype", "bool");
                    Values::Int8(filled(v.into_iter().map(i8::from).collect(), &validity, -1))
                }
                Values::String(v) => {
                    let fill = "\u{0}".to_string();
                    attributes.insert("_FillValue", fill.as_str());
                    Values::String(filled(v, &validity, fill))
                }
                Values::Timestamp(v) => Values::Timestamp(filled(v, &validity, i64::MIN)),
                Values::Duration(v) => Values::Duration(filled(v, &validity, i64::MIN)),
                Values::Float32(v) => Values::Float32(filled(v, &validity, f32::NAN)),
                Values::Float64(v) => Values::Float64(filled(v, &validity, f64::NAN)),
            }
        };
    }
    Ok(with_fill!(Int8 i8 Int16 i16 Int32 i32 Int64 i64 UInt8 u8 UInt16 u16 UInt32 u32 UInt64 u64))
}

/// A value of the type that none of the values is.
fn unused<T: PartialEq + Copy>(
    values: &[T],
    validity: &Bitmap,
    all: impl Iterator<Item = T>,
) -> hyperslab_array::Result<T> {
    let is_used = |x: &T| values.iter().enumerate().any(|(i, v)| v == x && validity.get(i));
    let mut all = all;
    all.find(|x| !is_used(x))
        .ok_or_else(|| ArrayError::argument("every value of its type is in use, and some are missing"))
}

fn filled<T: Clone>(mut values: Vec<T>, validity: &Bitmap, fill: T) -> Vec<T> {
    values.iter_mut().enumerate().filter(|(i, _)| !validity.get(*i)).for_each(|(_, v)| *v = fill.clone());
    values
}

fn plain(values: &ArrayValues) -> Values {
    fn list<T: Clone>(array: &ArrayD<T>) -> Vec<T> {
        array.iter().cloned().collect()
    }
    match values {
        ArrayValues::Bool(a) => Values::Bool(list(a)),
        ArrayValues::Int8(a) => Values::Int8(list(a)),
        ArrayValues::Int16(a) => Values::Int16(list(a)),
        ArrayValues::Int32(a) => Values::Int32(list(a)),
        ArrayValues::Int64(a) => Values::Int64(list(a)),
        ArrayValues::UInt8(a) => Values::UInt8(list(a)),
        ArrayValues::UInt16(a) => Values::UInt16(list(a)),
        ArrayValues::UInt32(a) => Values::UInt32(list(a)),
        ArrayValues::UInt64(a) => Values::UInt64(list(a)),
        ArrayValues::Float32(a) => Values::Float32(list(a)),
        ArrayValues::Float64(a) => Values::Float64(list(a)),
        ArrayValues::String(a) => Values::String(list(a)),
        ArrayValues::Timestamp(a) => Values::Timestamp(list(a)),
        ArrayValues::Duration(a) => Values::Duration(list(a)),
    }
}
