//! The rows of `FROM`.
//!
//! Parts of an inner join are taken from the smallest to the largest, as far as an equality connects them; equalities
//! are looked up in a hash table, or in an index of a whole relation if only a few of its rows are wanted.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Env, Run, Tuple};
use crate::error::PgError;
use crate::plan::{Comparison, Condition, Expr, From, Item, OuterKind, Slots, Source, TableCall, bit};
use crate::relation::Row;
use crate::value::{Key, Value};

/// How a part is put beside what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Inner,
    Left,
    Full,
}

/// An equality between what there is and a part.
struct Equality<'p> {
    here: &'p Expr,
    there: &'p Expr,
}

/// A part of an inner join that is not joined yet.
struct Pending<'p> {
    from: &'p From,
    slots: Slots,
    /// Its rows, if they were worth making before the join.
    rows: Option<Vec<Tuple>>,
    size: usize,
    lateral: bool,
}

impl Run<'_> {
    /// The tuples of a part of `FROM`; slots of `base` that are filled stay as they are.
    pub(super) fn from(
        &self,
        from: &From,
        parent: Option<Env<'_>>,
        base: &Tuple,
        filled: Slots,
    ) -> Result<Vec<Tuple>, PgError> {
        match from {
            From::Item(item) => self.item(item, parent, base),
            From::Inner { parts, conditions } => self.inner(parts, conditions, parent, base, filled),
            From::Outer { kind, left, right, conditions } => {
                let mode = if *kind == OuterKind::Left { Mode::Left } else { Mode::Full };
                let tuples = self.from(left, parent, base, filled)?;
                let conditions: Vec<&Condition> = conditions.iter().collect();
                self.join(tuples, left.slots() | filled, right, None, &conditions, mode, parent, base)
            }
        }
    }

    fn holds(&self, conditions: &[&Condition], tuple: &[Row], parent: Option<Env<'_>>) -> Result<bool, PgError> {
        let env = Env { tuple, parent: parent.as_ref() };
        for condition in conditions {
            if !self.eval(&condition.expr, env)?.is_true() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn item(&self, item: &Item, parent: Option<Env<'_>>, base: &Tuple) -> Result<Vec<Tuple>, PgError> {
        let rows = self.source(item, parent, base)?;
        let filters: Vec<&Condition> = item.filters.iter().collect();
        let mut tuples = Vec::new();
        let mut scratch = base.clone();
        for row in rows.iter() {
            self.tick()?;
            put(&mut scratch, item.slot, row);
            if self.holds(&filters, &scratch, parent)? {
                self.count_rows(1)?;
                tuples.push(scratch.clone());
            }
        }
        Ok(tuples)
    }

    /// The rows of one item before its filters; of a relation maybe only those that a filter can let through.
    fn source(&self, item: &Item, parent: Option<Env<'_>>, base: &Tuple) -> Result<Arc<Vec<Row>>, PgError> {
        let env = Env { tuple: base, parent: parent.as_ref() };
        match &item.source {
            Source::Relation(at) => {
                for filter in &item.filters {
                    let Some((column, other)) = indexed(filter, item.slot) else { continue };
                    let index = self.column_index(*at, column)?;
                    let value = self.eval(other, env)?;
                    let found = index.get(&Key(vec![value])).cloned().unwrap_or_default();
                    return Ok(Arc::new(found));
                }
                Ok(self.relation(*at))
            }
            Source::Cte(id) => Ok(self.ctes.borrow().get(id).cloned().unwrap_or_default()),
            Source::Query(plan) => self.rows_of(plan, Some(env)),
            Source::Functions { calls, ordinality } => self.functions(calls, *ordinality, env).map(Arc::new),
        }
    }

    fn functions(&self, calls: &[TableCall], ordinality: bool, env: Env<'_>) -> Result<Vec<Row>, PgError> {
        let mut columns: Vec<Vec<Value>> = Vec::new();
        for call in calls {
            let values = if call.set { self.eval_set(&call.call, env)? } else { vec![self.eval(&call.call, env)?] };
            let Some(width) = call.width else {
                columns.push(values);
                continue;
            };
            for field in 0..width {
                let of = |v: &Value| match v {
                    Value::Record(fields) => fields.get(field).map(|(_, v)| v.clone()).unwrap_or_default(),
                    _ => Value::Null,
                };
                columns.push(values.iter().map(of).collect());
            }
        }
        let count = columns.iter().map(Vec::len).max().unwrap_or(0);
        let row = |at: usize| {
            let values = columns.iter().map(|c| c.get(at).cloned().unwrap_or_default());
            let number = ordinality.then(|| Value::Int(i64::try_from(at).unwrap_or(i64::MAX).saturating_add(1)));
            values.chain(number).collect()
        };
        Ok((0..count).map(row).collect())
    }

    fn inner(
        &self,
        parts: &[From],
        conditions: &[Condition],
        parent: Option<Env<'_>>,
        base: &Tuple,
        filled: Slots,
    ) -> Result<Vec<Tuple>, PgError> {
        let (early, mut open): (Vec<&Condition>, Vec<&Condition>) =
            conditions.iter().partition(|c| c.slots & !filled == 0);
        if !self.holds(&early, base, parent)? {
            return Ok(Vec::new());
        }
        let mut pending = Vec::with_capacity(parts.len());
        for from in parts {
            let part = self.pending(from, parent, base, filled)?;
            if part.rows.as_ref().is_some_and(Vec::is_empty) {
                return Ok(Vec::new());
            }
            pending.push(part);
        }
        let mut have = filled;
        let mut tuples = vec![base.clone()];
        while let Some(at) = next(&pending, &open, have) {
            let part = pending.swap_remove(at);
            let all = have | part.slots;
            let (now, later): (Vec<&Condition>, Vec<&Condition>) = open.iter().partition(|c| c.slots & !all == 0);
            open = later;
            let first = have == filled && tuples.len() == 1;
            tuples = match part.rows {
                // Nothing to join with yet.
                Some(rows) if first => self.filtered(rows, &now, parent)?,
                rows => self.join(tuples, have, part.from, rows, &now, Mode::Inner, parent, base)?,
            };
            if tuples.is_empty() {
                return Ok(tuples);
            }
            have = all;
        }
        Ok(tuples)
    }

    fn filtered(
        &self,
        mut rows: Vec<Tuple>,
        conditions: &[&Condition],
        parent: Option<Env<'_>>,
    ) -> Result<Vec<Tuple>, PgError> {
        if conditions.is_empty() {
            return Ok(rows);
        }
        let mut failed = None;
        rows.retain(|tuple| match self.holds(conditions, tuple, parent) {
            Ok(keep) => keep,
            Err(e) => {
                failed = Some(e);
                false
            }
        });
        failed.map_or(Ok(rows), Err)
    }

    /// Makes the rows of a part now, unless it is a whole relation or needs others.
    fn pending<'p>(
        &self,
        from: &'p From,
        parent: Option<Env<'_>>,
        base: &Tuple,
        filled: Slots,
    ) -> Result<Pending<'p>, PgError> {
        let slots = from.slots();
        if from.needs() & !filled != 0 {
            return Ok(Pending { from, slots, rows: None, size: usize::MAX, lateral: true });
        }
        if let From::Item(Item { source: Source::Relation(at), filters, .. }) = from
            && filters.is_empty()
        {
            let size = self.relation(*at).len();
            return Ok(Pending { from, slots, rows: None, size, lateral: false });
        }
        let rows = self.from(from, parent, base, filled)?;
        Ok(Pending { from, slots, size: rows.len(), rows: Some(rows), lateral: false })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one step")]
    fn join(
        &self,
        tuples: Vec<Tuple>,
        have: Slots,
        part: &From,
        rows: Option<Vec<Tuple>>,
        conditions: &[&Condition],
        mode: Mode,
        parent: Option<Env<'_>>,
        base: &Tuple,
    ) -> Result<Vec<Tuple>, PgError> {
        let slots = part.slots();
        let mut equalities = Vec::new();
        let mut rest = Vec::new();
        for condition in conditions {
            match equality(condition, have, slots) {
                Some(found) => equalities.push(found),
                None => rest.push(*condition),
            }
        }
        if rows.is_none() && part.needs() & have != 0 {
            return self.join_lateral(tuples, have, part, conditions, mode, parent);
        }
        if rows.is_none()
            && mode != Mode::Full
            && let From::Item(item) = part
            && let Source::Relation(relation) = &item.source
            && let Some((at, column)) = equalities.iter().enumerate().find_map(|(at, e)| Some((at, plain(e.there)?)))
            && tuples.len() < self.relation(*relation).len() / 4
        {
            let key = equalities.swap_remove(at).here;
            let filters: Vec<&Condition> =
                item.filters.iter().chain(conditions.iter().copied()).filter(|c| !covers(c, key)).collect();
            let index = self.column_index(*relation, column)?;
            return self.join_index(tuples, item.slot, &index, key, &filters, mode, parent);
        }
        let rows = match rows {
            Some(rows) => rows,
            None => self.from(part, parent, base, 0)?,
        };
        self.join_rows(tuples, slots, &rows, &equalities, &rest, mode, parent)
    }

    /// Makes the rows of the part for each tuple.
    fn join_lateral(
        &self,
        tuples: Vec<Tuple>,
        have: Slots,
        part: &From,
        conditions: &[&Condition],
        mode: Mode,
        parent: Option<Env<'_>>,
    ) -> Result<Vec<Tuple>, PgError> {
        let mut joined = Vec::new();
        for tuple in tuples {
            let found = self.from(part, parent, &tuple, have)?;
            let before = joined.len();
            for candidate in found {
                if self.holds(conditions, &candidate, parent)? {
                    joined.push(candidate);
                }
            }
            if joined.len() == before && mode == Mode::Left {
                joined.push(tuple);
            }
        }
        Ok(joined)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one step")]
    fn join_index(
        &self,
        tuples: Vec<Tuple>,
        slot: usize,
        index: &super::ColumnIndex,
        key: &Expr,
        conditions: &[&Condition],
        mode: Mode,
        parent: Option<Env<'_>>,
    ) -> Result<Vec<Tuple>, PgError> {
        let mut joined = Vec::new();
        for mut tuple in tuples {
            let value = self.eval(key, Env { tuple: &tuple, parent: parent.as_ref() })?;
            let mut matched = false;
            for row in index.get(&Key(vec![value])).map_or(&[][..], Vec::as_slice) {
                self.tick()?;
                put(&mut tuple, slot, row);
                if self.holds(conditions, &tuple, parent)? {
                    matched = true;
                    self.count_rows(1)?;
                    joined.push(tuple.clone());
                }
            }
            if !matched && mode == Mode::Left {
                put(&mut tuple, slot, &self.empty);
                joined.push(tuple);
            }
        }
        Ok(joined)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one step")]
    fn join_rows(
        &self,
        tuples: Vec<Tuple>,
        slots: Slots,
        rows: &[Tuple],
        equalities: &[Equality<'_>],
        rest: &[&Condition],
        mode: Mode,
        parent: Option<Env<'_>>,
    ) -> Result<Vec<Tuple>, PgError> {
        let taken: Vec<usize> = (0..rows.first().map_or(0, |t| t.len())).filter(|s| bit(*s) & slots != 0).collect();
        let mut table: HashMap<Key, Vec<usize>> = HashMap::new();
        let everything: Vec<usize> = if equalities.is_empty() { (0..rows.len()).collect() } else { Vec::new() };
        if !equalities.is_empty() {
            for (at, row) in rows.iter().enumerate() {
                self.tick()?;
                let env = Env { tuple: row, parent: parent.as_ref() };
                if let Some(key) = self.key(equalities.iter().map(|e| e.there), env)? {
                    table.entry(key).or_default().push(at);
                }
            }
        }
        let mut used = vec![false; if mode == Mode::Full { rows.len() } else { 0 }];
        let mut joined = Vec::new();
        for mut tuple in tuples {
            let candidates = if equalities.is_empty() {
                everything.as_slice()
            } else {
                let env = Env { tuple: &tuple, parent: parent.as_ref() };
                let key = self.key(equalities.iter().map(|e| e.here), env)?;
                key.and_then(|k| table.get(&k)).map_or(&[][..], Vec::as_slice)
            };
            let before = joined.len();
            for at in candidates {
                self.tick()?;
                let Some(row) = rows.get(*at) else { continue };
                for slot in &taken {
                    if let Some(from) = row.get(*slot) {
                        put(&mut tuple, *slot, from);
                    }
                }
                if self.holds(rest, &tuple, parent)? {
                    self.count_rows(1)?;
                    joined.push(tuple.clone());
                    if let Some(flag) = used.get_mut(*at) {
                        *flag = true;
                    }
                }
            }
            if joined.len() == before && mode != Mode::Inner {
                for slot in &taken {
                    put(&mut tuple, *slot, &self.empty);
                }
                joined.push(tuple);
            }
        }
        let unmatched = rows.iter().zip(&used).filter(|(_, used)| !**used);
        joined.extend(unmatched.map(|(row, _)| row.clone()));
        Ok(joined)
    }

    /// The values of both sides' key; `None` if one is NULL, which equals nothing.
    fn key<'e>(&self, exprs: impl Iterator<Item = &'e Expr>, env: Env<'_>) -> Result<Option<Key>, PgError> {
        let mut values = Vec::new();
        for expr in exprs {
            let value = self.eval(expr, env)?;
            if value.is_null() {
                return Ok(None);
            }
            values.push(value);
        }
        Ok(Some(Key(values)))
    }
}

fn put(tuple: &mut Tuple, slot: usize, row: &Row) {
    if let Some(place) = tuple.get_mut(slot) {
        *place = Arc::clone(row);
    }
}

/// The number of a column of this level that an expression is nothing but.
fn plain(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Column { level: 0, column, .. } => Some(*column),
        _ => None,
    }
}

/// Whether a condition is the equality whose side is this very expression.
fn covers(condition: &Condition, side: &Expr) -> bool {
    match &condition.expr {
        Expr::Compare { left, right, .. } => {
            std::ptr::eq(&raw const **left, side) || std::ptr::eq(&raw const **right, side)
        }
        _ => false,
    }
}

/// A filter `column = something from outside`, for which an index is worth its making.
fn indexed(filter: &Condition, slot: usize) -> Option<(usize, &Expr)> {
    let (left, right) = filter.sides?;
    let Expr::Compare { op: Comparison::Eq, left: a, right: b } = &filter.expr else { return None };
    let (column, other) = if right & bit(slot) == 0 && left == bit(slot) {
        (plain(a)?, b)
    } else if left & bit(slot) == 0 && right == bit(slot) {
        (plain(b)?, a)
    } else {
        return None;
    };
    // A constant is looked for once; then a scan is as good.
    (!matches!(**other, Expr::Const(_) | Expr::Param(_))).then_some((column, &**other))
}

/// Takes an equality apart into the side that can be computed and the side of the part.
fn equality(condition: &Condition, have: Slots, part: Slots) -> Option<Equality<'_>> {
    let (left, right) = condition.sides?;
    let Expr::Compare { op: Comparison::Eq, left: a, right: b } = &condition.expr else { return None };
    let inside = |s: Slots, of: Slots| s & !of == 0;
    if inside(left, have) && inside(right, part) && right != 0 {
        return Some(Equality { here: a, there: b });
    }
    (inside(right, have) && inside(left, part) && left != 0).then_some(Equality { here: b, there: a })
}

/// The part to join next.
fn next(pending: &[Pending<'_>], open: &[&Condition], have: Slots) -> Option<usize> {
    let ready = |p: &Pending<'_>| !p.lateral || p.from.needs() & !have == 0;
    let connected = |p: &Pending<'_>| open.iter().any(|c| equality(c, have, p.slots).is_some());
    let smallest = |choose: &dyn Fn(&Pending<'_>) -> bool| {
        let candidates = pending.iter().enumerate().filter(|(_, p)| ready(p) && choose(p));
        candidates.min_by_key(|(_, p)| p.size).map(|(at, _)| at)
    };
    let lateral = || smallest(&|p| p.lateral);
    smallest(&connected).or_else(lateral).or_else(|| smallest(&|_| true)).or(if pending.is_empty() {
        None
    } else {
        Some(0)
    })
}
