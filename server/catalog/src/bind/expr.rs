//! Expressions.

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CeilFloorKind, DateTimeField, Expr as Ast, Interval, Subscript,
    TrimWhereField, UnaryOperator, Value as Literal, ValueWithSpan,
};

use super::label::keyword_function;
use super::query::ordinal;
use super::{Bind, Binder, Bound, Fail, unsupported};
use crate::cast::Context;
use crate::error::PgError;
use crate::plan::{Expr, SubqueryKind, Type};
use crate::types;
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn expr(&mut self, expr: &Ast) -> Bind<Bound> {
        let mark = self.frames.last().map_or(0, |f| f.ungrouped.len());
        let bound = self.deeper(|b| b.expr_deep(expr))?;
        Ok(self.grouped_since(bound, Some(mark)))
    }

    fn expr_deep(&mut self, expr: &Ast) -> Bind<Bound> {
        let at = self.at(expr);
        match expr {
            Ast::Identifier(ident) => match keyword_function(ident) {
                Some(name) => self.function(&["pg_catalog".into(), name.into()], Vec::new(), self.start(ident.span)),
                None => self.column(ident),
            },
            Ast::CompoundIdentifier(idents) => self.compound(idents),
            Ast::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Ast::Value(value) => self.literal(value),
            Ast::TypedString(typed) => self.typed_string(typed),
            Ast::Prefixed { .. } => Err(unsupported("a prefix of a constant")),
            Ast::Nested(inner) => self.expr(inner),
            Ast::Collate { expr, .. } => {
                let bound = self.expr(expr)?;
                if bound.unknown() { self.implicit(bound, types::TEXT) } else { Ok(bound) }
            }
            Ast::Cast { expr, data_type, .. } => self.cast(expr, data_type),
            Ast::Interval(interval) => self.interval(interval),
            Ast::BinaryOp { left, op, right } => self.binary_expr(left, op, right),
            Ast::UnaryOp { op, expr } => self.unary_expr(*op, expr),
            Ast::IsNull(inner) => self.is_null(inner, false),
            Ast::IsNotNull(inner) => self.is_null(inner, true),
            Ast::IsTrue(e) => self.is_bool(e, Some(true), false, "IS TRUE"),
            Ast::IsNotTrue(e) => self.is_bool(e, Some(true), true, "IS NOT TRUE"),
            Ast::IsFalse(e) => self.is_bool(e, Some(false), false, "IS FALSE"),
            Ast::IsNotFalse(e) => self.is_bool(e, Some(false), true, "IS NOT FALSE"),
            Ast::IsUnknown(e) => self.is_bool(e, None, false, "IS UNKNOWN"),
            Ast::IsNotUnknown(e) => self.is_bool(e, None, true, "IS NOT UNKNOWN"),
            Ast::IsDistinctFrom(a, b) => self.is_distinct(a, b, false),
            Ast::IsNotDistinctFrom(a, b) => self.is_distinct(a, b, true),
            Ast::InList { expr, list, negated } => self.in_list(expr, list, *negated),
            Ast::InSubquery { expr, subquery, negated } => {
                let left = self.row_or_value(expr)?;
                let any = self.quantified_subquery(left, "=", subquery, false, at)?;
                Ok(if *negated { not(any) } else { any })
            }
            Ast::Between { expr, negated, low, high } => self.between(expr, low, high, *negated),
            Ast::Like { negated, any, expr, pattern, escape_char } => {
                let op = if *negated { "!~~" } else { "~~" };
                self.like(op, expr, pattern, escape_char.as_ref(), *any)
            }
            Ast::ILike { negated, any, expr, pattern, escape_char } => {
                let op = if *negated { "!~~*" } else { "~~*" };
                self.like(op, expr, pattern, escape_char.as_ref(), *any)
            }
            Ast::SimilarTo { negated, expr, pattern, escape_char } => {
                let left = self.expr(expr)?;
                let pattern = self.expr(pattern)?;
                let mut args = vec![pattern];
                if let Some(escape) = escape_char {
                    args.push(self.literal(escape)?);
                }
                let regex = self.function(&["similar_to_escape".into()], args, None)?;
                self.binary(if *negated { "!~" } else { "~" }, left, regex, at)
            }
            Ast::AnyOp { left, compare_op, right, .. } => self.quantified(left, compare_op, right, false),
            Ast::AllOp { left, compare_op, right } => self.quantified(left, compare_op, right, true),
            Ast::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Ast::Function(function) => self.function_expr(function),
            Ast::Exists { subquery, negated } => {
                let (plan, _) = self.subplan(subquery)?;
                let exists = Bound::new(Expr::Subquery { plan, kind: SubqueryKind::Exists }, types::BOOL, at);
                Ok(if *negated { not(exists) } else { exists })
            }
            Ast::Subquery(query) => {
                let (plan, fields) = self.subplan(query)?;
                match fields.as_slice() {
                    [one] => {
                        let expr = Expr::Subquery { plan, kind: SubqueryKind::Scalar };
                        Ok(Bound { expr, ty: one.ty.clone(), at })
                    }
                    _ => Err(PgError::new("42601", "subquery must return only one column").at(at).into()),
                }
            }
            Ast::Tuple(parts) => {
                let parts = parts.iter().map(|p| self.expr(p)).collect::<Bind<Vec<_>>>()?;
                self.row(parts, at)
            }
            Ast::Array(array) => self.array(&array.elem, at),
            Ast::AtTimeZone { timestamp, time_zone } => {
                let (time, zone) = (self.expr(timestamp)?, self.expr(time_zone)?);
                self.function(&["pg_catalog".into(), "timezone".into()], vec![zone, time], at)
            }
            Ast::Extract { field, expr, .. } => {
                let inner = self.expr(expr)?;
                let field = Bound::new(Expr::Const(Value::text(field_name(field))), types::TEXT, None);
                self.function(&["pg_catalog".into(), "extract".into()], vec![field, inner], at)
            }
            Ast::Ceil { expr, field } => self.rounded("ceil", expr, field),
            Ast::Floor { expr, field } => self.rounded("floor", expr, field),
            Ast::Position { expr, r#in } => {
                let (part, whole) = (self.expr(expr)?, self.expr(r#in)?);
                self.function(&["pg_catalog".into(), "position".into()], vec![whole, part], at)
            }
            Ast::Substring { expr, substring_from, substring_for, .. } => {
                let mut args = vec![self.expr(expr)?];
                match (substring_from, substring_for) {
                    (None, Some(count)) => {
                        args.push(Bound::new(Expr::Const(Value::Int(1)), types::INT4, None));
                        args.push(self.expr(count)?);
                    }
                    (from, count) => {
                        for part in [from, count].into_iter().flatten() {
                            args.push(self.expr(part)?);
                        }
                    }
                }
                self.function(&["pg_catalog".into(), "substring".into()], args, at)
            }
            Ast::Trim { expr, trim_where, trim_what, trim_characters } => {
                let name = match trim_where {
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                    _ => "btrim",
                };
                let mut args = vec![self.expr(expr)?];
                for part in trim_what.iter().map(|w| &**w).chain(trim_characters.iter().flatten()) {
                    args.push(self.expr(part)?);
                }
                self.function(&["pg_catalog".into(), name.into()], args, at)
            }
            Ast::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                let mut args = vec![self.expr(expr)?, self.expr(overlay_what)?, self.expr(overlay_from)?];
                if let Some(count) = overlay_for {
                    args.push(self.expr(count)?);
                }
                self.function(&["pg_catalog".into(), "overlay".into()], args, at)
            }
            _ => Err(unsupported("this expression")),
        }
    }

    fn cast(&mut self, expr: &Ast, data_type: &sqlparser::ast::DataType) -> Bind<Bound> {
        let (ty, typmod) = self.data_type(data_type)?;
        // `ARRAY[]::text[]` takes its element type from the cast.
        if let Ast::Array(array) = expr
            && let Some(element) = types::element_of(ty)
        {
            if array.elem.is_empty() {
                let empty = Expr::Array { elements: Vec::new(), nested: false };
                return Ok(Bound::new(empty, ty, self.at(&expr)));
            }
            let elements = array.elem.iter().map(|e| self.expr(e)).collect::<Bind<Vec<_>>>()?;
            if elements.iter().all(|e| types::element_of(e.oid()).is_none()) {
                let elements = elements
                    .into_iter()
                    .map(|e| Ok(self.coerce(e, element, typmod, Context::Explicit)?.expr))
                    .collect::<Bind<Vec<_>>>()?;
                return Ok(Bound::new(Expr::Array { elements, nested: false }, ty, self.at(&expr)));
            }
        }
        let bound = self.expr(expr)?;
        let at = bound.at;
        let cast = self.coerce(bound, ty, typmod, Context::Explicit)?;
        Ok(Bound { at, ty: Type { oid: ty, typmod, fields: cast.ty.fields.clone() }, ..cast })
    }

    fn interval(&mut self, interval: &Interval) -> Bind<Bound> {
        let at = self.at(&interval.value);
        let unit = interval.leading_field.as_ref().map(|f| f.to_string().to_lowercase());
        let value = match (&*interval.value, unit) {
            (Ast::Value(ValueWithSpan { value: Literal::SingleQuotedString(s), .. }), Some(unit)) => {
                // A bare number has the unit that stands behind it.
                let bare = s.trim().parse::<f64>().is_ok();
                Value::text(if bare { format!("{s} {unit}") } else { s.clone() })
            }
            (Ast::Value(ValueWithSpan { value: Literal::SingleQuotedString(s), .. }), None) => Value::text(s),
            (Ast::Value(ValueWithSpan { value: Literal::Number(n, _), .. }), Some(unit)) => {
                Value::text(format!("{n} {unit}"))
            }
            _ => return Err(unsupported("this interval")),
        };
        let text = Bound::new(Expr::Const(value), types::UNKNOWN, at);
        self.coerce(text, types::INTERVAL, -1, Context::Explicit)
    }

    fn is_null(&mut self, inner: &Ast, negated: bool) -> Bind<Bound> {
        let bound = self.expr(inner)?;
        let bound = self.settled(bound)?;
        let at = bound.at;
        Ok(Bound::new(Expr::IsNull { expr: Box::new(bound.expr), negated }, types::BOOL, at))
    }

    fn is_bool(&mut self, inner: &Ast, wanted: Option<bool>, negated: bool, what: &str) -> Bind<Bound> {
        let bound = self.expr(inner)?;
        let bound = self.boolean(bound, what)?;
        let at = bound.at;
        Ok(Bound::new(Expr::IsBool { expr: Box::new(bound.expr), wanted, negated }, types::BOOL, at))
    }

    fn is_distinct(&mut self, a: &Ast, b: &Ast, negated: bool) -> Bind<Bound> {
        let position = self.before(b);
        let (a, b) = (self.expr(a)?, self.expr(b)?);
        let at = a.at;
        let equal = self.binary("=", a, b, position)?;
        let Expr::Compare { left, right, .. } = equal.expr else { return Err(unsupported("this comparison")) };
        Ok(Bound::new(Expr::IsDistinct { left, right, negated }, types::BOOL, at))
    }

    fn in_list(&mut self, expr: &Ast, list: &[Ast], negated: bool) -> Bind<Bound> {
        let position = list.first().and_then(|first| self.before(first));
        let left = self.row_or_value(expr)?;
        let op = if negated { "<>" } else { "=" };
        let items = list.iter().map(|e| self.expr(e)).collect::<Bind<Vec<_>>>()?;
        // Constants of one type are compared as an array.
        if items.len() > 1 && left.ty.fields.is_none() && items.iter().all(|i| i.ty.fields.is_none()) {
            let mut all = vec![left.clone()];
            all.extend(items.iter().cloned());
            if let Ok(common) = self.common_type(&all, "IN")
                && common != types::RECORD
                && let Some(array) = crate::names::array_type(self.run, common)
            {
                let elements =
                    items.into_iter().map(|i| Ok(self.implicit(i, common)?.expr)).collect::<Bind<Vec<_>>>()?;
                let constants: Option<Vec<Value>> = elements
                    .iter()
                    .map(|e| match e {
                        Expr::Const(v) => Some(v.clone()),
                        _ => None,
                    })
                    .collect();
                let expr = match constants {
                    Some(values) => Expr::Const(Value::array(values)),
                    None => Expr::Array { elements, nested: false },
                };
                return self.quantified_array(left, op, Bound::new(expr, array, None), negated, position);
            }
        }
        let mut parts = Vec::new();
        let at = left.at;
        for item in items {
            parts.push(self.binary(op, left.clone(), item, position)?.expr);
        }
        let expr = match (parts.len(), negated) {
            (1, _) => parts.into_iter().next().unwrap_or(Expr::Const(Value::Null)),
            (_, true) => Expr::And(parts),
            (_, false) => Expr::Or(parts),
        };
        Ok(Bound::new(expr, types::BOOL, at))
    }

    fn between(&mut self, expr: &Ast, low: &Ast, high: &Ast, negated: bool) -> Bind<Bound> {
        let position = self.before(low);
        let value = self.expr(expr)?;
        let (low, high) = (self.expr(low)?, self.expr(high)?);
        let at = value.at;
        let (below, above) = if negated { ("<", ">") } else { (">=", "<=") };
        let parts = vec![
            self.binary(below, value.clone(), low, position)?.expr,
            self.binary(above, value, high, position)?.expr,
        ];
        let expr = if negated { Expr::Or(parts) } else { Expr::And(parts) };
        Ok(Bound::new(expr, types::BOOL, at))
    }

    fn like(&mut self, op: &str, expr: &Ast, pattern: &Ast, escape: Option<&ValueWithSpan>, any: bool) -> Bind<Bound> {
        let position = self.before(pattern);
        let left = self.expr(expr)?;
        let mut right = self.expr(pattern)?;
        if any {
            return self.quantified_array(left, op, right, false, position);
        }
        if let Some(escape) = escape {
            let escape = self.literal(escape)?;
            right = self.function(&["pg_catalog".into(), "like_escape".into()], vec![right, escape], position)?;
        }
        self.binary(op, left, right, position)
    }

    fn case(&mut self, operand: Option<&Ast>, arms: &[CaseWhen], otherwise: Option<&Ast>) -> Bind<Bound> {
        let operand = operand.map(|o| self.expr(o)).transpose()?;
        let operand = operand.map(|o| self.settled(o)).transpose()?;
        let at = arms.first().and_then(|a| self.at(&a.condition));
        let mut conditions = Vec::new();
        // The type of the last result counts first when they are matched.
        let mut results = Vec::new();
        for arm in arms {
            let condition = self.expr(&arm.condition)?;
            let condition = match &operand {
                Some(operand) => {
                    let position = condition.at;
                    self.binary("=", operand.clone(), condition, position)?
                }
                None => self.boolean(condition, "CASE/WHEN")?,
            };
            conditions.push(condition.expr);
            results.push(self.expr(&arm.result)?);
        }
        let otherwise = otherwise.map(|o| self.expr(o)).transpose()?;
        let has_otherwise = otherwise.is_some();
        let mut all: Vec<Bound> = otherwise.into_iter().collect();
        all.extend(results);
        let fields = all.iter().find_map(|b| b.ty.fields.clone());
        let typmod = same_typmod(&all);
        let (all, oid) = self.unify(all, "CASE")?;
        let mut all = all.into_iter().map(|b| b.expr);
        let otherwise = if has_otherwise { all.next().map(Box::new) } else { None };
        let arms = conditions.into_iter().zip(all).collect();
        Ok(Bound { expr: Expr::Case { arms, otherwise }, ty: Type { oid, typmod, fields }, at })
    }

    /// `a[1]`, `a[1:2]`, `(row).field`.
    fn access(&mut self, root: &Ast, chain: &[AccessExpr]) -> Bind<Bound> {
        let mut bound = match self.dotted_root(root, chain)? {
            Some((bound, used)) => {
                return self.access_rest(bound, chain.get(used..).unwrap_or(&[]));
            }
            None => self.expr(root)?,
        };
        if matches!(root, Ast::Nested(_)) && bound.ty.fields.is_none() {
            bound = self.settled(bound)?;
        }
        self.access_rest(bound, chain)
    }

    /// `t.a[1]`: the parser gives the name piece by piece.
    fn dotted_root(&mut self, root: &Ast, chain: &[AccessExpr]) -> Bind<Option<(Bound, usize)>> {
        let mut idents = match root {
            Ast::Identifier(ident) => vec![ident.clone()],
            Ast::CompoundIdentifier(idents) => idents.clone(),
            _ => return Ok(None),
        };
        let before = idents.len();
        for access in chain {
            match access {
                AccessExpr::Dot(Ast::Identifier(ident)) => idents.push(ident.clone()),
                _ => break,
            }
        }
        let used = idents.len() - before;
        if used == 0 {
            return Ok(None);
        }
        Ok(Some((self.compound(&idents)?, used)))
    }

    fn access_rest(&mut self, mut bound: Bound, chain: &[AccessExpr]) -> Bind<Bound> {
        let mut rest = chain.iter().peekable();
        while let Some(access) = rest.next() {
            match access {
                AccessExpr::Dot(Ast::Identifier(ident)) => {
                    bound = self.field(bound, &super::scope::folded(ident), self.start(ident.span))?;
                }
                AccessExpr::Dot(_) => return Err(unsupported("this access to a field")),
                AccessExpr::Subscript(first) => {
                    let mut subscripts = vec![first];
                    while let Some(AccessExpr::Subscript(next)) = rest.peek() {
                        subscripts.push(next);
                        rest.next();
                    }
                    bound = self.subscript(bound, &subscripts)?;
                }
            }
        }
        Ok(bound)
    }

    pub(super) fn field(&mut self, bound: Bound, name: &str, at: Option<usize>) -> Bind<Bound> {
        let Some(fields) = &bound.ty.fields else {
            let ty = self.type_name(bound.oid());
            let message = format!("column notation .{name} applied to type {ty}, which is not a composite type");
            return Err(PgError::new("42809", message).at(at).into());
        };
        let Some(place) = fields.iter().position(|f| f.name == name) else {
            let message = format!("column \"{name}\" not found in data type record");
            return Err(PgError::new("42703", message).at(at).into());
        };
        let ty = fields.get(place).map_or_else(|| Type::plain(types::TEXT), |f| f.ty.clone());
        Ok(Bound { expr: Expr::Field { expr: Box::new(bound.expr), at: place }, ty, at: bound.at })
    }

    fn subscript(&mut self, array: Bound, subscripts: &[&Subscript]) -> Bind<Bound> {
        let Some(element) = types::element_of(array.oid()) else {
            let ty = self.type_name(array.oid());
            let message = format!("cannot subscript type {ty} because it does not support subscripting");
            return Err(PgError::new("42804", message).at(array.at).into());
        };
        let at = array.at;
        let sliced = subscripts.iter().any(|s| matches!(s, Subscript::Slice { .. }));
        if !sliced {
            let mut indexes = Vec::new();
            for s in subscripts {
                let Subscript::Index { index } = s else { continue };
                indexes.push(self.index(index)?);
            }
            let expr = Expr::Subscript { array: Box::new(array.expr), at: indexes };
            return Ok(Bound { expr, ty: Type { oid: element, typmod: array.ty.typmod, fields: None }, at });
        }
        let mut bounds = Vec::new();
        for s in subscripts {
            match s {
                Subscript::Index { index } => {
                    let one = Expr::Const(Value::Int(1));
                    bounds.push((Some(one), Some(self.index(index)?)));
                }
                Subscript::Slice { lower_bound, upper_bound, .. } => {
                    let lower = lower_bound.as_ref().map(|e| self.index(e)).transpose()?;
                    let upper = upper_bound.as_ref().map(|e| self.index(e)).transpose()?;
                    bounds.push((lower, upper));
                }
            }
        }
        let oid = match array.oid() {
            types::INT2VECTOR => types::INT2_ARRAY,
            types::OIDVECTOR => types::OID_ARRAY,
            other => other,
        };
        Ok(Bound::new(Expr::Slice { array: Box::new(array.expr), bounds }, oid, at))
    }

    fn index(&mut self, index: &Ast) -> Bind<Expr> {
        let bound = self.expr(index)?;
        Ok(self.coerce(bound, types::INT4, -1, Context::Assignment)?.expr)
    }

    /// `ARRAY[…]`; `[…]` inside it is another dimension.
    fn array(&mut self, elements: &[Ast], at: Option<usize>) -> Bind<Bound> {
        let bound = elements.iter().map(|e| self.expr(e)).collect::<Bind<Vec<_>>>()?;
        if bound.is_empty() {
            return Err(PgError::new("42P18", "cannot determine type of empty array")
                .with_hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
                .at(at)
                .into());
        }
        let (bound, ty) = self.unify(bound, "ARRAY")?;
        let nested = types::element_of(ty).is_some() && types::category(ty) == 'A';
        let array = if nested { Some(ty) } else { crate::names::array_type(self.run, ty) };
        let Some(array) = array else {
            let name = self.type_name(ty);
            return Err(PgError::new("42704", format!("could not find array type for data type {name}")).at(at).into());
        };
        let elements = bound.into_iter().map(|b| b.expr).collect();
        Ok(Bound::new(Expr::Array { elements, nested }, array, at))
    }

    /// `ROW(…)` and `(…, …)`.
    pub(super) fn row(&mut self, parts: Vec<Bound>, at: Option<usize>) -> Bind<Bound> {
        // Constants stay without a type, for a comparison with another row to give them one.
        let fields: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(n, p)| crate::plan::Field { name: format!("f{}", n + 1), ty: p.ty.clone() })
            .collect();
        let ty = Type { oid: types::RECORD, typmod: -1, fields: Some(fields.into()) };
        Ok(Bound { expr: Expr::Record(parts.into_iter().map(|p| (p.ty.oid, p.expr)).collect()), ty, at })
    }

    /// The left side of a comparison with several values at once: parts of a row stay unsettled.
    pub(super) fn row_or_value(&mut self, expr: &Ast) -> Bind<Bound> {
        self.expr(expr)
    }

    fn rounded(&mut self, name: &str, expr: &Ast, field: &CeilFloorKind) -> Bind<Bound> {
        if !matches!(field, CeilFloorKind::DateTimeField(DateTimeField::NoDateTime)) {
            return Err(Fail::Foreign);
        }
        let bound = self.expr(expr)?;
        let at = bound.at;
        self.function(&["pg_catalog".into(), name.into()], vec![bound], at)
    }

    fn unary_expr(&mut self, op: UnaryOperator, expr: &Ast) -> Bind<Bound> {
        let at = self.at(&expr);
        if op == UnaryOperator::Minus
            && let Ast::Value(value) = expr
            && let Literal::Number(n, _) = &value.value
        {
            // So that the smallest numbers fit their type.
            let negative = ValueWithSpan {
                value: Literal::Number(format!("-{n}").parse().unwrap_or_else(|_| n.clone()), false),
                span: value.span,
            };
            if ordinal(&Ast::Value(negative.clone())).is_some() {
                return self.literal(&negative);
            }
        }
        let name = match op {
            UnaryOperator::Not => {
                let bound = self.expr(expr)?;
                return Ok(not(self.boolean(bound, "NOT")?));
            }
            UnaryOperator::Minus => "-",
            UnaryOperator::Plus => "+",
            UnaryOperator::BitwiseNot => "~",
            UnaryOperator::PGAbs => "@",
            UnaryOperator::PGSquareRoot => "|/",
            UnaryOperator::PGCubeRoot => "||/",
            _ => return Err(unsupported("this operator")),
        };
        let bound = self.expr(expr)?;
        self.prefix(name, bound, at)
    }

    fn binary_expr(&mut self, left: &Ast, op: &BinaryOperator, right: &Ast) -> Bind<Bound> {
        if matches!(op, BinaryOperator::And | BinaryOperator::Or) {
            return self.chain(left, op, right);
        }
        let name = operator_name(op)?;
        let position = self.before(right);
        let (l, r) = (self.expr(left)?, self.expr(right)?);
        self.binary(&name, l, r, position)
    }

    /// `a AND b AND c` as one expression, however long.
    fn chain(&mut self, left: &Ast, op: &BinaryOperator, right: &Ast) -> Bind<Bound> {
        let what = if *op == BinaryOperator::And { "AND" } else { "OR" };
        let mut parts = vec![right];
        let mut rest = left;
        while let Ast::BinaryOp { left, op: same, right } = rest
            && same == op
        {
            parts.push(right);
            rest = left;
        }
        parts.push(rest);
        let mut bound = Vec::with_capacity(parts.len());
        let mut at = None;
        for part in parts.into_iter().rev() {
            let part = self.expr(part)?;
            at = at.or(part.at);
            bound.push(self.boolean(part, what)?.expr);
        }
        let expr = if *op == BinaryOperator::And { Expr::And(bound) } else { Expr::Or(bound) };
        Ok(Bound::new(expr, types::BOOL, at))
    }
}

/// The modifier that all have, or none.
fn same_typmod(all: &[Bound]) -> i32 {
    let mut known = all.iter().filter(|b| !b.unknown());
    let Some(first) = known.next() else { return -1 };
    if known.all(|b| b.ty.typmod == first.ty.typmod && b.oid() == first.oid()) && all.iter().all(|b| !b.unknown()) {
        return first.ty.typmod;
    }
    -1
}

pub(super) fn not(bound: Bound) -> Bound {
    Bound { expr: Expr::Not(Box::new(bound.expr)), ..bound }
}

fn field_name(field: &DateTimeField) -> String {
    match field {
        DateTimeField::Custom(ident) => ident.value.to_lowercase(),
        other => other.to_string().trim_matches('\'').to_lowercase(),
    }
}

/// The name of an operator as `pg_operator` has it.
pub(super) fn operator_name(op: &BinaryOperator) -> Bind<String> {
    use BinaryOperator as B;
    Ok(match op {
        B::NotEq => "<>".into(),
        B::PGBitwiseXor => "#".into(),
        B::PGExp => "^".into(),
        B::PGLikeMatch => "~~".into(),
        B::PGILikeMatch => "~~*".into(),
        B::PGNotLikeMatch => "!~~".into(),
        B::PGNotILikeMatch => "!~~*".into(),
        B::PGCustomBinaryOperator(parts) => match parts.as_slice() {
            [one] => one.clone(),
            [schema, one] if schema.eq_ignore_ascii_case("pg_catalog") => one.clone(),
            _ => return Err(PgError::new("42883", format!("operator does not exist: {}", parts.join("."))).into()),
        },
        B::Custom(name) => name.clone(),
        B::Xor | B::DuckIntegerDivide | B::MyIntegerDivide | B::Match | B::Regexp | B::Assignment => {
            return Err(unsupported("this operator"));
        }
        other => other.to_string(),
    })
}
