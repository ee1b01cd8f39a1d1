//! Queries: `WITH`, set operations, `VALUES`, `LIMIT`.

use std::sync::Arc;

use sqlparser::ast::{
    Cte, Expr as Ast, LimitClause, OrderBy, OrderByExpr, OrderByKind, Query, SetExpr, SetOperator, SetQuantifier,
    Value as Literal, Values,
};

use super::scope::{Clause, CteEntry, Frame, folded};
use super::{Bind, Binder, Bound, BoundQuery, Fail, unsupported};
use crate::cast::Context;
use crate::error::PgError;
use crate::plan::{Body, Branch, Conversion, CtePlan, Expr, Field, QueryPlan, SetOp, SortKey, SubPlan, Type};
use crate::types;

impl Binder<'_> {
    /// Binds a query; columns without a type become text unless another query will give them one.
    pub(super) fn query(&mut self, query: &Query, keep_unknown: bool) -> Bind<BoundQuery> {
        self.deeper(|b| b.query_deep(query, keep_unknown))
    }

    fn query_deep(&mut self, query: &Query, keep_unknown: bool) -> Bind<BoundQuery> {
        if !query.pipe_operators.is_empty() || query.settings.is_some() || query.for_clause.is_some() {
            return Err(unsupported("this clause"));
        }
        let known = self.ctes.len();
        let mut ctes = Vec::new();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                ctes.push(self.cte(cte, with.recursive)?);
            }
        }
        let order = order_by(query.order_by.as_ref())?;
        let mut bound = self.body(&query.body, order, keep_unknown)?;
        let (limit, offset) = self.limits(query)?;
        if limit.is_some() || offset.is_some() || !ctes.is_empty() {
            // `(SELECT … LIMIT 1) LIMIT 2` has two.
            if bound.plan.limit.is_some() || bound.plan.offset.is_some() || !bound.plan.ctes.is_empty() {
                bound = nested(bound);
            }
            bound.plan.limit = limit;
            bound.plan.offset = offset;
            bound.plan.with_ties = query.fetch.as_ref().is_some_and(|f| f.with_ties);
        }
        let used: Vec<usize> = self.ctes.iter().skip(known).filter(|c| c.used).map(|c| c.id).collect();
        self.ctes.truncate(known);
        // One that nothing reads is not run; but another may read it before it is known to be read.
        ctes.retain(|c: &Arc<CtePlan>| used.contains(&c.id));
        if !ctes.is_empty() {
            bound.plan.ctes = ctes;
        }
        Ok(bound)
    }

    /// A query in an expression or in `FROM`.
    pub(super) fn subplan(&mut self, query: &Query) -> Bind<(Arc<SubPlan>, Vec<Field>)> {
        let depth = self.frames.len();
        let before = std::mem::replace(&mut self.outermost, usize::MAX);
        let bound = self.query(query, false);
        let read = std::mem::replace(&mut self.outermost, before);
        self.outermost = before.min(read);
        let bound = bound?;
        let plan = SubPlan { id: self.id(), query: bound.plan, correlated: read < depth };
        Ok((Arc::new(plan), bound.fields))
    }

    fn cte(&mut self, cte: &Cte, recursive: bool) -> Bind<Arc<CtePlan>> {
        let name = folded(&cte.alias.name);
        let id = self.id();
        let frames = self.frames.len();
        if recursive
            && let SetExpr::SetOperation { op: SetOperator::Union, set_quantifier, left, right } = &*cte.query.body
            && mentions(right, &name)
        {
            let keep_equal = *set_quantifier == SetQuantifier::All;
            let mut start = self.body(left, &[], false)?;
            rename(&mut start.fields, cte, self.start(cte.alias.name.span))?;
            let fields = start.fields.clone();
            self.ctes.push(CteEntry { name, id, fields, frames, varies: true, used: true });
            let step = self.body(right, &[], true)?;
            let casts = self.branch_casts(&step.fields, &start.fields, "recursive query")?;
            return Ok(Arc::new(CtePlan { id, start: start.plan, step: Some((step.plan, keep_equal)), casts }));
        }
        let before = std::mem::replace(&mut self.outermost, usize::MAX);
        let bound = self.query(&cte.query, false);
        let read = std::mem::replace(&mut self.outermost, before);
        self.outermost = before.min(read);
        let mut bound = bound?;
        rename(&mut bound.fields, cte, self.start(cte.alias.name.span))?;
        let varies = read < frames;
        self.ctes.push(CteEntry { name, id, fields: bound.fields, frames, varies, used: false });
        Ok(Arc::new(CtePlan { id, start: bound.plan, step: None, casts: Vec::new() }))
    }

    fn body(&mut self, body: &SetExpr, order: &[OrderByExpr], keep_unknown: bool) -> Bind<BoundQuery> {
        match body {
            SetExpr::Select(select) => self.select(select, order, keep_unknown),
            SetExpr::Query(query) => {
                let bound = self.query(query, keep_unknown)?;
                if order.is_empty() {
                    return Ok(bound);
                }
                let mut outer = nested(bound);
                outer.plan.sort = self.sort_by_name(order, &outer.fields)?;
                Ok(outer)
            }
            SetExpr::Values(values) => {
                let mut bound = self.values(values)?;
                bound.plan.sort = self.sort_by_name(order, &bound.fields)?;
                Ok(bound)
            }
            SetExpr::SetOperation { op, set_quantifier, left, right } => {
                self.deeper(|b| b.set_operation(*op, *set_quantifier, left, right, order, keep_unknown))
            }
            SetExpr::Table(_) => Err(unsupported("`TABLE`")),
            _ => Err(Fail::Foreign),
        }
    }

    fn set_operation(
        &mut self,
        op: SetOperator,
        quantifier: SetQuantifier,
        left: &SetExpr,
        right: &SetExpr,
        order: &[OrderByExpr],
        keep_unknown: bool,
    ) -> Bind<BoundQuery> {
        let (op, name) = match op {
            SetOperator::Union => (SetOp::Union, "UNION"),
            SetOperator::Intersect => (SetOp::Intersect, "INTERSECT"),
            SetOperator::Except | SetOperator::Minus => (SetOp::Except, "EXCEPT"),
        };
        let all = match quantifier {
            SetQuantifier::All => true,
            SetQuantifier::Distinct | SetQuantifier::None => false,
            _ => return Err(unsupported("`BY NAME`")),
        };
        let mut left = self.body(left, &[], true)?;
        let mut right = self.body(right, &[], true)?;
        if left.fields.len() != right.fields.len() {
            let message = format!("each {name} query must have the same number of columns");
            return Err(PgError::new("42601", message).into());
        }
        let mut fields = Vec::new();
        for (at, (l, r)) in left.fields.iter().zip(&right.fields).enumerate() {
            let as_bound =
                |f: &Field| Bound { expr: Expr::Const(crate::value::Value::Null), ty: f.ty.clone(), at: None };
            let oid = self.common_type(&[as_bound(l), as_bound(r)], name)?;
            self.settle_column(&mut left.plan, at, oid);
            self.settle_column(&mut right.plan, at, oid);
            let typmod = if l.ty.typmod == r.ty.typmod && l.ty.oid == r.ty.oid { l.ty.typmod } else { -1 };
            let record = if l.ty.oid == oid { l.ty.fields.clone() } else { None };
            fields.push(Field { name: l.name.clone(), ty: Type { oid, typmod, fields: record } });
        }
        let _ = keep_unknown;
        let left_casts = self.branch_casts(&left.fields, &fields, name)?;
        let right_casts = self.branch_casts(&right.fields, &fields, name)?;
        let visible = fields.len();
        let body = Body::Set {
            op,
            all,
            left: Box::new(Branch { query: left.plan, casts: left_casts }),
            right: Box::new(Branch { query: right.plan, casts: right_casts }),
        };
        let mut plan = simple(body, visible);
        plan.sort = self.sort_by_name(order, &fields)?;
        Ok(BoundQuery { plan, fields })
    }

    /// A parameter that is a column of its own gets the type that the column has.
    fn settle_column(&mut self, plan: &mut QueryPlan, at: usize, oid: u32) {
        let column = match &mut plan.body {
            Body::Select(select) => select.columns.get(at),
            _ => None,
        };
        if let Some(Expr::Param(param)) = column {
            let param = *param;
            if let Some(ty) = self.params.get_mut(param).filter(|ty| matches!(**ty, 0 | types::UNKNOWN)) {
                *ty = oid;
            }
        }
    }

    fn branch_casts(&self, from: &[Field], to: &[Field], name: &str) -> Bind<Vec<Option<Conversion>>> {
        if from.len() != to.len() {
            let message = format!("each {name} query must have the same number of columns");
            return Err(PgError::new("42601", message).into());
        }
        from.iter()
            .zip(to)
            .map(|(f, t)| {
                let (from, to) = (f.ty.oid, t.ty.oid);
                if from == to {
                    return Ok(None);
                }
                match crate::cast::context(from, to) {
                    Some(Context::Implicit) => Ok(Some(Conversion { from, to })),
                    _ => {
                        let (a, b) = (self.type_name(from), self.type_name(to));
                        Err(PgError::new("42804", format!("{name} types {a} and {b} cannot be matched")).into())
                    }
                }
            })
            .collect()
    }

    fn values(&mut self, values: &Values) -> Bind<BoundQuery> {
        self.frames.push(Frame::new(Clause::Values));
        let bound = self.values_in_frame(values);
        self.frames.pop();
        bound
    }

    fn values_in_frame(&mut self, values: &Values) -> Bind<BoundQuery> {
        let mut rows: Vec<Vec<Bound>> = Vec::new();
        for row in &values.rows {
            let row: Vec<Bound> = row.content.iter().map(|e| self.expr(e)).collect::<Bind<_>>()?;
            if rows.first().is_some_and(|first| first.len() != row.len()) {
                return Err(PgError::new("42601", "VALUES lists must all be the same length").into());
            }
            rows.push(row);
        }
        let width = rows.first().map_or(0, Vec::len);
        let mut columns: Vec<Vec<Bound>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
        for row in rows {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        let mut fields = Vec::new();
        let mut by_column = Vec::new();
        for (at, column) in columns.into_iter().enumerate() {
            let (column, ty) = self.unify(column, "VALUES")?;
            fields.push(Field::new(format!("column{}", at + 1), ty));
            by_column.push(column.into_iter().map(|b| b.expr).collect::<Vec<_>>().into_iter());
        }
        let mut rows = Vec::new();
        for _ in 0..values.rows.len() {
            rows.push(by_column.iter_mut().filter_map(Iterator::next).collect());
        }
        let visible = fields.len();
        Ok(BoundQuery { plan: simple(Body::Values(rows), visible), fields })
    }

    /// `ORDER BY` of columns that have names and numbers only.
    fn sort_by_name(&self, order: &[OrderByExpr], fields: &[Field]) -> Bind<Vec<SortKey>> {
        order
            .iter()
            .map(|o| {
                let column = match &o.expr {
                    Ast::Identifier(ident) => {
                        let name = folded(ident);
                        fields.iter().position(|f| f.name == name).ok_or_else(|| {
                            PgError::new("42703", format!("column \"{name}\" does not exist"))
                                .at(self.start(ident.span))
                        })?
                    }
                    other => match ordinal(other) {
                        Some(n) => self.ordinal_column(n, fields.len(), "ORDER BY", other)?,
                        None => {
                            return Err(PgError::new("0A000", "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
                                .with_hint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.")
                                .at(self.at(&other))
                                .into());
                        }
                    },
                };
                Ok(sort_key(column, o))
            })
            .collect()
    }

    /// The column that a number in `ORDER BY` or `GROUP BY` means.
    pub(super) fn ordinal_column(&self, n: i64, count: usize, clause: &str, expr: &Ast) -> Bind<usize> {
        usize::try_from(n).ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < count).ok_or_else(|| {
            PgError::new("42P10", format!("{clause} position {n} is not in select list")).at(self.at(&expr)).into()
        })
    }

    fn limits(&mut self, query: &Query) -> Bind<(Option<Expr>, Option<Expr>)> {
        let (mut limit, mut offset) = (None, None);
        match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit: l, offset: o, limit_by }) => {
                if !limit_by.is_empty() {
                    return Err(unsupported("`LIMIT BY`"));
                }
                limit = l.as_ref();
                offset = o.as_ref().map(|o| &o.value);
            }
            Some(LimitClause::OffsetCommaLimit { offset: o, limit: l }) => {
                limit = Some(l);
                offset = Some(o);
            }
            None => {}
        }
        let one = Ast::Value(Literal::Number("1".into(), false).into());
        if let Some(fetch) = &query.fetch {
            if fetch.percent {
                return Err(unsupported("`FETCH … PERCENT`"));
            }
            limit = Some(fetch.quantity.as_ref().unwrap_or(&one));
        }
        self.frames.push(Frame::new(Clause::Limit));
        let mut bind = |expr: Option<&Ast>| -> Bind<Option<Expr>> {
            let Some(expr) = expr else { return Ok(None) };
            let bound = self.expr(expr)?;
            Ok(Some(self.coerce(bound, types::INT8, -1, Context::Assignment)?.expr))
        };
        let result = bind(limit).and_then(|l| Ok((l, bind(offset)?)));
        self.frames.pop();
        result
    }
}

/// A query that only has a body.
pub(super) fn simple(body: Body, visible: usize) -> QueryPlan {
    QueryPlan { ctes: Vec::new(), body, sort: Vec::new(), limit: None, offset: None, with_ties: false, visible }
}

/// The same query as the only branch of another, which can have its own order and limit.
fn nested(bound: BoundQuery) -> BoundQuery {
    let visible = bound.fields.len();
    let none = simple(Body::Values(Vec::new()), visible);
    let body = Body::Set {
        op: SetOp::Union,
        all: true,
        left: Box::new(Branch { query: bound.plan, casts: Vec::new() }),
        right: Box::new(Branch { query: none, casts: Vec::new() }),
    };
    BoundQuery { plan: simple(body, visible), fields: bound.fields }
}

fn order_by(order: Option<&OrderBy>) -> Bind<&[OrderByExpr]> {
    match order.map(|o| &o.kind) {
        None => Ok(&[]),
        Some(OrderByKind::Expressions(all)) => Ok(all),
        Some(OrderByKind::All(_)) => Err(unsupported("`ORDER BY ALL`")),
    }
}

/// Direction and place of NULL.
pub(super) fn direction(order: &OrderByExpr) -> (bool, bool) {
    let descending = order.options.asc == Some(false);
    (descending, order.options.nulls_first.unwrap_or(descending))
}

pub(super) fn sort_key(column: usize, order: &OrderByExpr) -> SortKey {
    let (descending, nulls_first) = direction(order);
    SortKey { column, descending, nulls_first }
}

/// A whole number that stands for a column.
pub(super) fn ordinal(expr: &Ast) -> Option<i64> {
    match expr {
        Ast::Value(v) => match &v.value {
            Literal::Number(n, _) => n.to_string().parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Gives the columns of a query of `WITH` the names that stand behind its own.
fn rename(fields: &mut [Field], cte: &Cte, at: Option<usize>) -> Bind<()> {
    let names = &cte.alias.columns;
    if names.len() > fields.len() {
        let message = format!(
            "WITH query \"{}\" has {} columns available but {} columns specified",
            folded(&cte.alias.name),
            fields.len(),
            names.len()
        );
        return Err(PgError::new("42P10", message).at(at).into());
    }
    for (field, name) in fields.iter_mut().zip(names) {
        field.name = folded(&name.name);
    }
    Ok(())
}

/// Whether a query reads a relation of this name.
fn mentions(body: &SetExpr, name: &str) -> bool {
    use std::ops::ControlFlow;
    let found = sqlparser::ast::visit_relations(body, |relation| {
        let parts = super::ty::object_parts(relation);
        if parts.len() == 1 && parts.first().is_some_and(|p| p == name) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    found.is_break()
}
