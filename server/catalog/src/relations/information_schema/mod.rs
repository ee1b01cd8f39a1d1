//! The views of `information_schema`: the catalogue in the words of the SQL standard.
//!
//! There are no keys, constraints, triggers and sequences, so the views of those are empty.

mod columns;
mod facts;
mod privileges;
mod routines;
mod tables;
mod types;

use super::Maker;

/// What makes the rows of a view; nothing if it is empty.
pub(super) fn maker(name: &str) -> Option<Maker> {
    Some(match name {
        "applicable_roles" => Maker::Shared(privileges::applicable_roles),
        "character_sets" => Maker::Shared(types::character_sets),
        "collation_character_set_applicability" => Maker::Shared(types::collation_character_sets),
        "collations" => Maker::Shared(types::collations),
        "column_privileges" => Maker::Session(privileges::of_columns),
        "column_udt_usage" => Maker::Shared(columns::types),
        "columns" => Maker::Shared(columns::columns),
        "domain_udt_usage" => Maker::Shared(types::domain_types),
        "domains" => Maker::Shared(types::domains),
        "element_types" => Maker::Shared(columns::elements),
        "enabled_roles" => Maker::Session(privileges::enabled_roles),
        "information_schema_catalog_name" => Maker::Shared(tables::catalog_name),
        "parameters" => Maker::Shared(routines::parameters),
        "role_column_grants" => Maker::Session(privileges::of_columns),
        "role_table_grants" => Maker::Session(privileges::of_tables),
        "routines" => Maker::Shared(routines::routines),
        "schemata" => Maker::Shared(tables::schemata),
        "table_privileges" => Maker::Session(privileges::of_tables),
        "tables" => Maker::Shared(tables::tables),
        "views" => Maker::Shared(tables::views),
        _ => return None,
    })
}
