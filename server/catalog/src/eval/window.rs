//! Window functions.

use std::collections::HashMap;

use super::group::compare_by;
use super::{Env, Run, Tuple};
use crate::error::PgError;
use crate::functions::{FunctionBody, WindowKind};
use crate::plan::{AggregateCall, Bound, Frame, FrameUnit, WindowCall};
use crate::relation::Row;
use crate::value::{Key, Value};

/// The rows of one partition in order.
struct Partition<'a> {
    /// Numbers of tuples.
    rows: Vec<usize>,
    /// For each row, the first of those that are equal to it in order.
    first_peer: Vec<usize>,
    /// For each row, the one after the last of those that are equal to it in order.
    after_peers: Vec<usize>,
    tuples: &'a [Tuple],
}

impl Run<'_> {
    /// Puts the results of window functions into a slot of each tuple.
    pub(super) fn windows(
        &self,
        calls: &[WindowCall],
        tuples: &mut [Tuple],
        slot: usize,
        parent: Option<Env<'_>>,
    ) -> Result<(), PgError> {
        let mut results: Vec<Vec<Value>> = vec![Vec::with_capacity(calls.len()); tuples.len()];
        for call in calls {
            for (at, value) in self.window(call, tuples, parent)?.into_iter().enumerate() {
                if let Some(row) = results.get_mut(at) {
                    row.push(value);
                }
            }
        }
        for (tuple, row) in tuples.iter_mut().zip(results) {
            if let Some(place) = tuple.get_mut(slot) {
                *place = row.into();
            }
        }
        Ok(())
    }

    fn window(&self, call: &WindowCall, tuples: &[Tuple], parent: Option<Env<'_>>) -> Result<Vec<Value>, PgError> {
        let mut partitions: Vec<Vec<usize>> = Vec::new();
        let mut found: HashMap<Key, usize> = HashMap::new();
        let mut sort_keys = Vec::with_capacity(tuples.len());
        for (at, tuple) in tuples.iter().enumerate() {
            self.tick()?;
            let env = Env { tuple, parent: parent.as_ref() };
            let key = call.partition.iter().map(|e| self.eval(e, env)).collect::<Result<Vec<_>, _>>()?;
            sort_keys.push(call.sort.iter().map(|s| self.eval(&s.expr, env)).collect::<Result<Vec<_>, _>>()?);
            let next = partitions.len();
            let partition = *found.entry(Key(key)).or_insert(next);
            match partitions.get_mut(partition) {
                Some(rows) => rows.push(at),
                None => partitions.push(vec![at]),
            }
        }
        let key = |at: &usize| sort_keys.get(*at).map_or(&[][..], Vec::as_slice);
        let mut results = vec![Value::Null; tuples.len()];
        for mut rows in partitions {
            rows.sort_by(|a, b| compare_by(key(a), key(b), &call.sort));
            let mut first_peer = Vec::with_capacity(rows.len());
            for (at, row) in rows.iter().enumerate() {
                let same = at
                    .checked_sub(1)
                    .and_then(|b| rows.get(b))
                    .is_some_and(|before| compare_by(key(before), key(row), &call.sort).is_eq());
                let first = if same { first_peer.last().copied().unwrap_or(at) } else { at };
                first_peer.push(first);
            }
            let mut after_peers = vec![rows.len(); rows.len()];
            for at in (0..rows.len().saturating_sub(1)).rev() {
                let next_starts = first_peer.get(at + 1) == Some(&(at + 1));
                let after = if next_starts { at + 1 } else { after_peers.get(at + 1).copied().unwrap_or(rows.len()) };
                if let Some(place) = after_peers.get_mut(at) {
                    *place = after;
                }
            }
            let partition = Partition { rows, first_peer, after_peers, tuples };
            let values = self.over(call, &partition, parent)?;
            for (row, value) in partition.rows.iter().zip(values) {
                if let Some(place) = results.get_mut(*row) {
                    *place = value;
                }
            }
        }
        Ok(results)
    }

    fn over(&self, call: &WindowCall, p: &Partition<'_>, parent: Option<Env<'_>>) -> Result<Vec<Value>, PgError> {
        let count = p.rows.len();
        match call.call.function.body {
            FunctionBody::Window(kind) => (0..count).map(|at| self.own(kind, call, p, at, parent)).collect(),
            _ => {
                // Neighbours often see the same rows.
                let mut last: Option<((usize, usize), Value)> = None;
                let mut values = Vec::with_capacity(count);
                for at in 0..count {
                    let range = self.frame(&call.frame, p, at, parent)?;
                    if let Some((_, value)) = last.as_ref().filter(|(r, _)| *r == range) {
                        values.push(value.clone());
                        continue;
                    }
                    let value = self.aggregate(&call.call, p.between(range), parent)?;
                    values.push(value.clone());
                    last = Some((range, value));
                }
                Ok(values)
            }
        }
    }

    /// The value of a function that only makes sense over a window.
    fn own(
        &self,
        kind: WindowKind,
        call: &WindowCall,
        p: &Partition<'_>,
        at: usize,
        parent: Option<Env<'_>>,
    ) -> Result<Value, PgError> {
        self.tick()?;
        let count = p.rows.len();
        let whole = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        #[expect(clippy::cast_precision_loss, reason = "as good as a fraction gets")]
        let ratio = |a: usize, b: usize| Value::Float(if b == 0 { 0.0 } else { a as f64 / b as f64 });
        let first = p.first_peer.get(at).copied().unwrap_or(at);
        Ok(match kind {
            WindowKind::RowNumber => whole(at + 1),
            WindowKind::Rank => whole(first + 1),
            WindowKind::DenseRank => {
                let starts = p.first_peer.iter().enumerate().take(at + 1).filter(|(at, first)| at == *first).count();
                whole(starts)
            }
            WindowKind::PercentRank => ratio(first, count - 1),
            WindowKind::CumeDist => ratio(p.after_peers.get(at).copied().unwrap_or(count), count),
            WindowKind::Ntile => {
                let Some(buckets) = self.argument(&call.call, 0, p, at, parent)?.as_int() else {
                    return Ok(Value::Null);
                };
                let buckets = usize::try_from(buckets)
                    .ok()
                    .filter(|b| *b > 0)
                    .ok_or_else(|| PgError::new("22014", "argument of ntile must be greater than zero"))?;
                let (size, larger) = (count / buckets, count % buckets);
                let in_larger = larger * (size + 1);
                whole(if at < in_larger { at / (size + 1) + 1 } else { larger + (at - in_larger) / size.max(1) + 1 })
            }
            WindowKind::Lag | WindowKind::Lead => {
                let offset = match call.call.args.len() {
                    0 | 1 => Some(1),
                    _ => self.argument(&call.call, 1, p, at, parent)?.as_int(),
                };
                let Some(offset) = offset else { return Ok(Value::Null) };
                let offset = if kind == WindowKind::Lag { -offset } else { offset };
                let other = i64::try_from(at).unwrap_or(0).checked_add(offset).and_then(|o| usize::try_from(o).ok());
                match other.filter(|o| *o < count) {
                    Some(other) => self.argument(&call.call, 0, p, other, parent)?,
                    None if call.call.args.len() > 2 => self.argument(&call.call, 2, p, at, parent)?,
                    None => Value::Null,
                }
            }
            WindowKind::FirstValue | WindowKind::LastValue | WindowKind::NthValue => {
                let (from, to) = self.frame(&call.frame, p, at, parent)?;
                let wanted = match kind {
                    WindowKind::FirstValue => Some(from),
                    WindowKind::LastValue => to.checked_sub(1),
                    _ => {
                        let n = self.argument(&call.call, 1, p, at, parent)?.as_int().unwrap_or(0);
                        usize::try_from(n - 1).ok().map(|n| from.saturating_add(n))
                    }
                };
                match wanted.filter(|w| *w >= from && *w < to) {
                    Some(wanted) => self.argument(&call.call, 0, p, wanted, parent)?,
                    None => Value::Null,
                }
            }
        })
    }

    fn argument(
        &self,
        call: &AggregateCall,
        argument: usize,
        p: &Partition<'_>,
        at: usize,
        parent: Option<Env<'_>>,
    ) -> Result<Value, PgError> {
        match (call.args.get(argument), p.tuple(at)) {
            (Some(arg), Some(tuple)) => self.eval(arg, Env { tuple, parent: parent.as_ref() }),
            _ => Ok(Value::Null),
        }
    }

    /// The first row of the frame of a row, and the one after its last.
    fn frame(
        &self,
        frame: &Frame,
        p: &Partition<'_>,
        at: usize,
        parent: Option<Env<'_>>,
    ) -> Result<(usize, usize), PgError> {
        let count = p.rows.len();
        let start = match &frame.start {
            Bound::Unbounded => 0,
            Bound::Current if frame.unit == FrameUnit::Rows => at,
            Bound::Current => p.first_peer.get(at).copied().unwrap_or(at),
            Bound::Preceding(e) => self.moved(frame.unit, e, p, at, true, true, parent)?,
            Bound::Following(e) => self.moved(frame.unit, e, p, at, false, true, parent)?,
        };
        let end = match &frame.end {
            Bound::Unbounded => count,
            Bound::Current if frame.unit == FrameUnit::Rows => at + 1,
            Bound::Current => p.after_peers.get(at).copied().unwrap_or(count),
            Bound::Preceding(e) => self.moved(frame.unit, e, p, at, true, false, parent)?,
            Bound::Following(e) => self.moved(frame.unit, e, p, at, false, false, parent)?,
        };
        Ok((start.min(count), end.min(count).max(start.min(count))))
    }

    /// A bound some rows or groups of peers away.
    #[expect(clippy::too_many_arguments, reason = "all of them say which bound")]
    fn moved(
        &self,
        unit: FrameUnit,
        offset: &crate::plan::Expr,
        p: &Partition<'_>,
        at: usize,
        back: bool,
        start: bool,
        parent: Option<Env<'_>>,
    ) -> Result<usize, PgError> {
        let tuple = p.tuple(at).unwrap_or(&[]);
        let n = self.eval(offset, Env { tuple, parent: parent.as_ref() })?.as_int();
        let bad = || PgError::new("22013", "frame offset must not be null or negative");
        let n = usize::try_from(n.ok_or_else(bad)?).map_err(|_| bad())?;
        if unit == FrameUnit::Rows {
            let row = if back { at.checked_sub(n) } else { Some(at.saturating_add(n)) };
            return Ok(match row {
                Some(row) if start => row,
                Some(row) => row.saturating_add(1),
                None => 0,
            });
        }
        let starts: Vec<usize> =
            p.first_peer.iter().enumerate().filter(|(at, first)| at == *first).map(|(at, _)| at).collect();
        let here = starts.partition_point(|s| *s <= at).saturating_sub(1);
        let group = if back { here.checked_sub(n) } else { Some(here.saturating_add(n)) };
        let end_of = |group: usize| starts.get(group.saturating_add(1)).copied().unwrap_or(p.rows.len());
        Ok(match group {
            Some(group) if start => starts.get(group).copied().unwrap_or(p.rows.len()),
            Some(group) => end_of(group),
            None => 0,
        })
    }
}

impl<'a> Partition<'a> {
    fn tuple(&self, at: usize) -> Option<&'a [Row]> {
        self.rows.get(at).and_then(|r| self.tuples.get(*r)).map(|t| &**t)
    }

    fn between(&self, (from, to): (usize, usize)) -> impl Iterator<Item = &'a [Row]> {
        (from..to).filter_map(|at| self.tuple(at))
    }
}
