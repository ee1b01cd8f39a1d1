//! The steps of a query: `WITH`, rows of the body, `DISTINCT`, `ORDER BY`, `LIMIT`.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Env, Run, Tuple};
use crate::error::PgError;
use crate::plan::{Body, Branch, CtePlan, Distinct, Expr, QueryPlan, SelectPlan, SetOp, SortKey};
use crate::relation::Row;
use crate::value::{Key, Value, compare};

/// Slots after those of `FROM`: aggregates, then windows, then sets.
pub(crate) const AGGREGATES: usize = 0;
pub(crate) const WINDOWS: usize = 1;
pub(crate) const SETS: usize = 2;

/// What is left of the stack when it is made longer, and by how much.
const STACK: (usize, usize) = (128 << 10, 2 << 20);

impl Run<'_> {
    /// The rows of a query.
    pub fn query(&self, plan: &QueryPlan, parent: Option<Env<'_>>) -> Result<Vec<Row>, PgError> {
        stacker::maybe_grow(STACK.0, STACK.1, || self.query_deep(plan, parent))
    }

    fn query_deep(&self, plan: &QueryPlan, parent: Option<Env<'_>>) -> Result<Vec<Row>, PgError> {
        self.tick()?;
        for cte in &plan.ctes {
            self.cte(cte, parent)?;
        }
        let mut rows = match &plan.body {
            Body::Select(select) => self.select(select, parent)?,
            Body::Values(values) => self.values(values, parent)?,
            Body::Set { op, all, left, right } => self.set_operation(*op, *all, left, right, parent)?,
        };
        let distinct = match &plan.body {
            Body::Select(select) => &select.distinct,
            _ => &Distinct::No,
        };
        if matches!(distinct, Distinct::Yes) {
            let mut seen = HashSet::new();
            rows.retain(|row| seen.insert(key(row, plan.visible)));
        }
        match distinct {
            // The first row of each kind is the first in this order.
            Distinct::On(columns) if plan.sort.is_empty() => {
                let sort: Vec<SortKey> =
                    columns.iter().map(|c| SortKey { column: *c, descending: false, nulls_first: false }).collect();
                self.sort(&mut rows, &sort)?;
            }
            _ => self.sort(&mut rows, &plan.sort)?,
        }
        if let Distinct::On(columns) = distinct {
            let mut seen = HashSet::new();
            rows.retain(|row| {
                seen.insert(Key(columns.iter().map(|c| row.get(*c).cloned().unwrap_or_default()).collect()))
            });
        }
        self.limit(plan, &mut rows, parent)?;
        if rows.first().is_some_and(|row| row.len() > plan.visible) {
            for row in &mut rows {
                *row = row.iter().take(plan.visible).cloned().collect();
            }
        }
        Ok(rows)
    }

    fn sort(&self, rows: &mut [Row], keys: &[SortKey]) -> Result<(), PgError> {
        if keys.is_empty() {
            return Ok(());
        }
        rows.sort_by(|a, b| compare_rows(a, b, keys));
        self.tick()
    }

    fn limit(&self, plan: &QueryPlan, rows: &mut Vec<Row>, parent: Option<Env<'_>>) -> Result<(), PgError> {
        let env = Env { tuple: &[], parent: parent.as_ref() };
        let count = |expr: &Option<Expr>, name: &str| -> Result<Option<usize>, PgError> {
            let Some(expr) = expr else { return Ok(None) };
            let Some(n) = self.eval(expr, env)?.as_int() else { return Ok(None) };
            let code = if name == "LIMIT" { "2201W" } else { "2201X" };
            let n = usize::try_from(n).map_err(|_| PgError::new(code, format!("{name} must not be negative")))?;
            Ok(Some(n))
        };
        if let Some(offset) = count(&plan.offset, "OFFSET")? {
            rows.drain(..offset.min(rows.len()));
        }
        if let Some(limit) = count(&plan.limit, "LIMIT")? {
            let mut end = limit.min(rows.len());
            if plan.with_ties
                && let Some(last) = end.checked_sub(1).and_then(|l| rows.get(l)).cloned()
            {
                while rows.get(end).is_some_and(|r| compare_rows(r, &last, &plan.sort).is_eq()) {
                    end += 1;
                }
            }
            rows.truncate(end);
        }
        Ok(())
    }

    fn cte(&self, cte: &CtePlan, parent: Option<Env<'_>>) -> Result<(), PgError> {
        let mut all = self.query(&cte.start, parent)?;
        let Some((step, keep_equal)) = &cte.step else {
            self.ctes.borrow_mut().insert(cte.id, Arc::new(all));
            return Ok(());
        };
        let mut seen = HashSet::new();
        if !keep_equal {
            all.retain(|row| seen.insert(key(row, row.len())));
        }
        let mut last = all.clone();
        while !last.is_empty() {
            self.count_rows(last.len())?;
            self.ctes.borrow_mut().insert(cte.id, Arc::new(last));
            let found = self.query(step, parent)?;
            let mut next = Vec::with_capacity(found.len());
            for row in found {
                let row: Row = self.converted(&row, &cte.casts)?.into();
                if *keep_equal || seen.insert(key(&row, row.len())) {
                    next.push(row);
                }
            }
            all.extend(next.iter().cloned());
            last = next;
        }
        self.ctes.borrow_mut().insert(cte.id, Arc::new(all));
        Ok(())
    }

    fn values(&self, values: &[Vec<Expr>], parent: Option<Env<'_>>) -> Result<Vec<Row>, PgError> {
        let env = Env { tuple: &[], parent: parent.as_ref() };
        values
            .iter()
            .map(|row| {
                self.count_rows(1)?;
                row.iter().map(|e| self.eval(e, env)).collect::<Result<Row, _>>()
            })
            .collect()
    }

    fn set_operation(
        &self,
        op: SetOp,
        all: bool,
        left: &Branch,
        right: &Branch,
        parent: Option<Env<'_>>,
    ) -> Result<Vec<Row>, PgError> {
        let mut left = self.branch(left, parent)?;
        let right = self.branch(right, parent)?;
        if op == SetOp::Union {
            left.extend(right);
            if !all {
                let mut seen = HashSet::new();
                left.retain(|row| seen.insert(key(row, row.len())));
            }
            return Ok(left);
        }
        let mut counts: HashMap<Key, usize> = HashMap::new();
        for row in &right {
            *counts.entry(key(row, row.len())).or_default() += 1;
        }
        let mut seen = HashSet::new();
        left.retain(|row| {
            let key = key(row, row.len());
            let count = counts.get_mut(&key);
            match (op, all) {
                (SetOp::Intersect, false) => count.is_some() && seen.insert(key),
                (_, false) => count.is_none() && seen.insert(key),
                (_, true) => {
                    let taken = match count {
                        Some(n) if *n > 0 => {
                            *n -= 1;
                            true
                        }
                        _ => false,
                    };
                    taken == (op == SetOp::Intersect)
                }
            }
        });
        Ok(left)
    }

    fn branch(&self, branch: &Branch, parent: Option<Env<'_>>) -> Result<Vec<Row>, PgError> {
        let rows = self.query(&branch.query, parent)?;
        if branch.casts.iter().all(Option::is_none) {
            return Ok(rows);
        }
        rows.iter().map(|row| Ok(self.converted(row, &branch.casts)?.into())).collect()
    }

    fn select(&self, plan: &SelectPlan, parent: Option<Env<'_>>) -> Result<Vec<Row>, PgError> {
        let width = plan.slots + SETS + plan.sets.len();
        let blank = self.blank(width);
        let mut tuples = match &plan.from {
            Some(from) => self.from(from, parent, &blank, 0)?,
            None => vec![blank],
        };
        if let Some(group) = &plan.group {
            tuples = self.group(group, tuples, plan.slots + AGGREGATES, width, parent)?;
        }
        if !plan.windows.is_empty() {
            self.windows(&plan.windows, &mut tuples, plan.slots + WINDOWS, parent)?;
        }
        for (depth, sets) in plan.sets.iter().enumerate() {
            tuples = self.expand(sets, tuples, plan.slots + SETS + depth, parent)?;
        }
        tuples
            .iter()
            .map(|tuple| {
                self.count_rows(1)?;
                let env = Env { tuple, parent: parent.as_ref() };
                plan.columns.iter().map(|e| self.eval(e, env)).collect::<Result<Row, _>>()
            })
            .collect()
    }

    /// One tuple for each value of set-returning functions that go side by side.
    fn expand(
        &self,
        sets: &[Expr],
        tuples: Vec<Tuple>,
        slot: usize,
        parent: Option<Env<'_>>,
    ) -> Result<Vec<Tuple>, PgError> {
        let mut expanded = Vec::new();
        for tuple in tuples {
            let env = Env { tuple: &tuple, parent: parent.as_ref() };
            let values = sets.iter().map(|e| self.eval_set(e, env)).collect::<Result<Vec<_>, _>>()?;
            let count = values.iter().map(Vec::len).max().unwrap_or(0);
            for at in 0..count {
                let row: Row = values.iter().map(|v| v.get(at).cloned().unwrap_or_default()).collect();
                let mut copy = tuple.clone();
                if let Some(place) = copy.get_mut(slot) {
                    *place = row;
                }
                expanded.push(copy);
            }
        }
        Ok(expanded)
    }
}

fn key(row: &Row, width: usize) -> Key {
    Key(row.iter().take(width).cloned().collect())
}

fn compare_rows(a: &Row, b: &Row, keys: &[SortKey]) -> Ordering {
    for k in keys {
        let (Some(a), Some(b)) = (a.get(k.column), b.get(k.column)) else { continue };
        let order = compare_sorted(a, b, k.descending, k.nulls_first);
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Order with a direction and a place for NULL.
pub(super) fn compare_sorted(a: &Value, b: &Value, descending: bool, nulls_first: bool) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ if descending => compare(b, a),
        _ => compare(a, b),
    }
}
