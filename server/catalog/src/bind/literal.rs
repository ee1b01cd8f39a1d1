//! Constants and parameters.

use sqlparser::ast::{TypedString, Value as Literal, ValueWithSpan};

use super::{Bind, Binder, Bound, unsupported};
use crate::cast::Context;
use crate::error::PgError;
use crate::plan::Expr;
use crate::types;
use crate::value::{Numeric, Value};

/// How many parameters the protocol has room for.
const MOST_PARAMETERS: usize = 65_535;

impl Binder<'_> {
    pub(super) fn literal(&mut self, value: &ValueWithSpan) -> Bind<Bound> {
        let at = self.start(value.span);
        let text = |s: &str| Bound::new(Expr::Const(Value::text(s)), types::UNKNOWN, at);
        Ok(match &value.value {
            Literal::Number(n, _) => number(&n.to_string(), at)?,
            Literal::SingleQuotedString(s)
            | Literal::EscapedStringLiteral(s)
            | Literal::UnicodeStringLiteral(s)
            | Literal::NationalStringLiteral(s) => text(s),
            Literal::DollarQuotedString(s) => text(&s.value),
            Literal::Boolean(b) => Bound::new(Expr::Const(Value::Bool(*b)), types::BOOL, at),
            Literal::Null => Bound::new(Expr::Const(Value::Null), types::UNKNOWN, at),
            Literal::Placeholder(name) => self.parameter(name, at)?,
            Literal::HexStringLiteral(s) => {
                let bits: Option<String> = s.chars().map(|c| Some(format!("{:04b}", c.to_digit(16)?))).collect();
                let bits = bits.ok_or_else(|| {
                    PgError::new("22P02", format!("\"{s}\" is not a valid hexadecimal string")).at(at)
                })?;
                Bound::new(Expr::Const(Value::text(bits)), types::BIT, at)
            }
            Literal::SingleQuotedByteStringLiteral(s) => Bound::new(Expr::Const(Value::text(s)), types::BIT, at),
            other => return Err(unsupported(&format!("the constant `{other}`"))),
        })
    }

    fn parameter(&mut self, name: &str, at: Option<usize>) -> Bind<Bound> {
        let number: usize = name
            .strip_prefix('$')
            .and_then(|n| n.parse().ok())
            .filter(|n| (1..=MOST_PARAMETERS).contains(n))
            .ok_or_else(|| PgError::new("42P02", format!("there is no parameter {name}")).at(at))?;
        if self.params.len() < number {
            self.params.resize(number, 0);
        }
        let ty = match self.params.get(number - 1) {
            Some(0) | None => types::UNKNOWN,
            Some(ty) => *ty,
        };
        Ok(Bound::new(Expr::Param(number - 1), ty, at))
    }

    /// `DATE '2024-01-31'`.
    pub(super) fn typed_string(&mut self, typed: &TypedString) -> Bind<Bound> {
        let (ty, typmod) = self.data_type(&typed.data_type)?;
        let bound = self.literal(&typed.value)?;
        self.coerce(bound, ty, typmod, Context::Explicit)
    }
}

/// A number: the first of `int4`, `int8` and `numeric` that holds it.
fn number(text: &str, at: Option<usize>) -> Bind<Bound> {
    if let Ok(n) = text.parse::<i64>() {
        let ty = if i32::try_from(n).is_ok() { types::INT4 } else { types::INT8 };
        return Ok(Bound::new(Expr::Const(Value::Int(n)), ty, at));
    }
    let n = Numeric::parse(text)
        .ok_or_else(|| PgError::new("22003", format!("value \"{text}\" overflows numeric format")).at(at))?;
    Ok(Bound::new(Expr::Const(Value::Numeric(n.into())), types::NUMERIC, at))
}
