//! Giving an expression the type that is expected, and finding the type that several have in common.

use super::{Bind, Binder, Bound, Fail};
use crate::cast::{Context, cast, context, same_form};
use crate::error::PgError;
use crate::eval::Env;
use crate::plan::{Expr, Type};
use crate::types;

impl Binder<'_> {
    /// The name of a type in messages.
    pub(super) fn type_name(&self, oid: u32) -> String {
        self.run.catalog.type_name(oid, None, self.run.session).unwrap_or_else(|| oid.to_string())
    }

    /// The expression as another type; the cast must happen in this context or an easier one.
    pub(super) fn coerce(&mut self, bound: Bound, to: u32, typmod: i32, when: Context) -> Bind<Bound> {
        let from = bound.oid();
        if let Expr::Param(at) = bound.expr
            && from == types::UNKNOWN
        {
            return Ok(self.decide_param(at, to, bound.at));
        }
        if from == to && (typmod < 0 || typmod == bound.ty.typmod) {
            return Ok(bound);
        }
        if matches!(to, types::ANY | types::UNKNOWN) || (to == types::RECORD && types::category(from) == 'C') {
            return Ok(bound);
        }
        match context(from, to) {
            Some(c) if c <= when => {}
            _ => {
                let (from, to) = (self.type_name(from), self.type_name(to));
                return Err(PgError::new("42846", format!("cannot cast type {from} to {to}")).at(bound.at).into());
            }
        }
        let explicit = when == Context::Explicit;
        let ty = Type { oid: to, typmod, fields: None };
        if let Expr::Const(value) = &bound.expr {
            let value = cast(self.run, value, from, to, typmod, explicit).map_err(|e| e.at(bound.at))?;
            return Ok(Bound { expr: Expr::Const(value), ty, at: bound.at });
        }
        if same_form(from, to) && typmod < 0 {
            return Ok(Bound { expr: bound.expr, ty, at: bound.at });
        }
        let expr = Expr::Cast { expr: Box::new(bound.expr), from, to, typmod, explicit };
        Ok(Bound { expr, ty, at: bound.at })
    }

    /// A parameter gets the type of the first place that expects one.
    pub(super) fn decide_param(&mut self, at: usize, to: u32, position: Option<usize>) -> Bound {
        let to = match to {
            types::ANY | types::UNKNOWN => types::TEXT,
            to => to,
        };
        let known = match self.params.get_mut(at) {
            Some(ty) if matches!(*ty, 0 | types::UNKNOWN) => {
                *ty = to;
                to
            }
            Some(ty) => *ty,
            None => to,
        };
        if known == to {
            return Bound::new(Expr::Param(at), to, position);
        }
        // Decided between its first mention and here.
        let expr = Expr::Cast { expr: Box::new(Expr::Param(at)), from: known, to, typmod: -1, explicit: false };
        Bound::new(expr, to, position)
    }

    pub(super) fn implicit(&mut self, bound: Bound, to: u32) -> Bind<Bound> {
        self.coerce(bound, to, -1, Context::Implicit)
    }

    /// What nobody gave a type is text.
    pub(super) fn settled(&mut self, bound: Bound) -> Bind<Bound> {
        if bound.unknown() { self.implicit(bound, types::TEXT) } else { Ok(bound) }
    }

    pub(super) fn boolean(&mut self, bound: Bound, what: &str) -> Bind<Bound> {
        if bound.oid() == types::BOOL || bound.unknown() {
            return self.implicit(bound, types::BOOL);
        }
        let name = self.type_name(bound.oid());
        let message = format!("argument of {what} must be type boolean, not type {name}");
        Err(PgError::new("42804", message).at(bound.at).into())
    }

    /// The type that all of several expressions can be turned into.
    pub(super) fn common_type(&self, all: &[Bound], what: &str) -> Bind<u32> {
        let mut common = types::UNKNOWN;
        for bound in all.iter().filter(|b| !b.unknown()) {
            let ty = bound.oid();
            if common == types::UNKNOWN {
                common = ty;
            } else if common != ty {
                if types::category(common) != types::category(ty) {
                    let (a, b) = (self.type_name(common), self.type_name(ty));
                    let message = format!("{what} types {a} and {b} cannot be matched");
                    return Err(PgError::new("42804", message).at(bound.at).into());
                }
                let implicit = |from, to| context(from, to) == Some(Context::Implicit);
                if !types::preferred(common) && implicit(common, ty) && !implicit(ty, common) {
                    common = ty;
                }
            }
        }
        Ok(if common == types::UNKNOWN { types::TEXT } else { common })
    }

    /// All expressions with the type that they have in common.
    pub(super) fn unify(&mut self, all: Vec<Bound>, what: &str) -> Bind<(Vec<Bound>, u32)> {
        let ty = self.common_type(&all, what)?;
        let all = all
            .into_iter()
            .map(|b| {
                let (from, at) = (b.oid(), b.at);
                self.implicit(b, ty).map_err(|e| match e {
                    Fail::Error(e) if e.code == "42846" => {
                        let (a, b) = (self.type_name(from), self.type_name(ty));
                        PgError::new("42846", format!("{what} could not convert type {a} to {b}")).at(at).into()
                    }
                    e => e,
                })
            })
            .collect::<Bind<_>>()?;
        Ok((all, ty))
    }

    /// Works an expression out now if it reads nothing.
    pub(super) fn folded_constant(&self, expr: Expr) -> Bind<Expr> {
        Ok(match &expr {
            Expr::Cast { expr: inner, .. } if matches!(**inner, Expr::Const(_)) => {
                Expr::Const(self.run.eval(&expr, Env { tuple: &[], parent: None })?)
            }
            _ => expr,
        })
    }
}
