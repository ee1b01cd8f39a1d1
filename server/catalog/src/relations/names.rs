//! Objects by number and by name: what `regclass`, `format_type`, `pg_table_is_visible` and their like ask for.

use std::collections::HashMap;
use std::sync::Arc;

use super::shape::{Keyed, Reader};
use super::stored::PG_CATALOG;
use crate::error::PgError;
use crate::index::CatalogIndex;
use crate::session::Session;
use crate::types;
use crate::value::quote_identifier;

/// Kinds of objects that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Tables, views, indexes.
    Class,
    /// Types.
    Type,
    /// Functions; several may have one name.
    Function,
    /// Operators; several may have one name.
    Operator,
    /// Operator classes.
    OperatorClass,
    /// Operator families.
    OperatorFamily,
    /// Collations.
    Collation,
}

/// Where each kind is kept: relation, and the columns of schema and name.
const KINDS: [(Kind, &str, &str, &str); 7] = [
    (Kind::Class, "pg_class", "relnamespace", "relname"),
    (Kind::Type, "pg_type", "typnamespace", "typname"),
    (Kind::Function, "pg_proc", "pronamespace", "proname"),
    (Kind::Operator, "pg_operator", "oprnamespace", "oprname"),
    (Kind::OperatorClass, "pg_opclass", "opcnamespace", "opcname"),
    (Kind::OperatorFamily, "pg_opfamily", "opfnamespace", "opfname"),
    (Kind::Collation, "pg_collation", "collnamespace", "collname"),
];

#[derive(Debug)]
struct Object {
    schema: u32,
    name: Arc<str>,
}

/// All objects of a kind.
#[derive(Debug, Default)]
struct Objects {
    by_oid: HashMap<u32, Object>,
    by_name: HashMap<(u32, Arc<str>), Vec<u32>>,
}

/// Names of schemas or roles.
#[derive(Debug, Default)]
struct Plain {
    by_oid: HashMap<u32, Arc<str>>,
    by_name: HashMap<Arc<str>, u32>,
}

/// Look-ups in one catalog, made once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    objects: HashMap<Kind, Objects>,
    schemas: Plain,
    roles: Plain,
    /// For a type of elements the array type, and the other way.
    arrays: HashMap<u32, u32>,
    elements: HashMap<u32, u32>,
    /// Comments by object, relation of the object, and column.
    comments: HashMap<(u32, u32, i64), Arc<str>>,
    pub(super) functions: Keyed,
    pub(super) aggregates: Keyed,
}

impl Names {
    pub(crate) fn new(index: &CatalogIndex) -> Self {
        let mut names = Self {
            schemas: plain(index, "pg_namespace", "nspname"),
            roles: plain(index, "pg_authid", "rolname"),
            functions: Keyed::new(index, "pg_proc", "oid"),
            aggregates: Keyed::new(index, "pg_aggregate", "aggfnoid"),
            ..Self::default()
        };
        for (kind, relation, schema, name) in KINDS {
            let mut objects = Objects::default();
            for cells in Reader::new(index, relation).iter() {
                let object = Object { schema: cells.oid(schema), name: Arc::from(cells.text(name)) };
                let place = (object.schema, Arc::clone(&object.name));
                objects.by_name.entry(place).or_default().push(cells.oid("oid"));
                objects.by_oid.insert(cells.oid("oid"), object);
            }
            names.objects.insert(kind, objects);
        }
        for t in Reader::new(index, "pg_type").iter() {
            if t.oid("typarray") != 0 {
                names.arrays.insert(t.oid("oid"), t.oid("typarray"));
                names.elements.insert(t.oid("typarray"), t.oid("oid"));
            }
        }
        for d in Reader::new(index, "pg_description").iter() {
            let key = (d.oid("objoid"), d.oid("classoid"), d.int("objsubid"));
            names.comments.insert(key, Arc::from(d.text("description")));
        }
        names
    }

    /// The schemas in which a bare name is looked up, first to last.
    pub(crate) fn path(&self, session: &Session) -> Vec<u32> {
        let named = session.search_path.iter();
        let mut path: Vec<u32> = named.filter_map(|s| self.schemas.by_name.get(s.as_str()).copied()).collect();
        if !path.contains(&PG_CATALOG) {
            path.insert(0, PG_CATALOG);
        }
        path
    }

    /// Whether a bare name finds the object; `None` if there is no such object.
    pub(crate) fn is_visible(&self, session: &Session, kind: Kind, oid: u32) -> Option<bool> {
        let objects = self.objects.get(&kind)?;
        let object = objects.by_oid.get(&oid)?;
        for schema in self.path(session) {
            if schema == object.schema {
                return Some(true);
            }
            let hides = objects.by_name.contains_key(&(schema, Arc::clone(&object.name)));
            // Functions and operators hide only those of the same arguments.
            if hides && !matches!(kind, Kind::Function | Kind::Operator) {
                return Some(false);
            }
        }
        Some(false)
    }

    /// The name of an object as text shows it: with its schema if a bare name does not find it.
    pub(crate) fn shown(&self, session: &Session, kind: Kind, oid: u32) -> Option<String> {
        let objects = self.objects.get(&kind)?;
        let object = objects.by_oid.get(&oid)?;
        let several = || objects.by_name.get(&(object.schema, Arc::clone(&object.name))).is_some_and(|o| o.len() > 1);
        let bare = self.is_visible(session, kind, oid)? && !(kind == Kind::Function && several());
        let name = if kind == Kind::Operator { object.name.to_string() } else { quote_identifier(&object.name) };
        if bare {
            return Some(name);
        }
        let schema = self.schemas.by_oid.get(&object.schema).map_or("", |s| s);
        Some(format!("{}.{name}", quote_identifier(schema)))
    }

    /// The number of an object from its name, with or without schema; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The text is not a name; several functions have the name.
    pub(crate) fn find(&self, session: &Session, kind: Kind, text: &str) -> Result<Option<u32>, PgError> {
        let parts = name_parts(text)?;
        let (schemas, name) = match parts.as_slice() {
            [name] => (self.path(session), name),
            [schema, name] | [_, schema, name] => {
                (self.schemas.by_name.get(schema.as_str()).copied().into_iter().collect(), name)
            }
            _ => return Err(PgError::new("42601", format!("improper qualified name (too many dotted names): {text}"))),
        };
        let name: Arc<str> = Arc::from(name.as_str());
        let Some(objects) = self.objects.get(&kind) else {
            return Ok(None);
        };
        let found = schemas.into_iter().find_map(|schema| objects.by_name.get(&(schema, Arc::clone(&name))));
        match found.map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([one]) => Ok(Some(*one)),
            Some(_) => Err(PgError::new("42725", format!("more than one function named \"{text}\""))),
        }
    }

    /// The name of a schema.
    pub(crate) fn schema(&self, oid: u32) -> Option<&Arc<str>> {
        self.schemas.by_oid.get(&oid)
    }

    /// The number of a schema.
    pub(crate) fn find_schema(&self, name: &str) -> Option<u32> {
        self.schemas.by_name.get(name).copied()
    }

    /// The name of a role.
    pub(crate) fn role(&self, oid: u32) -> Option<&Arc<str>> {
        self.roles.by_oid.get(&oid)
    }

    /// The number of a role.
    pub(crate) fn find_role(&self, name: &str) -> Option<u32> {
        self.roles.by_name.get(name).copied()
    }

    /// What is said about an object of a relation such as `pg_class`, or about one of its columns.
    pub(crate) fn comment(&self, object: u32, relation: u32, column: i64) -> Option<&Arc<str>> {
        self.comments.get(&(object, relation, column))
    }

    /// A type as `format_type` shows it.
    pub(crate) fn type_text(&self, session: &Session, oid: u32, typmod: Option<i32>) -> Option<String> {
        if let Some(text) = types::display_name(oid, typmod) {
            return Some(text);
        }
        if let Some(element) = self.elements.get(&oid) {
            return self.type_text(session, *element, typmod).map(|text| format!("{text}[]"));
        }
        self.shown(session, Kind::Type, oid)
    }

    /// The number of a type from what SQL or `format_type` calls it, with its modifier; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The text is not a name.
    pub(crate) fn find_type(&self, session: &Session, text: &str) -> Result<Option<(u32, i32)>, PgError> {
        let text = text.trim();
        if let Some(element) = text.strip_suffix(']').and_then(|t| t.trim_end().strip_suffix('[')) {
            let found = self.find_type(session, element.trim_end_matches("[]"))?;
            return Ok(found.and_then(|(oid, typmod)| Some((*self.arrays.get(&oid)?, typmod))));
        }
        let (name, modifier) = match (text.find('('), text.find(')')) {
            (Some(open), Some(close)) if open < close => {
                let name = format!("{}{}", &text[..open], &text[close + 1..]);
                (name, Some(&text[open + 1..close]))
            }
            _ => (text.to_owned(), None),
        };
        let words = name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
        let oid = match types::by_sql_name(&words).filter(|_| !name.contains('"')) {
            Some(oid) => Some(oid),
            None => self.find(session, Kind::Type, name.trim())?,
        };
        Ok(oid.map(|oid| (oid, modifier.map_or(-1, |m| typmod(oid, m)))))
    }
}

/// The modifier of a type from the numbers in its brackets.
fn typmod(oid: u32, text: &str) -> i32 {
    let numbers: Vec<i32> = text.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    match (oid, numbers.as_slice()) {
        (types::NUMERIC, [precision]) => (precision << 16) + 4,
        (types::NUMERIC, [precision, scale]) => ((precision << 16) | (scale & 0x7ff)) + 4,
        (types::VARCHAR | types::BPCHAR, [length]) => length.saturating_add(4),
        (_, [digits]) => *digits,
        _ => -1,
    }
}

fn plain(index: &CatalogIndex, relation: &str, name: &str) -> Plain {
    let mut found = Plain::default();
    for cells in Reader::new(index, relation).iter() {
        let name: Arc<str> = Arc::from(cells.text(name));
        found.by_name.insert(Arc::clone(&name), cells.oid("oid"));
        found.by_oid.insert(cells.oid("oid"), name);
    }
    found
}

/// The parts of a dotted name: lower case unless quoted.
///
/// # Errors
///
/// A quote is not closed, or a part is empty.
pub(crate) fn name_parts(text: &str) -> Result<Vec<String>, PgError> {
    let bad = || PgError::new("42602", "invalid name syntax");
    let mut parts = Vec::new();
    let mut chars = text.trim().chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let mut part = String::new();
        if chars.next_if_eq(&'"').is_some() {
            loop {
                match chars.next() {
                    Some('"') if chars.next_if_eq(&'"').is_some() => part.push('"'),
                    Some('"') => break,
                    Some(c) => part.push(c),
                    None => return Err(bad()),
                }
            }
        } else {
            while let Some(c) = chars.next_if(|c| *c != '.' && !c.is_whitespace() && *c != '"') {
                part.extend(c.to_lowercase());
            }
        }
        if part.is_empty() {
            return Err(bad());
        }
        parts.push(part);
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        match chars.next() {
            None => return Ok(parts),
            Some('.') => {}
            Some(_) => return Err(bad()),
        }
    }
}
