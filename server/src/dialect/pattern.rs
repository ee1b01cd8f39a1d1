//! Patterns: `LIKE` with another escape, `SIMILAR TO`, and the part of a text that a regular expression finds.

use hyperslab::datafusion::sql::sqlparser::ast::{AccessExpr, BinaryOperator, Expr, Subscript, Value, ValueWithSpan};

use super::expr::{call, infix, text};
use super::query::{number, unsupported};
use crate::error::ServerError;

type Result<T> = std::result::Result<T, ServerError>;

fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => Some(text),
        _ => None,
    }
}

/// Whether an expression is a text that is no number.
pub(super) fn is_text(expr: &Expr) -> bool {
    literal(expr).is_some_and(|text| text.parse::<i64>().is_err())
}

/// The character of an `ESCAPE`; `None` where there is to be no escape at all.
fn escape(written: Option<ValueWithSpan>) -> Result<Option<char>> {
    let Some(written) = written else { return Ok(Some('\\')) };
    let (Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text)) = &written.value else {
        return Err(unsupported("an `ESCAPE` that is no text"));
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (one, None) => Ok(one),
        _ => Err(unsupported("an `ESCAPE` of several characters")),
    }
}

/// A pattern of `LIKE` in which the backslash escapes, whatever did before.
pub(super) fn escaped(pattern: Expr, written: Option<ValueWithSpan>) -> Result<(Expr, Option<ValueWithSpan>)> {
    let escape = escape(written)?;
    if escape == Some('\\') {
        return Ok((pattern, None));
    }
    let Some(text_of) = literal(&pattern) else {
        return Err(unsupported("an `ESCAPE` for a pattern that is no literal"));
    };
    let mut out = String::new();
    let mut chars = text_of.chars();
    while let Some(c) = chars.next() {
        match c {
            c if Some(c) == escape => out.extend(chars.next().into_iter().flat_map(|c| ['\\', c])),
            '\\' => out.push_str("\\\\"),
            c => out.push(c),
        }
    }
    Ok((text(&out), None))
}

/// `SIMILAR TO` as a regular expression for the whole text.
pub(super) fn similar(expr: Expr, pattern: Expr, written: Option<ValueWithSpan>, negated: bool) -> Result<Expr> {
    let escape = escape(written)?;
    let Some(pattern) = literal(&pattern) else {
        return Err(unsupported("`SIMILAR TO` with a pattern that is no literal"));
    };
    let mut regex = String::from("^(?:");
    let mut chars = pattern.chars();
    let mut is_in_class = false;
    while let Some(c) = chars.next() {
        match c {
            c if Some(c) == escape => regex.extend(chars.next().into_iter().flat_map(|c| ['\\', c])),
            '[' | ']' => {
                is_in_class = c == '[';
                regex.push(c);
            }
            c if is_in_class => regex.push(c),
            '%' => regex.push_str("(?s:.*)"),
            '_' => regex.push_str("(?s:.)"),
            '(' => regex.push_str("(?:"),
            '.' | '^' | '$' | '\\' => regex.extend(['\\', c]),
            c => regex.push(c),
        }
    }
    regex.push_str(")$");
    let op = if negated { BinaryOperator::PGRegexNotMatch } else { BinaryOperator::PGRegexMatch };
    Ok(infix(expr, op, text(&regex)))
}

/// `substring(x from 'pattern')`: what the pattern finds, or its first group.
pub(super) fn substring(expr: Expr, pattern: Expr) -> Expr {
    Expr::CompoundFieldAccess {
        root: Box::new(call("regexp_match", vec![expr, pattern])),
        access_chain: vec![AccessExpr::Subscript(Subscript::Index { index: number(1) })],
    }
}
