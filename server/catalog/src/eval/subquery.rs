//! Queries in expressions: one value, one row, existence, membership.

use std::collections::HashSet;
use std::sync::Arc;

use super::expr::quantify;
use super::{Env, Members, Run};
use crate::cast::cast;
use crate::error::PgError;
use crate::plan::{Comparison, Conversion, Expr, Operation, SubPlan, SubqueryKind};
use crate::relation::Row;
use crate::value::{Key, Value};

impl Run<'_> {
    /// The rows of a query in an expression or in `FROM`; those of one that reads nothing from outside are kept.
    pub(super) fn rows_of(&self, plan: &SubPlan, env: Option<Env<'_>>) -> Result<Arc<Vec<Row>>, PgError> {
        if plan.correlated {
            return Ok(Arc::new(self.query(&plan.query, env)?));
        }
        if let Some(rows) = self.subqueries.borrow().get(&plan.id) {
            return Ok(Arc::clone(rows));
        }
        let rows = Arc::new(self.query(&plan.query, env)?);
        self.subqueries.borrow_mut().insert(plan.id, Arc::clone(&rows));
        Ok(rows)
    }

    pub(super) fn subquery(&self, plan: &SubPlan, kind: &SubqueryKind, env: Env<'_>) -> Result<Value, PgError> {
        if let SubqueryKind::Quantified { left, ops, casts, all } = kind {
            return self.quantified(plan, left, ops, casts, *all, env);
        }
        let rows = self.rows_of(plan, Some(env))?;
        let one = || match rows.as_slice() {
            [] => Ok(None),
            [row] => Ok(Some(row)),
            _ => Err(PgError::new("21000", "more than one row returned by a subquery used as an expression")),
        };
        Ok(match kind {
            SubqueryKind::Exists => Value::Bool(!rows.is_empty()),
            SubqueryKind::Scalar => one()?.and_then(|row| row.first()).cloned().unwrap_or_default(),
            SubqueryKind::Row(types) => match one()? {
                Some(row) => Value::Record(types.iter().copied().zip(row.iter().cloned()).collect()),
                None => Value::Null,
            },
            SubqueryKind::Array => {
                let values: Vec<Value> = rows.iter().map(|r| r.first().cloned().unwrap_or_default()).collect();
                let array = crate::functions::collect_array(values)?;
                self.count_bytes(&array)?;
                array
            }
            SubqueryKind::Quantified { .. } => Value::Null,
        })
    }

    fn quantified(
        &self,
        plan: &SubPlan,
        left: &[Expr],
        ops: &[Operation],
        casts: &[Option<Conversion>],
        all: bool,
        env: Env<'_>,
    ) -> Result<Value, PgError> {
        let left = left.iter().map(|e| self.eval(e, env)).collect::<Result<Vec<_>, _>>()?;
        let equality = ops.iter().all(|op| matches!(op, Operation::Compare(Comparison::Eq)));
        if equality && !all && !plan.correlated {
            let members = self.members_of(plan, casts, env)?;
            if !members.any {
                return Ok(Value::Bool(false));
            }
            if !left.iter().any(Value::is_null) {
                let key = Key(left);
                return Ok(match (members.rows.contains(&key), members.has_null) {
                    (true, _) => Value::Bool(true),
                    (false, false) => Value::Bool(false),
                    // A NULL might have been the value.
                    (false, true) if key.0.len() == 1 => Value::Null,
                    (false, true) => self.search(plan, &key.0, ops, casts, all, env)?,
                });
            }
        }
        self.search(plan, &left, ops, casts, all, env)
    }

    fn search(
        &self,
        plan: &SubPlan,
        left: &[Value],
        ops: &[Operation],
        casts: &[Option<Conversion>],
        all: bool,
        env: Env<'_>,
    ) -> Result<Value, PgError> {
        let rows = self.rows_of(plan, Some(env))?;
        let results = rows.iter().map(|row| {
            self.tick()?;
            let row = self.converted(row, casts)?;
            let fields = left.iter().zip(&row).zip(ops).map(|((l, r), op)| self.operate(op, l, r));
            quantify(fields, true)
        });
        quantify(results, all)
    }

    fn members_of(&self, plan: &SubPlan, casts: &[Option<Conversion>], env: Env<'_>) -> Result<Arc<Members>, PgError> {
        if let Some(members) = self.members.borrow().get(&plan.id) {
            return Ok(Arc::clone(members));
        }
        let rows = self.rows_of(plan, Some(env))?;
        let mut members = Members { rows: HashSet::new(), has_null: false, any: !rows.is_empty() };
        for row in rows.iter() {
            self.tick()?;
            let row = self.converted(row, casts)?;
            if row.iter().any(Value::is_null) {
                members.has_null = true;
            } else {
                members.rows.insert(Key(row));
            }
        }
        let members = Arc::new(members);
        self.members.borrow_mut().insert(plan.id, Arc::clone(&members));
        Ok(members)
    }

    /// The values of a row after the casts of its columns.
    pub(super) fn converted(&self, row: &Row, casts: &[Option<Conversion>]) -> Result<Vec<Value>, PgError> {
        row.iter()
            .enumerate()
            .map(|(at, value)| match casts.get(at) {
                Some(Some(c)) => cast(self, value, c.from, c.to, -1, false),
                _ => Ok(value.clone()),
            })
            .collect()
    }
}
