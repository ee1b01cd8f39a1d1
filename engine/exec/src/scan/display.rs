//! A scan in array words, for `EXPLAIN`.

use hyperslab_array::{IndexRanges, Selection};

use super::units::{UnitGrid, touched};
use crate::layout::{Column, Layout};

/// Index ranges shown in full; of more, only the first and how many there are.
const MOST_RANGES: usize = 3;

/// For each dimension, what is read of it: `time`, `[264..265) of 684`.
pub(crate) fn selection_parts(layout: &Layout, selection: &Selection) -> Vec<(String, String)> {
    let parts = layout.grid.dimensions.iter().zip(&selection.dimensions);
    parts.map(|(dimension, selected)| (dimension.name.clone(), ranges(selected, dimension.size))).collect()
}

fn ranges(selected: &IndexRanges, size: u64) -> String {
    let ranges = selected.ranges();
    match ranges {
        [] if size > 0 => format!("none of {size}"),
        _ if selected.len() == size => format!("all {size}"),
        [range] => format!("[{}..{}) of {size}", range.start, range.end),
        _ => {
            let shown: Vec<_> = ranges.iter().take(MOST_RANGES).map(|r| format!("[{}..{})", r.start, r.end)).collect();
            let more = match ranges.len() - shown.len() {
                0 => String::new(),
                more => format!(", and {more} more ranges, {} indices", selected.len()),
            };
            format!("{{{}{more}}} of {size}", shown.join(", "))
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
