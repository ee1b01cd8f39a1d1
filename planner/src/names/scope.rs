//! What an identifier can mean at one place of a statement: the columns of the relations in `FROM`, the aliases of
//! `SELECT`, and the same of the queries around.

use datafusion::error::Result;
use datafusion::sql::sqlparser::ast::Ident;
use hyperslab_array::ArrayError;

use crate::statements::external;

/// The columns of a relation.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    /// Those whose names are known.
    pub names: Vec<String>,
    /// Whether these are all.
    pub complete: bool,
}

impl Columns {
    pub(super) fn all(names: impl IntoIterator<Item = String>) -> Self {
        Self { names: names.into_iter().collect(), complete: true }
    }

    pub(super) fn unknown() -> Self {
        Self::default()
    }

    pub(super) fn extend(&mut self, other: Columns) {
        self.names.extend(other.names);
        self.complete &= other.complete;
    }
}

/// One item of `FROM`.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// Its alias, or the parts of its name, as DataFusion knows them.
    pub qualifier: Vec<String>,
    pub columns: Columns,
}

/// An alias of `SELECT`, as written and as DataFusion knows it.
#[derive(Debug, Clone)]
pub(super) struct Alias {
    pub written: String,
    pub name: String,
}

/// Which of two meanings goes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Aliases {
    /// `WHERE`, `ON`, `SELECT`: aliases are not seen.
    Hidden,
    /// `GROUP BY`, `HAVING`, `QUALIFY`.
    AfterColumns,
    /// `ORDER BY`.
    BeforeColumns,
}

/// What is visible at one place.
#[derive(Debug, Clone)]
pub(super) struct Scope<'a> {
    pub relations: Vec<Relation>,
    pub aliases: Vec<Alias>,
    pub order: Aliases,
    pub outer: Option<&'a Scope<'a>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(outer: Option<&'a Scope<'a>>) -> Self {
        Self { relations: Vec::new(), aliases: Vec::new(), order: Aliases::Hidden, outer }
    }

    /// The real name of an unquoted column; `None` where it is not known here.
    ///
    /// # Errors
    /// When only its case is wrong, and several names would do.
    pub(super) fn column(&self, ident: &Ident) -> Result<Option<String>> {
        let columns = || self.relations.iter().flat_map(|r| &r.columns.names);
        let alias = || {
            let typed = self.aliases.iter().find(|a| a.written == ident.value || a.name == ident.value);
            typed.map(|a| a.name.clone())
        };
        let exact = || columns().find(|c| **c == ident.value).cloned();
        let found = match self.order {
            Aliases::Hidden => exact(),
            Aliases::AfterColumns => exact().or_else(alias),
            Aliases::BeforeColumns => alias().or_else(exact),
        };
        if found.is_some() {
            return Ok(found);
        }
        // An unknown column may be the exact one.
        if self.relations.iter().all(|r| r.columns.complete) {
            let aliases: &[Alias] = if self.order == Aliases::Hidden { &[] } else { &self.aliases };
            let all = columns().map(String::as_str).chain(aliases.iter().map(|a| a.name.as_str()));
            if let Some(found) = case_insensitive("column", &ident.value, all)? {
                return Ok(Some(found));
            }
        }
        self.outer.map_or(Ok(None), |outer| outer.column(ident))
    }

    /// The real names of `qualifier.column`, where a relation of this qualifier is visible.
    ///
    /// # Errors
    /// As [`Self::column`].
    pub(super) fn qualified(&self, qualifier: &[Ident], column: &Ident) -> Result<Option<Vec<String>>> {
        let Some(relation) = self.relation(qualifier)? else { return Ok(None) };
        let column = if column.quote_style.is_some() || relation.columns.names.contains(&column.value) {
            Some(column.value.clone())
        } else {
            case_insensitive("column", &column.value, relation.columns.names.iter().map(String::as_str))?
        };
        let tail = relation.qualifier.len().saturating_sub(qualifier.len());
        let mut parts: Vec<String> = relation.qualifier.iter().skip(tail).cloned().collect();
        parts.extend(column);
        Ok(Some(parts))
    }

    /// The relation that a qualifier names, exactly before in any case, here before around.
    ///
    /// # Errors
    /// When several would do in any case.
    pub(super) fn relation(&self, qualifier: &[Ident]) -> Result<Option<&Relation>> {
        let matches = |relation: &&Relation, exact: bool| {
            relation.qualifier.len() >= qualifier.len()
                && relation.qualifier.iter().rev().zip(qualifier.iter().rev()).all(|(real, typed)| {
                    *real == typed.value
                        || (!exact && typed.quote_style.is_none() && real.eq_ignore_ascii_case(&typed.value))
                })
        };
        if let Some(found) = self.relations.iter().find(|r| matches(r, true)) {
            return Ok(Some(found));
        }
        let found: Vec<&Relation> = self.relations.iter().filter(|r| matches(r, false)).collect();
        match found.as_slice() {
            [] => self.outer.map_or(Ok(None), |outer| outer.relation(qualifier)),
            [one] => Ok(Some(one)),
            many => {
                let typed: Vec<&str> = qualifier.iter().map(|i| i.value.as_str()).collect();
                Err(ambiguous("table", &typed.join("."), many.iter().map(|r| r.qualifier.join("."))))
            }
        }
    }
}

/// The one of `names` that differs from `typed` in case alone.
///
/// # Errors
/// When there are several.
pub(super) fn case_insensitive<'a>(
    what: &str,
    typed: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<Option<String>> {
    let mut found: Vec<&str> = names.filter(|n| n.eq_ignore_ascii_case(typed)).collect();
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).to_string())),
        many => Err(ambiguous(what, typed, many.iter().map(|n| (*n).to_string()))),
    }
}

fn ambiguous(what: &str, typed: &str, names: impl Iterator<Item = String>) -> datafusion::error::DataFusionError {
    let names: Vec<String> = names.map(|n| format!("`\"{n}\"`")).collect();
    external(
        ArrayError::argument(format!("{what} `{typed}` is ambiguous"))
            .hint(format!("name one of them exactly: {}", names.join(", "))),
    )
}
