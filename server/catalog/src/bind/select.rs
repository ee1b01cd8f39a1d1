//! One `SELECT`.

use sqlparser::ast::{Distinct as AstDistinct, Expr as Ast, GroupByExpr, GroupByWithModifier, OrderByExpr, Select};

use super::query::{ordinal, simple, sort_key};
use super::scope::{Clause, Frame, folded};
use super::target::Target;
use super::{Bind, Binder, Bound, BoundQuery, unsupported};
use crate::error::PgError;
use crate::plan::{Body, Distinct, Expr, Field, From, Grouping, SelectPlan, SortKey, Type};
use crate::types;

/// Grouping sets of a statement are at most this many.
const MOST_SETS: usize = 4096;

impl Binder<'_> {
    pub(super) fn select(&mut self, select: &Select, order: &[OrderByExpr], keep_unknown: bool) -> Bind<BoundQuery> {
        self.frames.push(Frame::new(Clause::From));
        let bound = self.select_in_frame(select, order, keep_unknown);
        self.frames.pop();
        bound
    }

    fn select_in_frame(&mut self, select: &Select, order: &[OrderByExpr], keep_unknown: bool) -> Bind<BoundQuery> {
        if select.into.is_some() {
            return Err(unsupported("`SELECT INTO`"));
        }
        if select.top.is_some()
            || select.qualify.is_some()
            || !select.lateral_views.is_empty()
            || select.prewhere.is_some()
        {
            return Err(unsupported("this clause"));
        }
        let mut from = self.from_list(&select.from)?;
        if let Some(condition) = &select.selection {
            self.clause(Clause::Where);
            let conditions = self.conditions(condition, "WHERE")?;
            from = Some(super::from::filtered(from, conditions));
        }
        let targets = self.targets(&select.projection)?;
        let (sets, explicit_sets) = self.group_by(&select.group_by, &targets)?;
        self.named_windows(&select.named_window)?;
        self.clause(Clause::Select);
        let mut columns = Vec::new();
        for target in &targets {
            columns.push(self.target(target)?);
        }
        let having = match &select.having {
            Some(having) => {
                self.clause(Clause::Having);
                let bound = self.expr(having)?;
                Some(self.boolean(bound, "HAVING")?.expr)
            }
            None => None,
        };
        self.clause(Clause::OrderBy);
        let visible = columns.len();
        let names: Vec<String> = targets.iter().map(|t| t.name.clone()).collect();
        let on = match &select.distinct {
            Some(AstDistinct::On(exprs)) => {
                let places = exprs.iter().map(|e| self.place(e, &names, &mut columns, "DISTINCT ON"));
                Some(places.collect::<Bind<Vec<_>>>()?)
            }
            _ => None,
        };
        let mut sort = Vec::new();
        for o in order {
            sort.push(sort_key(self.place(&o.expr, &names, &mut columns, "ORDER BY")?, o));
        }
        let distinct = self.distinct(select, on, &sort, order, visible, columns.len())?;
        for (at, column) in columns.iter_mut().enumerate() {
            if !keep_unknown || at >= visible {
                let taken =
                    std::mem::replace(column, Bound::new(Expr::Const(crate::value::Value::Null), types::TEXT, None));
                *column = self.settled(taken)?;
            }
        }
        let frame = std::mem::replace(self.frame(), Frame::new(Clause::Limit));
        let grouped = explicit_sets || !frame.keys.is_empty() || !frame.aggregates.is_empty() || having.is_some();
        if grouped && let Some(error) = frame.ungrouped.into_iter().next() {
            return Err(error.into());
        }
        let group = grouped.then(|| Grouping {
            keys: frame.keys.into_iter().map(|k| k.expr).collect(),
            sets,
            aggregates: frame.aggregates,
            having,
        });
        let fields = names
            .into_iter()
            .zip(&columns)
            .map(|(name, c)| Field {
                name,
                ty: Type { oid: c.ty.oid, typmod: c.ty.typmod, fields: c.ty.fields.clone() },
            })
            .collect();
        let plan = SelectPlan {
            from,
            slots: frame.slots,
            group,
            windows: frame.windows,
            sets: frame.sets,
            columns: columns.into_iter().map(|c| c.expr).collect(),
            distinct,
        };
        let mut plan = simple(Body::Select(Box::new(plan)), visible);
        plan.sort = sort;
        Ok(BoundQuery { plan, fields })
    }

    fn distinct(
        &self,
        select: &Select,
        on: Option<Vec<usize>>,
        sort: &[SortKey],
        order: &[OrderByExpr],
        visible: usize,
        columns: usize,
    ) -> Bind<Distinct> {
        Ok(match (&select.distinct, on) {
            (_, Some(on)) => {
                let begins = sort.iter().take(on.len()).all(|k| on.contains(&k.column));
                if !begins {
                    let message = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions";
                    return Err(PgError::new("42P10", message).into());
                }
                Distinct::On(on)
            }
            (Some(AstDistinct::Distinct), None) => {
                if columns > visible {
                    let at = sort.iter().zip(order).find(|(k, _)| k.column >= visible);
                    let at = at.and_then(|(_, o)| self.at(&o.expr));
                    let message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
                    return Err(PgError::new("42P10", message).at(at).into());
                }
                Distinct::Yes
            }
            _ => Distinct::No,
        })
    }

    /// The column that an expression of `ORDER BY` or `DISTINCT ON` means; a new one if it is none of the visible.
    fn place(&mut self, expr: &Ast, names: &[String], columns: &mut Vec<Bound>, clause: &str) -> Bind<usize> {
        if let Some(n) = ordinal(expr) {
            return self.ordinal_column(n, names.len(), clause, expr);
        }
        if let Ast::Identifier(ident) = expr {
            let name = folded(ident);
            let mut found = names.iter().enumerate().filter(|(_, n)| **n == name).map(|(at, _)| at);
            if let Some(first) = found.next() {
                for other in found {
                    let same = match (columns.get(first), columns.get(other)) {
                        (Some(a), Some(b)) => same_expr(&a.expr, &b.expr),
                        _ => true,
                    };
                    if !same {
                        let message = format!("{clause} \"{name}\" is ambiguous");
                        return Err(PgError::new("42702", message).at(self.start(ident.span)).into());
                    }
                }
                return Ok(first);
            }
        }
        let bound = self.expr(expr)?;
        if let Some(at) = columns.iter().position(|c| same_expr(&c.expr, &bound.expr)) {
            return Ok(at);
        }
        columns.push(bound);
        Ok(columns.len() - 1)
    }

    /// Binds the keys of `GROUP BY`; gives the grouping sets, and whether there is any `GROUP BY` at all.
    fn group_by(&mut self, group: &GroupByExpr, targets: &[Target<'_>]) -> Bind<(Vec<Vec<usize>>, bool)> {
        let GroupByExpr::Expressions(exprs, modifiers) = group else { return Err(unsupported("`GROUP BY ALL`")) };
        if exprs.is_empty() && modifiers.is_empty() {
            return Ok((vec![Vec::new()], false));
        }
        self.clause(Clause::GroupBy);
        let mut keys: Vec<Bound> = Vec::new();
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        for expr in exprs {
            let alternatives: Vec<Vec<usize>> = match expr {
                Ast::GroupingSets(lists) => self.key_lists(lists, targets, &mut keys)?,
                Ast::Rollup(lists) => {
                    let parts = self.key_lists(lists, targets, &mut keys)?;
                    (0..=parts.len()).rev().map(|n| parts.iter().take(n).flatten().copied().collect()).collect()
                }
                Ast::Cube(lists) => {
                    let parts = self.key_lists(lists, targets, &mut keys)?;
                    if parts.len() > 12 {
                        return Err(PgError::new("54011", "CUBE is limited to 12 elements").into());
                    }
                    let chosen = |mask: usize| {
                        let taken = parts.iter().enumerate().filter(|(at, _)| mask & (1 << at) == 0);
                        taken.flat_map(|(_, p)| p.iter().copied()).collect()
                    };
                    (0..1usize << parts.len()).map(chosen).collect()
                }
                Ast::Tuple(parts) => {
                    let list = parts.iter().map(|e| self.group_key(e, targets, &mut keys)).collect::<Bind<_>>()?;
                    vec![list]
                }
                other => vec![vec![self.group_key(other, targets, &mut keys)?]],
            };
            let combined = sets.iter().flat_map(|s| {
                alternatives.iter().map(move |a| {
                    let mut set = s.clone();
                    set.extend(a.iter().filter(|k| !s.contains(k)));
                    set
                })
            });
            sets = combined.take(MOST_SETS + 1).collect();
            if sets.len() > MOST_SETS {
                return Err(PgError::new("54001", "too many grouping sets present (maximum 4096)").into());
            }
        }
        for modifier in modifiers {
            match modifier {
                GroupByWithModifier::GroupingSets(Ast::GroupingSets(lists)) => {
                    sets = self.key_lists(lists, targets, &mut keys)?;
                }
                _ => return Err(unsupported("this `GROUP BY`")),
            }
        }
        self.frame().keys = keys;
        Ok((sets, true))
    }

    fn key_lists(
        &mut self,
        lists: &[Vec<Ast>],
        targets: &[Target<'_>],
        keys: &mut Vec<Bound>,
    ) -> Bind<Vec<Vec<usize>>> {
        lists
            .iter()
            .map(|list| list.iter().map(|e| self.group_key(e, targets, keys)).collect::<Bind<Vec<_>>>())
            .collect()
    }

    fn group_key(&mut self, expr: &Ast, targets: &[Target<'_>], keys: &mut Vec<Bound>) -> Bind<usize> {
        let expr = match expr {
            Ast::Nested(inner) => inner,
            other => other,
        };
        let bound = match self.group_target(expr, targets)? {
            Some(target) => self.target(target)?,
            None => self.expr(expr)?,
        };
        let bound = self.settled(bound)?;
        if let Some(at) = keys.iter().position(|k| same_expr(&k.expr, &bound.expr)) {
            return Ok(at);
        }
        keys.push(bound);
        Ok(keys.len() - 1)
    }

    /// The select item that a number or an alias in `GROUP BY` means; a column of `FROM` goes before an alias.
    fn group_target<'t, 's>(&mut self, expr: &Ast, targets: &'t [Target<'s>]) -> Bind<Option<&'t Target<'s>>> {
        if let Some(n) = ordinal(expr) {
            let at = self.ordinal_column(n, targets.len(), "GROUP BY", expr)?;
            return Ok(targets.get(at));
        }
        let Ast::Identifier(ident) = expr else { return Ok(None) };
        let name = folded(ident);
        let is_column = self
            .frames
            .last()
            .is_some_and(|f| f.items.iter().any(|i| i.columns.iter().any(|c| !c.merged && c.name == name)));
        if is_column {
            return Ok(None);
        }
        Ok(targets.iter().find(|t| t.name == name))
    }
}

/// Whether two bound expressions are the same.
pub(super) fn same_expr(a: &Expr, b: &Expr) -> bool {
    match (a, b) {
        (Expr::Column { level: l, slot: s, column: c }, Expr::Column { level: m, slot: t, column: d }) => {
            l == m && s == t && c == d
        }
        (Expr::Column { .. }, _) | (_, Expr::Column { .. }) => false,
        _ => std::mem::discriminant(a) == std::mem::discriminant(b) && format!("{a:?}") == format!("{b:?}"),
    }
}

/// A condition on top of the rows of `FROM`, which may be none.
pub(super) fn empty_from() -> From {
    From::Inner { parts: Vec::new(), conditions: Vec::new() }
}
