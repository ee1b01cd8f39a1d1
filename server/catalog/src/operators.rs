//! The operators that queries may use, by name.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::functions::{self, Function};
use crate::plan::Comparison;
use crate::types::{
    ACLITEM, ANYARRAY, BIT, BOOL, BPCHAR, BYTEA, CHAR, CID, DATE, FLOAT4, FLOAT8, INET, INT2, INT4, INT8, INTERVAL,
    JSONB, MACADDR, MONEY, NAME, NUMERIC, OID, OIDVECTOR, PG_LSN, RECORD, TEXT, TID, TIME, TIMESTAMP, TIMESTAMPTZ,
    TIMETZ, UUID, VARBIT, XID, XID8,
};

/// An operator with one pair of types.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operator {
    /// 0 for an operator that stands in front.
    pub left: u32,
    pub right: u32,
    pub result: u32,
    /// The type that both sides are compared as.
    pub common: Option<u32>,
    pub what: What,
}

/// What an operator does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    Compare(Comparison),
    Call(&'static Function),
}

/// Types that have an order, with those that they are compared with and as what.
#[rustfmt::skip]
const ORDERED: &[(u32, u32, u32)] = &[
    (BOOL, BOOL, BOOL), (CHAR, CHAR, CHAR), (NAME, NAME, NAME), (NAME, TEXT, TEXT), (TEXT, NAME, TEXT),
    (TEXT, TEXT, TEXT), (BPCHAR, BPCHAR, TEXT), (BYTEA, BYTEA, BYTEA),
    (INT2, INT2, INT2), (INT2, INT4, INT4), (INT2, INT8, INT8), (INT4, INT2, INT4), (INT4, INT4, INT4),
    (INT4, INT8, INT8), (INT8, INT2, INT8), (INT8, INT4, INT8), (INT8, INT8, INT8),
    (OID, OID, OID), (OIDVECTOR, OIDVECTOR, OIDVECTOR), (TID, TID, TID), (XID8, XID8, XID8),
    (FLOAT4, FLOAT4, FLOAT4), (FLOAT4, FLOAT8, FLOAT8), (FLOAT8, FLOAT4, FLOAT8), (FLOAT8, FLOAT8, FLOAT8),
    (NUMERIC, NUMERIC, NUMERIC), (MONEY, MONEY, MONEY),
    (DATE, DATE, DATE), (DATE, TIMESTAMP, TIMESTAMP), (DATE, TIMESTAMPTZ, TIMESTAMPTZ),
    (TIMESTAMP, DATE, TIMESTAMP), (TIMESTAMP, TIMESTAMP, TIMESTAMP), (TIMESTAMP, TIMESTAMPTZ, TIMESTAMPTZ),
    (TIMESTAMPTZ, DATE, TIMESTAMPTZ), (TIMESTAMPTZ, TIMESTAMP, TIMESTAMPTZ), (TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ),
    (TIME, TIME, TIME), (TIMETZ, TIMETZ, TIMETZ), (INTERVAL, INTERVAL, INTERVAL),
    (UUID, UUID, UUID), (PG_LSN, PG_LSN, PG_LSN), (INET, INET, INET), (MACADDR, MACADDR, MACADDR),
    (BIT, BIT, BIT), (VARBIT, VARBIT, VARBIT), (JSONB, JSONB, JSONB),
    (ANYARRAY, ANYARRAY, ANYARRAY), (RECORD, RECORD, RECORD),
];

/// Types that are only equal or not.
#[rustfmt::skip]
const EQUAL: &[(u32, u32, u32)] = &[(XID, XID, XID), (XID, INT4, INT4), (CID, CID, CID), (ACLITEM, ACLITEM, ACLITEM)];

const COMPARISONS: &[(&str, Comparison)] = &[
    ("=", Comparison::Eq),
    ("<>", Comparison::NotEq),
    ("<", Comparison::Lt),
    ("<=", Comparison::LtEq),
    (">", Comparison::Gt),
    (">=", Comparison::GtEq),
];

type ByName = HashMap<(&'static str, usize), Vec<Operator>>;

/// All operators of a name between this many operands.
pub(crate) fn operators(name: &str, operands: usize) -> &'static [Operator] {
    static ALL: OnceLock<ByName> = OnceLock::new();
    let all = ALL.get_or_init(collect);
    all.iter().find(|((n, count), _)| *n == name && *count == operands).map_or(&[], |(_, found)| found.as_slice())
}

fn collect() -> ByName {
    let mut all = ByName::new();
    for (name, comparison) in COMPARISONS {
        let equality = matches!(comparison, Comparison::Eq | Comparison::NotEq);
        let only_equal: &[(u32, u32, u32)] = if equality { EQUAL } else { &[] };
        for (left, right, common) in ORDERED.iter().chain(only_equal) {
            // Arrays and rows keep the types that they have.
            let common = (!matches!(*left, ANYARRAY | RECORD)).then_some(*common);
            let operator =
                Operator { left: *left, right: *right, result: BOOL, common, what: What::Compare(*comparison) };
            all.entry((name, 2)).or_default().push(operator);
        }
    }
    for function in functions::operator_functions() {
        let (left, right) = match function.args {
            [right] => (0, *right),
            [left, right] => (*left, *right),
            _ => continue,
        };
        let operator = Operator { left, right, result: function.result, common: None, what: What::Call(function) };
        all.entry((function.name, function.args.len())).or_default().push(operator);
    }
    all
}
