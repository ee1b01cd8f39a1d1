//! The name that a column of an answer gets if it has no alias.

use sqlparser::ast::{AccessExpr, DataType, Expr, Ident, ObjectName, Query, SelectItem, SetExpr, Subscript};

use super::scope::folded;
use super::ty::object_parts;

/// The name of an expression as a column.
pub(super) fn label(expr: &Expr) -> String {
    named(expr, 0).map_or_else(|| "?column?".to_string(), |(name, _)| name)
}

/// A name, and whether it is more than the name of a type or of `CASE`.
fn named(expr: &Expr, depth: usize) -> Option<(String, bool)> {
    if depth > 100 {
        return None;
    }
    let inner = |e: &Expr| named(e, depth + 1);
    let strong = |name: &str| Some((name.to_string(), true));
    match expr {
        Expr::Identifier(ident) => match (keyword_function(ident), ident.quote_style) {
            (Some(name), None) => strong(name),
            _ => Some((folded(ident), true)),
        },
        Expr::CompoundIdentifier(idents) => idents.last().map(|i| (folded(i), true)),
        Expr::CompoundFieldAccess { root, access_chain } => {
            for access in access_chain.iter().rev() {
                match access {
                    AccessExpr::Dot(Expr::Identifier(ident)) => return Some((folded(ident), true)),
                    AccessExpr::Dot(_) => return None,
                    AccessExpr::Subscript(Subscript::Index { .. } | Subscript::Slice { .. }) => {}
                }
            }
            inner(root)
        }
        Expr::Nested(e) => inner(e),
        Expr::Collate { expr, .. } => inner(expr),
        Expr::Function(f) => match nullif_like(&f.name) {
            Some(name) => strong(name),
            None => f.name.0.last().map(|p| match p.as_ident() {
                Some(ident) => (folded(ident), true),
                None => (p.to_string().to_lowercase(), true),
            }),
        },
        Expr::Cast { expr, data_type, .. } => match inner(expr) {
            Some((name, true)) => Some((name, true)),
            _ => Some((type_label(data_type), false)),
        },
        Expr::TypedString(t) => Some((type_label(&t.data_type), false)),
        Expr::Interval(_) => Some(("interval".into(), false)),
        Expr::Case { else_result, .. } => match else_result.as_deref().and_then(inner) {
            Some((name, true)) => Some((name, true)),
            _ => Some(("case".into(), false)),
        },
        Expr::Exists { negated: false, .. } => strong("exists"),
        Expr::Subquery(query) => first_label(query, depth),
        Expr::Array(_) => strong("array"),
        Expr::Tuple(_) => strong("row"),
        Expr::Position { .. } => strong("position"),
        Expr::Substring { shorthand: true, .. } => strong("substr"),
        Expr::Substring { .. } => strong("substring"),
        Expr::Overlay { .. } => strong("overlay"),
        Expr::Extract { .. } => strong("extract"),
        Expr::Ceil { .. } => strong("ceil"),
        Expr::Floor { .. } => strong("floor"),
        Expr::AtTimeZone { .. } => strong("timezone"),
        Expr::Trim { trim_where, .. } => strong(match trim_where {
            Some(sqlparser::ast::TrimWhereField::Leading) => "ltrim",
            Some(sqlparser::ast::TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        Expr::IsNormalized { negated: false, .. } => strong("is_normalized"),
        _ => None,
    }
}

/// Words that are functions without parentheses.
pub(super) fn keyword_function(ident: &Ident) -> Option<&'static str> {
    if ident.quote_style.is_some() {
        return None;
    }
    const WORDS: &[&str] = &[
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
    WORDS.iter().copied().find(|w| ident.value.eq_ignore_ascii_case(w))
}

/// Functions that are written like others but are part of the grammar.
fn nullif_like(name: &ObjectName) -> Option<&'static str> {
    match object_parts(name).as_slice() {
        [one] => match one.as_str() {
            "nullif" => Some("nullif"),
            "coalesce" => Some("coalesce"),
            "greatest" => Some("greatest"),
            "least" => Some("least"),
            "row" => Some("row"),
            _ => None,
        },
        _ => None,
    }
}

/// A subquery is named after its first column.
fn first_label(query: &Query, depth: usize) -> Option<(String, bool)> {
    let mut body = &*query.body;
    loop {
        match body {
            SetExpr::Query(query) => body = &query.body,
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Select(select) => {
                return match select.projection.first()? {
                    SelectItem::UnnamedExpr(e) => named(e, depth + 1)
                        .map(|(name, _)| (name, true))
                        .or_else(|| Some(("?column?".to_string(), true))),
                    SelectItem::ExprWithAlias { alias, .. } => Some((folded(alias), true)),
                    _ => None,
                };
            }
            SetExpr::Values(_) => return Some(("column1".into(), true)),
            _ => return None,
        }
    }
}

/// The internal name of a type as it is written.
fn type_label(ty: &DataType) -> String {
    use sqlparser::ast::{ArrayElemTypeDef, TimezoneInfo};
    match ty {
        DataType::Array(ArrayElemTypeDef::SquareBracket(e, _) | ArrayElemTypeDef::AngleBracket(e)) => type_label(e),
        DataType::Custom(name, _) => object_parts(name).pop().unwrap_or_default(),
        DataType::Boolean | DataType::Bool => "bool".into(),
        DataType::SmallInt(_) | DataType::Int2(_) => "int2".into(),
        DataType::Int(_) | DataType::Integer(_) | DataType::Int4(_) => "int4".into(),
        DataType::BigInt(_) | DataType::Int8(_) => "int8".into(),
        DataType::Real | DataType::Float4 => "float4".into(),
        DataType::Float(_) | DataType::Float8 | DataType::Double(_) | DataType::DoublePrecision => "float8".into(),
        DataType::Numeric(_) | DataType::Decimal(_) | DataType::Dec(_) => "numeric".into(),
        DataType::Varchar(_) | DataType::CharacterVarying(_) | DataType::CharVarying(_) => "varchar".into(),
        DataType::Char(_) | DataType::Character(_) => "bpchar".into(),
        DataType::Time(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => "timetz".into(),
        DataType::Time(..) => "time".into(),
        DataType::Timestamp(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => "timestamptz".into(),
        DataType::Timestamp(..) => "timestamp".into(),
        DataType::Interval { .. } => "interval".into(),
        DataType::BitVarying(_) | DataType::VarBit(_) => "varbit".into(),
        other => other.to_string().to_lowercase(),
    }
}
