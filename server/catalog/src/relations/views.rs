//! Views of `pg_catalog` that say in one row what base relations have in several: tables, views, indexes.

use std::collections::HashMap;

use super::shape::{Cells, Reader, Shape};
use super::tables::schema_names;
use crate::index::CatalogIndex;
use crate::relation::Row;
use crate::value::{Value, quote_identifier};

/// `pg_tables`.
pub(super) fn tables(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let (schemas, owners) = (schema_names(index), owner_names(index));
    let classes = Reader::new(index, "pg_class");
    let own = classes.iter().filter(|c| c.text("relkind") == "r");
    own.map(|c| {
        shape.row([
            ("schemaname", name_of(&schemas, c, "relnamespace")),
            ("tablename", c.value("relname")),
            ("tableowner", name_of(&owners, c, "relowner")),
            ("tablespace", tablespace(index, c)),
            ("hasindexes", c.value("relhasindex")),
            ("hasrules", c.value("relhasrules")),
            ("hastriggers", c.value("relhastriggers")),
            ("rowsecurity", c.value("relrowsecurity")),
        ])
    })
    .collect()
}

/// `pg_views`, without the texts of the views.
pub(super) fn views(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let (schemas, owners) = (schema_names(index), owner_names(index));
    let classes = Reader::new(index, "pg_class");
    let own = classes.iter().filter(|c| c.text("relkind") == "v");
    own.map(|c| {
        shape.row([
            ("schemaname", name_of(&schemas, c, "relnamespace")),
            ("viewname", c.value("relname")),
            ("viewowner", name_of(&owners, c, "relowner")),
        ])
    })
    .collect()
}

/// `pg_indexes`: those of PostgreSQL's own tables.
pub(super) fn indexes(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let schemas = schema_names(index);
    let texts = Definitions::new(index);
    let by_oid = texts.classes.by_oid();
    let mut rows = Vec::new();
    for i in texts.indexes.iter() {
        let (Some(own), Some(table)) = (by_oid.get(&i.oid("indexrelid")), by_oid.get(&i.oid("indrelid"))) else {
            continue;
        };
        if table.text("relkind") == "r" {
            rows.push(shape.row([
                ("schemaname", name_of(&schemas, *table, "relnamespace")),
                ("tablename", table.value("relname")),
                ("indexname", own.value("relname")),
                ("tablespace", tablespace(index, *own)),
                ("indexdef", texts.of_index(i, *own, *table, schemas.get(&table.oid("relnamespace"))).into()),
            ]));
        }
    }
    rows
}

/// The statement that makes an index; `qualified`: with the schema of the table.
pub(crate) fn index_definition(index: &CatalogIndex, oid: u32, qualified: bool) -> Option<String> {
    let texts = Definitions::new(index);
    let i = texts.indexes.iter().find(|i| i.oid("indexrelid") == oid)?;
    let class = |oid: u32| texts.classes.iter().find(|c| c.oid("oid") == oid);
    let (own, table) = (class(oid)?, class(i.oid("indrelid"))?);
    let schemas = schema_names(index);
    Some(texts.of_index(i, own, table, schemas.get(&table.oid("relnamespace")).filter(|_| qualified)))
}

/// The columns of an index in order, as the statement that makes it shows them.
pub(crate) fn index_columns(index: &CatalogIndex, oid: u32) -> Vec<String> {
    let texts = Definitions::new(index);
    texts.indexes.iter().find(|i| i.oid("indexrelid") == oid).map_or_else(Vec::new, |i| texts.columns(i))
}

/// What a constraint demands, as `pg_get_constraintdef` shows it.
pub(crate) fn constraint_definition(index: &CatalogIndex, oid: u32) -> Option<String> {
    let constraints = Reader::new(index, "pg_constraint");
    let c = constraints.iter().find(|c| c.oid("oid") == oid)?;
    let texts = Definitions::new(index);
    let key = |number: &i64| texts.columns.get(&(c.oid("conrelid"), *number));
    let columns: Vec<String> = elements(c.get("conkey")).iter().filter_map(key).map(|n| quote_identifier(n)).collect();
    match c.text("contype") {
        "p" => Some(format!("PRIMARY KEY ({})", columns.join(", "))),
        "u" => Some(format!("UNIQUE ({})", columns.join(", "))),
        "c" => Some(format!("CHECK ({})", c.text("conbin"))),
        _ => None,
    }
}

/// What the texts of indexes and constraints are made from.
struct Definitions {
    classes: Reader,
    indexes: Reader,
    operators: Reader,
    /// Names of columns by table and number.
    columns: HashMap<(u32, i64), String>,
}

impl Definitions {
    fn new(index: &CatalogIndex) -> Self {
        let attributes = Reader::new(index, "pg_attribute");
        let name = |a: Cells<'_>| ((a.oid("attrelid"), a.int("attnum")), a.text("attname").to_owned());
        Self {
            classes: Reader::new(index, "pg_class"),
            indexes: Reader::new(index, "pg_index"),
            operators: Reader::new(index, "pg_opclass"),
            columns: attributes.iter().map(name).collect(),
        }
    }

    fn of_index(&self, i: Cells<'_>, own: Cells<'_>, table: Cells<'_>, schema: Option<&Value>) -> String {
        let unique = if i.is("indisunique") { "UNIQUE " } else { "" };
        let schema = schema.and_then(Value::as_str).map(|name| format!("{}.", quote_identifier(name)));
        let (schema, columns) = (schema.unwrap_or_default(), self.columns(i).join(", "));
        let (name, of) = (quote_identifier(own.text("relname")), quote_identifier(table.text("relname")));
        format!("CREATE {unique}INDEX {name} ON {schema}{of} USING btree ({columns})")
    }

    fn columns(&self, i: Cells<'_>) -> Vec<String> {
        let (keys, classes) = (elements(i.get("indkey")), elements(i.get("indclass")));
        let column = |(at, key): (usize, &i64)| {
            let name = self.columns.get(&(i.oid("indrelid"), *key)).map(|n| quote_identifier(n));
            let mut text = name.unwrap_or_default();
            let class = classes.get(at).and_then(|oid| self.operators.iter().find(|c| c.int("oid") == *oid));
            if let Some(class) = class.filter(|c| !c.is("opcdefault")) {
                text.push(' ');
                text.push_str(class.text("opcname"));
            }
            text
        };
        keys.iter().enumerate().map(column).collect()
    }
}

fn elements(array: &Value) -> Vec<i64> {
    match array {
        Value::Array(array) => array.elements.iter().filter_map(Value::as_int).collect(),
        _ => Vec::new(),
    }
}

/// The name of each role by its number.
pub(super) fn owner_names(index: &CatalogIndex) -> HashMap<u32, Value> {
    Reader::new(index, "pg_authid").iter().map(|r| (r.oid("oid"), r.value("rolname"))).collect()
}

/// The name that a column of numbers stands for.
pub(super) fn name_of(names: &HashMap<u32, Value>, cells: Cells<'_>, column: &str) -> Value {
    names.get(&cells.oid(column)).cloned().unwrap_or_default()
}

fn tablespace(index: &CatalogIndex, class: Cells<'_>) -> Value {
    let spaces = Reader::new(index, "pg_tablespace");
    let found = spaces.iter().find(|s| s.oid("oid") == class.oid("reltablespace"));
    found.map_or(Value::Null, |s| s.value("spcname"))
}
