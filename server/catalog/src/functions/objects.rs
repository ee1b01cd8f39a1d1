//! Objects of the catalogue: visibility, privileges, descriptions, definitions, sizes.

use super::{Call, Function, scalar, set, table};
use crate::cast::cast;
use crate::error::PgError;
use crate::lookup::{Kind, number};
use crate::names;
use crate::types::{
    self, ACLITEM, ACLITEM_ARRAY, ANY, BOOL, CHAR, INT2, INT4, INT8, NAME, NUMERIC, OID, PG_NODE_TREE, REGCLASS, TEXT,
    TEXT_ARRAY,
};
use crate::value::{Numeric, Value};

type Answer = Result<Value, PgError>;

fn visible(c: &Call<'_>, kind: Kind) -> Answer {
    Ok(Value::from(c.run.catalog.visible(kind, c.oid(0), c.run.session)))
}

fn table_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Class)
}
fn type_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Type)
}
fn function_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Proc)
}
fn operator_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Operator)
}
fn collation_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Collation)
}
fn conversion_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Conversion)
}
fn opclass_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Opclass)
}
fn opfamily_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Opfamily)
}
fn statistics_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Statistics)
}
fn config_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Config)
}
fn dictionary_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Dictionary)
}
fn parser_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Parser)
}
fn template_visible(c: &Call<'_>) -> Answer {
    visible(c, Kind::Template)
}

fn format_type(c: &Call<'_>) -> Answer {
    if c.arg(0).is_null() {
        return Ok(Value::Null);
    }
    let oid = c.oid(0);
    if oid == 0 {
        return Ok(Value::text("-"));
    }
    let typmod = c.arg(1).as_int().and_then(|n| i32::try_from(n).ok());
    let name = c.run.catalog.type_name(oid, typmod, c.run.session);
    Ok(Value::from(name.unwrap_or_else(|| "???".into())))
}

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

fn user_by_id(c: &Call<'_>) -> Answer {
    let roles = c.run.catalog.objects(Kind::Role, c.run.session);
    let name = roles.get(c.oid(0)).map(|(_, name)| name.to_string());
    Ok(Value::from(name.unwrap_or_else(|| format!("unknown (OID={})", c.oid(0)))))
}

fn class(c: &Call<'_>, name: &str) -> u32 {
    c.run.catalog.resolve(Kind::Class, Some("pg_catalog"), name, c.run.session).unwrap_or(0)
}

fn described(c: &Call<'_>, class: u32, object: u32, part: i64) -> Answer {
    let text = c.run.catalog.description(class, object, part, c.run.session);
    Ok(text.map_or(Value::Null, Value::Text))
}

fn obj_description(c: &Call<'_>) -> Answer {
    let class = class(c, if c.args.len() > 1 { c.str(1) } else { "pg_class" });
    described(c, class, c.oid(0), 0)
}

fn col_description(c: &Call<'_>) -> Answer {
    described(c, class(c, "pg_class"), c.oid(0), c.int(1))
}

fn shobj_description(c: &Call<'_>) -> Answer {
    let class = class(c, c.str(1));
    let columns = c.run.catalog.columns("pg_shdescription", ["objoid", "classoid", "description"]);
    let Some((at, [object, of, text])) = columns else { return Ok(Value::Null) };
    let rows = c.run.catalog.rows(at, c.run.session);
    let found = rows.iter().find(|r| number(r, object) == Some(c.oid(0)) && number(r, of) == Some(class));
    Ok(found.and_then(|r| r.get(text)).cloned().unwrap_or_default())
}

/// Expressions are kept as the text that they are shown as.
fn get_expr(c: &Call<'_>) -> Answer {
    Ok(Value::text(c.str(0)))
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

/// Whether the object in an argument is there: `None` for an unknown number, an error for an unknown name.
fn object(c: &Call<'_>, at: usize, kind: Kind, reg: u32) -> Result<Option<()>, PgError> {
    match c.arg(at) {
        Value::Text(name) => {
            let oid = if kind == Kind::Namespace || kind == Kind::Role {
                c.run.catalog.resolve(kind, None, name, c.run.session)
            } else {
                names::read(c.run, reg, name)?.as_int().and_then(|n| u32::try_from(n).ok())
            };
            match oid {
                Some(_) => Ok(Some(())),
                None => Err(PgError::new("3F000", format!("schema \"{name}\" does not exist"))),
            }
        }
        v => {
            let oid = v.as_int().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            Ok(c.run.catalog.objects(kind, c.run.session).get(oid).map(|_| ()))
        }
    }
}

fn privilege(c: &Call<'_>, kind: Kind, reg: u32, parts: usize) -> Answer {
    // The last is the privilege; before it what it is on; a user may stand in front.
    let last = c.args.len().saturating_sub(1);
    match object(c, last.saturating_sub(parts), kind, reg)? {
        Some(()) => may(c, last),
        None => Ok(Value::Null),
    }
}

fn on_table(c: &Call<'_>) -> Answer {
    privilege(c, Kind::Class, REGCLASS, 1)
}
fn on_column(c: &Call<'_>) -> Answer {
    privilege(c, Kind::Class, REGCLASS, 2)
}
fn on_schema(c: &Call<'_>) -> Answer {
    privilege(c, Kind::Namespace, types::REGNAMESPACE, 1)
}
fn on_type(c: &Call<'_>) -> Answer {
    privilege(c, Kind::Type, types::REGTYPE, 1)
}
fn on_anything(c: &Call<'_>) -> Answer {
    may(c, c.args.len().saturating_sub(1))
}

fn has_role(_: &Call<'_>) -> Answer {
    Ok(Value::Bool(true))
}

/// A column of the row of `pg_proc` of the function in the first argument.
fn of_function<const N: usize>(c: &Call<'_>, columns: [&str; N]) -> Option<[Value; N]> {
    let (_, places) = c.run.catalog.columns("pg_proc", columns)?;
    let row = c.run.catalog.function_row(c.oid(0), c.run.session)?;
    Some(places.map(|at| row.get(at).cloned().unwrap_or_default()))
}

fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(a) => a.elements.clone(),
        _ => Vec::new(),
    }
}

fn type_of(c: &Call<'_>, value: &Value) -> String {
    let oid = value.as_int().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    c.run.catalog.type_name(oid, None, c.run.session).unwrap_or_else(|| oid.to_string())
}

/// The arguments of a function as they were declared.
fn arguments(c: &Call<'_>, table: bool, identity: bool) -> Option<Vec<String>> {
    let columns = ["proargtypes", "proallargtypes", "proargmodes", "proargnames", "provariadic"];
    let [plain, all, modes, names, _] = of_function(c, columns)?;
    let types = if all.is_null() { elements(&plain) } else { elements(&all) };
    let (modes, names) = (elements(&modes), elements(&names));
    let mut shown = Vec::new();
    for (at, ty) in types.iter().enumerate() {
        let mode = modes.get(at).and_then(Value::as_str).unwrap_or("i");
        if (mode == "t") != table {
            continue;
        }
        let prefix = match mode {
            "o" if identity => continue,
            "o" => "OUT ",
            "b" => "INOUT ",
            "v" => "VARIADIC ",
            _ => "",
        };
        let name = names.get(at).and_then(Value::as_str).filter(|n| !n.is_empty());
        let name = name.map(|n| format!("{} ", crate::value::quote_identifier(n))).unwrap_or_default();
        shown.push(format!("{prefix}{name}{}", type_of(c, ty)));
    }
    Some(shown)
}

fn function_arguments(c: &Call<'_>) -> Answer {
    Ok(Value::from(arguments(c, false, false).map(|a| a.join(", "))))
}

fn function_identity(c: &Call<'_>) -> Answer {
    Ok(Value::from(arguments(c, false, true).map(|a| a.join(", "))))
}

fn function_result(c: &Call<'_>) -> Answer {
    let Some([result, set, kind]) = of_function(c, ["prorettype", "proretset", "prokind"]) else {
        return Ok(Value::Null);
    };
    if kind.as_str() == Some("p") {
        return Ok(Value::Null);
    }
    let columns = arguments(c, true, false).unwrap_or_default();
    if !columns.is_empty() {
        return Ok(Value::text(format!("TABLE({})", columns.join(", "))));
    }
    let prefix = if set.is_true() { "SETOF " } else { "" };
    Ok(Value::text(format!("{prefix}{}", type_of(c, &result))))
}

fn size_pretty(c: &Call<'_>) -> Answer {
    let n = match c.arg(0) {
        Value::Numeric(n) => n.to_i64().unwrap_or(i64::MAX),
        v => v.as_int().unwrap_or(0),
    };
    let mut size = i128::from(n);
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    // Each unit goes up to ten thousand, and is rounded half up.
    let limit = 10 * 1024;
    let mut unit = 0;
    if size.abs() >= limit {
        size >>= 9;
        unit = 1;
        while size.abs() >= 20 * 1024 - 1 && unit + 1 < units.len() {
            size >>= 10;
            unit += 1;
        }
        size = if size > 0 { (size + 1) / 2 } else { (size - 1) / 2 };
    }
    Ok(Value::text(format!("{size} {}", units.get(unit).copied().unwrap_or(""))))
}

/// What the tables hold lies elsewhere.
fn zero(_: &Call<'_>) -> Answer {
    Ok(Value::Int(0))
}

fn relation_size(c: &Call<'_>) -> Answer {
    let there = c.run.catalog.objects(Kind::Class, c.run.session).get(c.oid(0)).is_some();
    Ok(if there { Value::Int(0) } else { Value::Null })
}

fn null(_: &Call<'_>) -> Answer {
    Ok(Value::Null)
}

fn empty(_: &Call<'_>) -> Answer {
    Ok(Value::text(""))
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

/// The words of SQL and how free their use is.
fn keywords(_: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let row = |word: &str| {
        let [kind, label, text] = ["R", "f", "reserved"];
        let fields = [
            (TEXT, Value::text(word)),
            (CHAR, Value::text(kind)),
            (BOOL, Value::Bool(label == "t")),
            (TEXT, Value::text(text)),
            (TEXT, Value::text("requires AS")),
        ];
        Value::Record(fields.into())
    };
    Ok(crate::value::keywords().map(row).collect())
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
    scalar("pg_table_is_visible", &[OID], BOOL, table_visible),
    scalar("pg_type_is_visible", &[OID], BOOL, type_visible),
    scalar("pg_function_is_visible", &[OID], BOOL, function_visible),
    scalar("pg_operator_is_visible", &[OID], BOOL, operator_visible),
    scalar("pg_collation_is_visible", &[OID], BOOL, collation_visible),
    scalar("pg_conversion_is_visible", &[OID], BOOL, conversion_visible),
    scalar("pg_opclass_is_visible", &[OID], BOOL, opclass_visible),
    scalar("pg_opfamily_is_visible", &[OID], BOOL, opfamily_visible),
    scalar("pg_statistics_obj_is_visible", &[OID], BOOL, statistics_visible),
    scalar("pg_ts_config_is_visible", &[OID], BOOL, config_visible),
    scalar("pg_ts_dict_is_visible", &[OID], BOOL, dictionary_visible),
    scalar("pg_ts_parser_is_visible", &[OID], BOOL, parser_visible),
    scalar("pg_ts_template_is_visible", &[OID], BOOL, template_visible),
    scalar("format_type", &[OID, INT4], TEXT, format_type).lax(),
    scalar("to_regclass", &[TEXT], REGCLASS, to_reg),
    scalar("to_regtype", &[TEXT], types::REGTYPE, to_reg),
    scalar("to_regproc", &[TEXT], types::REGPROC, to_reg),
    scalar("to_regprocedure", &[TEXT], types::REGPROCEDURE, to_reg),
    scalar("to_regoper", &[TEXT], types::REGOPER, to_reg),
    scalar("to_regoperator", &[TEXT], types::REGOPERATOR, to_reg),
    scalar("to_regnamespace", &[TEXT], types::REGNAMESPACE, to_reg),
    scalar("to_regrole", &[TEXT], types::REGROLE, to_reg),
    scalar("to_regcollation", &[TEXT], types::REGCOLLATION, to_reg),
    scalar("pg_get_userbyid", &[OID], NAME, user_by_id),
    scalar("obj_description", &[OID, NAME], TEXT, obj_description),
    scalar("obj_description", &[OID], TEXT, obj_description),
    scalar("col_description", &[OID, INT4], TEXT, col_description),
    scalar("shobj_description", &[OID, NAME], TEXT, shobj_description),
    scalar("pg_get_expr", &[PG_NODE_TREE, OID], TEXT, get_expr),
    scalar("pg_get_expr", &[PG_NODE_TREE, OID, BOOL], TEXT, get_expr),
    scalar("has_table_privilege", &[TEXT, TEXT], BOOL, on_table),
    scalar("has_table_privilege", &[OID, TEXT], BOOL, on_table),
    scalar("has_table_privilege", &[NAME, TEXT, TEXT], BOOL, on_table),
    scalar("has_table_privilege", &[NAME, OID, TEXT], BOOL, on_table),
    scalar("has_table_privilege", &[OID, TEXT, TEXT], BOOL, on_table),
    scalar("has_table_privilege", &[OID, OID, TEXT], BOOL, on_table),
    scalar("has_any_column_privilege", &[TEXT, TEXT], BOOL, on_table),
    scalar("has_any_column_privilege", &[OID, TEXT], BOOL, on_table),
    scalar("has_any_column_privilege", &[NAME, TEXT, TEXT], BOOL, on_table),
    scalar("has_any_column_privilege", &[NAME, OID, TEXT], BOOL, on_table),
    scalar("has_column_privilege", &[TEXT, TEXT, TEXT], BOOL, on_column),
    scalar("has_column_privilege", &[TEXT, INT2, TEXT], BOOL, on_column),
    scalar("has_column_privilege", &[OID, TEXT, TEXT], BOOL, on_column),
    scalar("has_column_privilege", &[OID, INT2, TEXT], BOOL, on_column),
    scalar("has_column_privilege", &[NAME, TEXT, TEXT, TEXT], BOOL, on_column),
    scalar("has_column_privilege", &[NAME, OID, TEXT, TEXT], BOOL, on_column),
    scalar("has_column_privilege", &[NAME, OID, INT2, TEXT], BOOL, on_column),
    scalar("has_schema_privilege", &[TEXT, TEXT], BOOL, on_schema),
    scalar("has_schema_privilege", &[OID, TEXT], BOOL, on_schema),
    scalar("has_schema_privilege", &[NAME, TEXT, TEXT], BOOL, on_schema),
    scalar("has_schema_privilege", &[NAME, OID, TEXT], BOOL, on_schema),
    scalar("has_type_privilege", &[TEXT, TEXT], BOOL, on_type),
    scalar("has_type_privilege", &[OID, TEXT], BOOL, on_type),
    scalar("has_database_privilege", &[TEXT, TEXT], BOOL, on_anything),
    scalar("has_database_privilege", &[OID, TEXT], BOOL, on_anything),
    scalar("has_database_privilege", &[NAME, TEXT, TEXT], BOOL, on_anything),
    scalar("has_database_privilege", &[NAME, OID, TEXT], BOOL, on_anything),
    scalar("has_function_privilege", &[TEXT, TEXT], BOOL, on_anything),
    scalar("has_function_privilege", &[OID, TEXT], BOOL, on_anything),
    scalar("has_function_privilege", &[NAME, OID, TEXT], BOOL, on_anything),
    scalar("has_sequence_privilege", &[TEXT, TEXT], BOOL, on_anything),
    scalar("has_sequence_privilege", &[OID, TEXT], BOOL, on_anything),
    scalar("has_sequence_privilege", &[NAME, OID, TEXT], BOOL, on_anything),
    scalar("has_language_privilege", &[TEXT, TEXT], BOOL, on_anything),
    scalar("has_language_privilege", &[OID, TEXT], BOOL, on_anything),
    scalar("has_tablespace_privilege", &[TEXT, TEXT], BOOL, on_anything),
    scalar("has_tablespace_privilege", &[OID, TEXT], BOOL, on_anything),
    scalar("has_server_privilege", &[TEXT, TEXT], BOOL, on_anything),
    scalar("has_server_privilege", &[OID, TEXT], BOOL, on_anything),
    scalar("has_foreign_data_wrapper_privilege", &[TEXT, TEXT], BOOL, on_anything),
    scalar("has_foreign_data_wrapper_privilege", &[OID, TEXT], BOOL, on_anything),
    scalar("has_parameter_privilege", &[TEXT, TEXT], BOOL, on_anything),
    scalar("pg_has_role", &[NAME, TEXT], BOOL, has_role),
    scalar("pg_has_role", &[OID, TEXT], BOOL, has_role),
    scalar("pg_has_role", &[NAME, NAME, TEXT], BOOL, has_role),
    scalar("pg_has_role", &[NAME, OID, TEXT], BOOL, has_role),
    scalar("pg_has_role", &[OID, OID, TEXT], BOOL, has_role),
    scalar("row_security_active", &[OID], BOOL, no),
    scalar("row_security_active", &[TEXT], BOOL, no),
    scalar("pg_get_function_arguments", &[OID], TEXT, function_arguments),
    scalar("pg_get_function_identity_arguments", &[OID], TEXT, function_identity),
    scalar("pg_get_function_result", &[OID], TEXT, function_result),
    scalar("pg_get_function_arg_default", &[OID, INT4], TEXT, null),
    scalar("pg_get_functiondef", &[OID], TEXT, null),
    scalar("pg_get_function_sqlbody", &[OID], TEXT, null),
    scalar("pg_get_viewdef", &[OID], TEXT, viewdef),
    scalar("pg_get_viewdef", &[OID, BOOL], TEXT, viewdef),
    scalar("pg_get_viewdef", &[OID, INT4], TEXT, viewdef),
    scalar("pg_get_viewdef", &[TEXT], TEXT, viewdef),
    scalar("pg_get_viewdef", &[TEXT, BOOL], TEXT, viewdef),
    scalar("pg_get_indexdef", &[OID], TEXT, null),
    scalar("pg_get_indexdef", &[OID, INT4, BOOL], TEXT, null),
    scalar("pg_get_constraintdef", &[OID], TEXT, null),
    scalar("pg_get_constraintdef", &[OID, BOOL], TEXT, null),
    scalar("pg_get_ruledef", &[OID], TEXT, null),
    scalar("pg_get_ruledef", &[OID, BOOL], TEXT, null),
    scalar("pg_get_triggerdef", &[OID], TEXT, null),
    scalar("pg_get_triggerdef", &[OID, BOOL], TEXT, null),
    scalar("pg_get_serial_sequence", &[TEXT, TEXT], TEXT, null),
    scalar("pg_get_statisticsobjdef", &[OID], TEXT, null),
    scalar("pg_get_statisticsobjdef_columns", &[OID], TEXT, null),
    scalar("pg_get_statisticsobjdef_expressions", &[OID], TEXT_ARRAY, null),
    scalar("pg_get_partkeydef", &[OID], TEXT, null),
    scalar("pg_get_partition_constraintdef", &[OID], TEXT, null),
    scalar("pg_get_replica_identity_index", &[REGCLASS], REGCLASS, null),
    scalar("pg_partition_root", &[REGCLASS], REGCLASS, partition_root),
    set("pg_partition_ancestors", &[REGCLASS], REGCLASS, nothing),
    table("pg_get_keywords", &[], &[("word", TEXT), ("catcode", CHAR), ("barelabel", BOOL), ("catdesc", TEXT), ("baredesc", TEXT)], keywords),
    table("pg_options_to_table", &[TEXT_ARRAY], &[("option_name", TEXT), ("option_value", TEXT)], options),
    table("aclexplode", &[ACLITEM_ARRAY], &[("grantor", OID), ("grantee", OID), ("privilege_type", TEXT), ("is_grantable", BOOL)], aclexplode),
    scalar("acldefault", &[CHAR, OID], ACLITEM_ARRAY, acldefault),
    scalar("aclcontains", &[ACLITEM_ARRAY, ACLITEM], BOOL, no),
    table("pg_get_publication_tables", &[TEXT], &[("relid", OID), ("attrs", types::INT2VECTOR), ("qual", PG_NODE_TREE)], nothing),
    scalar("pg_size_pretty", &[INT8], TEXT, size_pretty),
    scalar("pg_size_pretty", &[NUMERIC], TEXT, size_pretty),
    scalar("pg_size_bytes", &[TEXT], INT8, ceil_size),
    scalar("pg_relation_size", &[REGCLASS], INT8, relation_size),
    scalar("pg_relation_size", &[REGCLASS, TEXT], INT8, relation_size),
    scalar("pg_total_relation_size", &[REGCLASS], INT8, relation_size),
    scalar("pg_table_size", &[REGCLASS], INT8, relation_size),
    scalar("pg_indexes_size", &[REGCLASS], INT8, relation_size),
    scalar("pg_database_size", &[NAME], INT8, zero),
    scalar("pg_database_size", &[OID], INT8, zero),
    scalar("pg_tablespace_size", &[NAME], INT8, zero),
    scalar("pg_tablespace_size", &[OID], INT8, zero),
    scalar("pg_tablespace_location", &[OID], TEXT, empty),
    set("pg_tablespace_databases", &[OID], OID, nothing),
    scalar("pg_relation_filenode", &[REGCLASS], OID, null),
    scalar("pg_relation_filepath", &[REGCLASS], TEXT, null),
    scalar("pg_relation_is_updatable", &[REGCLASS, BOOL], INT4, zero),
    scalar("pg_column_is_updatable", &[REGCLASS, INT2, BOOL], BOOL, no),
    scalar("pg_relation_is_publishable", &[REGCLASS], BOOL, no),
    scalar("pg_sequence_last_value", &[REGCLASS], INT8, null),
    scalar("pg_index_column_has_property", &[REGCLASS, INT4, TEXT], BOOL, null),
    scalar("pg_index_has_property", &[REGCLASS, TEXT], BOOL, null),
    scalar("pg_indexam_has_property", &[OID, TEXT], BOOL, null),
    scalar("pg_collation_for", &[ANY], TEXT, null).lax(),
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
