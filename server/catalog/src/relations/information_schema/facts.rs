//! What the standard wants to know of a type: its name, its length, its digits, its collation.

use std::collections::HashMap;

use super::super::shape::{Cells, Reader};
use super::super::stored::PG_CATALOG;
use super::super::tables::schema_names;
use crate::index::CatalogIndex;
use crate::types;
use crate::value::Value;

/// Bytes that text of no stated length may have.
const MOST_BYTES: i64 = 1 << 30;
/// Bytes that a character of UTF-8 may have.
const BYTES_OF_CHARACTER: i64 = 4;
/// Number of the collation `default`.
const DEFAULT_COLLATION: u32 = 100;

/// The catalogue's types, and the names of schemas and collations.
pub(super) struct Facts {
    pub(super) database: Value,
    pub(super) schemas: HashMap<u32, Value>,
    types: Reader,
    collations: Reader,
}

/// A type with its domain, if it has one, taken off.
pub(super) struct Known {
    /// The number of the type under the domain.
    pub(super) base: u32,
    pub(super) typmod: i64,
    pub(super) data_type: Value,
    pub(super) schema: Value,
    pub(super) name: Value,
    /// Schema and name of the domain.
    pub(super) domain: Option<(Value, Value)>,
    /// The number of the elements' type, for an array.
    pub(super) element: Option<u32>,
}

impl Facts {
    pub(super) fn new(index: &CatalogIndex) -> Self {
        Self {
            database: index.catalog().database.as_str().into(),
            schemas: schema_names(index),
            types: Reader::new(index, "pg_type"),
            collations: Reader::new(index, "pg_collation"),
        }
    }

    /// All types by number, to be asked for many.
    pub(super) fn types(&self) -> HashMap<u32, Cells<'_>> {
        self.types.by_oid()
    }

    /// The name of a schema.
    pub(super) fn schema(&self, oid: u32) -> Value {
        self.schemas.get(&oid).cloned().unwrap_or_default()
    }

    /// A type and what is under it.
    pub(super) fn known(&self, types: &HashMap<u32, Cells<'_>>, oid: u32, typmod: i64) -> Option<Known> {
        let own = types.get(&oid)?;
        let (under, base, typmod, domain) = match own.text("typtype") {
            "d" => {
                let base = own.oid("typbasetype");
                let domain = (self.schema(own.oid("typnamespace")), own.value("typname"));
                (types.get(&base)?, base, own.int("typtypmod"), Some(domain))
            }
            _ => (own, oid, typmod, None),
        };
        let element = under.oid("typelem");
        let is_array = element != 0 && under.int("typlen") == -1;
        let data_type = match () {
            () if is_array => "ARRAY".into(),
            () if under.oid("typnamespace") == PG_CATALOG => {
                types::display_name(base, None).map_or_else(|| under.value("typname"), Value::from)
            }
            () => "USER-DEFINED".into(),
        };
        Some(Known {
            base,
            typmod,
            data_type,
            schema: self.schema(under.oid("typnamespace")),
            name: under.value("typname"),
            domain,
            element: is_array.then_some(element),
        })
    }

    /// Schema and name of a collation, unless it is the one of the database.
    pub(super) fn collation(&self, oid: u32) -> (Value, Value, Value) {
        let found = self.collations.iter().find(|c| oid != DEFAULT_COLLATION && c.oid("oid") == oid);
        found.map_or((Value::Null, Value::Null, Value::Null), |c| {
            (self.database.clone(), self.schema(c.oid("collnamespace")), c.value("collname"))
        })
    }

    /// All collations.
    pub(super) fn collations(&self) -> &Reader {
        &self.collations
    }
}

impl Known {
    /// Characters that fit, if that is limited.
    pub(super) fn characters(&self) -> Value {
        match self.base {
            types::BPCHAR | types::VARCHAR if self.typmod >= 4 => (self.typmod - 4).into(),
            types::BIT | types::VARBIT if self.typmod >= 0 => self.typmod.into(),
            _ => Value::Null,
        }
    }

    /// Bytes that fit.
    pub(super) fn bytes(&self) -> Value {
        match self.base {
            types::BPCHAR | types::VARCHAR if self.typmod >= 4 => ((self.typmod - 4) * BYTES_OF_CHARACTER).into(),
            types::BPCHAR | types::VARCHAR | types::TEXT => MOST_BYTES.into(),
            _ => Value::Null,
        }
    }

    /// Digits of a number, in its base.
    pub(super) fn digits(&self) -> Value {
        match self.base {
            types::INT2 => 16.into(),
            types::INT4 => 32.into(),
            types::INT8 => 64.into(),
            types::FLOAT4 => 24.into(),
            types::FLOAT8 => 53.into(),
            types::NUMERIC if self.typmod >= 4 => (((self.typmod - 4) >> 16) & 0xffff).into(),
            _ => Value::Null,
        }
    }

    /// The base that digits are counted in.
    pub(super) fn radix(&self) -> Value {
        match self.base {
            types::INT2 | types::INT4 | types::INT8 | types::FLOAT4 | types::FLOAT8 => 2.into(),
            types::NUMERIC => 10.into(),
            _ => Value::Null,
        }
    }

    /// Digits after the point.
    pub(super) fn scale(&self) -> Value {
        match self.base {
            types::INT2 | types::INT4 | types::INT8 => 0.into(),
            types::NUMERIC if self.typmod >= 4 => ((self.typmod - 4) & 0xffff).into(),
            _ => Value::Null,
        }
    }

    /// Digits of a second.
    pub(super) fn seconds(&self) -> Value {
        match self.base {
            types::DATE => 0.into(),
            types::TIME | types::TIMETZ | types::TIMESTAMP | types::TIMESTAMPTZ => {
                if self.typmod < 0 {
                    6.into()
                } else {
                    self.typmod.into()
                }
            }
            types::INTERVAL => match self.typmod & 0xffff {
                _ if self.typmod < 0 => 6.into(),
                0xffff => 6.into(),
                digits => digits.into(),
            },
            _ => Value::Null,
        }
    }
}

/// `YES` or `NO`.
pub(super) fn yes(is: bool) -> Value {
    if is { "YES" } else { "NO" }.into()
}
