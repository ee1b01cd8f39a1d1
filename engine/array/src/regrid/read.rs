//! Small arrays that are needed whole: bounds and 2-D coordinates.

use futures::{StreamExt, TryStreamExt, stream};

use crate::{ArrayError, DataType, Decoded, Region, Result, Values, Variable};

/// An array with more values than this is refused.
const MOST_VALUES: usize = 1 << 27;

/// How many chunks are fetched at once.
pub(super) const CONCURRENT_READS: usize = 16;

/// Whether values of this type can be added and weighed.
pub(super) fn is_number(data_type: DataType) -> bool {
    data_type.is_integer() || data_type.is_float()
}

/// The values as `float64`, a missing one as NaN; `None` where they are no numbers.
pub(crate) fn floats(decoded: &Decoded) -> Option<Vec<f64>> {
    macro_rules! floats {
        ($($variant:ident)*) => {
            match &decoded.values {
                $(Values::$variant(v) => v.iter().map(|x| *x as f64).collect(),)*
                _ => return None,
            }
        };
    }
    let mut out: Vec<f64> = floats!(Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64);
    if decoded.missing() > 0 {
        out.iter_mut().enumerate().filter(|(i, _)| !decoded.is_valid(*i)).for_each(|(_, v)| *v = f64::NAN);
    }
    Some(out)
}

/// All values of a variable in C order.
///
/// # Errors
/// When it is no array of numbers, is too large, or cannot be read.
pub(crate) async fn read_whole(variable: &Variable) -> Result<Vec<f64>> {
    let grid = variable.source.chunk_grid();
    let whole = Region::full(&grid.shape());
    let cells = whole.cells()?;
    let located = |e: ArrayError| e.context("variable", &variable.name);
    if cells > MOST_VALUES {
        return Err(located(ArrayError::too_large(format!("{cells} values, expected at most {MOST_VALUES}"))));
    }
    let counts = grid.counts();
    let mut chunks =
        stream::iter(0..grid.chunk_count())
            .map(|number| {
                let chunk = nth(number, &counts);
                let region = grid.region(&chunk);
                async move {
                    Ok::<_, ArrayError>((variable.read_chunk(&chunk, &Region::full(&region.shape)).await?, region))
                }
            })
            .buffered(CONCURRENT_READS);
    let mut out = vec![f64::NAN; cells];
    while let Some((decoded, region)) = chunks.try_next().await.map_err(located)? {
        let values = floats(&decoded).ok_or_else(|| {
            located(ArrayError::unsupported(format!("values of type {} are no numbers", variable.data_type())))
        })?;
        let sizes = |of: &[u64]| of.iter().map(|n| *n as usize).collect::<Vec<_>>();
        place(&values, &sizes(&region.shape), &mut out, &sizes(&whole.shape), &sizes(&region.start));
    }
    Ok(out)
}

/// The `number`-th chunk in C order.
fn nth(number: u64, counts: &[u64]) -> Vec<u64> {
    let mut rest = number;
    let mut chunk = vec![0; counts.len()];
    for (at, count) in chunk.iter_mut().zip(counts).rev() {
        *at = rest % (*count).max(1);
        rest /= (*count).max(1);
    }
    chunk
}

/// Copies `values`, an array of `shape`, into `out`, an array of `out_shape`, so that it starts at `start`. What does not
/// fit is left out.
pub(super) fn place<T: Copy>(values: &[T], shape: &[usize], out: &mut [T], out_shape: &[usize], start: &[usize]) {
    let Some((run, around)) = shape.split_last() else {
        if let (Some(out), Some(value)) = (out.first_mut(), values.first()) {
            *out = *value;
        }
        return;
    };
    let mut at = vec![0; around.len()];
    for line in values.chunks_exact((*run).max(1)) {
        let row = at.iter().zip(start).zip(out_shape).fold(0, |row, ((i, start), size)| row * size + start + i);
        let first = row * out_shape.last().copied().unwrap_or(1) + start.last().copied().unwrap_or(0);
        if let Some(out) = out.get_mut(first..first + run) {
            out.copy_from_slice(line);
        }
        for (i, size) in at.iter_mut().zip(around).rev() {
            *i += 1;
            if *i < *size {
                break;
            }
            *i = 0;
        }
    }
}
