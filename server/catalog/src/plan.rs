//! A query after names and types are resolved: what the evaluator runs.
//!
//! A query level works on tuples. A tuple has one row for each item of `FROM` (a slot), then one for the results of
//! aggregates, one for those of window functions, and one for each depth of set-returning functions in the select
//! list. An expression reads a column by level (how many queries further out), slot and number.

use std::sync::Arc;

use crate::functions::Function;
use crate::value::Value;

/// A type with its modifier and, for rows, its fields.
#[derive(Debug, Clone)]
pub(crate) struct Type {
    pub oid: u32,
    pub typmod: i32,
    pub fields: Option<Arc<[Field]>>,
}

impl Type {
    pub fn plain(oid: u32) -> Self {
        Self { oid, typmod: -1, fields: None }
    }
}

/// A named column of a relation, a row or an answer.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub name: String,
    pub ty: Type,
}

impl Field {
    pub fn new(name: impl Into<String>, oid: u32) -> Self {
        Self { name: name.into(), ty: Type::plain(oid) }
    }
}

/// How two values of one type are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    Compare(Comparison),
    Call(&'static Function, u32),
}

/// An expression that gives one value.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Const(Value),
    Param(usize),
    Column {
        level: usize,
        slot: usize,
        column: usize,
    },
    WholeRow {
        level: usize,
        slot: usize,
        types: Arc<[u32]>,
    },
    Call {
        function: &'static Function,
        args: Vec<Expr>,
        types: Arc<[u32]>,
        result: u32,
    },
    Cast {
        expr: Box<Expr>,
        from: u32,
        to: u32,
        typmod: i32,
        explicit: bool,
    },
    Compare {
        op: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    IsNull {
        expr: Box<Expr>,
        negated: bool,
    },
    /// `IS TRUE`, `IS FALSE`, `IS UNKNOWN`.
    IsBool {
        expr: Box<Expr>,
        wanted: Option<bool>,
        negated: bool,
    },
    IsDistinct {
        left: Box<Expr>,
        right: Box<Expr>,
        negated: bool,
    },
    Case {
        arms: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Coalesce(Vec<Expr>),
    /// The first, unless the comparison of both holds.
    NullIf {
        value: Box<Expr>,
        equal: Box<Expr>,
    },
    Extreme {
        args: Vec<Expr>,
        greatest: bool,
    },
    Array {
        elements: Vec<Expr>,
        nested: bool,
    },
    Record(Vec<(u32, Expr)>),
    Field {
        expr: Box<Expr>,
        at: usize,
    },
    Subscript {
        array: Box<Expr>,
        at: Vec<Expr>,
    },
    Slice {
        array: Box<Expr>,
        bounds: Vec<(Option<Expr>, Option<Expr>)>,
    },
    /// `left op ANY (array)`, `left op ALL (array)`.
    Quantified {
        left: Box<Expr>,
        op: Operation,
        array: Box<Expr>,
        all: bool,
    },
    Subquery {
        plan: Arc<SubPlan>,
        kind: SubqueryKind,
    },
}

/// What a subquery in an expression gives.
#[derive(Debug, Clone)]
pub(crate) enum SubqueryKind {
    /// The one value of the one row.
    Scalar,
    /// The one row, as a record of these types.
    Row(Arc<[u32]>),
    /// Whether there is a row.
    Exists,
    /// The values of all rows.
    Array,
    /// Whether the comparisons with any row (or all rows) hold; all columns of a row must.
    Quantified { left: Vec<Expr>, ops: Vec<Operation>, casts: Vec<Option<Conversion>>, all: bool },
}

/// A query in an expression.
#[derive(Debug)]
pub(crate) struct SubPlan {
    pub id: usize,
    pub query: QueryPlan,
    /// Whether it reads anything of the queries around it; if not, it runs once.
    pub correlated: bool,
}

/// The implicit cast of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conversion {
    pub from: u32,
    pub to: u32,
}

/// A query with its `WITH`, `ORDER BY` and `LIMIT`.
#[derive(Debug)]
pub(crate) struct QueryPlan {
    pub ctes: Vec<Arc<CtePlan>>,
    pub body: Body,
    /// By columns of the body, which may be more than the visible ones.
    pub sort: Vec<SortKey>,
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
    pub with_ties: bool,
    /// How many of the columns the query shows.
    pub visible: usize,
}

/// One query of `WITH`.
#[derive(Debug)]
pub(crate) struct CtePlan {
    pub id: usize,
    pub start: QueryPlan,
    /// What is repeated with the rows that were found last, and whether equal rows are kept.
    pub step: Option<(QueryPlan, bool)>,
    /// The casts of the columns of `step`.
    pub casts: Vec<Option<Conversion>>,
}

/// Where the rows of a query come from.
#[derive(Debug)]
pub(crate) enum Body {
    Select(Box<SelectPlan>),
    Values(Vec<Vec<Expr>>),
    Set { op: SetOp, all: bool, left: Box<Branch>, right: Box<Branch> },
}

/// One side of a set operation.
#[derive(Debug)]
pub(crate) struct Branch {
    pub query: QueryPlan,
    pub casts: Vec<Option<Conversion>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetOp {
    Union,
    Intersect,
    Except,
}

/// A column to sort by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SortKey {
    pub column: usize,
    pub descending: bool,
    pub nulls_first: bool,
}

/// An expression to sort by, inside of aggregates and windows.
#[derive(Debug, Clone)]
pub(crate) struct SortExpr {
    pub expr: Expr,
    pub descending: bool,
    pub nulls_first: bool,
}

/// One `SELECT`.
#[derive(Debug)]
pub(crate) struct SelectPlan {
    pub from: Option<From>,
    /// Items of `FROM`.
    pub slots: usize,
    pub group: Option<Grouping>,
    pub windows: Vec<WindowCall>,
    /// Set-returning functions of the select list, by depth.
    pub sets: Vec<Vec<Expr>>,
    /// The visible columns and those that are only sorted by.
    pub columns: Vec<Expr>,
    pub distinct: Distinct,
}

#[derive(Debug)]
pub(crate) enum Distinct {
    No,
    Yes,
    /// The first row for each value of these columns.
    On(Vec<usize>),
}

/// `GROUP BY`, aggregates and `HAVING`.
#[derive(Debug)]
pub(crate) struct Grouping {
    pub keys: Vec<Expr>,
    /// Which keys each grouping set has; one set with all keys for a plain `GROUP BY`.
    pub sets: Vec<Vec<usize>>,
    pub aggregates: Vec<AggregateCall>,
    pub having: Option<Expr>,
}

#[derive(Debug, Clone)]
pub(crate) struct AggregateCall {
    pub function: &'static Function,
    pub args: Vec<Expr>,
    pub types: Arc<[u32]>,
    pub result: u32,
    pub distinct: bool,
    pub order: Vec<SortExpr>,
    pub filter: Option<Expr>,
    /// Whether `order` is of `WITHIN GROUP`.
    pub within: bool,
    /// `grouping(…)`: the numbers of the keys.
    pub grouping: Option<Vec<usize>>,
}

#[derive(Debug, Clone)]
pub(crate) struct WindowCall {
    pub call: AggregateCall,
    pub partition: Vec<Expr>,
    pub sort: Vec<SortExpr>,
    pub frame: Frame,
}

/// Which rows of its partition a window function sees.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub unit: FrameUnit,
    pub start: Bound,
    pub end: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameUnit {
    Rows,
    Range,
    Groups,
}

#[derive(Debug, Clone)]
pub(crate) enum Bound {
    Unbounded,
    Current,
    Preceding(Expr),
    Following(Expr),
}

/// A set of slots, one bit each.
pub(crate) type Slots = u128;

/// A condition of a join or of `WHERE`.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub expr: Expr,
    /// The slots of this level that it reads.
    pub slots: Slots,
    /// For `a = b`: what each side reads.
    pub sides: Option<(Slots, Slots)>,
}

/// The rows of `FROM`.
#[derive(Debug)]
pub(crate) enum From {
    Item(Item),
    /// All combinations that meet all conditions.
    Inner {
        parts: Vec<From>,
        conditions: Vec<Condition>,
    },
    Outer {
        kind: OuterKind,
        left: Box<From>,
        right: Box<From>,
        conditions: Vec<Condition>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OuterKind {
    Left,
    Full,
}

/// One item of `FROM`.
#[derive(Debug)]
pub(crate) struct Item {
    pub slot: usize,
    pub source: Source,
    /// The slots that the source itself reads.
    pub needs: Slots,
    /// Conditions on this item alone.
    pub filters: Vec<Condition>,
}

#[derive(Debug)]
pub(crate) enum Source {
    /// A relation of the catalogue, by number.
    Relation(usize),
    Cte(usize),
    Query(Arc<SubPlan>),
    /// Functions side by side; the shorter ones are filled with NULL.
    Functions {
        calls: Vec<TableCall>,
        ordinality: bool,
    },
}

/// A function in `FROM`.
#[derive(Debug)]
pub(crate) struct TableCall {
    pub call: Expr,
    /// Columns of its rows; `None` if it gives plain values.
    pub width: Option<usize>,
    /// Whether it gives a set.
    pub set: bool,
}

impl From {
    /// The slots of its items.
    pub fn slots(&self) -> Slots {
        match self {
            Self::Item(item) => bit(item.slot),
            Self::Inner { parts, .. } => parts.iter().fold(0, |s, p| s | p.slots()),
            Self::Outer { left, right, .. } => left.slots() | right.slots(),
        }
    }

    /// The slots of others that it reads.
    pub fn needs(&self) -> Slots {
        let all = match self {
            Self::Item(item) => item.needs,
            Self::Inner { parts, .. } => parts.iter().fold(0, |s, p| s | p.needs()),
            Self::Outer { left, right, .. } => left.needs() | right.needs(),
        };
        all & !self.slots()
    }
}

/// The set of one slot.
pub(crate) fn bit(slot: usize) -> Slots {
    u32::try_from(slot).ok().and_then(|s| 1u128.checked_shl(s)).unwrap_or(0)
}
