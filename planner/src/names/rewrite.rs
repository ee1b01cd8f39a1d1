//! The walk over a query that replaces names, each query with the scope of its own `FROM`.

use std::ops::ControlFlow;

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::sql::sqlparser::ast::{
    Distinct, ExcludeSelectItem, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Join,
    JoinConstraint, JoinOperator, NamedWindowExpr, ObjectName, ObjectNamePart, OrderByKind, Query, Select,
    SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins,
    VisitMut, VisitorMut, WildcardAdditionalOptions,
};

use super::scope::{Alias, Aliases, Columns, Relation, Scope};
use super::tables::{Tables, normalized, not_found};
use super::{rename, rename_ident};
use crate::regrid::is_regrid;

/// A common table expression that is in scope.
#[derive(Debug, Clone)]
pub(super) struct Cte {
    name: String,
    columns: Columns,
}

/// Walks one statement.
pub(super) struct Rewrite<'t> {
    tables: &'t Tables,
    state: &'t SessionState,
}

impl<'t> Rewrite<'t> {
    pub(super) fn new(tables: &'t Tables, state: &'t SessionState) -> Self {
        Self { tables, state }
    }

    /// Replaces the names in `query`, and says what its columns are called.
    pub(super) fn query(&self, query: &mut Query, ctes: &[Cte], outer: Option<&Scope>) -> Result<Columns> {
        let mut ctes = ctes.to_vec();
        if let Some(with) = &mut query.with {
            for cte in &mut with.cte_tables {
                let columns = match cte.query.body.as_mut() {
                    SetExpr::SetOperation { left, .. } if with.recursive => {
                        // The name is visible in its own second half, with the columns of the first.
                        let (columns, _) = self.set_expr(left, &ctes, outer)?;
                        let mut seen = ctes.clone();
                        seen.push(named(&cte.alias, columns));
                        self.query(&mut cte.query, &seen, outer)?
                    }
                    _ => self.query(&mut cte.query, &ctes, outer)?,
                };
                ctes.push(named(&cte.alias, columns));
            }
        }
        let (columns, scope) = self.set_expr(&mut query.body, &ctes, outer)?;
        if let Some(order_by) = &mut query.order_by
            && let OrderByKind::Expressions(expressions) = &mut order_by.kind
        {
            let mut scope = scope.unwrap_or_else(|| {
                let mut scope = Scope::new(outer);
                scope.relations.push(Relation { qualifier: Vec::new(), columns: columns.clone() });
                scope
            });
            scope.order = Aliases::BeforeColumns;
            for order in expressions {
                self.expr(&mut order.expr, &ctes, &scope)?;
            }
        }
        Ok(columns)
    }

    fn set_expr<'s>(
        &self,
        body: &mut SetExpr,
        ctes: &[Cte],
        outer: Option<&'s Scope<'s>>,
    ) -> Result<(Columns, Option<Scope<'s>>)> {
        match body {
            SetExpr::Select(select) => self.select(select, ctes, outer).map(|(c, s)| (c, Some(s))),
            SetExpr::Query(query) => Ok((self.query(query, ctes, outer)?, None)),
            SetExpr::SetOperation { left, right, .. } => {
                let (columns, _) = self.set_expr(left, ctes, outer)?;
                self.set_expr(right, ctes, outer)?;
                Ok((columns, None))
            }
            SetExpr::Values(values) => {
                let scope = Scope::new(outer);
                let mut width = 0;
                for row in &mut values.rows {
                    width = width.max(row.len());
                    for expr in row.iter_mut() {
                        self.expr(expr, ctes, &scope)?;
                    }
                }
                Ok((Columns::all((1..=width).map(|i| format!("column{i}"))), None))
            }
            _ => Ok((Columns::unknown(), None)),
        }
    }

    fn select<'s>(
        &self,
        select: &mut Select,
        ctes: &[Cte],
        outer: Option<&'s Scope<'s>>,
    ) -> Result<(Columns, Scope<'s>)> {
        if select.flavor == SelectFlavor::FromFirstNoSelect {
            // DataFusion plans `FROM x` without any column.
            select.flavor = SelectFlavor::FromFirst;
            select.projection.push(SelectItem::Wildcard(WildcardAdditionalOptions::default()));
        }
        let mut scope = Scope::new(outer);
        for from in &mut select.from {
            self.table_with_joins(from, ctes, &mut scope)?;
        }
        if let Some(Distinct::On(expressions)) = &mut select.distinct {
            self.exprs(expressions, ctes, &scope)?;
        }
        self.exprs(&mut select.selection, ctes, &scope)?;
        let mut columns = Columns::all([]);
        for item in &mut select.projection {
            columns.extend(self.select_item(item, ctes, &mut scope)?);
        }
        for window in &mut select.named_window {
            if let NamedWindowExpr::WindowSpec(spec) = &mut window.1 {
                self.exprs(&mut spec.partition_by, ctes, &scope)?;
                self.exprs(spec.order_by.iter_mut().map(|o| &mut o.expr), ctes, &scope)?;
            }
        }
        scope.order = Aliases::AfterColumns;
        if let GroupByExpr::Expressions(expressions, _) = &mut select.group_by {
            self.exprs(expressions, ctes, &scope)?;
        }
        self.exprs(&mut select.having, ctes, &scope)?;
        self.exprs(&mut select.qualify, ctes, &scope)?;
        Ok((columns, scope))
    }

    fn select_item(&self, item: &mut SelectItem, ctes: &[Cte], scope: &mut Scope) -> Result<Columns> {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                self.expr(expr, ctes, scope)?;
                Ok(Columns::all(match expr {
                    Expr::Identifier(ident) => Some(normalized(ident)),
                    Expr::CompoundIdentifier(parts) => parts.last().map(normalized),
                    _ => None,
                }))
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                self.expr(expr, ctes, scope)?;
                let name = normalized(alias);
                scope.aliases.push(Alias { written: alias.value.clone(), name: name.clone() });
                Ok(Columns::all([name]))
            }
            SelectItem::Wildcard(options) => {
                let mut columns = Columns::all([]);
                for relation in &scope.relations {
                    columns.extend(relation.columns.clone());
                }
                self.wildcard(options, columns, ctes, scope)
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                let columns = qualified_wildcard(name, scope)?;
                self.wildcard(options, columns, ctes, scope)
            }
            _ => Ok(Columns::unknown()),
        }
    }

    /// `EXCLUDE`, `EXCEPT` and `REPLACE` after a `*`.
    fn wildcard(
        &self,
        options: &mut WildcardAdditionalOptions,
        mut columns: Columns,
        ctes: &[Cte],
        scope: &Scope,
    ) -> Result<Columns> {
        let mut dropped = Vec::new();
        let mut drop = |ident: &mut Ident| -> Result<()> {
            column(ident, scope)?;
            dropped.push(normalized(ident));
            Ok(())
        };
        match &mut options.opt_exclude {
            Some(ExcludeSelectItem::Single(name)) => idents(name).try_for_each(&mut drop)?,
            Some(ExcludeSelectItem::Multiple(names)) => names.iter_mut().flat_map(idents).try_for_each(&mut drop)?,
            None => {}
        }
        if let Some(except) = &mut options.opt_except {
            drop(&mut except.first_element)?;
            except.additional_elements.iter_mut().try_for_each(&mut drop)?;
        }
        if let Some(replace) = &mut options.opt_replace {
            for item in &mut replace.items {
                self.expr(&mut item.expr, ctes, scope)?;
                column(&mut item.column_name, scope)?;
            }
        }
        columns.names.retain(|c| !dropped.contains(c));
        Ok(columns)
    }

    fn table_with_joins(&self, from: &mut TableWithJoins, ctes: &[Cte], scope: &mut Scope) -> Result<()> {
        self.table_factor(&mut from.relation, ctes, scope)?;
        for join in &mut from.joins {
            self.table_factor(&mut join.relation, ctes, scope)?;
            match constraint(join) {
                Some(JoinConstraint::On(expr)) => self.expr(expr, ctes, scope)?,
                Some(JoinConstraint::Using(names)) => {
                    for ident in names.iter_mut().flat_map(idents) {
                        column(ident, scope)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn table_factor(&self, factor: &mut TableFactor, ctes: &[Cte], scope: &mut Scope) -> Result<()> {
        let relation = match factor {
            TableFactor::Table { name, alias, args: None, .. } => self.table(name, alias.as_ref(), ctes)?,
            // The arguments can be tables as well as columns; only queries among them are certain.
            TableFactor::Table { name, alias, args: Some(args), .. } => {
                let nothing = Scope::new(None);
                let mut columns = Columns::unknown();
                let mut args = args.args.iter_mut().peekable();
                // The result has the columns of the table that is regridded.
                if is_regrid(name)
                    && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Subquery(query)))) = args.peek_mut()
                {
                    columns = self.query(query, ctes, None)?;
                    args.next();
                }
                for arg in args {
                    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
                    | FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. } = arg
                    {
                        self.expr(expr, ctes, &nothing)?;
                    }
                }
                relation(idents(name).map(|i| normalized(i)).collect(), columns, alias.as_ref())
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                let around = if *lateral { Some(&*scope) } else { scope.outer };
                let columns = self.query(subquery, ctes, around)?;
                relation(Vec::new(), columns, alias.as_ref())
            }
            TableFactor::Function { name, args, alias, .. } => {
                for arg in args {
                    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
                        self.expr(expr, ctes, scope)?;
                    }
                }
                unknown(idents(name).map(|i| normalized(i)).collect(), alias.as_ref())
            }
            TableFactor::UNNEST { array_exprs, alias, .. } => {
                self.exprs(array_exprs, ctes, scope)?;
                unknown(Vec::new(), alias.as_ref())
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let before = scope.relations.len();
                self.table_with_joins(table_with_joins, ctes, scope)?;
                let Some(alias) = alias else { return Ok(()) };
                let mut columns = Columns::all([]);
                for inner in scope.relations.drain(before..) {
                    columns.extend(inner.columns);
                }
                relation(Vec::new(), columns, Some(alias))
            }
            _ => unknown(Vec::new(), None),
        };
        scope.relations.push(relation);
        Ok(())
    }

    fn table(&self, name: &mut ObjectName, alias: Option<&TableAlias>, ctes: &[Cte]) -> Result<Relation> {
        let single = match name.0.as_slice() {
            [ObjectNamePart::Identifier(ident)] => Some(ident.clone()),
            _ => None,
        };
        let cte = |exact: bool| {
            let ident = single.as_ref()?;
            ctes.iter().rev().find(|c| {
                c.name == ident.value
                    || (!exact && ident.quote_style.is_none() && c.name.eq_ignore_ascii_case(&ident.value))
            })
        };
        let table = self.tables.get(name);
        let exact = single.as_ref().zip(table).filter(|(i, t)| t.name.last() == Some(&i.value));
        let (real, columns) = match (cte(true), exact, cte(false), table) {
            (Some(cte), ..) | (None, None, Some(cte), _) => (vec![cte.name.clone()], cte.columns.clone()),
            (None, _, _, Some(table)) => (table.name.clone(), table.columns.clone()),
            (None, _, _, None) => return Err(not_found(name, self.state)),
        };
        rename(name, &real);
        Ok(relation(real, columns, alias))
    }

    fn exprs<'e>(
        &self,
        expressions: impl IntoIterator<Item = &'e mut Expr>,
        ctes: &[Cte],
        scope: &Scope,
    ) -> Result<()> {
        expressions.into_iter().try_for_each(|expr| self.expr(expr, ctes, scope))
    }

    fn expr(&self, expr: &mut Expr, ctes: &[Cte], scope: &Scope) -> Result<()> {
        let mut visitor = InExpression { rewrite: self, ctes, scope, depth: 0 };
        match expr.visit(&mut visitor) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(error) => Err(error),
        }
    }
}

/// Replaces the columns of one expression. A query inside is walked with its own scope, and passed over here.
struct InExpression<'a, 't> {
    rewrite: &'a Rewrite<'t>,
    ctes: &'a [Cte],
    scope: &'a Scope<'a>,
    depth: usize,
}

impl VisitorMut for InExpression<'_, '_> {
    type Break = DataFusionError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<DataFusionError> {
        self.depth += 1;
        if self.depth == 1
            && let Err(error) = self.rewrite.query(query, self.ctes, Some(self.scope))
        {
            return ControlFlow::Break(error);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<DataFusionError> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<DataFusionError> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        let done = match expr {
            Expr::Identifier(ident) => column(ident, self.scope),
            Expr::CompoundIdentifier(parts) => compound(parts, self.scope),
            Expr::Function(function) => match &mut function.args {
                FunctionArguments::List(list) => list.args.iter_mut().try_for_each(|arg| match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
                        qualified_wildcard(name, self.scope).map(|_| ())
                    }
                    _ => Ok(()),
                }),
                _ => Ok(()),
            },
            _ => Ok(()),
        };
        match done {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

fn column(ident: &mut Ident, scope: &Scope) -> Result<()> {
    if ident.quote_style.is_none()
        && let Some(real) = scope.column(ident)?
    {
        rename_ident(ident, &real);
    }
    Ok(())
}

/// `table.column`, `schema.table.column`, `catalog.schema.table.column`, or a field of a column.
fn compound(parts: &mut [Ident], scope: &Scope) -> Result<()> {
    for length in (1..parts.len().min(4)).rev() {
        let (qualifier, rest) = parts.split_at(length);
        let Some(next) = rest.first() else { continue };
        if let Some(real) = scope.qualified(qualifier, next)? {
            for (ident, real) in parts.iter_mut().zip(&real) {
                rename_ident(ident, real);
            }
            return Ok(());
        }
    }
    match parts.first_mut() {
        Some(first) => column(first, scope),
        None => Ok(()),
    }
}

fn qualified_wildcard(name: &mut ObjectName, scope: &Scope) -> Result<Columns> {
    let qualifier: Vec<Ident> = idents(name).map(|i| i.clone()).collect();
    let Some(relation) = scope.relation(&qualifier)? else { return Ok(Columns::unknown()) };
    let tail = relation.qualifier.len().saturating_sub(qualifier.len());
    let real: Vec<String> = relation.qualifier.iter().skip(tail).cloned().collect();
    rename(name, &real);
    Ok(relation.columns.clone())
}

fn idents(name: &mut ObjectName) -> impl Iterator<Item = &mut Ident> {
    name.0.iter_mut().filter_map(|part| match part {
        ObjectNamePart::Identifier(ident) => Some(ident),
        ObjectNamePart::Function(_) => None,
    })
}

/// A relation under its alias, whose column list renames its columns.
fn relation(qualifier: Vec<String>, mut columns: Columns, alias: Option<&TableAlias>) -> Relation {
    let Some(alias) = alias else { return Relation { qualifier, columns } };
    for (name, new) in columns.names.iter_mut().zip(&alias.columns) {
        *name = normalized(&new.name);
    }
    if !columns.complete && !alias.columns.is_empty() {
        columns = Columns::all(alias.columns.iter().map(|c| normalized(&c.name)));
    }
    Relation { qualifier: vec![normalized(&alias.name)], columns }
}

fn unknown(qualifier: Vec<String>, alias: Option<&TableAlias>) -> Relation {
    relation(qualifier, Columns::unknown(), alias)
}

fn named(alias: &TableAlias, columns: Columns) -> Cte {
    let relation = relation(Vec::new(), columns, Some(alias));
    Cte { name: normalized(&alias.name), columns: relation.columns }
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
        JoinOperator::CrossApply
        | JoinOperator::OuterApply
        | JoinOperator::ArrayJoin
        | JoinOperator::LeftArrayJoin
        | JoinOperator::InnerArrayJoin => None,
    }
}
