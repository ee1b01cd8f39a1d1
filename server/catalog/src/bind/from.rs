//! `FROM`: items, joins, and where each condition is checked.

use sqlparser::ast::{
    BinaryOperator, Expr as Ast, FunctionArg, Ident, Join, JoinConstraint, JoinOperator, ObjectName, TableAlias,
    TableFactor, TableWithJoins,
};

use super::foreign::relation;
use super::scope::{Clause, ScopeColumn, ScopeItem, folded};
use super::ty::object_parts;
use super::{Bind, Binder, Fail, unsupported};
use crate::error::PgError;
use crate::plan::{Condition, Expr, Field, From, Item, OuterKind, Source, TableCall, Type, bit};
use crate::types;

/// Items that a query may have in `FROM`; a set of slots has a bit for each.
const MOST_ITEMS: usize = 120;

impl Binder<'_> {
    pub(super) fn from_list(&mut self, list: &[TableWithJoins]) -> Bind<Option<From>> {
        let mut parts = Vec::new();
        for table in list {
            parts.push(self.table_with_joins(table)?);
        }
        if parts.is_empty() {
            return Ok(None);
        }
        Ok(Some(merge(parts, Vec::new())))
    }

    fn table_with_joins(&mut self, table: &TableWithJoins) -> Bind<From> {
        self.deeper(|b| {
            let start = b.frame().items.len();
            let mut left = b.factor(&table.relation, true)?;
            for join in &table.joins {
                left = b.join(left, join, start)?;
            }
            Ok(left)
        })
    }

    fn join(&mut self, left: From, join: &Join, start: usize) -> Bind<From> {
        let middle = self.frame().items.len();
        let none = JoinConstraint::None;
        let (kind, constraint) = match &join.join_operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) | JoinOperator::CrossJoin(c) => (None, c),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => (Some((OuterKind::Left, false)), c),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => (Some((OuterKind::Left, true)), c),
            JoinOperator::FullOuter(c) => (Some((OuterKind::Full, false)), c),
            JoinOperator::CrossApply => (None, &none),
            JoinOperator::OuterApply => (Some((OuterKind::Left, false)), &none),
            _ => return Err(unsupported("this kind of join")),
        };
        let lateral = !matches!(kind, Some((_, true)) | Some((OuterKind::Full, _)));
        let right = self.factor(&join.relation, lateral)?;
        let mut conditions = match constraint {
            JoinConstraint::On(on) => {
                let end = self.frame().items.len();
                let before = self.frame().window.replace((start, end));
                self.clause(Clause::From);
                let conditions = self.conditions(on, "JOIN/ON");
                self.frame().window = before;
                conditions?
            }
            JoinConstraint::Using(columns) => {
                let names: Vec<String> = columns.iter().filter_map(|c| object_parts(c).pop()).collect();
                self.using(&names, start, middle, kind)?
            }
            JoinConstraint::Natural => {
                let names = self.common_columns(start, middle);
                self.using(&names, start, middle, kind)?
            }
            JoinConstraint::None => Vec::new(),
        };
        Ok(match kind {
            None => merge(vec![left, right], conditions),
            Some((kind, swapped)) => {
                let (left, mut right) = if swapped { (right, left) } else { (left, right) };
                if kind == OuterKind::Left {
                    // What only concerns the side that may be missing is checked before the join.
                    let slots = right.slots();
                    let (inner, rest) = conditions.into_iter().partition(|c| c.slots != 0 && c.slots & !slots == 0);
                    conditions = rest;
                    right = filtered(Some(right), inner);
                }
                From::Outer { kind, left: Box::new(left), right: Box::new(right), conditions }
            }
        })
    }

    /// Columns of the same name on both sides of a join.
    fn common_columns(&mut self, start: usize, middle: usize) -> Vec<String> {
        let items = &self.frame().items;
        let side = |from: usize, to: usize| {
            let columns = items.get(from..to).unwrap_or(&[]).iter().flat_map(|i| &i.columns);
            columns.filter(|c| !c.merged).map(|c| c.name.clone()).collect::<Vec<_>>()
        };
        let right = side(middle, items.len());
        side(start, middle).into_iter().filter(|name| right.contains(name)).collect()
    }

    /// Equalities of columns of the same name, which become one column.
    fn using(
        &mut self,
        names: &[String],
        start: usize,
        middle: usize,
        kind: Option<(OuterKind, bool)>,
    ) -> Bind<Vec<Condition>> {
        let mut conditions = Vec::new();
        let mut merged = Vec::new();
        for name in names {
            let end = self.frame().items.len();
            let left = self.take_column(name, start, middle, "left")?;
            let right = self.take_column(name, middle, end, "right")?;
            let f = self.frames.len() - 1;
            let (l, left_slots) = self.tracked(|b| Ok(b.scope_column(f, &left)))?;
            let (r, right_slots) = self.tracked(|b| Ok(b.scope_column(f, &right)))?;
            let all = vec![l.clone(), r.clone()];
            let (mut unified, ty) = self.unify(all, "JOIN/USING")?;
            let equal = self.binary("=", l, r, None)?;
            conditions.push(Condition {
                expr: equal.expr,
                slots: left_slots | right_slots,
                sides: Some((left_slots, right_slots)),
            });
            let (right_expr, left_expr) = (unified.pop(), unified.pop());
            let (Some(right_expr), Some(left_expr)) = (right_expr, left_expr) else { continue };
            let expr = match kind {
                Some((OuterKind::Full, _)) => Expr::Coalesce(vec![left_expr.expr, right_expr.expr]),
                Some((OuterKind::Left, true)) => right_expr.expr,
                _ => left_expr.expr,
            };
            merged.push(ScopeColumn { name: name.clone(), expr, ty: Type::plain(ty), merged: false });
        }
        let item = ScopeItem { name: None, schema: None, columns: merged, slot: None, relation: None, scalar: false };
        self.frame().items.insert(start, item);
        Ok(conditions)
    }

    /// Takes the only column of a name out of what `*` shows of some items.
    fn take_column(&mut self, name: &str, from: usize, to: usize, side: &str) -> Bind<ScopeColumn> {
        let items = self.frame().items.get_mut(from..to).unwrap_or(&mut []);
        let mut found = None;
        for column in items.iter_mut().flat_map(|i| &mut i.columns).filter(|c| !c.merged && c.name == name) {
            if found.is_some() {
                let message = format!("common column name \"{name}\" appears more than once in {side} table");
                return Err(PgError::new("42702", message).into());
            }
            found = Some(column.clone());
            column.merged = true;
        }
        found.ok_or_else(|| {
            let message = format!("column \"{name}\" specified in USING clause does not exist in {side} table");
            PgError::new("42703", message).into()
        })
    }

    /// The parts of a condition that all must hold.
    pub(super) fn conditions(&mut self, condition: &Ast, clause: &str) -> Bind<Vec<Condition>> {
        let mut parts = Vec::new();
        split_and(condition, &mut parts);
        parts.into_iter().map(|part| self.condition(part, clause)).collect()
    }

    fn condition(&mut self, part: &Ast, clause: &str) -> Bind<Condition> {
        if let Ast::BinaryOp { left, op: BinaryOperator::Eq, right } = part
            && !matches!((&**left, &**right), (Ast::Tuple(_), _) | (_, Ast::Tuple(_)))
        {
            let (l, left_slots) = self.tracked(|b| b.expr(left))?;
            let (r, right_slots) = self.tracked(|b| b.expr(right))?;
            let at = self.before(right);
            let bound = self.binary("=", l, r, at)?;
            let sides = matches!(bound.expr, Expr::Compare { .. }).then_some((left_slots, right_slots));
            return Ok(Condition { expr: bound.expr, slots: left_slots | right_slots, sides });
        }
        let (bound, slots) = self.tracked(|b| b.expr(part))?;
        let bound = self.boolean(bound, clause)?;
        Ok(Condition { expr: bound.expr, slots, sides: None })
    }

    fn slot(&mut self) -> Bind<usize> {
        let frame = self.frame();
        if frame.slots >= MOST_ITEMS {
            return Err(PgError::new("54001", format!("more than {MOST_ITEMS} items in FROM")).into());
        }
        frame.slots += 1;
        Ok(frame.slots - 1)
    }

    fn factor(&mut self, factor: &TableFactor, may_read: bool) -> Bind<From> {
        match factor {
            TableFactor::Table { name, alias, args: None, with_ordinality: false, sample: None, .. } => {
                self.relation(name, alias.as_ref())
            }
            TableFactor::Table { name, alias, args: Some(args), with_ordinality, .. } => {
                self.table_function(name, &args.args, alias.as_ref(), *with_ordinality)
            }
            TableFactor::Function { name, args, alias, with_ordinality, .. } => {
                self.table_function(name, args, alias.as_ref(), *with_ordinality)
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset: false, with_ordinality, .. } => {
                self.unnest(array_exprs, alias.as_ref(), *with_ordinality)
            }
            TableFactor::Derived { lateral, subquery, alias, sample: None } => {
                let hidden = !*lateral || !may_read;
                let before = std::mem::replace(&mut self.frame().hidden, hidden);
                let bound = self.tracked(|b| b.subplan(subquery));
                self.frame().hidden = before;
                let ((plan, fields), needs) = bound?;
                let slot = self.slot()?;
                self.add_item(alias.as_ref(), fields, slot, false)?;
                Ok(From::Item(Item { slot, source: Source::Query(plan), needs, filters: Vec::new() }))
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let start = self.frame().items.len();
                let from = self.table_with_joins(table_with_joins)?;
                if let Some(alias) = alias {
                    self.rename_items(start, alias)?;
                }
                Ok(from)
            }
            TableFactor::TableFunction { expr: Ast::Function(f), alias } => {
                let sqlparser::ast::FunctionArguments::List(list) = &f.args else {
                    return Err(unsupported("this `FROM`"));
                };
                self.table_function(&f.name, &list.args, alias.as_ref(), false)
            }
            TableFactor::Table { .. } => Err(unsupported("`TABLESAMPLE`")),
            _ => Err(Fail::Foreign),
        }
    }

    /// A join with a name of its own hides the names in it.
    fn rename_items(&mut self, start: usize, alias: &TableAlias) -> Bind<()> {
        let inner: Vec<ScopeItem> = self.frame().items.drain(start..).collect();
        let mut columns: Vec<ScopeColumn> = inner.into_iter().flat_map(|i| i.columns).filter(|c| !c.merged).collect();
        for (column, name) in columns.iter_mut().zip(&alias.columns) {
            column.name = folded(&name.name);
        }
        let name = Some(folded(&alias.name));
        self.frame().items.push(ScopeItem { name, schema: None, columns, slot: None, relation: None, scalar: false });
        Ok(())
    }

    fn relation(&mut self, name: &ObjectName, alias: Option<&TableAlias>) -> Bind<From> {
        let parts = object_parts(name);
        if let [name] = parts.as_slice()
            && let Some(at) = self.ctes.iter().rposition(|c| c.name == *name)
        {
            return self.cte_item(at, alias);
        }
        let (schema, table) = match parts.as_slice() {
            [table] => (None, table),
            [schema, table] => (Some(schema.as_str()), table),
            [database, schema, table] if *database == self.run.session.database => (Some(schema.as_str()), table),
            _ => return Err(Fail::Foreign),
        };
        let Some(found) = relation(self.run.catalog, self.run.session, schema, table) else {
            let Some(schema @ ("pg_catalog" | "information_schema")) = schema else { return Err(Fail::Foreign) };
            let at = name.0.first().and_then(|p| p.as_ident()).and_then(|i| self.start(i.span));
            let message = format!("relation \"{schema}.{table}\" does not exist");
            return Err(PgError::new("42P01", message).at(at).into());
        };
        let Some(of) = self.run.catalog.relations().get(found) else { return Err(Fail::Foreign) };
        let fields: Vec<Field> = of
            .columns
            .iter()
            .map(|c| Field { name: c.name.clone(), ty: Type { oid: c.type_oid, typmod: c.typmod, fields: None } })
            .collect();
        let (schema, table) = (of.schema.clone(), of.name.clone());
        let slot = self.slot()?;
        self.add_item(alias, fields, slot, false)?;
        if let Some(item) = self.frame().items.last_mut() {
            item.relation = Some(found);
            if alias.is_none() {
                item.name = Some(table);
                item.schema = Some(schema);
            }
        }
        Ok(From::Item(Item { slot, source: Source::Relation(found), needs: 0, filters: Vec::new() }))
    }

    fn cte_item(&mut self, at: usize, alias: Option<&TableAlias>) -> Bind<From> {
        let Some(entry) = self.ctes.get_mut(at) else { return Err(Fail::Foreign) };
        entry.used = true;
        let entry = entry.clone();
        if entry.varies {
            self.outermost = self.outermost.min(entry.frames);
        }
        let slot = self.slot()?;
        self.add_item(alias, entry.fields, slot, false)?;
        if alias.is_none()
            && let Some(item) = self.frame().items.last_mut()
        {
            item.name = Some(entry.name);
        }
        Ok(From::Item(Item { slot, source: Source::Cte(entry.id), needs: 0, filters: Vec::new() }))
    }

    fn table_function(
        &mut self,
        name: &ObjectName,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
        ordinality: bool,
    ) -> Bind<From> {
        self.clause(Clause::From);
        let (call, needs) = self.tracked(|b| b.function_in_from(name, args))?;
        let label = object_parts(name).pop().unwrap_or_default();
        self.function_item(vec![(call, label.clone())], &label, alias, ordinality, needs)
    }

    fn unnest(&mut self, arrays: &[Ast], alias: Option<&TableAlias>, ordinality: bool) -> Bind<From> {
        self.clause(Clause::From);
        let name = ObjectName::from(Ident::new("unnest"));
        let at = arrays.first().and_then(|a| self.at(a));
        let (calls, needs) = self.tracked(|b| {
            let mut calls = Vec::new();
            for array in arrays {
                let bound = b.expr(array)?;
                calls.push((b.set_call(&object_parts(&name), vec![bound], at)?, "unnest".to_string()));
            }
            Ok(calls)
        })?;
        self.function_item(calls, "unnest", alias, ordinality, needs)
    }

    fn function_item(
        &mut self,
        calls: Vec<((TableCall, Type), String)>,
        label: &str,
        alias: Option<&TableAlias>,
        ordinality: bool,
        needs: u128,
    ) -> Bind<From> {
        let single = calls.len() == 1;
        let mut fields = Vec::new();
        let mut table_calls = Vec::new();
        let mut scalar = false;
        for ((call, ty), name) in calls {
            match &ty.fields {
                Some(of) if call.width.is_some() => fields.extend(of.iter().cloned()),
                _ => {
                    // The alias of a function of plain values names its column too.
                    let name = match alias {
                        Some(alias) if single => folded(&alias.name),
                        _ => name,
                    };
                    scalar = single && !ordinality;
                    fields.push(Field { name, ty });
                }
            }
            table_calls.push(call);
        }
        if ordinality {
            fields.push(Field::new("ordinality", types::INT8));
        }
        let slot = self.slot()?;
        self.add_item(alias, fields, slot, scalar)?;
        if alias.is_none()
            && let Some(item) = self.frame().items.last_mut()
        {
            item.name = Some(label.to_string());
        }
        let source = Source::Functions { calls: table_calls, ordinality };
        Ok(From::Item(Item { slot, source, needs, filters: Vec::new() }))
    }

    /// Brings an item and its columns into reach.
    fn add_item(&mut self, alias: Option<&TableAlias>, mut fields: Vec<Field>, slot: usize, scalar: bool) -> Bind<()> {
        let name = alias.map(|a| folded(&a.name));
        if let Some(alias) = alias {
            if alias.columns.len() > fields.len() {
                let (has, wanted) = (fields.len(), alias.columns.len());
                let message = format!(
                    "table \"{}\" has {has} columns available but {wanted} columns specified",
                    folded(&alias.name)
                );
                return Err(PgError::new("42P10", message).at(self.start(alias.name.span)).into());
            }
            for (field, column) in fields.iter_mut().zip(&alias.columns) {
                field.name = folded(&column.name);
            }
        }
        if let Some(name) = &name
            && self.frame().items.iter().any(|i| i.name.as_ref() == Some(name))
        {
            let message = format!("table name \"{name}\" specified more than once");
            let at = alias.and_then(|a| self.start(a.name.span));
            return Err(PgError::new("42712", message).at(at).into());
        }
        let columns = fields
            .into_iter()
            .enumerate()
            .map(|(column, f)| ScopeColumn {
                name: f.name,
                expr: Expr::Column { level: 0, slot, column },
                ty: f.ty,
                merged: false,
            })
            .collect();
        self.frame().items.push(ScopeItem { name, schema: None, columns, slot: Some(slot), relation: None, scalar });
        Ok(())
    }
}

fn split_and<'e>(expr: &'e Ast, parts: &mut Vec<&'e Ast>) {
    // By a list of what is left, so that a chain may be long.
    let mut left = vec![expr];
    while let Some(expr) = left.pop() {
        match expr {
            Ast::BinaryOp { left: first, op: BinaryOperator::And, right } => left.extend([&**right, &**first]),
            Ast::Nested(inner) => left.push(inner),
            other => parts.push(other),
        }
    }
}

/// Parts side by side; inner joins of inner joins become one.
fn merge(parts: Vec<From>, conditions: Vec<Condition>) -> From {
    if parts.len() == 1 && conditions.is_empty() {
        return parts.into_iter().next().unwrap_or_else(super::select::empty_from);
    }
    let mut flat = Vec::new();
    let mut all = Vec::new();
    for part in parts {
        match part {
            From::Inner { parts, conditions } => {
                flat.extend(parts);
                all.extend(conditions);
            }
            other => flat.push(other),
        }
    }
    filtered(Some(From::Inner { parts: flat, conditions: all }), conditions)
}

/// Conditions on top of some rows, each checked as early as it can be.
pub(super) fn filtered(from: Option<From>, conditions: Vec<Condition>) -> From {
    let from = from.unwrap_or_else(super::select::empty_from);
    if conditions.is_empty() {
        return from;
    }
    let (mut parts, mut rest) = match from {
        From::Inner { parts, conditions } => (parts, conditions),
        other => (vec![other], Vec::new()),
    };
    for condition in conditions {
        if let Some(condition) = parts.iter_mut().try_fold(condition, |c, part| push(part, c).err()).into_iter().next()
        {
            rest.push(condition);
        }
    }
    From::Inner { parts, conditions: rest }
}

/// Gives a condition to a part that has all the slots it reads; gives it back otherwise.
fn push(from: &mut From, condition: Condition) -> Result<(), Condition> {
    if condition.slots == 0 || condition.slots & !from.slots() != 0 {
        return Err(condition);
    }
    match from {
        From::Item(item) => {
            debug_assert_eq!(condition.slots, bit(item.slot));
            item.filters.push(condition);
            Ok(())
        }
        From::Inner { parts, conditions } => {
            if let Some(condition) = parts.iter_mut().try_fold(condition, |c, part| push(part, c).err()) {
                conditions.push(condition);
            }
            Ok(())
        }
        // Rows that the join adds have to meet the condition too, unless it is about the side that is kept.
        From::Outer { kind: OuterKind::Left, left, .. } => push(left, condition),
        From::Outer { .. } => Err(condition),
    }
}
