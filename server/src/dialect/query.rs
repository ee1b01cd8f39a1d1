//! The walk over a query: names of columns, rows to fetch, locks, and each expression in its place.

use std::collections::HashSet;
use std::ops::ControlFlow;

use hyperslab::datafusion::sql::sqlparser::ast::{
    Distinct, Expr, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, LimitClause, NamedWindowExpr, OrderByExpr,
    OrderByKind, Query, Select, SelectFlavor, SelectItem, SetExpr, TableFactor, TableWithJoins, Value, Visit, Visitor,
    helpers::attached_token::AttachedToken,
};

use super::expr::Place;
use super::{Rewrite, ctid, names, narrow};
use crate::error::{ServerError, code};

/// Where a query stands, which says who sees the names of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// The client.
    Top,
    /// A query around it.
    Table,
    /// Nobody.
    Value,
}

type Result<T> = std::result::Result<T, ServerError>;

impl Rewrite<'_> {
    /// Rewrites a query in place.
    pub(super) fn query(&self, query: &mut Query, level: Level) -> Result<()> {
        if let Some(with) = &mut query.with {
            for cte in &mut with.cte_tables {
                // Whether a table is kept or planned again is a matter of speed.
                cte.materialized = None;
                self.query(&mut cte.query, Level::Table)?;
            }
        }
        // Nothing here changes, so there is nothing that a lock would keep.
        query.locks.clear();
        self.fetch(query)?;
        let mut order: Vec<&mut OrderByExpr> = match query.order_by.as_mut().map(|order_by| &mut order_by.kind) {
            Some(OrderByKind::Expressions(expressions)) => expressions.iter_mut().collect(),
            _ => Vec::new(),
        };
        let implicit = self.body(&mut query.body, level, &order)?;
        for order in &mut order {
            if let Expr::Identifier(ident) = &order.expr
                && let Some((_, alias)) = implicit.iter().find(|(name, _)| *name == names::folded(ident))
            {
                order.expr = Expr::Identifier(quoted(alias));
                continue;
            }
            self.typed(&mut order.expr)?;
        }
        Ok(())
    }

    /// `FETCH FIRST n ROWS ONLY` is `LIMIT n`.
    fn fetch(&self, query: &mut Query) -> Result<()> {
        let Some(fetch) = query.fetch.take() else { return Ok(()) };
        if fetch.with_ties || fetch.percent {
            return Err(unsupported("`FETCH` with ties or percent").hint("`FETCH FIRST 10 ROWS ONLY` is there"));
        }
        let rows = fetch.quantity.unwrap_or_else(|| number(1));
        match &mut query.limit_clause {
            Some(LimitClause::LimitOffset { limit: limit @ None, .. }) => *limit = Some(rows),
            None => {
                query.limit_clause =
                    Some(LimitClause::LimitOffset { limit: Some(rows), offset: None, limit_by: Vec::new() });
            }
            Some(_) => return Err(ServerError::new(code::SYNTAX_ERROR, "`LIMIT` and `FETCH`, expected one of them")),
        }
        Ok(())
    }

    /// The names that were made up, each with the alias that it got.
    fn body(&self, body: &mut SetExpr, level: Level, order: &[&mut OrderByExpr]) -> Result<Vec<(String, String)>> {
        match body {
            SetExpr::Select(select) => self.select(select, level, order),
            SetExpr::Query(query) => self.query(query, level).map(|()| Vec::new()),
            SetExpr::SetOperation { left, right, .. } => {
                let names = self.body(left, level, order)?;
                self.body(right, level, order)?;
                Ok(names)
            }
            SetExpr::Values(values) => {
                for expr in values.rows.iter_mut().flat_map(|row| row.iter_mut()) {
                    self.column(expr)?;
                }
                Ok(Vec::new())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn select(&self, select: &mut Select, level: Level, order: &[&mut OrderByExpr]) -> Result<Vec<(String, String)>> {
        for from in &mut select.from {
            self.table_with_joins(from)?;
        }
        let implicit = match level {
            Level::Value => Vec::new(),
            Level::Top | Level::Table => name_columns(select, level, order),
        };
        if let Some(selection) = select.selection.take() {
            select.selection = ctid::without(selection)?;
        }
        if let Some(Distinct::On(expressions)) = &mut select.distinct {
            expressions.iter_mut().try_for_each(|expr| self.typed(expr))?;
        }
        if let Some(selection) = &mut select.selection {
            self.expr(selection, Place::Condition)?;
        }
        for item in &mut select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    ctid::refuse(expr)?;
                    self.column(expr)?;
                }
                _ => {}
            }
        }
        if let GroupByExpr::Expressions(expressions, _) = &mut select.group_by {
            expressions.retain(|expr| !matches!(expr, Expr::Tuple(parts) if parts.is_empty()));
            expressions.iter_mut().try_for_each(|expr| self.typed(expr))?;
        }
        for expr in [&mut select.having, &mut select.qualify].into_iter().flatten() {
            self.typed(expr)?;
        }
        for window in &mut select.named_window {
            if let NamedWindowExpr::WindowSpec(spec) = &mut window.1 {
                spec.partition_by.iter_mut().try_for_each(|expr| self.typed(expr))?;
                spec.order_by.iter_mut().try_for_each(|order| self.typed(&mut order.expr))?;
            }
        }
        Ok(implicit)
    }

    /// An expression whose type somebody sees, or that must be the same as one of those.
    fn typed(&self, expr: &mut Expr) -> Result<()> {
        // A number alone stands for a column of the query, where it can stand for something else than itself.
        if matches!(expr, Expr::Value(_)) {
            return Ok(());
        }
        self.column(expr)
    }

    fn column(&self, expr: &mut Expr) -> Result<()> {
        self.expr(expr, Place::Column)?;
        narrow::integers(expr);
        Ok(())
    }

    fn table_with_joins(&self, from: &mut TableWithJoins) -> Result<()> {
        self.table_factor(&mut from.relation)?;
        for join in &mut from.joins {
            self.table_factor(&mut join.relation)?;
            if let Some(JoinConstraint::On(expr)) = constraint(join) {
                self.expr(expr, Place::Condition)?;
            }
        }
        Ok(())
    }

    fn table_factor(&self, factor: &mut TableFactor) -> Result<()> {
        match factor {
            TableFactor::Derived { subquery, .. } => self.query(subquery, Level::Table),
            TableFactor::NestedJoin { table_with_joins, .. } => self.table_with_joins(table_with_joins),
            _ => self.table(factor),
        }
    }
}

/// Gives the columns of a select list that have no alias the names that PostgreSQL has for them, and each another one
/// underneath.
fn name_columns(select: &mut Select, level: Level, order: &[&mut OrderByExpr]) -> Vec<(String, String)> {
    let is_wildcard =
        |item: &SelectItem| !matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
    let has_wildcard = select.projection.iter().any(is_wildcard);
    let mentioned = mentioned(select, order);
    let written: Vec<Option<String>> = select
        .projection
        .iter()
        .map(|item| match item {
            SelectItem::UnnamedExpr(expr) => Some(names::of(expr)),
            SelectItem::ExprWithAlias { alias, .. } => Some(names::folded(alias)),
            _ => None,
        })
        .collect();
    let mut implicit = Vec::new();
    let mut seen = HashSet::new();
    for (number, (item, name)) in select.projection.iter_mut().zip(&written).enumerate() {
        let Some(name) = name else { continue };
        let is_first = seen.insert(name.clone());
        let is_only = written.iter().flatten().filter(|other| *other == name).count() == 1;
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let is_column = is_column(expr);
                // An alias that something else is called too would take its place in `ORDER BY`.
                let is_free = match level {
                    Level::Top => is_only && !has_wildcard && (is_column || !mentioned.contains(name)),
                    _ => is_first,
                };
                if is_column && is_free {
                    continue;
                }
                let alias = if is_free { name.clone() } else { names::marked(name, number) };
                if !is_column && !implicit.iter().any(|(known, _)| known == name) {
                    implicit.push((name.clone(), alias.clone()));
                }
                let expr = std::mem::replace(expr, Expr::Identifier(Ident::new("")));
                *item = SelectItem::ExprWithAlias { expr, alias: quoted(&alias) };
            }
            SelectItem::ExprWithAlias { alias, .. } if !is_first => *alias = quoted(&names::marked(name, number)),
            _ => {}
        }
    }
    implicit
}

/// The plain names in the clauses of a query where an alias could stand, other than alone.
fn mentioned(select: &Select, order: &[&mut OrderByExpr]) -> HashSet<String> {
    let mut found = Mentioned::default();
    for expr in [&select.having, &select.qualify].into_iter().flatten() {
        let _ = expr.visit(&mut found);
    }
    for order in order {
        if !matches!(order.expr, Expr::Identifier(_)) {
            let _ = order.expr.visit(&mut found);
        }
    }
    found.0
}

#[derive(Default)]
struct Mentioned(HashSet<String>);

impl Visitor for Mentioned {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr {
            self.0.insert(names::folded(ident));
        }
        ControlFlow::Continue(())
    }
}

/// A column under its own name, which the query engine gives it as well.
fn is_column(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(ident) => names::sql_value(ident).is_none(),
        Expr::CompoundIdentifier(_) => true,
        Expr::Nested(inner) => is_column(inner),
        _ => false,
    }
}

pub(super) fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

pub(super) fn number(value: u64) -> Expr {
    Expr::value(Value::Number(value.to_string(), false))
}

pub(super) fn unsupported(what: &str) -> ServerError {
    ServerError::new(code::FEATURE_NOT_SUPPORTED, format!("{what} is not supported"))
}

/// A query of a select list and one table, and nothing else.
pub(super) fn select(projection: Vec<SelectItem>, from: TableFactor) -> Query {
    let select = Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection,
        exclude: None,
        into: None,
        from: vec![TableWithJoins { relation: from, joins: Vec::new() }],
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    };
    Query {
        with: None,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

fn constraint(join: &mut Join) -> Option<&mut JoinConstraint> {
    match &mut join.join_operator {
        JoinOperator::Join(c)
        | JoinOperator::Inner(c)
        | JoinOperator::Left(c)
        | JoinOperator::LeftOuter(c)
        | JoinOperator::Right(c)
        | JoinOperator::RightOuter(c)
        | JoinOperator::FullOuter(c)
        | JoinOperator::CrossJoin(c)
        | JoinOperator::Semi(c)
        | JoinOperator::LeftSemi(c)
        | JoinOperator::RightSemi(c)
        | JoinOperator::Anti(c)
        | JoinOperator::LeftAnti(c)
        | JoinOperator::RightAnti(c)
        | JoinOperator::StraightJoin(c)
        | JoinOperator::AsOf { constraint: c, .. } => Some(c),
        _ => None,
    }
}
