//! Names in reach: the items of `FROM` of each query around, and the queries of `WITH`.

use sqlparser::ast::Ident;
use sqlparser::tokenizer::Span;

use super::{Bind, Binder, Bound};
use crate::error::PgError;
use crate::plan::{AggregateCall, Expr, Field, Slots, Type, WindowCall, bit};
use crate::types;
use crate::value::Value;

/// What a clause may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    From,
    Where,
    GroupBy,
    Select,
    Having,
    OrderBy,
    Limit,
    Values,
    /// The arguments of an aggregate.
    Aggregate,
    /// The parts of a window function.
    Window,
}

impl Clause {
    pub fn name(self) -> &'static str {
        match self {
            Self::From => "functions in FROM",
            Self::Where => "WHERE",
            Self::GroupBy => "GROUP BY",
            Self::Select => "SELECT",
            Self::Having => "HAVING",
            Self::OrderBy => "ORDER BY",
            Self::Limit => "LIMIT",
            Self::Values => "VALUES",
            Self::Aggregate => "an aggregate function",
            Self::Window => "a window function",
        }
    }
}

/// A query that is being bound.
#[derive(Debug)]
pub(super) struct Frame {
    pub items: Vec<ScopeItem>,
    /// Only these items are in reach, in a join condition.
    pub window: Option<(usize, usize)>,
    /// Nothing is in reach, in a query of `FROM` that is not `LATERAL`.
    pub hidden: bool,
    pub slots: usize,
    pub used: Slots,
    pub clause: Clause,
    /// Keys of `GROUP BY`, once they are bound.
    pub keys: Vec<Bound>,
    /// Columns that were read outside of aggregates and are no keys.
    pub ungrouped: Vec<PgError>,
    pub aggregates: Vec<AggregateCall>,
    pub windows: Vec<WindowCall>,
    pub named_windows: Vec<(String, super::window::Spec)>,
    pub sets: Vec<Vec<Expr>>,
    /// The deepest set-returning function in what was bound last.
    pub set_depth: usize,
}

impl Frame {
    pub fn new(clause: Clause) -> Self {
        Self {
            items: Vec::new(),
            window: None,
            hidden: false,
            slots: 0,
            used: 0,
            clause,
            keys: Vec::new(),
            ungrouped: Vec::new(),
            aggregates: Vec::new(),
            windows: Vec::new(),
            named_windows: Vec::new(),
            sets: Vec::new(),
            set_depth: 0,
        }
    }

    /// The items in reach.
    fn reach(&self) -> &[ScopeItem] {
        if self.hidden {
            return &[];
        }
        match self.window {
            Some((from, to)) => self.items.get(from..to.min(self.items.len())).unwrap_or(&[]),
            None => &self.items,
        }
    }
}

/// An item of `FROM` by its name.
#[derive(Debug, Clone)]
pub(super) struct ScopeItem {
    /// `None` for the merged columns of `USING` and for a query without a name.
    pub name: Option<String>,
    pub schema: Option<String>,
    pub columns: Vec<ScopeColumn>,
    /// For `t` as a row.
    pub slot: Option<usize>,
    /// The relation, for its system columns.
    pub relation: Option<usize>,
    /// Whether its name stands for the value of its one column.
    pub scalar: bool,
}

/// A column in reach.
#[derive(Debug, Clone)]
pub(super) struct ScopeColumn {
    pub name: String,
    pub expr: Expr,
    pub ty: Type,
    /// Merged into another by `USING`: only its full name finds it, and `*` leaves it out.
    pub merged: bool,
}

/// A query of `WITH` by its name.
#[derive(Debug, Clone)]
pub(super) struct CteEntry {
    pub name: String,
    pub id: usize,
    pub fields: Vec<Field>,
    /// How many queries were around it.
    pub frames: usize,
    /// Whether its rows may differ from one reading to the next.
    pub varies: bool,
    pub used: bool,
}

/// Folds a name as PostgreSQL does.
pub(super) fn folded(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}

/// What a search for a column found.
enum Found {
    Nothing,
    One(Bound),
    /// The item is there, but not the column.
    NoColumn,
}

impl Binder<'_> {
    pub(super) fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            // Every query pushes its own; this keeps the access total.
            self.frames.push(Frame::new(Clause::Limit));
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    pub(super) fn clause(&mut self, clause: Clause) -> Clause {
        std::mem::replace(&mut self.frame().clause, clause)
    }

    /// A column by its name alone.
    pub(super) fn column(&mut self, ident: &Ident) -> Bind<Bound> {
        let name = folded(ident);
        let at = self.start(ident.span);
        for f in (0..self.frames.len()).rev() {
            match self.search(f, None, &name, ident.span)? {
                Found::One(bound) => return Ok(bound),
                Found::Nothing | Found::NoColumn => {}
            }
        }
        // A relation's name alone is its row.
        for f in (0..self.frames.len()).rev() {
            let item = self.frames.get(f).and_then(|frame| named(frame.reach(), None, &name)).cloned();
            if let Some(item) = item {
                return Ok(self.row_of(f, &item, at));
            }
        }
        Err(PgError::new("42703", format!("column \"{name}\" does not exist")).at(at).into())
    }

    /// A name with dots.
    pub(super) fn compound(&mut self, idents: &[Ident]) -> Bind<Bound> {
        let at = idents.first().and_then(|i| self.start(i.span));
        let names: Vec<String> = idents.iter().map(folded).collect();
        let (schema, table, column, fields) = match names.as_slice() {
            [table, column] => (None, table, column, &[][..]),
            [schema, table, column] => (Some(schema.as_str()), table, column, &[][..]),
            [database, schema, table, column] if *database == self.run.session.database => {
                (Some(schema.as_str()), table, column, &[][..])
            }
            _ => {
                let message = format!("improper qualified name (too many dotted names): {}", names.join("."));
                return Err(PgError::new("42601", message).at(at).into());
            }
        };
        let _: &[String] = fields;
        let span = idents.first().map_or_else(Span::empty, |i| i.span);
        let mut missing_column = false;
        for f in (0..self.frames.len()).rev() {
            match self.search(f, Some((schema, table)), column, span)? {
                Found::One(bound) => return Ok(bound),
                Found::NoColumn => {
                    missing_column = true;
                    break;
                }
                Found::Nothing => {}
            }
        }
        if missing_column {
            return Err(PgError::new("42703", format!("column {table}.{column} does not exist")).at(at).into());
        }
        let hidden = self.frames.iter().any(|f| named(&f.items, schema, table).is_some());
        let error = if hidden {
            PgError::new("42P01", format!("invalid reference to FROM-clause entry for table \"{table}\"")).with_hint(
                format!(
                    "There is an entry for table \"{table}\", but it cannot be referenced from this part of the query."
                ),
            )
        } else {
            PgError::new("42P01", format!("missing FROM-clause entry for table \"{table}\""))
        };
        Err(error.at(at).into())
    }

    fn search(&mut self, f: usize, table: Option<(Option<&str>, &str)>, column: &str, span: Span) -> Bind<Found> {
        let at = self.start(span);
        let Some(frame) = self.frames.get(f) else { return Ok(Found::Nothing) };
        let mut found: Option<ScopeColumn> = None;
        let mut item_found = None;
        for item in frame.reach() {
            if let Some((schema, table)) = table {
                if named(std::slice::from_ref(item), schema, table).is_none() {
                    continue;
                }
                item_found = Some(item.clone());
            }
            for c in item.columns.iter().filter(|c| c.name == column && (table.is_some() || !c.merged)) {
                if found.is_some() {
                    return Err(PgError::new("42702", format!("column reference \"{column}\" is ambiguous"))
                        .at(at)
                        .into());
                }
                found = Some(c.clone());
            }
            if table.is_some() {
                break;
            }
        }
        let shown = match table {
            Some((_, table)) => format!("{table}.{column}"),
            None => column.to_string(),
        };
        if found.is_none() {
            let item = match (&item_found, table) {
                (Some(item), _) => Some(item.clone()),
                // System columns are found by their name alone if there is one relation.
                (None, None) => {
                    let relations: Vec<&ScopeItem> = frame.reach().iter().filter(|i| i.relation.is_some()).collect();
                    match relations.as_slice() {
                        [one] => Some((*one).clone()),
                        _ => None,
                    }
                }
                _ => None,
            };
            if let Some((value, oid)) = item.and_then(|i| self.system_column(i.relation?, column)) {
                return Ok(Found::One(Bound::new(Expr::Const(value), oid, at)));
            }
        }
        let Some(column) = found else {
            return Ok(if item_found.is_some() { Found::NoColumn } else { Found::Nothing });
        };
        let expr = self.lifted(f, &column.expr);
        self.note_ungrouped(f, &shown, &column.expr, at);
        Ok(Found::One(Bound { expr, ty: column.ty, at }))
    }

    /// A column of an item, as `*` reads it.
    pub(super) fn scope_column(&mut self, f: usize, column: &ScopeColumn) -> Bound {
        let expr = self.lifted(f, &column.expr);
        self.note_ungrouped(f, &column.name, &column.expr, None);
        let bound = Bound { expr, ty: column.ty.clone(), at: None };
        self.grouped(bound)
    }

    /// The key of `GROUP BY` that an expression is, if it is one.
    pub(super) fn grouped(&mut self, bound: Bound) -> Bound {
        self.grouped_since(bound, None)
    }

    pub(super) fn grouped_since(&mut self, bound: Bound, mark: Option<usize>) -> Bound {
        let Some(frame) = self.frames.last_mut() else { return bound };
        let reads = matches!(frame.clause, Clause::Select | Clause::Having | Clause::OrderBy | Clause::Window);
        if !reads || frame.keys.is_empty() || matches!(bound.expr, Expr::Const(_)) {
            return bound;
        }
        let Some(key) = frame.keys.iter().position(|k| super::select::same_expr(&k.expr, &bound.expr)) else {
            return bound;
        };
        let mark = mark.unwrap_or_else(|| frame.ungrouped.len().saturating_sub(1));
        frame.ungrouped.truncate(mark);
        let expr = Expr::Column { level: 0, slot: frame.slots + crate::eval::AGGREGATES, column: key };
        Bound { expr, ..bound }
    }

    /// Columns that every relation has and `*` does not show.
    fn system_column(&self, relation: usize, name: &str) -> Option<(Value, u32)> {
        let oid = self.run.catalog.relations().get(relation)?.oid;
        Some(match name {
            "tableoid" => (Value::from(oid), types::OID),
            "ctid" => (Value::text("(0,1)"), types::TID),
            "xmin" => (Value::Int(1), types::XID),
            "xmax" => (Value::Int(0), types::XID),
            "cmin" | "cmax" => (Value::Int(0), types::CID),
            _ => return None,
        })
    }

    /// A column of a query further out, as the current query reads it.
    fn lifted(&mut self, f: usize, expr: &Expr) -> Expr {
        let level = (self.frames.len() - 1).saturating_sub(f);
        if level > 0 {
            self.outermost = self.outermost.min(f);
        }
        let used = match self.frames.get_mut(f) {
            Some(frame) => &mut frame.used,
            None => return expr.clone(),
        };
        lift(expr, level, used)
    }

    fn note_ungrouped(&mut self, f: usize, name: &str, expr: &Expr, at: Option<usize>) {
        let Some(frame) = self.frames.get_mut(f) else { return };
        if !matches!(frame.clause, Clause::Select | Clause::Having | Clause::OrderBy | Clause::Window) {
            return;
        }
        if let Expr::Column { slot, .. } = expr
            && *slot < frame.slots
            && depends_on_keys(frame, *slot)
        {
            return;
        }
        let qualified = if name.contains('.') { name.to_string() } else { qualify(frame, expr, name) };
        let message =
            format!("column \"{qualified}\" must appear in the GROUP BY clause or be used in an aggregate function");
        frame.ungrouped.push(PgError::new("42803", message).at(at));
    }

    /// The row of an item as a value.
    pub(super) fn row_of(&mut self, f: usize, item: &ScopeItem, at: Option<usize>) -> Bound {
        if item.scalar
            && let Some(column) = item.columns.first()
        {
            let expr = self.lifted(f, &column.expr);
            return Bound { expr, ty: column.ty.clone(), at };
        }
        let level = (self.frames.len() - 1).saturating_sub(f);
        let fields: Vec<Field> =
            item.columns.iter().map(|c| Field { name: c.name.clone(), ty: c.ty.clone() }).collect();
        let ty = Type { oid: types::RECORD, typmod: -1, fields: Some(fields.into()) };
        let name = item.name.clone().unwrap_or_default();
        for column in &item.columns {
            self.note_ungrouped(f, &format!("{name}.*"), &column.expr, at);
        }
        let expr = match item.slot {
            Some(slot) => {
                if level > 0 {
                    self.outermost = self.outermost.min(f);
                }
                if let Some(frame) = self.frames.get_mut(f) {
                    frame.used |= bit(slot);
                }
                Expr::WholeRow { level, slot, types: item.columns.iter().map(|c| c.ty.oid).collect() }
            }
            None => {
                let columns: Vec<(u32, Expr)> = item.columns.iter().map(|c| (c.ty.oid, c.expr.clone())).collect();
                Expr::Record(columns.into_iter().map(|(ty, e)| (ty, self.lifted(f, &e))).collect())
            }
        };
        Bound { expr, ty, at }
    }
}

/// The item of a name.
pub(super) fn named<'i>(items: &'i [ScopeItem], schema: Option<&str>, name: &str) -> Option<&'i ScopeItem> {
    items.iter().find(|item| {
        item.name.as_deref() == Some(name) && schema.is_none_or(|schema| item.schema.as_deref() == Some(schema))
    })
}

fn lift(expr: &Expr, by: usize, used: &mut Slots) -> Expr {
    match expr {
        Expr::Column { level, slot, column } => {
            *used |= bit(*slot);
            Expr::Column { level: level + by, slot: *slot, column: *column }
        }
        Expr::Coalesce(parts) => Expr::Coalesce(parts.iter().map(|p| lift(p, by, used)).collect()),
        Expr::Cast { expr, from, to, typmod, explicit } => Expr::Cast {
            expr: Box::new(lift(expr, by, used)),
            from: *from,
            to: *to,
            typmod: *typmod,
            explicit: *explicit,
        },
        other => other.clone(),
    }
}

/// Whether a grouped-by `oid` decides all columns of its relation.
fn depends_on_keys(frame: &Frame, slot: usize) -> bool {
    frame.keys.iter().any(|key| {
        let Expr::Column { level: 0, slot: of, column } = &key.expr else { return false };
        *of == slot
            && frame.items.iter().any(|item| {
                item.slot == Some(slot)
                    && item.relation.is_some()
                    && item.columns.get(*column).is_some_and(|c| c.name == "oid")
            })
    })
}

/// The name of a column with that of its item.
fn qualify(frame: &Frame, expr: &Expr, name: &str) -> String {
    let Expr::Column { slot, .. } = expr else { return name.to_string() };
    let item = frame.items.iter().find(|i| i.slot == Some(*slot)).and_then(|i| i.name.as_deref());
    item.map_or_else(|| name.to_string(), |item| format!("{item}.{name}"))
}
