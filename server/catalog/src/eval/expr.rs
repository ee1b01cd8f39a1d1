//! The value of an expression for one tuple.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Env, Run};
use crate::cast::cast;
use crate::error::PgError;
use crate::functions::{Call, Function, FunctionBody};
use crate::plan::{Comparison, Expr, Operation};
use crate::value::{Array, Value, compare};

/// What is left of the stack when it is made longer, and by how much.
const STACK: (usize, usize) = (64 << 10, 1 << 20);

impl Run<'_> {
    /// The value of an expression.
    pub fn eval(&self, expr: &Expr, env: Env<'_>) -> Result<Value, PgError> {
        match expr {
            Expr::Const(v) => Ok(v.clone()),
            Expr::Column { level, slot, column } => Ok(column_of(env, *level, *slot, *column)),
            _ => stacker::maybe_grow(STACK.0, STACK.1, || self.eval_deep(expr, env)),
        }
    }

    fn eval_deep(&self, expr: &Expr, env: Env<'_>) -> Result<Value, PgError> {
        match expr {
            Expr::Const(v) => Ok(v.clone()),
            Expr::Param(at) => Ok(self.params.get(*at).cloned().unwrap_or_default()),
            Expr::Column { level, slot, column } => Ok(column_of(env, *level, *slot, *column)),
            Expr::WholeRow { level, slot, types } => Ok(whole_row(env, *level, *slot, types)),
            Expr::Call { function, args, types, result } => {
                let args = self.eval_all(args, env)?;
                self.call(function, &args, types, *result)
            }
            Expr::Cast { expr, from, to, typmod, explicit } => {
                let value = self.eval(expr, env)?;
                cast(self, &value, *from, *to, *typmod, *explicit)
            }
            Expr::Compare { op, left, right } => {
                let (left, right) = (self.eval(left, env)?, self.eval(right, env)?);
                Ok(compare_values(*op, &left, &right))
            }
            Expr::And(parts) => self.all(parts, env, false),
            Expr::Or(parts) => self.all(parts, env, true),
            Expr::Not(inner) => Ok(match self.eval(inner, env)? {
                Value::Bool(b) => Value::Bool(!b),
                _ => Value::Null,
            }),
            Expr::IsNull { expr, negated } => Ok(Value::Bool(is_null(&self.eval(expr, env)?, *negated))),
            Expr::IsBool { expr, wanted, negated } => {
                let value = match self.eval(expr, env)? {
                    Value::Bool(b) => Some(b),
                    _ => None,
                };
                Ok(Value::Bool((value == *wanted) != *negated))
            }
            Expr::IsDistinct { left, right, negated } => {
                let same = compare(&self.eval(left, env)?, &self.eval(right, env)?).is_eq();
                Ok(Value::Bool(same == *negated))
            }
            Expr::Case { arms, otherwise } => {
                for (condition, result) in arms {
                    if self.eval(condition, env)?.is_true() {
                        return self.eval(result, env);
                    }
                }
                otherwise.as_ref().map_or(Ok(Value::Null), |e| self.eval(e, env))
            }
            Expr::Coalesce(args) => {
                for arg in args {
                    let value = self.eval(arg, env)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                Ok(Value::Null)
            }
            Expr::NullIf { value, equal } => {
                if self.eval(equal, env)?.is_true() {
                    Ok(Value::Null)
                } else {
                    self.eval(value, env)
                }
            }
            Expr::Extreme { args, greatest } => {
                let wanted = if *greatest { Ordering::Greater } else { Ordering::Less };
                let mut best = Value::Null;
                for arg in args {
                    let value = self.eval(arg, env)?;
                    if !value.is_null() && (best.is_null() || compare(&value, &best) == wanted) {
                        best = value;
                    }
                }
                Ok(best)
            }
            Expr::Array { elements, nested } => {
                let elements = self.eval_all(elements, env)?;
                let array = if *nested { stack(elements)? } else { Value::array(elements) };
                self.count_bytes(&array)?;
                Ok(array)
            }
            Expr::Record(fields) => {
                let fields = fields.iter().map(|(ty, e)| Ok((*ty, self.eval(e, env)?)));
                Ok(Value::Record(fields.collect::<Result<Arc<[_]>, PgError>>()?))
            }
            Expr::Field { expr, at } => Ok(match self.eval(expr, env)? {
                Value::Record(fields) => fields.get(*at).map(|(_, v)| v.clone()).unwrap_or_default(),
                _ => Value::Null,
            }),
            Expr::Subscript { array, at } => {
                let array = self.eval(array, env)?;
                let at = self.eval_all(at, env)?;
                Ok(subscript(&array, &at))
            }
            Expr::Slice { array, bounds } => self.slice(array, bounds, env),
            Expr::Quantified { left, op, array, all } => {
                let (left, array) = (self.eval(left, env)?, self.eval(array, env)?);
                let Value::Array(array) = array else { return Ok(Value::Null) };
                let results = array.elements.iter().map(|e| self.operate(op, &left, e));
                quantify(results, *all)
            }
            Expr::Subquery { plan, kind } => self.subquery(plan, kind, env),
        }
    }

    fn eval_all(&self, exprs: &[Expr], env: Env<'_>) -> Result<Vec<Value>, PgError> {
        exprs.iter().map(|e| self.eval(e, env)).collect()
    }

    /// `AND` and `OR`: whether all are true, or whether any is.
    fn all(&self, parts: &[Expr], env: Env<'_>, decisive: bool) -> Result<Value, PgError> {
        let mut unknown = false;
        for part in parts {
            match self.eval(part, env)? {
                Value::Bool(b) if b == decisive => return Ok(Value::Bool(decisive)),
                Value::Bool(_) => {}
                _ => unknown = true,
            }
        }
        Ok(if unknown { Value::Null } else { Value::Bool(!decisive) })
    }

    /// Calls a function of one value.
    pub fn call(&self, function: &Function, args: &[Value], types: &[u32], result: u32) -> Result<Value, PgError> {
        self.tick()?;
        if function.strict && args.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        let call = Call { run: self, args, types, result };
        let value = match function.body {
            FunctionBody::Scalar(run) => run(&call)?,
            // One value of a set; the binder lets it happen only where a set is expanded.
            FunctionBody::Set { run, .. } => run(&call)?.into_iter().next().unwrap_or_default(),
            FunctionBody::Aggregate(_) | FunctionBody::Window(_) => {
                return Err(PgError::new("0A000", format!("`{}` is not a function of one row", function.name)));
            }
        };
        self.count_bytes(&value)?;
        Ok(value)
    }

    /// All values of a call of a set-returning function; one value of any other.
    pub fn eval_set(&self, expr: &Expr, env: Env<'_>) -> Result<Vec<Value>, PgError> {
        let Expr::Call { function, args, types, result } = expr else { return Ok(vec![self.eval(expr, env)?]) };
        let FunctionBody::Set { run, .. } = function.body else { return Ok(vec![self.eval(expr, env)?]) };
        let args = self.eval_all(args, env)?;
        if function.strict && args.iter().any(Value::is_null) {
            return Ok(Vec::new());
        }
        let values = run(&Call { run: self, args: &args, types, result: *result })?;
        self.count_rows(values.len())?;
        Ok(values)
    }

    /// The value of an operator between two values.
    pub fn operate(&self, op: &Operation, left: &Value, right: &Value) -> Result<Value, PgError> {
        match op {
            Operation::Compare(op) => Ok(compare_values(*op, left, right)),
            Operation::Call(function, result) => {
                self.call(function, &[left.clone(), right.clone()], function.args, *result)
            }
        }
    }

    fn slice(&self, array: &Expr, bounds: &[(Option<Expr>, Option<Expr>)], env: Env<'_>) -> Result<Value, PgError> {
        let Value::Array(array) = self.eval(array, env)? else { return Ok(Value::Null) };
        let mut ranges = Vec::new();
        for (at, (length, lower)) in array.dims.iter().enumerate() {
            let first = i64::from(*lower);
            let last = first + i64::try_from(*length).unwrap_or(0) - 1;
            let (mut from, mut to) = (first, last);
            if let Some((lower, upper)) = bounds.get(at) {
                for (bound, wanted) in [(&mut from, lower), (&mut to, upper)] {
                    let Some(wanted) = wanted else { continue };
                    match self.eval(wanted, env)?.as_int() {
                        Some(n) => *bound = n,
                        None => return Ok(Value::Null),
                    }
                }
            }
            let (from, to) = (from.max(first), to.min(last));
            if from > to {
                return Ok(Value::Array(Array::default().into()));
            }
            ranges.push((from - first, to - first));
        }
        if bounds.len() > ranges.len() {
            return Ok(Value::Array(Array::default().into()));
        }
        Ok(cut(&array, &ranges))
    }
}

fn column_of(env: Env<'_>, level: usize, slot: usize, column: usize) -> Value {
    let mut env = env;
    for _ in 0..level {
        match env.parent {
            Some(parent) => env = *parent,
            None => return Value::Null,
        }
    }
    // A row that an outer join left out has no values, which reads as NULL.
    env.tuple.get(slot).and_then(|row| row.get(column)).cloned().unwrap_or_default()
}

fn whole_row(env: Env<'_>, level: usize, slot: usize, types: &[u32]) -> Value {
    let mut env = env;
    for _ in 0..level {
        match env.parent {
            Some(parent) => env = *parent,
            None => return Value::Null,
        }
    }
    match env.tuple.get(slot) {
        Some(row) if !row.is_empty() || types.is_empty() => {
            Value::Record(types.iter().copied().zip(row.iter().cloned()).collect())
        }
        _ => Value::Null,
    }
}

/// A comparison, NULL if a side is.
pub(crate) fn compare_values(op: Comparison, left: &Value, right: &Value) -> Value {
    if left.is_null() || right.is_null() {
        return Value::Null;
    }
    if let (Value::Record(a), Value::Record(b)) = (left, right) {
        return compare_records(op, a, b);
    }
    Value::Bool(holds(op, compare(left, right)))
}

fn holds(op: Comparison, order: Ordering) -> bool {
    match op {
        Comparison::Eq => order.is_eq(),
        Comparison::NotEq => order.is_ne(),
        Comparison::Lt => order.is_lt(),
        Comparison::LtEq => order.is_le(),
        Comparison::Gt => order.is_gt(),
        Comparison::GtEq => order.is_ge(),
    }
}

/// Rows field by field; a NULL leaves the outcome open unless another field decides it.
fn compare_records(op: Comparison, a: &[(u32, Value)], b: &[(u32, Value)]) -> Value {
    let mut unknown = false;
    for ((_, a), (_, b)) in a.iter().zip(b) {
        if a.is_null() || b.is_null() {
            if !matches!(op, Comparison::Eq | Comparison::NotEq) {
                return Value::Null;
            }
            unknown = true;
            continue;
        }
        let order = compare(a, b);
        if order.is_ne() {
            return Value::Bool(holds(op, order));
        }
    }
    if unknown { Value::Null } else { Value::Bool(holds(op, Ordering::Equal)) }
}

/// A row is NULL if all its fields are, and not NULL if none is.
fn is_null(value: &Value, negated: bool) -> bool {
    match value {
        Value::Record(fields) => fields.iter().all(|(_, v)| v.is_null() != negated),
        v => v.is_null() != negated,
    }
}

/// Whether any (or all) of the comparisons hold.
pub(crate) fn quantify(results: impl Iterator<Item = Result<Value, PgError>>, all: bool) -> Result<Value, PgError> {
    let mut unknown = false;
    for result in results {
        match result? {
            Value::Bool(b) if b != all => return Ok(Value::Bool(!all)),
            Value::Bool(_) => {}
            _ => unknown = true,
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(all) })
}

/// Arrays as the elements of an array with one dimension more.
fn stack(parts: Vec<Value>) -> Result<Value, PgError> {
    let mismatch =
        || PgError::new("2202E", "multidimensional arrays must have array expressions with matching dimensions");
    let mut dims: Option<Vec<(usize, i32)>> = None;
    let mut elements = Vec::new();
    let count = parts.len();
    for part in parts {
        let Value::Array(part) = part else { continue };
        match &dims {
            Some(d) if *d != part.dims => return Err(mismatch()),
            Some(_) => {}
            None => dims = Some(part.dims.clone()),
        }
        elements.extend(part.elements.iter().cloned());
    }
    let inner = dims.unwrap_or_default();
    if inner.is_empty() {
        return Ok(Value::Array(Array::default().into()));
    }
    let dims = std::iter::once((count, 1)).chain(inner).collect();
    Ok(Value::Array(Array { dims, elements }.into()))
}

/// One element of an array; NULL if there is none.
pub(crate) fn subscript(array: &Value, at: &[Value]) -> Value {
    let Value::Array(array) = array else { return Value::Null };
    if at.len() != array.dims.len() {
        return Value::Null;
    }
    let mut position = 0usize;
    for (at, (length, lower)) in at.iter().zip(&array.dims) {
        let offset = at.as_int().and_then(|n| usize::try_from(n - i64::from(*lower)).ok());
        match offset.filter(|o| o < length) {
            Some(offset) => position = position.saturating_mul(*length).saturating_add(offset),
            None => return Value::Null,
        }
    }
    array.elements.get(position).cloned().unwrap_or_default()
}

/// The part of an array between two positions in each dimension.
fn cut(array: &Array, ranges: &[(i64, i64)]) -> Value {
    let mut elements = Vec::new();
    'elements: for (at, element) in array.elements.iter().enumerate() {
        let mut rest = at;
        for ((length, _), (from, to)) in array.dims.iter().zip(ranges).rev() {
            let here = i64::try_from(rest % (*length).max(1)).unwrap_or(0);
            rest /= (*length).max(1);
            if here < *from || here > *to {
                continue 'elements;
            }
        }
        elements.push(element.clone());
    }
    let dims = ranges.iter().map(|(from, to)| (usize::try_from(to - from + 1).unwrap_or(0), 1)).collect();
    Value::Array(Array { dims, elements }.into())
}
