//! From windows as they are asked for to what is known of them before they run, if they go along one dimension.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::error::Result;
use datafusion::logical_expr::WindowFrame;
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use hyperslab_array::{DimensionChunks, IndexRanges, Selection};

use super::frame::{Frames, Method, is_whole};
use super::function::{FrameAggregate, RowValue};
use super::line::Line;
use crate::aggregate::{Varies, label_values as values, varies};
use crate::layout::Layout;
use crate::scan::UnitGrid;

/// Longer dimensions are not gone along.
const MOST_ORDINALS: u64 = 1 << 24;

/// What the frames of a unit take of the memory, at most; with more, rows are sorted.
const MOST_BYTES: u64 = 1 << 30;

/// Windows of the same partitions and order. All expressions are over the columns of a scan.
#[derive(Debug, Clone)]
pub struct SlideRequest {
    /// The keys of the partitions.
    pub partition_by: Vec<Arc<dyn PhysicalExpr>>,
    /// The order of the rows of a partition.
    pub order_by: Vec<PhysicalSortExpr>,
    /// The windows.
    pub windows: Vec<SlideWindow>,
}

/// One window.
#[derive(Debug, Clone)]
pub struct SlideWindow {
    /// What is answered.
    pub function: SlideFunction,
    /// What it is answered of.
    pub argument: Option<Arc<dyn PhysicalExpr>>,
    /// The rows that count.
    pub frame: Arc<WindowFrame>,
    /// The column of the answers.
    pub field: FieldRef,
}

/// What a window answers.
#[derive(Debug, Clone, PartialEq)]
pub enum SlideFunction {
    /// The number of the row in its partition; no two rows have the same rank.
    RowNumber,
    /// The value of one row.
    Row(RowValue),
    /// An aggregate of the rows of the frame.
    Aggregate(FrameAggregate),
}

/// Windows along one dimension whose answers are made in the same way.
#[derive(Debug)]
pub(crate) struct Slide {
    pub dimension: usize,
    /// All indices of the dimension that are selected.
    pub selected: IndexRanges,
    pub line: Line,
    pub windows: Vec<PlannedWindow>,
    /// What windows are answered of, over [`Self::schema`].
    pub arguments: Vec<Arc<dyn PhysicalExpr>>,
    /// The columns of the layout that arguments need.
    pub columns: Vec<usize>,
    pub schema: SchemaRef,
    /// Where all answers are running ones: which way.
    pub running: Option<Method>,
    /// What the windows go along, for people.
    pub along: String,
}

/// A window with its frames.
#[derive(Debug)]
pub(crate) struct PlannedWindow {
    pub function: SlideFunction,
    /// Its argument, among [`Slide::arguments`].
    pub argument: Option<usize>,
    pub frames: Arc<Frames>,
    pub field: FieldRef,
}

/// A slide, and which of the windows asked for are its.
pub(crate) type SlideOf = (Slide, Vec<usize>);

/// Windows that are gone through together: how, where they carry; which; and their frames.
type Part = (Option<Method>, Vec<usize>, Vec<Arc<Frames>>);

/// Plans the windows of `request`: in parts, each with the numbers of its windows. `None` where they do not go along one
/// dimension, each position of which is at another place of its partition.
///
/// # Errors
/// When a key or a frame cannot be evaluated for a label, or a column is missing.
pub(crate) fn plan(
    layout: &Arc<Layout>,
    selection: &Selection,
    units: &UnitGrid,
    request: &SlideRequest,
) -> Result<Option<Vec<SlideOf>>> {
    let expressions = request.order_by.iter().map(|s| &s.expr).chain(&request.partition_by);
    let arguments = request.windows.iter().filter_map(|w| w.argument.as_ref());
    if expressions.chain(arguments).any(is_volatile) {
        return Ok(None);
    }
    let Some(course) = Course::of(layout, selection, request)? else { return Ok(None) };
    let mut parts: Vec<Part> = Vec::new();
    let mut known: Vec<(&WindowFrame, Arc<Frames>)> = Vec::new();
    let line = course.line(layout)?;
    for (i, window) in request.windows.iter().enumerate() {
        let is_aggregate = matches!(window.function, SlideFunction::Aggregate(_));
        if is_aggregate && is_whole(&window.frame) {
            return Ok(None);
        }
        let frames = match known.iter().find(|(frame, _)| **frame == *window.frame) {
            Some((_, frames)) => Arc::clone(frames),
            None => Arc::new(Frames::try_new(&window.frame, &course.labels, course.order.options, &line)?),
        };
        known.push((&window.frame, Arc::clone(&frames)));
        let width = window.argument.as_ref().map_or(Ok(0), |a| a.data_type(&layout.schema).map(|t| width(&t)))?;
        if is_aggregate
            && cells_of_unit(selection, units, course.dimension, frames.reach()).saturating_mul(width) > MOST_BYTES
        {
            return Ok(None);
        }
        let running = Some(frames.method())
            .filter(|method| is_aggregate && matches!(method, Method::FromStart | Method::FromEnd));
        match parts.iter_mut().find(|(way, _, _)| *way == running) {
            Some((_, own, all)) => {
                own.push(i);
                all.push(frames);
            }
            None => parts.push((running, vec![i], vec![frames])),
        }
    }
    let mut planned = Vec::with_capacity(parts.len());
    for (running, own, frames) in parts {
        let mut exprs: Vec<&Arc<dyn PhysicalExpr>> = Vec::new();
        let mut windows = Vec::with_capacity(own.len());
        for (window, frames) in own.iter().filter_map(|i| request.windows.get(*i)).zip(frames) {
            let argument = window.argument.as_ref().map(|argument| {
                exprs.iter().position(|known| known.as_ref() == argument.as_ref()).unwrap_or_else(|| {
                    exprs.push(argument);
                    exprs.len() - 1
                })
            });
            let (function, field) = (window.function.clone(), Arc::clone(&window.field));
            windows.push(PlannedWindow { function, argument, frames, field });
        }
        let mut columns = Vec::new();
        for column in exprs.iter().flat_map(|e| collect_columns(e)) {
            columns.push(layout.schema.index_of(column.name())?);
        }
        columns.sort_unstable();
        columns.dedup();
        let schema: SchemaRef = Arc::new(Schema::new(layout.schema.project(&columns)?.fields().clone()));
        let arguments = exprs.iter().map(|e| reassign_expr_columns(Arc::clone(e), &schema)).collect::<Result<_>>()?;
        let slide = Slide {
            dimension: course.dimension,
            selected: course.selected.clone(),
            line: course.line(layout)?,
            windows,
            arguments,
            columns,
            schema,
            running,
            along: course.order.to_string(),
        };
        planned.push((slide, own));
    }
    Ok(Some(planned))
}

fn width(data_type: &DataType) -> u64 {
    data_type.primitive_width().unwrap_or(size_of::<f64>()) as u64
}

/// How many cells a unit loads, at most, where its frames reach so far along `dimension`; saturates.
fn cells_of_unit(selection: &Selection, units: &UnitGrid, dimension: usize, reach: u64) -> u64 {
    let along = |(d, selected): (usize, &IndexRanges)| {
        let own = units.chunks(d).map_or(1, DimensionChunks::longest);
        if d == dimension { own.saturating_add(reach).min(selected.len()) } else { own.min(selected.len()) }
    };
    selection.dimensions.iter().enumerate().map(along).fold(1, u64::saturating_mul)
}

impl Slide {
    /// Bytes of what is kept for each lane between units.
    pub fn bytes_a_lane(&self) -> usize {
        let of = |window: &PlannedWindow| match &window.function {
            SlideFunction::Aggregate(function) => function.bytes_a_lane(),
            SlideFunction::RowNumber | SlideFunction::Row(_) => 0,
        };
        let sequences = self.line.sequences().count();
        self.windows.iter().map(of).sum::<usize>().saturating_mul(sequences)
    }
}

/// The dimension along which windows go, and how.
struct Course {
    dimension: usize,
    selected: IndexRanges,
    order: PhysicalSortExpr,
    /// The values of the order, one for each selected index.
    labels: ArrayRef,
    is_descending: bool,
    /// The keys that vary along the dimension.
    keys: Vec<Arc<dyn PhysicalExpr>>,
}

impl Course {
    fn of(layout: &Arc<Layout>, selection: &Selection, request: &SlideRequest) -> Result<Option<Self>> {
        let mut keys: Vec<Vec<Arc<dyn PhysicalExpr>>> = vec![Vec::new(); selection.dimensions.len()];
        for key in &request.partition_by {
            match varies(layout, key) {
                Varies::Nowhere => {}
                Varies::Along(d) => match keys.get_mut(d) {
                    Some(own) => own.push(Arc::clone(key)),
                    None => return Ok(None),
                },
                Varies::Everywhere => return Ok(None),
            }
        }
        let mut open = Vec::new();
        for (d, (selected, keys)) in selection.dimensions.iter().zip(&keys).enumerate() {
            if !identifies(layout, keys, selected)? {
                open.push(d);
            }
        }
        let mut found = None;
        for order in &request.order_by {
            match varies(layout, &order.expr) {
                Varies::Along(d) if open.contains(&d) => {
                    found = Some((d, order));
                    break;
                }
                // The same for all rows of a partition.
                Varies::Nowhere | Varies::Along(_) => {}
                Varies::Everywhere => return Ok(None),
            }
        }
        let Some((dimension, order)) = found.filter(|_| open.len() == 1) else { return Ok(None) };
        let Some(selected) = selection.dimensions.get(dimension).filter(|s| s.len() <= MOST_ORDINALS) else {
            return Ok(None);
        };
        let mut labels = values(layout, std::slice::from_ref(&order.expr), selected)?;
        let (Some(labels), Some(keys)) = (labels.pop(), keys.into_iter().nth(dimension)) else { return Ok(None) };
        let Some(is_descending) = direction(&labels)?.map(|falls| falls != order.options.descending) else {
            return Ok(None);
        };
        let (selected, order) = (selected.clone(), order.clone());
        Ok(Some(Self { dimension, selected, order, labels, is_descending, keys }))
    }

    fn line(&self, layout: &Arc<Layout>) -> Result<Line> {
        let keys = if self.keys.is_empty() { Vec::new() } else { values(layout, &self.keys, &self.selected)? };
        Line::try_new(self.selected.len(), self.is_descending, &keys)
    }
}

/// Whether no two selected indices have the same `keys`, which vary along their dimension.
fn identifies(layout: &Arc<Layout>, keys: &[Arc<dyn PhysicalExpr>], selected: &IndexRanges) -> Result<bool> {
    if selected.len() <= 1 {
        return Ok(true);
    }
    if keys.is_empty() || selected.len() > MOST_ORDINALS {
        return Ok(false);
    }
    let values = values(layout, keys, selected)?;
    let rows = rows(&values)?;
    let mut seen = HashSet::with_capacity(rows.num_rows());
    Ok(rows.iter().all(|row| seen.insert(row)))
}

/// Whether each label is less than the one before, or each is greater; `None` where neither is so, or one is missing.
fn direction(labels: &ArrayRef) -> Result<Option<bool>> {
    if labels.logical_null_count() > 0 {
        return Ok(None);
    }
    let rows = rows(std::slice::from_ref(labels))?;
    let pairs = || rows.iter().zip(rows.iter().skip(1));
    let (rises, falls) = (pairs().all(|(a, b)| a < b), pairs().all(|(a, b)| a > b));
    Ok(if rises { Some(false) } else { falls.then_some(true) })
}

fn rows(columns: &[ArrayRef]) -> Result<datafusion::arrow::row::Rows> {
    let fields = columns.iter().map(|c| SortField::new(c.data_type().clone())).collect();
    Ok(RowConverter::new(fields)?.convert_columns(columns)?)
}
