//! Objects of the catalogue: visibility, privileges, descriptions, definitions, sizes.

use super::{Call, Function, scalar, set, table};
use crate::cast::cast;
use crate::error::PgError;
use crate::lookup::Kind;
use crate::names;
use crate::types::{
    self, ACLITEM, ACLITEM_ARRAY, BOOL, CHAR, INT4, INT8, OID, PG_NODE_TREE, REGCLASS, TEXT, TEXT_ARRAY,
};
use crate::value::{Numeric, Value};

type Answer = Result<Value, PgError>;

fn to_reg(c: &Call<'_>) -> Answer {
    match names::read(c.run, c.result, c.str(0)) {
        Ok(Value::Reg(oid, _)) if c.str(0).trim().bytes().all(|b| b.is_ascii_digit()) => {
            // A number is only taken for an object that is there.
            let found = names::reg(c.run, c.result, oid);
            Ok(if found.as_str() == Some(c.str(0).trim()) { Value::Null } else { found })
        }
        Ok(found) => Ok(found),
        Err(e) if e.code == "42602" || e.code == "0A000" => Err(e),
        Err(_) => Ok(Value::Null),
    }
}

/// Privileges that a reader has.
fn may(c: &Call<'_>, at: usize) -> Answer {
    const KNOWN: &[(&str, bool)] = &[
        ("SELECT", true),
        ("USAGE", true),
        ("CONNECT", true),
        ("EXECUTE", true),
        ("MEMBER", true),
        ("SET", true),
        ("INSERT", false),
        ("UPDATE", false),
        ("DELETE", false),
        ("TRUNCATE", false),
        ("REFERENCES", false),
        ("TRIGGER", false),
        ("CREATE", false),
        ("TEMPORARY", false),
        ("TEMP", false),
        ("ALTER SYSTEM", false),
        ("RULE", false),
    ];
    let mut any = false;
    for wanted in c.str(at).split(',') {
        let wanted = wanted.trim().to_ascii_uppercase();
        let wanted = wanted.strip_suffix("WITH GRANT OPTION").map_or(wanted.as_str(), str::trim_end);
        match KNOWN.iter().find(|(name, _)| *name == wanted) {
            Some((_, yes)) => any |= yes,
            None => {
                let message = format!("unrecognized privilege type: \"{}\"", c.str(at));
                return Err(PgError::new("22023", message));
            }
        }
    }
    Ok(Value::Bool(any))
}

fn on_anything(c: &Call<'_>) -> Answer {
    may(c, c.args.len().saturating_sub(1))
}

fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(a) => a.elements.clone(),
        _ => Vec::new(),
    }
}

/// What the tables hold lies elsewhere.
fn zero(_: &Call<'_>) -> Answer {
    Ok(Value::Int(0))
}

fn null(_: &Call<'_>) -> Answer {
    Ok(Value::Null)
}

fn no(_: &Call<'_>) -> Answer {
    Ok(Value::Bool(false))
}

fn nothing(_: &Call<'_>) -> Result<Vec<Value>, PgError> {
    Ok(Vec::new())
}

/// The rows of a relation that say how it was made; views of the catalogue have none.
fn viewdef(c: &Call<'_>) -> Answer {
    let oid = match c.arg(0) {
        Value::Text(name) => names::read(c.run, REGCLASS, name)?.as_int().unwrap_or(0),
        v => v.as_int().unwrap_or(0),
    };
    let Some((schema, name)) =
        u32::try_from(oid).ok().and_then(|o| c.run.catalog.objects(Kind::Class, c.run.session).get(o))
    else {
        return Ok(Value::Null);
    };
    let schema = c.run.catalog.objects(Kind::Namespace, c.run.session).get(schema).map(|(_, s)| s).unwrap_or_default();
    let columns = c.run.catalog.columns("pg_views", ["schemaname", "viewname", "definition"]);
    let Some((at, [of, view, definition])) = columns else { return Ok(Value::Null) };
    let rows = c.run.catalog.rows(at, c.run.session);
    let is = |v: Option<&Value>, s: &str| v.and_then(Value::as_str) == Some(s);
    let found = rows.iter().find(|r| is(r.get(of), schema) && is(r.get(view), name));
    Ok(found.and_then(|r| r.get(definition)).cloned().unwrap_or_default())
}

/// `name=value` texts as rows.
fn options(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let row = |v: &Value| {
        let text = v.as_str().unwrap_or_default();
        let (name, value) = text.split_once('=').map_or((text, Value::Null), |(n, v)| (n, Value::text(v)));
        Value::Record([(TEXT, Value::text(name)), (TEXT, value)].into())
    };
    Ok(elements(c.arg(0)).iter().map(row).collect())
}

/// `grantee=privileges/grantor` texts as rows.
fn aclexplode(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    const LETTERS: &[(char, &str)] = &[
        ('a', "INSERT"),
        ('r', "SELECT"),
        ('w', "UPDATE"),
        ('d', "DELETE"),
        ('D', "TRUNCATE"),
        ('x', "REFERENCES"),
        ('t', "TRIGGER"),
        ('X', "EXECUTE"),
        ('U', "USAGE"),
        ('C', "CREATE"),
        ('T', "TEMPORARY"),
        ('c', "CONNECT"),
        ('s', "SET"),
        ('A', "ALTER SYSTEM"),
    ];
    let roles = c.run.catalog.objects(Kind::Role, c.run.session);
    let role = |name: &str| roles.named(name.trim_matches('"')).first().map_or(0, |(_, oid)| *oid);
    let mut rows = Vec::new();
    for item in elements(c.arg(0)) {
        let Some((grantee, rest)) = item.as_str().and_then(|i| i.split_once('=')) else { continue };
        let (letters, grantor) = rest.split_once('/').unwrap_or((rest, ""));
        let mut letters = letters.chars().peekable();
        while let Some(letter) = letters.next() {
            let grantable = letters.next_if_eq(&'*').is_some();
            let Some((_, name)) = LETTERS.iter().find(|(l, _)| *l == letter) else { continue };
            rows.push(Value::Record(
                [
                    (OID, Value::from(role(grantor))),
                    (OID, Value::from(role(grantee))),
                    (TEXT, Value::text(name)),
                    (BOOL, Value::Bool(grantable)),
                ]
                .into(),
            ));
        }
    }
    Ok(rows)
}

/// The privileges that an owner has where none are written down.
fn acldefault(c: &Call<'_>) -> Answer {
    let letters = match c.str(0) {
        "r" => "arwdDxt",
        "S" => "rwU",
        "d" => "CTc",
        "n" => "UC",
        "f" => "X",
        "l" | "T" => "U",
        "t" => "C",
        _ => "",
    };
    let roles = c.run.catalog.objects(Kind::Role, c.run.session);
    let owner = roles.get(c.oid(1)).map_or_else(|| c.oid(1).to_string(), |(_, n)| n.to_string());
    let public = match c.str(0) {
        "d" => Some(format!("=Tc/{owner}")),
        "f" => Some(format!("=X/{owner}")),
        "l" | "T" => Some(format!("=U/{owner}")),
        _ => None,
    };
    let own = format!("{owner}={letters}/{owner}");
    Ok(Value::array(public.into_iter().chain([own]).map(Value::from).collect()))
}

fn describe_object(c: &Call<'_>) -> Answer {
    let kind = c.run.catalog.objects(Kind::Class, c.run.session).get(c.oid(0)).map(|(_, n)| n.to_string());
    let (what, kind) = match kind.as_deref() {
        Some("pg_class") => ("table", Kind::Class),
        Some("pg_type") => ("type", Kind::Type),
        Some("pg_namespace") => ("schema", Kind::Namespace),
        Some("pg_proc") => ("function", Kind::Proc),
        _ => return Ok(Value::Null),
    };
    Ok(Value::from(c.run.catalog.display(kind, c.oid(1), c.run.session).map(|n| format!("{what} {n}"))))
}

/// A number for a text that is the same in all sessions.
fn hashtext(c: &Call<'_>) -> Answer {
    let hash = c.text(0).bytes().fold(0x811c_9dc5u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    Ok(Value::Int(hash.cast_signed().into()))
}

fn partition_root(c: &Call<'_>) -> Answer {
    cast(c.run, c.arg(0), REGCLASS, REGCLASS, -1, false)
}

fn ceil_size(c: &Call<'_>) -> Answer {
    let bytes = c.str(0).trim();
    let end = bytes.find(|l: char| !l.is_ascii_digit() && l != '.' && l != '-').unwrap_or(bytes.len());
    let (number, unit) = bytes.split_at_checked(end).unwrap_or((bytes, ""));
    let invalid = || PgError::new("22023", format!("invalid size: \"{}\"", c.str(0)));
    let number: f64 = number.parse().map_err(|_| invalid())?;
    let power = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" | "bytes" => 0,
        "kb" => 10,
        "mb" => 20,
        "gb" => 30,
        "tb" => 40,
        "pb" => 50,
        _ => return Err(invalid()),
    };
    Numeric::from_f64(number * 2f64.powi(power)).and_then(Numeric::to_i64).map(Value::Int).ok_or_else(invalid)
}

#[rustfmt::skip]
pub(super) static FUNCTIONS: &[Function] = &[
    scalar("to_regoperator", &[TEXT], types::REGOPERATOR, to_reg),
    scalar("has_parameter_privilege", &[TEXT, TEXT], BOOL, on_anything),
    scalar("pg_get_viewdef", &[TEXT, BOOL], TEXT, viewdef),
    scalar("pg_get_statisticsobjdef_expressions", &[OID], TEXT_ARRAY, null),
    scalar("pg_get_replica_identity_index", &[REGCLASS], REGCLASS, null),
    scalar("pg_partition_root", &[REGCLASS], REGCLASS, partition_root),
    set("pg_partition_ancestors", &[REGCLASS], REGCLASS, nothing),
    table("pg_options_to_table", &[TEXT_ARRAY], &[("option_name", TEXT), ("option_value", TEXT)], options),
    table("aclexplode", &[ACLITEM_ARRAY], &[("grantor", OID), ("grantee", OID), ("privilege_type", TEXT), ("is_grantable", BOOL)], aclexplode),
    scalar("acldefault", &[CHAR, OID], ACLITEM_ARRAY, acldefault),
    scalar("aclcontains", &[ACLITEM_ARRAY, ACLITEM], BOOL, no),
    table("pg_get_publication_tables", &[TEXT], &[("relid", OID), ("attrs", types::INT2VECTOR), ("qual", PG_NODE_TREE)], nothing),
    scalar("pg_size_bytes", &[TEXT], INT8, ceil_size),
    set("pg_tablespace_databases", &[OID], OID, nothing),
    scalar("pg_sequence_last_value", &[REGCLASS], INT8, null),
    scalar("pg_describe_object", &[OID, OID, INT4], TEXT, describe_object),
    scalar("hashtext", &[TEXT], INT4, hashtext),
    scalar("pg_stat_get_numscans", &[OID], INT8, zero),
    scalar("pg_stat_get_live_tuples", &[OID], INT8, zero),
    scalar("pg_stat_get_dead_tuples", &[OID], INT8, zero),
    scalar("pg_stat_get_tuples_returned", &[OID], INT8, zero),
    scalar("pg_stat_get_tuples_fetched", &[OID], INT8, zero),
    scalar("pg_stat_get_blocks_fetched", &[OID], INT8, zero),
    scalar("pg_stat_get_blocks_hit", &[OID], INT8, zero),
    scalar("pg_stat_get_db_numbackends", &[OID], INT4, zero),
    scalar("pg_stat_get_last_analyze_time", &[OID], types::TIMESTAMPTZ, null),
    scalar("pg_stat_get_last_vacuum_time", &[OID], types::TIMESTAMPTZ, null),
    scalar("pg_trigger_depth", &[], INT4, zero),
];
