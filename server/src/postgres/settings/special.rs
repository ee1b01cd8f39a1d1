//! The settings whose values mean something here: encodings, styles, the time zone, the search path.

use super::Settings;
use super::definition::{Definition, invalid};
use crate::error::ServerError;
use crate::postgres::encode::{DateOrder, DateStyle, IntervalStyle, Style, Zone};

/// A value as it is kept.
///
/// # Errors
/// When it does not fit the setting.
pub(super) fn check(definition: &Definition, value: &str) -> Result<String, ServerError> {
    match definition.name {
        "DateStyle" => {
            let (style, order) = date_style(value).ok_or_else(|| definition.bad_value(value))?;
            Ok(format!("{}, {}", style_name(style), order_name(order)))
        }
        "TimeZone" => {
            Zone::parse(value).ok_or_else(|| definition.bad_value(value))?;
            Ok(value.trim().to_string())
        }
        "client_encoding" => {
            let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            match plain.to_ascii_uppercase().as_str() {
                "UTF8" | "UNICODE" => Ok("UTF8".into()),
                "SQLASCII" => Ok("SQL_ASCII".into()),
                _ => Err(invalid(format!("invalid value for parameter \"client_encoding\": \"{value}\""))
                    .hint("this server speaks UTF8 only")),
            }
        }
        "search_path" => {
            names(value).ok_or_else(|| invalid(format!("invalid value for parameter \"search_path\": \"{value}\"")))?;
            Ok(value.to_string())
        }
        // What is not printable would spoil logs and lists.
        "application_name" => {
            let printable = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
            Ok(value.chars().take(63).map(printable).collect())
        }
        _ => definition.normal(value),
    }
}

/// How values look in text under these settings.
pub(super) fn style(settings: &Settings) -> Style {
    let get = |name: &str| settings.get(name).unwrap_or_default();
    let (date, order) = date_style(&get("DateStyle")).unwrap_or_default();
    let interval = match get("IntervalStyle").as_str() {
        "postgres_verbose" => IntervalStyle::PostgresVerbose,
        "sql_standard" => IntervalStyle::SqlStandard,
        "iso_8601" => IntervalStyle::Iso8601,
        _ => IntervalStyle::Postgres,
    };
    Style {
        date,
        order,
        interval,
        zone: Zone::parse(&get("TimeZone")).unwrap_or(Zone::Fixed(0)),
        bytes_escaped: get("bytea_output") == "escape",
        float_digits: get("extra_float_digits").parse().unwrap_or(1),
    }
}

fn date_style(value: &str) -> Option<(DateStyle, DateOrder)> {
    let (mut style, mut order) = (None, None);
    for word in value.split(',').map(str::trim).filter(|w| !w.is_empty()) {
        let word = word.to_ascii_lowercase();
        match word.as_str() {
            "iso" => style = Some(DateStyle::Iso),
            "sql" => style = Some(DateStyle::Sql),
            "german" => {
                style = Some(DateStyle::German);
                order = order.or(Some(DateOrder::DayMonthYear));
            }
            "ymd" => order = Some(DateOrder::YearMonthDay),
            "default" => (style, order) = (Some(DateStyle::Iso), Some(DateOrder::MonthDayYear)),
            w if w.starts_with("postgres") => style = Some(DateStyle::Postgres),
            w if w == "dmy" || w.starts_with("euro") => order = Some(DateOrder::DayMonthYear),
            w if w == "mdy" || w.starts_with("us") || w.starts_with("noneuro") => {
                order = Some(DateOrder::MonthDayYear);
            }
            _ => return None,
        }
    }
    Some((style.unwrap_or_default(), order.unwrap_or_default()))
}

fn style_name(style: DateStyle) -> &'static str {
    match style {
        DateStyle::Iso => "ISO",
        DateStyle::Sql => "SQL",
        DateStyle::Postgres => "Postgres",
        DateStyle::German => "German",
    }
}

fn order_name(order: DateOrder) -> &'static str {
    match order {
        DateOrder::MonthDayYear => "MDY",
        DateOrder::DayMonthYear => "DMY",
        DateOrder::YearMonthDay => "YMD",
    }
}

/// The names of a list such as `"$user", public`; `None` where it is none.
pub(super) fn names(list: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = list.trim();
    while !rest.is_empty() {
        let mut name = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            loop {
                let (before, after) = quoted.split_once('"')?;
                name.push_str(before);
                match after.strip_prefix('"') {
                    Some(more) => {
                        name.push('"');
                        quoted = more;
                    }
                    None => {
                        rest = after.trim_start();
                        break;
                    }
                }
            }
        } else {
            let (bare, after) = rest.split_once(',').map_or((rest, None), |(bare, _)| (bare, rest.get(bare.len()..)));
            name = bare.trim().to_ascii_lowercase();
            rest = after.unwrap_or_default();
        }
        found.push(name);
        rest = match rest.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    Some(found)
}
