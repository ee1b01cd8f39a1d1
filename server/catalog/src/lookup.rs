//! Objects of the catalogue by number and by name, for `regclass` and its kin, visibility and descriptions.
//!
//! Everything is read from the relations themselves, so that it says the same as they do.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::index::CatalogIndex;
use crate::relation::Row;
use crate::session::Session;
use crate::types;
use crate::value::{Value, quote_identifier};

/// The kinds of objects that have a number and a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Class,
    Type,
    Proc,
    Operator,
    Collation,
    Config,
    Dictionary,
    Parser,
    Template,
    Opclass,
    Opfamily,
    Conversion,
    Statistics,
    Namespace,
    Role,
}

impl Kind {
    /// The relation, and its columns for the name and for the schema.
    fn columns(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Class => ("pg_class", "relname", "relnamespace"),
            Self::Type => ("pg_type", "typname", "typnamespace"),
            Self::Proc => ("pg_proc", "proname", "pronamespace"),
            Self::Operator => ("pg_operator", "oprname", "oprnamespace"),
            Self::Collation => ("pg_collation", "collname", "collnamespace"),
            Self::Config => ("pg_ts_config", "cfgname", "cfgnamespace"),
            Self::Dictionary => ("pg_ts_dict", "dictname", "dictnamespace"),
            Self::Parser => ("pg_ts_parser", "prsname", "prsnamespace"),
            Self::Template => ("pg_ts_template", "tmplname", "tmplnamespace"),
            Self::Opclass => ("pg_opclass", "opcname", "opcnamespace"),
            Self::Opfamily => ("pg_opfamily", "opfname", "opfnamespace"),
            Self::Conversion => ("pg_conversion", "conname", "connamespace"),
            Self::Statistics => ("pg_statistic_ext", "stxname", "stxnamespace"),
            Self::Namespace => ("pg_namespace", "nspname", ""),
            Self::Role => ("pg_roles", "rolname", ""),
        }
    }
}

/// How many variants [`Kind`] has.
const KINDS: usize = 15;

/// The objects of one kind.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    by_oid: HashMap<u32, (u32, Arc<str>)>,
    by_name: HashMap<Arc<str>, Vec<(u32, u32)>>,
}

impl Objects {
    /// The schema's number and the name of an object.
    pub fn get(&self, oid: u32) -> Option<(u32, &str)> {
        self.by_oid.get(&oid).map(|(schema, name)| (*schema, &**name))
    }

    /// The schema's and the object's number of all objects with a name.
    pub fn named(&self, name: &str) -> &[(u32, u32)] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Rows of a relation by the number in one of its columns.
pub(crate) type RowsByOid = HashMap<u32, Vec<Row>>;

/// What was looked up so far.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    objects: [OnceLock<Objects>; KINDS],
    descriptions: OnceLock<HashMap<(u32, u32, i64), Arc<str>>>,
    functions: OnceLock<RowsByOid>,
    types: OnceLock<RowsByOid>,
}

impl CatalogIndex {
    /// The numbers of columns of a relation of `pg_catalog`.
    pub(crate) fn columns<const N: usize>(&self, relation: &str, names: [&str; N]) -> Option<(usize, [usize; N])> {
        let at = self.find("pg_catalog", relation)?;
        let columns = &self.relations().get(at)?.columns;
        let mut found = [0; N];
        for (slot, name) in found.iter_mut().zip(names) {
            *slot = columns.iter().position(|c| c.name == name)?;
        }
        Some((at, found))
    }

    /// All objects of a kind.
    pub(crate) fn objects(&self, kind: Kind, session: &Session) -> &Objects {
        static NONE: OnceLock<Objects> = OnceLock::new();
        match self.lookups().objects.get(kind as usize) {
            Some(cell) => cell.get_or_init(|| self.read_objects(kind, session)),
            None => NONE.get_or_init(Objects::default),
        }
    }

    fn read_objects(&self, kind: Kind, session: &Session) -> Objects {
        let mut objects = Objects::default();
        let (relation, name, schema) = kind.columns();
        let schema = if schema.is_empty() { "oid" } else { schema };
        let Some((at, [oid, name, schema])) = self.columns(relation, ["oid", name, schema]) else { return objects };
        for row in self.rows(at, session).iter() {
            let (Some(oid), Some(Value::Text(name)), Some(schema)) =
                (number(row, oid), row.get(name), number(row, schema))
            else {
                continue;
            };
            objects.by_oid.insert(oid, (schema, Arc::clone(name)));
            objects.by_name.entry(Arc::clone(name)).or_default().push((schema, oid));
        }
        objects
    }

    /// What `pg_description` says about a part of an object of a relation.
    pub(crate) fn description(&self, class: u32, object: u32, part: i64, session: &Session) -> Option<Arc<str>> {
        let all = self.lookups().descriptions.get_or_init(|| {
            let mut all = HashMap::new();
            let columns = ["objoid", "classoid", "objsubid", "description"];
            let Some((at, [object, class, part, text])) = self.columns("pg_description", columns) else { return all };
            for row in self.rows(at, session).iter() {
                let (Some(o), Some(c), Some(p)) =
                    (number(row, object), number(row, class), row.get(part).and_then(Value::as_int))
                else {
                    continue;
                };
                if let Some(Value::Text(text)) = row.get(text) {
                    all.insert((c, o, p), Arc::clone(text));
                }
            }
            all
        });
        all.get(&(class, object, part)).cloned()
    }

    fn by_oid(&self, relation: &str, session: &Session) -> RowsByOid {
        let mut all = RowsByOid::new();
        let Some((at, [oid])) = self.columns(relation, ["oid"]) else { return all };
        for row in self.rows(at, session).iter() {
            if let Some(oid) = number(row, oid) {
                all.entry(oid).or_default().push(Arc::clone(row));
            }
        }
        all
    }

    /// The row of `pg_proc` of a function.
    pub(crate) fn function_row(&self, oid: u32, session: &Session) -> Option<Row> {
        let all = self.lookups().functions.get_or_init(|| self.by_oid("pg_proc", session));
        all.get(&oid)?.first().cloned()
    }

    /// The row of `pg_type` of a type.
    pub(crate) fn type_row(&self, oid: u32, session: &Session) -> Option<Row> {
        let all = self.lookups().types.get_or_init(|| self.by_oid("pg_type", session));
        all.get(&oid)?.first().cloned()
    }

    /// The number of a schema.
    pub(crate) fn schema_oid(&self, name: &str, session: &Session) -> Option<u32> {
        self.objects(Kind::Namespace, session).named(name).first().map(|(_, oid)| *oid)
    }

    /// The numbers of the schemas in which a bare name is looked up, in order.
    pub(crate) fn path(&self, session: &Session) -> Vec<u32> {
        let explicit = session.search_path.iter().any(|s| s == "pg_catalog");
        let implicit = if explicit { None } else { Some("pg_catalog") };
        let names = implicit.into_iter().chain(session.search_path.iter().map(String::as_str));
        names.filter_map(|n| self.schema_oid(n, session)).collect()
    }

    /// The number of an object by its name, with or without schema.
    pub(crate) fn resolve(&self, kind: Kind, schema: Option<&str>, name: &str, session: &Session) -> Option<u32> {
        let named = self.objects(kind, session).named(name);
        if named.is_empty() {
            return None;
        }
        if let Some(schema) = schema {
            let schema = self.schema_oid(schema, session)?;
            return named.iter().find(|(s, _)| *s == schema).map(|(_, oid)| *oid);
        }
        if matches!(kind, Kind::Namespace | Kind::Role) {
            return named.first().map(|(_, oid)| *oid);
        }
        let path = self.path(session);
        path.iter().find_map(|p| named.iter().find(|(s, _)| s == p).map(|(_, oid)| *oid))
    }

    /// Whether the bare name of an object finds it; `None` if there is no such object.
    pub(crate) fn visible(&self, kind: Kind, oid: u32, session: &Session) -> Option<bool> {
        let objects = self.objects(kind, session);
        let (schema, name) = objects.get(oid)?;
        if matches!(kind, Kind::Proc | Kind::Operator) {
            // Functions of one name hide each other only if their arguments are the same.
            return Some(self.path(session).contains(&schema));
        }
        Some(self.resolve(kind, None, name, session) == Some(oid))
    }

    /// The name of an object as SQL text has it, with its schema where the bare name would not find it.
    pub(crate) fn display(&self, kind: Kind, oid: u32, session: &Session) -> Option<String> {
        let (schema, name) = self.objects(kind, session).get(oid)?;
        let name = if kind == Kind::Operator { name.to_string() } else { quote_identifier(name) };
        if matches!(kind, Kind::Namespace | Kind::Role) || self.visible(kind, oid, session) == Some(true) {
            return Some(name);
        }
        let (_, schema) = self.objects(Kind::Namespace, session).get(schema)?;
        Some(format!("{}.{name}", quote_identifier(schema)))
    }

    /// The name of a type as `format_type` writes it.
    pub(crate) fn type_name(&self, oid: u32, typmod: Option<i32>, session: &Session) -> Option<String> {
        if let Some(name) = types::display_name(oid, typmod) {
            return Some(name);
        }
        let (_, [element, name]) = self.columns("pg_type", ["typelem", "typname"])?;
        let row = self.type_row(oid, session)?;
        let element = number(&row, element).unwrap_or(0);
        let is_array = row.get(name).and_then(Value::as_str).is_some_and(|n| n.starts_with('_'));
        if element != 0 && is_array {
            return self.type_name(element, typmod, session).map(|n| format!("{n}[]"));
        }
        self.display(Kind::Type, oid, session)
    }
}

/// The number in a column of a row.
pub(crate) fn number(row: &Row, column: usize) -> Option<u32> {
    row.get(column).and_then(Value::as_int).and_then(|n| u32::try_from(n).ok())
}
