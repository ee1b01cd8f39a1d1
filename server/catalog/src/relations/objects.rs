//! Numbers for what the user has: schemas, tables and their row types, roles, functions.
//!
//! A number is made from the kind and the name of an object, so that it is the same in every run; PostgreSQL gives
//! numbers from 16384 on to what is not its own.

use std::collections::HashSet;

use super::stored::PUBLIC;
use crate::model::Catalog;

/// Number of the role that owns everything: the first of the catalog.
pub(crate) const OWNER: u32 = 10;

const FIRST: u32 = 16384;

/// The numbers of a catalog's objects, in the order in which the catalog has them.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(crate) database: u32,
    pub(crate) schemas: Vec<SchemaNumbers>,
    pub(crate) roles: Vec<u32>,
    pub(crate) functions: Vec<u32>,
}

/// The number of a schema and of what is in it.
#[derive(Debug, Default)]
pub(crate) struct SchemaNumbers {
    pub(crate) oid: u32,
    pub(crate) tables: Vec<TableNumbers>,
}

/// The number of a table, of its row type and of the array of that.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct TableNumbers {
    pub(crate) oid: u32,
    pub(crate) row_type: u32,
    pub(crate) array_type: u32,
}

impl Objects {
    /// Numbers for all objects of a catalog.
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let mut numbers = Numbers::default();
        // Numbers that are asked for come before those that could be in their way.
        for table in catalog.schemas.iter().flat_map(|s| &s.tables) {
            numbers.taken.extend(table.oid);
        }
        let database = numbers.next("database", "", &catalog.database);
        let mut schemas = Vec::new();
        for schema in &catalog.schemas {
            let oid = match schema.name.as_str() {
                "public" => PUBLIC,
                name => numbers.next("schema", "", name),
            };
            let mut tables = Vec::new();
            for table in &schema.tables {
                tables.push(TableNumbers {
                    oid: table.oid.unwrap_or_else(|| numbers.next("table", &schema.name, &table.name)),
                    row_type: numbers.next("type", &schema.name, &table.name),
                    array_type: numbers.next("array", &schema.name, &table.name),
                });
            }
            schemas.push(SchemaNumbers { oid, tables });
        }
        let roles = catalog.roles.iter().enumerate().map(|(at, role)| match at {
            0 => OWNER,
            _ => numbers.next("role", "", &role.name),
        });
        let roles = roles.collect();
        let functions = catalog.functions.iter().map(|f| {
            let arguments: Vec<String> = f.arguments.iter().map(u32::to_string).collect();
            numbers.next("function", &arguments.join(" "), &f.name)
        });
        let functions = functions.collect();
        Self { database, schemas, roles, functions }
    }
}

#[derive(Default)]
struct Numbers {
    taken: HashSet<u32>,
}

impl Numbers {
    /// The number of an object; the next free one if another object has it.
    fn next(&mut self, kind: &str, place: &str, name: &str) -> u32 {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in [kind, place, name].iter().flat_map(|s| s.bytes().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        // Clients that keep a number in 31 bits are not rare.
        let span = u64::from((1_u32 << 31) - FIRST);
        let mut at = hash % span;
        loop {
            let number = FIRST + u32::try_from(at).unwrap_or(0);
            if self.taken.insert(number) {
                return number;
            }
            at = (at + 1) % span;
        }
    }
}
