//! What PostgreSQL calls a column that the query does not name.
//!
//! The rules are those of a name's strength: a column or a function gives a name of its own, a cast or a `CASE` only
//! where nothing in it does.

use hyperslab::datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType, Expr, FunctionArguments, Ident, ObjectName, Query, SelectItem, SetExpr, TrimWhereField,
};

use super::types;

/// What stands between a name and the number that makes it the only one of its query; no client writes it.
const MARK: char = '\u{e000}';

/// What a client is shown of the name of a column.
pub fn shown(name: &str) -> &str {
    name.split_once(MARK).map_or(name, |(name, _)| name)
}

/// A name that shows as `name` and is no other column's.
pub(super) fn marked(name: &str, number: usize) -> String {
    format!("{name}{MARK}{number}")
}

/// The name of an expression without an alias.
pub(super) fn of(expr: &Expr) -> String {
    named(expr).map_or_else(|| "?column?".to_string(), |name| name.text)
}

struct Name {
    text: String,
    /// Whether a cast around it leaves it as it is.
    is_strong: bool,
}

fn strong(text: impl Into<String>) -> Option<Name> {
    Some(Name { text: text.into(), is_strong: true })
}

fn weak(text: impl Into<String>) -> Option<Name> {
    Some(Name { text: text.into(), is_strong: false })
}

fn named(expr: &Expr) -> Option<Name> {
    match expr {
        Expr::Identifier(ident) => match sql_value(ident) {
            Some(word) => strong(word),
            None => strong(folded(ident)),
        },
        Expr::CompoundIdentifier(parts) => strong(folded(parts.last()?)),
        Expr::CompoundFieldAccess { root, .. } => named(root),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => named(inner),
        Expr::Cast { expr, data_type, .. } => cast(named(expr), data_type),
        Expr::TypedString(typed) => cast(None, &typed.data_type),
        Expr::Interval(_) => weak("interval"),
        Expr::Function(function) => match (last(&function.name), &function.args) {
            (name, FunctionArguments::Subquery(_)) if name == "array" => strong(name),
            (name, _) => strong(name),
        },
        Expr::Case { else_result, .. } => {
            let inner = else_result.as_deref().and_then(named).filter(|name| name.is_strong);
            inner.or_else(|| weak("case"))
        }
        Expr::Array(_) => strong("array"),
        Expr::Tuple(_) => strong("row"),
        Expr::Exists { negated: false, .. } => strong("exists"),
        Expr::Subquery(query) => of_query(query),
        Expr::Extract { .. } => strong("extract"),
        Expr::Ceil { .. } => strong("ceil"),
        Expr::Floor { .. } => strong("floor"),
        Expr::Position { .. } => strong("position"),
        Expr::Substring { shorthand: true, .. } => strong("substr"),
        Expr::Substring { .. } => strong("substring"),
        Expr::Overlay { .. } => strong("overlay"),
        Expr::AtTimeZone { .. } => strong("timezone"),
        Expr::BinaryOp { op: BinaryOperator::Overlaps, .. } => strong("overlaps"),
        Expr::Trim { trim_where, .. } => strong(match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            Some(TrimWhereField::Both) | None => "btrim",
        }),
        _ => None,
    }
}

/// A cast keeps a strong name, and else is called as its type.
fn cast(inner: Option<Name>, data_type: &DataType) -> Option<Name> {
    match inner {
        Some(name) if name.is_strong => Some(name),
        _ => weak(types::internal_name(data_type)),
    }
}

/// A query as a value is called as its column.
fn of_query(query: &Query) -> Option<Name> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    match select.projection.first()? {
        SelectItem::UnnamedExpr(expr) => named(expr).map(|name| Name { is_strong: true, ..name }),
        SelectItem::ExprWithAlias { alias, .. } => strong(folded(alias)),
        _ => None,
    }
}

/// The name that an identifier means: in lower case, unless it is quoted.
pub(super) fn folded(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}

/// The last part of a name.
pub(super) fn last(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(folded).unwrap_or_default()
}

/// The words without parentheses that are values and no columns.
pub(super) fn sql_value(ident: &Ident) -> Option<&'static str> {
    const WORDS: [&str; 11] = [
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "localtime",
        "localtimestamp",
        "session_user",
        "user",
    ];
    match ident.quote_style {
        Some(_) => None,
        None => WORDS.into_iter().find(|word| ident.value.eq_ignore_ascii_case(word)),
    }
}
