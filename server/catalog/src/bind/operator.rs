//! Operators: which one is meant, also with `ANY` and `ALL`.

use sqlparser::ast::{BinaryOperator, Expr as Ast, Query};

use super::expr::operator_name;
use super::{Bind, Binder, Bound};
use crate::cast::Context;
use crate::error::PgError;
use crate::functions::{Choice, choose, polymorphic};
use crate::operators::{Operator, What, operators};
use crate::plan::{Comparison, Conversion, Expr, Operation, SubqueryKind, Type};
use crate::types;

/// An operator with the types that its sides get.
struct Chosen {
    operator: Operator,
    left: u32,
    right: u32,
    result: u32,
}

impl Binder<'_> {
    pub(super) fn binary(&mut self, name: &str, left: Bound, right: Bound, position: Option<usize>) -> Bind<Bound> {
        if let (Expr::Record(a), Expr::Record(b)) = (&left.expr, &right.expr) {
            return self.rows(name, &left, &right, a.len(), b.len(), position);
        }
        let chosen = self.operator(name, left.oid(), right.oid(), position)?;
        let at = left.at;
        let (left, right) = (self.implicit(left, chosen.left)?, self.implicit(right, chosen.right)?);
        let (expr, result) = match chosen.operator.what {
            What::Compare(op) => {
                let (left, right) = (Box::new(left.expr), Box::new(right.expr));
                (Expr::Compare { op, left, right }, types::BOOL)
            }
            What::Call(function) => {
                let types = vec![left.ty.oid, right.ty.oid].into();
                let args = vec![left.expr, right.expr];
                (Expr::Call { function, args, types, result: chosen.result }, chosen.result)
            }
        };
        Ok(Bound::new(expr, result, at))
    }

    pub(super) fn prefix(&mut self, name: &str, operand: Bound, position: Option<usize>) -> Bind<Bound> {
        let candidates = operators(name, 1);
        let args: Vec<Vec<u32>> = candidates.iter().map(|o| vec![o.right]).collect();
        let chosen = match choose(&args, &[operand.oid()]) {
            Choice::One(at) => candidates.get(at).copied(),
            _ => None,
        };
        let Some(Operator { right, result, what: What::Call(function), .. }) = chosen else {
            let ty = self.type_name(operand.oid());
            return Err(PgError::new("42883", format!("operator does not exist: {name} {ty}")).at(position).into());
        };
        let at = operand.at;
        let operand = self.implicit(operand, right)?;
        let types = vec![operand.ty.oid].into();
        Ok(Bound::new(Expr::Call { function, args: vec![operand.expr], types, result }, result, at))
    }

    fn operator(&self, name: &str, left: u32, right: u32, position: Option<usize>) -> Bind<Chosen> {
        let candidates = operators(name, 2);
        let pairs: Vec<Vec<u32>> = candidates.iter().map(|o| vec![o.left, o.right]).collect();
        // One unknown side is first taken to be of the other's type.
        let assumed = match (left, right) {
            (types::UNKNOWN, r) => [r, r],
            (l, types::UNKNOWN) => [l, l],
            (l, r) => [l, r],
        };
        let exact = pairs.iter().position(|p| p.as_slice() == assumed);
        let choice = exact.map_or_else(|| choose(&pairs, &[left, right]), Choice::One);
        let missing = |what: &str, hint: &str, code: &'static str| {
            let (l, r) = (self.type_name(left), self.type_name(right));
            PgError::new(code, format!("{what}: {l} {name} {r}")).with_hint(hint).at(position)
        };
        let operator = match choice {
            Choice::One(at) => candidates.get(at).copied(),
            Choice::Many => {
                let hint = "Could not choose a best candidate operator. You might need to add explicit type casts.";
                return Err(missing("operator is not unique", hint, "42725").into());
            }
            Choice::None => None,
        };
        let none = || {
            let hint =
                "No operator matches the given name and argument types. You might need to add explicit type casts.";
            missing("operator does not exist", hint, "42883")
        };
        let operator = operator.ok_or_else(none)?;
        if let Some(common) = operator.common {
            return Ok(Chosen { operator, left: common, right: common, result: operator.result });
        }
        let (sides, result) =
            polymorphic(&[operator.left, operator.right], operator.result, &[left, right]).ok_or_else(none)?;
        match sides.as_slice() {
            [left, right] => Ok(Chosen { operator, left: *left, right: *right, result }),
            _ => Err(none().into()),
        }
    }

    /// Rows are compared field by field.
    fn rows(
        &mut self,
        name: &str,
        left: &Bound,
        right: &Bound,
        a: usize,
        b: usize,
        position: Option<usize>,
    ) -> Bind<Bound> {
        if a != b {
            return Err(PgError::new("42601", "unequal number of entries in row expressions").at(position).into());
        }
        let (lefts, rights) = (parts_of(left), parts_of(right));
        let mut pairs = Vec::new();
        for (l, r) in lefts.into_iter().zip(rights) {
            let bound = self.binary(name, l, r, position)?;
            let Expr::Compare { op, left, right } = bound.expr else {
                let message = format!("could not determine interpretation of row comparison operator {name}");
                return Err(PgError::new("0A000", message).at(position).into());
            };
            pairs.push((op, *left, *right));
        }
        let op = pairs.first().map_or(Comparison::Eq, |(op, ..)| *op);
        let (lefts, rights): (Vec<_>, Vec<_>) =
            pairs.into_iter().map(|(_, l, r)| ((types::TEXT, l), (types::TEXT, r))).unzip();
        let (left_row, right_row) = (Box::new(Expr::Record(lefts)), Box::new(Expr::Record(rights)));
        Ok(Bound::new(Expr::Compare { op, left: left_row, right: right_row }, types::BOOL, left.at))
    }

    /// `left op ANY (right)` and `left op ALL (right)`.
    pub(super) fn quantified(&mut self, left: &Ast, op: &BinaryOperator, right: &Ast, all: bool) -> Bind<Bound> {
        let name = operator_name(op)?;
        let position = self.before(right);
        let left = self.row_or_value(left)?;
        match right {
            Ast::Subquery(query) => self.quantified_subquery(left, &name, query, all, position),
            // `ANY ((SELECT …))` is an array that a query gives.
            Ast::Nested(inner) => {
                let right = self.expr(inner)?;
                self.quantified_array(left, &name, right, all, position)
            }
            other => {
                let right = self.expr(other)?;
                self.quantified_array(left, &name, right, all, position)
            }
        }
    }

    pub(super) fn quantified_array(
        &mut self,
        left: Bound,
        name: &str,
        array: Bound,
        all: bool,
        position: Option<usize>,
    ) -> Bind<Bound> {
        let element = match array.oid() {
            types::UNKNOWN => types::UNKNOWN,
            ty => types::element_of(ty)
                .ok_or_else(|| PgError::new("42809", "op ANY/ALL (array) requires array on right side").at(position))?,
        };
        let chosen = self.operator(name, left.oid(), element, position)?;
        let op = operation(&chosen);
        if chosen.result != types::BOOL {
            let message = "op ANY/ALL (array) requires operator to yield boolean";
            return Err(PgError::new("42809", message).at(position).into());
        }
        let at = left.at;
        let left = self.implicit(left, chosen.left)?;
        let to = if element == chosen.right {
            array.oid()
        } else {
            crate::names::array_type(self.run, chosen.right).ok_or_else(|| {
                let name = self.type_name(chosen.right);
                PgError::new("42704", format!("could not find array type for data type {name}")).at(position)
            })?
        };
        let array = self.coerce(array, to, -1, Context::Implicit)?;
        let expr = Expr::Quantified { left: Box::new(left.expr), op, array: Box::new(array.expr), all };
        Ok(Bound::new(expr, types::BOOL, at))
    }

    pub(super) fn quantified_subquery(
        &mut self,
        left: Bound,
        name: &str,
        query: &Query,
        all: bool,
        position: Option<usize>,
    ) -> Bind<Bound> {
        let (plan, fields) = self.subplan(query)?;
        let at = left.at;
        let lefts = if matches!(left.expr, Expr::Record(_)) { parts_of(&left) } else { vec![left] };
        if lefts.len() != fields.len() {
            let problem = if fields.len() > lefts.len() { "many" } else { "few" };
            return Err(PgError::new("42601", format!("subquery has too {problem} columns")).at(position).into());
        }
        let (mut left, mut ops, mut casts) = (Vec::new(), Vec::new(), Vec::new());
        for (l, field) in lefts.into_iter().zip(&fields) {
            let chosen = self.operator(name, l.oid(), field.ty.oid, position)?;
            ops.push(operation(&chosen));
            left.push(self.implicit(l, chosen.left)?.expr);
            let (from, to) = (field.ty.oid, chosen.right);
            casts.push((from != to).then_some(Conversion { from, to }));
        }
        let kind = SubqueryKind::Quantified { left, ops, casts, all };
        Ok(Bound::new(Expr::Subquery { plan, kind }, types::BOOL, at))
    }
}

fn operation(chosen: &Chosen) -> Operation {
    match chosen.operator.what {
        What::Compare(op) => Operation::Compare(op),
        What::Call(function) => Operation::Call(function, chosen.result),
    }
}

/// The parts of a row that is written out.
fn parts_of(row: &Bound) -> Vec<Bound> {
    let Expr::Record(parts) = &row.expr else { return vec![row.clone()] };
    let fields = row.ty.fields.as_deref().unwrap_or(&[]);
    parts
        .iter()
        .enumerate()
        .map(|(at, (oid, expr))| Bound {
            expr: expr.clone(),
            ty: fields.get(at).map_or_else(|| Type::plain(*oid), |f| f.ty.clone()),
            at: row.at,
        })
        .collect()
}
