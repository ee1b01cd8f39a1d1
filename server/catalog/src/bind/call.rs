//! Calls of functions, aggregates, window functions, and sets.

use sqlparser::ast::{
    DuplicateTreatment, Expr as Ast, Function as AstFunction, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, ObjectName, OrderByExpr,
};

use super::query::direction;
use super::scope::Clause;
use super::ty::object_parts;
use super::{Bind, Binder, Bound, Fail, unsupported};
use crate::cast::Context;
use crate::error::PgError;
use crate::eval::{AGGREGATES, SETS, WINDOWS};
use crate::functions::{Choice, Function, FunctionBody, choose, named, polymorphic};
use crate::plan::{AggregateCall, Expr, Field, SortExpr, SubqueryKind, TableCall, Type, WindowCall};
use crate::types;

/// A function with the types of its arguments in this call.
struct Resolved {
    function: &'static Function,
    args: Vec<Bound>,
    types: Vec<u32>,
    result: u32,
}

/// Whether a name is one of a function here, or of a part of the grammar that looks like one.
pub(super) fn is_known(schema: Option<&str>, name: &str) -> bool {
    let grammar = ["coalesce", "nullif", "greatest", "least", "row", "grouping", "array"];
    super::foreign::known(schema, name)
        || (schema.is_none() && grammar.contains(&name))
        || types::by_name(name).is_some()
}

impl Binder<'_> {
    pub(super) fn function_expr(&mut self, f: &AstFunction) -> Bind<Bound> {
        let at = self.name_at(&f.name);
        let parts = object_parts(&f.name);
        if !matches!(f.parameters, FunctionArguments::None) || f.uses_odbc_syntax {
            return Err(Fail::Foreign);
        }
        let list = match &f.args {
            FunctionArguments::None => None,
            FunctionArguments::Subquery(query) => {
                if parts.last().is_some_and(|p| p == "array") {
                    return self.array_of_query(query, at);
                }
                return Err(unsupported("a query as the argument of a function"));
            }
            FunctionArguments::List(list) => Some(list),
        };
        let args: &[FunctionArg] = list.map_or(&[], |l| &l.args);
        if let [name] = parts.as_slice()
            && let Some(bound) = self.grammar_function(name, args, at)?
        {
            return Ok(bound);
        }
        let candidates = self.candidates(&parts)?;
        let distinct = list.is_some_and(|l| l.duplicate_treatment == Some(DuplicateTreatment::Distinct));
        let mut order: &[OrderByExpr] = &[];
        for clause in list.map_or(&[][..], |l| &l.clauses) {
            match clause {
                FunctionArgumentClause::OrderBy(o) => order = o,
                FunctionArgumentClause::IgnoreOrRespectNulls(_) => {}
                _ => return Err(unsupported("this clause of a call")),
            }
        }
        let within = !f.within_group.is_empty();
        if within {
            order = &f.within_group;
        }
        let special = candidates.iter().any(|c| c.is_aggregate() || matches!(c.body, FunctionBody::Window(_)));
        if !special {
            if distinct || !order.is_empty() || f.filter.is_some() {
                let name = parts.join(".");
                return Err(PgError::new("42809", format!("{name} is not an aggregate function")).at(at).into());
            }
            if f.over.is_some() {
                let message = format!(
                    "OVER specified, but {} is not a window function nor an aggregate function",
                    parts.join(".")
                );
                return Err(PgError::new("42809", message).at(at).into());
            }
            let args = self.arguments(args)?;
            return self.function(&parts, args, at);
        }
        match &f.over {
            Some(over) => {
                let before = self.clause(Clause::Window);
                if !matches!(before, Clause::Select | Clause::OrderBy) {
                    self.clause(before);
                    return Err(not_allowed("window functions", before, at));
                }
                let call =
                    self.aggregate_call(&parts, &candidates, args, distinct, order, within, f.filter.as_deref(), at);
                let spec = self.window_type(over);
                self.clause(before);
                let (call, spec) = (call?, spec?);
                let ty = Type::plain(call.result);
                let frame = self.frame();
                frame.windows.push(WindowCall { call, partition: spec.partition, sort: spec.sort, frame: spec.frame });
                let expr = Expr::Column { level: 0, slot: frame.slots + WINDOWS, column: frame.windows.len() - 1 };
                Ok(Bound { expr, ty, at })
            }
            None => {
                if candidates.iter().all(|c| matches!(c.body, FunctionBody::Window(_))) {
                    let message = format!("window function {} requires an OVER clause", parts.join("."));
                    return Err(PgError::new("42P20", message).at(at).into());
                }
                let before = self.clause(Clause::Aggregate);
                if !matches!(before, Clause::Select | Clause::Having | Clause::OrderBy | Clause::Window) {
                    self.clause(before);
                    if before == Clause::Aggregate {
                        return Err(PgError::new("42803", "aggregate function calls cannot be nested").at(at).into());
                    }
                    return Err(not_allowed("aggregate functions", before, at));
                }
                let call =
                    self.aggregate_call(&parts, &candidates, args, distinct, order, within, f.filter.as_deref(), at);
                self.clause(before);
                self.push_aggregate(call?, at)
            }
        }
    }

    fn name_at(&self, name: &ObjectName) -> Option<usize> {
        name.0.first().and_then(|p| p.as_ident()).and_then(|i| self.start(i.span))
    }

    fn push_aggregate(&mut self, call: AggregateCall, at: Option<usize>) -> Bind<Bound> {
        let ty = Type::plain(call.result);
        let frame = self.frame();
        frame.aggregates.push(call);
        let column = frame.keys.len() + frame.aggregates.len() - 1;
        Ok(Bound { expr: Expr::Column { level: 0, slot: frame.slots + AGGREGATES, column }, ty, at })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a call")]
    fn aggregate_call(
        &mut self,
        parts: &[String],
        candidates: &[&'static Function],
        args: &[FunctionArg],
        distinct: bool,
        order: &[OrderByExpr],
        within: bool,
        filter: Option<&Ast>,
        at: Option<usize>,
    ) -> Bind<AggregateCall> {
        let star = matches!(args, [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]);
        let mut bound = if star { Vec::new() } else { self.arguments(args)? };
        let direct = bound.len();
        let mut sort = Vec::new();
        for o in order {
            let key = self.expr(&o.expr)?;
            let key = self.settled(key)?;
            let (descending, nulls_first) = direction(o);
            if within {
                bound.push(key.clone());
            }
            sort.push(SortExpr { expr: key.expr, descending, nulls_first });
        }
        let resolved = self.resolve(parts, candidates, bound, at)?;
        let filter = match filter {
            Some(filter) => {
                let filter = self.expr(filter)?;
                Some(self.boolean(filter, "FILTER")?.expr)
            }
            None => None,
        };
        let mut args: Vec<Expr> = resolved.args.into_iter().map(|a| a.expr).collect();
        if within {
            // The casts of what is sorted belong to the sort keys.
            for (key, arg) in sort.iter_mut().zip(args.split_off(direct)) {
                key.expr = arg;
            }
        }
        Ok(AggregateCall {
            function: resolved.function,
            args,
            types: resolved.types.into(),
            result: resolved.result,
            distinct,
            order: sort,
            filter,
            within,
            grouping: None,
        })
    }

    /// `coalesce` and its kin, whose arguments get a common type.
    fn grammar_function(&mut self, name: &str, args: &[FunctionArg], at: Option<usize>) -> Bind<Option<Bound>> {
        let (what, greatest) = match name {
            "coalesce" => ("COALESCE", false),
            "greatest" => ("GREATEST", true),
            "least" => ("LEAST", false),
            "row" => {
                let args = self.arguments(args)?;
                return self.row(args, at).map(Some);
            }
            "nullif" => {
                let mut args = self.arguments(args)?.into_iter();
                let (Some(value), Some(other), None) = (args.next(), args.next(), args.next()) else {
                    return Err(PgError::new("42601", "NULLIF takes two arguments").at(at).into());
                };
                let equal = self.binary("=", value.clone(), other, at)?;
                let value = match &equal.expr {
                    // The value has the type that it was compared as.
                    Expr::Compare { left, .. } if value.unknown() => {
                        let value = self.settled(value)?;
                        Bound { expr: (**left).clone(), ..value }
                    }
                    _ => value,
                };
                let expr = Expr::NullIf { value: Box::new(value.expr), equal: Box::new(equal.expr) };
                return Ok(Some(Bound { expr, ty: value.ty, at }));
            }
            "grouping" => return self.grouping(args, at).map(Some),
            _ => return Ok(None),
        };
        let args = self.arguments(args)?;
        let fields = args.iter().find_map(|a| a.ty.fields.clone());
        let (args, oid) = self.unify(args, what)?;
        let args = args.into_iter().map(|a| a.expr).collect();
        let expr = if what == "COALESCE" { Expr::Coalesce(args) } else { Expr::Extreme { args, greatest } };
        Ok(Some(Bound { expr, ty: Type { oid, typmod: -1, fields }, at }))
    }

    fn grouping(&mut self, args: &[FunctionArg], at: Option<usize>) -> Bind<Bound> {
        let mark = self.frame().ungrouped.len();
        let args = self.arguments(args)?;
        self.frame().ungrouped.truncate(mark);
        let (slots, keys) = (self.frame().slots, self.frame().keys.len());
        let mut of = Vec::new();
        for arg in args {
            match arg.expr {
                Expr::Column { level: 0, slot, column } if slot == slots + AGGREGATES && column < keys => {
                    of.push(column)
                }
                _ => {
                    let message = "arguments to GROUPING must be grouping expressions of the associated query level";
                    return Err(PgError::new("42803", message).at(at).into());
                }
            }
        }
        let Some(count) = named(None, "count").first() else { return Err(Fail::Foreign) };
        let call = AggregateCall {
            function: count,
            args: Vec::new(),
            types: Vec::new().into(),
            result: types::INT4,
            distinct: false,
            order: Vec::new(),
            filter: None,
            within: false,
            grouping: Some(of),
        };
        self.push_aggregate(call, at)
    }

    fn array_of_query(&mut self, query: &sqlparser::ast::Query, at: Option<usize>) -> Bind<Bound> {
        let (plan, fields) = self.subplan(query)?;
        let [one] = fields.as_slice() else {
            return Err(PgError::new("42601", "subquery must return only one column").at(at).into());
        };
        let array = match types::element_of(one.ty.oid) {
            Some(_) if types::category(one.ty.oid) == 'A' => Some(one.ty.oid),
            _ => crate::names::array_type(self.run, one.ty.oid),
        };
        let Some(array) = array else {
            let name = self.type_name(one.ty.oid);
            return Err(PgError::new("42704", format!("could not find array type for data type {name}")).at(at).into());
        };
        let ty = Type { oid: array, typmod: one.ty.typmod, fields: None };
        Ok(Bound { expr: Expr::Subquery { plan, kind: SubqueryKind::Array }, ty, at })
    }

    fn arguments(&mut self, args: &[FunctionArg]) -> Bind<Vec<Bound>> {
        args.iter()
            .map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.expr(expr),
                // `f(t.*)` takes a row.
                FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
                    let idents: Vec<_> = name.0.iter().filter_map(|p| p.as_ident().cloned()).collect();
                    match idents.as_slice() {
                        [one] => self.column(one),
                        _ => Err(unsupported("this argument")),
                    }
                }
                FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => Err(unsupported("a named argument")),
                FunctionArg::Unnamed(_) => Err(unsupported("this argument")),
            })
            .collect()
    }

    fn candidates(&self, parts: &[String]) -> Bind<Vec<&'static Function>> {
        let found = match parts {
            [name] => named(None, name),
            [schema, name] => named(Some(schema), name),
            _ => &[],
        };
        // A bare name reaches `information_schema` only if the path does.
        let reach = parts.len() > 1
            || parts.first().is_none_or(|n| !n.starts_with("_pg_"))
            || self.run.session.search_path.iter().any(|s| s == "information_schema");
        if found.is_empty() || !reach {
            // A type's name is a cast.
            if let [name] | [_, name] = parts
                && (types::by_name(name).is_some() && found.is_empty())
            {
                return Ok(Vec::new());
            }
            return Err(Fail::Foreign);
        }
        Ok(found.to_vec())
    }

    fn missing(&self, parts: &[String], args: &[Bound], at: Option<usize>) -> Fail {
        let types: Vec<String> = args.iter().map(|a| self.type_name(a.oid())).collect();
        PgError::new("42883", format!("function {}({}) does not exist", parts.join("."), types.join(", ")))
            .with_hint(
                "No function matches the given name and argument types. You might need to add explicit type casts.",
            )
            .at(at)
            .into()
    }

    /// Which function is meant, with its arguments as the types that it takes.
    fn resolve(
        &mut self,
        parts: &[String],
        candidates: &[&'static Function],
        args: Vec<Bound>,
        at: Option<usize>,
    ) -> Bind<Resolved> {
        let inputs: Vec<u32> = args.iter().map(Bound::oid).collect();
        let mut declared: Vec<Vec<u32>> = Vec::new();
        let mut functions = Vec::new();
        for function in candidates {
            if let Some(types) = declared_types(function, inputs.len()) {
                declared.push(types);
                functions.push(*function);
            }
        }
        let choice = match choose(&declared, &inputs) {
            Choice::One(at) => at,
            Choice::None => return Err(self.missing(parts, &args, at)),
            Choice::Many => {
                let types: Vec<String> = inputs.iter().map(|t| self.type_name(*t)).collect();
                let message = format!("function {}({}) is not unique", parts.join("."), types.join(", "));
                return Err(PgError::new("42725", message)
                    .with_hint("Could not choose a best candidate function. You might need to add explicit type casts.")
                    .at(at)
                    .into());
            }
        };
        let (Some(function), Some(declared)) = (functions.get(choice).copied(), declared.get(choice)) else {
            return Err(self.missing(parts, &args, at));
        };
        let Some((actual, result)) = polymorphic(declared, function.result, &inputs) else {
            return Err(self.missing(parts, &args, at));
        };
        let args = args
            .into_iter()
            .zip(&actual)
            .map(|(arg, to)| self.coerce(arg, *to, -1, Context::Implicit))
            .collect::<Bind<Vec<_>>>()?;
        let types = args.iter().map(Bound::oid).collect();
        Ok(Resolved { function, args, types, result })
    }

    /// A call of a function by its name.
    pub(super) fn function(&mut self, parts: &[String], args: Vec<Bound>, at: Option<usize>) -> Bind<Bound> {
        let candidates = self.candidates(parts)?;
        if candidates.is_empty() {
            // `int4(x)` is a cast.
            let name = parts.last().cloned().unwrap_or_default();
            let (Some(ty), Ok([arg])) = (types::by_name(&name), <[Bound; 1]>::try_from(args)) else {
                return Err(Fail::Foreign);
            };
            return self.coerce(arg, ty, -1, Context::Explicit);
        }
        let fields = args.iter().find_map(|a| a.ty.fields.clone());
        let resolved = self.resolve(parts, &candidates, args, at)?;
        if resolved.function.is_set() {
            return self.set(resolved, at);
        }
        let fields = if resolved.result == types::RECORD { fields } else { None };
        let ty = Type { oid: resolved.result, typmod: -1, fields };
        Ok(Bound { expr: call_expr(resolved), ty, at })
    }

    /// A set-returning function in the select list gets a slot, which one of its values fills at a time.
    fn set(&mut self, resolved: Resolved, at: Option<usize>) -> Bind<Bound> {
        let ty = set_type(&resolved);
        let expr = call_expr(resolved);
        let frame = self.frame();
        if !matches!(frame.clause, Clause::Select | Clause::OrderBy | Clause::GroupBy) {
            return Err(not_allowed("set-returning functions", frame.clause, at));
        }
        let base = frame.slots + SETS;
        // It reads the values of those in its arguments.
        let depth = deepest(&expr, base).map_or(0, |d| d + 1);
        while frame.sets.len() <= depth {
            frame.sets.push(Vec::new());
        }
        let Some(sets) = frame.sets.get_mut(depth) else { return Err(Fail::Foreign) };
        sets.push(expr);
        let column = sets.len() - 1;
        Ok(Bound { expr: Expr::Column { level: 0, slot: base + depth, column }, ty, at })
    }

    /// A function in `FROM` with the type of its rows or values.
    pub(super) fn function_in_from(&mut self, name: &ObjectName, args: &[FunctionArg]) -> Bind<(TableCall, Type)> {
        let at = self.name_at(name);
        let args = self.arguments(args)?;
        self.set_call(&object_parts(name), args, at)
    }

    pub(super) fn set_call(
        &mut self,
        parts: &[String],
        args: Vec<Bound>,
        at: Option<usize>,
    ) -> Bind<(TableCall, Type)> {
        let candidates = self.candidates(parts)?;
        if candidates.is_empty() {
            return Err(Fail::Foreign);
        }
        let resolved = self.resolve(parts, &candidates, args, at)?;
        if resolved.function.is_aggregate() {
            return Err(not_allowed("aggregate functions", Clause::From, at));
        }
        let set = resolved.function.is_set();
        let ty = set_type(&resolved);
        let width = ty.fields.as_ref().map(|f| f.len());
        Ok((TableCall { call: call_expr(resolved), width, set }, ty))
    }
}

fn not_allowed(what: &str, clause: Clause, at: Option<usize>) -> Fail {
    let code = match what {
        "aggregate functions" => "42803",
        "window functions" => "42P20",
        _ => "0A000",
    };
    PgError::new(code, format!("{what} are not allowed in {}", clause.name())).at(at).into()
}

fn call_expr(resolved: Resolved) -> Expr {
    Expr::Call {
        function: resolved.function,
        args: resolved.args.into_iter().map(|a| a.expr).collect(),
        types: resolved.types.into(),
        result: resolved.result,
    }
}

/// The type of the values of a set: rows with their fields, where the function has columns.
fn set_type(resolved: &Resolved) -> Type {
    let FunctionBody::Set { columns, .. } = resolved.function.body else {
        let fields = resolved.args.first().and_then(|a| a.ty.fields.clone());
        return Type { oid: resolved.result, typmod: -1, fields: fields.filter(|_| resolved.result == types::RECORD) };
    };
    if columns.is_empty() {
        return Type::plain(resolved.result);
    }
    let element = resolved.types.iter().find_map(|t| types::element_of(*t)).unwrap_or(types::TEXT);
    let fields =
        columns.iter().map(|(name, ty)| Field::new(*name, if *ty == types::ANYELEMENT { element } else { *ty }));
    Type { oid: types::RECORD, typmod: -1, fields: Some(fields.collect()) }
}

/// The types that a function declares for this many arguments; `None` if it does not take so many.
fn declared_types(function: &Function, count: usize) -> Option<Vec<u32>> {
    let most = function.args.len();
    if !function.variadic {
        return (count <= most && count + function.optional >= most)
            .then(|| function.args.iter().take(count).copied().collect());
    }
    let (last, fixed) = function.args.split_last()?;
    if count < most {
        return None;
    }
    let repeated = if *last == types::ANY { types::ANY } else { types::element_of(*last).unwrap_or(*last) };
    let all = fixed.iter().copied().chain(std::iter::repeat_n(repeated, count - fixed.len()));
    Some(all.collect())
}

/// The deepest slot of a set that an expression reads.
fn deepest(expr: &Expr, base: usize) -> Option<usize> {
    let many = |all: &[Expr]| all.iter().filter_map(|e| deepest(e, base)).max();
    match expr {
        Expr::Column { level: 0, slot, .. } => slot.checked_sub(base),
        Expr::Call { args, .. } => many(args),
        Expr::Cast { expr, .. }
        | Expr::Not(expr)
        | Expr::IsNull { expr, .. }
        | Expr::IsBool { expr, .. }
        | Expr::Field { expr, .. } => deepest(expr, base),
        Expr::Compare { left, right, .. } | Expr::IsDistinct { left, right, .. } => {
            deepest(left, base).max(deepest(right, base))
        }
        Expr::Quantified { left, array, .. } => deepest(left, base).max(deepest(array, base)),
        Expr::NullIf { value, equal } => deepest(value, base).max(deepest(equal, base)),
        Expr::And(all) | Expr::Or(all) | Expr::Coalesce(all) => many(all),
        Expr::Extreme { args, .. } => many(args),
        Expr::Array { elements, .. } => many(elements),
        Expr::Record(fields) => fields.iter().filter_map(|(_, e)| deepest(e, base)).max(),
        Expr::Subscript { array, at } => deepest(array, base).max(many(at)),
        Expr::Slice { array, bounds } => {
            let bounds = bounds.iter().flat_map(|(a, b)| [a, b]).flatten();
            deepest(array, base).max(bounds.filter_map(|e| deepest(e, base)).max())
        }
        Expr::Case { arms, otherwise } => {
            let arms = arms.iter().map(|(c, r)| deepest(c, base).max(deepest(r, base))).max().flatten();
            arms.max(otherwise.as_ref().and_then(|e| deepest(e, base)))
        }
        Expr::Const(_) | Expr::Param(_) | Expr::Column { .. } | Expr::WholeRow { .. } | Expr::Subquery { .. } => None,
    }
}
