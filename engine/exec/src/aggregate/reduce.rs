//! One unit, taken into the states of its block: decoded, then gone through piece by piece.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, RecordBatch, RecordBatchOptions, UInt64Array,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{concat, prep_null_mask_filter, take};
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_plan::metrics::Time;
use rayon::prelude::*;

use super::accumulate::{Argument, Move, Piece, Run};
use super::columns::{Cells, Ready, Spare, UnitData};
use super::expressions::{BatchColumn, Predicate, Source};
use super::mask::compare;
use super::prepared::{BlockState, Prepared};
use super::regions::{Parts, each_covered};
use super::walk::{Offsets, Walk};
use crate::error::internal;
use crate::scan::{Loading, ScanState, Unit};

/// Cells that are worth a core of their own.
const STRIPE: u64 = 1 << 19;

/// Parts of a unit, at most.
const MOST_STRIPES: u64 = 16;

/// With more units than this, cores have enough to do.
const FEW_UNITS: u64 = 8;

/// Where a unit belongs.
#[derive(Debug)]
pub(crate) struct Place {
    pub unit: Unit,
    /// The groups of the block along each dimension.
    pub groups: Vec<Range<usize>>,
    /// The regions that touch the unit.
    pub regions: Vec<usize>,
}

/// Decodes a unit and takes it into `states`; `compute` is the time of the latter.
///
/// # Errors
/// When a chunk does not decode, or an expression fails.
pub(crate) fn reduce(
    prepared: &Prepared,
    scan: &ScanState,
    compute: &Time,
    place: &Place,
    loading: Vec<Loading>,
    states: &mut BlockState,
    spare: &mut Spare,
) -> Result<()> {
    let names = &prepared.expressions.data;
    let (units, projection) = (scan.units.count(), &scan.request.projection);
    let in_order = stripes(place.unit.rows(), units) < 2;
    let mut data = UnitData::decode(&scan.layout, projection, names, &place.unit, loading, in_order, spare)?;
    let start = Instant::now();
    let ordinals = ordinals(prepared, &place.unit);
    let labels = unit_labels(prepared, &ordinals)?;
    match &prepared.regions {
        None => {
            let walk = Walk::new(offsets(prepared, place, &ordinals), &prepared.borders);
            let work = UnitWork { prepared, walk: &walk, labels: &labels, covered: None };
            work.take_in_all(&mut data, units, states)?;
        }
        Some(regions) => {
            let parts = Parts::new(regions, &prepared.groups, place, &ordinals);
            let memory = scan.reserve(parts.count().saturating_mul(prepared.bytes_a_group))?;
            let mut own = prepared.state(parts.count())?;
            let moves = parts.moves();
            memory.try_grow(moves.len() * size_of::<Move>())?;
            let covered = prepared.can_fail.then(|| parts.covered(&moves));
            let walk = Walk::new(parts.offsets(), &prepared.borders);
            let work = UnitWork { prepared, walk: &walk, labels: &labels, covered: covered.as_deref() };
            work.take_in_all(&mut data, units, &mut own)?;
            states.merge_groups(own, &moves)?;
        }
    }
    compute.add_duration(start.elapsed().saturating_sub(data.decoding()));
    data.recycle(spare);
    Ok(())
}

/// Into how many parts a unit of so many cells is cut at most, where there are so many units.
fn stripes(cells: u64, units: u64) -> usize {
    if units > FEW_UNITS { 1 } else { (cells / STRIPE).min(MOST_STRIPES) as usize }
}

/// What all pieces of a unit need.
#[derive(Clone, Copy)]
struct UnitWork<'a> {
    prepared: &'a Prepared,
    walk: &'a Walk,
    labels: &'a [ArrayRef],
    /// Whether a cell of a group counts; `None` where what does not count does no harm.
    covered: Option<&'a [bool]>,
}

impl UnitWork<'_> {
    fn take_in_all(&self, data: &mut UnitData, units: u64, states: &mut BlockState) -> Result<()> {
        let stripes = self.stripes(units, states.groups);
        if let Some(columns) = data.in_any_order().filter(|_| stripes.len() > 1) {
            return self.take_in_stripes(&columns, &stripes, states);
        }
        let mut runs = Vec::new();
        for cells in self.walk.pieces() {
            let columns = data.next_piece(&cells)?;
            data.take_back(self.take_in(cells, columns, &mut runs, states)?);
        }
        Ok(())
    }

    /// The pieces of a unit that several cores share, in as many parts as the unit alone asks for; one part where there
    /// are enough units for the cores, or where many groups would have to be merged.
    fn stripes(&self, units: u64, groups: usize) -> Vec<Vec<Range<usize>>> {
        let count = stripes(self.walk.cells() as u64, units);
        if count < 2 || groups > self.walk.cells() / 64 {
            return Vec::new();
        }
        let pieces: Vec<Range<usize>> = self.walk.pieces().collect();
        pieces.chunks(pieces.len().div_ceil(count)).map(<[_]>::to_vec).collect()
    }

    /// Takes each stripe into states of its own, and merges them in their order.
    fn take_in_stripes(
        &self,
        columns: &[&Ready],
        stripes: &[Vec<Range<usize>>],
        states: &mut BlockState,
    ) -> Result<()> {
        let groups = states.groups;
        let taken: Result<Vec<BlockState>> = stripes
            .par_iter()
            .map(|pieces| {
                let (mut states, mut runs) = (self.prepared.state(groups)?, Vec::new());
                for cells in pieces {
                    let columns = columns.iter().map(|column| column.piece(cells, None)).collect::<Result<_>>()?;
                    self.take_in(cells.clone(), columns, &mut runs, &mut states)?;
                }
                Ok(states)
            })
            .collect();
        taken?.into_iter().try_for_each(|stripe| states.merge(stripe))
    }

    /// Takes in a piece with the values `columns`, and gives them back.
    fn take_in(
        &self,
        cells: Range<usize>,
        columns: Vec<Cells>,
        runs: &mut Vec<Run>,
        states: &mut BlockState,
    ) -> Result<Vec<Cells>> {
        self.walk.runs(&cells, runs);
        let mut piece = PieceWork { unit: *self, cells, columns, batch: None };
        piece.take_in(runs, states)?;
        Ok(piece.columns)
    }
}

/// Which of the selected indices the unit holds, along each dimension.
fn ordinals(prepared: &Prepared, unit: &Unit) -> Vec<Vec<Range<usize>>> {
    let dimensions = prepared.groups.dimensions.iter().zip(&unit.selection.dimensions);
    dimensions.map(|(groups, selected)| groups.ordinals(selected)).collect()
}

/// The groups of a unit's indices, in steps of each dimension.
fn offsets(prepared: &Prepared, place: &Place, ordinals: &[Vec<Range<usize>>]) -> Vec<Offsets> {
    let mut step = 1usize;
    let mut out: Vec<Offsets> = prepared
        .groups
        .dimensions
        .iter()
        .zip(&place.groups)
        .zip(ordinals)
        .rev()
        .map(|((groups, of_block), ordinals)| {
            let own = step;
            step = step.saturating_mul(of_block.len());
            match &groups.ids {
                None => Offsets::One { count: ordinals.iter().map(Range::len).sum(), offset: 0 },
                Some(ids) => {
                    let own_ids = ordinals.iter().flat_map(|range| ids.get(range.clone()).unwrap_or_default());
                    Offsets::Table(own_ids.map(|id| ((*id as usize - of_block.start) * own) as u32).collect())
                }
            }
        })
        .collect();
    out.reverse();
    out
}

/// The values of each expression over labels, at the indices of the unit.
fn unit_labels(prepared: &Prepared, ordinals: &[Vec<Range<usize>>]) -> Result<Vec<ArrayRef>> {
    let of = |(labels, values): (&super::expressions::LabelExpr, &ArrayRef)| {
        let Some(own) = labels.dimension.and_then(|d| ordinals.get(d)) else { return Ok(Arc::clone(values)) };
        Ok(match own.as_slice() {
            [one] => values.slice(one.start, one.len()),
            parts => {
                let parts: Vec<ArrayRef> = parts.iter().map(|part| values.slice(part.start, part.len())).collect();
                concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())?
            }
        })
    };
    prepared.expressions.labels.iter().zip(&prepared.labels).map(of).collect()
}

/// One piece.
struct PieceWork<'a> {
    unit: UnitWork<'a>,
    cells: Range<usize>,
    columns: Vec<Cells>,
    /// What expressions are evaluated over, once one needs it.
    batch: Option<RecordBatch>,
}

/// An argument, evaluated.
enum Evaluated {
    Data(usize),
    Cells(ArrayRef),
    Runs(ArrayRef),
}

impl PieceWork<'_> {
    fn take_in(&mut self, runs: &[Run], states: &mut BlockState) -> Result<()> {
        let len = self.cells.len();
        let piece = |mask| Piece { len, runs, offsets: self.unit.walk.map(), mask };
        let masks = self.masks(runs)?;
        if masks.nothing {
            return Ok(());
        }
        for (rows, mask) in states.rows.iter_mut().zip(&masks.of_predicates) {
            rows.update(&Piece { mask: mask.as_ref(), ..piece(None) });
        }
        let prepared = self.unit.prepared;
        for (function, accumulator) in prepared.functions.iter().zip(&mut states.accumulators) {
            let mask = match function.filter {
                Some(filter) => masks.of_predicates.get(filter).and_then(Option::as_ref),
                None => masks.rows.as_ref(),
            };
            let arguments = function.arguments.iter().map(|a| self.evaluate(a, runs, masks.rows.as_ref()));
            let arguments = arguments.collect::<Result<Vec<_>>>()?;
            let arguments: Vec<Argument<'_>> = arguments
                .iter()
                .map(|evaluated| match evaluated {
                    Evaluated::Data(i) => self.columns[*i].argument(),
                    Evaluated::Cells(array) => Argument::Cells(array),
                    Evaluated::Runs(array) => Argument::Runs(array),
                })
                .collect();
            accumulator.update(&Piece { len, runs, offsets: self.unit.walk.map(), mask }, &arguments)?;
        }
        Ok(())
    }

    fn evaluate(&mut self, source: &Source, runs: &[Run], rows: Option<&BooleanBuffer>) -> Result<Evaluated> {
        Ok(match source {
            Source::Data(i) => Evaluated::Data(*i),
            Source::Labels(i) => {
                let dimension = self.unit.prepared.expressions.labels.get(*i).and_then(|l| l.dimension);
                match dimension {
                    Some(d) if self.unit.walk.varies_in_row(d) => Evaluated::Cells(self.cells_of_labels(*i)?),
                    _ => {
                        let at = |run: &Run| match dimension {
                            Some(d) => self.unit.walk.position(d, self.cells.start + run.start),
                            None => 0,
                        };
                        let positions: UInt64Array = runs.iter().map(at).collect::<Vec<_>>().into();
                        Evaluated::Runs(take(&self.unit.labels[*i], &positions, None)?)
                    }
                }
            }
            Source::Expr(expr) => {
                let len = self.cells.len();
                let batch = self.batch()?;
                // What fails for a row that does not take part must not fail.
                let value = match rows {
                    Some(rows) => expr.evaluate_selection(batch, &BooleanArray::new(rows.clone(), None))?,
                    None => expr.evaluate(batch)?,
                };
                Evaluated::Cells(value.into_array(len)?)
            }
        })
    }

    /// The labels of each cell.
    fn cells_of_labels(&self, labels: usize) -> Result<ArrayRef> {
        let dimension = self.unit.prepared.expressions.labels.get(labels).and_then(|l| l.dimension);
        let positions = match dimension {
            Some(d) => self.unit.walk.positions(d, &self.cells),
            None => vec![0; self.cells.len()],
        };
        Ok(take(&self.unit.labels[labels], &UInt64Array::from(positions), None)?)
    }

    fn batch(&mut self) -> Result<&RecordBatch> {
        if self.batch.is_none() {
            let expressions = &self.unit.prepared.expressions;
            let column = |column: &BatchColumn| match column {
                BatchColumn::Data(i) => Ok(self.columns[*i].to_array()),
                BatchColumn::Labels(i) => self.cells_of_labels(*i),
            };
            let columns = expressions.columns.iter().map(column).collect::<Result<Vec<_>>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(self.cells.len()));
            let batch = RecordBatch::try_new_with_options(Arc::clone(&expressions.schema), columns, &options)?;
            self.batch = Some(batch);
        }
        self.batch.as_ref().ok_or_else(|| internal("a piece has no batch"))
    }

    /// The cells that count, where some may not.
    fn covered(&self, runs: &[Run]) -> Option<BooleanBuffer> {
        let covered = self.unit.covered?;
        let mut cells = BooleanBufferBuilder::new(self.cells.len());
        cells.append_n(self.cells.len(), false);
        each_covered(covered, runs, self.unit.walk.map(), |cell, is| cells.set_bit(cell, is));
        Some(cells.finish()).filter(|cells| cells.count_set_bits() < cells.len())
    }

    fn masks(&mut self, runs: &[Run]) -> Result<Masks> {
        let prepared = self.unit.prepared;
        let mut masks = Masks { rows: self.covered(runs), ..Masks::default() };
        let has_rows = prepared.request.predicate.is_some();
        for (i, predicate) in prepared.predicates.iter().enumerate() {
            let mut mask = self.mask(predicate, masks.rows.as_ref())?;
            if let Some(rows) = &masks.rows {
                mask = &mask & rows;
            }
            let count = mask.count_set_bits();
            let is_rows = has_rows && i == 0;
            if is_rows && count == 0 {
                return Ok(Masks { nothing: true, ..masks });
            }
            let mask = (count < mask.len()).then_some(mask);
            if is_rows {
                masks.rows = mask.clone();
            }
            masks.of_predicates.push(mask);
        }
        Ok(masks)
    }

    /// Where a predicate is true; among `rows`, where they are given.
    fn mask(&mut self, predicate: &Predicate, rows: Option<&BooleanBuffer>) -> Result<BooleanBuffer> {
        if let Some(comparison) = &predicate.comparison
            && let Some(mask) = compare(comparison, &self.columns[comparison.data])
        {
            return Ok(mask);
        }
        let len = self.cells.len();
        if predicate.is_true {
            return Ok(BooleanBuffer::new_set(len));
        }
        let batch = self.batch()?;
        let value = match rows {
            Some(rows) => predicate.expr.evaluate_selection(batch, &BooleanArray::new(rows.clone(), None))?,
            None => predicate.expr.evaluate(batch)?,
        };
        let value = value.into_array(len)?;
        let Some(mask) = value.as_boolean_opt() else {
            return Err(DataFusionError::Plan(format!("a filter gave {}, expected Boolean", value.data_type())));
        };
        Ok(if mask.null_count() > 0 { prep_null_mask_filter(mask).values().clone() } else { mask.values().clone() })
    }
}

/// Which cells count.
#[derive(Debug, Default)]
struct Masks {
    /// Whether none does.
    nothing: bool,
    /// Those of the rows; `None` where all do.
    rows: Option<BooleanBuffer>,
    /// Those of each predicate, which are among the rows'.
    of_predicates: Vec<Option<BooleanBuffer>>,
}
