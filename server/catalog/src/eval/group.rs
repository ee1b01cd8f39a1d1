//! `GROUP BY`, aggregates and `HAVING`.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::query::compare_sorted;
use super::{Env, Run, Tuple};
use crate::error::PgError;
use crate::functions::{Call, FunctionBody};
use crate::plan::{AggregateCall, Grouping, SortExpr};
use crate::relation::Row;
use crate::value::{Key, Value};

impl Run<'_> {
    /// One tuple for each group: its first one, with keys and aggregates in a slot of their own.
    pub(super) fn group(
        &self,
        plan: &Grouping,
        tuples: Vec<Tuple>,
        slot: usize,
        width: usize,
        parent: Option<Env<'_>>,
    ) -> Result<Vec<Tuple>, PgError> {
        let mut keys = Vec::with_capacity(tuples.len());
        for tuple in &tuples {
            self.tick()?;
            let env = Env { tuple, parent: parent.as_ref() };
            keys.push(plan.keys.iter().map(|k| self.eval(k, env)).collect::<Result<Vec<_>, _>>()?);
        }
        let mut answer = Vec::new();
        for set in &plan.sets {
            let mut groups: Vec<(Vec<Value>, Vec<usize>)> = Vec::new();
            let mut found: HashMap<Key, usize> = HashMap::new();
            if set.is_empty() {
                groups.push((Vec::new(), (0..tuples.len()).collect()));
            } else {
                for (at, values) in keys.iter().enumerate() {
                    let key: Vec<Value> = set.iter().filter_map(|k| values.get(*k).cloned()).collect();
                    let next = groups.len();
                    let group = *found.entry(Key(key.clone())).or_insert(next);
                    match groups.get_mut(group) {
                        Some((_, members)) => members.push(at),
                        None => groups.push((key, vec![at])),
                    }
                }
            }
            for (key, members) in groups {
                let mut row = vec![Value::Null; plan.keys.len()];
                for (value, at) in key.into_iter().zip(set) {
                    if let Some(place) = row.get_mut(*at) {
                        *place = value;
                    }
                }
                for call in &plan.aggregates {
                    let members = members.iter().filter_map(|m| tuples.get(*m).map(|t| &**t));
                    row.push(match &call.grouping {
                        Some(of) => grouping(of, set),
                        None => self.aggregate(call, members, parent)?,
                    });
                }
                let mut tuple = match members.first().and_then(|m| tuples.get(*m)) {
                    Some(first) => first.clone(),
                    None => self.blank(width),
                };
                if let Some(place) = tuple.get_mut(slot) {
                    *place = row.into();
                }
                self.count_rows(1)?;
                let keep = match &plan.having {
                    Some(having) => self.eval(having, Env { tuple: &tuple, parent: parent.as_ref() })?.is_true(),
                    None => true,
                };
                if keep {
                    answer.push(tuple);
                }
            }
        }
        Ok(answer)
    }

    /// The value of an aggregate over some tuples.
    pub(super) fn aggregate<'t>(
        &self,
        call: &AggregateCall,
        tuples: impl Iterator<Item = &'t [Row]>,
        parent: Option<Env<'_>>,
    ) -> Result<Value, PgError> {
        let FunctionBody::Aggregate(run) = call.function.body else {
            return Err(PgError::new("42809", format!("{} is not an aggregate function", call.function.name)));
        };
        let mut direct = Vec::new();
        let mut rows: Vec<(Vec<Value>, Vec<Value>)> = Vec::new();
        for tuple in tuples {
            self.tick()?;
            let env = Env { tuple, parent: parent.as_ref() };
            if let Some(filter) = &call.filter
                && !self.eval(filter, env)?.is_true()
            {
                continue;
            }
            let mut args = call.args.iter().map(|a| self.eval(a, env)).collect::<Result<Vec<_>, _>>()?;
            let order = call.order.iter().map(|s| self.eval(&s.expr, env)).collect::<Result<Vec<_>, _>>()?;
            if call.within {
                direct = std::mem::replace(&mut args, order.clone());
            }
            if call.function.strict && args.iter().any(Value::is_null) {
                continue;
            }
            rows.push((args, order));
        }
        if call.distinct {
            if call.order.is_empty() {
                rows.sort_by(|(a, _), (b, _)| compare_all(a, b));
            }
            let mut seen = HashSet::new();
            rows.retain(|(args, _)| seen.insert(Key(args.clone())));
        }
        if !call.order.is_empty() {
            rows.sort_by(|(_, a), (_, b)| compare_by(a, b, &call.order));
        }
        let rows: Vec<Vec<Value>> = rows.into_iter().map(|(args, _)| args).collect();
        let value = run(&Call { run: self, args: &direct, types: &call.types, result: call.result }, &rows)?;
        self.count_bytes(&value)?;
        Ok(value)
    }
}

/// One bit for each key, set if the grouping set leaves it out.
fn grouping(of: &[usize], set: &[usize]) -> Value {
    Value::Int(of.iter().fold(0, |bits, key| (bits << 1) | i64::from(!set.contains(key))))
}

fn compare_all(a: &[Value], b: &[Value]) -> Ordering {
    let pairs = a.iter().zip(b).map(|(a, b)| crate::value::compare(a, b));
    pairs.into_iter().find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
}

/// Order of two lists of values by the keys that they belong to.
pub(super) fn compare_by(a: &[Value], b: &[Value], keys: &[SortExpr]) -> Ordering {
    for ((a, b), key) in a.iter().zip(b).zip(keys) {
        let order = compare_sorted(a, b, key.descending, key.nulls_first);
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}
