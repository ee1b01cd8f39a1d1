//! Functions that tell of objects: their names, texts, comments and whether a bare name finds them.

use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::lookup::Kind;
use crate::names;
use crate::relations::{signatures, views};
use crate::types;
use crate::types::{ANY, BOOL, CHAR, INT2, INT4, INT8, NAME, OID, PG_NODE_TREE, REGCLASS, REGTYPE, TEXT};
use crate::value::Value;

/// Numbers of the relations that comments are about.
const PG_CLASS: u32 = 1259;

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("col_description", &[OID, INT4], TEXT, |c| Ok(comment(c, PG_CLASS, c.int(1)))),
    scalar("format_type", &[OID, INT4], TEXT, format_type).lax(),
    scalar("obj_description", &[OID], TEXT, any_comment),
    scalar("obj_description", &[OID, NAME], TEXT, comment_of),
    scalar("shobj_description", &[OID, NAME], TEXT, comment_of),
    scalar("pg_collation_for", &[ANY], TEXT, |_| Ok("\"default\"".into())),
    scalar("pg_collation_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Collation))),
    scalar("pg_conversion_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Conversion))),
    scalar("pg_function_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Proc))),
    scalar("pg_opclass_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Opclass))),
    scalar("pg_operator_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Operator))),
    scalar("pg_opfamily_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Opfamily))),
    scalar("pg_statistics_obj_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Statistics))),
    scalar("pg_table_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Class))),
    scalar("pg_ts_config_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Config))),
    scalar("pg_ts_dict_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Dictionary))),
    scalar("pg_ts_parser_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Parser))),
    scalar("pg_ts_template_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Template))),
    scalar("pg_type_is_visible", &[OID], BOOL, |c| Ok(visible(c, Kind::Type))),
    scalar("pg_get_constraintdef", &[OID], TEXT, constraint),
    scalar("pg_get_constraintdef", &[OID, BOOL], TEXT, constraint),
    // An expression is kept as its text.
    scalar("pg_get_expr", &[PG_NODE_TREE, OID], TEXT, |c| Ok(c.str(0).into())),
    scalar("pg_get_expr", &[PG_NODE_TREE, OID, BOOL], TEXT, |c| Ok(c.str(0).into())),
    scalar("pg_get_function_arg_default", &[OID, INT4], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_function_arguments", &[OID], TEXT, |c| {
        Ok(signatures::arguments(c.run.catalog, c.run.session, c.oid(0), true).into())
    }),
    scalar("pg_get_function_identity_arguments", &[OID], TEXT, |c| {
        Ok(signatures::arguments(c.run.catalog, c.run.session, c.oid(0), false).into())
    }),
    scalar("pg_get_function_result", &[OID], TEXT, |c| {
        Ok(signatures::result(c.run.catalog, c.run.session, c.oid(0)).into())
    }),
    scalar("pg_get_function_sqlbody", &[OID], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_functiondef", &[OID], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_indexdef", &[OID], TEXT, |c| Ok(views::index_definition(c.run.catalog, c.oid(0), true).into())),
    scalar("pg_get_indexdef", &[OID, INT4, BOOL], TEXT, index),
    scalar("pg_get_partition_constraintdef", &[OID], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_partkeydef", &[OID], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_ruledef", &[OID], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_ruledef", &[OID, BOOL], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_serial_sequence", &[TEXT, TEXT], TEXT, serial_sequence),
    scalar("pg_get_statisticsobjdef", &[OID], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_statisticsobjdef_columns", &[OID], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_triggerdef", &[OID], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_triggerdef", &[OID, BOOL], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_userbyid", &[OID], NAME, user),
    scalar("pg_get_viewdef", &[OID], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_viewdef", &[OID, BOOL], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_viewdef", &[OID, INT4], TEXT, |_| Ok(Value::Null)),
    scalar("pg_get_viewdef", &[TEXT], TEXT, |_| Ok(Value::Null)),
    scalar("pg_index_column_has_property", &[REGCLASS, INT4, TEXT], BOOL, |_| Ok(Value::Null)),
    scalar("pg_index_has_property", &[REGCLASS, TEXT], BOOL, |_| Ok(Value::Null)),
    scalar("pg_indexam_has_property", &[OID, TEXT], BOOL, |_| Ok(Value::Null)),
    scalar("pg_relation_is_publishable", &[REGCLASS], BOOL, |c| Ok(publishable(c))),
    scalar("pg_relation_is_updatable", &[REGCLASS, BOOL], INT4, |_| Ok(0.into())),
    scalar("pg_column_is_updatable", &[REGCLASS, INT2, BOOL], BOOL, |_| Ok(false.into())),
    scalar("pg_typeof", &[ANY], REGTYPE, |c| Ok(names::reg(c.run, REGTYPE, c.ty(0)))).lax(),
    scalar("to_regclass", &[TEXT], REGCLASS, |c| to_reg(c, REGCLASS)),
    scalar("to_regcollation", &[TEXT], types::REGCOLLATION, |c| to_reg(c, types::REGCOLLATION)),
    scalar("to_regnamespace", &[TEXT], types::REGNAMESPACE, |c| to_reg(c, types::REGNAMESPACE)),
    scalar("to_regoper", &[TEXT], types::REGOPER, |c| to_reg(c, types::REGOPER)),
    scalar("to_regproc", &[TEXT], types::REGPROC, |c| to_reg(c, types::REGPROC)),
    scalar("to_regprocedure", &[TEXT], types::REGPROCEDURE, |c| to_reg(c, types::REGPROCEDURE)),
    scalar("to_regrole", &[TEXT], types::REGROLE, |c| to_reg(c, types::REGROLE)),
    scalar("to_regtype", &[TEXT], REGTYPE, |c| to_reg(c, REGTYPE)),
    scalar("pg_char_to_encoding", &[NAME], INT4, |c| Ok(encoding_number(c.str(0)).into())),
    scalar("pg_encoding_to_char", &[INT4], NAME, |c| Ok(encoding_name(c.int(0)).into())),
    scalar("pg_encoding_max_length", &[INT4], INT4, |c| Ok((c.int(0) == UTF8).then_some(4).into())),
    scalar("pg_tablespace_location", &[OID], TEXT, |_| Ok("".into())),
    scalar("pg_column_size", &[ANY], INT4, |c| Ok(i64::try_from(c.text(0).len()).unwrap_or(i64::MAX).into())),
    // There are no files of its own behind a table.
    scalar("pg_database_size", &[OID], INT8, |_| Ok(0.into())),
    scalar("pg_database_size", &[NAME], INT8, |_| Ok(0.into())),
    scalar("pg_indexes_size", &[REGCLASS], INT8, |_| Ok(0.into())),
    scalar("pg_relation_filenode", &[REGCLASS], OID, |_| Ok(Value::Null)),
    scalar("pg_relation_filepath", &[REGCLASS], TEXT, |_| Ok(Value::Null)),
    scalar("pg_relation_size", &[REGCLASS], INT8, |_| Ok(0.into())),
    scalar("pg_relation_size", &[REGCLASS, TEXT], INT8, |_| Ok(0.into())),
    scalar("pg_table_size", &[REGCLASS], INT8, |_| Ok(0.into())),
    scalar("pg_tablespace_size", &[OID], INT8, |_| Ok(0.into())),
    scalar("pg_tablespace_size", &[NAME], INT8, |_| Ok(0.into())),
    scalar("pg_total_relation_size", &[REGCLASS], INT8, |_| Ok(0.into())),
    scalar("pg_size_pretty", &[INT8], TEXT, |c| Ok(size(c.int(0)).into())),
    scalar("pg_size_pretty", &[types::NUMERIC], TEXT, |c| {
        // Nobody has more bytes than 64 bits count.
        #[expect(clippy::cast_possible_truncation, reason = "a cast keeps the nearest number")]
        Ok(size(c.float(0) as i64).into())
    }),
    scalar("char", &[INT4], CHAR, char_of),
];

const UTF8: i64 = 6;

fn comment(c: &Call<'_>, relation: u32, part: i64) -> Value {
    c.run.catalog.description(relation, c.oid(0), part, c.run.session).map_or(Value::Null, Value::Text)
}

fn comment_of(c: &Call<'_>) -> Result<Value, PgError> {
    let relation = c.run.catalog.resolve(Kind::Class, Some("pg_catalog"), c.str(1), c.run.session);
    Ok(relation.map_or(Value::Null, |relation| comment(c, relation, 0)))
}

/// What is said about the first object of this number: relations, then schemas, functions and types.
fn any_comment(c: &Call<'_>) -> Result<Value, PgError> {
    const RELATIONS: [u32; 4] = [PG_CLASS, 2615, 1255, 1247];
    Ok(RELATIONS.iter().map(|relation| comment(c, *relation, 0)).find(|v| !v.is_null()).unwrap_or_default())
}

fn visible(c: &Call<'_>, kind: Kind) -> Value {
    c.run.catalog.visible(kind, c.oid(0), c.run.session).into()
}

fn format_type(c: &Call<'_>) -> Result<Value, PgError> {
    if c.arg(0).is_null() {
        return Ok(Value::Null);
    }
    let typmod = c.arg(1).as_int().and_then(|n| i32::try_from(n).ok());
    let name = match c.oid(0) {
        0 => Some("-".to_owned()),
        oid => c.run.catalog.type_name(oid, typmod, c.run.session),
    };
    Ok(name.unwrap_or_else(|| "???".to_owned()).into())
}

fn constraint(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(views::constraint_definition(c.run.catalog, c.oid(0)).into())
}

/// The whole statement for column 0, otherwise one column.
fn index(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(match usize::try_from(c.int(1)) {
        Ok(0) => {
            let named = c.run.catalog.visible(Kind::Class, c.oid(0), c.run.session) == Some(true);
            views::index_definition(c.run.catalog, c.oid(0), !(c.bool(2) && named)).into()
        }
        Ok(column) => {
            let columns = views::index_columns(c.run.catalog, c.oid(0));
            let missing = if columns.is_empty() { None } else { Some(String::new()) };
            columns.into_iter().nth(column - 1).or(missing).into()
        }
        Err(_) => "".into(),
    })
}

/// No column has a sequence; the table must be there all the same.
fn serial_sequence(c: &Call<'_>) -> Result<Value, PgError> {
    names::read(c.run, REGCLASS, c.str(0)).map(|_| Value::Null)
}

fn user(c: &Call<'_>) -> Result<Value, PgError> {
    let known = c.run.catalog.objects(Kind::Role, c.run.session).get(c.oid(0)).map(|(_, name)| name.to_owned());
    Ok(known.unwrap_or_else(|| format!("unknown (OID={})", c.oid(0))).into())
}

fn publishable(c: &Call<'_>) -> Value {
    const FIRST_OF_USER: u32 = 16384;
    let exists = c.run.catalog.objects(Kind::Class, c.run.session).get(c.oid(0)).is_some();
    exists.then(|| c.oid(0) >= FIRST_OF_USER).into()
}

/// NULL instead of an error for a name that nothing has.
fn to_reg(c: &Call<'_>, ty: u32) -> Result<Value, PgError> {
    match names::read(c.run, ty, c.str(0)) {
        Ok(value) => Ok(value),
        Err(e) if matches!(e.code, "42P01" | "42704" | "42883" | "3F000" | "42725") => Ok(Value::Null),
        Err(e) => Err(e),
    }
}

fn encoding_name(number: i64) -> &'static str {
    match number {
        0 => "SQL_ASCII",
        UTF8 => "UTF8",
        8 => "LATIN1",
        _ => "",
    }
}

fn encoding_number(name: &str) -> i64 {
    match name.to_uppercase().replace(['-', '_'], "").as_str() {
        "SQLASCII" => 0,
        "UTF8" | "UNICODE" => UTF8,
        "LATIN1" | "ISO88591" => 8,
        _ => -1,
    }
}

/// Bytes in the unit that leaves at most four digits or so, as PostgreSQL shows them.
fn size(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    const LIMIT: u64 = 10 * 1024;
    let sign = if bytes < 0 { "-" } else { "" };
    // From the second unit on a number is kept doubled, so that it can be rounded in the end.
    let mut n = bytes.unsigned_abs();
    if n < LIMIT {
        return format!("{sign}{n} bytes");
    }
    n >>= 9;
    for unit in UNITS.iter().skip(1) {
        if n < 2 * LIMIT - 1 || *unit == "PB" {
            return format!("{sign}{} {unit}", n.div_ceil(2));
        }
        n >>= 10;
    }
    format!("{sign}{n} bytes")
}

fn char_of(c: &Call<'_>) -> Result<Value, PgError> {
    match u8::try_from(c.int(0)).ok().map(char::from).filter(char::is_ascii) {
        Some('\0') => Ok("".into()),
        Some(found) => Ok(found.to_string().into()),
        None => Err(PgError::new("22003", "\"char\" out of range")),
    }
}
