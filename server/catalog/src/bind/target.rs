//! The select list: what `*` stands for, and names.

use sqlparser::ast::{Expr as Ast, SelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions};

use super::label::label;
use super::scope::{ScopeColumn, folded, named};
use super::ty::object_parts;
use super::{Bind, Binder, Bound, unsupported};
use crate::error::PgError;
use crate::plan::Expr;

/// A column to come: an expression, or a column of `FROM` that `*` stands for.
pub(super) struct Target<'a> {
    pub name: String,
    source: Origin<'a>,
}

enum Origin<'a> {
    Ast(&'a Ast),
    Column(ScopeColumn),
    /// A field of a row.
    Field(Bound, usize),
}

fn plain(options: &WildcardAdditionalOptions) -> bool {
    options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
}

impl Binder<'_> {
    pub(super) fn targets<'s>(&mut self, items: &'s [SelectItem]) -> Bind<Vec<Target<'s>>> {
        let mut targets = Vec::new();
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => targets.push(Target { name: label(expr), source: Origin::Ast(expr) }),
                SelectItem::ExprWithAlias { expr, alias } => {
                    targets.push(Target { name: folded(alias), source: Origin::Ast(expr) });
                }
                SelectItem::Wildcard(options) if plain(options) => {
                    let Some(frame) = self.frames.last() else { continue };
                    if frame.items.is_empty() {
                        let at = self.start(options.wildcard_token.0.span);
                        return Err(PgError::new("42601", "SELECT * with no tables specified is not valid")
                            .at(at)
                            .into());
                    }
                    for column in frame.items.iter().flat_map(|i| &i.columns).filter(|c| !c.merged) {
                        targets.push(of_column(column));
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
                    if plain(options) =>
                {
                    let parts = object_parts(name);
                    let (schema, table) = match parts.as_slice() {
                        [table] => (None, table),
                        [schema, table] | [_, schema, table] => (Some(schema.as_str()), table),
                        _ => return Err(unsupported("this `*`")),
                    };
                    let found = (0..self.frames.len()).rev().find_map(|f| {
                        let frame = self.frames.get(f)?;
                        named(&frame.items, schema, table).cloned().map(|item| (f, item))
                    });
                    let Some((f, item)) = found else {
                        let at = name.0.first().and_then(|p| p.as_ident()).and_then(|i| self.start(i.span));
                        let message = format!("missing FROM-clause entry for table \"{table}\"");
                        return Err(PgError::new("42P01", message).at(at).into());
                    };
                    if f + 1 == self.frames.len() {
                        targets.extend(item.columns.iter().map(of_column));
                    } else {
                        let row = self.row_of(f, &item, None);
                        targets.extend(fields_of(&row));
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), options)
                    if plain(options) =>
                {
                    let row = self.expr(expr)?;
                    targets.extend(fields_of(&row));
                }
                _ => return Err(unsupported("this form of `*`")),
            }
        }
        Ok(targets)
    }

    pub(super) fn target(&mut self, target: &Target<'_>) -> Bind<Bound> {
        match &target.source {
            Origin::Ast(expr) => self.expr(expr),
            Origin::Column(column) => {
                let f = self.frames.len() - 1;
                Ok(self.scope_column(f, column))
            }
            Origin::Field(row, at) => {
                let field = row.ty.fields.as_ref().and_then(|f| f.get(*at)).cloned();
                let ty = field.map_or_else(|| crate::plan::Type::plain(crate::types::TEXT), |f| f.ty);
                Ok(Bound { expr: Expr::Field { expr: Box::new(row.expr.clone()), at: *at }, ty, at: row.at })
            }
        }
    }
}

fn of_column<'s>(column: &ScopeColumn) -> Target<'s> {
    Target { name: column.name.clone(), source: Origin::Column(column.clone()) }
}

fn fields_of<'s>(row: &Bound) -> Vec<Target<'s>> {
    let fields = row.ty.fields.iter().flat_map(|f| f.iter().enumerate());
    fields.map(|(at, f)| Target { name: f.name.clone(), source: Origin::Field(row.clone(), at) }).collect()
}
