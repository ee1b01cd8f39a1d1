//! A scan in array words, for `EXPLAIN`.

use std::fmt::{self, Write};

use hyperslab_array::{IndexRanges, Selection};

use super::units::{UnitGrid, touched};
use crate::layout::{Column, Layout};

/// Index ranges shown in full; of more, only the first and how many there are.
const MOST_RANGES: usize = 3;

/// `time=[264..265) of 684, lat=all 89`.
pub(crate) fn write_selection(f: &mut impl Write, layout: &Layout, selection: &Selection) -> fmt::Result {
    for (dimension, selected) in layout.grid.dimensions.iter().zip(&selection.dimensions) {
        write!(f, ", {}=", dimension.name)?;
        write_ranges(f, selected, dimension.size)?;
    }
    Ok(())
}

fn write_ranges(f: &mut impl Write, selected: &IndexRanges, size: u64) -> fmt::Result {
    let ranges = selected.ranges();
    match ranges {
        [] if size > 0 => write!(f, "none of {size}"),
        _ if selected.len() == size => write!(f, "all {size}"),
        [range] => write!(f, "[{}..{}) of {size}", range.start, range.end),
        _ => {
            let shown: Vec<_> = ranges.iter().take(MOST_RANGES).map(|r| format!("[{}..{})", r.start, r.end)).collect();
            write!(f, "{{{}", shown.join(", "))?;
            if ranges.len() > MOST_RANGES {
                write!(f, ", and {} more ranges, {} indices", ranges.len() - MOST_RANGES, selected.len())?;
            }
            write!(f, "}} of {size}")
        }
    }
}

/// Chunks that the first `units` units hold, and chunks there are, of all arrays among `columns`; saturates.
pub(crate) fn chunks(layout: &Layout, columns: &[usize], units: &UnitGrid, first: u64) -> (u64, u64) {
    let selection = units.selection_of_first(first);
    let (mut kept, mut total) = (0u64, 0u64);
    for &c in columns {
        let Some(Column::Array { variable, dimensions }) = layout.columns.get(c) else { continue };
        let grid = variable.source.chunk_grid();
        total = total.saturating_add(grid.chunk_count());
        if selection.is_empty() || first == 0 {
            continue;
        }
        let along = |(d, chunks): (&usize, _)| selection.dimensions.get(*d).map_or(0, |s| touched(chunks, s).len());
        let here = dimensions.iter().zip(grid.dimensions()).map(along).fold(1u64, u64::saturating_mul);
        kept = kept.saturating_add(here);
    }
    (kept, total)
}
