//! The types of `$1`, `$2`, …: what the client says, what a cast says, what the place asks for; and casts around those
//! whose type the query engine would not find by itself, so that a value changes no type of the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use hyperslab::datafusion::sql::sqlparser::ast::{
    CastKind, Expr, LimitClause, Query, Statement as Ast, Value, Visit, VisitMut, Visitor, VisitorMut,
};
use hyperslab::datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use hyperslab::datafusion::sql::sqlparser::parser::Parser;
use hyperslab_pg_catalog::types;

/// What the text of a statement says of its placeholders.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    /// The greatest number.
    pub count: usize,
    /// The types that casts around them name.
    pub casts: BTreeMap<usize, u32>,
    /// Those that count rows.
    pub limits: BTreeSet<usize>,
}

impl Placeholders {
    /// Those of a statement.
    pub fn of(statement: &Ast) -> Self {
        let mut found = Self::default();
        let _: ControlFlow<()> = statement.visit(&mut found);
        found
    }

    /// The type of each: what the client says, else a cast, else what its place asks for, else text.
    pub fn types(&self, given: &[u32], inferred: impl Fn(usize) -> Option<u32>) -> Vec<u32> {
        let of = |number: usize| {
            // 0 and 705 say that the client does not know.
            let given = given.get(number - 1).copied().filter(|oid| !matches!(*oid, 0 | types::UNKNOWN));
            let limit = || self.limits.contains(&number).then_some(types::INT8);
            let cast = || self.casts.get(&number).copied();
            given.or_else(cast).or_else(limit).or_else(|| inferred(number)).unwrap_or(types::TEXT)
        };
        (1..=self.count.max(given.len())).map(of).collect()
    }
}

impl Visitor for Placeholders {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let mut rows = Vec::new();
        match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                rows.extend(limit.as_ref());
                rows.extend(offset.as_ref().map(|offset| &offset.value));
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => rows.extend([offset, limit]),
            None => {}
        }
        rows.extend(query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref()));
        self.limits.extend(rows.into_iter().filter_map(number));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Some(number) = number(expr) {
            self.count = self.count.max(number);
        }
        if let Expr::Cast { expr, data_type, .. } = expr
            && let Some(number) = number(expr)
            && let Some(oid) = oid_of(&data_type.to_string())
        {
            self.casts.entry(number).or_insert(oid);
        }
        ControlFlow::Continue(())
    }
}

/// Puts casts around placeholders that count no rows and have a type in `types`.
pub(super) fn wrap(statement: &mut Ast, types: &BTreeMap<usize, u32>) {
    let _: ControlFlow<()> = statement.visit(&mut Wrap { types });
}

struct Wrap<'a> {
    types: &'a BTreeMap<usize, u32>,
}

impl VisitorMut for Wrap<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(oid) = number(expr).and_then(|number| self.types.get(&number))
            && let Some(name) = types::display_name(*oid, None)
            && let Ok(mut parser) = Parser::new(&PostgreSqlDialect {}).try_with_sql(&name)
            && let Ok(data_type) = parser.parse_data_type()
        {
            let inner = Box::new(expr.clone());
            *expr = Expr::Cast { kind: CastKind::DoubleColon, expr: inner, data_type, array: false, format: None };
        }
        ControlFlow::Continue(())
    }
}

/// The number of a placeholder.
fn number(expr: &Expr) -> Option<usize> {
    let Expr::Value(value) = expr else { return None };
    let Value::Placeholder(name) = &value.value else { return None };
    // PostgreSQL's protocol counts them in 16 bits.
    name.strip_prefix('$')?.parse().ok().filter(|number| (1..=65_535).contains(number))
}

fn oid_of(name: &str) -> Option<u32> {
    let name = name.to_ascii_lowercase();
    let (name, is_array) = match name.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (name.as_str(), false),
    };
    let plain = name.split('(').next().unwrap_or_default().trim();
    let oid = types::by_sql_name(plain.strip_prefix("pg_catalog.").unwrap_or(plain))?;
    if is_array { types::array_of(oid) } else { Some(oid) }
}
