//! Values that settings take, and how they are shown.

#![allow(clippy::unwrap_used)]

use super::*;

fn set_and_show(name: &str, value: &str) -> Result<String, &'static str> {
    let mut settings = Settings::default();
    settings.set(name, Some(value), Scope::Session).map_err(|e| e.code)?;
    settings.show(name).map_err(|e| e.code)
}

#[test]
fn every_default_fits_its_setting() {
    for definition in definitions().values() {
        if !definition.reset.is_empty() && definition.name != "search_path" {
            let normal = special::check(definition, definition.reset);
            assert_eq!(normal.as_deref(), Ok(definition.reset), "{}", definition.name);
        }
    }
}

#[test]
fn values_are_kept_in_one_form() {
    for (name, value, shown) in [
        ("enable_hashjoin", "f", "off"),
        ("enable_hashjoin", "YES", "on"),
        ("statement_timeout", "90s", "90s"),
        ("statement_timeout", "60000", "1min"),
        ("statement_timeout", "1500", "1500ms"),
        ("work_mem", "64MB", "64MB"),
        ("work_mem", "1024", "1MB"),
        ("extra_float_digits", "-2", "-2"),
        ("random_page_cost", "1.1", "1.1"),
        ("IntervalStyle", "ISO_8601", "iso_8601"),
        ("datestyle", "dmy, sql", "SQL, DMY"),
        ("client_encoding", "'utf-8'", "UTF8"),
        ("TimeZone", "Europe/Paris", "Europe/Paris"),
        ("search_path", "\"My Schema\", public", "\"My Schema\", public"),
    ] {
        assert_eq!(set_and_show(name, value).as_deref(), Ok(shown), "{name} = {value}");
    }
    for (name, value, code) in [
        ("enable_hashjoin", "maybe", "22023"),
        ("statement_timeout", "5 parsecs", "22023"),
        ("extra_float_digits", "4", "22023"),
        ("IntervalStyle", "roman", "22023"),
        ("DateStyle", "chinese", "22023"),
        ("search_path", "a b\" c", "22023"),
        ("nonsense", "1", "42704"),
        ("shared_buffers", "1", "55P02"),
        ("log_statement", "all", "42501"),
    ] {
        assert_eq!(set_and_show(name, value), Err(code), "{name} = {value}");
    }
}

#[test]
fn a_path_is_a_list_of_names() {
    assert_eq!(special::names("\"$user\", public,\"a \"\"b\"").unwrap(), ["$user", "public", "a \"b"]);
    assert_eq!(special::names("").unwrap(), Vec::<String>::new());
    assert_eq!(special::names("\"open"), None);
}
