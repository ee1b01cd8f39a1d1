//! Whether a statement is the query engine's: it names a table or function that is not of the catalogue.

use std::collections::HashSet;
use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Statement, TableFactor, Visit, Visitor};

use super::scope::folded;
use super::ty::object_parts;
use crate::functions;
use crate::index::CatalogIndex;
use crate::session::Session;

struct Search<'a> {
    catalog: &'a CatalogIndex,
    session: &'a Session,
    /// Names of `WITH`, wherever they stand.
    ctes: HashSet<String>,
    relations: usize,
}

/// Whether a statement that could not be bound is not ours to complain about.
pub(crate) fn is_foreign(statement: &Statement, catalog: &CatalogIndex, session: &Session, unknown_type: bool) -> bool {
    let mut search = Search { catalog, session, ctes: HashSet::new(), relations: 0 };
    if statement.visit(&mut search).is_break() {
        return true;
    }
    // A type that PostgreSQL does not have may be one of the query engine's.
    unknown_type && search.relations == 0
}

/// The number of the relation that a name with or without schema means.
pub(super) fn relation(catalog: &CatalogIndex, session: &Session, schema: Option<&str>, name: &str) -> Option<usize> {
    if let Some(schema) = schema {
        return catalog.find(schema, name);
    }
    let explicit = session.search_path.iter().any(|s| s == "pg_catalog");
    let implicit = if explicit { None } else { Some("pg_catalog") };
    for schema in implicit.into_iter().chain(session.search_path.iter().map(String::as_str)) {
        if let Some(found) = catalog.find(schema, name) {
            return Some(found);
        }
        // A user's own table comes first where its schema does.
        let own = catalog.catalog().schemas.iter().find(|s| s.name == schema);
        if own.is_some_and(|s| s.tables.iter().any(|t| t.name == name)) {
            return None;
        }
    }
    None
}

impl Visitor for Search<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for cte in query.with.iter().flat_map(|w| &w.cte_tables) {
            self.ctes.insert(folded(&cte.alias.name));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, args: None, .. } = factor else { return ControlFlow::Continue(()) };
        self.relations += 1;
        let parts = object_parts(name);
        let found = match parts.as_slice() {
            [name] => self.ctes.contains(name) || relation(self.catalog, self.session, None, name).is_some(),
            [schema, _] | [_, schema, _] => schema == "pg_catalog" || schema == "information_schema",
            _ => true,
        };
        if found { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let parts = object_parts(&function.name);
        let found = match parts.as_slice() {
            [name] => super::call::is_known(None, name),
            [schema, name] => super::call::is_known(Some(schema), name),
            _ => true,
        };
        if found { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// Whether any function has this name.
pub(super) fn known(schema: Option<&str>, name: &str) -> bool {
    !functions::named(schema, name).is_empty()
}
