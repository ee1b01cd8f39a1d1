//! `has_…_privilege` and the like: everybody reads everything that is shown, and nobody changes anything.

use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::lookup::Kind;
use crate::names;
use crate::types::{BOOL, INT2, NAME, OID, TEXT};
use crate::value::Value;

/// What one may do with objects of a kind.
struct Allowed {
    kind: &'static str,
    granted: &'static [&'static str],
    refused: &'static [&'static str],
}

const TABLE: Allowed = Allowed {
    kind: "relation",
    granted: &["SELECT"],
    refused: &["INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "RULE"],
};
const COLUMN: Allowed =
    Allowed { kind: "relation", granted: &["SELECT"], refused: &["INSERT", "UPDATE", "REFERENCES"] };
const SEQUENCE: Allowed = Allowed { kind: "relation", granted: &["SELECT"], refused: &["USAGE", "UPDATE"] };
const SCHEMA: Allowed = Allowed { kind: "schema", granted: &["USAGE"], refused: &["CREATE"] };
const DATABASE: Allowed =
    Allowed { kind: "database", granted: &["CONNECT"], refused: &["CREATE", "TEMPORARY", "TEMP"] };
const FUNCTION: Allowed = Allowed { kind: "function", granted: &["EXECUTE"], refused: &[] };
const USED: Allowed = Allowed { kind: "object", granted: &["USAGE"], refused: &[] };
const TABLESPACE: Allowed = Allowed { kind: "tablespace", granted: &[], refused: &["CREATE"] };
const ROLE: Allowed = Allowed { kind: "role", granted: &["USAGE", "MEMBER", "SET"], refused: &[] };

macro_rules! privileges {
    ($($name:literal $run:ident),* $(,)?) => {
        &[$(
            scalar($name, &[TEXT, TEXT], BOOL, $run),
            scalar($name, &[OID, TEXT], BOOL, $run),
            scalar($name, &[NAME, TEXT, TEXT], BOOL, $run),
            scalar($name, &[NAME, OID, TEXT], BOOL, $run),
            scalar($name, &[OID, TEXT, TEXT], BOOL, $run),
            scalar($name, &[OID, OID, TEXT], BOOL, $run),
        )*]
    };
}

pub(super) static FUNCTIONS: &[Function] = privileges![
    "has_any_column_privilege" any_column,
    "has_database_privilege" database,
    "has_foreign_data_wrapper_privilege" used,
    "has_function_privilege" function,
    "has_language_privilege" used,
    "has_schema_privilege" schema,
    "has_sequence_privilege" sequence,
    "has_server_privilege" used,
    "has_table_privilege" table,
    "has_tablespace_privilege" tablespace,
    "has_type_privilege" used,
];

pub(super) static OF_COLUMNS_AND_ROLES: &[Function] = &[
    scalar("has_column_privilege", &[TEXT, TEXT, TEXT], BOOL, column),
    scalar("has_column_privilege", &[TEXT, INT2, TEXT], BOOL, column),
    scalar("has_column_privilege", &[OID, TEXT, TEXT], BOOL, column),
    scalar("has_column_privilege", &[OID, INT2, TEXT], BOOL, column),
    scalar("has_column_privilege", &[NAME, TEXT, TEXT, TEXT], BOOL, column),
    scalar("has_column_privilege", &[NAME, TEXT, INT2, TEXT], BOOL, column),
    scalar("has_column_privilege", &[NAME, OID, TEXT, TEXT], BOOL, column),
    scalar("has_column_privilege", &[NAME, OID, INT2, TEXT], BOOL, column),
    scalar("pg_has_role", &[NAME, TEXT], BOOL, role),
    scalar("pg_has_role", &[OID, TEXT], BOOL, role),
    scalar("pg_has_role", &[NAME, NAME, TEXT], BOOL, role),
    scalar("pg_has_role", &[NAME, OID, TEXT], BOOL, role),
    scalar("pg_has_role", &[OID, NAME, TEXT], BOOL, role),
    scalar("pg_has_role", &[OID, OID, TEXT], BOOL, role),
    scalar("row_security_active", &[TEXT], BOOL, |_| Ok(false.into())),
    scalar("row_security_active", &[OID], BOOL, |_| Ok(false.into())),
];

/// Whether one of the privileges in the last argument is granted.
fn granted(c: &Call<'_>, allowed: &Allowed) -> Result<bool, PgError> {
    let mut any = false;
    for wanted in c.str(c.args.len().saturating_sub(1)).split(',') {
        let name = wanted.trim().to_uppercase();
        let (name, may_grant) =
            match name.strip_suffix(" WITH GRANT OPTION").or(name.strip_suffix(" WITH ADMIN OPTION")) {
                Some(name) => (name, true),
                None => (name.as_str(), false),
            };
        if allowed.granted.contains(&name) {
            any |= !may_grant;
        } else if !allowed.refused.contains(&name) {
            return Err(PgError::new("22023", format!("unrecognized privilege type: \"{}\"", wanted.trim())));
        }
    }
    Ok(any)
}

/// The object an argument names; `None` for a number that no object has.
fn object(c: &Call<'_>, at: usize, kind: Kind, what: &Allowed) -> Result<Option<u32>, PgError> {
    if let Value::Int(_) = c.arg(at) {
        let exists = c.run.catalog.objects(kind, c.run.session).get(c.oid(at)).is_some();
        return Ok(exists.then(|| c.oid(at)));
    }
    let parts = match kind {
        Kind::Class => names::split(c.str(at))?,
        _ => vec![c.str(at).to_owned()],
    };
    match names::object(c.run, kind, &parts)? {
        Some(oid) => Ok(Some(oid)),
        None => {
            let code = match kind {
                Kind::Class => "42P01",
                Kind::Namespace => "3F000",
                _ => "42704",
            };
            Err(PgError::new(code, format!("{} \"{}\" does not exist", what.kind, c.str(at))))
        }
    }
}

/// The argument with the object: the user comes first if there are three.
fn at(c: &Call<'_>) -> usize {
    c.args.len().saturating_sub(2)
}

fn of(c: &Call<'_>, kind: Kind, allowed: &Allowed) -> Result<Value, PgError> {
    let is = granted(c, allowed)?;
    Ok(object(c, at(c), kind, allowed)?.map(|_| is).into())
}

fn table(c: &Call<'_>) -> Result<Value, PgError> {
    of(c, Kind::Class, &TABLE)
}

fn any_column(c: &Call<'_>) -> Result<Value, PgError> {
    of(c, Kind::Class, &COLUMN)
}

fn sequence(c: &Call<'_>) -> Result<Value, PgError> {
    of(c, Kind::Class, &SEQUENCE)
}

fn schema(c: &Call<'_>) -> Result<Value, PgError> {
    of(c, Kind::Namespace, &SCHEMA)
}

fn column(c: &Call<'_>) -> Result<Value, PgError> {
    let is = granted(c, &COLUMN)?;
    Ok(object(c, c.args.len().saturating_sub(3), Kind::Class, &COLUMN)?.map(|_| is).into())
}

fn database(c: &Call<'_>) -> Result<Value, PgError> {
    let is = granted(c, &DATABASE)?;
    let own = match c.arg(at(c)) {
        Value::Int(_) => c.oid(at(c)) == c.run.catalog.numbers().database,
        _ if c.str(at(c)) == c.run.catalog.catalog().database => true,
        _ => return Err(PgError::new("3D000", format!("database \"{}\" does not exist", c.str(at(c))))),
    };
    Ok(own.then_some(is).into())
}

fn function(c: &Call<'_>) -> Result<Value, PgError> {
    granted(c, &FUNCTION).map(Value::from)
}

fn used(c: &Call<'_>) -> Result<Value, PgError> {
    granted(c, &USED).map(Value::from)
}

fn tablespace(c: &Call<'_>) -> Result<Value, PgError> {
    granted(c, &TABLESPACE).map(Value::from)
}

/// A user is a member of itself, and an owner of everything.
fn role(c: &Call<'_>) -> Result<Value, PgError> {
    let is = granted(c, &ROLE)?;
    let name = |at: usize| match c.arg(at) {
        Value::Int(_) => {
            c.run.catalog.objects(Kind::Role, c.run.session).get(c.oid(at)).map(|(_, name)| name.to_owned())
        }
        _ => Some(c.str(at).to_owned()),
    };
    let member = if c.args.len() > 2 { name(0) } else { Some(c.run.session.user.clone()) };
    let (Some(member), Some(role)) = (member, name(at(c))) else {
        return Ok(false.into());
    };
    let is_superuser = c.run.catalog.catalog().roles.iter().any(|r| r.name == member && r.superuser);
    Ok((is && (member == role || is_superuser)).into())
}
