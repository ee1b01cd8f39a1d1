//! From a parsed statement to a plan: names, types, operators and functions are resolved as PostgreSQL does.

mod call;
mod coerce;
mod expr;
mod foreign;
mod from;
mod label;
mod literal;
mod operator;
mod query;
mod scope;
mod select;
mod target;
mod ty;
mod window;

use sqlparser::ast::{Expr as Ast, Statement};
use sqlparser::tokenizer::{Location, Span};

use crate::error::PgError;
use crate::eval::Run;
use crate::plan::{Expr, Field, QueryPlan, Slots, Type};
use crate::types;

pub(crate) use foreign::is_foreign;
use scope::{CteEntry, Frame};

/// Why a statement was not bound.
#[derive(Debug)]
pub(crate) enum Fail {
    /// It names something that is not of the catalogue.
    Foreign,
    Error(PgError),
}

impl From<PgError> for Fail {
    fn from(e: PgError) -> Self {
        Self::Error(e)
    }
}

pub(crate) type Bind<T> = Result<T, Fail>;

/// An expression with its type.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub expr: Expr,
    pub ty: Type,
    /// Where it begins in the text.
    pub at: Option<usize>,
}

impl Bound {
    fn new(expr: Expr, oid: u32, at: Option<usize>) -> Self {
        Self { expr, ty: Type::plain(oid), at }
    }

    fn oid(&self) -> u32 {
        self.ty.oid
    }

    fn unknown(&self) -> bool {
        self.ty.oid == types::UNKNOWN
    }
}

/// A query with the columns that it shows.
#[derive(Debug)]
pub(crate) struct BoundQuery {
    pub plan: QueryPlan,
    pub fields: Vec<Field>,
}

/// How deep expressions and queries may go.
const MOST_DEPTH: usize = 400;
/// What is left of the stack when it is made longer, and by how much.
const STACK: (usize, usize) = (128 << 10, 2 << 20);

pub(crate) struct Binder<'a> {
    /// For what can be worked out before the statement runs.
    run: &'a Run<'a>,
    text: &'a str,
    frames: Vec<Frame>,
    ctes: Vec<CteEntry>,
    /// The types of parameters, 0 for those that are not known yet.
    params: Vec<u32>,
    next_id: usize,
    depth: usize,
    /// The outermost query that the query being bound has read from.
    outermost: usize,
}

impl<'a> Binder<'a> {
    pub fn new(run: &'a Run<'a>, text: &'a str, parameter_types: &[u32]) -> Self {
        Self {
            run,
            text,
            frames: Vec::new(),
            ctes: Vec::new(),
            params: parameter_types.to_vec(),
            next_id: 0,
            depth: 0,
            outermost: usize::MAX,
        }
    }

    /// Binds a whole statement; gives the plan, its columns, and the types of the parameters.
    pub fn statement(mut self, statement: &Statement) -> Bind<(BoundQuery, Vec<u32>)> {
        let Statement::Query(query) = statement else { return Err(Fail::Foreign) };
        let bound = self.query(query, false)?;
        for (at, ty) in self.params.iter().enumerate() {
            if matches!(*ty, 0 | types::UNKNOWN) {
                let n = at + 1;
                return Err(PgError::new("42P18", format!("could not determine data type of parameter ${n}")).into());
            }
        }
        Ok((bound, self.params))
    }

    /// A number that no other part of the plan has.
    fn id(&mut self) -> usize {
        self.next_id += 1;
        self.next_id
    }

    /// Goes one level deeper, but not without end.
    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Bind<T>) -> Bind<T> {
        if self.depth >= MOST_DEPTH {
            return Err(PgError::new("54001", "stack depth limit exceeded")
                .with_hint("write the statement with fewer levels of nesting")
                .into());
        }
        self.depth += 1;
        let result = stacker::maybe_grow(STACK.0, STACK.1, || f(self));
        self.depth -= 1;
        result
    }

    /// The slots of the current query that something reads.
    fn tracked<T>(&mut self, f: impl FnOnce(&mut Self) -> Bind<T>) -> Bind<(T, Slots)> {
        let before = self.frames.last_mut().map(|frame| std::mem::take(&mut frame.used)).unwrap_or_default();
        let result = f(self);
        let used = match self.frames.last_mut() {
            Some(frame) => {
                let used = frame.used;
                frame.used = before | used;
                used
            }
            None => 0,
        };
        Ok((result?, used))
    }

    /// The character that a place in the text is, counted from 1.
    fn position(&self, location: Location) -> Option<usize> {
        if location.line == 0 {
            return None;
        }
        let line = usize::try_from(location.line).ok()?;
        let column = usize::try_from(location.column).ok()?;
        let before: usize = self.text.split_inclusive('\n').take(line - 1).map(|l| l.chars().count()).sum();
        Some(before + column)
    }

    fn start(&self, span: Span) -> Option<usize> {
        self.position(span.start)
    }

    /// Where an expression begins.
    fn at(&self, expr: &Ast) -> Option<usize> {
        self.start(first_span(expr)?)
    }

    /// Where the operator in front of a right operand stands.
    fn before(&self, right: &Ast) -> Option<usize> {
        let at = self.at(right)?;
        let end = self.text.char_indices().nth(at - 1).map(|(byte, _)| byte)?;
        let ahead = self.text.get(..end)?.trim_end_matches(|c: char| c.is_whitespace() || c == '(');
        let sign = |c: char| "+-*/<>=~!@#%^&|`?".contains(c);
        let start = match ahead.chars().next_back() {
            Some(c) if sign(c) => ahead.trim_end_matches(sign),
            _ => ahead.trim_end_matches(char::is_alphanumeric),
        };
        Some(start.chars().count() + 1)
    }
}

/// The place of the first part of an expression that has one; goes down without recursion, however deep it is.
fn first_span(expr: &Ast) -> Option<Span> {
    let mut expr = expr;
    loop {
        expr = match expr {
            Ast::Identifier(ident) => return Some(ident.span),
            Ast::CompoundIdentifier(idents) => return idents.first().map(|i| i.span),
            Ast::Value(value) => return Some(value.span),
            Ast::TypedString(typed) => return Some(typed.value.span),
            Ast::Function(f) => return f.name.0.first().and_then(|p| p.as_ident()).map(|i| i.span),
            Ast::Case { case_token, .. } => return Some(case_token.0.span),
            Ast::BinaryOp { left, .. } | Ast::AnyOp { left, .. } | Ast::AllOp { left, .. } => left,
            Ast::CompoundFieldAccess { root, .. } => root,
            Ast::Nested(inner)
            | Ast::IsNull(inner)
            | Ast::IsNotNull(inner)
            | Ast::IsTrue(inner)
            | Ast::IsNotTrue(inner)
            | Ast::IsFalse(inner)
            | Ast::IsNotFalse(inner)
            | Ast::IsUnknown(inner)
            | Ast::IsNotUnknown(inner)
            | Ast::IsDistinctFrom(inner, _)
            | Ast::IsNotDistinctFrom(inner, _) => inner,
            Ast::Cast { expr, .. }
            | Ast::Collate { expr, .. }
            | Ast::InList { expr, .. }
            | Ast::InSubquery { expr, .. }
            | Ast::Between { expr, .. }
            | Ast::Like { expr, .. }
            | Ast::ILike { expr, .. }
            | Ast::SimilarTo { expr, .. }
            | Ast::UnaryOp { expr, .. } => expr,
            Ast::AtTimeZone { timestamp, .. } => timestamp,
            Ast::Tuple(parts) => parts.first()?,
            Ast::Array(array) => array.elem.first()?,
            _ => return None,
        };
    }
}

/// An error about something that cannot be done.
fn unsupported(what: &str) -> Fail {
    PgError::new("0A000", format!("{what} is not supported in catalogue queries")).into()
}
