//! From the frame of a window to the places that each row's answer is made of.
//!
//! ```text
//!  WindowFrame + labels in the order of the window ─→ DataFusion's own search ─→ a range of places for each place
//! ```
//!
//! Labels are unique, so a row has no peers but itself, `GROUPS` is `ROWS`, and `RANGE` without a distance is, too.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt64Array};
use datafusion::arrow::compute::{SortOptions, take};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::window_state::WindowFrameContext;
use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits};

use super::line::Line;

/// Frames of so few rows are added row by row, in their order.
const SHORT: u64 = 8;

/// The frame of each place of a [`Line`], as a range of places.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frames {
    ranges: Vec<Range<u64>>,
    method: Method,
}

/// How the rows of a frame are put together: it follows from all frames, so that an answer does not hang on where a unit
/// starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// One after the other.
    Short,
    /// In blocks whose sizes are powers of two, and which start at multiples of their size.
    Blocks,
    /// From the start of the sequence on, each answer from the one before.
    FromStart,
    /// From the end of the sequence back.
    FromEnd,
}

impl Frames {
    /// The frames of `frame` over `labels`, one for each ordinal, which `options` sorts.
    ///
    /// # Errors
    /// When a distance cannot be added to a label.
    pub fn try_new(frame: &WindowFrame, labels: &ArrayRef, options: SortOptions, line: &Line) -> Result<Self> {
        let frame = Arc::new(by_rows(frame));
        let mut ranges = Vec::with_capacity(line.len());
        for sequence in line.sequences() {
            let places = sequence.clone();
            let ordinals: UInt64Array = match line.is_descending() {
                false => places.map(|place| line.ordinal(place)).collect(),
                true => places.rev().map(|place| line.ordinal(place)).collect(),
            };
            let columns = match frame.units {
                WindowFrameUnits::Range => vec![take(labels, &ordinals, None)?],
                WindowFrameUnits::Rows | WindowFrameUnits::Groups => Vec::new(),
            };
            let len = ordinals.len();
            let mut context = WindowFrameContext::new(Arc::clone(&frame), vec![options]);
            let mut last = 0..0;
            let first = ranges.len();
            for row in 0..len {
                last = context.calculate_range(&columns, &last, len, row)?;
                let (start, end) = (last.start as u64, last.end.max(last.start) as u64);
                ranges.push(match line.is_descending() {
                    false => sequence.start + start..sequence.start + end,
                    true => sequence.end - end..sequence.end - start,
                });
            }
            if line.is_descending()
                && let Some(own) = ranges.get_mut(first..)
            {
                own.reverse();
            }
        }
        let method = method(&ranges, line);
        Ok(Self { ranges, method })
    }

    /// The frame of `place`.
    pub fn of(&self, place: u64) -> Range<u64> {
        self.ranges.get(place as usize).cloned().unwrap_or(0..0)
    }

    /// How far a frame that is loaded as a whole reaches, or a running one from its row, at most.
    pub fn reach(&self) -> u64 {
        let along = self.ranges.iter().zip(0u64..).filter(|(range, _)| !range.is_empty());
        let reaches = along.map(|(range, place)| match self.method {
            Method::FromStart => range.end.abs_diff(place),
            Method::FromEnd => range.start.abs_diff(place),
            Method::Short | Method::Blocks => range.end.max(place) - range.start.min(place),
        });
        reaches.max().unwrap_or(0)
    }

    /// How the rows of a frame are put together.
    pub fn method(&self) -> Method {
        self.method
    }
}

/// Whether a frame reaches from one end of its sequence to the other.
pub(crate) fn is_whole(frame: &WindowFrame) -> bool {
    frame.start_bound.is_unbounded() && frame.end_bound.is_unbounded()
}

/// The same frame in rows, where it is.
fn by_rows(frame: &WindowFrame) -> WindowFrame {
    let is_free = |bound: &WindowFrameBound| bound.is_unbounded() || *bound == WindowFrameBound::CurrentRow;
    if frame.units == WindowFrameUnits::Range && !(is_free(&frame.start_bound) && is_free(&frame.end_bound)) {
        return frame.clone();
    }
    let bound = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::Preceding(v) if v.is_null() => WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
        WindowFrameBound::Following(v) if v.is_null() => WindowFrameBound::Following(ScalarValue::UInt64(None)),
        other => other.clone(),
    };
    WindowFrame::new_bounds(WindowFrameUnits::Rows, bound(&frame.start_bound), bound(&frame.end_bound))
}

fn method(ranges: &[Range<u64>], line: &Line) -> Method {
    let longest = ranges.iter().map(|r| r.end - r.start).max().unwrap_or(0);
    if longest <= SHORT {
        return Method::Short;
    }
    let (mut from_start, mut from_end) = (true, true);
    for sequence in line.sequences() {
        let own = ranges.get(sequence.start as usize..sequence.end as usize).unwrap_or_default();
        for range in own.iter().filter(|r| !r.is_empty()) {
            from_start &= range.start == sequence.start;
            from_end &= range.end == sequence.end;
        }
    }
    match (from_start, from_end) {
        (true, false) => Method::FromStart,
        (false, true) => Method::FromEnd,
        _ => Method::Blocks,
    }
}
